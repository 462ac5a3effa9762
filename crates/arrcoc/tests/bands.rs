//! Images with more pixels than are held in memory: the real command reads them
//! in bands of rows, and decides the same.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::fmt::Write as _;

use arrcoc::{Config, Engine, Limits, Photo, Request, Search};
use serde_json::Value;
use support::{Desk, drawing, fixture, plugins, png, stable};

/// Four bands of up to 8 MiB, and a copy reduced 2-fold.
const SIZE: (u32, u32) = (3000, 2800);

fn ppm(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = format!("P6\n{width} {height}\n255\n").into_bytes();
    bytes.extend(drawing(width, height).data());
    bytes
}

fn decided(desk: &Desk, args: &[&str]) -> Value {
    serde_json::from_str(&desk.run(&[&["allocate"], args, &["--json", "-"]].concat()).well()).unwrap()
}

#[test]
fn an_image_in_bands_is_decided_as_it_is_at_once() {
    let desk = Desk::new();
    let (width, height) = SIZE;
    desk.write("a.png", &png(width, height));
    desk.write("a.ppm", &ppm(width, height));
    for file in ["a.png", "a.ppm"] {
        let at_once = decided(&desk, &[file]);
        let by_bands = decided(&desk, &[file, "--whole-pixels", "1M"]);
        assert_eq!(by_bands["image"]["blake3"], at_once["image"]["blake3"], "{file}");
        assert_eq!(
            (&by_bands["image"]["in_bands"], &at_once["image"]["in_bands"]),
            (&true.into(), &serde_json::Value::Null)
        );
        for part in ["tokens", "scores", "channels", "weights", "account", "allocator", "reasons", "plugins"]
        {
            assert_eq!(by_bands[part], at_once[part], "{file}: {part}");
        }
        assert_eq!(by_bands["reasons"], serde_json::json!([]), "{file}");
        let note = "the image was read in bands of rows; overlay and render are of a copy reduced 2-fold";
        assert_eq!(by_bands["notes"], serde_json::json!([note]), "{file}");
        assert_eq!((&by_bands["image"]["width"], &by_bands["image"]["height"]), (&3000.into(), &2800.into()));
        let stages = by_bands["timings_us"].as_object().unwrap();
        assert!(stages.contains_key("read") && stages.contains_key("prepare cpu"), "{stages:?}");
        let in_a_worker = decided(&desk, &[file, "--whole-pixels", "1M", "--isolation", "worker"]);
        assert_eq!(in_a_worker["id"], by_bands["id"], "{file}: in a worker");
        let other_threads = decided(&desk, &[file, "--whole-pixels", "1M", "--threads", "3"]);
        assert_eq!(other_threads["id"], by_bands["id"], "{file}: on three threads");
    }
}

/// A backend that looks at whole images only is not passed over in silence.
#[test]
fn a_backend_that_cannot_read_bands_is_replaced_with_the_reason() {
    let desk = Desk::new();
    desk.write("a.ppm", &ppm(300, 280));
    let decision = decided(&desk, &["a.ppm", "--whole-pixels", "1000", "--backend", "wgpu"]);
    let reasons = decision["reasons"].to_string();
    let read_in_bands = "it needs all `pixels`, and an image of 84000 pixels is read in bands";
    assert!(reasons.contains("wgpu") && (reasons.contains(read_in_bands) || reasons.contains("unavailable")));
    assert_eq!(decision["tokens"], decided(&desk, &["a.ppm"])["tokens"]);
}

/// Where the copy has all pixels of the image, pictures of the decision are the same, too.
#[test]
fn overlay_and_render_are_of_the_copy() {
    let desk = Desk::new();
    let draw = |args: &[&str], name: &str| {
        let names = [format!("{name}-overlay.png"), format!("{name}-render.png")];
        let out = ["--overlay", &names[0], "--render", &names[1]];
        desk.run(&[&["allocate", "page.png"], args, &out].concat()).well();
        names.map(|name| std::fs::read(desk.path(&name)).unwrap())
    };
    assert!(draw(&["--whole-pixels", "1000"], "bands") == draw(&[], "whole"));
    let (width, height) = SIZE;
    desk.write("a.png", &png(width, height));
    desk.run(&["allocate", "a.png", "--whole-pixels", "1M", "--render", "r.png"]).well();
    let drawn = Photo::read(&desk.path("r.png"), &Limits::default()).unwrap();
    assert_eq!((drawn.width(), drawn.height()), (1500, 1400));
}

/// What hears a question looks at all pixels: the decision rests on the content, and says why.
#[test]
fn a_question_that_nobody_can_hear_is_a_retreat_with_its_reason() {
    let desk = Desk::new();
    let asked = ["page.png", "--query", "what is the total?", "--whole-pixels", "10K"];
    let decision = decided(&desk, &asked);
    let reason = decision["reasons"][0].as_str().unwrap();
    assert!(
        reason.starts_with("the question was not used: `features` did not run: ")
            && reason.ends_with(
                "; `glance` did not run: it needs all `pixels`, and an image of 46080 pixels is read in bands"
            ),
        "{reason}"
    );
    assert_eq!((decision["reasons"].as_array().unwrap().len(), &decision["mode"]), (1, &"content".into()));
    let strict = desk.run(&[&["allocate"], &asked[..], &["--strict"]].concat());
    assert_eq!(strict.code, 1);
}

