//! Which of several things is the one that is asked for? Whoever looks knows
//! how it looks, and points at the candidate that is most like it.
//!
//! The look is taken from the page itself, the candidates from what is seen, by
//! normalised cross-correlation of colours. The things of a page are told apart
//! by their details alone, so that pointing takes samples where the things are.

use arrcoc_picture::most_alike;
use arrcoc_stats::Rect;

use super::{Judge, Names, Score, View};

pub(super) const NAMES: Names = Names {
    score: "locate",
    area: "locate-area",
    drop: "locate-drop",
    kept: "locate-kept",
    b90: "locate-b90",
    b95: "locate-b95",
    besides: &[MARGIN],
    what: "things located",
};

/// By how much the chosen one is more alike than the next: of who is right and of who is wrong.
const MARGIN: &str = "locate-margin";

/// How far a candidate may lie beside its box, in pixels.
const SLACK: u32 = 2;

/// Points at the candidate that is most alike.
pub(super) struct Pointer;

impl Judge for Pointer {
    fn judge(&self, view: &View<'_>) -> Result<Vec<Score>, String> {
        let (width, height) = (view.original.width(), view.original.height());
        let answer = view.ask.answers.first().ok_or("the question has no answer")?;
        let candidates: Vec<Rect> = view.ask.candidates.iter().map(|c| c.bounds(width, height)).collect();
        let asked = answer.region.bounds(width, height);
        let own = candidates.iter().position(|candidate| *candidate == asked);
        let own = own.ok_or("the answer is not among the candidates")?;
        let (chosen, margin) = most_alike(view.original, asked, view.seen, &candidates, SLACK)
            .ok_or("there is nothing to point at")?;
        Ok(vec![
            Score { metric: NAMES.score, value: f64::from(u8::from(chosen == own)), weight: 1.0 },
            Score { metric: MARGIN, value: margin, weight: 1.0 },
        ])
    }
}
