//! From a file's bytes to an upright, opaque RGB8 image, under limits.
//!
//! A header is a promise by a stranger. It is read first and weighed: against the
//! caller's limit, and against what the file could possibly hold. Only then is room
//! made for pixels. Every conversion is done here, by a stated integer formula, and
//! noted; the `image` crate's own conversions round in ways that change between its
//! versions.
//!
//! - 16 bits become 8 by `>> 8`.
//! - Alpha is composited over white: (c·a + 255·(255 − a) + 127) / 255, rounded down.
//! - Grey is repeated; CMYK and YCbCr are converted by the decoder.
//! - Floating-point samples (TIFF) are clipped to 0..=1 and scaled by 255, rounded
//!   half up; what is not a number is 0.
//! - The EXIF orientation is applied. ICC profiles are ignored and noted.
//! - Of an animation, the first frame is taken.
//!
//! An image with more pixels than are to be held at once is not decoded here but in
//! [`bands`](crate::Bands); [`open`] decides.

pub(crate) mod convert;
mod cut;
mod error;
mod guess;
mod open;
mod upright;

use std::fs::File;
use std::io::{Cursor, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageFormat, ImageReader};

use crate::raster::Image;
pub use error::{DecodeError, DecodeFault};
pub use open::{Opened, open};
pub use upright::dimensions;
use upright::upright;

/// What a file may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most pixels, width times height.
    pub max_pixels: u64,
    /// The most pixels that are held in memory at once. [`open`] reads a larger image in bands of rows.
    pub whole_pixels: u64,
}

/// Pixels that are held in memory at once, unless something else is said: 16 384 × 16 384, which are 768 MiB.
pub const WHOLE_PIXELS: u64 = 1 << 28;

impl Default for Limits {
    /// [`WHOLE_PIXELS`], and no larger images.
    fn default() -> Self {
        Self { max_pixels: WHOLE_PIXELS, whole_pixels: WHOLE_PIXELS }
    }
}

/// What was done to a file's pixels, and what was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notes {
    /// The format, such as `png`.
    pub format: &'static str,
    /// The EXIF orientation that was applied, 2 to 8; `None` when the image was upright.
    pub orientation: Option<u8>,
    /// The file had 16 bits a channel; the low eight were dropped.
    pub sixteen_bit: bool,
    /// The file had alpha; it was composited over white.
    pub alpha: bool,
    /// The file had an ICC profile; it was ignored.
    pub icc_ignored: bool,
}

/// Pixels that one byte of a file can stand for at the very most: Deflate makes at
/// most 1032 bytes of one, and a byte holds at most 8 pixels. The other formats that
/// are held to it are far below: GIF's codes stand for at most 4096 pixels in 12
/// bits, a JPEG spends at least a bit on 64.
///
/// Two formats have no such bound, so that only [`Limits`] apply: lossless WebP can
/// spend no bits at all on a constant image, and a TIFF's fax codes one bit on a row.
const MAX_PIXELS_PER_BYTE: u64 = 8 * 1032;

/// Memory that a decoder may use besides one copy of the pixels.
const WORKING_MEMORY: u64 = 64 << 20;

/// Decodes an image file given by its bytes: PNG, JPEG, PNM, BMP, WebP, TIFF or GIF,
/// recognised by its first bytes whatever it is called.
///
/// # Errors
///
/// [`DecodeError`], without a path.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<(Image, Notes), DecodeError> {
    // Decoders of hostile bytes have panicked before; that is a broken file, too.
    catch_unwind(AssertUnwindSafe(|| decode_unguarded(bytes, limits)))
        .unwrap_or(Err(DecodeFault::Broken { reason: "the decoder gave up on it".to_owned() }))
        .map_err(DecodeError::from)
}

/// Reads and decodes the image file at `path`, and gives back the bytes of the file as
/// well, for hashing.
///
/// # Errors
///
/// [`DecodeError`] with the path in it.
pub fn read(path: &Path, limits: &Limits) -> Result<(Image, Notes, Vec<u8>), DecodeError> {
    let at = |fault: DecodeFault| DecodeError::at(path, fault);
    if path.is_dir() {
        return Err(at(DecodeFault::Directory));
    }
    let bytes = read_bytes(path, limits).map_err(at)?;
    let (image, notes) = decode(&bytes, limits).map_err(|error| at(error.into_fault()))?;
    Ok((image, notes, bytes))
}

