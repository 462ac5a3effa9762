//! Pages of documents, as one sees them from outside: what is promised of a page holds on it.

#![allow(clippy::unwrap_used, reason = "helpers of a test")]

use std::collections::BTreeSet;

use arrcoc_datasets::documents::{DocumentsError, Layout, Options, draw};
use arrcoc_datasets::item::{Item, Region};
use arrcoc_datasets::{Seed, SplitMix64};
use arrcoc_picture::Image;
use arrcoc_stats::Rect;
use proptest::prelude::*;

/// A short hash of a page, picture and questions, only to see whether it changed.
fn digest(page: &Item) -> u64 {
    let mut bytes = page.image.data().to_vec();
    bytes.extend(format!("{:?} {:?} {:?}", page.name, page.asks, page.traits).bytes());
    bytes.iter().fold(0, |hash, &byte| SplitMix64::new(hash ^ u64::from(byte)).next_u64())
}

/// The bytes themselves: they are the same on every machine and in every version. A change here
/// makes the numbers in old reports those of other pages.
#[test]
fn pages_never_change() {
    let options = Options { size: (800, 672), ..Options::default() };
    let found = [0, 1, 2, 3, 4, 9].map(|index| digest(&draw(Seed::tuning(0), index, &options).unwrap()));
    let expected = [
        0x970c_f76b_ddff_6b82,
        0x6d40_e8e1_a2cc_20f9,
        0xa3ff_b8c6_5ef3_c915,
        0x3185_ba1e_695c_35e4,
        0xf3b9_8566_d312_557a,
        0x2e5e_2e5f_b537_2091,
    ];
    assert_eq!(found, expected, "{found:#018x?}");
}

#[test]
fn a_page_depends_on_its_seed_index_and_options_alone() {
    let mut seen = BTreeSet::new();
    for seed in [Seed::tuning(0), Seed::tuning(1), Seed::reporting(0)] {
        for index in [0, 16] {
            for noise in [0.0, 0.4] {
                let options = Options { size: (672, 672), noise, ..Options::default() };
                let page = draw(seed, index, &options).unwrap();
                assert_eq!(digest(&page), digest(&draw(seed, index, &options).unwrap()));
                assert!(seen.insert(digest(&page)), "{seed:?} {index} {noise} was seen before");
            }
        }
    }
}

#[test]
fn layouts_and_sizes_of_type_are_balanced() {
    let options = Options { size: (672, 672), type_px: vec![18, 28], ..Options::default() };
    let kinds = (0..8).map(|index| {
        let page = draw(Seed::tuning(2), index, &options).unwrap();
        assert_eq!(page.name, format!("{}-{index}", page.traits["layout"]));
        (page.traits["layout"].clone(), page.traits["type"].clone())
    });
    assert_eq!(kinds.collect::<BTreeSet<_>>().len(), 8);
}

#[test]
fn faces_vary() {
    let options = Options { size: (672, 672), ..Options::default() };
    let faces = (0..40).map(|index| draw(Seed::tuning(3), index, &options).unwrap().traits["face"].clone());
    assert_eq!(faces.collect::<BTreeSet<_>>().len(), 7);
}

