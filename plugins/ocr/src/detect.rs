//! Where is text? The PP-OCR detector over the whole image.
//!
//! ```text
//! image ─▶ reduced ─▶ bands ─▶ model ─▶ one map of probabilities ─▶ frames around lines
//! ```
//!
//! The model takes any size whose sides are multiples of 32. An image is reduced, never
//! enlarged, to a bounded number of pixels; and looked at in bands that overlap, so that
//! threads work side by side and the host has places to stop. Bands meet in the map, not
//! in the lines, so a line that crosses a seam stays one.

mod boxes;
mod reduce;

use std::ops::Range;

use arrcoc_sdk::Fault;
use arrcoc_stats::Pixels;
use rten::Value;

use crate::{
    frame::Frame,
    model::Chain,
    threads::{Hands, Leave},
};

/// How closely an image is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Detail {
    /// Most pixels that the detector sees; an image with more is reduced.
    pub(crate) pixels: f64,
    /// Most pixels along the longer side that a band has, without what is around it.
    pub(crate) band: usize,
    /// Pixels on both sides of a band that the detector sees too.
    pub(crate) around: usize,
}

impl Default for Detail {
    fn default() -> Detail {
        Detail { pixels: 1.0e6, band: 640, around: 64 }
    }
}

/// What the sides of the model's input are multiples of.
const STEP: usize = 32;

/// Mean and deviation of the pictures that the model's trunk was trained on (ImageNet), in the order of its planes.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// Frames around the lines of text of an image, in its pixels; from top to bottom.
pub(crate) fn lines(
    model: &Chain,
    pixels: &Pixels<'_>,
    detail: Detail,
    hands: &Hands,
    leave: &Leave<'_>,
) -> Result<Vec<Frame>, Fault> {
    let picture = reduce::to_most(pixels, detail.pixels);
    let [width, height] = picture.size;
    let tall = height >= width;
    let bands: Vec<(Band, Band)> = (Band::along(width.max(height), detail).into_iter())
        .map(|band| if tall { (band, Band::whole(width)) } else { (Band::whole(height), band) })
        .collect();
    let parts = hands.share(leave, bands.len(), |i, hand| {
        let (rows, columns) = &bands[i];
        let (shape, values) = input(&picture, rows, columns);
        let failed = |what: String| Fault::internal(format!("the detector failed: {what}"));
        let value = Value::from_shape(shape, values).map_err(|error| failed(error.to_string()))?;
        let output = model.run(hand, value)?;
        let ([_, _, h, w], map) =
            output.into_shape_vec::<f32, 4>().map_err(|error| failed(error.to_string()))?;
        if [h, w] != shape[2..] || map.len() != h * w {
            let [_, _, rows, columns] = shape;
            let answer = format!("the detector answered {h}x{w} numbers to {rows}x{columns} pixels");
            return Err(Fault::internal(answer));
        }
        let row = |y: usize| &map[(y - rows.seen.start) * w..][..w];
        let own = columns.own.start - columns.seen.start..columns.own.end - columns.seen.start;
        Ok(rows.own.clone().flat_map(|y| row(y)[own.clone()].iter().copied()).collect::<Vec<f32>>())
    })?;
    let mut map = vec![0.0; width * height];
    for ((rows, columns), part) in bands.iter().zip(parts) {
        for (y, row) in rows.own.clone().zip(part.chunks_exact(columns.own.len())) {
            map[y * width..][columns.own.clone()].copy_from_slice(row);
        }
    }
    let scale = [pixels.width() as f32 / width as f32, pixels.height() as f32 / height as f32];
    let mut frames = boxes::find(&map, width);
    for frame in &mut frames {
        // Both scales differ by the rounding of the smaller size only, so angles stay.
        frame.centre = [frame.centre[0] * scale[0], frame.centre[1] * scale[1]];
        frame.width *= scale[0];
        frame.height *= scale[1];
    }
    frames.sort_by(|a, b| a.centre[1].total_cmp(&b.centre[1]).then(a.centre[0].total_cmp(&b.centre[0])));
    Ok(frames)
}

/// A band, along one side of the image.
#[derive(Clone, Debug, PartialEq)]
struct Band {
    /// What it adds to the map.
    own: Range<usize>,
    /// What the detector sees.
    seen: Range<usize>,
}

impl Band {
    /// All of a side.
    fn whole(side: usize) -> Band {
        Band { own: 0..side, seen: 0..side }
    }

    /// The bands along a side of so many pixels, of about the same length.
    fn along(side: usize, detail: Detail) -> Vec<Band> {
        let count = side.div_ceil(detail.band);
        let border = |i: usize| i * side / count;
        let band = |own: Range<usize>| {
            let seen = own.start.saturating_sub(detail.around)..(own.end + detail.around).min(side);
            Band { own, seen }
        };
        (0..count).map(|i| band(border(i)..border(i + 1))).collect()
    }
}

/// What the model is given: planes of blue, green and red. Beyond the image its last pixels go on.
fn input(picture: &reduce::Picture<'_>, rows: &Band, columns: &Band) -> ([usize; 4], Vec<f32>) {
    let [height, width] = [&rows.seen, &columns.seen].map(|seen| seen.len().next_multiple_of(STEP));
    let mut values = vec![0.0; 3 * height * width];
    for (plane, planes) in values.chunks_exact_mut(height * width).enumerate() {
        let (mean, deviation) = (255.0 * MEAN[plane], 255.0 * DEVIATION[plane]);
        for (y, values) in planes.chunks_exact_mut(width).enumerate() {
            let row = picture.row((rows.seen.start + y).min(rows.seen.end - 1));
            for (x, value) in values.iter_mut().enumerate() {
                let x = (columns.seen.start + x).min(columns.seen.end - 1);
                *value = (f32::from(row[3 * x + 2 - plane]) - mean) / deviation;
            }
        }
    }
    ([1, 3, height, width], values)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DETAIL: Detail = Detail { pixels: 1e6, band: 100, around: 16 };

    #[test]
    fn a_side_is_cut_evenly() {
        let band = |own, seen| Band { own, seen };
        assert_eq!(Band::along(100, DETAIL), [band(0..100, 0..100)]);
        assert_eq!(Band::along(101, DETAIL), [band(0..50, 0..66), band(50..101, 34..101)]);
    }

    #[test]
    fn planes_are_blue_green_red_and_the_border_goes_on() {
        let data: Vec<u8> = (0..15).collect();
        let picture = reduce::to_most(&Pixels::new(5, 1, &data).unwrap(), 1e6);
        let (shape, values) = input(&picture, &Band::whole(1), &Band::whole(5));
        assert_eq!(shape, [1, 3, 32, 32]);
        let expected = |plane: usize, byte: u8| (f32::from(byte) / 255.0 - MEAN[plane]) / DEVIATION[plane];
        for (plane, values) in values.chunks(32 * 32).enumerate() {
            for row in values.chunks(32) {
                for (x, value) in row.iter().enumerate() {
                    let byte = (3 * x.min(4) + 2 - plane) as u8;
                    assert!((value - expected(plane, byte)).abs() < 1e-5);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn bands_cover_a_side_once(side in 1usize..5000) {
            let bands = Band::along(side, DETAIL);
            let mut next = 0;
            for band in bands {
                prop_assert_eq!(band.own.start, next);
                prop_assert!(!band.own.is_empty() && band.own.len() <= 100);
                prop_assert!(band.seen.start <= band.own.start && band.own.end <= band.seen.end);
                prop_assert!(band.seen.end <= side);
                next = band.own.end;
            }
            prop_assert_eq!(next, side);
        }
    }
}
