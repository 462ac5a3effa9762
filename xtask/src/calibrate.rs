//! `calibrate-reference`: the reference distributions are committed data, and
//! this is the one way in which they come about.

use crate::arguments::Given;
use crate::failure::Failure;
use crate::workspace::Workspace;

pub(crate) const DETAILS: &str = "\
Runs the program that generates the tuning images and fits to them the
distributions by which raw scores are mapped to [0,1]. Words after `--` go to
it: `--out FILE` writes elsewhere, `--check` only compares.";

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
    let status = Workspace::find(None)?
        .cargo()
        .args(["run", "--release", "--package", "arrcoc-datasets", "--bin", "fit_reference", "--"])
        .args(&given.passed_on)
        .status()
        .map_err(|error| Failure::new(format!("cannot run cargo: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::new("`fit_reference` failed: its message is above")) }
}
