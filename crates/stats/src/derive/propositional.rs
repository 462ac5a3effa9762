//! What a patch holds, whatever is around it.

use crate::statistics::PatchStats;

/// Logarithms of counts up to this are looked up: a bin's count is seldom larger,
/// and a table of that size is still quick to make.
const LOGARITHMS: usize = 4096;

/// Entropy of the luma histogram in bytes: −Σ p·log₂p / 8.
pub(super) fn entropy(stats: &PatchStats<'_>) -> Vec<f32> {
    let most = stats.patches().map(|patch| patch.count()).max().unwrap_or(0);
    // Index 0 is never asked for.
    let table: Vec<f64> = (0..=most.min(LOGARITHMS as i64)).map(|n| libm::log2(n.max(1) as f64)).collect();
    let log2 = |n: i64| table.get(n as usize).copied().unwrap_or_else(|| libm::log2(n as f64));
    stats
        .patches()
        .map(|patch| {
            // Σ c (log₂ n − log₂ c) / n: a patch of one value gives exactly 0, and no
            // term is negative.
            let count = patch.count().max(1);
            let whole = log2(count);
            let bits: f64 = patch
                .histogram()
                .iter()
                .filter(|&&pixels| pixels > 0)
                .map(|&pixels| pixels as f64 * (whole - log2(pixels)))
                .sum();
            (bits / (8.0 * count as f64)).min(1.0) as f32
        })
        .collect()
}

/// Standard deviation of luma, as a share of the greatest possible: 2σ/255.
pub(super) fn deviation(stats: &PatchStats<'_>) -> Vec<f32> {
    stats
        .patches()
        .map(|patch| {
            let (mut sum, mut squares) = (0i64, 0i64);
            for (value, &pixels) in (0i64..).zip(patch.histogram()) {
                sum += value * pixels;
                squares += value * value * pixels;
            }
            // n²·variance, exact: nothing cancels in floating point.
            let count = patch.count().max(1);
            let numerator = i128::from(count) * i128::from(squares) - i128::from(sum) * i128::from(sum);
            let sigma = (numerator as f64).sqrt() / count as f64;
            (2.0 * sigma / 255.0).min(1.0) as f32
        })
        .collect()
}

/// Edge pixels as a share of all.
pub(super) fn edge_density(stats: &PatchStats<'_>) -> Vec<f32> {
    stats.patches().map(|patch| (patch.edges() as f64 / patch.count().max(1) as f64) as f32).collect()
}
