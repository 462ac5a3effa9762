//! Where lines of text lie: upright boxes, and the slanted strips inside them.

use std::ops::Range;

/// An upright box in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LineBox {
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
}

impl LineBox {
    pub(crate) fn height(&self) -> f32 {
        self.bottom - self.top
    }

    pub(crate) fn width(&self) -> f32 {
        self.right - self.left
    }

    /// Half-way from left to right.
    pub(crate) fn middle(&self) -> f32 {
        0.5 * (self.left + self.right)
    }

    /// Half-way from top to bottom.
    pub(crate) fn centre(&self) -> f32 {
        0.5 * (self.top + self.bottom)
    }

    /// The strip of text in it, when lines go down by `slope` pixels for each to the right.
    pub(crate) fn strip(&self, slope: f32) -> Strip {
        let rise = slope.abs() * self.width();
        // A box that is no higher than its rise is of a line that does not slope like the page.
        let height = (self.height() - rise).max(0.5 * self.height());
        Strip { left: self.left, right: self.right, level: self.centre() - slope * self.middle(), height }
    }
}

/// A piece of a line of text that slopes like the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Strip {
    /// Pixels of the image.
    pub(crate) left: f32,
    pub(crate) right: f32,
    /// Where its middle line meets the left side of the page: the same for all of a row.
    pub(crate) level: f32,
    pub(crate) height: f32,
}

impl Strip {
    /// The rows of pixels that it takes between two columns.
    pub(crate) fn rows(&self, slope: f32, from: f32, to: f32) -> Range<f32> {
        let (a, b) = (self.level + slope * from, self.level + slope * to);
        a.min(b) - 0.5 * self.height..a.max(b) + 0.5 * self.height
    }

    /// The least strip that holds both.
    pub(crate) fn with(self, other: Self) -> Self {
        let top = (self.level - 0.5 * self.height).min(other.level - 0.5 * other.height);
        let bottom = (self.level + 0.5 * self.height).max(other.level + 0.5 * other.height);
        Self {
            left: self.left.min(other.left),
            right: self.right.max(other.right),
            level: 0.5 * (top + bottom),
            height: bottom - top,
        }
    }
}
