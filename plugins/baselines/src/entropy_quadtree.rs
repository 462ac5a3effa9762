//! APT: large patches where the image is plain, small ones where it is not.
//!
//! Choudhury et al., "Accelerating Vision Transformers with Adaptive Patch Sizes"
//! (2025), arXiv:2510.18091. The image is cut into patches of several sizes: a large
//! one stays whole where the entropy of its pixels is below a threshold, else it is
//! cut in four. Every patch that results is one token, whatever its size.
//!
//! Here the smallest patch is one of the grid, and a threshold must become an exact
//! number of tokens:
//!
//! - The whole grid is the first block. Again and again the block with the highest
//!   entropy is cut, at ⌊rows/2⌋ and ⌊columns/2⌋, into at most four; of equals the
//!   larger, then the first. That is a threshold for all sizes, lowered step by step.
//! - It ends when there are K blocks or more, with K the number of patches that the
//!   surplus fills when every patch has average room, at least 1. A cut adds three
//!   blocks at most, so there are fewer than K + 3.
//! - Every block gets the same quota of the surplus, whatever its size, as far as
//!   its room allows; what a full block cannot take goes to the others. Inside a
//!   block the quota is laid out evenly.
//!
//! Entropy is that of the luma histogram of the block, −Σ p·log₂p, from the patch
//! statistics, so the rule needs no encoder; it is still *the rule*, on this grid,
//! and not the published system, which trains a model for its patches.

use arrcoc_sdk::{
    decide::{Demand, uniform},
    describe::Determinism,
    prelude::*,
};
use arrcoc_stats::PatchStats;

use crate::quotas::by_quota;

pub(crate) struct EntropyQuadtree;

impl Allocator for EntropyQuadtree {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new(
            "entropy-quadtree",
            "blocks are cut in four where entropy is highest, and share alike (APT, arXiv:2510.18091): the \
             rule, not the published system",
        )
        .requires("patch_stats")
        .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(EntropyQuadtree)
    }

    fn allocate(&self, ask: &Ask<'_>, call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        let stats = ask.inputs.patch_stats()?;
        let blocks = cut(&stats, wanted(&ask.demand), || call.check())?;
        let groups: Vec<Vec<usize>> = blocks.iter().map(|block| block.patches(&stats)).collect();
        let even = |part: &Demand| Ok(uniform(part));
        by_quota(&groups, &vec![1.0; groups.len()], &ask.demand, |_, part| even(part), even)
    }
}

/// How many patches the surplus fills when every patch has average room, from 1 to N.
fn wanted(demand: &Demand) -> usize {
    let room: u64 = demand.max().iter().zip(demand.min()).map(|(max, min)| u64::from(max - min)).sum();
    let patches = demand.patches();
    let filled = (u128::from(demand.surplus()) * patches as u128).div_ceil(u128::from(room.max(1)));
    (filled as usize).clamp(1, patches)
}

/// Rows and columns of patches, from the first to before the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    rows: (u32, u32),
    cols: (u32, u32),
}

impl Block {
    fn size(&self) -> u64 {
        u64::from(self.rows.1 - self.rows.0) * u64::from(self.cols.1 - self.cols.0)
    }

    fn patches(&self, stats: &PatchStats<'_>) -> Vec<usize> {
        let grid = stats.grid();
        (self.rows.0..self.rows.1)
            .flat_map(|row| (self.cols.0..self.cols.1).map(move |col| grid.index(row, col)))
            .collect()
    }

    /// Its parts; itself when it is one patch.
    fn parts(&self) -> impl Iterator<Item = Block> {
        let halves = |(from, to): (u32, u32)| {
            let middle = from + (to - from) / 2;
            [(from, middle), (middle, to)].into_iter().filter(|(from, to)| from < to)
        };
        let cols = self.cols;
        halves(self.rows).flat_map(move |rows| halves(cols).map(move |cols| Block { rows, cols }))
    }

    /// Entropy of its luma histogram in bits.
    fn entropy(&self, stats: &PatchStats<'_>) -> f64 {
        let mut histogram = [0i64; 256];
        for patch in self.patches(stats) {
            for (sum, bin) in histogram.iter_mut().zip(stats.patch(patch).histogram()) {
                *sum += bin;
            }
        }
        let count = histogram.iter().sum::<i64>().max(1) as f64;
        let whole = libm::log2(count);
        let bits = histogram.iter().filter(|&&n| n > 0).map(|&n| n as f64 * (whole - libm::log2(n as f64)));
        bits.sum::<f64>() / count
    }
}

