//! Text that is drawn here is read back, where the asset is. Everything that
//! needs no model is tested beside its code.
//!
//! Lines of 120 that are read without a mistake, by the margin around the box of
//! the ink and the size of the font in pixels, as printed by
//! `cargo test --release -p arrcoc-eval --lib recognise::tests::margin -- --ignored --nocapture`:
//!
//! | margin | 12 | 18 | 32 | 90 |
//! |---|---|---|---|---|
//! | 0 | 105 | 63 | 84 | 114 |
//! | 0.125 | 113 | 117 | 120 | 120 |
//! | 0.25 | 108 | 119 | 120 | 120 |
//! | 0.4 | 108 | 120 | 120 | 120 |

use std::time::Instant;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

use super::*;
use crate::agreement::{character_error_rate, fold};

/// The recogniser; or why the test cannot be made.
fn open() -> Option<Recogniser> {
    let folder = asset::folder()?;
    match Recogniser::open(&folder) {
        Ok(recogniser) => Some(recogniser),
        Err(error) if !folder.exists() => {
            eprintln!("not tested: {error} ({})", error.hint.as_deref().unwrap_or_default());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// A line of text on a page, and the box of its ink.
fn draw(font: &[u8], size: f32, ink: [u8; 3], paper: [u8; 3], text: &str) -> (Image, Rect) {
    let font = FontRef::try_from_slice(font).unwrap();
    let scaled = font.as_scaled(PxScale::from(size));
    let (width, height) = (size as u32 * (text.chars().count() as u32 + 2), 3 * size as u32);
    let mut data = paper.repeat((width * height) as usize);
    let (mut x, mut before) = (size, None);
    let (mut low, mut high) = ([u32::MAX; 2], [0; 2]);
    for letter in text.chars() {
        let id = font.glyph_id(letter);
        x += before.map_or(0.0, |before| scaled.kern(before, id));
        let glyph = id.with_scale_and_position(PxScale::from(size), point(x, 2.0 * size));
        if let Some(outline) = font.outline_glyph(glyph) {
            let bounds = outline.px_bounds();
            outline.draw(|dx, dy, cover| {
                let at = [bounds.min.x as u32 + dx, bounds.min.y as u32 + dy];
                let place = 3 * (at[1] * width + at[0]) as usize;
                for c in 0..3 {
                    let (from, to) = (f32::from(data[place + c]), f32::from(ink[c]));
                    data[place + c] = (from + (to - from) * cover.min(1.0)).round() as u8;
                }
                if cover > 0.1 {
                    for i in 0..2 {
                        low[i] = low[i].min(at[i]);
                        high[i] = high[i].max(at[i] + 1);
                    }
                }
            });
        }
        x += scaled.h_advance(id);
        before = Some(id);
    }
    let region = Rect { x: low[0], y: low[1], width: high[0] - low[0], height: high[1] - low[1] };
    (Image::from_rgb(width, height, data).unwrap(), region)
}

const FONTS: [&[u8]; 2] = [epaint_default_fonts::UBUNTU_LIGHT, epaint_default_fonts::HACK_REGULAR];

/// Lines as forms have them: two words, an amount, a reference, a number and a word.
fn lines() -> Vec<String> {
    const WORDS: [&str; 18] = [
        "invoice", "Total", "amount", "due", "Margaret", "Kestrel", "harbour", "Lane", "number", "order",
        "Street", "balance", "paid", "Qty", "unit", "price", "gypsy", "jumping",
    ];
    let mut state = 7_u64;
    // The multiplier and increment of Knuth's MMIX generator.
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let line = |kind: usize| match kind % 4 {
        0 => format!("{} {}", WORDS[next(18)], WORDS[next(18)]),
        1 => format!("{}.{:02}", next(100_000), next(100)),
        2 => format!("{}-{:04}-{}", ["QX", "AB", "ZT"][next(3)], next(10_000), ["A", "B", "C"][next(3)]),
        _ => format!("{} {}", next(100), WORDS[next(18)]),
    };
    (0..60).map(line).collect()
}

/// How many of the lines are read, the mean of the errors a letter and of the confidence, over both fonts.
fn score(recogniser: &Recogniser, lines: &[String], size: f32, margin: f64) -> (usize, f64, f64) {
    let (mut right, mut errors, mut confidence) = (0, 0.0, 0.0);
    for (font, text) in FONTS.iter().flat_map(|font| lines.iter().map(move |text| (font, text))) {
        let (image, region) = draw(font, size, [20; 3], [245; 3], text);
        let reading = recogniser.read_within(&image, region, margin).unwrap();
        assert!((0.0..=1.0).contains(&reading.confidence), "{reading:?}");
        right += usize::from(fold(&reading.text) == fold(text));
        errors += character_error_rate(&fold(&reading.text), &fold(text));
        confidence += reading.confidence;
    }
    let n = (FONTS.len() * lines.len()) as f64;
    (right, errors / n, confidence / n)
}

#[test]
fn drawn_lines_are_read() {
    let Some(recogniser) = open() else { return };
    for size in [24.0, 72.0] {
        let (right, errors, confidence) = score(&recogniser, &lines()[..16], size, input::MARGIN);
        // Another processor adds in another order: one line of 32 may be lost to that.
        assert!(right >= 31 && errors < 0.01 && confidence > 0.95, "{size}: {right} {errors} {confidence}");
    }
}

#[test]
fn light_and_coloured_text_is_read_and_an_empty_page_is_not() {
    let Some(recogniser) = open() else { return };
    for (ink, paper) in [([250; 3], [30, 60, 110]), ([180, 20, 30], [255, 250, 225])] {
        let (image, region) = draw(FONTS[1], 28.0, ink, paper, "Order 5072");
        assert_eq!(recogniser.read(&image, region).unwrap().text, "Order 5072");
    }
    let empty = Image::from_rgb(300, 40, vec![240; 3 * 300 * 40]).unwrap();
    let nothing = recogniser.read(&empty, Rect { x: 10, y: 10, width: 200, height: 20 }).unwrap();
    assert_eq!(nothing, Reading { text: String::new(), confidence: 0.0 });
}

#[test]
fn threads_that_read_side_by_side_read_the_same() {
    fn shared<T: Send + Sync>(_: &T) {}
    let Some(recogniser) = open() else { return };
    shared(&recogniser);
    let (image, region) = draw(FONTS[0], 30.0, [0; 3], [255; 3], "Harbour Lane 17");
    let alone = recogniser.read(&image, region).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(recogniser.read(&image, region).unwrap(), alone));
        }
    });
    assert!(recogniser.lock().len() <= 3);
}

