//! The standard allocators: the even one, the one that shares by weight, the one
//! that goes by what tokens mend (`rate_distortion`), and the one that knows the
//! answer.

#![deny(unsafe_code)]

mod rate_distortion;

use arrcoc_sdk::{describe::Determinism, prelude::*};

use rate_distortion::RateDistortion;

/// Every patch the same.
struct Uniform;

impl Allocator for Uniform {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new("uniform", "the same for every patch, as far as its bounds allow")
            .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Uniform)
    }

    fn allocate(&self, ask: &Ask<'_>, _call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        Ok(arrcoc_sdk::decide::uniform(&ask.demand))
    }
}

/// Surplus in proportion to the weights.
struct Proportional;

impl Allocator for Proportional {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new(
            "proportional",
            "surplus in proportion to the weights (Webster's divisor rule with caps)",
        )
        .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Proportional)
    }

    fn allocate(&self, ask: &Ask<'_>, _call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        share_by_weight(ask.weights, &ask.demand).map_err(|e| Fault::invalid(e.to_string()))
    }
}

/// As much as possible where the answer is, the rest evenly.
struct Oracle;

impl Allocator for Oracle {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new(
            "oracle",
            "everything to the patches that hold the answer: the ceiling in evaluation",
        )
        .requires("answer_mask")
        .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Oracle)
    }

    fn allocate(&self, ask: &Ask<'_>, _call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        let mask = ask.inputs.require("answer_mask")?;
        mask.expect_shape(&[ask.demand.patches() as u64])?;
        let weights: Vec<f64> = mask.as_slice::<u8>()?.iter().map(|&m| f64::from(u8::from(m != 0))).collect();
        share_by_weight(&weights, &ask.demand).map_err(|e| Fault::invalid(e.to_string()))
    }
}

arrcoc_sdk::export_plugin! {
    id: "allocators",
    vendor: "The ARR-COC developers",
    scorers: [],
    allocators: [Uniform, Proportional, RateDistortion, Oracle],
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

    fn demand(total: u64) -> Demand {
        Demand::new(vec![1; 6], vec![9; 6], Levels::Any, total).unwrap()
    }

    fn grid() -> Grid {
        Grid::new(2, 3).unwrap()
    }

    #[test]
    fn shares_follow_the_weights() {
        let weights = [0.5, 0.25, 0.25, 0.0, 0.0, 0.0];
        let tokens = run_allocator::<Proportional>(&[], &weights, &demand(14), grid(), &[]).unwrap();
        assert_eq!(tokens, [5, 3, 3, 1, 1, 1]);
        let tokens = run_allocator::<Uniform>(&[], &weights, &demand(14), grid(), &[]).unwrap();
        assert_eq!(tokens, [3, 3, 2, 2, 2, 2]);
    }

    #[test]
    fn the_oracle_fills_the_answer_first_and_evens_the_rest() {
        let mask = TensorBuf::new("answer_mask", &[6], &[0u8, 1, 1, 0, 0, 0]).unwrap();
        let weights = [1.0 / 6.0; 6];
        let run = |total| run_allocator::<Oracle>(&[], &weights, &demand(total), grid(), &[&mask]);
        assert_eq!(run(10).unwrap(), [1, 3, 3, 1, 1, 1]);
        assert_eq!(run(26).unwrap(), [2, 9, 9, 2, 2, 2]);
        let without = run_allocator::<Oracle>(&[], &weights, &demand(10), grid(), &[]);
        assert!(without.unwrap_err().message.contains("`answer_mask` is missing"));
    }
}
