//! Samples of any colour type to RGB8, by the formulas that `decode` states.

use image::ColorType;

/// Converts decoded samples, native-endian and tightly packed, to RGB8. `None` for a
/// colour type that this crate does not know.
pub(super) fn to_rgb8(samples: Vec<u8>, colour: ColorType) -> Option<Vec<u8>> {
    let bytes = match colour {
        ColorType::Rgb8 => return Some(samples),
        ColorType::L8 | ColorType::La8 | ColorType::Rgba8 => samples,
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => {
            samples.as_chunks().0.iter().map(|&pair| (u16::from_ne_bytes(pair) >> 8) as u8).collect()
        }
        ColorType::Rgb32F | ColorType::Rgba32F => {
            samples.as_chunks().0.iter().map(|&four| unit_to_byte(f32::from_ne_bytes(four))).collect()
        }
        _ => return None,
    };
    Some(match colour.channel_count() {
        1 => bytes.iter().flat_map(|&grey| [grey; 3]).collect(),
        2 => bytes.as_chunks().0.iter().flat_map(|&[grey, alpha]| [over_white(grey, alpha); 3]).collect(),
        3 => bytes,
        4 => bytes
            .as_chunks()
            .0
            .iter()
            .flat_map(|&[r, g, b, alpha]| [r, g, b].map(|value| over_white(value, alpha)))
            .collect(),
        _ => return None,
    })
}

/// A colour value with alpha, over white. 255 is odd, so there are no ties to round.
fn over_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

/// A conversion with `as` takes what is not a number to 0.
fn unit_to_byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_composited_over_white() {
        for value in 0..=255 {
            assert_eq!(over_white(value, 255), value);
            assert_eq!(over_white(value, 0), 255);
        }
        assert_eq!(over_white(255, 77), 255);
        // 0 at half: 255·127/255 = 127.
        assert_eq!(over_white(0, 128), 127);
        assert_eq!(to_rgb8(vec![0, 128, 9, 255], ColorType::La8), Some(vec![127, 127, 127, 9, 9, 9]));
    }

    #[test]
    fn sixteen_bits_are_cut_not_rounded() {
        let samples: Vec<u8> = [0x12ffu16, 0x00ff, 0xffff].iter().flat_map(|v| v.to_ne_bytes()).collect();
        assert_eq!(to_rgb8(samples, ColorType::Rgb16), Some(vec![0x12, 0, 0xff]));
    }

    #[test]
    fn floats_are_clipped() {
        let values = [f32::NAN, -1.0, 2.0, 0.5, 0.0, f32::INFINITY];
        let samples: Vec<u8> = values.iter().flat_map(|v| v.to_ne_bytes()).collect();
        assert_eq!(to_rgb8(samples, ColorType::Rgb32F), Some(vec![0, 0, 255, 128, 0, 255]));
    }
}
