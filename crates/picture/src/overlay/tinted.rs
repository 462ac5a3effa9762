//! The picture: the image at a size at which it can be read, every patch tinted by its
//! tokens, with numbers where they are asked for and fit.

use arrcoc_stats::{Tiling, luma};

use super::heat::{Scale, Spread};
use super::lettering::{Ink, Lettering, mix};
use crate::raster::Image;
use crate::sampling::{area_average, enlarge};

/// The long side of the picture, in pixels, unless it is in between already.
const LONG_SIDE: [u32; 2] = [768, 2048];

/// The longest side to which a picture is enlarged for its numbers.
const LONGEST_WITH_NUMBERS: u32 = 4096;

/// Size of numbers in patches: they are not drawn smaller, nor larger.
const NUMBER_SIZES: [f32; 2] = [11.0, 22.0];

/// How much of the tint covers the image, how much of its own colour the image keeps, and
/// by how much it is darkened: a bright wall with few tokens must not look like many.
const TINT: f32 = 0.58;
const COLOUR_KEPT: f32 = 0.35;
const DARKENED: f32 = 0.15;

/// Patches smaller than this have no lines between them.
const MIN_PATCH_FOR_LINES: u32 = 12;

const ON_PICTURE: Ink = Ink { colour: [255; 3], halo: Some([0; 3]) };

/// How large the picture is drawn, and the numbers in it.
pub(super) struct Plan {
    width: u32,
    height: u32,
    pub(super) number_size: Option<f32>,
}

impl Plan {
    pub(super) fn new(tiling: &Tiling, tokens: &[u32], numbers: bool) -> Self {
        let (width, height) = (tiling.width(), tiling.height());
        let long = width.max(height);
        let mut target = long.clamp(LONG_SIDE[0], LONG_SIDE[1]);
        let mut number_size = None;
        if numbers {
            let widest = tokens.iter().max().copied().unwrap_or(0).to_string();
            let needed = |size: f32| Lettering::numbers(size).width(&widest) + 0.4 * size;
            // The narrowest patch, at a picture of this long side.
            let patch = |target: u32| {
                let scale = target as f32 / long as f32;
                let narrow = (width / tiling.grid().cols) as f32 * scale;
                let low = (height / tiling.grid().rows) as f32 * scale;
                (narrow, low)
            };
            let fits = |size: f32, target: u32| {
                let (narrow, low) = patch(target);
                needed(size) <= narrow && 1.3 * size <= low
            };
            let enough = (target..=LONGEST_WITH_NUMBERS).step_by(64).find(|&t| fits(NUMBER_SIZES[0], t));
            if let Some(enough) = enough {
                target = enough;
                let sizes = (NUMBER_SIZES[0] as u32..=NUMBER_SIZES[1] as u32).rev().map(|size| size as f32);
                number_size = sizes.into_iter().find(|&size| fits(size * 1.25, target));
                number_size = number_size.or(Some(NUMBER_SIZES[0]));
            }
        }
        let scaled = |side: u32| {
            ((u64::from(side) * u64::from(target) + u64::from(long) / 2) / u64::from(long)).max(1) as u32
        };
        Self { width: scaled(width), height: scaled(height), number_size }
    }
}

/// The image at the planned size, every patch tinted.
pub(super) fn tinted(
    image: &Image,
    tiling: &Tiling,
    tokens: &[u32],
    spread: &Spread,
    scale: &Scale,
    plan: &Plan,
) -> Image {
    let mut picture = resized(image, plan.width, plan.height);
    let whole = picture.bounds();
    let grid = tiling.grid();
    // Where patches begin in the picture, and where the last ends.
    let edges = |parts: u32, at: &dyn Fn(u32) -> u32, length: u32, drawn: u32| -> Vec<u32> {
        let scaled = |pixel: u32| (u64::from(pixel) * u64::from(drawn) / u64::from(length)) as u32;
        (0..parts).map(|i| scaled(at(i))).chain([drawn]).collect()
    };
    let columns = edges(grid.cols, &|c| tiling.cols(c).start, tiling.width(), plan.width);
    let rows = edges(grid.rows, &|r| tiling.rows(r).start, tiling.height(), plan.height);
    let smallest = (plan.width / grid.cols).min(plan.height / grid.rows);
    let lines = smallest >= MIN_PATCH_FOR_LINES;
    for (r, vertical) in (0..).zip(rows.windows(2)) {
        for (c, horizontal) in (0..).zip(columns.windows(2)) {
            let heat = scale.at(spread.place(f64::from(tokens[grid.index(r, c)])));
            for y in vertical[0]..vertical[1] {
                let row = picture.span_mut(whole, y);
                for x in horizontal[0]..horizontal[1] {
                    let pixel = &mut row[3 * x as usize..][..3];
                    let on_line = lines && (y == vertical[0] || x == horizontal[0]);
                    tint(pixel, heat, on_line);
                }
            }
        }
    }
    if let Some(size) = plan.number_size {
        let lettering = Lettering::numbers(size);
        for (r, vertical) in (0..).zip(rows.windows(2)) {
            for (c, horizontal) in (0..).zip(columns.windows(2)) {
                let number = tokens[grid.index(r, c)].to_string();
                let x = (horizontal[0] + horizontal[1]) as f32 / 2.0 - lettering.width(&number) / 2.0;
                let y = (vertical[0] + vertical[1]) as f32 / 2.0 - size / 2.0;
                lettering.draw(&mut picture, (x, y), &number, &ON_PICTURE);
            }
        }
    }
    picture
}

fn resized(image: &Image, width: u32, height: u32) -> Image {
    let data = if width <= image.width() && height <= image.height() {
        area_average(image, image.bounds(), width, height)
    } else {
        enlarge(image.data(), (image.width(), image.height()), (width, height))
    };
    Image::from_rgb(width, height, data).unwrap_or_else(|_| image.clone())
}

fn tint(pixel: &mut [u8], heat: [u8; 3], on_line: bool) {
    let [r, g, b] = [pixel[0], pixel[1], pixel[2]];
    let grey = luma(r, g, b);
    for (value, heat) in pixel.iter_mut().zip(heat) {
        let muted = mix(mix(grey, *value, COLOUR_KEPT), 0, DARKENED);
        *value = mix(muted, heat, TINT);
        if on_line {
            *value = mix(*value, 0, 0.22);
        }
    }
}
