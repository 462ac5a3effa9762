//! The order of tests, and which are passed over.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use arrcoc_host::{Description, NameError, vet::vet};

use crate::{
    bench::Done,
    checks::{ALL, ANSWERS, CONTAINED, CONTENT, Check, LOAD, MANIFEST, Of, QUIET, named},
    child::{Ran, Tests, one_line},
    error::Error,
    memory::GUARDED,
    report::{Outcome, Report, Verdict},
};

/// How a plugin is tested.
#[derive(Clone, Debug)]
pub struct Options {
    /// The scorers and allocators that are tested; all where none is named.
    pub parts: Vec<String>,
    /// The tests that run; all where none is named. `manifest` and `load` run
    /// always, and are reported when they are named or fail.
    pub only: Vec<String>,
    /// How long one test may take.
    pub deadline: Duration,
    /// How much memory one test may take, in MiB; 0 for no limit.
    pub memory: u64,
    /// The program that is started for each test, whose `main` calls
    /// [`inside`](crate::inside); this very program where none is named.
    pub program: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            parts: Vec::new(),
            only: Vec::new(),
            deadline: Duration::from_secs(10),
            memory: 2048,
            program: None,
        }
    }
}

/// Every test: its name, and what was promised.
pub fn tests() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.iter().map(|check| (check.name, check.says))
}

/// Tests a plugin file.
///
/// # Errors
/// When the request was wrong: there is no such file, test or part, or no
/// process can be started. What the plugin does wrong is in the report.
pub fn run(plugin: &Path, options: &Options) -> Result<Report, Error> {
    let start = Instant::now();
    for name in &options.only {
        if named(name).is_none() {
            return Err(NameError::new("test", name, ALL.iter().map(|check| check.name)).into());
        }
    }
    if !plugin.is_file() {
        let what = if plugin.exists() { "it is not a file" } else { "there is no such file" };
        let hint = "name the library that `cargo build --release` of the plugin made";
        return Err(Error::new(format!("{}: {what}", plugin.display()), hint));
    }
    let mut report = Report {
        plugin: plugin.to_owned(),
        identity: None,
        notes: Vec::new(),
        outcomes: Vec::new(),
        seconds: 0.0,
    };
    if !GUARDED {
        report
            .notes
            .push("no guard pages on this system: writes beyond an output are found after the call".into());
    }
    judge(plugin, options, &mut report)?;
    report.seconds = start.elapsed().as_secs_f64();
    Ok(report)
}

fn judge(plugin: &Path, options: &Options, report: &mut Report) -> Result<(), Error> {
    let start = Instant::now();
    let vetted = vet(plugin);
    let seconds = start.elapsed().as_secs_f64();
    let manifest = match &vetted {
        Ok(vetted) => passed(format!("{} {}", vetted.identity().id, vetted.identity().version)),
        Err(refusal) => failed(format!("{} ({})", refusal.reason, refusal.hint)),
    };
    note(report, options, of_file(MANIFEST)?, &manifest, seconds);
    let Ok(vetted) = vetted else { return Ok(()) };
    report.identity = Some(vetted.identity().clone());
    report.notes.extend(vetted.warnings().iter().map(|warning| format!("the plugin: {warning}")));

    let machine = |what: &str, error: std::io::Error| {
        Error::new(format!("cannot {what}: {error}"), "check the disk, and the limits on processes")
    };
    let program = match &options.program {
        Some(program) => program.clone(),
        None => std::env::current_exe().map_err(|e| machine("find the kit's own program", e))?,
    };
    let absolute = |path: &Path| std::path::absolute(path).map_err(|e| machine("find the plugin", e));
    let (program, plugin) = (absolute(&program)?, absolute(plugin)?);
    let folder = tempfile::Builder::new()
        .prefix("arrcoc-conformance-")
        .tempdir()
        .map_err(|e| machine("make a folder for temporary files", e))?;
    let tests = Tests {
        program: &program,
        plugin: &plugin,
        blake3: &vetted.identity().blake3,
        deadline: options.deadline,
        memory: options.memory,
        folder: folder.path(),
    };
    let start_test = |check: &Check, part: &str, lenient: bool| {
        tests.run(check, part, lenient).map_err(|e| machine("start a test", e))
    };

    let load = start_test(of_file(LOAD)?, "", false)?;
    note(report, options, of_file(LOAD)?, &load.done, load.seconds);
    let Some(description) = load.done.description.filter(|_| load.done.verdict == Verdict::Passed) else {
        return Ok(());
    };
    let parts = parts(&description, options)?;
    for check in ALL.iter().filter(|check| check.of == Of::File && ![MANIFEST, LOAD].contains(&check.name)) {
        if asked(options, check) {
            let ran = start_test(check, "", false)?;
            let done = if check.name == QUIET { silent(ran.done, ran.printed) } else { ran.done };
            note(report, options, check, &done, ran.seconds);
        }
    }
    // A description that prints does so before every test.
    let prints = |outcome: &Outcome| outcome.test == QUIET && outcome.verdict == Verdict::Failed;
    let prints = report.outcomes.iter().any(prints);
    for part in &parts {
        test_part(part, options, report, |check, part, lenient| {
            let mut ran = start_test(check, part, lenient)?;
            if check.name == ANSWERS && !prints {
                ran.done = silent(ran.done, ran.printed.take());
            }
            Ok(ran)
        })?;
    }
    Ok(())
}

