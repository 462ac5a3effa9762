//! Times measured once more, in a process of its own.
//!
//! Where memory lies is drawn anew for every process, and now and then a stage
//! takes a third longer for it: in all rounds of one process, and in none of the
//! next. No statistic over rounds can see that. So where a run finds a stage
//! slower than in its baseline, its times are taken again here, and only what is
//! slower both times is called so.
//!
//! The process is this program again, with the run's [`Options`] on its standard
//! input; the rows come back in a Parquet file, which stays with the run.

use std::{collections::BTreeMap, path::Path, process::Stdio};

use arrcoc::Error;
use serde::{Deserialize, Serialize};

use crate::{
    cache::Cache,
    compare::RunFiles,
    machine::Machine,
    measure::{self, Bench},
    parquet, probe,
    progress::Progress,
    run::{self, Options},
};

/// The first argument by which this program knows that it is to measure times again.
pub const ARGUMENT: &str = "times-again";

/// What that process is to do.
#[derive(Serialize, Deserialize)]
struct Asked {
    options: Options,
    /// Names of suites.
    suites: Vec<String>,
}

/// Measures the times of some suites in a process of its own. Their rows are written to `path`.
///
/// # Errors
/// One line: why there is no result.
pub(crate) fn launch(
    options: &Options,
    machine: &Machine,
    suites: BTreeMap<String, u32>,
    path: &Path,
) -> Result<RunFiles, String> {
    let say = |what: &str, e: &dyn std::fmt::Display| format!("the process {what}: {e}");
    let asked = Asked { options: options.clone(), suites: suites.keys().cloned().collect() };
    // What it draws of its progress goes where ours would.
    let child = probe::start(&[ARGUMENT.as_ref(), path.as_ref()], Stdio::inherit(), &asked)
        .map_err(|reason| say("cannot be asked", &reason))?;
    let output = child.wait_with_output().map_err(|e| say("cannot be waited for", &e))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stdout);
        return Err(format!(
            "the process ended with {}: {}",
            output.status,
            text.lines().last().unwrap_or_default()
        ));
    }
    let rows = parquet::read(path).map_err(|e| e.message)?;
    Ok(RunFiles::here(machine, suites, rows))
}

/// What that process does.
///
/// # Errors
/// When the request cannot be read or carried out.
pub fn answer(path: &Path) -> Result<(), Error> {
    let Asked { options, suites } = probe::request()?;
    let workshop = options.workshop()?;
    let proved: Vec<_> =
        run::prove(&options, &workshop)?.into_iter().filter(|s| suites.contains(&s.name)).collect();
    let cache = Cache::open(None)?;
    let progress = Progress::new(proved.iter().map(|s| measure::times_cells(s, options.length)).sum());
    let mut rows = Vec::new();
    for suite in &proved {
        progress.say(&format!("{}: latency, again", suite.name));
        let bench =
            Bench { suite, workshop: &workshop, length: options.length, progress: &progress, cache: &cache };
        rows.extend(measure::times(&bench)?);
    }
    parquet::write(path, &rows)
}