/// The bytes of a file, unless they are more than [`most_bytes`].
fn read_bytes(path: &Path, limits: &Limits) -> Result<Vec<u8>, DecodeFault> {
    let most = most_bytes(limits);
    let unreadable = |error: std::io::Error| DecodeFault::unreadable(&error);
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most { Err(DecodeFault::TooManyBytes { most }) } else { Ok(bytes) }
}

/// More than the file of any image within the limits has: 16 bytes a pixel (a plain PNM of text has 12), and the same
/// room for the rest of the file that a decoder has for its work.
fn most_bytes(limits: &Limits) -> u64 {
    limits.max_pixels.saturating_mul(16).saturating_add(WORKING_MEMORY)
}

fn decode_unguarded(bytes: &[u8], limits: &Limits) -> Result<(Image, Notes), DecodeFault> {
    let (format, name) = recognised(bytes)?;
    if cut::is_cut_short(format, bytes) {
        return Err(DecodeFault::Truncated { format: name });
    }

    let broken = |error: image::ImageError| DecodeFault::from_decoder(name, &error);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut opening = image::Limits::no_limits();
    opening.max_alloc = Some(WORKING_MEMORY + bytes.len() as u64);
    reader.limits(opening);
    let mut decoder = reader.into_decoder().map_err(broken)?;

    let (width, height) = decoder.dimensions();
    check_size(format, name, bytes.len(), (width, height), limits)?;
    let mut decoding = image::Limits::no_limits();
    decoding.max_alloc = Some(decoder.total_bytes().saturating_mul(2).saturating_add(WORKING_MEMORY));
    decoder.set_limits(decoding).map_err(broken)?;

    let icc_ignored = decoder.icc_profile().ok().flatten().is_some();
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let colour = decoder.color_type();
    let too_large = || DecodeFault::TooManyPixels { width, height, max_pixels: limits.max_pixels };
    let length = usize::try_from(decoder.total_bytes()).map_err(|_| too_large())?;
    let mut samples = Vec::new();
    samples.try_reserve_exact(length).map_err(|_| too_large())?;
    samples.resize(length, 0);
    decoder.read_image(&mut samples).map_err(broken)?;

    let rgb = convert::to_rgb8(samples, colour).ok_or_else(|| DecodeFault::Broken {
        reason: format!("its colours, {colour:?}, are not supported"),
    })?;
    let (width, height, rgb) = upright(width, height, rgb, orientation);
    let image = Image::from_rgb(width, height, rgb)
        .map_err(|error| DecodeFault::Broken { reason: error.to_string() })?;
    let notes = Notes {
        format: name,
        orientation: (orientation != Orientation::NoTransforms).then(|| orientation.to_exif()),
        sixteen_bit: matches!(
            colour,
            ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16
        ),
        alpha: colour.has_alpha(),
        icc_ignored,
    };
    Ok((image, notes))
}

/// The format of a file that begins so, and its name.
pub(crate) fn recognised(start: &[u8]) -> Result<(ImageFormat, &'static str), DecodeFault> {
    if start.is_empty() {
        return Err(DecodeFault::Empty);
    }
    let supported = image::guess_format(start).ok().and_then(|format| Some((format, name(format)?)));
    supported.ok_or_else(|| DecodeFault::NotAnImage { looks_like: guess::looks_like(start) })
}

/// The formats that are read, with the names by which they are noted.
fn name(format: ImageFormat) -> Option<&'static str> {
    Some(match format {
        ImageFormat::Png => "png",
        ImageFormat::Jpeg => "jpeg",
        ImageFormat::Pnm => "pnm",
        ImageFormat::Bmp => "bmp",
        ImageFormat::WebP => "webp",
        ImageFormat::Tiff => "tiff",
        ImageFormat::Gif => "gif",
        _ => return None,
    })
}

pub(crate) fn check_size(
    format: ImageFormat,
    name: &'static str,
    file_bytes: usize,
    (width, height): (u32, u32),
    limits: &Limits,
) -> Result<(), DecodeFault> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(DecodeFault::Broken { reason: format!("its size is {width}x{height} pixels") });
    }
    if pixels > limits.max_pixels {
        return Err(DecodeFault::TooManyPixels { width, height, max_pixels: limits.max_pixels });
    }
    let bounded = !matches!(format, ImageFormat::WebP | ImageFormat::Tiff);
    if bounded && pixels / MAX_PIXELS_PER_BYTE > file_bytes as u64 {
        return Err(DecodeFault::Implausible { format: name, width, height, file_bytes });
    }
    Ok(())
}
