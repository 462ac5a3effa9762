//! What stands around the picture: the question and the summary above it, the scale of
//! colours below.

use arrcoc_stats::Rect;

use super::OverlayText;
use super::heat::{Scale, Spread};
use super::lettering::{Ink, Lettering};
use crate::raster::Image;

/// The narrowest frame, so that text has room beside a narrow picture.
const MIN_WIDTH: u32 = 560;

const BACKGROUND: [u8; 3] = [20, 20, 27];
const BRIGHT: Ink = Ink { colour: [245, 245, 248], halo: None };
const MUTED: Ink = Ink { colour: [178, 178, 192], halo: None };

/// The picture with the text above it and the scale below.
pub(super) fn frame(
    picture: &Image,
    tokens: &[u32],
    bounds: (u32, u32),
    text: &OverlayText<'_>,
    scale: &Scale,
    numbers_left_out: bool,
) -> Image {
    let width = picture.width().max(MIN_WIDTH);
    let unit = (width as f32 / 44.0).clamp(16.0, 40.0);
    let (large, small) = (Lettering::prose(unit * 1.3), Lettering::prose(unit));
    let pad = unit * 0.8;
    let room = width as f32 - 2.0 * pad;
    let question = text.question.map_or(vec![], |question| large.wrap(question, room, 2));
    let summary = small.wrap(&text.title_left, room, 2);

    let header = 2.0 * pad
        + (question.len() as u32 * large.line_height() + summary.len() as u32 * small.line_height()) as f32;
    let footer = 2.0 * pad + 2.0 * small.line_height() as f32;
    let top = header.ceil() as u32;
    let height = top + picture.height() + footer.ceil() as u32;
    let mut out = Image::filled(width, height, BACKGROUND);

    let mut y = pad;
    for line in &question {
        large.draw(&mut out, (pad, y), line, &BRIGHT);
        y += large.line_height() as f32;
    }
    for line in &summary {
        small.draw(&mut out, (pad, y), line, &MUTED);
        y += small.line_height() as f32;
    }
    let right = width as f32 - pad - small.width(&text.title_right);
    let taken = pad + summary.last().map_or(0.0, |line| small.width(line)) + 2.0 * unit;
    if right >= taken {
        small.draw(&mut out, (right, y - small.line_height() as f32), &text.title_right, &MUTED);
    }

    let left = (width - picture.width()) / 2;
    for row in 0..picture.height() {
        let place = Rect { x: left, y: 0, width: picture.width(), height: 1 };
        out.span_mut(place, top + row).copy_from_slice(picture.span(picture.bounds(), row));
    }
    let y = (top + picture.height()) as f32 + pad;
    Legend { tokens, bounds, scale, numbers_left_out }.draw(&mut out, (pad, y), &small);
    out
}

/// What the colours mean.
struct Legend<'a> {
    tokens: &'a [u32],
    bounds: (u32, u32),
    scale: &'a Scale,
    numbers_left_out: bool,
}

impl Legend<'_> {
    /// A bar with the bounds at its ends and the mean in its middle, and under it what was
    /// given out.
    fn draw(&self, image: &mut Image, (pad, y): (f32, f32), lettering: &Lettering) {
        let (low, high) = self.bounds;
        let gap = 0.5 * lettering.line_height() as f32;
        let unit = if high == 1 { "token" } else { "tokens" };
        let (least, most) = (low.to_string(), format!("{high} {unit} per patch"));

        let left = pad + lettering.width(&least) + gap;
        let right = (image.width() as f32 - pad - lettering.width(&most) - gap).max(left + 1.0);
        lettering.draw(image, (pad, y), &least, &BRIGHT);
        lettering.draw(image, (right + gap, y), &most, &BRIGHT);

        let height = (0.7 * lettering.line_height() as f32) as u32;
        let bar = Rect { x: left as u32, y: y as u32 + height / 5, width: (right - left) as u32, height };
        for row in bar.y..bar.y + bar.height {
            for (x, pixel) in image.span_mut(bar, row).chunks_exact_mut(3).enumerate() {
                let at = (x as f64 + 0.5) / f64::from(bar.width);
                pixel.copy_from_slice(&self.scale.at(at));
            }
        }

        let spread = Spread::new(self.tokens, self.bounds);
        let at = spread.place(spread.mean);
        let tick = bar.x + (at * f64::from(bar.width.saturating_sub(1))) as u32;
        let wide = (height / 8).max(2);
        let x = tick.saturating_sub(wide / 2).clamp(bar.x, bar.x + bar.width - wide.min(bar.width));
        let mark = Rect { x, y: 0, width: wide.min(bar.width), height: 1 };
        for row in bar.y.saturating_sub(height / 5)..bar.y + bar.height + height / 5 {
            image.span_mut(mark, row).fill(255);
        }

        let below = y + lettering.line_height() as f32;
        let text = format!("mean {}", rounded(spread.mean));
        let wide = lettering.width(&text);
        let x = (tick as f32 - wide / 2.0).clamp(pad, (image.width() as f32 - pad - wide).max(pad));
        lettering.draw(image, (x, below), &text, &BRIGHT);

        let mut note = self.spread();
        if self.numbers_left_out {
            note.push_str(" · patches too small for numbers");
        }
        let start = image.width() as f32 - pad - lettering.width(&note);
        if start > x + wide + gap {
            lettering.draw(image, (start, below), &note, &MUTED);
        } else if pad + lettering.width(&note) + gap < x {
            lettering.draw(image, (pad, below), &note, &MUTED);
        }
    }

    /// The least and the most that a patch was given, which may be inside the bounds.
    fn spread(&self) -> String {
        let least = self.tokens.iter().min().copied().unwrap_or(0);
        let most = self.tokens.iter().max().copied().unwrap_or(0);
        if least == most { format!("every patch got {least}") } else { format!("given: {least} to {most}") }
    }
}

/// A mean with one decimal, unless it is whole.
fn rounded(mean: f64) -> String {
    let text = format!("{mean:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
