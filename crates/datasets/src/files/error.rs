//! What is wrong with a file, for the person who wrote it.

use std::io;

use arrcoc_picture::DecodeError;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {fault}")]
pub struct ReadError {
    at: String,
    fault: ReadFault,
}

impl ReadError {
    pub(super) fn new(at: impl Into<String>, fault: ReadFault) -> Self {
        Self { at: at.into(), fault }
    }

    /// Where: a file, and the line or the entry in it.
    #[must_use]
    pub fn at(&self) -> &str {
        &self.at
    }

    /// What is wrong there.
    #[must_use]
    pub fn fault(&self) -> &ReadFault {
        &self.fault
    }

    /// What would mend it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match &self.fault {
            ReadFault::Unreadable { .. } => Some("check the path and its permissions".to_owned()),
            ReadFault::NotUtf8 { .. } => Some("save the file as UTF-8".to_owned()),
            ReadFault::TooLarge { .. } | ReadFault::TooMany { .. } => {
                Some("split the file into several".to_owned())
            }
            ReadFault::Image(error) => error.hint(),
            ReadFault::Value { hint, .. } => hint.clone(),
            ReadFault::Json { .. } => None,
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadFault {
    /// The file could not be read.
    #[error("{}", unreadable(*kind))]
    Unreadable {
        /// What the operating system said.
        kind: io::ErrorKind,
    },
    /// A file or a line is longer than what is read.
    #[error("{what} has more than {most} bytes")]
    TooLarge {
        /// What is too long: `the file` or `the line`.
        what: &'static str,
        /// The most bytes that it may have.
        most: u64,
    },
    /// There is more of something than what is read.
    #[error("there are more than {most} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The most that there may be.
        most: u64,
    },
    /// The bytes are not text.
    #[error("this is not UTF-8 text: byte {byte} is wrong")]
    NotUtf8 {
        /// Which byte of the file or line, from 1.
        byte: usize,
    },
    /// The text is not JSON, or JSON of another form.
    #[error("{reason} (column {column})")]
    Json {
        /// What the parser says, on one line.
        reason: String,
        /// Where on the line, from 1.
        column: usize,
    },
    /// A value is not what it should be.
    #[error("{what}")]
    Value {
        /// What is wrong.
        what: String,
        /// What would be right, where that is known.
        hint: Option<String>,
    },
    /// An image or a mask cannot be used.
    #[error(transparent)]
    Image(#[from] DecodeError),
}

impl ReadFault {
    pub(super) fn value(what: impl Into<String>) -> Self {
        Self::Value { what: on_one_line(&what.into()), hint: None }
    }

    pub(super) fn mend(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Value { what: on_one_line(&what.into()), hint: Some(hint.into()) }
    }

    /// A parser's error, without the place that it repeats.
    pub(super) fn json(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let reason = text.strip_suffix(&place).unwrap_or(&text);
        Self::Json { reason: on_one_line(reason), column: error.column() }
    }
}

/// The most characters of what is said to be wrong.
const LONGEST: usize = 1000;

/// A text that may quote the file, as one line of bounded length.
fn on_one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect()
}

fn unreadable(kind: io::ErrorKind) -> String {
    match kind {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not read the file".to_owned(),
        io::ErrorKind::InvalidInput => {
            "this is not a file with contents, such as a folder or a device".to_owned()
        }
        other => format!("the file cannot be read: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_cannot_break_the_line_of_an_error() {
        assert_eq!(ReadFault::value("the key `a\n\u{1b}b`").to_string(), "the key `a  b`");
        let error = serde_json::from_str::<bool>(r#""a\nb""#).unwrap_err();
        let text = ReadFault::json(&error).to_string();
        assert!(!text.contains('\n') && text.contains("expected a boolean"), "{text}");
        assert_eq!(ReadFault::value("a".repeat(5000)).to_string().len(), LONGEST);
    }
}
