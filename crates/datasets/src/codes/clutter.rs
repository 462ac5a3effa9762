//! What lies between the codes: print, photographs, bars, fields of modules, shapes.
//!
//! Each has as many edges as a code, or more, and none can be read as one. Fields of
//! random modules are the nearest: only the finder patterns are missing.

use crate::canvas::{Canvas, blend, scale};
use crate::random::Random;
use crate::scenery::{Pen, Script, palette, still};
use crate::shape::{Point, Shape, UPRIGHT, turned};

use super::cells::{Cells, Inks};
use super::ground::{Ground, shadow};
use super::layout::{Layout, Spot};

/// A kind of clutter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clutter {
    Print,
    Photograph,
    /// Bars side by side, as in 1-D codes.
    Bars,
    /// A checkerboard, or random modules without finder patterns.
    Field,
    Shape,
}

impl Clutter {
    /// Sides of a box for it, in pixels, on a page of scale 1.
    fn size(self, random: &mut Random) -> Point {
        let (range, aspect) = match self {
            Self::Print => (140.0..400.0, random.between(0.5..1.6)),
            Self::Photograph => (130.0..420.0, random.pick([0.75, 1.0, 1.33, 1.5])),
            Self::Bars => (130.0..320.0, random.between(1.6..3.0)),
            Self::Field => (70.0..330.0, 1.0),
            Self::Shape => (50.0..190.0, random.pick([0.8, 1.0, 1.25])),
        };
        let width = random.between(range);
        [width, width / aspect]
    }

    /// Paints it into a box.
    pub(super) fn paint(
        self,
        canvas: &mut Canvas,
        random: &mut Random,
        spot: Spot,
        page: f32,
        ground: &Ground,
    ) {
        match self {
            Self::Print => print(canvas, random, spot, page, ground),
            Self::Photograph => photograph(canvas, random, spot, page),
            Self::Bars => bars(canvas, random, spot, page),
            Self::Field => field(canvas, random, spot, page),
            Self::Shape => shape(canvas, random, spot, page),
        }
    }
}

/// Finds boxes until `share` of the page is taken, or no more are found.
pub(super) fn fill(random: &mut Random, layout: &mut Layout, share: f32, page: f32) -> Vec<(Clutter, Spot)> {
    use Clutter::{Bars, Field, Photograph, Print, Shape};
    let mut found = Vec::new();
    for _ in 0..800 {
        if layout.share() >= share {
            break;
        }
        let kind = random.pick([Print, Print, Print, Print, Photograph, Photograph, Bars, Field, Shape]);
        let half = kind.size(random).map(|side| side * page / 2.0);
        if let Some(spot) = layout.take(random, half, 0.28) {
            found.push((kind, spot));
        }
    }
    found
}

fn corner(spot: Spot) -> Point {
    [spot.centre[0] - spot.half[0], spot.centre[1] - spot.half[1]]
}

/// A paragraph with a title, on the ground or on a card.
fn print(canvas: &mut Canvas, random: &mut Random, spot: Spot, page: f32, ground: &Ground) {
    let (mut ink, mut inset) = (ground.ink(random), 0.0);
    let on_card = !ground.is_paper || random.chance(0.4);
    if on_card {
        shadow(canvas, spot.centre, spot.half, UPRIGHT, page);
        let card = if random.chance(0.7) { palette::paper(random) } else { palette::vivid(random) };
        let dark = scale(palette::ink(random), 0.7);
        canvas.fill(&Shape::area(corner(spot), spot.half.map(|side| 2.0 * side)), card);
        (ink, inset) = (dark, 8.0 * page);
    }
    let [left, top] = corner(spot).map(|side| side + inset);
    let (width, bottom) = (2.0 * (spot.half[0] - inset), spot.centre[1] + spot.half[1] - inset);
    let script = Script::new(random);
    // At least four lines, and room for a long word.
    let most = ((bottom - top) / 5.0).min(width / 8.0);
    let body = (page * random.pick([9.0, 11.0, 13.0, 16.0, 20.0, 26.0])).min(most);
    let leading = random.between(1.15..1.5);
    let pen = Pen { size: body, weight: random.between(0.08..0.14), colour: ink, slope: 0.0 };
    let mut y = top;
    if random.chance(0.5) && bottom - top > 4.0 * body {
        let size = 1.8 * body;
        let colour = if random.chance(0.4) { scale(palette::vivid(random), 0.7) } else { ink };
        let title = Pen { size, weight: pen.weight * 1.4, colour, ..pen };
        script.line(canvas, random, [left, y + 0.8 * size], width, &title);
        y += 1.4 * size;
    }
    while y + body <= bottom {
        let length = if random.chance(0.15) { random.between(0.3..0.9) } else { 1.0 };
        script.line(canvas, random, [left, y + 0.8 * body], width * length, &pen);
        y += leading * body;
    }
}

