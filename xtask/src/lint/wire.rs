//! The types that cross the boundary are those that are written down.
//!
//! A plugin that was built last year has its own copy of them. So the committed list
//! changes only on purpose: whoever changes it breaks plugins that are built already,
//! unless the change is one that `ABI.md` allows.

use std::fs;

use super::{Finding, Outcome};
use crate::failure::Failure;
use crate::workspace::Workspace;

/// The committed list, from the root.
const LIST: &str = "crates/abi/wire_types.txt";

/// What writes it.
const WRITER: [&str; 6] = ["run", "--quiet", "--release", "--package", "arrcoc-abi", "--example=wire_types"];

pub(super) fn check(workspace: &Workspace) -> Result<Outcome, Failure> {
    if cfg!(not(target_pointer_width = "64")) {
        return Ok(Outcome::Absent("the list is of 64-bit systems".to_owned()));
    }
    let output = workspace
        .cargo()
        .args(WRITER)
        .output()
        .map_err(|error| Failure::new(format!("cannot run `cargo run`: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Failure::new(format!("the types cannot be listed: {said}")));
    }
    let now = String::from_utf8_lossy(&output.stdout);
    let committed = fs::read_to_string(workspace.root.join(LIST)).unwrap_or_default();
    Ok(Outcome::Findings(difference(&committed, &now).into_iter().collect()))
}

/// The first line that differs.
fn difference(committed: &str, now: &str) -> Option<Finding> {
    let mut lines = (1..).zip(now.lines());
    let mut before = committed.lines();
    let at = lines
        .find(|(_, line)| before.next() != Some(line))
        .map(|(at, line)| (at, format!("is now `{line}`")));
    let gone = || before.next().map(|line| (now.lines().count() + 1, format!("`{line}` is gone")));
    let (at, what) = at.or_else(gone)?;
    Some(Finding::line(
        LIST,
        at,
        format!(
            "{what}; a change that ABI.md allows is written down with `cargo {} > {LIST}`",
            WRITER.join(" ")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_found() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        let found = |committed, now| difference(committed, now).unwrap();
        assert_eq!(found("a\nb\n", "a\nc\n").line, Some(2));
        assert!(found("a\n", "a\nc\n").what.starts_with("is now `c`"));
        let gone = found("a\nb\n", "a\n");
        assert_eq!(gone.line, Some(2));
        assert!(gone.what.starts_with("`b` is gone"));
        assert_eq!(found("", "a\n").line, Some(1));
    }
}
