//! In a hurry: what will not be done in time is not begun, and the others are heard.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use arrcoc::Decision;
use support::{Desk, fixture};

#[test]
fn what_will_not_be_done_is_not_begun() {
    let desk = Desk::new();
    let fixture = fixture();
    let (plugin, scorers) =
        (["--plugin", fixture.to_str().unwrap()], ["--scorer", "bad-late", "--scorer", "propositional"]);
    let rest = ["--isolation", "inproc", "--jobs", "1", "--json", "-", "--deadline", "400ms"];
    let args = [&["allocate", "page.png", "page.png"], &plugin[..], &scorers, &rest].concat();
    let told = desk.run(&args).well();
    for line in told.lines() {
        let decision = Decision::from_json(line).unwrap();
        // It was measured before the first decision, and takes longer than that.
        let reason = "scorer `bad-late` did not run: it would take about ";
        assert!(decision.reasons.iter().any(|r| r.starts_with(reason)), "{:?}", decision.reasons);
        assert!(decision.channels.iter().any(|c| c.plugin == "propositional"), "the others are heard");
        assert!(decision.plugins.iter().all(|p| p.part != "bad-late"));
    }
    assert_eq!(told.lines().count(), 2);
}
