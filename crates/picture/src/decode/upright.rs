//! Images as they are to be looked at: turned, and how large they are then.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageReader, RgbImage};

use super::{DecodeError, DecodeFault, Limits, WORKING_MEMORY, check_size, most_bytes, recognised};

/// Bytes by which a format is recognised.
const START: u64 = 32;

/// Width and height of the image file at `path` as [`open`](crate::open()) gives them, upright, without decoding a
/// pixel: of most formats only the header is read.
///
/// # Errors
///
/// [`DecodeError`] with the path in it: what the header tells is wrong. Also for what can be read only once, such as a
/// pipe, which is left unread.
pub fn dimensions(path: &Path, limits: &Limits) -> Result<(u32, u32), DecodeError> {
    catch_unwind(AssertUnwindSafe(|| stated(path, limits)))
        .unwrap_or(Err(DecodeFault::Broken { reason: "the decoder gave up on it".to_owned() }))
        .map_err(|fault| DecodeError::at(path, fault))
}

fn stated(path: &Path, limits: &Limits) -> Result<(u32, u32), DecodeFault> {
    let unreadable = |error: std::io::Error| DecodeFault::unreadable(&error);
    let metadata = path.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(DecodeFault::Directory);
    }
    if !metadata.is_file() {
        return Err(DecodeFault::Unreadable { kind: ErrorKind::NotSeekable });
    }
    // The decoder of JPEG takes all of the file.
    let (bytes, most) = (metadata.len(), most_bytes(limits));
    if bytes > most {
        return Err(DecodeFault::TooManyBytes { most });
    }
    let mut start = Vec::new();
    File::open(path).map_err(unreadable)?.take(START).read_to_end(&mut start).map_err(unreadable)?;
    let (format, name) = recognised(&start)?;

    let broken = |error: image::ImageError| DecodeFault::from_decoder(name, &error);
    let mut reader = ImageReader::with_format(BufReader::new(File::open(path).map_err(unreadable)?), format);
    let mut opening = image::Limits::no_limits();
    opening.max_alloc = Some(WORKING_MEMORY + bytes);
    reader.limits(opening);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let size = decoder.dimensions();
    check_size(format, name, usize::try_from(bytes).unwrap_or(usize::MAX), size, limits)?;
    Ok(turned(size, decoder.orientation().unwrap_or(Orientation::NoTransforms)))
}

/// Width and height after turning.
fn turned((width, height): (u32, u32), orientation: Orientation) -> (u32, u32) {
    match orientation {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => (height, width),
        _ => (width, height),
    }
}

/// Pixels after turning, with their width and height.
pub(super) fn upright(
    width: u32,
    height: u32,
    rgb: Vec<u8>,
    orientation: Orientation,
) -> (u32, u32, Vec<u8>) {
    if orientation == Orientation::NoTransforms {
        return (width, height, rgb);
    }
    // `None` only for a wrong length; the caller finds that.
    let Some(rgb) = RgbImage::from_raw(width, height, rgb) else {
        return (width, height, Vec::new());
    };
    let mut image = DynamicImage::ImageRgb8(rgb);
    image.apply_orientation(orientation);
    let rgb = image.into_rgb8();
    (rgb.width(), rgb.height(), rgb.into_raw())
}
