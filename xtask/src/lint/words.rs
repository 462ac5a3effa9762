//! Text that speaks of one machine.
//!
//! A path under somebody's home folder, a machine's name, the folder in which
//! cargo keeps a registry: each gets into a tree by being pasted, works for
//! one person and tells everybody about them. The patterns are written in
//! pieces, so that this file does not hold what it looks for.

use super::{Finding, Outcome};
use crate::failure::Failure;
use crate::tree;
use crate::workspace::{Workspace, first_line_of};

/// What is looked for, and where it may stand.
struct Pattern {
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// The beginning of an absolute path: nothing of a longer path before it.
    Path,
    /// Anywhere.
    Anywhere,
    /// Followed by the digest that cargo appends to a registry's name.
    BeforeDigest,
    /// A word of its own.
    Word,
}

pub(super) fn check(workspace: &Workspace) -> Result<Outcome, Failure> {
    let mut patterns = fixed_patterns();
    patterns.extend(name_of_this_machine().map(|text| Pattern { text, kind: Kind::Word }));
    let mut findings = Vec::new();
    for (path, text) in tree::texts(workspace)? {
        for (number, line) in text.lines().enumerate() {
            for pattern in &patterns {
                if pattern.is_in(line) {
                    let what = format!("`{}` speaks of one machine", pattern.text);
                    findings.push(Finding::line(&path, number + 1, what));
                }
            }
        }
    }
    Ok(Outcome::Findings(findings))
}

fn fixed_patterns() -> Vec<Pattern> {
    let path = |name: &str| Pattern { text: format!("/{name}/"), kind: Kind::Path };
    let registry = |host: &str| Pattern { text: format!("{host}.crates{}", ".io"), kind: Kind::Anywhere };
    vec![
        path("work"),
        path("root"),
        path("home"),
        path("Users"),
        Pattern { text: format!("C:{0}Users{0}", '\\'), kind: Kind::Anywhere },
        registry("static"),
        registry("index"),
        Pattern { text: format!("crates{}-", ".io"), kind: Kind::BeforeDigest },
    ]
}

/// The host's name where it is long and odd enough to be nothing else.
fn name_of_this_machine() -> Option<String> {
    let name = first_line_of("uname", &["-n"])?;
    let odd = name.len() >= 12 && name.contains(|c: char| c.is_ascii_digit());
    odd.then_some(name)
}

impl Pattern {
    fn is_in(&self, line: &str) -> bool {
        line.match_indices(&self.text).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + self.text.len()..].chars().next();
            let joins = |c: char| c.is_alphanumeric() || "_-.".contains(c);
            match self.kind {
                Kind::Anywhere => true,
                Kind::Path => !before.is_some_and(|c| joins(c) || "/~})*".contains(c)),
                Kind::BeforeDigest => after.is_some_and(|c| c.is_ascii_hexdigit()),
                Kind::Word => !before.is_some_and(joins) && !after.is_some_and(joins),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> bool {
        fixed_patterns().iter().any(|pattern| pattern.is_in(line))
    }

    #[test]
    fn absolute_paths_of_people_are_found() {
        for folder in ["work", "root", "home", "Users"] {
            assert!(found(&format!("see /{folder}/me/notes")), "{folder}");
            assert!(found(&format!("\"/{folder}/me\"")), "{folder}");
            assert!(found(&format!("file:/{folder}/me")), "{folder}");
            assert!(!found(&format!("target/{folder}/me")), "{folder}");
            assert!(!found(&format!("https://example.org/{folder}/")), "{folder}");
            assert!(!found(&format!("the {folder} of /{folder}")), "{folder}");
        }
    }

    #[test]
    fn registries_are_found_but_not_the_index_that_a_lock_file_names() {
        assert!(found(&format!("https://static.crates{}/crates", ".io")));
        assert!(found(&format!("src/crates{}-0123456789abcdef/spdx", ".io")));
        assert!(!found(&format!("registry+https://github.com/rust-lang/crates{}-index", ".io")));
        assert!(!found("https://crates.io/crates/spdx"));
    }

    #[test]
    fn a_machine_is_found_as_a_word() {
        let pattern = Pattern { text: "build-box-042".to_owned(), kind: Kind::Word };
        assert!(pattern.is_in("measured on build-box-042, idle"));
        assert!(!pattern.is_in("measured on build-box-0421"));
    }
}
