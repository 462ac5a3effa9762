//! Rows of a PNG, converted as [`decode`](crate::decode()) converts them.

use std::io::BufReader;

use image::metadata::Orientation;
use png::{BitDepth, ColorType, Decoder, DecodingError, Reader, Transformations};

use super::{Header, Rows, source::Tap};
use crate::decode::{DecodeFault, Notes, convert::spread};

const NAME: &str = "png";

/// Memory for what stands beside the pixels: a colour profile, metadata.
const BESIDE: usize = 16 << 20;

struct PngRows {
    reader: Reader<BufReader<Tap>>,
    channels: u8,
    deep: bool,
    /// A row as it is decoded, and cut to 8 bits.
    samples: Vec<u8>,
    bytes: Vec<u8>,
}

fn fault(error: &DecodingError) -> DecodeFault {
    DecodeFault::from_decoder(NAME, error)
}

/// Reads the header.
pub(super) fn open(reader: BufReader<Tap>) -> Result<(Box<dyn Rows>, Header), DecodeFault> {
    let mut decoder = Decoder::new_with_limits(reader, png::Limits { bytes: BESIDE });
    decoder.set_ignore_text_chunk(true);
    // Palettes, fewer than 8 bits and a transparent colour become plain samples.
    decoder.set_transformations(Transformations::EXPAND);
    let reader = decoder.read_info().map_err(|e| fault(&e))?;
    let info = reader.info();
    let (width, height) = info.size();
    let orientation = info.exif_metadata.as_deref().and_then(Orientation::from_exif_chunk);
    let turned = orientation.filter(|orientation| *orientation != Orientation::NoTransforms);
    let unfit = match turned {
        _ if info.interlaced => Some("an interlaced png file".to_owned()),
        Some(turned) => {
            Some(format!("a png file that is to be turned (EXIF orientation {})", turned.to_exif()))
        }
        None => None,
    };
    let (colour, depth) = reader.output_color_type();
    let channels = match colour {
        ColorType::Grayscale => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb => 3,
        ColorType::Rgba => 4,
        ColorType::Indexed => {
            return Err(DecodeFault::Broken { reason: "its palette was not expanded".to_owned() });
        }
    };
    let deep = depth == BitDepth::Sixteen;
    let notes = Notes {
        format: NAME,
        orientation: None,
        sixteen_bit: deep,
        alpha: matches!(channels, 2 | 4),
        icc_ignored: info.icc_profile.is_some(),
    };
    let header = Header { width, height, notes, unfit };
    Ok((Box::new(PngRows { reader, channels, deep, samples: Vec::new(), bytes: Vec::new() }), header))
}

impl Rows for PngRows {
    fn read(&mut self, rgb: &mut [u8]) -> Result<(), DecodeFault> {
        let width = rgb.len() / 3;
        let direct = self.channels == 3 && !self.deep;
        let row = if direct {
            self.reader.read_row(rgb)
        } else {
            self.samples.resize(width * usize::from(self.channels) * (1 + usize::from(self.deep)), 0);
            self.reader.read_row(&mut self.samples)
        };
        if row.map_err(|e| fault(&e))?.is_none() {
            return Err(DecodeFault::Truncated { format: NAME });
        }
        match (direct, self.deep) {
            (true, _) => {}
            (_, false) => spread(&self.samples, self.channels, rgb),
            (_, true) => {
                // The high byte comes first.
                self.bytes.clear();
                self.bytes.extend(self.samples.as_chunks::<2>().0.iter().map(|pair| pair[0]));
                spread(&self.bytes, self.channels, rgb);
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), DecodeFault> {
        // There are no more rows; asking reads the end of what was compressed, with its checksum.
        self.reader.read_row(&mut []).map(|_| ()).map_err(|e| fault(&e))
    }
}
