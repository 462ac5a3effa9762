//! What tokens buy: a grid of samples of a patch, or the patch itself.
//!
//! | file | holds |
//! |---|---|
//! | `shape` | how many rows and columns of samples k tokens buy |
//! | `area` | exact area averages |
//! | `bicubic` | bringing samples back to the size of the patch |
//! | `render` | what a reader sees, as an image |
//! | `pack` | what an encoder needs, as arrays |
//! | `distortion` | what is lost, as an integer |

mod area;
mod bicubic;
mod distortion;
mod pack;
mod render;
mod shape;

pub use area::area_average;
pub(crate) use bicubic::enlarge;
pub use distortion::distortion;
pub use pack::{Packed, pack};
pub(crate) use render::check;
pub use render::{downsample, render};
pub use shape::sample_shape;

/// What the tokens of a patch stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sampling {
    /// k tokens buy a grid of at most k area averages ([`sample_shape`]). For bounds
    /// such as 64..400.
    #[default]
    Grid,
    /// Any token keeps the patch as it is. For bounds 0..1: pruning.
    Keep,
}
