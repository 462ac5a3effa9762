//! A command line, read by the table of commands.
//!
//! Written by hand because the grammar is tiny and the usual parser would be
//! the longest part of this program's build: `--option`, `--option VALUE` or
//! `--option=VALUE`, operands, and after `--` words for another program.

use crate::failure::Failure;

/// One row of the table of commands.
pub(crate) struct Command {
    pub(crate) name: &'static str,
    /// What the usage line says of operands; empty where none are taken.
    pub(crate) operands: &'static str,
    /// Whether words after `--` go to the program that is run.
    pub(crate) passes_on: bool,
    pub(crate) summary: &'static str,
    pub(crate) details: &'static str,
    pub(crate) options: &'static [Switch],
    pub(crate) run: fn(&Given) -> Result<(), Failure>,
}

/// An option of a command.
pub(crate) struct Switch {
    pub(crate) name: &'static str,
    /// The name of its value, for options that have one.
    pub(crate) value: Option<&'static str>,
    pub(crate) help: &'static str,
}

/// What a command line gave.
#[derive(Debug, Default)]
pub(crate) struct Given {
    options: Vec<(&'static str, String)>,
    pub(crate) operands: Vec<String>,
    /// The words after `--`.
    pub(crate) passed_on: Vec<String>,
}

impl Given {
    pub(crate) fn has(&self, option: &str) -> bool {
        self.value(option).is_some()
    }

    /// Every option as it was given, in order; the value is empty for an option without one.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.options.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The last value of an option; empty for an option without one.
    pub(crate) fn value(&self, option: &str) -> Option<&str> {
        self.options.iter().rev().find(|(name, _)| *name == option).map(|(_, value)| value.as_str())
    }
}

impl Command {
    /// Reads the words after the command's name. `None` asks for help.
    pub(crate) fn parse(&self, words: &[String]) -> Result<Option<Given>, Failure> {
        let mut given = Given::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--help" || word == "-h" {
                return Ok(None);
            }
            if word == "--" && self.passes_on {
                given.passed_on = words.cloned().collect();
                break;
            }
            if !word.starts_with('-') {
                if self.operands.is_empty() {
                    return Err(Failure::request(format!("`{}` takes no operand: `{word}`", self.name)));
                }
                given.operands.push(word.clone());
                continue;
            }
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let Some(option) = self.options.iter().find(|option| option.name == name) else {
                return Err(self.unknown_option(name));
            };
            let value = match (option.value, attached) {
                (None, None) => String::new(),
                (None, Some(_)) => {
                    return Err(Failure::request(format!("`{name}` of `{}` takes no value", self.name)));
                }
                (Some(_), Some(value)) => value,
                (Some(what), None) => words.next().cloned().ok_or_else(|| {
                    Failure::request(format!("`{name}` of `{}` needs a value: {what}", self.name))
                })?,
            };
            given.options.push((option.name, value));
        }
        Ok(Some(given))
    }

    fn unknown_option(&self, name: &str) -> Failure {
        let failure = Failure::request(format!("unknown option `{name}` of `{}`", self.name));
        match nearest(name, self.options.iter().map(|option| option.name)) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None if self.passes_on => failure.hint("arguments of the program that is run go after `--`"),
            None => failure.hint(format!("`cargo xtask help {}` lists its options", self.name)),
        }
    }

    pub(crate) fn help(&self) -> String {
        let mut text = format!("{}\n\nUsage: cargo xtask {}", sentence(self.summary), self.name);
        if !self.options.is_empty() {
            text += " [OPTION…]";
        }
        if !self.operands.is_empty() {
            text += " ";
            text += self.operands;
        }
        if self.passes_on {
            text += " [-- ARG…]";
        }
        text += "\n\n";
        text += self.details.trim_end();
        if !self.options.is_empty() {
            text += "\n\nOptions:";
            let heads: Vec<String> = self.options.iter().map(Switch::head).collect();
            let width = heads.iter().map(String::len).max().unwrap_or(0);
            for (head, option) in heads.iter().zip(self.options) {
                text += &format!("\n  {head:width$}  {}", option.help);
            }
        }
        text
    }
}

impl Switch {
    fn head(&self) -> String {
        match self.value {
            Some(value) => format!("{} {value}", self.name),
            None => self.name.to_owned(),
        }
    }
}

/// Upper-case first letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

/// The known name that was probably meant: at most two letters of five
/// differ, or one is the beginning of the other.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| {
            let begins = name.len() >= 2 && (candidate.starts_with(name) || name.starts_with(candidate));
            let distance = if begins { 0 } else { edits(name, candidate) };
            (distance, candidate)
        })
        .filter(|(distance, candidate)| distance * 5 <= candidate.len().max(name.len()) * 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The Levenshtein distance, in characters.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMAND: Command = Command {
        name: "example",
        operands: "[NAME…]",
        passes_on: true,
        summary: "do it",
        details: "Does it.",
        options: &[
            Switch { name: "--quiet", value: None, help: "say less" },
            Switch { name: "--file", value: Some("FILE"), help: "which" },
        ],
        run: |_| Ok(()),
    };

    fn parse(line: &str) -> Result<Option<Given>, Failure> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        COMMAND.parse(&words)
    }

    #[test]
    fn options_operands_and_words_for_another_program_are_kept_apart() {
        let given = parse("one --file=a --quiet --file b two -- --file c").unwrap().unwrap();
        assert!(given.has("--quiet"));
        assert_eq!(given.value("--file"), Some("b"));
        assert_eq!(given.operands, ["one", "two"]);
        assert_eq!(given.passed_on, ["--file", "c"]);
    }

    #[test]
    fn help_is_asked_for_anywhere_but_after_two_dashes() {
        assert!(parse("one --help").unwrap().is_none());
        assert!(parse("one -- --help").unwrap().is_some());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, message) in [
            ("--quite", "unknown option `--quite` of `example`"),
            ("--quiet=1", "`--quiet` of `example` takes no value"),
            ("--file", "`--file` of `example` needs a value: FILE"),
        ] {
            assert_eq!(parse(line).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn distance_counts_single_edits() {
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("lint", "lint"), 0);
    }

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["build", "lint", "calibrate-reference"];
        assert_eq!(nearest("biuld", known.into_iter()), Some("build"));
        assert_eq!(nearest("buld", known.into_iter()), Some("build"));
        assert_eq!(nearest("calib", known.into_iter()), Some("calibrate-reference"));
        assert_eq!(nearest("deploy", known.into_iter()), None);
        assert_eq!(nearest("dust", known.into_iter()), None, "two letters of four are too many");
    }
}
