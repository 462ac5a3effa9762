//! Pillow's resampling of 8-bit images, to the bit.
//!
//! Both families were trained on images that Pillow made small, and its bicubic
//! differs from others by up to several levels: it widens the filter when it
//! reduces, works in fixed point, and rounds to bytes between the two passes.
//! This is that rule, from `src/libImaging/Resample.c` of Pillow (HPND licence),
//! in words of its own; the fixtures compare it with Pillow itself.

use arrcoc_sdk::{Fault, stats::Pixels};

use crate::{grant::Grant, views::Rect};

/// Bits after the point of a coefficient: 32, less 8 of a byte, less 2 for sums beyond it.
const POINT: u32 = 32 - 8 - 2;

/// How a pixel is made of its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// A triangle of radius 1.
    Bilinear,
    /// Keys' cubic with a = −1/2, radius 2.
    Bicubic,
    /// sinc with a sinc window, radius 3.
    Lanczos,
}

impl Filter {
    /// The filter of Pillow's number.
    pub(crate) fn numbered(number: u64) -> Option<Filter> {
        match number {
            1 => Some(Filter::Lanczos),
            2 => Some(Filter::Bilinear),
            3 => Some(Filter::Bicubic),
            _ => None,
        }
    }

    fn radius(self) -> f64 {
        match self {
            Filter::Bilinear => 1.0,
            Filter::Bicubic => 2.0,
            Filter::Lanczos => 3.0,
        }
    }

    fn at(self, x: f64) -> f64 {
        let x = x.abs();
        match self {
            Filter::Bilinear => (1.0 - x).max(0.0),
            Filter::Bicubic if x < 1.0 => ((-0.5 + 2.0) * x - (-0.5 + 3.0)) * x * x + 1.0,
            Filter::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5,
            Filter::Lanczos if x < 3.0 => sinc(x) * sinc(x / 3.0),
            Filter::Bicubic | Filter::Lanczos => 0.0,
        }
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { libm::sin(x * std::f64::consts::PI) / (x * std::f64::consts::PI) }
}

/// What one pixel along one axis is made of.
struct Blend {
    from: usize,
    coefficients: Vec<i32>,
}

/// Blends for `to` pixels out of `extent` pixels that begin at `start`; at most `size` exist.
fn blends(filter: Filter, size: usize, start: usize, extent: usize, to: usize) -> Vec<Blend> {
    let scale = extent as f64 / to as f64;
    let widen = scale.max(1.0);
    let radius = filter.radius() * widen;
    let one = f64::from(1u32 << POINT);
    (0..to)
        .map(|i| {
            let centre = start as f64 + (i as f64 + 0.5) * scale;
            let from = ((centre - radius + 0.5) as i64).max(0) as usize;
            let until = ((centre + radius + 0.5) as i64).clamp(0, size as i64) as usize;
            let weight = |x: usize| filter.at((x as f64 - centre + 0.5) * (1.0 / widen));
            let weights: Vec<f64> = (from..until).map(weight).collect();
            let sum: f64 = weights.iter().sum();
            let fixed = |w: &f64| {
                let w = if sum == 0.0 { *w } else { w / sum };
                (if w < 0.0 { -0.5 + w * one } else { 0.5 + w * one }) as i32
            };
            Blend { from, coefficients: weights.iter().map(fixed).collect() }
        })
        .collect()
}

fn byte(sum: i64) -> u8 {
    (sum >> POINT).clamp(0, 255) as u8
}

/// The part `rect` of an image as a square of `side` pixels, RGB, row by row.
pub(crate) fn square(
    pixels: &Pixels<'_>,
    rect: Rect,
    side: usize,
    filter: Filter,
    grant: Grant<'_>,
) -> Result<Vec<u8>, Fault> {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let across = blends(filter, width, rect.x, rect.width, side);
    let down = blends(filter, height, rect.y, rect.height, side);
    let first = down.iter().map(|b| b.from).min().unwrap_or(0);
    let last = down.iter().map(|b| b.from + b.coefficients.len()).max().unwrap_or(0);
    const HALF: i64 = 1 << (POINT - 1);

    let mut narrow = Vec::with_capacity((last - first) * side * 3);
    for y in first..last {
        grant.check()?;
        let row = &pixels.data()[y * width * 3..][..width * 3];
        for blend in &across {
            let mut sums = [HALF; 3];
            for (pixel, k) in row[blend.from * 3..].chunks_exact(3).zip(&blend.coefficients) {
                sums.iter_mut().zip(pixel).for_each(|(sum, p)| *sum += i64::from(*p) * i64::from(*k));
            }
            narrow.extend(sums.map(byte));
        }
    }
    let mut out = Vec::with_capacity(side * side * 3);
    for blend in &down {
        grant.check()?;
        let mut sums = vec![HALF; side * 3];
        let rows = narrow[(blend.from - first) * side * 3..].chunks_exact(side * 3);
        for (row, k) in rows.zip(&blend.coefficients) {
            sums.iter_mut().zip(row).for_each(|(sum, p)| *sum += i64::from(*p) * i64::from(*k));
        }
        out.extend(sums.into_iter().map(byte));
    }
    Ok(out)
}
