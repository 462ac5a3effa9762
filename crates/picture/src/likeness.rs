//! How alike two places look, and which of several places looks most like a given one.
//!
//! The measure is normalised cross-correlation (Lewis 1995, "Fast normalized
//! cross-correlation", equation 2): what is left after brightness and contrast are taken
//! out. It asks for detail in the right place, which is what goes missing when samples
//! are too coarse. Sums are integers, so that the result does not depend on the order in
//! which pixels are visited.

use arrcoc_stats::Rect;

use crate::raster::Image;

/// Normalised cross-correlation of two rectangles of the same size: 1 when they are equal
/// but for brightness and contrast, −1 when one is the other's negative, 0 when either is
/// flat.
///
/// Lewis's formula is for one channel. Here the mean is taken from each of the three
/// channels, and the sums of products run over all three: a tint does not matter, but two
/// figures of opposite colours are not alike.
///
/// # Panics
///
/// When the rectangles have different sizes or one is not inside its image.
#[must_use]
pub fn likeness(a: &Image, a_rect: Rect, b: &Image, b_rect: Rect) -> f64 {
    let size = (a_rect.width, a_rect.height);
    assert_eq!(size, (b_rect.width, b_rect.height), "the sizes of the rectangles differ");
    assert!(holds(a, a_rect) && holds(b, b_rect), "a rectangle is not inside its image");
    let mut sums = [Sums::default(); 3];
    for row in 0..a_rect.height {
        let (a, b) = (a.span(a_rect, a_rect.y + row), b.span(b_rect, b_rect.y + row));
        for (a, b) in a.as_chunks::<3>().0.iter().zip(b.as_chunks::<3>().0) {
            for (sums, (&a, &b)) in sums.iter_mut().zip(a.iter().zip(b)) {
                sums.add(u64::from(a), u64::from(b));
            }
        }
    }
    let n = i128::from(a_rect.width) * i128::from(a_rect.height);
    let total = |part: fn(&Sums, i128) -> i128| sums.iter().map(|sums| part(sums, n)).sum::<i128>() as f64;
    let spread = total(Sums::spread_a).sqrt() * total(Sums::spread_b).sqrt();
    if spread == 0.0 { 0.0 } else { (total(Sums::shared) / spread).clamp(-1.0, 1.0) }
}

/// Sums of one channel.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    a: u64,
    b: u64,
    aa: u64,
    bb: u64,
    ab: u64,
}

impl Sums {
    fn add(&mut self, a: u64, b: u64) {
        self.a += a;
        self.b += b;
        self.aa += a * a;
        self.bb += b * b;
        self.ab += a * b;
    }

    /// n² times the variance of the first rectangle, of `n` pixels.
    fn spread_a(&self, n: i128) -> i128 {
        n * i128::from(self.aa) - i128::from(self.a) * i128::from(self.a)
    }

    /// n² times the variance of the second.
    fn spread_b(&self, n: i128) -> i128 {
        n * i128::from(self.bb) - i128::from(self.b) * i128::from(self.b)
    }

    /// n² times the covariance.
    fn shared(&self, n: i128) -> i128 {
        n * i128::from(self.ab) - i128::from(self.a) * i128::from(self.b)
    }
}

