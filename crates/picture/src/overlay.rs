//! An allocation drawn over its image, to be understood at a glance.
//!
//! Above the image stands the question with a line that sums the allocation up; over the
//! image, every patch is tinted by its tokens; below stands what the colours mean. The
//! image under the tint keeps its light and dark and loses half of its colour, so that
//! what is in it and where the tokens went can both be seen.

mod frame;
mod heat;
mod lettering;
mod tinted;

use arrcoc_stats::Tiling;

use crate::raster::Image;
use frame::frame;
use heat::{Scale, Spread};
use tinted::{Plan, tinted};

/// What is written around the picture.
#[derive(Clone, Debug, Default)]
pub struct OverlayText<'a> {
    /// The question, in full: it is wrapped, and cut where it is too long.
    pub question: Option<&'a str>,
    /// The summary at the left, such as `86400 tokens · 150 per patch · coupled`.
    pub title_left: String,
    /// More, at the right of the same line; left out where there is no room.
    pub title_right: String,
}

/// Draws `tokens`, one number for each patch, over the image, on a scale from the lower of
/// `bounds` over the mean to the upper. With `numbers`, the tokens of every patch are written into it; the
/// picture is enlarged where they need room, and if that is not enough a note says so.
///
/// The result is larger than the image: it has a frame, and its long side is between 768 and
/// 2048 pixels, or up to 4096 with numbers.
///
/// # Panics
///
/// When `tiling` is of another image or `tokens` is not one number a patch.
#[must_use]
pub fn overlay(
    image: &Image,
    tiling: &Tiling,
    tokens: &[u32],
    bounds: (u32, u32),
    text: &OverlayText<'_>,
    numbers: bool,
) -> Image {
    crate::sampling::check(image, tiling, tokens);
    let scale = Scale::new();
    let plan = Plan::new(tiling, tokens, numbers);
    let picture = tinted(image, tiling, tokens, &Spread::new(tokens, bounds), &scale, &plan);
    frame(&picture, tokens, bounds, text, &scale, numbers && plan.number_size.is_none())
}
