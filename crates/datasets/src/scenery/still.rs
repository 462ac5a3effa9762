//! A scene as a photograph would show it: a backdrop, things out of focus, a subject in
//! focus. What lies between the scene and a file is the camera's.

use crate::canvas::{Canvas, Colour, blend, grey, scale};
use crate::noise::{Noise, smooth};
use crate::random::Random;
use crate::shape::{Point, Shape, UPRIGHT, turned};

use super::{Surface, palette};

/// A scene of `width` × `height` pixels. Documents, windows and posters show such
/// pictures too.
pub(crate) fn still(random: &mut Random, width: u32, height: u32) -> Canvas {
    let mut canvas = Canvas::new(width, height, grey(0.0));
    let side = width.min(height) as f32;
    backdrop(&mut canvas, random);
    let light = turned(random.between(3.4..6.0));
    for _ in 0..random.whole(2..14) {
        let size = side * random.between(0.05..0.35);
        thing(&mut canvas, random, size, light);
    }
    // Many pictures have a background that is clearly out of focus.
    if random.chance(0.4) {
        canvas.blur(side * random.between(0.002..0.012));
    }
    for _ in 0..random.whole(2..9) {
        let size = side * random.between(0.08..0.4);
        thing(&mut canvas, random, size, light);
    }
    for _ in 0..random.whole(4..60) {
        let size = side * random.between(0.012..0.06);
        thing(&mut canvas, random, size, light);
    }
    expose(&mut canvas, random);
    canvas
}

fn backdrop(canvas: &mut Canvas, random: &mut Random) {
    match random.below(4) {
        0 | 1 => landscape(canvas, random),
        2 => patches(canvas, random),
        _ => {
            // A wall or a table, lit from one side.
            let surface = Surface::natural(random);
            let (w, h) = (canvas.width(), canvas.height());
            let towards = turned(random.between(0.0..std::f32::consts::TAU));
            let fall = random.between(0.1..0.7);
            canvas.each(|p, _| {
                let along = (p[0] / w - 0.5) * towards[0] + (p[1] / h - 0.5) * towards[1];
                scale(surface.at(p), 1.0 - fall * smooth(0.5 + along))
            });
        }
    }
}

/// Sky over ground, with a rough horizon and texture that grows towards the viewer.
fn landscape(canvas: &mut Canvas, random: &mut Random) {
    let (w, h) = (canvas.width(), canvas.height());
    let horizon = h * random.between(0.25..0.75);
    let rough = h * random.between(0.005..0.12);
    let ridge = Noise::new(random);
    let clouds = Noise::new(random);
    let cover = random.between(0.0..0.8);
    let sky =
        [palette::hue(random.between(0.5..0.65), random.between(0.1..0.7), random.between(0.4..0.95)), {
            palette::hue(random.between(0.0..0.7), random.between(0.0..0.4), random.between(0.5..1.0))
        }];
    let ground = Surface::natural(random);
    canvas.each(|[x, y], _| {
        let line = horizon + rough * ridge.octaves(x / (w * 0.3), 0.5, 7, 0.55);
        let air = |y: f32| -> Colour {
            let cloud = smooth(1.4 * clouds.octaves(x / (w * 0.35), y / (h * 0.15), 6, 0.5) + cover - 0.3);
            blend(blend(sky[0], sky[1], (y / h).clamp(0.0, 1.0)), grey(235.0), 0.75 * cloud)
        };
        if y < line {
            return air(y);
        }
        let near = (y - line) / (h - line).max(1.0);
        // Perspective: points are farther apart on the ground near the horizon.
        let stretch = 0.35 + 0.65 * near;
        let earth = ground.at([(x - w / 2.0) / stretch, y / stretch]);
        blend(earth, air(line), 0.5 * (1.0 - near) * (1.0 - near))
    });
}

/// Regions with crooked borders, each with its own surface.
fn patches(canvas: &mut Canvas, random: &mut Random) {
    let surfaces = [(); 4].map(|()| Surface::natural(random));
    let borders = Noise::new(random);
    let size = canvas.width().max(canvas.height()) * random.between(0.2..0.5);
    canvas.each(|p, _| {
        let value = borders.octaves(p[0] / size, p[1] / size, 5, 0.5);
        let region = ((value + 0.4) * 5.0).clamp(0.0, 3.0);
        // A border one tenth of a level wide is a pixel or a few.
        let (lower, share) = (region as usize, smooth((region - region.floor() - 0.95) * 20.0));
        blend(surfaces[lower].at(p), surfaces[(lower + 1).min(3)].at(p), share)
    });
}

