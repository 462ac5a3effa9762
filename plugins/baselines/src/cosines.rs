//! Cosines of many rows, the same on every machine.
//!
//! The rules that compare features spend their time in dot products. Four things
//! make those fast without making them vary:
//!
//! - Rows are scaled to length 1 once, and rounded to multiples of 1/32767, about as
//!   fine as the half-precision numbers that encoders give: with 1024 columns a
//!   cosine moves by some 10⁻⁵. Products of rows are then sums of integers, which
//!   have no order: any processor, with registers of any width, gets the same ones.
//!   A product of whole rows fits 32 bits with room to spare, by Cauchy and Schwarz,
//!   and so does every part of the sum.
//! - Rows are half the size that they are in single precision, and processors
//!   multiply and add twice as many at a time.
//! - Rows are compared with a tile of eight others that stays in the nearest
//!   cache, so that memory is read once for eight products.
//! - The loops are compiled for several instruction sets; the best one is taken at
//!   run time.

use std::fmt;

use pulp::bytemuck::{Pod, Zeroable, cast_slice};

/// Numbers of a step, and of a cache line. Rows are padded with zeros to a multiple of it.
const STEP: usize = 32;

/// Rows of a tile.
pub(crate) const TILE: usize = 8;

/// What 1 is rounded to. With a million columns a row is at most 512 longer than that,
/// and a product at most 1.11·10⁹.
const ONE: f64 = 32767.0;

/// The most columns.
const MOST_COLUMNS: usize = 1 << 20;

/// The rows of a table, scaled to length 1 and rounded; a row of zeros stays one.
#[derive(Debug)]
pub struct UnitRows {
    width: usize,
    values: Aligned,
    /// The length of each row as it was rounded.
    lengths: Vec<f64>,
}

/// What makes a table unfit to be compared by rows.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Unfit {
    /// A number that is not finite.
    NotFinite {
        /// Its row.
        row: usize,
        /// Its column.
        column: usize,
        /// The number.
        value: f32,
    },
    /// More columns than products have room for.
    Columns(usize),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::NotFinite { row, column, value } => {
                write!(f, "column {column} of row {row} is `{value}`, not a finite number")
            }
            Unfit::Columns(columns) => write!(f, "{columns} columns are more than {MOST_COLUMNS}"),
        }
    }
}

impl std::error::Error for Unfit {}

impl UnitRows {
    /// Scales `rows` rows of a row-major table to length 1. `values` is a whole
    /// number of rows long.
    ///
    /// # Errors
    /// The first number that is not finite, or too many columns.
    pub fn new(values: &[f32], rows: usize) -> Result<UnitRows, Unfit> {
        let columns = values.len() / rows.max(1);
        if columns > MOST_COLUMNS {
            return Err(Unfit::Columns(columns));
        }
        let width = columns.next_multiple_of(STEP);
        let mut unit = Aligned::zeros(rows * width);
        let mut finite = true;
        if columns > 0 {
            let job = Scaling { values, columns, unit: unit.all_mut(), width, finite: &mut finite };
            on_the_best(job);
        }
        if !finite && let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(Unfit::NotFinite { row: at / columns, column: at % columns, value: values[at] });
        }
        let mut rows = UnitRows { width, values: unit, lengths: vec![0.0; rows] };
        let mut square = [0];
        for row in 0..rows.len() {
            rows.products(row, &[row], &mut square);
            rows.lengths[row] = f64::from(square[0]).sqrt();
        }
        Ok(rows)
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// One row, padded.
    fn row(&self, row: usize) -> &[i16] {
        &self.values.all()[row * self.width..][..self.width]
    }

    /// The products of row `one` and each of `others`, into `into` of the same length. A
    /// product is within 10⁻⁴ of 32767² times the cosine up to a hundred thousand
    /// columns, and within 3·10⁻⁵ as a rule.
    pub(crate) fn products(&self, one: usize, others: &[usize], into: &mut [i32]) {
        on_the_best(RowByRows { rows: self, one, others, into });
    }

    /// The cosine of two rows, in −1..=1; 0 where one of them is zero.
    #[must_use]
    pub fn cosine(&self, a: usize, b: usize) -> f64 {
        let mut product = [0];
        self.products(a, &[b], &mut product);
        self.as_cosine(product[0], a, b)
    }

    /// The cosine that a product of two rows stands for.
    pub(crate) fn as_cosine(&self, product: i32, a: usize, b: usize) -> f64 {
        let scale = self.lengths[a] * self.lengths[b];
        if scale > 0.0 { (f64::from(product) / scale).clamp(-1.0, 1.0) } else { 0.0 }
    }
}

