//! The image side: grey pixels in, a unit vector for each cell of 16 × 8 pixels out.
//!
//! Convolutions only, so that a page of any size is one pass. A page is seen in
//! bands of rows, each with a margin as wide as what a cell can see: memory does
//! not grow with the page, and bands go side by side.
//!
//! Numbers lie row by row, place by place, channel by channel. What mixes
//! channels is a product of matrices; what looks along the line takes each
//! channel for itself.

use std::{sync::Mutex, thread};

use arrcoc_stats::{Pixels, luma};
use safetensors::SafeTensors;

use crate::product::{Packed, along};

/// The numbers of a vector.
pub(crate) const WIDTH: usize = 64;

pub(crate) type Vector = [f32; WIDTH];

/// Height and width of a cell in pixels.
pub(crate) const CELL: (usize, usize) = (16, 8);

/// Rows of cells in a band.
const BAND: usize = 28;

/// Rows of cells around a band of which its cells see something: 23 pixels.
const MARGIN: usize = 2;

/// A page with more pixels is seen at a half, a third, … of its size.
const MOST_PIXELS: usize = 1 << 22;

/// Weights and how they are used.
pub(crate) struct Network {
    units: Vec<Unit>,
    last: Unit,
    /// A row for each hash of a word's features.
    pub(crate) table: Vec<Vector>,
    digest: String,
}

/// A convolution with its bias.
struct Unit {
    /// Rows, columns, channels in (1 where each channel is for itself), channels out.
    shape: [usize; 4],
    weight: Vec<f32>,
    /// The weights again, as products want them.
    packed: Packed,
    bias: Vec<f32>,
}

/// Numbers at the places of a grid.
#[derive(Clone, Debug, Default)]
struct Plane {
    rows: usize,
    cols: usize,
    data: Vec<f32>,
}

/// What is seen of a page.
pub(crate) struct Cells {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    /// Row by row, a unit vector each.
    pub(crate) vectors: Vec<f32>,
    /// By how much the page was made smaller.
    pub(crate) shrunk: usize,
}

impl Cells {
    /// The cosine of each cell with each of some unit vectors: a row of them for each cell.
    pub(crate) fn cosines(&self, vectors: &[Vector]) -> Vec<f32> {
        if vectors.is_empty() {
            return Vec::new();
        }
        let columns: Vec<f32> =
            (0..WIDTH).flat_map(|row| vectors.iter().map(move |vector| vector[row])).collect();
        let mut out = vec![0.0; self.rows * self.cols * vectors.len()];
        Packed::new(&columns, vectors.len()).product(&mut out, &self.vectors);
        out
    }
}

