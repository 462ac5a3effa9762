//! The fast form of the patch statistics: one pass over the rows.
//!
//! The image is cut into strips of columns, so narrow that what is kept for one stays
//! in the nearest cache. A row of a strip becomes luma, its luma is counted, its colours
//! are added, and the four latest rows of luma give the gradients of the two rows
//! between, all while their pixels are there. These are plain loops over whole rows, which a
//! compiler turns into vector instructions, but for the two that the module `vectors`
//! writes out; they are compiled once for each kind of [`Vectors`], and the widest that
//! the processor has are taken when the program runs.
//!
//! A band of rows can be scanned by itself: it looks one row up and down for
//! gradients, and adds into a table. So bands run on threads and their tables are
//! added, in any order, with the same result; and an image that is too large for
//! memory is scanned as its rows come in.
//!
//! Two things keep the loops free. Neighbouring pixels often have the same luma, and a
//! counter that was just raised cannot be read at once: so pixels go to two tables of
//! counters in turn. And all other sums are taken down the columns first, for the rows
//! of a patch, and along the row once for all of them: a patch may be as narrow as it
//! likes.

use std::ops::Range;

use crate::band::Band;
use crate::grid::Tiling;
use crate::pixels::Pixels;
use crate::statistics::{
    COUNT, EDGES, FIELDS, HISTOGRAM, JXX, JXY, JYY, PatchStats, SUM_B, SUM_G, SUM_R, luma,
};
use crate::vectors::{Unit, Vectors, Work};

/// Columns of a patch that are counted together at most.
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
    scan_with(Vectors::widest(), pixels, tiling, edge_threshold, rows, into);
}

/// [`scan`] with vector instructions of the caller's choice. Where the processor lacks them, with those that every
/// processor has.
///
/// # Panics
///
/// As [`scan`] does.
pub fn scan_with(
    vectors: Vectors,
    pixels: &Pixels<'_>,
    tiling: &Tiling,
    edge_threshold: i32,
    rows: Range<u32>,
    into: &mut [i64],
) {
    assert!(rows.end <= pixels.height(), "rows {rows:?} of an image of {} rows", pixels.height());
    check(pixels.width(), pixels.height(), tiling, into);
    let band = Band::whole(*pixels).with_rows(rows);
    vectors.run(Count::all(&band, tiling, edge_threshold, into));
}

/// Statistics of a whole image on `threads` threads (0 counts as 1; never more than
/// rows of pixels). The result does not depend on how many.
///
/// # Panics
///
/// When `tiling` was made for an image of another size.
#[must_use]
pub fn scan_threads(
    pixels: &Pixels<'_>,
    tiling: &Tiling,
    edge_threshold: i32,
    threads: usize,
) -> PatchStats<'static> {
    let grid = tiling.grid();
    let mut table = vec![0; grid.patches() * FIELDS];
    scan_band(&Band::whole(*pixels), tiling, edge_threshold, threads, &mut table);
    PatchStats::counted(grid, table)
}

