//! Where a map comes from: what it was fitted on, how good it is, and whether it may steer tokens.
//!
//! It stands in a calibration file beside the map. A map without such a record was made by hand and is used as it is;
//! one whose record says that it is not promoted has no weight.

use arrcoc_decide::fit::{Bin, Fitted, Interval, Polarity};
use serde::{Deserialize, Serialize};

/// How a map was fitted (`arrcoc calibrate`), and how good it is on pages that took no part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FitRecord {
    /// The scorer that gave the channel.
    pub scorer: String,
    /// Whether the map may steer tokens.
    pub promoted: bool,
    /// Why it may not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Which way the map goes.
    pub polarity: Polarity,
    /// Brier skill over the base rate, with its 95 % interval over pages.
    pub skill: Interval,
    /// Brier score, 0 to 1.
    pub brier: f64,
    /// Calibration error over 15 bins of equal mass.
    pub ece: f64,
    /// The same over patches whose probability is above 0.05; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ece_scored: Option<f64>,
    /// How many of those there are.
    pub scored: usize,
    /// Pages that it was fitted on.
    pub pages: usize,
    /// Questions about them.
    pub questions: usize,
    /// Patches, once for each question.
    pub patches: usize,
    /// Of these, those that hold the answer or its label.
    pub holding: usize,
    /// The patch grid, such as `24x24`.
    pub grid: String,
    /// blake3 of the list of what is asked, in hexadecimal.
    pub manifest: String,
    /// The reliability curve.
    pub curve: Vec<Bin>,
}

impl FitRecord {
    pub(crate) fn new(fitted: &Fitted, scorer: &str, grid: &str, manifest: &str) -> FitRecord {
        let refused = fitted.refusal();
        FitRecord {
            scorer: scorer.into(),
            promoted: refused.is_none(),
            reason: refused.map(|refused| refused.to_string()),
            polarity: fitted.polarity,
            skill: fitted.skill,
            brier: fitted.brier,
            ece: fitted.ece,
            ece_scored: fitted.ece_scored,
            scored: fitted.scored,
            pages: fitted.pages,
            questions: fitted.questions,
            patches: fitted.patches,
            holding: fitted.holding,
            grid: grid.into(),
            manifest: manifest.into(),
            curve: fitted.curve.clone(),
        }
    }
}
