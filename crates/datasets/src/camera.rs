//! What lies between a scene and a file: lens, sensor and compression.
//!
//! Drawn edges are sharper and drawn areas flatter than any that come out of a
//! camera or a scanner. A reference that was fitted on such pictures would put all
//! photographs at one end. So pictures are made softer, noisier and blockier here,
//! by amounts that differ from one to the next.

use crate::canvas::{Canvas, Colour, scale};
use crate::random::Random;

/// What is done to a picture, in this order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Camera {
    /// Standard deviation of the lens's blur, in pixels.
    pub(crate) softness: f32,
    /// How much darker the corners are, 0..1.
    pub(crate) vignette: f32,
    /// Standard deviation of the sensor's noise at middle grey.
    pub(crate) noise: f32,
    /// Width of the grains of that noise: the standard deviation of a blur.
    pub(crate) grain: f32,
    /// Step of the quantised cosine coefficients at the lowest frequency; 0 for none.
    pub(crate) quantiser: f32,
}

impl Camera {
    /// A photograph of everyday quality.
    pub(crate) fn photograph(random: &mut Random) -> Self {
        let compressed = random.chance(0.6);
        Self {
            softness: random.between(0.2..0.9),
            vignette: random.between(0.0..0.35),
            noise: random.between(0.3..4.5),
            grain: if random.chance(0.5) { random.between(0.4..0.8) } else { 0.0 },
            quantiser: if compressed { random.between(1.0..6.0) } else { 0.0 },
        }
    }

    /// A picture that a program drew, kept as it is or compressed a little.
    pub(crate) fn drawn(random: &mut Random) -> Self {
        let compressed = random.chance(0.3);
        Self {
            softness: if random.chance(0.3) { random.between(0.2..0.8) } else { 0.0 },
            vignette: 0.0,
            noise: 0.0,
            grain: 0.0,
            quantiser: if compressed { random.between(1.0..5.0) } else { 0.0 },
        }
    }

    /// Takes the picture.
    pub(crate) fn take(self, canvas: &mut Canvas, random: &mut Random) {
        canvas.blur(self.softness);
        if self.vignette > 0.0 {
            let (w, h) = (canvas.width(), canvas.height());
            canvas.each(|[x, y], pixel| {
                let (u, v) = (2.0 * x / w - 1.0, 2.0 * y / h - 1.0);
                scale(pixel, 1.0 - self.vignette * (u * u + v * v) / 2.0)
            });
        }
        if self.noise > 0.0 {
            self.expose(canvas, random);
        }
        if self.quantiser > 0.0 {
            let transform = Cosine::new();
            compress(canvas, &transform, self.quantiser);
        }
    }

    /// Adds noise: two thirds of it in all colours alike, and somewhat more in the dark.
    fn expose(self, canvas: &mut Canvas, random: &mut Random) {
        let mut noise = Canvas::new(canvas.width() as u32, canvas.height() as u32, [0.0; 3]);
        noise.each(|_, _| {
            let shared = 0.8 * random.normal();
            std::array::from_fn(|_| shared + 0.6 * random.normal())
        });
        // A blur takes amplitude away; about this gives it back.
        noise.blur(self.grain);
        let gain = self.noise * (1.0 + 3.0 * self.grain * self.grain);
        let mut values = noise.parts_mut().2.iter();
        canvas.each(|_, pixel| {
            let noise = values.next().copied().unwrap_or_default();
            std::array::from_fn(|c| pixel[c] + gain * (1.3 - pixel[c].clamp(0.0, 255.0) / 425.0) * noise[c])
        });
    }
}

/// The orthonormal cosine transform of eight values.
struct Cosine([[f32; 8]; 8]);

impl Cosine {
    fn new() -> Self {
        Self(std::array::from_fn(|k| {
            std::array::from_fn(|n| {
                let angle = std::f32::consts::PI * (2 * n + 1) as f32 * k as f32 / 16.0;
                let norm = if k == 0 { 0.125f32 } else { 0.25 };
                norm.sqrt() * libm::cosf(angle)
            })
        }))
    }

    fn forward(&self, values: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|k| (0..8).map(|n| self.0[k][n] * values[n]).sum())
    }

    fn inverse(&self, values: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|n| (0..8).map(|k| self.0[k][n] * values[k]).sum())
    }
}

