//! `test`: everything that must hold before a change is shared.
//!
//! A step that fails does not stop the others, because one run should tell all
//! there is to tell; its name comes again in the last line. What a machine
//! lacks is told too, and is no failure: tests for it pass over themselves.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::arguments::Given;
use crate::failure::{Failure, say};
use crate::workspace::{Workspace, first_line_of};
use crate::{assemble, fetch, lint};

pub(crate) const DETAILS: &str = "\
  1. build                 as `cargo xtask build`
  2. lint                  as `cargo xtask lint`
  3. tests                 of the whole workspace, with the release profile
  4. tests with assertions of the small crates (abi, sdk, stats, decide), with
                           the dev profile: debug assertions, overflow checks

All steps run, also after one that failed. At the end comes what ran and what
this machine lacks, which is no failure.";

/// The crates where overflow checks and debug assertions earn a second build.
const SMALL: [&str; 4] = ["arrcoc-abi", "arrcoc-sdk", "arrcoc-stats", "arrcoc-decide"];

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
    let workspace = Workspace::find(None)?;
    let mut steps = Steps::default();
    let mut lacking = lacking(&workspace.root);

    steps.run("build", || {
        let built = assemble::assemble(&workspace, &[assemble::COMMAND], false)?;
        lacking.extend(built.commands.first().map(|command| backends(command)).unwrap_or_default());
        Ok(())
    });
    if !given.has("--no-lint") {
        steps.run("lint", || {
            let report = lint::check(&workspace, &[])?;
            lacking.extend(report.absent.iter().map(|(name, why)| format!("lint {name}: {why}")));
            report.verdict()
        });
    }
    steps.run("tests", || cargo_test(&workspace, &["--release", "--workspace"]));
    let mut small = Vec::new();
    for package in SMALL {
        small.extend(["--package", package]);
    }
    steps.run("tests with assertions", || cargo_test(&workspace, &small));

    say!("\nran");
    for (name, seconds, ok) in &steps.ran {
        say!("  {}  {name:22}  {seconds:7.1} s", if *ok { "ok    " } else { "failed" });
    }
    if !lacking.is_empty() {
        say!("missing on this machine");
        for line in &lacking {
            say!("  {line}");
        }
    }
    steps.verdict()
}

fn cargo_test(workspace: &Workspace, arguments: &[&str]) -> Result<(), Failure> {
    let status = workspace
        .cargo()
        .args(["test", "--no-fail-fast"])
        .args(arguments)
        .status()
        .map_err(|error| Failure::new(format!("cannot run `cargo test`: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::new("`cargo test` failed: its messages are above")) }
}

/// The steps that ran: name, seconds, whether all was well.
#[derive(Default)]
struct Steps {
    ran: Vec<(&'static str, f64, bool)>,
}

impl Steps {
    fn run(&mut self, name: &'static str, step: impl FnOnce() -> Result<(), Failure>) {
        say!("\n== {name}");
        let start = Instant::now();
        let result = step();
        let ok = result.is_ok();
        if let Err(failure) = result {
            let _ = failure.report();
        }
        self.ran.push((name, start.elapsed().as_secs_f64(), ok));
    }

    fn verdict(&self) -> Result<(), Failure> {
        let failed: Vec<&str> = self.ran.iter().filter(|(_, _, ok)| !ok).map(|(name, _, _)| *name).collect();
        if failed.is_empty() {
            say!("all steps passed");
            return Ok(());
        }
        Err(Failure::new(format!("failed steps: {}", failed.join(", "))))
    }
}

/// Where the tests look for real photographs, from the project's root.
const PHOTOGRAPHS: &str = "../shared/data/images";

/// The browsers that the tests can drive, by name.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// What tests pass over on this machine, and why. Each line says what is
/// missing and what it would be needed for.
fn lacking(root: &Path) -> Vec<String> {
    let mut lacking = Vec::new();
    if first_line_of("git", &["--version"]).is_none() {
        lacking.push("git: the lints look at every file of the tree, not at the tracked ones".to_owned());
    }
    let numpy = ["python3", "python"]
        .iter()
        .any(|python| first_line_of(python, &["-c", "import numpy; print(numpy.__version__)"]).is_some());
    if !numpy {
        lacking.push("python3 with numpy: the Python example is not run".to_owned());
    }
    if !BROWSERS.iter().any(|browser| first_line_of(browser, &["--version"]).is_some()) {
        lacking.push("chromium: the evaluation's page is not opened in a browser".to_owned());
    }
    if !root.join(PHOTOGRAPHS).is_dir() {
        lacking.push(format!("photographs: there is no folder `{PHOTOGRAPHS}` from the project's root"));
    }
    for (name, what) in fetch::absent() {
        lacking.push(format!("asset `{name}`, which {what}: `cargo xtask fetch {name}` fetches it"));
    }
    lacking
}

/// The backends that do not run on this machine, as the command that was built lists them.
fn backends(command: &Path) -> Vec<String> {
    let listed = Command::new(command).arg("backends").output();
    let text = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    unavailable(&text)
}

/// Of a list of backends those that are unavailable: the reason stands in the line below.
fn unavailable(list: &str) -> Vec<String> {
    let lines: Vec<&str> = list.lines().collect();
    let reason = |pair: &[&str]| {
        let (id, state) = pair[0].split_once(' ')?;
        let is_not_here = state.trim_start().starts_with("unavailable");
        is_not_here
            .then(|| format!("backend `{id}`, which is not compared with the others: {}", pair[1].trim()))
    };
    lines.windows(2).filter_map(reason).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_that_are_not_here_are_told_with_the_reason() {
        let list =
            "cpu      available    0: cpu\ncuda     unavailable  0: cuda\n          there is no driver\n";
        let told = ["backend `cuda`, which is not compared with the others: there is no driver"];
        assert_eq!(unavailable(list), told);
        assert!(unavailable("").is_empty());
    }

    #[test]
    fn a_failed_step_does_not_stop_the_next_and_is_named_last() {
        let mut steps = Steps::default();
        steps.run("first", || Err(Failure::new("no")));
        steps.run("second", || Ok(()));
        steps.run("third", || Err(Failure::new("no")));
        assert_eq!(steps.ran.len(), 3);
        assert_eq!(steps.verdict().unwrap_err().to_string(), "failed steps: first, third");
    }
}
