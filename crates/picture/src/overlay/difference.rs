//! What changed between two allocations of one image.
//!
//! Over the image in grey, patches that gain tokens are orange and those that lose are
//! blue, the more the stronger; both colours are told apart by every kind of colour
//! vision (Okabe and Ito 2008). The scale goes as far to either side, so that equal
//! strengths are equal changes.

use arrcoc_stats::Tiling;

use super::OverlayText;
use super::frame::{Bar, Footer, below_tick, frame};
use super::lettering::{Lettering, mix};
use super::outlines::Edges;
use super::tinted::{Plan, Tint, resized, tint};
use crate::raster::Image;

const GAIN: [u8; 3] = [240, 140, 0];
const LOSS: [u8; 3] = [0, 114, 205];

/// How much of a patch the largest change covers, and how much the smallest.
const COVER: [f32; 2] = [0.82, 0.14];

/// The grey of the image's middle tones, under the colours of the scale.
const GREY: u8 = 110;

/// Draws the change from `before` to `after`, one number of tokens for each patch, over the image in grey. What did
/// not change has no tint. Nothing is outlined.
///
/// The result is larger than the image: it has a frame, and its long side is between 768 and 2048 pixels.
///
/// # Panics
///
/// When `tiling` is of another image, or `before` or `after` is not one number a patch.
#[must_use]
pub fn difference(
    image: &Image,
    tiling: &Tiling,
    before: &[u32],
    after: &[u32],
    text: &OverlayText<'_>,
) -> Image {
    crate::sampling::check(image, tiling, before);
    crate::sampling::check(image, tiling, after);
    let changes: Vec<i64> = before.iter().zip(after).map(|(&b, &a)| i64::from(a) - i64::from(b)).collect();
    let most = changes.iter().map(|change| change.unsigned_abs()).max().unwrap_or(0);
    let plan = Plan::new(tiling, after, false);
    let edges = Edges::new(tiling, plan.width, plan.height);
    let mut picture = resized(image, plan.width, plan.height);
    tint(&mut picture, &edges, 0.0, |patch| diverging(changes[patch] as f64 / most.max(1) as f64));
    frame(&picture, text, &Legend { changes: &changes, most })
}

/// The tint of a change, from −1 for the largest loss to 1 for as large a gain.
fn diverging(change: f64) -> Tint {
    let colour = if change > 0.0 { GAIN } else { LOSS };
    let share = change.abs().min(1.0) as f32;
    let cover = if share > 0.0 { COVER[1] + (COVER[0] - COVER[1]) * share } else { 0.0 };
    Tint { colour, cover }
}

/// What the colours mean.
struct Legend<'a> {
    changes: &'a [i64],
    most: u64,
}

impl Footer for Legend<'_> {
    fn lines(&self) -> u32 {
        2
    }

    /// A bar from the largest loss over no change to as large a gain, and under it how many patches changed.
    fn draw(&self, image: &mut Image, (pad, y): (f32, f32), lettering: &Lettering) {
        let (most, unit) = (self.most, if self.most == 1 { "token" } else { "tokens" });
        let (least, most) = match most {
            0 => ("0".to_owned(), "0 tokens".to_owned()),
            _ => (format!("−{most}"), format!("+{most} {unit}")),
        };
        let bar = Bar { least: &least, most: &most, tick: 0.5 };
        let tick = bar.draw(image, (pad, y), lettering, |at| {
            let Tint { colour, cover } = diverging(2.0 * at - 1.0);
            let cover = if self.most == 0 { 0.0 } else { cover };
            colour.map(|value| mix(GREY, value, cover))
        });
        let below = y + lettering.line_height() as f32;
        below_tick(image, (pad, below), lettering, (tick, "0"), &self.counted());
    }
}

impl Legend<'_> {
    fn counted(&self) -> String {
        let of = |sign: i64| self.changes.iter().filter(|change| change.signum() == sign).count();
        match (of(1), of(-1)) {
            (0, 0) => "no patch changed".to_owned(),
            (gain, lose) => format!("{gain} gain, {lose} lose, {} stay", of(0)),
        }
    }
}
