//! The real command on real libraries: good plugins pass, and every fixture
//! fails for its own reason.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

#[path = "../../arrcoc/tests/support/assembled.rs"]
#[allow(unreachable_pub, reason = "shared by test files, which export nothing")]
mod assembled;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use arrcoc_conformance::{Options, Verdict};
use serde_json::Value;

const KIT: &str = env!("CARGO_BIN_EXE_arrcoc-conformance");

fn assembled() -> &'static Path {
    assembled::assembled_for(KIT)
}

fn library(folder: &str, name: &str) -> PathBuf {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    assembled().join(folder).join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"))
}

struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

fn run(plugin: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(KIT);
    command.arg(plugin).args(arguments).env_remove("ARRCOC_BAD_SPILL").envs(variables.iter().copied());
    let output = command.output().expect("the kit runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// What failed in each part, `""` for the file: test and what happened.
type Failures = BTreeMap<String, Vec<(String, String)>>;

fn failures(plugin: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Failures {
    let ran = run(plugin, &[arguments, &["--json", "-"]].concat(), variables);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}", ran.stderr));
    let mut failures = Failures::new();
    for outcome in report["outcomes"].as_array().unwrap() {
        let text = |key: &str| outcome[key].as_str().unwrap_or_default().to_owned();
        let failed = failures.entry(text("part")).or_default();
        if outcome["verdict"] == "failed" {
            failed.push((text("test"), text("detail")));
        }
    }
    let any = failures.values().any(|failed| !failed.is_empty());
    assert_eq!((ran.code, ran.stderr.as_str()), (i32::from(any), ""), "{failures:?}");
    failures
}

/// Asserts that a part failed these tests and no others, and said so.
#[track_caller]
fn fails(failures: &Failures, part: &str, expected: &[(&str, &str)]) {
    let failed = failures.get(part).unwrap_or_else(|| panic!("`{part}` was not tested: {failures:?}"));
    let names: Vec<&str> = failed.iter().map(|(test, _)| test.as_str()).collect();
    let wanted: Vec<&str> = expected.iter().map(|(test, _)| *test).collect();
    assert_eq!(names, wanted, "{part}: {failed:?}");
    for ((test, detail), (_, part_of)) in failed.iter().zip(expected) {
        assert!(detail.contains(part_of), "{part}: `{test}` says: {detail}");
    }
}

#[track_caller]
fn passes(name: &str) {
    let failures = failures(&library("plugins", name), &["--deadline", "30000"], &[]);
    assert!(failures.values().all(Vec::is_empty), "{name}: {failures:?}");
    assert!(failures.len() > 1, "{name} has parts");
}

#[test]
fn the_backend_and_the_standard_scorers_pass() {
    passes("arrcoc_cpu");
    passes("arrcoc_ways");
}

/// As far as a device is there: what is skipped for want of one says so, and does not fail.
#[test]
fn the_backends_on_devices_pass() {
    passes("arrcoc_wgpu");
    passes("arrcoc_cuda");
}

/// As far as their models are there: what is skipped for want of one says so, and does not fail.
#[test]
fn the_plugins_with_models_of_others_pass() {
    passes("arrcoc_ocr");
    passes("arrcoc_clip");
}

#[test]
fn the_allocators_and_the_baselines_pass() {
    passes("arrcoc_allocators");
    passes("arrcoc_baselines");
}

#[test]
fn a_scorer_with_a_model_of_its_own_passes() {
    passes("arrcoc_glance");
}

/// The parts of the library of fixtures, whatever is fast among them.
fn bad(parts: &[&str], deadline: &str) -> Failures {
    let mut arguments = vec!["--deadline", deadline];
    arguments.extend(parts.iter().flat_map(|part| ["--part", part]));
    failures(&library("fixtures", "arrcoc_bad"), &arguments, &[])
}

#[test]
fn scorers_whose_answers_are_wrong_fail_for_what_is_wrong_with_them() {
    let found =
        bad(&["bad-nan", "bad-unwritten", "bad-scale", "bad-scorer-fault", "bad-scorer-panic"], "30000");
    fails(&found, "", &[]);
    fails(&found, "bad-nan", &[("output-written", "output `badness` is not a finite number at element 3")]);
    fails(&found, "bad-unwritten", &[("output-written", "1 of 576 elements were not written")]);
    fails(&found, "bad-scale", &[("output-written", "is 1.5 at element 0, outside the 0 to 1 it declares")]);
    fails(&found, "bad-scorer-fault", &[("answers", "DeviceLost in prepare: the device went away")]);
    let panic = "Panicked in prepare: panicked: lost count of the patches";
    fails(&found, "bad-scorer-panic", &[("answers", panic), ("panic-contained", panic)]);
}

#[test]
fn scorers_that_end_the_process_fail_the_first_test_that_asks() {
    let found = bad(&["bad-segfault", "bad-abort", "bad-exit", "bad-memory"], "30000");
    let asking = "while asking, 384×384 picture";
    fails(&found, "bad-segfault", &[("answers", "was ended by signal 11 (segmentation fault)")]);
    fails(&found, "bad-abort", &[("answers", "was ended by signal 6 (abort)")]);
    fails(&found, "bad-exit", &[("answers", "ended itself with code 3")]);
    fails(&found, "bad-memory", &[("answers", "(its limit is 2048 MiB); it said: memory allocation of")]);
    for part in ["bad-segfault", "bad-abort", "bad-exit", "bad-memory"] {
        fails(&found, part, &[("answers", asking)]);
    }
}

#[test]
fn scorers_that_hang_are_killed_and_those_that_are_late_or_deaf_are_found_out() {
    let found = bad(&["bad-hang", "bad-allocator-hang"], "3000");
    fails(&found, "bad-hang", &[("answers", "did not return within 3.0 s")]);
    fails(&found, "bad-allocator-hang", &[("answers", "did not return within 3.0 s")]);
    let found = bad(&["bad-late", "bad-sleepy"], "30000");
    fails(&found, "bad-late", &[("deadline", "a deadline that is over: it was done late by ")]);
    fails(&found, "bad-sleepy", &[("cancel", "cancelled before the call: it went on for ")]);
}

#[test]
fn scorers_that_touch_what_is_not_theirs_are_stopped_there() {
    let found = bad(&["bad-overrun", "bad-input"], "30000");
    fails(
        &found,
        "bad-overrun",
        &[("no-overrun", "signal 11 (segmentation fault) while asking, 1×1 picture")],
    );
    fails(
        &found,
        "bad-input",
        &[("input-unmodified", "signal 11 (segmentation fault) while asking, 1×1 picture")],
    );
    fails(&found, "bad-overrun", &[("no-overrun", "a page that may not be touched follows every tensor")]);
    fails(&found, "bad-input", &[("input-unmodified", "inputs are mapped read-only")]);
}

#[test]
fn scorers_with_bad_habits_fail_the_test_of_that_habit() {
    let found = bad(
        &["bad-plan", "bad-fickle", "bad-leak", "bad-threads", "bad-batch", "bad-twins", "bad-feed"],
        "30000",
    );
    fails(&found, "bad-plan", &[("plan", "the output `surprise` is planned, and not declared")]);
    fails(&found, "bad-fickle", &[("determinism", "output `badness` is 0.5 and then 0.5")]);
    fails(&found, "bad-leak", &[("leaks", "resident memory grew by")]);
    fails(&found, "bad-threads", &[("threads", "4 more threads run after a call that was granted 1")]);
    fails(&found, "bad-batch", &[("batch", "among 3 and alone, question 1")]);
    fails(&found, "bad-twins", &[("instances", "is 0.5 and then 0.6")]);
    fails(
        &found,
        "bad-feed",
        &[("feed", "is 0.5 and then 0.6000000238418579 at element 0 (by bands of 1 rows, ")],
    );
}

#[test]
fn allocators_fail_for_what_they_propose_or_do_not() {
    let found = bad(
        &["bad-sum", "bad-bounds", "bad-length", "bad-fault", "bad-panic", "bad-allocator-segfault"],
        "30000",
    );
    fails(&found, "bad-sum", &[("admitted", "the tokens sum to 3601, not 3600")]);
    fails(&found, "bad-bounds", &[("admitted", "patch 0 has 63 tokens, outside its 64..400")]);
    fails(&found, "bad-length", &[("answers", "the proposal has 575 patches, not 576")]);
    fails(&found, "bad-fault", &[("answers", "OutOfMemory in allocate: no memory for the table")]);
    let panic = "Panicked in allocate: panicked: index out of bounds";
    fails(&found, "bad-panic", &[("answers", panic), ("panic-contained", panic)]);
    fails(&found, "bad-allocator-segfault", &[("answers", "signal 11 (segmentation fault)")]);
}

#[test]
fn libraries_that_are_bad_as_a_whole_fail_before_any_part_is_asked() {
    let of = |name: &str| failures(&library("fixtures", name), &["--deadline", "3000"], &[]);
    fails(&of("bad_abi"), "", &[("manifest", "it was built for ABI 9.9")]);
    fails(&of("bad_root"), "", &[("load", "it exports no root module")]);
    fails(&of("bad_load"), "", &[("load", "signal 6 (abort) while loading")]);
    fails(&of("bad_load_hang"), "", &[("load", "did not return within 3.0 s while loading")]);
    for name in ["bad_abi", "bad_root", "bad_load", "bad_load_hang"] {
        assert_eq!(of(name).len(), 1, "no part of `{name}` is asked");
    }
}

#[test]
fn descriptions_that_change_or_leave_something_are_found() {
    let described = failures(&library("fixtures", "bad_describe"), &[], &[]);
    fails(&described, "", &[("describe-same", "described 1 times before")]);
    fails(&described, "bad-describe", &[]);
    let spill = library("fixtures", "bad_spill");
    let printed = failures(&spill, &[], &[]);
    fails(&printed, "", &[("describe-quiet", "it wrote to standard output: `described`")]);
    fails(&printed, "bad-spill", &[]);
    let written = failures(&spill, &[], &[("ARRCOC_BAD_SPILL", "spilt")]);
    fails(&written, "", &[("describe-quiet", "1 files were written, such as `spilt`")]);
    fails(&written, "bad-spill", &[]);
}

#[test]
fn wrong_requests_are_refused_with_a_line_and_a_hint() {
    let cpu = library("plugins", "arrcoc_cpu");
    let refused = |plugin: &Path, arguments: &[&str]| {
        let ran = run(plugin, arguments, &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
        ran.stderr
    };
    let text = refused(&cpu, &["--only", "plans"]);
    assert_eq!(text, "error: unknown test `plans`\nhint: did you mean `plan`?\n");
    let text = refused(&cpu, &["--part", "cpus"]);
    assert_eq!(text, "error: unknown part `cpus`\nhint: did you mean `cpu`?\n");
    assert!(
        refused(Path::new("nowhere.so"), &[]).starts_with("error: nowhere.so: there is no such file\nhint: ")
    );
    assert!(refused(Path::new(env!("CARGO_MANIFEST_DIR")), &[]).contains("it is not a file"));
    assert!(refused(&cpu, &["--deadline", "soon"]).contains("hint: `arrcoc-conformance --help`"));
    let text = refused(&cpu, &["--only", "verb", "--json", "/nowhere/report.json"]);
    assert!(text.starts_with("error: /nowhere/report.json: cannot write"), "{text}");
}

#[test]
fn a_file_that_is_no_plugin_is_a_failed_test() {
    let failures = failures(Path::new(KIT), &[], &[]);
    fails(&failures, "", &[("manifest", "not an ARR-COC plugin")]);
}

#[test]
fn a_report_comes_as_a_table_as_json_and_as_junit() {
    let folder = tempfile::tempdir().unwrap();
    let [json, junit] = ["report.json", "report.xml"].map(|name| folder.path().join(name));
    let (json_text, junit_text) = (json.to_str().unwrap(), junit.to_str().unwrap());
    let arguments = ["--part", "uniform", "--only", "verb", "--json", json_text, "--junit", junit_text];
    let ran = run(&library("plugins", "arrcoc_allocators"), &arguments, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(
        ran.stdout.contains("allocators 0.1.0, ABI 1.0\n\nallocator uniform\n  passed   verb "),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("\n1 passed, 0 failed, 0 skipped in "), "{}", ran.stdout);
    let report: Value = serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
    assert_eq!(report["identity"]["id"], "allocators");
    assert_eq!(report["outcomes"][0]["test"], "verb");
    let xml = std::fs::read_to_string(junit).unwrap();
    assert!(xml.contains("<testcase classname=\"allocators.uniform\" name=\"verb\" time="), "{xml}");
}

#[test]
fn every_test_is_listed_with_what_it_holds_a_plugin_to() {
    let output = Command::new(KIT).arg("--list").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert_eq!(text.lines().count(), arrcoc_conformance::tests().count());
    assert!(
        text.contains("\nbatch             the answer to a question does not depend on others beside it\n"),
        "{text}"
    );
}

/// A program that is not the kit names it.
#[test]
fn the_library_call_gives_the_report_as_data() {
    let options = Options {
        parts: vec!["bad-nan".into()],
        only: vec!["output-written".into()],
        program: Some(KIT.into()),
        ..Options::default()
    };
    let report = arrcoc_conformance::run(&library("fixtures", "arrcoc_bad"), &options).unwrap();
    assert!(!report.passed());
    let [outcome] = &report.outcomes[..] else { panic!("{report:?}") };
    assert_eq!((outcome.part.as_deref(), outcome.verdict), (Some("bad-nan"), Verdict::Failed));
    assert!(
        outcome.line().starts_with("promised: every element of every output is written"),
        "{}",
        outcome.line()
    );
}

/// The kit makes its own manual and completions, of the arguments that it takes.
#[test]
fn the_kit_writes_its_manual_and_completions() {
    for (arguments, begins, holds) in [
        (&["--man"][..], ".ie", "\\fB\\-\\-deadline\\fR"),
        (&["--completions", "bash"], "_arrcoc", "--deadline"),
    ] {
        let output = Command::new(KIT).args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.starts_with(begins) && text.contains(holds), "{text}");
    }
}
