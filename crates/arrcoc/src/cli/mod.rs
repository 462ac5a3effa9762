//! The commands. Results go to stdout, everything else to stderr.
//!
//! Exit codes: 0 done; 1 something was not as required (`--strict`, a map that is
//! not promoted); 2 the request was wrong.

mod allocate;
mod args;
mod asks;
mod autonomy;
mod backends;
mod budget;
mod calibrate;
mod completions;
mod explain;
mod feedback;
mod in_order;
mod log;
mod manual;
mod outputs;
mod plugins;
mod progress;
mod recalibrate;
mod replay;
mod scaffold;
mod what_if;

use std::{ffi::OsString, io::Write as _, process::ExitCode};

use arrcoc::{
    Config, Engine, Error,
    plain::{printable, shown},
};
use clap::{Parser as _, error::ErrorKind};

use args::{Command, LowArgs, PluginsCommand};

/// What a command that could be carried out came to.
pub(crate) enum Done {
    /// As required.
    Well,
    /// Not as required, for a reason that was printed.
    NotAsRequired,
}

/// Runs the command with these arguments.
pub(crate) fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let low = match LowArgs::try_parse_from(args) {
        Ok(low) => low,
        Err(e) => return usage(&e),
    };
    let done = match low.command {
        Command::Allocate(args) => allocate::run(*args),
        Command::Explain(args) => explain::run(&args),
        Command::WhatIf(args) => what_if::run(*args),
        Command::Feedback(args) => feedback::run(&args),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Recalibrate(args) => recalibrate::run(&args),
        Command::Autonomy { command } => autonomy::run(command),
        Command::Log { command } => log::run(command),
        Command::Backends(args) => backends::run(&args),
        Command::Plugins { command } => match command {
            PluginsCommand::List(args) => plugins::list(&args),
            PluginsCommand::Inspect { file, verbose, isolation } => {
                plugins::inspect(&file, verbose, isolation.as_deref())
            }
            PluginsCommand::Lock(args) => plugins::lock(&args),
            PluginsCommand::New { name, kind, folder } => scaffold::new(&name, kind, folder.as_deref()),
        },
        Command::Completions { shell } => completions::run(shell),
        Command::Man { out } => manual::run(&out),
    };
    match done {
        Ok(Done::Well) => ExitCode::SUCCESS,
        Ok(Done::NotAsRequired) => ExitCode::from(1),
        Err(e) => {
            report(&e);
            ExitCode::from(2)
        }
    }
}

/// Prints an error: what was wrong, then what would be right.
pub(crate) fn report(e: &Error) {
    let mut err = std::io::stderr().lock();
    // Nothing is left to tell when stderr is closed.
    let _ = writeln!(err, "error: {}", e.message);
    if let Some(hint) = &e.hint {
        let _ = writeln!(err, "hint: {hint}");
    }
}

/// Prints why something was not as required.
pub(crate) fn report_line(text: &str) {
    // Nothing is left to tell when stderr is closed.
    let _ = writeln!(std::io::stderr(), "{}", printable(text));
}

/// Opens an engine, and tells what a sandbox does not hold on this machine before anything runs in it.
pub(crate) fn open(config: Config) -> Result<Engine, Error> {
    let engine = Engine::open(config)?;
    for found in engine.catalogue().found() {
        if let (Some(facts), Some(unheld)) = (&found.facts, &found.unheld) {
            report_line(&format!("warning: plugin `{}`: {unheld}", facts.id));
        }
    }
    Ok(engine)
}

/// Writes to stdout: to a terminal what it does not obey, to anything else what was given. A reader that went away
/// (`| head`) is no error.
pub(crate) fn say(text: &str) {
    say_bytes(shown(text, &std::io::stdout()).as_bytes());
}

fn say_bytes(bytes: &[u8]) {
    let _ = std::io::stdout().lock().write_all(bytes);
}

/// Stdout for lines of text that are written one by one, with the same patience and care.
pub(crate) struct Stdout;

impl std::io::Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        say(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Help and version as clap prints them; its errors as one line and a hint.
fn usage(e: &clap::Error) -> ExitCode {
    if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        say(&e.render().to_string());
        return ExitCode::SUCCESS;
    }
    if e.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = write!(std::io::stderr(), "{}", e.render());
        return ExitCode::from(2);
    }
    let text = e.render().to_string();
    // The first paragraph is the error, the tips and the usage come after it.
    let paragraph: Vec<&str> = text.lines().take_while(|l| !l.trim().is_empty()).map(str::trim).collect();
    let message = paragraph.join(" ");
    let tip = text.lines().find_map(|l| l.trim().strip_prefix("tip: "));
    let hint = tip.unwrap_or("`arrcoc --help` and `arrcoc COMMAND --help` show what is possible").trim();
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    report(&Error::new(message, hint));
    ExitCode::from(2)
}
