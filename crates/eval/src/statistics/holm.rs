//! Many tests at once.
//!
//! Of twenty comparisons in which nothing differs, one is "significant" at 5 %.
//! Holm's correction keeps the chance of even one false finding in the whole
//! family below the level, whatever depends on what, and never finds less than
//! Bonferroni's.

/// Holm 1979, "A simple sequentially rejective multiple test procedure": corrected p values, in the given order.
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

#[cfg(test)]
mod tests {
    use arrcoc_datasets::Random;

    use super::*;
    use crate::statistics::sign_flip_p;

    #[test]
    fn holm_is_the_textbook_example() {
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (have, want) in corrected.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((have - want).abs() < 1e-12, "{corrected:?}");
        }
    }

    /// The order is kept, ties stay ties, and nothing exceeds 1: 0.02 · 4 = 0.08 and then 0.02 · 3 = 0.06, which
    /// may not be less than 0.08; 0.6 · 2 = 1.2.
    #[test]
    fn a_corrected_p_is_never_less_than_one_before_it() {
        let corrected = holm(&[0.02, 0.9, 0.02, 0.6]);
        for (have, want) in corrected.iter().zip([0.08, 1.0, 0.08, 1.0]) {
            assert!((have - want).abs() < 1e-12, "{corrected:?}");
        }
        assert!(holm(&[]).is_empty());
    }

    /// How many of 1000 families have a p of at most 0.05 among the nulls, and how many find the first comparison.
    /// Eight comparisons over ten pages; the first has a true difference of `effect` standard deviations.
    fn families(effect: f64) -> (usize, usize) {
        let mut random = Random::new(21);
        let (mut false_ones, mut found) = (0, 0);
        for _ in 0..1000 {
            let mut p = |truth: f64| {
                let pages: Vec<f64> = (0..10).map(|_| truth + f64::from(random.normal())).collect();
                sign_flip_p(&pages)
            };
            let ps: Vec<f64> = (0..8).map(|i| p(if i == 0 { effect } else { 0.0 })).collect();
            let corrected = holm(&ps);
            found += usize::from(corrected[0] <= 0.05);
            let nulls = if effect == 0.0 { &corrected[..] } else { &corrected[1..] };
            false_ones += usize::from(nulls.iter().any(|&p| p <= 0.05));
        }
        (false_ones, found)
    }

    #[test]
    fn a_family_of_nulls_gives_a_finding_in_at_most_one_of_twenty_runs() {
        let (false_ones, _) = families(0.0);
        // 50 expected at most, and 0.05 · 0.95 · 1000 has a standard deviation of 7.
        assert!(false_ones <= 64, "{false_ones} of 1000");
        let (beside_an_effect, found) = families(2.0);
        assert!(beside_an_effect <= 64, "{beside_an_effect} of 1000");
        assert!(found >= 950, "{found} of 1000");
    }
}
