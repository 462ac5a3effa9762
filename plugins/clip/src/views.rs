//! Which parts of an image the encoder looks at.
//!
//! An encoder takes one small square. The whole image made to fit it shows what
//! is where, but nothing small; so an image larger than the square is also
//! covered by overlapping windows. A window has the square's size in the
//! image's own pixels as long as no more than a given number are needed;
//! beyond that windows grow, and are reduced, until the number is enough.
//! A cost that is bounded whatever the image is worth more here than detail:
//! each view costs one pass of the encoder.

/// A part of an image, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rect {
    pub(crate) x: usize,
    pub(crate) y: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// How an image is covered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cover {
    /// Most windows, beside the view of the whole.
    pub(crate) windows: usize,
    /// Least share of its side that a window has in common with the next, below 1.
    pub(crate) overlap: f64,
}

impl Cover {
    /// Windows over an image, for an encoder that takes a square of `side`:
    /// none when the whole image is no larger, and never more than `windows`.
    ///
    /// A window is square, unless a side of the image is shorter than it.
    pub(crate) fn windows(&self, width: usize, height: usize, side: usize) -> Vec<Rect> {
        if self.windows == 0 || (width <= side && height <= side) {
            return Vec::new();
        }
        // Fewer are needed the larger they are: find the smallest that do.
        let (mut small, mut large) = (side, width.max(height));
        while small < large {
            let middle = small + (large - small) / 2;
            if self.count(width, middle).saturating_mul(self.count(height, middle)) <= self.windows {
                large = middle;
            } else {
                small = middle + 1;
            }
        }
        let (across, down) = (self.places(width, large), self.places(height, large));
        let size = (large.min(width), large.min(height));
        let row = |y: usize| across.iter().map(move |x| Rect { x: *x, y, width: size.0, height: size.1 });
        down.iter().flat_map(|y| row(*y)).collect()
    }

    /// Windows of this side along an extent.
    fn count(&self, extent: usize, side: usize) -> usize {
        let step = ((side as f64 * (1.0 - self.overlap)) as usize).max(1);
        1 + extent.saturating_sub(side).div_ceil(step)
    }

    /// Where they begin, spread evenly from edge to edge.
    fn places(&self, extent: usize, side: usize) -> Vec<usize> {
        let count = self.count(extent, side);
        let room = extent.saturating_sub(side);
        (0..count).map(|i| if count == 1 { 0 } else { i * room / (count - 1) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COVER: Cover = Cover { windows: 9, overlap: 0.25 };

    #[test]
    fn a_small_image_needs_no_window() {
        assert_eq!(COVER.windows(224, 100, 224), []);
        assert_eq!(Cover { windows: 0, ..COVER }.windows(4000, 4000, 224), []);
    }

    #[test]
    fn windows_keep_the_images_pixels_while_few_do() {
        // 560 = 224 + 2 · 168: three windows with a quarter in common.
        let windows = COVER.windows(560, 560, 224);
        assert_eq!(windows.len(), 9);
        assert_eq!(windows[4], Rect { x: 168, y: 168, width: 224, height: 224 });
        // A strip keeps its height.
        let strip = COVER.windows(560, 50, 224);
        assert_eq!(strip[2], Rect { x: 336, y: 0, width: 224, height: 50 });
    }

    #[test]
    fn windows_grow_when_they_would_be_too_many() {
        let windows = COVER.windows(4096, 4096, 336);
        assert_eq!(windows.len(), 9);
        assert!(windows[0].width > 1500 && windows[0].width < 1700, "{:?}", windows[0]);
        assert_eq!(Cover { windows: 1, ..COVER }.windows(4000, 300, 224).len(), 1);
    }

    #[test]
    fn every_pixel_is_seen_within_the_bound() {
        let extents = [1, 2, 99, 223, 224, 225, 500, 1999];
        for (width, height) in extents.iter().flat_map(|w| extents.iter().map(move |h| (*w, *h))) {
            for (side, windows, overlap) in
                [(1, 1, 0.0), (224, 1, 0.25), (224, 2, 0.75), (224, 9, 0.25), (224, 30, 0.5), (33, 256, 0.1)]
            {
                let views = Cover { windows, overlap }.windows(width, height, side);
                assert!(views.len() <= windows);
                assert_eq!(views.is_empty(), width <= side && height <= side);
                for view in &views {
                    assert!(view.x + view.width <= width && view.y + view.height <= height);
                    assert!(view.width >= side.min(width) && view.height >= side.min(height));
                }
                let seen = |x: usize, y: usize| {
                    let within = |v: &Rect| v.x <= x && x < v.x + v.width && v.y <= y && y < v.y + v.height;
                    views.iter().any(within)
                };
                for x in (0..width).step_by(7).chain([width - 1]).filter(|_| !views.is_empty()) {
                    let diagonal = x * (height - 1) / width;
                    assert!(seen(x, 0) && seen(x, diagonal) && seen(x, height - 1), "{width}x{height}: {x}");
                }
            }
        }
    }
}
