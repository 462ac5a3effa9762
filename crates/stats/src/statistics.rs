//! The table of patch statistics: its layout, and what makes one valid.
//!
//! A table may come from a plugin, over a file, or from this crate. [`PatchStats`]
//! is the proof that it was checked: what is derived from it is then finite and in
//! range by construction, and nobody checks again.

use std::borrow::Cow;

use crate::grid::Grid;

/// Numbers per patch: count, histogram\[256\], ΣR, ΣG, ΣB, edges, Jxx, Jyy, Jxy.
pub const FIELDS: usize = 264;

/// A pixel is an edge pixel when |gx| + |gy| of the Sobel operator on luma is at
/// least this, unless a caller chooses otherwise. The sum is at most 2040.
pub const EDGE_THRESHOLD: i32 = 64;

pub(crate) const COUNT: usize = 0;
pub(crate) const HISTOGRAM: usize = 1;
pub(crate) const SUM_R: usize = 257;
pub(crate) const SUM_G: usize = 258;
pub(crate) const SUM_B: usize = 259;
pub(crate) const EDGES: usize = 260;
pub(crate) const JXX: usize = 261;
pub(crate) const JYY: usize = 262;
pub(crate) const JXY: usize = 263;

/// The most pixels that a table may describe. No image comes near it; with it, no
/// sum of fields over patches can overflow.
const MAX_PIXELS: i64 = 1 << 40;

/// Luma of a pixel, (77R + 150G + 29B + 128) >> 8: BT.601 weights in 1/256. The
/// weights add up to 256, so grey keeps its value.
#[must_use]
#[inline]
pub fn luma(r: u8, g: u8, b: u8) -> u8 {
    ((77 * u32::from(r) + 150 * u32::from(g) + 29 * u32::from(b) + 128) >> 8) as u8
}

/// Statistics of every patch of a grid: a table of N × [`FIELDS`] 64-bit integers,
/// the layout of the well-known tensor `patch_stats`.
///
/// | field | index | what | range |
/// |---|---|---|---|
/// | count | 0 | pixels in the patch | ≥ 1 |
/// | histogram | 1..257 | pixels of each luma | ≥ 0, adding up to count |
/// | ΣR, ΣG, ΣB | 257..260 | sums of the colour values | 0..=255 · count |
/// | edges | 260 | pixels with \|gx\| + \|gy\| ≥ the threshold | 0..=count |
/// | Jxx, Jyy | 261, 262 | Σ(gx/4)², Σ(gy/4)² | 0..=255² · count |
/// | Jxy | 263 | Σ(gx/4)(gy/4) | Jxy² ≤ Jxx · Jyy |
///
/// gx and gy are the 3×3 Sobel derivatives of luma, x to the right and y down, with
/// the border of the *image* replicated; patches see across their own borders. The
/// division by 4 truncates towards zero, so mirroring only changes signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchStats<'a> {
    grid: Grid,
    table: Cow<'a, [i64]>,
}

impl<'a> PatchStats<'a> {
    /// The table of an image in which nothing was counted yet. Everything derived
    /// from it is 0.
    #[must_use]
    pub fn zeroed(grid: Grid) -> Self {
        Self { grid, table: vec![0; grid.patches() * FIELDS].into() }
    }

    /// Takes or borrows a table from elsewhere, after checking every range that
    /// [`PatchStats`] states.
    ///
    /// # Errors
    ///
    /// [`StatsError`], naming the first patch and field that is out of range.
    pub fn from_raw(grid: Grid, table: impl Into<Cow<'a, [i64]>>) -> Result<Self, StatsError> {
        let table = table.into();
        let expected = grid.patches() * FIELDS;
        if table.len() != expected {
            return Err(StatsError::Length { grid, expected, found: table.len() });
        }
        let mut pixels = 0i64;
        for (patch, row) in table.chunks_exact(FIELDS).enumerate() {
            check(row).map_err(|fault| StatsError::Patch { patch, fault })?;
            // Both terms are at most `MAX_PIXELS`.
            pixels += row[COUNT];
            if pixels > MAX_PIXELS {
                return Err(StatsError::TooManyPixels);
            }
        }
        Ok(Self { grid, table })
    }

    /// Wraps what this crate counted itself.
    pub(crate) fn counted(grid: Grid, table: Vec<i64>) -> Self {
        debug_assert_eq!(table.len(), grid.patches() * FIELDS);
        Self { grid, table: table.into() }
    }

    /// The whole table, N × [`FIELDS`], patch by patch.
    #[must_use]
    pub fn as_slice(&self) -> &[i64] {
        &self.table
    }

