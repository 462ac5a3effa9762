//! The standard normal distribution.
//!
//! Wilson's interval, the bias correction of the bootstrap and the smallest
//! difference that would be found all need its quantiles. They are found by
//! halving an interval: slow, short, and right to the last bits.

/// The probability that a standard normal variable is at most `z`.
pub(super) fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// The value that a standard normal variable is at most with probability `p`, within −10 to 10.
pub(super) fn normal_quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..80 {
        let middle: f64 = (low + high) / 2.0;
        *(if normal_cdf(middle) < p { &mut low } else { &mut high }) = middle;
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_quantiles_are_those_of_the_tables() {
        for (p, z) in [(0.5, 0.0), (0.8, 0.841_621), (0.975, 1.959_964), (0.995, 2.575_829)] {
            assert!((normal_quantile(p) - z).abs() < 1e-6, "{p}");
            assert!((normal_cdf(z) - p).abs() < 1e-6, "{p}");
        }
    }
}