/// At least `wanted` blocks, in reading order of their corners, or all patches.
fn cut<E>(stats: &PatchStats<'_>, wanted: usize, check: impl Fn() -> Result<(), E>) -> Result<Vec<Block>, E> {
    let grid = stats.grid();
    let whole = Block { rows: (0, grid.rows), cols: (0, grid.cols) };
    let mut waiting = std::collections::BinaryHeap::from([Waiting::new(whole, stats)]);
    let mut done = Vec::new();
    while waiting.len() + done.len() < wanted {
        let Some(next) = waiting.pop() else { break };
        check()?;
        for part in next.block.parts() {
            match part.size() {
                1 => done.push(part),
                _ => waiting.push(Waiting::new(part, stats)),
            }
        }
    }
    done.extend(waiting.into_iter().map(|waiting| waiting.block));
    done.sort_unstable();
    Ok(done)
}

/// A block that can be cut.
struct Waiting {
    entropy: f64,
    block: Block,
}

impl Waiting {
    fn new(block: Block, stats: &PatchStats<'_>) -> Waiting {
        Waiting { entropy: block.entropy(stats), block }
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Waiting) -> std::cmp::Ordering {
        let by_entropy = self.entropy.total_cmp(&other.entropy);
        by_entropy.then(self.block.size().cmp(&other.block.size())).then(other.block.cmp(&self.block))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Waiting) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Waiting) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Waiting {}

#[cfg(test)]
mod tests {
    use arrcoc_sdk::{buffer::TensorBuf, decide::Levels, stats::Grid, testing::run_allocator};

    use super::*;
    use crate::set_rule::testing::{is_admitted_everywhere, stats};

    /// Statistics of patches of 4 pixels with these lumas.
    fn of(rows: u32, cols: u32, lumas: &[[usize; 4]]) -> PatchStats<'static> {
        let mut table = vec![0i64; lumas.len() * arrcoc_stats::FIELDS];
        for (row, lumas) in table.chunks_exact_mut(arrcoc_stats::FIELDS).zip(lumas) {
            row[0] = 4;
            lumas.iter().for_each(|luma| row[1 + luma] += 1);
        }
        PatchStats::from_raw(Grid::new(rows, cols).unwrap(), table).unwrap()
    }

    const FLAT: [usize; 4] = [9; 4];

    #[test]
    fn entropy_is_that_of_the_whole_block() {
        let stats = of(1, 2, &[[0, 0, 1, 1], [2, 2, 3, 3]]);
        let block = |cols| Block { rows: (0, 1), cols };
        // Two values in equal shares are 1 bit, four are 2.
        assert_eq!([block((0, 1)), block((1, 2)), block((0, 2))].map(|b| b.entropy(&stats)), [1.0, 1.0, 2.0]);
        assert_eq!(Block { rows: (0, 1), cols: (0, 1) }.entropy(&of(1, 1, &[FLAT])), 0.0);
    }

    /// 4×4 patches, plain but for patch 5 in the upper left quarter. Four blocks: the quarters. The upper left one
    /// is cut next: seven blocks.
    #[test]
    fn a_small_example_by_hand() {
        let mut lumas = [FLAT; 16];
        lumas[5] = [0, 80, 160, 240];
        let stats = of(4, 4, &lumas);
        let tensor = TensorBuf::new("patch_stats", &[16, 264], stats.as_slice()).unwrap();
        let run = |total| {
            let demand = Demand::new(vec![0; 16], vec![4; 16], Levels::Any, total).unwrap();
            let grid = Grid::new(4, 4).unwrap();
            run_allocator::<EntropyQuadtree>(&[], &[0.0625; 16], &demand, grid, &[&tensor]).unwrap()
        };
        // 16 of 64 are a quarter: K = 4, four tokens for each quarter, one for each patch.
        assert_eq!(run(16), [1; 16]);
        // 28 of 64: K = 7, four tokens for each block: patches 0, 1, 4, 5 are blocks.
        assert_eq!(run(28), [4, 4, 1, 1, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn blocks_tile_the_grid() {
        let table = stats(Grid::new(5, 7).unwrap());
        let raw = table.view().unwrap().as_slice::<i64>().unwrap().to_vec();
        let stats = PatchStats::from_raw(Grid::new(5, 7).unwrap(), raw).unwrap();
        for wanted in 1..=35 {
            let blocks = cut(&stats, wanted, || Ok::<(), ()>(())).unwrap();
            assert!((wanted..wanted + 3).contains(&blocks.len()), "{wanted}: {}", blocks.len());
            let mut patches: Vec<usize> = blocks.iter().flat_map(|b| b.patches(&stats)).collect();
            patches.sort_unstable();
            assert_eq!(patches, (0..35).collect::<Vec<_>>());
        }
    }

    #[test]
    fn it_is_admitted_everywhere() {
        is_admitted_everywhere::<EntropyQuadtree>(|grid| vec![stats(grid)]);
    }
}
