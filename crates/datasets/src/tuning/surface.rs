//! What things are made of: a colour with a 1/f texture.

use crate::canvas::{Colour, blend, lift};
use crate::noise::{Noise, smooth};
use crate::random::Random;
use crate::shape::{Point, turned};

use super::palette;

/// A textured surface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surface {
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
    pub(super) fn natural(random: &mut Random) -> Self {
        let first = palette::natural(random);
        let second = if random.chance(0.4) {
            palette::natural(random)
        } else {
            lift(first, random.between(-25.0..25.0))
        };
        let size = random.between(12.0..160.0);
        let stretch = if random.chance(0.35) { random.between(3.0..12.0) } else { 1.0 };
        // Most surfaces are smooth; leaves and fur are not.
        let rough = random.unit() * random.unit();
        Self {
            colours: [first, second],
            noise: Noise::new(random),
            size: [size, size / stretch],
            grain: turned(random.between(0.0..std::f32::consts::PI)),
            octaves: random.whole(3..7),
            gain: random.between(0.4..0.68),
            relief: 4.0 + 110.0 * rough,
        }
    }

    /// The same surface with another relief.
    pub(super) fn with_relief(self, relief: f32) -> Self {
        Self { relief, ..self }
    }

    /// The colour at a point of the image.
    pub(super) fn at(&self, [x, y]: Point) -> Colour {
        let [cos, sin] = self.grain;
        let along = (x * cos + y * sin) / self.size[0];
        let across = (y * cos - x * sin) / self.size[1];
        let value = self.noise.octaves(along, across, self.octaves, self.gain);
        lift(blend(self.colours[0], self.colours[1], smooth(0.5 + 1.2 * value)), self.relief * value)
    }
}
