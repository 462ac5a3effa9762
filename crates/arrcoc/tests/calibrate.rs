//! Fitting maps with the command: what is there is found and then steers tokens, noise is refused and steers
//! nothing, and mistakes are told in one line.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::fmt::Write as _;

use arrcoc::{Decision, Mode, calibration::Calibration};
use arrcoc_decide::fit::Polarity;
use safetensors::tensor::{Dtype, TensorView};
use support::{Desk, Noise, png, stable};

/// Patches of a page are 12 × 12 pixels, 8 × 8 of them.
const SIDE: u32 = 12;
const GRID: u32 = 8;
const PATCHES: usize = 64;
/// Two questions a page, each along an axis of its own, and two axes more.
const WIDTH: usize = 4;

fn safetensors(patches: &[f32], questions: &[f32], encoder: Option<&str>) -> Vec<u8> {
    let bytes = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let (patches, queries) = (bytes(patches), bytes(questions));
    let rows = questions.len() / WIDTH;
    let views = [
        ("patch_projected", TensorView::new(Dtype::F32, vec![PATCHES, WIDTH], &patches).unwrap()),
        ("query_embeddings", TensorView::new(Dtype::F32, vec![rows, WIDTH], &queries).unwrap()),
    ];
    let metadata = [
        ("encoder".to_owned(), encoder.unwrap_or_default().to_owned()),
        ("grid".to_owned(), "8x8".to_owned()),
    ];
    let metadata = metadata.into_iter().filter(|(key, _)| key != "encoder" || encoder.is_some()).collect();
    safetensors::serialize(views, Some(metadata)).unwrap()
}

const QUESTIONS: [f32; 2 * WIDTH] = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// A folder `data` with pages, a list, and a tensor file for each page in `tensors`. The patches that hold an answer
/// look `strength` along the question's axis, or the other way.
fn labelled(desk: &Desk, pages: usize, strength: f32) {
    for folder in ["data", "data/pages", "tensors", "tensors/pages"] {
        std::fs::create_dir_all(desk.path(folder)).unwrap();
    }
    let mut random = Noise(7);
    let mut list = String::new();
    for page in 0..pages {
        desk.write(&format!("data/pages/{page}.png"), &png(SIDE * GRID, SIDE * GRID));
        let mut patches: Vec<f32> = (0..PATCHES * WIDTH).map(|_| random.signed()).collect();
        for question in 0..2 {
            // Two patches side by side, in a half of the page of its own; the box is a little larger.
            let (row, col) = (random.below(4) + 4 * question, random.below(6));
            for patch in [row * GRID + col, row * GRID + col + 1] {
                patches[patch as usize * WIDTH + question as usize] += strength;
            }
            let (x, y) = (col * SIDE, row * SIDE);
            let _ = writeln!(
                list,
                r#"{{"image": "pages/{page}.png", "question": "where is {question}?", "box": [{x}, {y}, {}, {SIDE}]}}"#,
                2 * SIDE + 2
            );
        }
        let tensors = safetensors(&patches, &QUESTIONS, Some("toy:1"));
        desk.write(&format!("tensors/pages/{page}.safetensors"), &tensors);
    }
    desk.write("data/items.jsonl", list.as_bytes());
    // The first question of the first page alone, to decide with.
    let first = std::fs::read(desk.path("tensors/pages/0.safetensors")).unwrap();
    let first = safetensors::SafeTensors::deserialize(&first).unwrap();
    let patches: Vec<f32> = first
        .tensor("patch_projected")
        .unwrap()
        .data()
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
        .collect();
    desk.write("ask.safetensors", &safetensors(&patches, &QUESTIONS[..WIDTH], Some("toy:1")));
}

const FIT: [&str; 7] = ["calibrate", "--data", "data", "--tensors-dir", "tensors", "--grid", "8x8"];

fn decide(desk: &Desk, args: &[&str]) -> Decision {
    let all = [&["allocate", "data/pages/0.png", "--grid", "8x8", "--json", "-"], args].concat();
    Decision::from_json(desk.run(&all).well().trim()).unwrap()
}

