//! Tokens of overlapping views to the patches of a grid, by area.
//!
//! A token stands for a rectangle of the image. A patch takes the mean of the
//! tokens that it overlaps, each counting by the area that they share. Tokens
//! are set to length 1 first: only their direction is compared with a text, and
//! a mean of raw tokens would belong to the longest.

use arrcoc_sdk::stats::{Grid, Tiling};

use crate::views::Rect;

/// Means of tokens, growing view by view.
pub(crate) struct Spread<'a> {
    tiling: &'a Tiling,
    width: usize,
    /// [patches, width].
    sums: Vec<f64>,
    /// [patches]: the area that has been seen, in pixels.
    areas: Vec<f64>,
}

/// How much token `token` shares with row or column `patch`, in pixels.
struct Share {
    patch: usize,
    token: usize,
    length: f64,
}

impl<'a> Spread<'a> {
    /// Nothing yet, for tokens of this width.
    pub(crate) fn new(tiling: &'a Tiling, width: usize) -> Spread<'a> {
        let patches = tiling.grid().patches();
        Spread { tiling, width, sums: vec![0.0; patches * width], areas: vec![0.0; patches] }
    }

    /// Adds the tokens of a view, `side` by `side`, row by row, [side², width].
    ///
    /// A token covers `patch` of the `image` pixels of the encoder's input. When
    /// they do not divide it, the last token stands for the rest as well.
    pub(crate) fn add(&mut self, view: Rect, tokens: &[f32], image: usize, patch: usize) {
        let grid: Grid = self.tiling.grid();
        let side = image / patch;
        let edges = |start: usize, extent: usize| -> Vec<f64> {
            let edge = |i: usize| {
                let share = if i == side { 1.0 } else { (i * patch) as f64 / image as f64 };
                start as f64 + share * extent as f64
            };
            (0..=side).map(edge).collect()
        };
        let across = shares(&edges(view.x, view.width), grid.cols, |c| self.tiling.cols(c));
        let down = shares(&edges(view.y, view.height), grid.rows, |r| self.tiling.rows(r));
        let lengths: Vec<f64> = tokens
            .chunks_exact(self.width)
            .map(|token| token.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt())
            .collect();
        for row in &down {
            for col in &across {
                let (patch, token) =
                    (row.patch * grid.cols as usize + col.patch, row.token * side + col.token);
                let area = row.length * col.length;
                self.areas[patch] += area;
                if lengths[token] > 0.0 {
                    let factor = area / lengths[token];
                    let token = &tokens[token * self.width..][..self.width];
                    let sums = &mut self.sums[patch * self.width..][..self.width];
                    sums.iter_mut().zip(token).for_each(|(sum, x)| *sum += factor * f64::from(*x));
                }
            }
        }
    }

    /// Adds the mean of each patch, times `weight`, to `into` [patches, width].
    pub(crate) fn mix_into(&self, into: &mut [f32], weight: f64) {
        let rows = self.sums.chunks_exact(self.width).zip(&self.areas);
        for ((sums, area), into) in rows.zip(into.chunks_exact_mut(self.width)) {
            if *area > 0.0 {
                let factor = weight / area;
                into.iter_mut().zip(sums).for_each(|(out, sum)| *out += (factor * sum) as f32);
            }
        }
    }
}

/// Overlaps of tokens, between consecutive edges, with patches.
fn shares(edges: &[f64], patches: u32, range: impl Fn(u32) -> std::ops::Range<u32>) -> Vec<Share> {
    let mut shares = Vec::new();
    let mut first = 0;
    for patch in 0..patches {
        let range = range(patch);
        let (from, to) = (f64::from(range.start), f64::from(range.end));
        // Tokens that end before this patch end before all later ones.
        while first + 1 < edges.len() && edges[first + 1] <= from {
            first += 1;
        }
        for token in first..edges.len() - 1 {
            if edges[token] >= to {
                break;
            }
            let length = edges[token + 1].min(to) - edges[token].max(from);
            if length > 0.0 {
                shares.push(Share { patch: patch as usize, token, length });
            }
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(width: u32, height: u32) -> Rect {
        Rect { x: 0, y: 0, width: width as usize, height: height as usize }
    }

    #[test]
    fn a_patch_takes_tokens_by_the_area_they_share() {
        // Three patches of 4 pixels over two tokens of 6: one, half and half, the other.
        let tiling = Tiling::new(Grid::new(1, 3).unwrap(), 12, 6).unwrap();
        let mut spread = Spread::new(&tiling, 2);
        // Two rows of tokens; the second row says the same. Their length does not matter.
        spread.add(whole(12, 6), &[1.0, 0.0, 0.0, 2.0, 5.0, 0.0, 0.0, 1.0], 2, 1);
        let mut out = vec![0.0; 6];
        spread.mix_into(&mut out, 1.0);
        assert_eq!(out, [1.0, 0.0, 0.5, 0.5, 0.0, 1.0]);
        spread.mix_into(&mut out, 0.5);
        assert_eq!(out, [1.5, 0.0, 0.75, 0.75, 0.0, 1.5]);
    }

    #[test]
    fn the_last_token_stands_for_the_rest() {
        // An input of 5 with tokens of 2: the second stands for columns 2, 3 and 4.
        let tiling = Tiling::new(Grid::new(1, 5).unwrap(), 5, 5).unwrap();
        let mut spread = Spread::new(&tiling, 1);
        spread.add(whole(5, 5), &[1.0, -1.0, 1.0, -1.0], 5, 2);
        let mut out = vec![0.0; 5];
        spread.mix_into(&mut out, 1.0);
        assert_eq!(out, [1.0, 1.0, -1.0, -1.0, -1.0]);
    }

    #[test]
    fn equal_tokens_give_equal_patches() {
        for (width, height) in [(5, 5), (5, 89), (31, 7), (64, 64), (90, 53)] {
            for (rows, cols) in [(1, 1), (1, 5), (4, 3), (5, 5)] {
                for (image, patch) in [(4, 1), (4, 4), (7, 2), (39, 5), (32, 8)] {
                    let tiling = Tiling::new(Grid::new(rows, cols).unwrap(), width, height).unwrap();
                    let mut spread = Spread::new(&tiling, 2);
                    let side = image / patch;
                    let tokens = [3.0f32, 4.0].repeat(side * side);
                    spread.add(whole(width, height), &tokens, image, patch);
                    // A part that begins and ends anywhere.
                    let part = Rect { x: 1, y: 3, width: width as usize - 2, height: height as usize - 3 };
                    spread.add(part, &tokens, image, patch);
                    let mut out = vec![0.0; tiling.grid().patches() * 2];
                    spread.mix_into(&mut out, 1.0);
                    for point in out.chunks_exact(2) {
                        assert!((point[0] - 0.6).abs() < 1e-6 && (point[1] - 0.8).abs() < 1e-6, "{point:?}");
                    }
                    let seen: f64 = spread.areas.iter().sum();
                    let area = f64::from(width) * f64::from(height) + (part.width * part.height) as f64;
                    assert!((seen - area).abs() < 1e-6 * area);
                }
            }
        }
    }
}
