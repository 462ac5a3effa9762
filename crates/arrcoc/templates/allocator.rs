//! An allocator: it gets one weight per patch, the bounds and the total, and
//! proposes the tokens of every patch.
//!
//! This one sharpens the weights before it shares by them. Replace that by your
//! own rule. A proposal that breaks the bounds or the total is not used, and
//! the record of the decision says why.

use arrcoc_sdk::prelude::*;

struct TypeName {
    power: i64,
}

impl Allocator for TypeName {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new("PLUGIN-ID", "surplus in proportion to a power of the weights")
            .param(Param::integer("power", 1..=8, 2, "1 follows the weights, more sharpens them"))
            // The same bits on every machine: `arrcoc-conformance` holds you to it.
            .determinism(Determinism::BitExact)
    }

    fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(TypeName { power: params.integer("power")? })
    }

    fn allocate(&self, ask: &Ask<'_>, _call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        let sharpened: Vec<f64> =
            ask.weights.iter().map(|&w| (0..self.power).fold(1.0, |product, _| product * w)).collect();
        // Exact and within the bounds of every patch.
        share_by_weight(&sharpened, &ask.demand).map_err(|e| Fault::invalid(e.to_string()))
    }
}

arrcoc_sdk::export_plugin! {
    id: "PLUGIN-ID",
    vendor: "you",
    scorers: [],
    allocators: [TypeName],
}

#[cfg(test)]
mod tests {
    use arrcoc_sdk::{
        decide::{Demand, Levels},
        stats::Grid,
        testing::run_allocator,
    };

    use super::*;

    #[test]
    fn the_total_is_exact_and_the_largest_weight_gets_most() {
        // 4 patches, 1 to 9 tokens each, 16 together. `run_allocator` admits the proposal.
        let demand = Demand::new(vec![1; 4], vec![9; 4], Levels::Any, 16).unwrap();
        let weights = [0.1, 0.2, 0.3, 0.4];
        let grid = Grid::new(2, 2).unwrap();
        let tokens = run_allocator::<TypeName>(&[], &weights, &demand, grid, &[]).unwrap();
        assert_eq!(tokens.iter().sum::<u32>(), 16);
        assert!(tokens[3] > tokens[2] && tokens[2] > tokens[1]);
        let even = run_allocator::<TypeName>(&[], &[0.25; 4], &demand, grid, &[]).unwrap();
        assert_eq!(even, [4; 4]);
    }
}
