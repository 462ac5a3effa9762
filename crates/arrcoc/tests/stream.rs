//! Many decisions by one command: folders, lines on stdin, and going on after an interruption.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::Stdio,
    time::Duration,
};

use arrcoc::{
    Decision,
    ledger::{Filter, Ledger},
};
use support::{Desk, Noise, png};

/// A desk with a folder of images.
fn folder(images: u32) -> Desk {
    let desk = Desk::new();
    std::fs::create_dir_all(desk.path("images/deeper")).unwrap();
    for n in 0..images {
        desk.write(&format!("images/{n:03}.png"), &png(90 + n % 50, 80 + n % 30));
    }
    desk.write("images/notes.txt", b"not an image");
    desk
}

fn ids(lines: &str) -> Vec<String> {
    lines.lines().map(|line| Decision::from_json(line).unwrap().id).collect()
}

#[test]
fn a_folder_is_its_images_by_name() {
    let desk = folder(9);
    let told = desk.run(&["allocate", "images", "--grid", "8x8", "--json", "-", "--jobs", "3"]).well();
    let paths: Vec<String> =
        told.lines().map(|line| Decision::from_json(line).unwrap().image.path.unwrap()).collect();
    assert_eq!(paths, (0..9).map(|n| format!("images/{n:03}.png")).collect::<Vec<_>>());
    let alone = desk.run(&["allocate", "images", "--grid", "8x8", "--json", "-", "--jobs", "1"]).well();
    assert_eq!(ids(&told), ids(&alone), "in order, and the same however many are made at once");
    std::fs::create_dir(desk.path("drawn")).unwrap();
    desk.run(&["allocate", "images", "--grid", "8x8", "--render", "drawn", "--json", "all.json"]).well();
    assert_eq!(std::fs::read_dir(desk.path("drawn")).unwrap().count(), 9);
    assert_eq!(ids(&std::fs::read_to_string(desk.path("all.json")).unwrap()), ids(&told));
    let refused = desk.run(&["allocate", "images/deeper"]).refused();
    assert!(refused.contains("images/deeper: there is no image in this folder"), "{refused}");
    desk.write("images/deeper/001.png", &png(90, 90));
    let refused = desk.run(&["allocate", "images", "images/deeper", "--render", "drawn"]).refused();
    assert!(
        refused.contains("it would be written for `images/001.png` and for `images/deeper/001.png`"),
        "{refused}"
    );
}

#[test]
fn a_line_is_answered_before_the_next_is_there() {
    let desk = Desk::new();
    let mut child = desk
        .command(&["allocate", "-", "--json", "-", "--log", "decisions.ledger"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    for n in 0..4 {
        writeln!(stdin, "{{\"image\": \"page.png\", \"query\": \"mark {n}\", \"average\": {}}}", 100 + n)
            .unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let decision = Decision::from_json(&line).unwrap();
        assert_eq!((decision.query.unwrap().text, decision.applied), (format!("mark {n}"), 576 * (100 + n)));
        // It was on the disk before it was told.
        let ledger = Ledger::open_to_read(&desk.path("decisions.ledger")).unwrap();
        assert_eq!(ledger.head().unwrap().number, n + 1);
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_line_that_is_wrong_costs_that_line() {
    let desk = Desk::new();
    let lines = "{\"image\": \"page.png\"}\n\nnothing\n{\"image\": \"none.png\"}\n{\"image\": \"page.png\", \"budget\": 1}\n\
                 {\"image\": \"page.png\", \"query\": \"\u{1f34e}\"}";
    let ran = desk.run_fed(&["allocate", "-", "--json", "-"], lines);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(ids(&ran.stdout).len(), 2);
    for expected in [
        "error: stdin:3: not a request: expected ident",
        "error: stdin:4: `none.png`: there is no such file",
        "error: stdin:5: page.png: total 1 is below the least this policy allows",
    ] {
        assert!(ran.stderr.contains(expected), "{ran:?}");
    }
    let refused = desk.run(&["allocate", "-", "page.png"]).refused();
    assert!(refused.contains("- stands for lines on stdin"), "{refused}");
    assert_eq!(desk.run_fed(&["allocate", "-"], "").well(), "");
}

#[test]
fn what_is_interrupted_goes_on_without_loss_or_repeats() {
    let desk = folder(60);
    // The same image and question twice are two decisions.
    let mut lines: Vec<String> = (0..60).map(|n| format!("{{\"image\": \"images/{n:03}.png\"}}")).collect();
    lines.extend((0..60).map(|n| format!("{{\"image\": \"images/{:03}.png\", \"query\": \"red?\"}}", n % 7)));
    let lines = lines.join("\n");
    let whole = ids(&desk.run_fed(&["allocate", "-", "--grid", "8x8", "--json", "-"], &lines).well());
    let args = ["allocate", "-", "--grid", "8x8", "--log", "decisions.ledger", "--continue", "--json"];
    let mut chance = Noise(3);
    let mut logged = 0;
    for _ in 0..25 {
        let mut child = desk
            .command(&[&args[..], &["-"]].concat())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (mut stdin, text) = (child.stdin.take().unwrap(), lines.clone());
        let feeder = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
        let told = BufReader::new(child.stdout.take().unwrap());
        let reader = std::thread::spawn(move || told.lines().map_while(Result::ok).collect::<Vec<_>>());
        std::thread::sleep(Duration::from_millis(u64::from(chance.below(160))));
        child.kill().unwrap();
        child.wait().unwrap();
        let _ = feeder.join().unwrap();
        // What was told is what was asked, in order, as far as it came; the last line may be cut.
        let told: Vec<String> = reader
            .join()
            .unwrap()
            .iter()
            .filter_map(|line| Some(Decision::from_json(line).ok()?.id))
            .collect();
        assert_eq!(told, whole[..told.len()]);
        if desk.path("decisions.ledger").exists() {
            let head = Ledger::open(&desk.path("decisions.ledger")).unwrap().verify(None).unwrap();
            assert!(head.number >= logged && head.number as usize >= told.len(), "{head}");
            logged = head.number;
        }
    }
    let told = desk.run_fed(&[&args[..], &["all.json"]].concat(), &lines).well();
    assert_eq!(told.lines().count(), 120);
    assert_eq!(ids(&std::fs::read_to_string(desk.path("all.json")).unwrap()), whole);
    let ledger = Ledger::open(&desk.path("decisions.ledger")).unwrap();
    let mut subjects: Vec<String> = ledger
        .records(&Filter::default())
        .unwrap()
        .into_iter()
        .map(|record| record.summary.subject)
        .collect();
    let mut expected = whole;
    subjects.sort();
    expected.sort();
    assert_eq!(subjects, expected, "each decision is logged once");
    // Nothing is left to do, and nothing is done.
    desk.run_fed(&[&args[..], &["all.json"]].concat(), &lines).well();
    assert_eq!(ledger.head().unwrap().number, 120);
    // What is asked otherwise is another decision.
    let other = [&args[..], &["all.json", "--average", "151"]].concat();
    desk.run_fed(&other, "{\"image\": \"images/000.png\"}").well();
    assert_eq!(ledger.head().unwrap().number, 121);
    let refused = desk.run(&["allocate", "page.png", "--continue"]).refused();
    assert!(refused.contains("--log"), "{refused}");
}