/// A scorer or an allocator of the library.
struct PartName {
    id: String,
    of: Of,
}

fn parts(description: &Description, options: &Options) -> Result<Vec<PartName>, Error> {
    let scorers = description.scorers.iter().map(|info| PartName { id: info.id.clone(), of: Of::Scorer });
    let allocators =
        description.allocators.iter().map(|info| PartName { id: info.id.clone(), of: Of::Allocator });
    let all: Vec<PartName> = scorers.chain(allocators).collect();
    for wanted in &options.parts {
        if all.iter().all(|part| part.id != *wanted) {
            return Err(NameError::new("part", wanted, all.iter().map(|part| part.id.as_str())).into());
        }
    }
    let chosen = |part: &PartName| options.parts.is_empty() || options.parts.contains(&part.id);
    Ok(all.into_iter().filter(chosen).collect())
}

fn test_part(
    part: &PartName,
    options: &Options,
    report: &mut Report,
    start_test: impl Fn(&Check, &str, bool) -> Result<Ran, Error>,
) -> Result<(), Error> {
    // Why the rest of the tests is passed over.
    let mut over: Option<String> = None;
    let mut lenient = false;
    let (mut panics, mut ran_any) = (Vec::new(), false);
    let own = |check: &&Check| check.of == Of::Part || check.of == part.of;
    for check in ALL.iter().filter(own).filter(|check| asked(options, check)) {
        let (done, seconds) = if check.name == CONTAINED {
            (contained(&panics, ran_any), 0.0)
        } else if let Some(why) = &over {
            (skipped(why.clone()), 0.0)
        } else {
            let ran = start_test(check, &part.id, lenient)?;
            panics.extend(ran.done.panics.iter().map(|panic| format!("{panic} (in `{}`)", check.name)));
            ran_any |= ran.done.verdict != Verdict::Skipped;
            match ran.done.verdict {
                Verdict::Failed if check.name == ANSWERS || (check.basic && ran.ended) => {
                    over = Some(format!("it does not get that far: `{}` failed", check.name));
                }
                Verdict::Failed => lenient |= CONTENT.contains(&check.name),
                Verdict::Skipped if check.basic => over = Some(ran.done.detail.clone()),
                _ => {}
            }
            (ran.done, ran.seconds)
        };
        report.outcomes.push(outcome(Some(part), check, &done, seconds));
    }
    Ok(())
}

/// A test that passed fails when something was printed.
fn silent(done: Done, printed: Option<String>) -> Done {
    match printed {
        Some(line) if done.verdict == Verdict::Passed => {
            Done { panics: done.panics, ..failed(format!("it wrote to standard output: `{line}`")) }
        }
        _ => done,
    }
}

/// Whether any test saw a panic.
fn contained(panics: &[String], ran_any: bool) -> Done {
    match panics {
        [] if ran_any => passed(String::new()),
        [] => skipped("no test ran".into()),
        [first, ..] => failed(first.clone()),
    }
}

fn passed(detail: String) -> Done {
    Done { verdict: Verdict::Passed, detail, panics: Vec::new(), description: None }
}

fn failed(detail: String) -> Done {
    Done { verdict: Verdict::Failed, ..passed(detail) }
}

fn skipped(detail: String) -> Done {
    Done { verdict: Verdict::Skipped, ..passed(detail) }
}

fn of_file(name: &str) -> Result<&'static Check, Error> {
    named(name).ok_or_else(|| Error::new(format!("the kit has no test `{name}`"), "report this"))
}

fn asked(options: &Options, check: &Check) -> bool {
    options.only.is_empty() || options.only.iter().any(|name| name == check.name)
}

/// Puts down a test of the file, unless it passed and was not asked for.
fn note(report: &mut Report, options: &Options, check: &Check, done: &Done, seconds: f64) {
    if asked(options, check) || done.verdict != Verdict::Passed {
        report.outcomes.push(outcome(None, check, done, seconds));
    }
}

fn outcome(part: Option<&PartName>, check: &Check, done: &Done, seconds: f64) -> Outcome {
    Outcome {
        part: part.map(|part| part.id.clone()),
        kind: match part.map(|part| part.of) {
            Some(Of::Scorer) => "scorer",
            Some(Of::Allocator) => "allocator",
            _ => "file",
        },
        test: check.name,
        verdict: done.verdict,
        seconds,
        promised: check.says,
        detail: one_line(&done.detail),
    }
}
