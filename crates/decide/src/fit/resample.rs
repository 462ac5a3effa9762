//! The interval of the skill, by drawing pages again.
//!
//! Patches of a page are right or wrong together, so what is drawn is the page: the percentile bootstrap of Efron and
//! Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13. It is somewhat narrow for few pages, which is why
//! a map needs [`super::PROMOTED_PAGES`] of them. Maps are not fitted again for each draw: the interval is that of the
//! judgement, of maps which are given.

use super::{
    Interval,
    score::{self, Scored},
};

/// Where every stream of this module begins.
pub(crate) const SEED: u64 = 0x0a11_0c8e;

const RESAMPLES: usize = 2000;

/// What the patches of a page come to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PageTally {
    patches: u64,
    holding: u64,
    error: f64,
}

impl PageTally {
    pub(super) fn add(&mut self, one: Scored) {
        self.patches += 1;
        self.holding += u64::from(one.holds);
        self.error += one.squared_error();
    }
}

/// The Brier skill of all pages, with its 95 % interval.
pub(super) fn skill(pages: &[PageTally]) -> Interval {
    let of = |drawn: &mut dyn Iterator<Item = &PageTally>| {
        let (mut patches, mut holding, mut error) = (0, 0, 0.0);
        for page in drawn {
            patches += page.patches;
            holding += page.holding;
            error += page.error;
        }
        score::skill(error, patches, holding)
    };
    let value = of(&mut pages.iter());
    let mut random = SplitMix64::new(SEED);
    let mut skills: Vec<f64> = (0..RESAMPLES)
        .map(|_| of(&mut (0..pages.len()).map(|_| &pages[random.below(pages.len())])))
        .collect();
    skills.sort_by(f64::total_cmp);
    // With an even number of resamples no quantile is wanted between two of them.
    let at = |share: f64| skills[(share * (RESAMPLES - 1) as f64).round() as usize];
    Interval { value, low: at(0.025), high: at(0.975) }
}

/// The generator of Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators".
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    pub(crate) fn new(seed: u64) -> SplitMix64 {
        SplitMix64(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, each as likely to within n/2⁶⁴.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first outputs for 1234567, as Vigna's C code gives them (Rosetta Code, "Pseudo-random numbers/Splitmix64").
    #[test]
    fn the_generator_is_the_published_one() {
        let mut random = SplitMix64::new(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(expected.map(|_| random.next()), expected);
        assert!((0..1000).all(|_| random.below(7) < 7));
    }

    #[test]
    fn pages_that_agree_have_no_interval_and_others_do() {
        let page = |error: f64| PageTally { patches: 100, holding: 2, error };
        let same = skill(&[page(0.98); 30]);
        assert!((same.value - 0.5).abs() < 1e-12 && (same.high - same.low).abs() < 1e-9, "{same:?}");
        let pages: Vec<PageTally> = (0..30).map(|i| page(if i % 3 == 0 { 1.9 } else { 0.5 })).collect();
        let mixed = skill(&pages);
        assert!(mixed.low < mixed.value - 0.05 && mixed.high > mixed.value + 0.05, "{mixed:?}");
        // The standard error of the mean is 0.66/√30 · 1/1.96: about ±0.12 about 0.507.
        assert!((mixed.value - 0.507).abs() < 0.001 && mixed.low > 0.33 && mixed.high < 0.68, "{mixed:?}");
    }
}
