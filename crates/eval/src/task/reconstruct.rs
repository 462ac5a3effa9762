//! How well is what matters reconstructed? The structural similarity of what is
//! seen with the page, over the patches that hold an answer.
//!
//! A proxy and no reader: it says how much of the picture is there, not whether
//! anybody could use it. It stands beside readers, for images that none can read.

use arrcoc_picture::weighted_ssim;

use super::{Judge, Names, Score, View};

pub(super) const NAMES: Names = Names {
    score: "reconstruct",
    area: "reconstruct-area",
    drop: "reconstruct-drop",
    kept: "reconstruct-kept",
    b90: "reconstruct-b90",
    b95: "reconstruct-b95",
    besides: &[],
    what: "likeness of the answers",
};

/// Compares what is seen with the page.
pub(super) struct Comparer;

impl Judge for Comparer {
    fn judge(&self, view: &View<'_>) -> Result<Vec<Score>, String> {
        let weights: Vec<f64> = view.answer.iter().map(|held| f64::from(u8::from(*held != 0))).collect();
        let value = weighted_ssim(view.original, view.seen, view.tiling, &weights)
            .ok_or("no window lies on a patch with an answer")?;
        Ok(vec![Score { metric: NAMES.score, value, weight: 1.0 }])
    }
}
