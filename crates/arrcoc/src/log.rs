//! Decisions in a ledger: how they are logged, found again, judged and taken elsewhere.
//!
//! The content of a record is a decision as one line of JSON, the same that `--json`
//! writes, or what came of one ([`Feedback`]). Id, time, image, question, mode and the key of what
//! was asked stand beside it, to be found by.

mod export;

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use arrcoc_ledger::{Entry, Filter, Head, Kind, Ledger, LedgerError, Record};
use serde::{Deserialize, Serialize};

use crate::{decision::Decision, error::Error};

pub use export::{json_lines, parquet};

/// Name and version of the form of a feedback.
pub const FEEDBACK_SCHEMA: &str = "arrcoc.feedback/1";

/// What came of a decision in the task that its tokens were for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Feedback {
    /// [`FEEDBACK_SCHEMA`].
    pub schema: String,
    /// The id of the decision.
    pub decision: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Who says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// What else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Feedback {
    /// The feedback that a record is, if it is one.
    #[must_use]
    pub fn of(record: &Record) -> Option<Feedback> {
        let is_one = record.summary.kind == Kind::Feedback;
        is_one.then(|| serde_json::from_str(&record.content).ok()).flatten()
    }
}

/// How the task ended that a decision was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should.
    Success,
    /// Not as it should.
    Failure,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Outcome::Success => "success",
            Outcome::Failure => "failure",
        })
    }
}

/// Logs decisions, all of them or none. When this returns, they are on the disk.
///
/// # Errors
/// When they could not be added; the ledger is as it was.
pub fn append(ledger: &mut Ledger, decisions: &[&Decision]) -> Result<Head, Error> {
    let written = decisions.iter().map(|d| Ok((d.to_json()?, d.mode.to_string(), d.request()?)));
    let written: Vec<(String, String, String)> = written.collect::<Result<_, Error>>()?;
    let entries: Vec<Entry<'_>> = std::iter::zip(decisions, &written)
        .map(|(decision, (content, mode, request))| Entry {
            image: decision.image.path.as_deref(),
            query: decision.query.as_ref().map(|query| query.text.as_str()),
            mode: Some(mode),
            request: Some(request),
            content,
            ..Entry::new(Kind::Decision, &decision.id, &decision.created)
        })
        .collect();
    Ok(ledger.append(&entries)?)
}

/// What a record of another kind holds, as JSON, and the hash of it, by which it is known. `what` it is completes an error.
pub(crate) fn written(content: &impl serde::Serialize, what: &str) -> Result<(String, String), Error> {
    let content = serde_json::to_string(content)
        .map_err(|e| Error::new(format!("the {what} cannot be written: {e}"), "report this"))?;
    let id = blake3::hash(content.as_bytes()).to_hex().to_string();
    Ok((content, id))
}

/// The decision whose id begins so; where the same was decided more than once, the latest.
///
/// # Errors
/// When there is none, there are several, or what was logged is no decision.
pub fn find(ledger: &Ledger, path: &Path, id: &str) -> Result<Decision, Error> {
    let content = content(ledger, path, Kind::Decision, id)?.ok_or_else(|| none(path, "decision", id))?;
    Decision::from_json(&content).map_err(|e| e.in_file(path))
}

/// The decision, the configuration or the swap whose id begins so, as it was logged: one line of JSON.
///
/// # Errors
/// When there is none, there are several, or what was logged as a decision is none.
pub fn show(ledger: &Ledger, path: &Path, id: &str) -> Result<String, Error> {
    for kind in [Kind::Decision, Kind::Configuration, Kind::Swap] {
        if let Some(content) = content(ledger, path, kind, id)? {
            let is_decision = kind == Kind::Decision;
            let decision = is_decision.then(|| Decision::from_json(&content)).transpose();
            return decision.map_err(|e| e.in_file(path))?.map_or(Ok(content), |decision| decision.to_json());
        }
    }
    Err(none(path, "decision, configuration or swap", id))
}

