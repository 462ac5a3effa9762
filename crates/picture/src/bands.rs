//! Images too large for memory: a file as bands of rows, from the top.
//!
//! PNG without interlacing and binary PNM hold their rows one after the other, so
//! that a decoder needs no more than a few of them at a time. What comes out is what
//! [`decode`](crate::decode()) makes of the same file, row by row: the same conversions,
//! the same limits, the same words for what is wrong. A JPEG could be read so, too, and
//! is not: its decoder holds all of it.
//!
//! | file | holds |
//! |---|---|
//! | `source` | the file, whose bytes are shown to whoever wants a hash of them |
//! | `png`, `pnm` | rows of these formats |
//! | `reduced` | the small copy that is made while the bands pass |

mod png;
mod pnm;
mod reduced;
mod source;

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrcoc_stats::{Band, Pixels};
use image::ImageFormat;

use crate::decode::{self, DecodeError, DecodeFault, Limits, Notes};
use crate::raster::Image;
use source::{Source, Tap};

pub use reduced::Reduced;

/// Bytes of RGB that a band has, unless its rows are so long that [`FEWEST`] of them have more.
const BAND: usize = 8 << 20;

/// Rows of a band at least, of which those at its sides are held twice.
const FEWEST: u32 = 4;

/// The longest rows that are read in bands, in pixels: the fewest rows of them are 36 MiB.
pub(crate) const LONGEST: u32 = 1 << 21;

/// A file that is read in bands of rows.
pub struct Bands {
    path: PathBuf,
    source: Source,
    rows: Box<dyn Rows>,
    width: u32,
    height: u32,
    notes: Notes,
    /// Rows of a band.
    most: u32,
    /// The rows at hand, RGB8.
    buffer: Vec<u8>,
    held: Range<u32>,
    /// The row with which the next band begins.
    next: u32,
}

/// The rows of a file, from the top.
trait Rows: Send {
    /// Reads the next row as RGB8, `3 · width` bytes.
    fn read(&mut self, rgb: &mut [u8]) -> Result<(), DecodeFault>;

    /// After the last row: whether what follows in the file is as it should be.
    fn finish(&mut self) -> Result<(), DecodeFault> {
        Ok(())
    }
}

/// What the header of a file says.
struct Header {
    width: u32,
    height: u32,
    notes: Notes,
    /// What keeps the file from being read in bands, as in `an interlaced png file`.
    unfit: Option<String>,
}

impl Bands {
    /// Opens a file and reads its header. `tap` is shown the bytes of the file, all of them by the time that
    /// [`finish`](Self::finish) is done, in order.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the path in it: those of [`read`](crate::read()), and
    /// [`DecodeFault::NotInBands`] for a file that can only be read as a whole.
    pub fn open(
        path: &Path,
        limits: &Limits,
        tap: impl FnMut(&[u8]) + Send + 'static,
    ) -> Result<Bands, DecodeError> {
        let at = |fault: DecodeFault| DecodeError::at(path, fault);
        if path.is_dir() {
            return Err(at(DecodeFault::Directory));
        }
        let file = File::open(path).map_err(|e| at(DecodeFault::unreadable(&e)))?;
        let bytes = file.metadata().map_err(|e| at(DecodeFault::unreadable(&e)))?.len();
        let source = Source::new(file, Box::new(tap));
        let (format, rows, header) = guarded(|| rows(source.reader(), limits)).map_err(at)?;
        let Header { width, height, notes, unfit } = header;
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        decode::check_size(format, notes.format, bytes, (width, height), limits).map_err(at)?;
        let unfit =
            unfit.or_else(|| (width > LONGEST).then(|| format!("a file with rows of {width} pixels")));
        if let Some(what) = unfit {
            return Err(at(DecodeFault::NotInBands { what, whole_pixels: limits.whole_pixels }));
        }
        let row = 3 * width as usize;
        let most = u32::try_from(BAND / row).unwrap_or(u32::MAX).clamp(FEWEST, height.max(FEWEST));
        let path = path.to_owned();
        let (buffer, held) = (Vec::new(), 0..0);
        Ok(Bands { path, source, rows, width, height, notes, most, buffer, held, next: 0 })
    }

