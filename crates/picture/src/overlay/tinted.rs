//! The picture: the image at a size at which it can be read, every patch tinted, with
//! numbers where they are asked for and fit.

use arrcoc_stats::{Tiling, luma};

use super::lettering::{Ink, Lettering, mix};
use super::outlines::Edges;
use crate::raster::Image;
use crate::sampling::{area_average, enlarge};

/// The long side of the picture, in pixels, unless it is in between already.
const LONG_SIDE: [u32; 2] = [768, 2048];

/// The longest side to which a picture is enlarged for its numbers.
const LONGEST_WITH_NUMBERS: u32 = 4096;

/// Size of numbers in patches: they are not drawn smaller, nor larger.
const NUMBER_SIZES: [f32; 2] = [11.0, 22.0];

/// How much of its own colour the image keeps under heat, and by how much it is darkened under any tint: a bright
/// wall with few tokens must not look like many.
pub(super) const COLOUR_KEPT: f32 = 0.35;
const DARKENED: f32 = 0.15;

/// Patches smaller than this have no lines between them.
const MIN_PATCH_FOR_LINES: u32 = 12;

const ON_PICTURE: Ink = Ink { colour: [255; 3], halo: Some([0; 3]) };

/// How large the picture is drawn, and the numbers in it.
pub(super) struct Plan {
    pub(super) width: u32,
    pub(super) height: u32,
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

/// What a patch is covered with.
pub(super) struct Tint {
    pub(super) colour: [u8; 3],
    /// How much of the image it hides, from 0 to 1.
    pub(super) cover: f32,
}

/// Tints every patch. The image under the tint keeps `kept` of its colour.
pub(super) fn tint(picture: &mut Image, edges: &Edges, kept: f32, of: impl Fn(usize) -> Tint) {
    let whole = picture.bounds();
    let lines = edges.smallest() >= MIN_PATCH_FOR_LINES;
    for (patch, place) in edges.places() {
        let tint = of(patch);
        for y in place.y..place.y + place.height {
            let row = picture.span_mut(whole, y);
            for x in place.x..place.x + place.width {
                let on_line = lines && (y == place.y || x == place.x);
                cover(&mut row[3 * x as usize..][..3], &tint, kept, on_line);
            }
        }
    }
}

/// Writes the tokens of every patch into it.
pub(super) fn number(picture: &mut Image, edges: &Edges, tokens: &[u32], size: f32) {
    let lettering = Lettering::numbers(size);
    for (patch, place) in edges.places() {
        let number = tokens[patch].to_string();
        let x = (2 * place.x + place.width) as f32 / 2.0 - lettering.width(&number) / 2.0;
        let y = (2 * place.y + place.height) as f32 / 2.0 - size / 2.0;
        lettering.draw(picture, (x, y), &number, &ON_PICTURE);
    }
}

pub(super) fn resized(image: &Image, width: u32, height: u32) -> Image {
    let data = if width <= image.width() && height <= image.height() {
        area_average(image, image.bounds(), width, height)
    } else {
        enlarge(image.data(), (image.width(), image.height()), (width, height))
    };
    Image::from_rgb(width, height, data).unwrap_or_else(|_| image.clone())
}

fn cover(pixel: &mut [u8], tint: &Tint, kept: f32, on_line: bool) {
    let [r, g, b] = [pixel[0], pixel[1], pixel[2]];
    let grey = luma(r, g, b);
    for (value, colour) in pixel.iter_mut().zip(tint.colour) {
        let muted = mix(mix(grey, *value, kept), 0, DARKENED);
        *value = mix(muted, colour, tint.cover);
        if on_line {
            *value = mix(*value, 0, 0.22);
        }
    }
}
