//! The image cut into work for a device that adds in 32 bits.
//!
//! A graphics processor has thousands of threads, no 64-bit sums everywhere, and limits:
//! of the memory that one call may see, and of the workgroups that one call may start. So
//! the image is cut twice. A [`Block`] is a rectangle that is brought to the device at
//! once, with a rim of one pixel where the image goes on, so that gradients on its border
//! are those of the image. A [`Tile`] is a part of one patch inside a block that one
//! workgroup adds: so few pixels that every sum fits in 32 bits. The device gives
//! [`PARTIALS`] numbers for each tile, and the host adds them here, in 64 bits.
//!
//! Every device cuts the same way and every sum is of integers: it does not matter where
//! the cuts are.

use std::ops::Range;

use crate::grid::{Rect, Tiling};
use crate::pixels::Pixels;
use crate::statistics::{COUNT, FIELDS, HISTOGRAM, JXX, JXY, JYY};

/// Pixels of a tile at most: 32 768 · 255² is below 2³¹.
pub const TILE_PIXELS: u32 = 32_768;

/// Numbers that a device gives for a tile, each of 32 bits: the fields of the table in their order but for the count,
/// which the host knows. The last, Jxy, is in two's complement.
pub const PARTIALS: usize = FIELDS - 1;

/// Columns of a tile at most, so that rows are many enough to share the rows above and below them.
const TILE_COLUMNS: u32 = 1024;

/// Columns of a block at most. With [`LEAST_TILES`] it keeps a row of any block within the limit of tiles.
const BLOCK_COLUMNS: u32 = 1 << 20;

/// What a block may have at the least, whatever a device says: a row of the finest grid, with long patches cut.
const LEAST_TILES: usize = 8192;

/// The same in bytes: four rows of eight pixels.
const LEAST_BYTES: u64 = 4 * 24;

/// What a device takes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockLimits {
    /// Bytes of the pixels of a block, its rim among them, at most; at least 96.
    pub bytes: u64,
    /// Tiles of a block at most; at least 8192.
    pub tiles: usize,
    /// Pixels of a tile at most, 1 to [`TILE_PIXELS`]. Fewer give a device with many processors more to share.
    pub tile_pixels: u32,
}

/// A part of one patch, inside a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Its place in the block's area, whose first pixel is (0, 0).
    pub rect: Rect,
    /// The patch that it is part of.
    pub patch: usize,
}

/// A rectangle of the image that a device works on at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    area: Rect,
    tiles: Vec<Tile>,
}

impl Block {
    /// What the device must see: the pixels of the tiles and, where the image goes on, one more on each side. Outside
    /// of it the nearest pixel counts, as outside of the image.
    #[must_use]
    pub fn area(&self) -> Rect {
        self.area
    }

    /// Its tiles.
    #[must_use]
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// Bytes from one row of the area to the next: groups of four pixels, of twelve bytes.
    #[must_use]
    pub fn stride(&self) -> usize {
        stride(self.area.width) as usize
    }

    /// Bytes of all rows.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.stride() * self.area.height as usize
    }

    /// The rows of the area, from the top. A device keeps each at a multiple of [`Block::stride`]; what fills a row up
    /// does not count.
    ///
    /// # Panics
    ///
    /// When the area is not inside of the image.
    pub fn rows<'a>(&self, pixels: &Pixels<'a>) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (area, pixels) = (self.area, *pixels);
        let span = 3 * area.x as usize..3 * (area.x + area.width) as usize;
        (area.y..area.y + area.height).map(move |y| &pixels.row(y)[span.clone()])
    }

    /// Adds what the device gave, [`PARTIALS`] numbers for each tile in order, to the table.
    ///
    /// # Panics
    ///
    /// When there are fewer numbers, or the table is of another grid.
    pub fn add(&self, partials: &[u32], table: &mut [i64]) {
        for (tile, partials) in
            self.tiles.iter().zip(partials[..self.tiles.len() * PARTIALS].chunks_exact(PARTIALS))
        {
            let fields = &mut table[tile.patch * FIELDS..][..FIELDS];
            fields[COUNT] += i64::from(tile.rect.width) * i64::from(tile.rect.height);
            for (field, &partial) in fields[HISTOGRAM..JXY].iter_mut().zip(partials) {
                *field += i64::from(partial);
            }
            fields[JXY] += i64::from(partials[PARTIALS - 1].cast_signed());
        }
    }
}

const _: () = assert!(HISTOGRAM == 1 && JXX + 1 == JYY && JYY + 1 == JXY && JXY + 1 == FIELDS);

