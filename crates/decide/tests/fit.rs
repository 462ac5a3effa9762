//! Maps fitted on planted data: what is there is found, what is not is refused.

#![allow(clippy::unwrap_used, reason = "helpers of a test")]

use arrcoc_decide::fit::{FitError, Labelled, Polarity, Refused, fit};

const PATCHES: usize = 576;

/// Numbers that are uniform in `[0, 1)`: SplitMix64 (Steele, Lea and Flood 2014).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Questions, four a page, whose patches are made by `patch(random, holds)`; ten patches in a row hold the answer.
fn pages(seed: u64, pages: usize, mut patch: impl FnMut(&mut Noise, usize, bool) -> f64) -> Vec<Labelled> {
    let mut random = Noise(seed);
    let question = |question: usize| {
        let start = (random.next() * (PATCHES - 10) as f64) as usize;
        let holds: Vec<bool> = (0..PATCHES).map(|at| (start..start + 10).contains(&at)).collect();
        let values = holds.iter().enumerate().map(|(at, &holds)| patch(&mut random, at, holds)).collect();
        Labelled { page: question / 4, values, holds }
    };
    (0..4 * pages).map(question).collect()
}

/// Each patch holds with the square of its value, halved: the channel tells a probability, and the map finds it.
#[test]
fn a_calibrated_source_is_found() {
    let mut random = Noise(3);
    let question = |question: usize| {
        let values: Vec<f64> = (0..PATCHES).map(|_| random.next()).collect();
        let holds = values.iter().map(|v| random.next() < v * v / 2.0).collect();
        Labelled { page: question / 4, values, holds }
    };
    let fitted = fit(&(0..160).map(question).collect::<Vec<_>>()).unwrap();
    assert_eq!((fitted.polarity, fitted.pages, fitted.questions), (Polarity::Rises, 40, 160));
    for value in [0.1, 0.3, 0.5, 0.7, 0.9] {
        let found = fitted.map.apply(value);
        assert!((found - value * value / 2.0).abs() < 0.03, "{value}: {found}");
    }
    // Var(v²/2) = ¼(1/5 − 1/9) of b(1 − b) with b = 1/6: a skill of 0.16.
    assert!((fitted.skill.value - 0.16).abs() < 0.01, "{:?}", fitted.skill);
    assert!(fitted.skill.low < fitted.skill.value && fitted.skill.value < fitted.skill.high);
    assert!(
        fitted.ece < 0.01 && fitted.ece_scored.unwrap() < 0.015,
        "{} {:?}",
        fitted.ece,
        fitted.ece_scored
    );
    assert_eq!(fitted.refusal(), None);
    assert!(fitted.curve.iter().all(|bin| (bin.probability - bin.holds).abs() < 0.03), "{:?}", fitted.curve);
}

/// One patch in sixty holds the answer, and stands out by less than the noise.
#[test]
fn a_weak_source_among_few_answers_is_found() {
    for (sign, polarity) in [(1.0, Polarity::Rises), (-1.0, Polarity::Falls)] {
        let fitted = fit(&pages(5, 40, |random, _, holds| {
            sign * (random.next() + random.next() + f64::from(u8::from(holds)))
        }))
        .unwrap();
        assert_eq!(fitted.polarity, polarity);
        assert!((fitted.base_rate() - 10.0 / 576.0).abs() < 1e-12);
        assert!(fitted.skill.low > 0.2 && fitted.refusal().is_none(), "{:?}", fitted.skill);
        assert!(fitted.ece < 0.005, "{}", fitted.ece);
        let (first, last) = (fitted.map.apply(-9.0), fitted.map.apply(9.0));
        assert_eq!(first < last, polarity == Polarity::Rises);
        assert!(fitted.map.knots().len() <= 64);
    }
}

/// Noise that is the same over a neighbourhood is as clumped as the answers are, and must not be believed.
#[test]
fn noise_is_refused() {
    for seed in 0..6 {
        let fitted = fit(&pages(seed, 24, |random, _, _| random.next())).unwrap();
        assert!(fitted.skill.value < 0.005, "{:?}", fitted.skill);
        assert!(matches!(fitted.refusal(), Some(Refused::Uninformative { .. })));
        let mut level = 0.0;
        let clumped = pages(100 + seed, 24, |random, at, _| {
            if at % 12 == 0 {
                level = random.next();
            }
            level + 0.05 * random.next()
        });
        let fitted = fit(&clumped).unwrap();
        assert!(fitted.skill.value < 0.02, "{:?}", fitted.skill);
        assert!(matches!(fitted.refusal(), Some(Refused::Uninformative { .. })));
    }
}

