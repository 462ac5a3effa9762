//! The reader: every QR code that is found on a whole page.
//!
//! A published decoder, told nothing but the pixels: not how many codes there
//! are, nor where. What it returns is compared with what was written, letter by
//! letter. The pages are written by another library.

use std::collections::{BTreeSet, HashSet};

use arrcoc::{Decision, Error, Grid};
use arrcoc_picture::{Image, Sampling, render};
use arrcoc_stats::{Tiling, luma};
use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource, common::HybridBinarizer,
    multi::MultipleBarcodeReader, qrcode::cpp_port::QrReader,
};

/// The page as it looks at a decision.
pub(crate) fn seen(image: &Image, decision: &Decision) -> Result<Image, Error> {
    let grid = Grid::new(decision.grid.rows, decision.grid.cols)?;
    let sampling = match decision.policy.sampling {
        arrcoc::Sampling::Grid => Sampling::Grid,
        arrcoc::Sampling::Keep => Sampling::Keep,
    };
    let tiling = Tiling::new(grid, image.width(), image.height())?;
    Ok(render(image, &tiling, &decision.flat_tokens(), sampling))
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