/// Eight rows, laid out so that one pass over them and another row reads both in order.
#[derive(Debug)]
pub(crate) struct Tile {
    packed: Aligned,
}

impl Tile {
    /// A tile of zero rows, as wide as `rows`.
    pub(crate) fn new(rows: &UnitRows) -> Tile {
        Tile { packed: Aligned::zeros(rows.width * TILE) }
    }

    /// Puts a row into a place below [`TILE`].
    pub(crate) fn put(&mut self, place: usize, rows: &UnitRows, row: usize) {
        let cells = self.packed.all_mut().chunks_exact_mut(STEP * TILE);
        for (cell, part) in cells.zip(rows.row(row).chunks_exact(STEP)) {
            cell[place * STEP..][..STEP].copy_from_slice(part);
        }
    }

    /// The products of each of `which` and the rows of the tile, into `into` of the same length.
    pub(crate) fn products(&self, rows: &UnitRows, which: &[usize], into: &mut [[i32; TILE]]) {
        on_the_best(RowsByTile { rows, tile: self.packed.all(), which, into });
    }
}

/// Numbers that begin at a cache line, so that no load of a step spans two.
#[derive(Debug)]
struct Aligned {
    values: Vec<i16>,
    start: usize,
    length: usize,
}

impl Aligned {
    fn zeros(length: usize) -> Aligned {
        let values = vec![0i16; length + STEP];
        // A place that cannot be aligned is still a place.
        let start = values.as_ptr().align_offset(STEP * size_of::<i16>()).min(STEP);
        Aligned { values, start, length }
    }

    fn all(&self) -> &[i16] {
        &self.values[self.start..][..self.length]
    }

    fn all_mut(&mut self) -> &mut [i16] {
        &mut self.values[self.start..][..self.length]
    }
}

/// An instruction set's way to multiply and add.
trait Multiplier: Copy {
    /// A register of numbers; a divisor of a step.
    type Numbers: Pod;
    /// As many bits of sums.
    type Sums: Pod;

    /// `sums`, and somewhere in it the products of `x` and `y`.
    fn multiply_add(self, sums: Self::Sums, x: Self::Numbers, y: Self::Numbers) -> Self::Sums;
}

/// What the compiler makes of it.
#[derive(Clone, Copy)]
struct Portable;

impl Multiplier for Portable {
    type Numbers = [i16; STEP];
    type Sums = [i32; STEP / 2];

    #[inline(always)]
    fn multiply_add(self, mut sums: Self::Sums, x: Self::Numbers, y: Self::Numbers) -> Self::Sums {
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum += i32::from(x[2 * i]) * i32::from(y[2 * i]);
            *sum += i32::from(x[2 * i + 1]) * i32::from(y[2 * i + 1]);
        }
        sums
    }
}

#[cfg(target_arch = "x86_64")]
impl Multiplier for pulp::x86::V3 {
    type Numbers = pulp::i16x16;
    type Sums = pulp::i32x8;

    #[inline(always)]
    fn multiply_add(self, sums: Self::Sums, x: Self::Numbers, y: Self::Numbers) -> Self::Sums {
        self.wrapping_add_i32x8(sums, self.multiply_wrapping_add_adjacent_i16x16(x, y))
    }
}

#[cfg(target_arch = "x86_64")]
impl Multiplier for pulp::x86::V4 {
    type Numbers = pulp::i16x32;
    type Sums = pulp::i32x16;

    #[inline(always)]
    fn multiply_add(self, sums: Self::Sums, x: Self::Numbers, y: Self::Numbers) -> Self::Sums {
        self.wrapping_add_i32x16(sums, self.multiply_wrapping_add_adjacent_i16x32(x, y))
    }
}

/// A loop that is compiled for each of them.
trait Job {
    fn run<M: Multiplier>(self, multiplier: M);
}

/// Runs a job with the best instruction set of this processor.
fn on_the_best<J: Job>(job: J) {
    #[cfg(target_arch = "x86_64")]
    {
        use pulp::x86::Arch;
        match Arch::new() {
            Arch::V4(simd) => return simd.vectorize(Compiled { job, multiplier: simd }),
            Arch::V3(simd) => return simd.vectorize(Compiled { job, multiplier: simd }),
            _ => {}
        }
    }
    job.run(Portable);
}

/// A job with its multiplier, for pulp to compile.
#[cfg(target_arch = "x86_64")]
struct Compiled<J, M> {
    job: J,
    multiplier: M,
}

