//! Why a file is not an image that can be used, for the person who named the file.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why there is no image: the file, where one was named, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    path: Option<PathBuf>,
    fault: DecodeFault,
}

impl DecodeError {
    pub(crate) fn at(path: &Path, fault: DecodeFault) -> Self {
        Self { path: Some(path.to_owned()), fault }
    }

    /// The file, when it was read from one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What is wrong.
    #[must_use]
    pub fn fault(&self) -> &DecodeFault {
        &self.fault
    }

    pub(super) fn into_fault(self) -> DecodeFault {
        self.fault
    }

    /// What would mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match &self.fault {
            DecodeFault::NotAnImage { .. } => {
                Some("png, jpeg, pnm, bmp, webp, tiff and gif files are read".to_owned())
            }
            DecodeFault::TooManyPixels { width, height, .. } => {
                let pixels = u64::from(*width) * u64::from(*height);
                Some(format!("allow it with `--max-pixels {pixels}`"))
            }
            DecodeFault::Truncated { .. } | DecodeFault::Empty | DecodeFault::Broken { .. } => {
                Some("copy or download the file again, or save it anew".to_owned())
            }
            DecodeFault::TooManyBytes { .. } => {
                Some("name an image file, or raise `--max-pixels`".to_owned())
            }
            DecodeFault::NotInBands { .. } => Some(
                "save it as a png without interlacing or as a binary ppm, or raise `--whole-pixels` if there is memory \
                 for all of it"
                    .to_owned(),
            ),
            DecodeFault::Directory => Some("name the image files in it".to_owned()),
            DecodeFault::Unreadable { .. } => Some("check the path and its permissions".to_owned()),
            _ => None,
        }
    }
}

impl From<DecodeFault> for DecodeError {
    fn from(fault: DecodeFault) -> Self {
        Self { path: None, fault }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "`{}`: ", path.display())?;
        }
        write!(f, "{}", self.fault)
    }
}

impl std::error::Error for DecodeError {}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeFault {
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The path is a directory.
    #[error("this is a directory, not an image file")]
    Directory,
    /// The file could not be read.
    #[error("{}", unreadable(*kind))]
    Unreadable {
        /// What the operating system said.
        kind: io::ErrorKind,
    },
    /// The bytes are not an image of a format that is read.
    #[error("this is not an image: it looks like {looks_like}")]
    NotAnImage {
        /// What the first bytes look like.
        looks_like: &'static str,
    },
    /// The file ends before its pixels do.
    #[error("the {format} file is truncated: it ends before its pixels do")]
    Truncated {
        /// The format.
        format: &'static str,
    },
    /// The image is larger than allowed.
    #[error(
        "the image has {width}x{height} = {pixels} pixels, above the limit of {max_pixels} (`--max-pixels`)",
        pixels = u64::from(*width) * u64::from(*height)
    )]
    TooManyPixels {
        /// Width that the header states.
        width: u32,
        /// Height that the header states.
        height: u32,
        /// The limit.
        max_pixels: u64,
    },
    /// The file is larger than any image within the limit on pixels.
    #[error("the file has more than {most} bytes, more than an image within the limit of pixels takes")]
    TooManyBytes {
        /// The most that is read.
        most: u64,
    },
    /// The image is too large to be held in memory, and the file is not one that is read in bands.
    #[error("an image of more than {whole_pixels} pixels is read in bands of rows, and {what} cannot be")]
    NotInBands {
        /// What it is.
        what: String,
        /// The most pixels that are held at once.
        whole_pixels: u64,
    },
    /// The header promises more than a file of this length can hold.
    #[error(
        "the {format} header promises {width}x{height} pixels, more than a file of {file_bytes} bytes can hold"
    )]
    Implausible {
        /// The format.
        format: &'static str,
        /// Width that the header states.
        width: u32,
        /// Height that the header states.
        height: u32,
        /// Length of the file.
        file_bytes: usize,
    },
    /// The file breaks the rules of its format, or uses a part of it that is not read.
    #[error("the image cannot be decoded: {reason}")]
    Broken {
        /// What the decoder said, on one line.
        reason: String,
    },
}

impl DecodeFault {
    /// Says why a file could not be read.
    pub(crate) fn unreadable(error: &io::Error) -> Self {
        Self::Unreadable { kind: error.kind() }
    }

    /// Says what a decoder's error comes to.
    pub(crate) fn from_decoder(format: &'static str, error: &(dyn std::error::Error + 'static)) -> Self {
        // Some decoders quote the file.
        let said = error.to_string();
        let parts = said.split(|c: char| c.is_whitespace() || c.is_control()).filter(|part| !part.is_empty());
        let reason = parts.collect::<Vec<_>>().join(" ");
        if ends_early(error) || says_ends_early(&reason) {
            return Self::Truncated { format };
        }
        Self::Broken { reason: short(&reason).chars().take(LONGEST).collect() }
    }
}

/// The most characters of what a decoder said.
const LONGEST: usize = 300;

/// The clause of a decoder's error that a person can use: without the decoder's name
/// before it and the numbers and structures after it.
fn short(reason: &str) -> &str {
    let own = reason.split_once(" decoding ").and_then(|(_, rest)| rest.split_once(": "));
    let own = own.map_or(reason, |(_, rest)| rest);
    let end = own.find(": ").or(own.find(" while ")).or(own.find('{')).unwrap_or(own.len());
    own[..end].trim_end_matches('.')
}

/// Whether an unexpected end of file is at the root of an error.
fn ends_early(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<io::Error>();
        if io.is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Not every decoder keeps the cause; some only say it.
fn says_ends_early(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    ["unexpected end", "unexpected eof", "failed to fill whole buffer", "end of file", "no more bytes"]
        .iter()
        .any(|phrase| reason.contains(phrase))
}

/// Why a file cannot be read, in words for a person.
fn unreadable(kind: std::io::ErrorKind) -> String {
    match kind {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "this user may not read the file".to_owned(),
        other => format!("the file cannot be read: {other}"),
    }
}
