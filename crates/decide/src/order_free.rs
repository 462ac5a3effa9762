//! Sums whose bits do not depend on the order of the patches.
//!
//! A mirrored or transposed image has the same patches in another order, and must get the same weights, mirrored
//! or transposed, to the last bit. Floating-point addition is not associative, so a plain loop breaks that. Here
//! every value is a fraction in `[0, 1]`; it is cut to a multiple of 2⁻⁶², which depends on that value alone, and
//! the multiples are added as integers, which is exact. Whatever is left to round is rounded once, at the end.

/// 2⁶², the number of parts a whole is cut into.
const PARTS: f64 = 4_611_686_018_427_387_904.0;

/// The sum of `fractions`, each in `[0, 1]`, the same bits in any order.
///
/// Each value is truncated to a multiple of 2⁻⁶². Up to 2⁶⁴ values fit. Values below 0 and NaN count as 0.
pub(crate) fn sum(fractions: impl Iterator<Item = f64>) -> f64 {
    let parts: u128 = fractions.map(|fraction| u128::from((fraction * PARTS) as u64)).sum();
    parts as f64 / PARTS
}

/// The largest of `values`, or 0 when there is none above 0. NaN is passed over.
pub(crate) fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, &value| if value > most { value } else { most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_loop_would_differ_and_this_does_not() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i % 37) / 41.0 + f64::from(i) * 1e-9).collect();
        let mut mirrored = values.clone();
        mirrored.reverse();
        let plain = |values: &[f64]| values.iter().sum::<f64>();
        assert_ne!(plain(&values).to_bits(), plain(&mirrored).to_bits());
        let (ours, theirs) = (sum(values.iter().map(|v| v / 2.0)), sum(mirrored.iter().map(|v| v / 2.0)));
        assert_eq!(ours.to_bits(), theirs.to_bits());
        assert!((ours * 2.0 - plain(&values)).abs() < 1e-9);
    }

    #[test]
    fn wholes_are_exact() {
        assert_eq!(sum([1.0; 576].into_iter()), 576.0);
        assert_eq!(sum([0.5, 0.25, 0.125].into_iter()), 0.875);
        assert_eq!(sum(std::iter::empty()), 0.0);
    }

    #[test]
    fn largest_passes_over_what_is_not_a_number() {
        assert_eq!(largest(&[0.2, f64::NAN, 0.7, -3.0]), 0.7);
        assert_eq!(largest(&[]), 0.0);
    }
}
