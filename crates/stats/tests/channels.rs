//! The derived channels: known values, ranges, and symmetry to the bit.

#![allow(clippy::unwrap_used)]

use arrcoc_stats::{
    EDGE_THRESHOLD, FIELDS, Grid, PERSPECTIVAL, PROPOSITIONAL, PatchStats, Pixels, Tiling, perspectival,
    propositional, scan_threads,
};
use proptest::prelude::*;

/// All nine channels, by name.
fn channels(stats: &PatchStats<'_>) -> Vec<(&'static str, Vec<f32>)> {
    propositional(stats).into_iter().chain(perspectival(stats)).collect()
}

fn channel(stats: &PatchStats<'_>, name: &str) -> Vec<f32> {
    channels(stats).into_iter().find(|(other, _)| *other == name).unwrap().1
}

/// Statistics of an image given by its colour at (x, y).
fn statistics(
    width: u32,
    height: u32,
    grid: Grid,
    colour: impl Fn(u32, u32) -> [u8; 3],
) -> PatchStats<'static> {
    let data: Vec<u8> =
        (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| colour(x, y)).collect();
    let pixels = Pixels::new(width, height, &data).unwrap();
    scan_threads(&pixels, &Tiling::new(grid, width, height).unwrap(), EDGE_THRESHOLD, 1)
}

fn grid(rows: u32, cols: u32) -> Grid {
    Grid::new(rows, cols).unwrap()
}

#[test]
fn names_are_those_announced() {
    let stats = PatchStats::zeroed(grid(2, 2));
    assert_eq!(propositional(&stats).map(|(name, _)| name), PROPOSITIONAL);
    assert_eq!(perspectival(&stats).map(|(name, _)| name), PERSPECTIVAL);
}

#[test]
fn nothing_comes_of_a_constant_image_or_of_none() {
    let constant = statistics(50, 37, grid(5, 7), |_, _| [90, 14, 200]);
    for stats in [constant, PatchStats::zeroed(grid(3, 1))] {
        for (name, values) in channels(&stats) {
            assert_eq!(values, vec![0.0; stats.grid().patches()], "{name}");
        }
    }
}

#[test]
fn half_black_half_white_has_one_bit_and_the_greatest_deviation() {
    let stats = statistics(16, 16, grid(2, 2), |x, _| [if x % 2 == 0 { 0 } else { 255 }; 3]);
    assert_eq!(channel(&stats, "entropy"), [1.0 / 8.0; 4]);
    assert_eq!(channel(&stats, "deviation"), [1.0; 4]);
}

#[test]
fn all_values_once_have_eight_bits() {
    let stats = statistics(16, 16, grid(1, 1), |x, y| [(16 * y + x) as u8; 3]);
    assert_eq!(channel(&stats, "entropy"), [1.0]);
    // Variance of 0..=255 is (256² − 1)/12.
    let expected = 2.0 * (65535.0f64 / 12.0).sqrt() / 255.0;
    assert_eq!(channel(&stats, "deviation"), [expected as f32]);
}

#[test]
fn a_stripe_through_the_image_continues() {
    // Vertical bars, eight pixels wide, through every patch of 32×32.
    let stats = statistics(96, 96, grid(3, 3), |x, _| [if x / 8 % 2 == 0 { 20 } else { 230 }; 3]);
    let values = channel(&stats, "continuation");
    assert!(values.iter().all(|&value| value > 0.99), "{values:?}");

    // The same bars in one patch alone: nothing goes on with them.
    let lone = statistics(96, 96, grid(3, 3), |x, y| {
        let inside = (36..60).contains(&x) && (36..60).contains(&y);
        [if inside && x / 8 % 2 == 0 { 230 } else { 20 }; 3]
    });
    assert_eq!(channel(&lone, "continuation")[4], 0.0);
}

