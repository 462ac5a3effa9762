//! Intervals, tests and quantiles.
//!
//! A number without its uncertainty cannot be compared. Everything here turns
//! observations into an estimate with an interval, or into a p value, and says
//! how many observations that takes. Every file is tested the same way: effects
//! that were planted are found, nulls that were planted are not, each at the
//! rate that the file states. Every stream of random numbers has a fixed seed:
//! the same rows give the same interval.
//!
//! | file | holds |
//! |---|---|
//! | `bootstrap` | intervals by resampling pages: a mean, or any statistic of pages |
//! | `wilson` | intervals of rates of independent items |
//! | `sign_flip` | a test of paired differences, and the least p that so many pages can give |
//! | `holm` | many tests at once |
//! | `normal` | the normal distribution |
//! | `detectable` | the smallest difference that a comparison would find |
//! | `quantile` | quantiles, and the samples that a percentile needs |
//! | `agreement` | how alike two allocations are |
//! | `pace` | ratios of times, and when a ratio is a verdict |
//! | `regression` | two runs of the same suite |
//!
//! Which interval? Questions on one page are not independent, so a rate over
//! pages takes the bootstrap, whose unit is the page. [`wilson`] is for items
//! that are independent (runs, faults, generated cells): it needs no resampling,
//! and says something where nothing failed, or everything did.

mod agreement;
mod bootstrap;
mod detectable;
mod holm;
mod normal;
mod pace;
mod quantile;
mod regression;
mod sign_flip;
mod wilson;

pub(crate) use agreement::{rank_correlation, total_variation};
pub(crate) use bootstrap::bias_corrected;
pub(crate) use bootstrap::{bootstrap, interval_of_mean, weighted_mean};
pub(crate) use detectable::detectable;
pub(crate) use holm::holm;
pub(crate) use pace::{NOISE_LIMIT, Pace, Ratio, pace, ratio_of_times};
pub(crate) use quantile::{quantile, samples_for};
pub(crate) use regression::{Outcome, Verdict, change, regressions};
pub(crate) use sign_flip::{least_p, sign_flip_p};
pub(crate) use wilson::wilson;

/// The seed of everything that is drawn here.
const SEED: u64 = 0x0a11_0c8e;

/// An interval that holds the true value in 95 of 100 repetitions, about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// The standard error: the standard deviation over the resamples.
    pub(crate) error: f64,
}

impl Interval {
    pub(crate) fn contains(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}
