//! What generators draw on.
//!
//! Colours are sRGB values of 0 to 255 in `f32`, so that shading and noise add up
//! before anything is rounded. Only additions, multiplications, divisions and square
//! roots touch them, and functions of `libm`: the bytes are the same on every machine.

use crate::shape::{Point, Shape};

/// An sRGB colour, each part 0 to 255.
pub(crate) type Colour = [f32; 3];

/// An image that is being drawn.
#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Colour>,
}

impl Canvas {
    /// A canvas of one colour. Each side is at least 1.
    pub(crate) fn new(width: u32, height: u32, colour: Colour) -> Self {
        let (width, height) = (width.max(1) as usize, height.max(1) as usize);
        Self { width, height, pixels: vec![colour; width * height] }
    }

    pub(crate) fn width(&self) -> f32 {
        self.width as f32
    }

    pub(crate) fn height(&self) -> f32 {
        self.height as f32
    }

    /// Replaces every pixel by what `colour` makes of its centre and its old colour.
    pub(crate) fn each(&mut self, mut colour: impl FnMut(Point, Colour) -> Colour) {
        for (y, row) in self.pixels.chunks_exact_mut(self.width).enumerate() {
            for (x, pixel) in row.iter_mut().enumerate() {
                *pixel = colour([x as f32 + 0.5, y as f32 + 0.5], *pixel);
            }
        }
    }

    /// Paints a figure. `paint` gives the colour at a point and its depth in pixels below
    /// the outline; edges are smooth over one pixel.
    pub(crate) fn paint(&mut self, shape: &Shape, opacity: f32, paint: impl Fn(Point, f32) -> Colour) {
        self.cover(shape, |pixel, point, depth, cover| blend(pixel, paint(point, depth), cover * opacity));
    }

    /// Adds light inside a figure, as [`paint`](Self::paint) lays on colour.
    pub(crate) fn glow(&mut self, shape: &Shape, light: impl Fn(Point, f32) -> Colour) {
        self.cover(shape, |pixel, point, depth, cover| {
            let light = light(point, depth);
            std::array::from_fn(|c| pixel[c] + light[c] * cover)
        });
    }

    /// Replaces the pixels that a figure touches, given their centre, their depth and the
    /// share of them that is covered.
    fn cover(&mut self, shape: &Shape, change: impl Fn(Colour, Point, f32, f32) -> Colour) {
        let (low, high) = shape.bounds();
        let clip = |value: f32, most: usize| value.clamp(0.0, most as f32) as usize;
        let columns = clip((low[0] - 1.0).floor(), self.width)..clip((high[0] + 1.0).ceil(), self.width);
        for y in clip((low[1] - 1.0).floor(), self.height)..clip((high[1] + 1.0).ceil(), self.height) {
            for x in columns.clone() {
                let point = [x as f32 + 0.5, y as f32 + 0.5];
                let depth = -shape.distance(point);
                let cover = (depth + 0.5).clamp(0.0, 1.0);
                if cover > 0.0 {
                    let pixel = &mut self.pixels[y * self.width + x];
                    *pixel = change(*pixel, point, depth, cover);
                }
            }
        }
    }

    /// Paints a figure in one colour.
    pub(crate) fn fill(&mut self, shape: &Shape, colour: Colour) {
        self.paint(shape, 1.0, |_, _| colour);
    }

    /// Lays `other` over the canvas with its corner at (`x`, `y`), clipped.
    pub(crate) fn place(&mut self, other: &Self, x: usize, y: usize) {
        for (row, source) in other.pixels.chunks_exact(other.width).enumerate() {
            if y + row >= self.height || x >= self.width {
                return;
            }
            let length = other.width.min(self.width - x);
            self.pixels[(y + row) * self.width + x..][..length].copy_from_slice(&source[..length]);
        }
    }

    /// Blurs with about a Gaussian of standard deviation `sigma` pixels: three box filters
    /// in each direction, with the border repeated.
    ///
    /// The boxes have a share of a tap at each end, so that their variance is exact for
    /// any `sigma` (Gwosdek, Grewenig, Bruhn and Weickert 2011, "Theoretical foundations
    /// of Gaussian convolution by extended box filtering").
    pub(crate) fn blur(&mut self, sigma: f32) {
        if sigma <= 0.0 {
            return;
        }
        // A third of the variance for each box. A box of 2m + 1 taps has m(m + 1)/3.
        let variance = sigma * sigma / 3.0;
        let m = ((0.25 + 3.0 * variance).sqrt() - 0.5).floor();
        let taps = 2.0 * m + 1.0;
        let end = taps * (variance - m * (m + 1.0) / 3.0) / (2.0 * ((m + 1.0) * (m + 1.0) - variance));
        let filter = BoxFilter { reach: m as usize + 1, inner: 1.0 / (taps + 2.0 * end), end };
        for _ in 0..2 {
            for _ in 0..3 {
                self.filter_rows(filter);
            }
            self.transpose();
        }
    }

