//! The one place where seeds come from.
//!
//! What is fitted on a picture must not be judged on it. A [`Seed`] therefore
//! knows what it is for, and can be made in two ways only, whose ranges do not
//! overlap: maps and weights are fitted with [`Seed::tuning`], and every number in a
//! report is measured with [`Seed::reporting`].

use std::ops::Range;

use crate::random::Random;

/// Numbers of the seeds that maps and weights are fitted on.
pub const TUNING: Range<u64> = 0..1 << 32;

/// Numbers of the seeds that reports are measured on.
pub const REPORTING: Range<u64> = 1 << 32..2 << 32;

/// What a seed is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Fitting: anything that is chosen by looking at the result.
    Tuning,
    /// Measuring: nothing may be chosen by looking at the result.
    Reporting,
}

/// The number that a picture is drawn from, with what it may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed {
    number: u64,
    purpose: Purpose,
}

impl Seed {
    /// Seed `index` of those for fitting.
    #[must_use]
    pub fn tuning(index: u32) -> Self {
        Self { number: TUNING.start + u64::from(index), purpose: Purpose::Tuning }
    }

    /// Seed `index` of those for measuring.
    #[must_use]
    pub fn reporting(index: u32) -> Self {
        Self { number: REPORTING.start + u64::from(index), purpose: Purpose::Reporting }
    }

    /// The number, as it stands in reports: in [`TUNING`] or in [`REPORTING`].
    #[must_use]
    pub fn number(self) -> u64 {
        self.number
    }

    /// What the seed is for.
    #[must_use]
    pub fn purpose(self) -> Purpose {
        self.purpose
    }

    /// The stream of random numbers that belongs to the seed.
    #[must_use]
    pub fn random(self) -> Random {
        Random::new(self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ranges_are_disjoint() {
        let overlap = |a: Range<u64>, b: Range<u64>| a.start.max(b.start) < a.end.min(b.end);
        assert!(!overlap(TUNING, REPORTING));
        // The test itself can tell: a range overlaps itself.
        assert!(overlap(TUNING, TUNING) && overlap(REPORTING, REPORTING));
        for index in [0, u32::MAX] {
            assert!(TUNING.contains(&Seed::tuning(index).number()));
            assert!(REPORTING.contains(&Seed::reporting(index).number()));
        }
    }

    proptest! {
        #[test]
        fn a_seed_lies_in_the_range_of_its_purpose(index: u32) {
            for seed in [Seed::tuning(index), Seed::reporting(index)] {
                prop_assert_eq!(TUNING.contains(&seed.number()), seed.purpose() == Purpose::Tuning);
                prop_assert_eq!(REPORTING.contains(&seed.number()), seed.purpose() == Purpose::Reporting);
            }
        }
    }
}
