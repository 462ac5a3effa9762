//! What one decision is about: an image, a question, a policy, a patch grid,
//! and tensors that the caller brings.

use std::path::{Path, PathBuf};

use arrcoc_decide::{Bounds, Policy, Terms, Total};
use arrcoc_picture::{Image, Limits, Notes};
use arrcoc_sdk::shelf::Shelf;
use arrcoc_stats::Grid;

use crate::{error::Error, tensors::Tensors};

/// An image, decoded.
#[derive(Clone, Debug)]
pub struct Photo {
    pub(crate) image: Image,
    pub(crate) path: Option<PathBuf>,
    pub(crate) blake3: String,
    pub(crate) notes: Option<Notes>,
    pub(crate) shelf: Shelf,
}

impl Photo {
    /// Reads and decodes a file.
    ///
    /// # Errors
    /// When it cannot be read, is no image, is damaged, or has more pixels than
    /// the limit.
    pub fn read(path: &Path, limits: &Limits) -> Result<Photo, Error> {
        let (image, notes, bytes) = arrcoc_picture::read(path, limits)?;
        let blake3 = blake3::hash(&bytes).to_hex().to_string();
        Ok(Photo { image, path: Some(path.into()), blake3, notes: Some(notes), shelf: Shelf::default() })
    }

    /// Takes pixels: RGB8 sRGB, row by row, `width · height · 3` bytes.
    ///
    /// # Errors
    /// When the length does not fit the size.
    pub fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Result<Photo, Error> {
        let blake3 = blake3::hash(&rgb).to_hex().to_string();
        let image = Image::from_rgb(width, height, rgb)
            .map_err(|e| Error::new(e.to_string(), "give width · height · 3 bytes"))?;
        Ok(Photo { image, path: None, blake3, notes: None, shelf: Shelf::default() })
    }

    /// The pixels.
    #[must_use]
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// What was done to the file's pixels on the way in, where that was anything.
    pub(crate) fn notes(&self) -> Vec<String> {
        let Some(notes) = &self.notes else { return Vec::new() };
        let mut out = Vec::new();
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

/// What one decision is about.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// The image.
    pub photo: Photo,
    /// The question; empty for none.
    pub query: String,
    /// Bounds, total, levels, sampling, overrides.
    pub policy: Policy,
    /// Rows and columns of patches.
    pub grid: Grid,
    /// Tensors that the caller brings.
    pub tensors: Tensors,
}

impl Request {
    /// A request with the defaults: no question, 24×24 patches, 64 to 400
    /// tokens a patch, 150 on average.
    #[must_use]
    pub fn new(photo: Photo) -> Request {
        Request {
            photo,
            query: String::new(),
            policy: Policy::new(Bounds::default(), Total::Average(DEFAULT_AVERAGE)),
            grid: Grid::default(),
            tensors: Tensors::default(),
        }
    }

    /// The same request with a question.
    #[must_use]
    pub fn query(mut self, text: &str) -> Request {
        self.query = text.into();
        self
    }

    /// The same request with a total.
    #[must_use]
    pub fn total(mut self, total: Total) -> Request {
        self.policy.total = total;
        self
    }

    /// The same request with a policy.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Request {
        self.policy = policy;
        self
    }

    /// The same request with another patch grid.
    #[must_use]
    pub fn grid(mut self, grid: Grid) -> Request {
        self.grid = grid;
        self
    }

    /// The same request with tensors.
    #[must_use]
    pub fn tensors(mut self, tensors: Tensors) -> Request {
        self.tensors = tensors;
        self
    }

    /// The policy, proved feasible on the grid.
    ///
    /// # Errors
    /// When no allocation can satisfy it.
    pub fn terms(&self) -> Result<Terms, Error> {
        terms(&self.policy, self.grid)
    }
}

/// Tokens a patch gets on average when nothing is said.
pub const DEFAULT_AVERAGE: f64 = 150.0;

/// A policy on a grid, proved feasible.
///
/// # Errors
/// When no allocation can satisfy it.
pub fn terms(policy: &Policy, grid: Grid) -> Result<Terms, Error> {
    Ok(Terms::new(policy, grid.patches())?)
}
