//! Marks that look like writing.
//!
//! Statistics of a patch see ink, stroke widths and spacing, not letters; so an
//! alphabet of random strokes does for fitting what a font would, and there are as
//! many typefaces as seeds.

use crate::canvas::{Canvas, Colour};
use crate::random::Random;
use crate::shape::{Point, Shape};

/// An alphabet.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// Strokes of each letter, in ems: x to the right from the letter's left side, y
    /// downwards from the baseline.
    letters: Vec<Vec<[Point; 2]>>,
    /// From the left side of one letter to that of the next, in ems.
    advance: f32,
    slant: f32,
}

/// How a line is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pen {
    /// The em in pixels.
    pub(crate) size: f32,
    /// Stroke width in ems.
    pub(crate) weight: f32,
    pub(crate) colour: Colour,
    /// How far a line falls for each pixel to the right: paper lies askew in a scanner.
    pub(crate) slope: f32,
}

impl Script {
    pub(crate) fn new(random: &mut Random) -> Self {
        let letters = (0..40).map(|_| letter(random)).collect();
        let slant = if random.chance(0.15) { 0.2 } else { 0.0 };
        Self { letters, advance: random.between(0.5..0.66), slant }
    }

    /// Writes words from `at`, the left end of the baseline, until `width` pixels are
    /// full. Returns the width that was used.
    pub(crate) fn line(
        &self,
        canvas: &mut Canvas,
        random: &mut Random,
        at: Point,
        width: f32,
        pen: &Pen,
    ) -> f32 {
        let advance = self.advance * pen.size;
        let mut x = 0.0;
        loop {
            let letters = random.whole(1..11);
            let end = x + letters as f32 * advance;
            if end > width {
                return x;
            }
            for _ in 0..letters {
                let letter = &self.letters[random.below(self.letters.len() as u32) as usize];
                self.letter(canvas, letter, [at[0] + x, at[1] + pen.slope * x], pen);
                x += advance;
            }
            x += 0.55 * advance;
        }
    }

    fn letter(&self, canvas: &mut Canvas, strokes: &[[Point; 2]], at: Point, pen: &Pen) {
        for stroke in strokes {
            let [from, to] =
                stroke.map(|[x, y]| [at[0] + (x - self.slant * y) * pen.size, at[1] + y * pen.size]);
            canvas.fill(&Shape::Stroke { from, to, half: pen.weight * pen.size / 2.0 }, pen.colour);
        }
    }
}

/// One to four strokes between points of a grid; some letters rise above the others
/// or hang below the line.
fn letter(random: &mut Random) -> Vec<[Point; 2]> {
    let (top, bottom) = random.pick([(-0.5, 0.0), (-0.5, 0.0), (-0.5, 0.0), (-0.72, 0.0), (-0.5, 0.2)]);
    let corner = |random: &mut Random| -> Point {
        [random.pick([0.05, 0.25, 0.42]), random.pick([top, -0.5, -0.25, 0.0, bottom])]
    };
    // An upright stem first: most letters have one.
    let mut strokes = Vec::new();
    if random.chance(0.7) {
        let x = random.pick([0.07, 0.25, 0.4]);
        strokes.push([[x, top], [x, bottom]]);
    }
    let mut pen = corner(random);
    for _ in 0..random.whole(1..4) {
        let next = corner(random);
        strokes.push([pen, next]);
        pen = next;
    }
    strokes
}
