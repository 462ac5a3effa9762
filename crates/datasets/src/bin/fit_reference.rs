//! Fits the reference calibration and writes it, or checks the committed file.
//!
//! `fit_reference [--out FILE] [--check]`. The report goes to standard output. With
//! `--check` nothing is written; the exit status is 1 when the file differs.

#![forbid(unsafe_code)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use arrcoc_datasets::fit;

/// Where the command keeps the file, from the folder of this crate.
const COMMITTED: &str = "../arrcoc/calibration/reference.json";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("fit_reference: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let mut out = Path::new(env!("CARGO_MANIFEST_DIR")).join(COMMITTED);
    let mut check = false;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--check" => check = true,
            "--out" => out = PathBuf::from(words.next().ok_or("`--out` takes the file to write")?),
            other => return Err(format!("`{other}` is not known: [--out FILE] [--check]").into()),
        }
    }

    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let fitted = fit(threads)?;
    print!("{}", fitted.report);
    let text = fitted.calibration.to_json()?;
    if !check {
        if let Some(folder) = out.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&out, text).map_err(|error| format!("cannot write `{}`: {error}", out.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let found =
        std::fs::read_to_string(&out).map_err(|error| format!("cannot read `{}`: {error}", out.display()))?;
    if found == text {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "`{}` is not what the fit gives: run without `--check` and look at the difference",
        out.display()
    );
    Ok(ExitCode::FAILURE)
}
