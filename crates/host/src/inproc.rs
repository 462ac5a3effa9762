//! The level inside this process: a direct call through the wire. Faults and
//! panics are contained by the plugin's own side; a crash is not.

use arrcoc_sdk::{
    abi::Phase,
    fault::Fault,
    foreign::{ForeignAllocator, ForeignScorer, Grant, Request, make_allocator, make_scorer},
    params::Params,
    tensor::{OutputSpec, Said, TensorMut},
};

use crate::{
    instance::{AllocatorInstance, ScorerInstance},
    load::Loaded,
};

impl ScorerInstance for ForeignScorer {
    fn plan(&self, phase: Phase, request: &Request<'_>, grant: &Grant) -> Result<Vec<OutputSpec>, Fault> {
        ForeignScorer::plan(self, phase, request, grant)
    }

    fn prepare(
        &self,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(u64, Said), Fault> {
        ForeignScorer::prepare(self, request, outputs, grant)
    }

    fn score(
        &self,
        state: u64,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(), Fault> {
        ForeignScorer::score(self, state, request, outputs, grant)
    }

    fn release(&self, state: u64) {
        ForeignScorer::release(self, state);
    }

    fn extend(
        &self,
        verb: &str,
        state: u64,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(u64, Said), Fault> {
        ForeignScorer::extend(self, verb, state, request, outputs, grant)
    }
}

impl AllocatorInstance for ForeignAllocator {
    fn allocate(
        &self,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(), Fault> {
        ForeignAllocator::allocate(self, request, outputs, grant)
    }
}

/// Makes a scorer of a library in this process.
///
/// # Errors
/// The plugin's fault.
pub fn scorer(library: &Loaded, id: &str, params: &Params, grant: &Grant) -> Result<ForeignScorer, Fault> {
    let json = serde_json::Value::from(params.to_json()).to_string();
    let make = library.root.make_scorer();
    make_scorer(|id, attrs, call| make(id, attrs, call), id, &json, grant)
}

/// Makes an allocator of a library in this process.
///
/// # Errors
/// The plugin's fault.
pub fn allocator(
    library: &Loaded,
    id: &str,
    params: &Params,
    grant: &Grant,
) -> Result<ForeignAllocator, Fault> {
    let json = serde_json::Value::from(params.to_json()).to_string();
    let make = library.root.make_allocator();
    make_allocator(|id, attrs, call| make(id, attrs, call), id, &json, grant)
}
