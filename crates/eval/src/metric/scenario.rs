//! How long it takes: one by one, and all at once.
//!
//! Names and numbers are those of MLPerf inference (Reddi et al. 2020, "MLPerf
//! Inference Benchmark"), so that they mean what readers expect:
//! *single stream* is someone who waits for each decision, *offline* is a folder
//! of images overnight. The queries are ours, far fewer than a submission needs,
//! so these are no MLPerf results.

use crate::statistics::{quantile, samples_for};

/// The percentile that stands for a single stream.
pub(crate) const SINGLE_STREAM: u32 = 90;

/// A percentile of times, in their unit and in any order; lower is better. None for fewer than
/// [`samples_for`] it.
pub(crate) fn percentile(times: &[f64], percentile: u32) -> Option<f64> {
    if times.len() < samples_for(percentile) {
        return None;
    }
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(quantile(&sorted, f64::from(percentile) / 100.0))
}

/// Offline: items a second, when all are given at once; higher is better. None where there is no item or no time.
pub(crate) fn offline(items: usize, seconds: f64) -> Option<f64> {
    (items > 0 && seconds > 0.0 && seconds.is_finite()).then(|| items as f64 / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_needs_its_samples() {
        // 0 to 63 in falling order: 0.9 · 63 = 56.7.
        let times: Vec<f64> = (0..64).rev().map(f64::from).collect();
        assert_eq!(percentile(&times, 50), Some(31.5));
        assert_eq!(percentile(&times, 99), None);
        assert_eq!(percentile(&times[..7], 50), None);
    }

    #[test]
    fn throughput_by_hand() {
        assert_eq!(offline(300, 1.5), Some(200.0));
        assert_eq!(offline(0, 1.5), None);
        assert_eq!(offline(3, 0.0), None);
        assert_eq!(offline(3, f64::NAN), None);
    }
}
