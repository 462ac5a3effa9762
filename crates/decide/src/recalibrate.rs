//! Calibration from outcomes: what the answers to questions claimed, beside how their tasks ended.
//!
//! Feedback says of a whole decision whether its task succeeded, and nothing of patches. What a decision claimed is the
//! mean of its `⌈N/100⌉` largest Q, the term of the coupling: how surely it knew where the answer is. [`fit`] finds the map
//! g with `logit g(q) = a + b·logit q`, b > 0, under which claims fit outcomes best (Platt 1999, "Probabilistic outputs for
//! support vector machines", on the scale of Kull, Silva Filho and Flach 2017, "Beta calibration"). It only rises, so that no
//! patch passes another.
//!
//! Outcomes are few, so the map is shrunk to the identity: a is normal about 0 with a deviation of 1, ln b about 0 with a
//! deviation of ½, and what is found is the most likely after that. [`shadow`] judges such maps on images that took no
//! part in them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::MonotoneMap;
use crate::fit::Interval;
use crate::fit::resample::{SEED, SplitMix64};

/// The deviation of a about 0, before anything is seen.
pub const DEVIATION_A: f64 = 1.0;
/// The deviation of ln b about 0, before anything is seen.
pub const DEVIATION_LN_B: f64 = 0.5;
/// The fewest outcomes that a map is fitted from.
pub const LEAST_OUTCOMES: usize = 40;
/// The fewest images that they are about.
pub const LEAST_IMAGES: usize = 20;
/// The fewest successes, and the fewest failures.
pub const LEAST_OF_EACH: usize = 8;
/// Parts that images are put into, each judged by a map from the others.
const PARTS: usize = 5;
const RESAMPLES: usize = 2000;
/// Claims are taken no nearer to 0 and 1 than this.
const EDGE: f64 = 1e-4;
/// Steps of the search for the most likely map; it is found in about ten.
const MOST_STEPS: usize = 100;

/// What a decision claimed, and how its task ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Which image; decisions about one image have the same.
    pub image: usize,
    /// The `⌈N/100⌉` largest values of Q, each in `[0, 1]`, at least one.
    pub largest: Vec<f64>,
    /// Whether the task succeeded.
    pub succeeded: bool,
}

impl Claim {
    /// How surely the decision knew where the answer is, in `[0, 1]`.
    #[must_use]
    pub fn probability(&self) -> f64 {
        self.through(|q| q)
    }

    fn through(&self, map: impl Fn(f64) -> f64) -> f64 {
        self.largest.iter().map(|&q| map(q)).sum::<f64>() / self.largest.len() as f64
    }

    fn outcome(&self) -> f64 {
        f64::from(u8::from(self.succeeded))
    }
}

/// The largest values of Q that a claim is made of.
#[must_use]
pub fn largest(q: &[f64]) -> Vec<f64> {
    let mut falling = q.to_vec();
    falling.sort_unstable_by(|a, b| b.total_cmp(a));
    falling.truncate(q.len().div_ceil(100));
    falling
}

/// Why nothing can be fitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each field is a number that its variant's message shows in place")]
pub enum TooFew {
    /// Too few in all.
    #[error("{outcomes} decisions with a question have an outcome, and {LEAST_OUTCOMES} are the least")]
    Outcomes { outcomes: usize },
    /// Too few images.
    #[error("the outcomes are about {images} images, and {LEAST_IMAGES} are the least")]
    Images { images: usize },
    /// Too few of a kind.
    #[error(
        "there are {successes} successes and {failures} failures, and {LEAST_OF_EACH} of each are the least"
    )]
    OfEach { successes: usize, failures: usize },
}

/// Whether claims are enough to fit a map from.
///
/// # Errors
/// What there is too little of.
pub fn enough(claims: &[Claim]) -> Result<(), TooFew> {
    let successes = claims.iter().filter(|claim| claim.succeeded).count();
    let failures = claims.len() - successes;
    let images = claims.iter().map(|claim| claim.image).collect::<BTreeSet<_>>().len();
    if claims.len() < LEAST_OUTCOMES {
        return Err(TooFew::Outcomes { outcomes: claims.len() });
    }
    if images < LEAST_IMAGES {
        return Err(TooFew::Images { images });
    }
    if successes.min(failures) < LEAST_OF_EACH {
        return Err(TooFew::OfEach { successes, failures });
    }
    Ok(())
}

