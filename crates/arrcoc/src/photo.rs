//! The image of a request: pixels in memory, or a file whose rows come in bands.
//!
//! An image with more pixels than are held at once is never whole anywhere. Its
//! rows pass by a few at a time, as often as somebody has to look at them, and the
//! first time leaves two things behind: a hash of the file, for the record, and a
//! reduced copy, for pictures of the decision.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use arrcoc_picture::{Bands, Image, Limits, Notes, Opened, Reduced};
use arrcoc_sdk::shelf::Shelf;
use arrcoc_stats::Band;

use crate::error::Error;

/// An image: decoded, or to be read in bands of rows.
#[derive(Clone, Debug)]
pub struct Photo {
    pub(crate) content: Content,
    pub(crate) path: Option<PathBuf>,
    notes: Option<Notes>,
}

/// Where the pixels are.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// In memory, once for all clones.
    Whole { image: Arc<Image>, blake3: String, shelf: Arc<Shelf> },
    /// In a file.
    InBands(Arc<Banded>),
}

impl Content {
    fn whole(image: Image, blake3: String) -> Content {
        Content::Whole { image: Arc::new(image), blake3, shelf: Arc::default() }
    }
}

impl Photo {
    /// Reads and decodes a file. One with more pixels than [`Limits::whole_pixels`] is only opened: its rows are read
    /// in bands when it is looked at.
    ///
    /// # Errors
    /// When it cannot be read, is no image, is damaged, has more pixels than the limit, or more than are held at once
    /// in a format that is not read in bands.
    pub fn read(path: &Path, limits: &Limits) -> Result<Photo, Error> {
        let hash = Hash::default();
        let (content, notes) = match arrcoc_picture::open(path, limits, hash.tap())? {
            Opened::Whole { image, notes } => {
                let blake3 = hash.hex();
                (Content::whole(image, blake3), notes)
            }
            Opened::InBands(bands) => {
                let (path, limits) = (path.to_owned(), *limits);
                let (width, height) = (bands.width(), bands.height());
                let (passed, broken) = (OnceLock::new(), OnceLock::new());
                let banded = Banded { path, limits, width, height, passed, broken };
                (Content::InBands(Arc::new(banded)), bands.notes())
            }
        };
        Ok(Photo { content, path: Some(path.into()), notes: Some(notes) })
    }

    /// Width and height that the image of a file has once it is read, from its header.
    ///
    /// # Errors
    /// When the header cannot be read or is no image's, the image has more pixels than the limit, or the file can be
    /// read only once.
    pub fn size(path: &Path, limits: &Limits) -> Result<(u32, u32), Error> {
        Ok(arrcoc_picture::dimensions(path, limits)?)
    }

    /// Takes pixels: RGB8 sRGB, row by row, `width · height · 3` bytes.
    ///
    /// # Errors
    /// When the length does not fit the size.
    pub fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Result<Photo, Error> {
        let blake3 = blake3::hash(&rgb).to_hex().to_string();
        let image = Image::from_rgb(width, height, rgb)
            .map_err(|e| Error::new(e.to_string(), "give width · height · 3 bytes"))?;
        Ok(Photo { content: Content::whole(image, blake3), path: None, notes: None })
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        match &self.content {
            Content::Whole { image, .. } => image.width(),
            Content::InBands(banded) => banded.width,
        }
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        match &self.content {
            Content::Whole { image, .. } => image.height(),
            Content::InBands(banded) => banded.height,
        }
    }

    /// The pixels, where all of them are in memory.
    #[must_use]
    pub fn image(&self) -> Option<&Image> {
        match &self.content {
            Content::Whole { image, .. } => Some(image),
            Content::InBands(_) => None,
        }
    }

    /// The pixels or, of an image that is read in bands, the copy that was made when they passed: at most 4 194 304
    /// pixels, each the mean of a square of the image's. Where nobody has looked at the image yet, it is read for this.
    ///
    /// # Errors
    /// When the file of an image that is read in bands is damaged or has changed.
    pub fn image_or_copy(&self) -> Result<&Image, Error> {
        match &self.content {
            Content::Whole { image, .. } => Ok(image),
            Content::InBands(banded) => Ok(&banded.passed()?.copy),
        }
    }

    /// Width and height of [`image_or_copy`](Self::image_or_copy), without reading anything.
    #[must_use]
    pub fn size_or_copy_size(&self) -> (u32, u32) {
        match &self.content {
            Content::Whole { image, .. } => (image.width(), image.height()),
            Content::InBands(banded) => Reduced::size(banded.width, banded.height),
        }
    }

    /// The BLAKE3 of the file, or of the pixels when there was no file.
    ///
    /// # Errors
    /// As for [`image_or_copy`](Self::image_or_copy).
    pub(crate) fn blake3(&self) -> Result<&str, Error> {
        match &self.content {
            Content::Whole { blake3, .. } => Ok(blake3),
            Content::InBands(banded) => Ok(&banded.passed()?.blake3),
        }
    }

