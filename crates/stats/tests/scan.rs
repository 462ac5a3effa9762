//! The fast scan against the definition, to the bit.

#![allow(clippy::unwrap_used)]

use std::ops::Range;

use arrcoc_stats::{
    Band, EDGE_THRESHOLD, FIELDS, Grid, PatchStats, Pixels, Tiling, Vectors, reference, scan, scan_band,
    scan_threads, scan_with,
};
use proptest::prelude::*;

/// An image with a grid that fits it, and an edge threshold.
#[derive(Clone, Debug)]
struct Case {
    width: u32,
    height: u32,
    data: Vec<u8>,
    grid: Grid,
    threshold: i32,
}

impl Case {
    fn pixels(&self) -> Pixels<'_> {
        Pixels::new(self.width, self.height, &self.data).unwrap()
    }

    fn tiling(&self) -> Tiling {
        Tiling::new(self.grid, self.width, self.height).unwrap()
    }

    /// All rows, cut at these places.
    fn bands(&self, cuts: &mut Vec<u32>, backwards: bool) -> Vec<Range<u32>> {
        cuts.iter_mut().for_each(|cut| *cut = (*cut).min(self.height));
        cuts.extend([0, self.height]);
        cuts.sort_unstable();
        let mut bands: Vec<_> = cuts.windows(2).map(|pair| pair[0]..pair[1]).collect();
        if backwards {
            bands.reverse();
        }
        bands
    }
}

fn case() -> impl Strategy<Value = Case> {
    // Few different values make edges and equal neighbours likely; all 256 make extremes.
    let bytes = |length| {
        prop_oneof![
            proptest::collection::vec(any::<u8>(), length),
            proptest::collection::vec(prop_oneof![Just(0u8), Just(255), Just(100), Just(110)], length),
        ]
    };
    (1u32..70, 1u32..40)
        .prop_flat_map(move |(width, height)| {
            let data = bytes((width * height * 3) as usize);
            let threshold = prop_oneof![Just(EDGE_THRESHOLD), -5i32..2100, Just(i32::MIN), Just(i32::MAX)];
            (Just(width), Just(height), data, 1..=height.min(26), 1..=width.min(26), threshold)
        })
        .prop_map(|(width, height, data, rows, cols, threshold)| Case {
            width,
            height,
            data,
            grid: Grid::new(rows, cols).unwrap(),
            threshold,
        })
}

proptest! {
    #[test]
    fn scan_is_the_reference(case in case()) {
        let (pixels, tiling) = (case.pixels(), case.tiling());
        let expected = reference(&pixels, &tiling, case.threshold);
        for vectors in Vectors::here() {
            let mut table = vec![0; case.grid.patches() * FIELDS];
            scan_with(vectors, &pixels, &tiling, case.threshold, 0..case.height, &mut table);
            prop_assert_eq!(&table, expected.as_slice(), "{:?}", vectors);
        }
        // And what it counts is a valid table.
        let checked = PatchStats::from_raw(case.grid, expected.as_slice().to_vec());
        prop_assert_eq!(checked, Ok(expected));
    }

    #[test]
    fn threads_change_nothing(case in case()) {
        let (pixels, tiling) = (case.pixels(), case.tiling());
        let expected = scan_threads(&pixels, &tiling, case.threshold, 1);
        for threads in [0, 2, 3, 4, 5, 6, 7, 8, 1000] {
            prop_assert_eq!(&scan_threads(&pixels, &tiling, case.threshold, threads), &expected);
        }
    }

    #[test]
    fn bands_add_up_in_any_order(case in case(), mut cuts in proptest::collection::vec(0u32..40, 0..6), backwards: bool) {
        let (pixels, tiling) = (case.pixels(), case.tiling());
        let bands = case.bands(&mut cuts, backwards);
        let mut table = vec![0; case.grid.patches() * FIELDS];
        for rows in bands {
            scan(&pixels, &tiling, case.threshold, rows, &mut table);
        }
        let expected = reference(&pixels, &tiling, case.threshold);
        prop_assert_eq!(table, expected.as_slice());
    }

    #[test]
    fn bands_need_no_rows_but_their_own_and_one_on_each_side(
        case in case(),
        mut cuts in proptest::collection::vec(0u32..40, 0..6),
        backwards: bool,
        threads in 0usize..5,
    ) {
        let tiling = case.tiling();
        let stride = 3 * case.width as usize;
        let mut table = vec![0; case.grid.patches() * FIELDS];
        for rows in case.bands(&mut cuts, backwards).into_iter().filter(|rows| !rows.is_empty()) {
            let around = Band::around(&rows, case.height);
            // A copy: there is nothing above or below it.
            let held = case.data[around.start as usize * stride..around.end as usize * stride].to_vec();
            let held = Pixels::new(case.width, around.end - around.start, &held).unwrap();
            let band = Band::new(held, case.height, rows).unwrap();
            scan_band(&band, &tiling, case.threshold, threads, &mut table);
        }
        let expected = reference(&case.pixels(), &tiling, case.threshold);
        prop_assert_eq!(table, expected.as_slice());
    }
}

