//! A method whose pages share one total is measured as any other.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use support::Desk;

const SUITE: &str = "
schema: arrcoc.suite/1
suite: shared
version: 1
description: Pages that share a total.
datasets:
  - {kind: codes, pages: 2, quick: 1, size: 672x672}
averages: [100, 225]
methods: [uniform, system, {name: shared, batch: 3}]
tasks:
  decode: {}
";

#[test]
fn pages_that_share_a_total_are_measured() {
    let desk = Desk::new();
    desk.write("suite.yaml", SUITE);
    let ran = desk.run(&["--suite", "suite.yaml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let row = |method: &str| {
        let mut rows = ran.stdout.lines().filter(|line| line.starts_with(&format!("| {method} ")));
        rows.next().unwrap_or_else(|| panic!("{method} has a row: {}", ran.stdout)).to_owned()
    };
    for method in ["uniform", "system", "shared"] {
        assert!(
            row(method).contains('%') || row(method).chars().any(|c| c.is_ascii_digit()),
            "{}",
            row(method)
        );
    }
    assert!(!ran.stdout.contains("failed"), "{}", ran.stdout);
}
