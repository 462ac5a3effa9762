//! Pages of things, as one sees them from outside: what is promised of a page holds on it,
//! and the thing that is asked for can be told from the others when it is seen well.

#![allow(clippy::unwrap_used, reason = "helpers of a test")]

use std::collections::BTreeSet;

use arrcoc_datasets::item::{Item, Region};
use arrcoc_datasets::scenes::{ASKS, Options, SIDES, ScenesError, draw};
use arrcoc_datasets::{Seed, SplitMix64};
use arrcoc_picture::{Sampling, most_alike, render};
use arrcoc_stats::{Grid, Rect, Tiling};
use proptest::prelude::*;

fn small(width: u32, height: u32) -> Options {
    Options { size: [width, height], ..Options::default() }
}

/// A short hash of a page, picture and questions, only to see whether it changed.
fn digest(page: &Item) -> u64 {
    let mut bytes = page.image.data().to_vec();
    bytes.extend(page.name.bytes());
    for ask in &page.asks {
        bytes.extend(ask.question.bytes().chain(ask.paraphrases.iter().flat_map(|text| text.bytes())));
        let places = ask.answers.iter().map(|answer| &answer.region).chain(&ask.candidates);
        bytes.extend(places.map(rect).flat_map(|Rect { x, y, width, height }| {
            [x, y, width, height].into_iter().flat_map(u32::to_le_bytes)
        }));
    }
    bytes.extend(page.traits.iter().flat_map(|(key, value)| key.bytes().chain(value.bytes())));
    bytes.iter().fold(0, |hash, &byte| SplitMix64::new(hash ^ u64::from(byte)).next_u64())
}

fn rect(region: &Region) -> Rect {
    let Region::Box(rect) = region else { panic!("{region:?} is no box") };
    *rect
}

/// The bytes themselves: they are the same on every machine and in every version. A
/// change here makes the numbers in old reports those of other pages.
#[test]
fn pages_never_change() {
    let found = [(0, 0, 672, 672), (0, 1, 672, 672), (1, 2, 800, 600), (2, 3, 672, 672)].map(
        |(seed, index, width, height)| {
            digest(&draw(Seed::tuning(seed), index, &small(width, height)).unwrap())
        },
    );
    let expected =
        [0x017d_3547_433f_0f31, 0xe8a6_0bff_4132_a5b5, 0x4a30_11d3_564b_ccee, 0xbdea_d07f_0959_b343];
    assert_eq!(found, expected, "{found:#018x?}");
}

#[test]
fn a_page_depends_on_its_seed_index_and_options_alone() {
    let mut seen = BTreeSet::new();
    for seed in [Seed::tuning(0), Seed::tuning(1), Seed::reporting(0), Seed::reporting(1)] {
        for (index, side) in [(0, 336), (1, 336), (0, 337)] {
            let page = || digest(&draw(seed, index, &small(side, 336)).unwrap());
            let found = page();
            assert_eq!(found, page(), "{seed:?} is not the same twice");
            assert!(seen.insert(found), "{seed:?} {index} {side} was seen before");
        }
    }
}

/// Each side alone, so that neither can stand in for the other.
#[test]
fn options_out_of_range_are_refused() {
    for bad in [0, 1, 335, 4097, 1 << 16, u32::MAX] {
        for (width, height) in [(bad, 1344), (1344, bad), (bad, bad)] {
            let error = draw(Seed::tuning(0), 0, &small(width, height)).unwrap_err();
            assert_eq!(error, ScenesError::Side { width, height });
            let expected =
                format!("a page of `{width}x{height}` pixels is out of range: each side is 336 to 4096");
            assert_eq!(error.to_string(), expected);
            let near = |side: u32| side.clamp(336, 4096);
            let hint = format!("the nearest page is `{}x{}`", near(width), near(height));
            assert_eq!(error.hint(), Some(hint));
        }
    }
    for (asks, near) in [(0, 1), (25, 24), (u32::MAX, 24)] {
        let error = draw(Seed::tuning(0), 0, &Options { asks, ..small(336, 336) }).unwrap_err();
        assert_eq!(error.to_string(), format!("`{asks}` questions are out of range: a page has 1 to 24"));
        assert_eq!(error.hint(), Some(format!("the nearest number is `{near}`")));
    }
}

