//! The command behind `cargo xtask eval`, which builds what it needs and says
//! where everything lies. Exit status: 0 every gate holds, 1 one does not, 2 the
//! request was wrong.

#![forbid(unsafe_code)]

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use arrcoc::plain::shown;
use arrcoc_eval::{Error, Length, Options, PROBE, TIMES_AGAIN, compare, plan, probe, run, times_again};
use clap::{Parser, error::ErrorKind};

/// Runs suites over the engine and writes a report.
#[derive(Parser)]
#[command(name = "arrcoc-eval", version)]
struct Args {
    /// A suite by name, or a suite file; every suite without it
    #[arg(long, value_name = "NAME|FILE")]
    suite: Vec<String>,
    /// Of the tasks of suites only this one; may be repeated
    #[arg(long, value_name = "NAME")]
    task: Vec<String>,
    /// A plugin file: its scorers and allocators join every comparison
    #[arg(long, value_name = "FILE")]
    plugin: Vec<PathBuf>,
    /// A scorer that joins every comparison, beside the standard ones
    #[arg(long, value_name = "ID")]
    scorer: Vec<String>,
    /// An allocator that joins every comparison
    #[arg(long, value_name = "ID")]
    allocator: Vec<String>,
    /// The backends to compare, or all: a list of ids with commas
    #[arg(long, value_name = "LIST|all", default_value = "all")]
    backend: String,
    /// Where plugins run: a level for all, or ID=LEVEL for one library
    #[arg(long, value_name = "[ID=]LEVEL")]
    isolation: Vec<String>,
    /// Fewer pages and samples: for gates, not for claims
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Everything there is: more pages, more samples, every severity
    #[arg(long)]
    full: bool,
    /// Measure again what earlier runs have measured
    #[arg(long)]
    fresh: bool,
    /// Print what would run, and measure nothing
    #[arg(long)]
    plan: bool,
    /// The folder of an earlier run, which this one must not be worse than
    #[arg(long, value_name = "DIR")]
    baseline: Option<PathBuf>,
    /// The folder of this run; a new one under reports/ without it
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The folder of suites
    #[arg(long, value_name = "DIR", default_value = "suites")]
    suites: PathBuf,
    /// The folder of plugins
    #[arg(long, value_name = "DIR")]
    plugins: PathBuf,
    /// The folder of plugins that misbehave on purpose
    #[arg(long, value_name = "DIR")]
    fixtures: PathBuf,
    /// The folder where runs land
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports: PathBuf,
    /// The command to put down in the record
    #[arg(long, value_name = "TEXT", default_value = "arrcoc-eval")]
    command: String,
    /// Something this was built with, to put down in the record
    #[arg(long, value_name = "NAME=VERSION")]
    built_with: Vec<String>,
}

/// Compares two runs.
#[derive(Parser)]
#[command(name = "arrcoc-eval compare")]
struct CompareArgs {
    /// The folder of the earlier run
    before: PathBuf,
    /// The folder of the later run
    now: PathBuf,
}

fn main() -> ExitCode {
    // A process of a run's own: what it has to say is read by that run.
    let asked = match std::env::args().nth(1).as_deref() {
        Some(PROBE) => Some(probe()),
        Some(TIMES_AGAIN) => {
            Some(times_again(std::env::args_os().nth(2).unwrap_or_default().as_ref()).map(|()| String::new()))
        }
        _ => None,
    };
    if let Some(answer) = asked {
        let (code, text) = answer.map_or_else(|e| (2, e.to_string()), |found| (0, found));
        say(&text);
        return ExitCode::from(code);
    }
    if std::env::args().nth(1).is_some_and(|argument| argument == "compare") {
        let args = match CompareArgs::try_parse_from(std::env::args().skip(1)) {
            Ok(args) => args,
            Err(e) => return refuse_arguments(&e, "compare"),
        };
        return match compare(&args.before, &args.now) {
            Ok((text, holds)) => {
                say(&text);
                ExitCode::from(u8::from(!holds))
            }
            Err(e) => refuse(&e),
        };
    }
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(e) => return refuse_arguments(&e, "eval"),
    };
    let only_plan = args.plan;
    let options = args.options();
    if only_plan {
        return match plan(&options) {
            Ok(text) => {
                say(&text);
                ExitCode::SUCCESS
            }
            Err(e) => refuse(&e),
        };
    }
    match run(&options) {
        Ok(run) => {
            say(&run.summary);
            match run.folder {
                Ok(folder) => say(&format!("\nreport: {}\n", folder.join("report.md").display())),
                Err(e) => return refuse(&e),
            }
            ExitCode::from(u8::from(!run.holds))
        }
        Err(e) => refuse(&e),
    }
}

impl Args {
    fn options(self) -> Options {
        let pair = |text: &String| {
            let (name, version) = text.split_once('=').unwrap_or((text, ""));
            (name.to_owned(), version.to_owned())
        };
        Options {
            suites: self.suite,
            tasks: self.task,
            suites_folder: self.suites,
            plugins: self.plugins,
            fixtures: self.fixtures,
            files: self.plugin,
            scorers: self.scorer,
            allocators: self.allocator,
            backends: self.backend,
            isolation: self.isolation,
            length: match (self.quick, self.full) {
                (true, _) => Length::Quick,
                (_, true) => Length::Full,
                _ => Length::Standard,
            },
            cache: (!self.fresh).then(|| self.reports.join(".cache")),
            baseline: self.baseline,
            out: self.out,
            reports: self.reports,
            command: self.command,
            versions: self.built_with.iter().map(pair).collect(),
        }
    }
}

/// Help, or why the arguments are wrong.
fn refuse_arguments(error: &clap::Error, command: &str) -> ExitCode {
    let text = error.render().to_string();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        say(&text);
        return ExitCode::SUCCESS;
    }
    let mut lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    let mut line = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    // A list of arguments follows its line.
    if line.ends_with(':') {
        line = lines.fold(line, |line, more| format!("{line} {more}"));
    }
    refuse(&Error::new(line, format!("`cargo xtask help {command}` shows what is possible")))
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // A suite and its data have names of their own, which a terminal is not to obey.
    let shown = shown(text, &out);
    // A reader that went away (`| head`) is no error.
    let _ = out.write_all(shown.as_bytes());
}

fn refuse(error: &Error) -> ExitCode {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "error: {}", error.message);
    if let Some(hint) = &error.hint {
        let _ = writeln!(err, "hint: {hint}");
    }
    ExitCode::from(2)
}
