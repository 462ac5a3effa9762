//! The colours of heat: dark violet for few tokens, over red and orange, to light
//! yellow for many.
//!
//! Lightness rises evenly from one end to the other in Oklab (Ottosson 2020), so equal
//! steps in tokens look equal, and the order survives in grey and for every kind of
//! colour vision. Hue only helps.

/// Number of colours in a [`Scale`].
const STEPS: usize = 256;

/// Oklab lightness at both ends.
const LIGHTNESS: [f64; 2] = [0.24, 0.96];

/// Hue at both ends in degrees, the second beyond a full turn: violet, through magenta,
/// red and orange, to yellow.
const HUE: [f64; 2] = [285.0, 360.0 + 108.0];

/// The greatest chroma, in the middle, and that at the ends.
const CHROMA: [f64; 2] = [0.19, 0.09];

/// A scale of colours from least to most.
pub(super) struct Scale {
    colours: Vec<[u8; 3]>,
}

impl Scale {
    pub(super) fn new() -> Self {
        Self { colours: (0..STEPS).map(|i| colour(i as f64 / (STEPS - 1) as f64)).collect() }
    }

    /// The colour at `share` of the way, from 0 to 1.
    pub(super) fn at(&self, share: f64) -> [u8; 3] {
        let step = (share.clamp(0.0, 1.0) * (STEPS - 1) as f64 + 0.5) as usize;
        self.colours.get(step).copied().unwrap_or_default()
    }
}

/// Where numbers of tokens stand on the scale: the mean in its middle, the bounds at its
/// ends, so that more and less than an even share look different at a glance however
/// close the mean is to a bound.
#[derive(Clone, Copy)]
pub(super) struct Spread {
    low: f64,
    pub(super) mean: f64,
    high: f64,
}

impl Spread {
    pub(super) fn new(tokens: &[u32], (low, high): (u32, u32)) -> Self {
        let sum: u64 = tokens.iter().map(|&k| u64::from(k)).sum();
        let mean = sum as f64 / tokens.len() as f64;
        Self { low: f64::from(low), mean, high: f64::from(high) }
    }

    /// The place of a number, from 0 to 1; overrides may put it beyond the bounds.
    pub(super) fn place(&self, tokens: f64) -> f64 {
        let (from, to, start) =
            if tokens <= self.mean { (self.low, self.mean, 0.0) } else { (self.mean, self.high, 0.5) };
        if to <= from {
            return 0.5;
        }
        start + 0.5 * ((tokens - from) / (to - from)).clamp(0.0, 1.0)
    }
}

fn colour(t: f64) -> [u8; 3] {
    let between = |[from, to]: [f64; 2], t: f64| from + (to - from) * t;
    let middle = 4.0 * t * (1.0 - t);
    let lightness = between(LIGHTNESS, t);
    let chroma = between([CHROMA[1], CHROMA[0]], middle);
    let hue = between(HUE, t).to_radians();
    // Where the screen has no such colour, the same with less chroma.
    let mut rgb = [0.0; 3];
    for step in 0..=20 {
        let chroma = chroma * (1.0 - f64::from(step) / 20.0);
        rgb = linear_rgb(lightness, chroma * libm::cos(hue), chroma * libm::sin(hue));
        if rgb.iter().all(|value| (0.0..=1.0).contains(value)) {
            break;
        }
    }
    rgb.map(|value| (encode(value.clamp(0.0, 1.0)) * 255.0 + 0.5) as u8)
}

/// Oklab to linear sRGB, with the published matrices.
fn linear_rgb(lightness: f64, a: f64, b: f64) -> [f64; 3] {
    let l = lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b;
    let m = lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b;
    let s = lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b;
    let [l, m, s] = [l, m, s].map(|value| value * value * value);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
}

/// The sRGB encoding of a linear value.
fn encode(linear: f64) -> f64 {
    if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * libm::pow(linear, 1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrcoc_stats::luma;

    #[test]
    fn the_mean_is_in_the_middle_and_the_bounds_are_at_the_ends() {
        let spread = Spread::new(&[64, 100, 136, 300], (64, 400));
        let places = [64.0, 107.0, 150.0, 275.0, 400.0, 500.0].map(|k| spread.place(k));
        assert_eq!(places, [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]);
        let kept = Spread::new(&[1, 0, 0, 0], (0, 1));
        assert_eq!([kept.place(0.0), kept.place(1.0)], [0.0, 1.0]);
        let full = Spread::new(&[400, 400], (64, 400));
        assert_eq!([full.place(400.0), full.place(64.0)], [0.5, 0.0]);
        assert_eq!(Spread::new(&[7], (7, 7)).place(7.0), 0.5);
    }

    #[test]
    fn lightness_rises_all_the_way() {
        let scale = Scale::new();
        let lumas: Vec<u8> = scale.colours.iter().map(|&[r, g, b]| luma(r, g, b)).collect();
        assert!(lumas.is_sorted(), "{lumas:?}");
        assert!(lumas[0] < 40 && lumas[STEPS - 1] > 225, "{} {}", lumas[0], lumas[STEPS - 1]);
        // No quarter of the scale is flat.
        for quarter in lumas.chunks(STEPS / 4) {
            assert!(quarter[quarter.len() - 1] - quarter[0] > 25, "{quarter:?}");
        }
    }

    #[test]
    fn beyond_the_ends_is_the_end() {
        let scale = Scale::new();
        assert_eq!(scale.at(-1.0), scale.at(0.0));
        assert_eq!(scale.at(2.0), scale.at(1.0));
        assert_eq!(scale.at(f64::NAN), scale.at(0.0));
    }
}