/// A map of calibrated answers: `logit g(q) = a + b·logit q`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refit {
    /// What is added.
    pub a: f64,
    /// What is multiplied by, above 0.
    pub b: f64,
}

impl Refit {
    /// The map that changes nothing.
    pub const IDENTITY: Refit = Refit { a: 0.0, b: 1.0 };

    /// g(q), in `[0, 1]`.
    #[must_use]
    pub fn apply(self, q: f64) -> f64 {
        sigmoid(self.a + self.b * logit(q))
    }

    /// g as a map of 39 knots: at 0 and 1, and where the logit is a multiple of ½ from −9 to 9. It is what takes effect, and
    /// what [`shadow`] judges.
    #[must_use]
    pub fn map(self) -> MonotoneMap {
        let inner = (-18..=18).map(|half| sigmoid(f64::from(half) / 2.0));
        let places = std::iter::once(0.0).chain(inner).chain([1.0]);
        let knots = places.map(|q| (q, self.apply(q))).collect();
        // Places rise, and g rises with them.
        MonotoneMap::new(knots).unwrap_or_else(|_| MonotoneMap::identity())
    }
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-z))
}

fn logit(q: f64) -> f64 {
    let q = q.clamp(EDGE, 1.0 - EDGE);
    libm::log(q / (1.0 - q))
}

/// The map under which claims fit their outcomes best, shrunk to the identity. That of no claims is the identity.
#[must_use]
pub fn fit(claims: &[Claim]) -> Refit {
    let seen: Vec<(f64, f64)> =
        claims.iter().map(|claim| (logit(claim.probability()), claim.outcome())).collect();
    let (pull_a, pull_b) = (1.0 / (DEVIATION_A * DEVIATION_A), 1.0 / (DEVIATION_LN_B * DEVIATION_LN_B));
    // −ln of what is most likely, without constants; ln(1 + e^z) without overflow.
    let loss = |a: f64, ln_b: f64| {
        let b = libm::exp(ln_b);
        let one = |&(t, y): &(f64, f64)| {
            let z = a + b * t;
            z.max(0.0) + libm::log1p(libm::exp(-z.abs())) - y * z
        };
        seen.iter().map(one).sum::<f64>() + 0.5 * (pull_a * a * a + pull_b * ln_b * ln_b)
    };
    let (mut a, mut ln_b) = (0.0, 0.0);
    let mut best = loss(a, ln_b);
    for _ in 0..MOST_STEPS {
        let b = libm::exp(ln_b);
        let (mut down_a, mut down_b) = (pull_a * a, pull_b * ln_b);
        // What of the curvature is never negative (Fisher's scoring).
        let (mut aa, mut ab, mut bb) = (pull_a, 0.0, pull_b);
        for &(t, y) in &seen {
            let p = sigmoid(a + b * t);
            let (off, weight, s) = (p - y, p * (1.0 - p), b * t);
            down_a += off;
            down_b += off * s;
            aa += weight;
            ab += weight * s;
            bb += weight * s * s;
        }
        let determinant = aa * bb - ab * ab;
        let (step_a, step_b) =
            ((bb * down_a - ab * down_b) / determinant, (aa * down_b - ab * down_a) / determinant);
        let mut share = 1.0;
        let better = loop {
            let (next_a, next_b) = (a - share * step_a, ln_b - share * step_b);
            let next = loss(next_a, next_b);
            if next < best {
                (a, ln_b) = (next_a, next_b);
                break Some(best - next);
            }
            share /= 2.0;
            if share < 1e-6 {
                break None;
            }
        };
        let Some(gain) = better else { break };
        best -= gain;
        if gain < 1e-12 {
            break;
        }
    }
    Refit { a, b: libm::exp(ln_b) }
}

