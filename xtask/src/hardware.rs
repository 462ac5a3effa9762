//! `hardware`: what the backends take on this machine, as reports to commit.
//!
//! The measuring is the command's own (`arrcoc backends --measure`), with the plugins
//! that were just built. A device that is not there is listed with its reason and has no
//! report: reports are of what was really measured.

use std::fs;
use std::process::Command;

use crate::arguments::{Given, Switch};
use crate::assemble::{self, COMMAND};
use crate::failure::Failure;
use crate::workspace::Workspace;

/// The folder of the reports, from the root.
const FOLDER: &str = "reports/hardware";

pub(crate) const DETAILS: &str = "\
Measures every backend that runs here on images of several sizes, prints the table, and
writes a report for each device into reports/hardware: a page to read, and the numbers
for `cargo xtask compare`. What it measures is also kept for `arrcoc allocate --backend
auto`. Ends with status 1 where backends do not agree to the bit.";

pub(crate) const OPTIONS: &[Switch] = &[
    Switch {
        name: "--sizes",
        value: Some("N,…"),
        help: "sides of the square images, in pixels; 512,1344,4096 without it",
    },
    Switch { name: "--threads", value: Some("N"), help: "the most threads; as many as cores without it" },
];

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
    let workspace = Workspace::find(None)?;
    let built = assemble::assemble(&workspace, &[COMMAND], false)?;
    let command = built.commands.first().ok_or_else(|| Failure::new("no command was built"))?;
    let folder = workspace.root.join(FOLDER);
    fs::create_dir_all(&folder).map_err(|error| Failure::file("make", &folder, error))?;
    let mut measuring = Command::new(command);
    measuring.args(["backends", "--measure", "--report"]).arg(&folder);
    for (name, value) in given.all() {
        measuring.args([name, value]);
    }
    let status = measuring
        .status()
        .map_err(|error| Failure::new(format!("cannot run `{}`: {error}", command.display())))?;
    match status.code() {
        Some(0) => Ok(()),
        // It has said why.
        Some(code @ 1..=2) => std::process::exit(code),
        _ => Err(Failure::new(format!("the measurement ended with {status}"))),
    }
}
