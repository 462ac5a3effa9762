//! Files that end before their pixels do, where the decoder would not say so.
//!
//! Most decoders run into the end of the file and report that. The JPEG decoder paints
//! what is missing grey and says nothing; the WebP decoder takes the end for damage.

use image::ImageFormat;

/// Whether a file of this format is cut short, as far as that shows without decoding.
pub(super) fn is_cut_short(format: ImageFormat, bytes: &[u8]) -> bool {
    match format {
        ImageFormat::Jpeg => !jpeg_has_end(bytes),
        ImageFormat::WebP => (bytes.len() as u64) < riff_length(bytes),
        _ => false,
    }
}

/// The length of a RIFF file, as its header states it.
fn riff_length(bytes: &[u8]) -> u64 {
    match bytes.get(4..8).and_then(<[u8]>::first_chunk) {
        Some(&size) => 8 + u64::from(u32::from_le_bytes(size)),
        None => 0,
    }
}

/// Whether a JPEG's pixels come to an end: whether there is an end-of-image marker
/// after the first start of scan. (There may be one before, in a thumbnail.)
fn jpeg_has_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    // Segments have a marker and a length; the scan is what follows the last of them.
    while let Some(&[0xff, marker, high, low]) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        if marker == 0xff {
            at += 1;
            continue;
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
        if marker == 0xda {
            let scan = bytes.get(at..).unwrap_or_default();
            return scan.windows(2).any(|pair| pair == [0xff, 0xd9]);
        }
    }
    // The header itself is cut, or not one: the decoder has words for that.
    at < bytes.len()
}
