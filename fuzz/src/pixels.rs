//! Images: at once, and in bands of rows.

use std::path::Path;

use arrcoc_picture::{Bands, DecodeError, DecodeFault, Image, Limits, decode};

use crate::{is_a_line, scratch};

/// Small, so that a header which promises the most costs little: what is looked for is a promise that is not held.
const LIMITS: Limits = Limits { max_pixels: 1 << 18, whole_pixels: 1 << 18 };

/// The bytes of an image file.
pub(crate) fn image(bytes: &[u8]) {
    match decode(bytes, &LIMITS) {
        Ok((image, _)) => hold(&image),
        Err(error) => is_a_line(&error.to_string()),
    }
}

fn hold(image: &Image) {
    let pixels = u64::from(image.width()) * u64::from(image.height());
    assert!((1..=LIMITS.max_pixels).contains(&pixels), "{pixels} pixels");
    assert_eq!(image.data().len() as u64, 3 * pixels);
}

/// A file that is read in bands is what it is when it is read at once.
pub(crate) fn bands(bytes: &[u8]) {
    let may_come_in_bands = bytes.starts_with(b"\x89PNG") || bytes.starts_with(b"P");
    if !may_come_in_bands {
        return;
    }
    let in_bands = match scratch::file(bytes, rows) {
        Err(error) if matches!(error.fault(), DecodeFault::NotInBands { .. }) => return,
        other => other,
    };
    match (in_bands, decode(bytes, &LIMITS)) {
        (Ok(rows), Ok((image, _))) => {
            hold(&image);
            assert!(rows == image.data(), "the bands are not the image");
        }
        (Err(one), Err(_)) => is_a_line(&one.to_string()),
        (Ok(_), Err(error)) => panic!("in bands it is an image, at once it is none: {error}"),
        (Err(error), Ok(_)) => panic!("at once it is an image, in bands it is none: {error}"),
    }
}

/// All rows of a file, read in bands.
fn rows(path: &Path) -> Result<Vec<u8>, DecodeError> {
    let mut bands = Bands::open(path, &LIMITS, |_| {})?;
    let mut rows = Vec::new();
    while let Some(band) = bands.next_band()? {
        let own = band.rows();
        for row in own {
            rows.extend_from_slice(band.row(row));
        }
    }
    bands.finish()?;
    Ok(rows)
}
