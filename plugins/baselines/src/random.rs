//! A seeded random order: what choosing without looking gives.

use arrcoc_sdk::{describe::Determinism, prelude::*};

use crate::set_rule::in_order;

/// A seeded random order.
pub(crate) struct Random {
    seed: u64,
}

impl Allocator for Random {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new("random", "patches in a seeded random order")
            .param(Param::integer("seed", 0..=i64::MAX, 0, "seed of the order"))
            .determinism(Determinism::BitExact)
    }

    fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Random { seed: params.integer("seed")?.unsigned_abs() })
    }

    fn allocate(&self, ask: &Ask<'_>, _call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        let mut order: Vec<usize> = (0..ask.demand.patches()).collect();
        let mut state = self.seed;
        for i in (1..order.len()).rev() {
            // Multiply-shift keeps the bias below 2⁻³² for any number of patches.
            let j = (u128::from(split_mix(&mut state)) * (i as u128 + 1)) >> 64;
            order.swap(i, j as usize);
        }
        in_order(&order, ask)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014, figure 13).
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::set_rule::testing::{EVEN, keep};

    #[test]
    fn random_depends_on_the_seed_alone() {
        let one = keep::<Random>(5, &EVEN, Some(1));
        assert_eq!(one, keep::<Random>(5, &EVEN, Some(1)));
        assert_ne!(one, keep::<Random>(5, &EVEN, Some(2)));
        // Over many seeds every patch is kept about equally often: 16 of 16 within 25 % of the mean.
        let mut count = [0; 16];
        (0..2000).flat_map(|seed| keep::<Random>(4, &EVEN, Some(seed))).for_each(|i| count[i] += 1);
        assert!(count.iter().all(|c| (375..=625).contains(c)), "{count:?}");
    }
}
