//! A line, laid straight and brought to the height that the recogniser knows.

use std::ops::Range;

use arrcoc_stats::Pixels;

use super::ROWS;
use crate::frame::Frame;

/// Columns over which ink is summed when a place to cut is looked for: a narrow gap between words.
const GAP: usize = 8;

/// 48 rows of RGB samples, each in 0 to 255.
pub(super) struct Strip {
    columns: usize,
    samples: Vec<[f32; 3]>,
}

/// Samples a frame of an image in `columns` × 48 places. Where a sample stands for several pixels it is their mean.
/// Beyond the image its border goes on.
pub(super) fn cut(pixels: &Pixels<'_>, frame: &Frame, columns: usize) -> Strip {
    let step = [frame.width / columns as f32, frame.height / ROWS as f32];
    // Points that are averaged for each sample, along and across.
    let points = step.map(|step| (step.ceil() as usize).max(1));
    let part = [step[0] / points[0] as f32, step[1] / points[1] as f32];
    let share = 1.0 / (points[0] * points[1]) as f32;
    let mut samples = Vec::with_capacity(ROWS * columns);
    for row in 0..ROWS {
        for column in 0..columns {
            let mut sum = [0.0; 3];
            for i in 0..points[1] {
                let across = ((row * points[1] + i) as f32 + 0.5) * part[1];
                for j in 0..points[0] {
                    let along = ((column * points[0] + j) as f32 + 0.5) * part[0];
                    let sample = bilinear(pixels, frame.point(along, across));
                    for c in 0..3 {
                        sum[c] += sample[c];
                    }
                }
            }
            samples.push(sum.map(|sum| sum * share));
        }
    }
    Strip { columns, samples }
}

/// The colour at a point, between the centres of pixels.
fn bilinear(pixels: &Pixels<'_>, [x, y]: [f32; 2]) -> [f32; 3] {
    let split = |place: f32, side: u32| {
        let last = side - 1;
        let place = (place - 0.5).clamp(0.0, last as f32);
        let first = (place as u32).min(last);
        (first as usize, (first + 1).min(last) as usize, place - first as f32)
    };
    let (left, right, u) = split(x, pixels.width());
    let (top, bottom, v) = split(y, pixels.height());
    let (top, bottom) = (pixels.row(top as u32), pixels.row(bottom as u32));
    let mix =
        |row: &[u8], c: usize| f32::from(row[3 * left + c]) * (1.0 - u) + f32::from(row[3 * right + c]) * u;
    std::array::from_fn(|c| mix(top, c) * (1.0 - v) + mix(bottom, c) * v)
}

impl Strip {
    /// Ranges of columns, each of at most `longest`, that make up the strip. Cuts are where there is least ink.
    pub(super) fn pieces(&self, longest: usize) -> Vec<Range<usize>> {
        let mut pieces = Vec::new();
        let mut start = 0;
        let ink = if self.columns > longest { self.ink() } else { Vec::new() };
        while self.columns - start > longest {
            let left = self.columns - start;
            let even = left.div_ceil(left.div_ceil(longest));
            let (from, to) = (start + even * 3 / 4, start + (even * 5 / 4).min(longest));
            let calm = (from..=to).min_by(|&a, &b| ink[a].total_cmp(&ink[b])).unwrap_or(to);
            pieces.push(start..calm);
            start = calm;
        }
        pieces.push(start..self.columns);
        pieces
    }

    /// How much ink there is around each place between two columns: changes from row to row, since a light or dark
    /// paper changes little.
    fn ink(&self) -> Vec<f32> {
        let mut columns = vec![0.0f32; self.columns];
        for (upper, lower) in self
            .samples
            .chunks_exact(self.columns)
            .zip(self.samples[self.columns..].chunks_exact(self.columns))
        {
            for ((sum, upper), lower) in columns.iter_mut().zip(upper).zip(lower) {
                *sum += (0..3).map(|c| (upper[c] - lower[c]).abs()).sum::<f32>();
            }
        }
        let around = |place: usize| {
            let (from, to) = (place.saturating_sub(GAP), (place + GAP).min(self.columns));
            columns[from..to].iter().sum()
        };
        (0..=self.columns).map(around).collect()
    }

