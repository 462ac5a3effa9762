//! Spearman's rank correlation, in integers until the last division.
//!
//! Ranks are doubled so that the average rank of a tie is whole; sums of their products are exact, hence the same
//! in any order of the patches. With `N` values the doubled ranks, centred, are at most `N` in size, so the
//! largest sum is below `N³`: `i128` holds it for any `N` a policy may have.
//!
//! Spearman, C. (1904), "The proof and measurement of association between two things".

/// Spearman's ρ of two maps of the same length, in `[-1, 1]`, with average ranks for ties.
///
/// `None` when the lengths differ or either map is constant, where ρ is not defined.
#[must_use]
pub fn spearman(left: &[f64], right: &[f64]) -> Option<f64> {
    if left.len() != right.len() {
        return None;
    }
    let (left, right) = (centred_ranks(left), centred_ranks(right));
    let product = |a: &[i64], b: &[i64]| -> i128 {
        a.iter().zip(b).map(|(&x, &y)| i128::from(x) * i128::from(y)).sum()
    };
    let spread = product(&left, &left) as f64 * product(&right, &right) as f64;
    if spread == 0.0 {
        return None;
    }
    Some((product(&left, &right) as f64 / spread.sqrt()).clamp(-1.0, 1.0))
}

/// Twice the average rank of each value, less twice the mean rank.
fn centred_ranks(values: &[f64]) -> Vec<i64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0; values.len()];
    let mean = values.len() as i64 - 1;
    let mut start = 0;
    while start < order.len() {
        let value = values[order[start]];
        let tied = order[start..].iter().take_while(|&&patch| values[patch] == value).count().max(1);
        let doubled = (2 * start + tied - 1) as i64;
        for &patch in &order[start..start + tied] {
            ranks[patch] = doubled - mean;
        }
        start += tied;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_opposition_and_ties() {
        let rising = [0.1, 0.2, 0.3, 0.4];
        let falling = [0.9, 0.5, 0.2, 0.0];
        assert_eq!(spearman(&rising, &rising), Some(1.0));
        assert_eq!(spearman(&rising, &falling), Some(-1.0));
        // Ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3: covariance 4.5, variances 4.5 and 5.
        let tied = [0.0, 0.5, 0.5, 0.9];
        let rho = spearman(&rising, &tied).expect("neither is constant");
        assert!((rho - 4.5 / (4.5f64 * 5.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn constants_and_unequal_lengths_have_none() {
        assert_eq!(spearman(&[0.5; 4], &[0.1, 0.2, 0.3, 0.4]), None);
        assert_eq!(spearman(&[0.5], &[0.1]), None);
        assert_eq!(spearman(&[], &[]), None);
        assert_eq!(spearman(&[0.5, 0.1], &[0.1]), None);
    }

    #[test]
    fn a_negative_zero_ties_with_zero() {
        assert_eq!(spearman(&[-0.0, 0.0, 1.0], &[0.0, -0.0, 1.0]), Some(1.0));
    }
}