/// A shaded thing with a soft shadow, and marks on it.
fn thing(canvas: &mut Canvas, random: &mut Random, size: f32, light: Point) {
    let centre = [random.unit() * canvas.width(), random.unit() * canvas.height()];
    let shape = outline(random, centre, size);
    let reach = size * random.between(0.05..0.2);
    let shadow = shifted(&shape, [-light[0] * reach, -light[1] * reach]);
    canvas.paint(&shadow, random.between(0.1..0.45), |_, depth| {
        grey(60.0 - 60.0 * (depth / reach).clamp(0.0, 1.0))
    });

    let surface = Surface::natural(random);
    let surface = if random.chance(0.4) { surface.with_relief(random.between(1.0..8.0)) } else { surface };
    let ambient = random.between(0.35..0.7);
    let bevel = size * random.between(0.1..0.7);
    let gloss = if random.chance(0.3) { random.between(60.0..160.0) } else { 0.0 };
    canvas.paint(&shape, 1.0, |p, depth| {
        let facing = ((p[0] - centre[0]) * light[0] + (p[1] - centre[1]) * light[1]) / size;
        let round = smooth(depth / bevel);
        let shade = ambient + (1.0 - ambient) * smooth(0.55 + 0.5 * facing) * (0.55 + 0.45 * round);
        let spot = smooth((facing - 0.45) * 6.0) * smooth((0.75 - facing) * 6.0) * round;
        let lit = scale(surface.at(p), 0.25 + shade);
        std::array::from_fn(|c| lit[c] + gloss * spot)
    });

    if size < 20.0 {
        return;
    }
    for _ in 0..random.whole(0..9) {
        let at = [centre[0] + size * random.between(-0.5..0.5), centre[1] + size * random.between(-0.5..0.5)];
        let extent = size * random.between(0.04..0.22);
        let mark = outline(random, at, extent);
        let colour = palette::natural(random);
        // Marks lie on the thing: they end where it does.
        canvas.paint(&mark, random.between(0.5..1.0), |p, _| {
            if shape.distance(p) < -1.0 { colour } else { surface.at(p) }
        });
    }
    if random.chance(0.25) {
        let (turn, spacing) = (turned(random.between(0.0..3.1)), random.between(4.0..22.0));
        let colour = palette::natural(random);
        canvas.paint(&shape, random.between(0.2..0.8), |p, _| {
            let along = (p[0] * turn[0] + p[1] * turn[1]) / spacing;
            let wave = (along - along.floor() - 0.5).abs() * 4.0 - 1.0;
            blend(surface.at(p), colour, smooth(wave + 0.5))
        });
    }
}

fn outline(random: &mut Random, centre: Point, size: f32) -> Shape {
    let turn = turned(random.between(0.0..3.1));
    let half = [size, size * random.between(0.3..1.0)];
    match random.below(5) {
        0 | 1 => Shape::Ellipse { centre, half, turn },
        2 => {
            let turn = if random.chance(0.5) { UPRIGHT } else { turn };
            Shape::Rectangle { centre, half, turn, round: half[1] * random.between(0.0..0.5) }
        }
        3 => {
            let reach = [turn[0] * size * 1.5, turn[1] * size * 1.5];
            Shape::Stroke {
                from: [centre[0] - reach[0], centre[1] - reach[1]],
                to: [centre[0] + reach[0], centre[1] + reach[1]],
                half: size * random.between(0.05..0.25),
            }
        }
        _ => {
            let noise = Noise::new(random);
            let corners = (0..48).map(|corner| {
                let [cos, sin] = turned(corner as f32 * (std::f32::consts::TAU / 48.0));
                let radius = size * (0.8 + 0.5 * noise.octaves(cos * 1.3, sin * 1.3, 4, 0.5));
                [centre[0] + radius * cos, centre[1] + radius * sin]
            });
            Shape::Polygon(corners.collect())
        }
    }
}

fn shifted(shape: &Shape, by: Point) -> Shape {
    let moved = |p: Point| [p[0] + by[0], p[1] + by[1]];
    match shape.clone() {
        Shape::Ellipse { centre, half, turn } => Shape::Ellipse { centre: moved(centre), half, turn },
        Shape::Rectangle { centre, half, turn, round } => {
            Shape::Rectangle { centre: moved(centre), half, turn, round }
        }
        Shape::Polygon(corners) => Shape::Polygon(corners.into_iter().map(moved).collect()),
        Shape::Stroke { from, to, half } => Shape::Stroke { from: moved(from), to: moved(to), half },
    }
}

/// Exposure and contrast: some pictures are dark, some bright, some clipped.
fn expose(canvas: &mut Canvas, random: &mut Random) {
    let (gain, middle) = (random.between(0.9..1.7), random.between(90.0..135.0));
    let tint: Colour = std::array::from_fn(|_| random.between(0.93..1.07));
    canvas.each(|_, pixel| {
        std::array::from_fn(|c| ((pixel[c] * tint[c] - 105.0) * gain + middle).clamp(0.0, 255.0))
    });
}
