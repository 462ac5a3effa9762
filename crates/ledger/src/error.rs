//! What can go wrong with a ledger.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::chain::Head;

/// Why a ledger could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The file cannot be opened, made or read.
    #[error("`{}`: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It is another file, or of another version.
    #[error("`{}` is not a ledger: {reason}", path.display())]
    NotALedger {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// There was no room for the records. None of them was added.
    #[error("`{}`: the disk is full; nothing was added, and what was there is intact", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Others wrote for longer than was waited.
    #[error("`{}`: another process writes to it and did not stop for {seconds} s", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// How long was waited.
        seconds: u64,
    },
    /// A record is longer than [`MAX_CONTENT`](crate::MAX_CONTENT).
    #[error("a record of {bytes} bytes is longer than a ledger takes")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The ledger is not what was logged.
    #[error("`{}` was changed: {found}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Where, and what is wrong there.
        found: Break,
    },
}

/// Where a chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Break {
    /// A number has no record though a later one has.
    #[error("record {number} is missing")]
    Missing {
        /// The number.
        number: u64,
    },
    /// The hash of a record is not that of what is in it and before it.
    #[error("record {number} is not what was logged there")]
    Changed {
        /// Its number.
        number: u64,
    },
    /// The columns of a record cannot be read as one.
    #[error("record {number} cannot be read: {reason}")]
    Unreadable {
        /// Its number.
        number: u64,
        /// What is wrong.
        reason: String,
    },
    /// A number that no record has.
    #[error("there is a record {number}, and the first is 1")]
    Number {
        /// The number.
        number: i64,
    },
    /// The head that was kept is beyond the end.
    #[error("it ends with record {}, and record {} was there", found.number, kept.number)]
    CutOff {
        /// The head that was kept.
        kept: Head,
        /// The head that is there.
        found: Head,
    },
    /// The record of the head that was kept is another.
    #[error("record {} is another than the one whose hash was kept; what is before it or in it was replaced", kept.number)]
    Replaced {
        /// The head that was kept.
        kept: Head,
    },
}

impl LedgerError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::File { .. } => "see that the folder exists and that you may write there",
            Self::NotALedger { .. } => "name the file of a ledger, or one that does not exist yet",
            Self::Full { .. } => "make room and log again",
            Self::Busy { .. } => "try again when it is done",
            Self::TooLong { .. } => "log less with a decision",
            Self::Broken { .. } => {
                "compare it with a copy; a head that was kept elsewhere tells which one is right"
            }
        }
    }

    pub(crate) fn of(path: &Path, error: &rusqlite::Error) -> LedgerError {
        let path = path.to_owned();
        let damaged = |reason: String| LedgerError::NotALedger { path: path.clone(), reason };
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy { path, seconds: crate::store::PATIENCE.as_secs() }
            }
            Some(ErrorCode::NotADatabase) => damaged("it is no database".to_owned()),
            Some(ErrorCode::DatabaseCorrupt) => damaged("the database is damaged".to_owned()),
            Some(ErrorCode::CannotOpen) => Self::File { path, reason: "it cannot be opened".to_owned() },
            _ => Self::File { path, reason: error.to_string() },
        }
    }
}