    /// Gives the table away; copies it where it was borrowed.
    #[must_use]
    pub fn into_raw(self) -> Vec<i64> {
        self.table.into_owned()
    }

    /// The grid of the patches.
    #[must_use]
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// One patch.
    ///
    /// # Panics
    ///
    /// When `patch` is not below the number of patches.
    #[must_use]
    pub fn patch(&self, patch: usize) -> PatchView<'_> {
        PatchView { fields: &self.table[patch * FIELDS..][..FIELDS] }
    }

    /// All patches in order.
    pub(crate) fn patches(&self) -> impl ExactSizeIterator<Item = PatchView<'_>> {
        self.table.chunks_exact(FIELDS).map(|fields| PatchView { fields })
    }
}

/// The statistics of one patch. See [`PatchStats`] for what the fields mean.
#[derive(Clone, Copy, Debug)]
pub struct PatchView<'a> {
    fields: &'a [i64],
}

impl<'a> PatchView<'a> {
    /// Pixels in the patch.
    #[must_use]
    pub fn count(&self) -> i64 {
        self.fields[COUNT]
    }

    /// Pixels of each luma, 256 numbers.
    #[must_use]
    pub fn histogram(&self) -> &'a [i64] {
        &self.fields[HISTOGRAM..SUM_R]
    }

    /// Sums of red, green and blue.
    #[must_use]
    pub fn sum_rgb(&self) -> [i64; 3] {
        [self.fields[SUM_R], self.fields[SUM_G], self.fields[SUM_B]]
    }

    /// Edge pixels.
    #[must_use]
    pub fn edges(&self) -> i64 {
        self.fields[EDGES]
    }

    /// Σ(gx/4)².
    #[must_use]
    pub fn jxx(&self) -> i64 {
        self.fields[JXX]
    }

    /// Σ(gy/4)².
    #[must_use]
    pub fn jyy(&self) -> i64 {
        self.fields[JYY]
    }

    /// Σ(gx/4)(gy/4).
    #[must_use]
    pub fn jxy(&self) -> i64 {
        self.fields[JXY]
    }
}

/// Checks one patch of a table. Only the first check may trust nothing; the others
/// rely on `count ≤ MAX_PIXELS`, so that their arithmetic cannot overflow.
fn check(row: &[i64]) -> Result<(), PatchFault> {
    let count = row[COUNT];
    within("count", count, 1, MAX_PIXELS)?;
    let bins = &row[HISTOGRAM..SUM_R];
    // Where no bin has a bit of `MAX_PIXELS` or above, none is negative and the sum does not overflow; with the right sum
    // none is above the count. Whatever fails is looked at bin by bin.
    let small = bins.iter().fold(0, |bits, pixels| bits | pixels) & !(MAX_PIXELS - 1) == 0;
    if !small || bins.iter().sum::<i64>() != count {
        let mut sum = 0;
        for (luma, &found) in bins.iter().enumerate() {
            if !(0..=count).contains(&found) {
                return Err(PatchFault::Bin { luma, found, count });
            }
            sum += found;
        }
        if sum != count {
            return Err(PatchFault::HistogramSum { sum, count });
        }
    }
    within("sum of red", row[SUM_R], 0, 255 * count)?;
    within("sum of green", row[SUM_G], 0, 255 * count)?;
    within("sum of blue", row[SUM_B], 0, 255 * count)?;
    within("edges", row[EDGES], 0, count)?;
    within("jxx", row[JXX], 0, 255 * 255 * count)?;
    within("jyy", row[JYY], 0, 255 * 255 * count)?;
    let (jxx, jyy, jxy) = (row[JXX], row[JYY], row[JXY]);
    // Cauchy–Schwarz: without it, coherence could exceed 1.
    let product = i128::from(jxx) * i128::from(jyy);
    if i128::from(jxy) * i128::from(jxy) > product {
        return Err(PatchFault::Tensor { jxx, jyy, jxy });
    }
    Ok(())
}

fn within(field: &'static str, found: i64, min: i64, max: i64) -> Result<(), PatchFault> {
    if (min..=max).contains(&found) { Ok(()) } else { Err(PatchFault::Range { field, found, min, max }) }
}

/// Why a table is not one of patch statistics.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatsError {
    /// The table has another length than the grid needs.
    #[error("patch statistics of grid `{grid}` are {expected} numbers, but {found} were given")]
    Length {
        /// The grid.
        grid: Grid,
        /// N × [`FIELDS`].
        expected: usize,
        /// Numbers given.
        found: usize,
    },
    /// A patch breaks a rule.
    #[error("patch statistics of patch {patch}: {fault}")]
    Patch {
        /// Number of the patch.
        patch: usize,
        /// The rule.
        fault: PatchFault,
    },
    /// The counts add up to more pixels than any image has.
    #[error("patch statistics count more than {MAX_PIXELS} pixels")]
    TooManyPixels,
}

