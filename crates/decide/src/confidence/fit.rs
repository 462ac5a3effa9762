//! Fits a model of confidence on decisions whose outcome is known.
//!
//! A logistic regression with a small penalty on the weights of standardised clues (ridge; Hoerl and Kennard 1970; le
//! Cessie and van Houwelingen 1992 for the logistic case), by Newton's method. How good it is is told by pages that it
//! did not see: decisions about one page are alike.

use crate::fit::BINS;
use crate::fit::score::{Scored, calibration_error, equal_mass};

use super::{CLUES, Clues, ConfidenceModel, Part};

/// A decision whose outcome is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its page; decisions about one page are held out together.
    pub page: usize,
    /// Its clues.
    pub clues: Clues,
    /// Whether the reader got the answer.
    pub read: bool,
}

/// A model, and how good it is on pages that were held out.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// Fitted on all pages.
    pub model: ConfidenceModel,
    /// Expected calibration error over 15 bins of as many decisions each.
    pub ece: f64,
    /// The chance that of two decisions, one read and one not, the first had the greater probability.
    pub auroc: f64,
    /// Pages.
    pub pages: usize,
    /// Decisions.
    pub decisions: usize,
}

/// Why nothing can be fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// Too few pages.
    #[error("there are {0} pages, and a fit takes {PARTS} or more")]
    Pages(usize),
    /// Nothing to tell apart.
    #[error("of {0} decisions all were read, or none")]
    Alike(usize),
}

/// Parts that pages are held out by.
const PARTS: usize = 6;

/// The penalty on a squared weight, in decisions: what keeps a clue that says nothing at 0.
const RIDGE: f64 = 1.0;

/// Newton's steps; the method has ended long before.
const STEPS: usize = 50;

/// How much wider than on the pages of the fit a clue may be, as a share of the width there.
const MARGIN: f64 = 0.05;

/// The clues whose range says whether a page is like those of the fit: what is on it, and how much of it the question
/// claims. How finely it is sampled is up to the budget.
const FAMILIAR: [&str; 9] = [
    "content",
    "content-spread",
    "content-high",
    "blank",
    "salience",
    "salience-middle",
    "disagreement",
    "claimed",
    "content-middle",
];

const N: usize = CLUES.len();
/// The clues, and 1 for the bias.
type Row = [f64; N + 1];

/// Fits the model of a reader.
///
/// # Errors
/// When there is too little to fit on.
pub fn fit(reader: &str, outcomes: &[Outcome]) -> Result<Fitted, FitError> {
    let mut pages: Vec<usize> = outcomes.iter().map(|outcome| outcome.page).collect();
    pages.sort_unstable();
    pages.dedup();
    if pages.len() < PARTS {
        return Err(FitError::Pages(pages.len()));
    }
    let read = outcomes.iter().filter(|outcome| outcome.read).count();
    if read == 0 || read == outcomes.len() {
        return Err(FitError::Alike(outcomes.len()));
    }
    let part_of = |outcome: &Outcome| pages.partition_point(|&page| page < outcome.page) % PARTS;
    let mut held_out = Vec::with_capacity(outcomes.len());
    for part in 0..PARTS {
        let (out, seen): (Vec<&Outcome>, Vec<&Outcome>) =
            outcomes.iter().partition(|outcome| part_of(outcome) == part);
        let model = model(reader, &seen);
        held_out
            .extend(out.iter().map(|o| Scored { probability: model.probability(&o.clues), holds: o.read }));
    }
    Ok(Fitted {
        model: model(reader, &outcomes.iter().collect::<Vec<_>>()),
        auroc: auroc(&held_out),
        ece: calibration_error(&equal_mass(&mut held_out, BINS)),
        pages: pages.len(),
        decisions: outcomes.len(),
    })
}

/// The area under the receiver operating characteristic: the chance that what came true had the greater probability than
/// what did not, ties counted half (Hanley and McNeil 1982). NaN where all came true, or none.
#[must_use]
pub fn auroc(scored: &[Scored]) -> f64 {
    let mut rising: Vec<&Scored> = scored.iter().collect();
    rising.sort_unstable_by(|a, b| a.probability.total_cmp(&b.probability));
    let (mut below, mut pairs) = (0.0, 0.0);
    for tied in rising.chunk_by(|a, b| a.probability == b.probability) {
        let holds = tied.iter().filter(|one| one.holds).count() as f64;
        let not = tied.len() as f64 - holds;
        pairs += holds * (below + not / 2.0);
        below += not;
    }
    pairs / (below * (scored.len() as f64 - below))
}

fn model(reader: &str, outcomes: &[&Outcome]) -> ConfidenceModel {
    let n = outcomes.len().max(1) as f64;
    let mut parts = [Part { weight: 0.0, centre: 0.0, scale: 1.0, range: None }; N];
    for (i, part) in parts.iter_mut().enumerate() {
        let values = || outcomes.iter().map(|outcome| outcome.clues.0[i]);
        part.centre = values().sum::<f64>() / n;
        let variance = values().map(|value| (value - part.centre) * (value - part.centre)).sum::<f64>() / n;
        part.scale = if variance > 1e-18 { variance.sqrt() } else { 1.0 };
        let is_about_a_question = super::ABOUT_A_QUESTION.contains(&CLUES[i].0);
        if FAMILIAR.contains(&CLUES[i].0) {
            let seen = outcomes.iter().filter(|outcome| !is_about_a_question || outcome.clues.is_heard());
            let (low, high) = seen.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), outcome| {
                (low.min(outcome.clues.0[i]), high.max(outcome.clues.0[i]))
            });
            let margin = MARGIN * (high - low);
            part.range = Some((low - margin, high + margin)).filter(|(low, high)| low <= high);
        }
    }
    let rows: Vec<(Row, f64)> = outcomes
        .iter()
        .map(|outcome| {
            let mut row = [1.0; N + 1];
            for (place, (clue, part)) in row.iter_mut().zip(outcome.clues.0.iter().zip(&parts)) {
                *place = (clue - part.centre) / part.scale;
            }
            (row, f64::from(u8::from(outcome.read)))
        })
        .collect();
    let weights = regression(&rows);
    parts.iter_mut().zip(weights).for_each(|(part, weight)| part.weight = weight);
    ConfidenceModel::new(reader.to_owned(), weights[N], parts)
}

