//! What stands around the picture: the question and the summary above it, what its
//! colours mean below.

use arrcoc_stats::Rect;

use super::OverlayText;
use super::heat::{Scale, Spread};
use super::lettering::{Ink, Lettering};
use super::outlines::Stroke;
use crate::raster::Image;

/// The narrowest frame, so that text has room beside a narrow picture.
const MIN_WIDTH: u32 = 560;

const BACKGROUND: [u8; 3] = [20, 20, 27];
const BRIGHT: Ink = Ink { colour: [245, 245, 248], halo: None };
const MUTED: Ink = Ink { colour: [178, 178, 192], halo: None };

/// What stands below the picture.
pub(super) trait Footer {
    /// Lines of text that it takes.
    fn lines(&self) -> u32;

    /// Draws it from `y` on, `pad` away from both sides.
    fn draw(&self, image: &mut Image, at: (f32, f32), lettering: &Lettering);
}

/// The picture with the text above it and what its colours mean below.
pub(super) fn frame(picture: &Image, text: &OverlayText<'_>, footer: &impl Footer) -> Image {
    let width = picture.width().max(MIN_WIDTH);
    let unit = (width as f32 / 44.0).clamp(16.0, 40.0);
    let (large, small) = (Lettering::prose(unit * 1.3), Lettering::prose(unit));
    let pad = unit * 0.8;
    let room = width as f32 - 2.0 * pad;
    let question = text.question.map_or(vec![], |question| large.wrap(question, room, 2));
    let summary = small.wrap(&text.title_left, room, 2);
    let drivers = if text.drivers.is_empty() { vec![] } else { small.wrap(&text.drivers, room, 2) };

    let lines = (summary.len() + drivers.len()) as u32;
    let header =
        2.0 * pad + (question.len() as u32 * large.line_height() + lines * small.line_height()) as f32;
    let below = 2.0 * pad + (footer.lines() * small.line_height()) as f32;
    let top = header.ceil() as u32;
    let height = top + picture.height() + below.ceil() as u32;
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
    for line in &drivers {
        small.draw(&mut out, (pad, y), line, &MUTED);
        y += small.line_height() as f32;
    }

    let left = (width - picture.width()) / 2;
    for row in 0..picture.height() {
        let place = Rect { x: left, y: 0, width: picture.width(), height: 1 };
        out.span_mut(place, top + row).copy_from_slice(picture.span(picture.bounds(), row));
    }
    let y = (top + picture.height()) as f32 + pad;
    footer.draw(&mut out, (pad, y), &small);
    out
}

/// A bar of colours with a text at either end and a tick.
pub(super) struct Bar<'a> {
    pub(super) least: &'a str,
    pub(super) most: &'a str,
    /// Where the tick is, from 0 to 1.
    pub(super) tick: f64,
}

impl Bar<'_> {
    /// Draws it, `at` giving the colour of every place from 0 to 1, and returns where its tick is.
    pub(super) fn draw(
        &self,
        image: &mut Image,
        (pad, y): (f32, f32),
        lettering: &Lettering,
        at: impl Fn(f64) -> [u8; 3],
    ) -> u32 {
        let gap = 0.5 * lettering.line_height() as f32;
        let left = pad + lettering.width(self.least) + gap;
        let right = (image.width() as f32 - pad - lettering.width(self.most) - gap).max(left + 1.0);
        lettering.draw(image, (pad, y), self.least, &BRIGHT);
        lettering.draw(image, (right + gap, y), self.most, &BRIGHT);

        let height = (0.7 * lettering.line_height() as f32) as u32;
        let bar = Rect { x: left as u32, y: y as u32 + height / 5, width: (right - left) as u32, height };
        for row in bar.y..bar.y + bar.height {
            for (x, pixel) in image.span_mut(bar, row).chunks_exact_mut(3).enumerate() {
                pixel.copy_from_slice(&at((x as f64 + 0.5) / f64::from(bar.width)));
            }
        }

        let tick = bar.x + (self.tick * f64::from(bar.width.saturating_sub(1))) as u32;
        let wide = (height / 8).max(2);
        let x = tick.saturating_sub(wide / 2).clamp(bar.x, bar.x + bar.width - wide.min(bar.width));
        let mark = Rect { x, y: 0, width: wide.min(bar.width), height: 1 };
        for row in bar.y.saturating_sub(height / 5)..bar.y + bar.height + height / 5 {
            image.span_mut(mark, row).fill(255);
        }
        tick
    }
}

/// A text below a tick, and a note where it has room: at the right, or else at the left.
pub(super) fn below_tick(
    image: &mut Image,
    (pad, y): (f32, f32),
    lettering: &Lettering,
    (tick, text): (u32, &str),
    note: &str,
) {
    let gap = 0.5 * lettering.line_height() as f32;
    let wide = lettering.width(text);
    let x = (tick as f32 - wide / 2.0).clamp(pad, (image.width() as f32 - pad - wide).max(pad));
    lettering.draw(image, (x, y), text, &BRIGHT);
    let start = image.width() as f32 - pad - lettering.width(note);
    if start > x + wide + gap {
        lettering.draw(image, (start, y), note, &MUTED);
    } else if pad + lettering.width(note) + gap < x {
        lettering.draw(image, (pad, y), note, &MUTED);
    }
}

/// What the colours and outlines of an overlay mean.
pub(super) struct Legend<'a> {
    pub(super) tokens: &'a [u32],
    pub(super) bounds: (u32, u32),
    pub(super) scale: &'a Scale,
    pub(super) numbers_left_out: bool,
    pub(super) text: &'a OverlayText<'a>,
}

impl Footer for Legend<'_> {
    fn lines(&self) -> u32 {
        2 + u32::from(!self.outlines().is_empty())
    }

    /// A bar with the bounds at its ends and the mean in its middle, under it what was
    /// given out, and under that what the outlines mean.
    fn draw(&self, image: &mut Image, (pad, y): (f32, f32), lettering: &Lettering) {
        let (low, high) = self.bounds;
        let unit = if high == 1 { "token" } else { "tokens" };
        let spread = Spread::new(self.tokens, self.bounds);
        let (least, most) = (low.to_string(), format!("{high} {unit} per patch"));
        let bar = Bar { least: &least, most: &most, tick: spread.place(spread.mean) };
        let tick = bar.draw(image, (pad, y), lettering, |at| self.scale.at(at));

        let mut note = self.spread();
        if self.numbers_left_out {
            note.push_str(" · patches too small for numbers");
        }
        let mean = format!("mean {}", rounded(spread.mean));
        let line = lettering.line_height() as f32;
        below_tick(image, (pad, y + line), lettering, (tick, &mean), &note);

        let (mut x, y) = (pad, y + 2.0 * line);
        for (stroke, meaning) in self.outlines() {
            let side = (0.7 * line) as u32;
            let place = Rect { x: x as u32, y: (y + 0.2 * line) as u32, width: side, height: side };
            stroke.frame(image, place);
            x += 1.1 * line;
            lettering.draw(image, (x, y), meaning, &MUTED);
            x += lettering.width(meaning) + line;
        }
    }
}

impl Legend<'_> {
    fn outlines(&self) -> Vec<(Stroke, &'static str)> {
        let kinds = [
            (Stroke::Solid, &self.text.top, "most tokens"),
            (Stroke::Dashed, &self.text.distractors, "distractor: stands out, not asked for"),
        ];
        let drawn = kinds.into_iter().filter(|(_, patches, _)| !patches.is_empty());
        drawn.map(|(stroke, _, meaning)| (stroke, meaning)).collect()
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
