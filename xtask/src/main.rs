//! The development commands: `cargo xtask COMMAND`.
//!
//! Everything that a contributor or a CI machine does with the workspace
//! beyond plain cargo is here, as a program instead of shell scripts: it runs
//! where cargo runs, and its rules have tests. It must itself build in
//! seconds, so of the workspace's crates it uses only the table of assets; it
//! runs the others through cargo.
//!
//! This file holds the table of commands and what all of them share: how a
//! command line becomes a call, and how a failure becomes a message and an
//! exit status (1: something is not as it should be, 2: the request was wrong).

#![forbid(unsafe_code)]

mod arguments;
mod assemble;
mod bench;
mod calibrate;
mod compare;
mod dist;
mod environment;
mod eval;
mod failure;
mod fetch;
mod fuzz;
mod hardware;
mod lint;
mod nightly;
mod sanitize;
mod test;
mod train;
mod tree;
mod workspace;

use std::process::ExitCode;

use arguments::{Command, Switch, nearest};
use failure::{Failure, say};

const QUIET: Switch = Switch { name: "--quiet", value: None, help: "print only what went wrong" };
const MANIFEST: Switch = Switch {
    name: "--manifest-path",
    value: Some("FILE"),
    help: "the workspace's Cargo.toml; without it, the workspace of the current folder",
};

/// Every command, in the order in which help lists them.
const COMMANDS: &[Command] = &[
    Command {
        name: "build",
        operands: "",
        passes_on: false,
        summary: "build the command and the plugins, and lay the plugins out beside it",
        details: assemble::DETAILS,
        options: &[
            QUIET,
            Switch {
                name: "--plugins",
                value: None,
                help: "leave the command itself alone: build and lay out the plugins",
            },
            MANIFEST,
        ],
        run: assemble::run,
    },
    Command {
        name: "test",
        operands: "",
        passes_on: false,
        summary: "build, lint and run every test",
        details: test::DETAILS,
        options: &[Switch { name: "--no-lint", value: None, help: "leave the lints out" }],
        run: test::run,
    },
    Command {
        name: "lint",
        operands: "[NAME…]",
        passes_on: false,
        summary: "check formatting, lints, documentation and the conventions of the tree",
        details: lint::DETAILS,
        options: &[MANIFEST],
        run: lint::run,
    },
    Command {
        name: "eval",
        operands: "",
        passes_on: false,
        summary: "run the suites, write a report, and fail when a gate does",
        details: eval::DETAILS,
        options: eval::OPTIONS,
        run: eval::run,
    },
    Command {
        name: "compare",
        operands: "BEFORE NOW",
        passes_on: false,
        summary: "compare two runs of the evaluation, or two hardware reports",
        details: compare::DETAILS,
        options: &[],
        run: compare::run,
    },
    Command {
        name: "fetch",
        operands: "[NAME…]",
        passes_on: false,
        summary: "fetch optional assets into a cache, or list them",
        details: fetch::DETAILS,
        options: &[],
        run: fetch::run,
    },
    Command {
        name: "train",
        operands: "MODEL",
        passes_on: true,
        summary: "train the weights that are committed",
        details: train::DETAILS,
        options: train::OPTIONS,
        run: train::run,
    },
    Command {
        name: "bench",
        operands: "[NAME…]",
        passes_on: true,
        summary: "run benchmarks",
        details: bench::DETAILS,
        options: bench::OPTIONS,
        run: bench::run,
    },
    Command {
        name: "fuzz",
        operands: "[TARGET…]",
        passes_on: true,
        summary: "look for inputs that break what reads them",
        details: fuzz::DETAILS,
        options: fuzz::OPTIONS,
        run: fuzz::run,
    },
    Command {
        name: "sanitize",
        operands: "[KIND…]",
        passes_on: false,
        summary: "run the tests of crates with unsafe code under Miri and AddressSanitizer",
        details: sanitize::DETAILS,
        options: &[],
        run: sanitize::run,
    },
    Command {
        name: "hardware",
        operands: "",
        passes_on: false,
        summary: "measure the backends of this machine, and write a report for each device",
        details: hardware::DETAILS,
        options: hardware::OPTIONS,
        run: hardware::run,
    },
    Command {
        name: "dist",
        operands: "",
        passes_on: false,
        summary: "make the archive that users unpack, and try it",
        details: dist::DETAILS,
        options: dist::OPTIONS,
        run: dist::run,
    },
    Command {
        name: "calibrate-reference",
        operands: "",
        passes_on: true,
        summary: "fit the reference distributions anew",
        details: calibrate::DETAILS,
        options: &[],
        run: calibrate::run,
    },
    Command {
        name: "calibrate-confidence",
        operands: "",
        passes_on: true,
        summary: "fit anew how sure decisions are",
        details: calibrate::CONFIDENCE,
        options: &[],
        run: calibrate::confidence,
    },
];

fn main() -> ExitCode {
    let words: Result<Vec<String>, _> = std::env::args_os().skip(1).map(|word| word.into_string()).collect();
    let result = match words {
        Ok(words) => dispatch(&words),
        Err(word) => Err(Failure::request(format!("argument {word:?} is not UTF-8"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn dispatch(words: &[String]) -> Result<(), Failure> {
    let Some((name, rest)) = words.split_first() else {
        say!("{}", overview());
        return Ok(());
    };
    match name.as_str() {
        "help" | "--help" | "-h" => match rest.first() {
            None => say!("{}", overview()),
            Some(topic) => say!("{}", find(topic)?.help()),
        },
        name => {
            let command = find(name)?;
            match command.parse(rest)? {
                None => say!("{}", command.help()),
                Some(given) => (command.run)(&given)?,
            }
        }
    }
    Ok(())
}

fn find(name: &str) -> Result<&'static Command, Failure> {
    COMMANDS.iter().find(|command| command.name == name).ok_or_else(|| {
        let known = COMMANDS.iter().map(|command| command.name).chain(["help"]);
        let hint = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`cargo xtask help` lists the commands".to_owned(),
        };
        Failure::request(format!("unknown command `{name}`")).hint(hint)
    })
}

fn overview() -> String {
    let mut text =
        "The development commands of ARR-COC.\n\nUsage: cargo xtask COMMAND\n\nCommands:\n".to_owned();
    let width = COMMANDS.iter().map(|command| command.name.len()).max().unwrap_or(0);
    for Command { name, summary, .. } in COMMANDS {
        text += &format!("  {name:width$}  {summary}\n");
    }
    text += "\n`cargo xtask help COMMAND` says more about one.";
    text
}
