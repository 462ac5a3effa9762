//! The patch grid, and how it tiles an image exactly.
//!
//! Patch (r, c) of an R×C grid over an H×W image covers the rows ⌊rH/R⌋ up to
//! ⌊(r+1)H/R⌋ and the columns ⌊cW/C⌋ up to ⌊(c+1)W/C⌋. Every pixel lies in exactly
//! one patch and nothing is resized or padded, so sums over patches are sums over
//! the image. Patches differ by at most one pixel in each side.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A patch grid: `rows` × `cols` patches, numbered row by row from the top left.
///
/// The fields are public for matching and printing; make one with [`Grid::new`],
/// which checks that each side lies in 1..=[`Grid::MAX_SIDE`]. Reading one with
/// serde checks the same. The default is 24×24.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Grid {
    /// Number of rows of patches.
    pub rows: u32,
    /// Number of columns of patches.
    pub cols: u32,
}

/// What serde reads before the sides are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    rows: u32,
    cols: u32,
}

impl TryFrom<Unchecked> for Grid {
    type Error = GridError;

    fn try_from(unchecked: Unchecked) -> Result<Self, GridError> {
        Self::new(unchecked.rows, unchecked.cols)
    }
}

impl Grid {
    /// The most rows, and the most columns, that a grid may have.
    pub const MAX_SIDE: u32 = 4096;

    /// Makes a grid of `rows` × `cols` patches.
    ///
    /// # Errors
    ///
    /// [`GridError::Side`] when a side is 0 or above [`Grid::MAX_SIDE`].
    pub fn new(rows: u32, cols: u32) -> Result<Self, GridError> {
        let valid = 1..=Self::MAX_SIDE;
        if valid.contains(&rows) && valid.contains(&cols) {
            Ok(Self { rows, cols })
        } else {
            Err(GridError::Side { rows, cols })
        }
    }

    /// The number of patches, N.
    #[must_use]
    pub fn patches(self) -> usize {
        self.rows as usize * self.cols as usize
    }

    /// The number of the patch at (`row`, `col`).
    #[must_use]
    pub fn index(self, row: u32, col: u32) -> usize {
        debug_assert!(row < self.rows && col < self.cols, "patch {row},{col} is outside {self}");
        row as usize * self.cols as usize + col as usize
    }

    /// The (row, column) of a patch by its number.
    #[must_use]
    pub fn position(self, patch: usize) -> (u32, u32) {
        debug_assert!(patch < self.patches(), "patch {patch} is outside {self}");
        let cols = self.cols as usize;
        ((patch / cols) as u32, (patch % cols) as u32)
    }
}

impl Default for Grid {
    fn default() -> Self {
        Self { rows: 24, cols: 24 }
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.rows, self.cols)
    }
}

impl FromStr for Grid {
    type Err = GridError;

    fn from_str(text: &str) -> Result<Self, GridError> {
        let malformed = || GridError::Malformed { text: text.to_owned() };
        let (rows, cols) = text.split_once(['x', 'X', '×']).ok_or_else(malformed)?;
        let side = |digits: &str| digits.trim().parse::<u32>().map_err(|_| malformed());
        Self::new(side(rows)?, side(cols)?)
    }
}

/// Why there is no such grid, or why it does not fit an image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GridError {
    /// A side is outside 1..=[`Grid::MAX_SIDE`].
    #[error("a grid of `{rows}x{cols}` is out of range: each side is 1 to {max}", max = Grid::MAX_SIDE)]
    Side {
        /// Rows asked for.
        rows: u32,
        /// Columns asked for.
        cols: u32,
    },
    /// The text is not of the form `24x24`.
    #[error("`{text}` is not a grid: write rows x columns, such as `24x24`")]
    Malformed {
        /// What was read.
        text: String,
    },
    /// The image has fewer pixels than patches along a side.
    #[error("an image of {width}x{height} pixels is smaller than the grid `{grid}` (rows x columns)")]
    ImageTooSmall {
        /// Width of the image in pixels.
        width: u32,
        /// Height of the image in pixels.
        height: u32,
        /// The grid asked for.
        grid: Grid,
        /// The grid nearest to the one asked for that fits: each side at most the image's.
        /// `None` when the image has no pixels.
        largest: Option<Grid>,
    },
}

impl GridError {
    /// What would mend the request, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::ImageTooSmall { largest: Some(grid), .. } => {
                Some(format!("the largest grid that fits is `{grid}`"))
            }
            _ => None,
        }
    }
}

/// A rectangle of pixels: `x..x+width` by `y..y+height`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rect {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Number of columns.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
}

/// A grid laid over an image of a given size, in which every patch has at least
/// one pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiling {
    grid: Grid,
    width: u32,
    height: u32,
}