#[test]
fn extreme_options_make_pages() {
    for (width, height) in [(336, 336), (4096, 336), (336, 4096)] {
        let page = draw(Seed::tuning(4), 2, &Options { asks: *ASKS.end(), ..small(width, height) }).unwrap();
        assert_eq!((page.image.width(), page.image.height(), page.asks.len()), (width, height, 24));
        check(&page);
    }
    assert_eq!((*SIDES.start(), *SIDES.end()), (336, 4096));
}

/// What is promised of every page.
fn check(page: &Item) {
    let sides = [page.image.width(), page.image.height()];
    let [detail, ground] = ["detail", "ground"].map(|key| page.traits[key].as_str());
    assert!(["gap", "hand", "dots", "letter"].contains(&detail), "{detail}");
    assert!(["photograph", "texture", "plain"].contains(&ground), "{ground}");

    let places: Vec<Rect> = page.asks[0].candidates.iter().map(rect).collect();
    assert!((30..=42).contains(&places.len()), "{} things", places.len());
    for (number, place) in places.iter().enumerate() {
        assert!(place.x + place.width <= sides[0] && place.y + place.height <= sides[1], "{place:?}");
        for other in &places[..number] {
            let apart = place.x >= other.x + other.width
                || other.x >= place.x + place.width
                || place.y >= other.y + other.height
                || other.y >= place.y + place.height;
            assert!(apart, "{place:?} and {other:?} overlap");
        }
    }

    let mut said = BTreeSet::new();
    let mut asked = BTreeSet::new();
    for ask in &page.asks {
        let [answer] = &ask.answers[..] else { panic!("{:?}", ask.answers) };
        assert!(answer.text.is_empty() && ask.label.is_none() && ask.paraphrases.len() == 3);
        assert!(ask.candidates.contains(&answer.region));
        let own = rect(&answer.region);
        // Things of its group: as large but for the rounding to whole pixels.
        let alike = places.iter().filter(|place| place.width.abs_diff(own.width) <= 1).count();
        assert!(alike >= 5, "{alike} things are like {own:?}");
        assert!(asked.insert((own.x, own.y)), "{own:?} is asked for twice");
        for text in std::iter::once(&ask.question).chain(&ask.paraphrases) {
            assert!(said.insert(text.clone()), "{text} is asked twice");
        }
    }
    // The first six are of six groups, and so of sizes in six strata.
    let mut widths: Vec<f32> =
        page.asks.iter().take(6).map(|ask| rect(&ask.answers[0].region).width as f32).collect();
    widths.sort_by(f32::total_cmp);
    if let [least, .., most] = widths[..] {
        assert!(page.asks.len() < 6 || most / least > 1.5, "{widths:?}");
    }
}

/// When every patch gets the same, more is found as samples get finer: this is what an
/// allocation has to win. The example `scenes_headroom` prints more of it.
#[test]
fn what_is_found_rises_with_the_samples() {
    let budgets = [16, 64, 144, 400];
    let mut found = [0; 4];
    let mut asked = 0;
    for index in 0..8 {
        // Things and patches of half the nominal size: as many samples to a thing, and a
        // quarter of the work.
        let page = draw(Seed::tuning(3), index, &small(672, 672)).unwrap();
        let tiling = Tiling::new(Grid::default(), 672, 672).unwrap();
        asked += page.asks.len();
        for (budget, found) in budgets.into_iter().zip(&mut found) {
            let seen = render(&page.image, &tiling, &vec![budget; tiling.grid().patches()], Sampling::Grid);
            for ask in &page.asks {
                let places: Vec<Rect> = ask.candidates.iter().map(rect).collect();
                let own = rect(&ask.answers[0].region);
                let (place, margin) = most_alike(&page.image, own, &seen, &places, 2).unwrap();
                assert!((0.0..=2.0).contains(&margin));
                *found += usize::from(places[place] == own);
            }
        }
    }
    let shares = found.map(|found| found as f64 / asked as f64);
    assert!(shares.is_sorted(), "{shares:?}");
    assert!(shares[0] < 0.45 && shares[1] < 0.7 && shares[3] >= 0.93, "{shares:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn pages_keep_their_promises(
        number in 0u32..1 << 20,
        index in 0u32..1 << 20,
        width in 336u32..640,
        height in 336u32..640,
        asks in 1u32..=24,
    ) {
        check(&draw(Seed::tuning(number), index, &Options { size: [width, height], asks }).unwrap());
    }
}
