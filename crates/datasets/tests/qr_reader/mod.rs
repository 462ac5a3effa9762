//! Reads codes off an image with a library that has nothing to do with the encoder.

use std::collections::{BTreeSet, HashSet};

use arrcoc_datasets::codes::Page;
use arrcoc_picture::Image;
use arrcoc_stats::{Rect, luma};
use rxing::common::HybridBinarizer;
use rxing::multi::MultipleBarcodeReader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource};

/// Every text that is read on the image as a whole.
pub(crate) fn whole(image: &Image) -> BTreeSet<String> {
    read(image, Rect { x: 0, y: 0, width: image.width(), height: image.height() })
}

/// Every text that is read on crops of `image` around the codes of its page: their
/// bounds and a tenth of them on each side.
pub(crate) fn crops(image: &Image, page: &Page) -> BTreeSet<String> {
    page.codes.iter().flat_map(|code| read(image, widened(code.bounds(), image))).collect()
}

fn widened(rect: Rect, image: &Image) -> Rect {
    let range = |start: u32, length: u32, most: u32| {
        let more = length / 10;
        let first = start.saturating_sub(more);
        (first, (start + length + more).min(most) - first)
    };
    let (x, width) = range(rect.x, rect.width, image.width());
    let (y, height) = range(rect.y, rect.height, image.height());
    Rect { x, y, width, height }
}

fn read(image: &Image, rect: Rect) -> BTreeSet<String> {
    let pixels = image.pixels();
    let columns = 3 * rect.x as usize..3 * (rect.x + rect.width) as usize;
    let rows = (rect.y..rect.y + rect.height).flat_map(|y| pixels.row(y)[columns.clone()].chunks_exact(3));
    let grey: Vec<u8> = rows.map(|pixel| luma(pixel[0], pixel[1], pixel[2])).collect();
    let Ok(source) = Luma8LuminanceSource::new(grey, rect.width, rect.height) else { return BTreeSet::new() };
    let hints = DecodeHints {
        TryHarder: Some(true),
        PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
        ..DecodeHints::default()
    };
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    // That nothing was found comes as an error.
    let found = QrReader.decode_multiple_with_hints(&mut bitmap, &hints).unwrap_or_default();
    found.into_iter().map(|result| result.getText().to_owned()).collect()
}