/// A plugin that did not come with the program takes its bands in a process of its own.
#[test]
fn any_scorer_that_says_so_gets_bands() {
    let desk = Desk::new();
    let (width, height) = SIZE;
    desk.write("a.png", &png(width, height));
    let plugin = fixture();
    let scorer = ["a.png", "--plugin", plugin.to_str().unwrap(), "--scorer", "bad-feed"];
    let value = |decision: Value| decision["channels"][0]["values"][0].as_f64().unwrap();
    assert_eq!(value(decided(&desk, &scorer)), 0.5);
    // It answers otherwise when the image comes in several bands.
    let by_bands = decided(&desk, &[&scorer[..], &["--whole-pixels", "1M"]].concat());
    assert!((value(by_bands) - 0.6).abs() < 1e-6);
}

#[test]
fn what_cannot_be_done_in_bands_is_refused_in_one_line() {
    let desk = Desk::new();
    let page = png(240, 192);
    let mut interlaced = page.clone();
    interlaced[28] = 1;
    let checksum = crc32(&interlaced[12..29]);
    interlaced[29..33].copy_from_slice(&checksum.to_be_bytes());
    desk.write("interlaced.png", &interlaced);
    desk.write("cut.png", &page[..page.len() / 2]);
    desk.write("cut.ppm", &ppm(240, 192)[..100_000]);
    desk.write("page.jpg", &arrcoc_picture::encode_jpeg(&drawing(240, 192), 90).unwrap());
    desk.write("wide.ppm", &ppm(200_000, 24));
    let mut text = String::new();
    let requests: [&[&str]; 11] = [
        &["interlaced.png"],
        &["page.jpg"],
        &["cut.png", "--json", "d.json", "--overlay", "o.png"],
        &["cut.ppm"],
        &["page.png", "--max-pixels", "20K"],
        &["page.png", "--pack", "p.safetensors"],
        &["page.png", "--scorer", "glance"],
        &["page.png", "--grid", "200x300"],
        &["wide.ppm", "--grid", "24x24", "--render", "r.png"],
        &["page.png", "--max-pixels", "2T"],
        &["page.png", "--whole-pixels", "0"],
    ];
    for request in requests {
        let few = if request.contains(&"--whole-pixels") { &[][..] } else { &["--whole-pixels", "10K"] };
        let before = desk.names();
        let args = [&["allocate"], request, few].concat();
        let said = desk.run(&args).refused();
        assert_eq!(desk.names(), before, "{args:?} left something behind");
        let _ = writeln!(text, "$ arrcoc {}\n{}", args.join(" "), stable(&said, &desk));
    }
    insta::assert_snapshot!(text);
}

/// The checksum of PNG chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0u32, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

#[test]
fn the_library_picks_by_itself_and_a_look_reads_the_file_once() {
    let desk = Desk::new();
    let limits = Limits { whole_pixels: 1000, ..Limits::default() };
    let path = desk.path("page.png");
    let photo = Photo::read(&path, &limits).unwrap();
    assert!(photo.image().is_none());
    assert_eq!((photo.width(), photo.height()), (240, 192));
    let mut config = Config::default();
    config.search = Search { folders: vec![plugins()], ..Search::default() };
    let engine = Engine::open(config).unwrap();
    let request = Request::new(photo);
    let mut look = engine.look(&request).unwrap();
    let first = look.allocate("", &request.policy).unwrap();
    // What was seen is kept: the file is not needed any more.
    std::fs::remove_file(&path).unwrap();
    assert_eq!(look.allocate("", &request.policy).unwrap().id, first.id);
    assert_eq!(request.photo.image_or_copy().unwrap().data(), drawing(240, 192).data());
    // Another look is.
    let error = engine.allocate(&request).map(|d| d.id).unwrap_err();
    assert!(error.message.ends_with("there is no such file"), "{error}");
}

/// A file that changes between two looks is noticed.
#[test]
fn a_file_that_changes_is_an_error() {
    let desk = Desk::new();
    let limits = Limits { whole_pixels: 1000, ..Limits::default() };
    let photo = Photo::read(&desk.path("page.png"), &limits).unwrap();
    let mut config = Config::default();
    config.search = Search { folders: vec![plugins()], ..Search::default() };
    let engine = Engine::open(config).unwrap();
    let request = Request::new(photo);
    engine.allocate(&request).unwrap();
    let mut other = drawing(240, 192).into_data();
    other[0] ^= 1;
    let other = arrcoc_picture::Image::from_rgb(240, 192, other).unwrap();
    desk.write("page.png", &arrcoc_picture::encode_png(&other).unwrap());
    let error = engine.allocate(&request).map(|d| d.id).unwrap_err();
    assert!(error.message.ends_with("the file changed while it was read"), "{error}");
    desk.write("page.png", &png(240, 200));
    assert!(engine.allocate(&request).is_err());
}
