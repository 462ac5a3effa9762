//! A block of decisions beside one that was good.

use serde::{Deserialize, Serialize};

use super::evidence::{BINS, Evidence};

/// How good a signal or a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Beyond the limit for bad.
    Bad,
    /// Between the limits, or of too few decisions.
    Neither,
    /// Within the limit for good.
    Good,
}

/// Two limits of a signal. What lies between is neither good nor bad, so that a signal at one limit does not go to and
/// fro.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Good as far as here.
    pub good: f64,
    /// Bad beyond here.
    pub bad: f64,
}

/// What is good and what is bad, and how long a block is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Decisions in a block, 1 or more.
    pub block: u32,
    /// Good blocks in a row that a rise takes.
    pub good_blocks: u32,
    /// The mean coupling, as a share of the baseline's: good from `good` up, bad below `bad`.
    pub coupling: Limits,
    /// The mean disagreement, above the baseline's.
    pub disagreement: Limits,
    /// The population stability index of a score map.
    pub shift: Limits,
    /// The share of decisions that retreated.
    pub retreats: Limits,
    /// The share of decisions about images unlike those that the system knows, above the baseline's.
    pub strange: Limits,
    /// The mean confidence, below the baseline's.
    pub confidence: Limits,
    /// The share of failures that is tolerated, in `[0, 1]`.
    pub failures: f64,
}

impl Default for Thresholds {
    /// Blocks of 48 decisions; three good ones for a rise.
    ///
    /// A map has shifted above 0.25 and has not below 0.1, the custom with this index (Siddiqi 2006, "Credit Risk
    /// Scorecards", chapter 9). Blocks have 48 decisions because of it: of 2000 pairs of blocks of generated pages, four
    /// layouts and nothing between them, 1.4 % are above 0.1 and none is above 0.25; with blocks of 24 it is 20 % and 0.5 %
    /// (docs/autonomy.md). The other limits are judgements: half of the coupling is lost, a fifth of the decisions
    /// retreats.
    fn default() -> Thresholds {
        Thresholds {
            block: 48,
            good_blocks: 3,
            coupling: Limits { good: 0.75, bad: 0.5 },
            disagreement: Limits { good: 0.10, bad: 0.15 },
            shift: Limits { good: 0.1, bad: 0.25 },
            retreats: Limits { good: 0.05, bad: 0.2 },
            strange: Limits { good: 0.05, bad: 0.2 },
            confidence: Limits { good: 0.10, bad: 0.20 },
            failures: 0.2,
        }
    }
}

/// One thing that a block was judged by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// Its name.
    pub name: String,
    /// What it is.
    pub value: f64,
    /// Beyond what it is bad.
    pub limit: f64,
    /// How good it is.
    pub standing: Standing,
    /// All of it in words.
    pub text: String,
}

/// What a block was found to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// Bad when one signal is; good when all are.
    pub standing: Standing,
    /// Whether questions were asked that no calibration fits: that allows no more than half.
    pub uncalibrated: bool,
    /// What it was judged by.
    pub signals: Vec<Signal>,
}

/// The fewest questions, decisions or outcomes on either side from which a mean or a share is compared.
pub const LEAST_TOLD: u64 = 8;

/// Judges a block beside the baseline, evidence of a block that was good. Without one, only what is good or bad by
/// itself is told: retreats and failures.
///
/// A signal is left out where there is nothing to tell it from: no question, no map, no feedback. A block with fewer
/// than half the decisions that one should have is at best neither.
#[must_use]
pub fn judge(evidence: &Evidence, baseline: Option<&Evidence>, thresholds: &Thresholds) -> Judgement {
    let mut signals = Vec::new();
    if let Some(baseline) = baseline {
        signals.extend(coupling(evidence, baseline, thresholds.coupling));
        signals.extend(disagreement(evidence, baseline, thresholds.disagreement));
        let maps = [
            ("p", &evidence.p, &baseline.p),
            ("s", &evidence.s, &baseline.s),
            ("q", &evidence.q, &baseline.q),
        ];
        signals.extend(
            maps.into_iter().filter_map(|(name, now, then)| shift(name, now, then, thresholds.shift)),
        );
        signals.extend(confidence(evidence, baseline, thresholds.confidence));
        signals.extend(strange(evidence, baseline, thresholds.strange));
    }
    signals.extend(share("retreats", "retreated", evidence.retreats, evidence, thresholds.retreats));
    signals.extend(failures(evidence, baseline, thresholds.failures));
    if evidence.uncalibrated > 0 {
        signals.push(Signal {
            name: "uncalibrated".into(),
            value: evidence.uncalibrated as f64,
            limit: 0.0,
            standing: Standing::Good,
            text: format!(
                "{} of {} questions had no calibration that fits: guarded is the most",
                evidence.uncalibrated, evidence.asked
            ),
        });
    }
    let enough = 2 * evidence.decisions >= u64::from(thresholds.block);
    let worst = signals.iter().map(|signal| signal.standing).min().unwrap_or(Standing::Neither);
    let standing = if enough { worst } else { worst.min(Standing::Neither) };
    Judgement { standing, uncalibrated: evidence.uncalibrated > 0, signals }
}

