//! A turned rectangle of dark and light cells: codes, bars and fields of noise.
//!
//! A module may be narrower than four pixels, and whether it can be read then depends
//! on how much of it each pixel got. So a pixel is the mean of 4 × 4 points,
//! not what a distance to the nearest edge would give: at the corners of cells that is
//! wrong by a quarter of a pixel.

use crate::canvas::{Canvas, Colour};
use crate::shape::Point;

/// Points along a side of a pixel.
const POINTS: usize = 4;

/// Cells, row by row, with a light border.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    pub(super) columns: usize,
    pub(super) dark: Vec<bool>,
    /// Width and height of a cell in pixels.
    pub(super) cell: Point,
    /// Width of the border in pixels.
    pub(super) border: f32,
    pub(super) inks: Inks,
}

/// Two colours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inks {
    pub(super) light: Colour,
    pub(super) dark: Colour,
}

impl Cells {
    /// Half sides with the border, in pixels, before any turn.
    pub(super) fn half(&self) -> Point {
        let rows = self.dark.len() / self.columns.max(1);
        [
            self.columns as f32 * self.cell[0] / 2.0 + self.border,
            rows as f32 * self.cell[1] / 2.0 + self.border,
        ]
    }

    /// Paints the cells around `centre`, turned by an angle given as cosine and sine.
    pub(super) fn paint(&self, canvas: &mut Canvas, centre: Point, [cos, sin]: Point) {
        let half = self.half();
        let rows = self.dark.len() / self.columns.max(1);
        let inner = half.map(|side| side - self.border);
        let per = self.cell.map(|side| 1.0 / side);
        let reach = [half[0] * cos.abs() + half[1] * sin.abs(), half[0] * sin.abs() + half[1] * cos.abs()];
        let points: [Point; POINTS * POINTS] = std::array::from_fn(|i| {
            let at = |i: usize| (i as f32 + 0.5) / POINTS as f32;
            let (x, y) = (at(i % POINTS), at(i / POINTS));
            [x * cos + y * sin, y * cos - x * sin]
        });
        let (width, height, pixels) = canvas.parts_mut();
        let span = |c: usize, most: usize| {
            let at = |value: f32| value.clamp(0.0, most as f32) as usize;
            at((centre[c] - reach[c]).floor())..at((centre[c] + reach[c]).ceil())
        };
        let columns = span(0, width);
        for y in span(1, height) {
            for x in columns.clone() {
                let (dx, dy) = (x as f32 - centre[0], y as f32 - centre[1]);
                let corner = [dx * cos + dy * sin, dy * cos - dx * sin];
                let (mut light, mut dark) = (0u32, 0u32);
                for point in points {
                    let [u, v] = [corner[0] + point[0], corner[1] + point[1]];
                    if u.abs() > half[0] || v.abs() > half[1] {
                        continue;
                    }
                    let (u, v) = ((u + inner[0]) * per[0], (v + inner[1]) * per[1]);
                    let (column, row) = (u as usize, v as usize);
                    let is_cell = u >= 0.0 && v >= 0.0 && column < self.columns && row < rows;
                    if is_cell && self.dark[row * self.columns + column] {
                        dark += 1;
                    } else {
                        light += 1;
                    }
                }
                let share = |count: u32| count as f32 / (POINTS * POINTS) as f32;
                let pixel = &mut pixels[y * width + x];
                let rest = 1.0 - share(light + dark);
                *pixel = std::array::from_fn(|c| {
                    rest * pixel[c] + share(light) * self.inks.light[c] + share(dark) * self.inks.dark[c]
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::grey;
    use crate::shape::{UPRIGHT, turned};

    fn checks() -> Cells {
        let dark = (0..16).map(|i| (i / 4 + i % 4) % 2 == 0).collect();
        let inks = Inks { light: grey(200.0), dark: grey(40.0) };
        Cells { columns: 4, dark, cell: [5.0, 5.0], border: 10.0, inks }
    }

    #[test]
    fn upright_cells_on_whole_pixels_are_exact() {
        let mut canvas = Canvas::new(60, 60, grey(0.0));
        checks().paint(&mut canvas, [30.0, 30.0], UPRIGHT);
        canvas.each(|[x, y], pixel| {
            let cell = |v: f32| ((v - 20.0) / 5.0).floor() as i32;
            let (column, row) = (cell(x), cell(y));
            let is_cell = (0..4).contains(&column) && (0..4).contains(&row);
            let on_card = (10.0..50.0).contains(&x) && (10.0..50.0).contains(&y);
            let expected = match (on_card, is_cell && (column + row) % 2 == 0) {
                (false, _) => 0.0,
                (true, false) => 200.0,
                (true, true) => 40.0,
            };
            assert_eq!(pixel, grey(expected), "{x} {y}");
            pixel
        });
    }

    #[test]
    fn a_turn_keeps_the_light() {
        let total = |turn: Point| {
            let mut canvas = Canvas::new(80, 80, grey(0.0));
            checks().paint(&mut canvas, [40.3, 39.6], turn);
            let mut sum = 0.0;
            canvas.each(|_, pixel| {
                sum += pixel[0];
                pixel
            });
            sum
        };
        let expected = 200.0 * (1600.0 - 200.0) + 40.0 * 200.0;
        for angle in [0.0, 0.05, -0.1, 0.7] {
            let found = total(turned(angle));
            assert!((found / expected - 1.0).abs() < 0.01, "{angle}: {found} for {expected}");
        }
    }
}