fn none(path: &Path, what: &str, id: &str) -> Error {
    let message = format!("{}: no {what} has an id that begins with `{id}`", path.display());
    Error::new(message, "`arrcoc log list` has their ids")
}

/// What was logged last of this kind under the one id that begins so.
fn content(ledger: &Ledger, path: &Path, kind: Kind, id: &str) -> Result<Option<String>, Error> {
    let filter = Filter { kind: Some(kind), subject: Some(id.to_owned()), ..Filter::default() };
    let mut found: Option<(String, String)> = None;
    ledger.each_record(&filter, |record| match &found {
        Some((other, _)) if *other != record.summary.subject => Err(Error::new(
            format!("{}: several {kind}s have an id that begins with `{id}`", path.display()),
            "give more of it; `arrcoc log list` has them",
        )),
        _ => {
            found = Some((record.summary.subject, record.content));
            Ok(())
        }
    })?;
    Ok(found.map(|(_, content)| content))
}

/// The decision of the record with this number.
///
/// # Errors
/// When there is none, or what was logged is no decision.
pub fn decision(ledger: &Ledger, path: &Path, number: u64) -> Result<Decision, Error> {
    let record = ledger.record(number)?.ok_or_else(|| {
        Error::new(format!("{}: there is no record {number}", path.display()), "`arrcoc log list` has them")
    })?;
    Decision::from_json(&record.content).map_err(|e| e.in_file(path))
}

/// Logs what came of the decision whose id begins so. When this returns, it is on the disk.
///
/// # Errors
/// When there is no such decision, or it could not be added; the ledger is as it was.
pub fn feedback(
    ledger: &mut Ledger,
    path: &Path,
    id: &str,
    outcome: Outcome,
    who: Option<&str>,
    note: Option<&str>,
) -> Result<Feedback, Error> {
    let decision = find(ledger, path, id)?;
    let (who, note) = (who.map(str::to_owned), note.map(str::to_owned));
    let feedback =
        Feedback { schema: FEEDBACK_SCHEMA.into(), decision: decision.id.clone(), outcome, who, note };
    let content = serde_json::to_string(&feedback)
        .map_err(|e| Error::new(format!("the feedback cannot be written: {e}"), "report this"))?;
    let (created, mode) = (jiff::Timestamp::now().to_string(), decision.mode.to_string());
    let entry = Entry {
        image: decision.image.path.as_deref(),
        query: decision.query.as_ref().map(|query| query.text.as_str()),
        mode: Some(&mode),
        content: &content,
        ..Entry::new(Kind::Feedback, &decision.id, &created)
    };
    ledger.append(&[entry])?;
    Ok(feedback)
}

/// What came of decisions, by the numbers of their records, as far as records from one number to another tell. Of
/// `decisions` number and id are given. A feedback is about the last decision with its id before it, and of several about one
/// decision the last counts.
pub(crate) fn outcomes(
    ledger: &Ledger,
    decisions: &[(u64, String)],
    from: Option<u64>,
    to: Option<u64>,
) -> Result<BTreeMap<u64, Outcome>, Error> {
    let mut records: HashMap<&str, Vec<u64>> = HashMap::new();
    decisions.iter().for_each(|(number, id)| records.entry(id).or_default().push(*number));
    let mut outcomes = BTreeMap::new();
    let filter = Filter { kind: Some(Kind::Feedback), from, to, ..Filter::default() };
    ledger.each_record(&filter, |record| {
        let before = |number: &&u64| **number < record.summary.number;
        let about = records.get(record.summary.subject.as_str()).and_then(|all| all.iter().rfind(before));
        if let (Some(feedback), Some(number)) = (Feedback::of(&record), about) {
            outcomes.insert(*number, feedback.outcome);
        }
        Ok::<(), Error>(())
    })?;
    Ok(outcomes)
}

impl From<LedgerError> for Error {
    fn from(error: LedgerError) -> Error {
        Error::new(error.to_string(), error.hint())
    }
}
