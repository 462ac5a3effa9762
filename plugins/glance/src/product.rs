//! The two loops that all of the time goes into: a product of matrices, and a
//! sum along a line with each channel for itself.
//!
//! Both are written over vectors, and compiled for each kind that processors
//! have. Every number is the sum of the same products in the same order, on one
//! thread or on many.

use pulp::{Simd, WithSimd};

/// Columns of a block: a vector of the widest kind.
const BLOCK: usize = 16;

/// A matrix [depth, columns] in blocks of columns.
pub(crate) struct Packed {
    depth: usize,
    columns: usize,
    /// Block by block, row by row; zeros beyond the last column.
    data: Vec<f32>,
}

impl Packed {
    /// `weight` has a whole number of rows of so many columns, one at least.
    pub(crate) fn new(weight: &[f32], columns: usize) -> Packed {
        let mut data = Vec::with_capacity(weight.len().next_multiple_of(BLOCK));
        for first in (0..columns).step_by(BLOCK) {
            for row in weight.chunks_exact(columns) {
                let own = &row[first..columns.min(first + BLOCK)];
                data.extend_from_slice(own);
                data.extend(std::iter::repeat_n(0.0, BLOCK - own.len()));
            }
        }
        Packed { depth: weight.len() / columns, columns, data }
    }

    /// `out` [n, columns] = `rows` [n, depth] · this.
    pub(crate) fn product(&self, out: &mut [f32], rows: &[f32]) {
        pulp::Arch::new().dispatch(Product { matrix: self, out, rows });
    }
}

struct Product<'a> {
    matrix: &'a Packed,
    out: &'a mut [f32],
    rows: &'a [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // As many rows at a time as there are registers for their sums.
        match S::F32_LANES {
            16 => self.blocks::<S, 12, 1>(simd),
            8 => self.blocks::<S, 6, 2>(simd),
            4 => self.blocks::<S, 4, 4>(simd),
            _ => self.blocks::<S, 1, BLOCK>(simd),
        }
    }
}

impl Product<'_> {
    /// `P` rows at a time; a block is `V` vectors.
    #[inline(always)]
    fn blocks<S: Simd, const P: usize, const V: usize>(self, simd: S) {
        let Packed { depth, columns, data } = self.matrix;
        for (number, block) in data.chunks_exact(depth * BLOCK).enumerate() {
            let (block, _) = S::as_simd_f32s(block);
            let from = number * BLOCK;
            let part = from..(*columns).min(from + BLOCK);
            let mut outs = self.out.chunks_exact_mut(P * columns);
            let mut ins = self.rows.chunks_exact(P * depth);
            for (out, rows) in outs.by_ref().zip(ins.by_ref()) {
                let sums = sums::<S, P, V>(simd, rows, block, *depth);
                keep::<S, P, V>(out, &sums, part.clone(), *columns);
            }
            let rest = outs.into_remainder().chunks_exact_mut(*columns);
            for (out, row) in rest.zip(ins.remainder().chunks_exact(*depth)) {
                let sums = sums::<S, 1, V>(simd, row, block, *depth);
                keep::<S, 1, V>(out, &sums, part.clone(), *columns);
            }
        }
    }
}

#[inline(always)]
fn sums<S: Simd, const P: usize, const V: usize>(
    simd: S,
    rows: &[f32],
    block: &[S::f32s],
    depth: usize,
) -> [[S::f32s; V]; P] {
    let mut sums = [[simd.splat_f32s(0.0); V]; P];
    let mut each: [&[f32]; P] = [&[]; P];
    for (row, place) in rows.chunks_exact(depth).zip(&mut each) {
        *place = row;
    }
    for (k, weights) in block.chunks_exact(V).enumerate() {
        for (sum, row) in sums.iter_mut().zip(&each) {
            let x = simd.splat_f32s(row[k]);
            for (sum, weight) in sum.iter_mut().zip(weights) {
                *sum = simd.mul_add_f32s(x, *weight, *sum);
            }
        }
    }
    sums
}

