//! From a region of a page to what the recogniser was trained on.
//!
//! As PaddleOCR does it (`RecResizeImg`): the line is brought to 48 rows, keeps
//! its shape, and has middle grey to its right where it is short; channels are
//! blue, green, red, and lie in [−1, 1]. Two things are done otherwise. A line
//! that is larger than that is averaged by area, not sampled at points, since
//! thin strokes of a large page would fall between them. And the least width is
//! 160 columns, not 320: short lines are read in half the time, and as well.

use arrcoc::Error;
use arrcoc_picture::{Image, area_average};
use arrcoc_stats::Rect;

/// How far beyond a region the reader looks, on each side, in heights of the region. A box that lies close to the ink
/// leaves the model too little paper; more than this lets the lines above and below in. The tests have the numbers.
pub(super) const MARGIN: f64 = 0.25;

/// Rows.
const HEIGHT: u32 = 48;
/// Least columns.
const NARROWEST: u32 = 160;
/// Most columns, some 200 letters: a bound on memory and time. What is longer is squeezed.
const WIDEST: u32 = 4096;

/// 3 planes of 48 × `width` numbers.
pub(super) struct Input {
    width: usize,
    pub(super) values: Vec<f32>,
}

impl Input {
    /// Cuts a region out, with `margin` heights of it on each side, and prepares it.
    pub(super) fn cut(image: &Image, region: Rect, margin: f64) -> Result<Input, Error> {
        let Some(rect) = widen(image, region, margin) else {
            let Rect { x, y, width, height } = region;
            return Err(Error::new(
                format!(
                    "the region of {width}x{height} pixels at {x},{y} has no pixel of the image, which is {}x{}",
                    image.width(),
                    image.height()
                ),
                "give a region that lies in the image",
            ));
        };
        let columns = (u64::from(HEIGHT) * u64::from(rect.width)).div_ceil(u64::from(rect.height));
        let columns = columns.clamp(1, u64::from(WIDEST)) as u32;
        let line = if rect.height > HEIGHT {
            area_average(image, rect, columns, HEIGHT).into_iter().map(f32::from).collect()
        } else {
            bilinear(image, rect, columns, HEIGHT)
        };
        let width = columns.max(NARROWEST) as usize;
        let (columns, height) = (columns as usize, HEIGHT as usize);
        // Middle grey is 0.
        let mut values = vec![0.0; 3 * width * height];
        for (place, pixel) in line.as_chunks::<3>().0.iter().enumerate() {
            let (row, column) = (place / columns, place % columns);
            for (plane, value) in pixel.iter().rev().enumerate() {
                values[(plane * height + row) * width + column] = value / 127.5 - 1.0;
            }
        }
        Ok(Input { width, values })
    }

    pub(super) fn shape(&self) -> [usize; 4] {
        [1, 3, HEIGHT as usize, self.width]
    }
}

/// The region with its margin, within the image; `None` where nothing of the region is.
fn widen(image: &Image, region: Rect, margin: f64) -> Option<Rect> {
    let margin = libm::round(margin * f64::from(region.height)) as u64;
    let along = |start: u32, length: u32, limit: u32| -> Option<(u32, u32)> {
        if length == 0 || start >= limit {
            return None;
        }
        let (start, length) = (u64::from(start), u64::from(length));
        let first = start.saturating_sub(margin);
        let end = (start + length + margin).min(u64::from(limit));
        Some((first as u32, (end - first) as u32))
    };
    let (x, width) = along(region.x, region.width, image.width())?;
    let (y, height) = along(region.y, region.height, image.height())?;
    Some(Rect { x, y, width, height })
}

/// RGB samples between the pixels of `rect`, whose centres are at halves; the border repeats.
fn bilinear(image: &Image, rect: Rect, columns: u32, rows: u32) -> Vec<f32> {
    let (across, down) = (between(rect.width, columns), between(rect.height, rows));
    let stride = 3 * image.width() as usize;
    let mut samples = Vec::with_capacity(3 * across.len() * down.len());
    for (upper, lower, part) in down {
        let row = |y: usize| &image.data()[(rect.y as usize + y) * stride + 3 * rect.x as usize..];
        let (upper, lower) = (row(upper), row(lower));
        for &(left, right, share) in &across {
            for c in 0..3 {
                let mix = |row: &[u8]| {
                    f32::from(row[3 * left + c]) * (1.0 - share) + f32::from(row[3 * right + c]) * share
                };
                samples.push(mix(upper) * (1.0 - part) + mix(lower) * part);
            }
        }
    }
    samples
}

