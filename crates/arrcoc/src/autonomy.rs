//! How far decisions may go: earned over blocks of decisions, lost at once, and every step of it in the ledger.
//!
//! A ledger holds, beside decisions and feedback, [`Configuration`]s: the level of autonomy, the calibration that goes
//! with it, and why it is so. The last one is in force. [`evaluate`] gathers the decisions since then into blocks,
//! has `arrcoc_decide::autonomy` judge them, and appends the next configuration where the level changes. [`set`],
//! [`promote`] and [`roll_back`] are what a person does; they leave the same kind of record.
//!
//! A configuration has everything that it was made from: the blocks with their numbers and judgements, the baseline they
//! were compared with, the limits. What was read is bounded by the number of a record, so that the same comes
//! out again later: [`explain`] gathers it anew and says whether it does. Two processes may evaluate at once: a
//! configuration is appended on condition that the one it was made from is still in force.
//!
//! ```
//! use arrcoc::{Config, Engine, Photo, Request, autonomy, calibration::Calibration, ledger::Ledger, log};
//!
//! let folder = tempfile::tempdir().unwrap();
//! let mut ledger = Ledger::open(&folder.path().join("decisions.ledger"))?;
//! let engine = Engine::open(Config::default())?;
//! autonomy::begin(&mut ledger, &Calibration::reference()?, Default::default())?.govern(&engine)?;
//! let request = Request::new(Photo::from_rgb(96, 96, vec![200; 96 * 96 * 3])?);
//! let decision = engine.allocate(&request)?;
//! log::append(&mut ledger, &[&decision])?;
//! assert_eq!((decision.autonomy, decision.governed.unwrap().configuration), (0.5, 1));
//! // One decision is no block: nothing changes.
//! if let Some(next) = autonomy::evaluate(&mut ledger)? {
//!     next.govern(&engine)?;
//! }
//! # Ok::<(), arrcoc::Error>(())
//! ```

mod acts;
mod blocks;
mod explained;

use arrcoc_decide::autonomy::{Evidence, Judgement, Level, Thresholds};
use arrcoc_ledger::{Entry, Filter, Kind, Ledger, Record};
use serde::{Deserialize, Serialize};

use crate::{calibration::Calibration, engine::Engine, error::Error, log};

pub use acts::{Governor, Settled, begin, evaluate, promote, roll_back, set};
pub use blocks::{State, sample};
pub use explained::{Explained, explain, line};

/// Name and version of the form of a configuration.
pub const SCHEMA: &str = "arrcoc.configuration/1";

/// The most blocks that are looked at, the latest: feedback that comes later than that is for recalibration alone.
pub const HORIZON: usize = 8;

/// How decisions are made from now on, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Configuration {
    /// [`SCHEMA`].
    pub schema: String,
    /// The level.
    pub level: Level,
    /// The highest level that a person allows.
    pub ceiling: Level,
    /// The calibration.
    pub calibration: Calibrated,
    /// The block that others are compared with; the first good one becomes it where there is none.
    pub baseline: Option<Baseline>,
    /// What is good and what is bad, and how long a block is.
    pub thresholds: Thresholds,
    /// What made it so.
    pub cause: Cause,
    /// The number of the record of the configuration before; of the first there is none.
    pub replaces: Option<u64>,
    /// Where calibration and baseline are those of an earlier configuration again, the number of its record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<u64>,
    /// The last record that was read for it: later ones had no part.
    pub through: u64,
    /// The blocks of the configuration before, at most the last eight, as they were judged; and before them those
    /// that it was earned by.
    pub evidence: Vec<Block>,
    /// Who did it, where a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// Why, as they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Where a calibration was promoted against what was found, or without anything that was: that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub despite: Option<String>,
}

/// What made a configuration what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cause {
    /// It is the first.
    Begun,
    /// The first good block is what others are compared with from now on.
    Baseline,
    /// The controller took a level away.
    StepDown,
    /// The controller gave a level.
    StepUp,
    /// A person set the level.
    Set,
    /// A person put another calibration in force.
    Promoted,
    /// A person put an earlier configuration in force again.
    RolledBack,
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Cause::Begun => "begun",
            Cause::Baseline => "baseline",
            Cause::StepDown => "step-down",
            Cause::StepUp => "step-up",
            Cause::Set => "set",
            Cause::Promoted => "promoted",
            Cause::RolledBack => "rolled-back",
        })
    }
}

