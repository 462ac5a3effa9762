//! DivPrune: keep the patches that are farthest from each other.
//!
//! Alvar, Singh, Akbari and Zhang, "DivPrune: Diversity-based Visual Token Pruning
//! for Large Multimodal Models" (2025), arXiv:2503.02175. Of all sets of K tokens it
//! looks for the one whose least distance between two is largest, with
//! d(i, j) = 1 − cos(f_i, f_j), by the greedy rule: first the token whose least
//! distance to any other is largest, then each time the token whose least distance
//! to those chosen is largest. Of equals the first in reading order.
//!
//! A patch whose features are all zero has no direction; its cosine to every other
//! is taken as 0. What the features are: [`crate::features`].

use arrcoc_sdk::{describe::Determinism, prelude::*};

use crate::{
    farthest_first::farthest_first,
    features::unit_features,
    set_rule::{enough, in_order_so_far},
};

pub(crate) struct MaxMinDiversity;

impl Allocator for MaxMinDiversity {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new(
            "max-min-diversity",
            "patches farthest from those chosen, by cosine (DivPrune, arXiv:2503.02175), of `patch_features` \
             where given, else of pixel features: the rule, not the published system",
        )
        .requires("patch_stats")
        .optional("patch_features")
        .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(MaxMinDiversity)
    }

    fn allocate(&self, ask: &Ask<'_>, call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        let features = unit_features(ask)?;
        let order = farthest_first(&features, enough(&ask.demand), || call.check())?;
        in_order_so_far(order, ask)
    }
}

#[cfg(test)]
mod tests {
    use arrcoc_sdk::{
        buffer::TensorBuf,
        decide::{Demand, Levels},
        stats::Grid,
        testing::run_allocator,
    };

    use super::*;
    use crate::set_rule::testing::{is_admitted_everywhere, stats};

    /// What is kept of four patches of these features.
    fn keep(features: &[f32], total: u64) -> Result<Vec<u32>, Fault> {
        let tensor = TensorBuf::new("patch_features", &[4, features.len() as u64 / 4], features).unwrap();
        let demand = Demand::new(vec![0; 4], vec![1; 4], Levels::Any, total).unwrap();
        run_allocator::<MaxMinDiversity>(&[], &[0.25; 4], &demand, Grid::new(2, 2).unwrap(), &[&tensor])
    }

    /// Cosines: 0·1: 0.8, 0·2: 0, 0·3: −1, 1·2: 0.6, 1·3: −0.8, 2·3: 0. The largest of each patch to
    /// another: 0.8, 0.8, 0.6, 0. So 3 first; to it −1, −0.8, 0: then 0; to 3 and 0: 0.8, 0: then 2.
    #[test]
    fn a_small_example_by_hand() {
        let features = [1.0, 0.0, 8.0, 6.0, 0.0, 3.0, -2.0, 0.0];
        assert_eq!(keep(&features, 1).unwrap(), [0, 0, 0, 1]);
        assert_eq!(keep(&features, 2).unwrap(), [1, 0, 0, 1]);
        assert_eq!(keep(&features, 3).unwrap(), [1, 0, 1, 1]);
    }

    #[test]
    fn another_order_of_the_patches_gives_the_same_set() {
        let features = [1.0, 0.0, 8.0, 6.0, 0.0, 3.0, -2.0, 0.0];
        let turned: Vec<f32> = features.chunks_exact(2).rev().flatten().copied().collect();
        for total in 1..4 {
            let mut tokens = keep(&turned, total).unwrap();
            tokens.reverse();
            assert_eq!(tokens, keep(&features, total).unwrap());
        }
    }

    #[test]
    fn features_that_are_no_features_are_refused() {
        let mut features = [1.0; 8];
        features[5] = f32::NAN;
        assert_eq!(keep(&features, 2).unwrap_err().code, FaultCode::INVALID_INPUT);
        let message = keep(&features, 2).unwrap_err().message;
        assert_eq!(message, "tensor `patch_features`: column 1 of patch 2 is `NaN`, not a finite number");
        features[5] = f32::INFINITY;
        assert!(keep(&features, 2).is_err());
        assert!(keep(&[], 2).unwrap_err().message.contains("has no columns"));
        // Zero rows and equal rows are nothing special.
        assert_eq!(keep(&[0.0; 8], 2).unwrap(), [1, 1, 0, 0]);
        assert_eq!(keep(&[3.0; 8], 2).unwrap(), [1, 1, 0, 0]);
    }

    #[test]
    fn it_is_admitted_everywhere() {
        is_admitted_everywhere::<MaxMinDiversity>(|grid| vec![stats(grid)]);
    }
}
