//! An upright box in pixels, and texts that have one.

use crate::shape::Point;

/// An upright box from `low` (left, top) to `high` (right, bottom).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) low: Point,
    pub(super) high: Point,
}

impl Span {
    pub(super) fn width(self) -> f32 {
        self.high[0] - self.low[0]
    }

    pub(super) fn height(self) -> f32 {
        self.high[1] - self.low[1]
    }

    pub(super) fn centre(self) -> Point {
        std::array::from_fn(|c| (self.low[c] + self.high[c]) / 2.0)
    }

    /// The box around both.
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            low: std::array::from_fn(|c| self.low[c].min(other.low[c])),
            high: std::array::from_fn(|c| self.high[c].max(other.high[c])),
        }
    }

    /// The box with `by` pixels more on every side.
    pub(super) fn grown(self, by: f32) -> Self {
        Self { low: self.low.map(|v| v - by), high: self.high.map(|v| v + by) }
    }

    pub(super) fn meets(self, other: Self) -> bool {
        (0..2).all(|c| self.low[c] < other.high[c] && other.low[c] < self.high[c])
    }
}

/// A text that stands on the page.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub(super) text: String,
    /// The pixels that hold its ink.
    pub(super) span: Span,
}

/// Something that can be asked of a page.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    pub(super) question: String,
    /// Near, middle, far.
    pub(super) paraphrases: [String; 3],
    pub(super) answer: Mark,
    pub(super) label: Span,
}
