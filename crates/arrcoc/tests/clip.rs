//! A CLIP that has learnt nothing: it has no map, so it changes no bit; and none can be fitted for it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::{collections::BTreeMap, fmt::Write as _};

use arrcoc::{Decision, Mode, calibration::Calibration};
use safetensors::tensor::{Dtype, TensorView};
use support::{Desk, Noise, png};

const PAGES: u32 = 24;
const SIDE: u32 = 192;
const GRID: u32 = 8;

/// The folder `model`: configuration, tokenizer and shapes of the small CLIP that the plugin is compared on, with
/// weights as a training would begin with.
fn model(desk: &Desk) {
    #[derive(serde::Deserialize)]
    struct Small {
        config: serde_json::Value,
        tensors: BTreeMap<String, Vec<usize>>,
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/clip/tests/compare");
    let small: Small = serde_json::from_slice(&std::fs::read(folder.join("clip.json")).unwrap()).unwrap();
    let mut random = Noise(3);
    let mut values = |name: &str, shape: &[usize]| -> Vec<u8> {
        let spread = (12.0 / shape.iter().skip(1).product::<usize>() as f32).sqrt();
        let value = |u: f32| match shape.len() {
            1 if name.ends_with("weight") => 1.0,
            0 | 1 => 0.0,
            _ => spread * (u - 0.5),
        };
        (0..shape.iter().product()).flat_map(|_| value(random.unit()).to_le_bytes()).collect()
    };
    let data: BTreeMap<&String, Vec<u8>> =
        small.tensors.iter().map(|(name, shape)| (name, values(name, shape))).collect();
    let views = small.tensors.iter().map(|(name, shape)| {
        (name.clone(), TensorView::new(Dtype::F32, shape.clone(), &data[name]).unwrap())
    });
    let weights = safetensors::serialize(views, None).unwrap();
    std::fs::create_dir(desk.path("model")).unwrap();
    desk.write("model/config.json", small.config.to_string().as_bytes());
    desk.write("model/tokenizer.json", &std::fs::read(folder.join("clip-tokenizer.json")).unwrap());
    desk.write("model/model.safetensors", &weights);
}

/// The folder `data`: pages, and two questions about each.
fn labelled(desk: &Desk) {
    std::fs::create_dir(desk.path("data")).unwrap();
    let mut random = Noise(11);
    let mut list = String::new();
    for page in 0..PAGES {
        desk.write(&format!("data/{page}.png"), &png(SIDE + 8 * page, SIDE));
        for question in ["the red label", "a photo"] {
            let [x, y] = [(); 2].map(|()| random.below(SIDE - 40));
            let box_ = format!("[{x}, {y}, 36, 20]");
            let _ = writeln!(list, r#"{{"image": "{page}.png", "question": "{question}", "box": {box_}}}"#);
        }
    }
    desk.write("data/items.jsonl", list.as_bytes());
}

#[rustfmt::skip]
const CLIP: [&str; 12] = [
    "--scorer", "propositional", "--scorer", "perspectival", "--scorer", "features", "--scorer", "clip",
    "--param", "clip.model=model", "--query", "the red label",
];

fn decide(desk: &Desk, args: &[&str]) -> Decision {
    let grid = format!("{GRID}x{GRID}");
    let all = [&["allocate", "data/0.png", "--grid", &grid, "--json", "-"], args].concat();
    Decision::from_json(desk.run(&all).well().trim()).unwrap()
}

#[test]
fn what_has_learnt_nothing_changes_nothing() {
    let desk = Desk::new();
    model(&desk);
    labelled(&desk);
    let content = decide(&desk, &[]);
    let same_bits = |d: &Decision, why: &str| {
        assert_eq!((d.mode, &d.tokens, &d.weights), (Mode::Content, &content.tokens, &content.weights));
        assert!(d.scores.participatory.is_none());
        assert!(d.reasons.iter().any(|reason| reason.contains(why)), "{:?}", d.reasons);
    };
    same_bits(&decide(&desk, &CLIP), "there is no calibration for the encoder `clip:");

    let fit = ["calibrate", "--data", "data", "--grid", "8x8", "--scorer", "clip", "--scorer", "features"];
    let ran = desk.run(&[&fit[..], &["--param", "clip.model=model", "--out", "fit.json"]].concat());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("is not promoted: its Brier skill is"), "{ran:?}");
    let calibration = Calibration::read(&desk.path("fit.json")).unwrap();
    let encoder = decide(&desk, &CLIP).reasons.join(" ");
    let encoder = encoder.split('`').find(|part| part.starts_with("clip:")).unwrap();
    let fit = calibration.fit(encoder, "alignment").unwrap();
    assert!(!fit.promoted && fit.skill.value < 0.02, "{fit:?}");

    let asked = [&CLIP[..], &["--calibration", "fit.json"]].concat();
    same_bits(&decide(&desk, &asked), "its calibration is not promoted: its Brier skill is");
}
