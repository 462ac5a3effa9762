//! The portable fast form of the patch statistics: one pass over the rows.
//!
//! The image is read once, row by row. Each row is turned into luma, and the three
//! latest rows of luma give a row of gradients; both are plain loops over whole rows
//! that a compiler turns into vector instructions. Sums are then taken over the
//! piece of the row that lies in each patch. A band of rows can be scanned by
//! itself: it looks one row up and down for gradients, and adds into a table. So
//! bands run on threads and their tables are added, in any order, with the same
//! result.

use std::ops::Range;

use crate::grid::Tiling;
use crate::pixels::Pixels;
use crate::statistics::{
    COUNT, EDGES, FIELDS, HISTOGRAM, JXX, JXY, JYY, PatchStats, SUM_B, SUM_G, SUM_R, luma,
};

/// Pixels summed in 32 bits before they are added to the table: 32 768 times the
/// largest product, 255², is just below 2³¹.
const PIECE: u32 = 32_768;

/// Adds the statistics of the image rows `rows` into the table `into`, which has
/// [`FIELDS`] numbers for every patch of the grid.
///
/// Scanning any split of `0..height` into bands, in any order, adds the same table
/// as [`reference`](crate::reference).
///
/// # Panics
///
/// When `tiling` was made for an image of another size, `rows` reach beyond the
/// image, or `into` has another length.
pub fn scan(pixels: &Pixels<'_>, tiling: &Tiling, edge_threshold: i32, rows: Range<u32>, into: &mut [i64]) {
    assert_eq!(
        (pixels.width(), pixels.height()),
        (tiling.width(), tiling.height()),
        "the tiling is of another image"
    );
    assert!(rows.end <= pixels.height(), "rows {rows:?} of an image of {} rows", pixels.height());
    assert_eq!(into.len(), tiling.grid().patches() * FIELDS, "the table is of another grid");
    scan_below(pixels, tiling, edge_threshold, rows, 0, into);
}

/// Statistics of a whole image on `threads` threads (0 counts as 1; never more than
/// rows of pixels). The result does not depend on how many.
///
/// # Panics
///
/// When `tiling` was made for an image of another size.
#[must_use]
pub fn scan_threads(pixels: &Pixels<'_>, tiling: &Tiling, edge_threshold: i32, threads: usize) -> PatchStats {
    let (grid, height) = (tiling.grid(), pixels.height());
    let mut table = vec![0; grid.patches() * FIELDS];
    let bands = threads.clamp(1, height as usize) as u64;
    if bands == 1 {
        scan(pixels, tiling, edge_threshold, 0..height, &mut table);
        return PatchStats::counted(grid, table);
    }
    assert_eq!(
        (pixels.width(), pixels.height()),
        (tiling.width(), tiling.height()),
        "the tiling is of another image"
    );
    let edge = |band: u64| (band * u64::from(height) / bands) as u32;
    let stride = grid.cols as usize * FIELDS;
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..bands)
            .map(|band| {
                let rows = edge(band)..edge(band + 1);
                // The band's own table covers the rows of patches that it touches.
                let top = patch_row(tiling, rows.start);
                let bottom = patch_row(tiling, rows.end - 1);
                scope.spawn(move || {
                    let mut part = vec![0; (bottom - top + 1) as usize * stride];
                    scan_below(pixels, tiling, edge_threshold, rows, top, &mut part);
                    (top, part)
                })
            })
            .collect();
        for worker in workers {
            match worker.join() {
                Ok((top, part)) => {
                    for (sum, value) in table[top as usize * stride..].iter_mut().zip(part) {
                        *sum += value;
                    }
                }
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    PatchStats::counted(grid, table)
}

/// The row of patches that holds row `y` of the image.
fn patch_row(tiling: &Tiling, y: u32) -> u32 {
    // ⌊rH/R⌋ ≤ y is rH < (y+1)R, so the last such r is ⌈(y+1)R/H⌉ − 1.
    let (rows, height) = (u64::from(tiling.grid().rows), u64::from(tiling.height()));
    (((u64::from(y) + 1) * rows).div_ceil(height) - 1) as u32
}

/// [`scan`] into a table whose first row of patches is row `top` of the grid.
fn scan_below(
    pixels: &Pixels<'_>,
    tiling: &Tiling,
    edge_threshold: i32,
    rows: Range<u32>,
    top: u32,
    into: &mut [i64],
) {
    if rows.is_empty() {
        return;
    }
    let stride = tiling.grid().cols as usize * FIELDS;
    let pieces = pieces(tiling);
    let last = pixels.height() - 1;
    let mut window = Window::new(pixels.width() as usize, edge_threshold);
    window.enter(pixels.row(rows.start.saturating_sub(1)));
    window.enter(pixels.row(rows.start));
    let first = patch_row(tiling, rows.start);
    for r in first..=patch_row(tiling, rows.end - 1) {
        let patches = &mut into[(r - top) as usize * stride..][..stride];
        let covered = tiling.rows(r);
        for y in covered.start.max(rows.start)..covered.end.min(rows.end) {
            window.enter(pixels.row(last.min(y + 1)));
            window.differentiate();
            let rgb = pixels.row(y);
            for piece in &pieces {
                window.add(rgb, piece.cols.clone(), &mut patches[piece.field..][..FIELDS]);
            }
        }
    }
}

/// A run of columns that lies in one patch and is short enough for 32-bit sums.
struct Piece {
    cols: Range<usize>,
    /// Where the patch's fields begin, from the start of its row of patches.
    field: usize,
}

fn pieces(tiling: &Tiling) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for c in 0..tiling.grid().cols {
        let mut cols = tiling.cols(c);
        while !cols.is_empty() {
            let end = cols.end.min(cols.start.saturating_add(PIECE));
            pieces.push(Piece { cols: cols.start as usize..end as usize, field: c as usize * FIELDS });
            cols.start = end;
        }
    }
    pieces
}

