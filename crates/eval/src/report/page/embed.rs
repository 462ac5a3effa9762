//! Images inside the page: JPEG as data URIs, because the page loads nothing.

use arrcoc::Error;
use arrcoc_picture::{Image, encode_jpeg};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Of the JPEGs: small, and samples keep their edges.
const QUALITY: u8 = 80;

/// An image as a data URI.
///
/// # Errors
/// When a side has more than 65 535 pixels.
pub(crate) fn embedded(image: &Image) -> Result<String, Error> {
    let jpeg = encode_jpeg(image, QUALITY)
        .map_err(|e| Error::new(format!("cannot embed an image: {e}"), "use smaller pages"))?;
    Ok(format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg)))
}
