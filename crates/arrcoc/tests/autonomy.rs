//! Autonomy by the real command: what a level does to a decision, how it is earned and lost, and that every step can be
//! told from the ledger.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::sync::Barrier;

use arrcoc::{
    Decision, Engine, Grid, Level, Photo, Request,
    autonomy::{self, Cause, Configuration},
    calibration::Calibration,
    ledger::{Entry, Filter, Kind, Ledger},
    log,
};
use arrcoc_decide::autonomy::{Standing, Thresholds};
use support::{Desk, drawing, plugins, png};

const LEDGER: &str = "decisions.ledger";

/// Lines that ask about three pictures in turns.
fn asks(count: usize) -> String {
    let line = |n: usize| {
        let (image, colour) = (["a", "b", "c"][n % 3], ["red", "green", "blue", "dark"][n % 4]);
        format!("{{\"image\": \"{image}.png\", \"query\": \"the {colour} mark {n}\"}}\n")
    };
    (0..count).map(line).collect()
}

fn desk() -> Desk {
    let desk = Desk::new();
    for (name, width, height) in [("a.png", 96, 96), ("b.png", 130, 70), ("c.png", 61, 150)] {
        desk.write(name, &png(width, height));
    }
    desk
}

fn open(desk: &Desk) -> Ledger {
    Ledger::open_to_read(&desk.path(LEDGER)).unwrap()
}

fn steps(desk: &Desk) -> Vec<(Cause, Level)> {
    let history = autonomy::history(&open(desk)).unwrap();
    history.iter().map(|set| (set.configuration.cause, set.configuration.level)).collect()
}

#[test]
fn a_level_is_earned_while_lines_come_and_lost_when_pages_change() {
    let desk = desk();
    let args = ["allocate", "-", "--governed", "--grid", "8x8", "--log", LEDGER];
    let args = [&args[..], &["--jobs", "1"]].concat();
    let ran = desk.run_fed(&args, &asks(48 * 4 + 20));
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 48 * 4 + 20), "{}", ran.stderr);
    let told: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(told.len(), 3, "{}", ran.stderr);
    assert!(told[0].starts_with("autonomy: record 1  ") && told[0].contains("  begun  guarded"), "{told:?}");
    assert!(told[1].contains("[records 2 to 49 are what others are compared with]"), "{told:?}");
    assert!(
        told[2].contains("  step-up  autonomous") && told[2].ends_with("[3 good blocks in a row]"),
        "{told:?}"
    );
    let up = autonomy::in_force(&open(&desk)).unwrap().unwrap();
    let shown = desk.run(&["autonomy", "show", LEDGER]).well();
    assert!(shown.starts_with("autonomous, at most autonomous, by calibration `reference-2"), "{shown}");
    // Where one was begun before the step and logged after it, that many fewer are left.
    let begun = |line: &str| line.strip_suffix(" of 48 decisions of the next block")?.parse::<u64>().ok();
    let begun = shown.lines().find_map(begun).unwrap();
    assert!((12..=20).contains(&begun), "{shown}");
    // Another picture altogether: a block of it is enough.
    let white = arrcoc_picture::Image::from_rgb(96, 96, vec![250; 96 * 96 * 3]).unwrap();
    desk.write("a.png", &arrcoc_picture::encode_png(&white).unwrap());
    desk.write("b.png", &arrcoc_picture::encode_png(&white).unwrap());
    let ran = desk.run_fed(&args, &asks(28 + 36));
    assert!(ran.stderr.contains("  step-down  guarded"), "{}", ran.stderr);
    let down = autonomy::in_force(&open(&desk)).unwrap().unwrap();
    let bad = down.configuration.evidence.last().unwrap();
    assert_eq!((bad.judgement.standing, down.configuration.replaces), (Standing::Bad, Some(up.number)));
    // Nothing but the ledger is needed to say why.
    for set in autonomy::history(&open(&desk)).unwrap() {
        let told = desk.run(&["autonomy", "explain", LEDGER, &set.number.to_string()]).well();
        assert!(told.contains("there was nothing to judge yet") || told.contains("the same step."), "{told}");
    }
    let listed = desk.run(&["log", "list", LEDGER]).well();
    assert!(listed.contains("  configuration step-down guarded\n"), "{listed}");
    let json: serde_json::Value =
        serde_json::from_str(&desk.run(&["autonomy", "show", LEDGER, "--json"]).well()).unwrap();
    assert_eq!(json["in_force"]["configuration"]["level"], "guarded");
    assert_eq!(json["history"].as_array().unwrap().len(), steps(&desk).len());
    desk.run(&["log", "verify", LEDGER]).well();
    let exported = desk.run(&["log", "export", LEDGER, "--jsonl", "-"]).well();
    assert!(exported.contains("\"kind\":\"configuration\""));
}

