//! How good probabilities are: squared error, calibration error, and the curve a person looks at.
//!
//! All of it is about pairs of a probability and whether it came true. Equal probabilities cannot be told apart, and
//! a monotone map gives many: no result depends on the order in which they come.

/// A probability, and whether the patch held what was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// 0 to 1.
    pub probability: f64,
    /// What came true.
    pub holds: bool,
}

impl Scored {
    pub(super) fn squared_error(self) -> f64 {
        let error = self.probability - f64::from(u8::from(self.holds));
        error * error
    }
}

/// Some patches together.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Bin {
    /// How many.
    pub patches: usize,
    /// Their mean probability, 0 to 1.
    pub probability: f64,
    /// The share of them that hold what was asked for, 0 to 1.
    pub holds: f64,
}

/// The mean squared error (Brier 1950, "Verification of forecasts expressed in terms of probability", for two
/// outcomes, of which one is counted); NaN of nothing.
#[must_use]
pub fn brier(scored: &[Scored]) -> f64 {
    scored.iter().map(|one| one.squared_error()).sum::<f64>() / scored.len() as f64
}

/// How much of the base rate's squared error is gone: 1 − error / (n·b·(1−b)), where b is the share of `n` patches
/// that hold (Murphy 1973, "A new vector partition of the probability score"). `error` is the sum of squared errors.
/// The base rate is that of the very patches that are judged, which no forecast knows: a strict opponent. 0 where it
/// makes no error itself.
#[must_use]
pub fn skill(error: f64, patches: u64, holding: u64) -> f64 {
    let (n, k) = (patches as f64, holding as f64);
    let reference = k * (n - k) / n;
    if reference > 0.0 { 1.0 - error / reference } else { 0.0 }
}

/// Up to `bins` bins with as many patches each, to within one, by rising probability (the adaptive bins of Nguyen
/// and O'Connor 2015, "Posterior calibration and exploratory analysis for natural language processing models").
///
/// Where equal probabilities fall into two bins, each patch among them counts with the share of them all that hold.
/// Sorts `scored`.
pub fn equal_mass(scored: &mut [Scored], bins: usize) -> Vec<Bin> {
    scored.sort_unstable_by(|a, b| a.probability.total_cmp(&b.probability));
    let share = |tied: &[Scored]| tied.iter().filter(|one| one.holds).count() as f64 / tied.len() as f64;
    let n = scored.len();
    let bins = bins.min(n);
    let mut out: Vec<Bin> = Vec::with_capacity(bins);
    let (mut place, mut probability, mut holds, mut start) = (0, 0.0, 0.0, 0);
    for tied in scored.chunk_by(|a, b| a.probability == b.probability) {
        let (each, mut left) = (share(tied), tied.len());
        while left > 0 {
            let end = (out.len() + 1) * n / bins;
            let taken = left.min(end - place);
            probability += tied[0].probability * taken as f64;
            holds += each * taken as f64;
            (place, left) = (place + taken, left - taken);
            if place == end {
                let count = (end - start) as f64;
                out.push(Bin {
                    patches: end - start,
                    probability: probability / count,
                    holds: holds / count,
                });
                (probability, holds, start) = (0.0, 0.0, end);
            }
        }
    }
    out
}

/// The expected calibration error of bins: the mean of |probability − share that holds|, by patches (Naeini, Cooper
/// and Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning"). 0 of nothing.
#[must_use]
pub fn calibration_error(bins: &[Bin]) -> f64 {
    let patches: usize = bins.iter().map(|bin| bin.patches).sum();
    let off: f64 = bins.iter().map(|bin| bin.patches as f64 * (bin.probability - bin.holds).abs()).sum();
    if patches == 0 { 0.0 } else { off / patches as f64 }
}

