//! `calibrate-reference` and `calibrate-confidence`: what was fitted is
//! committed data, and these are the only ways in which it comes about.

use std::path::Path;

use crate::arguments::Given;
use crate::assemble;
use crate::failure::Failure;
use crate::workspace::Workspace;

pub(crate) const DETAILS: &str = "\
Runs the program that generates the tuning images and fits to them the
distributions by which raw scores are mapped to [0,1]. Words after `--` go to
it: `--out FILE` writes elsewhere, `--check` only compares.";

pub(crate) const CONFIDENCE: &str = "\
Draws pages of tuning seeds, decides about them at many budgets, has a
recogniser of text read the answers, and fits the model by which a decision says
how likely that is. Takes half an hour on two cores. Needs `cargo xtask fetch ocr`.
Words after `--` go to it: `--out FILE` writes elsewhere, `--pages N` takes fewer.";

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
    let mut words = vec!["--package", "arrcoc-datasets", "--bin", "fit_reference", "--"];
    words.extend(given.passed_on.iter().map(String::as_str));
    fitted(&words, "fit_reference")
}

pub(crate) fn confidence(given: &Given) -> Result<(), Failure> {
    let built = assemble::assemble(&Workspace::find(None)?, &[], false)?;
    let plugins = built.plugins.first().and_then(|library| library.parent()).unwrap_or(Path::new(""));
    let plugins = plugins.to_string_lossy();
    let mut words = vec!["--package", "arrcoc-eval", "--bin", "fit_confidence", "--", "--plugins", &plugins];
    words.extend(given.passed_on.iter().map(String::as_str));
    fitted(&words, "fit_confidence")
}

fn fitted(words: &[&str], name: &str) -> Result<(), Failure> {
    let status = Workspace::find(None)?
        .cargo()
        .args(["run", "--release"])
        .args(words)
        .status()
        .map_err(|error| Failure::new(format!("cannot run cargo: {error}")))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("`{name}` failed: its message is above")))
    }
}