/// For each of `samples` over a length in pixels: the pixels on both sides and the share of the second.
fn between(length: u32, samples: u32) -> Vec<(usize, usize, f32)> {
    let last = length as usize - 1;
    let place = |sample: u32| {
        let at = (f64::from(sample) + 0.5) * f64::from(length) / f64::from(samples) - 0.5;
        let at = at.clamp(0.0, last as f64);
        let first = at.floor() as usize;
        (first, (first + 1).min(last), (at - first as f64) as f32)
    };
    (0..samples).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
        Rect { x, y, width, height }
    }

    fn grey(width: u32, height: u32) -> Image {
        Image::from_rgb(width, height, vec![100; 3 * (width * height) as usize]).unwrap()
    }

    #[test]
    fn samples_lie_between_pixel_centres_and_the_border_repeats() {
        // Two pixels, four samples: centres at 0.25, 0.75, 1.25, 1.75 pixels, so −0.25 → 0, 0.25, 0.75, 1.25 → 1.
        assert_eq!(between(2, 4), [(0, 1, 0.0), (0, 1, 0.25), (0, 1, 0.75), (1, 1, 0.0)]);
        assert_eq!(between(1, 2), [(0, 0, 0.0), (0, 0, 0.0)]);
    }

    #[test]
    fn a_region_gets_its_margin_as_far_as_the_page_goes() {
        let page = grey(200, 100);
        assert_eq!(widen(&page, rect(50, 40, 60, 16), 0.25), Some(rect(46, 36, 68, 24)));
        assert_eq!(widen(&page, rect(0, 0, 200, 100), 0.25), Some(rect(0, 0, 200, 100)));
        assert_eq!(widen(&page, rect(199, 99, u32::MAX, 8), 0.125), Some(rect(198, 98, 2, 2)));
        assert_eq!(widen(&page, rect(190, 10, 9, u32::MAX), 0.25), Some(rect(0, 0, 200, 100)));
        for outside in [rect(200, 0, 5, 5), rect(0, 100, 5, 5), rect(3, 3, 0, 5), rect(3, 3, 5, 0)] {
            assert_eq!(widen(&page, outside, 0.25), None);
        }
    }

    #[test]
    fn a_region_without_pixels_is_an_error_that_says_so() {
        let error = Input::cut(&grey(20, 10), rect(20, 0, 5, 5), 0.25).err().unwrap();
        assert_eq!(
            error.message,
            "the region of 5x5 pixels at 20,0 has no pixel of the image, which is 20x10"
        );
    }

    #[test]
    fn planes_are_blue_green_red_from_minus_one_to_one_with_grey_to_the_right() {
        let orange = Image::from_rgb(8, 8, [255, 102, 0].repeat(64)).unwrap();
        let input = Input::cut(&orange, rect(0, 0, 8, 8), 0.25).unwrap();
        assert_eq!(input.shape(), [1, 3, 48, 160]);
        for (plane, expected) in input.values.chunks(48 * 160).zip([-1.0, -0.2, 1.0]) {
            for row in plane.chunks(160) {
                assert!(row[..48].iter().all(|value| (value - expected).abs() < 1e-6), "{row:?}");
                assert!(row[48..].iter().all(|value| *value == 0.0));
            }
        }
    }

    #[test]
    fn every_shape_of_line_is_taken_and_the_longest_are_squeezed() {
        for (width, height, columns) in
            [(1, 1, 160), (5, 4000, 160), (400, 48, 400), (1000, 96, 500), (9000, 3, 4096), (9000, 90, 4096)]
        {
            let input = Input::cut(&grey(width, height), rect(0, 0, width, height), 0.25).unwrap();
            assert_eq!(input.shape(), [1, 3, 48, columns], "{width}x{height}");
            assert_eq!(input.values.len(), 3 * 48 * columns);
        }
    }
}
