//! An allocation drawn over its image, to be understood at a glance.
//!
//! Above the image stands the question with a line that sums the allocation up; over the
//! image, every patch is tinted by its tokens; below stands what the colours mean. The
//! image under the tint keeps its light and dark and loses half of its colour, so that
//! what is in it and where the tokens went can both be seen.

mod difference;
mod frame;
mod heat;
mod lettering;
mod outlines;
mod tinted;

use arrcoc_stats::Tiling;

use crate::raster::Image;
pub use difference::difference;
use frame::{Legend, frame};
use heat::{Scale, Spread};
use outlines::{Edges, outline};
use tinted::{COLOUR_KEPT, Plan, Tint, number, resized, tint};

/// How much of a patch the heat covers.
const HEAT: f32 = 0.58;

/// What is written around the picture, and which patches are outlined in it.
#[derive(Clone, Debug, Default)]
pub struct OverlayText<'a> {
    /// The question, in full: it is wrapped, and cut where it is too long.
    pub question: Option<&'a str>,
    /// The summary at the left, such as `86400 tokens · 150 per patch · coupled`.
    pub title_left: String,
    /// More, at the right of the same line; left out where there is no room.
    pub title_right: String,
    /// What drove it, in a line below; none when it is empty.
    pub drivers: String,
    /// Patches to outline in white as those with most tokens, by their index. What the grid lacks is left out.
    pub top: Vec<usize>,
    /// Patches to outline in dashes, as those that stand out and are not asked for.
    pub distractors: Vec<usize>,
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
    let (scale, spread) = (Scale::new(), Spread::new(tokens, bounds));
    let plan = Plan::new(tiling, tokens, numbers);
    let edges = Edges::new(tiling, plan.width, plan.height);
    let mut picture = resized(image, plan.width, plan.height);
    let heat = |patch: usize| Tint { colour: scale.at(spread.place(f64::from(tokens[patch]))), cover: HEAT };
    tint(&mut picture, &edges, COLOUR_KEPT, heat);
    outline(&mut picture, &edges, text);
    if let Some(size) = plan.number_size {
        number(&mut picture, &edges, tokens, size);
    }
    let numbers_left_out = numbers && plan.number_size.is_none();
    frame(&picture, text, &Legend { tokens, bounds, scale: &scale, numbers_left_out, text })
}
