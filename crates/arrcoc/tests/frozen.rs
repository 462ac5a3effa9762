//! A plugin that was built to the contract as it was frozen is loaded by this host, in
//! this process and in one of its own, and decides.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::{path::PathBuf, process::Command};

use arrcoc::Decision;
use support::{Desk, assembled, library};

/// The plugin, built from its own sources, its own lock file and its own copy of the contract.
fn frozen() -> PathBuf {
    // Beside the folder of this build, so that the next run finds it built.
    let target = assembled().parent().unwrap().join("frozen");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../abi/frozen/1.0/Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--quiet", "--manifest-path", manifest, "--target-dir"])
        .arg(&target)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    library(&target.join("release"), "frozen")
}

#[test]
fn the_plugin_of_the_frozen_contract_decides_today() {
    let (desk, file) = (Desk::new(), frozen());
    let file = file.to_str().unwrap();
    let sheet = desk.run(&["plugins", "inspect", file]).well();
    assert!(sheet.contains("scorer frozen-left: ") && sheet.contains("allocator frozen-even: "), "{sheet}");
    let decide = |isolation: &str, more: &[&str]| {
        let mut args =
            vec!["allocate", "page.png", "--json", "-", "--plugin", file, "--isolation", isolation];
        args.extend(more);
        Decision::from_json(desk.run(&args).well().trim()).unwrap()
    };
    for isolation in ["inproc", "worker"] {
        let scored = decide(isolation, &["--scorer", "frozen-left", "--query", "what is at the top?"]);
        assert_eq!(scored.reasons, [""; 0]);
        let own = scored.plugins.iter().find(|plugin| plugin.part == "frozen-left").unwrap();
        assert_eq!(own.identity.abi, "1.0");
        let channel = |name: &str| &scored.channels.iter().find(|c| c.name == name).unwrap().values;
        assert_eq!((channel("left")[0], channel("left")[23]), (1.0, f64::from(1.0 - 23.0f32 / 24.0)));
        assert_eq!(channel("top")[0], 1.0);
        // A corner that is on the left and above against the one that is neither.
        assert!(scored.tokens[0][0] > scored.tokens[23][23]);

        let shared = decide(isolation, &["--allocator", "frozen-even"]);
        assert_eq!(shared.reasons, [""; 0]);
        assert!(shared.flat_tokens().iter().all(|&tokens| tokens == 150));
    }

    // A plugin of a later minor number knows more names than this host, and loads.
    let mut bytes = std::fs::read(file).unwrap();
    let magic = b"ARR-COC plugin\0\x01";
    let at = bytes.windows(magic.len()).position(|part| part == magic).unwrap();
    bytes[at + 24] = 9;
    let later = desk.write("later.so", &bytes);
    let sheet = desk.run(&["plugins", "inspect", later.to_str().unwrap()]).well();
    assert!(sheet.contains("scorer frozen-left: "), "{sheet}");
}
