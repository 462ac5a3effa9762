//! The scorer through the wire: odd images, several questions, none.

use arrcoc_sdk::{
    Fault,
    abi::{FaultCode, Phase, abi_stable::std_types::RStr},
    buffer::TensorBuf,
    export,
    foreign::{self, Grant, Request, writable},
    stats::Grid,
    tensor::Attributes,
    testing::Scene,
};
use serde_json::Value;
use tempfile::TempDir;

use super::made::{self, Files, Fixture, Width};
use crate::{model::Settings, scorer::Clip, views::Cover, vision::Dense};

fn outputs(scene: &Scene, folder: &TempDir, more: &[(&str, Value)]) -> Vec<TensorBuf> {
    let model = folder.path().to_str().unwrap();
    let params = [&[("model", Value::from(model))], more].concat();
    scene.run::<Clip>(&params).unwrap()
}

fn values(outputs: &[TensorBuf], name: &str) -> Vec<f32> {
    let output = outputs.iter().find(|o| o.name() == name).unwrap();
    output.view().unwrap().as_slice::<f32>().unwrap().to_vec()
}

fn scene(grid: [u32; 2], width: u32, height: u32) -> Scene {
    let grid = Grid::new(grid[0], grid[1]).unwrap();
    Scene::new(grid, width, height, &made::picture(width, height)).unwrap()
}

fn both() -> [Fixture; 2] {
    [made::clip(), made::siglip()]
}

#[test]
fn images_of_every_size_are_covered() {
    for fixture in both() {
        let folder = fixture.folder(Files::One, Width::F32);
        for (grid, width, height) in [
            ([1, 1], 1, 1),
            ([1, 7], 7, 1),
            ([5, 3], 3, 5),
            ([3, 4], 45, 37),
            ([9, 11], 131, 53),
            ([2, 40], 400, 9),
        ] {
            let outputs = outputs(&scene(grid, width, height), &folder, &[]);
            let patches = values(&outputs, "patch_projected");
            let width = patches.len() / (grid[0] * grid[1]) as usize;
            for patch in patches.chunks_exact(width) {
                assert!(patch.iter().any(|x| *x != 0.0) && patch.iter().all(|x| x.is_finite()));
                // A mean of directions is no longer than they are.
                assert!(patch.iter().map(|x| x * x).sum::<f32>() < 1.0001);
            }
            assert_eq!(values(&outputs, "neutral_embedding").len(), width);
            assert!(values(&outputs, "query_embeddings").is_empty(), "there was no question");
        }
    }
}

#[test]
fn each_question_is_scored_on_its_own() {
    let long = "many words ".repeat(5000);
    let questions = ["the red label", "", "total", long.as_str(), "the red label"];
    for fixture in both() {
        let folder = fixture.folder(Files::One, Width::F32);
        let scene = |questions: &[&str]| {
            questions.iter().fold(scene([2, 2], 20, 20), |scene, question| scene.query(question))
        };
        let embedded =
            |questions: &[&str]| values(&outputs(&scene(questions), &folder, &[]), "query_embeddings");
        let together = embedded(&questions);
        let alone: Vec<f32> = questions.iter().flat_map(|question| embedded(&[question])).collect();
        assert_eq!(together, alone);
        let rows: Vec<&[f32]> = together.chunks_exact(together.len() / questions.len()).collect();
        assert_eq!(rows[0], rows[4]);
        assert!(rows[0] != rows[2] && rows[0] != rows[1]);
    }
}

#[test]
fn an_image_that_is_one_view_shows_its_tokens() {
    // The image is the encoder's input, and the grid its tokens: each patch is one token's direction.
    let fixture = made::clip();
    let folder = fixture.folder(Files::One, Width::F32);
    let patches = values(&outputs(&scene([4, 4], 32, 32), &folder, &[]), "patch_projected");
    let rgb = made::picture(32, 32);
    let pixels = arrcoc_sdk::stats::Pixels::new(32, 32, &rgb).unwrap();
    let whole = crate::views::Rect { x: 0, y: 0, width: 32, height: 32 };
    let model = fixture.model(Settings::default());
    let tokens = model.look(&pixels, whole, crate::grant::Grant::threads(1)).unwrap();
    for (patch, token) in patches.chunks_exact(24).zip(tokens.chunks_exact(24)) {
        let length = token.iter().map(|x| x * x).sum::<f32>().sqrt();
        for (a, b) in patch.iter().zip(token) {
            assert!((a - b / length).abs() < 1e-6);
        }
    }
}

