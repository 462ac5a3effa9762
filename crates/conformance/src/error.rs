//! The one error of the kit: the request was wrong. What a plugin does wrong is
//! a failed test, never an error.

/// A request that cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct Error {
    /// What was wrong and where, in one line.
    pub message: String,
    /// What would be right, in one line.
    pub hint: String,
}

impl Error {
    /// An error with a hint.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Error {
        Error { message: message.into(), hint: hint.into() }
    }
}

impl From<arrcoc_host::NameError> for Error {
    fn from(error: arrcoc_host::NameError) -> Error {
        Error { message: error.to_string(), hint: error.hint }
    }
}
