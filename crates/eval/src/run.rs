//! All of it in order: from suite files to a folder with a report.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
    time::Instant,
};

use arrcoc::Error;
use serde::{Deserialize, Serialize};

use crate::{
    again,
    cache::Cache,
    compare::{Comparison, RunFiles},
    dataset::Length,
    finding::{self, Finding},
    folder::{Folder, TIMES_AGAIN},
    gate::{self, Absent, Verdict},
    junit,
    machine::Machine,
    measure::Bench,
    method::{Definition, Workshop},
    parquet,
    progress::Progress,
    report::{self, Frame, Measured},
    row::Row,
    run_record::RunRecord,
    suite::{self, Suite, Unproved},
    task::Task,
};

/// What to run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Options {
    /// Names of suites, or paths to suite files; empty for every suite of the folder.
    pub suites: Vec<String>,
    /// The folder of suites.
    pub suites_folder: PathBuf,
    /// The folder of plugins.
    pub plugins: PathBuf,
    /// The folder of plugins that misbehave on purpose.
    pub fixtures: PathBuf,
    /// The folder where runs land.
    pub reports: PathBuf,
    /// Names of tasks: of the tasks of suites only these; empty for all.
    pub tasks: Vec<String>,
    /// Plugin files: each of their scorers and allocators joins every comparison.
    pub files: Vec<PathBuf>,
    /// Scorers that join every comparison, beside the standard ones.
    pub scorers: Vec<String>,
    /// Allocators that join every comparison.
    pub allocators: Vec<String>,
    /// The backends to compare: ids with commas between them, or `all`.
    pub backends: String,
    /// Where plugins run that do not run where they would by themselves: `LEVEL` for all, `ID=LEVEL` for one library.
    pub isolation: Vec<String>,
    /// How many pages and samples.
    pub length: Length,
    /// Where what was measured is kept for the next run; none to keep nothing.
    pub cache: Option<PathBuf>,
    /// The folder of this run; none for a new one below `reports`.
    pub out: Option<PathBuf>,
    /// The folder of an earlier run, which this one must not be worse than.
    pub baseline: Option<PathBuf>,
    /// The command, as it was given.
    pub command: String,
    /// Names and versions of what this was built with, for the record.
    pub versions: Vec<(String, String)>,
}

impl Options {
    /// What there is to compare.
    ///
    /// # Errors
    /// When a plugin that was named is refused, or there is no such backend or level of isolation.
    pub(crate) fn workshop(&self) -> Result<Workshop, Error> {
        Workshop::open(&self.plugins, &self.fixtures, &self.files, &self.backends, &self.isolation)
    }
}

/// What a run came to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Run {
    /// Whether every gate holds.
    pub holds: bool,
    /// What is printed: the verdicts, and the table of codes read.
    pub summary: String,
    /// The folder with `report.md`, `results.parquet` and `run.json`; or why they could not be written.
    pub folder: Result<PathBuf, Error>,
}

/// A suite after it has run.
struct Done {
    suite: Suite,
    rows: Vec<Row>,
    findings: Vec<Finding>,
    verdicts: Vec<Verdict>,
    seconds: f64,
}

