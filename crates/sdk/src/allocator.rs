//! The trait of an allocator: weights and a demand in, a proposal out.
//!
//! A proposal is only that. The host admits it when it satisfies the demand and
//! otherwise shares the tokens itself, so an allocator need not defend against
//! its own mistakes; it should fail with a reason instead of guessing.

use arrcoc_decide::Demand;

use crate::{call::Call, describe::AllocatorInfo, fault::Fault, params::Params, tensor::Inputs};

/// What an allocator is asked.
pub struct Ask<'a> {
    /// One weight per patch: finite, not negative, sums to 1.
    pub weights: &'a [f64],
    /// Bounds of each patch, total and levels.
    pub demand: Demand,
    /// The tensors that the allocator requires, and the grid.
    pub inputs: Inputs<'a>,
}

/// An allocator. Every method may be called from any thread, and several at once.
pub trait Allocator: Sized + Send + Sync + 'static {
    /// What it is. Cheap, and the same every time.
    fn info() -> AllocatorInfo;

    /// Makes an instance.
    ///
    /// # Errors
    /// When the parameters do not fit together or something it needs is missing.
    fn make(params: &Params, call: &Call<'_>) -> Result<Self, Fault>;

    /// Proposes the tokens of every patch.
    ///
    /// # Errors
    /// Whatever keeps it from doing so.
    fn allocate(&self, ask: &Ask<'_>, call: &Call<'_>) -> Result<Vec<u32>, Fault>;
}