#[test]
fn a_level_bounds_a_decision_and_what_it_would_be_stands_beside_it() {
    let desk = desk();
    let decide = |args: &[&str]| {
        let all = [&["allocate", "page.png", "--query", "the red square", "--json", "-"], args].concat();
        let ran = desk.run(&all);
        assert_eq!(ran.code, 0, "{ran:?}");
        Decision::from_json(ran.stdout.trim()).unwrap()
    };
    let set = |level: &str| {
        desk.run(&["autonomy", "set", LEDGER, level, "--who", "R. Ito", "--why", "a test"]).well();
    };
    let governed = ["--governed", "--log", LEDGER];
    let free = decide(&[]);
    assert!(free.governed.is_none());
    desk.write("half.toml", b"autonomy = 0.5\n");
    let half = decide(&["--config", "half.toml"]);
    let guarded = decide(&governed);
    let said = guarded.governed.clone().unwrap();
    assert_eq!((said.level, said.configuration, said.autonomy), (Level::Guarded, 1, 1.0));
    assert_eq!((guarded.autonomy, &guarded.tokens), (0.5, &half.tokens));
    assert_eq!(said.advised.as_ref(), Some(&free.tokens));
    set("advisory");
    let advisory = decide(&governed);
    assert!(advisory.flat_tokens().iter().all(|&tokens| tokens == 150));
    assert_eq!(advisory.governed.clone().unwrap().advised.as_ref(), Some(&free.tokens));
    set("autonomous");
    let autonomous = decide(&governed);
    assert_eq!((&autonomous.tokens, autonomous.governed.clone().unwrap().advised), (&free.tokens, None));
    // What is asked is the same, however far it goes.
    assert_eq!(guarded.request().unwrap(), autonomous.request().unwrap());
    let ran = desk.run(&[
        "allocate",
        "page.png",
        "--query",
        "the red square",
        "--json",
        "-",
        "--governed",
        "--log",
        LEDGER,
        "--continue",
    ]);
    assert_eq!(Decision::from_json(ran.stdout.trim()).unwrap().id, guarded.id);

    let told = desk.run(&["explain", &guarded.id, "--log", LEDGER]).well();
    assert!(told.contains("level       guarded, by record 1: autonomy 0.5; without it "), "{told}");

    // They are made again, and made otherwise, as any other.
    let replayed = desk.run(&["log", "replay", LEDGER]).well();
    assert_eq!(replayed, "3 the same, bit for bit; 0 differ; 0 cannot be replayed\n");
    set("guarded");
    let anew = decide(&[&governed[..], &["--average", "100"]].concat());
    let what_if = |id: &str, change: &[&str]| {
        let text = desk.run(&[&["whatif", id, "--log", LEDGER, "--json", "-"], change].concat()).well();
        Decision::from_json(&text).unwrap()
    };
    let latest = decide(&governed);
    assert_eq!(what_if(&latest.id, &["--average", "100"]).id, anew.id);
    assert_eq!(what_if(&advisory.id, &["--autonomy", "1"]).tokens, free.tokens);
    // A total that several images share is shared as far as the level allows.
    let shared = ["allocate", "page.png", "a.png", "--query", "the red square", "--together", "--json", "-"];
    let ran = desk.run(&[&shared[..], &governed].concat());
    let both: Vec<Decision> = ran.stdout.lines().map(|line| Decision::from_json(line).unwrap()).collect();
    assert_eq!(both.iter().map(|d| d.applied).sum::<u64>(), 2 * 576 * 150, "{ran:?}");
    for decision in &both {
        let advised = decision.governed.as_ref().unwrap().advised.as_ref().unwrap().concat();
        assert_eq!((decision.autonomy, advised.iter().sum::<u32>()), (0.5, decision.applied as u32));
    }
    desk.run(&["log", "replay", LEDGER, "--last", "2"]).well();
    let refused = desk.run(&["autonomy", "set", LEDGER, "free", "--who", "R", "--why", "x"]).refused();
    assert!(
        refused.contains("`free` is no level of autonomy")
            && refused.contains("advisory, guarded, autonomous")
    );
    let refused = desk
        .run(&["autonomy", "set", LEDGER, "guarded", "--block", "0", "--who", "R", "--why", "x"])
        .refused();
    assert!(refused.contains("a block of no decisions shows nothing"), "{refused}");
    desk.run(&["autonomy", "set", LEDGER, "guarded", "--block", "96", "--who", "R", "--why", "x"]).well();
    assert!(desk.run(&["autonomy", "show", LEDGER]).well().contains("0 of 96 decisions of the next block"));
    let refused = desk
        .run(&["autonomy", "set", LEDGER, "guarded", "--ceiling", "advisory", "--who", "R", "--why", "x"])
        .refused();
    assert!(refused.contains("guarded is above the ceiling, advisory"), "{refused}");
    let refused = desk.run(&["allocate", "page.png", "--governed"]).refused();
    assert!(refused.contains("--log"), "{refused}");
    let refused = desk.run(&["autonomy", "show", "none.ledger"]).refused();
    assert!(refused.contains("there is no such file"), "{refused}");
    desk.run(&["allocate", "page.png", "--log", "plain.ledger"]).well();
    for args in [
        &["autonomy", "show", "plain.ledger"][..],
        &["autonomy", "set", "plain.ledger", "guarded", "--who", "R", "--why", "x"],
    ] {
        assert!(desk.run(args).refused().contains("configuration"), "{args:?}");
    }
}