/// Quantises the cosine coefficients of 8×8 blocks of luma and chroma, as JPEG does:
/// the step is `step` at the lowest frequency and grows with frequency, twice as
/// coarse for chroma. Blocks that do not fit at the right and lower border stay.
fn compress(canvas: &mut Canvas, transform: &Cosine, step: f32) {
    let (width, height, pixels) = canvas.parts_mut();
    let block = |plane: [[f32; 8]; 8], step: f32| {
        let rows = transposed(plane.map(|row| transform.forward(row)));
        let mut both = rows.map(|row| transform.forward(row));
        for (u, row) in both.iter_mut().enumerate() {
            for (v, value) in row.iter_mut().enumerate() {
                // The frequency weights of JPEG's table for luma, roughly: 1 to 7.
                let step = step * (1.0 + (u + v) as f32 * 0.45);
                *value = (*value / step).round() * step;
            }
        }
        transposed(both.map(|row| transform.inverse(row))).map(|row| transform.inverse(row))
    };
    for top in (0..height / 8).map(|y| y * 8) {
        for left in (0..width / 8).map(|x| x * 8) {
            let at = |y: usize, x: usize| (top + y) * width + left + x;
            let mut planes = [[[0f32; 8]; 8]; 3];
            for (y, x) in (0..64).map(|i| (i / 8, i % 8)) {
                let [luma, blue, red] = to_luma(pixels[at(y, x)]);
                (planes[0][y][x], planes[1][y][x], planes[2][y][x]) = (luma, blue, red);
            }
            let [luma, blue, red] = planes;
            let (luma, blue, red) = (block(luma, step), block(blue, 2.0 * step), block(red, 2.0 * step));
            for (y, x) in (0..64).map(|i| (i / 8, i % 8)) {
                pixels[at(y, x)] = from_luma([luma[y][x], blue[y][x], red[y][x]]);
            }
        }
    }
}

fn transposed(block: [[f32; 8]; 8]) -> [[f32; 8]; 8] {
    std::array::from_fn(|y| std::array::from_fn(|x| block[x][y]))
}

/// Luma and two colour differences (ITU-T T.871, without the offset).
fn to_luma([r, g, b]: Colour) -> [f32; 3] {
    let luma = 0.299 * r + 0.587 * g + 0.114 * b;
    [luma, (b - luma) / 1.772, (r - luma) / 1.402]
}

fn from_luma([luma, blue, red]: [f32; 3]) -> Colour {
    [luma + 1.402 * red, luma - 0.344_136 * blue - 0.714_136 * red, luma + 1.772 * blue]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::grey;

    fn speckled() -> Canvas {
        let mut random = Random::new(5);
        let mut canvas = Canvas::new(40, 36, grey(0.0));
        canvas.each(|_, _| [random.between(0.0..255.0), random.between(0.0..255.0), 90.0]);
        canvas
    }

    /// Root of the mean square difference of two pictures.
    fn error(mut a: Canvas, mut b: Canvas) -> f32 {
        let (_, _, a) = a.parts_mut();
        let (_, _, b) = b.parts_mut();
        let sum: f32 = a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b) * (a - b)).sum();
        (sum / (3 * a.len()) as f32).sqrt()
    }

    #[test]
    fn a_fine_quantiser_changes_nothing_and_a_coarse_one_does() {
        let original = speckled();
        for (step, low, high) in [(1e-3, 0.0, 0.01), (8.0, 2.0, 30.0)] {
            let mut canvas = original.clone();
            compress(&mut canvas, &Cosine::new(), step);
            let found = error(canvas, original.clone());
            assert!((low..high).contains(&found), "{step}: {found}");
        }
    }

    #[test]
    fn noise_has_about_its_strength() {
        for grain in [0.0, 0.6] {
            let flat = Canvas::new(200, 200, grey(128.0));
            let mut canvas = flat.clone();
            let camera = Camera { softness: 0.0, vignette: 0.0, noise: 3.0, grain, quantiser: 0.0 };
            camera.take(&mut canvas, &mut Random::new(1));
            let found = error(canvas, flat);
            assert!((1.5..4.0).contains(&found), "{grain}: {found}");
        }
    }
}
