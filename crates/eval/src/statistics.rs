//! Intervals, tests and quantiles.
//!
//! Questions on one page are not independent, so what is resampled is always
//! the page (or the run), never the single answer: the percentile bootstrap of
//! Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13.
//! Differences are paired by page. Every stream of random numbers has a fixed
//! seed: the same rows give the same interval.

use arrcoc_datasets::Random;

/// An interval that holds the true value in 95 of 100 repetitions, about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// The standard error: the standard deviation over the resamples.
    pub(crate) error: f64,
}

impl Interval {
    pub(crate) fn contains(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// Below this many pages an interval by resampling is far too narrow, and none is printed.
const FEWEST_PAGES: usize = 5;
const RESAMPLES: usize = 2000;
const SIGN_FLIPS: usize = 9999;
/// Up to this many pages, all sign patterns are gone through instead of a sample of them.
const EXACT_UP_TO: usize = 13;
const SEED: u64 = 0x0a11_0c8e;

/// Σ value·weight / Σ weight; 0 where there is no weight.
pub(crate) fn weighted_mean(values: &[(f64, f64)]) -> f64 {
    let weight: f64 = values.iter().map(|v| v.1).sum();
    if weight == 0.0 { 0.0 } else { values.iter().map(|v| v.0 * v.1).sum::<f64>() / weight }
}

/// The interval of a weighted mean over pages.
pub(crate) fn interval_of_mean(values: &[(f64, f64)]) -> Option<Interval> {
    bootstrap(values.len(), |pages| weighted_mean(&pages.iter().map(|&i| values[i]).collect::<Vec<_>>()))
}

/// The percentile interval of a statistic of `n` pages, given by their indices; none for fewer than
/// [`FEWEST_PAGES`], which say too little about how pages differ.
pub(crate) fn bootstrap(n: usize, statistic: impl Fn(&[usize]) -> f64) -> Option<Interval> {
    if n < FEWEST_PAGES {
        return None;
    }
    let mut random = Random::new(SEED);
    let mut drawn = vec![0; n];
    let mut values: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            drawn.iter_mut().for_each(|page| *page = random.below(n as u32) as usize);
            statistic(&drawn)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    let mean = values.iter().sum::<f64>() / RESAMPLES as f64;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (RESAMPLES - 1) as f64;
    let (low, high) = (quantile(&values, 0.025), quantile(&values, 0.975));
    Some(Interval { low, high, error: variance.sqrt() })
}

/// The smallest true difference that a two-sided test at `level` finds in four of five repetitions, for an estimate
/// with this standard error: (z(1 − level/2) + z(0.8)) · error, as for a normal distribution (Cohen 1988,
/// "Statistical Power Analysis for the Behavioral Sciences", section 2.4).
pub(crate) fn detectable(error: f64, level: f64) -> f64 {
    (normal_quantile(1.0 - level / 2.0) + normal_quantile(0.8)) * error
}

/// The quantile of the standard normal distribution, by halving an interval.
fn normal_quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..80 {
        let middle: f64 = (low + high) / 2.0;
        let below = 0.5 * libm::erfc(-middle / std::f64::consts::SQRT_2);
        *(if below < p { &mut low } else { &mut high }) = middle;
    }
    (low + high) / 2.0
}

/// Two-sided p of paired differences against none, by flipping their signs
/// (Fisher 1935, "The Design of Experiments", section 21): exact for few pages.
pub(crate) fn sign_flip_p(differences: &[f64]) -> f64 {
    let n = differences.len();
    let observed = differences.iter().sum::<f64>().abs();
    // Sums of the same numbers in another order differ in the last bits.
    let reached = |sum: f64| sum.abs() >= observed * (1.0 - 1e-9) - 1e-12;
    let flipped = |signs: &dyn Fn(usize) -> bool| -> f64 {
        differences.iter().enumerate().map(|(i, d)| if signs(i) { -d } else { *d }).sum()
    };
    if n <= EXACT_UP_TO {
        let patterns = 1u32 << n;
        let hits = (0..patterns).filter(|pattern| reached(flipped(&|i| pattern >> i & 1 == 1))).count();
        return hits as f64 / f64::from(patterns);
    }
    let mut random = Random::new(SEED);
    let mut signs = vec![false; n];
    let hits = (0..SIGN_FLIPS)
        .filter(|_| {
            signs.iter_mut().for_each(|sign| *sign = random.next_u64() >> 63 == 1);
            reached(flipped(&|i| signs[i]))
        })
        .count();
    // The observed pattern is one of those that could have come (Phipson and Smyth 2010).
    (hits + 1) as f64 / (SIGN_FLIPS + 1) as f64
}

/// The least p that so many pages can give: all differences on one side.
pub(crate) fn least_p(pages: usize) -> f64 {
    (2.0 * libm::exp2(-(pages as f64))).min(1.0)
}

/// Holm 1979, "A simple sequentially rejective multiple test procedure": corrected p values.
pub(crate) fn holm(ps: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ps.len()).collect();
    order.sort_by(|&a, &b| ps[a].total_cmp(&ps[b]));
    let mut corrected = vec![0.0; ps.len()];
    let mut so_far: f64 = 0.0;
    for (rank, &i) in order.iter().enumerate() {
        so_far = so_far.max(((ps.len() - rank) as f64 * ps[i]).min(1.0));
        corrected[i] = so_far;
    }
    corrected
}

