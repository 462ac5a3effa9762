//! What things are made of: a colour with a 1/f texture.

use crate::canvas::{Colour, blend, lift};
use crate::noise::{Noise, smooth};
use crate::random::Random;
use crate::shape::{Point, turned};

use super::palette;

/// A textured surface.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surface {
    colours: [Colour; 2],
    noise: Noise,
    /// Width of the largest features in pixels, along and across the grain.
    size: Point,
    grain: Point,
    octaves: u32,
    /// Amplitude of an octave as a share of the one before.
    gain: f32,
    /// Grey levels by which the texture lightens and darkens.
    relief: f32,
}

impl Surface {
    /// A surface from nature or a household: plaster, cloth, fur, leaves, wood.
    pub(crate) fn natural(random: &mut Random) -> Self {
        let first = palette::natural(random);
        let second = if random.chance(0.4) {
            palette::natural(random)
        } else {
            lift(first, random.between(-25.0..25.0))
        };
        let size = if random.chance(0.6) { random.between(8.0..48.0) } else { random.between(48.0..140.0) };
        let stretch = if random.chance(0.6) { random.between(2.0..8.0) } else { 1.0 };
        // Plaster and skin are smooth; leaves, fur and cloth are rough down to the pixel.
        let rough = if random.chance(0.3) { 0.05 } else { random.unit() };
        let octaves = (libm::log2f(size / 2.0) + 0.5) as u32;
        Self {
            colours: [first, second],
            noise: Noise::new(random),
            size: [size, size / stretch],
            grain: turned(random.between(0.0..std::f32::consts::PI)),
            octaves: octaves.saturating_sub(random.whole(0..2)).max(2),
            gain: random.between(0.5..0.65) + 0.25 * rough,
            relief: 10.0 + 280.0 * rough,
        }
    }

    /// The same surface with another relief.
    pub(crate) fn with_relief(self, relief: f32) -> Self {
        Self { relief, ..self }
    }

    /// The colour at a point of the image.
    pub(crate) fn at(&self, [x, y]: Point) -> Colour {
        let [cos, sin] = self.grain;
        let along = (x * cos + y * sin) / self.size[0];
        let across = (y * cos - x * sin) / self.size[1];
        let value = self.noise.octaves(along, across, self.octaves, self.gain);
        lift(blend(self.colours[0], self.colours[1], smooth(0.5 + 1.2 * value)), self.relief * value)
    }
}