const ASK: [&str; 6] =
    ["--query", "where is 0?", "--tensors", "ask.safetensors", "--calibration", "toy.json"];

#[test]
fn a_channel_that_says_something_is_promoted_and_steers() {
    let desk = Desk::new();
    labelled(&desk, 24, 3.0);
    let text = desk.run(&[&FIT[..], &["--out", "toy.json"]].concat()).well();
    insta::assert_snapshot!("promoted", stable(&text, &desk));

    let calibration = Calibration::read(&desk.path("toy.json")).unwrap();
    let fit = calibration.fit("toy:1", "alignment").unwrap();
    assert!(fit.promoted && fit.reason.is_none() && fit.polarity == Polarity::Rises);
    assert_eq!((fit.pages, fit.questions, fit.patches), (24, 48, 48 * 64));
    assert!(fit.skill.low > 0.3, "{fit:?}");

    let d = decide(&desk, &ASK);
    assert_eq!(d.mode, Mode::Coupled);
    assert!(d.reasons.is_empty(), "{:?}", d.reasons);
    assert!(d.scores.participatory.is_some() && d.coupling > 0.1, "{}", d.coupling);
    assert!(d.calibration.version.contains("+fit-"), "{}", d.calibration.version);
    assert_ne!(d.tokens, decide(&desk, &[]).tokens);
}

#[test]
fn noise_is_refused_and_steers_nothing() {
    let desk = Desk::new();
    labelled(&desk, 24, 0.0);
    let ran = desk.run(&[&FIT[..], &["--out", "toy.json"]].concat());
    assert_eq!(ran.code, 1, "{ran:?}");
    insta::assert_snapshot!("refused", stable(&format!("{}---\n{}", ran.stdout, ran.stderr), &desk));

    let content = decide(&desk, &[]);
    let d = decide(&desk, &ASK);
    assert_eq!((d.mode, &d.tokens, &d.weights), (Mode::Content, &content.tokens, &content.weights));
    assert!(
        d.reasons.iter().any(|r| r.contains("its calibration is not promoted: its Brier skill is")),
        "{:?}",
        d.reasons
    );
}

