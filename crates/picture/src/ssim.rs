//! How alike two images look: the structural similarity of their luma.

use arrcoc_stats::luma;

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
    let (width, height) = (a.width() as usize, a.height() as usize);
    assert_eq!((width, height), (b.width() as usize, b.height() as usize), "the sizes differ");
    let (a, b) = (luma_of(a), luma_of(b));
    let (tall, wide) = (WINDOW.min(height), WINDOW.min(width));
    let (mut sum, mut windows) = (0.0, 0u64);
    for y in (0..=height - tall).step_by(STEP) {
        for x in (0..=width - wide).step_by(STEP) {
            let rows = (y..y + tall).map(|y| y * width + x..y * width + x + wide);
            sum += window(rows.map(|span| (&a[span.clone()], &b[span])), (tall * wide) as i64);
            windows += 1;
        }
    }
    sum / windows as f64
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
}
