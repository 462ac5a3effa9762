//! How alike two allocations are.
//!
//! Two numbers, because they see different things: the share of tokens that
//! moved sees sizes and no order, the rank correlation sees order and no sizes.

/// Spearman's ρ of two allocations, with average ranks for ties, in −1 to 1; where it is not defined, 1 when both are
/// constant and 0 when one is.
pub(crate) fn rank_correlation(a: &[f64], b: &[f64]) -> f64 {
    let constant = |values: &[f64]| values.windows(2).all(|pair| pair[0] == pair[1]);
    let undefined = if constant(a) && constant(b) { 1.0 } else { 0.0 };
    arrcoc_decide::spearman(a, b).unwrap_or(undefined)
}

/// Half the sum of the differences of two allocations of the same total, as a share of the total: the share of
/// tokens that moved, 0 to 1.
pub(crate) fn total_variation(a: &[u32], b: &[u32]) -> f64 {
    let total: u64 = a.iter().map(|&t| u64::from(t)).sum();
    let moved: u64 = a.iter().zip(b).map(|(&a, &b)| u64::from(a.abs_diff(b))).sum();
    if total == 0 { 0.0 } else { moved as f64 / (2.0 * total as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rank_correlation_and_variation() {
        assert_eq!(rank_correlation(&[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0]), 1.0);
        assert_eq!(rank_correlation(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]), -1.0);
        assert_eq!(rank_correlation(&[1.0, 1.0], &[2.0, 2.0]), 1.0);
        assert_eq!(rank_correlation(&[1.0, 1.0], &[2.0, 3.0]), 0.0);
        assert_eq!(total_variation(&[10, 0], &[0, 10]), 1.0);
        assert_eq!(total_variation(&[5, 5], &[4, 6]), 0.1);
    }

    /// Siegel and Castellan 1988, "Nonparametric Statistics for the Behavioral Sciences", chapter 9: authoritarianism
    /// and social status of twelve students, without ties, Σd² = 52: ρ = 1 − 6 · 52/(12³ − 12) = 0.82.
    #[test]
    fn ranks_without_ties_are_the_textbook_example() {
        let authoritarianism = [82., 98., 87., 40., 116., 113., 111., 83., 85., 126., 106., 117.];
        let status = [42., 46., 39., 37., 65., 88., 86., 56., 62., 92., 54., 81.];
        let rho = rank_correlation(&authoritarianism, &status);
        assert!((rho - (1.0 - 6.0 * 52.0 / (1728.0 - 12.0))).abs() < 1e-12, "{rho}");
    }

    /// With ties, the same authors correct the sums of squares: (Σx² + Σy² − Σd²)/(2√(Σx² Σy²)), where a tie of t
    /// takes (t³ − t)/12 from the sum (N³ − N)/12. Three pairs of twelve yielded alike: their ranks are 1.5, 1.5,
    /// 3.5, 3.5, 5, 6, 7, 8, 9, 10.5, 10.5, 12 against 3, 4, 2, 1, 8, 11, 10, 6, 7, 12, 5, 9; Σd² = 109.5, Σx² =
    /// 143 − 3 · 0.5, Σy² = 143. Without the correction it would be 0.617.
    #[test]
    fn ties_take_their_average_rank() {
        let yielded = [0., 0., 1., 1., 3., 4., 5., 6., 7., 8., 8., 12.];
        let striving = [42., 46., 39., 37., 65., 88., 86., 56., 62., 92., 54., 81.];
        let (x, y, d) = (141.5, 143.0, 109.5);
        let by_hand = (x + y - d) / (2.0 * f64::sqrt(x * y));
        let rho = rank_correlation(&yielded, &striving);
        assert!((rho - by_hand).abs() < 1e-12, "{rho} {by_hand}");
        assert!((rho - 0.615).abs() < 5e-4, "{rho}");
    }
}
