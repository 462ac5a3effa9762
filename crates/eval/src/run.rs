//! All of it in order: from suite files to a folder with a report.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    time::Instant,
};

use arrcoc::Error;

use crate::{
    finding::{self, Finding},
    folder::Folder,
    gate::{self, Verdict},
    machine::{self, Machine},
    measure::Bench,
    method::{Definition, Workshop},
    parquet,
    progress::Progress,
    report::{self, Frame, Measured},
    row::Row,
    run_record::RunRecord,
    suite::{self, Suite, Unproved},
};

/// What to run.
#[derive(Clone, Debug, Default)]
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
    /// Plugin files: each of their scorers and allocators joins every comparison.
    pub files: Vec<PathBuf>,
    /// Scorers that join every comparison, beside the standard ones.
    pub scorers: Vec<String>,
    /// Allocators that join every comparison.
    pub allocators: Vec<String>,
    /// Fewer pages and samples, for gates and not for claims.
    pub quick: bool,
    /// The folder of this run; none for a new one below `reports`.
    pub out: Option<PathBuf>,
    /// The command, as it was given.
    pub command: String,
    /// Names and versions of what this was built with, for the record.
    pub versions: Vec<(String, String)>,
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
}

/// Runs suites and writes their report.
///
/// # Errors
/// When a suite file, a name or a plugin file is wrong. A gate that fails is no
/// error: see [`Run::holds`]; and a disk that fills up in the end does not take
/// the verdicts with it: see [`Run::folder`].
pub fn run(options: &Options) -> Result<Run, Error> {
    let started = Instant::now();
    let workshop = Workshop::open(&options.plugins, &options.fixtures, &options.files)?;
    let suites = prove(options, &workshop)?;
    let machine = Machine::here();
    let mut record = RunRecord::new(&options.command, &machine, &options.versions);
    let stamp: String = record.created.chars().take(19).map(|c| if c == ':' { '-' } else { c }).collect();
    let folder = Folder::claim(options.out.as_deref(), &options.reports, &stamp)?;

    let cells = suites.iter().flat_map(|suite| suite.kinds().map(|kind| kind.cells(suite, options.quick)));
    let progress = Progress::new(cells.sum());
    let mut done = Vec::new();
    for suite in suites {
        let begun = Instant::now();
        let suite = measure(suite, &workshop, options.quick, &progress)?;
        record.suite(&suite.suite, options.quick, begun.elapsed().as_secs_f64());
        done.push(suite);
    }
    drop(progress);

    let (measured_backends, mut not_measured) = machine::backends(workshop.catalogue());
    not_measured.extend(workshop.unusable());
    not_measured.push("plugins in worker processes: every plugin ran inside this process".into());
    record.seconds = started.elapsed().as_secs_f64();
    record.quick = options.quick;
    record.backends = measured_backends;
    record.not_measured = not_measured;
    record.plugins(workshop.catalogue());
    let verdicts: Vec<Verdict> = done.iter().flat_map(|d| d.verdicts.clone()).collect();
    let findings: Vec<Finding> = done.iter().flat_map(|d| d.findings.clone()).collect();
    record.results(&verdicts, &findings);

    let measured: Vec<Measured<'_>> = done.iter().map(Done::measured).collect();
    let frame = Frame {
        command: &options.command,
        created: &record.created,
        seconds: record.seconds,
        quick: options.quick,
        machine: &machine,
        versions: &record.versions,
        backends: &record.backends,
        not_measured: &record.not_measured,
    };
    let rows: Vec<Row> = done.iter().flat_map(|d| d.rows.clone()).collect();
    let folder = write(folder, &report::whole(&frame, &measured), &rows, &record);
    Ok(Run { holds: record.holds, summary: report::summary(&measured), folder })
}

fn write(folder: Folder, report: &str, rows: &[Row], record: &RunRecord<'_>) -> Result<PathBuf, Error> {
    folder.write("report.md", report)?;
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
    let workshop = Workshop::open(&options.plugins, &options.fixtures, &options.files)?;
    let mut text = String::new();
    let mut total = 0;
    for suite in prove(options, &workshop)? {
        let methods: Vec<&str> = suite.methods.iter().map(|m| m.name.as_str()).collect();
        let averages: Vec<String> = suite.averages.iter().map(f64::to_string).collect();
        _ = writeln!(text, "{} (version {}, {})", suite.name, suite.version, suite.source.shown);
        _ = writeln!(text, "  {} pages of {}", suite.pages(options.quick), suite.dataset.size.0);
        _ = writeln!(text, "  methods   {}", methods.join(", "));
        _ = writeln!(text, "  averages  {}", averages.join(", "));
        for kind in suite.kinds() {
            let cells = kind.cells(&suite, options.quick);
            total += cells;
            _ = writeln!(text, "  {:9} {cells} cells", kind.name());
        }
        _ = writeln!(text, "  gates     {}", suite.gates.len());
    }
    _ = writeln!(text, "{total} cells");
    Ok(text)
}

fn prove(options: &Options, workshop: &Workshop) -> Result<Vec<Suite>, Error> {
    let mut added: Vec<Definition> = workshop.of_files()?;
    for id in &options.allocators {
        added.push(workshop.allocator(id)?);
    }
    for id in &options.scorers {
        added.push(workshop.scorer(id)?);
    }
    let files = suite::find(&options.suites, &options.suites_folder)?;
    let prove = |file: &PathBuf| Unproved::read(Path::new(file))?.prove(workshop, &added);
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

fn measure(suite: Suite, workshop: &Workshop, quick: bool, progress: &Progress) -> Result<Done, Error> {
    let mut rows = Vec::new();
    let mut findings = Vec::new();
    for kind in suite.kinds() {
        progress.say(&format!("{}: {}", suite.name, kind.name()));
        let bench = Bench { suite: &suite, workshop, quick, progress };
        let observed = kind.rows(&bench)?;
        findings.extend(kind.findings(&suite, &observed));
        rows.extend(observed);
    }
    finding::correct(&mut findings, |finding| report::is_primary(&suite, finding));
    let verdicts = gate::judge(&suite, &findings);
    Ok(Done { suite, rows, findings, verdicts })
}

impl Done {
    fn measured(&self) -> Measured<'_> {
        Measured { suite: &self.suite, rows: &self.rows, findings: &self.findings, verdicts: &self.verdicts }
    }
}
