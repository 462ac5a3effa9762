//! `index.html`: one file that answers on its first screen, and can then be
//! asked why.
//!
//! It is opened from a disk, mailed and archived, so it holds all it needs and
//! asks for nothing: a security policy inside forbids it to load anything. The
//! scripts are small files in `page/`, put one after the other; there is no
//! framework and nothing is built. Names come from suites, plugins and manifests
//! and may hold anything: the data is embedded so that it cannot end its own
//! element, and the scripts only ever make text of it.

mod data;
mod embed;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub(crate) use data::*;
pub(crate) use embed::embedded;

use arrcoc::Error;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/style.css");
/// Runs before anything is drawn, so that a page that was dark begins dark.
const THEME: &str = include_str!("page/theme.js");
/// In the order in which they build on each other; `main.js` starts them.
const SCRIPTS: [&str; 12] = [
    include_str!("page/elements.js"),
    include_str!("page/numbers.js"),
    include_str!("page/answers.js"),
    include_str!("page/table.js"),
    include_str!("page/chart.js"),
    include_str!("page/curves.js"),
    include_str!("page/pareto.js"),
    include_str!("page/suites.js"),
    include_str!("page/account.js"),
    include_str!("page/stage.js"),
    include_str!("page/explorer.js"),
    include_str!("page/main.js"),
];

/// The page of a run.
///
/// # Errors
/// When the data cannot be written as JSON.
pub(crate) fn html(data: &Page) -> Result<String, Error> {
    let json = serde_json::to_string(data)
        .map_err(|e| Error::new(format!("the page cannot be written: {e}"), "report this"))?;
    // Scripts run only if they carry this. Data cannot: it would change it.
    let key = &blake3::hash(json.as_bytes()).to_hex()[..32];
    let parts = [
        ("key", key),
        ("title", &text(&data.title)),
        ("style", STYLE),
        ("theme", THEME),
        ("data", &inert(&json)),
        ("script", &SCRIPTS.concat()),
    ];
    Ok(filled(PAGE, &parts))
}

/// The page with each `{{name}}` replaced, in one pass: what is put in is not looked at again.
fn filled(page: &str, parts: &[(&str, &str)]) -> String {
    let mut whole =
        String::with_capacity(page.len() + parts.iter().map(|(_, part)| part.len()).sum::<usize>());
    let mut rest = page;
    while let Some((before, after)) = rest.split_once("{{") {
        whole += before;
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        whole += parts.iter().find(|(n, _)| *n == name).map_or("", |(_, part)| part);
        rest = after;
    }
    whole + rest
}

/// JSON that nothing in HTML or JavaScript mistakes for its own: no `<`, so no end of
/// the element and no comment, and no line separators.
fn inert(json: &str) -> String {
    let mut inert = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => inert += r"\u003c",
            '>' => inert += r"\u003e",
            '\u{2028}' => inert += r"\u2028",
            '\u{2029}' => inert += r"\u2029",
            other => inert.push(other),
        }
    }
    inert
}

/// Text as HTML.
fn text(raw: &str) -> String {
    raw.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
