//! A tuning picture, as far as the fit looks at it.
//!
//! A search tries hundreds of weights, and each asks what every patch loses at some
//! number of tokens. So that is tabled beforehand for every number of tokens within
//! the bounds; what costs time is only done once for each shape of the sample grid, of
//! which there are far fewer.

use arrcoc_decide::Bounds;
use arrcoc_picture::{Image, Sampling, render, sample_shape, ssim};
use arrcoc_stats::{EDGE_THRESHOLD, Grid, Rect, Tiling, scan_threads};

use super::FitError;
use crate::calibration::raw_channels;
use crate::seeds::Seed;
use crate::tuning::Family;

/// The channels of a picture and what its patches lose at every number of tokens.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) family: Family,
    /// The number of pixels.
    pub(super) pixels: u64,
    /// For each channel its raw values, one a patch.
    pub(super) channels: Vec<Vec<f64>>,
    /// For each patch its loss at min, min + 1, … max tokens.
    losses: Vec<Vec<u64>>,
    least: u32,
}

/// Losses are counted in millionths of a pixel's similarity, so that sums are exact and
/// in no order.
pub(super) const UNIT: f64 = 1e6;

impl Sample {
    /// What the whole picture loses at these tokens, one number a patch, each within the
    /// default bounds: the sum over its pixels of one minus the structural similarity of
    /// their patch, in parts of [`UNIT`].
    pub(super) fn loss(&self, tokens: &[u32]) -> u64 {
        self.losses.iter().zip(tokens).map(|(ladder, &k)| ladder[(k - self.least) as usize]).sum()
    }

    fn new(family: Family, seed: Seed) -> Result<Self, FitError> {
        let image = family.draw(seed)?;
        let tiling = Tiling::new(Grid::default(), image.width(), image.height())?;
        let stats = scan_threads(&image.pixels(), &tiling, EDGE_THRESHOLD, 1);
        let bounds = Bounds::default();
        Ok(Self {
            family,
            pixels: u64::from(image.width()) * u64::from(image.height()),
            channels: raw_channels(&stats).into_iter().map(|(_, _, values)| values).collect(),
            losses: (0..tiling.grid().patches())
                .map(|patch| ladder(&cut(&image, tiling.patch(patch))?, &bounds))
                .collect::<Result<_, FitError>>()?,
            least: bounds.min(),
        })
    }
}

/// A patch as a picture of its own.
fn cut(image: &Image, rect: Rect) -> Result<Image, FitError> {
    let row = |y: u32| (y as usize * image.width() as usize + rect.x as usize) * 3;
    let rows = (rect.y..rect.y + rect.height).map(row);
    let rgb = rows.flat_map(|start| &image.data()[start..start + rect.width as usize * 3]).copied();
    Ok(Image::from_rgb(rect.width, rect.height, rgb.collect())?)
}

/// The loss of a patch at every number of tokens within `bounds`.
fn ladder(patch: &Image, bounds: &Bounds) -> Result<Vec<u64>, FitError> {
    let whole = Tiling::new(Grid::new(1, 1)?, patch.width(), patch.height())?;
    let pixels = f64::from(patch.width() * patch.height());
    let mut known: Vec<((u32, u32), u64)> = Vec::new();
    let losses = (bounds.min()..=bounds.max()).map(|k| {
        let shape = sample_shape(k, patch.width(), patch.height());
        // Shapes that come back do so soon.
        if let Some(&(_, lost)) = known.iter().rev().take(8).find(|(other, _)| *other == shape) {
            return lost;
        }
        let alike = ssim(patch, &render(patch, &whole, &[k], Sampling::Grid));
        let lost = ((1.0 - alike) * pixels * UNIT) as u64;
        known.push((shape, lost));
        lost
    });
    Ok(losses.collect())
}

/// The pictures of `seeds`, in that order, drawn by `threads` threads.
pub(super) fn samples(seeds: &[(Family, Seed)], threads: usize) -> Result<Vec<Sample>, FitError> {
    let drawn = super::objective::in_parallel(seeds, threads, |&(family, seed)| Sample::new(family, seed));
    drawn.into_iter().collect()
}
