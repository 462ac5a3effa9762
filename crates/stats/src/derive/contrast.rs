//! How a patch's colour differs from its surround and from the whole image.
//!
//! Sums over rings are differences of sums over squares, and those come from a
//! table of sums over all rectangles that start in the corner (Crow 1984), so the
//! cost does not depend on the radius. All of that is in integers.

use crate::grid::Grid;
use crate::lab::Area;
use crate::statistics::PatchStats;

/// Radii of the near and the far ring, in patches.
const RADII: [u32; 2] = [1, 3];

/// The range of L.
const LIGHTNESS_RANGE: f64 = 100.0;

/// A chroma distance that counts as the most: about that of saturated red and grey
/// plus a quarter. Only opposed saturated colours, such as blue and green, differ by
/// more.
const CHROMA_RANGE: f64 = 128.0;

/// A colour difference that counts as the most: that of black and white.
const COLOUR_RANGE: f64 = 100.0;

/// Channels of N values in 0..=1, contrasts for each of [`RADII`].
pub(super) struct Contrast {
    pub(super) luma: [Vec<f32>; 2],
    pub(super) colour: [Vec<f32>; 2],
    pub(super) rarity: Vec<f32>,
}

pub(super) fn contrast(stats: &PatchStats<'_>) -> Contrast {
    let grid = stats.grid();
    let patches: Vec<Area> =
        stats.patches().map(|patch| Area { count: patch.count(), rgb: patch.sum_rgb() }).collect();
    let sums = CornerSums::new(grid, &patches);
    let image = sums.square(0, 0, grid.rows.max(grid.cols));
    let share = |distance: f64, range: f64| (distance / range).min(1.0) as f32;

    let channel = || Vec::with_capacity(patches.len());
    let mut contrast =
        Contrast { luma: [channel(), channel()], colour: [channel(), channel()], rarity: channel() };
    let image = image.lab();
    for (patch, &area) in patches.iter().enumerate() {
        let (row, col) = grid.position(patch);
        let centre = area.lab();
        let against = |other: Option<crate::lab::Lab>| centre.zip(other);
        for (scale, &radius) in RADII.iter().enumerate() {
            let ring = against(sums.square(row, col, radius).minus(area).lab());
            let luma = ring.map_or(0.0, |(centre, ring)| centre.lightness_distance(ring));
            let colour = ring.map_or(0.0, |(centre, ring)| centre.chroma_distance(ring));
            contrast.luma[scale].push(share(luma, LIGHTNESS_RANGE));
            contrast.colour[scale].push(share(colour, CHROMA_RANGE));
        }
        let rarity = against(image).map_or(0.0, |(centre, image)| centre.distance(image));
        contrast.rarity.push(share(rarity, COLOUR_RANGE));
    }
    contrast
}

/// Sums over the rectangles of patches from the top left corner: (rows+1) × (cols+1),
/// with a row and a column of zeros in front.
struct CornerSums {
    grid: Grid,
    sums: Vec<Area>,
}

impl CornerSums {
    fn new(grid: Grid, patches: &[Area]) -> Self {
        let stride = grid.cols as usize + 1;
        let mut sums = vec![Area::default(); (grid.rows as usize + 1) * stride];
        for (row, line) in patches.chunks_exact(grid.cols as usize).enumerate() {
            let mut along = Area::default();
            for (col, &area) in line.iter().enumerate() {
                along = along.plus(area);
                sums[(row + 1) * stride + col + 1] = sums[row * stride + col + 1].plus(along);
            }
        }
        Self { grid, sums }
    }

    /// The sum over the patches at a Chebyshev distance of at most `radius` from
    /// (`row`, `col`), as far as there are any.
    fn square(&self, row: u32, col: u32, radius: u32) -> Area {
        let (top, left) = (row.saturating_sub(radius), col.saturating_sub(radius));
        let bottom = (row + radius + 1).min(self.grid.rows);
        let right = (col + radius + 1).min(self.grid.cols);
        let at = |r: u32, c: u32| self.sums[r as usize * (self.grid.cols as usize + 1) + c as usize];
        at(bottom, right).plus(at(top, left)).minus(at(top, right)).minus(at(bottom, left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_sums_over_the_patches_in_them() {
        let grid = Grid::new(5, 7).unwrap();
        let patches: Vec<Area> = (0..35).map(|i| Area { count: 1 + i % 3, rgb: [i * i, i, 3] }).collect();
        let sums = CornerSums::new(grid, &patches);
        for radius in 0..8 {
            for patch in 0..35 {
                let (row, col) = grid.position(patch);
                let mut expected = Area::default();
                for (other, &area) in patches.iter().enumerate() {
                    let (r, c) = grid.position(other);
                    if r.abs_diff(row).max(c.abs_diff(col)) <= radius {
                        expected = expected.plus(area);
                    }
                }
                assert_eq!(sums.square(row, col, radius), expected);
            }
        }
    }
}
