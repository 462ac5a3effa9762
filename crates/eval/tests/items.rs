//! A user's own images and a user's own reader. One image is damaged and one
//! question cannot be answered: each is a row of the table of failures, and
//! everything else is measured.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use arrcoc_datasets::{Seed, codes};
use arrcoc_picture::encode_png;
use support::{Desk, root};

/// Three pages of codes as files, with their texts; the last file is cut off.
fn pages(desk: &Desk) {
    let mut lines = String::new();
    for index in 0..3 {
        let page = codes::draw(Seed::tuning(index), 672, 672).unwrap();
        let png = encode_png(&page.image).unwrap();
        let whole = if index == 2 { &png[..png.len() / 2] } else { &png };
        desk.write(&format!("mine/page{index}.png"), "");
        std::fs::write(desk.path(&format!("mine/page{index}.png")), whole).unwrap();
        let texts: Vec<&str> = page.codes.iter().map(|code| code.text.as_str()).collect();
        let boxes: Vec<[u32; 4]> =
            page.codes.iter().map(|code| code.bounds()).map(|b| [b.x, b.y, b.width, b.height]).collect();
        let line =
            serde_json::json!({ "image": format!("page{index}.png"), "answers": texts, "boxes": boxes });
        lines += &format!("{line}\n");
    }
    desk.write("mine/items.jsonl", &lines);
}

const SUITE: &str = "\
schema: arrcoc.suite/1
suite: mine
version: 1
description: Images of my own.
datasets:
  - {kind: manifest, name: mine, file: mine, pages: 100, quick: 100}
averages: [225]
methods: [original, uniform, system]
against: [uniform]
tasks:
  decode: {}
gates:
  - {name: they can be decoded, metric: decode, method: original, at-least: 0.3}
";

#[test]
fn a_damaged_image_is_a_row_of_the_failures() {
    let desk = Desk::new();
    pages(&desk);
    desk.write("suite.yaml", SUITE);
    let ran = desk.run(&["--suite", "suite.yaml", "--out", "run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("- 1 observation on 1 page failed: see Failures"), "{ran:?}");
    let report = desk.read("run/report.md");
    let failures = report.split("## Failures").nth(1).unwrap().split("## ").next().unwrap();
    assert!(failures.contains("| 1      | page 2 "), "{failures}");
    assert!(failures.contains("page2.png"), "{failures}");
    assert!(report.contains("n = 2 pages"), "the others are measured: {report}");
    // Mended, it is measured with the others; these are not measured again.
    let whole = encode_png(&codes::draw(Seed::tuning(2), 672, 672).unwrap().image).unwrap();
    std::fs::write(desk.path("mine/page2.png"), whole).unwrap();
    assert_eq!(desk.run(&["--suite", "suite.yaml", "--out", "again"]).code, 0);
    let record: serde_json::Value = serde_json::from_str(&desk.read("again/run.json")).unwrap();
    assert_eq!(record["cells"], serde_json::json!({ "kept": 6, "measured": 3 }));
    assert_eq!(record["failures"], serde_json::json!([]));
}

#[test]
fn a_program_of_ones_own_is_the_judge() {
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        eprintln!("not tested: missing: python3");
        return;
    }
    let desk = Desk::new();
    pages(&desk);
    let lines = [
        r#"{"image": "page0.png", "question": "how wide is the page?", "answer": "672", "box": [0, 0, 60, 60]}"#,
        r#"{"image": "page0.png", "question": "how old is the page?", "answer": "7", "box": [0, 0, 60, 60]}"#,
        r#"{"image": "page1.png", "question": "how high is the page?", "answer": "671", "box": [0, 0, 60, 60]}"#,
    ];
    desk.write("mine/items.jsonl", &(lines.join("\n") + "\n"));
    let program = root().join("suites/examples/answer.py");
    let suite = SUITE
        .replace(
            "decode: {}",
            &format!("command: {{program: [python3, {}], deadline: 30}}", program.display()),
        )
        .replace("metric: decode", "metric: command");
    desk.write("suite.yaml", &suite);
    let ran = desk.run(&["--suite", "suite.yaml", "--out", "run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    // One of two right, and one that the program has no answer to, for each of three methods.
    assert!(ran.stdout.contains("- 3 observations on 1 page failed"), "{ran:?}");
    let record: serde_json::Value = serde_json::from_str(&desk.read("run/run.json")).unwrap();
    let found = record["findings"].as_array().unwrap().iter().find(|f| f["metric"] == "command").unwrap();
    assert_eq!((&found["estimate"], &found["n"]), (&0.5.into(), &2.into()));
    let reason = record["failures"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("knows how wide, high and bright a page is"), "{reason}");
    assert_eq!(record["versions"]["command"], "answer.py 1");
}
