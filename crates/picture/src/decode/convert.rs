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
    let channels = colour.channel_count();
    if channels == 3 {
        return Some(bytes);
    }
    let mut rgb = vec![0; bytes.len() / usize::from(channels) * 3];
    spread(&bytes, channels, &mut rgb);
    Some(rgb)
}

/// Writes 8-bit pixels of 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha) channels as RGB8.
pub(crate) fn spread(bytes: &[u8], channels: u8, rgb: &mut [u8]) {
    let pixels = rgb.as_chunks_mut::<3>().0.iter_mut();
    match channels {
        1 => pixels.zip(bytes).for_each(|(pixel, &grey)| *pixel = [grey; 3]),
        2 => {
            let given = bytes.as_chunks().0;
            pixels.zip(given).for_each(|(pixel, &[grey, alpha])| *pixel = [over_white(grey, alpha); 3]);
        }
        3 => pixels.zip(bytes.as_chunks().0).for_each(|(pixel, given)| *pixel = *given),
        _ => {
            let given = bytes.as_chunks().0;
            pixels.zip(given).for_each(|(pixel, &[r, g, b, alpha])| {
                *pixel = [r, g, b].map(|value| over_white(value, alpha));
            });
        }
    }
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