/// Which of `candidates` in `seen` looks most like `asked` in `original`: its place in the
/// list, and by how much its likeness is above that of the next best (0..=2; above −1, the
/// least there is, when it is the only one).
///
/// A candidate is seen through a window of the size of `asked` around its middle; its own
/// size does not matter. The window is tried at all shifts of up to `slack` pixels each
/// way, and the best counts. Where a window leaves the image, what is left of it is
/// compared with the same part of `asked`; when nothing is left, the likeness is −1. Of
/// equals the first in the list is chosen.
///
/// `None` when there are no candidates, or no pixel of `asked` is in `original`.
#[must_use]
pub fn most_alike(
    original: &Image,
    asked: Rect,
    seen: &Image,
    candidates: &[Rect],
    slack: u32,
) -> Option<(usize, f64)> {
    let asked = clipped(asked, original)?;
    let slack = i64::from(slack);
    let shifts = || (-slack..=slack).flat_map(|dy| (-slack..=slack).map(move |dx| (dx, dy)));
    let best = |candidate: &Rect| {
        let middle = |start: u32, side: u32| 2 * i64::from(start) + i64::from(side);
        // Half a pixel is rounded down; the shifts make up for it.
        let left = (middle(candidate.x, candidate.width) - i64::from(asked.width)).div_euclid(2);
        let top = (middle(candidate.y, candidate.height) - i64::from(asked.height)).div_euclid(2);
        let tried = shifts().filter_map(|(dx, dy)| {
            let (part, window) = overlap(asked, [left + dx, top + dy], seen)?;
            Some(likeness(original, part, seen, window))
        });
        tried.fold(-1.0, f64::max)
    };
    let mut found: Option<(usize, f64)> = None;
    let mut next = -1.0;
    for (place, alike) in candidates.iter().map(best).enumerate() {
        match found {
            Some((_, most)) if alike <= most => next = alike.max(next),
            _ => {
                next = found.map_or(next, |(_, most)| most);
                found = Some((place, alike));
            }
        }
    }
    found.map(|(place, most)| (place, most - next))
}

/// The part of `rect` that is in the image; `None` when there is none.
fn clipped(rect: Rect, image: &Image) -> Option<Rect> {
    let side = |start: u32, side: u32, most: u32| start.saturating_add(side).min(most).checked_sub(start);
    let width = side(rect.x, rect.width, image.width()).filter(|&side| side > 0)?;
    let height = side(rect.y, rect.height, image.height()).filter(|&side| side > 0)?;
    Some(Rect { width, height, ..rect })
}

/// A window of the size of `asked` with its corner at (`left`, `top`), cut to the image,
/// after the part of `asked` that is left with it.
fn overlap(asked: Rect, [left, top]: [i64; 2], image: &Image) -> Option<(Rect, Rect)> {
    let span = |at: i64, side: u32, most: u32| {
        let (start, end) = (at.max(0), (at + i64::from(side)).min(i64::from(most)));
        // All three lie in 0..=u32::MAX once the span is not empty.
        (start < end).then(|| ((start - at) as u32, start as u32, (end - start) as u32))
    };
    let (skip_x, x, width) = span(left, asked.width, image.width())?;
    let (skip_y, y, height) = span(top, asked.height, image.height())?;
    Some((Rect { x: asked.x + skip_x, y: asked.y + skip_y, width, height }, Rect { x, y, width, height }))
}

