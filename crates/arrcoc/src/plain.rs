//! Texts from elsewhere made fit to be shown: names of files, questions, what a file says of itself.
//!
//! A terminal obeys control characters: it moves, paints, answers, sets its title. Marks of direction have a line read in
//! another order than it is written ([Trojan Source](https://trojansource.codes), CVE-2021-42574). Both are written as
//! JSON writes them, so that JSON stays JSON and says the same.

use std::{borrow::Cow, fmt::Write as _, io::IsTerminal};

/// The most characters of a line: a path or two, and what is wrong with them.
const LONGEST: usize = 4000;

/// A text as one line of at most 4000 characters; what is longer ends in `…`.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    let cut = text.char_indices().nth(LONGEST).map(|(at, _)| at);
    if cut.is_none() && !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut line = escaped(&text[..cut.unwrap_or(text.len())], is_obeyed);
    let end = line.char_indices().nth(LONGEST).map(|(at, _)| at);
    if let Some(end) = end.or(cut.map(|_| line.len())) {
        line.replace_range(end.., "…");
    }
    Cow::Owned(line)
}

/// A text of any number of lines for a terminal.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| c != '\n' && is_obeyed(c);
    if text.contains(obeyed) { Cow::Owned(escaped(text, obeyed)) } else { Cow::Borrowed(text) }
}

/// A text as it is written there: [`printable`] to a terminal, as it was given to anything else.
#[must_use]
pub fn shown<'a>(text: &'a str, to: &impl IsTerminal) -> Cow<'a, str> {
    if to.is_terminal() { printable(text) } else { Cow::Borrowed(text) }
}

/// Control characters, ends of lines and marks of direction. All of them have at most 16 bits.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escaped(text: &str, which: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if !which(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_nothing_in_it_is_obeyed() {
        assert_eq!(
            one_line("unknown `a\r\n\u{1b}[2Jb\u{9b}\u{202e}`"),
            "unknown `a\\r\\n\\u001b[2Jb\\u009b\\u202e`"
        );
        assert!(matches!(one_line("Größe 漢字 🙂"), Cow::Borrowed("Größe 漢字 🙂")));
        let long = "ä".repeat(1 << 20);
        let line = one_line(&long);
        assert_eq!(line.chars().count(), LONGEST + 1);
        assert!(line.ends_with('…'));
        assert_eq!(one_line(&"ä".repeat(LONGEST)), "ä".repeat(LONGEST));
    }

    #[test]
    fn json_for_a_terminal_says_the_same() {
        let value = serde_json::json!({ "query": "a\u{1b}]0;b\u{7}\u{9b}2J\u{7f}\u{2067}\tä" });
        for text in [value.to_string(), format!("{value:#}")] {
            let shown = printable(&text);
            assert!(!shown.contains(|c| c != '\n' && is_obeyed(c)), "{shown:?}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        }
        assert_eq!(printable("two\nlines\u{8}"), "two\nlines\\u0008");
    }
}