/// The quantile `q` of sorted values, between the two nearest (Hyndman and Fan 1996, definition 7).
/// Not a number where there are none.
pub(crate) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = q * last as f64;
    let (below, share) = (at.floor() as usize, at - at.floor());
    sorted[below] + share * (sorted[(below + 1).min(last)] - sorted[below])
}

/// The fewest samples with which a percentile is printed: 64 for p90 and 662 for p99, as in the early stopping
/// of MLPerf's load generator for a confidence of 99 %.
pub(crate) fn samples_for(percentile: u32) -> usize {
    match percentile {
        0..=50 => 8,
        51..=90 => 64,
        _ => 662,
    }
}

/// Spearman's ρ of two allocations; where it is not defined, 1 when both are constant and 0 when one is.
pub(crate) fn rank_correlation(a: &[f64], b: &[f64]) -> f64 {
    let constant = |values: &[f64]| values.windows(2).all(|pair| pair[0] == pair[1]);
    let undefined = if constant(a) && constant(b) { 1.0 } else { 0.0 };
    arrcoc_decide::spearman(a, b).unwrap_or(undefined)
}

/// Half the sum of the differences of two allocations of the same total, as a share of the total: the share of
/// tokens that moved.
pub(crate) fn total_variation(a: &[u32], b: &[u32]) -> f64 {
    let total: u64 = a.iter().map(|&t| u64::from(t)).sum();
    let moved: u64 = a.iter().zip(b).map(|(&a, &b)| u64::from(a.abs_diff(b))).sum();
    if total == 0 { 0.0 } else { moved as f64 / (2.0 * total as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_sign_flips_agree_with_counting_by_hand() {
        // Of the 16 patterns of 1, 2, 3, 4 only all and none reach 10.
        assert_eq!(sign_flip_p(&[1.0, 2.0, 3.0, 4.0]), 2.0 / 16.0);
        // 4 − 1 = 3: eight of ten… counted: |±4 ±1| ≥ 3 holds for all four patterns.
        assert_eq!(sign_flip_p(&[4.0, -1.0]), 1.0);
        assert_eq!(sign_flip_p(&[0.0; 5]), 1.0);
        assert_eq!(sign_flip_p(&[1.0; 6]), least_p(6));
    }

    #[test]
    fn sampled_sign_flips_agree_with_the_exact_ones() {
        let few: Vec<f64> = (0..12).map(|i| f64::from(i) - 2.5).collect();
        let exact = sign_flip_p(&few);
        // Two zeros change no sum, but take the sample's way.
        let sampled = sign_flip_p(&[few, vec![0.0; 2]].concat());
        assert!((exact - sampled).abs() < 0.01, "{exact} {sampled}");
    }

    #[test]
    fn holm_is_the_textbook_example() {
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (have, want) in corrected.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((have - want).abs() < 1e-12, "{corrected:?}");
        }
    }

    #[test]
    fn intervals_hold_the_truth_about_as_often_as_they_say() {
        let mut random = Random::new(7);
        let hits = (0..300)
            .filter(|_| {
                let pages: Vec<(f64, f64)> = (0..24).map(|_| (f64::from(random.unit()), 1.0)).collect();
                interval_of_mean(&pages).is_some_and(|i| i.contains(0.5))
            })
            .count();
        assert!((270..=298).contains(&hits), "{hits} of 300");
    }

    #[test]
    fn normal_quantiles_are_those_of_the_tables() {
        for (p, z) in [(0.5, 0.0), (0.8, 0.841_621), (0.975, 1.959_964), (0.995, 2.575_829)] {
            assert!((normal_quantile(p) - z).abs() < 1e-6, "{p}");
        }
    }

    /// Differences of 24 pages around a true one: what is called detectable is found about four times in five, and
    /// what is not there about one time in twenty.
    #[test]
    fn planted_effects_are_found_at_the_stated_rate_and_planted_nulls_are_not() {
        let mut random = Random::new(11);
        let mut found = |truth: f64| {
            let hits = (0..400).filter(|_| {
                let pages: Vec<f64> = (0..24).map(|_| truth + f64::from(random.normal())).collect();
                sign_flip_p(&pages) < 0.05
            });
            hits.count()
        };
        let true_error = 1.0 / 24.0f64.sqrt();
        let (effects, nulls) = (found(detectable(true_error, 0.05)), found(0.0));
        assert!((292..=348).contains(&effects), "{effects} of 400");
        assert!((8..=36).contains(&nulls), "{nulls} of 400");
    }

    #[test]
    fn a_few_pages_have_no_interval() {
        assert_eq!(interval_of_mean(&[(0.1, 1.0), (0.9, 1.0)]), None);
    }

    #[test]
    fn quantiles_lie_between_values() {
        let sorted = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(quantile(&sorted, 0.5), 2.5);
        assert_eq!(quantile(&sorted, 1.0), 4.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn rank_correlation_and_variation() {
        assert_eq!(rank_correlation(&[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0]), 1.0);
        assert_eq!(rank_correlation(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), -1.0);
        assert_eq!(rank_correlation(&[1.0, 1.0], &[2.0, 2.0]), 1.0);
        assert_eq!(total_variation(&[10, 0], &[0, 10]), 1.0);
        assert_eq!(total_variation(&[5, 5], &[4, 6]), 0.1);
    }
}
