//! Set rules: orders in which patches get the most they can.

use arrcoc_sdk::{describe::Determinism, prelude::*};

fn in_order(order: &[usize], ask: &Ask<'_>) -> Result<Vec<u32>, Fault> {
    fill_in_order(order, &ask.demand).map_err(|e| Fault::internal(e.to_string()))
}

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

/// Patches at equal distances along the reading order.
pub(crate) struct Stride;

impl Allocator for Stride {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new(
            "stride",
            "as many patches as the surplus fills, at equal distances in reading order",
        )
        .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Stride)
    }

    fn allocate(&self, ask: &Ask<'_>, _call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        let patches = ask.demand.patches();
        let room = ask.demand.max().iter().zip(ask.demand.min()).map(|(max, min)| u64::from(max - min));
        let room: u64 = room.sum();
        // How many patches the surplus fills when every patch has average room.
        let filled = (u128::from(ask.demand.surplus()) * patches as u128).div_ceil(u128::from(room.max(1)));
        let filled = (filled as usize).clamp(1, patches);
        let mut order: Vec<usize> = (0..filled).map(|j| j * patches / filled).collect();
        let mut taken = vec![false; patches];
        order.iter().for_each(|&i| taken[i] = true);
        order.extend((0..patches).filter(|&i| !taken[i]));
        in_order(&order, ask)
    }
}

/// Patches by their distance from the centre.
pub(crate) struct Centre;

impl Allocator for Centre {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new("centre", "patches by their distance from the centre of the grid")
            .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Centre)
    }

    fn allocate(&self, ask: &Ask<'_>, _call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        let grid = ask.inputs.grid()?;
        // In half patches, and scaled so that both sides of the grid count the same: exact in integers.
        let (rows, cols) = (i64::from(grid.rows), i64::from(grid.cols));
        let mut order: Vec<usize> = (0..grid.patches()).collect();
        order.sort_by_key(|&i| {
            let (row, col) = grid.position(i);
            let dy = (2 * i64::from(row) + 1 - rows) * cols;
            let dx = (2 * i64::from(col) + 1 - cols) * rows;
            dy * dy + dx * dx
        });
        in_order(&order, ask)
    }
}

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

    /// 4×4 patches, keep some of them.
    fn keep<A: Allocator>(total: u64, weights: &[f64], seed: Option<i64>) -> Vec<usize> {
        let demand = Demand::new(vec![0; 16], vec![1; 16], Levels::Any, total).unwrap();
        let params: Vec<_> = seed.iter().map(|&s| ("seed", s.into())).collect();
        let tokens = run_allocator::<A>(&params, weights, &demand, Grid::new(4, 4).unwrap(), &[]).unwrap();
        (0..16).filter(|&i| tokens[i] == 1).collect()
    }

    const EVEN: [f64; 16] = [1.0 / 16.0; 16];

    #[test]
    fn stride_is_even() {
        assert_eq!(keep::<Stride>(4, &EVEN, None), [0, 4, 8, 12]);
        assert_eq!(keep::<Stride>(3, &EVEN, None), [0, 5, 10]);
        assert_eq!(keep::<Stride>(16, &EVEN, None).len(), 16);
        assert_eq!(keep::<Stride>(0, &EVEN, None), [0; 0]);
    }

    #[test]
    fn centre_comes_first() {
        assert_eq!(keep::<Centre>(4, &EVEN, None), [5, 6, 9, 10]);
    }

    #[test]
    fn top_k_takes_the_largest_weights() {
        let mut weights = EVEN;
        weights[7] = 0.5;
        weights[2] = 0.25;
        assert_eq!(keep::<TopK>(2, &weights, None), [2, 7]);
    }

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

    #[test]
    fn the_remainder_goes_to_the_next_in_order() {
        let demand = Demand::new(vec![64; 4], vec![400; 4], Levels::Any, 64 * 4 + 336 + 10).unwrap();
        let weights = [0.1, 0.4, 0.2, 0.3];
        let tokens = run_allocator::<TopK>(&[], &weights, &demand, Grid::new(2, 2).unwrap(), &[]).unwrap();
        assert_eq!(tokens, [64, 400, 64, 74]);
    }
}
