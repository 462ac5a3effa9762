//! Bringing samples back to the size of what they were taken from.
//!
//! Catmull–Rom: it goes through the samples, keeps straight ramps straight and
//! overshoots little. Beyond the border the nearest sample is repeated, so a patch is
//! made of its own samples alone: what a patch looks like says nothing about its
//! neighbours' tokens.

/// The weights of four samples for one pixel.
#[derive(Clone, Copy)]
struct Taps {
    /// Indices of the samples, inside.
    at: [usize; 4],
    weight: [f32; 4],
}

/// Weights for `pixels` pixels out of `samples` samples. Sample s is at the centre of its
/// share of the length.
fn taps(samples: u32, pixels: u32) -> Vec<Taps> {
    let last = i64::from(samples) - 1;
    (0..pixels)
        .map(|p| {
            // s = (p + ½)·samples/pixels − ½, as a whole and a fraction, in integers:
            // exact also where samples and pixels coincide.
            let scale = 2 * i64::from(pixels);
            let position = (2 * i64::from(p) + 1) * i64::from(samples) - i64::from(pixels);
            let whole = position.div_euclid(scale);
            let t = position.rem_euclid(scale) as f32 / scale as f32;
            let at = [-1, 0, 1, 2].map(|offset| (whole + offset).clamp(0, last) as usize);
            let (t2, t3) = (t * t, t * t * t);
            let weight = [
                0.5 * (-t3 + 2.0 * t2 - t),
                0.5 * (3.0 * t3 - 5.0 * t2 + 2.0),
                0.5 * (-3.0 * t3 + 4.0 * t2 + t),
                0.5 * (t3 - t2),
            ];
            Taps { at, weight }
        })
        .collect()
}

/// Enlarges `w` × `h` samples of RGB to `width` × `height` pixels, `3 · width · height`
/// bytes, rounded half up. Equal sizes give the samples themselves.
pub(crate) fn enlarge(samples: &[u8], (w, h): (u32, u32), (width, height): (u32, u32)) -> Vec<u8> {
    let columns = taps(w, width);
    let rows = taps(h, height);
    let stride = 3 * width as usize;
    let mut wide = Vec::with_capacity(stride * h as usize);
    for line in samples.chunks_exact(3 * w as usize) {
        let line = line.as_chunks::<3>().0;
        for taps in &columns {
            let [a, b, c, d] = taps.at.map(|at| line[at].map(f32::from));
            wide.extend(
                [0, 1, 2].map(|channel| mix(taps.weight, [a[channel], b[channel], c[channel], d[channel]])),
            );
        }
    }
    let mut pixels = Vec::with_capacity(stride * height as usize);
    for taps in &rows {
        let [a, b, c, d] = taps.at.map(|at| &wide[at * stride..][..stride]);
        let column = a.iter().zip(b).zip(c.iter().zip(d));
        // A conversion with `as` clips to 0..=255.
        pixels.extend(column.map(|((&a, &b), (&c, &d))| (mix(taps.weight, [a, b, c, d]) + 0.5) as u8));
    }
    pixels
}

fn mix(weight: [f32; 4], [a, b, c, d]: [f32; 4]) -> f32 {
    (weight[0] * a + weight[3] * d) + (weight[1] * b + weight[2] * c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equal_sizes_change_nothing(w in 1u32..9, h in 1u32..9, seed: u8) {
            let samples: Vec<u8> = (0..3 * w * h).map(|i| (i * 83) as u8 ^ seed).collect();
            prop_assert_eq!(enlarge(&samples, (w, h), (w, h)), samples);
        }

        #[test]
        fn a_constant_stays(value: u8, w in 1u32..9, h in 1u32..9, width in 1u32..40, height in 1u32..40) {
            let samples = vec![value; (3 * w * h) as usize];
            let pixels = enlarge(&samples, (w, h), (width, height));
            prop_assert_eq!(pixels, vec![value; (3 * width * height) as usize]);
        }
    }

    #[test]
    fn a_ramp_stays_straight_between_its_samples() {
        // Samples 0, 40, 80, 120 at pixels 2, 7, 12, 17 of 20.
        let samples = [[0u8; 3], [40; 3], [80; 3], [120; 3]].concat();
        let pixels = enlarge(&samples, (4, 1), (20, 1));
        for x in 7..=12usize {
            assert_eq!(pixels[3 * x], 40 + 8 * (x as u8 - 7));
        }
    }
}
