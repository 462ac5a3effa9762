//! `compare`: two runs of the evaluation side by side, or two hardware reports. The
//! comparison is done by what wrote them, which can read it.

use std::path::Path;
use std::process::Command;

use crate::arguments::Given;
use crate::assemble::{self, COMMAND, EVALUATION};
use crate::failure::Failure;
use crate::workspace::Workspace;

pub(crate) const DETAILS: &str = "\
Takes the folders of two runs, the earlier one first. What does not depend on
the clock is paired by item: equal bits are the same, and where bits differ,
chance is asked for all findings together. Times are compared in units of a
yardstick of the same run, between machines with the same processor.

Also takes two files of reports/hardware (the `.json` beside the page): each size is
paired, and times are told as ratios.

Ends with status 1 when something is worse or slower beyond noise.";

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
    let [before, now] = given.operands.as_slice() else {
        let message = "`compare` takes two folders: that of the earlier run, then that of the later one";
        return Err(Failure::request(message).hint("`cargo xtask help compare` says more"));
    };
    let workspace = Workspace::find(None)?;
    let of_hardware = [before, now].iter().all(|path| Path::new(path).is_file());
    let (program, arguments): (_, &[&str]) =
        if of_hardware { (COMMAND, &["backends", "--compare"]) } else { (EVALUATION, &["compare"]) };
    let built = assemble::assemble(&workspace, &[program], true)?;
    let comparing = built.commands.first().ok_or_else(|| Failure::new("nothing was built that compares"))?;
    let status = Command::new(comparing)
        .args(arguments)
        .args([before, now])
        .status()
        .map_err(|error| Failure::new(format!("cannot run `{}`: {error}", comparing.display())))?;
    match status.code() {
        Some(0) => Ok(()),
        // It has said why.
        Some(code @ 1..=2) => std::process::exit(code),
        _ => Err(Failure::new(format!("the comparison ended with {status}"))),
    }
}
