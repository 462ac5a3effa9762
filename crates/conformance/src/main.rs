//! The command: reads arguments, tests a plugin, and writes what came of it.
//! Exit status: 0 nothing failed, 1 something did, 2 the request was wrong.

#![forbid(unsafe_code)]

use std::{fmt::Write as _, fs, io::Write as _, path::PathBuf, process::ExitCode, time::Duration};

use arrcoc_conformance::{Error, Options, Report, inside, run, tests};
use clap::{CommandFactory as _, Parser, error::ErrorKind};

/// Tests a plugin file: what the contract promises, each test in a process of its own
#[derive(Parser)]
#[command(name = "arrcoc-conformance", version)]
struct Args {
    /// The plugin's shared library
    #[arg(required_unless_present_any = ["list", "man", "completions"])]
    plugin: Option<PathBuf>,
    /// Of its scorers and allocators only this one; may be repeated
    #[arg(long, value_name = "ID")]
    part: Vec<String>,
    /// Only this test; may be repeated
    #[arg(long, value_name = "TEST")]
    only: Vec<String>,
    /// How long one test may take, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    deadline: u64,
    /// How much memory one test may take, in MiB; 0 for no limit
    #[arg(long, value_name = "MIB", default_value_t = 2048)]
    memory: u64,
    /// Write the report as JSON; `-` for standard output, in the place of the table
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the report as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print every test and what it holds a plugin to
    #[arg(long)]
    list: bool,
    /// Print the manual, as a page for man
    #[arg(long, hide_short_help = true)]
    man: bool,
    /// Print what a shell needs to complete this command's words
    #[arg(long, value_name = "SHELL", hide_short_help = true)]
    completions: Option<clap_complete::Shell>,
}

fn main() -> ExitCode {
    // A process of a test's own: its outcome is read by the one that started it.
    if let Some(code) = inside() {
        return code;
    }
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return refuse_arguments(&error),
    };
    match answer(args) {
        Ok(well) => ExitCode::from(u8::from(!well)),
        Err(error) => refuse(&error),
    }
}

fn answer(args: Args) -> Result<bool, Error> {
    if args.man {
        return manual();
    }
    if let Some(shell) = args.completions {
        let mut command = Args::command();
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut command, name, &mut script);
        say_bytes(&script);
        return Ok(true);
    }
    let Some(plugin) = args.plugin.filter(|_| !args.list) else {
        let mut text = String::new();
        for (name, promised) in tests() {
            _ = writeln!(text, "{name:17} {promised}");
        }
        say(&text);
        return Ok(true);
    };
    let options = Options {
        parts: args.part,
        only: args.only,
        deadline: Duration::from_millis(args.deadline),
        memory: args.memory,
        ..Options::default()
    };
    let report = run(&plugin, &options)?;
    match &args.json {
        Some(file) if file.as_os_str() == "-" => say(&json(&report)?),
        Some(file) => {
            write(file, &json(&report)?)?;
            say(&report.to_table());
        }
        None => say(&report.to_table()),
    }
    if let Some(file) = &args.junit {
        write(file, &report.to_junit())?;
    }
    Ok(report.passed())
}

/// The manual, from the arguments as they are parsed.
fn manual() -> Result<bool, Error> {
    let after = "Exit status: 0 nothing failed, 1 something did, 2 the request was wrong.\n\n\
                 Example: arrcoc-conformance libmine.so --json report.json";
    let man = clap_mangen::Man::new(Args::command().after_help(after)).manual("ARR-COC");
    let mut page = Vec::new();
    man.render(&mut page).map_err(|error| Error::new(error.to_string(), "report this"))?;
    say_bytes(&page);
    Ok(true)
}

fn json(report: &Report) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(report);
    text.map(|text| text + "\n").map_err(|error| Error::new(error.to_string(), "report this"))
}

fn write(file: &PathBuf, text: &str) -> Result<(), Error> {
    let hint = "name a file in a folder that can be written";
    fs::write(file, text)
        .map_err(|error| Error::new(format!("{}: cannot write: {error}", file.display()), hint))
}

/// Help, or why the arguments are wrong.
fn refuse_arguments(error: &clap::Error) -> ExitCode {
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
    refuse(&Error::new(line, "`arrcoc-conformance --help` shows what is possible"))
}

fn say(text: &str) {
    say_bytes(text.as_bytes());
}

fn say_bytes(bytes: &[u8]) {
    // A reader that went away (`| head`) is no error.
    let _ = std::io::stdout().lock().write_all(bytes);
}

fn refuse(error: &Error) -> ExitCode {
    let _ = writeln!(std::io::stderr().lock(), "error: {}\nhint: {}", error.message, error.hint);
    ExitCode::from(2)
}