/// Tensors whose patches 100 to 110 answer the question.
fn tensors() -> Vec<u8> {
    use safetensors::tensor::{Dtype, TensorView};
    let patch = |i: usize| if (100..=110).contains(&i) { [1.0f32, 0.0] } else { [0.0, 1.0] };
    let bytes = |values: Vec<f32>| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let (projected, query) = (bytes((0..576).flat_map(patch).collect()), bytes(vec![1.0, 0.0]));
    let views = [
        ("patch_projected", TensorView::new(Dtype::F32, vec![576, 2], &projected).unwrap()),
        ("query_embeddings", TensorView::new(Dtype::F32, vec![1, 2], &query).unwrap()),
    ];
    safetensors::serialize(views, Some([("encoder".to_owned(), "toy".to_owned())].into())).unwrap()
}

/// What is asked of the toy encoder alone.
const TOY: [&str; 8] =
    ["--tensors", "toy.safetensors", "--scorer", "features", "--scorer", "propositional", "--log", LEDGER];

#[test]
fn without_a_calibration_that_fits_guarded_is_the_most() {
    let desk = desk();
    desk.write("toy.safetensors", &tensors());
    let run = |more: &[&str]| {
        let all =
            [&["allocate", "page.png", "--governed", "--query", "where?", "--json", "-"], &TOY[..], more]
                .concat();
        let ran = desk.run(&all);
        assert_eq!(ran.code, 0, "{ran:?}");
        Decision::from_json(ran.stdout.trim()).unwrap()
    };
    run(&[]);
    desk.run(&["autonomy", "set", LEDGER, "autonomous", "--who", "R. Ito", "--why", "a test"]).well();
    let decision = run(&[]);
    assert_eq!((decision.autonomy, decision.governed.as_ref().unwrap().level), (0.5, Level::Autonomous));
    let note = "autonomy: no calibration fits what heard the question, so that guarded is the most";
    assert!(decision.notes.iter().any(|n| n == note), "{:?}", decision.notes);
    assert!(decision.governed.unwrap().advised.is_some());
    let replayed = desk.run(&["log", "replay", LEDGER]).well();
    assert_eq!(replayed, "2 the same, bit for bit; 0 differ; 0 cannot be replayed\n");
}

/// An engine that has made one full block beyond the baseline, logged and not yet evaluated.
fn ready(desk: &Desk) -> u64 {
    let mut config = arrcoc::Config::default();
    config.search.folders = vec![plugins()];
    config.scorers = vec!["propositional".into()];
    let engine = Engine::open(config).unwrap();
    let mut ledger = Ledger::open(&desk.path(LEDGER)).unwrap();
    let thresholds = Thresholds { block: 10, ..Thresholds::default() };
    let begun = autonomy::begin(&mut ledger, &Calibration::reference().unwrap(), thresholds).unwrap();
    begun.govern(&engine).unwrap();
    let photo = Photo::from_rgb(96, 96, drawing(96, 96).data().to_vec()).unwrap();
    for _ in 0..10 {
        let request = Request::new(photo.clone()).grid(Grid::new(8, 8).unwrap());
        let decision = engine.allocate(&request).unwrap();
        log::append(&mut ledger, &[&decision]).unwrap();
    }
    begun.number
}

