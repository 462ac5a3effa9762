//! The weights as a set rule: what is best is filled before anything else.

use arrcoc_sdk::{describe::Determinism, prelude::*};

use crate::set_rule::in_order;

/// Patches by weight.
pub(crate) struct TopK;

impl Allocator for TopK {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new("top-k", "patches by weight, each filled before the next")
            .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(TopK)
    }

    fn allocate(&self, ask: &Ask<'_>, _call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        let mut order: Vec<usize> = (0..ask.demand.patches()).collect();
        order.sort_by(|&a, &b| ask.weights[b].total_cmp(&ask.weights[a]));
        in_order(&order, ask)
    }
}

#[cfg(test)]
mod tests {
    use arrcoc_sdk::{
        decide::{Demand, Levels},
        stats::Grid,
        testing::run_allocator,
    };

    use super::*;
    use crate::set_rule::testing::{EVEN, keep};

    #[test]
    fn top_k_takes_the_largest_weights() {
        let mut weights = EVEN;
        weights[7] = 0.5;
        weights[2] = 0.25;
        assert_eq!(keep::<TopK>(2, &weights, None), [2, 7]);
    }

    #[test]
    fn the_remainder_goes_to_the_next_in_order() {
        let demand = Demand::new(vec![64; 4], vec![400; 4], Levels::Any, 64 * 4 + 336 + 10).unwrap();
        let weights = [0.1, 0.4, 0.2, 0.3];
        let tokens = run_allocator::<TopK>(&[], &weights, &demand, Grid::new(2, 2).unwrap(), &[]).unwrap();
        assert_eq!(tokens, [64, 400, 64, 74]);
    }
}
