//! Surplus in proportion to the share of edge pixels: the strong baseline.

use arrcoc_sdk::{decide::normalised, describe::Determinism, prelude::*};

pub(crate) struct EdgeDensity;

impl Allocator for EdgeDensity {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new("edge-density", "surplus in proportion to each patch's share of edge pixels")
            .requires("patch_stats")
            .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(EdgeDensity)
    }

    fn allocate(&self, ask: &Ask<'_>, _call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        let stats = ask.inputs.patch_stats()?;
        let [_, _, (_, density)] = arrcoc_stats::propositional(&stats);
        let density: Vec<f64> = density.iter().map(|&d| f64::from(d)).collect();
        share_by_weight(&normalised(&density), &ask.demand).map_err(|e| Fault::invalid(e.to_string()))
    }
}
