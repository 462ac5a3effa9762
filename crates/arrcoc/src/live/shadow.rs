//! A candidate in the shadow of the version in use: it decides what was decided, and only the difference is kept.
//!
//! Whoever decides hands over the request and goes on; one thread decides again, by the candidate, one request after
//! the other. What is handed over waits in a queue of bounded length. When that is full, the candidate is too slow for
//! what is asked of it: the decision is passed over and counted, and nobody waits.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::difference::{Counted, Difference, Summary};
use crate::{decision::Decision, engine::Engine, error::Error, request::Request, steering::Steering};

/// How much is kept for a shadow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shadowing {
    /// The most decisions that wait for the candidate, each with its image: at least 1.
    pub queue: usize,
    /// The most differences that are kept, the latest.
    pub kept: usize,
    /// Of so many decisions one is shown to the candidate: 1 for all, more where processors are scarce.
    pub every: u64,
}

impl Default for Shadowing {
    fn default() -> Shadowing {
        Shadowing { queue: 16, kept: 64, every: 1 }
    }
}

/// The shadow of a candidate. The candidate is let go when this is, and the decision is done that it is making.
pub(super) struct Shadow {
    shared: Arc<Shared>,
}

struct Shared {
    shadowing: Shadowing,
    /// Decisions that came by, shown or not.
    came: AtomicU64,
    seen: Mutex<Seen>,
    /// Something has come, or all is over.
    changed: Condvar,
}

#[derive(Default)]
struct Seen {
    queue: VecDeque<Job>,
    /// Whether the candidate decides just now.
    busy: bool,
    /// How many decisions have come into the queue, and how many the candidate has made of them.
    shown: u64,
    made: u64,
    over: bool,
    summary: Summary,
    latest: VecDeque<Difference>,
}

/// A decision that was made, to be made again.
struct Job {
    request: Request,
    steering: Arc<Steering>,
    counted: Counted,
}

impl Shadow {
    /// Starts the thread of a candidate.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(super) fn cast(candidate: Arc<Engine>, shadowing: Shadowing) -> Result<Shadow, Error> {
        let shared = Arc::new(Shared {
            shadowing,
            came: AtomicU64::new(0),
            seen: Mutex::default(),
            changed: Condvar::new(),
        });
        let own = Arc::clone(&shared);
        let started = thread::Builder::new().name("arrcoc shadow".into()).spawn(move || {
            while let Some(job) = own.next() {
                let difference = job.decide(&candidate);
                own.learn(difference);
            }
        });
        match started {
            Ok(_) => Ok(Shadow { shared }),
            Err(e) => Err(Error::new(
                format!("the shadow of a candidate has no thread: {e}"),
                "end some of the threads of this process",
            )),
        }
    }

    /// Hands a decision over where it is its turn, unless too many wait already.
    pub(super) fn offer(
        &self,
        request: &Request,
        steering: &Arc<Steering>,
        decision: &Decision,
        took: Duration,
    ) {
        let every = self.shared.shadowing.every.max(1);
        if !self.shared.came.fetch_add(1, Ordering::Relaxed).is_multiple_of(every) {
            return;
        }
        // What would be passed over is not copied, and nobody waits while something is.
        if self.shared.room().is_none() {
            return;
        }
        let (request, steering) = (request.clone(), Arc::clone(steering));
        let job = Job { request, steering, counted: Counted::of(decision, took) };
        if let Some(mut seen) = self.shared.room() {
            seen.queue.push_back(job);
            seen.shown += 1;
            self.shared.changed.notify_all();
        }
    }

    /// What was seen so far, and the latest of it.
    pub(super) fn seen(&self) -> (Summary, Vec<Difference>) {
        let seen = self.shared.lock();
        (seen.summary.clone(), seen.latest.iter().cloned().collect())
    }

    /// Waits until the candidate has decided what it was shown so far, but no longer than this; whether it has.
    pub(super) fn catch_up(&self, at_most: Duration) -> bool {
        let until = Instant::now().checked_add(at_most);
        let mut seen = self.shared.lock();
        let shown = seen.shown;
        while seen.made < shown && !seen.over {
            let left = until.map_or(at_most, |until| until.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.changed.wait_timeout(seen, left);
            seen = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Ends it: what waits is passed over, and so is what the candidate is just deciding. What was seen.
    pub(super) fn end(&self) -> Summary {
        let mut seen = self.shared.lock();
        if !seen.over {
            seen.over = true;
            let left = seen.queue.len() as u64 + u64::from(seen.busy);
            seen.summary.passed_over += left;
            seen.queue.clear();
        }
        self.shared.changed.notify_all();
        seen.summary.clone()
    }
}

impl Drop for Shadow {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The queue, where there is room in it; counts what there is none for.
    fn room(&self) -> Option<MutexGuard<'_, Seen>> {
        let mut seen = self.lock();
        if seen.over || seen.queue.len() >= self.shadowing.queue.max(1) {
            seen.summary.passed_over += u64::from(!seen.over);
            return None;
        }
        Some(seen)
    }

    /// The next decision; `None` when all is over.
    fn next(&self) -> Option<Job> {
        let mut seen = self.lock();
        loop {
            if seen.over {
                return None;
            }
            if let Some(job) = seen.queue.pop_front() {
                seen.busy = true;
                return Some(job);
            }
            seen = self.changed.wait(seen).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn learn(&self, difference: Difference) {
        let mut seen = self.lock();
        seen.busy = false;
        seen.made += 1;
        if !seen.over {
            seen.summary.add(&difference);
            if self.shadowing.kept > 0 {
                let over = (seen.latest.len() + 1).saturating_sub(self.shadowing.kept);
                seen.latest.drain(..over);
                seen.latest.push_back(difference);
            }
        }
        self.changed.notify_all();
    }
}

impl Job {
    /// Decides as the decision that counted was decided: as far as it might go, and by the same calibration.
    fn decide(&self, candidate: &Engine) -> Difference {
        let started = Instant::now();
        let decided = candidate.look(&self.request).and_then(|mut look| {
            look.steering = Arc::clone(&self.steering);
            look.allocate(&self.request.query, &self.request.policy)
        });
        self.counted.beside(decided.as_ref().map_err(ToString::to_string), started.elapsed())
    }
}
