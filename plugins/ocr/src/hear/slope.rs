//! How askew a page lies.
//!
//! Boxes around lines are upright, so that one line alone does not say whether it rises or
//! falls. Together they do: boxes of one row have their middles on a line, and boxes of one
//! column have their left sides on a line across it. Each pair of neighbours votes for the slopes
//! that would put it so, and the slope with most votes is taken.

use super::boxes::LineBox;

/// The steepest slope that is looked for, as a tangent: 2.5°.
const STEEPEST: f32 = 0.0437;

/// Slopes looked at between level and steepest.
const STEPS: i32 = 40;

/// Boxes to each side that a box is compared with.
const NEIGHBOURS: usize = 24;

/// The slope of the lines of text: by how many pixels they go down for each pixel to the right.
pub(crate) fn slope(boxes: &[LineBox]) -> f32 {
    let votes = votes(boxes);
    let mut best = (0.0f32, f32::NEG_INFINITY);
    // From level on, so that nothing is as good as level unless it is better.
    for step in 0..=STEPS {
        for sign in [1.0, -1.0] {
            let slope = sign * STEEPEST * step as f32 / STEPS as f32;
            let count: f32 = votes.iter().map(|vote| vote.of(slope)).sum();
            if count > best.1 + 1e-3 {
                best = (slope, count);
            }
        }
    }
    best.0
}

/// A pair of boxes that are in line where `slope × run = rise`, to within `slack`; pixels all.
struct Vote {
    run: f32,
    rise: f32,
    slack: f32,
}

impl Vote {
    fn of(&self, slope: f32) -> f32 {
        let miss = (slope * self.run - self.rise) / self.slack;
        // Long runs say more.
        (self.run.abs() / (self.run.abs() + 100.0 * self.slack)) / (1.0 + miss * miss)
    }
}

fn votes(boxes: &[LineBox]) -> Vec<Vote> {
    let mut order: Vec<&LineBox> = boxes.iter().collect();
    order.sort_by(|a, b| a.centre().total_cmp(&b.centre()).then(a.left.total_cmp(&b.left)));
    let mut votes = Vec::new();
    for (place, a) in order.iter().enumerate() {
        for b in order.iter().skip(place + 1).take(NEIGHBOURS) {
            let size = a.height().min(b.height());
            let slack = 0.08 * size;
            let (across, down) = (b.middle() - a.middle(), b.centre() - a.centre());
            let apart = a.right.min(b.right) < a.left.max(b.left);
            if apart && across.abs() > 3.0 * size && down.abs() < STEEPEST * across.abs() + 3.0 * slack {
                votes.push(Vote { run: across, rise: down, slack });
            }
            // A column that leans goes to the left where lines go down to the right.
            let lean = b.left - a.left;
            if down > 0.8 * size && lean.abs() < STEEPEST * down + 3.0 * slack {
                votes.push(Vote { run: down, rise: -lean, slack });
            }
        }
    }
    votes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Upright boxes of a page of rows, turned by a slope around the corner.
    fn page(slope: f32) -> Vec<LineBox> {
        let mut boxes = Vec::new();
        for row in 0..20 {
            for (left, width) in
                [(60.0, 200.0 + 13.0 * (row % 5) as f32), (640.0, 90.0 + 7.0 * (row % 7) as f32)]
            {
                let top = 80.0 + 50.0 * row as f32;
                let corner = |x: f32, y: f32| [x - slope * y, y + slope * x];
                let corners = [
                    corner(left, top),
                    corner(left + width, top),
                    corner(left, top + 24.0),
                    corner(left + width, top + 24.0),
                ];
                let low = |c: usize| corners.iter().map(|p| p[c]).fold(f32::INFINITY, f32::min);
                let high = |c: usize| corners.iter().map(|p| p[c]).fold(f32::NEG_INFINITY, f32::max);
                boxes.push(LineBox { left: low(0), top: low(1), right: high(0), bottom: high(1) });
            }
        }
        boxes
    }

    #[test]
    fn the_slope_of_a_page_is_found() {
        for turned in [0.0, 0.01, -0.01, 0.02, -0.03] {
            let found = slope(&page(turned));
            assert!((found - turned).abs() < 0.002, "{turned}: {found}");
        }
    }

    #[test]
    fn one_line_is_level() {
        assert_eq!(slope(&page(0.02)[..1]), 0.0);
        assert_eq!(slope(&[]), 0.0);
    }
}