/// Runs suites and writes their report.
///
/// # Errors
/// When a suite file, a name or a plugin file is wrong. A gate that fails is no
/// error: see [`Run::holds`]; and a disk that fills up in the end does not take
/// the verdicts with it: see [`Run::folder`].
pub fn run(options: &Options) -> Result<Run, Error> {
    let started = Instant::now();
    let workshop = options.workshop()?;
    let suites = prove(options, &workshop)?;
    let cache = Cache::open(options.cache.as_deref())?;
    let baseline = options.baseline.as_deref().map(RunFiles::read).transpose()?;
    let machine = Machine::here();
    let mut record = RunRecord::new(&options.command, &machine, &options.versions);
    let stamp: String = record.created.chars().take(19).map(|c| if c == ':' { '-' } else { c }).collect();
    let folder = Folder::claim(options.out.as_deref(), &options.reports, &stamp)?;

    let cells = suites.iter().flat_map(|suite| suite.kinds().map(|kind| kind.cells(suite, options.length)));
    let progress = Progress::new(cells.sum());
    let mut done = Vec::new();
    for suite in suites {
        let suite = measure(suite, &workshop, options.length, &cache, &progress)?;
        record.suite(&suite.suite, options.length, suite.seconds);
        done.push(suite);
    }
    drop(progress);

    let (measured_backends, mut not_measured) = workshop.backends();
    not_measured.extend(workshop.unusable());
    not_measured.extend(workshop.unheld());
    record.seconds = started.elapsed().as_secs_f64();
    record.length = options.length;
    record.cells = cache.counts().into();
    not_measured.extend(cache.refused().map(|reason| format!("nothing was kept for the next run: {reason}")));
    for asked in done.iter().flat_map(|d| &d.suite.tasks) {
        let said = asked.judge.as_ref().ok().and_then(|judge| judge.introduction());
        record.versions.extend(said.map(|said| (asked.task.names().score.to_owned(), said)));
    }
    let left_out = done.iter().flat_map(|d| &d.suite.left_out);
    let mut left_out: Vec<String> = left_out
        .map(|(name, reason)| format!("method `{name}` cannot run on these pages: {reason}"))
        .collect();
    left_out.sort();
    left_out.dedup();
    not_measured.extend(left_out);
    let unjudged = done.iter().flat_map(|d| d.suite.unjudged());
    not_measured
        .extend(unjudged.map(|(asked, reason)| format!("task `{}`: {reason}", asked.task.names().score)));
    // What was measured is worth more than a page to look at.
    let explorer = report::explorer::items(done.iter().map(|d| &d.suite), options.length);
    let explorer = explorer.unwrap_or_else(|error| {
        not_measured.push(format!("pages to explore: {error}"));
        Vec::new()
    });
    record.backends = measured_backends;
    record.not_measured = not_measured;
    record.plugins(workshop.catalogue());
    let mut verdicts: Vec<Verdict> = done.iter().flat_map(|d| d.verdicts.clone()).collect();
    let findings: Vec<Finding> = done.iter().flat_map(|d| d.findings.clone()).collect();
    let rows: Vec<Row> = done.iter().flat_map(|d| d.rows.clone()).collect();
    let mut against = Vec::new();
    if let Some(baseline) = &baseline {
        let versions: BTreeMap<String, u32> =
            done.iter().map(|d| (d.suite.name.clone(), d.suite.version)).collect();
        let now = RunFiles::here(&machine, versions.clone(), rows.clone());
        let mut comparison = Comparison::of(baseline, &now);
        let names = comparison.slower_suites();
        let slower: BTreeMap<String, u32> =
            versions.into_iter().filter(|(name, _)| names.contains(name.as_str())).collect();
        if !slower.is_empty() {
            let path = folder.path(TIMES_AGAIN);
            comparison.measured_again(baseline, again::launch(options, &machine, slower, &path));
        }
        against = comparison.verdicts();
        verdicts.extend(against.clone());
    }
    record.results(&verdicts, &findings, &rows);

    let measured: Vec<Measured<'_>> = done.iter().map(Done::measured).collect();
    let frame = Frame {
        command: &options.command,
        created: &record.created,
        seconds: record.seconds,
        length: options.length,
        machine: &machine,
        versions: &record.versions,
        backends: &record.backends,
        not_measured: &record.not_measured,
        against: &against,
    };
    let mut seconds: Vec<(String, f64)> = done.iter().map(|d| (d.suite.name.clone(), d.seconds)).collect();
    if !against.is_empty() {
        seconds.push(("baseline".into(), 0.0));
    }
    let summary = report::summary(&frame, &measured);
    let texts = [
        ("index.html", report::page::html(&report::view::page(&frame, &measured, explorer))?),
        ("report.md", report::whole(&frame, &measured)),
        ("summary.md", summary.clone()),
        ("junit.xml", junit::xml(&seconds, &verdicts)),
    ];
    let folder = write(folder, &texts, &rows, &record);
    Ok(Run { holds: record.holds, summary, folder })
}

fn write(
    folder: Folder,
    texts: &[(&str, String)],
    rows: &[Row],
    record: &RunRecord<'_>,
) -> Result<PathBuf, Error> {
    for (name, text) in texts {
        folder.write(name, text)?;
    }
    parquet::write(&folder.path("results.parquet"), rows)?;
    let json = serde_json::to_string_pretty(record)
        .map_err(|e| Error::new(format!("the record cannot be written: {e}"), "report this"))?;
    folder.write("run.json", &(json + "\n"))?;
    folder.finish()
}