#[test]
fn many_that_evaluate_at_once_take_one_step() {
    let desk = desk();
    ready(&desk);
    // Threads that begin together, and processes beside them.
    let children: Vec<_> = (0..3)
        .map(|_| {
            desk.command(&["autonomy", "evaluate", LEDGER])
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let barrier = Barrier::new(6);
    let taken = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let mut ledger = Ledger::open(&desk.path(LEDGER)).unwrap();
                    barrier.wait();
                    usize::from(autonomy::evaluate(&mut ledger).unwrap().is_some())
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    let outputs: Vec<String> = children
        .into_iter()
        .map(|child| String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap())
        .collect();
    let stepped = outputs.iter().filter(|text| text.contains("  baseline  ")).count();
    assert_eq!(taken + stepped, 1, "{outputs:?}");
    assert_eq!(steps(&desk), [(Cause::Begun, Level::Guarded), (Cause::Baseline, Level::Guarded)]);
}

#[test]
fn what_the_records_do_not_show_is_found_out() {
    let desk = desk();
    let begun = ready(&desk);
    let mut ledger = Ledger::open(&desk.path(LEDGER)).unwrap();
    let now = autonomy::evaluate(&mut ledger).unwrap().unwrap();
    let told = |number: u64| autonomy::explain(&open(&desk), number).unwrap();
    assert!(told(begun).holds && told(now.number).holds, "{}", told(now.number).text);
    // Somebody logs a rise that nothing has earned.
    let mut forged = serde_json::to_value(&now.configuration).unwrap();
    forged["level"] = "autonomous".into();
    forged["cause"] = "step-up".into();
    forged["replaces"] = now.number.into();
    let (content, created) = (forged.to_string(), now.created.clone());
    ledger
        .append(&[Entry { content: &content, ..Entry::new(Kind::Configuration, "4a1f", &created) }])
        .unwrap();
    assert!(serde_json::from_value::<Configuration>(forged).is_ok());
    let ran = desk.run(&["autonomy", "explain", LEDGER, &(now.number + 1).to_string()]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("it comes to something else: no change at all"), "{ran:?}");
    // What is no configuration is said to be none.
    ledger.append(&[Entry { content: "{}", ..Entry::new(Kind::Configuration, "4a1f", &created) }]).unwrap();
    let refused = desk.run(&["autonomy", "show", LEDGER]).refused();
    assert!(refused.contains("is no configuration: missing field"), "{refused}");
}

#[test]
fn a_calibration_is_made_of_feedback_promoted_and_rolled_back() {
    let desk = desk();
    desk.write("toy.safetensors", &tensors());
    let toy = r#"{"schema": "arrcoc.calibration/1", "version": "toy-1",
        "encoders": {"toy": {"alignment": [[0.0, 0.02], [1.0, 0.95]]}}}"#;
    desk.write("toy.json", toy.as_bytes());
    let mut lines = String::new();
    for image in 0..20 {
        desk.write(&format!("{image}.png"), &png(90 + image, 80));
        (0..3).for_each(|n| {
            lines += &format!("{{\"image\": \"{image}.png\", \"query\": \"where is {n}?\"}}\n")
        });
    }
    let allocate = [&["allocate", "-", "--governed", "--json", "-"], &TOY[..]].concat();
    let ran = desk.run_fed(&[&allocate[..], &["--calibration", "toy.json"]].concat(), &lines);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ids: Vec<String> = ran.stdout.lines().map(|line| Decision::from_json(line).unwrap().id).collect();
    let mut ledger = Ledger::open(&desk.path(LEDGER)).unwrap();
    let path = desk.path(LEDGER);
    let tell = |ledger: &mut Ledger, ids: &[String]| {
        for (n, id) in ids.iter().enumerate() {
            let outcome = if n % 3 == 0 { log::Outcome::Success } else { log::Outcome::Failure };
            log::feedback(ledger, &path, id, outcome, None, None).unwrap();
        }
    };
    tell(&mut ledger, &ids[..12]);
    let recalibrate = ["recalibrate", LEDGER, "--out", "again.json"];
    let ran = desk.run(&recalibrate);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr.contains("12 decisions with a question have an outcome, and 40 are the least"),
        "{ran:?}"
    );
    assert!(!desk.path("again.json").exists());
    tell(&mut ledger, &ids[12..]);
    let told = desk.run(&recalibrate).well();
    for part in [
        "20  success  high coupling  as it should be: ",
        "40  failure  high coupling  too sure of the wrong place: ",
        "worth promoting: it is surely better",
        "of 40 decisions made again, ",
        "wrote again.json, version recal-",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }

    // What the shadow decides is what the file decides.
    let found = Calibration::read(&desk.path("again.json")).unwrap();
    let map = found.recalibration().unwrap().refit.map();
    let last = open(&desk)
        .records(&Filter { kind: Some(Kind::Decision), last: Some(1), ..Filter::default() })
        .unwrap();
    let last = Decision::from_json(&last[0].content).unwrap();
    let mut config = arrcoc::Config::default();
    config.search.folders = vec![plugins()];
    let mut rerun = arrcoc::Rerun::new(config).configured_by(&open(&desk)).unwrap().images_in(&desk.path(""));
    let mut moved = last.clone();
    moved.tensors.iter_mut().for_each(|t| t.path = Some(desk.path("toy.safetensors").display().to_string()));
    let (before, after) = arrcoc::recalibrate::redecided(&mut rerun, moved, &map).unwrap();
    assert_eq!(before.tokens, last.tokens);
    assert_ne!(after.tokens, last.tokens);
    let query = last.query.unwrap().text;
    let real = ["allocate", "19.png", "--json", "-", "--query", &query, "--calibration", "again.json"];
    let half = ["--tensors", "toy.safetensors", "--scorer", "features", "--scorer", "propositional"];
    desk.write("half.toml", b"autonomy = 0.5\n");
    let real = desk.run(&[&real[..], &half, &["--config", "half.toml"]].concat()).well();
    let real = Decision::from_json(real.trim()).unwrap();
    assert_eq!(after.tokens, real.tokens, "to the bit");
    let q = |d: &Decision| d.scores.participatory.clone().unwrap();
    assert!(q(&after).iter().zip(q(&real)).all(|(a, b)| (a - b).abs() < 1e-12));

    // It is in force when a person says so, and only another one needs more than that.
    let by = ["--who", "R. Ito", "--why", "it claims less"];
    let promote = |file: &str, more: &[&str]| {
        desk.run(&[&["autonomy", "promote", LEDGER, file], &by[..], more].concat())
    };
    desk.write("other.json", toy.replace("toy-1", "toy-2").replace("0.95", "0.5").as_bytes());
    let refused = promote("other.json", &[]).refused();
    assert!(
        refused.contains("is not promoted: nothing was found out about it") && refused.contains("--despite")
    );
    let told = promote("again.json", &[]).well();
    assert!(
        told.contains("  promoted  guarded") && told.ends_with("[by R. Ito: it claims less]\n"),
        "{told}"
    );
    let refused = promote("again.json", &[]).refused();
    assert!(refused.contains("is in force already"), "{refused}");
    let ran = desk.run_fed(&allocate, &lines);
    let governed = Decision::from_json(ran.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((&governed.tokens, governed.governed.unwrap().level), (&real.tokens, Level::Guarded));
    assert!(ran.stderr.contains("  baseline  guarded"), "{}", ran.stderr);
    let told = promote("other.json", &["--despite"]).well();
    assert!(told.contains("despite that nothing was found out about it beside the one in force"), "{told}");
    let replayed = desk.run(&["log", "replay", LEDGER, "--last", "5"]).well();
    assert_eq!(replayed, "5 the same, bit for bit; 0 differ; 0 cannot be replayed\n");
    let other = [&allocate[..], &["--calibration", "toy.json"]].concat();
    let refused = desk.run_fed(&other, "").refused();
    assert!(refused.contains("toy-1` is given, and") && refused.contains("toy-2` is in force"), "{refused}");
    let rollback = [&["autonomy", "rollback", LEDGER], &by[..]].concat();
    let told = desk.run(&rollback).well();
    assert!(told.contains("  rolled-back  guarded") && told.contains("+recal-"), "{told}");
    let refused = desk.run(&[&rollback[..], &["--to", "3"]].concat()).refused();
    assert!(refused.contains("record 3 is no configuration"), "{refused}");
    let ledger = open(&desk);
    for set in autonomy::history(&ledger).unwrap() {
        let explained = autonomy::explain(&ledger, set.number).unwrap();
        assert!(explained.holds, "{}", explained.text);
    }
}
