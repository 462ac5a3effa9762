//! Pictures for fitting: five families of what people point programs at.
//!
//! A reference distribution function says how unusual a value is, so it is only as
//! good as the pictures it was fitted on. These are drawn to spread over the range in
//! which real photographs and pages lie, not to please the eye: 1/f textures, sharp
//! and defocused things side by side, print at several sizes, flat areas with
//! thin lines, the dark with points of light; with a lens, a sensor and compression
//! on top.

mod chart;
mod document;
mod photograph;
mod scene;
mod sky;

use arrcoc_picture::Image;
use arrcoc_stats::PixelsError;

use crate::canvas::Canvas;
use crate::random::Random;
use crate::seeds::Seed;

/// A kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Textured backgrounds, often out of focus, with shaded, sharp-edged things.
    Photograph,
    /// Pages with print, rules, tables and pictures.
    Document,
    /// Coloured shapes over flat or textured ground.
    Scene,
    /// Charts and windows of programs: flat areas, thin lines, small labels.
    Chart,
    /// Points of light and faint clouds on a dark ground.
    Sky,
}

impl Family {
    /// All families.
    pub const ALL: [Self; 5] = [Self::Photograph, Self::Document, Self::Scene, Self::Chart, Self::Sky];

    /// The name in files and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Photograph => "photograph",
            Self::Document => "document",
            Self::Scene => "scene",
            Self::Chart => "chart",
            Self::Sky => "sky",
        }
    }

    /// Draws the picture of a seed: 384 to 1024 pixels a side, the same bytes on every
    /// machine. The same seed draws unrelated pictures in different families.
    ///
    /// # Errors
    ///
    /// Those of [`Image::from_rgb`], which no picture of this size meets.
    pub fn draw(self, seed: Seed) -> Result<Image, PixelsError> {
        let canvas = self.canvas(seed);
        Image::from_rgb(canvas.width() as u32, canvas.height() as u32, canvas.to_rgb())
    }

    fn canvas(self, seed: Seed) -> Canvas {
        // The family stirs the stream, so that no two families share sizes and colours.
        let mut random = seed.random();
        for _ in 0..=self as u32 {
            random = random.fork();
        }
        match self {
            Self::Photograph => photograph::draw(&mut random),
            Self::Document => document::draw(&mut random),
            Self::Scene => scene::draw(&mut random),
            Self::Chart => chart::draw(&mut random),
            Self::Sky => sky::draw(&mut random),
        }
    }
}

/// Width and height: the longer side 384 to 1024, an ordinary aspect, either way up.
fn frame(random: &mut Random) -> (u32, u32) {
    let long = random.pick([384, 448, 512, 576, 640, 720, 800, 900, 1024]);
    let aspect = random.pick([1.0, 1.25, 4.0 / 3.0, 1.5, 1.6]);
    let short = (long as f32 / aspect) as u32;
    let short = short.max(384);
    if random.chance(0.7) { (long, short) } else { (short, long) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;

    /// A short hash of bytes, only to see whether they changed.
    fn digest(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0, |hash, &byte| SplitMix64::new(hash ^ u64::from(byte)).next_u64())
    }

    #[test]
    fn a_picture_depends_on_its_seed_and_family_alone() {
        let mut seen = std::collections::BTreeSet::new();
        for family in Family::ALL {
            for seed in [Seed::tuning(0), Seed::tuning(1), Seed::reporting(0)] {
                let (one, other) = (family.canvas(seed).to_rgb(), family.canvas(seed).to_rgb());
                assert!(one == other, "{} {seed:?} is not the same twice", family.name());
                assert!(seen.insert(digest(&one)), "{} {seed:?} was seen before", family.name());
            }
        }
    }

    /// The bytes themselves: they are the same on every machine and in every version. A
    /// change here makes the committed reference another one.
    #[test]
    fn pictures_never_change() {
        let found = Family::ALL.map(|family| digest(&family.canvas(Seed::tuning(0)).to_rgb()));
        let expected = [
            0xd90d_f44d_6da4_f63b,
            0xa069_72d7_3c06_e32a,
            0xcac3_a368_a706_8292,
            0x56fc_8bcd_c1ae_be43,
            0xd1ea_d79c_d723_0cd5,
        ];
        assert_eq!(found, expected, "{found:#018x?}");
    }

    #[test]
    fn sizes_are_as_stated() {
        let mut random = Random::new(1);
        for _ in 0..1000 {
            let (width, height) = frame(&mut random);
            assert!((384..=1024).contains(&width) && (384..=1024).contains(&height), "{width}x{height}");
        }
    }
}
