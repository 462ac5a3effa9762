//! A suite: what is measured, on what, and what must hold.
//!
//! Two layers. [`file`] is the form of a suite file, as it was written. A
//! [`Suite`] is what it resolves to, in [`prove`]: every name exists, every budget
//! can be met, every gate looks at something that is measured. Whatever is wrong is
//! told before anything runs, in one line with file, line and column.
//!
//! `docs/suites.md` has every key, for those who write suites.

mod file;
mod measures;
mod prove;
#[cfg(test)]
mod schema;
mod yaml;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use arrcoc::{Bounds, Error, Grid, Policy, Sampling, Total, request::terms};
use arrcoc_datasets::corruption::Corruption;
use arrcoc_host::NameError;

pub(crate) use file::{
    BatchFile as Batch, CommandFile as CommandRule, ComparisonFile as Comparison, CoverageFile as Coverage,
    FaultsFile as Faults, GateFile as GateRule, LatencyFile as Latency, MeasureFile as Measures, Params,
    Part, ProfileFile as Profile, RangesFile as Ranges, RepeatFile as Repeat, ScorersFile as Scorers,
    ShiftFile as Shift, Size, TasksFile as Tasks, ThreadsFile as Threads, UnknownsFile as Unknowns,
};
use file::{SCHEMA, SuiteFile};
use yaml::Step;

use crate::{
    dataset::{Dataset, Length},
    measure::Kind,
    method::Method,
    task::{Judge, Task},
};

/// A suite, proved.
pub(crate) struct Suite {
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) description: String,
    /// At least one.
    pub(crate) datasets: Vec<Dataset>,
    pub(crate) grid: Grid,
    pub(crate) bounds: Bounds,
    pub(crate) averages: Vec<f64>,
    pub(crate) methods: Vec<Method>,
    /// Methods that cannot run on these pages, with the reason.
    pub(crate) left_out: Vec<(String, String)>,
    pub(crate) against: Vec<String>,
    pub(crate) tasks: Vec<Asked>,
    /// Other wordings in which the tasks ask, by distance; rising.
    pub(crate) wordings: Vec<u8>,
    pub(crate) corrupt: Option<Corrupt>,
    pub(crate) measures: Measures,
    pub(crate) primary: Vec<Comparison>,
    pub(crate) gates: Vec<Gate>,
    pub(crate) source: Source,
}

/// A task, as a suite asks for it.
pub(crate) struct Asked {
    pub(crate) task: Task,
    /// Indices of the datasets that it is on.
    pub(crate) on: Vec<usize>,
    /// The traits by which results are told apart.
    pub(crate) by: Vec<String>,
    /// Who judges; or why nobody can.
    pub(crate) judge: Result<Box<dyn Judge>, String>,
}

/// Pages made worse, for the tasks.
pub(crate) struct Corrupt {
    pub(crate) families: Vec<Corruption>,
    pub(crate) average: f64,
}

/// A rule for findings, and where it stands.
pub(crate) struct Gate {
    pub(crate) rule: GateRule,
    /// `suites/accuracy.yaml:31:5`.
    pub(crate) place: String,
}

/// A suite file: its text and how it is named.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) shown: String,
    /// Where relative paths in it begin.
    pub(crate) folder: PathBuf,
    pub(crate) text: String,
    pub(crate) blake3: String,
}

/// A suite file that can be read, before its names are looked up.
pub(crate) struct Unproved {
    file: SuiteFile,
    source: Source,
}

/// The largest suite file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

impl Source {
    fn read(path: &Path) -> Result<Source, Error> {
        let failed = |e: std::io::Error| Error::file(path, "read the suite", &e);
        let size = std::fs::metadata(path).map_err(failed)?.len();
        if size > LARGEST {
            return Err(Error::new(
                format!("{}: the file has {size} bytes", path.display()),
                format!("a suite has at most {LARGEST}"),
            ));
        }
        let text = String::from_utf8(std::fs::read(path).map_err(failed)?)
            .map_err(|_| Error::new(format!("{}: not UTF-8", path.display()), "save it as UTF-8"))?;
        let blake3 = blake3::hash(text.as_bytes()).to_hex().to_string();
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Ok(Source { shown: shown(path), folder, text, blake3 })
    }

