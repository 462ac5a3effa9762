//! Sky-like pictures: dark ground, points of light, faint clouds and small discs.

use crate::camera::Camera;
use crate::canvas::{Canvas, grey, scale};
use crate::noise::{Noise, smooth};
use crate::random::Random;
use crate::scenery::palette;
use crate::shape::{Shape, turned};

use super::frame;

pub(super) fn draw(random: &mut Random) -> Canvas {
    let (width, height) = frame(random);
    let (w, h) = (width as f32, height as f32);
    let ground =
        palette::hue(random.between(0.55..0.75), random.between(0.0..0.6), random.between(0.01..0.12));
    let mut canvas = Canvas::new(width, height, ground);
    clouds(&mut canvas, random);

    let density = random.between(0.0005..0.008);
    let bright = random.between(8.0..40.0);
    for _ in 0..(w * h * density) as u32 {
        // Few bright ones and many faint ones, as counts of stars go.
        let faint = random.unit();
        let light = (bright / (0.05 + faint)).min(255.0);
        let colour = palette::hue(random.pick([0.08, 0.6]), random.between(0.0..0.4), light / 255.0);
        let radius = 0.5 + random.between(0.0..0.5) + light / 200.0;
        let centre = [random.unit() * w, random.unit() * h];
        canvas.glow(&Shape::circle(centre, 2.0 * radius), |p, _| {
            let (dx, dy) = (p[0] - centre[0], p[1] - centre[1]);
            scale(colour, libm::expf(-(dx * dx + dy * dy) / (radius * radius)))
        });
    }
    for _ in 0..random.pick([0, 40, 150, 900]) {
        galaxy(&mut canvas, random);
    }
    if random.chance(0.4) {
        moon(&mut canvas, random);
    }
    if random.chance(0.35) {
        let (horizon, rough) = (h * random.between(0.7..0.95), h * random.between(0.02..0.12));
        let (ridge, dark) = (Noise::new(random), grey(random.between(2.0..18.0)));
        canvas.each(
            |[x, y], pixel| {
                if y > horizon + rough * ridge.octaves(x / 90.0, 0.0, 6, 0.55) { dark } else { pixel }
            },
        );
    }
    let camera = Camera { noise: random.between(2.0..7.0), ..Camera::photograph(random) };
    camera.take(&mut canvas, random);
    canvas
}

/// Dust that glows.
fn clouds(canvas: &mut Canvas, random: &mut Random) {
    if random.chance(0.35) {
        return;
    }
    let size = canvas.width() * random.between(0.15..0.5);
    let (noise, tint) = (Noise::new(random), Noise::new(random));
    let colours = [palette::vivid(random), palette::vivid(random)];
    let light = random.between(0.1..0.7);
    canvas.each(|[x, y], pixel| {
        let value = smooth(0.35 + 1.1 * noise.octaves(x / size, y / size, 6, 0.55)) * light;
        let share = 0.5 + 0.5 * tint.at(x / size, y / size);
        std::array::from_fn(|c| pixel[c] + value * (colours[0][c] * share + colours[1][c] * (1.0 - share)))
    });
}

/// An ellipse that is bright in the middle and fades outwards.
fn galaxy(canvas: &mut Canvas, random: &mut Random) {
    let centre = [random.unit() * canvas.width(), random.unit() * canvas.height()];
    let size = 2.0 + 22.0 * random.unit() * random.unit() * random.unit();
    let half = [size, size * random.between(0.3..1.0)];
    let turn = turned(random.between(0.0..3.1));
    let light = random.between(40.0..230.0);
    let colour = palette::hue(random.pick([0.07, 0.1, 0.6]), random.between(0.0..0.5), light / 255.0);
    // Half axes and share of the light: it falls outwards.
    for (reach, share) in [(1.0, 0.2), (0.7, 0.2), (0.45, 0.25), (0.2, 0.35)] {
        let half = half.map(|side| side * reach);
        canvas.glow(&Shape::Ellipse { centre, half, turn }, |_, depth| {
            scale(colour, share * (0.5 + 0.5 * (depth / half[1]).clamp(0.0, 1.0)))
        });
    }
}

fn moon(canvas: &mut Canvas, random: &mut Random) {
    let centre = [random.unit() * canvas.width(), random.unit() * canvas.height() * 0.7];
    let radius = canvas.width().min(canvas.height()) * random.between(0.04..0.18);
    let (maria, light) = (Noise::new(random), random.between(150.0..250.0));
    let towards = turned(random.between(0.0..6.2));
    canvas.paint(&Shape::circle(centre, radius), 1.0, |[x, y], _| {
        let (u, v) = ((x - centre[0]) / radius, (y - centre[1]) / radius);
        let lit = smooth(0.8 + u * towards[0] + v * towards[1]);
        grey(light * lit * (0.8 + 0.3 * maria.octaves(2.0 * u, 2.0 * v, 6, 0.6)))
    });
}
