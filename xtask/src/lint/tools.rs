//! The checks that cargo's own tools make: formatting, clippy, documentation.
//!
//! Their messages are read as JSON and told like every other finding, one a
//! line. A tool that is not installed makes its check absent; a toolchain of
//! the profile `minimal` has neither of the first two.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Finding, Outcome};
use crate::failure::Failure;
use crate::workspace::{Workspace, relative};

pub(super) fn formatting(workspace: &Workspace) -> Result<Outcome, Failure> {
    if let Some(absent) = absent(workspace, "fmt", "rustfmt") {
        return Ok(absent);
    }
    let mut cargo = workspace.cargo();
    // `-l` prints the names of the files that would change.
    cargo.args(["fmt", "--all", "--check", "--", "-l"]);
    let (success, stdout) = output(&mut cargo)?;
    let mut findings: Vec<Finding> = stdout
        .lines()
        .filter(|line| !line.is_empty())
        .map(|file| {
            Finding::file(
                relative(Path::new(file), &workspace.root),
                "is not formatted; `cargo fmt --all` does it",
            )
        })
        .collect();
    if !success && findings.is_empty() {
        findings.push(failed_without_findings("fmt"));
    }
    Ok(Outcome::Findings(findings))
}

pub(super) fn clippy(workspace: &Workspace) -> Result<Outcome, Failure> {
    if let Some(absent) = absent(workspace, "clippy", "clippy") {
        return Ok(absent);
    }
    let mut cargo = workspace.cargo();
    cargo.args(["clippy", "--release", "--workspace", "--all-targets", "--keep-going"]);
    cargo.args(["--message-format", "json", "--", "-D", "warnings"]);
    compiler_messages(&mut cargo, "clippy")
}

pub(super) fn docs(workspace: &Workspace) -> Result<Outcome, Failure> {
    let mut cargo = workspace.cargo();
    cargo.args(["doc", "--release", "--workspace", "--no-deps", "--keep-going", "--message-format", "json"]);
    cargo.env("RUSTDOCFLAGS", "-D warnings");
    compiler_messages(&mut cargo, "doc")
}

fn compiler_messages(cargo: &mut Command, command: &str) -> Result<Outcome, Failure> {
    let (success, stdout) = output(cargo)?;
    let mut findings: Vec<Finding> = stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-message")
        .filter_map(|message| finding(&message["message"]))
        .collect();
    if !success && findings.is_empty() {
        findings.push(failed_without_findings(command));
    }
    Ok(Outcome::Findings(findings))
}

/// What the compiler says about a place in the sources. Messages without a
/// place only count the others.
fn finding(message: &Value) -> Option<Finding> {
    let spans = message["spans"].as_array()?;
    let span = spans.iter().find(|span| span["is_primary"] == true)?;
    let mut what = message["message"].as_str()?.lines().next()?.to_owned();
    if let Some(code) = message["code"]["code"].as_str() {
        what += &format!(" ({code})");
    }
    let line = span["line_start"].as_u64().and_then(|line| usize::try_from(line).ok())?;
    Some(Finding::line(span["file_name"].as_str()?, line, what))
}

fn failed_without_findings(command: &str) -> Finding {
    Finding::file("Cargo.toml", format!("`cargo {command}` failed; its messages are above"))
}

fn absent(workspace: &Workspace, command: &str, component: &str) -> Option<Outcome> {
    let present = workspace
        .cargo()
        .args([command, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let why = || format!("`cargo {command}` is not installed; `rustup component add {component}` does it");
    (!present).then(|| Outcome::Absent(why()))
}

/// Whether the command succeeded, and what it printed. Its progress and its
/// own complaints go to standard error as they come.
fn output(cargo: &mut Command) -> Result<(bool, String), Failure> {
    let output = cargo
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(format!("cannot run cargo: {error}")))?;
    Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_with_a_place_is_a_finding_and_a_count_of_messages_is_not() {
        let message = serde_json::json!({
            "message": "used `unwrap()` on an `Option` value\nmore",
            "code": { "code": "clippy::unwrap_used" },
            "spans": [
                { "is_primary": false, "file_name": "a.rs", "line_start": 1 },
                { "is_primary": true, "file_name": "crates/stats/src/lib.rs", "line_start": 7 },
            ],
        });
        assert_eq!(
            finding(&message).unwrap().to_string(),
            "crates/stats/src/lib.rs:7: used `unwrap()` on an `Option` value (clippy::unwrap_used)"
        );
        assert_eq!(finding(&serde_json::json!({ "message": "aborting", "spans": [] })), None);
    }
}
