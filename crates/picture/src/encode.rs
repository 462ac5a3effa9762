//! From an [`Image`] to the bytes of a file.

use std::io::Cursor;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::pnm::{PnmEncoder, PnmSubtype, SampleEncoding};
use image::{ExtendedColorType, ImageEncoder, ImageError};

use crate::raster::Image;

/// High enough that the samples drawn by `render` are not blurred again.
const JPEG_QUALITY: u8 = 95;

/// Encodes as PNG.
///
/// # Errors
///
/// [`EncodeError::Refused`] when the encoder does not take the image.
pub fn encode_png(image: &Image) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::new();
    write(image, PngEncoder::new(Cursor::new(&mut bytes)))?;
    Ok(bytes)
}

/// Encodes as JPEG of a quality from 1 to 100; others count as the nearest of these.
///
/// # Errors
///
/// [`EncodeError::Refused`] for more than 65 535 pixels a side.
pub fn encode_jpeg(image: &Image, quality: u8) -> Result<Vec<u8>, EncodeError> {
    let mut bytes = Vec::new();
    write(image, JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100)))?;
    Ok(bytes)
}

/// Encodes as what the extension of `path` says: `.png`, `.jpg`, `.jpeg` or `.ppm`.
/// Nothing is written to the path.
///
/// # Errors
///
/// [`EncodeError::Extension`] for another extension or none, [`EncodeError::Refused`]
/// when the encoder does not take the image: a JPEG has at most 65 535 pixels a side.
pub fn encode_any(image: &Image, path: &Path) -> Result<Vec<u8>, EncodeError> {
    let extension = path.extension().map(|text| text.to_string_lossy().to_ascii_lowercase());
    let mut bytes = Vec::new();
    match extension.as_deref() {
        Some("png") => return encode_png(image),
        Some("jpg" | "jpeg") => return encode_jpeg(image, JPEG_QUALITY),
        Some("ppm") => {
            let subtype = PnmSubtype::Pixmap(SampleEncoding::Binary);
            write(image, PnmEncoder::new(&mut bytes).with_subtype(subtype))?;
        }
        _ => return Err(EncodeError::Extension { path: path.display().to_string() }),
    }
    Ok(bytes)
}

fn write(image: &Image, encoder: impl ImageEncoder) -> Result<(), EncodeError> {
    encoder
        .write_image(image.data(), image.width(), image.height(), ExtendedColorType::Rgb8)
        .map_err(|error: ImageError| EncodeError::Refused { reason: error.to_string() })
}

/// Why an image was not encoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The extension names no format that is written.
    #[error("`{path}` does not say in which format to write: end it in `.png`, `.jpg` or `.ppm`")]
    Extension {
        /// The path.
        path: String,
    },
    /// The format cannot hold the image.
    #[error("the image cannot be encoded: {reason}")]
    Refused {
        /// What the encoder said.
        reason: String,
    },
}