impl Network {
    /// The network of a safetensors file as `train/export.py` writes it, its weights rounded to so many bits.
    ///
    /// # Errors
    /// A line that names the tensor, when one is missing or of another shape.
    pub(crate) fn read(bytes: &[u8], bits: u32) -> Result<Network, String> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| format!("the weights: {error}"))?;
        let of = |name: &str| file.tensor(name).map_err(|error| format!("the weights: `{name}`: {error}"));
        let unit = |name: &str| -> Result<Unit, String> {
            let weight = of(&format!("{name}.weight"))?;
            let bias = of(&format!("{name}.bias"))?;
            let shape = <[usize; 4]>::try_from(weight.shape())
                .map_err(|_| format!("the weights: `{name}.weight` is no convolution"))?;
            let (mut weight, bias) = (numbers(weight.data()), numbers(bias.data()));
            if bias.is_empty() || bias.len() != shape[3] || weight.len() != shape.iter().product::<usize>() {
                return Err(format!("the weights: `{name}` has numbers of another shape"));
            }
            (0..shape[3]).for_each(|channel| round(&mut weight, channel, shape[3], bits));
            let packed = Packed::new(&weight, shape[3]);
            Ok(Unit { shape, weight, packed, bias })
        };
        let units = (0..STEPS.len()).map(|i| unit(&format!("image.{i}"))).collect::<Result<Vec<_>, _>>()?;
        let words = of("words")?;
        let mut table: Vec<f32> =
            words.data().chunks_exact(2).map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32()).collect();
        table.chunks_exact_mut(WIDTH).for_each(|row| round(row, 0, 1, bits));
        let table: Vec<Vector> = table.chunks_exact(WIDTH).filter_map(|row| row.try_into().ok()).collect();
        let digest = blake3::hash(bytes).to_hex().to_string();
        Ok(Network { units, last: unit("image.last")?, table, digest })
    }

    /// The blake3 of the weights, in hexadecimal.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// Sees a page, on so many threads at most. `check` is asked before each step of each band whether to go on: the
    /// longest takes a few milliseconds.
    ///
    /// # Errors
    /// That of `check`.
    pub(crate) fn see<E: Send>(
        &self,
        pixels: &Pixels<'_>,
        threads: usize,
        check: &(dyn Fn() -> Result<(), E> + Sync),
    ) -> Result<Cells, E> {
        let (page, shrunk) = grey(pixels);
        let (rows, cols) = (page.rows / CELL.0, page.cols / CELL.1);
        let bands: Vec<usize> = (0..rows.div_ceil(BAND)).collect();
        let mut vectors = vec![0.0; rows * cols * WIDTH];
        let jobs = Mutex::new(bands.into_iter().zip(vectors.chunks_mut(BAND * cols * WIDTH)));
        let work = || -> Result<(), E> {
            loop {
                let next = jobs.lock().map(|mut jobs| jobs.next()).unwrap_or_default();
                let Some((band, out)) = next else { return Ok(()) };
                self.band(&page, band * BAND, rows, out, check)?;
            }
        };
        let results: Vec<Result<(), E>> = thread::scope(|scope| {
            let others: Vec<_> = (1..threads.clamp(1, 64)).map(|_| scope.spawn(work)).collect();
            let own = work();
            let others = others.into_iter().filter_map(|other| other.join().ok());
            others.chain([own]).collect()
        });
        results.into_iter().collect::<Result<(), E>>()?;
        Ok(Cells { rows, cols, vectors, shrunk })
    }

    /// The vectors of a band of cells, from row `first` on.
    fn band<E>(
        &self,
        page: &Plane,
        first: usize,
        rows: usize,
        out: &mut [f32],
        check: &dyn Fn() -> Result<(), E>,
    ) -> Result<(), E> {
        let (from, to) = (first.saturating_sub(MARGIN), (first + BAND + MARGIN).min(rows));
        let part = from * CELL.0 * page.cols..to * CELL.0 * page.cols;
        let mut plane = Plane { rows: (to - from) * CELL.0, cols: page.cols, data: page.data[part].to_vec() };
        let mut kept = Plane::default();
        for (unit, step) in self.units.iter().zip(STEPS) {
            check()?;
            match step {
                Step::Halve => plane = unit.strided(&plane, 2),
                Step::Join => plane = unit.joined(&plane),
                Step::Depth => {
                    kept = plane.clone();
                    plane = unit.depthwise(&plane);
                }
                Step::Point => plane = unit.pointwise(&plane, true),
                Step::Back => {
                    plane = unit.pointwise(&plane, false);
                    plane.data.iter_mut().zip(&kept.data).for_each(|(x, before)| *x = (*x + before).max(0.0));
                }
            }
        }
        check()?;
        let plane = self.last.pointwise(&plane, false);
        let skip = (first - from) * plane.cols * WIDTH;
        out.copy_from_slice(&plane.data[skip..skip + out.len()]);
        for vector in out.chunks_exact_mut(WIDTH) {
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
            vector.iter_mut().for_each(|x| *x /= length);
        }
        Ok(())
    }
}

/// What a unit does.
#[derive(Clone, Copy)]
enum Step {
    /// Half as many rows and columns.
    Halve,
    /// Two rows become one.
    Join,
    /// Along the line, each channel for itself; what came in is kept.
    Depth,
    /// Across channels.
    Point,
    /// Across channels; what was kept is added.
    Back,
}

const STEPS: [Step; 17] = {
    use Step::{Back, Depth, Halve, Join, Point};
    [
        Halve, Halve, Halve, Depth, Back, Depth, Back, Join, Depth, Point, Back, Depth, Point, Back, Depth,
        Point, Back,
    ]
};

impl Unit {
    /// A convolution of 3 × 3 with a stride, and zeros around.
    fn strided(&self, plane: &Plane, stride: usize) -> Plane {
        let [height, width, channels, out] = self.shape;
        let (rows, cols) = (plane.rows.div_ceil(stride), plane.cols.div_ceil(stride));
        let mut data = vec![0.0; rows * cols * out];
        let depth = height * width * channels;
        // What a row of places sees, and a row of the plane with zeros around: neighbours lie beside each other.
        let mut patch = vec![0.0; cols * depth];
        let side = width / 2 * channels;
        let mut padded = vec![0.0; (cols * stride + width) * channels];
        for (row, line) in data.chunks_exact_mut(cols * out).enumerate() {
            for ky in 0..height {
                let own = &mut padded[side..][..plane.cols * channels];
                match (row * stride + ky).checked_sub(height / 2).filter(|&y| y < plane.rows) {
                    Some(y) => own.copy_from_slice(&plane.data[y * own.len()..][..own.len()]),
                    None => own.fill(0.0),
                }
                let seen = padded.windows(width * channels).step_by(stride * channels);
                for (place, seen) in patch.chunks_exact_mut(depth).zip(seen) {
                    place[ky * width * channels..][..width * channels].copy_from_slice(seen);
                }
            }
            self.packed.product(line, &patch);
            self.finish(line, true);
        }
        Plane { rows, cols, data }
    }