/// A page whose answers stand out, among many where they do not: the sharpest patches of one page are no rule.
#[test]
fn one_good_page_is_not_enough() {
    let mut count = 0;
    let fitted = fit(&pages(9, 24, |random, at, holds| {
        count += usize::from(at == 0);
        random.next() + if holds && count <= 4 { 1.0 } else { 0.0 }
    }))
    .unwrap();
    assert!(fitted.refusal().is_some(), "{:?}", fitted.skill);
}

#[test]
fn a_channel_of_two_values_is_a_map_of_two_steps() {
    let fitted = fit(&pages(11, 30, |random, _, holds| {
        f64::from(u8::from(random.next() < if holds { 0.8 } else { 0.05 }))
    }))
    .unwrap();
    let [low, high] = [0.0, 1.0].map(|value| fitted.map.apply(value));
    // 8 of 10 that hold and 28.3 of 566 that do not: 8/36.3, drawn a little towards 10/576.
    assert!((high - 0.22).abs() < 0.02 && (low - 2.0 / 539.7).abs() < 0.001, "{low} {high}");
    assert_eq!(fitted.map.knots().len(), 2);
    assert!(fitted.refusal().is_none());
}

#[test]
fn a_constant_channel_says_the_base_rate() {
    let fitted = fit(&pages(13, 24, |_, _, _| 0.25)).unwrap();
    assert_eq!(fitted.map.knots().len(), 1);
    assert!((fitted.map.apply(7.0) - 10.0 / 576.0).abs() < 1e-12);
    assert!(fitted.skill.value.abs() < 1e-6, "{:?}", fitted.skill);
    let reason = fitted.refusal().unwrap().to_string();
    assert_eq!(
        reason,
        "its Brier skill is 0.000 (0.000 to 0.000); below 0.02 it says nothing about where the answer is"
    );
}

#[test]
fn too_few_pages_are_refused_and_fewer_not_fitted() {
    let sharp = |count| fit(&pages(17, count, |random, _, holds| random.next() + f64::from(u8::from(holds))));
    assert_eq!(sharp(4), Err(FitError::FewPages { pages: 4 }));
    let reason = sharp(12).unwrap().refusal().unwrap();
    assert_eq!(reason.to_string(), "it was fitted on 12 pages, and 20 are the least");
    assert_eq!(sharp(20).unwrap().refusal(), None);
}

#[test]
fn what_has_nothing_to_find_is_an_error() {
    let with = |change: fn(&mut Labelled)| {
        let mut all = pages(19, 6, |random, _, _| random.next());
        all.iter_mut().for_each(change);
        fit(&all).unwrap_err()
    };
    assert_eq!(with(|asked| asked.holds.fill(false)), FitError::NoneHolds);
    assert_eq!(with(|asked| asked.holds.fill(true)), FitError::AllHold);
    let error = with(|asked| asked.values[3] = f64::INFINITY);
    assert_eq!(error.to_string(), "question 0 has the value `inf` at patch 3");
    assert_eq!(
        with(|asked| asked.values[3] = f64::NAN).to_string(),
        "question 0 has the value `NaN` at patch 3"
    );
    let error = with(|asked| asked.holds.truncate(5));
    assert_eq!(error.to_string(), "question 0 has 576 values and 5 labels");
    assert_eq!(fit(&[]), Err(FitError::FewPages { pages: 0 }));
}

/// The names of pages and what else the numbers are called do not matter; nor does a second call.
#[test]
fn the_result_is_the_same_again() {
    let all = pages(23, 24, |random, _, holds| random.next() + 0.5 * f64::from(u8::from(holds)));
    let far: Vec<Labelled> =
        all.iter().cloned().map(|asked| Labelled { page: usize::MAX - asked.page, ..asked }).collect();
    assert_eq!(fit(&all).unwrap(), fit(&all).unwrap());
    assert_eq!(fit(&all).unwrap(), fit(&far).unwrap());
}
