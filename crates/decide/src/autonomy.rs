//! How far the system may move tokens by itself, earned over many decisions.
//!
//! One decision never changes this. Decisions are taken in blocks; each block is [judged](judge) beside a block that was
//! good, by signals that have one limit for *good* and another, farther off, for *bad*, and what lies between is
//! neither. [`step`] then says whether the [`Level`] changes: down by one as soon as a block is bad, up by one only
//! after several good ones in a row, and never above what a person allows. The gap between the limits and the
//! blocks that a rise takes are the hysteresis: evidence that stays the same cannot make the level go to and fro.
//!
//! ```
//! use arrcoc_decide::autonomy::{Evidence, Level, Sample, Standing, Thresholds, judge, step};
//!
//! let thresholds = Thresholds::default();
//! let block = |coupling: f64| {
//!     let mut evidence = Evidence::default();
//!     for _ in 0..thresholds.block {
//!         let maps = [Some(&[0.2, 0.8][..]), Some(&[0.4, 0.6]), Some(&[0.0, 0.9])];
//!         evidence.add(&Sample { asked: true, coupling, maps, ..Sample::default() });
//!     }
//!     evidence
//! };
//! let good = block(0.6);
//! let today = judge(&block(0.1), Some(&good), &thresholds);
//! assert_eq!(today.standing, Standing::Bad);
//! assert_eq!(today.signals[0].text, "coupling is 0.100, 17 % of the 0.600 it was in the block that was good");
//! let step = step(Level::Autonomous, Level::Autonomous, &[], &[today], &thresholds);
//! assert_eq!(step.map(|step| step.to), Some(Level::Guarded));
//! ```

mod evidence;
mod signals;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use evidence::{BINS, Evidence, Sample};
pub use signals::{Judgement, LEAST_TOLD, Limits, Signal, Standing, Thresholds, judge, stability, wilson};

/// How far the system may move tokens by itself, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not at all: every decision is uniform, and says beside it what it would have been.
    Advisory,
    /// Half of the surplus.
    Guarded,
    /// All of it.
    Autonomous,
}

impl Level {
    /// All levels, from least to most.
    pub const ALL: [Level; 3] = [Level::Advisory, Level::Guarded, Level::Autonomous];

    /// The most autonomy that it allows, in `[0, 1]`: the share of the surplus that may leave its place in the uniform
    /// allocation.
    #[must_use]
    pub fn most(self) -> f64 {
        match self {
            Level::Advisory => 0.0,
            Level::Guarded => 0.5,
            Level::Autonomous => 1.0,
        }
    }

    /// The level above, if there is one.
    #[must_use]
    pub fn up(self) -> Option<Level> {
        match self {
            Level::Advisory => Some(Level::Guarded),
            Level::Guarded => Some(Level::Autonomous),
            Level::Autonomous => None,
        }
    }

    /// The level below, if there is one.
    #[must_use]
    pub fn down(self) -> Option<Level> {
        match self {
            Level::Advisory => None,
            Level::Guarded => Some(Level::Advisory),
            Level::Autonomous => Some(Level::Guarded),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::Advisory => "advisory",
            Level::Guarded => "guarded",
            Level::Autonomous => "autonomous",
        })
    }
}

/// A text is not the name of a level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no level of autonomy")]
pub struct UnknownLevel {
    text: String,
}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Level, UnknownLevel> {
        let named = Level::ALL.into_iter().find(|level| level.to_string() == text);
        named.ok_or_else(|| UnknownLevel { text: text.to_owned() })
    }
}

/// Why a level changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Because {
    /// A block is bad.
    BadBlock,
    /// Questions are asked that no calibration fits.
    Uncalibrated,
    /// A person allows no more.
    Ceiling,
    /// Enough blocks in a row are good.
    GoodBlocks,
}

/// A change of the level, by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The level from now on.
    pub to: Level,
    /// Why.
    pub because: Because,
}