#[test]
fn parameters_change_what_is_seen() {
    let folder = made::clip().folder(Files::One, Width::F32);
    let scene = scene([4, 6], 150, 90).query("the red label");
    let patches = |more: &[(&str, Value)]| values(&outputs(&scene, &folder, more), "patch_projected");
    let usual = patches(&[]);
    for (name, value) in [
        ("windows", Value::from(0)),
        ("windows", Value::from(1)),
        ("overlap", Value::from(0.7)),
        ("whole", Value::from(1.0)),
        ("whole", Value::from(0.0)),
        ("dense", Value::from("values")),
    ] {
        assert!(patches(&[(name, value.clone())]) != usual, "{name} = {value}");
    }
    assert_eq!(patches(&[("windows", 0.into())]), patches(&[("whole", 1.0.into())]));
    assert_eq!(patches(&[("neutral", "the label".into())]), usual, "a prompt is not looked at");
}

#[test]
fn the_encoders_name_follows_what_gives_its_numbers_meaning() {
    let fixture = made::clip();
    let name = |settings: Settings| fixture.model(settings).encoder().to_owned();
    let usual = name(Settings::default());
    assert!(usual.strip_prefix("clip:").is_some_and(|hash| hash.len() == 16), "{usual}");
    assert_eq!(usual, name(Settings::default()), "the same in another folder");
    let other = Settings {
        dense: Dense::Values,
        cover: Cover { windows: 4, overlap: 0.5 },
        whole: 0.25,
        neutral: "a page".into(),
    };
    assert_eq!(
        name(other),
        format!(
            "{usual}+values+windows=4+overlap=0.5+whole=0.25+neutral={}",
            &blake3::hash(b"a page").to_hex()[..8]
        )
    );

    let changed = |file: &str, change: fn(&mut Vec<u8>)| {
        let folder = fixture.folder(Files::One, Width::F32);
        let mut bytes = std::fs::read(folder.path().join(file)).unwrap();
        change(&mut bytes);
        std::fs::write(folder.path().join(file), bytes).unwrap();
        made::load(folder.path(), Settings::default()).unwrap().encoder().to_owned()
    };
    // The last byte of the last tensor's exponent stays: a lower bit of its mantissa changes.
    let weight = changed("model.safetensors", |bytes| {
        let at = bytes.len() - 4;
        bytes[at] ^= 1;
    });
    assert_ne!(weight, usual);
    assert_ne!(changed("config.json", |bytes| bytes.push(b'\n')), usual);
    assert_ne!(changed("tokenizer.json", |bytes| bytes.push(b'\n')), usual);
    assert!(made::siglip().model(Settings::default()).encoder().starts_with("siglip:"));
}