    /// `file:line:column` of a value.
    fn place(&self, path: &[Step]) -> String {
        match yaml::place(&self.text, path) {
            Some((line, column)) => format!("{}:{line}:{column}", self.shown),
            None => self.shown.clone(),
        }
    }

    fn error(&self, path: &[Step], message: impl AsRef<str>, hint: impl Into<String>) -> Error {
        Error::new(format!("{}: {}", self.place(path), message.as_ref()), hint)
    }

    fn name_error(&self, path: &[Step], error: &NameError) -> Error {
        self.error(path, error.to_string(), error.hint.clone())
    }
}

/// The path as it is shown: from the working directory where it lies below it.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().and_then(std::fs::canonicalize).unwrap_or_default();
    let full = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    full.strip_prefix(&here).map_or(path, Path::new).display().to_string()
}

/// The suite file of a name or path, and every suite of a folder where no name is given.
pub(crate) fn find(names: &[String], folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut known = Vec::new();
    let entries = folder.read_dir().map_err(|e| Error::file(folder, "list the suites", &e))?;
    for entry in entries.flatten() {
        if entry.path().extension().is_some_and(|e| e == "yaml") {
            known.push(entry.path());
        }
    }
    known.sort();
    let stem = |path: &PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if names.is_empty() {
        if known.is_empty() {
            return Err(Error::new(
                format!("{}: there is no suite", folder.display()),
                "a suite is a file that ends in .yaml; docs/suites.md says what it holds",
            ));
        }
        return Ok(known);
    }
    let by_name = |name: &String| {
        if name.ends_with(".yaml") || name.contains(['/', '\\']) {
            return Ok(PathBuf::from(name));
        }
        known.iter().find(|path| stem(path) == *name).cloned().ok_or_else(|| {
            let names: Vec<String> = known.iter().map(stem).collect();
            NameError::new("suite", name, names.iter().map(String::as_str)).into()
        })
    };
    let mut seen = BTreeSet::new();
    names.iter().filter(|name| seen.insert(name.as_str())).map(by_name).collect()
}

impl Unproved {
    /// Reads a suite file.
    pub(crate) fn read(path: &Path) -> Result<Unproved, Error> {
        Unproved::of(Source::read(path)?)
    }

    /// The suite file of this text.
    pub(crate) fn of(source: Source) -> Result<Unproved, Error> {
        let file: SuiteFile = yaml::read(&source.text).map_err(|fault| {
            let place = fault.place.map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
            Error::new(format!("{}{place}: {}", source.shown, fault.message), fault.hint)
        })?;
        if file.schema != SCHEMA {
            return Err(source.error(
                &["schema".into()],
                format!("the schema is `{}`", file.schema),
                format!("this version reads `{SCHEMA}`"),
            ));
        }
        Ok(Unproved { file, source })
    }
}

impl Suite {
    /// How many pages are measured on.
    pub(crate) fn pages(&self, length: Length) -> u32 {
        self.datasets.iter().map(|dataset| dataset.pages(length)).sum()
    }

    /// The tasks that nobody can judge here, each with the reason.
    pub(crate) fn unjudged(&self) -> impl Iterator<Item = (&Asked, &str)> {
        self.tasks.iter().filter_map(|asked| Some((asked, asked.judge.as_ref().err()?.as_str())))
    }

    /// What every patch may get, and the total that an average comes to.
    pub(crate) fn policy(&self, average: f64) -> Policy {
        policy(self.bounds, average)
    }

    /// The total of an average.
    pub(crate) fn total(&self, average: f64) -> u64 {
        terms(&self.policy(average), self.grid).map_or(0, |terms| terms.lo())
    }

    /// What it measures, in the order in which it does.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = Kind<'_>> {
        Kind::of(!self.tasks.is_empty(), &self.measures)
    }
}

/// Bounds such as 0..1 prune: a token keeps its patch.
pub(crate) fn policy(bounds: Bounds, average: f64) -> Policy {
    let mut policy = Policy::new(bounds, Total::Average(average));
    policy.sampling = if bounds.max() <= 1 { Sampling::Keep } else { Sampling::Grid };
    policy
}
