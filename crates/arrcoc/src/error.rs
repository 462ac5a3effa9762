//! The one error of the library: what was wrong, where, and what would be right.
//!
//! An error is always about the *request*. What goes wrong while a valid
//! request is carried out (a scorer that fails, an allocator that breaks its
//! promise) is not an error: the decision comes, and its reasons say what
//! happened.

use std::path::Path;

use crate::plain::one_line;

/// A request that cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct Error {
    /// What was wrong and where, in one line.
    pub message: String,
    /// What would be right, in one line.
    pub hint: Option<String>,
}

impl Error {
    /// An error with a hint. What comes from a file and would break the line, or be obeyed by a terminal, is written as
    /// it would be in JSON.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Error {
        let line = |text: String| one_line(&text).into_owned();
        Error { message: line(message.into()), hint: Some(line(hint.into())) }
    }

    /// An error about a file that could not be read or written.
    ///
    /// `doing` completes "cannot …".
    #[must_use]
    pub fn file(path: &Path, doing: &str, error: &std::io::Error) -> Error {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => "check the path",
            std::io::ErrorKind::PermissionDenied => "check the permissions",
            _ => "check the disk and the path",
        };
        Error::new(format!("{}: cannot {doing}: {}", path.display(), plain(error)), hint)
    }

    /// The same error, said to be about this file unless it says so already.
    #[must_use]
    pub fn in_file(mut self, path: &Path) -> Error {
        if !self.message.starts_with(&format!("`{}`: ", path.display())) {
            self.message = format!("{}: {}", path.display(), self.message);
        }
        self
    }
}

/// The text of an I/O error without the number that Rust adds to it.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_lowercase()
}

impl From<arrcoc_decide::PolicyError> for Error {
    fn from(e: arrcoc_decide::PolicyError) -> Error {
        let hint = e.hint().unwrap_or_else(|| "give a finite number above 0, such as 150".into());
        Error::new(e.to_string(), hint)
    }
}

impl From<arrcoc_picture::DecodeError> for Error {
    fn from(e: arrcoc_picture::DecodeError) -> Error {
        let hint = e.hint().unwrap_or_else(|| "copy or download the file again, or save it anew".into());
        Error::new(e.to_string(), hint)
    }
}

impl From<arrcoc_stats::GridError> for Error {
    fn from(e: arrcoc_stats::GridError) -> Error {
        let hint = e.hint().unwrap_or_else(|| "write rows and columns, such as 24x24".into());
        Error::new(e.to_string(), hint)
    }
}

impl From<arrcoc_host::Refusal> for Error {
    fn from(e: arrcoc_host::Refusal) -> Error {
        Error::new(e.to_string(), e.hint)
    }
}

impl From<arrcoc_host::catalogue::MakeError> for Error {
    fn from(e: arrcoc_host::catalogue::MakeError) -> Error {
        Error::new(e.to_string(), e.hint())
    }
}

impl From<arrcoc_host::LockError> for Error {
    fn from(e: arrcoc_host::LockError) -> Error {
        Error::new(e.to_string(), e.hint)
    }
}

impl From<arrcoc_host::NameError> for Error {
    fn from(e: arrcoc_host::NameError) -> Error {
        Error::new(e.to_string(), e.hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_cannot_break_the_line_of_an_error() {
        let error = Error::new("unknown variant `a\r\n\u{1b}[2Jb`", "write `ä`");
        assert_eq!(error.message, "unknown variant `a\\r\\n\\u001b[2Jb`");
        assert_eq!(error.hint.as_deref(), Some("write `ä`"));
    }
}
