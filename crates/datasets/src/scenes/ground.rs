//! What things lie on.

use crate::canvas::{Canvas, blend, grey, scale};
use crate::noise::{Noise, smooth};
use crate::random::Random;
use crate::scenery::{Surface, palette, still};
use crate::shape::turned;

/// A kind of ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// A photograph of other things.
    Photograph,
    /// Cloth, wood, leaves, plaster.
    Texture,
    /// A wall or a table with a faint grain.
    Plain,
}

impl Ground {
    pub(super) fn new(random: &mut Random) -> Self {
        random.pick([Self::Photograph, Self::Photograph, Self::Texture, Self::Plain])
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Photograph => "photograph",
            Self::Texture => "texture",
            Self::Plain => "plain",
        }
    }

    /// A bare page of `width` × `height` pixels, on which sizes are those of a nominal page
    /// times `page`.
    pub(super) fn canvas(self, random: &mut Random, width: u32, height: u32, page: f32) -> Canvas {
        match self {
            Self::Photograph => still(random, width, height),
            Self::Texture => {
                let surface = Surface::natural(random);
                let mut canvas = Canvas::new(width, height, grey(0.0));
                canvas.each(|p, _| surface.at(p.map(|side| side / page)));
                light(&mut canvas, random);
                canvas
            }
            Self::Plain => {
                let colour =
                    palette::hue(random.unit(), random.between(0.05..0.35), random.between(0.45..0.9));
                let (grain, size) = (Noise::new(random), page * random.between(10.0..60.0));
                let relief = random.between(4.0..14.0);
                let mut canvas = Canvas::new(width, height, colour);
                canvas.each(|[x, y], pixel| {
                    blend(pixel, grey(255.0), relief / 255.0 * grain.octaves(x / size, y / size, 4, 0.6))
                });
                light(&mut canvas, random);
                canvas
            }
        }
    }
}

/// Light from one side.
fn light(canvas: &mut Canvas, random: &mut Random) {
    let (w, h) = (canvas.width(), canvas.height());
    let towards = turned(random.between(0.0..std::f32::consts::TAU));
    let fall = random.between(0.05..0.35);
    canvas.each(|[x, y], pixel| {
        let along = (x / w - 0.5) * towards[0] + (y / h - 0.5) * towards[1];
        scale(pixel, 1.0 - fall * smooth(0.5 + along))
    });
}
