//! The `arrcoc` command: a thin skin over the library. It reads arguments,
//! calls the engine, writes what was asked for, and turns errors into one line
//! and a hint.

#![forbid(unsafe_code)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::env::args_os())
}