#[test]
fn what_is_out_of_range_is_refused() {
    let refused = |options: Options| draw(Seed::tuning(0), 0, &options).unwrap_err();
    let ok = Options::default;
    for size in [(671, 1344), (1344, 4097), (0, 0), (u32::MAX, 1344)] {
        let error = refused(Options { size, ..ok() });
        assert_eq!(error, DocumentsError::Side { width: size.0, height: size.1 });
    }
    let said = [
        (
            Options { size: (10, 1344), ..ok() },
            "a page of `10x1344` pixels is out of range",
            "each side is 672 to 4096",
        ),
        (
            Options { type_px: vec![22, 17], ..ok() },
            "type of `17` pixels is out of range",
            "the em is 18 to 36 pixels on a page of 1344x1344",
        ),
        (
            Options { type_px: vec![37], ..ok() },
            "type of `37` pixels is out of range",
            "the em is 18 to 36 pixels on a page of 1344x1344",
        ),
        (Options { type_px: vec![], ..ok() }, "`type_px` is empty", "put at least one value into `type_px`"),
        (Options { layouts: vec![], ..ok() }, "`layouts` is empty", "put at least one value into `layouts`"),
        (
            Options { asks: 0, ..ok() },
            "`0` questions a page are out of range",
            "a page has 1 to 16 questions",
        ),
        (
            Options { asks: 17, ..ok() },
            "`17` questions a page are out of range",
            "a page has 1 to 16 questions",
        ),
        (Options { noise: 1.1, ..ok() }, "a noise of `1.1` is out of range", "noise is 0 to 1"),
        (Options { skew: -0.1, ..ok() }, "a skew of `-0.1` is out of range", "skew is 0 to 1.5"),
        (Options { shading: f32::NAN, ..ok() }, "a shading of `NaN` is out of range", "shading is 0 to 0.5"),
        (
            Options { shading: f32::INFINITY, ..ok() },
            "a shading of `inf` is out of range",
            "shading is 0 to 0.5",
        ),
    ];
    for (options, message, hint) in said {
        let error = refused(options);
        assert_eq!((error.to_string().as_str(), error.hint().as_str()), (message, hint));
    }
}

/// Luma of the pixels of a rectangle, by rows.
fn lumas(image: &Image, rect: Rect) -> Vec<Vec<f32>> {
    let luma = |x: u32, y: u32| {
        let at = 3 * (y as usize * image.width() as usize + x as usize);
        let [r, g, b] = [0, 1, 2].map(|c| f32::from(image.data()[at + c]));
        0.299 * r + 0.587 * g + 0.114 * b
    };
    (rect.y..rect.y + rect.height)
        .map(|y| (rect.x..rect.x + rect.width).map(|x| luma(x, y)).collect())
        .collect()
}

/// How far the darkest and the lightest luma of a rectangle lie apart.
fn contrast(image: &Image, rect: Rect) -> f32 {
    let values = lumas(image, rect).concat();
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    values.into_iter().fold(f32::NEG_INFINITY, f32::max) - low
}

fn overlap(a: Rect, b: Rect) -> bool {
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

/// Words that carry content, as a reader of questions would pick them.
fn content(text: &str) -> BTreeSet<String> {
    const STOP: [&str; 27] = [
        "a", "an", "the", "of", "on", "in", "to", "at", "for", "or", "is", "does", "did", "what", "which",
        "who", "when", "where", "how", "much", "tell", "me", "give", "please", "by", "from", "was",
    ];
    text.to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty() && !STOP.contains(word))
        .map(str::to_owned)
        .collect()
}

