//! Quantiles, and how many samples a percentile needs.
//!
//! A p99 of forty runs is the slowest run under another name. A percentile is
//! printed only where enough samples lie beyond it to say anything about it.

/// The quantile `q` of sorted values, between the two nearest (Hyndman and Fan 1996, definition 7).
/// Not a number where there are none.
pub(crate) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = q * last as f64;
    let (below, share) = (at.floor() as usize, at - at.floor());
    sorted[below] + share * (sorted[(below + 1).min(last)] - sorted[below])
}

/// The fewest samples with which a percentile is printed: 64 for p90 and 662 for p99, as in the early stopping
/// of MLPerf's load generator (loadgen/early_stopping.cc) for a confidence of 99 %. It counts samples slower than the
/// percentile: n is the least for which one or none of them has a chance of at most 1 − 0.99, so that with n samples
/// one may be slower and the percentile still holds.
///
/// The median is no tail: eight samples are enough for it to lie between the fastest and the slowest with a
/// confidence of 1 − 2 · 2⁻⁸, which is 99.2 %.
pub(crate) fn samples_for(percentile: u32) -> usize {
    match percentile {
        0..=50 => 8,
        51..=90 => 64,
        _ => 662,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_values() {
        let sorted = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(quantile(&sorted, 0.5), 2.5);
        assert_eq!(quantile(&sorted, 1.0), 4.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    /// The chance that at most `slower` of `n` samples are slower than the percentile `p`.
    fn at_most(slower: u32, n: u32, p: f64) -> f64 {
        let choose = |k: u32| (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product::<f64>();
        let term = |k: u32| choose(k) * libm::pow(1.0 - p, f64::from(k)) * libm::pow(p, f64::from(n - k));
        (0..=slower).map(term).sum()
    }

    /// The load generator's minimum for no slower sample at p99 is 459; with one it is 64 at p90 and 662 at p99.
    #[test]
    fn tails_need_as_many_samples_as_the_load_generator_says() {
        let least = |slower: u32, p: f64| (slower + 1..).find(|&n| at_most(slower, n, p) <= 0.01);
        assert_eq!(least(0, 0.99), Some(459));
        assert_eq!(least(1, 0.90).map(|n| n as usize), Some(samples_for(90)));
        assert_eq!(least(1, 0.99).map(|n| n as usize), Some(samples_for(99)));
        // 0.9⁶⁴ + 64 · 0.1 · 0.9⁶³ by logarithms: 0.00118 + 0.00839.
        assert!((at_most(1, 64, 0.9) - 0.00957).abs() < 1e-5);
    }

    #[test]
    fn eight_samples_hold_the_median_between_them() {
        let outside = |n: usize| 2.0 * libm::exp2(-(n as f64));
        assert!(outside(samples_for(50)) <= 0.01 && outside(samples_for(50) - 1) > 0.01);
    }
}