/// Whether the level changes.
///
/// `since` are the blocks since the level was set, in order. `earned` are those that it was earned by, if it was,
/// judged anew: feedback that comes late can make a block bad that was good when it ended. The first that holds counts:
///
/// 1. the level is above the ceiling: one down;
/// 2. a block is bad: one down, if there is a level below;
/// 3. the level is autonomous and the last block has questions that no calibration fits: one down;
/// 4. the last `thresholds.good_blocks` of `since` are good, the ceiling allows more, and it would not be autonomy for
///    questions that no calibration fits: one up.
#[must_use]
pub fn step(
    level: Level,
    ceiling: Level,
    earned: &[Judgement],
    since: &[Judgement],
    thresholds: &Thresholds,
) -> Option<Step> {
    let down = |because: Because| level.down().map(|to| Step { to, because });
    if level > ceiling {
        return down(Because::Ceiling);
    }
    let is_bad = |judgement: &Judgement| judgement.standing == Standing::Bad;
    if level > Level::Advisory && earned.iter().chain(since).any(is_bad) {
        return down(Because::BadBlock);
    }
    if level == Level::Autonomous && since.last().is_some_and(|last| last.uncalibrated) {
        return down(Because::Uncalibrated);
    }
    let wanted = usize::try_from(thresholds.good_blocks.max(1)).unwrap_or(usize::MAX);
    let last = since.len().checked_sub(wanted).map(|start| &since[start..])?;
    let to = level.up().filter(|to| *to <= ceiling)?;
    let may = |block: &Judgement| {
        block.standing == Standing::Good && !(to == Level::Autonomous && block.uncalibrated)
    };
    last.iter().all(may).then_some(Step { to, because: Because::GoodBlocks })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn judgement(standing: Standing, uncalibrated: bool) -> Judgement {
        Judgement { standing, uncalibrated, signals: Vec::new() }
    }

    fn any_judgement() -> impl Strategy<Value = Judgement> {
        let standing = prop_oneof![Just(Standing::Good), Just(Standing::Neither), Just(Standing::Bad)];
        (standing, any::<bool>()).prop_map(|(standing, uncalibrated)| judgement(standing, uncalibrated))
    }

    fn any_level() -> impl Strategy<Value = Level> {
        prop_oneof![Just(Level::Advisory), Just(Level::Guarded), Just(Level::Autonomous)]
    }

    #[test]
    fn levels_have_names_and_an_order() {
        for pair in Level::ALL.windows(2) {
            assert!(pair[0] < pair[1] && pair[0].most() < pair[1].most());
            assert_eq!((pair[0].up(), pair[1].down()), (Some(pair[1]), Some(pair[0])));
        }
        for level in Level::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
            assert_eq!(serde_json::to_string(&level).unwrap(), format!("\"{level}\""));
        }
        assert_eq!("free".parse::<Level>().unwrap_err().to_string(), "`free` is no level of autonomy");
    }

    #[test]
    fn a_rise_takes_three_good_blocks_in_a_row() {
        let [good, neither] = [Standing::Good, Standing::Neither].map(|s| judgement(s, false));
        let step = |blocks: &[&Judgement]| {
            let blocks: Vec<Judgement> = blocks.iter().map(|&block| block.clone()).collect();
            step(Level::Guarded, Level::Autonomous, &[], &blocks, &Thresholds::default()).map(|s| s.to)
        };
        assert_eq!(step(&[&good, &good]), None);
        assert_eq!(step(&[&good, &neither, &good, &good]), None);
        assert_eq!(step(&[&neither, &good, &good, &good]), Some(Level::Autonomous));
    }

    #[test]
    fn what_was_earned_by_blocks_that_turn_out_bad_is_lost() {
        let [good, bad] = [Standing::Good, Standing::Bad].map(|s| judgement(s, false));
        let earned = [good.clone(), bad, good.clone()];
        let found = step(Level::Autonomous, Level::Autonomous, &earned, &[good], &Thresholds::default());
        assert_eq!(found, Some(Step { to: Level::Guarded, because: Because::BadBlock }));
    }

    proptest! {
        #[test]
        fn steps_are_of_one_level_and_never_up_on_bad_evidence(
            level in any_level(),
            ceiling in any_level(),
            earned in prop::collection::vec(any_judgement(), 0..4),
            since in prop::collection::vec(any_judgement(), 0..7),
        ) {
            let thresholds = Thresholds::default();
            let found = step(level, ceiling, &earned, &since, &thresholds);
            if let Some(Step { to, .. }) = found {
                prop_assert!(level.up() == Some(to) || level.down() == Some(to));
                if to > level {
                    prop_assert!(to <= ceiling);
                    let last = &since[since.len() - 3..];
                    prop_assert!(last.iter().all(|block| block.standing == Standing::Good));
                    prop_assert!(to < Level::Autonomous || last.iter().all(|block| !block.uncalibrated));
                }
            }
            let bad = since.last().is_some_and(|block| block.standing == Standing::Bad);
            if bad && level > Level::Advisory {
                prop_assert!(found.is_some_and(|step| step.to < level), "a bad block costs a level at once");
            }
        }

        /// The same block again and again: the level goes one way, and then stays.
        #[test]
        fn constant_evidence_makes_no_oscillation(
            start in any_level(),
            ceiling in any_level(),
            block in any_judgement(),
        ) {
            let thresholds = Thresholds::default();
            let (mut level, mut earned, mut since, mut path) = (start, Vec::new(), Vec::new(), vec![start]);
            for _ in 0..40 {
                since.push(block.clone());
                if let Some(step) = step(level, ceiling, &earned, &since, &thresholds) {
                    earned = if step.to > level { since } else { Vec::new() };
                    (since, level) = (Vec::new(), step.to);
                    path.push(level);
                }
            }
            let rises = path.windows(2).all(|pair| pair[0] < pair[1]);
            let falls = path.windows(2).all(|pair| pair[0] > pair[1]);
            prop_assert!(rises || falls, "{path:?}");
            prop_assert!(level <= ceiling || start < level);
        }
    }
}
