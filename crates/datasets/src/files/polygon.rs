//! Masks as polygons.
//!
//! A pixel is in when its centre is inside the polygon by the even–odd rule: a ray from it
//! crosses the outline an odd number of times. Concave polygons need nothing more, and
//! one that crosses itself has holes. Several polygons of one thing are parts of it:
//! a pixel is in when it is inside any of them. The COCO API follows the outline at five
//! times the resolution instead, so that pixels on the border may differ by one.

use arrcoc_stats::Rect;

use crate::item::{Mask, Point};

/// The smallest rectangle of whole pixels around polygons, clipped to `width` × `height`
/// pixels; `None` when they lie outside.
pub(super) fn bounds(polygons: &[Vec<Point>], width: u32, height: u32) -> Option<Rect> {
    let around = |c: usize, side: u32| {
        let corners = || polygons.iter().flatten().map(|corner| corner[c]);
        let (low, high) =
            (corners().fold(f32::INFINITY, f32::min), corners().fold(f32::NEG_INFINITY, f32::max));
        // A float cast saturates.
        let (start, end) = ((low.floor() as u32).min(side), (high.ceil() as u32).min(side));
        (start < end).then(|| (start, end - start))
    };
    let ((x, width), (y, height)) = (around(0, width)?, around(1, height)?);
    Some(Rect { x, y, width, height })
}

/// About how many steps [`mask`] takes, in pixels: those of the rectangle of each polygon,
/// and the rows of it for each side.
pub(super) fn steps(polygons: &[Vec<Point>], width: u32, height: u32) -> u64 {
    let each = |polygon: &Vec<Point>| {
        let Some(rect) = bounds(std::slice::from_ref(polygon), width, height) else { return 0 };
        u64::from(rect.height) * (u64::from(rect.width) + polygon.len() as u64)
    };
    polygons.iter().map(each).fold(0, u64::saturating_add)
}

/// The pixels that are in; `rect` is what [`bounds`] gave. Where no centre of a pixel is
/// in, as in a sliver, all of `rect` is.
pub(super) fn mask(polygons: &[Vec<Point>], rect: Rect) -> Option<Mask> {
    let mut inside = vec![false; rect.width as usize * rect.height as usize];
    for polygon in polygons {
        let (right, bottom) = (rect.x + rect.width, rect.y + rect.height);
        let Some(own) = bounds(std::slice::from_ref(polygon), right, bottom) else { continue };
        // Where the outline is crossed in each row: after how many pixels.
        let columns = own.width as usize + 1;
        let mut crossed = vec![false; columns * own.height as usize];
        for (place, &to) in polygon.iter().enumerate() {
            let from = polygon[place.checked_sub(1).unwrap_or(polygon.len() - 1)];
            cross(&mut crossed, from, to, own);
        }
        let (skip, first) = ((own.x - rect.x) as usize, (own.y - rect.y) as usize);
        let rows = inside.chunks_exact_mut(rect.width as usize).skip(first);
        for (row, crossed) in rows.zip(crossed.chunks_exact(columns)) {
            let mut is_in = false;
            for (pixel, &crossed) in row[skip..][..own.width as usize].iter_mut().zip(crossed) {
                is_in ^= crossed;
                *pixel |= is_in;
            }
        }
    }
    if !inside.contains(&true) {
        inside.fill(true);
    }
    Mask::new(rect, inside)
}

/// Notes where a side crosses the lines through the centres of each row of pixels.
fn cross(crossed: &mut [bool], from: Point, to: Point, rect: Rect) {
    let [upper, lower] = if from[1] <= to[1] { [from, to] } else { [to, from] };
    let (left, top) = (f64::from(rect.x), f64::from(rect.y));
    let ([x, y], [end_x, end_y]) = (upper.map(f64::from), lower.map(f64::from));
    // Rows whose centre is at `y` or below it and above `end_y`: each corner counts once.
    let row = |y: f64| (y - top - 0.5).ceil().clamp(0.0, f64::from(rect.height)) as usize;
    let slope = (end_x - x) / (end_y - y);
    let columns = rect.width as usize + 1;
    for row in row(y)..row(end_y) {
        let at = x + (top + row as f64 + 0.5 - y) * slope;
        // Pixels whose centre is to the left of the crossing are before it.
        let column = (at - left - 0.5).ceil().clamp(0.0, f64::from(rect.width)) as usize;
        crossed[row * columns + column] ^= true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Shape;
    use proptest::prelude::*;

    fn drawn(polygons: &[Vec<Point>], width: u32, height: u32) -> Vec<String> {
        let mask = mask(polygons, bounds(polygons, width, height).unwrap()).unwrap();
        let pixel = |x, y| if mask.contains(x, y) { '#' } else { '.' };
        (0..height).map(|y| (0..width).map(|x| pixel(x, y)).collect()).collect()
    }

    #[test]
    fn a_concave_polygon_has_its_notch() {
        let u = vec![
            [0.0, 0.0],
            [2.0, 0.0],
            [2.0, 2.0],
            [4.0, 2.0],
            [4.0, 0.0],
            [6.0, 0.0],
            [6.0, 4.0],
            [0.0, 4.0],
        ];
        assert_eq!(drawn(&[u], 7, 4), ["##..##.", "##..##.", "######.", "######."]);
    }

    /// Parts add up, also where they overlap; a figure that crosses itself has a hole.
    #[test]
    fn parts_add_up_and_a_crossing_leaves_a_hole() {
        let square = |from: f32, to: f32| vec![[from, 0.0], [to, 0.0], [to, 2.0], [from, 2.0]];
        assert_eq!(drawn(&[square(0.0, 3.0), square(2.0, 5.0)], 5, 2), ["#####", "#####"]);
        let twice = [square(0.0, 3.0), square(1.0, 2.0)].concat();
        assert_eq!(drawn(&[twice], 3, 2), ["#.#", "#.#"]);
    }

    #[test]
    fn a_sliver_is_its_box_and_what_lies_outside_is_nothing() {
        assert_eq!(drawn(&[vec![[1.1, 0.2], [1.2, 0.2], [1.2, 0.3]]], 3, 1), [".#."]);
        let outside = vec![[-5.0, -5.0], [-1.0, -5.0], [-1.0, -1.0]];
        assert_eq!(bounds(&[outside], 4, 4), None);
        assert_eq!(bounds(&[], 4, 4), None);
        let clipped = vec![[-9.0, -9.0], [2.0, -9.0], [2.0, 99.0], [-9.0, 99.0]];
        assert_eq!(drawn(&[clipped], 3, 2), ["##.", "##."]);
    }

    proptest! {
        /// The same rule, asked of every pixel by itself.
        #[test]
        fn pixels_are_in_when_their_centre_is(corners in prop::collection::vec([-3f32..15.0, -3f32..15.0], 3..9)) {
            let shape = Shape::Polygon(corners.clone());
            let polygons = [corners];
            let Some(rect) = bounds(&polygons, 12, 12) else { return Ok(()) };
            let mask = mask(&polygons, rect).unwrap();
            let depths: Vec<_> = (0..144u32).map(|i| {
                let (x, y) = (i % 12, i / 12);
                (mask.contains(x, y), -shape.distance([x as f32 + 0.5, y as f32 + 0.5]))
            }).collect();
            if depths.iter().any(|(_, depth)| *depth > 0.0) {
                for (is_in, depth) in depths {
                    prop_assert!(depth.abs() < 1e-4 || is_in == (depth > 0.0));
                }
            }
        }
    }
}
