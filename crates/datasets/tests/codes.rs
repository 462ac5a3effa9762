//! Pages with codes, as one sees them from outside: what is promised of a page holds on
//! it, and every code can be read by a library that did not write it.

#![allow(clippy::unwrap_used, reason = "helpers of a test")]

mod qr_reader;

use std::collections::BTreeSet;

use arrcoc_datasets::codes::{CodesError, Page, draw};
use arrcoc_datasets::{Seed, SplitMix64};
use arrcoc_stats::{Grid, GridError, Rect, Tiling};
use proptest::prelude::*;

/// A short hash of a page, picture and answers, only to see whether it changed.
fn digest(page: &Page) -> u64 {
    let mut bytes = page.image.data().to_vec();
    for code in &page.codes {
        bytes.extend(code.text.bytes());
        bytes.extend(code.corners.iter().flatten().flat_map(|place| place.to_le_bytes()));
    }
    bytes.iter().fold(0, |hash, &byte| SplitMix64::new(hash ^ u64::from(byte)).next_u64())
}

/// The bytes themselves: they are the same on every machine and in every version. A
/// change here makes the counts in old reports those of other pages.
#[test]
fn pages_never_change() {
    let found = [(0, 672, 672), (1, 672, 672), (2, 800, 600), (3, 1344, 1344)]
        .map(|(index, width, height)| digest(&draw(Seed::tuning(index), width, height).unwrap()));
    let expected =
        [0x4632_06ec_5da5_08c5, 0xf802_782f_f513_9a78, 0x6ffc_243a_963c_6bdf, 0xab23_0c3b_3af2_8916];
    assert_eq!(found, expected, "{found:#018x?}");
}

#[test]
fn a_page_depends_on_its_seed_and_sides_alone() {
    let page = |seed, side| digest(&draw(seed, side, 336).unwrap());
    let mut seen = BTreeSet::new();
    for seed in [Seed::tuning(0), Seed::tuning(1), Seed::tuning(2)] {
        for side in [336, 337] {
            assert_eq!(page(seed, side), page(seed, side), "{seed:?} is not the same twice");
            assert!(seen.insert(page(seed, side)), "{seed:?} {side} was seen before");
        }
    }
}

#[test]
fn codes_are_read_on_whole_pages_and_nothing_else_is() {
    let (mut codes, mut missed, mut unclear) = (0, Vec::new(), Vec::new());
    for index in 0..16 {
        let page = draw(Seed::tuning(index), 1344, 1344).unwrap();
        let read = qr_reader::whole(&page.image);
        let texts: BTreeSet<String> = page.codes.iter().map(|code| code.text.clone()).collect();
        let wrong: Vec<_> = read.difference(&texts).collect();
        assert!(wrong.is_empty(), "page {index}: {wrong:?} stands nowhere");
        codes += texts.len();
        missed.extend(texts.difference(&read).cloned());

        // Where the page says a code is, there it is.
        let cropped = qr_reader::crops(&page.image, &page);
        assert!(cropped.is_subset(&texts), "page {index}: a crop holds what stands nowhere");
        unclear.extend(texts.difference(&cropped).cloned());
    }
    assert!(unclear.len() * 20 <= codes, "of {codes} codes these are not read on crops: {unclear:?}");
    assert!(missed.len() * 100 <= codes, "of {codes} codes these are not read: {missed:?}");
}

/// Each side alone, so that neither can stand in for the other.
#[test]
fn sides_out_of_range_are_refused() {
    for bad in [0, 1, 335, 4097, 1 << 16, u32::MAX] {
        for (width, height) in [(bad, 1344), (1344, bad), (bad, bad)] {
            let error = draw(Seed::tuning(0), width, height).unwrap_err();
            assert_eq!(error, CodesError::Side { width, height });
            let expected =
                format!("a page of `{width}x{height}` pixels is out of range: each side is 336 to 4096");
            assert_eq!(error.to_string(), expected);
        }
    }
}

#[test]
fn extreme_sides_make_pages() {
    for (width, height) in [(336, 336), (4096, 336), (336, 4096)] {
        let page = draw(Seed::tuning(4), width, height).unwrap();
        assert_eq!((page.image.width(), page.image.height()), (width, height));
        check(&page);
    }
}

#[test]
fn a_grid_finer_than_pixels_is_refused() {
    let page = draw(Seed::tuning(0), 336, 400).unwrap();
    let error = page.answer_mask(Grid { rows: 401, cols: 4 }).unwrap_err();
    assert!(matches!(error, GridError::ImageTooSmall { .. }), "{error}");
    let error = page.answer_mask(Grid { rows: 0, cols: 4 }).unwrap_err();
    assert!(matches!(error, GridError::Side { .. }), "{error}");
    // The finest that fits: a patch a pixel.
    let mask = page.answer_mask(Grid { rows: 400, cols: 336 }).unwrap();
    let area: f32 = page.codes.iter().map(|code| (code.modules as f32 * code.module).powi(2)).sum();
    let marked = mask.iter().map(|&mark| f32::from(mark)).sum::<f32>();
    assert!(marked >= area && marked < 1.5 * area, "{marked} pixels for {area}");
}

