//! Whether an image is held in memory or comes in bands of rows.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::{ImageDecoder as _, codecs::pnm::PnmDecoder};

use super::{DecodeError, DecodeFault, Limits, Notes, most_bytes, read};
use crate::bands::{Bands, LONGEST};
use crate::raster::Image;

/// A file that was opened.
pub enum Opened {
    /// All of it is here.
    Whole {
        /// Its pixels.
        image: Image,
        /// What was done to them.
        notes: Notes,
    },
    /// It has more pixels than are held at once.
    InBands(Bands),
}

/// Reads the image file at `path`, or opens it to be read in bands, when it has more than
/// [`Limits::whole_pixels`] pixels. `tap` is shown the bytes of a file that is read.
///
/// The file itself is in memory while it is decoded, but for a PNM, which is as large as
/// its pixels.
///
/// # Errors
///
/// [`DecodeError`] with the path in it.
pub fn open(
    path: &Path,
    limits: &Limits,
    mut tap: impl FnMut(&[u8]) + Send + 'static,
) -> Result<Opened, DecodeError> {
    let most = limits.max_pixels.min(limits.whole_pixels);
    let stated = stated(path);
    if stated.is_some_and(|stated| (most + 1..=limits.max_pixels).contains(&stated.pixels)) {
        return Bands::open(path, limits, |_| ()).map(Opened::InBands);
    }
    let limits_of_whole = Limits { max_pixels: most, ..*limits };
    let by_rows =
        |stated: Stated| stated.raw && stated.pixels <= most && stated.bytes <= most_bytes(&limits_of_whole);
    if stated.is_some_and(by_rows) {
        let bands = Bands::open(path, limits, tap)?;
        let notes = bands.notes();
        return bands.whole().map(|image| Opened::Whole { image, notes });
    }
    match read(path, &limits_of_whole) {
        Ok((image, notes, bytes)) => {
            tap(&bytes);
            Ok(Opened::Whole { image, notes })
        }
        Err(error) => Err(DecodeError::at(path, too_large(path, error.into_fault(), limits))),
    }
}

/// What is wrong with a file that could be read if it were smaller, under the limits as they were given.
fn too_large(path: &Path, fault: DecodeFault, limits: &Limits) -> DecodeFault {
    let DecodeFault::TooManyPixels { width, height, .. } = fault else { return fault };
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return DecodeFault::TooManyPixels { width, height, max_pixels: limits.max_pixels };
    }
    match Bands::open(path, limits, |_| ()) {
        Err(error) => error.into_fault(),
        // It has changed since its header was read.
        Ok(_) => DecodeFault::Broken { reason: "the file changed while it was read".to_owned() },
    }
}

/// What a PNG or a PNM states in its first bytes.
#[derive(Clone, Copy)]
struct Stated {
    pixels: u64,
    /// What the file has.
    bytes: u64,
    /// Whether it is a binary PGM or PPM, whose rows are read one by one.
    raw: bool,
}

/// What a file states. Other files than PNG and PNM are not read in bands, whatever they state.
fn stated(path: &Path) -> Option<Stated> {
    // What can be read only once is not read here.
    let metadata = path.metadata().ok()?;
    if !metadata.is_file() {
        return None;
    }
    let mut file = File::open(path).ok()?;
    let mut start = [0; 24];
    file.read_exact(&mut start).ok()?;
    let (width, height) = if start.starts_with(b"\x89PNG\r\n\x1a\n") {
        let side = |at: usize| start[at..].first_chunk().map(|bytes| u32::from_be_bytes(*bytes));
        (side(16)?, side(20)?)
    } else if start[0] == b'P' {
        let rest = BufReader::new(file.take(1 << 16));
        let header = catch_unwind(AssertUnwindSafe(|| PnmDecoder::new(start.chain(rest)))).ok()?;
        header.ok()?.dimensions()
    } else {
        return None;
    };
    let raw = matches!(&start[..2], b"P5" | b"P6") && width <= LONGEST;
    Some(Stated { pixels: u64::from(width) * u64::from(height), bytes: metadata.len(), raw })
}
