//! The level inside this process: a direct call through the wire. Faults and
//! panics are contained by the plugin's own side; a crash is not.

use arrcoc_decide::Demand;
use arrcoc_sdk::{
    abi::Phase,
    buffer::TensorBuf,
    fault::Fault,
    foreign::{ForeignAllocator, ForeignScorer, Grant, Request, make_allocator, make_scorer},
    params::Params,
    tensor::{OutputSpec, Said, TensorView},
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
        outputs: &mut [TensorBuf],
        grant: &Grant,
    ) -> Result<(u64, Said), Fault> {
        ForeignScorer::prepare(self, request, outputs, grant)
    }

    fn score(
        &self,
        state: u64,
        request: &Request<'_>,
        outputs: &mut [TensorBuf],
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
        outputs: &mut [TensorBuf],
        grant: &Grant,
    ) -> Result<(), Fault> {
        ForeignScorer::extend(self, verb, state, request, outputs, grant)
    }
}

impl AllocatorInstance for ForeignAllocator {
    fn allocate(
        &self,
        weights: &[f64],
        demand: &Demand,
        grid: [u32; 2],
        tensors: &[TensorView<'_>],
        grant: &Grant,
    ) -> Result<Vec<u32>, Fault> {
        ForeignAllocator::allocate(self, weights, demand, grid, tensors, grant)
    }
}

pub(crate) fn scorer(library: &Loaded, id: &str, params: &Params) -> Result<Box<dyn ScorerInstance>, Fault> {
    let json = serde_json::Value::from(params.to_json()).to_string();
    let make = library.root.make_scorer();
    Ok(Box::new(make_scorer(|id, attrs, call| make(id, attrs, call), id, &json, &Grant::threads(1))?))
}

pub(crate) fn allocator(
    library: &Loaded,
    id: &str,
    params: &Params,
) -> Result<Box<dyn AllocatorInstance>, Fault> {
    let json = serde_json::Value::from(params.to_json()).to_string();
    let make = library.root.make_allocator();
    Ok(Box::new(make_allocator(|id, attrs, call| make(id, attrs, call), id, &json, &Grant::threads(1))?))
}