/// The rule that a patch's statistics break.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatchFault {
    /// A field is outside its range.
    #[error("{field} is {found}, outside {min}..={max}")]
    Range {
        /// Which field.
        field: &'static str,
        /// What it holds.
        found: i64,
        /// Least possible value.
        min: i64,
        /// Greatest possible value.
        max: i64,
    },
    /// A histogram bin is negative or above the count.
    #[error("the histogram at luma {luma} is {found}, outside 0..={count}")]
    Bin {
        /// Which luma.
        luma: usize,
        /// What the bin holds.
        found: i64,
        /// Pixels in the patch.
        count: i64,
    },
    /// The histogram does not add up to the count.
    #[error("the histogram adds up to {sum}, but count is {count}")]
    HistogramSum {
        /// Sum over the bins.
        sum: i64,
        /// Pixels in the patch.
        count: i64,
    },
    /// No gradients have such a structure tensor.
    #[error("jxy is {jxy}, but its square is at most jxx {jxx} times jyy {jyy}")]
    Tensor {
        /// Σ(gx/4)².
        jxx: i64,
        /// Σ(gy/4)².
        jyy: i64,
        /// Σ(gx/4)(gy/4).
        jxy: i64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two patches, each of four pixels of luma 10.
    fn table() -> Vec<i64> {
        let mut table = vec![0; 2 * FIELDS];
        for row in table.chunks_exact_mut(FIELDS) {
            row[COUNT] = 4;
            row[HISTOGRAM + 10] = 4;
        }
        table
    }

    fn fault(field: usize, value: i64) -> StatsError {
        let mut table = table();
        table[FIELDS + field] = value;
        PatchStats::from_raw(Grid::new(1, 2).unwrap(), table).unwrap_err()
    }

    #[test]
    fn a_good_table_is_taken_as_it_is() {
        let stats = PatchStats::from_raw(Grid::new(2, 1).unwrap(), table()).unwrap();
        assert_eq!(stats.as_slice(), table());
        assert_eq!(stats.patch(1).histogram()[10], 4);
        assert_eq!(stats.into_raw(), table());
    }

    #[test]
    fn bad_tables_are_refused_by_patch_and_field() {
        let cases = [
            (COUNT, 0, "patch 1: count is 0, outside 1..="),
            (COUNT, -4, "count is -4"),
            (COUNT, i64::MAX, "count is 9223372036854775807"),
            (COUNT, 5, "the histogram adds up to 4, but count is 5"),
            (HISTOGRAM, -1, "the histogram at luma 0 is -1, outside 0..=4"),
            (HISTOGRAM + 255, 1, "the histogram adds up to 5, but count is 4"),
            (HISTOGRAM + 3, i64::MAX, "the histogram at luma 3"),
            (SUM_R, -1, "sum of red is -1, outside 0..=1020"),
            (SUM_G, 1021, "sum of green is 1021"),
            (SUM_B, i64::MIN, "sum of blue"),
            (EDGES, 5, "edges is 5, outside 0..=4"),
            (JXX, -1, "jxx is -1"),
            (JYY, 260_101, "jyy is 260101, outside 0..=260100"),
            (JXY, 1, "jxy is 1, but its square is at most jxx 0 times jyy 0"),
            (JXY, i64::MIN, "jxy is -9223372036854775808"),
        ];
        for (field, value, expected) in cases {
            let message = fault(field, value).to_string();
            assert!(message.contains(expected), "{message} has no {expected}");
        }
    }

    #[test]
    fn a_wrong_length_is_refused() {
        let error = PatchStats::from_raw(Grid::new(1, 3).unwrap(), table()).unwrap_err();
        assert_eq!(error.to_string(), "patch statistics of grid `1x3` are 792 numbers, but 528 were given");
    }

    #[test]
    fn counts_that_no_image_has_are_refused() {
        let mut table = table();
        for row in table.chunks_exact_mut(FIELDS) {
            row[COUNT] = MAX_PIXELS;
            row[HISTOGRAM + 10] = MAX_PIXELS;
        }
        assert_eq!(PatchStats::from_raw(Grid::new(1, 2).unwrap(), table), Err(StatsError::TooManyPixels));
    }

    #[test]
    fn luma_keeps_grey() {
        for value in 0..=255 {
            assert_eq!(luma(value, value, value), value);
        }
        assert_eq!([luma(255, 0, 0), luma(0, 255, 0), luma(0, 0, 255)], [77, 149, 29]);
    }
}