/// What a map is worth on images that took no part in it: of the claims that it makes, less those that were made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shadow {
    /// Decisions.
    pub outcomes: usize,
    /// Images that they are about.
    pub images: usize,
    /// The Brier score of the claims that were made, 0 to 1.
    pub brier_before: f64,
    /// The same of the claims that the map makes.
    pub brier_after: f64,
    /// Their difference, below 0 where the map is better, with its 95 % interval over images.
    pub brier: Interval,
    /// The difference of the mean log losses, the same way.
    pub log_loss: Interval,
}

impl Shadow {
    /// Whether the map is surely better, by the Brier score.
    #[must_use]
    pub fn is_better(&self) -> bool {
        self.brier.high < 0.0
    }
}

/// Judges maps that are fitted as [`fit`] does, on images held out in five parts. The same claims give the same numbers.
///
/// # Errors
/// When there are too few claims.
pub fn shadow(claims: &[Claim]) -> Result<Shadow, TooFew> {
    enough(claims)?;
    let images: Vec<usize> = claims.iter().map(|c| c.image).collect::<BTreeSet<_>>().into_iter().collect();
    let mut tallies = vec![Tally::default(); images.len()];
    let place = |image: usize| images.partition_point(|&other| other < image);
    for part in 0..PARTS {
        let is_held = |claim: &&Claim| place(claim.image) % PARTS == part;
        let rest: Vec<Claim> = claims.iter().filter(|claim| !is_held(claim)).cloned().collect();
        let map = fit(&rest).map();
        for claim in claims.iter().filter(is_held) {
            tallies[place(claim.image)].add(claim, &map);
        }
    }
    let whole = Tally::of(tallies.iter());
    let n = whole.outcomes;
    let mut random = SplitMix64::new(SEED);
    let draws: Vec<Tally> = (0..RESAMPLES)
        .map(|_| Tally::of((0..tallies.len()).map(|_| &tallies[random.below(tallies.len())])))
        .collect();
    let interval = |of: fn(&Tally) -> f64| {
        let mut drawn: Vec<f64> = draws.iter().map(of).collect();
        drawn.sort_by(f64::total_cmp);
        let at = |share: f64| drawn[(share * (RESAMPLES - 1) as f64).round() as usize];
        Interval { value: of(&whole), low: at(0.025), high: at(0.975) }
    };
    Ok(Shadow {
        outcomes: claims.len(),
        images: images.len(),
        brier_before: whole.brier[0] / n,
        brier_after: whole.brier[1] / n,
        brier: interval(|tally| (tally.brier[1] - tally.brier[0]) / tally.outcomes),
        log_loss: interval(|tally| (tally.log_loss[1] - tally.log_loss[0]) / tally.outcomes),
    })
}

/// Errors of the claims about an image, before and after.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    outcomes: f64,
    brier: [f64; 2],
    log_loss: [f64; 2],
}

impl Tally {
    fn add(&mut self, claim: &Claim, map: &MonotoneMap) {
        self.outcomes += 1.0;
        let claims = [claim.probability(), claim.through(|q| map.apply(q))];
        for (at, claimed) in claims.into_iter().enumerate() {
            let off = claimed - claim.outcome();
            self.brier[at] += off * off;
            let right = if claim.succeeded { claimed } else { 1.0 - claimed };
            self.log_loss[at] -= libm::log(right.clamp(EDGE, 1.0));
        }
    }

