//! Images made worse, in families and steps, as cameras, lenses, networks and
//! copies make them: the families of Hendrycks and Dietterich 2019
//! ("Benchmarking Neural Network Robustness to Common Corruptions and
//! Perturbations", section 3) that can happen to a page, with steps of our own,
//! since theirs are for pictures of 224 pixels.
//!
//! A corruption moves nothing: what was where on the page still is.

use std::{fmt, str::FromStr};

use arrcoc_picture::{Image, Limits, decode, encode_jpeg};

use crate::random::Random;

/// A way to get worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Corruption {
    /// Normal noise on every value, each colour by itself.
    Noise,
    /// Pixels that are black or white.
    Impulse,
    /// A Gaussian blur.
    Blur,
    /// A blur along the rows.
    Motion,
    /// Values drawn towards the middle grey.
    Contrast,
    /// Light that falls off towards one corner.
    Shade,
    /// Blocks of one colour.
    Pixelate,
    /// JPEG at a low quality.
    Jpeg,
}

/// The least and the greatest severity.
pub const SEVERITIES: std::ops::RangeInclusive<u8> = 1..=5;

/// The side of a page for which lengths are stated, in pixels.
const NOMINAL: f32 = 1344.0;

impl Corruption {
    /// All families.
    pub const ALL: [Corruption; 8] = [
        Corruption::Noise,
        Corruption::Impulse,
        Corruption::Blur,
        Corruption::Motion,
        Corruption::Contrast,
        Corruption::Shade,
        Corruption::Pixelate,
        Corruption::Jpeg,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Corruption::Noise => "noise",
            Corruption::Impulse => "impulse",
            Corruption::Blur => "blur",
            Corruption::Motion => "motion",
            Corruption::Contrast => "contrast",
            Corruption::Shade => "shade",
            Corruption::Pixelate => "pixelate",
            Corruption::Jpeg => "jpeg",
        }
    }

    /// The image at a severity from 1 to 5; others count as the nearest of these. Lengths go with the image's size, down to half the nominal one.
    /// The same seed gives the same bytes.
    #[must_use]
    pub fn apply(self, image: &Image, severity: u8, seed: u64) -> Image {
        let step = usize::from(severity.clamp(*SEVERITIES.start(), *SEVERITIES.end()) - SEVERITIES.start());
        let scale = ((image.width() as f32 * image.height() as f32).sqrt() / NOMINAL).max(0.5);
        let mut random = Random::new(seed ^ STREAM ^ ((self as u64) << 8) ^ step as u64);
        match self {
            Corruption::Noise => noise(image, [8.0, 14.0, 22.0, 32.0, 45.0][step], &mut random),
            Corruption::Impulse => impulse(image, [0.01, 0.02, 0.04, 0.07, 0.11][step], &mut random),
            Corruption::Blur => blur(image, scale * [0.8, 1.2, 1.7, 2.3, 3.0][step]),
            Corruption::Motion => motion(image, scale * [3.0, 5.0, 7.0, 10.0, 14.0][step]),
            Corruption::Contrast => contrast(image, [0.75, 0.55, 0.4, 0.28, 0.18][step]),
            Corruption::Shade => shade(image, [0.3, 0.45, 0.6, 0.7, 0.8][step]),
            Corruption::Pixelate => pixelate(image, 1.0 + scale * [0.5, 1.0, 1.5, 2.0, 3.0][step]),
            Corruption::Jpeg => jpeg(image, [60, 40, 25, 15, 8][step]),
        }
    }
}

/// Stirs seeds, so that no corruption draws what a page was drawn with.
const STREAM: u64 = u64::from_be_bytes(*b"corrupts");

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No corruption has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no corruption `{0}`")]
pub struct UnknownCorruption(String);

impl FromStr for Corruption {
    type Err = UnknownCorruption;

    fn from_str(name: &str) -> Result<Self, UnknownCorruption> {
        let found = Corruption::ALL.into_iter().find(|corruption| corruption.name() == name);
        found.ok_or_else(|| UnknownCorruption(name.to_owned()))
    }
}

/// The image with every byte replaced; `of` is called in the order of the bytes.
fn each_byte(image: &Image, mut of: impl FnMut(usize, u8) -> f32) -> Image {
    let byte = |(i, &value): (usize, &u8)| (of(i, value) + 0.5).clamp(0.0, 255.0) as u8;
    remade(image, image.data().iter().enumerate().map(byte).collect())
}

fn remade(image: &Image, data: Vec<u8>) -> Image {
    // As many bytes as before always fit.
    Image::from_rgb(image.width(), image.height(), data).unwrap_or_else(|_| image.clone())
}

fn noise(image: &Image, deviation: f32, random: &mut Random) -> Image {
    each_byte(image, |_, value| f32::from(value) + deviation * random.normal())
}

fn impulse(image: &Image, share: f32, random: &mut Random) -> Image {
    let mut data = image.data().to_vec();
    for pixel in data.as_chunks_mut::<3>().0 {
        if random.chance(share) {
            *pixel = if random.chance(0.5) { [0; 3] } else { [255; 3] };
        }
    }
    remade(image, data)
}

fn contrast(image: &Image, factor: f32) -> Image {
    each_byte(image, |_, value| 128.0 + factor * (f32::from(value) - 128.0))
}

