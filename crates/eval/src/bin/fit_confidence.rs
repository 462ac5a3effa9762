//! Fits the model of confidence and writes it.
//!
//! `fit_confidence --plugins DIR [--out FILE] [--pages N]`. The report goes to standard output.

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use arrcoc_eval::{CONFIDENCE_PAGES, fit_confidence};

/// Where the command keeps the file, from the folder of this crate.
const COMMITTED: &str = "../arrcoc/calibration/confidence.json";

fn main() -> ExitCode {
    match run() {
        Ok(report) => {
            print!("{report}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("fit_confidence: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String, String> {
    let mut out = Path::new(env!("CARGO_MANIFEST_DIR")).join(COMMITTED);
    let mut pages = CONFIDENCE_PAGES;
    let mut plugins: Option<PathBuf> = None;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("`{word}` takes a value"));
        match word.as_str() {
            "--out" => out = value()?.into(),
            "--plugins" => plugins = Some(value()?.into()),
            "--pages" => pages = value()?.parse().map_err(|_| "`--pages` takes a number".to_owned())?,
            other => return Err(format!("`{other}` is not known: --plugins DIR [--out FILE] [--pages N]")),
        }
    }
    let plugins = plugins.ok_or("`--plugins` names the folder of the plugins")?;
    let (file, report) = fit_confidence(&plugins, pages).map_err(|e| e.to_string())?;
    std::fs::write(&out, file).map_err(|error| format!("cannot write `{}`: {error}", out.display()))?;
    Ok(report)
}
