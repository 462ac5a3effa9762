//! What a comparison would have found.
//!
//! "No difference was found" says little until one knows which differences
//! would have been. This is the power of the test, told as a size.

use super::normal::normal_quantile;

/// The smallest true difference that a two-sided test at `level` finds in four of five repetitions, for an estimate
/// with this standard error: (z(1 − level/2) + z(0.8)) · error, as for a normal distribution (Cohen 1988,
/// "Statistical Power Analysis for the Behavioral Sciences", section 2.4).
///
/// It is right from about twelve pages on. With fewer the test by sign flips has few p values to give, and such a
/// difference is found less often: with six, about as often as not.
pub(crate) fn detectable(error: f64, level: f64) -> f64 {
    (normal_quantile(1.0 - level / 2.0) + normal_quantile(0.8)) * error
}

#[cfg(test)]
mod tests {
    use arrcoc_datasets::Random;

    use super::*;
    use crate::statistics::sign_flip_p;

    /// How many of `runs` comparisons of so many pages are found at 5 %, where the true difference is `errors`
    /// standard errors of the mean.
    fn found(random: &mut Random, runs: u32, pages: u32, errors: f64) -> usize {
        let truth = errors / f64::from(pages).sqrt();
        let hits = (0..runs).filter(|_| {
            let pages: Vec<f64> = (0..pages).map(|_| truth + f64::from(random.normal())).collect();
            sign_flip_p(&pages) <= 0.05
        });
        hits.count()
    }

    /// Differences around a true one: what is called detectable is found about four times in five, and what is not
    /// there about one time in twenty.
    #[test]
    fn planted_effects_are_found_at_the_stated_rate_and_planted_nulls_are_not() {
        let mut random = Random::new(11);
        let (effects, nulls) =
            (found(&mut random, 400, 24, detectable(1.0, 0.05)), found(&mut random, 400, 24, 0.0));
        assert!((292..=348).contains(&effects), "{effects} of 400");
        assert!((8..=36).contains(&nulls), "{nulls} of 400");
    }

    #[test]
    fn few_pages_find_less_than_is_called_detectable() {
        let mut random = Random::new(12);
        let effect = detectable(1.0, 0.05);
        let twelve = found(&mut random, 1000, 12, effect);
        let six = found(&mut random, 2000, 6, effect);
        assert!((690..=850).contains(&twelve), "{twelve} of 1000");
        assert!((800..=1200).contains(&six), "{six} of 2000");
    }
}
