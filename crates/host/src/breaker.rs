//! A breaker: a plugin that fails time after time is left alone for a while.
//!
//! ```text
//!            failures in a row reach the limit
//!   closed ────────────────────────────────────▶ open
//!     ▲                                           │ the pause is over
//!     │ the call that had failed succeeds         ▼
//!     └────────────────────────────────────── half-open
//!                a failure: open again, the pause doubled
//! ```
//!
//! Failures are counted for each kind of call by itself: a scorer that prepares
//! well and crashes at every question is not well. What a caller did wrong is
//! no failure of the plugin's.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use arrcoc_sdk::{
    abi::{FaultCode, Retry, Stage},
    fault::Fault,
};

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Patience {
    /// Failures in a row until it opens, at least 1.
    pub failures: u32,
    /// How long it stays open the first time; then twice as long, each time.
    pub pause: Duration,
    /// The longest it stays open.
    pub longest: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { failures: 3, pause: Duration::from_secs(1), longest: Duration::from_secs(60) }
    }
}

/// The breaker of one scorer or allocator.
#[derive(Debug)]
pub struct Breaker {
    patience: Option<Patience>,
    /// Whether there is anything in the state: where nothing has failed, a call costs no more than this.
    troubled: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Failures in a row, by the number of the stage.
    failed: [u32; 8],
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    until: Instant,
    pause: Duration,
    stage: Stage,
    failures: u32,
    last: String,
}

impl Breaker {
    /// A closed one; one without patience never opens.
    #[must_use]
    pub fn new(patience: Option<Patience>) -> Breaker {
        Breaker { patience, troubled: AtomicBool::new(false), state: Mutex::default() }
    }

    /// Makes a call, unless the breaker is open.
    ///
    /// # Errors
    /// The call's fault; `Internal` with what failed before and how long it is left alone, where no call was made.
    pub fn call<T>(&self, stage: Stage, call: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        let Some(patience) = self.patience else { return call() };
        if !self.troubled.load(Ordering::Relaxed) {
            let result = call();
            if result.is_ok() && !self.troubled.load(Ordering::Relaxed) {
                return result;
            }
            self.learn(patience, stage, result.as_ref().err(), Instant::now());
            return result;
        }
        self.ask(stage, Instant::now())?;
        let result = call();
        self.learn(patience, stage, result.as_ref().err(), Instant::now());
        result
    }

    fn ask(&self, stage: Stage, now: Instant) -> Result<(), Fault> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = state.open.as_ref().filter(|open| now < open.until) else { return Ok(()) };
        let left = (open.until - now).as_secs_f64();
        let message = format!(
            "it was not called: it failed {} times in a row and is tried again in {left:.1} s; the last time: {}",
            open.failures, open.last
        );
        Err(Fault::internal(message).at(stage).helped_by(Retry::SAME_INSTANCE))
    }

    fn learn(&self, patience: Patience, stage: Stage, fault: Option<&Fault>, now: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let at = (stage.0 as usize).min(7);
        let Some(fault) = fault else {
            state.failed[at] = 0;
            state.open = state.open.take().filter(|open| open.stage != stage);
            let calm = state.open.is_none() && state.failed.iter().all(|&failures| failures == 0);
            self.troubled.store(!calm, Ordering::Relaxed);
            return;
        };
        if matches!(fault.code, FaultCode::INVALID_INPUT | FaultCode::UNSUPPORTED | FaultCode::CANCELLED) {
            return;
        }
        self.troubled.store(true, Ordering::Relaxed);
        state.failed[at] = state.failed[at].saturating_add(1);
        let failures = state.failed[at];
        let pause = match &state.open {
            Some(open) => (open.pause * 2).min(patience.longest),
            None if failures >= patience.failures.max(1) => patience.pause,
            None => return,
        };
        let last = fault.message.chars().take(160).collect();
        state.open = Some(Open { until: now + pause, pause, stage, failures, last });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience =
        Patience { failures: 3, pause: Duration::from_secs(1), longest: Duration::from_secs(3) };

    struct Timed {
        breaker: Breaker,
        now: Instant,
    }

    impl Timed {
        fn new() -> Timed {
            Timed { breaker: Breaker::new(Some(PATIENCE)), now: Instant::now() }
        }

        fn after(&mut self, seconds: f64) -> &mut Timed {
            self.now += Duration::from_secs_f64(seconds);
            self
        }

        /// Whether the call was made.
        fn call(&mut self, stage: Stage, fault: Option<Fault>) -> bool {
            let asked = self.breaker.ask(stage, self.now).is_ok();
            if asked {
                self.breaker.learn(PATIENCE, stage, fault.as_ref(), self.now);
            }
            asked
        }
    }

    fn bad() -> Option<Fault> {
        Some(Fault::internal("lost"))
    }

    #[test]
    fn it_opens_half_opens_and_closes() {
        let mut timed = Timed::new();
        for _ in 0..3 {
            assert!(timed.call(Stage::SCORE, bad()));
        }
        let fault = timed.breaker.ask(Stage::PREPARE, timed.now).unwrap_err();
        let said = "failed 3 times in a row and is tried again in 1.0 s; the last time: lost";
        assert!(fault.message.contains(said), "{fault}");
        assert!(!timed.after(0.9).call(Stage::SCORE, None));
        // Half-open: what did not fail before changes nothing.
        assert!(timed.after(0.2).call(Stage::PREPARE, None));
        assert!(timed.call(Stage::SCORE, None));
        assert!(timed.breaker.state.lock().unwrap().open.is_none());
        assert!(timed.call(Stage::SCORE, bad()) && timed.call(Stage::SCORE, bad()));
        assert!(timed.call(Stage::SCORE, None), "two failures are not three");
    }

    #[test]
    fn each_failure_when_half_open_doubles_the_pause_up_to_the_longest() {
        let mut timed = Timed::new();
        for _ in 0..3 {
            timed.call(Stage::ALLOCATE, bad());
        }
        for pause in [1.0, 2.0, 3.0, 3.0] {
            assert!(!timed.after(pause - 0.01).call(Stage::ALLOCATE, None));
            assert!(timed.after(0.02).call(Stage::ALLOCATE, bad()));
        }
    }

    #[test]
    fn what_the_caller_did_wrong_and_successes_between_are_no_reason() {
        let mut timed = Timed::new();
        for _ in 0..9 {
            assert!(timed.call(Stage::SCORE, Some(Fault::invalid("no such shape"))));
            assert!(timed.call(Stage::SCORE, bad()));
            assert!(timed.call(Stage::SCORE, None));
            assert!(timed.call(Stage::PREPARE, None));
        }
        // Preparing well does not make up for crashing at every question.
        for _ in 0..2 {
            assert!(timed.call(Stage::PREPARE, None) && timed.call(Stage::SCORE, bad()));
        }
        assert!(timed.call(Stage::PREPARE, None) && timed.call(Stage::SCORE, bad()));
        assert!(!timed.call(Stage::PREPARE, None));
        let never = Breaker::new(None);
        for _ in 0..9 {
            assert!(never.call::<()>(Stage::SCORE, || Err(Fault::internal("lost"))).is_err());
        }
        assert!(never.call(Stage::SCORE, || Ok(())).is_ok());
    }
}
