//! Rows of a binary PGM or PPM, converted as [`decode`](crate::decode()) converts them.

use std::io::{self, BufReader, Read as _};

use image::codecs::pnm::{PnmDecoder, PnmSubtype, SampleEncoding};

use super::{Header, Rows, source::Tap};
use crate::decode::{DecodeFault, Notes, convert::spread};

const NAME: &str = "pnm";

struct PnmRows {
    reader: BufReader<Tap>,
    channels: u8,
    deep: bool,
    /// Samples to 8 bits, where that is more than leaving out the low byte.
    map: Option<Vec<u8>>,
    samples: Vec<u8>,
    bytes: Vec<u8>,
}

/// Reads the header.
pub(super) fn open(reader: BufReader<Tap>) -> Result<(Box<dyn Rows>, Header), DecodeFault> {
    let decoder = PnmDecoder::new(reader).map_err(|e| DecodeFault::from_decoder(NAME, &e))?;
    let subtype = decoder.subtype();
    let (reader, stated) = decoder.into_inner();
    let largest = stated.maximal_sample();
    let deep = largest > 255;
    let (channels, unfit) = match subtype {
        PnmSubtype::Graymap(SampleEncoding::Binary) => (1, None),
        PnmSubtype::Pixmap(SampleEncoding::Binary) => (3, None),
        PnmSubtype::Bitmap(SampleEncoding::Binary) => (1, Some("a pbm file".to_owned())),
        PnmSubtype::ArbitraryMap => (1, Some("a pam file".to_owned())),
        _ => (1, Some("a pnm file of text".to_owned())),
    };
    let notes =
        Notes { format: NAME, orientation: None, sixteen_bit: deep, alpha: false, icc_ignored: false };
    let header = Header { width: stated.width(), height: stated.height(), notes, unfit };
    let map = map(largest, deep);
    Ok((Box::new(PnmRows { reader, channels, deep, map, samples: Vec::new(), bytes: Vec::new() }), header))
}

/// What samples up to `largest` become, by the arithmetic of the decoder of whole images.
fn map(largest: u32, deep: bool) -> Option<Vec<u8>> {
    let most = if deep { u32::from(u16::MAX) } else { u32::from(u8::MAX) };
    let factor = most as f32 / largest as f32;
    let byte = |sample: u32| {
        let scaled = sample as f32 * factor;
        if deep { (scaled.round() as u16 >> 8) as u8 } else { scaled.round() as u8 }
    };
    (largest != most).then(|| (0..=most).map(byte).collect())
}

impl Rows for PnmRows {
    fn read(&mut self, rgb: &mut [u8]) -> Result<(), DecodeFault> {
        let ended = |e: io::Error| match e.kind() {
            io::ErrorKind::UnexpectedEof => DecodeFault::Truncated { format: NAME },
            _ => DecodeFault::unreadable(&e),
        };
        if self.channels == 3 && !self.deep && self.map.is_none() {
            return self.reader.read_exact(rgb).map_err(ended);
        }
        let count = rgb.len() / 3 * usize::from(self.channels);
        self.samples.resize(count * (1 + usize::from(self.deep)), 0);
        self.reader.read_exact(&mut self.samples).map_err(ended)?;
        self.bytes.clear();
        let (pairs, map) = (self.samples.as_chunks::<2>().0, self.map.as_deref());
        match (self.deep, map) {
            (true, None) => self.bytes.extend(pairs.iter().map(|pair| pair[0])),
            (true, Some(map)) => {
                self.bytes.extend(pairs.iter().map(|&pair| map[usize::from(u16::from_be_bytes(pair))]));
            }
            (false, Some(map)) => {
                self.bytes.extend(self.samples.iter().map(|&sample| map[usize::from(sample)]));
            }
            (false, None) => self.bytes.extend(&self.samples),
        }
        spread(&self.bytes, self.channels, rgb);
        Ok(())
    }
}
