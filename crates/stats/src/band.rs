//! Some rows of an image, with as much around them as it takes to scan them.
//!
//! An image may be too large for memory; its statistics are not. A gradient looks one
//! row up and one row down, so a band of rows can be counted when the row above it and
//! the row below it are at hand, where the image has them. [`Band`] is the one place
//! where that is checked.

use std::ops::Range;

use crate::pixels::Pixels;

/// Rows of an image to be counted, and the rows beside them.
#[derive(Clone, Debug)]
pub struct Band<'a> {
    /// The rows at hand.
    held: Pixels<'a>,
    /// The row of the image with which they begin.
    first: u32,
    /// Rows of the image.
    height: u32,
    /// The rows that count.
    rows: Range<u32>,
}

impl<'a> Band<'a> {
    /// The rows `rows` of an image of `height` rows. `held` begins with the row above
    /// them and ends with the row below them, where the image has those.
    ///
    /// # Errors
    ///
    /// [`BandError::Rows`] when `rows` are none or not all of the image,
    /// [`BandError::Held`] when `held` has another number of rows than that.
    pub fn new(held: Pixels<'a>, height: u32, rows: Range<u32>) -> Result<Self, BandError> {
        if rows.is_empty() || rows.end > height {
            return Err(BandError::Rows { from: rows.start, to: rows.end, height });
        }
        let around = Self::around(&rows, height);
        if held.height() != around.end - around.start {
            return Err(BandError::Held { needed: around, found: held.height() });
        }
        Ok(Self { held, first: around.start, height, rows })
    }

    /// All rows of an image.
    #[must_use]
    pub fn whole(pixels: Pixels<'a>) -> Self {
        Self { held: pixels, first: 0, height: pixels.height(), rows: 0..pixels.height() }
    }

    /// The same rows at hand, of which others count.
    ///
    /// # Panics
    ///
    /// When they or their neighbours are not at hand.
    pub(crate) fn with_rows(&self, rows: Range<u32>) -> Self {
        let around = Self::around(&rows, self.height);
        let at_hand = self.first..self.first + self.held.height();
        assert!(
            rows.is_empty() || at_hand.start <= around.start && around.end <= at_hand.end,
            "rows {rows:?} of an image of {} rows, of which {at_hand:?} are at hand",
            self.height
        );
        Self { rows, ..self.clone() }
    }

    /// The rows that must be at hand to count `rows`: one more on each side, where an image of `height` rows has them.
    #[must_use]
    pub fn around(rows: &Range<u32>, height: u32) -> Range<u32> {
        rows.start.saturating_sub(1)..rows.end.saturating_add(1).min(height)
    }

    /// Width of the image in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.held.width()
    }

    /// Height of the image in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The rows of the image that count.
    #[must_use]
    pub fn rows(&self) -> Range<u32> {
        self.rows.clone()
    }

    /// The rows at hand; the first is the row above [`rows`](Self::rows) where the image has one.
    #[must_use]
    pub fn held(&self) -> Pixels<'a> {
        self.held
    }

    /// The `3 · width` bytes of row `y` of the image.
    ///
    /// # Panics
    ///
    /// When that row is not at hand.
    #[must_use]
    pub fn row(&self, y: u32) -> &'a [u8] {
        self.held.row(y - self.first)
    }
}

/// Why rows are not a band of an image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BandError {
    /// There are no rows, or they reach beyond the image.
    #[error("the rows {from} to {to} are not a band of an image of {height} rows")]
    Rows {
        /// The first row.
        from: u32,
        /// The row after the last.
        to: u32,
        /// Rows of the image.
        height: u32,
    },
    /// The rows at hand are not those of the band and one more on each side.
    #[error(
        "a band needs the rows {from} to {to}, which are {rows}, but {found} were given",
        from = needed.start,
        to = needed.end,
        rows = needed.end - needed.start
    )]
    Held {
        /// The rows that must be there.
        needed: Range<u32>,
        /// How many there were.
        found: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_has_its_neighbours_where_the_image_does() {
        let data: Vec<u8> = (0..24).collect();
        let held = |rows: usize| Pixels::new(2, rows as u32, &data[..6 * rows]).unwrap();
        for (rows, needed) in [(0..4, 4), (0..1, 2), (1..2, 3), (3..4, 2), (2..4, 3)] {
            let band = Band::new(held(needed), 4, rows.clone()).unwrap();
            assert_eq!((band.rows(), band.height(), band.width()), (rows.clone(), 4, 2));
            assert_eq!(band.row(rows.start)[0], if rows.start == 0 { 0 } else { 6 });
            for wrong in [needed - 1, needed + 1].into_iter().filter(|wrong| (1..=4).contains(wrong)) {
                assert!(matches!(Band::new(held(wrong), 4, rows.clone()), Err(BandError::Held { .. })));
            }
        }
        for rows in [2..2, 3..5, 4..4, 4..5] {
            assert!(matches!(Band::new(held(3), 4, rows), Err(BandError::Rows { .. })));
        }
        let error = Band::new(held(1), 4, 1..2).unwrap_err();
        assert_eq!(error.to_string(), "a band needs the rows 0 to 3, which are 3, but 1 were given");
    }

    #[test]
    #[should_panic(expected = "rows 1..3 of an image of 4 rows, of which 0..3 are at hand")]
    fn rows_beside_those_at_hand_are_not_counted() {
        let data = [0; 18];
        let band = Band::new(Pixels::new(2, 3, &data).unwrap(), 4, 0..2).unwrap();
        let _ = band.with_rows(1..3);
    }
}