/// Good up to one limit, bad beyond the other.
fn by(value: f64, limits: Limits) -> Standing {
    if value > limits.bad {
        Standing::Bad
    } else if value <= limits.good {
        Standing::Good
    } else {
        Standing::Neither
    }
}

fn coupling(now: &Evidence, then: &Evidence, limits: Limits) -> Option<Signal> {
    if now.asked < LEAST_TOLD || then.asked < LEAST_TOLD || then.coupling <= 0.0 {
        return None;
    }
    let share = now.coupling / then.coupling;
    let standing = if share < limits.bad {
        Standing::Bad
    } else if share >= limits.good {
        Standing::Good
    } else {
        Standing::Neither
    };
    let text = format!(
        "coupling is {:.3}, {:.0} % of the {:.3} it was in the block that was good",
        now.coupling,
        100.0 * share,
        then.coupling
    );
    Some(Signal { name: "coupling".into(), value: share, limit: limits.bad, standing, text })
}

fn disagreement(now: &Evidence, then: &Evidence, limits: Limits) -> Option<Signal> {
    if now.decisions < LEAST_TOLD || then.decisions < LEAST_TOLD {
        return None;
    }
    let more = now.disagreement - then.disagreement;
    let text = format!("disagreement is {:.3}, and was {:.3}", now.disagreement, then.disagreement);
    let standing = by(more, limits);
    Some(Signal { name: "disagreement".into(), value: more, limit: limits.bad, standing, text })
}

fn confidence(now: &Evidence, then: &Evidence, limits: Limits) -> Option<Signal> {
    if now.judged < LEAST_TOLD || then.judged < LEAST_TOLD {
        return None;
    }
    let (now, then) = (now.confidence?, then.confidence?);
    let text = format!("confidence is {now:.3}, and was {then:.3}");
    let standing = by(then - now, limits);
    Some(Signal { name: "confidence".into(), value: then - now, limit: limits.bad, standing, text })
}

fn shift(map: &str, now: &[u64; BINS], then: &[u64; BINS], limits: Limits) -> Option<Signal> {
    let value = stability(now, then)?;
    let text = format!("the values of {} have a stability index of {value:.3}", map.to_uppercase());
    let name = format!("shift-{map}");
    Some(Signal { name, value, limit: limits.bad, standing: by(value, limits), text })
}

/// Bad when the share of strange images is above that of the baseline by more than the limit, and by more than chance makes
/// of two shares; good when chance could make as much of the limit for good.
fn strange(now: &Evidence, then: &Evidence, limits: Limits) -> Option<Signal> {
    if now.decisions < LEAST_TOLD || then.decisions < LEAST_TOLD || now.strange + then.strange == 0 {
        return None;
    }
    let share = |evidence: &Evidence| evidence.strange as f64 / evidence.decisions as f64;
    let more = share(now) - share(then);
    let (least, most) = (wilson(now.strange, now.decisions).0, wilson(then.strange, then.decisions).1);
    let standing = if more > limits.bad && least > most {
        Standing::Bad
    } else if more <= limits.good || least <= share(then) {
        Standing::Good
    } else {
        Standing::Neither
    };
    let text = format!(
        "{} of {} decisions saw what is unlike all that confidence was fitted on; {:.0} % did in the block that was good",
        now.strange,
        now.decisions,
        100.0 * share(then)
    );
    Some(Signal { name: "strange".into(), value: more, limit: limits.bad, standing, text })
}

fn share(name: &str, what: &str, count: u64, evidence: &Evidence, limits: Limits) -> Option<Signal> {
    let all = evidence.decisions;
    let value = count as f64 / all as f64;
    let text = format!("{count} of {all} decisions {what}");
    (all > 0).then(|| Signal {
        name: name.into(),
        value,
        limit: limits.bad,
        standing: by(value, limits),
        text,
    })
}

