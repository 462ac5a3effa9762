//! What everything on a page lies on, and the light over it.

use crate::canvas::{Canvas, Colour, blend, grey, lift, scale};
use crate::noise::{Noise, smooth};
use crate::random::Random;
use crate::scenery::palette;
use crate::shape::{Point, Shape, turned};

/// Paper or a painted wall, lit from one side.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    pub(super) colour: Colour,
    /// Whether print may stand on it as it is.
    pub(super) is_paper: bool,
    grain: Noise,
    /// Width of the largest features of the grain in pixels, along each axis.
    size: Point,
    octaves: u32,
    /// Grey levels by which the grain lightens and darkens.
    relief: f32,
    towards: Point,
    /// The share of light that is lost from the bright side to the dark one. Not more, or
    /// light inks would not stay at a luma of 170.
    fall: f32,
}

impl Ground {
    pub(super) fn new(random: &mut Random, page: f32) -> Self {
        let is_paper = random.chance(0.55);
        let colour = if is_paper {
            palette::paper(random)
        } else {
            palette::hue(random.unit(), random.between(0.08..0.4), random.between(0.4..0.8))
        };
        let size = page * if is_paper { 4.0 } else { random.between(14.0..60.0) };
        // Some walls are of wood or cloth.
        let stretch = if !is_paper && random.chance(0.4) { random.between(3.0..9.0) } else { 1.0 };
        Self {
            colour,
            is_paper,
            grain: Noise::new(random),
            size: [size, size / stretch],
            octaves: if is_paper { 2 } else { 4 },
            relief: if is_paper { random.between(1.0..4.0) } else { random.between(12.0..45.0) },
            towards: turned(random.between(0.0..std::f32::consts::TAU)),
            fall: random.between(0.02..0.12),
        }
    }

    /// A bare page.
    pub(super) fn canvas(&self, width: u32, height: u32) -> Canvas {
        let mut canvas = Canvas::new(width, height, self.colour);
        canvas.each(|[x, y], pixel| {
            let grain = self.grain.octaves(x / self.size[0], y / self.size[1], self.octaves, 0.6);
            lift(pixel, self.relief * grain)
        });
        canvas
    }

    /// Lets the light fall on the page with all that is on it.
    pub(super) fn light(&self, canvas: &mut Canvas) {
        let (w, h) = (canvas.width(), canvas.height());
        canvas.each(|[x, y], pixel| {
            let along = (x / w - 0.5) * self.towards[0] + (y / h - 0.5) * self.towards[1];
            scale(pixel, 1.0 - self.fall * smooth(0.5 + along))
        });
    }

    /// A colour that stands out from the ground.
    pub(super) fn ink(&self, random: &mut Random) -> Colour {
        if self.is_paper { palette::ink(random) } else { blend(palette::ink(random), self.colour, 0.1) }
    }
}

/// The soft shadow of a card that lies on the page, below and to the right of it.
pub(super) fn shadow(canvas: &mut Canvas, centre: Point, half: Point, turn: Point, page: f32) {
    let (spread, drop) = (4.0 * page, 2.0 * page);
    let shape = Shape::Rectangle {
        centre: centre.map(|side| side + drop),
        half: half.map(|side| side + spread),
        turn,
        round: spread,
    };
    canvas.glow(&shape, |_, depth| grey(-45.0 * smooth(depth / (2.0 * spread))));
}
