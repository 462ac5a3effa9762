//! What an encoder needs at a budget: the samples, and where they are.

use arrcoc_stats::{Rect, Tiling};

use super::Sampling;
use super::area::area_average;
use super::shape::sample_shape;
use crate::raster::Image;

/// The samples of an allocation, patch after patch, row by row within a patch. S is
/// their number, N that of the patches.
#[derive(Clone, Debug, PartialEq)]
pub struct Packed {
    /// RGB of every sample: \[S, 3\].
    pub samples: Vec<u8>,
    /// The patch of every sample: \[S\].
    pub patch: Vec<u32>,
    /// The centre of every sample's share of the original image: \[S, 2\], y then x, in
    /// pixels from the top left *corner*, so that the centre of the first pixel is
    /// (0.5, 0.5).
    pub position: Vec<f32>,
    /// The rows and columns of samples of every patch: \[N, 2\], h then w; 0, 0 of a patch
    /// without tokens. Their products add up to S.
    pub shape: Vec<[u32; 2]>,
}

/// Takes the samples that `tokens` buy, one number for each patch.
///
/// Under [`Sampling::Grid`] a patch of k tokens has the area averages of
/// [`sample_shape`]; under [`Sampling::Keep`] a patch of any token has its pixels. A patch
/// without tokens has nothing.
///
/// # Panics
///
/// When `tiling` is of another image or `tokens` is not one number a patch.
#[must_use]
pub fn pack(image: &Image, tiling: &Tiling, tokens: &[u32], sampling: Sampling) -> Packed {
    super::render::check(image, tiling, tokens);
    let mut packed = Packed { samples: vec![], patch: vec![], position: vec![], shape: vec![] };
    for (patch, &k) in tokens.iter().enumerate() {
        let rect = tiling.patch(patch);
        if k == 0 {
            packed.shape.push([0, 0]);
            continue;
        }
        let (w, h) = match sampling {
            Sampling::Grid => sample_shape(k, rect.width, rect.height),
            Sampling::Keep => (rect.width, rect.height),
        };
        packed.samples.extend(area_average(image, rect, w, h));
        packed.patch.extend(std::iter::repeat_n(patch as u32, w as usize * h as usize));
        packed.position.extend(centres(rect, w, h).flatten());
        packed.shape.push([h, w]);
    }
    packed
}

/// The centres of w×h equal shares of a rectangle, y then x.
fn centres(rect: Rect, w: u32, h: u32) -> impl Iterator<Item = [f32; 2]> {
    let centre = |start: u32, length: u32, i: u32, parts: u32| {
        (f64::from(start) + (f64::from(i) + 0.5) * f64::from(length) / f64::from(parts)) as f32
    };
    (0..h).flat_map(move |i| {
        let y = centre(rect.y, rect.height, i, h);
        (0..w).map(move |j| [y, centre(rect.x, rect.width, j, w)])
    })
}