    /// The columns of a piece as the model wants them: planes of blue, green and red, in −1 to 1, with middle grey up
    /// to `width` columns.
    pub(super) fn values(&self, piece: &Range<usize>, width: usize) -> Vec<f32> {
        let mut values = vec![0.0; 3 * ROWS * width];
        for (plane, values) in values.chunks_exact_mut(ROWS * width).enumerate() {
            for (values, samples) in
                values.chunks_exact_mut(width).zip(self.samples.chunks_exact(self.columns))
            {
                for (value, sample) in values.iter_mut().zip(&samples[piece.clone()]) {
                    *value = sample[2 - plane] / 127.5 - 1.0;
                }
            }
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upright(x: f32, y: f32, width: f32, height: f32) -> Frame {
        Frame { centre: [x + width / 2.0, y + height / 2.0], along: [1.0, 0.0], width, height }
    }

    #[test]
    fn an_upright_frame_of_48_rows_is_a_copy() {
        let data: Vec<u8> = (0..3 * 70 * 60).map(|i| (i * 7 % 251) as u8).collect();
        let pixels = Pixels::new(70, 60, &data).unwrap();
        let strip = cut(&pixels, &upright(5.0, 6.0, 40.0, 48.0), 40);
        for (i, sample) in strip.samples.iter().enumerate() {
            let at = 3 * ((6 + i / 40) * 70 + 5 + i % 40);
            let expected: [f32; 3] = std::array::from_fn(|c| f32::from(data[at + c]));
            assert_eq!(*sample, expected);
        }
    }

    #[test]
    fn a_large_line_is_averaged() {
        // Columns alternate between 0 and 200, and two of them make a sample.
        let data: Vec<u8> = (0..200 * 96).flat_map(|i| [if i % 2 == 0 { 0 } else { 200 }; 3]).collect();
        let pixels = Pixels::new(200, 96, &data).unwrap();
        let strip = cut(&pixels, &upright(0.0, 0.0, 200.0, 96.0), 100);
        assert!(strip.samples.iter().flatten().all(|sample| *sample == 100.0));
    }

    #[test]
    fn a_turned_frame_follows_its_line() {
        // Brightness grows down the page; along a line that descends by 3 in 4 it grows by 0.6 a pixel.
        let data: Vec<u8> = (0..200u32 * 200).flat_map(|i| [(i / 200) as u8; 3]).collect();
        let pixels = Pixels::new(200, 200, &data).unwrap();
        let frame = Frame { centre: [100.0, 100.0], along: [0.8, 0.6], width: 80.0, height: 48.0 };
        let strip = cut(&pixels, &frame, 80);
        for (i, sample) in strip.samples.iter().enumerate() {
            let (u, v) = ((i % 80) as f32 - 39.5, (i / 80) as f32 - 23.5);
            assert!((sample[0] - (99.5 + 0.6 * u + 0.8 * v)).abs() < 1e-2, "{i} {sample:?}");
        }
    }

    #[test]
    fn what_is_long_is_cut_at_the_gap() {
        // Stripes of ink from row to row, but for columns 130 to 149.
        let columns = 260;
        let sample = |i: usize| {
            let (x, y) = (i % columns, i / columns);
            [if (130..150).contains(&x) || y % 2 == 0 { 250.0 } else { 10.0 }; 3]
        };
        let strip = Strip { columns, samples: (0..ROWS * columns).map(sample).collect() };
        assert_eq!(strip.pieces(260).len(), 1);
        let pieces = strip.pieces(200);
        assert_eq!(pieces.len(), 2);
        assert!((138..=142).contains(&pieces[0].end), "{pieces:?}");
        assert_eq!(pieces[0].end..260, pieces[1]);
        assert!(strip.pieces(50).iter().all(|piece| !piece.is_empty() && piece.len() <= 50));
    }

    #[test]
    fn planes_are_blue_green_red_with_grey_to_the_right() {
        let strip = Strip { columns: 2, samples: vec![[255.0, 102.0, 0.0]; 2 * ROWS] };
        let values = strip.values(&(1..2), 4);
        for (plane, expected) in values.chunks(ROWS * 4).zip([-1.0, -0.2, 1.0]) {
            for row in plane.chunks(4) {
                assert!((row[0] - expected).abs() < 1e-6, "{row:?}");
                assert_eq!(row[1..], [0.0; 3]);
            }
        }
    }
}
