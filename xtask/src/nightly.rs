//! Cargo of the nightly toolchain, for what the pinned one cannot do: fuzzing,
//! Miri and the sanitizers are instruments of the compiler that are not stable.
//!
//! The pinned toolchain runs this program and says so in variables that would
//! win over the choice of another one, so they are taken away.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;

const TOOLCHAIN: &str = "nightly";

/// Cargo of the nightly toolchain, run at `root`.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", TOOLCHAIN, "cargo"]).current_dir(root).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if speaks_of_the_toolchain(&name) {
            command.env_remove(name);
        }
    }
    command
}

fn speaks_of_the_toolchain(name: &OsString) -> bool {
    let Some(name) = name.to_str() else { return false };
    let exactly = ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN", "OUT_DIR", "LD_LIBRARY_PATH"];
    exactly.contains(&name) || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

/// Fails in one line when the toolchain is not there, or lacks what `cargo` needs for `command`.
pub(crate) fn check(root: &Path, command: &str, install: &str) -> Result<(), Failure> {
    if !succeeds(Command::new("rustup").arg("--version")) {
        return Err(Failure::new("`rustup` is not installed, which has the nightly toolchain run")
            .hint("https://rustup.rs says how it is installed"));
    }
    if !succeeds(cargo(root).arg("--version")) {
        return Err(Failure::new("there is no nightly toolchain")
            .hint(format!("`rustup toolchain install {TOOLCHAIN} --profile minimal` installs it")));
    }
    // Not every command of cargo has a version.
    if !succeeds(cargo(root).args([command, "-h"])) {
        return Err(
            Failure::new(format!("`cargo {command}` is not installed")).hint(format!("`{install}` does it"))
        );
    }
    Ok(())
}

/// Whether a program runs and says that all is well; what it prints is not shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Runs a command of cargo's to its end; whether all was well.
pub(crate) fn run(command: &mut Command, name: &str) -> Result<bool, Failure> {
    let status = command.status();
    let status = status.map_err(|error| Failure::new(format!("cannot run `cargo {name}`: {error}")))?;
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_pinned_toolchain_says_of_itself_is_not_passed_on() {
        let said = |name: &str| speaks_of_the_toolchain(&name.into());
        assert!(said("RUSTUP_TOOLCHAIN") && said("CARGO") && said("CARGO_PKG_NAME"));
        assert!(!said("CARGO_HOME") && !said("CARGO_TARGET_DIR") && !said("RUSTUP_HOME") && !said("PATH"));
    }
}