    fn of<'a>(tallies: impl Iterator<Item = &'a Tally>) -> Tally {
        tallies.fold(Tally::default(), |mut sum, one| {
            sum.outcomes += one.outcomes;
            for at in 0..2 {
                sum.brier[at] += one.brier[at];
                sum.log_loss[at] += one.log_loss[at];
            }
            sum
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Claims whose outcomes follow a map of them: of every ten equal claims as many succeed as it says.
    fn claims(truth: Refit, images: usize) -> Vec<Claim> {
        let mut random = SplitMix64::new(7);
        let mut unit = move || random.below(1 << 20) as f64 / f64::from(1 << 20);
        (0..images * 4)
            .map(|n| {
                let q = 0.02 + 0.96 * unit();
                Claim { image: n / 4, largest: vec![q], succeeded: unit() < truth.apply(q) }
            })
            .collect()
    }

    #[test]
    fn the_map_that_outcomes_follow_is_found() {
        let truth = Refit { a: -1.0, b: 0.6 };
        let found = fit(&claims(truth, 2000));
        assert!((found.a - truth.a).abs() < 0.1 && (found.b - truth.b).abs() < 0.05, "{found:?}");
        // Few outcomes say less.
        let failed = Claim { image: 0, largest: vec![0.5], succeeded: false };
        let few = fit(&[failed.clone(), failed.clone(), failed]);
        assert!(-1.5 < few.a && few.a < -0.5 && (few.b - 1.0).abs() < 1e-9, "{few:?}");
        assert_eq!(fit(&[]), Refit::IDENTITY);
    }

    #[test]
    fn a_better_map_is_told_from_one_that_is_not() {
        let off = shadow(&claims(Refit { a: -1.5, b: 0.7 }, 60)).unwrap();
        assert!(off.is_better() && off.log_loss.high < 0.0, "{off:?}");
        assert!((off.brier.value - (off.brier_after - off.brier_before)).abs() < 1e-12);
        let right = shadow(&claims(Refit::IDENTITY, 60)).unwrap();
        assert!(!right.is_better(), "{right:?}");
        assert_eq!(shadow(&claims(Refit::IDENTITY, 60)).unwrap(), right, "the same claims, the same numbers");
    }

    #[test]
    fn too_few_are_refused_by_what_there_is_too_little_of() {
        let all = claims(Refit::IDENTITY, 30);
        let line = |claims: &[Claim]| enough(claims).unwrap_err().to_string();
        assert_eq!(line(&all[..12]), "12 decisions with a question have an outcome, and 40 are the least");
        let one: Vec<Claim> = all.iter().map(|claim| Claim { image: 3, ..claim.clone() }).collect();
        assert_eq!(line(&one), "the outcomes are about 1 images, and 20 are the least");
        let good: Vec<Claim> = all.iter().map(|claim| Claim { succeeded: true, ..claim.clone() }).collect();
        assert_eq!(line(&good), "there are 120 successes and 0 failures, and 8 of each are the least");
        assert_eq!(enough(&all), Ok(()));
    }

    #[test]
    fn a_claim_is_what_the_coupling_looks_at() {
        let q: Vec<f64> = (0..250).map(|patch| f64::from(patch) / 250.0).collect();
        assert_eq!(largest(&q), [249.0 / 250.0, 248.0 / 250.0, 247.0 / 250.0]);
        assert_eq!(largest(&[0.5, 0.7]), [0.7]);
    }

    proptest! {
        #[test]
        fn a_map_rises_and_stays_in_range(a in -8.0f64..8.0, b in 0.01f64..8.0, q in 0.0f64..=1.0, r in 0.0f64..=1.0) {
            let map = Refit { a, b }.map();
            let (low, high) = (map.apply(q.min(r)), map.apply(q.max(r)));
            prop_assert!((0.0..=1.0).contains(&low) && low <= high && high <= 1.0);
            prop_assert!(map.knots().len() == 39);
            // Close to what it stands for.
            let mild = Refit { a: a / 8.0, b: 1.0 };
            let off = (mild.map().apply(q) - mild.apply(q)).abs();
            prop_assert!(off < 0.02, "{off}");
        }

        #[test]
        fn what_is_found_is_finite(outcomes in prop::collection::vec((0.0f64..=1.0, any::<bool>()), 0..30)) {
            let claims: Vec<Claim> = outcomes.iter().enumerate()
                .map(|(image, &(q, succeeded))| Claim { image, largest: vec![q], succeeded }).collect();
            let found = fit(&claims);
            prop_assert!(found.a.is_finite() && found.b > 0.0 && found.b.is_finite());
        }
    }
}
