//! `eval`: builds the plugins and the evaluation, and runs the suites.
//!
//! What is measured is what was just built, from the folders where it was laid
//! out; the evaluation itself is the package `arrcoc-eval`, which is far too
//! heavy to be a part of this program.

use std::path::Path;
use std::process::Command;

use crate::arguments::{Given, Switch};
use crate::assemble::{self, EVALUATION};
use crate::failure::Failure;
use crate::workspace::{Workspace, first_line_of};

pub(crate) const DETAILS: &str = "\
Builds the command, the plugins and the evaluation, runs every suite of
suites/ (or those named), and writes a folder below reports/: report.md and
more (reports/README.md has the list). Needs no download and no GPU: what this machine
lacks is listed in the report.

`--plugin FILE` takes a plugin as `cargo build --release` made it, rebuilds
nothing else, and puts each of its scorers and allocators beside the others in
every comparison.

A gate that fails ends it with status 1 and is named in the first lines of the
report; a request that is wrong ends it with status 2.";

pub(crate) const OPTIONS: &[Switch] = &[
    Switch {
        name: "--suite",
        value: Some("NAME|FILE"),
        help: "a suite by name, or a suite file; may be repeated; every suite without it",
    },
    Switch {
        name: "--task",
        value: Some("NAME"),
        help: "of the tasks of suites only this one; may be repeated",
    },
    Switch {
        name: "--plugin",
        value: Some("FILE"),
        help: "a plugin whose parts join every comparison; may be repeated",
    },
    Switch {
        name: "--scorer",
        value: Some("ID"),
        help: "a scorer that joins every comparison beside the standard ones; may be repeated",
    },
    Switch {
        name: "--allocator",
        value: Some("ID"),
        help: "an allocator that joins every comparison; may be repeated",
    },
    Switch {
        name: "--backend",
        value: Some("LIST|all"),
        help: "the backends to compare, with commas between them; all that run here without it",
    },
    Switch {
        name: "--isolation",
        value: Some("[ID=]LEVEL"),
        help: "where plugins run: inproc, worker or sandbox, of all or of one library; may be repeated",
    },
    Switch { name: "--quick", value: None, help: "fewer pages and samples: for gates, not for claims" },
    Switch {
        name: "--full",
        value: None,
        help: "everything there is: more pages, more samples, every severity",
    },
    Switch { name: "--fresh", value: None, help: "measure again what earlier runs have measured" },
    Switch { name: "--plan", value: None, help: "print what would run, and measure nothing" },
    Switch {
        name: "--baseline",
        value: Some("DIR"),
        help: "the folder of an earlier run: fail when this one is worse or slower beyond noise",
    },
    Switch {
        name: "--out",
        value: Some("DIR"),
        help: "the folder of this run; a new one below reports/ without it",
    },
];

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
    let workspace = Workspace::find(None)?;
    let built = assemble::assemble(&workspace, &[EVALUATION], false)?;
    let evaluation = built.commands.first().ok_or_else(|| Failure::new("no evaluation was built"))?;
    let folder = |libraries: &[std::path::PathBuf]| {
        libraries.first().and_then(|library| library.parent()).map(Path::to_path_buf).unwrap_or_default()
    };
    let mut command = Command::new(evaluation);
    command
        .arg("--suites")
        .arg(workspace.root.join("suites"))
        .arg("--reports")
        .arg(workspace.root.join("reports"))
        .arg("--plugins")
        .arg(folder(&built.plugins))
        .arg("--fixtures")
        .arg(folder(&built.fixtures));
    let mut as_given = "cargo xtask eval".to_owned();
    for (name, value) in given.all() {
        command.arg(name);
        as_given += &format!(" {name}");
        if !value.is_empty() {
            command.arg(value);
            as_given += &format!(" {value}");
        }
    }
    command.arg("--command").arg(as_given);
    for (name, version) in built_with(&workspace.root) {
        command.arg("--built-with").arg(format!("{name}={version}"));
    }
    let status = command
        .status()
        .map_err(|error| Failure::new(format!("cannot run `{}`: {error}", evaluation.display())))?;
    match status.code() {
        Some(0) => Ok(()),
        // It has said why.
        Some(code @ 1..=2) => std::process::exit(code),
        _ => Err(Failure::new(format!("the evaluation ended with {status}"))),
    }
}

/// The compiler and the state of the sources, where they can be asked.
fn built_with(root: &Path) -> Vec<(&'static str, String)> {
    let mut versions = Vec::new();
    if let Some(line) = first_line_of("rustc", &["--version"]) {
        versions.push(("rustc", line.trim_start_matches("rustc ").to_owned()));
    }
    let root = root.to_string_lossy();
    if let Some(commit) = first_line_of("git", &["-C", &root, "rev-parse", "--short=12", "HEAD"]) {
        let changed = first_line_of("git", &["-C", &root, "status", "--porcelain", "--untracked-files=no"]);
        let state = if changed.is_none_or(|line| line.is_empty()) { "" } else { ", with changes" };
        versions.push(("commit", commit + state));
    }
    versions
}
