//! Decisions that somebody else wrote down.

use arrcoc::{Decision, Grid, Photo, draw, explain, request::terms};

use crate::is_a_line;

/// More patches are not drawn: that takes time and finds nothing else.
const DRAWN: usize = 64;

/// A decision as JSON. What [`Decision::from_json`] admits can be named, written, explained and drawn.
pub(crate) fn decision(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let decision = match Decision::from_json(text) {
        Ok(decision) => decision,
        Err(error) => return is_a_line(&error.message),
    };
    named(&decision);
    explained(&decision);
    if decision.patches() <= DRAWN {
        drawn(&decision);
    }
    if let (Ok(policy), Ok(grid)) =
        (decision.policy.policy(), Grid::new(decision.grid.rows, decision.grid.cols))
        && let Ok(terms) = terms(&policy, grid)
    {
        assert!(terms.lo() <= terms.hi(), "a total from {} to {}", terms.lo(), terms.hi());
    }
}

/// It has an id and a key, and both are still its own after it was written and read.
fn named(decision: &Decision) {
    let id = decision.computed_id().unwrap_or_else(|error| panic!("it has no id: {error}"));
    let key = decision.request().unwrap_or_else(|error| panic!("it has no key: {error}"));
    let json = decision.to_json().unwrap_or_else(|error| panic!("it cannot be written: {error}"));
    let again = Decision::from_json(&json).unwrap_or_else(|error| panic!("it cannot be read again: {error}"));
    assert!(again == *decision, "it is read again as another");
    assert_eq!(again.computed_id().ok(), Some(id));
    assert_eq!(again.request().ok(), Some(key));
}

fn explained(decision: &Decision) {
    let lines = explain::table(decision).lines().count();
    assert_eq!(lines, decision.patches() + 1, "the table has not a line for each patch");
    assert!(!explain::summary(decision).is_empty());
    assert!(!explain::line(decision).is_empty());
    let (rows, cols) = (decision.grid.rows, decision.grid.cols);
    for (row, col) in [(0, 0), (rows - 1, cols - 1)] {
        let patch = explain::patch(decision, row, col);
        patch.unwrap_or_else(|error| panic!("the patch {row},{col} is not explained: {error}"));
    }
    assert!(explain::patch(decision, rows, 0).is_err());
}

fn drawn(decision: &Decision) {
    let Ok(photo) = Photo::from_rgb(24, 24, vec![90; 3 * 24 * 24]) else { return };
    for drawn in [
        draw::overlay(&photo, decision, true, "drawn.png".as_ref()),
        draw::render(&photo, decision, "drawn.png".as_ref()),
        draw::difference(&photo, decision, decision, "drawn.png".as_ref()),
    ] {
        if let Err(error) = drawn {
            is_a_line(&error.message);
        }
    }
}
