//! The README's table is what its command prints. The numbers do not depend on
//! the machine, so they are compared letter by letter.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use support::{Desk, root};

#[test]
fn the_table_is_what_the_command_prints() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains("$ cargo xtask eval --suite accuracy\n"), "the README names the command");
    let desk = Desk::new();
    let ran = desk.run(&["--suite", "accuracy"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let start = ran.stdout.find("QR codes read").unwrap();
    let table = ran.stdout[start..].split("\nreport: ").next().unwrap();
    assert!(table.lines().count() > 10, "{table}");
    for sentence in
        readme.lines().filter(|line| line.contains("in codes over all") || line.contains("more codes over"))
    {
        let said = sentence.trim_start_matches("- ");
        assert!(ran.stdout.contains(said), "the command does not say: {said}");
    }
    assert!(readme.contains(table.trim_end()), "the README has another table than this:\n\n{table}");
}
