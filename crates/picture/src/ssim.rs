//! How alike two images look: the structural similarity of their luma.
//!
//! Plain, every part of the image counts the same. Where only some parts matter,
//! such as those that a question is about, an image may lose the rest and be as
//! good as before: then each part counts as much as it matters.

use arrcoc_stats::{Tiling, luma};

use crate::raster::Image;

/// Side of a window, and the step from one to the next, in pixels.
const WINDOW: usize = 8;
const STEP: usize = 4;

/// The constants of the paper for values of 0..=255: (0.01 · 255)² and (0.03 · 255)².
const C1: f64 = 6.5025;
const C2: f64 = 58.5225;

/// Structural similarity (Wang, Bovik, Sheikh and Simoncelli 2004, equation 13) of the
/// luma of two images of the same size: 1 when they are equal, near 0 when they have
/// nothing in common, at least −1.
///
/// It is the mean over square windows of 8×8 pixels, four pixels apart, each weighted
/// evenly; an image smaller than that is one window. Sums over a window are integers.
///
/// # Panics
///
/// When the sizes differ.
#[must_use]
pub fn ssim(a: &Image, b: &Image) -> f64 {
    let (mut sum, mut windows) = (0.0, 0u64);
    each_window(a, b, |_, _, alike| {
        sum += alike;
        windows += 1;
    });
    sum / windows as f64
}

/// [`ssim`] in which each window counts as much as the patch that its centre lies in: Σ w·s / Σ w over all windows,
/// at least −1 and 1 when the images are equal. With all weights equal it is [`ssim`].
///
/// That a similarity should weigh windows by what they are worth to who looks is the idea of Wang and Li 2011,
/// "Information content weighting for perceptual image quality assessment"; their weights are the information in a
/// window, these are given, one for each patch of `tiling`, such as the relevance of the patch to a question. A
/// weight that is negative, infinite or not a number counts as 0. The centre of a window is the pixel to the right
/// of and below its middle.
///
/// None when no window has a weight. A patch smaller than the step between windows may have no window's centre.
///
/// # Panics
///
/// When the sizes differ, `tiling` is of another image or `weights` is not one number a patch.
#[must_use]
pub fn weighted_ssim(a: &Image, b: &Image, tiling: &Tiling, weights: &[f64]) -> Option<f64> {
    assert_eq!((a.width(), a.height()), (tiling.width(), tiling.height()), "the tiling is of another image");
    assert_eq!(weights.len(), tiling.grid().patches(), "there is one weight for each patch");
    let grid = tiling.grid();
    // The patch row of every pixel row, and the patch column of every pixel column.
    let rows: Vec<u32> = (0..grid.rows).flat_map(|r| tiling.rows(r).map(move |_| r)).collect();
    let cols: Vec<u32> = (0..grid.cols).flat_map(|c| tiling.cols(c).map(move |_| c)).collect();
    let (mut sum, mut all) = (0.0, 0.0);
    each_window(a, b, |x, y, alike| {
        let weight = weights[grid.index(rows[y], cols[x])];
        if weight > 0.0 && weight.is_finite() {
            sum += weight * alike;
            all += weight;
        }
    });
    (all > 0.0).then(|| sum / all)
}

/// Visits every window with the column and row of its centre and its similarity.
fn each_window(a: &Image, b: &Image, mut visit: impl FnMut(usize, usize, f64)) {
    let (width, height) = (a.width() as usize, a.height() as usize);
    assert_eq!((width, height), (b.width() as usize, b.height() as usize), "the sizes differ");
    let (a, b) = (luma_of(a), luma_of(b));
    let (tall, wide) = (WINDOW.min(height), WINDOW.min(width));
    for y in (0..=height - tall).step_by(STEP) {
        for x in (0..=width - wide).step_by(STEP) {
            let rows = (y..y + tall).map(|y| y * width + x..y * width + x + wide);
            let alike = window(rows.map(|span| (&a[span.clone()], &b[span])), (tall * wide) as i64);
            visit(x + wide / 2, y + tall / 2, alike);
        }
    }
}

fn luma_of(image: &Image) -> Vec<u8> {
    image.data().as_chunks().0.iter().map(|&[r, g, b]| luma(r, g, b)).collect()
}