#[test]
fn diagonals_continue_in_both_directions() {
    for sign in [1i32, -1] {
        let stats = statistics(96, 96, grid(3, 3), |x, y| {
            let along = (x as i32 + sign * y as i32).rem_euclid(16);
            [if along < 8 { 40 } else { 200 }; 3]
        });
        let values = channel(&stats, "continuation");
        assert!(values[4] > 0.9, "{sign}: {values:?}");
        // The two corners whose diagonal leads out of the grid continue nowhere.
        let corners = if sign == 1 { [0, 8] } else { [2, 6] };
        for corner in corners {
            assert!(values[corner] < 0.01, "{sign}: {values:?}");
        }
    }
}

#[test]
fn crossing_bars_do_not_continue_one_another() {
    // Vertical bars in the middle row of patches, horizontal bars above and below.
    let stats = statistics(96, 96, grid(3, 3), |x, y| {
        let along = if (32..64).contains(&y) { x } else { y };
        [if along / 4 % 2 == 0 { 20 } else { 230 }; 3]
    });
    assert!(channel(&stats, "continuation")[4] < 0.01);
}

#[test]
fn one_red_patch_stands_out_on_grey() {
    let stats = statistics(90, 90, grid(9, 9), |x, y| {
        if (40..50).contains(&x) && (40..50).contains(&y) { [255, 0, 0] } else { [128; 3] }
    });
    for name in ["colour_contrast_near", "colour_contrast_far", "rarity"] {
        let values = channel(&stats, name);
        let others = values.iter().enumerate().filter(|(patch, _)| *patch != 40).map(|(_, value)| *value);
        assert!(values[40] > others.fold(0.0, f32::max), "{name}");
    }
    // Red against grey: |L| 53.24 − 53.59, chroma 104.55 of 128.
    let near = channel(&stats, "colour_contrast_near")[40];
    assert!((near - 104.55 / 128.0).abs() < 1e-3, "{near}");
    // Only the ring of radius 3 sees the patch from two patches off.
    assert!(channel(&stats, "colour_contrast_near")[38] < 1e-6);
    assert!(channel(&stats, "colour_contrast_far")[38] > 0.01);
}

#[test]
fn black_beside_white_is_the_greatest_luma_contrast() {
    let stats = statistics(4, 2, grid(1, 2), |x, _| [if x < 2 { 0 } else { 255 }; 3]);
    for value in channel(&stats, "luma_contrast_near") {
        assert!((value - 1.0).abs() < 1e-6, "{value}");
    }
}

#[test]
fn one_patch_and_one_row_of_patches_work() {
    for size in [grid(1, 1), grid(1, 5), grid(5, 1)] {
        let stats = statistics(10, 10, size, |x, y| [(x * 20) as u8, (y * 13) as u8, 7]);
        for (name, values) in channels(&stats) {
            assert_eq!(values.len(), size.patches());
            assert!(values.iter().all(|value| (0.0..=1.0).contains(value)), "{name} {size} {values:?}");
        }
    }
    // Horizontal bars run along a row of patches, and there is nothing across it.
    let bars = |x: u32, y: u32| [if (x + y) % 8 < 4 { 20u8 } else { 230 }; 3];
    let across = statistics(50, 10, grid(1, 5), |_, y| bars(0, y));
    assert!(channel(&across, "continuation").iter().all(|&value| value > 0.99));
    let along = statistics(50, 10, grid(1, 5), |x, _| bars(x, 0));
    assert_eq!(channel(&along, "continuation"), [0.0; 5]);
}

/// A way of turning an image over: where the pixel at (x, y) of the result comes from.
#[derive(Clone, Copy, Debug)]
enum Turn {
    LeftRight,
    UpDown,
    Transpose,
}

impl Turn {
    fn source(self, x: u32, y: u32, width: u32, height: u32) -> (u32, u32) {
        match self {
            Self::LeftRight => (width - 1 - x, y),
            Self::UpDown => (x, height - 1 - y),
            Self::Transpose => (y, x),
        }
    }

    fn size(self, width: u32, height: u32) -> (u32, u32) {
        if matches!(self, Self::Transpose) { (height, width) } else { (width, height) }
    }
}

