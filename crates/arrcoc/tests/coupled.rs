//! The question: coupled decisions from tensors that a user brings, and the law
//! that the pipeline reduces to the strong baseline.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use arrcoc::{Decision, Mode};
use safetensors::tensor::{Dtype, TensorView};
use support::Desk;

const PATCHES: usize = 576;

/// Patch 100 to 110 look along the first axis, all others along the second.
fn tensors(encoder: Option<&str>) -> Vec<u8> {
    let mut projected = vec![0.0f32; PATCHES * 2];
    for i in 0..PATCHES {
        projected[i * 2 + usize::from(!(100..=110).contains(&i))] = 1.0;
    }
    let bytes = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let (projected, query) = (bytes(&projected), bytes(&[1.0, 0.0]));
    let views = [
        ("patch_projected", TensorView::new(Dtype::F32, vec![PATCHES, 2], &projected).unwrap()),
        ("query_embeddings", TensorView::new(Dtype::F32, vec![1, 2], &query).unwrap()),
    ];
    let metadata = encoder.map(|e| [("encoder".to_owned(), e.to_owned())].into());
    safetensors::serialize(views, metadata).unwrap()
}

const CALIBRATION: &str = r#"{"schema": "arrcoc.calibration/1", "version": "toy-1",
    "encoders": {"toy": {"alignment": [[0.0, 0.02], [1.0, 0.95]]}}}"#;

fn decide(desk: &Desk, args: &[&str]) -> Decision {
    let all = [&["allocate", "page.png", "--json", "-"], args].concat();
    Decision::from_json(desk.run(&all).well().trim()).unwrap()
}

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("toy.safetensors", &tensors(Some("toy")));
    desk.write("nameless.safetensors", &tensors(None));
    desk.write("toy.json", CALIBRATION.as_bytes());
    desk
}

/// With a calibrated encoder the tokens go where the question points.
#[test]
fn a_calibrated_question_moves_the_tokens() {
    let desk = desk();
    let asked = ["--query", "where?", "--tensors", "toy.safetensors", "--calibration", "toy.json"];
    let d = decide(&desk, &[&asked[..], &["--average", "100"]].concat());
    assert_eq!(d.mode, Mode::Coupled);
    assert!(d.reasons.is_empty(), "{:?}", d.reasons);
    assert!(d.coupling > 0.8, "{}", d.coupling);
    let tokens = d.flat_tokens();
    let inside = tokens[100..=110].iter().min().unwrap();
    let outside = tokens[111..].iter().chain(&tokens[..100]).max().unwrap();
    assert!(inside > outside, "{inside} {outside}");
    let a = &d.account;
    assert!((100..=110).all(|i| a.participatory[i] > 6 * 100), "{:?}", &a.participatory[100..=110]);
    for (i, &t) in tokens.iter().enumerate() {
        let parts = [&a.uniform, &a.allocator, &a.propositional, &a.perspectival, &a.participatory];
        assert_eq!(parts.iter().map(|p| p[i]).sum::<i64>(), 6 * i64::from(t));
    }
}

/// An encoder without a calibration has no weight: the content result, bit for
/// bit, and the reason in the record.
#[test]
fn an_uncalibrated_question_changes_nothing_and_says_so() {
    let desk = desk();
    let content = decide(&desk, &[]);
    assert_eq!(content.mode, Mode::Content);
    assert!(content.reasons.is_empty(), "an absent question is no retreat: {:?}", content.reasons);
    for (file, why) in [("toy.safetensors", "encoder `toy`"), ("nameless.safetensors", "name no encoder")] {
        let d = decide(&desk, &["--query", "where?", "--tensors", file]);
        assert_eq!(d.mode, Mode::Content);
        assert_eq!(d.tokens, content.tokens);
        assert_eq!(d.weights, content.weights);
        assert!(d.reasons.iter().any(|r| r.contains(why)), "{:?}", d.reasons);
    }
    let empty =
        decide(&desk, &["--query", "  ", "--tensors", "toy.safetensors", "--calibration", "toy.json"]);
    assert_eq!((empty.mode, empty.reasons.len()), (Mode::Content, 0), "{:?}", empty.reasons);
    assert_eq!(empty.tokens, content.tokens);
}