/// A patch wider than the pieces in which rows are summed, as steep as can be.
#[test]
fn a_very_wide_steep_patch_does_not_overflow() {
    let width = 100_000u32;
    let columns = (0..width).flat_map(|x| [if x % 4 < 2 { 0 } else { 255u8 }; 3]);
    let row: Vec<u8> = columns.collect();
    let data = [row.as_slice(), &row, &row].concat();
    let pixels = Pixels::new(width, 3, &data).unwrap();
    let tiling = Tiling::new(Grid::new(1, 1).unwrap(), width, 3).unwrap();
    let stats = scan_threads(&pixels, &tiling, EDGE_THRESHOLD, 1);
    assert_eq!(stats, reference(&pixels, &tiling, EDGE_THRESHOLD));
    // Every column but the two at the border sees a step of 255 at full strength.
    assert_eq!(stats.patch(0).jxx(), 255 * 255 * 3 * (i64::from(width) - 2));
}

/// Shapes that meet every edge of the code: one row or column, a column past a block or a strip, tall patches, and more
/// patches than anything is wide.
#[test]
fn awkward_shapes_are_the_reference_with_all_vectors() {
    let sizes = [
        (1, 1),
        (1, 700),
        (2, 300),
        (31, 3),
        (32, 3),
        (33, 3),
        (1023, 5),
        (1024, 5),
        (1025, 5),
        (2049, 4),
        (3001, 3),
        (16_384, 2),
        (97, 1031),
    ];
    let mut state = 1u32;
    for (width, height) in sizes {
        let noise = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let data: Vec<u8> = (0..3 * width * height).map(noise).collect();
        let pixels = Pixels::new(width, height, &data).unwrap();
        for (rows, cols) in [(1, 1), (1, 2), (2, 3), (24, 24), (128, 128)] {
            let grid = Grid::new(rows.min(height), cols.min(width)).unwrap();
            let tiling = Tiling::new(grid, width, height).unwrap();
            let expected = reference(&pixels, &tiling, EDGE_THRESHOLD);
            for vectors in Vectors::here() {
                let mut table = vec![0; grid.patches() * FIELDS];
                scan_with(vectors, &pixels, &tiling, EDGE_THRESHOLD, 0..height, &mut table);
                assert!(table == expected.as_slice(), "{width}x{height} {grid:?} {vectors:?}");
            }
        }
    }
}

/// Worked out by hand: a step from 0 to 200 between columns 1 and 2 of a 4×2 image.
#[test]
fn a_tiny_image_by_hand() {
    let row = [[0u8; 3], [0; 3], [200; 3], [200; 3]].concat();
    let data = [row.clone(), row].concat();
    let pixels = Pixels::new(4, 2, &data).unwrap();
    let tiling = Tiling::new(Grid::new(1, 2).unwrap(), 4, 2).unwrap();
    for stats in
        [reference(&pixels, &tiling, EDGE_THRESHOLD), scan_threads(&pixels, &tiling, EDGE_THRESHOLD, 1)]
    {
        for (patch, value) in [(0, 0usize), (1, 200)] {
            let view = stats.patch(patch);
            assert_eq!(view.count(), 4);
            assert_eq!(view.histogram()[value], 4);
            assert_eq!(view.sum_rgb(), [4 * value as i64; 3]);
            // gx = 4·200 in the column beside the step, 0 in the other; gx/4 = 200.
            assert_eq!(view.edges(), 2);
            assert_eq!((view.jxx(), view.jyy(), view.jxy()), (2 * 200 * 200, 0, 0));
        }
    }
}

/// A corner: Jxy counts with its sign, and division truncates towards zero.
#[test]
fn a_corner_by_hand() {
    // Luma 0 0 / 0 7: seen from each pixel, with the border repeated, the
    // derivatives are (7, 7) at the upper left, (7, 21), (21, 7) and (21, 21).
    let data = [[0u8; 3], [0; 3], [0; 3], [7; 3]].concat();
    let pixels = Pixels::new(2, 2, &data).unwrap();
    let tiling = Tiling::new(Grid::new(1, 1).unwrap(), 2, 2).unwrap();
    let stats = scan_threads(&pixels, &tiling, 28, 1);
    assert_eq!(stats, reference(&pixels, &tiling, 28));
    let view = stats.patch(0);
    // (7, 21)/4 is (1, 5).
    assert_eq!((view.jxx(), view.jyy(), view.jxy()), (1 + 1 + 25 + 25, 1 + 25 + 1 + 25, 1 + 5 + 5 + 25));
    // Sums 14, 28, 28, 42: the threshold itself counts.
    assert_eq!(view.edges(), 3);

    // The same corner rising to the left: only the sign of Jxy changes.
    let mirrored = [[0u8; 3], [0; 3], [7; 3], [0; 3]].concat();
    let mirrored = scan_threads(&Pixels::new(2, 2, &mirrored).unwrap(), &tiling, 28, 1);
    let mirrored = mirrored.patch(0);
    assert_eq!((mirrored.jxx(), mirrored.jyy(), mirrored.jxy()), (52, 52, -36));
}
