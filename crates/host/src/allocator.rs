//! Calls an allocator, and adapts it to what `decide` expects of one.

use std::{sync::Arc, time::Instant};

use arrcoc_decide::Demand;
use arrcoc_sdk::{
    abi::Stage,
    describe::AllocatorInfo,
    foreign::{Grant, propose},
    params::Params,
    tensor::TensorView,
};

use crate::{breaker::Breaker, instance::AllocatorInstance, vet::Identity};

/// An allocator that can be called.
pub struct Allocator {
    instance: Box<dyn AllocatorInstance>,
    info: AllocatorInfo,
    identity: Arc<Identity>,
    params: Params,
    breaker: Arc<Breaker>,
}

impl Allocator {
    pub(crate) fn new(
        instance: Box<dyn AllocatorInstance>,
        info: AllocatorInfo,
        identity: Arc<Identity>,
        params: Params,
        breaker: Arc<Breaker>,
    ) -> Allocator {
        Allocator { instance, info, identity, params, breaker }
    }

    /// What it says about itself.
    #[must_use]
    pub fn info(&self) -> &AllocatorInfo {
        &self.info
    }

    /// The plugin it came from.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Its parameters.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Ties it to what it may look at beside the weights.
    #[must_use]
    pub fn bind<'a>(
        &'a self,
        grid: [u32; 2],
        tensors: Vec<TensorView<'a>>,
        max_threads: u32,
        deadline: Option<Instant>,
    ) -> BoundAllocator<'a> {
        BoundAllocator { allocator: self, grid, tensors, max_threads, deadline }
    }
}

/// An allocator with its tensors: what `decide` calls.
pub struct BoundAllocator<'a> {
    allocator: &'a Allocator,
    grid: [u32; 2],
    tensors: Vec<TensorView<'a>>,
    max_threads: u32,
    deadline: Option<Instant>,
}

impl arrcoc_decide::Allocator for BoundAllocator<'_> {
    fn id(&self) -> &str {
        &self.allocator.info.id
    }

    fn propose(&self, weights: &[f64], demand: &Demand) -> Result<Vec<u32>, String> {
        let grant = Grant::threads(self.max_threads).until(self.deadline);
        let instance = &self.allocator.instance;
        let call = || {
            propose(weights, demand, self.grid, &self.tensors, |request, outputs| {
                instance.allocate(request, outputs, &grant)
            })
        };
        self.allocator.breaker.call(Stage::ALLOCATE, call).map_err(|fault| fault.to_string())
    }
}