/// What would run: suites, methods and cells. Nothing is measured.
///
/// # Errors
/// As [`run`], but nothing is written.
pub fn plan(options: &Options) -> Result<String, Error> {
    let workshop = options.workshop()?;
    let mut text = String::new();
    let (mut total, mut seconds) = (0, 0.0);
    for suite in prove(options, &workshop)? {
        let methods: Vec<&str> = suite.methods.iter().map(|m| m.name.as_str()).collect();
        let averages: Vec<String> = suite.averages.iter().map(f64::to_string).collect();
        _ = writeln!(text, "{} (version {}, {})", suite.name, suite.version, suite.source.shown);
        for dataset in &suite.datasets {
            let size = dataset.size().map_or(String::new(), |size| format!(" of {size}"));
            let name = &dataset.name;
            _ = writeln!(text, "  {:9} {} pages{size}", name, dataset.pages(options.length));
        }
        _ = writeln!(text, "  methods   {}", methods.join(", "));
        _ = writeln!(text, "  averages  {}", averages.join(", "));
        for kind in suite.kinds() {
            let cells = kind.cells(&suite, options.length);
            let about = kind.seconds(&suite, options.length);
            total += cells;
            seconds += about;
            _ = writeln!(text, "  {:9} {cells} cells, {}", kind.name(), duration(about));
        }
        for (asked, reason) in suite.unjudged() {
            _ = writeln!(text, "  not measured: task `{}`: {reason}", asked.task.names().score);
        }
        for (name, reason) in &suite.left_out {
            _ = writeln!(text, "  not measured: method `{name}`: {reason}");
        }
        _ = writeln!(text, "  gates     {}", suite.gates.len());
    }
    let kept = "less what is kept from earlier runs";
    _ = writeln!(text, "{total} cells, {} on this machine, {kept}", duration(seconds));
    Ok(text)
}

/// `about 40 s`, `about 3 min`.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => "under 1 s".into(),
        s if s < 90.0 => format!("about {s:.0} s"),
        s => format!("about {:.0} min", s / 60.0),
    }
}

pub(crate) fn prove(options: &Options, workshop: &Workshop) -> Result<Vec<Suite>, Error> {
    let mut added: Vec<Definition> = workshop.of_files()?;
    for id in &options.allocators {
        added.push(workshop.allocator(id)?);
    }
    for id in &options.scorers {
        added.push(workshop.scorer(id)?);
    }
    let only = options.tasks.iter().map(|name| Task::of_name(name)).collect::<Result<Vec<Task>, _>>()?;
    let files = suite::find(&options.suites, &options.suites_folder)?;
    let prove = |file: &PathBuf| Unproved::read(Path::new(file))?.prove(workshop, &added, &only);
    let suites = files.iter().map(prove).collect::<Result<Vec<_>, Error>>()?;
    for (i, suite) in suites.iter().enumerate() {
        if let Some(other) = suites[..i].iter().find(|other| other.name == suite.name) {
            let files = format!("{} and {}", other.source.shown, suite.source.shown);
            let message = format!("{files}: both are the suite `{}`", suite.name);
            return Err(Error::new(message, "give each suite a name of its own"));
        }
    }
    Ok(suites)
}

fn measure(
    suite: Suite,
    workshop: &Workshop,
    length: Length,
    cache: &Cache,
    progress: &Progress,
) -> Result<Done, Error> {
    let begun = Instant::now();
    let mut rows = Vec::new();
    let mut findings = Vec::new();
    for kind in suite.kinds() {
        progress.say(&format!("{}: {}", suite.name, kind.name()));
        let bench = Bench { suite: &suite, workshop, length, progress, cache };
        let observed = kind.rows(&bench)?;
        findings.extend(kind.findings(&suite, &observed));
        rows.extend(observed);
    }
    finding::correct(&mut findings, |finding| report::is_primary(&suite, finding));
    let absent: Vec<Absent> = suite.kinds().filter_map(|kind| kind.lacks(&suite, workshop)).collect();
    let mut verdicts = gate::judge(&suite, &findings, &absent);
    gate::forgive_pages(&suite, length, &mut verdicts);
    Ok(Done { suite, rows, findings, verdicts, seconds: begun.elapsed().as_secs_f64() })
}

impl Done {
    fn measured(&self) -> Measured<'_> {
        Measured { suite: &self.suite, rows: &self.rows, findings: &self.findings, verdicts: &self.verdicts }
    }
}
