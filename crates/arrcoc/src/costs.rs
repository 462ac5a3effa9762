//! What a scorer has taken so far, so that a decision with a deadline does not begin what it cannot end.
//!
//! A scorer that looks at an image is measured each time, by size: an octave of pixels each. The mean follows the latest.
//! A size that was not seen yet is guessed from the nearest. What was left out because of it counts a little less each
//! time: a machine that was busy once does not silence a scorer for ever.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The share of a new measurement in the mean.
const NEW: f64 = 0.3;

/// What is left of a mean each time that it kept its scorer from running.
const FADES: f64 = 0.998;

/// How much longer twice as many pixels take, where that has to be guessed: less than twice (2^¾), since some of it is the
/// same for every image.
const GROWS: f64 = 1.681_792_83;

/// Seconds, by the octave of the pixels.
type Octaves = BTreeMap<u32, f64>;

/// What a scorer takes.
#[derive(Debug, Default)]
pub(crate) struct Costs(Mutex<Octaves>);

impl Costs {
    /// Learns that it took so long for an image of so many pixels. Where it did not finish, that is the least it
    /// takes.
    pub(crate) fn learn(&self, pixels: u64, took: Duration, finished: bool) {
        let measured = took.as_secs_f64();
        let mut costs = self.lock();
        let mean = costs.entry(octave(pixels)).or_insert(measured);
        *mean = if finished { *mean + NEW * (measured - *mean) } else { mean.max(measured) };
    }

    /// How long it will take, as far as it was ever measured.
    pub(crate) fn expected(&self, pixels: u64) -> Option<Duration> {
        let wanted = octave(pixels);
        let costs = self.lock();
        let (&octave, &seconds) = costs.iter().min_by_key(|(octave, _)| octave.abs_diff(wanted))?;
        let times = (0..octave.abs_diff(wanted)).fold(1.0, |times, _| times * GROWS);
        let guess = if wanted > octave { seconds * times } else { seconds / times };
        Some(Duration::from_secs_f64(guess.min(1e6)))
    }

    /// Forgets a little of what kept it from running.
    pub(crate) fn fade(&self) {
        self.lock().values_mut().for_each(|mean| *mean *= FADES);
    }

    fn lock(&self) -> MutexGuard<'_, Octaves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn octave(pixels: u64) -> u32 {
    pixels.max(1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(costs: &Costs, pixels: u64) -> f64 {
        1e3 * costs.expected(pixels).unwrap().as_secs_f64()
    }

    #[test]
    fn what_was_measured_is_expected_and_fades() {
        let costs = Costs::default();
        assert_eq!(costs.expected(1000), None);
        costs.learn(1000, Duration::from_millis(100), true);
        costs.learn(1000, Duration::from_millis(200), true);
        assert!((expected(&costs, 1000) - 130.0).abs() < 1e-6);
        // What did not finish says only that it takes longer.
        costs.learn(1000, Duration::from_millis(20), false);
        assert!((expected(&costs, 1000) - 130.0).abs() < 1e-6);
        costs.learn(1000, Duration::from_millis(900), false);
        assert!((expected(&costs, 1000) - 900.0).abs() < 1e-6);
        (0..600).for_each(|_| costs.fade());
        assert!(expected(&costs, 1000) < 300.0);
    }

    #[test]
    fn a_size_that_was_not_seen_is_guessed_from_the_nearest() {
        let costs = Costs::default();
        costs.learn(1 << 16, Duration::from_millis(10), true);
        assert!((expected(&costs, 1 << 20) - 80.0).abs() < 1e-3);
        costs.learn(1 << 20, Duration::from_millis(60), true);
        assert!((expected(&costs, 1 << 20) - 60.0).abs() < 1e-6);
        assert!((expected(&costs, (1 << 20) + 5) - 60.0).abs() < 1e-6);
    }
}