/// Bad when the share of failures, of eight outcomes or more, is surely above what is tolerated, and above what the
/// baseline surely had; good when it is not above it at all.
fn failures(evidence: &Evidence, baseline: Option<&Evidence>, tolerated: f64) -> Option<Signal> {
    let all = evidence.outcomes();
    if all == 0 {
        return None;
    }
    let had = baseline.map_or(0.0, |then| wilson(then.failures, then.outcomes()).0);
    let limit = tolerated.max(had);
    let (value, (low, _)) = (evidence.failures as f64 / all as f64, wilson(evidence.failures, all));
    let standing = if low > limit && all >= LEAST_TOLD {
        Standing::Bad
    } else if value <= limit {
        Standing::Good
    } else {
        Standing::Neither
    };
    let text = format!(
        "{} of {all} outcomes were failures: at least {:.0} % with 97.5 % confidence",
        evidence.failures,
        100.0 * low
    );
    Some(Signal { name: "failures".into(), value: low, limit, standing, text })
}

/// The population stability index of two histograms, `Σ (a − b)·ln(a / b)` over the shares of their bins, at least 0: the
/// divergence of Jeffreys, as credit scoring uses it (Siddiqi 2006). Half a count is added to each bin, so that an
/// empty one is not infinitely far off. None where one of them holds nothing.
#[must_use]
pub fn stability(a: &[u64; BINS], b: &[u64; BINS]) -> Option<f64> {
    let total = |bins: &[u64; BINS]| bins.iter().sum::<u64>() as f64;
    let (all_a, all_b) = (total(a), total(b));
    if all_a == 0.0 || all_b == 0.0 {
        return None;
    }
    let of = |count: u64, all: f64| (count as f64 + 0.5) / (all + 0.5 * BINS as f64);
    let term = |(&a, &b): (&u64, &u64)| {
        let (a, b) = (of(a, all_a), of(b, all_b));
        (a - b) * libm::log(a / b)
    };
    Some(a.iter().zip(b).map(term).sum::<f64>().max(0.0))
}

