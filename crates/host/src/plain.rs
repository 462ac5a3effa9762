//! Texts that a plugin or its process wrote, made fit to be told to a person:
//! of bounded length, and without what a terminal would obey.

/// The most characters of a line.
const LINE: usize = 300;

/// The most characters of a text of several lines: more than what is said of all types that cross the boundary.
#[cfg(target_os = "linux")]
const LINES: usize = 1 << 16;

/// A text as one line.
pub(crate) fn one_line(text: &str) -> String {
    let parts = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|part| !part.is_empty());
    let line: String = parts.collect::<Vec<_>>().join(" ");
    line.chars().take(LINE).collect()
}

/// A text that may have several lines.
#[cfg(target_os = "linux")]
pub(crate) fn lines(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).take(LINES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_and_short_and_obeyed_by_no_terminal() {
        assert_eq!(one_line(" a\r\n\u{1b}[2Jb\tc "), "a [2Jb c");
        assert_eq!(one_line(&"ä".repeat(1000)).chars().count(), LINE);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn lines_stay_lines() {
        assert_eq!(lines("a\n  b\u{1b}\u{7}c"), "a\n  bc");
        assert_eq!(lines(&"ä".repeat(LINES + 1)).chars().count(), LINES);
    }
}