/// As with the patch–text cosine of CLIP: the channel is lowest where the answer is.
#[test]
fn an_inverted_channel_is_turned() {
    let desk = Desk::new();
    labelled(&desk, 24, -3.0);
    let line = desk.run(&[&FIT[..], &["--out", "toy.json", "--json", "-"]].concat()).well();
    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(said["schema"], "arrcoc.fits/1");
    assert_eq!(said["promoted"], true);
    assert_eq!(said["fits"]["toy:1"]["alignment"]["polarity"], "falls");
    let file: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(desk.path("toy.json")).unwrap()).unwrap();
    assert_eq!(file["version"], said["version"]);
    let knots = file["encoders"]["toy:1"]["alignment"].as_array().unwrap();
    let value = |knot: &serde_json::Value| knot[1].as_f64().unwrap();
    assert!(value(&knots[0]) > 0.5 && value(knots.last().unwrap()) < 0.01, "{knots:?}");

    let d = decide(&desk, &ASK);
    assert_eq!(d.mode, Mode::Coupled);
    let q = d.scores.participatory.unwrap();
    let best = (0..PATCHES).max_by(|&a, &b| q[a].total_cmp(&q[b])).unwrap();
    let list = std::fs::read_to_string(desk.path("data/items.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(list.lines().next().unwrap()).unwrap();
    let at = |k: usize| first["box"][k].as_u64().unwrap() as usize / SIDE as usize;
    let patch = at(1) * GRID as usize + at(0);
    assert!([patch, patch + 1].contains(&best), "{best} is not {patch}");
}

/// The same data give the same file; a name replaces the hash.
#[test]
fn a_fit_repeats_and_has_a_version() {
    let desk = Desk::new();
    labelled(&desk, 20, 3.0);
    let fit = |out: &str, more: &[&str]| {
        desk.run(&[&FIT[..], &["--out", out], more].concat()).well();
        std::fs::read_to_string(desk.path(out)).unwrap()
    };
    assert_eq!(fit("a.json", &[]), fit("b.json", &[]));
    assert!(fit("c.json", &["--version-name", "mine-3"]).contains("\"version\": \"mine-3\""));
    let few = desk.run(&[&FIT[..], &["--limit", "12"]].concat());
    assert_eq!(few.code, 1, "{few:?}");
    assert_eq!(
        few.stderr,
        "`alignment` of `toy:1` is not promoted: it was fitted on 12 pages, and 20 are the least\n"
    );
}

#[test]
fn mistakes_are_told_in_one_line() {
    let desk = Desk::new();
    labelled(&desk, 6, 3.0);
    let write = |name: &str, list: &str| {
        std::fs::create_dir_all(desk.path(name)).unwrap();
        desk.write(&format!("{name}/items.jsonl"), list.as_bytes());
    };
    write(
        "broken",
        "{\"image\": \"a.png\", \"question\": \"?\", \"box\": [1, 2, 3, 4]}\n{\"image\": \"a.png\", \"qestion\": \"?\"}\n",
    );
    write("gone", "{\"image\": \"a.png\", \"question\": \"?\", \"box\": [1, 2, 3, 4]}\n");
    write("nowhere", "{\"image\": \"a.png\", \"question\": \"?\", \"answer\": \"7\"}\n");
    write("outside", "{\"image\": \"0.png\", \"question\": \"?\", \"box\": [900, 0, 5, 5]}\n");
    desk.write("outside/0.png", &png(96, 96));
    for (name, encoder, rows) in
        [("nameless", None, 2), ("rows", Some("toy:1"), 1), ("two", Some("toy:1"), 2)]
    {
        std::fs::create_dir_all(desk.path(&format!("{name}/pages"))).unwrap();
        for page in 0..6 {
            let encoder = if name == "two" && page == 3 { Some("toy:2") } else { encoder };
            let tensors = safetensors(&[0.5; PATCHES * WIDTH], &QUESTIONS[..rows * WIDTH], encoder);
            desk.write(&format!("{name}/pages/{page}.safetensors"), &tensors);
        }
    }
    std::fs::create_dir_all(desk.path("empty")).unwrap();
    let mut out = String::new();
    for args in [
        &["--data", "missing", "--tensors-dir", "tensors"][..],
        &["--data", "empty", "--tensors-dir", "tensors"],
        &["--data", "broken", "--tensors-dir", "tensors"],
        &["--data", "gone", "--tensors-dir", "tensors"],
        &["--data", "nowhere", "--tensors-dir", "tensors"],
        &["--data", "outside", "--scorer", "features"],
        &["--data", "data", "--tensors-dir", "empty"],
        &["--data", "data", "--tensors-dir", "nameless"],
        &["--data", "data", "--tensors-dir", "rows"],
        &["--data", "data", "--tensors-dir", "two"],
        &["--data", "data", "--tensors-dir", "tensors", "--grid", "200x200"],
        &["--data", "data", "--tensors-dir", "tensors", "--limit", "3"],
        &["--data", "data", "--tensors-dir", "tensors", "--version-name", "a b"],
        &["--data", "data", "--tensors-dir", "tensors", "--out", "nofolder/x.json"],
        &["--data", "data", "--scorer", "features"],
        &["--data", "data", "--scorer", "propositional"],
        &["--data", "data", "--scorer", "nobody"],
        &["--data", "data"],
    ] {
        let before = desk.names();
        let mut all = [&["calibrate"], args].concat();
        if !args.contains(&"--grid") {
            all.extend(["--grid", "8x8"]);
        }
        if !args.contains(&"--out") {
            all.extend(["--out", "toy.json"]);
        }
        let text = desk.run(&all).refused();
        assert_eq!(desk.names(), before, "{args:?} left something behind");
        let _ = writeln!(out, "$ arrcoc calibrate {}\n{}", args.join(" "), stable(&text, &desk));
    }
    insta::assert_snapshot!(out);
}
