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
