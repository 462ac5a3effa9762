//! Where patches are in the picture, and outlines around some of them.
//!
//! An outline has to be seen on dark violet and on light yellow, so it is white or
//! light with dark beside it, and lies within its patch.

use arrcoc_stats::{Rect, Tiling};

use super::OverlayText;
use crate::raster::Image;

const DARK: [u8; 3] = [12, 12, 18];
const LIGHT: [u8; 3] = [255; 3];
const MUTED: [u8; 3] = [214, 214, 226];

/// Where the patches begin in the picture, and where the last ends.
pub(super) struct Edges {
    columns: Vec<u32>,
    rows: Vec<u32>,
}

impl Edges {
    /// Of the patches of `tiling` in a picture of this size.
    pub(super) fn new(tiling: &Tiling, width: u32, height: u32) -> Self {
        let edges = |parts: u32, at: &dyn Fn(u32) -> u32, length: u32, drawn: u32| -> Vec<u32> {
            let scaled = |pixel: u32| (u64::from(pixel) * u64::from(drawn) / u64::from(length)) as u32;
            (0..parts).map(|i| scaled(at(i))).chain([drawn]).collect()
        };
        let grid = tiling.grid();
        Self {
            columns: edges(grid.cols, &|c| tiling.cols(c).start, tiling.width(), width),
            rows: edges(grid.rows, &|r| tiling.rows(r).start, tiling.height(), height),
        }
    }

    /// Every patch with its place, row by row.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, Rect)> {
        let rows = self.rows.windows(2);
        let places = rows.flat_map(|row| self.columns.windows(2).map(move |column| place(column, row)));
        places.enumerate()
    }

    /// The place of one patch, if there is such a patch.
    fn place(&self, patch: usize) -> Option<Rect> {
        let cols = self.columns.len() - 1;
        let (row, column) = (patch / cols, patch % cols);
        Some(place(&self.columns[column..column + 2], self.rows.get(row..row + 2)?))
    }

    /// The shorter side of a patch, on average.
    pub(super) fn smallest(&self) -> u32 {
        let mean = |edges: &[u32]| edges[edges.len() - 1] / (edges.len() - 1) as u32;
        mean(&self.columns).min(mean(&self.rows))
    }
}

fn place(column: &[u32], row: &[u32]) -> Rect {
    Rect { x: column[0], y: row[0], width: column[1] - column[0], height: row[1] - row[0] }
}

/// Outlines the patches that `text` names.
pub(super) fn outline(picture: &mut Image, edges: &Edges, text: &OverlayText<'_>) {
    for (stroke, patches) in [(Stroke::Dashed, &text.distractors), (Stroke::Solid, &text.top)] {
        for place in patches.iter().filter_map(|&patch| edges.place(patch)) {
            stroke.frame(picture, place);
        }
    }
}

/// How an outline looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stroke {
    /// White, with a dark line inside it.
    Solid,
    /// Light dashes with dark between.
    Dashed,
}

impl Stroke {
    /// Draws it within `place`, along its border.
    pub(super) fn frame(self, image: &mut Image, place: Rect) {
        let shorter = place.width.min(place.height);
        let thick = (shorter / 12).clamp(1, 4);
        let dash = (shorter / 5).max(2);
        for y in 0..place.height {
            let row = image.span_mut(place, place.y + y);
            for x in 0..place.width {
                let depth = x.min(y).min(place.width - 1 - x).min(place.height - 1 - y);
                let along = if y.min(place.height - 1 - y) == depth { x } else { y };
                let colour = match self {
                    Stroke::Solid if depth < thick => LIGHT,
                    Stroke::Dashed if depth < thick && (along / dash).is_multiple_of(2) => MUTED,
                    Stroke::Dashed if depth < thick => DARK,
                    Stroke::Solid if depth < thick + thick.div_ceil(2) => DARK,
                    _ => continue,
                };
                row[3 * x as usize..][..3].copy_from_slice(&colour);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrcoc_stats::Grid;

    #[test]
    fn an_outline_is_on_the_border_of_its_patch_and_nowhere_else() {
        let tiling = Tiling::new(Grid::new(3, 3).unwrap(), 90, 90).unwrap();
        let edges = Edges::new(&tiling, 90, 90);
        let mut picture = Image::filled(90, 90, [100; 3]);
        let text =
            OverlayText { top: vec![4, 9, usize::MAX], distractors: vec![2], ..OverlayText::default() };
        outline(&mut picture, &edges, &text);
        let at = |x: u32, y: u32| picture.pixels().row(y)[3 * x as usize];
        for (x, y) in [(30, 30), (59, 30), (30, 59), (59, 59), (45, 30), (30, 45), (59, 45)] {
            assert_eq!(at(x, y), 255, "{x},{y}");
        }
        for (x, y) in [(29, 45), (60, 45), (45, 29), (45, 60), (45, 45), (10, 10), (75, 15)] {
            assert_eq!(at(x, y), 100, "{x},{y}");
        }
        let dashes: Vec<u8> = (60..90).map(|x| at(x, 0)).collect();
        assert!(dashes.contains(&MUTED[0]) && dashes.contains(&DARK[0]), "{dashes:?}");
    }

    #[test]
    fn patches_are_where_they_are_and_others_nowhere() {
        let tiling = Tiling::new(Grid::new(2, 3).unwrap(), 30, 20).unwrap();
        let edges = Edges::new(&tiling, 60, 40);
        let places: Vec<(usize, Rect)> = edges.places().collect();
        assert_eq!(places.len(), 6);
        assert!(places.iter().all(|&(patch, place)| edges.place(patch) == Some(place)));
        assert_eq!(edges.place(4), Some(Rect { x: 20, y: 20, width: 20, height: 20 }));
        assert_eq!((edges.place(6), edges.smallest()), (None, 20));
    }
}
