//! Work that is done side by side, on as many threads as the host grants.
//!
//! The models' runtime would use every core for each of its steps. Here a piece of
//! work has one thread, in a pool of one, and several pieces run at once: that is
//! faster for many small pieces, it cannot take more threads than were granted, and
//! since no sum is ever split the results are the same bits on any number of threads.
//!
//! (The runtime makes its own pool as well, a thread for each core, the first time
//! it runs. Nothing is ever given to those threads; they sleep.)

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use arrcoc_sdk::{Call, Fault};
use rten::{Model, NodeId, RunOptions, ThreadPool, Value, ValueOrView};

use crate::model::first_line;

/// What a call may use: threads, and how to know that it must stop.
pub(crate) struct Leave<'a> {
    /// At least 1.
    pub(crate) threads: usize,
    /// Fails when the call was cancelled or is late.
    pub(crate) check: &'a (dyn Fn() -> Result<(), Fault> + Sync),
}

impl Leave<'_> {
    /// Runs `with` on what the host grants.
    pub(crate) fn of<T>(call: &Call<'_>, with: impl FnOnce(&Leave<'_>) -> T) -> T {
        with(&Leave { threads: call.max_threads(), check: &|| call.check() })
    }
}

/// A thread of the runtime, in a pool of its own.
pub(crate) struct Hand {
    pool: Arc<ThreadPool>,
}

impl Hand {
    pub(crate) fn new() -> Hand {
        Hand { pool: Arc::new(ThreadPool::with_num_threads(1)) }
    }

    /// Does something on the thread.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.run(work)
    }

    /// Runs what of a model lies between some places and others.
    pub(crate) fn run_between<const N: usize>(
        &self,
        model: &Model,
        inputs: Vec<(NodeId, ValueOrView<'_>)>,
        outputs: [NodeId; N],
    ) -> Result<[Value; N], Fault> {
        let options = RunOptions::default().with_thread_pool(Some(self.pool.clone()));
        let run = model.run_n(inputs, outputs, Some(options));
        run.map_err(|error| Fault::internal(format!("the model failed: {}", first_line(&error))))
    }
}

/// The threads of a scorer. They are kept, since starting them for each image would cost more than a short line does.
#[derive(Default)]
pub(crate) struct Hands {
    idle: Mutex<Vec<Hand>>,
}

impl Hands {
    /// Does work 0 to `count`, each on one thread, and gives the results in that order. Asks before each whether to go
    /// on.
    ///
    /// # Errors
    /// Of those that were met, the one of the least number.
    pub(crate) fn share<T: Send>(
        &self,
        leave: &Leave<'_>,
        count: usize,
        work: impl Fn(usize, &Hand) -> Result<T, Fault> + Sync,
    ) -> Result<Vec<T>, Fault> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(count));
        let serve = || {
            let hand = self.lock().pop();
            let hand = hand.unwrap_or_else(Hand::new);
            loop {
                let i = next.fetch_add(1, Ordering::Relaxed);
                if i >= count {
                    break;
                }
                let result = (leave.check)().and_then(|()| work(i, &hand));
                if result.is_err() {
                    next.store(count, Ordering::Relaxed);
                }
                done.lock().unwrap_or_else(PoisonError::into_inner).push((i, result));
            }
            self.lock().push(hand);
        };
        std::thread::scope(|scope| {
            for _ in 1..leave.threads.min(count) {
                scope.spawn(serve);
            }
            serve();
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(i, _)| *i);
        done.into_iter().map(|(_, result)| result).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Hand>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