    /// The file, where it is read in bands.
    pub(crate) fn in_bands(&self) -> Option<&Banded> {
        match &self.content {
            Content::Whole { .. } => None,
            Content::InBands(banded) => Some(banded),
        }
    }

    /// What was done to the file's pixels on the way in, where that was anything.
    pub(crate) fn notes(&self) -> Vec<String> {
        let Some(notes) = &self.notes else { return Vec::new() };
        let mut out = Vec::new();
        if let Content::InBands(banded) = &self.content {
            out.push(match Reduced::factor(banded.width, banded.height) {
                1 => "the image was read in bands of rows".into(),
                k => format!(
                    "the image was read in bands of rows; overlay and render are of a copy reduced {k}-fold"
                ),
            });
        }
        if let Some(orientation) = notes.orientation {
            out.push(format!("the image was turned upright (EXIF orientation {orientation})"));
        }
        if notes.sixteen_bit {
            out.push("16-bit samples were cut to 8 bits".into());
        }
        if notes.alpha {
            out.push("transparency was laid over white".into());
        }
        if notes.icc_ignored {
            out.push("the colour profile was ignored".into());
        }
        out
    }
}

/// An image file that is read in bands of rows.
pub(crate) struct Banded {
    path: PathBuf,
    limits: Limits,
    width: u32,
    height: u32,
    passed: OnceLock<Passed>,
    /// What is wrong with the file, once that was found.
    broken: OnceLock<Error>,
}

/// What stays of an image whose bands have passed.
pub(crate) struct Passed {
    copy: Image,
    blake3: String,
}

impl std::fmt::Debug for Banded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Banded({} {}x{})", self.path.display(), self.width, self.height)
    }
}

impl Banded {
    /// Width and height in pixels.
    pub(crate) fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Reads the file from its beginning to its end, and shows each band. A file that was found damaged or changed is
    /// not read again.
    pub(crate) fn pass(&self, see: &mut dyn FnMut(&Band<'_>)) -> Result<(), Error> {
        let read = self.broken.get().map_or_else(|| self.read(see), |before| Err(before.clone()));
        let same = read.and_then(|passed| {
            let blake3 = passed.blake3.clone();
            let first = self.passed.get_or_init(|| passed);
            if first.blake3 == blake3 { Ok(()) } else { Err(self.changed()) }
        });
        same.inspect_err(|e| {
            let _ = self.broken.set(e.clone());
        })
    }

    /// What stays of the image; reads the file if nobody has.
    ///
    /// # Errors
    /// When the file was found damaged or changed, also after it had passed.
    fn passed(&self) -> Result<&Passed, Error> {
        if self.passed.get().is_none() {
            self.pass(&mut |_| ())?;
        }
        match (self.broken.get(), self.passed.get()) {
            (Some(e), _) => Err(e.clone()),
            (None, Some(passed)) => Ok(passed),
            (None, None) => Err(self.changed()),
        }
    }

    fn read(&self, see: &mut dyn FnMut(&Band<'_>)) -> Result<Passed, Error> {
        let hash = Hash::default();
        let mut bands = Bands::open(&self.path, &self.limits, hash.tap())?;
        if (bands.width(), bands.height()) != self.size() {
            return Err(self.changed());
        }
        let mut reduced = Reduced::new(self.width, self.height);
        while let Some(band) = bands.next_band()? {
            reduced.add(&band);
            see(&band);
        }
        bands.finish()?;
        let copy = reduced.finish().ok_or_else(|| self.changed())?;
        Ok(Passed { copy, blake3: hash.hex() })
    }

    fn changed(&self) -> Error {
        let message = format!("`{}`: the file changed while it was read", self.path.display());
        Error::new(message, "run it again when nobody writes to the file")
    }

    /// Why a scorer that looks at all pixels cannot look at these, as a clause.
    pub(crate) fn needs_all(&self) -> String {
        format!("it needs all `pixels`, and an image of {} is read in bands", count(self.size()))
    }
}

/// The BLAKE3 of a file, while it is read.
#[derive(Default)]
struct Hash(Arc<Mutex<blake3::Hasher>>);

impl Hash {
    /// What the bytes are shown to.
    fn tap(&self) -> impl FnMut(&[u8]) + Send + 'static {
        let hasher = Arc::clone(&self.0);
        move |bytes| {
            hasher.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
        }
    }

    fn hex(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).finalize().to_hex().to_string()
    }
}

/// The number of pixels, as a person says it.
pub(crate) fn count((width, height): (u32, u32)) -> String {
    let pixels = u64::from(width) * u64::from(height);
    match pixels {
        0..1_000_000 => format!("{pixels} pixels"),
        1_000_000..10_000_000 => format!("{:.1} megapixels", pixels as f64 / 1e6),
        _ => format!("{} megapixels", (pixels + 500_000) / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_counted_as_people_do() {
        for (size, text) in [
            ((240, 192), "46080 pixels"),
            ((3000, 2800), "8.4 megapixels"),
            ((40_000, 25_000), "1000 megapixels"),
            ((32_768, 32_768), "1074 megapixels"),
        ] {
            assert_eq!(count(size), text);
        }
    }
}
