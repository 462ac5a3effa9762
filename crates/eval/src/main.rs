//! The command behind `cargo xtask eval`, which builds what it needs and says
//! where everything lies. Exit status: 0 every gate holds, 1 one does not, 2 the
//! request was wrong.

#![forbid(unsafe_code)]

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use arrcoc_eval::{Error, Options, plan, run};
use clap::{Parser, error::ErrorKind};

/// Runs suites over the engine and writes a report.
#[derive(Parser)]
#[command(name = "arrcoc-eval", version)]
struct Args {
    /// A suite by name, or a suite file; every suite without it
    #[arg(long, value_name = "NAME|FILE")]
    suite: Vec<String>,
    /// A plugin file: its scorers and allocators join every comparison
    #[arg(long, value_name = "FILE")]
    plugin: Vec<PathBuf>,
    /// A scorer that joins every comparison, beside the standard ones
    #[arg(long, value_name = "ID")]
    scorer: Vec<String>,
    /// An allocator that joins every comparison
    #[arg(long, value_name = "ID")]
    allocator: Vec<String>,
    /// Fewer pages and samples: for gates, not for claims
    #[arg(long)]
    quick: bool,
    /// Print what would run, and measure nothing
    #[arg(long)]
    plan: bool,
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

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(e) if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            say(&e.render().to_string());
            return ExitCode::SUCCESS;
        }
        Err(e) => {
            let text = e.render().to_string();
            let line = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            return refuse(&Error::new(line, "`cargo xtask help eval` shows what is possible"));
        }
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
            suites_folder: self.suites,
            plugins: self.plugins,
            fixtures: self.fixtures,
            reports: self.reports,
            files: self.plugin,
            scorers: self.scorer,
            allocators: self.allocator,
            quick: self.quick,
            out: self.out,
            command: self.command,
            versions: self.built_with.iter().map(pair).collect(),
        }
    }
}

fn say(text: &str) {
    // A reader that went away (`| head`) is no error.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

fn refuse(error: &Error) -> ExitCode {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "error: {}", error.message);
    if let Some(hint) = &error.hint {
        let _ = writeln!(err, "hint: {hint}");
    }
    ExitCode::from(2)
}
