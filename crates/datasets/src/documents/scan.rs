//! What a scanner or a camera makes of a printed page: askew, unevenly lit, noisy.

use crate::camera::Camera;
use crate::canvas::{Canvas, Colour, lift, scale};
use crate::noise::{Noise, smooth};
use crate::random::Random;
use crate::shape::{Point, turned};

use super::Options;

/// How a page is taken.
pub(super) struct Scan {
    /// Cosine and sine of the angle by which the page is turned.
    turn: Point,
    centre: Point,
    /// Grey levels by which the grain of the paper lightens and darkens.
    grain: f32,
    /// The share of light that is lost on the dark side.
    fall: f32,
    towards: Point,
    camera: Camera,
}

impl Scan {
    /// `play` is how far a point of the page may move, in pixels.
    pub(super) fn new(random: &mut Random, options: &Options, play: f32) -> Self {
        let [width, height] = [options.size.0 as f32, options.size.1 as f32];
        // Two pages of three lie askew; on long ones a smaller angle moves as much.
        let most = (options.skew.to_radians()).min(2.0 * play / width.max(height));
        let angle = if random.chance(0.34) { 0.0 } else { random.between(-most..most) };
        let noise = options.noise;
        let camera = Camera {
            softness: noise * random.between(0.3..0.7),
            vignette: 0.0,
            noise: noise * random.between(1.0..5.0),
            grain: if random.chance(0.4) { random.between(0.3..0.6) } else { 0.0 },
            quantiser: if random.chance(0.6) { noise * random.between(2.0..8.0) } else { 0.0 },
        };
        Self {
            turn: turned(angle),
            centre: [width / 2.0, height / 2.0],
            grain: noise * random.between(2.0..9.0),
            fall: options.shading * random.between(0.4..1.0),
            towards: turned(random.between(0.0..std::f32::consts::TAU)),
            camera,
        }
    }

    /// Whether the page lies straight.
    pub(super) fn is_straight(&self) -> bool {
        self.turn[1] == 0.0
    }

    /// Where a point of the page comes to lie.
    pub(super) fn moved(&self, point: Point) -> Point {
        let ([cos, sin], [x, y]) = (self.turn, [point[0] - self.centre[0], point[1] - self.centre[1]]);
        [self.centre[0] + x * cos - y * sin, self.centre[1] + x * sin + y * cos]
    }

    /// Takes the page.
    pub(super) fn take(self, canvas: &mut Canvas, random: &mut Random) {
        if !self.is_straight() {
            let mut flat = canvas.clone();
            let back = Self { turn: [self.turn[0], -self.turn[1]], ..self };
            let (width, height, pixels) = flat.parts_mut();
            canvas.each(|point, _| sample(pixels, [width, height], back.moved(point)));
        }
        if self.grain > 0.0 || self.fall > 0.0 {
            let (w, h) = (canvas.width(), canvas.height());
            let (grain, waves) = (Noise::new(random), Noise::new(random));
            canvas.each(|[x, y], pixel| {
                let grained = if self.grain > 0.0 {
                    lift(pixel, self.grain * grain.octaves(x / 3.0, y / 3.0, 2, 0.6))
                } else {
                    pixel
                };
                let along = (x / w - 0.5) * self.towards[0] + (y / h - 0.5) * self.towards[1];
                let wave = 0.15 * waves.at(3.0 * x / w, 3.0 * y / h);
                scale(grained, 1.0 - self.fall * smooth(0.5 + along + wave))
            });
        }
        self.camera.take(canvas, random);
    }
}

/// The colour at a point by cubic convolution (Keys 1981, a = −1/2), which keeps strokes
/// sharp; the border is repeated.
fn sample(pixels: &[Colour], [width, height]: [usize; 2], [x, y]: Point) -> Colour {
    let (left, u) = split(x - 0.5);
    let (top, v) = split(y - 0.5);
    let (across, down) = (weights(u), weights(v));
    let mut sum = [0.0; 3];
    for (row, down) in (-1..3).zip(down) {
        let y = (top + row).clamp(0, height as i64 - 1) as usize;
        for (column, across) in (-1..3).zip(across) {
            let x = (left + column).clamp(0, width as i64 - 1) as usize;
            let (pixel, weight) = (pixels[y * width + x], down * across);
            for c in 0..3 {
                sum[c] += weight * pixel[c];
            }
        }
    }
    sum.map(|part| part.clamp(0.0, 255.0))
}

fn split(place: f32) -> (i64, f32) {
    let floor = place.floor();
    (floor as i64, place - floor)
}

/// Weights of the pixels at −1, 0, 1 and 2 for a point at `t` in 0..1.
fn weights(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1.0, -1.5 * t3 + 2.0 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(angle: f32) -> Scan {
        let camera = Camera { softness: 0.0, vignette: 0.0, noise: 0.0, grain: 0.0, quantiser: 0.0 };
        Scan { turn: turned(angle), centre: [50.0, 40.0], grain: 0.0, fall: 0.0, towards: [1.0, 0.0], camera }
    }

    #[test]
    fn weights_add_up_to_one_and_keep_a_ramp() {
        for step in 0..10 {
            let t = step as f32 / 10.0;
            let weights = weights(t);
            assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-6);
            let ramp: f32 = weights.iter().zip([-1.0, 0.0, 1.0, 2.0]).map(|(w, x)| w * x).sum();
            assert!((ramp - t).abs() < 1e-6, "{t}: {ramp}");
        }
    }

    /// A mark on the page lies where its region is moved to.
    #[test]
    fn a_mark_lies_where_it_is_moved_to() {
        for angle in [0.02f32, -0.015, 0.3] {
            let mut canvas = Canvas::new(100, 80, [0.0; 3]);
            canvas.each(
                |[x, y], pixel| {
                    if (x - 70.0).abs() < 2.0 && (y - 30.0).abs() < 2.0 { [250.0; 3] } else { pixel }
                },
            );
            let expected = scan(angle).moved([70.0, 30.0]);
            scan(angle).take(&mut canvas, &mut Random::new(1));
            let (mut sum, mut at) = (0.0, [0.0; 2]);
            canvas.each(|point, pixel| {
                sum += pixel[0];
                for c in 0..2 {
                    at[c] += pixel[0] * point[c];
                }
                pixel
            });
            for c in 0..2 {
                assert!((at[c] / sum - expected[c]).abs() < 0.1, "{angle}: {at:?} / {sum} for {expected:?}");
            }
        }
    }
}