#[test]
fn a_folder_without_the_model_is_refused_with_what_to_do() {
    let folder = tempfile::TempDir::new().unwrap();
    let error = Recogniser::open(folder.path()).err().unwrap();
    assert_eq!(error.hint.unwrap(), "`cargo xtask fetch ocr` fetches it");
}

#[test]
#[ignore = "a measurement, not a test: it prints the table above"]
fn margin() {
    let recogniser = open().expect("the asset");
    let lines = lines();
    for margin in [0.0, 0.125, 0.25, 0.4] {
        let scores = [12.0, 18.0, 32.0, 90.0].map(|size| score(&recogniser, &lines, size, margin).0);
        println!("//! | {margin} | {} |", scores.map(|right| right.to_string()).join(" | "));
    }
}

#[test]
#[ignore = "a measurement, not a test: it prints how long a line takes"]
fn time() {
    let recogniser = open().expect("the asset");
    for text in ["5072", "Harbour Lane 17", "Reference number 20417 of the second order"] {
        let (image, region) = draw(FONTS[0], 30.0, [0; 3], [255; 3], text);
        let mut times: Vec<f64> = (0..41)
            .map(|_| {
                let start = Instant::now();
                recogniser.read(&image, region).unwrap();
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!(
            "{} letters, {}x{}: median {:.1} ms, least {:.1} ms",
            text.len(),
            region.width,
            region.height,
            times[20],
            times[0]
        );
    }
}
