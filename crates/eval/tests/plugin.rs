//! A plugin made by `plugins new` joins every comparison: scaffolded with the
//! real command, built by cargo in a folder of its own, and named by file.
//! Nothing else is built for it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use support::{Desk, SMALL, assembled, scaffolded, xtask};

#[test]
fn new_plugins_join_every_comparison() {
    xtask(&["build", "--quiet"]);
    let desk = Desk::new();
    desk.write("small.yaml", SMALL);
    let scorer = scaffolded(&desk, "dark-corners", "scorer", None);
    let allocator = scaffolded(&desk, "sharpen", "allocator", None);
    let files = [scorer.to_str().unwrap(), allocator.to_str().unwrap()];
    let ran = desk.run(&[
        "--suite",
        "small.yaml",
        "--quick",
        "--out",
        "run",
        "--plugin",
        files[0],
        "--plugin",
        files[1],
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let record: serde_json::Value = serde_json::from_str(&desk.read("run/run.json")).unwrap();
    let findings = record["findings"].as_array().unwrap();
    for method in ["system+dark-corners", "sharpen"] {
        for metric in ["decode", "repeat-equal", "shift-moved", "threads-equal", "time-ratio", "exact"] {
            let found = findings.iter().any(|f| f["method"] == method && f["metric"] == metric);
            assert!(found, "`{metric}` of `{method}`");
        }
        let compared = |f: &&serde_json::Value| f["method"] == method && f["against"] == "uniform";
        assert!(findings.iter().filter(compared).any(|f| f["metric"] == "decode"), "{method}");
        assert!(ran.stdout.contains(&format!("| {method} ")), "{ran:?}");
    }
    let plugins = record["plugins"].as_array().unwrap();
    assert!(
        plugins.iter().any(|p| p["id"] == "sharpen" && files[1].ends_with(p["path"].as_str().unwrap())),
        "{plugins:?}"
    );
    let report = desk.read("run/report.md");
    assert!(!report.contains("retreated"), "both did what they said");
    let alone = "plugins in worker processes: every plugin ran inside this process";
    assert_eq!(!report.contains(alone), cfg!(target_os = "linux"), "what is foreign runs in a sandbox");

    // A part that has the name of a shipped one would hide it.
    let uniform = scaffolded(&desk, "uniform", "allocator", None);
    let refused = desk.run(&["--suite", "small.yaml", "--plugin", uniform.to_str().unwrap()]).refused();
    assert!(refused.contains(": `uniform` is offered by "), "{refused}");
}

/// A library that replaces a shipped one does so in the open.
#[test]
fn a_library_that_takes_anothers_place_is_listed() {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    let desk = Desk::new();
    desk.write("small.yaml", SMALL);
    let copy = desk.path(&format!("mine{DLL_SUFFIX}"));
    let shipped = assembled().join(format!("plugins/{DLL_PREFIX}arrcoc_baselines{DLL_SUFFIX}"));
    std::fs::copy(shipped, &copy).unwrap();
    let copy = copy.to_str().unwrap();
    let ran = desk.run(&["--suite", "small.yaml", "--quick", "--out", "run", "--plugin", copy]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("| stride "), "all of its parts are compared: {ran:?}");
    let report = desk.read("run/report.md");
    assert!(report.contains(&format!("arrcoc_baselines{DLL_SUFFIX}: {copy} takes its place")), "{report}");
}
