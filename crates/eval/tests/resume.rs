//! A run that was killed goes on where it stopped, and says the same as one
//! that was not; nothing else is taken from the cache.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::time::Duration;

use support::Desk;

const SUITE: &str = "\
schema: arrcoc.suite/1
suite: resumed
version: 1
description: Enough cells to be killed among.
datasets:
  - {kind: codes, pages: 4, quick: 2, size: 672x672}
averages: [100, 225]
methods: [original, uniform, downsample, system, edge-density]
against: [uniform]
tasks:
  decode: {}
gates:
  - {name: something was read, metric: decode, method: original, at-least: 0.1}
";

fn cells(desk: &Desk) -> usize {
    desk.names("reports/.cache").iter().filter(|name| name.ends_with(".json")).count()
}

fn counts(desk: &Desk, run: &str) -> (u64, u64) {
    let record: serde_json::Value = serde_json::from_str(&desk.read(&format!("{run}/run.json"))).unwrap();
    let of = |key: &str| record["cells"][key].as_u64().unwrap();
    (of("kept"), of("measured"))
}

#[test]
fn a_killed_run_goes_on_where_it_stopped() {
    let desk = Desk::new();
    desk.write("suite.yaml", SUITE);
    let whole = desk.run(&["--suite", "suite.yaml", "--fresh", "--out", "whole"]);
    assert_eq!(whole.code, 0, "{whole:?}");
    assert_eq!(cells(&desk), 0, "`--fresh` keeps nothing");

    let mut child = desk.command(&["--suite", "suite.yaml", "--out", "killed"]).spawn().unwrap();
    while cells(&desk) < 5 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!desk.path("killed").exists());
    let before = cells(&desk) as u64;
    assert!((5..20).contains(&before), "{before} of 20");

    let resumed = desk.run(&["--suite", "suite.yaml", "--out", "resumed"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    assert_eq!(counts(&desk, "resumed"), (before, 20 - before));
    let compared = desk.run(&["compare", "whole", "resumed"]);
    assert_eq!(compared.code, 0, "{compared:?}");
    let first = compared.stdout.lines().next().unwrap();
    let (all, rest) = first.split_once(" findings: ").unwrap();
    assert!(rest.starts_with(&format!("{all} the same to the last bit, 0 better, 0 worse")), "{first}");

    // All is there now; a suite that asks for another budget takes nothing of it.
    assert_eq!(desk.run(&["--suite", "suite.yaml", "--out", "again"]).code, 0);
    assert_eq!(counts(&desk, "again"), (20, 0));
    desk.write("suite.yaml", &SUITE.replace("[100, 225]", "[100, 224]"));
    assert_eq!(desk.run(&["--suite", "suite.yaml", "--out", "other"]).code, 0);
    // The page itself has no budget.
    assert_eq!(counts(&desk, "other"), (4, 16));
}

#[test]
fn two_runs_at_once_share_what_they_keep() {
    let desk = Desk::new();
    desk.write("suite.yaml", SUITE);
    let start = |out: &str| desk.command(&["--suite", "suite.yaml", "--out", out]).spawn().unwrap();
    let mut both = [start("a"), start("b")];
    for child in &mut both {
        assert!(child.wait().unwrap().success());
    }
    let compared = desk.run(&["compare", "a", "b"]);
    assert_eq!(compared.code, 0, "{compared:?}");
    assert!(
        compared.stdout.contains(" the same to the last bit, 0 better, 0 worse, 0 differ"),
        "{compared:?}"
    );
}
