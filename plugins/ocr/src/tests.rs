//! The scorer with its real models, where they are; a test that cannot be made
//! says why. What needs no model is tested beside its code.

use std::path::PathBuf;

use arrcoc_datasets::{Seed, documents, item::Item};
use arrcoc_sdk::{stats::Grid, testing::Scene};
use arrcoc_stats::Pixels;
use serde_json::Value;

use super::*;
use crate::line::Line;

#[cfg(target_os = "linux")]
mod measure;

/// The folder of the models, where `cargo xtask fetch ocr` puts it; or says why there is none.
pub(crate) fn asset() -> Option<PathBuf> {
    let folder = arrcoc_assets::resolve(&arrcoc_assets::OCR.folder())?;
    if !folder.exists() {
        eprintln!("not tested: {} does not exist (`cargo xtask fetch ocr` makes it)", folder.display());
        return None;
    }
    Some(folder)
}

fn reader() -> Option<Reader> {
    Some(Reader::new(Models::open(&asset()?).unwrap_or_else(|fault| panic!("{fault}")), 0.5))
}

fn read(reader: &Reader, pixels: &Pixels<'_>, threads: usize) -> Vec<Line> {
    reader.read(pixels, &Leave { threads, check: &|| Ok(()) }).unwrap()
}

/// Page `index` of a tuning seed.
fn page(index: u32, options: &documents::Options) -> Item {
    documents::draw(Seed::tuning(7), index, options).unwrap()
}

/// Without spaces, in small letters, and with ASCII signs for their wide forms, which a model that knows Chinese also
/// writes.
fn bare(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    text.chars().filter(|c| !c.is_whitespace()).map(narrow).flat_map(char::to_lowercase).collect()
}

#[test]
fn a_form_is_read() {
    let Some(reader) = reader() else { return };
    let options = documents::Options { type_px: vec![28], ..documents::Options::default() };
    let page = page(0, &options);
    let lines = read(&reader, &page.image.pixels(), 1);
    for ask in &page.asks {
        let answer = &ask.answers[0];
        let line = lines.iter().find(|line| bare(&line.text).contains(&bare(&answer.text)));
        let line = line.unwrap_or_else(|| panic!("`{}` is not in {lines:#?}", answer.text));
        let place = answer.region.bounds(1344, 1344);
        // Where it was read it stands.
        let centre = [place.x as f32 + place.width as f32 / 2.0, place.y as f32 + place.height as f32 / 2.0];
        assert!(line.left < centre[0] && centre[0] < line.right, "{line:?} {place:?}");
        assert!(line.top < centre[1] && centre[1] < line.bottom, "{line:?} {place:?}");
    }
}

#[test]
fn lines_are_well_formed_and_the_same_on_any_number_of_threads() {
    let Some(reader) = reader() else { return };
    // Askew, and of a size that is no multiple of the detector's step.
    let options = documents::Options {
        size: (900, 701),
        skew: 1.5,
        type_px: vec![28],
        ..documents::Options::default()
    };
    let page = page(2, &options);
    let pixels = page.image.pixels();
    let lines = read(&reader, &pixels, 1);
    assert!(lines.len() > 5, "{lines:?}");
    for line in &lines {
        assert_eq!(line.text, line.chars.iter().map(|c| c.c).collect::<String>());
        assert!((0.5..=1.0).contains(&line.confidence), "{line:?}");
        assert!(0.0 <= line.left && line.left < line.right && line.right <= 900.0, "{line:?}");
        assert!(0.0 <= line.top && line.top < line.bottom && line.bottom <= 701.0, "{line:?}");
        let room = line.bottom - line.top;
        for pair in line.chars.windows(2) {
            assert!(pair[0].left <= pair[0].right && pair[0].right <= pair[1].left + 0.01, "{line:?}");
        }
        for c in &line.chars {
            assert!((0.0..=1.0).contains(&c.confidence), "{line:?}");
            assert!(c.left > line.left - room && c.right < line.right + room, "{line:?}");
        }
    }
    for threads in [2, 3] {
        assert_eq!(read(&reader, &pixels, threads), lines, "{threads} threads");
    }
}

#[test]
fn odd_images_have_no_text() {
    let Some(reader) = reader() else { return };
    for (width, height) in [(1, 1), (2, 31), (30, 1500), (1500, 7), (33, 65)] {
        let plain = vec![200; 3 * (width * height) as usize];
        let pixels = Pixels::new(width, height, &plain).unwrap();
        assert_eq!(read(&reader, &pixels, 2), [], "{width}x{height}");
        let loud: Vec<u8> = (0..plain.len()).map(|i| (i * i % 253) as u8).collect();
        read(&reader, &Pixels::new(width, height, &loud).unwrap(), 2);
    }
}

#[test]
fn a_call_that_must_stop_stops() {
    let Some(reader) = reader() else { return };
    let page = page(0, &documents::Options::default());
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let check = || match asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        0..5 => Ok(()),
        _ => Err(Fault::new(FaultCode::CANCELLED, "stop")),
    };
    let fault = reader.read(&page.image.pixels(), &Leave { threads: 1, check: &check }).err().unwrap();
    assert_eq!(fault.code, FaultCode::CANCELLED);
    assert_eq!(asked.into_inner(), 6, "it went on after it was told to stop");
}

#[test]
fn questions_are_scored_each_on_its_own() {
    let Some(asset) = asset() else { return };
    let options = documents::Options { size: (672, 672), type_px: vec![36], ..documents::Options::default() };
    let page = page(0, &options);
    let grid = Grid::new(12, 12).unwrap();
    let models = [("models", Value::from(asset.to_str().unwrap()))];
    let asked = |questions: &[&str]| {
        let scene = Scene::new(grid, 672, 672, page.image.data()).unwrap();
        let scene = questions.iter().fold(scene, |scene, question| scene.query(question));
        let outputs = scene.run::<Ocr>(&models).unwrap();
        outputs[0].view().unwrap().as_slice::<f32>().unwrap().to_vec()
    };
    let first = &page.asks[0].question;
    let both = asked(&[first, ""]);
    assert_eq!(both[..144], asked(&[first]));
    assert!(both.iter().all(|value| value.is_finite()));
    assert!(both[..144].iter().any(|value| *value > both[144]), "{both:?}");
}

#[test]
fn a_scorer_without_models_says_what_to_do() {
    let scene = Scene::stripes(Grid::new(2, 2).unwrap()).unwrap();
    let fault = scene.run::<Ocr>(&[("models", "nowhere".into())]).unwrap_err();
    assert!(fault.message.contains("ch_PP-OCRv4_det_infer.onnx"), "{fault}");
    assert!(fault.message.contains("`cargo xtask fetch ocr`"), "{fault}");
}
