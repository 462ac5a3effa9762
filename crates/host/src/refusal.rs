//! Why a file is not used as a plugin: one line that names the file and the
//! reason, a hint that names the mend, and, for those who ask, the whole story.

use std::path::{Path, PathBuf};

/// A plugin file that is not used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("plugin {}: {reason}", path.display())]
#[non_exhaustive]
pub struct Refusal {
    /// The file.
    pub path: PathBuf,
    /// One clause that says why.
    pub reason: String,
    /// What would mend it.
    pub hint: String,
    /// Everything the loader said, when that is more than the reason.
    pub detail: Option<String>,
}

impl Refusal {
    pub(crate) fn new(path: &Path, reason: impl Into<String>, hint: impl Into<String>) -> Refusal {
        Refusal { path: path.to_owned(), reason: reason.into(), hint: hint.into(), detail: None }
    }

    pub(crate) fn with_detail(mut self, detail: String) -> Refusal {
        self.detail = Some(detail);
        self
    }
}