fn shade(image: &Image, fall: f32) -> Image {
    let (width, height) = (image.width() as usize, image.height() as usize);
    each_byte(image, |i, value| {
        let (x, y) = (i / 3 % width, i / 3 / width);
        let far = 0.5 * (x as f32 / width as f32 + y as f32 / height as f32);
        f32::from(value) * (1.0 - fall * far)
    })
}

fn blur(image: &Image, deviation: f32) -> Image {
    let reach = (3.0 * deviation).ceil().max(1.0) as usize;
    let weight = |i: usize| libm::expf(-0.5 * (i as f32 / deviation) * (i as f32 / deviation));
    let side: Vec<f32> = (0..=reach).map(weight).collect();
    let kernel: Vec<f32> = side.iter().rev().chain(&side[1..]).copied().collect();
    filtered(&filtered(image, &kernel, false), &kernel, true)
}

fn motion(image: &Image, length: f32) -> Image {
    // Centred, so that nothing moves: what a length has beyond an odd number of pixels is shared by both ends.
    let half = (0.5 * (length - 1.0)).max(0.1);
    let reach = half.ceil() as usize;
    let weight = |k: usize| (half + 1.0 - k.abs_diff(reach) as f32).min(1.0);
    let kernel: Vec<f32> = (0..=2 * reach).map(weight).collect();
    filtered(image, &kernel, false)
}

/// Convolved with a kernel along the rows, or down the columns; borders are repeated.
fn filtered(image: &Image, kernel: &[f32], down: bool) -> Image {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let sum: f32 = kernel.iter().sum();
    let middle = kernel.len() / 2;
    let data = image.data();
    each_byte(image, |i, _| {
        let (x, y, c) = (i / 3 % width, i / 3 / width, i % 3);
        let near = |k: usize| {
            let shifted = |place: usize, side: usize| (place + k).saturating_sub(middle).min(side - 1);
            let (x, y) = if down { (x, shifted(y, height)) } else { (shifted(x, width), y) };
            f32::from(data[3 * (y * width + x) + c])
        };
        kernel.iter().enumerate().map(|(k, weight)| weight * near(k)).sum::<f32>() / sum
    })
}

fn pixelate(image: &Image, side: f32) -> Image {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let side = side.max(1.0);
    // Blocks have a whole number of pixels, about as many as asked for on average.
    let block = |place: usize| (place as f32 / side) as usize;
    let (cols, rows) = (block(width - 1) + 1, block(height - 1) + 1);
    let mut sums = vec![[0u32; 4]; cols * rows];
    let at = |i: usize| block(i / width) * cols + block(i % width);
    for (i, [r, g, b]) in image.data().as_chunks::<3>().0.iter().enumerate() {
        let sum = &mut sums[at(i)];
        for (sum, value) in sum.iter_mut().zip([*r, *g, *b]) {
            *sum += u32::from(value);
        }
        sum[3] += 1;
    }
    let pixel = |i: usize| {
        let [r, g, b, n] = sums[at(i)];
        [r, g, b].map(|sum| ((sum + n / 2) / n) as u8)
    };
    remade(image, (0..width * height).flat_map(pixel).collect())
}

fn jpeg(image: &Image, quality: u8) -> Image {
    let bytes = encode_jpeg(image, quality);
    let read = bytes.ok().and_then(|bytes| decode(&bytes, &Limits::default()).ok());
    read.map_or_else(|| image.clone(), |(image, _)| image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Seed, codes};

    fn distance(a: &Image, b: &Image) -> f64 {
        let sum: u64 = a.data().iter().zip(b.data()).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
        sum as f64 / a.data().len() as f64
    }

    #[test]
    fn every_step_is_farther_from_the_image_than_the_one_before() {
        let image = codes::draw(Seed::tuning(4), 700, 672).unwrap().image;
        for corruption in Corruption::ALL {
            let far: Vec<f64> =
                SEVERITIES.map(|severity| distance(&image, &corruption.apply(&image, severity, 1))).collect();
            assert!(far[0] > 0.5, "{corruption}: {far:?}");
            assert!(far.windows(2).all(|pair| pair[1] > 1.1 * pair[0]), "{corruption}: {far:?}");
            assert_eq!(far[2], distance(&image, &corruption.apply(&image, 3, 1)), "{corruption}");
            assert_eq!(corruption.name().parse(), Ok(corruption));
        }
        assert!("blurr".parse::<Corruption>().is_err());
    }

    #[test]
    fn one_pixel_can_be_corrupted() {
        let image = Image::from_rgb(1, 1, vec![9, 120, 250]).unwrap();
        for corruption in Corruption::ALL {
            let seen = corruption.apply(&image, 5, 7);
            assert_eq!((seen.width(), seen.height()), (1, 1), "{corruption}");
        }
    }

    /// A step edge of 0 and 200 under three equal weights: 0, 200/3, 400/3, 200.
    #[test]
    fn motion_is_a_mean_along_the_row() {
        let image = Image::from_rgb(4, 1, [0, 0, 200, 200].iter().flat_map(|v| [*v; 3]).collect()).unwrap();
        let seen = filtered(&image, &[1.0; 3], false);
        let reds: Vec<u8> = seen.data().iter().step_by(3).copied().collect();
        assert_eq!(reds, [0, 67, 133, 200]);
    }
}
