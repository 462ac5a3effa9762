//! What set rules share: they put the patches in an order; everyone gets the least,
//! then the most in that order, and the remainder goes to the next.

use arrcoc_sdk::{
    decide::{Demand, Levels},
    prelude::*,
};

/// The proposal of an order of all patches.
pub(crate) fn in_order(order: &[usize], ask: &Ask<'_>) -> Result<Vec<u32>, Fault> {
    fill_in_order(order, &ask.demand).map_err(|e| Fault::internal(e.to_string()))
}

/// The proposal of the first patches of an order, made for [`enough`]. The rest get the least.
pub(crate) fn in_order_so_far(mut order: Vec<usize>, ask: &Ask<'_>) -> Result<Vec<u32>, Fault> {
    let mut taken = vec![false; ask.demand.patches()];
    order.iter().for_each(|&patch| taken[patch] = true);
    order.extend((0..taken.len()).filter(|&patch| !taken[patch]));
    in_order(&order, ask)
}

/// Told one patch after another, says when nothing is left for those that follow.
///
/// With levels the remainder may fit a patch anywhere in the order, so all of it is needed.
pub(crate) fn enough(demand: &Demand) -> impl FnMut(usize) -> bool {
    let mut left = demand.surplus();
    move |patch| {
        left = left.saturating_sub(u64::from(demand.max()[patch] - demand.min()[patch]));
        left == 0 && *demand.levels() == Levels::Any
    }
}

/// All patches by score, the largest first; of equals the first.
pub(crate) fn by_score(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    order
}

#[cfg(test)]
pub(crate) mod testing {
    //! Keeping some of 4×4 patches, and what every rule must satisfy.

    use arrcoc_sdk::{buffer::TensorBuf, stats::Grid, testing::run_allocator};

    use super::*;

    pub(crate) const EVEN: [f64; 16] = [1.0 / 16.0; 16];

    /// 4×4 patches, keep some of them.
    pub(crate) fn keep<A: Allocator>(total: u64, weights: &[f64], seed: Option<i64>) -> Vec<usize> {
        let demand = Demand::new(vec![0; 16], vec![1; 16], Levels::Any, total).unwrap();
        let params: Vec<_> = seed.iter().map(|&s| ("seed", s.into())).collect();
        let tokens = run_allocator::<A>(&params, weights, &demand, Grid::new(4, 4).unwrap(), &[]).unwrap();
        (0..16).filter(|&i| tokens[i] == 1).collect()
    }

    /// The statistics of a picture of noise, flat areas and stripes on a grid.
    pub(crate) fn stats(grid: Grid) -> TensorBuf {
        let (width, height) = (grid.cols * 9 + 1, grid.rows * 8 + 3);
        let mut state = 7u32;
        let rgb: Vec<u8> = (0..width * height * 3)
            .map(|i| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let x = i / 3 % width;
                match x * 4 / width {
                    0 => 90,
                    1 => (state >> 24) as u8,
                    _ => (x * (1 + i / 3 / width / 9) % 2 * 255) as u8,
                }
            })
            .collect();
        let pixels = arrcoc_stats::Pixels::new(width, height, &rgb).unwrap();
        let tiling = arrcoc_stats::Tiling::new(grid, width, height).unwrap();
        let table = arrcoc_stats::scan_threads(&pixels, &tiling, arrcoc_stats::EDGE_THRESHOLD, 1);
        let shape = [grid.patches() as u64, arrcoc_stats::FIELDS as u64];
        TensorBuf::new("patch_stats", &shape, table.as_slice()).unwrap()
    }

    /// Runs a rule over grids, bounds, totals and levels; every proposal must be
    /// admitted (exact and bounded) and be the same twice.
    pub(crate) fn is_admitted_everywhere<A: Allocator>(tensors: impl Fn(Grid) -> Vec<TensorBuf>) {
        for (rows, cols) in [(1, 1), (1, 7), (5, 3), (8, 8)] {
            let grid = Grid::new(rows, cols).unwrap();
            let n = grid.patches();
            let tensors = tensors(grid);
            let tensors: Vec<&TensorBuf> = tensors.iter().collect();
            let weights: Vec<f64> = (0..n).map(|i| (i % 5) as f64 / n as f64 + 1e-9).collect();
            let uneven: Vec<u32> = (0..n).map(|i| [400, 64, 90][i % 3]).collect();
            for (min, max) in [(vec![0; n], vec![1; n]), (vec![64; n], vec![400; n]), (vec![64; n], uneven)] {
                let ends: [u64; 2] = [&min, &max].map(|side| side.iter().map(|&t| u64::from(t)).sum());
                for levels in [Levels::Any, Levels::Squares, Levels::List(vec![64, 100, 300])] {
                    for part in 0..=4 {
                        let total = ends[0] + (ends[1] - ends[0]) * part / 4;
                        let demand = Demand::new(min.clone(), max.clone(), levels.clone(), total).unwrap();
                        let run = || run_allocator::<A>(&[], &weights, &demand, grid, &tensors);
                        assert_eq!(run().unwrap(), run().unwrap(), "{grid} {total} {levels:?}");
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_long_enough_when_nothing_is_left() {
        let demand = |levels| Demand::new(vec![1; 4], vec![5, 1, 4, 9], levels, 4 + 7).unwrap();
        let plain = demand(Levels::Any);
        let mut tell = enough(&plain);
        // Room 4, then 0, then 3: that is 7.
        assert_eq!([tell(0), tell(1), tell(2)], [false, false, true]);
        let squares = demand(Levels::Squares);
        let mut tell = enough(&squares);
        assert!(!(0..4).any(&mut tell));
    }
}