/// The reduction law, through every plugin: content that is edge density alone,
/// all of it focused and nothing laid out evenly, shared by weight, is the `edge-density` rule.
#[test]
fn the_pipeline_reduces_to_edge_density() {
    let desk = desk();
    let channels = || arrcoc_stats::PROPOSITIONAL.into_iter().chain(arrcoc_stats::PERSPECTIVAL);
    let maps: Vec<String> = channels().map(|c| format!(r#""{c}": [[0.0, 0.0], [1.0, 1.0]]"#)).collect();
    let theta: Vec<String> =
        channels().map(|c| format!(r#""{c}": {}"#, u8::from(c == "edge_density"))).collect();
    let calibration = format!(
        r#"{{"schema": "arrcoc.calibration/1", "version": "edges", "channels": {{{}}}, "theta": {{{}}}}}"#,
        maps.join(", "),
        theta.join(", ")
    );
    desk.write("edges.json", calibration.as_bytes());
    desk.write(
        "law.toml",
        b"calibration = \"edges.json\"\nallocator = \"proportional\"\n[hold]\nfocus-diversify = 0.9\ncompress-particularize = 0.1\n",
    );
    let mut images = support::photographs();
    images.push(desk.path("page.png"));
    for image in images {
        for average in ["64", "65", "100", "150", "333.3", "400"] {
            let run = |more: &[&str]| {
                let image = image.to_str().unwrap();
                let args = [&["allocate", image, "--json", "-", "--average", average], more].concat();
                Decision::from_json(desk.run(&args).well().trim()).unwrap().tokens
            };
            assert_eq!(
                run(&["--config", "law.toml"]),
                run(&["--allocator", "edge-density"]),
                "{} at {average}",
                image.display()
            );
        }
    }
}

/// An allocator gets what it requires, also when no scorer that runs needs it.
#[test]
fn the_allocator_gets_its_tensors() {
    let desk = desk();
    let asked = ["--query", "where?", "--tensors", "toy.safetensors", "--calibration", "toy.json"];
    let edges = ["--scorer", "features", "--allocator", "edge-density"];
    let d = decide(&desk, &[&asked[..], &edges].concat());
    assert!(d.reasons.is_empty(), "{:?}", d.reasons);
    assert!(d.plugins.iter().any(|p| p.part == "cpu"), "{:?}", d.plugins);
    assert_eq!(d.tokens, decide(&desk, &["--allocator", "edge-density"]).tokens);
}

/// A range is settled inside its ends, and both are recorded.
#[test]
fn a_range_is_settled_by_the_tension() {
    let desk = desk();
    let d = decide(&desk, &["--budget", "50000..90000"]);
    assert!((50000..=90000).contains(&d.applied), "{}", d.applied);
    assert_eq!(d.requested, d.applied);
    let json = d.to_json().unwrap();
    assert!(json.contains(r#""total":[50000,90000]"#), "{json:.900}");
}

/// Overrides outrank everything and are recorded.
#[test]
fn overrides_hold() {
    let desk = desk();
    let d = decide(
        &desk,
        &[
            "--pin",
            "0,0=400",
            "--floor",
            "1,2=300",
            "--ceil",
            "11,11=70",
            "--ban",
            "23,23",
            "--allocator",
            "top-k",
        ],
    );
    let tokens = &d.tokens;
    assert_eq!((tokens[0][0], tokens[23][23]), (400, 0));
    assert!(tokens[1][2] >= 300 && tokens[11][11] <= 70);
    assert_eq!(d.applied, 86400);
    assert_eq!(d.policy.overrides.len(), 4);
    let forced = decide(&desk, &["--uniform"]);
    assert!(forced.flat_tokens().iter().all(|&t| t == 150));
    assert_eq!(forced.mode, Mode::Uniform);
}

/// With levels the total is a ceiling and every patch stands on a level.
#[test]
fn levels_are_kept() {
    let desk = desk();
    let d = decide(&desk, &["--levels", "64,100,144,196,256,324,400"]);
    assert!(d.flat_tokens().iter().all(|t| [64, 100, 144, 196, 256, 324, 400].contains(t)));
    assert!(d.applied <= d.requested && d.requested == 86400 && d.requested - d.applied < 36);
}