/// The reliability curve: bins by probability, each from one of `edges`, which rise, to the next. Empty ones are
/// left out, and what is below the first edge.
#[must_use]
pub fn curve(scored: &[Scored], edges: &[f64]) -> Vec<Bin> {
    let mut sums = vec![(0usize, 0.0, 0usize); edges.len()];
    for one in scored {
        let above = edges.partition_point(|&edge| edge <= one.probability);
        if let Some((patches, probability, holding)) = above.checked_sub(1).map(|at| &mut sums[at]) {
            *patches += 1;
            *probability += one.probability;
            *holding += usize::from(one.holds);
        }
    }
    let bin = |(patches, probability, holding): (usize, f64, usize)| Bin {
        patches,
        probability: probability / patches as f64,
        holds: holding as f64 / patches as f64,
    };
    sums.into_iter().filter(|sum| sum.0 > 0).map(bin).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scored(pairs: &[(f64, u8)]) -> Vec<Scored> {
        pairs.iter().map(|&(probability, holds)| Scored { probability, holds: holds == 1 }).collect()
    }

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }

    /// Errors 0.1, 0.2, 0.7 and 0.4 of 1, 0, 1 and 0: (0.01 + 0.04 + 0.49 + 0.16)/4 = 0.175. The base rate ½ has 0.25.
    #[test]
    fn the_brier_score_and_skill_by_hand() {
        let four = scored(&[(0.9, 1), (0.2, 0), (0.3, 1), (0.4, 0)]);
        near(brier(&four), 0.175);
        near(skill(0.7, 4, 2), 1.0 - 0.175 / 0.25);
        near(skill(0.0, 100, 2), 1.0);
        // Always the base rate: 2·0.98² + 98·0.02² = 1.96.
        near(skill(1.96, 100, 2), 0.0);
        assert_eq!((skill(3.0, 5, 5), skill(3.0, 5, 0)), (0.0, 0.0));
    }

    /// Two bins of three: means 0.2 and 0.8 against ⅓ and ⅔ come to (0.1333… + 0.1333…)/2.
    #[test]
    fn the_calibration_error_by_hand() {
        let mut six = scored(&[(0.9, 1), (0.1, 0), (0.8, 0), (0.2, 1), (0.7, 1), (0.3, 0)]);
        let bins = equal_mass(&mut six, 2);
        assert_eq!(bins.len(), 2);
        near(bins[0].probability, 0.2);
        near(bins[0].holds, 1.0 / 3.0);
        near(calibration_error(&bins), 2.0 / 15.0);
        assert_eq!(calibration_error(&[]), 0.0);
        assert!(equal_mass(&mut [], 15).is_empty());
    }

    /// Of four equal probabilities two come true: whichever come first, each bin has half.
    #[test]
    fn equal_probabilities_are_shared_out() {
        for order in [[1, 1, 0, 0], [0, 1, 0, 1], [0, 0, 1, 1]] {
            let mut tied = scored(&order.map(|holds| (0.5, holds)));
            for bin in equal_mass(&mut tied, 2) {
                assert_eq!(bin, Bin { patches: 2, probability: 0.5, holds: 0.5 });
            }
        }
    }

    #[test]
    fn the_curve_has_its_edges() {
        let four = scored(&[(0.0, 0), (0.1, 1), (0.05, 0), (1.0, 1)]);
        let curve = curve(&four, &[0.0, 0.1, 0.5]);
        assert_eq!(curve.iter().map(|bin| bin.patches).collect::<Vec<_>>(), [2, 1, 1]);
        near(curve[0].probability, 0.025);
        near(curve[2].holds, 1.0);
    }

    proptest! {
        #[test]
        fn bins_hold_everything_in_equal_parts(
            pairs in prop::collection::vec((0u8..20, 0u8..2), 1..200),
            bins in 1usize..20,
        ) {
            let mut all = scored(&pairs.iter().map(|&(p, h)| (f64::from(p) / 20.0, h)).collect::<Vec<_>>());
            let found = equal_mass(&mut all, bins);
            prop_assert_eq!(found.len(), bins.min(pairs.len()));
            prop_assert_eq!(found.iter().map(|bin| bin.patches).sum::<usize>(), pairs.len());
            let (low, high) = (pairs.len() / bins, pairs.len().div_ceil(bins));
            prop_assert!(found.iter().all(|bin| bin.patches == low.max(1) || bin.patches == high));
            let holding: f64 = found.iter().map(|bin| bin.holds * bin.patches as f64).sum();
            let expected = pairs.iter().filter(|pair| pair.1 == 1).count() as f64;
            prop_assert!((holding - expected).abs() < 1e-9);
            let error = calibration_error(&found);
            prop_assert!((0.0..=1.0).contains(&error));
        }
    }
}
