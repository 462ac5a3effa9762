//! A code: its text, its inks and where it lies.

use std::collections::BTreeSet;
use std::ops::Range;

use qrcode::{Color, EcLevel, QrCode};

use crate::canvas::{Canvas, Colour, scale};
use crate::random::Random;
use crate::scenery::palette;
use crate::shape::{Point, UPRIGHT, turned};

use super::cells::{Cells, Inks};
use super::ground::shadow;
use super::{Code, CodesError, QUIET};

/// Sides of modules in pixels, on a page of scale 1. On a grid of 24 × 24 patches of 56
/// pixels a code is read from about 1.2 samples a module on, so that with this range
/// nearly all are read at 400 tokens a patch, half of them at 150 and few at 64 (the
/// example `codes_headroom` counts).
const MODULE: Range<f32> = 2.7..10.0;

/// The greatest turn, in radians: 6 degrees.
const TURN: f32 = 0.104_719_76;

/// A code to be painted.
#[derive(Clone, Debug)]
pub(super) struct Symbol {
    text: String,
    cells: Cells,
    turn: Point,
    /// Where its middle lies, in pixels.
    pub(super) centre: Point,
}

/// The codes of a page, from large to small, all at the origin. One comes from each of
/// as many equal parts of the range of sizes, on a logarithmic scale, as there are codes.
pub(super) fn set(random: &mut Random, page: f32) -> Result<Vec<Symbol>, CodesError> {
    let count = random.whole(6..10);
    let mut texts = BTreeSet::new();
    let ratio = libm::logf(MODULE.end / MODULE.start);
    (0..count)
        .map(|stratum| {
            let mut random = random.fork();
            let place = ((stratum as f32) + random.unit()) / count as f32;
            let module = page * MODULE.end * libm::expf(-ratio * place);
            let mut text = text(&mut random);
            while !texts.insert(text.clone()) {
                text = self::text(&mut random);
            }
            Symbol::new(&mut random, text, module)
        })
        .collect()
}

/// 8 to 14 characters of the alphanumeric mode.
fn text(random: &mut Random) -> String {
    let length = random.whole(8..15);
    let character = |random: &mut Random| char::from_digit(random.below(36), 36).unwrap_or('0');
    (0..length).map(|_| character(random).to_ascii_uppercase()).collect()
}

/// Inks that a reader can tell apart: luma at most 80 on at least 170, also in the
/// dimmest light that falls on a page.
fn inks(random: &mut Random) -> Inks {
    let strong = random.chance(0.5);
    let (dark, light) = if strong {
        (random.between(8.0..40.0), random.between(225.0..250.0))
    } else {
        (random.between(40.0..78.0), random.between(196.0..225.0))
    };
    let tint = if random.chance(0.4) { random.between(0.4..0.9) } else { random.between(0.0..0.1) };
    let card = palette::hue(random.unit(), random.between(0.0..0.1), 1.0);
    Inks { light: at_luma(card, light), dark: at_luma(palette::hue(random.unit(), tint, 1.0), dark) }
}

/// A colour made as bright as `luma`, or as bright as it gets below that.
fn at_luma(colour: Colour, luma: f32) -> Colour {
    let [r, g, b] = colour;
    let most = 255.0 / r.max(g).max(b);
    scale(colour, (luma / (0.299 * r + 0.587 * g + 0.114 * b)).min(most))
}

impl Symbol {
    fn new(random: &mut Random, text: String, module: f32) -> Result<Self, CodesError> {
        let code = QrCode::with_error_correction_level(&text, EcLevel::M)
            .map_err(|error| CodesError::Text { text: text.clone(), reason: error.to_string() })?;
        let turn = if random.chance(1.0 / 3.0) { UPRIGHT } else { turned(random.between(-TURN..TURN)) };
        let cells = Cells {
            columns: code.width(),
            dark: code.to_colors().into_iter().map(|colour| colour == Color::Dark).collect(),
            cell: [module; 2],
            border: QUIET * module,
            inks: inks(random),
        };
        Ok(Self { text, cells, turn, centre: [0.0; 2] })
    }

    /// Half sides of the smallest upright box around it, quiet zone included.
    pub(super) fn half(&self) -> Point {
        let [x, y] = self.cells.half();
        let [cos, sin] = self.turn.map(f32::abs);
        [x * cos + y * sin, x * sin + y * cos]
    }

    /// Makes it `by` times as large.
    pub(super) fn shrink(&mut self, by: f32) {
        self.cells.cell = self.cells.cell.map(|side| side * by);
        self.cells.border *= by;
    }

    pub(super) fn paint(&self, canvas: &mut Canvas, page: f32) {
        shadow(canvas, self.centre, self.cells.half(), self.turn, page);
        self.cells.paint(canvas, self.centre, self.turn);
    }

    /// What is told of it, on a page of these sides.
    pub(super) fn code(self, page: [u32; 2]) -> Code {
        let half = self.cells.half().map(|side| side - self.cells.border);
        let [cos, sin] = self.turn;
        let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]].map(|[u, v]| {
            let (x, y) = (u * half[0], v * half[1]);
            [self.centre[0] + x * cos - y * sin, self.centre[1] + x * sin + y * cos]
        });
        let modules = self.cells.columns as u32;
        Code { text: self.text, corners, modules, module: self.cells.cell[0], page }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inks_are_apart() {
        let luma = |[r, g, b]: Colour| 0.299 * r + 0.587 * g + 0.114 * b;
        let mut random = Random::new(4);
        for _ in 0..2000 {
            let inks = inks(&mut random);
            assert!(luma(inks.dark) <= 80.0 && luma(inks.light) >= 193.5, "{inks:?}");
            assert!(inks.light.iter().all(|part| (0.0..255.01).contains(part)), "{inks:?}");
        }
    }

    #[test]
    fn each_page_has_small_and_large_ones() {
        for seed in 0..50 {
            let symbols = set(&mut Random::new(seed), 1.0).unwrap();
            let (first, last) = (symbols[0].cells.cell[0], symbols[symbols.len() - 1].cells.cell[0]);
            // Six strata are the widest.
            let stratum = libm::powf(MODULE.end / MODULE.start, 1.0 / 6.0);
            assert!((MODULE.end / stratum..MODULE.end * 1.001).contains(&first), "{first}");
            assert!((MODULE.start * 0.999..MODULE.start * stratum).contains(&last), "{last}");
            assert!(symbols.is_sorted_by(|a, b| a.cells.cell[0] >= b.cells.cell[0]));
        }
    }
}