/// What is promised of every page.
fn check(page: &Item, options: &Options) {
    let (width, height) = options.size;
    assert_eq!((page.image.width(), page.image.height()), (width, height));
    assert!((options.asks as usize).min(6) <= page.asks.len() && page.asks.len() <= options.asks as usize);
    let layout = page.traits["layout"].as_str();
    let (mut answers, mut questions) = (BTreeSet::new(), BTreeSet::new());
    let mut places: Vec<Rect> = Vec::new();
    for ask in &page.asks {
        let [answer] = ask.answers.as_slice() else { panic!("{ask:?}") };
        assert!((3..=24).contains(&answer.text.len()), "{answer:?}");
        assert!(answer.text.bytes().all(|b| (b' '..=b'~').contains(&b)), "{answer:?}");
        assert!(answers.insert(answer.text.clone()), "{} is answered twice", answer.text);
        assert!(questions.insert(ask.question.clone()), "{} is asked twice", ask.question);
        assert!(!ask.question.to_lowercase().contains(&answer.text.to_lowercase()), "{ask:?}");

        let [near, middle, far] = ask.paraphrases.as_slice() else { panic!("{ask:?}") };
        let asked = content(&ask.question);
        assert!(asked.is_subset(&content(near)) && *near != ask.question, "{ask:?}");
        assert_eq!(asked.difference(&content(middle)).count(), 1, "{ask:?}");
        let frame: &[&str] = match layout {
            "receipt" => &["price"],
            "contents" => &["page", "begin"],
            "prose" => &["word", "follows"],
            _ => &[],
        };
        let label: BTreeSet<String> =
            asked.into_iter().filter(|word| !frame.contains(&word.as_str())).collect();
        assert!(!label.is_empty() && label.is_disjoint(&content(far)), "{ask:?}");

        let label = ask.label.as_ref().unwrap();
        for region in [&answer.region, label] {
            if let Region::Quad(corners) = region {
                for [x, y] in corners {
                    assert!((0.0..=width as f32).contains(x) && (0.0..=height as f32).contains(y), "{ask:?}");
                }
            }
            let bounds = region.bounds(width, height);
            assert!(bounds.width >= 3 && bounds.height >= 3, "{ask:?}");
            let contrast = contrast(&page.image, bounds);
            assert!(contrast > 60.0, "{contrast} of {region:?} in {} of {:?}", page.name, page.traits);
        }
        let bounds = answer.region.bounds(width, height);
        assert_ne!(bounds, label.bounds(width, height));
        // The room around the ink of neighbours may overlap, and regions are rounded to whole pixels; their ink does not.
        let room = bounds.height / 6 + 1;
        let ink = Rect {
            x: bounds.x + room,
            y: bounds.y + room,
            width: bounds.width.saturating_sub(2 * room).max(1),
            height: bounds.height.saturating_sub(2 * room).max(1),
        };
        assert!(!label.touches(ink) || matches!(label, Region::Quad(_)), "{ask:?}");
        if !matches!(answer.region, Region::Quad(_)) {
            assert!(!places.iter().any(|&other| overlap(other, ink)), "{ask:?} overlaps another");
        }
        places.push(ink);
    }
}

/// Pages as they are printed, without a scan.
fn printed() -> Options {
    Options { noise: 0.0, skew: 0.0, shading: 0.0, asks: 16, ..Options::default() }
}

/// On a page without noise a region ends where the ink does.
#[test]
fn regions_are_tight() {
    for index in 0..24 {
        let options = printed();
        let page = draw(Seed::tuning(5), index, &options).unwrap();
        check(&page, &options);
        let em: f32 = page.traits["type"].parse().unwrap();
        for ask in &page.asks {
            let Region::Box(rect) = ask.answers[0].region else { panic!("{ask:?}") };
            let rows = lumas(&page.image, rect);
            let ground = rows[0][0];
            let inked = |value: &f32| (value - ground).abs() > 12.0;
            let most = 0.2 * em + 2.5;
            let columns = |x: usize| rows.iter().any(|row| inked(&row[x]));
            let left = (0..rect.width as usize).position(columns).unwrap();
            let right = (0..rect.width as usize).rev().position(columns).unwrap();
            let top = rows.iter().position(|row| row.iter().any(inked)).unwrap();
            let bottom = rows.iter().rev().position(|row| row.iter().any(inked)).unwrap();
            for side in [left, right, top, bottom] {
                assert!(side as f32 <= most, "{left} {right} {top} {bottom}: {ask:?} on {}", page.name);
            }
        }
    }
}

/// Digits are 0.68 to 0.85 em high in these faces.
#[test]
fn type_has_its_size() {
    for side in [1344, 2016] {
        let options = Options { size: (side, side), layouts: vec![Layout::Contents], ..printed() };
        for index in 0..8 {
            let page = draw(Seed::tuning(6), index, &options).unwrap();
            let em = page.traits["type"].parse::<f32>().unwrap() * side as f32 / 1344.0;
            for ask in page.asks.iter().filter(|ask| ask.answers[0].text.bytes().all(|b| b.is_ascii_digit()))
            {
                let height = ask.answers[0].region.bounds(side, side).height as f32 - 0.4 * em;
                assert!(
                    (0.66 * em..0.85 * em + 4.0).contains(&height),
                    "{height} for {em}: {ask:?} {:?}",
                    page.traits
                );
            }
        }
    }
}