#[test]
fn the_preprocessor_is_heeded() {
    let folder = made::clip().folder(Files::One, Width::F32);
    let seen = |file: &str, text: &str| {
        let path = folder.path().join(file);
        std::fs::write(&path, text).unwrap();
        let patches = values(&outputs(&scene([3, 3], 41, 33), &folder, &[]), "patch_projected");
        std::fs::remove_file(path).unwrap();
        patches
    };
    let usual = values(&outputs(&scene([3, 3], 41, 33), &folder, &[]), "patch_projected");
    let openai = r#"{"crop_size": {"height": 32, "width": 32}, "size": {"shortest_edge": 32}, "resample": 3,
        "do_rescale": true, "rescale_factor": 0.00392156862745098, "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711]}"#;
    assert_eq!(seen("preprocessor_config.json", openai), usual);
    assert_eq!(seen("processor_config.json", &format!(r#"{{"image_processor": {openai}}}"#)), usual);
    for other in [
        r#"{"resample": 2}"#,
        r#"{"image_mean": [0.5, 0.5, 0.5]}"#,
        r#"{"image_std": [0.5, 0.5, 0.5]}"#,
        r#"{"do_normalize": false}"#,
        r#"{"rescale_factor": 0.01}"#,
    ] {
        assert!(seen("preprocessor_config.json", other) != usual, "{other}");
        assert!(seen("processor_config.json", &format!(r#"{{"image_processor": {other}}}"#)) != usual);
    }
}

#[test]
fn a_folder_that_is_wrong_is_a_fault_of_make() {
    let fault = scene([1, 1], 1, 1).run::<Clip>(&[("model", "/no/such/folder".into())]).unwrap_err();
    assert_eq!(fault.code, FaultCode::INVALID_INPUT);
    assert_eq!(fault.message, "/no/such/folder: there is no such folder");
    let fault = scene([1, 1], 1, 1).run::<Clip>(&[]).unwrap_err();
    assert!(fault.message.contains("parameter `model` is empty"), "{fault}");
    if !cfg!(feature = "cuda") {
        let fault = scene([1, 1], 1, 1).run::<Clip>(&[("device", "cuda".into())]).unwrap_err();
        assert!(fault.message.contains("--features cuda"), "{fault}");
    }
}

#[test]
fn a_call_that_is_cancelled_or_late_stops() {
    let folder = made::clip().folder(Files::One, Width::F32);
    let params = serde_json::json!({ "model": folder.path() }).to_string();
    let entries = [export::ScorerEntry::of::<Clip>()];
    let made = |grant: &Grant| {
        let make = |id: RStr<'_>, attrs: RStr<'_>, call: &_| export::make_scorer(&entries, id, attrs, call);
        foreign::make_scorer(make, "clip", &params, grant)
    };
    let cancelled = || {
        let grant = Grant::threads(1);
        grant.cancel.store(1, std::sync::atomic::Ordering::Relaxed);
        grant
    };
    let late = || Grant::threads(1).until(Some(std::time::Instant::now()));
    let code = |fault: Option<Fault>| fault.map(|f| f.code);
    assert_eq!(code(made(&cancelled()).err()), Some(FaultCode::CANCELLED));

    let scorer = made(&Grant::threads(1)).unwrap();
    let pixels = TensorBuf::new("pixels", &[40, 50, 3], &made::picture(50, 40)).unwrap();
    let tensors = [pixels.view().unwrap()];
    let attrs = Attributes { grid: Some([2, 2]), ..Attributes::default() };
    let image = Request::new(&tensors, &attrs);
    let planned = |phase, request: &Request<'_>| -> Vec<TensorBuf> {
        let plan = scorer.plan(phase, request, &Grant::threads(1)).unwrap();
        plan.iter().map(|spec| TensorBuf::unwritten(spec, 1 << 20).unwrap()).collect()
    };
    let mut patches = planned(Phase::PREPARE, &image);
    for (grant, expected) in [(cancelled(), FaultCode::CANCELLED), (late(), FaultCode::DEADLINE_EXCEEDED)] {
        assert_eq!(
            code(scorer.prepare(&image, &mut writable(&mut patches).unwrap(), &grant).err()),
            Some(expected)
        );
    }
    let (state, said) =
        scorer.prepare(&image, &mut writable(&mut patches).unwrap(), &Grant::threads(1)).unwrap();
    assert!(said.encoder.is_some_and(|name| name.starts_with("clip:")));
    let attrs = Attributes { queries: vec!["the red label".into()], ..attrs };
    let question = Request::new(&tensors, &attrs);
    let mut points = planned(Phase::SCORE, &question);
    assert_eq!(
        code(scorer.score(state, &question, &mut writable(&mut points).unwrap(), &late()).err()),
        Some(FaultCode::DEADLINE_EXCEEDED)
    );
}
