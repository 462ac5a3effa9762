//! A test of paired differences that assumes next to nothing.
//!
//! If two methods do the same, the difference of a page might as well have had
//! the other sign. Flipping the signs in every way gives what the sum could have
//! been by chance. No distribution is assumed, small numbers of pages are exact,
//! and weights come in by multiplying each difference with the weight of its
//! page.

use arrcoc_datasets::Random;

use super::SEED;

const SIGN_FLIPS: usize = 9999;
/// Up to this many pages, all sign patterns are gone through instead of a sample of them.
const EXACT_UP_TO: usize = 13;

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

    /// Darwin's fifteen pairs of maize plants, in eighths of an inch: 863 of the 32768 patterns reach the total of
    /// 314 on one side, 1726 on either, a p of 5.27 % (Fisher 1935, section 21).
    #[test]
    fn darwins_maize_is_as_fisher_counted_it() {
        let inches: [i32; 15] = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
        let differences = inches.map(f64::from);
        assert_eq!(inches.iter().sum::<i32>(), 314);
        let sampled = sign_flip_p(&differences);
        // 9999 draws of a chance of 0.0527 have a standard deviation of 0.0022.
        assert!((sampled - 1726.0 / 32768.0).abs() < 0.007, "{sampled}");
    }

    #[test]
    fn sampled_sign_flips_agree_with_the_exact_ones() {
        let few: Vec<f64> = (0..12).map(|i| f64::from(i) - 2.5).collect();
        let exact = sign_flip_p(&few);
        // Two zeros change no sum, but take the sample's way.
        let sampled = sign_flip_p(&[few, vec![0.0; 2]].concat());
        assert!((exact - sampled).abs() < 0.01, "{exact} {sampled}");
    }

    /// Skewed noise is made symmetric by pairing. With six pages the one p below 5 % is 2/64, so that the true rate
    /// is 3.1 %; with ten, 5 % of 1024 patterns is 51, of which an even number counts: 4.9 %.
    #[test]
    fn nulls_are_found_at_the_level_of_the_test() {
        let mut random = Random::new(31);
        for (pages, expected) in [(6, 0.031), (10, 0.049)] {
            let mut skewed = || libm::exp(f64::from(random.normal()));
            let found = (0..4000)
                .filter(|_| {
                    let pages: Vec<f64> = (0..pages).map(|_| skewed() - skewed()).collect();
                    sign_flip_p(&pages) <= 0.05
                })
                .count() as f64
                / 4000.0;
            assert!((found - expected).abs() < 0.012, "{found} with {pages} pages");
        }
    }
}
