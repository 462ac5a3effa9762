//! Whether the system knows what it knows is measured: how sure decisions are, what a range of totals is worth, what is
//! noticed of pages that are unlike all others.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use support::Desk;

const SUITE: &str = "
schema: arrcoc.suite/1
suite: knowing
version: 1
description: Two pages of print.
datasets:
  - {kind: documents, pages: 2, quick: 2, size: 1344x1344, asks: 3}
averages: [75, 400]
methods: [system, content]
tasks:
  read: {}
measure:
  ranges: {from: 66, to: 200}
  unknowns: {average: 100}
gates:
  - {name: noise is noticed, metric: noticed, condition: \"unknown: noise\", at-least: 1}
  - {name: few decisions have no calibration error, metric: confidence-ece, method: system, at-most: 0}
";

#[test]
fn what_is_noticed_is_told_and_few_decisions_are_not_judged() {
    let desk = Desk::new();
    desk.write("suite.yaml", SUITE);
    let ran = desk.run(&["--suite", "suite.yaml"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report = desk.read(&format!("reports/{}/report.md", desk.runs()[0]));
    assert!(report.contains("`system` notices that pages are unlike all others:"), "{report}");
    assert!(report.contains("noise 100.0 %"), "{report}");
    assert!(!report.contains("`content` notices"), "what hears no question has nothing to notice it with");
    if report.contains("`read` is not judged") || report.contains("cargo xtask fetch ocr") {
        return;
    }
    assert!(report.contains("with a range of totals `system` reads"), "{report}");
    assert!(report.contains("fewer than 150 decisions say how sure they are"), "{report}");
}