impl Tiling {
    /// Lays `grid` over an image of `width` × `height` pixels.
    ///
    /// # Errors
    ///
    /// [`GridError::ImageTooSmall`] when the image has fewer rows or columns than the
    /// grid; it names the largest grid that fits. [`GridError::Side`] when the grid
    /// was put together by hand with a side out of range.
    pub fn new(grid: Grid, width: u32, height: u32) -> Result<Self, GridError> {
        let grid = Grid::new(grid.rows, grid.cols)?;
        if width < grid.cols || height < grid.rows {
            let largest = Grid::new(grid.rows.min(height), grid.cols.min(width)).ok();
            return Err(GridError::ImageTooSmall { width, height, grid, largest });
        }
        Ok(Self { grid, width, height })
    }

    /// The grid.
    #[must_use]
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// Width of the image in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height of the image in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The rows of pixels that patch row `r` covers; never empty for `r` in the grid.
    #[must_use]
    pub fn rows(&self, r: u32) -> Range<u32> {
        cut(r, self.grid.rows, self.height)
    }

    /// The columns of pixels that patch column `c` covers; never empty for `c` in the grid.
    #[must_use]
    pub fn cols(&self, c: u32) -> Range<u32> {
        cut(c, self.grid.cols, self.width)
    }

    /// The pixels that a patch covers, by its number.
    #[must_use]
    pub fn patch(&self, patch: usize) -> Rect {
        let (r, c) = self.grid.position(patch);
        let (rows, cols) = (self.rows(r), self.cols(c));
        Rect { x: cols.start, y: rows.start, width: cols.end - cols.start, height: rows.end - rows.start }
    }
}

/// Part `i` of `length` pixels cut into `parts`: ⌊i·length/parts⌋ up to
/// ⌊(i+1)·length/parts⌋.
fn cut(i: u32, parts: u32, length: u32) -> Range<u32> {
    debug_assert!(i < parts, "part {i} of {parts}");
    let at = |i: u64| (i * u64::from(length) / u64::from(parts)) as u32;
    at(u64::from(i))..at(u64::from(i) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn patches_tile_the_image(rows in 1u32..40, cols in 1u32..40, extra_w in 0u32..200, extra_h in 0u32..200) {
            let (width, height) = (cols + extra_w, rows + extra_h);
            let tiling = Tiling::new(Grid::new(rows, cols).unwrap(), width, height).unwrap();
            let mut covered = vec![0u8; (width * height) as usize];
            for patch in 0..tiling.grid().patches() {
                let rect = tiling.patch(patch);
                prop_assert!(rect.width >= 1 && rect.height >= 1);
                for y in rect.y..rect.y + rect.height {
                    for x in rect.x..rect.x + rect.width {
                        covered[(y * width + x) as usize] += 1;
                    }
                }
            }
            prop_assert!(covered.iter().all(|&n| n == 1));
        }

        #[test]
        fn text_round_trips(rows in 1u32..=4096, cols in 1u32..=4096) {
            let grid = Grid::new(rows, cols).unwrap();
            prop_assert_eq!(grid.to_string().parse::<Grid>().unwrap(), grid);
        }

        #[test]
        fn index_and_position_agree(rows in 1u32..50, cols in 1u32..50, pick in 0usize..2500) {
            let grid = Grid::new(rows, cols).unwrap();
            let patch = pick % grid.patches();
            let (r, c) = grid.position(patch);
            prop_assert_eq!(grid.index(r, c), patch);
        }
    }

    #[test]
    fn the_largest_sizes_do_not_overflow() {
        let tiling = Tiling::new(Grid::new(4096, 4096).unwrap(), u32::MAX, u32::MAX).unwrap();
        assert_eq!(tiling.rows(4095).end, u32::MAX);
        assert_eq!(tiling.cols(0).start, 0);
    }

    #[test]
    fn a_small_image_is_told_the_largest_grid() {
        let error = Tiling::new(Grid::default(), 20, 100).unwrap_err();
        assert_eq!(
            error.to_string(),
            "an image of 20x100 pixels is smaller than the grid `24x24` (rows x columns)"
        );
        assert_eq!(error.hint().as_deref(), Some("the largest grid that fits is `24x20`"));
        assert_eq!(Tiling::new(Grid::default(), 0, 100).unwrap_err().hint(), None);
    }

    #[test]
    fn bad_text_and_bad_sides_are_refused() {
        for text in ["", "24", "x", "24x", "24x24x24", "-1x4", "a x b", "99999999999x1"] {
            assert!(matches!(text.parse::<Grid>(), Err(GridError::Malformed { .. })), "{text}");
        }
        for (rows, cols) in [(0, 1), (1, 0), (4097, 1), (1, 4097)] {
            assert_eq!(Grid::new(rows, cols), Err(GridError::Side { rows, cols }));
            assert_eq!(Tiling::new(Grid { rows, cols }, 9999, 9999), Err(GridError::Side { rows, cols }));
        }
    }
}
