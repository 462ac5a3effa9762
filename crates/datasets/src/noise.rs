//! Value noise: smooth random fields, band by band.
//!
//! Natural images have amplitudes that fall about as 1/frequency (Field 1987). A
//! sum of octaves, each at twice the frequency and about half the amplitude of the
//! one before, has that fall and costs a few operations a pixel. The lattice is
//! hashed, not stored, so a field has no edges and any point of it can be asked for.

use crate::random::Random;

/// A band-limited random field over the plane, with features about one unit wide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noise {
    key: u32,
}

impl Noise {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self { key: random.next_u64() as u32 }
    }

    /// The value at (`x`, `y`), in −1..=1.
    pub(crate) fn at(self, x: f32, y: f32) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let (u, v) = (smooth(x - left), smooth(y - top));
        let (i, j) = (left as i32, top as i32);
        let upper = mix(self.corner(i, j), self.corner(i.wrapping_add(1), j), u);
        let j = j.wrapping_add(1);
        let lower = mix(self.corner(i, j), self.corner(i.wrapping_add(1), j), u);
        mix(upper, lower, v)
    }

    /// A sum of octaves, in −1..=1: the first at the field's own scale, each next one
    /// at twice the frequency and `gain` times the amplitude.
    ///
    /// Each octave is turned against the one before, lest their lattices line up.
    pub(crate) fn octaves(self, x: f32, y: f32, octaves: u32, gain: f32) -> f32 {
        let (mut x, mut y, mut amplitude, mut sum, mut total) = (x, y, 1.0, 0.0, 0.0);
        for octave in 0..octaves {
            let layer = Self { key: self.key.wrapping_add(octave.wrapping_mul(0x9e37_79b9)) };
            sum += amplitude * layer.at(x, y);
            total += amplitude;
            amplitude *= gain;
            // A turn by the angle of the 3-4-5 triangle, and twice the frequency.
            (x, y) = (1.6 * x - 1.2 * y + 17.0, 1.2 * x + 1.6 * y - 5.0);
        }
        if total == 0.0 { 0.0 } else { sum / total }
    }

    /// The random value of a lattice point, in −1..1.
    fn corner(self, i: i32, j: i32) -> f32 {
        let mut h = self.key ^ (i as u32).wrapping_mul(0x85eb_ca6b) ^ (j as u32).wrapping_mul(0xc2b2_ae35);
        // The finaliser of MurmurHash3 (Appleby 2011, public domain).
        h = (h ^ (h >> 16)).wrapping_mul(0x85eb_ca6b);
        h = (h ^ (h >> 13)).wrapping_mul(0xc2b2_ae35);
        h ^= h >> 16;
        (h >> 8) as f32 / (1u32 << 23) as f32 - 1.0
    }
}

/// From `a` to `b` as `t` goes from 0 to 1.
pub(crate) fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// From 0 to 1, level at both ends.
pub(crate) fn smooth(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_in_range_vary_and_are_smooth() {
        let noise = Noise::new(&mut Random::new(1));
        let values: Vec<f32> = (0..4000).map(|i| noise.octaves(i as f32 * 0.01, -3.3, 4, 0.5)).collect();
        assert!(values.iter().all(|value| (-1.0..=1.0).contains(value)));
        let spread = values.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        assert!(spread > 0.3, "{spread}");
        assert!(values.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.1));
    }
}
