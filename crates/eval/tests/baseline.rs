//! `--baseline`: what was made worse on purpose turns the run red, and what was
//! not changed does not.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::sync::Mutex;

use support::{Desk, Ran, scaffolded, xtask};

const SUITE: &str = "\
schema: arrcoc.suite/1
suite: planted
version: 1
description: One method that a test changes.
datasets:
  - {kind: codes, pages: 14, quick: 2, size: 1344x1344}
averages: [225]
methods: [uniform, {name: mine, allocator: edge-density}]
against: [uniform]
tasks:
  decode: {}
";

/// Times are not taken while the other test runs.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn an_allocator_that_was_made_blind_turns_the_run_red() {
    let _alone = ALONE.lock();
    let desk = Desk::new();
    desk.write("suite.yaml", SUITE);
    let before = desk.run(&["--suite", "suite.yaml", "--out", "before"]);
    assert_eq!(before.code, 0, "{before:?}");

    let same = desk.run(&["--suite", "suite.yaml", "--out", "same", "--baseline", "before"]);
    assert_eq!(same.code, 0, "{same:?}");
    assert!(same.stdout.starts_with("# Evaluation: 1 of 1 gates hold"), "{same:?}");
    let report = desk.read("same/report.md");
    assert!(report.contains("findings are the same to the last bit"), "{report}");

    desk.write("suite.yaml", &SUITE.replace("allocator: edge-density", "allocator: stride"));
    let worse = desk.run(&["--suite", "suite.yaml", "--out", "worse", "--baseline", "before"]);
    assert_eq!(worse.code, 1, "{worse:?}");
    let first = worse.stdout.lines().find(|line| line.contains("failed")).unwrap();
    assert!(first.starts_with("- **failed: baseline: nothing is worse**: planted: `"), "{first}");
    assert!(first.contains("of `mine` on `codes` at 225"), "{first}");
    assert!(desk.read("worse/junit.xml").contains("<failure message=\"planted: "), "it is told to CI too");
    let compared = desk.run(&["compare", "before", "worse"]);
    assert_eq!(compared.code, 1, "{compared:?}");
    assert!(compared.stdout.contains("| worse "), "{compared:?}");
    // The other way round it is better, which is no failure.
    assert_eq!(desk.run(&["compare", "worse", "before"]).code, 0);
}

const TIMED: &str = "\
schema: arrcoc.suite/1
suite: timed
version: 1
description: One plugin that a test makes slower.
datasets:
  - {kind: codes, pages: 1, quick: 1, size: 672x672}
averages: [150]
methods:
  - {name: mine, scorers: [propositional, spin], params: {spin: {work: 1000}}}
measure:
  latency: {sizes: [672x672], samples: 128, quick: 128, warm-up: 4}
";

/// A scorer whose work is a parameter: 1000 is some milliseconds. The evaluation whose worker finds the file `slow-once`
/// first puts its name to it, and all of its workers are slower by two fifths.
const SPIN: &str = r#"
use arrcoc_sdk::prelude::*;

struct Spin {
    work: i64,
}

static SLOW: std::sync::OnceLock<bool> = std::sync::OnceLock::new();

impl Scorer for Spin {
    type Prepared = ();

    fn info() -> ScorerInfo {
        ScorerInfo::new("spin", "works for as long as it is told")
            .param(Param::integer("work", 0..=1_000_000, 1000, "rounds of work"))
            .requires("patch_stats")
            .channel("even", Way::Perspectival, "the same for every patch")
    }

    fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Spin { work: params.integer("work")? })
    }

    fn prepare(&self, _input: &Inputs<'_>, output: &mut Outputs<'_>, _call: &Call<'_>) -> Result<(), Fault> {
        let slow = SLOW.get_or_init(|| {
            let host = std::os::unix::process::parent_id().to_string();
            match std::fs::read_to_string("slow-once") {
                Ok(name) if name.is_empty() => std::fs::write("slow-once", host).is_ok(),
                Ok(name) => name == host,
                Err(_) => false,
            }
        });
        let work = if *slow { self.work * 7 / 5 } else { self.work };
        let mut state = 1u64;
        for _ in 0..4000 * work {
            state = std::hint::black_box(state.wrapping_mul(6364136223846793005).wrapping_add(1));
        }
        let even = if state == 0 { 0.25 } else { 0.5 };
        output.slice::<f32>("even")?.fill(even);
        Ok(())
    }
}

arrcoc_sdk::export_plugin! {
    id: "spin",
    vendor: "a test",
    scorers: [Spin],
    allocators: [],
}
"#;

#[test]
fn a_plugin_that_takes_a_fifth_longer_turns_the_run_red_and_a_slow_process_does_not() {
    let _alone = ALONE.lock();
    xtask(&["build", "--quiet"]);
    let desk = Desk::new();
    let plugin = scaffolded(&desk, "spin", "scorer", Some(SPIN));
    let plugin = plugin.to_str().unwrap();
    // It asks who started it and notes that in a file, which no sandbox would let it.
    let free = ["--isolation", "spin=worker"];
    // A machine that is too busy gives no verdict, and says so: then it is asked again.
    let judged = |prepare: &dyn Fn()| {
        let run = || {
            prepare();
            desk.run(&[
                "--suite",
                "suite.yaml",
                "--plugin",
                plugin,
                free[0],
                free[1],
                "--out",
                "now",
                "--baseline",
                "before",
            ])
        };
        let ran = (0..5).map(|_| run()).find(|ran| !ran.stdout.contains("noise is too high"));
        if ran.is_none() {
            eprintln!("missing: a quiet machine, to tell a plugin that is a fifth slower");
        }
        ran
    };

    // What else runs on a machine may be in the way of two measurements in a row, or of the first one: then all of it
    // begins anew. A verdict that is wrong for another reason stays wrong.
    let attempt = |work: &str, wanted: i32, prepare: &dyn Fn()| {
        let once = || {
            desk.write("suite.yaml", TIMED);
            let before =
                desk.run(&["--suite", "suite.yaml", "--plugin", plugin, free[0], free[1], "--out", "before"]);
            assert_eq!(before.code, 0, "{before:?}");
            desk.write("suite.yaml", &TIMED.replace("work: 1000", work));
            judged(prepare)
        };
        let is_told = |ran: &Option<Ran>| ran.as_ref().is_none_or(|ran| ran.code == wanted);
        (0..3).map(|_| once()).find(is_told).unwrap_or_else(once)
    };
    let Some(once) = attempt("work: 1000", 0, &|| drop(desk.write("slow-once", ""))) else { return };
    assert_eq!(once.code, 0, "{once:?}");
    let report = desk.read("now/report.md");
    assert!(report.contains("were slower in this process and not in the next"), "{report}");
    assert!(desk.path("now/times-again.parquet").is_file());

    std::fs::remove_file(desk.path("slow-once")).unwrap();
    let Some(slower) = attempt("work: 1200", 1, &|| ()) else { return };
    assert_eq!(slower.code, 1, "{slower:?} {}", desk.read("now/report.md"));
    let first = slower.stdout.lines().find(|line| line.contains("failed")).unwrap();
    assert!(first.contains("nothing is slower**: timed: prepare spin of `mine`"), "{first}");
    assert!(first.contains("; again, in another process, 1."), "{first}");

    // What the second measurement left does not stay in the folder of a run that had none.
    let plain = desk.run(&["--suite", "suite.yaml", "--plugin", plugin, free[0], free[1], "--out", "now"]);
    assert_eq!(plain.code, 0, "{plain:?}");
    assert!(!desk.path("now/times-again.parquet").exists());
}
