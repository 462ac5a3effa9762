//! Images in and out: decode under limits, sample, draw.
//!
//! The only crate that names the `image` crate and the decoders below it. What comes out of it is always the
//! same: tightly packed RGB8, upright, opaque ([`Image`]). How a file got there is
//! stated ([`Notes`]), not guessed.
//!
//! | folder | holds |
//! |---|---|
//! | `decode` | files to [`Image`], under limits, with errors for a person to read |
//! | `bands` | files too large for memory, in bands of rows |
//! | `sampling` | what tokens buy: [`render`], [`pack`], [`distortion`], and the reference [`downsample`] |
//! | `overlay` | an allocation, or the difference between two, drawn over its image |
//! | `encode` | [`Image`] to files |
//! | `ssim` | how alike two images look |
//! | `likeness` | how alike two places look, and which place is most like another |

#![forbid(unsafe_code)]

mod bands;
mod decode;
mod encode;
mod likeness;
mod overlay;
mod raster;
mod sampling;
mod ssim;

pub use bands::{Bands, Reduced};
pub use decode::{
    DecodeError, DecodeFault, Limits, Notes, Opened, WHOLE_PIXELS, decode, dimensions, open, read,
};
pub use encode::{EncodeError, encode_any, encode_jpeg, encode_png};
pub use likeness::{likeness, most_alike};
pub use overlay::{OverlayText, difference, overlay};
pub use raster::Image;
pub use sampling::{Packed, Sampling, area_average, distortion, downsample, pack, render, sample_shape};
pub use ssim::{ssim, weighted_ssim};
