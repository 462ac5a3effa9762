//! A tuning picture, as far as the fit looks at it.
//!
//! A search tries thousands of weights, and each asks for the distortion of every
//! patch at some number of tokens. So that is tabled beforehand for every number of
//! tokens within the bounds; what costs time is only done once for each shape of the
//! sample grid, of which there are far fewer.

use arrcoc_decide::Bounds;
use arrcoc_picture::{Image, distortion, sample_shape};
use arrcoc_stats::{EDGE_THRESHOLD, Grid, Tiling, scan_threads};

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
    /// For each patch its distortion at min, min + 1, … max tokens.
    distortions: Vec<Vec<u64>>,
    least: u32,
}

impl Sample {
    /// The distortion of the whole picture at these tokens, one number a patch, each
    /// within the default bounds.
    pub(super) fn distortion(&self, tokens: &[u32]) -> u64 {
        self.distortions.iter().zip(tokens).map(|(ladder, &k)| ladder[(k - self.least) as usize]).sum()
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
            distortions: (0..tiling.grid().patches())
                .map(|patch| ladder(&image, &tiling, patch, &bounds))
                .collect(),
            least: bounds.min(),
        })
    }
}

/// The distortion of a patch at every number of tokens within `bounds`.
fn ladder(image: &Image, tiling: &Tiling, patch: usize, bounds: &Bounds) -> Vec<u64> {
    let rect = tiling.patch(patch);
    let mut known: Vec<((u32, u32), u64)> = Vec::new();
    (bounds.min()..=bounds.max())
        .map(|k| {
            let shape = sample_shape(k, rect.width, rect.height);
            // Shapes that come back do so soon.
            if let Some(&(_, lost)) = known.iter().rev().take(8).find(|(other, _)| *other == shape) {
                return lost;
            }
            let lost = distortion(image, tiling, patch, k);
            known.push((shape, lost));
            lost
        })
        .collect()
}

/// The pictures of `seeds`, in that order, drawn by `threads` threads.
pub(super) fn samples(seeds: &[(Family, Seed)], threads: usize) -> Result<Vec<Sample>, FitError> {
    let drawn = super::objective::in_parallel(seeds, threads, |&(family, seed)| Sample::new(family, seed));
    drawn.into_iter().collect()
}