    fn filter_rows(&mut self, BoxFilter { reach, inner, end }: BoxFilter) {
        let mut padded = Vec::with_capacity(self.width + 2 * reach);
        for row in self.pixels.chunks_exact_mut(self.width) {
            padded.clear();
            padded.extend(std::iter::repeat_n(row[0], reach));
            padded.extend_from_slice(row);
            padded.extend(std::iter::repeat_n(row[row.len() - 1], reach));
            // A running sum in f64: rounding does not build up along a row.
            let mut sum = [0f64; 3];
            for pixel in &padded[1..2 * reach] {
                add(&mut sum, pixel, 1.0);
            }
            for x in 0..row.len() {
                let (first, last) = (padded[x], padded[x + 2 * reach]);
                row[x] = std::array::from_fn(|c| (sum[c] as f32 + (first[c] + last[c]) * end) * inner);
                add(&mut sum, &last, 1.0);
                add(&mut sum, &padded[x + 1], -1.0);
            }
        }
    }

    fn transpose(&mut self) {
        let pixels = (0..self.width)
            .flat_map(|x| (0..self.height).map(move |y| (x, y)))
            .map(|(x, y)| self.pixels[y * self.width + x])
            .collect();
        self.pixels = pixels;
        std::mem::swap(&mut self.width, &mut self.height);
    }

    /// The sides in pixels and the pixels in rows, for filters that work on blocks.
    pub(crate) fn parts_mut(&mut self) -> (usize, usize, &mut [Colour]) {
        (self.width, self.height, &mut self.pixels)
    }

    /// Rounds to RGB8, row by row.
    pub(crate) fn to_rgb(&self) -> Vec<u8> {
        // A float cast saturates, which is the clipping a sensor does.
        self.pixels.iter().flatten().map(|&value| (value + 0.5) as u8).collect()
    }
}

/// A box: `reach` taps to each side, the outermost with `end` of the weight `inner` of
/// the others.
#[derive(Clone, Copy, Debug)]
struct BoxFilter {
    reach: usize,
    inner: f32,
    end: f32,
}

/// `under` with `over` laid on it by `share`.
pub(crate) fn blend(under: Colour, over: Colour, share: f32) -> Colour {
    std::array::from_fn(|c| under[c] + (over[c] - under[c]) * share)
}

/// A colour with every part multiplied.
pub(crate) fn scale(colour: Colour, by: f32) -> Colour {
    colour.map(|part| part * by)
}

/// A colour with the same added to every part.
pub(crate) fn lift(colour: Colour, by: f32) -> Colour {
    colour.map(|part| part + by)
}

/// A grey.
pub(crate) fn grey(value: f32) -> Colour {
    [value; 3]
}

fn add(sum: &mut [f64; 3], pixel: &Colour, sign: f64) {
    for (sum, &part) in sum.iter_mut().zip(pixel) {
        *sum += sign * f64::from(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blur_keeps_the_sum_and_has_its_variance() {
        for sigma in [0.3f32, 0.8, 1.5, 3.0, 6.4] {
            let mut canvas = Canvas::new(101, 101, grey(0.0));
            canvas.pixels[50 * 101 + 50] = grey(1000.0);
            canvas.blur(sigma);
            let (mut sum, mut spread) = (0.0, 0.0);
            canvas.each(|[x, _], pixel| {
                sum += pixel[0];
                spread += pixel[0] * (x - 50.5) * (x - 50.5);
                pixel
            });
            assert!((sum - 1000.0).abs() < 0.1, "{sigma}: {sum}");
            let found = (spread / sum).sqrt();
            assert!((found / sigma - 1.0).abs() < 0.01, "{sigma}: {found}");
        }
    }

    #[test]
    fn a_figure_covers_its_area_and_is_clipped() {
        let mut canvas = Canvas::new(20, 10, grey(0.0));
        canvas.fill(&Shape::area([-5.0, 2.25], [10.0, 4.0]), grey(100.0));
        let mut sum = 0.0;
        canvas.each(|_, pixel| {
            sum += pixel[0];
            pixel
        });
        assert!((sum - 100.0 * 5.0 * 4.0).abs() < 30.0, "{sum}");
        let rgb = canvas.to_rgb();
        assert_eq!(rgb.len(), 600);
        assert_eq!(rgb[(4 * 20 + 2) * 3], 100);
    }
}