/// What is promised of every page.
fn check(page: &Page) {
    assert!((6..=9).contains(&page.codes.len()));
    let texts: BTreeSet<_> = page.codes.iter().map(|code| &code.text).collect();
    assert_eq!(texts.len(), page.codes.len(), "a text stands there twice");
    assert!(page.codes.is_sorted_by(|a, b| a.module >= b.module));
    let sides = [page.image.width() as f32, page.image.height() as f32];
    for (place, code) in page.codes.iter().enumerate() {
        assert!((8..=14).contains(&code.text.len()), "{}", code.text);
        assert!(code.text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()), "{}", code.text);
        // Versions 1 and 2.
        assert!(code.modules == 21 || code.modules == 25, "{}", code.modules);
        let side = code.module * code.modules as f32;
        for (corner, next) in (0..4).map(|c| (code.corners[c], code.corners[(c + 1) % 4])) {
            let length = (next[0] - corner[0]).hypot(next[1] - corner[1]);
            assert!((length / side - 1.0).abs() < 1e-3, "{length} for {side}");
        }
        let bounds = code.bounds();
        for corner in grown(code.corners, 1.0 + 8.0 / f64::from(code.modules)) {
            for (c, (start, length)) in
                [(bounds.x, bounds.width), (bounds.y, bounds.height)].into_iter().enumerate()
            {
                assert!(
                    corner[c] >= -0.01 && corner[c] <= f64::from(sides[c]) + 0.01,
                    "off the page: {corner:?}"
                );
                let (low, high) = (f64::from(start) - 0.01, f64::from(start + length) + 0.01);
                assert!((low..high).contains(&corner[c]), "{corner:?} is not in {bounds:?}");
            }
        }
        for other in &page.codes[..place] {
            let other = other.bounds();
            let apart = bounds.x + bounds.width <= other.x
                || other.x + other.width <= bounds.x
                || bounds.y + bounds.height <= other.y
                || other.y + other.height <= bounds.y;
            assert!(apart, "{bounds:?} and {other:?} overlap");
        }
    }
}

/// A symbol's corners, moved away from its middle.
fn grown(corners: [[f32; 2]; 4], by: f64) -> [[f64; 2]; 4] {
    let middle = [0, 1].map(|c| corners.iter().map(|corner| f64::from(corner[c])).sum::<f64>() / 4.0);
    corners.map(|corner| std::array::from_fn(|c| middle[c] + (f64::from(corner[c]) - middle[c]) * by))
}

/// The area that a convex figure shares with a rectangle: the figure is cut along each
/// side of it (Sutherland and Hodgman 1974).
fn shared(figure: [[f64; 2]; 4], rect: Rect) -> f64 {
    let sides = [
        (0, 1.0, f64::from(rect.x)),
        (0, -1.0, f64::from(rect.x + rect.width)),
        (1, 1.0, f64::from(rect.y)),
        (1, -1.0, f64::from(rect.y + rect.height)),
    ];
    let mut corners = figure.to_vec();
    for (c, sign, at) in sides {
        let depth = |corner: [f64; 2]| sign * (corner[c] - at);
        let mut kept = Vec::new();
        for (place, &corner) in corners.iter().enumerate() {
            let next = corners[(place + 1) % corners.len()];
            let (here, there) = (depth(corner), depth(next));
            if here >= 0.0 {
                kept.push(corner);
            }
            if (here >= 0.0) != (there >= 0.0) {
                let t = here / (here - there);
                kept.push([0, 1].map(|c| corner[c] + t * (next[c] - corner[c])));
            }
        }
        corners = kept;
    }
    let turns = (0..corners.len()).map(|place| {
        let (a, b) = (corners[place], corners[(place + 1) % corners.len()]);
        a[0] * b[1] - a[1] * b[0]
    });
    turns.sum::<f64>().abs() / 2.0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn pages_keep_their_promises(index in 0u32..1 << 20, width in 336u32..900, height in 336u32..900) {
        check(&draw(Seed::tuning(index), width, height).unwrap());
    }

    #[test]
    fn the_mask_marks_the_patches_that_a_symbol_overlaps(
        index in 0u32..1 << 20,
        width in 336u32..500,
        height in 336u32..500,
        rows in 1u32..60,
        cols in 1u32..60,
    ) {
        let page = draw(Seed::tuning(index), width, height).unwrap();
        let grid = Grid::new(rows, cols).unwrap();
        let tiling = Tiling::new(grid, width, height).unwrap();
        let mask = page.answer_mask(grid).unwrap();
        prop_assert_eq!(mask.len(), grid.patches());
        for (patch, &mark) in mask.iter().enumerate() {
            let area = |by| {
                let shares = page.codes.iter().map(|code| shared(grown(code.corners, by), tiling.patch(patch)));
                shares.fold(0.0, f64::max)
            };
            // An overlap finer than the rounding of a corner may go either way.
            if area(0.9999) > 0.0 {
                prop_assert_eq!(mark, 1, "patch {} is overlapped", patch);
            }
            if area(1.0001) == 0.0 {
                prop_assert_eq!(mark, 0, "patch {} is not overlapped", patch);
            }
        }
    }
}
