//! What stands at the top of a form: a logo, a name, a title.

use crate::random::Random;
use crate::shape::{Point, Shape, UPRIGHT};

use super::face::Fonts;
use super::sheet::Sheet;
use super::span::Span;
use super::words::{company, street, town};

/// Prints a head and returns the height at which the rest of the page begins.
pub(super) fn print(sheet: &mut Sheet, fonts: &Fonts, random: &mut Random, title: &str) -> f32 {
    let (area, inks, scale) = (sheet.area, sheet.inks, sheet.scale);
    let (em, large) = (fonts.body.em, fonts.title.em);
    let baseline = area.low[1] + 0.95 * large;
    let firm = company(random);
    let has_logo = random.chance(0.6);
    let side = 1.15 * large;
    let mut left = area.low[0];
    if has_logo {
        logo(sheet, random, [left + side / 2.0, area.low[1] + side / 2.0], side / 2.0);
        left += 1.4 * side;
    }
    sheet.print(&fonts.title, [left, baseline], title, inks.accent);
    let right = area.high[0];
    let used = left + fonts.title.width(title);
    let lines = [firm, format!("{}, {}", street(random), town(random))];
    // Beside the title where there is room, else not at all.
    let mut y = area.low[1] + 0.8 * fonts.small.em;
    let mut bottom = baseline + 0.55 * em;
    for line in &lines {
        if used + em + fonts.small.width(line) < right {
            sheet.print_right(&fonts.small, [right, y], line, inks.soft);
            bottom = bottom.max(y + 0.45 * em);
            y += 1.15 * fonts.small.em;
        }
    }
    if random.chance(0.6) {
        sheet.rule(area.low[0], right, bottom, scale * random.between(1.2..4.0), inks.accent);
    }
    bottom + 0.45 * em
}

/// A mark of a firm around a point.
pub(super) fn logo(sheet: &mut Sheet, random: &mut Random, centre: Point, half: f32) {
    let (colour, paper) = (sheet.inks.accent, sheet.inks.paper);
    let figure = match random.below(3) {
        0 => Shape::circle(centre, half),
        1 => Shape::Rectangle { centre, half: [0.9 * half; 2], turn: UPRIGHT, round: 0.3 * half },
        _ => Shape::star(centre, half, random.whole(3..5), 1.0, random.unit()),
    };
    sheet.take(Span { low: centre.map(|v| v - half), high: centre.map(|v| v + half) });
    sheet.canvas.fill(&figure, colour);
    let angle = random.between(-1.6..1.6);
    let inner = match random.below(3) {
        0 => Shape::star(centre, 0.6 * half, random.whole(4..7), 0.45, angle),
        1 => Shape::circle([centre[0] + 0.2 * half, centre[1] - 0.15 * half], 0.45 * half),
        _ => Shape::Stroke {
            from: [centre[0] - 0.4 * half, centre[1] + 0.35 * half],
            to: [centre[0] + 0.4 * half, centre[1] - 0.35 * half],
            half: 0.16 * half,
        },
    };
    sheet.canvas.fill(&inner, paper);
}
