//! Plane figures as signed distances.
//!
//! A figure is asked how far a point lies from its outline, negative inside. One
//! rule then paints any figure with smooth edges, and its depth gives shading and
//! outlines for free. Lengths are in pixels, y runs downwards.

pub(crate) use crate::item::Point;

/// A figure.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// An ellipse by its half axes, turned by an angle given as cosine and sine.
    Ellipse { centre: Point, half: Point, turn: Point },
    /// A rectangle by its half sides, with corners rounded by `round`, turned.
    Rectangle { centre: Point, half: Point, turn: Point, round: f32 },
    /// A polygon by its corners, in either direction.
    Polygon(Vec<Point>),
    /// A straight stroke with round ends, by its half width.
    Stroke { from: Point, to: Point, half: f32 },
}

impl Shape {
    pub(crate) fn circle(centre: Point, radius: f32) -> Self {
        Self::Ellipse { centre, half: [radius, radius], turn: UPRIGHT }
    }

    /// The rectangle `x..x+width` by `y..y+height`.
    pub(crate) fn area([x, y]: Point, [width, height]: Point) -> Self {
        let half = [width / 2.0, height / 2.0];
        Self::Rectangle { centre: [x + half[0], y + half[1]], half, turn: UPRIGHT, round: 0.0 }
    }

    /// A star of `points` points, or with `inner` = 1 a polygon of twice as many corners;
    /// `inner` is the radius of the notches as a share of `radius`.
    pub(crate) fn star(centre: Point, radius: f32, points: u32, inner: f32, angle: f32) -> Self {
        let step = std::f32::consts::PI / points.max(2) as f32;
        let corners = (0..2 * points.max(2)).map(|corner| {
            let radius = if corner % 2 == 0 { radius } else { radius * inner };
            let [cos, sin] = turned(angle + step * corner as f32);
            [centre[0] + radius * cos, centre[1] + radius * sin]
        });
        Self::Polygon(corners.collect())
    }

    /// A corner of the smallest upright box around the figure, and the opposite one.
    pub(crate) fn bounds(&self) -> (Point, Point) {
        match self {
            Self::Ellipse { centre, half, turn } | Self::Rectangle { centre, half, turn, .. } => {
                let reach = [
                    (half[0] * turn[0]).abs() + (half[1] * turn[1]).abs(),
                    (half[0] * turn[1]).abs() + (half[1] * turn[0]).abs(),
                ];
                ([centre[0] - reach[0], centre[1] - reach[1]], [centre[0] + reach[0], centre[1] + reach[1]])
            }
            Self::Polygon(corners) => {
                let start = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
                corners.iter().fold(start, |(low, high), p| {
                    ([low[0].min(p[0]), low[1].min(p[1])], [high[0].max(p[0]), high[1].max(p[1])])
                })
            }
            Self::Stroke { from, to, half } => (
                [from[0].min(to[0]) - half, from[1].min(to[1]) - half],
                [from[0].max(to[0]) + half, from[1].max(to[1]) + half],
            ),
        }
    }

    /// The distance from the outline, negative inside. Exact but for ellipses, where
    /// it is right to first order near the outline.
    pub(crate) fn distance(&self, p: Point) -> f32 {
        match self {
            Self::Ellipse { centre, half, turn } => {
                let [x, y] = local(p, *centre, *turn);
                let k = length([x / half[0], y / half[1]]);
                let slope = length([x / (half[0] * half[0]), y / (half[1] * half[1])]);
                if slope == 0.0 { -half[0].min(half[1]) } else { k * (k - 1.0) / slope }
            }
            Self::Rectangle { centre, half, turn, round } => {
                let [x, y] = local(p, *centre, *turn);
                let (dx, dy) = (x.abs() - half[0] + round, y.abs() - half[1] + round);
                length([dx.max(0.0), dy.max(0.0)]) + dx.max(dy).min(0.0) - round
            }
            Self::Polygon(corners) => polygon_distance(corners, p),
            Self::Stroke { from, to, half } => segment_distance(*from, *to, p) - half,
        }
    }
}

/// No turn.
pub(crate) const UPRIGHT: Point = [1.0, 0.0];

/// Cosine and sine of an angle in radians.
pub(crate) fn turned(angle: f32) -> Point {
    [libm::cosf(angle), libm::sinf(angle)]
}

fn length([x, y]: Point) -> f32 {
    (x * x + y * y).sqrt()
}

/// A point as seen from `centre` in axes turned by `turn`.
fn local(p: Point, centre: Point, [cos, sin]: Point) -> Point {
    let (x, y) = (p[0] - centre[0], p[1] - centre[1]);
    [x * cos + y * sin, y * cos - x * sin]
}

fn segment_distance(from: Point, to: Point, p: Point) -> f32 {
    let along = [to[0] - from[0], to[1] - from[1]];
    let rel = [p[0] - from[0], p[1] - from[1]];
    let square = along[0] * along[0] + along[1] * along[1];
    let t = if square == 0.0 { 0.0 } else { (rel[0] * along[0] + rel[1] * along[1]) / square };
    let t = t.clamp(0.0, 1.0);
    length([rel[0] - t * along[0], rel[1] - t * along[1]])
}

fn polygon_distance(corners: &[Point], p: Point) -> f32 {
    let mut nearest = f32::INFINITY;
    let mut inside = false;
    let Some(mut from) = corners.last().copied() else { return nearest };
    for &to in corners {
        nearest = nearest.min(segment_distance(from, to, p));
        // A ray to the right crosses this side.
        if (from[1] > p[1]) != (to[1] > p[1])
            && p[0] < from[0] + (p[1] - from[1]) / (to[1] - from[1]) * (to[0] - from[0])
        {
            inside = !inside;
        }
        from = to;
    }
    if inside { -nearest } else { nearest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_negative_inside_and_right_on_an_axis() {
        let turn = turned(0.6);
        let shapes = [
            Shape::circle([10.0, 20.0], 5.0),
            Shape::Ellipse { centre: [10.0, 20.0], half: [5.0, 5.0], turn },
            Shape::Rectangle { centre: [10.0, 20.0], half: [5.0, 5.0], turn: UPRIGHT, round: 1.0 },
            Shape::area([5.0, 15.0], [10.0, 10.0]),
            Shape::Polygon(vec![[5.0, 15.0], [15.0, 15.0], [15.0, 25.0], [5.0, 25.0]]),
            Shape::Stroke { from: [10.0, 10.0], to: [10.0, 30.0], half: 5.0 },
        ];
        for shape in shapes {
            assert!((shape.distance([18.0, 20.0]) - 3.0).abs() < 1e-4, "{shape:?}");
            assert!(shape.distance([10.0, 20.0]) < 0.0, "{shape:?}");
            let (low, high) = shape.bounds();
            assert!(low[0] <= 5.01 && high[0] >= 14.99 && high[1] >= 24.99, "{shape:?} {low:?} {high:?}");
        }
    }

    #[test]
    fn notches_of_a_star_are_outside() {
        let star = Shape::star([0.0, 0.0], 10.0, 5, 0.4, 0.0);
        assert!(star.distance([9.0, 0.0]) < 0.0);
        assert!(star.distance([-9.0, 0.0]) > 0.0);
    }
}