/// Cuts an image into blocks, from the top down. Every pixel is in one tile of one block.
pub fn blocks(tiling: &Tiling, limits: &BlockLimits) -> impl Iterator<Item = Block> + use<> {
    let tiling = *tiling;
    let cutter = Cutter {
        tiling,
        bytes: limits.bytes.max(LEAST_BYTES),
        tiles: limits.tiles.max(LEAST_TILES),
        tile_pixels: limits.tile_pixels.clamp(1, TILE_PIXELS),
    };
    let across = cutter.across();
    let spans = (0..tiling.width()).step_by(across as usize);
    spans.flat_map(move |x| cutter.column(x..tiling.width().min(x.saturating_add(across))))
}

/// Bytes of a row of `width` pixels, in groups of four.
fn stride(width: u32) -> u64 {
    u64::from(width.div_ceil(4)) * 12
}

#[derive(Clone, Copy)]
struct Cutter {
    tiling: Tiling,
    bytes: u64,
    tiles: usize,
    tile_pixels: u32,
}

impl Cutter {
    /// Columns of a block: all, where three rows of them fit.
    fn across(&self) -> u32 {
        let most = (self.bytes / 3 / 12 * 4).saturating_sub(2).min(u64::from(BLOCK_COLUMNS));
        self.tiling.width().min(most as u32).max(1)
    }

    /// The blocks of some columns.
    fn column(self, cols: Range<u32>) -> impl Iterator<Item = Block> {
        let mut y = 0;
        std::iter::from_fn(move || {
            let left = self.tiling.height() - y;
            if left == 0 {
                return None;
            }
            let row = stride(cols.len() as u32 + 2);
            let mut rows = u64::from(left).min((self.bytes / row).saturating_sub(2)).max(1) as u32;
            // What one row needs is within every limit.
            let tiles = loop {
                let tiles = self.tiles_of(cols.clone(), y..y + rows);
                if tiles.len() <= self.tiles || rows == 1 {
                    break tiles;
                }
                rows = (rows / 2).max(1);
            };
            let block = self.rimmed(cols.clone(), y..y + rows, tiles);
            y += rows;
            Some(block)
        })
    }

    /// The tiles of a rectangle, in pixels of the image.
    fn tiles_of(&self, cols: Range<u32>, rows: Range<u32>) -> Vec<Tile> {
        let grid = self.tiling.grid();
        let mut tiles = Vec::new();
        for r in 0..grid.rows {
            let rows = common(&self.tiling.rows(r), &rows);
            if rows.is_empty() {
                continue;
            }
            for c in 0..grid.cols {
                let cols = common(&self.tiling.cols(c), &cols);
                if tiles.len() > self.tiles {
                    // Too many already: whoever asked asks for fewer rows.
                    return tiles;
                }
                let wide = TILE_COLUMNS.min(self.tile_pixels);
                for x in cols.clone().step_by(wide as usize) {
                    let width = wide.min(cols.end - x);
                    let high = self.tile_pixels / width;
                    for y in rows.clone().step_by(high as usize) {
                        let rect = Rect { x, y, width, height: high.min(rows.end - y) };
                        tiles.push(Tile { rect, patch: grid.index(r, c) });
                    }
                }
            }
        }
        tiles
    }

    fn rimmed(&self, cols: Range<u32>, rows: Range<u32>, mut tiles: Vec<Tile>) -> Block {
        let rim = |range: Range<u32>, end: u32| {
            (range.start.saturating_sub(1), end.min(range.end.saturating_add(1)))
        };
        let (left, right) = rim(cols, self.tiling.width());
        let (top, bottom) = rim(rows, self.tiling.height());
        for tile in &mut tiles {
            tile.rect.x -= left;
            tile.rect.y -= top;
        }
        Block { area: Rect { x: left, y: top, width: right - left, height: bottom - top }, tiles }
    }
}