/// Adds the statistics of a band into the table `into`, as [`scan`] does, on `threads`
/// threads (0 counts as 1; never more than rows of the band).
///
/// # Panics
///
/// When `tiling` was made for an image of another size, or `into` has another length.
pub fn scan_band(band: &Band<'_>, tiling: &Tiling, edge_threshold: i32, threads: usize, into: &mut [i64]) {
    check(band.width(), band.height(), tiling, into);
    let vectors = Vectors::widest();
    let Range { start, end } = band.rows();
    let parts = threads.clamp(1, (end - start) as usize) as u64;
    if parts == 1 {
        return vectors.run(Count::all(band, tiling, edge_threshold, into));
    }
    let edge = |part: u64| start + (part * u64::from(end - start) / parts) as u32;
    let stride = tiling.grid().cols as usize * FIELDS;
    // A row of patches that two parts share belongs to the upper one; the lower one counts it in a table of its own.
    let begin = |part: u64| {
        let top = patch_row(tiling, edge(part));
        (top, part > 0 && tiling.rows(top).start < edge(part))
    };
    let shared: Vec<u32> =
        (0..parts).map(begin).filter(|&(_, is_shared)| is_shared).map(|(top, _)| top).collect();
    let mut own: Vec<Vec<i64>> = shared.iter().map(|_| vec![0; stride]).collect();
    std::thread::scope(|scope| {
        let (mut rest, mut next, mut own) = (&mut *into, 0, own.iter_mut());
        let mut take = |rows: Range<u32>| {
            let (taken, after) = std::mem::take(&mut rest)[(rows.start - next) as usize * stride..]
                .split_at_mut(rows.len() * stride);
            (rest, next) = (after, rows.end);
            taken
        };
        let counts = (0..parts).map(|part| {
            let rows = edge(part)..edge(part + 1);
            let (top, is_shared) = begin(part);
            let bottom = patch_row(tiling, rows.end - 1);
            let first = if is_shared { own.next().map(Vec::as_mut_slice) } else { None };
            let first = first.unwrap_or_else(|| take(top..top + 1));
            let below = take(top + 1..bottom + 1);
            (band.with_rows(rows), top, first, below)
        });
        let mut counts: Vec<_> = counts.collect();
        let last = counts.pop();
        let run = move |(band, top, first, below): (Band<'_>, u32, &mut [i64], &mut [i64])| {
            vectors.run(Count { band: &band, tiling, edge_threshold, top, first, below });
        };
        let workers: Vec<_> = counts.into_iter().map(|count| scope.spawn(move || run(count))).collect();
        last.into_iter().for_each(run);
        for worker in workers {
            if let Err(panic) = worker.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    for (top, own) in shared.into_iter().zip(own) {
        for (sum, value) in into[top as usize * stride..].iter_mut().zip(own) {
            *sum += value;
        }
    }
}

/// Whether tiling and table are of an image of this size.
fn check(width: u32, height: u32, tiling: &Tiling, into: &[i64]) {
    assert_eq!((width, height), (tiling.width(), tiling.height()), "the tiling is of another image");
    assert_eq!(into.len(), tiling.grid().patches() * FIELDS, "the table is of another grid");
}

/// The row of patches that holds row `y` of the image.
fn patch_row(tiling: &Tiling, y: u32) -> u32 {
    // ⌊rH/R⌋ ≤ y is rH < (y+1)R, so the last such r is ⌈(y+1)R/H⌉ − 1.
    let (rows, height) = (u64::from(tiling.grid().rows), u64::from(tiling.height()));
    (((u64::from(y) + 1) * rows).div_ceil(height) - 1) as u32
}

/// A band to count into a table.
struct Count<'a> {
    band: &'a Band<'a>,
    tiling: &'a Tiling,
    edge_threshold: i32,
    /// The row of the grid with which the table begins.
    top: u32,
    /// That row of the table, and those below it.
    first: &'a mut [i64],
    below: &'a mut [i64],
}

impl<'a> Count<'a> {
    /// Into a table of the whole grid.
    fn all(band: &'a Band<'a>, tiling: &'a Tiling, edge_threshold: i32, into: &'a mut [i64]) -> Self {
        let (first, below) = into.split_at_mut(tiling.grid().cols as usize * FIELDS);
        Self { band, tiling, edge_threshold, top: 0, first, below }
    }
}

impl Work for Count<'_> {
    #[inline(always)]
    fn with<U: Unit>(self, unit: U) {
        let Count { band, tiling, edge_threshold, top, first: top_row, below } = self;
        let rows = band.rows();
        if rows.is_empty() {
            return;
        }
        let stride = tiling.grid().cols as usize * FIELDS;
        let last = band.height() - 1;
        // The sum lies in 0..=2040, so this changes no comparison.
        let threshold = edge_threshold.clamp(0, 2041) as i16;
        let mut strips = strips(tiling);
        for strip in &mut strips {
            strip.enter(unit, band.row(rows.start.saturating_sub(1)));
            strip.enter(unit, band.row(rows.start));
        }
        let first = patch_row(tiling, rows.start);
        for r in first..=patch_row(tiling, rows.end - 1) {
            let patches = match (r - top) as usize {
                0 => &mut *top_row,
                down => &mut below[(down - 1) * stride..][..stride],
            };
            let covered = tiling.rows(r);
            let covered = covered.start.max(rows.start)..covered.end.min(rows.end);
            for strip in &mut strips {
                let mut y = covered.start;
                while y < covered.end {
                    let both = y + 1 < covered.end;
                    strip.count();
                    strip.enter(unit, band.row(last.min(y + 1)));
                    if both {
                        strip.count();
                        strip.enter(unit, band.row(last.min(y + 2)));
                    }
                    strip.add(band.row(y), both.then(|| band.row(y + 1)));
                    strip.differentiate(unit, both, threshold);
                    let rows = 1 + u32::from(both);
                    strip.rows += rows;
                    y += rows;
                    if strip.rows + 2 > ROWS {
                        strip.flush(patches);
                    }
                }
                strip.flush(patches);
            }
        }
    }
}

/// Columns that a strip has at most, unless one piece has more: what is kept for them fits in the nearest cache.
const STRIP: usize = 1024;

/// Rows that are added before the sums go to the table: 257 · 255 = 65 535 fits in 16 bits, as do products and pixels of
/// so many rows in 32.
const ROWS: u32 = 257;

/// Neighbouring columns of one patch, at most [`PIECE`].
struct Piece {
    /// From the first column of the strip.
    cols: Range<usize>,
    /// Where the patch's fields begin, from the start of its row of patches.
    field: usize,
}

/// The pieces of some neighbouring patches, and what is known of their columns.
struct Strip {
    /// The first column and how many there are.
    from: usize,
    width: usize,
    pieces: Vec<Piece>,
    /// Luma of the four latest rows, and of one column more on each side; at the border of the image the nearest.
    luma: [Vec<u8>; 4],
    /// A quarter of the gradients along x and along y, of two rows: column by column, the upper row first.
    quarters: [Vec<[i16; 2]>; 2],
    /// Two tables of counters for each piece.
    counters: Vec<[[u32; 256]; 2]>,
    /// Sums down the columns: of colours as they lie in a row, of edges, and of the products of gradients.
    colours: Vec<u16>,
    edges: Vec<u16>,
    products: [Vec<i32>; 3],
    /// Rows in them.
    rows: u32,
}

/// The strips of an image.
fn strips(tiling: &Tiling) -> Vec<Strip> {
    let mut strips: Vec<Strip> = Vec::new();
    for c in 0..tiling.grid().cols {
        let mut cols = tiling.cols(c);
        while !cols.is_empty() {
            let end = cols.end.min(cols.start.saturating_add(PIECE));
            let (from, width) = (cols.start as usize, (end - cols.start) as usize);
            if strips.last().is_none_or(|strip| strip.width + width > STRIP) {
                strips.push(Strip::new(from));
            }
            if let Some(strip) = strips.last_mut() {
                strip
                    .pieces
                    .push(Piece { cols: strip.width..strip.width + width, field: c as usize * FIELDS });
                strip.width += width;
            }
            cols.start = end;
        }
    }
    strips.iter_mut().for_each(Strip::make_room);
    strips
}

impl Strip {
    fn new(from: usize) -> Self {
        Self {
            from,
            width: 0,
            pieces: Vec::new(),
            luma: [const { Vec::new() }; 4],
            quarters: [const { Vec::new() }; 2],
            counters: Vec::new(),
            colours: Vec::new(),
            edges: Vec::new(),
            products: [const { Vec::new() }; 3],
            rows: 0,
        }
    }

    fn make_room(&mut self) {
        self.luma.iter_mut().for_each(|row| row.resize(self.width + 2, 0));
        self.quarters.iter_mut().for_each(|row| row.resize(self.width, [0; 2]));
        self.counters.resize(self.pieces.len(), [[0; 256]; 2]);
        self.colours.resize(3 * self.width, 0);
        self.edges.resize(self.width, 0);
        self.products.iter_mut().for_each(|sums| sums.resize(self.width, 0));
    }

    /// Moves the window down one row.
    #[inline(always)]
    fn enter(&mut self, unit: impl Unit, rgb: &[u8]) {
        self.luma.rotate_left(1);
        let row = &mut self.luma[3];
        let own = &rgb[3 * self.from..][..3 * self.width];
        unit.luma(own, &mut row[1..=self.width]);
        let beside =
            |col: usize| rgb.get(3 * col..3 * col + 3).map(|pixel| luma(pixel[0], pixel[1], pixel[2]));
        row[0] = self.from.checked_sub(1).and_then(beside).unwrap_or(row[1]);
        row[self.width + 1] = beside(self.from + self.width).unwrap_or(row[self.width]);
    }

    /// Counts the luma of the latest row that entered.
    #[inline(always)]
    fn count(&mut self) {
        for (piece, [even, odd]) in self.pieces.iter().zip(&mut self.counters) {
            let (pairs, last) = self.luma[3][piece.cols.start + 1..=piece.cols.end].as_chunks::<2>();
            for [left, right] in pairs {
                even[usize::from(*left)] += 1;
                odd[usize::from(*right)] += 1;
            }
            for &value in last {
                even[usize::from(value)] += 1;
            }
        }
    }

    /// Adds the colours of a row, or of two.
    #[inline(always)]
    fn add(&mut self, rgb: &[u8], second: Option<&[u8]>) {
        let sums = self.colours.iter_mut().zip(&rgb[3 * self.from..]);
        match second {
            Some(second) => {
                for ((sum, &above), &below) in sums.zip(&second[3 * self.from..]) {
                    *sum += u16::from(above) + u16::from(below);
                }
            }
            None => sums.for_each(|(sum, &value)| *sum += u16::from(value)),
        }
    }

    /// Adds the gradients, by the 3 × 3 Sobel filter, of the row before the latest that entered, or of the two before it.
    ///
    /// Products of two rows lie side by side before they are added: the sum of two products of 16 bits is one
    /// instruction of every vector unit.
    #[inline(always)]
    fn differentiate(&mut self, unit: impl Unit, both: bool, threshold: i16) {
        let width = self.width;
        let [a, m, b, c] = &self.luma;
        let (a, m, b, c) = (&a[..width + 2], &m[..width + 2], &b[..width + 2], &c[..width + 2]);
        let edges = &mut self.edges[..width];
        let [qx, qy] = &mut self.quarters;
        let (qx, qy) = (&mut qx[..width], &mut qy[..width]);
        // Where there is one row alone, it is the lower one, and the upper one counts for nothing.
        let upper = -i16::from(both);
        for x in 0..width {
            let at = |row: &[u8], x: usize| i16::from(row[x]);
            let across = |row: &[u8]| at(row, x + 2) - at(row, x);
            let along = |row: &[u8]| at(row, x) + 2 * at(row, x + 1) + at(row, x + 2);
            let (across_m, across_b) = (across(m), across(b));
            let gx = [across(a) + 2 * across_m + across_b, across_m + 2 * across_b + across(c)];
            let gy = [along(b) - along(a), along(c) - along(m)];
            let edge = |i: usize| u16::from(gx[i].abs() + gy[i].abs() >= threshold);
            edges[x] += (edge(0) & upper as u16) + edge(1);
            qx[x] = [(gx[0] / 4) & upper, gx[1] / 4];
            qy[x] = [(gy[0] / 4) & upper, gy[1] / 4];
        }
        let [xx, yy, xy] = &mut self.products;
        unit.products([qx, qy], [&mut xx[..width], &mut yy[..width], &mut xy[..width]]);
    }

    /// Adds all of it to the table of a row of patches, and begins anew.
    #[inline(always)]
    fn flush(&mut self, patches: &mut [i64]) {
        for (piece, [even, odd]) in self.pieces.iter().zip(&mut self.counters) {
            let fields = &mut patches[piece.field..][..FIELDS];
            fields[COUNT] += piece.cols.len() as i64 * i64::from(self.rows);
            for ((sum, even), odd) in fields[HISTOGRAM..SUM_R].iter_mut().zip(even).zip(odd) {
                *sum += i64::from(*even + *odd);
                (*even, *odd) = (0, 0);
            }
            for pixel in self.colours[3 * piece.cols.start..3 * piece.cols.end].chunks_exact(3) {
                fields[SUM_R] += i64::from(pixel[0]);
                fields[SUM_G] += i64::from(pixel[1]);
                fields[SUM_B] += i64::from(pixel[2]);
            }
            fields[EDGES] += self.edges[piece.cols.clone()].iter().map(|&sum| i64::from(sum)).sum::<i64>();
            for (field, sums) in [JXX, JYY, JXY].into_iter().zip(&self.products) {
                fields[field] += sums[piece.cols.clone()].iter().map(|&sum| i64::from(sum)).sum::<i64>();
            }
        }
        self.colours.fill(0);
        self.edges.fill(0);
        self.products.iter_mut().for_each(|sums| sums.fill(0));
        self.rows = 0;
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
        let strips = strips(&tiling);
        let pieces: Vec<&Piece> = strips.iter().flat_map(|strip| &strip.pieces).collect();
        assert_eq!((strips.len(), pieces.len()), (6, 6));
        assert!(pieces.iter().all(|piece| piece.cols.len() <= PIECE as usize));
        assert_eq!(strips.iter().map(|strip| strip.width).sum::<usize>(), 5 * PIECE as usize);
        assert_eq!((pieces[2].field, pieces[3].field), (0, FIELDS));
    }

    #[test]
    fn narrow_patches_share_a_strip() {
        let tiling = Tiling::new(Grid::new(1, 10).unwrap(), 4096, 1).unwrap();
        let all: Vec<(usize, usize, usize)> =
            strips(&tiling).iter().map(|strip| (strip.from, strip.width, strip.pieces.len())).collect();
        assert_eq!(all, [(0, 819, 2), (819, 819, 2), (1638, 819, 2), (2457, 819, 2), (3276, 820, 2)]);
    }

    #[test]
    fn the_steepest_piece_fits_in_32_bits() {
        assert!(i64::from(PIECE) * 255 * 255 <= i64::from(i32::MAX));
    }

    #[test]
    fn the_sums_of_the_most_rows_fit() {
        assert!(ROWS * 255 <= u32::from(u16::MAX), "colours");
        assert!(i64::from(ROWS) * 255 * 255 <= i64::from(i32::MAX), "products");
        assert!(u64::from(ROWS) * u64::from(PIECE) <= u64::from(u32::MAX), "counters");
    }
}