#[inline(always)]
fn keep<S: Simd, const P: usize, const V: usize>(
    out: &mut [f32],
    sums: &[[S::f32s; V]; P],
    part: std::ops::Range<usize>,
    columns: usize,
) {
    for (out, sum) in out.chunks_exact_mut(columns).zip(sums) {
        let mut whole = [0.0f32; BLOCK];
        let (vectors, _) = S::as_mut_simd_f32s(&mut whole);
        vectors.copy_from_slice(sum);
        out[part.clone()].copy_from_slice(&whole[..part.len()]);
    }
}

/// Adds to each place of a line the places around it, channel by channel: `taps` [width, channels], the middle one for
/// the place itself; zeros beyond the ends.
pub(crate) fn along(line: &mut [f32], from: &[f32], taps: &[f32], channels: usize) {
    pulp::Arch::new().dispatch(Along { line, from, taps, channels });
}

struct Along<'a> {
    line: &'a mut [f32],
    from: &'a [f32],
    taps: &'a [f32],
    channels: usize,
}

impl WithSimd for Along<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Along { line, from, taps, channels } = self;
        if channels.is_multiple_of(S::F32_LANES) {
            let (line, from, taps) =
                (S::as_mut_simd_f32s(line).0, S::as_simd_f32s(from).0, S::as_simd_f32s(taps).0);
            around(line, from, taps, channels / S::F32_LANES, |x, weight, sum| {
                simd.mul_add_f32s(x, weight, sum)
            });
        } else {
            around(line, from, taps, channels, |x: f32, weight, sum| x.mul_add(weight, sum));
        }
    }
}

#[inline(always)]
fn around<T: Copy>(
    line: &mut [T],
    from: &[T],
    taps: &[T],
    channels: usize,
    times_plus: impl Fn(T, T, T) -> T,
) {
    let half = taps.len() / channels / 2;
    let cols = line.len() / channels;
    for (col, place) in line.chunks_exact_mut(channels).enumerate() {
        let first = col.saturating_sub(half);
        let skipped = half - (col - first);
        let sources = &from[first * channels..(col + half + 1).min(cols) * channels];
        let taps = &taps[skipped * channels..];
        for (channel, sum) in place.iter_mut().enumerate() {
            let each = sources.iter().skip(channel).step_by(channels);
            for (x, weight) in each.zip(taps.iter().skip(channel).step_by(channels)) {
                *sum = times_plus(*x, *weight, *sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_by_its_definition() {
        for out in [8, 16, 24, 48, 5] {
            let (n, depth) = (31, 5);
            let number = |i: usize| ((i * 37 + 11) % 17) as f32 - 8.0;
            let rows: Vec<f32> = (0..n * depth).map(number).collect();
            let weight: Vec<f32> = (0..depth * out).map(|i| number(i + 3)).collect();
            let mut found = vec![0.0; n * out];
            Packed::new(&weight, out).product(&mut found, &rows);
            for (i, found) in found.iter().enumerate() {
                let (row, column) = (i / out, i % out);
                let expected: f32 =
                    (0..depth).map(|k| rows[row * depth + k] * weight[k * out + column]).sum();
                assert_eq!(*found, expected, "{out}: {row}, {column}");
            }
        }
    }

    #[test]
    fn a_line_by_its_definition() {
        for channels in [48, 64, 3] {
            let (cols, width) = (7, 5);
            let number = |i: usize| ((i * 29 + 5) % 13) as f32 - 6.0;
            let from: Vec<f32> = (0..cols * channels).map(number).collect();
            let taps: Vec<f32> = (0..width * channels).map(|i| number(i + 1)).collect();
            let mut line = vec![1.0; cols * channels];
            along(&mut line, &from, &taps, channels);
            for (i, found) in line.iter().enumerate() {
                let (col, c) = (i / channels, i % channels);
                let around = (0..width).filter(|k| (2..cols + 2).contains(&(col + k)));
                let sum: f32 =
                    around.map(|k| from[(col + k - 2) * channels + c] * taps[k * channels + c]).sum();
                assert_eq!(*found, 1.0 + sum, "{channels}: {col}, {c}");
            }
        }
    }
}
