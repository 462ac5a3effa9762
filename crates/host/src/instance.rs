//! The trait behind which a scorer or an allocator runs, whatever the isolation.
//!
//! The calls are those of the wire, with states as numbers, so that an instance
//! in another process answers exactly the same ones. What an instance returns
//! is unchecked; [`crate::scorer`] and [`crate::allocator`] do that once, for
//! every level.

use arrcoc_sdk::{
    abi::Phase,
    fault::Fault,
    foreign::{Grant, Request},
    tensor::{OutputSpec, Said, TensorMut},
};

/// A scorer at some level of isolation.
pub trait ScorerInstance: Send + Sync {
    /// Names the outputs of a phase.
    ///
    /// # Errors
    /// The plugin's fault.
    fn plan(&self, phase: Phase, request: &Request<'_>, grant: &Grant) -> Result<Vec<OutputSpec>, Fault>;

    /// Does what does not depend on the question; returns a state, and what was said about it.
    ///
    /// # Errors
    /// The plugin's fault.
    fn prepare(
        &self,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(u64, Said), Fault>;

    /// Answers the questions of the request.
    ///
    /// # Errors
    /// The plugin's fault.
    fn score(
        &self,
        state: u64,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(), Fault>;

    /// Gives a state back.
    fn release(&self, state: u64);

    /// A verb added after the interface was fixed; returns the state that stands in the place of the one given, and
    /// what was said about it.
    ///
    /// # Errors
    /// `Unsupported` for a verb that the plugin does not know, or its fault.
    fn extend(
        &self,
        verb: &str,
        state: u64,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(u64, Said), Fault>;
}

/// An allocator at some level of isolation.
pub trait AllocatorInstance: Send + Sync {
    /// Proposes one number of tokens per patch, into the output `tokens`.
    ///
    /// # Errors
    /// The plugin's fault.
    fn allocate(
        &self,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(), Fault>;
}