/// A print of a photograph, with or without a white border.
fn photograph(canvas: &mut Canvas, random: &mut Random, spot: Spot, page: f32) {
    shadow(canvas, spot.centre, spot.half, UPRIGHT, page);
    let border = if random.chance(0.4) { 8.0 * page } else { 0.0 };
    let white = palette::paper(random);
    canvas.fill(&Shape::area(corner(spot), spot.half.map(|side| 2.0 * side)), white);
    let [left, top] = corner(spot).map(|side| (side + border).ceil());
    let [width, height] = spot.half.map(|side| (2.0 * (side - border)).floor().max(1.0));
    let picture = still(random, width as u32, height as u32);
    canvas.place(&picture, left as usize, top as usize);
}

/// Dark on light, the light near white.
fn inks(random: &mut Random) -> Inks {
    Inks { light: palette::hue(random.unit(), 0.04, random.between(0.8..1.0)), dark: palette::ink(random) }
}

/// A turn of a few degrees at which cells of these half sides still fit the box, and by
/// how much they must be made smaller for it.
fn lean(random: &mut Random, spot: Spot, half: Point) -> (Point, f32) {
    let turn = if random.chance(0.4) { UPRIGHT } else { turned(random.between(-0.1..0.1)) };
    let [cos, sin] = turn.map(f32::abs);
    let reach = [half[0] * cos + half[1] * sin, half[0] * sin + half[1] * cos];
    (turn, (spot.half[0] / reach[0]).min(spot.half[1] / reach[1]))
}

/// Paints cells as large as the box lets them be.
fn fit(canvas: &mut Canvas, random: &mut Random, spot: Spot, cells: Cells, page: f32) {
    let (turn, by) = lean(random, spot, cells.half());
    let cells = Cells { cell: cells.cell.map(|side| side * by), border: cells.border * by, ..cells };
    shadow(canvas, spot.centre, cells.half(), turn, page);
    cells.paint(canvas, spot.centre, turn);
}

/// Bars and gaps of one to four units, as in 1-D codes.
fn bars(canvas: &mut Canvas, random: &mut Random, spot: Spot, page: f32) {
    let units = (2.0 * spot.half[0] / (page * random.between(2.2..4.0))).max(30.0) as usize;
    let mut dark = Vec::with_capacity(units);
    let mut is_dark = true;
    while dark.len() < units {
        let width = random.pick([1, 1, 1, 2, 2, 3, 4]).min(units - dark.len());
        dark.extend(std::iter::repeat_n(is_dark, width));
        is_dark = !is_dark;
    }
    let unit = 2.0 * spot.half[0] / (units + 12) as f32;
    let height = (2.0 * spot.half[1] - 12.0 * unit).max(4.0 * unit);
    let cells = Cells { columns: units, dark, cell: [unit, height], border: 6.0 * unit, inks: inks(random) };
    fit(canvas, random, spot, cells, page);
}

/// Modules without finder patterns, or a checkerboard.
fn field(canvas: &mut Canvas, random: &mut Random, spot: Spot, page: f32) {
    let least = 2.0 * spot.half[0].min(spot.half[1]);
    let columns = random.whole(14..34).min((least / (3.2 * page)) as u32).max(8) as usize;
    let checkered = random.chance(0.3);
    let density = random.between(0.35..0.6);
    let dark =
        (0..columns * columns)
            .map(|i| {
                if checkered { (i / columns + i % columns).is_multiple_of(2) } else { random.chance(density) }
            })
            .collect();
    let border = if random.chance(0.6) { 2.0 } else { 0.0 };
    let cells = Cells { columns, dark, cell: [1.0; 2], border, inks: inks(random) };
    fit(canvas, random, spot, cells, page);
}

/// One solid figure.
fn shape(canvas: &mut Canvas, random: &mut Random, spot: Spot, page: f32) {
    let (centre, half) = (spot.centre, spot.half);
    let radius = half[0].min(half[1]);
    let colour = palette::vivid(random);
    let angle = random.between(0.0..std::f32::consts::TAU);
    let figure = match random.below(5) {
        0 => Shape::Ellipse { centre, half, turn: UPRIGHT },
        1 => {
            let round = radius * random.between(0.0..0.4);
            Shape::Rectangle { centre, half, turn: UPRIGHT, round }
        }
        2 => Shape::star(centre, radius, random.whole(4..9), random.between(0.4..0.7), angle),
        3 => Shape::star(centre, radius, random.whole(2..5), 1.0, angle),
        _ => Shape::star(centre, radius, 3, 0.5, angle),
    };
    let edge = if random.chance(0.4) { page * random.between(2.0..6.0) } else { 0.0 };
    let line = blend(colour, palette::ink(random), 0.8);
    canvas.paint(&figure, 1.0, |_, depth| if depth < edge { line } else { colour });
}