/// The 95 % interval of a rate of which `count` of `all` were seen, both ends in `[0, 1]` (Wilson 1927, "Probable
/// inference, the law of succession, and statistical inference"). `(0, 1)` of nothing.
#[must_use]
pub fn wilson(count: u64, all: u64) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    if all == 0 {
        return (0.0, 1.0);
    }
    let (n, p) = (all as f64, count.min(all) as f64 / all as f64);
    let (squared, scale) = (Z * Z, 1.0 + Z * Z / n);
    let middle = (p + squared / (2.0 * n)) / scale;
    let half = Z / scale * libm::sqrt(p * (1.0 - p) / n + squared / (4.0 * n * n));
    ((middle - half).clamp(0.0, 1.0), (middle + half).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::autonomy::Sample;

    fn block(change: impl Fn(usize, &mut Sample<'_>)) -> Evidence {
        let mut evidence = Evidence::default();
        for n in 0..32 {
            let maps = [Some(&[0.1, 0.3, 0.5, 0.7, 0.9][..]), Some(&[0.2, 0.4, 0.6]), Some(&[0.0, 0.0, 0.9])];
            let mut sample =
                Sample { asked: true, coupling: 0.6, disagreement: 0.3, maps, ..Sample::default() };
            change(n, &mut sample);
            evidence.add(&sample);
        }
        evidence
    }

    fn standing(evidence: &Evidence) -> (Standing, String) {
        let judgement = judge(evidence, Some(&block(|_, _| ())), &Thresholds::default());
        let worst = judgement.signals.iter().min_by_key(|signal| signal.standing);
        (judgement.standing, worst.map_or_else(String::new, |signal| signal.name.clone()))
    }

    #[test]
    fn each_signal_has_two_limits() {
        use Standing::{Bad, Good, Neither};
        assert_eq!(standing(&block(|_, _| ())).0, Good);
        for (coupling, expected) in [(0.45, Good), (0.44, Neither), (0.3, Neither), (0.29, Bad)] {
            let found = standing(&block(|_, sample| sample.coupling = coupling));
            assert_eq!(found.0, expected, "{coupling}");
            assert!(expected == Good || found.1 == "coupling");
        }
        for (disagreement, expected) in [(0.39, Good), (0.42, Neither), (0.46, Bad), (0.0, Good)] {
            assert_eq!(standing(&block(|_, sample| sample.disagreement = disagreement)).0, expected);
        }
        for (retreats, expected) in [(1, Good), (2, Neither), (6, Neither), (7, Bad)] {
            assert_eq!(
                standing(&block(|n, sample| sample.retreated = n < retreats)).0,
                expected,
                "{retreats}"
            );
        }
        let elsewhere =
            block(|n, sample| sample.maps[1] = Some(if n < 16 { &[0.2, 0.4] } else { &[0.4, 0.6] }));
        assert_eq!(standing(&elsewhere), (Neither, "shift-s".into()));
        assert_eq!(
            standing(&block(|_, sample| sample.maps[1] = Some(&[0.95, 0.99]))),
            (Bad, "shift-s".into())
        );
        // Few outcomes are no proof, many are.
        for (failures, all, expected) in
            [(0, 5, Good), (1, 1, Neither), (8, 32, Neither), (12, 32, Bad), (6, 32, Good)]
        {
            let mut evidence = block(|_, _| ());
            (0..all).for_each(|n| evidence.add_outcome(n >= failures));
            assert_eq!(standing(&evidence).0, expected, "{failures} of {all}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_left_out() {
        let empty = judge(&Evidence::default(), None, &Thresholds::default());
        assert_eq!((empty.standing, empty.signals.len()), (Standing::Neither, 0));
        let alone = judge(&block(|_, _| ()), None, &Thresholds::default());
        assert_eq!((alone.standing, alone.signals.len()), (Standing::Good, 1));
        let silent = block(|_, sample| *sample = Sample::default());
        let beside = judge(&silent, Some(&block(|_, _| ())), &Thresholds::default());
        let names: Vec<&str> = beside.signals.iter().map(|signal| signal.name.as_str()).collect();
        assert_eq!(names, ["disagreement", "retreats"]);
        let mut few = Evidence::default();
        (0..23).for_each(|_| few.add(&Sample::default()));
        assert_eq!(judge(&few, None, &Thresholds::default()).standing, Standing::Neither);
        few.add(&Sample { asked: true, uncalibrated: true, ..Sample::default() });
        let judged = judge(&few, None, &Thresholds::default());
        assert_eq!((judged.standing, judged.uncalibrated), (Standing::Good, true));
    }

    #[test]
    fn confidence_is_compared_where_both_have_it() {
        let with = |confidence: f64| block(|_, sample| sample.confidence = Some(confidence));
        let judged = |now: f64| judge(&with(now), Some(&with(0.8)), &Thresholds::default()).standing;
        assert_eq!([0.75, 0.65, 0.5].map(judged), [Standing::Good, Standing::Neither, Standing::Bad]);
    }

    #[test]
    fn strange_images_are_counted_beside_those_that_there_were() {
        use Standing::{Bad, Good, Neither};
        let with = |strange: usize| block(|n, sample| sample.strange = n < strange);
        let judged =
            |now: usize, then: usize| judge(&with(now), Some(&with(then)), &Thresholds::default()).standing;
        assert_eq!([1, 2, 6, 7].map(|now| judged(now, 0)), [Good, Neither, Neither, Bad]);
        // 16 of 32 and 20 of 32 are no different, 31 are.
        assert_eq!([2, 16, 20, 31].map(|now| judged(now, 16)), [Good, Good, Good, Bad]);
    }

    /// Values of the interval as Wilson's formula gives them (Brown, Cai and DasGupta 2001 have the same for 0 of 10).
    #[test]
    fn the_interval_is_wilsons() {
        let (low, high) = wilson(0, 10);
        assert!(low.abs() < 1e-12 && (high - 0.277_53).abs() < 1e-4, "{low} {high}");
        let (low, high) = wilson(5, 10);
        assert!((low - 0.236_6).abs() < 1e-4 && (high - 0.763_4).abs() < 1e-4, "{low} {high}");
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }

    proptest! {
        #[test]
        fn the_index_is_symmetric_and_never_negative(
            a in prop::array::uniform10(0u64..10_000),
            b in prop::array::uniform10(0u64..10_000),
        ) {
            if let (Some(one), Some(other)) = (stability(&a, &b), stability(&b, &a)) {
                prop_assert!(one >= 0.0 && (one - other).abs() < 1e-9 && one.is_finite());
                prop_assert_eq!(stability(&a, &a), Some(0.0));
            }
        }

        #[test]
        fn an_interval_holds_its_rate(count in 0u64..1000, more in 0u64..1000) {
            let (low, high) = wilson(count, count + more);
            prop_assert!(0.0 <= low && low <= high && high <= 1.0);
            if count + more > 0 {
                let rate = count as f64 / (count + more) as f64;
                prop_assert!(low <= rate + 1e-12 && rate <= high + 1e-12);
            }
        }
    }
}
