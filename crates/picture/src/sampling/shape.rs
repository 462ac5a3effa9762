//! The shape of the sample grid that k tokens buy.

/// The columns and rows, `(w, h)`, of the grid of samples that `k` tokens buy for a
/// patch of `width` × `height` pixels. k = 0 counts as 1, and so does a side of 0.
///
/// A shape is *full* when neither side can grow: one more column or one more row
/// would exceed k samples or the patch's side. Of the full shapes it is the one whose
/// aspect w/h is nearest to the patch's, as a ratio (two thirds and three halves of it
/// are equally near); of two equally near, the one with fewer rows. So no budget is
/// left that could have bought a row or a column, and only then does aspect decide:
/// full shapes of any aspect use more than half of k, or all of the patch. Everything
/// is decided in integers.
///
/// ```
/// use arrcoc_picture::sample_shape;
/// assert_eq!(sample_shape(64, 56, 56), (8, 8));
/// assert_eq!(sample_shape(400, 56, 56), (20, 20));
/// assert_eq!(sample_shape(12, 56, 56), (4, 3));
/// assert_eq!(sample_shape(400, 16, 12), (16, 12));
/// ```
#[must_use]
pub fn sample_shape(k: u32, width: u32, height: u32) -> (u32, u32) {
    let (k, width, height) = (k.max(1), width.max(1), height.max(1));
    if u64::from(width) * u64::from(height) <= u64::from(k) {
        return (width, height);
    }
    let mut nearest: Option<((u32, u32), Ratio)> = None;
    for h in 1..=height.min(k) {
        let w = width.min(k / h);
        let taller_fits = h < height && u64::from(h + 1) * u64::from(w) <= u64::from(k);
        if taller_fits {
            continue;
        }
        let off = Ratio::between(u64::from(w) * u64::from(height), u64::from(h) * u64::from(width));
        if nearest.is_none_or(|(_, least)| off.is_below(least)) {
            nearest = Some(((w, h), off));
        }
    }
    // The tallest shape is always full, so there is one.
    nearest.map_or((1, 1), |(shape, _)| shape)
}

/// A ratio of at least 1.
#[derive(Clone, Copy)]
struct Ratio {
    more: u64,
    less: u64,
}

impl Ratio {
    fn between(a: u64, b: u64) -> Self {
        Self { more: a.max(b), less: a.min(b) }
    }

    fn is_below(self, other: Self) -> bool {
        u128::from(self.more) * u128::from(other.less) < u128::from(other.more) * u128::from(self.less)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shapes_are_within_bounds_and_full(k in 1u32..3000, width in 1u32..300, height in 1u32..300) {
            let (w, h) = sample_shape(k, width, height);
            prop_assert!(w >= 1 && h >= 1 && w <= width && h <= height && w * h <= k);
            prop_assert!(w == width || (w + 1) * h > k, "{w}x{h} could be wider");
            prop_assert!(h == height || w * (h + 1) > k, "{w}x{h} could be taller");
            prop_assert!(2 * w * h > k || (w, h) == (width, height) || w == width || h == height);
        }

        #[test]
        fn no_full_shape_is_nearer(k in 1u32..150, width in 1u32..30, height in 1u32..30) {
            let off = |w: u32, h: u32| libm::log(f64::from(w * height) / f64::from(h * width)).abs();
            let (w, h) = sample_shape(k, width, height);
            for other_h in 1..=height {
                for other_w in 1..=width {
                    let full = other_w * other_h <= k
                        && (other_w == width || (other_w + 1) * other_h > k)
                        && (other_h == height || other_w * (other_h + 1) > k);
                    if full {
                        prop_assert!(off(w, h) <= off(other_w, other_h) + 1e-12);
                        if other_h < h {
                            prop_assert!(off(w, h) < off(other_w, other_h) - 1e-12);
                        }
                    }
                }
            }
        }
    }

    /// More tokens never buy fewer samples of a square patch.
    #[test]
    fn area_is_monotone_in_k_on_squares() {
        for side in [1, 7, 20, 56] {
            let mut least = 0;
            for k in 1..=3200 {
                let (w, h) = sample_shape(k, side, side);
                assert!(w * h >= least, "{k} on {side}: {w}x{h} after {least}");
                least = w * h;
            }
            assert_eq!(least, (side * side).min(56 * 56));
        }
    }

    #[test]
    fn shapes_named_in_the_documents() {
        assert_eq!(sample_shape(1, 56, 56), (1, 1));
        assert_eq!(sample_shape(2, 56, 56), (2, 1));
        assert_eq!(sample_shape(256, 56, 56), (16, 16));
        assert_eq!(sample_shape(0, 0, 0), (1, 1));
        assert_eq!(sample_shape(u32::MAX, 10, 4), (10, 4));
        assert_eq!(sample_shape(8, 80, 40), (4, 2));
        assert_eq!(sample_shape(8, 1, 40), (1, 8));
    }
}
