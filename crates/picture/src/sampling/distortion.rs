//! What is lost at k tokens, as an integer: a named proxy for how badly a patch reads.

use arrcoc_stats::{Rect, Tiling, luma};

use super::area::area_average;
use super::shape::sample_shape;
use crate::raster::Image;

/// Squared error of luma when `patch` is given `k` tokens, under
/// [`Sampling::Grid`](super::Sampling::Grid).
///
/// The patch is cut into the h×w blocks of [`sample_shape`], block (i, j) from row
/// ⌊iH/h⌋ to ⌊(i+1)H/h⌋ and likewise for columns, and each block of n pixels
/// contributes Σy² − ⌊(Σy)²/n⌋: the squared error about the block's mean, less than one
/// above the exact value. With as many tokens as pixels it is 0. With k = 0 it is the
/// squared error about the luma of the image's mean colour, with which such a patch is
/// painted.
///
/// # Panics
///
/// When `tiling` is of another image or `patch` is not in its grid.
#[must_use]
pub fn distortion(image: &Image, tiling: &Tiling, patch: usize, k: u32) -> u64 {
    let rect = tiling.patch(patch);
    if k == 0 {
        let mean = area_average(image, image.bounds(), 1, 1);
        let mean = luma(mean[0], mean[1], mean[2]);
        return values(image, rect).map(|y| u64::from(y.abs_diff(mean)).pow(2)).sum();
    }
    let (w, h) = sample_shape(k, rect.width, rect.height);
    let cut = |i: u32, parts: u32, length: u32| (u64::from(i) * u64::from(length) / u64::from(parts)) as u32;
    let mut error = 0;
    for i in 0..h {
        let (top, bottom) = (cut(i, h, rect.height), cut(i + 1, h, rect.height));
        for j in 0..w {
            let (left, right) = (cut(j, w, rect.width), cut(j + 1, w, rect.width));
            let block = Rect { x: rect.x + left, y: rect.y + top, width: right - left, height: bottom - top };
            error += about_mean(values(image, block));
        }
    }
    error
}

/// Luma of every pixel of a rectangle.
fn values(image: &Image, rect: Rect) -> impl Iterator<Item = u8> {
    (rect.y..rect.y + rect.height)
        .flat_map(move |y| image.span(rect, y).as_chunks().0.iter().map(|&[r, g, b]| luma(r, g, b)))
}

/// Σy² − ⌊(Σy)²/n⌋. Sums of 2³² pixels fit in 64 bits, their squares in 128.
fn about_mean(values: impl Iterator<Item = u8>) -> u64 {
    let (mut n, mut sum, mut squares) = (0u64, 0u64, 0u64);
    for y in values.map(u64::from) {
        n += 1;
        sum += y;
        squares += y * y;
    }
    let mean = u128::from(sum) * u128::from(sum) / u128::from(n.max(1));
    squares - mean as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrcoc_stats::Grid;

    #[test]
    fn by_hand() {
        let data = [0u8, 10, 20, 31].iter().flat_map(|&v| [v; 3]).collect();
        let image = Image::from_rgb(4, 1, data).unwrap();
        let tiling = Tiling::new(Grid::new(1, 1).unwrap(), 4, 1).unwrap();
        let at = |k| distortion(&image, &tiling, 0, k);
        // Σ = 61, Σ² = 1461, 61²/4 = 930.25.
        assert_eq!(at(1), 1461 - 930);
        // (0, 10): 100 − 50; (20, 31): 1361 − ⌊1300.5⌋.
        assert_eq!(at(2), 50 + 61);
        assert_eq!(at(4), 0);
        assert_eq!(at(400), 0);
        // The mean rounds to 15.
        assert_eq!(at(0), 225 + 25 + 25 + 256);
    }
}