/// Statistics and channels of a turned image are the turned ones of the image.
fn assert_turns(width: u32, height: u32, grid: Grid, data: &[u8]) {
    let colour = |x: u32, y: u32| {
        let at = 3 * (y * width + x) as usize;
        [data[at], data[at + 1], data[at + 2]]
    };
    let stats = statistics(width, height, grid, colour);
    let original = channels(&stats);
    for turn in [Turn::LeftRight, Turn::UpDown, Turn::Transpose] {
        let (turned_width, turned_height) = turn.size(width, height);
        let (cols, rows) = turn.size(grid.cols, grid.rows);
        let turned_grid = Grid::new(rows, cols).unwrap();
        let turned = statistics(turned_width, turned_height, turned_grid, |x, y| {
            let (x, y) = turn.source(x, y, turned_width, turned_height);
            colour(x, y)
        });
        let turned_channels = channels(&turned);
        for patch in 0..grid.patches() {
            let (row, col) = turned_grid.position(patch);
            let (from_col, from_row) = turn.source(col, row, cols, rows);
            let from = grid.index(from_row, from_col);
            let mut expected = stats.as_slice()[from * FIELDS..][..FIELDS].to_vec();
            match turn {
                Turn::LeftRight | Turn::UpDown => expected[263] = -expected[263],
                Turn::Transpose => expected.swap(261, 262),
            }
            assert_eq!(&turned.as_slice()[patch * FIELDS..][..FIELDS], expected, "{turn:?}");
            for ((name, turned), (_, original)) in turned_channels.iter().zip(&original) {
                assert_eq!(
                    turned[patch].to_bits(),
                    original[from].to_bits(),
                    "{turn:?} {name} at {row},{col}: {} and {}",
                    turned[patch],
                    original[from]
                );
            }
        }
    }
}

fn image() -> impl Strategy<Value = (u32, u32, Grid, Vec<u8>)> {
    (1u32..6, 1u32..6, 1u32..9, 1u32..9).prop_flat_map(|(rows, cols, tall, wide)| {
        let (width, height) = (cols * wide, rows * tall);
        let data = proptest::collection::vec(any::<u8>(), (width * height * 3) as usize);
        (Just(width), Just(height), Just(Grid::new(rows, cols).unwrap()), data)
    })
}

proptest! {
    #[test]
    fn turning_the_image_turns_every_bit((width, height, grid, data) in image()) {
        assert_turns(width, height, grid, &data);
    }

    #[test]
    fn values_lie_in_their_range((width, height, grid, data) in image()) {
        let pixels = Pixels::new(width, height, &data).unwrap();
        let tiling = Tiling::new(grid, width, height).unwrap();
        let stats = scan_threads(&pixels, &tiling, EDGE_THRESHOLD, 1);
        for (name, values) in channels(&stats) {
            for value in values {
                prop_assert!((0.0..=1.0).contains(&value), "{} is {}", name, value);
            }
        }
    }

    /// A table from elsewhere that passes the check gives numbers in range, however
    /// unlikely it is that an image would give such a table.
    #[test]
    fn any_checked_table_gives_values_in_range(fields in proptest::collection::vec(
        (1i64..=1 << 38, 0usize..256, 0usize..256, any::<[u32; 3]>(), any::<[u32; 3]>()), 1..5)) {
        let grid = Grid::new(1, fields.len() as u32).unwrap();
        let share = |of: i64, part: u32| (i128::from(of) * i128::from(part) / i128::from(u32::MAX)) as i64;
        let mut table = Vec::new();
        for (count, low, high, colour, gradient) in fields {
            let mut row = vec![0; FIELDS];
            row[0] = count;
            row[1 + low] += share(count, colour[0]);
            row[1 + high] += count - share(count, colour[0]);
            for channel in 0..3 {
                row[257 + channel] = share(255 * count, colour[channel]);
            }
            row[260] = share(count, gradient[0]);
            row[261] = share(255 * 255 * count, gradient[1]);
            row[262] = share(255 * 255 * count, gradient[2]);
            row[263] = -row[261].min(row[262]);
            table.extend(row);
        }
        let stats = PatchStats::from_raw(grid, table).unwrap();
        for (name, values) in channels(&stats) {
            for value in values {
                prop_assert!((0.0..=1.0).contains(&value), "{} is {}", name, value);
            }
        }
    }
}
