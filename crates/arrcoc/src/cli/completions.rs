//! `arrcoc completions`: what a shell needs to complete the command's words.
//!
//! The scripts are made from the arguments as they are parsed, so that they
//! cannot fall behind, and by the command itself, so that whoever has the
//! command has them too.

use arrcoc::Error;
use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Done, args::LowArgs, say_bytes};

pub(crate) fn run(shell: Shell) -> Result<Done, Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut LowArgs::command(), "arrcoc", &mut script);
    say_bytes(&script);
    Ok(Done::Well)
}
