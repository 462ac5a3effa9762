//! What a call grants: threads, and time.
//!
//! Whatever uses `rayon` works in the pool it is called from: candle's products
//! and softmax, and this plugin's own element-wise steps. Products are cut into
//! pieces by the machine's cores and not by the pool, so a grant changes how
//! long a call takes and not the bits of its result.

use arrcoc_sdk::{Call, Fault};

/// The grant of a call.
#[derive(Clone, Copy)]
pub(crate) struct Grant<'a> {
    threads: usize,
    /// `None` for a grant without a deadline, in tests.
    call: Option<&'a Call<'a>>,
}

impl<'a> Grant<'a> {
    /// What `call` grants.
    pub(crate) fn of(call: &'a Call<'a>) -> Grant<'a> {
        Grant { threads: call.max_threads(), call: Some(call) }
    }

    /// Threads, and all the time in the world.
    #[cfg(test)]
    pub(crate) fn threads(threads: usize) -> Grant<'static> {
        Grant { threads, call: None }
    }

    /// Stops long work in time.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        self.call.map_or(Ok(()), Call::check)
    }

    /// Does work in a pool of the granted threads.
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> Result<T, Fault> + Send) -> Result<T, Fault> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads);
        let pool = pool.build().map_err(|e| Fault::internal(format!("no threads to work on: {e}")))?;
        pool.install(work)
    }
}
