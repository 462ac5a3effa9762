//! A page that is being printed on.
//!
//! It knows where ink already stands, so that a stamp never lands on a word, and its
//! colours, so that what is printed can be told from what it is printed on.

use crate::canvas::{Canvas, Colour, blend};
use crate::random::Random;
use crate::scenery::palette;
use crate::shape::{Point, Shape};

use super::face::Lettering;
use super::span::{Mark, Span};

/// The colours of a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inks {
    /// What answers are printed in.
    pub(super) ink: Colour,
    /// What labels may be printed in: weaker, and still readable.
    pub(super) soft: Colour,
    /// What headings and logos are printed in.
    pub(super) accent: Colour,
    /// Rules and frames.
    pub(super) rule: Colour,
    pub(super) paper: Colour,
    /// Bands behind rows.
    pub(super) tint: Colour,
}

impl Inks {
    pub(super) fn new(random: &mut Random) -> Self {
        let (paper, ink, accent) = if random.chance(0.1) {
            // Light on dark.
            let paper = palette::hue(random.unit(), random.between(0.1..0.6), random.between(0.1..0.24));
            (
                paper,
                palette::hue(random.unit(), 0.06, random.between(0.88..1.0)),
                palette::hue(random.unit(), 0.3, 0.9),
            )
        } else {
            let coloured = random.chance(0.2);
            let saturation = if coloured { random.between(0.5..0.9) } else { 0.06 };
            let ink = palette::hue(random.between(0.55..1.02), saturation, random.between(0.05..0.32));
            let paper = if random.chance(0.2) {
                palette::hue(random.unit(), random.between(0.06..0.2), random.between(0.88..0.98))
            } else {
                palette::paper(random)
            };
            (paper, ink, palette::hue(random.unit(), random.between(0.4..0.9), random.between(0.3..0.6)))
        };
        let soft = if random.chance(0.4) { blend(ink, paper, random.between(0.1..0.35)) } else { ink };
        Self {
            ink,
            soft,
            accent: if random.chance(0.5) { accent } else { ink },
            rule: blend(ink, paper, random.between(0.2..0.65)),
            paper,
            tint: blend(paper, accent, random.between(0.06..0.12)),
        }
    }
}

/// A page.
pub(super) struct Sheet {
    pub(super) canvas: Canvas,
    /// Where text may stand: the page without its margins.
    pub(super) area: Span,
    /// Pixels for each pixel of the nominal page.
    pub(super) scale: f32,
    pub(super) inks: Inks,
    taken: Vec<Span>,
}

impl Sheet {
    pub(super) fn new(size: [u32; 2], scale: f32, margin: f32, inks: Inks) -> Self {
        let [width, height] = size;
        let area = Span { low: [margin; 2], high: [width as f32 - margin, height as f32 - margin] };
        Self { canvas: Canvas::new(width, height, inks.paper), area, scale, inks, taken: Vec::new() }
    }

    /// Prints a line of text with its pen at `at`, the left end of the baseline.
    pub(super) fn print(&mut self, letters: &Lettering, at: Point, text: &str, colour: Colour) -> Mark {
        let ink = letters.print(&mut self.canvas, at, text, colour);
        let span = ink.unwrap_or(Span { low: at, high: at });
        self.taken.push(span);
        Mark { text: text.to_owned(), span }
    }

    /// Prints a line of text that ends at `at`.
    pub(super) fn print_right(&mut self, letters: &Lettering, at: Point, text: &str, colour: Colour) -> Mark {
        self.print(letters, [at[0] - letters.width(text), at[1]], text, colour)
    }

    /// Prints a line of text around `at`.
    pub(super) fn print_centred(
        &mut self,
        letters: &Lettering,
        at: Point,
        text: &str,
        colour: Colour,
    ) -> Mark {
        self.print(letters, [at[0] - letters.width(text) / 2.0, at[1]], text, colour)
    }

    /// A level line of `thick` pixels around the height `y`.
    pub(super) fn rule(&mut self, from: f32, to: f32, y: f32, thick: f32, colour: Colour) {
        self.band(Span { low: [from, y - thick / 2.0], high: [to, y + thick / 2.0] }, colour);
    }

    /// A filled box.
    pub(super) fn band(&mut self, span: Span, colour: Colour) {
        self.canvas.fill(&Shape::area(span.low, [span.width(), span.height()]), colour);
    }

    /// The outline of a box.
    pub(super) fn frame(&mut self, span: Span, thick: f32, colour: Colour) {
        let Span { low: [left, top], high: [right, bottom] } = span;
        for y in [top, bottom] {
            self.rule(left, right, y, thick, colour);
        }
        for x in [left, right] {
            self.band(Span { low: [x - thick / 2.0, top], high: [x + thick / 2.0, bottom] }, colour);
        }
        self.taken.push(span);
    }

    /// Dots from `from` to `to` on the baseline `y`, on a grid that all rows share.
    pub(super) fn leader(&mut self, letters: &Lettering, from: f32, to: f32, y: f32, step: f32) {
        let colour = blend(self.inks.ink, self.inks.paper, 0.15);
        let first = (from / step).ceil() * step;
        let mut x = first;
        while x + 0.3 * letters.em < to {
            letters.print(&mut self.canvas, [x, y], ".", colour);
            x += step;
        }
        if x > first {
            self.take(Span { low: [first, y - 0.3 * letters.em], high: [x, y] });
        }
    }

    /// Says that something stands here.
    pub(super) fn take(&mut self, span: Span) {
        self.taken.push(span);
    }

    /// Takes room that is free of ink for something of these sides; the centre of it.
    pub(super) fn room(&mut self, random: &mut Random, sides: Point, gap: f32) -> Option<Point> {
        for _ in 0..40 {
            let low: Point = std::array::from_fn(|c| {
                let free = self.area.high[c] - self.area.low[c] - sides[c];
                self.area.low[c] + random.unit() * free
            });
            let span = Span { low, high: [low[0] + sides[0], low[1] + sides[1]] };
            let inside = (0..2).all(|c| low[c] >= self.area.low[c] && span.high[c] <= self.area.high[c]);
            if inside && !self.taken.iter().any(|taken| taken.meets(span.grown(gap))) {
                self.taken.push(span);
                return Some(span.centre());
            }
        }
        None
    }
}
