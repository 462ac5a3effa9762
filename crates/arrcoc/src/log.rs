//! Decisions in a ledger: how they are logged, and found again.
//!
//! The content of a record is the decision as one line of JSON, the same that `--json`
//! writes. Its id, time, image, question and mode stand beside it, to be found by.

use std::path::Path;

use arrcoc_ledger::{Entry, Filter, Head, Kind, Ledger, LedgerError};

use crate::{decision::Decision, error::Error};

/// Logs a decision. When this returns, the decision is on the disk.
///
/// # Errors
/// When it could not be added; the ledger is as it was.
pub fn append(ledger: &mut Ledger, decision: &Decision) -> Result<Head, Error> {
    let (content, mode) = (decision.to_json()?, decision.mode.to_string());
    let entry = Entry {
        image: decision.image.path.as_deref(),
        query: decision.query.as_ref().map(|query| query.text.as_str()),
        mode: Some(&mode),
        content: &content,
        ..Entry::new(Kind::Decision, &decision.id, &decision.created)
    };
    Ok(ledger.append(&[entry])?)
}

/// The decision whose id begins so; where the same was decided more than once, the latest.
///
/// # Errors
/// When there is none, there are several, or what was logged is no decision.
pub fn find(ledger: &Ledger, path: &Path, id: &str) -> Result<Decision, Error> {
    let filter = Filter { kind: Some(Kind::Decision), subject: Some(id.to_owned()), ..Filter::default() };
    let mut found: Option<(String, String)> = None;
    ledger.each_record(&filter, |record| match &found {
        Some((other, _)) if *other != record.summary.subject => Err(Error::new(
            format!("{}: several decisions have an id that begins with `{id}`", path.display()),
            "give more of it; `arrcoc log list` has them",
        )),
        _ => {
            found = Some((record.summary.subject, record.content));
            Ok(())
        }
    })?;
    let (_, content) = found.ok_or_else(|| {
        Error::new(
            format!("{}: no decision has an id that begins with `{id}`", path.display()),
            "`arrcoc log list` has their ids",
        )
    })?;
    Decision::from_json(&content).map_err(|e| e.in_file(path))
}

impl From<LedgerError> for Error {
    fn from(error: LedgerError) -> Error {
        Error::new(error.to_string(), error.hint())
    }
}
