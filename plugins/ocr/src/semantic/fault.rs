//! What can be wrong with a model: one line that names the file, and the tensor
//! where there is one.

use std::{
    fmt::Display,
    io,
    path::{Path, PathBuf},
};

/// Why there is no embedder, or no embedding. One line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ModelError {
    /// A file that is not there, or that the system does not give.
    #[error("cannot read `{}`: {reason}", file.display())]
    Unreadable {
        /// Which one.
        file: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A file that is not what it should be.
    #[error("`{}` {what}", file.display())]
    File {
        /// Which one.
        file: PathBuf,
        /// What is wrong with it, to follow its name in a sentence.
        what: String,
    },
    /// A tensor that is not what it should be.
    #[error("`{}`: tensor `{tensor}` {what}", file.display())]
    Tensor {
        /// Where it is, or should be.
        file: PathBuf,
        /// Its name.
        tensor: String,
        /// What is wrong with it, to follow its name in a sentence.
        what: String,
    },
    /// The arithmetic failed.
    #[error("the sentence embedder failed: {what}")]
    Run {
        /// What the library says.
        what: String,
    },
}

impl ModelError {
    pub(super) fn unreadable(file: &Path, error: &io::Error) -> ModelError {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".into(),
            io::ErrorKind::UnexpectedEof => "it ended while it was read".into(),
            _ => plain(error),
        };
        ModelError::Unreadable { file: file.into(), reason }
    }

    pub(super) fn file(file: &Path, what: impl Into<String>) -> ModelError {
        ModelError::File { file: file.into(), what: what.into() }
    }

    pub(super) fn tensor(file: &Path, tensor: &str, what: impl Into<String>) -> ModelError {
        ModelError::Tensor { file: file.into(), tensor: plain(&tensor), what: what.into() }
    }

    pub(super) fn run(error: &dyn Display) -> ModelError {
        ModelError::Run { what: plain(error) }
    }

    /// What would be right.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            ModelError::Unreadable { .. } => "`cargo xtask fetch minilm` fetches the model",
            ModelError::File { .. } | ModelError::Tensor { .. } => {
                "remove the folder and run `cargo xtask fetch minilm`, or name a folder with a BERT of 384 numbers"
            }
            ModelError::Run { .. } => "the model's weights are not what they should be",
        }
    }
}

/// The beginning of the first line of what a library or a file says, without signs that a terminal would obey.
pub(super) fn plain(said: &dyn Display) -> String {
    let said = said.to_string();
    let line = said.lines().next().unwrap_or_default();
    line.chars().filter(|letter| !letter.is_control()).take(200).collect()
}
