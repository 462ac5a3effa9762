//! The decoder: every QR code that is found on a whole page.
//!
//! A published decoder, told nothing but the pixels: not how many codes there
//! are, nor where. What it returns is compared with what was written, letter by
//! letter. The pages are written by another library.

use std::collections::{BTreeSet, HashSet};

use arrcoc_picture::Image;
use arrcoc_stats::luma;
use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource, common::HybridBinarizer,
    multi::MultipleBarcodeReader, qrcode::cpp_port::QrReader,
};

use super::{Judge, Names, Score, View};

pub(super) const NAMES: Names = Names {
    score: "decode",
    area: "decode-area",
    drop: "decode-drop",
    kept: "decode-kept",
    b90: "decode-b90",
    b95: "decode-b95",
    besides: &[WRONG],
    what: "QR codes decoded",
};

/// Texts that were read and are not on the page.
const WRONG: &str = "decode-wrong";

/// A decoder of QR codes.
pub(super) struct Decoder;

impl Judge for Decoder {
    fn judge(&self, view: &View<'_>) -> Result<Vec<Score>, String> {
        let reading = read(view.seen, view.ask.answers.iter().map(|answer| answer.text.as_str()));
        let codes = view.ask.answers.len() as f64;
        let rate = if codes == 0.0 { 0.0 } else { reading.right as f64 / codes };
        Ok(vec![
            Score { metric: NAMES.score, value: rate, weight: codes },
            Score { metric: WRONG, value: reading.wrong as f64, weight: 1.0 },
        ])
    }
}

/// What a reader made of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Texts of the page that were read.
    pub(crate) right: usize,
    /// Texts that were read and are not on the page.
    pub(crate) wrong: usize,
}

/// Reads a page on which these texts are written.
pub(crate) fn read<'a>(image: &Image, written: impl Iterator<Item = &'a str>) -> Reading {
    let found = decode(image);
    let right = written.filter(|text| found.contains(*text)).count();
    Reading { right, wrong: found.len() - right }
}

fn decode(image: &Image) -> BTreeSet<String> {
    let grey = image.data().as_chunks().0.iter().map(|&[r, g, b]| luma(r, g, b)).collect();
    let Ok(source) = Luma8LuminanceSource::new(grey, image.width(), image.height()) else {
        return BTreeSet::new();
    };
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
