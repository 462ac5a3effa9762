//! What a person reads: help, the line of a decision, `explain`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use arrcoc::Decision;
use support::{Desk, stable};

#[test]
fn help() {
    let desk = Desk::new();
    let mut all = String::new();
    for args in [
        &["--help"][..],
        &["allocate", "--help"],
        &["explain", "--help"],
        &["calibrate", "--help"],
        &["log", "--help"],
        &["log", "list", "--help"],
        &["log", "show", "--help"],
        &["log", "verify", "--help"],
        &["log", "head", "--help"],
        &["plugins", "--help"],
        &["plugins", "list", "--help"],
        &["plugins", "inspect", "--help"],
        &["plugins", "new", "--help"],
    ] {
        all += &format!("$ arrcoc {}\n{}\n", args.join(" "), desk.run(args).well());
    }
    insta::assert_snapshot!(all);
}

#[test]
fn explain() {
    let desk = Desk::new();
    let line = desk
        .run(&["allocate", "page.png", "--query", "what is red?", "--json", "d.json", "--pin", "2,3=400"])
        .well();
    let whole = desk.run(&["explain", "d.json"]).well();
    let patch = desk.run(&["explain", "d.json", "--patch", "2,3"]).well();
    let text = format!("{line}\n{whole}\n{patch}");
    insta::with_settings!({filters => vec![(r"\d+ µs", "TIME")]}, {
        insta::assert_snapshot!(stable(&text, &desk));
    });
    let text = desk.run(&["explain", "d.json", "--patch", "24,0"]).refused();
    assert!(text.contains("rows go from 0 to 23"), "{text}");
}

/// Numbers survive writing and reading bit for bit; a record that was bent does not load.
#[test]
fn a_decision_survives_its_file() {
    let desk = Desk::new();
    desk.run(&["allocate", "page.png", "--json", "d.json"]).well();
    let text = std::fs::read_to_string(desk.path("d.json")).unwrap();
    let d = Decision::from_json(&text).unwrap();
    assert_eq!(d.to_json().unwrap(), text.trim_end());
    assert_eq!(d.id, d.computed_id().unwrap());
    let mut other = d.clone();
    other.tokens[0][0] += 1;
    assert_ne!(d.id, other.computed_id().unwrap());
    let mut short = d.clone();
    short.weights.pop();
    assert!(Decision::from_json(&short.to_json().unwrap()).is_err());
    let schema = text.replacen("arrcoc.decision/1", "arrcoc.decision/9", 1);
    assert!(Decision::from_json(&schema).unwrap_err().message.contains("arrcoc.decision/9"));
}

/// The Python example reads what the command writes.
#[test]
fn the_python_example_reads_a_decision() {
    let desk = Desk::new();
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/read_decision.py");
    let numpy = std::process::Command::new("python3").args(["-c", "import numpy"]).output();
    if !numpy.is_ok_and(|o| o.status.success()) {
        println!("skipped: python3 with numpy is not here");
        return;
    }
    desk.run(&["allocate", "page.png", "--json", "d.json", "--pack", "p.safetensors"]).well();
    let output = std::process::Command::new("python3")
        .arg(example)
        .args([desk.path("d.json"), desk.path("p.safetensors")])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("86400"), "{text}");
}

/// Names and questions come from others. A terminal is shown what they say and obeys none of it, a file or a program gets
/// them as they are, and one of several lines is no further line of what is told.
#[test]
#[cfg(target_os = "linux")]
fn a_terminal_obeys_neither_a_name_nor_a_question() {
    let desk = Desk::new();
    let (name, query) = ("a\u{1b}]0;owned\u{7}\u{202e}gnp.png", "what\u{9b}2J is it?\nretreated: no\u{7f}");
    std::fs::copy(desk.path("page.png"), desk.path(name)).unwrap();
    // `script` gives what it starts a terminal.
    let on_a_terminal = |args: &[&str]| {
        let command = desk.command(args);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let quoted = words.map(|word| format!("'{}'", word.to_str().unwrap()));
        let line = quoted.collect::<Vec<_>>().join(" ");
        let mut script = std::process::Command::new("script");
        script
            .args(["-qec", &line, "/dev/null"])
            .current_dir(desk.path(""))
            .stdin(std::process::Stdio::null());
        script.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = script.output().expect("`script` of util-linux");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n")
    };
    let allocate = ["allocate", name, "--query", query, "--log", "d.ledger"];
    let explain = ["explain", "d.json"];
    let as_json = [&allocate[..4], &["--json", "-"]].concat();
    desk.run(&[&allocate[..4], &["--json", "d.json"]].concat()).well();
    for args in [&allocate[..], &explain, &as_json, &["log", "export", "d.ledger", "--jsonl", "-"]] {
        let text = on_a_terminal(args);
        let obeyed = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(
            !text.contains(obeyed) && text.contains("\\u001b]0;owned\\u0007\\u202egnp.png"),
            "{args:?}: {text:?}"
        );
    }
    assert!(on_a_terminal(&explain).contains("\nquestion    what\\u009b2J is it?\\nretreated: no\\u007f\n"));
    let shown = Decision::from_json(&on_a_terminal(&as_json)).unwrap();
    assert_eq!(shown.query.unwrap().text, query);
    assert_eq!(desk.run(&explain).well().lines().filter(|line| line.starts_with("retreated")).count(), 0);
    // Nor is there a record more in a list than in the ledger.
    std::fs::copy(desk.path("page.png"), desk.path("a\n     9  forged")).unwrap();
    desk.run(&["allocate", "a\n     9  forged", "--log", "d.ledger"]).well();
    let list = desk.run(&["log", "list", "d.ledger"]).well();
    assert!(list.lines().count() == 2 && list.contains("  a\\n     9  forged"), "{list}");
    let piped = desk.run(&as_json).well();
    assert!(piped.contains("what\u{9b}2J"), "{piped}");
}
