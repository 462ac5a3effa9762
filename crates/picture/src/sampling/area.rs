//! Exact area averages: each sample is the mean over its share of the patch.

use std::ops::{Add, AddAssign, Div, Mul};

use arrcoc_stats::Rect;

use crate::raster::Image;

/// Averages the pixels of `rect` down to `w` × `h` samples of RGB, row by row:
/// `3 · w · h` bytes.
///
/// Sample (i, j) is the mean over the rectangle from row iH/h to (i+1)H/h and from
/// column jW/w to (j+1)W/w, where pixels that lie in it in part count in part. The mean
/// is computed in integers and rounded half up. With `w` × `h` the size of `rect`, the
/// samples are the pixels; with more, each is the mean of at most four of them.
///
/// # Panics
///
/// When `rect` is empty or reaches beyond the image, or a side of 0 is asked for.
#[must_use]
pub fn area_average(image: &Image, rect: Rect, w: u32, h: u32) -> Vec<u8> {
    assert!(w > 0 && h > 0, "{w}x{h} samples are none");
    assert!(rect.width > 0 && rect.height > 0, "{rect:?} is empty");
    assert!(
        rect.x + rect.width <= image.width() && rect.y + rect.height <= image.height(),
        "{rect:?} reaches beyond {image:?}"
    );
    let total = u64::from(rect.width) * u64::from(rect.height);
    // Sums of the largest values fit in 32 bits, but for a patch of many pixels.
    if total * 255 + total / 2 <= u64::from(u32::MAX) {
        averages::<u32>(image, rect, (w, h), total as u32)
    } else {
        averages::<u64>(image, rect, (w, h), total)
    }
}

/// An integer that holds the sums.
trait Sum: Copy + From<u32> + AddAssign + Add<Output = Self> + Mul<Output = Self> + Div<Output = Self> {
    fn low_byte(self) -> u8;
}

impl Sum for u32 {
    fn low_byte(self) -> u8 {
        self as u8
    }
}

impl Sum for u64 {
    fn low_byte(self) -> u8 {
        self as u8
    }
}

fn averages<S: Sum>(image: &Image, rect: Rect, (w, h): (u32, u32), total: S) -> Vec<u8> {
    let zero = S::from(0);
    let half = total / S::from(2);
    let columns: Vec<Cover> = (0..w).map(|j| Cover::of(j, w, rect.width)).collect();
    let mut samples = Vec::with_capacity(3 * w as usize * h as usize);
    // Sums along the rows first: `sums[j]` is of the rows of sample row i.
    let mut sums = vec![[zero; 3]; w as usize];
    for i in 0..h {
        sums.fill([zero; 3]);
        let rows = Cover::of(i, h, rect.height);
        for (y, &row_weight) in (rect.y + rows.first..).zip(&rows.weights) {
            let pixels = image.span(rect, y).as_chunks::<3>().0;
            for (sum, cover) in sums.iter_mut().zip(&columns) {
                let covered = &pixels[cover.first as usize..][..cover.weights.len()];
                let mut along = [zero; 3];
                for (pixel, &weight) in covered.iter().zip(&cover.weights) {
                    for (along, &value) in along.iter_mut().zip(pixel) {
                        *along += S::from(weight) * S::from(u32::from(value));
                    }
                }
                for (sum, along) in sum.iter_mut().zip(along) {
                    *sum += S::from(row_weight) * along;
                }
            }
        }
        for sum in &sums {
            samples.extend(sum.map(|sum| ((sum + half) / total).low_byte()));
        }
    }
    samples
}

/// The pixels that a sample covers of a length, and how much of each in units of 1/parts of a
/// pixel. The weights of a sample add up to the length.
struct Cover {
    first: u32,
    weights: Vec<u32>,
}

impl Cover {
    /// Sample `i` of `parts` is from i·length to (i+1)·length, pixel p from p·parts to (p+1)·parts.
    fn of(i: u32, parts: u32, length: u32) -> Self {
        let (i, parts, length) = (u64::from(i), u64::from(parts), u64::from(length));
        let (start, end) = (i * length, (i + 1) * length);
        let pixels = start / parts..end.div_ceil(parts);
        let covered = |p: u64| (((p + 1) * parts).min(end) - (p * parts).max(start)) as u32;
        Self { first: pixels.start as u32, weights: pixels.map(covered).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_of_pixels_count_in_part() {
        // Three pixels to two samples: (10·2 + 40·1)/3 and (40·1 + 70·2)/3.
        let image = Image::from_rgb(3, 1, [[10; 3], [40; 3], [70; 3]].concat()).unwrap();
        assert_eq!(area_average(&image, image.bounds(), 2, 1), [20, 20, 20, 60, 60, 60]);
    }

    #[test]
    fn halves_are_rounded_up() {
        let image = Image::from_rgb(2, 1, vec![0, 1, 254, 1, 2, 255]).unwrap();
        assert_eq!(area_average(&image, image.bounds(), 1, 1), [1, 2, 255]);
    }

    #[test]
    fn a_patch_of_many_pixels_has_room_for_its_sums() {
        let (width, height) = (4200, 4100);
        let image = Image::from_rgb(width, height, vec![255; 3 * width as usize * height as usize]).unwrap();
        assert_eq!(area_average(&image, image.bounds(), 2, 1), [255; 6]);
    }

    proptest! {
        #[test]
        fn weights_cover_everything_once(parts in 1u32..60, length in 1u32..60) {
            let mut pixels = vec![0u64; length as usize];
            for i in 0..parts {
                let mut sum = 0;
                let cover = Cover::of(i, parts, length);
                for (pixel, weight) in (cover.first..).zip(cover.weights) {
                    prop_assert!(weight > 0);
                    pixels[pixel as usize] += u64::from(weight);
                    sum += weight;
                }
                prop_assert_eq!(sum, length);
            }
            prop_assert!(pixels.iter().all(|&weight| weight == u64::from(parts)));
        }

        #[test]
        fn the_size_itself_gives_the_pixels(width in 1u32..12, height in 1u32..12, seed: u8) {
            let data: Vec<u8> = (0..width * height * 3).map(|i| (i * 31) as u8 ^ seed).collect();
            let image = Image::from_rgb(width, height, data.clone()).unwrap();
            prop_assert_eq!(area_average(&image, image.bounds(), width, height), data);
        }
    }
}
