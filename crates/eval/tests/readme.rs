//! The README's tables are what its commands print. The numbers do not depend
//! on the machine, so they are compared letter by letter.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use support::{Desk, root};

/// The table under a title, and every sentence about the system, as the command prints them and as the README has them.
fn agree(task: &str, what: &str) {
    let title = &format!("{what}, %");
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let command = format!("$ cargo xtask eval --suite accuracy --task {task}\n");
    assert!(readme.contains(&command), "the README names the command: {command}");
    let desk = Desk::new();
    let ran = desk.run(&["--suite", "accuracy", "--task", task]);
    assert_eq!(ran.code, 0, "{ran:?}");
    if ran.stdout.contains(&format!("task `{task}`: the recogniser is not there"))
        || !ran.stdout.contains(title.as_str())
    {
        eprintln!("not tested: missing: what `{task}` needs; `cargo xtask fetch ocr` fetches it");
        return;
    }
    let start = ran.stdout.find(title.as_str()).unwrap();
    let table = ran.stdout[start..].split("\n\n").take(2).collect::<Vec<_>>().join("\n\n");
    assert!(table.lines().count() > 12, "{table}");
    assert!(readme.contains(table.trim_end()), "the README has another table than this:\n\n{table}");
    let sentences: Vec<&str> =
        ran.stdout.lines().filter_map(|line| line.strip_prefix("- accuracy: ")).collect();
    let mut quoted =
        readme.lines().filter_map(|line| line.strip_prefix("- ")).filter(|line| line.contains("Holm"));
    let mut said_something = false;
    let of_task = quoted.by_ref().filter(|line| line.contains(&what[1..]));
    for said in of_task {
        assert!(sentences.contains(&said), "the command does not say: {said}");
        said_something = true;
    }
    assert!(said_something, "the README quotes the command");
}

#[test]
fn the_codes_are_what_the_command_prints() {
    agree("decode", "QR codes decoded");
}

#[test]
fn the_fields_are_what_the_command_prints() {
    agree("read", "Fields read");
}
