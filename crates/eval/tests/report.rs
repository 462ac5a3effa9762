//! A run as a user sees it: the report, the rows behind it, the record, the
//! exit status, and what becomes of runs that are stopped or meet each other.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::{collections::BTreeSet, fs::File, process::Stdio, time::Duration};

use polars::prelude::{ParquetReader, SerReader};
use support::{Desk, SMALL, root};

fn small(desk: &Desk, text: &str, args: &[&str]) -> support::Ran {
    desk.write("small.yaml", text);
    let args: Vec<&str> = ["--suite", "small.yaml", "--out", "run"].iter().chain(args).copied().collect();
    desk.run(&args)
}

#[test]
fn the_report() {
    let desk = Desk::new();
    // Other backends are there or not: that is another test's.
    let ran = small(&desk, SMALL, &["--backend", "cpu"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report = desk.stable(&desk.read("run/report.md"));
    insta::with_settings!({ omit_expression => true, filters => vec![
        // What belongs to the machine, the moment or the clock.
        (r"standard run, [^,]+, \d+ s", "standard run, WHEN, SECONDS s"),
        (r"\*\*Machine:\*\* .*", "**Machine:** MACHINE"),
        (r"takes [^`]+ times as long as", "takes RATIO times as long as"),
        (r"\| (control|yardstick|system|uniform|oracle) +\| size [^|]*\|.*", "| $1 | size … | TIMES |"),
        (r"(- small: |- )(no difference in time was shown between|`\w+` takes RATIO)[^\n]*", "${1}TIME"),
        // Columns are as wide as what was filtered.
        (r" {2,}", " "),
        (r"-{3,}", "---"),
    ]}, {
        insta::assert_snapshot!("report", report);
    });
    let first = ran.stdout.lines().next().unwrap();
    assert_eq!(first, report.lines().next().unwrap());
    assert!(ran.stdout.contains("QR codes decoded"), "{ran:?}");
    assert!(ran.stdout.trim_end().ends_with("report: run/report.md"), "{ran:?}");
    assert!(ran.stderr.is_empty(), "no bar where there is no terminal: {ran:?}");
}

#[test]
fn rows_and_record_agree_with_the_report_and_the_docs() {
    let desk = Desk::new();
    assert_eq!(small(&desk, SMALL, &["--quick"]).code, 0);
    let frame = ParquetReader::new(File::open(desk.path("run/results.parquet")).unwrap()).finish().unwrap();
    let page = std::fs::read_to_string(root().join("docs/results.md")).unwrap();
    for name in frame.get_column_names() {
        assert!(page.contains(&format!("`{name}`")), "docs/results.md says nothing of `{name}`");
    }
    let record: serde_json::Value = serde_json::from_str(&desk.read("run/run.json")).unwrap();
    assert_eq!(record["schema"], "arrcoc.run/1");
    assert_eq!(record["length"], "quick");
    assert_eq!(record["holds"], true);
    assert!(record["plugins"].as_array().unwrap().iter().any(|p| p["id"] == "baselines"));
    // A finding, computed again from the rows.
    let text = |name: &str| frame.column(name).unwrap().str().unwrap().clone();
    let number = |name: &str| frame.column(name).unwrap().f64().unwrap().clone();
    let (metric, method, average) = (text("metric"), text("method"), number("average"));
    let (value, weight) = (number("value"), number("weight"));
    let read = |i: &usize| {
        metric.get(*i) == Some("decode")
            && frame.column("condition").unwrap().str().unwrap().get(*i).is_none()
            && method.get(*i) == Some("system")
            && average.get(*i) == Some(225.0)
    };
    let (mut sum, mut of) = (0.0, 0.0);
    for i in (0..frame.height()).filter(read) {
        sum += value.get(i).unwrap() * weight.get(i).unwrap();
        of += weight.get(i).unwrap();
    }
    let findings = record["findings"].as_array().unwrap();
    let finding = findings
        .iter()
        .find(|f| {
            f["metric"] == "decode"
                && f["condition"].is_null()
                && f["method"] == "system"
                && f["average"] == 225.0
                && f["against"].is_null()
        })
        .unwrap();
    assert!(of > 0.0);
    assert_eq!(finding["estimate"].as_f64().unwrap(), sum / of);
}

#[test]
fn a_gate_that_fails_is_named_first() {
    let desk = Desk::new();
    let gate = "name: the oracle helps, metric: decode-area, method: oracle, against: uniform, at-least: 0.1";
    assert!(SMALL.contains(gate));
    let broken = SMALL.replace(gate, &gate.replace("0.1", "0.99"));
    let ran = small(&desk, &broken, &["--quick"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    for text in [&ran.stdout, &desk.read("run/report.md")] {
        let mut lines = text.lines();
        assert_eq!(lines.next().unwrap(), "# Evaluation: 1 of 3 gates FAILED");
        let named = lines.nth(1).unwrap();
        assert!(
            named.starts_with("- **failed: small: the oracle helps**: `decode-area` of `oracle` against"),
            "{named}"
        );
        assert!(named.ends_with("(small.yaml:30:12)"), "{named}");
    }
    let record: serde_json::Value = serde_json::from_str(&desk.read("run/run.json")).unwrap();
    assert_eq!(record["holds"], false);
}

#[test]
fn a_gate_that_looks_at_nothing_has_failed() {
    let desk = Desk::new();
    let broken = SMALL.replace(
        "  - {name: faults are named, metric: fault-named, at-least: 1}",
        "  - {name: faults are named, metric: fault-named, condition: fault bad-length, at-least: 1}",
    );
    let ran = small(&desk, &broken, &["--quick"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("faults are named**: no finding of `fault-named` fits it"), "{ran:?}");
}

#[test]
fn the_same_run_twice_says_the_same() {
    let desk = Desk::new();
    let findings = |name: &str| -> Vec<serde_json::Value> {
        desk.write("small.yaml", SMALL);
        assert_eq!(desk.run(&["--suite", "small.yaml", "--quick", "--fresh", "--out", name]).code, 0);
        let record: serde_json::Value =
            serde_json::from_str(&desk.read(&format!("{name}/run.json"))).unwrap();
        let timed = |f: &serde_json::Value| {
            ["time", "stage", "offline", "cold", "warm", "memory"]
                .iter()
                .any(|t| f["metric"].as_str().unwrap().starts_with(t))
        };
        record["findings"].as_array().unwrap().iter().filter(|f| !timed(f)).cloned().collect()
    };
    let (first, second) = (findings("a"), findings("b"));
    assert!(first.len() > 20);
    assert_eq!(first, second);
}

#[test]
fn a_run_that_is_killed_leaves_no_half_of_a_report() {
    let desk = Desk::new();
    desk.write("small.yaml", SMALL);
    let mut child = desk.command(&["--suite", "small.yaml"]).spawn().unwrap();
    // Until it has begun to write down where it will end.
    while desk.runs().is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for name in desk.runs() {
        assert!(name.starts_with('.') && name.ends_with(".partial"), "{name}");
    }
}

/// The verdicts are told, the rest is an error, and nothing is left behind.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_does_not_take_the_verdicts_with_it() {
    let desk = Desk::new();
    desk.write("small.yaml", SMALL);
    let mut command = desk.command(&["--suite", "small.yaml", "--quick"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let staging = loop {
        match desk.runs().first() {
            Some(name) => break desk.path("reports").join(name),
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    std::os::unix::fs::symlink("/dev/full", staging.join("report.md")).unwrap();
    let output = child.wait_with_output().unwrap();
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(2), "{stdout}{stderr}");
    assert!(stdout.starts_with("# Evaluation: 3 of 3 gates hold"), "{stdout}");
    assert!(stderr.contains("report.md: cannot write: no space left on device"), "{stderr}");
    assert!(stderr.contains("hint: "), "{stderr}");
    assert!(desk.runs().is_empty());
}

#[test]
fn two_runs_at_once_have_a_folder_each() {
    let desk = Desk::new();
    desk.write("small.yaml", SMALL);
    let start = || desk.command(&["--suite", "small.yaml", "--quick"]).spawn().unwrap();
    let mut both = [start(), start()];
    for child in &mut both {
        assert!(child.wait().unwrap().success());
    }
    let names = desk.runs();
    assert_eq!(names.len(), 2, "{names:?}");
    for name in names {
        let files: BTreeSet<String> = desk.names(&format!("reports/{name}")).into_iter().collect();
        assert_eq!(
            files,
            ["index.html", "junit.xml", "report.md", "results.parquet", "run.json", "summary.md"]
                .map(str::to_owned)
                .into()
        );
    }
}

#[test]
fn a_folder_of_an_earlier_run_is_replaced_file_by_file() {
    let desk = Desk::new();
    assert_eq!(small(&desk, SMALL, &["--quick"]).code, 0);
    let before = desk.read("run/run.json");
    desk.write("run/notes.txt", "mine");
    assert_eq!(small(&desk, SMALL, &["--quick"]).code, 0);
    assert_ne!(desk.read("run/run.json"), before);
    assert_eq!(desk.read("run/notes.txt"), "mine");
}

#[test]
fn every_suite_of_the_project_can_be_planned_and_every_key_is_documented() {
    let desk = Desk::new();
    let planned = desk.run(&["--plan"]);
    assert_eq!(planned.code, 0, "{planned:?}");
    for suite in ["accuracy", "stability", "degradation", "latency", "coverage"] {
        assert!(planned.stdout.contains(&format!("{suite} (version ")), "{planned:?}");
    }
    let page = std::fs::read_to_string(root().join("docs/suites.md")).unwrap();
    // The reader tells which keys there are.
    let mut keys = BTreeSet::new();
    for (place, form) in [
        ("", "{x: 1}"),
        ("datasets", "datasets: [{x: 1}]"),
        ("tasks", "tasks: {x: 1}"),
        ("decode", "tasks: {decode: {x: 1}}"),
        ("corrupt", "corrupt: {x: 1}"),
        ("batch", "measure: {batch: {x: 1}}"),
        ("measure", "measure: {x: 1}"),
        ("primary", "primary: [{x: 1}]"),
        ("gates", "gates: [{x: 1}]"),
        ("repeat", "measure: {repeat: {x: 1}}"),
        ("shift", "measure: {shift: {x: 1}}"),
        ("threads", "measure: {threads: {x: 1}}"),
        ("faults", "measure: {faults: {x: 1}}"),
        ("latency", "measure: {latency: {x: 1}}"),
        ("coverage", "measure: {coverage: {x: 1}}"),
    ] {
        desk.write("keys.yaml", form);
        let refused = desk.run(&["--suite", "keys.yaml"]).refused();
        let valid = refused.lines().nth(1).unwrap();
        let list = valid.strip_prefix("hint: available: ").unwrap_or_else(|| panic!("{place}: {refused}"));
        keys.extend(list.split(", ").map(str::to_owned));
    }
    assert!(keys.len() > 30, "{keys:?}");
    for key in &keys {
        assert!(page.contains(&format!("`{key}`")), "docs/suites.md says nothing of `{key}`");
    }
}
