//! `arrcoc calibrate`: fit the maps of an encoder on a labelled folder.

use std::path::Path;

use arrcoc::{
    Config, Error, Grid, Limits,
    calibrate::{self, Fits, Folder},
    config::BESIDE,
};

use super::{
    Done,
    allocate::{config, param, pixels},
    args::CalibrateArgs,
    open, outputs,
    progress::Progress,
    report_line, say,
};

/// The scorer that reads tensors, when no scorer is named.
const OF_TENSORS: &str = "features";

pub(crate) fn run(args: &CalibrateArgs) -> Result<Done, Error> {
    let grid: Grid = args.grid.parse()?;
    let limits = Limits { max_pixels: pixels("max-pixels", &args.max_pixels)?, ..Limits::default() };
    check_version_name(args.version_name.as_deref())?;
    for path in [&args.out, &args.json].into_iter().flatten().filter(|path| !is_stdout(path)) {
        outputs::check_writable(path)?;
    }
    let config = settings(args)?;
    let folder = Folder::read(&args.data, args.tensors_dir.as_deref(), grid, limits, args.limit)?;
    let engine = open(config)?;

    let progress = Progress::new("pages", folder.pages());
    let fits = calibrate::fit(&engine, &folder, &mut |pages| progress.at(pages))?;
    drop(progress);
    write(args, &fits)?;
    let refusals = fits.refusals();
    refusals.iter().for_each(|reason| report_line(reason));
    Ok(if refusals.is_empty() { Done::Well } else { Done::NotAsRequired })
}

fn write(args: &CalibrateArgs, fits: &Fits) -> Result<(), Error> {
    let version = args.version_name.clone().map_or_else(|| fits.version(), Ok)?;
    let line = fits.to_json(&version)? + "\n";
    if let Some(path) = &args.out {
        outputs::write(path, fits.to_calibration(&version)?.as_bytes())?;
    }
    match args.json.as_deref() {
        Some(path) if is_stdout(path) => {
            say(&line);
            return Ok(());
        }
        Some(path) => outputs::write(path, line.as_bytes())?,
        None => {}
    }
    say(&fits.to_string());
    if let Some(path) = &args.out {
        say(&format!("\nwrote {}, version {version}\n", path.display()));
    }
    Ok(())
}

/// Only scorers that are named, or the one that reads tensors: the others would look at every page for nothing.
fn settings(args: &CalibrateArgs) -> Result<Config, Error> {
    let mut config = config(&args.search)?;
    if !args.scorer.is_empty() {
        config.scorers.clone_from(&args.scorer);
    }
    // What would run beside the standard scorers in a decision runs alone here.
    config.scorers.iter_mut().for_each(|id| *id = id.trim_start_matches(BESIDE).to_owned());
    if config.scorers.is_empty() {
        if args.tensors_dir.is_none() {
            return Err(Error::new(
                "there is no scorer to fit a map for",
                "name one with --scorer, or give the tensors of an encoder with --tensors-dir",
            ));
        }
        config.scorers.push(OF_TENSORS.into());
    }
    config.backend = args.backend.clone().or(config.backend);
    config.threads = args.threads.unwrap_or(config.threads);
    for text in &args.param {
        let (id, key, value) = param(text)?;
        config.params.entry(id).or_default().insert(key, value);
    }
    Ok(config)
}

fn check_version_name(name: Option<&str>) -> Result<(), Error> {
    let fits = |name: &str| {
        let sign = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        (1..=64).contains(&name.len()) && name.chars().all(sign)
    };
    match name {
        Some(name) if !fits(name) => Err(Error::new(
            format!("`{}` cannot be the name of a version", name.escape_default()),
            "use up to 64 letters, digits, `-`, `_` and `.`",
        )),
        _ => Ok(()),
    }
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}