fn common(a: &Range<u32>, b: &Range<u32>) -> Range<u32> {
    let start = a.start.max(b.start);
    start..a.end.min(b.end).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Grid;
    use crate::reference::reference;
    use crate::statistics::{EDGES, SUM_B, SUM_G, SUM_R, luma};
    use proptest::prelude::*;

    /// A device that is slow and right.
    fn run(block: &Block, image: &[u8], edge_threshold: i32) -> Vec<u32> {
        let (stride, area) = (block.stride(), block.area());
        let pixel = |x: i64, y: i64| {
            let x = x.clamp(0, i64::from(area.width) - 1) as usize;
            let y = y.clamp(0, i64::from(area.height) - 1) as usize;
            let at = y * stride + 3 * x;
            [image[at], image[at + 1], image[at + 2]]
        };
        let y_at = |x: i64, y: i64| {
            let [r, g, b] = pixel(x, y);
            i32::from(luma(r, g, b))
        };
        let mut partials = Vec::new();
        for tile in block.tiles() {
            let mut sums = [0i32; FIELDS];
            for y in i64::from(tile.rect.y)..i64::from(tile.rect.y + tile.rect.height) {
                for x in i64::from(tile.rect.x)..i64::from(tile.rect.x + tile.rect.width) {
                    let [r, g, b] = pixel(x, y);
                    let side = |s: i64| y_at(x + s, y - 1) + 2 * y_at(x + s, y) + y_at(x + s, y + 1);
                    let level = |s: i64| y_at(x - 1, y + s) + 2 * y_at(x, y + s) + y_at(x + 1, y + s);
                    let (gx, gy) = (side(1) - side(-1), level(1) - level(-1));
                    sums[HISTOGRAM + usize::from(luma(r, g, b))] += 1;
                    sums[SUM_R] += i32::from(r);
                    sums[SUM_G] += i32::from(g);
                    sums[SUM_B] += i32::from(b);
                    sums[EDGES] += i32::from(gx.abs() + gy.abs() >= edge_threshold);
                    sums[JXX] += (gx / 4) * (gx / 4);
                    sums[JYY] += (gy / 4) * (gy / 4);
                    sums[JXY] += (gx / 4) * (gy / 4);
                }
            }
            partials.extend(sums[1..].iter().map(|sum| sum.cast_unsigned()));
        }
        partials
    }

    fn table(tiling: &Tiling, pixels: &Pixels<'_>, limits: &BlockLimits) -> Vec<i64> {
        let mut table = vec![0; tiling.grid().patches() * FIELDS];
        for block in blocks(tiling, limits) {
            assert!(block.bytes() as u64 <= limits.bytes.max(LEAST_BYTES), "{limits:?} {:?}", block.area());
            assert!(block.tiles().len() <= limits.tiles.max(LEAST_TILES));
            let mut image = vec![0x5a; block.bytes()];
            for (row, place) in block.rows(pixels).zip(image.chunks_exact_mut(block.stride())) {
                place[..row.len()].copy_from_slice(row);
            }
            block.add(&run(&block, &image, 64), &mut table);
        }
        table
    }

    proptest! {
        #[test]
        fn the_table_does_not_depend_on_the_cuts(
            rows in 1u32..6, cols in 1u32..6, more_w in 0u32..60, more_h in 0u32..60, seed in any::<u32>(),
            bytes in 0u64..6000, tile_pixels in 0u32..300,
        ) {
            let (width, height) = (cols + more_w, rows + more_h);
            let mut state = seed | 1;
            let mut byte = || { state = state.wrapping_mul(747_796_405).wrapping_add(1); (state >> 24) as u8 };
            let data: Vec<u8> = (0..3 * width * height).map(|_| byte()).collect();
            let pixels = Pixels::new(width, height, &data).unwrap();
            let tiling = Tiling::new(Grid::new(rows, cols).unwrap(), width, height).unwrap();
            let limits = BlockLimits { bytes, tiles: 0, tile_pixels };
            prop_assert_eq!(table(&tiling, &pixels, &limits), reference(&pixels, &tiling, 64).into_raw());
        }
    }

    #[test]
    fn the_finest_grid_keeps_to_the_limit_of_tiles() {
        let tiling = Tiling::new(Grid::new(4096, 4096).unwrap(), 4096, 4096).unwrap();
        let limits = BlockLimits { bytes: 1 << 27, tiles: 65_535, tile_pixels: TILE_PIXELS };
        let (mut pixels, mut most) = (0u64, 0);
        for block in blocks(&tiling, &limits) {
            most = most.max(block.tiles().len());
            pixels += block.tiles().iter().map(|t| u64::from(t.rect.width * t.rect.height)).sum::<u64>();
        }
        assert_eq!(pixels, 4096 * 4096);
        assert!(most <= 65_535, "{most}");
    }

    #[test]
    fn a_row_longer_than_a_block_is_cut() {
        let width = 3 * BLOCK_COLUMNS + 5;
        let tiling = Tiling::new(Grid::new(1, 7).unwrap(), width, 2).unwrap();
        let limits = BlockLimits { bytes: 1 << 27, tiles: 65_535, tile_pixels: TILE_PIXELS };
        let areas: Vec<Rect> = blocks(&tiling, &limits).map(|block| block.area()).collect();
        assert_eq!(areas.len(), 4);
        assert_eq!((areas[1].x, areas[1].width), (BLOCK_COLUMNS - 1, BLOCK_COLUMNS + 2));
        assert_eq!(areas[3].x + areas[3].width, width);
    }

    #[test]
    fn the_steepest_tile_fits_in_32_bits() {
        assert!(u64::from(TILE_PIXELS) * 255 * 255 <= i32::MAX as u64);
    }
}