fn holds(image: &Image, rect: Rect) -> bool {
    let fits = |start: u32, side: u32, most: u32| start.checked_add(side).is_some_and(|end| end <= most);
    fits(rect.x, rect.width, image.width()) && fits(rect.y, rect.height, image.height())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
        Rect { x, y, width, height }
    }

    fn grey(width: u32, height: u32, values: &[u8]) -> Image {
        Image::from_rgb(width, height, values.iter().flat_map(|&value| [value; 3]).collect()).unwrap()
    }

    /// Values 1, 2, 3 against 1, 3, 2: about their means −1, 0, 1 and −1, 1, 0, so the
    /// products sum to 1 and the squares to 2 and 2.
    #[test]
    fn three_pixels_by_hand() {
        let (a, b) = (grey(3, 1, &[1, 2, 3]), grey(3, 1, &[1, 3, 2]));
        let all = rect(0, 0, 3, 1);
        assert!((likeness(&a, all, &b, all) - 0.5).abs() < 1e-12);
    }

    /// Brightness and contrast do not count; a negative is as unlike as can be.
    #[test]
    fn gain_and_offset_are_taken_out() {
        let image = grey(3, 1, &[10, 20, 40]);
        let all = rect(0, 0, 3, 1);
        for (values, expected) in [([10, 20, 40], 1.0), ([50, 80, 140], 1.0), ([200, 190, 170], -1.0)] {
            let found = likeness(&image, all, &grey(3, 1, &values), all);
            assert!((found - expected).abs() < 1e-12, "{values:?}: {found}");
        }
        assert_eq!(likeness(&image, all, &grey(3, 1, &[7, 7, 7]), all), 0.0);
        assert_eq!(likeness(&image, rect(0, 0, 0, 0), &image, rect(1, 0, 0, 0)), 0.0);
    }

    /// A step in red against the same step in green: no channel has both, so the products
    /// are all 0. Steps in red, and in red and green: 1 of 1 and 2 variances, 1/√2.
    #[test]
    fn channels_are_kept_apart() {
        let step = |on: [u8; 3]| Image::from_rgb(2, 1, [[0; 3], on].concat()).unwrap();
        let all = rect(0, 0, 2, 1);
        let (red, green, both) = (step([9, 0, 0]), step([0, 9, 0]), step([9, 9, 0]));
        assert_eq!(likeness(&red, all, &green, all), 0.0);
        assert!((likeness(&red, all, &both, all) - 0.5f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn the_candidate_with_the_same_look_is_chosen() {
        // A page of 4 rows: a rising step, a falling one, and a rising one of less
        // contrast, each 2 pixels wide and 2 apart.
        let row = [0, 100, 0, 0, 100, 0, 0, 0, 60, 30];
        let page = grey(10, 1, &row);
        let candidates = [rect(4, 0, 2, 1), rect(0, 0, 2, 1), rect(8, 0, 2, 1)];
        let (place, margin) = most_alike(&page, rect(0, 0, 2, 1), &page, &candidates, 0).unwrap();
        assert_eq!((place, margin), (1, 2.0));
        // With a pixel of slack the falling step's neighbour is a rising one.
        let (place, margin) = most_alike(&page, rect(0, 0, 2, 1), &page, &candidates, 1).unwrap();
        assert_eq!((place, margin), (0, 0.0));
        assert_eq!(most_alike(&page, rect(0, 0, 2, 1), &page, &candidates[..1], 0), Some((0, 0.0)));
    }

    /// A window that leaves the image is compared by what is left of it.
    #[test]
    fn windows_are_cut_at_the_border() {
        let page = grey(5, 1, &[5, 1, 9, 1, 9]);
        // A window of 3 around the last pixel: 1, 9 and nothing; the asked 1, 9, 1 loses
        // its last as well, and they are the same.
        let found = most_alike(&page, rect(1, 0, 3, 1), &page, &[rect(4, 0, 1, 1)], 0);
        assert_eq!(found, Some((0, 2.0)));
        assert_eq!(most_alike(&page, rect(1, 0, 3, 1), &page, &[], 0), None);
        assert_eq!(most_alike(&page, rect(5, 0, 3, 1), &page, &[rect(0, 0, 1, 1)], 0), None);
        let far = rect(u32::MAX, u32::MAX, u32::MAX, u32::MAX);
        assert_eq!(most_alike(&page, rect(1, 0, 3, 1), &page, &[far], 1), Some((0, 0.0)));
    }

    proptest! {
        #[test]
        fn likeness_is_symmetric_and_in_range(
            a in prop::collection::vec(any::<u8>(), 36),
            b in prop::collection::vec(any::<u8>(), 36),
        ) {
            let all = rect(0, 0, 4, 3);
            let (a, b) = (Image::from_rgb(4, 3, a).unwrap(), Image::from_rgb(4, 3, b).unwrap());
            let found = likeness(&a, all, &b, all);
            prop_assert!((-1.0..=1.0).contains(&found));
            prop_assert_eq!(found, likeness(&b, all, &a, all));
            prop_assert!(likeness(&a, all, &a, all) > 1.0 - 1e-12 || a.data().as_chunks::<3>().0.windows(2).all(|p| p[0] == p[1]));
        }

        #[test]
        fn any_rectangles_give_an_answer(
            asked: [u16; 4], candidate: [u16; 4], slack in 0u32..3,
        ) {
            let image = grey(7, 5, &(0..35).collect::<Vec<u8>>());
            let near = |r: [u16; 4]| rect(u32::from(r[0] % 9), u32::from(r[1] % 9), u32::from(r[2] % 9), u32::from(r[3]));
            if let Some((place, margin)) = most_alike(&image, near(asked), &image, &[near(candidate)], slack) {
                prop_assert_eq!(place, 0);
                prop_assert!((0.0..=2.0).contains(&margin));
            }
        }
    }
}
