//! What was done about a version, as a value and as a record of a ledger.
//!
//! A swap says what was done, which version was in use before and which came after, what the shadow had seen, and who did
//! it. It is made when it takes effect; that it is logged is for the host to see to, as it is for decisions.

use arrcoc_host::Identity;
use arrcoc_ledger::{Entry, Filter, Head, Kind, Ledger, Record};
use serde::{Deserialize, Serialize};

use super::difference::Summary;
use crate::{autonomy::Settled, error::Error, log};

/// Name and version of the form of a swap.
pub const SCHEMA: &str = "arrcoc.swap/1";

/// What was done about a version of a library.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Swap {
    /// [`SCHEMA`].
    pub schema: String,
    /// What was done.
    pub act: Act,
    /// When, in UTC.
    pub created: String,
    /// The version that was in use before.
    pub before: Identity,
    /// The version that it is about: staged, in use from now on, or withdrawn.
    pub after: Identity,
    /// The file that was staged, as it was named; absent where a version came back that was in use before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What the shadow of the candidate had seen when it ended; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Summary>,
    /// Where a candidate was promoted against what its shadow had seen, or unseen: that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub despite: Option<String>,
    /// Where going back withdrew a candidate: which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrew: Option<Identity>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// Why, as they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What can be done about a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Act {
    /// A candidate was loaded and runs in shadow.
    Staged,
    /// A candidate came into use.
    Promoted,
    /// The version before came into use again.
    RolledBack,
    /// A candidate was let go.
    Withdrawn,
}

impl std::fmt::Display for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Act::Staged => "staged",
            Act::Promoted => "promoted",
            Act::RolledBack => "rolled-back",
            Act::Withdrawn => "withdrawn",
        })
    }
}

impl Swap {
    pub(super) fn new(act: Act, before: &Identity, after: &Identity, settled: Settled<'_>) -> Swap {
        Swap {
            schema: SCHEMA.into(),
            act,
            created: jiff::Timestamp::now().to_string(),
            before: before.clone(),
            after: after.clone(),
            file: None,
            shadow: None,
            despite: None,
            withdrew: None,
            who: settled.who.map(str::to_owned),
            why: settled.why.map(str::to_owned),
        }
    }

    /// The swap that a record is, if it is one.
    #[must_use]
    pub fn of(record: &Record) -> Option<Swap> {
        let is_one = record.summary.kind == Kind::Swap;
        is_one.then(|| serde_json::from_str(&record.content).ok()).flatten()
    }
}

/// What was done, in a line: `promoted ocr 1.2.0 → 1.3.0`.
impl std::fmt::Display for Swap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Swap { act, before, after, .. } = self;
        write!(f, "{act} {} {} → {}", after.id, before.version, after.version)
    }
}

/// Logs a swap. When this returns, it is on the disk.
///
/// # Errors
/// When it could not be added; the ledger is as it was.
pub fn append(ledger: &mut Ledger, swap: &Swap) -> Result<Head, Error> {
    let (content, id) = log::written(swap, "swap")?;
    let entry = Entry { content: &content, ..Entry::new(Kind::Swap, &id, &swap.created) };
    Ok(ledger.append(&[entry])?)
}

/// All swaps of a ledger, in order, with the numbers of their records.
///
/// # Errors
/// When the ledger cannot be read, or one of them is no swap.
pub fn history(ledger: &Ledger) -> Result<Vec<(u64, Swap)>, Error> {
    let filter = Filter { kind: Some(Kind::Swap), ..Filter::default() };
    let read = |record: &Record| {
        let number = record.summary.number;
        let swap = Swap::of(record).ok_or_else(|| {
            let hint = "it was written by another version of this program";
            Error::new(format!("record {number} is no swap"), hint)
        })?;
        Ok((number, swap))
    };
    ledger.records(&filter)?.iter().map(read).collect()
}
