//! Scene-like pictures: coloured shapes and symbols over flat or textured ground.

use crate::camera::Camera;
use crate::canvas::{Canvas, Colour, blend, grey, scale};
use crate::noise::smooth;
use crate::random::Random;
use crate::scenery::{Surface, palette};
use crate::shape::{Point, Shape, UPRIGHT, turned};

use super::frame;

pub(super) fn draw(random: &mut Random) -> Canvas {
    let (width, height) = frame(random);
    let mut canvas = Canvas::new(width, height, grey(0.0));
    ground(&mut canvas, random);
    let side = width.min(height) as f32;
    let crowd = if random.chance(0.3) { random.whole(40..120) } else { random.whole(6..40) };
    let largest = if crowd > 40 { 0.06 } else { 0.16 };
    for _ in 0..crowd {
        let centre = [random.unit() * width as f32, random.unit() * height as f32];
        let size = side * random.between(0.02..largest);
        symbol(&mut canvas, random, centre, size);
    }
    let camera = if random.chance(0.5) { Camera::photograph(random) } else { Camera::drawn(random) };
    camera.take(&mut canvas, random);
    canvas
}

fn ground(canvas: &mut Canvas, random: &mut Random) {
    let (one, other) = (palette::natural(random), palette::natural(random));
    let h = canvas.height();
    match random.below(5) {
        0 => canvas.each(|_, _| one),
        1 => canvas.each(|[_, y], _| blend(one, other, y / h)),
        2 => {
            let size = random.between(24.0..90.0);
            let other = blend(one, other, random.between(0.1..0.7));
            canvas.each(|[x, y], _| {
                let odd = ((x / size) as u32 + (y / size) as u32) % 2 == 1;
                if odd { one } else { other }
            });
        }
        _ => {
            let surface = Surface::natural(random);
            canvas.each(|p, _| surface.at(p));
        }
    }
}

fn symbol(canvas: &mut Canvas, random: &mut Random, centre: Point, size: f32) {
    let angle = random.between(0.0..std::f32::consts::TAU);
    let turn = if random.chance(0.5) { UPRIGHT } else { turned(angle) };
    let flat = random.chance(0.5);
    let colour = palette::vivid(random);
    let edge = if random.chance(0.4) { random.between(1.0..5.0) } else { 0.0 };
    let line = if random.chance(0.5) { grey(20.0) } else { palette::vivid(random) };
    let paint = |p: Point, depth: f32| -> Colour {
        if depth < edge {
            return line;
        }
        let shade = 1.05 - 0.4 * smooth((p[1] - centre[1] + size) / (2.0 * size));
        if flat { colour } else { scale(colour, shade) }
    };
    let bar = |half: Point, turn: Point| Shape::Rectangle { centre, half, turn, round: 0.0 };
    match random.below(8) {
        0 | 1 => canvas.paint(&Shape::circle(centre, size), 1.0, paint),
        2 => canvas.paint(&bar([size, size], turn), 1.0, paint),
        3 => canvas.paint(&bar([size, size * random.between(0.3..0.8)], turn), 1.0, paint),
        4 => canvas.paint(&Shape::star(centre, size, 3, 0.5, angle), 1.0, paint),
        5 => {
            let (points, inner) = (random.whole(4..8), random.between(0.35..0.6));
            canvas.paint(&Shape::star(centre, size, points, inner, angle), 1.0, paint);
        }
        6 => {
            // A ring: what is under it shows through the hole only where it is painted again.
            let hole = palette::natural(random);
            canvas.paint(&Shape::circle(centre, size), 1.0, paint);
            canvas.fill(&Shape::circle(centre, size * random.between(0.4..0.8)), hole);
        }
        _ => {
            let arm = size * random.between(0.15..0.35);
            canvas.fill(&bar([size, arm], turn), colour);
            canvas.fill(&bar([arm, size], turn), colour);
        }
    }
}
