//! A thing on a page: a pale card that shows a coloured figure with its mark.
//!
//! The card keeps the ground away from the figure. Without it, what lies behind a thing
//! shows in the corners of its box and tells it apart from others that look the same.

use arrcoc_stats::Rect;

use crate::canvas::{Canvas, Colour, blend, grey, lift};
use crate::noise::smooth;
use crate::random::Random;
use crate::shape::{Point, Shape, UPRIGHT};

use super::mark::{Mark, RING};
use super::words::{Figure, Tint};

/// Diameter of the figure as a share of the side of the card.
const FIGURE: f32 = 0.8;

/// A thing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thing {
    /// Which of the page's groups it belongs to; all of a group look the same from afar.
    pub(super) group: usize,
    pub(super) look: Look,
    pub(super) mark: Mark,
    /// Side of the card, in pixels.
    pub(super) size: f32,
    pub(super) centre: Point,
}

/// What the things of a group have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) tint: Tint,
    pub(super) figure: Figure,
    body: Colour,
    card: Colour,
    ink: Colour,
}

impl Look {
    pub(super) fn new(random: &mut Random, tint: Tint, figure: Figure) -> Self {
        let body = lift(tint.colour(), random.between(-8.0..8.0));
        let card = grey(random.between(222.0..244.0));
        let [r, g, b] = body;
        // Light on dark, dark on light.
        let dark = 0.299 * r + 0.587 * g + 0.114 * b < 140.0;
        let ink = if dark { grey(random.between(225.0..245.0)) } else { grey(random.between(18.0..50.0)) };
        Self { tint, figure, body, card, ink }
    }
}

impl Thing {
    /// The card, larger by `more` pixels on each side.
    fn card(&self, more: f32) -> Shape {
        let half = [0.5 * self.size + more; 2];
        Shape::Rectangle { centre: self.centre, half, turn: UPRIGHT, round: 0.1 * self.size + more }
    }

    /// The outline of the figure.
    fn figure(&self) -> Shape {
        let (centre, radius) = (self.centre, 0.5 * FIGURE * self.size);
        match self.look.figure {
            Figure::Ring | Figure::Disc => Shape::circle(centre, radius),
            Figure::Square => {
                Shape::Rectangle { centre, half: [0.92 * radius; 2], turn: UPRIGHT, round: 0.06 * radius }
            }
            // Less high than wide, lest it be a square on its tip.
            Figure::Diamond => {
                let (half, [x, y]) = ([1.15 * radius, 0.98 * radius], centre);
                Shape::Polygon(vec![[x + half[0], y], [x, y + half[1]], [x - half[0], y], [x, y - half[1]]])
            }
            Figure::Hexagon => Shape::star(centre, 1.06 * radius, 3, 1.0, 0.0),
        }
    }

    /// The smallest rectangle of whole pixels around the card, on a page of these sides.
    pub(super) fn rect(&self, [width, height]: [u32; 2]) -> Rect {
        let (low, high) = self.card(0.0).bounds();
        // A float cast saturates.
        let (x, y) = (low[0].floor() as u32, low[1].floor() as u32);
        let (right, bottom) = ((high[0].ceil() as u32).min(width), (high[1].ceil() as u32).min(height));
        Rect { x, y, width: right - x, height: bottom - y }
    }

    pub(super) fn paint(&self, canvas: &mut Canvas) {
        self.shadow(canvas);
        let Look { body, card, ink, .. } = self.look;
        canvas.fill(&self.card(0.0), card);
        let diameter = FIGURE * self.size;
        // A little lighter towards the upper left, as things are in a room.
        let [x, y] = self.centre;
        let shade = move |p: Point, _: f32| lift(body, -10.0 * ((p[0] - x) + (p[1] - y)) / diameter);
        canvas.paint(&self.figure(), 1.0, shade);
        if self.look.figure == Figure::Ring {
            canvas.fill(&Shape::circle(self.centre, diameter * (0.5 - RING)), card);
            self.mark.paint(canvas, self.centre, diameter, card);
        } else {
            self.mark.paint(canvas, self.centre, diameter, blend(ink, body, 0.1));
        }
    }

    /// A soft shadow, below and to the right.
    fn shadow(&self, canvas: &mut Canvas) {
        let (spread, drop) = (0.07 * self.size, 0.035 * self.size);
        let cast = Self { centre: self.centre.map(|side| side + drop), ..*self };
        canvas.glow(&cast.card(spread), |_, depth| grey(-50.0 * smooth(depth / (2.0 * spread))));
    }
}