#[cfg(target_arch = "x86_64")]
impl<J: Job, M: Multiplier> pulp::NullaryFnOnce for Compiled<J, M> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.job.run(self.multiplier);
    }
}

/// Rows to be scaled to length 1 and rounded; says whether all of them are finite.
struct Scaling<'a> {
    values: &'a [f32],
    columns: usize,
    unit: &'a mut [i16],
    width: usize,
    finite: &'a mut bool,
}

impl Job for Scaling<'_> {
    #[inline(always)]
    fn run<M: Multiplier>(self, _: M) {
        let pairs = self.values.chunks_exact(self.columns).zip(self.unit.chunks_exact_mut(self.width));
        for (row, unit) in pairs {
            *self.finite &= scale(row, unit);
        }
    }
}

/// Scales a row; says whether all of it is finite.
#[inline(always)]
fn scale(row: &[f32], unit: &mut [i16]) -> bool {
    /// Sums that do not wait for each other. Their order is fixed: these are not integers.
    const LANES: usize = 16;
    /// 1.5·2⁵²: the last bits of a number that it is added to are that number, rounded.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let mut squares = [0.0f64; LANES];
    let (steps, rest) = row.as_chunks::<LANES>();
    for step in steps {
        for (sum, &x) in squares.iter_mut().zip(step) {
            *sum += f64::from(x) * f64::from(x);
        }
    }
    for (sum, &x) in squares.iter_mut().zip(rest) {
        *sum += f64::from(x) * f64::from(x);
    }
    // The square of no f32 overflows an f64, and only that of 0 is 0.
    let square: f64 = squares.iter().sum();
    let factor = if square > 0.0 { ONE / square.sqrt() } else { 0.0 };
    for (unit, &x) in unit.iter_mut().zip(row) {
        *unit = (f64::from(x) * factor + ROUND).to_bits() as i16;
    }
    square.is_finite()
}

/// Products of one row and the rows of a slice, by their numbers.
struct RowByRows<'a> {
    rows: &'a UnitRows,
    one: usize,
    others: &'a [usize],
    into: &'a mut [i32],
}

impl Job for RowByRows<'_> {
    #[inline(always)]
    fn run<M: Multiplier>(self, multiplier: M) {
        let one = self.rows.row(self.one);
        let (fours, rest) = self.others.as_chunks::<4>();
        let (into_fours, into_rest) = self.into.as_chunks_mut::<4>();
        for (&four, into) in fours.iter().zip(into_fours) {
            *into = row_by_rows(multiplier, one, four.map(|row| self.rows.row(row)));
        }
        for (&row, into) in rest.iter().zip(into_rest) {
            [*into] = row_by_rows(multiplier, one, [self.rows.row(row)]);
        }
    }
}

#[inline(always)]
fn row_by_rows<M: Multiplier, const N: usize>(multiplier: M, one: &[i16], others: [&[i16]; N]) -> [i32; N] {
    let one: &[M::Numbers] = cast_slice(one);
    let others: [&[M::Numbers]; N] = others.map(|other| &cast_slice(other)[..one.len()]);
    let mut sums = [M::Sums::zeroed(); N];
    for (step, &x) in one.iter().enumerate() {
        for (sums, other) in sums.iter_mut().zip(&others) {
            *sums = multiplier.multiply_add(*sums, x, other[step]);
        }
    }
    sums.each_ref().map(total)
}

/// Products of the rows of a slice, by their numbers, and those of a tile.
struct RowsByTile<'a> {
    rows: &'a UnitRows,
    tile: &'a [i16],
    which: &'a [usize],
    into: &'a mut [[i32; TILE]],
}

impl Job for RowsByTile<'_> {
    #[inline(always)]
    fn run<M: Multiplier>(self, multiplier: M) {
        let registers = STEP * size_of::<i16>() / size_of::<M::Numbers>();
        let tile: &[M::Numbers] = cast_slice(self.tile);
        for (&row, into) in self.which.iter().zip(self.into) {
            let row: &[M::Numbers] = cast_slice(self.rows.row(row));
            let mut sums = [M::Sums::zeroed(); TILE];
            let cells = tile.chunks_exact(registers * TILE);
            for (step, cell) in row.chunks_exact(registers).zip(cells) {
                for (sums, other) in sums.iter_mut().zip(cell.chunks_exact(registers)) {
                    for (&x, &y) in step.iter().zip(other) {
                        *sums = multiplier.multiply_add(*sums, x, y);
                    }
                }
            }
            into.iter_mut().zip(&sums).for_each(|(into, sums)| *into = total(sums));
        }
    }
}