/// The calibration of a configuration, whole: it does not depend on a file that may change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibrated {
    /// Its version, with that of the reference that it lies over.
    pub version: String,
    /// BLAKE3 of the text, in hexadecimal; absent when there is none.
    pub blake3: Option<String>,
    /// The file that lies over the reference; absent when nothing does.
    pub text: Option<String>,
}

impl Calibrated {
    /// Of a calibration as it is in use.
    #[must_use]
    pub fn of(calibration: &Calibration) -> Calibrated {
        let text = calibration.text().map(str::to_owned);
        let blake3 = text.as_ref().map(|text| blake3::hash(text.as_bytes()).to_hex().to_string());
        Calibrated { version: calibration.version().to_owned(), blake3, text }
    }

    /// The calibration.
    ///
    /// # Errors
    /// When the text is none, which it was when it was logged.
    pub fn calibration(&self) -> Result<Calibration, Error> {
        self.text.clone().map_or_else(Calibration::reference, Calibration::over_reference)
    }
}

/// The block that others are compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The record of its first decision.
    pub first: u64,
    /// The record of its last.
    pub last: u64,
    /// What it came to.
    pub evidence: Evidence,
}

/// A block of decisions as it was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// The record of its first decision.
    pub first: u64,
    /// The record of its last.
    pub last: u64,
    /// What it came to.
    pub evidence: Evidence,
    /// What it was found to be.
    pub judgement: Judgement,
}

/// A configuration, with where it stands in its ledger.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct InForce {
    /// The number of its record.
    pub number: u64,
    /// When it was logged.
    pub created: String,
    /// The configuration.
    pub configuration: Configuration,
}

impl InForce {
    fn of(record: &Record) -> Result<InForce, Error> {
        let number = record.summary.number;
        let broken = |why: String| {
            let hint = "it was written by another version of this program, or is no ledger of decisions";
            Error::new(format!("record {number} is no configuration: {why}"), hint)
        };
        let configuration: Configuration =
            serde_json::from_str(&record.content).map_err(|e| broken(e.to_string()))?;
        if configuration.schema != SCHEMA {
            return Err(broken(format!("its schema is `{}`", configuration.schema)));
        }
        if configuration.thresholds.block == 0 {
            return Err(broken("its blocks have no decisions".into()));
        }
        Ok(InForce { number, created: record.summary.created.clone(), configuration })
    }

    /// Has decisions of an engine that begin from now on be made so.
    ///
    /// # Errors
    /// When its calibration cannot be read.
    pub fn govern(&self, engine: &Engine) -> Result<(), Error> {
        let calibration = self.configuration.calibration.calibration()?;
        engine.govern(self.configuration.level, calibration, self.number);
        Ok(())
    }
}

/// The configuration in force, if there is one.
///
/// # Errors
/// When the ledger cannot be read, or what is in force is no configuration.
pub fn in_force(ledger: &Ledger) -> Result<Option<InForce>, Error> {
    let Some(number) = ledger.last_of(Kind::Configuration)? else { return Ok(None) };
    ledger.record(number)?.as_ref().map(InForce::of).transpose()
}

/// All configurations, in order; the last is in force.
///
/// # Errors
/// When the ledger cannot be read, or one of them is no configuration.
pub fn history(ledger: &Ledger) -> Result<Vec<InForce>, Error> {
    let filter = Filter { kind: Some(Kind::Configuration), ..Filter::default() };
    ledger.records(&filter)?.iter().map(InForce::of).collect()
}

/// What a list of records says of a configuration: cause and level.
#[must_use]
pub fn said(record: &Record) -> Option<String> {
    let set = (record.summary.kind == Kind::Configuration).then(|| InForce::of(record).ok()).flatten()?;
    Some(format!(" {} {}", set.configuration.cause, set.configuration.level))
}

/// Appends a configuration, unless another than `after` is in force by now.
fn append(
    ledger: &mut Ledger,
    after: Option<u64>,
    configuration: Configuration,
) -> Result<Option<InForce>, Error> {
    let (content, id) = log::written(&configuration, "configuration")?;
    let created = jiff::Timestamp::now().to_string();
    let entry = Entry { content: &content, ..Entry::new(Kind::Configuration, &id, &created) };
    let head = ledger.append_after(Kind::Configuration, after, &[entry])?;
    Ok(head.map(|head| InForce { number: head.number, created, configuration }))
}
