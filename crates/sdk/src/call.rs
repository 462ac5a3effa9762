//! What the host grants a call: time, threads, a cancel flag and a place for
//! log messages.

use std::{
    marker::PhantomData,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use arrcoc_abi::{self as abi, FaultCode, Level};

use crate::fault::Fault;

/// The host's grant for one call.
pub struct Call<'a> {
    wire: abi::Call,
    /// When it began, where there is a deadline.
    since: Option<Instant>,
    granted_by: PhantomData<&'a abi::Call>,
}

// SAFETY: the wire contract lets a plugin log from any thread during the call,
// and the cancel flag is only read, atomically.
unsafe impl Sync for Call<'_> {}
// SAFETY: as above; nothing in it belongs to one thread.
unsafe impl Send for Call<'_> {}

impl<'a> Call<'a> {
    /// Reads a grant that came over the wire.
    ///
    /// # Safety
    /// `cancel` and `log_to` of the grant are valid for `'a`, as the contract demands.
    #[must_use]
    #[inline]
    pub unsafe fn from_wire(wire: &'a abi::Call) -> Call<'a> {
        let since = (wire.remaining_ns != u64::MAX).then(Instant::now);
        Call { wire: *wire, since, granted_by: PhantomData }
    }

    /// The most threads the call may use, at least 1.
    #[must_use]
    pub fn max_threads(&self) -> usize {
        self.wire.max_threads.max(1) as usize
    }

    /// Time left until the deadline; `None` when there is none.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        let since = self.since?;
        Some(Duration::from_nanos(self.wire.remaining_ns).saturating_sub(since.elapsed()))
    }

    /// Whether the host asks the call to stop.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        if self.wire.cancel.is_null() {
            return false;
        }
        // SAFETY: the contract keeps the flag valid and aligned for the call;
        // both sides only touch it atomically.
        unsafe { AtomicU32::from_ptr(self.wire.cancel.cast_mut()) }.load(Ordering::Relaxed) != 0
    }

    /// Stops a long loop in time: call it every millisecond or so.
    ///
    /// # Errors
    /// `Cancelled` or `DeadlineExceeded`.
    pub fn check(&self) -> Result<(), Fault> {
        if self.cancelled() {
            return Err(Fault::new(FaultCode::CANCELLED, "the host asked the call to stop"));
        }
        if self.remaining() == Some(Duration::ZERO) {
            return Err(Fault::new(FaultCode::DEADLINE_EXCEEDED, "the call ran out of time"));
        }
        Ok(())
    }

    /// Sends a message to the host's log.
    pub fn log(&self, level: Level, message: &str) {
        (self.wire.log)(self.wire.log_to, level, message.as_ptr(), message.len() as u64);
    }
}