/// Three rows of luma and what comes of them.
struct Window {
    /// Rows y−1, y and y+1, each with its first and last pixel repeated outside.
    luma: [Vec<u8>; 3],
    /// Σ of a column of the window with weights 1, 2, 1.
    smooth: Vec<i16>,
    /// Lower minus upper row.
    slope: Vec<i16>,
    /// gx/4 and gy/4 of row y.
    gx: Vec<i16>,
    gy: Vec<i16>,
    /// 1 where row y has an edge pixel.
    edge: Vec<i16>,
    threshold: i16,
}

impl Window {
    fn new(width: usize, edge_threshold: i32) -> Self {
        let padded = || vec![0; width + 2];
        Self {
            luma: [vec![0; width + 2], vec![0; width + 2], vec![0; width + 2]],
            smooth: padded(),
            slope: padded(),
            gx: vec![0; width],
            gy: vec![0; width],
            edge: vec![0; width],
            // The sum lies in 0..=2040, so this changes no comparison.
            threshold: edge_threshold.clamp(0, 2041) as i16,
        }
    }

    /// Moves the window down one row.
    fn enter(&mut self, rgb: &[u8]) {
        self.luma.rotate_left(1);
        let row = &mut self.luma[2];
        let width = row.len() - 2;
        for (value, pixel) in row[1..=width].iter_mut().zip(rgb.chunks_exact(3)) {
            *value = luma(pixel[0], pixel[1], pixel[2]);
        }
        row[0] = row[1];
        row[width + 1] = row[width];
    }

    /// Computes the gradients of the middle row. Sobel is separable: sums and
    /// differences down the columns first, then along the row.
    fn differentiate(&mut self) {
        let [above, middle, below] = &self.luma;
        for ((((smooth, slope), &a), &m), &b) in
            self.smooth.iter_mut().zip(&mut self.slope).zip(above).zip(middle).zip(below)
        {
            let (a, m, b) = (i16::from(a), i16::from(m), i16::from(b));
            *smooth = a + 2 * m + b;
            *slope = b - a;
        }
        let width = self.gx.len();
        let (smooth, slope, threshold) = (&self.smooth, &self.slope, self.threshold);
        let left = smooth[..width].iter().zip(&slope[..width]);
        let right = smooth[2..].iter().zip(&slope[2..]);
        let out = self.gx.iter_mut().zip(&mut self.gy).zip(&mut self.edge);
        for (((((gx, gy), edge), (s0, d0)), d1), (s2, d2)) in out.zip(left).zip(&slope[1..=width]).zip(right)
        {
            let x = s2 - s0;
            let y = d0 + 2 * d1 + d2;
            *edge = i16::from(x.abs() + y.abs() >= threshold);
            *gx = x / 4;
            *gy = y / 4;
        }
    }

    /// Adds the columns `cols` of the middle row to a patch's fields.
    fn add(&self, rgb: &[u8], cols: Range<usize>, fields: &mut [i64]) {
        fields[COUNT] += cols.len() as i64;

        if let Some(histogram) = fields[HISTOGRAM..].first_chunk_mut::<256>() {
            for &value in &self.luma[1][cols.start + 1..=cols.end] {
                histogram[usize::from(value)] += 1;
            }
        }

        let [mut r, mut g, mut b] = [0u32; 3];
        for pixel in rgb[3 * cols.start..3 * cols.end].chunks_exact(3) {
            r += u32::from(pixel[0]);
            g += u32::from(pixel[1]);
            b += u32::from(pixel[2]);
        }
        fields[SUM_R] += i64::from(r);
        fields[SUM_G] += i64::from(g);
        fields[SUM_B] += i64::from(b);

        let edges: i32 = self.edge[cols.clone()].iter().map(|&edge| i32::from(edge)).sum();
        fields[EDGES] += i64::from(edges);

        let [mut jxx, mut jyy, mut jxy] = [0i32; 3];
        for (&gx, &gy) in self.gx[cols.clone()].iter().zip(&self.gy[cols]) {
            let (gx, gy) = (i32::from(gx), i32::from(gy));
            jxx += gx * gx;
            jyy += gy * gy;
            jxy += gx * gy;
        }
        fields[JXX] += i64::from(jxx);
        fields[JYY] += i64::from(jyy);
        fields[JXY] += i64::from(jxy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Grid;

    #[test]
    fn every_row_is_in_its_row_of_patches() {
        for (rows, height) in [(1, 1), (1, 7), (3, 3), (3, 7), (7, 50), (24, 25), (24, 1344)] {
            let tiling = Tiling::new(Grid::new(rows, 1).unwrap(), 1, height).unwrap();
            for y in 0..height {
                let r = patch_row(&tiling, y);
                assert!(tiling.rows(r).contains(&y), "row {y} of {height} in {r} of {rows}");
            }
        }
    }

    #[test]
    fn long_patches_are_cut_into_pieces() {
        let tiling = Tiling::new(Grid::new(1, 2).unwrap(), 5 * PIECE, 1).unwrap();
        let pieces = pieces(&tiling);
        assert_eq!(pieces.len(), 6);
        assert!(pieces.iter().all(|piece| piece.cols.len() <= PIECE as usize));
        assert_eq!(pieces.iter().map(|piece| piece.cols.len()).sum::<usize>(), 5 * PIECE as usize);
        assert_eq!((pieces[2].field, pieces[3].field), (0, FIELDS));
    }

    #[test]
    fn the_steepest_piece_fits_in_32_bits() {
        assert!(i64::from(PIECE) * 255 * 255 <= i64::from(i32::MAX));
    }
}