/// SSIM of one window of `n` pixels, given by its rows.
fn window<'a>(rows: impl Iterator<Item = (&'a [u8], &'a [u8])>, n: i64) -> f64 {
    let [mut sum_a, mut sum_b, mut aa, mut bb, mut ab] = [0i64; 5];
    for (row_a, row_b) in rows {
        for (&a, &b) in row_a.iter().zip(row_b) {
            let (a, b) = (i64::from(a), i64::from(b));
            sum_a += a;
            sum_b += b;
            aa += a * a;
            bb += b * b;
            ab += a * b;
        }
    }
    let n_f = n as f64;
    let (mean_a, mean_b) = (sum_a as f64 / n_f, sum_b as f64 / n_f);
    // n²·variance is an exact integer; the paper divides by n − 1.
    let unbiased = n_f * (n - 1).max(1) as f64;
    let variance_a = (n * aa - sum_a * sum_a) as f64 / unbiased;
    let variance_b = (n * bb - sum_b * sum_b) as f64 / unbiased;
    let covariance = (n * ab - sum_a * sum_b) as f64 / unbiased;
    (2.0 * mean_a * mean_b + C1) * (2.0 * covariance + C2)
        / ((mean_a * mean_a + mean_b * mean_b + C1) * (variance_a + variance_b + C2))
}

#[cfg(test)]
mod tests {
    use arrcoc_stats::Grid;

    use super::*;

    fn grey(width: u32, height: u32, value: impl Fn(u32) -> u8) -> Image {
        let data = (0..width * height).flat_map(|i| [value(i); 3]).collect();
        Image::from_rgb(width, height, data).unwrap()
    }

    #[test]
    fn equal_images_are_alike_and_opposites_are_not() {
        for (width, height) in [(1, 1), (3, 20), (33, 17)] {
            let image = grey(width, height, |i| (i * 37 % 251) as u8);
            assert_eq!(ssim(&image, &image), 1.0);
        }
        let image = grey(16, 16, |i| (i * 37 % 251) as u8);
        let inverted = grey(16, 16, |i| 255 - (i * 37 % 251) as u8);
        assert!(ssim(&image, &inverted) < -0.5);
    }

    /// Two constants: only the first factor of equation 13 is left.
    #[test]
    fn constants_by_hand() {
        let expected = (2.0 * 100.0 * 120.0 + C1) / (100.0 * 100.0 + 120.0 * 120.0 + C1);
        let found = ssim(&grey(8, 8, |_| 100), &grey(8, 8, |_| 120));
        assert!((found - expected).abs() < 1e-12);
    }

    fn tiling(image: &Image, rows: u32, cols: u32) -> Tiling {
        Tiling::new(Grid::new(rows, cols).unwrap(), image.width(), image.height()).unwrap()
    }

    #[test]
    fn equal_weights_are_no_weights() {
        for (width, height, rows, cols) in [(33, 17, 2, 3), (64, 40, 5, 7), (3, 20, 1, 1)] {
            let a = grey(width, height, |i| (i * 37 % 251) as u8);
            let b = grey(width, height, |i| (i * 53 % 241) as u8);
            let tiling = tiling(&a, rows, cols);
            let patches = (rows * cols) as usize;
            assert_eq!(weighted_ssim(&a, &b, &tiling, &vec![1.0; patches]), Some(ssim(&a, &b)));
            let found = weighted_ssim(&a, &b, &tiling, &vec![0.3; patches]).unwrap();
            assert!((found - ssim(&a, &b)).abs() < 1e-12);
            assert_eq!(weighted_ssim(&a, &a, &tiling, &vec![0.25; patches]), Some(1.0));
        }
    }

    /// 16×8 pixels: windows at 0, 4 and 8, their centres at columns 4, 8 and 12, so one in the left half and two in
    /// the right. The left half is the same in both; the right is 100 against 120.
    #[test]
    fn weights_by_hand() {
        let a = grey(16, 8, |_| 100);
        let b = grey(16, 8, |i| if i % 16 < 8 { 100 } else { 120 });
        let tiling = tiling(&a, 1, 2);
        let mut alike = Vec::new();
        each_window(&a, &b, |x, y, s| alike.push((x, y, s)));
        assert_eq!(alike.iter().map(|w| (w.0, w.1)).collect::<Vec<_>>(), [(4, 4), (8, 4), (12, 4)]);
        let right = (2.0 * 100.0 * 120.0 + C1) / (100.0 * 100.0 + 120.0 * 120.0 + C1);
        let [left, middle] = [alike[0].2, alike[1].2];
        assert_eq!(left, 1.0);
        let expected = (3.0 * left + 0.5 * middle + 0.5 * right) / 4.0;
        let found = weighted_ssim(&a, &b, &tiling, &[3.0, 0.5]).unwrap();
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        // Only the left half matters, and it is untouched.
        assert_eq!(weighted_ssim(&a, &b, &tiling, &[1.0, 0.0]), Some(1.0));
        assert_eq!(weighted_ssim(&a, &b, &tiling, &[1.0, f64::NAN]), Some(1.0));
    }

    #[test]
    fn without_weight_there_is_no_similarity() {
        let image = grey(16, 8, |_| 100);
        for nothing in [0.0, -1.0, f64::INFINITY, f64::NAN] {
            assert_eq!(weighted_ssim(&image, &image, &tiling(&image, 1, 2), &[nothing; 2]), None);
        }
    }
}
