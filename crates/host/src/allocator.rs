//! Calls an allocator, and adapts it to what `decide` expects of one.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use arrcoc_decide::Demand;
use arrcoc_sdk::{
    abi::Stage,
    describe::AllocatorInfo,
    foreign::{Grant, propose},
    params::Params,
    tensor::TensorView,
};

use crate::{breaker::Breaker, instance::AllocatorInstance, notes, vet::Identity};

/// An allocator that can be called.
pub struct Allocator {
    instance: Box<dyn AllocatorInstance>,
    info: AllocatorInfo,
    identity: Arc<Identity>,
    params: Params,
    breaker: Arc<Breaker>,
    /// What there is to note of its calls.
    notes: Mutex<Vec<String>>,
}

impl Allocator {
    pub(crate) fn new(
        instance: Box<dyn AllocatorInstance>,
        info: AllocatorInfo,
        identity: Arc<Identity>,
        params: Params,
        breaker: Arc<Breaker>,
    ) -> Allocator {
        Allocator { instance, info, identity, params, breaker, notes: Mutex::default() }
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

    /// Takes what there is to [note](crate::notes) of its calls so far, each once.
    #[must_use]
    pub fn take_notes(&self) -> Vec<String> {
        std::mem::take(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner))
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
        let proposed = self.allocator.breaker.call(Stage::ALLOCATE, call);
        let mut kept = self.allocator.notes.lock().unwrap_or_else(PoisonError::into_inner);
        for note in notes::take(&self.allocator.info.id, &grant) {
            if !kept.contains(&note) {
                kept.push(note);
            }
        }
        drop(kept);
        proposed.map_err(|fault| fault.to_string())
    }
}
