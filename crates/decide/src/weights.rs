//! From relevance and tensions to the weights that allocators share by.
//!
//! `w = r^β/Σr^β` with `β = 8^(1−d′)` for each part, added by their shares: focus (d′ = 0) sharpens to the eighth
//! power, diversify (d′ = 1) leaves r as it is. The weights are `(1−e)·w/Σw + e/N`: the even share e comes from compress
//! ↔ particularize when the total is fixed. Only the ratios of r count, so r is scaled by its largest value before
//! the power, and a small relevance is not lost to underflow.

use crate::order_free;
use crate::tensions::{Balance, Part, share};

/// The power that the strongest focus raises relevance to.
const SHARPEST: f64 = 8.0;

/// The largest share of the surplus that is laid out evenly at a fixed total.
const MOST_EVEN: f64 = 0.2;

/// Weights of `patches` patches, summing to about 1. Equal when there is no relevance.
pub(crate) fn weigh(balance: &Balance, patches: usize, is_range: bool) -> Vec<f64> {
    let even = 1.0 / patches as f64;
    let sharpened = |part: &Part| sharpened(&part.relevance, share(part.focus_diversify));
    let focused = match balance.parts.as_slice() {
        [] => vec![even; patches],
        [only] => sharpened(only),
        parts => {
            let mut whole = vec![0.0; patches];
            for part in parts {
                whole.iter_mut().zip(sharpened(part)).for_each(|(whole, own)| *whole += part.share * own);
            }
            whole
        }
    };
    let particular = share(balance.tensions.compress_particularize);
    let e = if is_range { 0.0 } else { MOST_EVEN * particular };
    focused.into_iter().map(|w| (1.0 - e) * w + e * even).collect()
}

/// `r^β/Σr^β` at `spread` (d′) of the way to diversify.
fn sharpened(relevance: &[f64], spread: f64) -> Vec<f64> {
    let power = libm::pow(SHARPEST, 1.0 - spread);
    let largest = order_free::largest(relevance);
    if largest == 0.0 || power == 1.0 {
        return normalised(relevance);
    }
    let sharp: Vec<f64> = relevance.iter().map(|r| libm::pow(r / largest, power)).collect();
    normalised(&sharp)
}

/// `values` divided by their sum, length N. If the sum is 0, all are `1/N`.
///
/// The same bits for every order of the patches, and safe from overflow and for subnormals: values are divided by
/// the largest first. For finite values of at least 0; one that is not makes itself, or all, unusable as a weight,
/// which sharing then refuses.
///
/// ```
/// assert_eq!(arrcoc_decide::normalised(&[1e308, 0.0, 1e308]), [0.5, 0.0, 0.5]);
/// assert_eq!(arrcoc_decide::normalised(&[0.0, 0.0]), [0.5, 0.5]);
/// ```
pub fn normalised(values: &[f64]) -> Vec<f64> {
    let largest = order_free::largest(values);
    if largest == 0.0 && values.iter().all(|&value| value == 0.0) {
        return vec![1.0 / values.len() as f64; values.len()];
    }
    let whole = order_free::sum(values.iter().map(|value| value / largest));
    values.iter().map(|value| value / largest / whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Held, ScoreMaps};

    fn balance(p: &[f64], d: f64, e: f64) -> Balance {
        let maps = ScoreMaps { p: Some(p.to_vec()), patches: p.len(), ..ScoreMaps::default() };
        let held = Held { focus_diversify: Some(d), compress_particularize: Some(e), ..Held::default() };
        Balance::of(&maps, &held, false)
    }

    #[test]
    fn focus_sharpens_and_diversify_leaves_as_is() {
        let relevance = [0.2, 0.4];
        let flat = weigh(&balance(&relevance, 0.9, 0.1), 2, false);
        assert!((flat[1] / flat[0] - 2.0).abs() < 1e-12);
        let sharp = weigh(&balance(&relevance, 0.1, 0.1), 2, false);
        assert!((sharp[1] / sharp[0] - 256.0).abs() < 1e-9);
    }

    #[test]
    fn a_small_relevance_is_not_lost_to_the_power() {
        let tiny = weigh(&balance(&[1e-300, 2e-300], 0.1, 0.1), 2, false);
        assert!((tiny[1] / tiny[0] - 256.0).abs() < 1e-9);
    }

    #[test]
    fn the_even_share_pulls_towards_uniform() {
        let even = weigh(&balance(&[0.0, 1.0], 0.9, 0.9), 2, false);
        assert!((even[0] - 0.1).abs() < 1e-15 && (even[1] - 0.9).abs() < 1e-15);
        assert_eq!(weigh(&balance(&[0.0, 1.0], 0.9, 0.9), 2, true), [0.0, 1.0]);
    }

    #[test]
    fn unusable_values_stay_unusable() {
        assert!(normalised(&[1.0, f64::NAN])[1].is_nan());
        assert!(normalised(&[1.0, f64::INFINITY])[1].is_nan());
        assert!(normalised(&[1.0, -1.0])[1] < 0.0);
        assert!(normalised(&[f64::NAN])[0].is_nan());
        assert!(normalised(&[]).is_empty());
    }
}