    /// Each two rows become one.
    fn joined(&self, plane: &Plane) -> Plane {
        let [_, _, channels, out] = self.shape;
        let (rows, cols) = (plane.rows / 2, plane.cols);
        let mut data = vec![0.0; rows * cols * out];
        let size = cols * channels;
        let mut pairs = vec![0.0; 2 * size];
        for (row, line) in data.chunks_exact_mut(cols * out).enumerate() {
            let [above, below] = [2 * row, 2 * row + 1].map(|y| &plane.data[y * size..][..size]);
            let each = above.chunks_exact(channels).zip(below.chunks_exact(channels));
            for (pair, (above, below)) in pairs.chunks_exact_mut(2 * channels).zip(each) {
                pair[..channels].copy_from_slice(above);
                pair[channels..].copy_from_slice(below);
            }
            self.packed.product(line, &pairs);
            self.finish(line, true);
        }
        Plane { rows, cols, data }
    }

    fn pointwise(&self, plane: &Plane, active: bool) -> Plane {
        let out = self.shape[3];
        let mut data = vec![0.0; plane.rows * plane.cols * out];
        self.packed.product(&mut data, &plane.data);
        self.finish(&mut data, active);
        Plane { rows: plane.rows, cols: plane.cols, data }
    }

    fn depthwise(&self, plane: &Plane) -> Plane {
        let [height, width, _, channels] = self.shape;
        let cols = plane.cols;
        let mut data = vec![0.0; plane.data.len()];
        for (row, line) in data.chunks_exact_mut(cols * channels).enumerate() {
            for (ky, taps) in self.weight.chunks_exact(width * channels).enumerate() {
                let Some(y) = (row + ky).checked_sub(height / 2).filter(|&y| y < plane.rows) else {
                    continue;
                };
                let from = &plane.data[y * cols * channels..][..cols * channels];
                along(line, from, taps, channels);
            }
            self.finish(line, true);
        }
        Plane { rows: plane.rows, cols, data }
    }

    /// The bias, and nothing below zero.
    fn finish(&self, line: &mut [f32], active: bool) {
        let least = if active { 0.0 } else { f32::NEG_INFINITY };
        for place in line.chunks_exact_mut(self.bias.len()) {
            place.iter_mut().zip(&self.bias).for_each(|(x, b)| *x = (*x + b).max(least));
        }
    }
}

/// Every `stride`th number from `first` on, rounded to whole steps of the largest: so many bits with a sign.
fn round(numbers: &mut [f32], first: usize, stride: usize, bits: u32) {
    let own = (first..numbers.len()).step_by(stride);
    let most = own.clone().map(|i| numbers[i].abs()).fold(0.0, f32::max);
    let steps = (1u64 << (bits.clamp(2, 32) - 1)) as f32 - 1.0;
    if bits < 32 && most > 0.0 {
        own.for_each(|i| numbers[i] = (numbers[i] / most * steps).round() / steps * most);
    }
}

/// Little-endian numbers of 32 bits.
fn numbers(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

/// The luma of a page from −1 to 1, its sides brought to whole cells by repeating the last row and column; a page that is
/// too large is averaged over squares of the side that is returned.
fn grey(pixels: &Pixels<'_>) -> (Plane, usize) {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let mut side = 1;
    while (width / side) * (height / side) > MOST_PIXELS {
        side += 1;
    }
    let (wide, tall) = ((width / side).max(1), (height / side).max(1));
    let (cols, rows) = (wide.next_multiple_of(CELL.1), tall.next_multiple_of(CELL.0));
    let mut data = Vec::with_capacity(rows * cols);
    let scale = 1.0 / (side * side) as f32;
    for row in 0..rows.min(tall) {
        let start = data.len();
        data.resize(start + wide, 0.0f32);
        for y in (row * side..).take(side).take_while(|&y| y < height) {
            let line = pixels.row(y as u32);
            let sums = data[start..].iter_mut().zip(line.chunks_exact(3 * side));
            sums.for_each(|(sum, some)| {
                *sum += some.chunks_exact(3).map(|p| f32::from(luma(p[0], p[1], p[2]))).sum::<f32>();
            });
        }
        data[start..].iter_mut().for_each(|x| *x = *x * scale / 127.5 - 1.0);
        let last = data[data.len() - 1];
        data.resize(start + cols, last);
    }
    for _ in tall..rows {
        data.extend_from_within(data.len() - cols..);
    }
    (Plane { rows, cols, data }, side)
}
