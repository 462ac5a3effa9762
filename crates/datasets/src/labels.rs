//! Which patches of a grid hold what is asked for: the labels that maps are fitted on and judged by.
//!
//! A region seldom ends where a patch does, so a rule has to say which patches count. A patch holds a region when
//! the region covers at least a quarter of it. A line of text is thinner than that where it lies across the border
//! of two rows of patches, and a word may be smaller than a quarter of a patch: so a patch holds it, too, when there
//! is at least half as much of it there as in the patch that has most of it. Every region is held by one patch at
//! least, and slivers that reach into a neighbour do not count.

use arrcoc_stats::Tiling;

use crate::item::{Ask, Region, area};

impl Ask {
    /// Whether each patch holds an answer, or the label of the question; row by row.
    #[must_use]
    pub fn held_patches(&self, tiling: &Tiling) -> Vec<bool> {
        let mut held = vec![false; tiling.grid().patches()];
        for region in self.answers.iter().map(|answer| &answer.region).chain(&self.label) {
            hold(region, tiling, &mut held);
        }
        held
    }

    /// Whether each patch holds the label of the question; none where it is not known where that is.
    #[must_use]
    pub fn label_patches(&self, tiling: &Tiling) -> Option<Vec<bool>> {
        let mut held = vec![false; tiling.grid().patches()];
        hold(self.label.as_ref()?, tiling, &mut held);
        Some(held)
    }
}

fn hold(region: &Region, tiling: &Tiling, held: &mut [bool]) {
    let patches = || (0..held.len()).map(|patch| tiling.patch(patch));
    let areas: Vec<u64> = patches().map(|patch| region.area_in(patch)).collect();
    let most = areas.iter().copied().max().unwrap_or(0);
    let holds: Vec<bool> = patches()
        .zip(&areas)
        .map(|(patch, &inside)| match most {
            // Thinner than the pixels that it lies between.
            0 => region.touches(patch),
            _ => 4 * inside >= area(patch) || 2 * inside >= most,
        })
        .collect();
    held.iter_mut().zip(holds).for_each(|(held, holds)| *held |= holds);
}

#[cfg(test)]
mod tests {
    use arrcoc_stats::{Grid, Rect};
    use proptest::prelude::*;

    use super::*;
    use crate::item::{Answer, Mask, common};

    /// The patches of 8 × 8 pixels, 4 × 4 of them, that hold a region.
    fn held(region: Region) -> Vec<usize> {
        let ask = Ask { answers: vec![Answer { text: String::new(), region }], ..Ask::default() };
        let tiling = Tiling::new(Grid::new(4, 4).unwrap(), 32, 32).unwrap();
        let held = ask.held_patches(&tiling);
        (0..16).filter(|&patch| held[patch]).collect()
    }

    const fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn a_quarter_of_the_patch_or_half_of_the_most() {
        // Half of patch 0, and an eighth of patch 1.
        assert_eq!(held(Region::Box(rect(0, 0, 9, 4))), [0]);
        // Half of patch 0, and a quarter of patch 1.
        assert_eq!(held(Region::Box(rect(0, 0, 12, 4))), [0, 1]);
        // All of patches 0 and 1, and a quarter of 2, which is less than half of the most.
        assert_eq!(held(Region::Box(rect(0, 0, 18, 8))), [0, 1, 2]);
        assert_eq!(held(Region::Box(rect(0, 0, 17, 8))), [0, 1]);
        // A line across two rows, an eighth of each patch: all that it runs through.
        assert_eq!(held(Region::Box(rect(0, 7, 16, 2))), [0, 1, 4, 5]);
        // A dot.
        assert_eq!(held(Region::Box(rect(31, 31, 1, 1))), [15]);
    }

    #[test]
    fn regions_of_every_form_are_held() {
        let mask = Mask::new(rect(6, 0, 4, 1), vec![true, false, false, true]).unwrap();
        assert_eq!(held(Region::Mask(mask)), [0, 1]);
        // A square on its tip: half of patch 0 and of its neighbours.
        assert_eq!(held(Region::Quad([[8.0, 0.0], [16.0, 8.0], [8.0, 16.0], [0.0, 8.0]])), [0, 1, 4, 5]);
        // Too thin for the centre of any pixel.
        assert_eq!(held(Region::Quad([[2.0, 2.1], [14.0, 2.1], [14.0, 2.2], [2.0, 2.2]])), [0, 1]);
    }

    #[test]
    fn the_label_counts_like_the_answer() {
        let answer = Answer { text: "7".into(), region: Region::Box(rect(24, 0, 8, 8)) };
        let label = Some(Region::Box(rect(0, 0, 8, 8)));
        let ask = Ask { answers: vec![answer], label, ..Ask::default() };
        let tiling = Tiling::new(Grid::new(1, 4).unwrap(), 32, 8).unwrap();
        assert_eq!(ask.held_patches(&tiling), [true, false, false, true]);
        assert_eq!(ask.label_patches(&tiling).unwrap().iter().filter(|&&held| held).count(), 1);
    }

    proptest! {
        #[test]
        fn every_region_is_held_and_only_where_it_is(x in 0u32..31, y in 0u32..31, w in 1u32..32, h in 1u32..32) {
            let region = Region::Box(common(rect(x, y, w, h), rect(0, 0, 32, 32)).unwrap());
            let tiling = Tiling::new(Grid::new(4, 4).unwrap(), 32, 32).unwrap();
            let found = held(region.clone());
            prop_assert!(!found.is_empty());
            prop_assert!(found.iter().all(|&patch| region.touches(tiling.patch(patch))));
        }
    }
}