/// The same page, straight and turned: a turned region holds the same ink.
#[test]
fn turned_regions_cover_the_text() {
    let (mut turned, mut near) = (0, 0);
    for index in 0..16 {
        let straight = printed();
        let askew = Options { skew: 1.5, ..printed() };
        let [flat, page] = [&straight, &askew].map(|options| draw(Seed::tuning(7), index, options).unwrap());
        for (one, other) in flat.asks.iter().zip(&page.asks) {
            assert_eq!(one.question, other.question);
            let Region::Quad(corners) = other.answers[0].region else { continue };
            let Region::Box(rect) = one.answers[0].region else { panic!("{one:?}") };
            turned += 1;
            // The room around the ink may hold a rule or a neighbour, of which turning moves a part in or out.
            let room = 0.12 * flat.traits["type"].parse::<f32>().unwrap();
            let (rect, corners) = (narrowed(rect, room as u32), drawn_in(corners, room.floor()));
            let rows = lumas(&flat.image, rect);
            let ground = rows[0][0];
            // With its sign: sharpening makes the ground beside a stroke lighter.
            let ink: f32 = rows.iter().flatten().map(|value| value - ground).sum();
            let bounds = other.answers[0].region.bounds(1344, 1344);
            let mut found = 0.0;
            for (y, row) in (bounds.y..).zip(lumas(&page.image, bounds)) {
                for (x, value) in (bounds.x..).zip(row) {
                    if holds(corners, [x as f32 + 0.5, y as f32 + 0.5]) {
                        found += value - ground;
                    }
                }
            }
            let off = (found / ink - 1.0).abs();
            assert!(off < 0.12, "{found} of {ink}: {other:?} on {}", page.name);
            near += usize::from(off < 0.04);
        }
    }
    assert!(turned > 60, "{turned}");
    assert!(near * 10 > turned * 9, "{near} of {turned}");
}

fn narrowed(rect: Rect, by: u32) -> Rect {
    Rect { x: rect.x + by, y: rect.y + by, width: rect.width - 2 * by, height: rect.height - 2 * by }
}

/// A turned rectangle with every side moved in.
fn drawn_in(corners: [[f32; 2]; 4], by: f32) -> [[f32; 2]; 4] {
    let towards = |from: [f32; 2], to: [f32; 2]| {
        let [x, y] = [to[0] - from[0], to[1] - from[1]];
        let length = (x * x + y * y).sqrt();
        [by * x / length, by * y / length]
    };
    std::array::from_fn(|i| {
        let (own, next, last) = (corners[i], corners[(i + 1) % 4], corners[(i + 3) % 4]);
        let (a, b) = (towards(own, next), towards(own, last));
        [own[0] + a[0] + b[0], own[1] + a[1] + b[1]]
    })
}

/// Whether a point lies in a convex figure whose corners go clockwise.
fn holds(corners: [[f32; 2]; 4], [x, y]: [f32; 2]) -> bool {
    (0..4).all(|c| {
        let ([u, v], [s, t]) = (corners[c], corners[(c + 1) % 4]);
        (s - u) * (y - v) - (t - v) * (x - u) >= 0.0
    })
}

#[test]
fn extreme_sides_make_pages() {
    for (index, size) in [(4096, 672), (672, 4096), (672, 672)].into_iter().enumerate() {
        for layout in Layout::ALL {
            let options = Options { size, layouts: vec![layout], type_px: vec![36], ..Options::default() };
            check(&draw(Seed::tuning(8), index as u32, &options).unwrap(), &options);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn pages_keep_their_promises(
        seed: u32,
        index: u32,
        width in 672u32..1400,
        height in 672u32..1400,
        px in 18u32..=36,
        asks in 1u32..=16,
        noise in 0f32..=1.0,
        skew in 0f32..=1.5,
        shading in 0f32..=0.5,
    ) {
        let options = Options {
            size: (width, height), type_px: vec![px], asks, noise, skew, shading, ..Options::default()
        };
        check(&draw(Seed::tuning(seed), index, &options).unwrap(), &options);
    }
}