/// Newton's method for the penalised likelihood, which is concave: there is one answer. The bias is not penalised.
fn regression(rows: &[(Row, f64)]) -> Row {
    let mut weights = [0.0; N + 1];
    for _ in 0..STEPS {
        let mut gradient = weights.map(|weight| -RIDGE * weight);
        gradient[N] = 0.0;
        let mut curvature = [[0.0; N + 1]; N + 1];
        for (i, row) in curvature.iter_mut().enumerate() {
            row[i] = if i < N { RIDGE } else { 1e-9 };
        }
        for (row, truth) in rows {
            let logit: f64 = row.iter().zip(&weights).map(|(x, w)| x * w).sum();
            let p = 1.0 / (1.0 + libm::exp(-logit));
            let slope = (p * (1.0 - p)).max(1e-9);
            for i in 0..=N {
                gradient[i] += row[i] * (truth - p);
                for j in 0..=i {
                    curvature[i][j] += slope * row[i] * row[j];
                }
            }
        }
        let Some(step) = solved(curvature, gradient) else { break };
        weights.iter_mut().zip(step).for_each(|(weight, step)| *weight += step);
        if step.iter().all(|step| step.abs() < 1e-10) {
            break;
        }
    }
    weights
}

/// Solves a symmetric positive definite system, of which the lower half is given, by Cholesky's decomposition. None where
/// it is not positive definite.
fn solved(mut a: [[f64; N + 1]; N + 1], mut b: Row) -> Option<Row> {
    for i in 0..=N {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| a[i][k] * a[j][k]).sum();
            if i == j {
                let square = a[i][i] - dot;
                if square <= 0.0 {
                    return None;
                }
                a[i][i] = square.sqrt();
            } else {
                a[i][j] = (a[i][j] - dot) / a[j][j];
            }
        }
    }
    for i in 0..=N {
        let dot: f64 = (0..i).map(|k| a[i][k] * b[k]).sum();
        b[i] = (b[i] - dot) / a[i][i];
    }
    for i in (0..=N).rev() {
        let dot: f64 = (i + 1..=N).map(|k| a[k][i] * b[k]).sum();
        b[i] = (b[i] - dot) / a[i][i];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream of numbers in [0, 1).
    fn stream(mut state: u64) -> impl FnMut() -> f64 {
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    fn planted(pages: usize, strength: f64) -> Vec<Outcome> {
        let mut next = stream(7);
        (0..pages * 20)
            .map(|i| {
                let mut clues = [0.0; N];
                clues.iter_mut().for_each(|clue| *clue = next());
                let odds = libm::exp(strength * (clues[1] + clues[3] - 1.0));
                Outcome { page: i / 20, clues: Clues(clues), read: next() < odds / (1.0 + odds) }
            })
            .collect()
    }

    #[test]
    fn what_was_planted_is_found() {
        let fitted = fit("r", &planted(200, 6.0)).unwrap();
        assert_eq!((fitted.pages, fitted.decisions), (200, 4000));
        assert!(fitted.ece < 0.03, "{}", fitted.ece);
        assert!((0.80..0.90).contains(&fitted.auroc), "{}", fitted.auroc);
        for (i, part) in fitted.model.parts.iter().enumerate() {
            let per_unit = part.weight / part.scale;
            let planted = if i == 1 || i == 3 { 6.0 } else { 0.0 };
            assert!((per_unit - planted).abs() < 0.7, "{i}: {per_unit}");
        }
    }

    #[test]
    fn where_nothing_is_to_be_known_nothing_is_claimed() {
        let fitted = fit("r", &planted(200, 0.0)).unwrap();
        assert!((0.45..0.55).contains(&fitted.auroc), "{}", fitted.auroc);
        assert!(fitted.ece < 0.05, "{}", fitted.ece);
    }

    #[test]
    fn too_little_is_refused() {
        assert_eq!(fit("r", &planted(5, 1.0)).unwrap_err(), FitError::Pages(5));
        let mut all = planted(10, 1.0);
        all.iter_mut().for_each(|outcome| outcome.read = true);
        assert_eq!(fit("r", &all).unwrap_err(), FitError::Alike(200));
    }

    /// Of 2·2 pairs three are in order and one is tied.
    #[test]
    fn the_area_by_hand() {
        let of = |pairs: &[(f64, bool)]| {
            auroc(
                &pairs.iter().map(|&(probability, holds)| Scored { probability, holds }).collect::<Vec<_>>(),
            )
        };
        assert_eq!(of(&[(0.9, true), (0.4, true), (0.4, false), (0.1, false)]), 0.875);
        assert_eq!(of(&[(0.1, true), (0.9, false)]), 0.0);
        assert!(of(&[(0.5, true)]).is_nan());
    }
}
