//! From integers to channels: the one place where statistics become floats.
//!
//! Every function is evaluated in `f64`, in an order that does not depend on where
//! a patch lies: neighbourhoods are summed as integers, opposite neighbours are
//! added as pairs, and the pairs always in the same order. So a mirrored or
//! transposed image, whose sides the grid divides, gives the same numbers at the
//! mirrored patch, to the bit. Each result is rounded to `f32` once, at the end, and
//! lies in 0..=1.

mod continuation;
mod contrast;
mod propositional;

use crate::statistics::PatchStats;

/// Names of the channels of [`propositional`], in order.
pub const PROPOSITIONAL: [&str; 3] = ["entropy", "deviation", "edge_density"];

/// Names of the channels of [`perspectival`], in order.
pub const PERSPECTIVAL: [&str; 6] = [
    "luma_contrast_near",
    "luma_contrast_far",
    "colour_contrast_near",
    "colour_contrast_far",
    "rarity",
    "continuation",
];

/// What is *there*: three channels, each with its name and N values in 0..=1.
///
/// - `entropy`: −Σ p·log₂p / 8 of the luma histogram; 1 when all 256 values are
///   equally frequent.
/// - `deviation`: 2σ/255 of luma; 1 when half the pixels are black and half white.
/// - `edge_density`: the share of edge pixels.
#[must_use]
pub fn propositional(stats: &PatchStats<'_>) -> [(&'static str, Vec<f32>); 3] {
    let values =
        [propositional::entropy(stats), propositional::deviation(stats), propositional::edge_density(stats)];
    named(PROPOSITIONAL, values)
}

/// What *stands out*: six channels, each with its name and N values in 0..=1.
///
/// The first four are centre–surround differences (Itti, Koch and Niebur 1998): the
/// mean colour of the patch against that of the ring of patches around it, at
/// Chebyshev distances 1 (`near`) and 1 to 3 (`far`), in CIE Lab. A ring that
/// reaches over the border is the part of it that is in the image; where nothing is
/// left the contrast is 0.
///
/// - `luma_contrast_near`, `luma_contrast_far`: |ΔL| / 100.
/// - `colour_contrast_near`, `colour_contrast_far`: √(Δa² + Δb²) / 128, at most 1.
/// - `rarity`: the Lab distance from the mean colour of the image (Achanta et al.
///   2009) / 100, at most 1.
/// - `continuation`: good continuation, a Gestalt cue: how clearly the patch has one
///   orientation, times how well the neighbours along that orientation go on with it.
#[must_use]
pub fn perspectival(stats: &PatchStats<'_>) -> [(&'static str, Vec<f32>); 6] {
    let contrast::Contrast { luma: [luma_near, luma_far], colour: [colour_near, colour_far], rarity } =
        contrast::contrast(stats);
    let continuation = continuation::continuation(stats);
    named(PERSPECTIVAL, [luma_near, luma_far, colour_near, colour_far, rarity, continuation])
}

fn named<const K: usize>(names: [&'static str; K], values: [Vec<f32>; K]) -> [(&'static str, Vec<f32>); K] {
    let mut values = values.into_iter();
    names.map(|name| (name, values.next().unwrap_or_default()))
}
