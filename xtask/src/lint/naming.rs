//! Names, lengths and openings of files.
//!
//! Someone who looks for a thing should find it by guessing its path. So a
//! file is named for what it holds, never for being useful; it is short enough
//! to hold one thing; and it opens with a few sentences on why it exists.

use super::{Finding, Outcome};
use crate::failure::Failure;
use crate::tree;
use crate::workspace::Workspace;

/// Names that say nothing of what is inside.
const EMPTY_NAMES: [&str; 7] = ["utils", "util", "helpers", "helper", "common", "misc", "manager"];

/// The most lines a Rust file may have.
const LINES: usize = 700;

/// Marks of unfinished work, in pieces so that this file has none.
const MARKS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

pub(super) fn check(workspace: &Workspace) -> Result<Outcome, Failure> {
    let mut findings = Vec::new();
    for package in &workspace.packages {
        let expected = match package.folder.as_str() {
            "crates/arrcoc" => "arrcoc".to_owned(),
            "xtask" => "xtask".to_owned(),
            _ => format!("arrcoc-{}", package.folder_name()),
        };
        if package.name != expected {
            let manifest = format!("{}/Cargo.toml", package.folder);
            findings.push(Finding::file(
                manifest,
                format!("the package is named `{}`; its folder asks for `{expected}`", package.name),
            ));
        }
    }
    for path in tree::files(workspace)? {
        findings.extend(path_is_wrong(&path).map(|what| Finding::file(&path, what)));
    }
    for (path, text) in tree::texts(workspace)? {
        text_findings(&path, &text, &mut findings);
    }
    Ok(Outcome::Findings(findings))
}

fn path_is_wrong(path: &str) -> Option<String> {
    for part in path.split('/') {
        let stem = part.strip_suffix(".rs").unwrap_or(part);
        if EMPTY_NAMES.contains(&stem) {
            return Some(format!("`{part}` says nothing of what is inside; name it for what it holds"));
        }
    }
    let stem = path.strip_suffix(".rs")?.rsplit('/').next()?;
    let snake = stem.starts_with(|c: char| c.is_ascii_lowercase())
        && stem.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    (!snake).then(|| format!("`{stem}.rs` is not in snake case"))
}

fn text_findings(path: &str, text: &str, findings: &mut Vec<Finding>) {
    if path.ends_with(".rs") {
        let lines = text.lines().count();
        if lines > LINES {
            findings.push(Finding::file(path, format!("{lines} lines; a file has at most {LINES}")));
        }
        if is_source(path) && !text.starts_with("//!") {
            findings.push(Finding::file(path, "does not begin with `//!` and why the file exists"));
        }
    }
    // A lock file holds hashes, in which any letters may meet.
    if path.ends_with(".lock") {
        return;
    }
    for (number, line) in text.lines().enumerate() {
        for mark in MARKS {
            if holds_word(line, mark) {
                findings.push(Finding::line(path, number + 1, format!("unfinished: `{mark}`")));
            }
        }
    }
}

/// Whether a Rust file belongs to the sources of a package, as against its
/// tests, benchmarks and examples.
fn is_source(path: &str) -> bool {
    let mut parts = path.split('/');
    match parts.next() {
        Some("crates" | "plugins") => parts.next().is_some() && parts.next() == Some("src"),
        Some("fuzz" | "xtask") => parts.next() == Some("src"),
        _ => false,
    }
}

fn holds_word(line: &str, word: &str) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        !joins(line[..at].chars().next_back()) && !joins(line[at + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        let mut findings = Vec::new();
        text_findings(path, text, &mut findings);
        findings.iter().map(Finding::to_string).collect()
    }

    #[test]
    fn empty_names_and_other_cases_are_findings() {
        for wrong in
            ["crates/stats/src/utils.rs", "crates/common/src/lib.rs", "a/BadName.rs", "a/bad-name.rs"]
        {
            assert!(path_is_wrong(wrong).is_some(), "{wrong}");
        }
        for right in ["crates/stats/src/lib.rs", "docs/Some-Page.md", "src/utilisation.rs", "a/f32_to_f16.rs"]
        {
            assert_eq!(path_is_wrong(right), None, "{right}");
        }
    }

    #[test]
    fn only_sources_must_open_with_an_essay() {
        assert_eq!(findings("crates/a/src/b/c.rs", "//! Why.\n"), Vec::<String>::new());
        assert_eq!(findings("crates/a/tests/c.rs", "fn main() {}\n"), Vec::<String>::new());
        for path in ["crates/a/src/b/c.rs", "plugins/a/src/lib.rs", "xtask/src/lint/c.rs"] {
            assert_eq!(
                findings(path, "use std::fs;\n"),
                [format!("{path}: does not begin with `//!` and why the file exists")]
            );
        }
    }

    #[test]
    fn a_file_of_seven_hundred_lines_is_the_longest() {
        assert!(findings("a.rs", &"\n".repeat(700)).is_empty());
        assert_eq!(findings("a.rs", &"\n".repeat(701)), ["a.rs: 701 lines; a file has at most 700"]);
    }

    #[test]
    fn unfinished_marks_are_found_as_words() {
        let mark = MARKS[0];
        assert_eq!(
            findings("a.md", &format!("one\n({mark}: two)")),
            [format!("a.md:2: unfinished: `{mark}`")]
        );
        assert!(findings("a.md", &format!("{mark}S and MAS{mark}")).is_empty());
        assert!(findings("Cargo.lock", mark).is_empty());
    }
}
