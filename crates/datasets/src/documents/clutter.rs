//! What else stands on paper: stamps, signatures, logos. Only where there is room, so that
//! every answer stays readable.

use crate::canvas::{Colour, blend};
use crate::random::Random;
use crate::scenery::palette;
use crate::shape::{Point, Shape, turned};

use super::face::Fonts;
use super::masthead;
use super::sheet::Sheet;

/// Puts a few things where nothing is printed.
pub(super) fn scatter(sheet: &mut Sheet, fonts: &Fonts, random: &mut Random) {
    let em = fonts.body.em;
    if random.chance(0.4) {
        let half = em * random.between(1.8..3.2);
        if let Some(centre) = sheet.room(random, [2.0 * half; 2], 0.4 * em) {
            stamp(sheet, fonts, random, centre, half);
        }
    }
    if random.chance(0.4) {
        let sides = [em * random.between(6.0..10.0), em * random.between(2.0..3.0)];
        if let Some(centre) = sheet.room(random, sides, 0.4 * em) {
            signature(sheet, random, centre, sides);
        }
    }
    if random.chance(0.2) {
        let half = em * random.between(1.0..2.0);
        if let Some(centre) = sheet.room(random, [2.0 * half; 2], 0.5 * em) {
            masthead::logo(sheet, random, centre, half);
        }
    }
}

/// A line through points.
fn trace(sheet: &mut Sheet, points: &[Point], half: f32, colour: Colour) {
    for pair in points.windows(2) {
        let stroke = Shape::Stroke { from: pair[0], to: pair[1], half };
        sheet.canvas.fill(&stroke, colour);
    }
}

/// Two rings and a word.
fn stamp(sheet: &mut Sheet, fonts: &Fonts, random: &mut Random, centre: Point, half: f32) {
    let colour = palette::hue(random.pick([0.0, 0.02, 0.62, 0.8]), 0.75, random.between(0.55..0.75));
    // Blended once: strokes that overlap would show as beads.
    let colour = blend(sheet.inks.paper, colour, random.between(0.55..0.9));
    for radius in [0.95 * half, 0.78 * half] {
        let ring: Vec<Point> = (0..=48)
            .map(|step| {
                let [cos, sin] = turned(std::f32::consts::TAU * step as f32 / 48.0);
                [centre[0] + radius * cos, centre[1] + radius * sin]
            })
            .collect();
        trace(sheet, &ring, 0.025 * half, colour);
    }
    let word = random.pick(["PAID", "COPY", "SEEN", "FILED"]);
    let letters = &fonts.small;
    sheet.print_centred(letters, [centre[0], centre[1] + 0.35 * letters.em], word, colour);
}

/// A name as it is signed: loops that run to the right and die away.
fn signature(sheet: &mut Sheet, random: &mut Random, centre: Point, sides: Point) {
    let colour = palette::hue(random.between(0.58..0.68), random.between(0.3..0.8), random.between(0.2..0.5));
    let colour = if sheet.inks.paper[1] < 128.0 { sheet.inks.ink } else { colour };
    let [width, height] = sides;
    let loops = random.between(4.0..8.0);
    let (phase, lean) = (random.between(0.0..6.0), random.between(0.2..0.6));
    let points: Vec<Point> = (0..=110)
        .map(|step| {
            let t = step as f32 / 110.0;
            let [cos, sin] = turned(std::f32::consts::TAU * loops * t + phase);
            let [_, slow] = turned(9.0 * t + phase);
            let tall = height * (0.42 - 0.3 * t) * (0.6 + 0.4 * slow);
            let x = centre[0] + width * 0.84 * (t - 0.5) + 0.06 * width * cos + lean * tall * 0.3 * sin;
            [x, centre[1] - tall * sin]
        })
        .collect();
    let half = sheet.scale * random.between(0.8..1.5);
    trace(sheet, &points, half, colour);
    let y = centre[1] + 0.46 * height;
    let rule = sheet.inks.rule;
    sheet.rule(centre[0] - 0.5 * width, centre[0] + 0.5 * width, y, 1.2 * sheet.scale, rule);
}
