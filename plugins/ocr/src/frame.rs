//! A rectangle around a line of text that may lie askew.

/// A rectangle whose long sides follow a line of text. Places are in pixels, where the first pixel of the image reaches
/// from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    /// Where its diagonals cross.
    pub(crate) centre: [f32; 2],
    /// The direction of reading, of length 1. It leads to the right.
    pub(crate) along: [f32; 2],
    /// Its extent along the direction of reading.
    pub(crate) width: f32,
    /// Its extent across.
    pub(crate) height: f32,
}

impl Frame {
    /// The same with so much more on every side.
    pub(crate) fn grown(self, by: f32) -> Frame {
        Frame { width: self.width + 2.0 * by, height: self.height + 2.0 * by, ..self }
    }

    /// The point so far along and across from the upper left corner.
    pub(crate) fn point(&self, along: f32, across: f32) -> [f32; 2] {
        let (u, v) = (along - self.width / 2.0, across - self.height / 2.0);
        let [x, y] = self.along;
        [self.centre[0] + u * x - v * y, self.centre[1] + u * y + v * x]
    }

    /// Left, top, right and bottom of the upright box around it, within an image of this size.
    pub(crate) fn bounds(&self, [width, height]: [u32; 2]) -> [f32; 4] {
        let [x, y] = self.along.map(f32::abs);
        let reach = [(self.width * x + self.height * y) / 2.0, (self.width * y + self.height * x) / 2.0];
        let side =
            |c: usize, sign: f32, most: u32| (self.centre[c] + sign * reach[c]).clamp(0.0, most as f32);
        [side(0, -1.0, width), side(1, -1.0, height), side(0, 1.0, width), side(1, 1.0, height)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_of_a_turned_frame_lie_within_its_bounds() {
        // A 3-4-5 triangle: all places come out round.
        let frame = Frame { centre: [50.0, 40.0], along: [0.8, 0.6], width: 50.0, height: 10.0 };
        assert_eq!(frame.point(25.0, 5.0), [50.0, 40.0]);
        assert_eq!(frame.point(0.0, 0.0), [33.0, 21.0]);
        assert_eq!(frame.point(50.0, 10.0), [67.0, 59.0]);
        assert_eq!(frame.bounds([100, 100]), [27.0, 21.0, 73.0, 59.0]);
        assert_eq!(frame.bounds([60, 30]), [27.0, 21.0, 60.0, 30.0]);
        let grown = frame.grown(1.0);
        assert_eq!((grown.width, grown.height, grown.centre), (52.0, 12.0, frame.centre));
    }
}
