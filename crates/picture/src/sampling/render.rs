//! What a reader sees at a budget, at the size of the original image.

use arrcoc_stats::Tiling;

use super::Sampling;
use super::area::area_average;
use super::bicubic::enlarge;
use super::shape::sample_shape;
use crate::raster::Image;

/// Draws every patch with the tokens that it was given, one number for each patch.
///
/// Under [`Sampling::Grid`] a patch is averaged down to the grid of [`sample_shape`]
/// and brought back with a bicubic filter that stays inside it; where the grid is as
/// large as the patch, the patch is untouched. Under [`Sampling::Keep`] any token
/// leaves the patch untouched. A patch without tokens is painted with the mean colour
/// of the image.
///
/// # Panics
///
/// When `tiling` is of another image or `tokens` is not one number a patch.
#[must_use]
pub fn render(image: &Image, tiling: &Tiling, tokens: &[u32], sampling: Sampling) -> Image {
    check(image, tiling, tokens);
    let mut out = image.clone();
    let mean = if tokens.contains(&0) { area_average(image, image.bounds(), 1, 1) } else { vec![] };
    for (patch, &k) in tokens.iter().enumerate() {
        let rect = tiling.patch(patch);
        let size = (rect.width, rect.height);
        let pixels = if k == 0 {
            mean.repeat(size.0 as usize * size.1 as usize)
        } else {
            let shape = sample_shape(k, rect.width, rect.height);
            if sampling == Sampling::Keep || shape == size {
                continue;
            }
            enlarge(&area_average(image, rect, shape.0, shape.1), shape, size)
        };
        for (y, line) in (rect.y..).zip(pixels.chunks_exact(3 * rect.width as usize)) {
            out.span_mut(rect, y).copy_from_slice(line);
        }
    }
    out
}

/// The whole image averaged to `total` samples and brought back: what the same budget
/// buys without patches, and without choosing. The samples have the shape of
/// [`sample_shape`].
#[must_use]
pub fn downsample(image: &Image, total: u64) -> Image {
    let size = (image.width(), image.height());
    let shape = sample_shape(u32::try_from(total).unwrap_or(u32::MAX), size.0, size.1);
    if shape == size {
        return image.clone();
    }
    let samples = area_average(image, image.bounds(), shape.0, shape.1);
    let pixels = enlarge(&samples, shape, size);
    Image::from_rgb(size.0, size.1, pixels).unwrap_or_else(|_| image.clone())
}

/// The agreement that every function over an allocation asks for.
pub(crate) fn check(image: &Image, tiling: &Tiling, tokens: &[u32]) {
    assert_eq!(
        (image.width(), image.height()),
        (tiling.width(), tiling.height()),
        "the tiling is of another image"
    );
    assert_eq!(tokens.len(), tiling.grid().patches(), "the tokens are of another grid");
}