/// The sum of all sums of a register.
#[inline(always)]
fn total<S: Pod>(sums: &S) -> i32 {
    let sums: &[i32] = cast_slice(std::slice::from_ref(sums));
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosines_of_known_rows() {
        // (3, 4) and (4, 3): 24/25. (3, 4) and (−3, −4): −1. With the zero row: 0.
        let rows = UnitRows::new(&[3.0, 4.0, 4.0, 3.0, -3.0, -4.0, 0.0, 0.0], 4).unwrap();
        assert!((rows.cosine(0, 1) - 0.96).abs() < 1e-4);
        assert_eq!([rows.cosine(0, 0), rows.cosine(0, 2)], [1.0, -1.0]);
        assert_eq!([rows.cosine(0, 3), rows.cosine(3, 3)], [0.0, 0.0]);
    }

    #[test]
    fn numbers_are_rounded_to_the_nearest() {
        // 0.6·32767 = 19660.2 and −0.8·32767 = −26213.6.
        let rows = UnitRows::new(&[3.0, -4.0], 1).unwrap();
        assert_eq!(rows.row(0)[..3], [19_660, -26_214, 0]);
        let rows = UnitRows::new(&[-1.0, 0.0], 1).unwrap();
        assert_eq!(rows.row(0)[..2], [-32_767, 0]);
    }

    #[test]
    fn length_does_not_matter_however_great_or_small() {
        let rows = UnitRows::new(&[1e38, 2e38, 1e-40, 2e-40, 1.0, 2.0], 3).unwrap();
        assert_eq!(rows.row(0), rows.row(2));
        assert!((rows.cosine(1, 2) - 1.0).abs() < 1e-4);
    }

    #[test]
    fn every_way_to_a_product_is_the_definition() {
        let columns = 77; // not a multiple of a step
        let mut state = 1u32;
        let values: Vec<f32> = (0..TILE * columns)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 16_777_216.0 - 0.5
            })
            .collect();
        let rows = UnitRows::new(&values, TILE).unwrap();
        let mut tile = Tile::new(&rows);
        (0..TILE).for_each(|row| tile.put(row, &rows, row));
        let all: Vec<usize> = (0..TILE).collect();
        let (mut best, mut portable) = ([[0; TILE]; TILE], [[0; TILE]; TILE]);
        tile.products(&rows, &all, &mut best);
        RowsByTile { rows: &rows, tile: tile.packed.all(), which: &all, into: &mut portable }.run(Portable);
        for a in 0..TILE {
            let (mut best_row, mut portable_row) = ([0; TILE], [0; TILE]);
            rows.products(a, &all, &mut best_row);
            RowByRows { rows: &rows, one: a, others: &all, into: &mut portable_row }.run(Portable);
            for b in 0..TILE {
                let pairs = rows.row(a).iter().zip(rows.row(b));
                let product: i32 = pairs.map(|(&x, &y)| i32::from(x) * i32::from(y)).sum();
                let found = [best[a][b], portable[a][b], best_row[b], portable_row[b]];
                assert_eq!(found, [product; 4]);
                let exact = |a: usize, b: usize| -> f64 {
                    let (a, b) = (&values[a * columns..][..columns], &values[b * columns..][..columns]);
                    a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()
                };
                let cosine = exact(a, b) / (exact(a, a) * exact(b, b)).sqrt();
                assert!((f64::from(product) / (ONE * ONE) - cosine).abs() < 1e-4);
                assert!((rows.cosine(a, b) - cosine).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn what_is_not_finite_is_found() {
        let refused = UnitRows::new(&[1.0, 2.0, 3.0, f32::NAN], 2).unwrap_err();
        assert_eq!(refused.to_string(), "column 1 of row 1 is `NaN`, not a finite number");
        assert!(UnitRows::new(&[f32::INFINITY], 1).is_err());
        assert_eq!(UnitRows::new(&vec![0.0; MOST_COLUMNS + 1], 1).unwrap_err(), Unfit::Columns(1_048_577));
    }

    /// All of a row in one place, or spread over as many columns as there may be: the largest products.
    #[test]
    fn the_largest_products_fit() {
        let spread = vec![1.0; MOST_COLUMNS];
        let rows = UnitRows::new(&spread, 1).unwrap();
        assert!((rows.cosine(0, 0) - 1.0).abs() < 1e-12);
        let mut one = vec![0.0; 64];
        one[63] = -7.0;
        let rows = UnitRows::new(&one, 1).unwrap();
        let mut product = [0];
        rows.products(0, &[0], &mut product);
        assert_eq!(product, [32_767 * 32_767]);
    }
}
