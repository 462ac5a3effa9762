//! An image as the detector is shown it: reduced by averaging areas, so that no
//! stroke falls between samples.

use std::borrow::Cow;

use arrcoc_stats::Pixels;

/// An image of RGB bytes.
pub(super) struct Picture<'a> {
    /// Width and height, each at least 1.
    pub(super) size: [usize; 2],
    data: Cow<'a, [u8]>,
}

impl Picture<'_> {
    /// A row of pixels.
    pub(super) fn row(&self, y: usize) -> &[u8] {
        let stride = 3 * self.size[0];
        &self.data[y * stride..][..stride]
    }
}

/// The image, reduced to at most so many pixels where it has more.
pub(super) fn to_most<'a>(pixels: &Pixels<'a>, most: f64) -> Picture<'a> {
    let size = [pixels.width(), pixels.height()].map(|side| side as usize);
    let scale = (most / (size[0] as f64 * size[1] as f64)).sqrt();
    if scale >= 1.0 {
        return Picture { size, data: pixels.data().into() };
    }
    let smaller = size.map(|side| ((side as f64 * scale) as usize).max(1));
    Picture { size: smaller, data: averaged(pixels, smaller).into() }
}

/// Means over areas, whose sides need not be whole pixels.
fn averaged(pixels: &Pixels<'_>, [width, height]: [usize; 2]) -> Vec<u8> {
    let (down, across) = (shares(pixels.height() as usize, height), shares(pixels.width() as usize, width));
    let mut data = Vec::with_capacity(3 * width * height);
    let mut sums = vec![0.0f32; 3 * pixels.width() as usize];
    for (first, rows) in &down {
        sums.fill(0.0);
        for (y, share) in rows.iter().enumerate() {
            let row = pixels.row((first + y) as u32);
            for (sum, byte) in sums.iter_mut().zip(row) {
                *sum += share * f32::from(*byte);
            }
        }
        for (first, columns) in &across {
            for c in 0..3 {
                let places = sums[3 * first + c..].iter().step_by(3);
                let mean: f32 = columns.iter().zip(places).map(|(share, sum)| share * sum).sum();
                // A float cast saturates; means of bytes are bytes but for rounding.
                data.push((mean + 0.5) as u8);
            }
        }
    }
    data
}

/// For each of `parts` of equal length of a side: its first pixel, and the share that each pixel from there has in it.
fn shares(side: usize, parts: usize) -> Vec<(usize, Vec<f32>)> {
    let part = |i: usize| {
        // In units of 1/parts of a pixel everything is whole: part i reaches from i·side to (i+1)·side.
        let (start, end) = (i * side, (i + 1) * side);
        let (first, last) = (start / parts, end.div_ceil(parts));
        let share = |pixel: usize| {
            let covered = ((pixel + 1) * parts).min(end) - (pixel * parts).max(start);
            covered as f32 / side as f32
        };
        (first, (first..last).map(share).collect())
    };
    (0..parts).map(part).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn means_are_those_worked_out_by_hand() {
        // Three pixels to two: the middle one is halved. (2·30 + 60)/3 = 40, (60 + 2·120)/3 = 100.
        let row: Vec<u8> = [30, 60, 120].into_iter().flat_map(|v| [v; 3]).collect();
        let pixels = Pixels::new(3, 1, &row).unwrap();
        assert_eq!(averaged(&pixels, [2, 1]), [40, 40, 40, 100, 100, 100]);
    }

    #[test]
    fn an_image_that_is_small_enough_is_itself() {
        let data = [7; 3 * 12];
        let picture = to_most(&Pixels::new(4, 3, &data).unwrap(), 12.0);
        assert!(matches!(picture.data, Cow::Borrowed(_)));
        assert_eq!(picture.row(2), &data[..12]);
    }

    #[test]
    fn a_strip_keeps_a_pixel() {
        let data = vec![9; 3 * 1000];
        let picture = to_most(&Pixels::new(1, 1000, &data).unwrap(), 10.0);
        assert_eq!(picture.size, [1, 100]);
        assert!(picture.data.iter().all(|byte| *byte == 9));
    }

    proptest! {
        #[test]
        fn shares_of_a_part_make_one(side in 1usize..300, parts in 1usize..300) {
            prop_assume!(parts <= side);
            let all = shares(side, parts);
            prop_assert_eq!(all.len(), parts);
            for (first, shares) in all {
                prop_assert!(first + shares.len() <= side);
                prop_assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            }
        }
    }
}
