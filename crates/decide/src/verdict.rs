//! Three-way validation: what the ways, held against each other, say about a patch.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ScoreMaps, Way};

/// A score at or above this is high.
pub const HIGH: f64 = 0.6;
/// A score at or below this is low.
pub const LOW: f64 = 0.3;
/// Scores further apart than this disagree.
pub const APART: f64 = 0.5;

/// What the ways say about a patch. The first that applies, in the order distractor, surprise, background,
/// uncertain, confident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The ways agree: no two present scores are further apart than [`APART`].
    Confident,
    /// Every present score is low.
    Background,
    /// It stands out, but the question does not ask for it: S high, Q low.
    Distractor,
    /// Much is there that neither stands out nor is asked for: P high, S and Q low.
    Surprise,
    /// Two present scores are further apart than [`APART`], above all P and S; or no score is present.
    Uncertain,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Confident => "confident",
            Verdict::Background => "background",
            Verdict::Distractor => "distractor",
            Verdict::Surprise => "surprise",
            Verdict::Uncertain => "uncertain",
        })
    }
}

/// The verdict on each patch of sound `maps`.
pub(crate) fn verdicts(maps: &ScoreMaps) -> Vec<Verdict> {
    let at = |way: Way, patch: usize| maps.of(way).map(|map| map[patch]);
    let scores = |patch: usize| Way::ALL.map(|way| at(way, patch));
    (0..maps.patches).map(|patch| verdict(scores(patch))).collect()
}

fn verdict([p, s, q]: [Option<f64>; 3]) -> Verdict {
    let high = |score: Option<f64>| score.is_some_and(|score| score >= HIGH);
    let low = |score: Option<f64>| score.is_some_and(|score| score <= LOW);
    let present = || [p, s, q].into_iter().flatten();
    let most = present().fold(f64::NEG_INFINITY, f64::max);
    let least = present().fold(f64::INFINITY, f64::min);
    match () {
        () if high(s) && low(q) => Verdict::Distractor,
        () if high(p) && low(s) && low(q) => Verdict::Surprise,
        () if least > most => Verdict::Uncertain,
        () if most <= LOW => Verdict::Background,
        () if most - least > APART => Verdict::Uncertain,
        () => Verdict::Confident,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_verdict_is_reached() {
        let cases = [
            ([Some(0.8), Some(0.7), Some(0.9)], Verdict::Confident),
            ([Some(0.5), None, None], Verdict::Confident),
            ([Some(0.1), Some(0.3), Some(0.0)], Verdict::Background),
            ([Some(0.9), Some(0.9), Some(0.1)], Verdict::Distractor),
            ([Some(0.9), Some(0.1), Some(0.1)], Verdict::Surprise),
            ([Some(0.9), Some(0.1), None], Verdict::Uncertain),
            ([Some(0.1), Some(0.2), Some(0.9)], Verdict::Uncertain),
            ([None, None, None], Verdict::Uncertain),
        ];
        for (scores, expected) in cases {
            assert_eq!(verdict(scores), expected, "{scores:?}");
        }
        assert_eq!(serde_json::to_string(&Verdict::Surprise).expect("plain"), "\"surprise\"");
        assert_eq!(Verdict::Surprise.to_string(), "surprise");
    }
}
