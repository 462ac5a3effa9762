//! Pages that are written by this program's own types: what is committed must be what they say.
//!
//! A test that finds a difference fails and names the command that writes the page anew. The command is the test
//! itself, told so by a variable of the environment: there is no second program that could disagree with it.

#![allow(clippy::unwrap_used, reason = "a test stops where it breaks")]

use std::{fs, path::Path};

/// Set to write instead of to compare.
const UPDATE: &str = "ARRCOC_UPDATE";

/// A whole file, by its path from the root of the project. `test` is what to run in order to write it.
pub(crate) fn file(name: &str, wanted: &str, test: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    if std::env::var_os(UPDATE).is_some() {
        fs::write(path, wanted).unwrap();
        return;
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    let command = format!("{UPDATE}=1 cargo test --release -p arrcoc-eval --lib {test}");
    assert!(committed == wanted, "{name} is not what the types say; run: {command}");
}

/// What stands between `<!-- MARK: generated -->` and `<!-- end of MARK -->`.
pub(crate) fn part(name: &str, mark: &str, wanted: &str, test: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    let page = fs::read_to_string(path).unwrap();
    let (start, end) = (format!("<!-- {mark}: generated -->"), format!("<!-- end of {mark} -->"));
    let marks = page.split_once(&start).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) = marks.unwrap_or_else(|| panic!("{name} has no part between `{start}` and `{end}`"));
    file(name, &format!("{before}{start}\n\n{}\n\n{end}{after}", wanted.trim()), test);
}
