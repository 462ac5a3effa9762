//! `lint`: conventions as checks.
//!
//! What a reviewer would otherwise have to remember is checked here: first
//! what cargo's own tools know (formatting, clippy, documentation), then what
//! only this project knows. A check takes the workspace and returns findings;
//! it prints nothing and repairs nothing.

use std::time::Instant;

use crate::arguments::{Given, nearest};
use crate::failure::{Failure, say};
use crate::workspace::Workspace;

mod direction;
mod licences;
mod naming;
mod tools;
mod wire;
mod words;

pub(crate) const DETAILS: &str = "\
Runs the checks named, or all of them. Each prints one line and its findings,
and all run even if one fails.

  direction   which crate may depend on which, and where unsafe code may be
  naming      names of files, folders and packages; lengths; opening essays
  licences    every dependency's licence is allowed by deny.toml
  wire        the types that cross the boundary are those of crates/abi/wire_types.txt
  words       no text names a machine or a path of one
  formatting  cargo fmt --all --check
  clippy      cargo clippy --release --workspace --all-targets -- -D warnings
  docs        cargo doc --release --workspace --no-deps, warnings denied";

/// The checks, the quick ones first.
const CHECKS: [(&str, Check); 8] = [
    ("direction", direction::check),
    ("naming", naming::check),
    ("licences", licences::check),
    ("words", words::check),
    ("wire", wire::check),
    ("formatting", tools::formatting),
    ("clippy", tools::clippy),
    ("docs", tools::docs),
];

type Check = fn(&Workspace) -> Result<Outcome, Failure>;

/// What a check came to.
enum Outcome {
    /// It ran; no finding means that all is well.
    Findings(Vec<Finding>),
    /// It cannot run on this machine, for this reason.
    Absent(String),
}

/// Something that is not as it should be, and where.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    /// Relative to the root of the workspace.
    path: String,
    line: Option<usize>,
    what: String,
}

impl Finding {
    fn file(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { path: path.into(), line: None, what: what.into() }
    }

    fn line(path: impl Into<String>, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.into(), line: Some(line), what: what.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.what),
            None => write!(f, "{}: {}", self.path, self.what),
        }
    }
}

/// How a run of checks ended.
#[derive(Default)]
pub(crate) struct Report {
    failed: Vec<&'static str>,
    /// The checks that could not run, with the reason.
    pub(crate) absent: Vec<(&'static str, String)>,
}

impl Report {
    pub(crate) fn verdict(&self) -> Result<(), Failure> {
        if self.failed.is_empty() {
            return Ok(());
        }
        Err(Failure::new(format!("failed checks: {}", self.failed.join(", "))))
    }
}

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
    for name in &given.operands {
        let known = CHECKS.iter().map(|(known, _)| *known);
        if !known.clone().any(|known| known == name) {
            let hint = match nearest(name, known.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", known.collect::<Vec<_>>().join(", ")),
            };
            return Err(Failure::request(format!("no check `{name}`")).hint(hint));
        }
    }
    let workspace = Workspace::find(given.value("--manifest-path"))?;
    check(&workspace, &given.operands)?.verdict()
}

/// Runs the checks named, or all where none is, and prints as it goes.
pub(crate) fn check(workspace: &Workspace, names: &[String]) -> Result<Report, Failure> {
    let mut report = Report::default();
    for (name, check) in CHECKS {
        if !names.is_empty() && !names.iter().any(|asked| asked == name) {
            continue;
        }
        let start = Instant::now();
        let outcome = check(workspace);
        let seconds = start.elapsed().as_secs_f64();
        let line = |state: &str, rest: &str| say!("{state:6}  {name:10}  {seconds:6.1} s{rest}");
        match outcome {
            Ok(Outcome::Findings(findings)) if findings.is_empty() => line("ok", ""),
            Ok(Outcome::Findings(mut findings)) => {
                findings.sort();
                findings.dedup();
                line("failed", &format!("  findings: {}", findings.len()));
                for finding in findings {
                    say!("  {finding}");
                }
                report.failed.push(name);
            }
            Ok(Outcome::Absent(why)) => {
                line("absent", &format!("  {why}"));
                report.absent.push((name, why));
            }
            Err(failure) => {
                line("failed", &format!("  {failure}"));
                report.failed.push(name);
            }
        }
    }
    Ok(report)
}
