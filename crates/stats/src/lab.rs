//! The mean colour of an area, in CIE Lab.
//!
//! Distances in Lab are roughly distances as people see them, which distances in
//! sRGB are not. White is D65. Transcendental functions come from `libm`, so that
//! the last bit is the same on every platform.

/// Linear sRGB to XYZ (IEC 61966-2-1).
const TO_XYZ: [[f64; 3]; 3] = [
    [0.412_456_4, 0.357_576_1, 0.180_437_5],
    [0.212_672_9, 0.715_152_2, 0.072_175_0],
    [0.019_333_9, 0.119_192_0, 0.950_304_1],
];

/// D65, as the matrix above maps white.
const WHITE: [f64; 3] = [0.950_470_0, 1.000_000_1, 1.088_830_0];

/// Sums of R, G and B over an area, with its number of pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) count: i64,
    pub(crate) rgb: [i64; 3],
}

impl Area {
    /// The area and another one together.
    pub(crate) fn plus(self, other: Self) -> Self {
        let [r, g, b] = self.rgb;
        let [s, h, c] = other.rgb;
        Self { count: self.count + other.count, rgb: [r + s, g + h, b + c] }
    }

    /// The area without a part of it.
    pub(crate) fn minus(self, part: Self) -> Self {
        let [r, g, b] = self.rgb;
        let [s, h, c] = part.rgb;
        Self { count: self.count - part.count, rgb: [r - s, g - h, b - c] }
    }

    /// The mean colour; `None` of an area without pixels. It is the mean of the encoded
    /// values, since their sums are what the table holds, and only then decoded.
    pub(crate) fn lab(self) -> Option<Lab> {
        if self.count == 0 {
            return None;
        }
        let linear = self.rgb.map(|sum| linear(sum as f64 / (255.0 * self.count as f64)));
        let [x, y, z] = TO_XYZ.map(|[r, g, b]| r * linear[0] + g * linear[1] + b * linear[2]);
        let [fx, fy, fz] = [f(x / WHITE[0]), f(y / WHITE[1]), f(z / WHITE[2])];
        Some(Lab { l: 116.0 * fy - 16.0, a: 500.0 * (fx - fy), b: 200.0 * (fy - fz) })
    }
}

/// A colour in CIE Lab. For colours of sRGB, L lies in 0..=100, a in about
/// −86..=98, b in about −108..=94.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lab {
    pub(crate) l: f64,
    pub(crate) a: f64,
    pub(crate) b: f64,
}

impl Lab {
    /// |ΔL|.
    pub(crate) fn lightness_distance(self, other: Self) -> f64 {
        (self.l - other.l).abs()
    }

    /// √(Δa² + Δb²).
    pub(crate) fn chroma_distance(self, other: Self) -> f64 {
        self.chroma_squared(other).sqrt()
    }

    /// √(ΔL² + Δa² + Δb²), the CIE 1976 colour difference.
    pub(crate) fn distance(self, other: Self) -> f64 {
        let l = self.l - other.l;
        (l * l + self.chroma_squared(other)).sqrt()
    }

    fn chroma_squared(self, other: Self) -> f64 {
        let (a, b) = (self.a - other.a, self.b - other.b);
        a * a + b * b
    }
}

/// The sRGB decoding, 0..=1 to 0..=1.
fn linear(encoded: f64) -> f64 {
    if encoded <= 0.04045 { encoded / 12.92 } else { libm::pow((encoded + 0.055) / 1.055, 2.4) }
}

/// Lab's cube root with a straight piece near 0.
fn f(t: f64) -> f64 {
    const DELTA: f64 = 6.0 / 29.0;
    if t > DELTA * DELTA * DELTA { libm::cbrt(t) } else { t / (3.0 * DELTA * DELTA) + 4.0 / 29.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lab(r: i64, g: i64, b: i64) -> Lab {
        Area { count: 7, rgb: [7 * r, 7 * g, 7 * b] }.lab().unwrap()
    }

    #[track_caller]
    fn near(found: Lab, l: f64, a: f64, b: f64) {
        let off = found.distance(Lab { l, a, b });
        assert!(off < 0.02, "{found:?} is {off} from {l}, {a}, {b}");
    }

    /// Published values, such as those of Bruce Lindbloom's calculator, D65.
    #[test]
    fn known_colours() {
        near(lab(0, 0, 0), 0.0, 0.0, 0.0);
        near(lab(255, 255, 255), 100.0, 0.0, 0.0);
        near(lab(255, 0, 0), 53.24, 80.09, 67.20);
        near(lab(0, 255, 0), 87.73, -86.18, 83.18);
        near(lab(0, 0, 255), 32.30, 79.19, -107.86);
        near(lab(119, 119, 119), 50.03, 0.0, 0.0);
    }

    #[test]
    fn white_is_what_the_matrix_makes_of_it() {
        for (row, white) in TO_XYZ.iter().zip(WHITE) {
            assert!((row.iter().sum::<f64>() - white).abs() < 1e-12);
        }
    }

    #[test]
    fn nothing_has_no_colour() {
        assert_eq!(Area::default().lab(), None);
    }
}