    /// Width in pixels, at least 1.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels, at least 1.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// What is done to the file's pixels.
    #[must_use]
    pub fn notes(&self) -> Notes {
        self.notes
    }

    /// The next band, a few megabytes of rows with those beside them; `None` after the last.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the path in it. Then there are no more bands.
    pub fn next_band(&mut self) -> Result<Option<Band<'_>>, DecodeError> {
        if self.next == self.height {
            return Ok(None);
        }
        let rows = self.next..self.next.saturating_add(self.most).min(self.height);
        let needed = Band::around(&rows, self.height);
        let stride = 3 * self.width as usize;
        // What is at hand already goes to the front.
        let kept = (self.held.end - needed.start) as usize * stride;
        let from = self.buffer.len() - kept;
        self.buffer.copy_within(from.., 0);
        self.buffer.resize((needed.end - needed.start) as usize * stride, 0);
        let more = self.buffer[kept..].chunks_exact_mut(stride);
        let is_last = rows.end == self.height;
        let read = guarded(|| {
            for row in more {
                self.rows.read(row)?;
            }
            if is_last { self.rows.finish() } else { Ok(()) }
        });
        read.map_err(|fault| DecodeError::at(&self.path, fault))?;
        (self.held, self.next) = (needed.clone(), rows.end);
        let pixels = Pixels::new(self.width, needed.end - needed.start, &self.buffer);
        let broken = |reason: String| DecodeError::at(&self.path, DecodeFault::Broken { reason });
        let pixels = pixels.map_err(|e| broken(e.to_string()))?;
        Band::new(pixels, self.height, rows).map(Some).map_err(|e| broken(e.to_string()))
    }

    /// All rows as one image, instead of bands; to be asked for before any.
    pub(crate) fn whole(mut self) -> Result<Image, DecodeError> {
        let (width, height) = (self.width, self.height);
        let at = |fault| DecodeError::at(&self.path, fault);
        let max_pixels = u64::from(width) * u64::from(height);
        let too_large = || at(DecodeFault::TooManyPixels { width, height, max_pixels });
        let stride = 3 * width as usize;
        let length = stride.checked_mul(height as usize).ok_or_else(too_large)?;
        let mut rgb = Vec::new();
        rgb.try_reserve_exact(length).map_err(|_| too_large())?;
        rgb.resize(length, 0);
        guarded(|| {
            rgb.chunks_exact_mut(stride).try_for_each(|row| self.rows.read(row))?;
            self.rows.finish()
        })
        .map_err(at)?;
        let image = Image::from_rgb(width, height, rgb);
        let image = image.map_err(|e| at(DecodeFault::Broken { reason: e.to_string() }))?;
        self.finish().map(|()| image)
    }

    /// Reads what is left of the file, so that all of it was shown.
    ///
    /// # Errors
    ///
    /// [`DecodeError`], when it cannot be read.
    pub fn finish(self) -> Result<(), DecodeError> {
        drop(self.rows);
        self.source.drain().map_err(|e| DecodeError::at(&self.path, DecodeFault::unreadable(&e)))
    }
}

/// Decoders of hostile bytes have panicked before; that is a broken file, too.
fn guarded<T>(work: impl FnOnce() -> Result<T, DecodeFault>) -> Result<T, DecodeFault> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or(Err(DecodeFault::Broken { reason: "the decoder gave up on it".to_owned() }))
}

/// The rows of a file, whose format its first bytes tell.
fn rows(
    mut reader: BufReader<Tap>,
    limits: &Limits,
) -> Result<(ImageFormat, Box<dyn Rows>, Header), DecodeFault> {
    let start = reader.fill_buf().map_err(|e| DecodeFault::unreadable(&e))?;
    let (format, name) = decode::recognised(start)?;
    let (rows, header) = match format {
        ImageFormat::Png => png::open(reader)?,
        ImageFormat::Pnm => pnm::open(reader)?,
        _ => {
            let what = format!("a {name} file");
            return Err(DecodeFault::NotInBands { what, whole_pixels: limits.whole_pixels });
        }
    };
    Ok((format, rows, header))
}
