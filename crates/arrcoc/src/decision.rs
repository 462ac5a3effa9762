//! The decision: allocation, account and provenance in one record. It is what
//! `--json` writes, what `explain` reads, and the unit of any log.
//!
//! Numbers survive writing and reading bit for bit. The id is the BLAKE3 of the
//! deterministic part (everything but `id`, `created`, `host` and
//! `timings_us`), so two runs that decided the same have the same id. What was
//! asked of the engine stands in it, so that it can be decided again ([`crate::rerun`]).

use std::{collections::BTreeMap, path::Path};

use arrcoc_decide::{
    Account, Bounds, Held, Level, Levels, Mode, Override, Policy, Raised, Sampling, Tensions, Terms, Total,
    Verdict, Way,
};
use arrcoc_host::{Identity, TensorBuf};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{config::Config, error::Error, files, schema};

/// Name and version of the format.
pub const SCHEMA: &str = "arrcoc.decision/1";

/// A decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Decision {
    /// [`SCHEMA`].
    pub schema: String,
    /// BLAKE3 of the deterministic part, in hexadecimal.
    pub id: String,
    /// When, in UTC.
    pub created: String,
    /// Where.
    pub host: Host,
    /// The image.
    pub image: ImageRecord,
    /// The question; absent when there was none.
    pub query: Option<QueryRecord>,
    /// Tensors that were given.
    pub tensors: Vec<TensorRecord>,
    /// The patch grid.
    pub grid: GridRecord,
    /// What the allocation had to satisfy.
    pub policy: PolicyRecord,
    /// Tokens that were asked for.
    pub requested: u64,
    /// Tokens that were handed out.
    pub applied: u64,
    /// Tokens of each patch: R rows of C numbers.
    pub tokens: Vec<Vec<u32>>,
    /// The score maps: N numbers each, in [0, 1], or null.
    pub scores: Scores,
    /// The calibrated channels that the score maps are made of.
    pub channels: Vec<ChannelRecord>,
    /// What the tokens were shared by: N numbers that sum to 1.
    pub weights: Vec<f64>,
    /// The three opposed pulls.
    #[schemars(with = "schema::Tensions")]
    pub tensions: Tensions,
    /// How strongly the question separates the patches, in [0, 1].
    pub coupling: f64,
    /// How much what is there and what stands out disagree, in [0, 1].
    pub disagreement: f64,
    /// How likely a reader gets the answer; absent where the calibration does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<ConfidenceRecord>,
    /// Where the total was chosen from a range, what raised it above the least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::Raised>")]
    pub raised: Option<Raised>,
    /// How far the allocation was allowed to move from uniform.
    pub autonomy: f64,
    /// Where a ledger says how far decisions go: what it said of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub governed: Option<Governed>,
    /// How the engine was set up, where that is not the standard.
    #[serde(default, skip_serializing_if = "Settings::is_standard")]
    pub settings: Settings,
    /// What the decision rests on.
    #[schemars(with = "schema::Mode")]
    pub mode: Mode,
    /// Why anything retreated; empty when nothing did.
    pub reasons: Vec<String>,
    /// What else a reader should know.
    pub notes: Vec<String>,
    /// What the three ways together say of each patch: N codes.
    #[schemars(with = "Vec<schema::Verdict>")]
    pub verdicts: Vec<Verdict>,
    /// Who contributed how many tokens to each patch, in sixths.
    #[schemars(with = "schema::Account")]
    pub account: Account,
    /// The allocator.
    pub allocator: AllocatorRecord,
    /// The calibration.
    pub calibration: CalibrationRecord,
    /// The plugins that took part.
    pub plugins: Vec<PluginRecord>,
    /// Microseconds of each stage.
    pub timings_us: BTreeMap<String, u64>,
}

/// What a ledger said of how far a decision may go (docs/autonomy.md).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Governed {
    /// The level.
    #[schemars(with = "schema::Level")]
    pub level: Level,
    /// The number of the record in the ledger that set it, and says which calibration goes with it.
    pub configuration: u64,
    /// How far the engine's own settings would let it go, 0 to 1.
    pub autonomy: f64,
    /// The tokens of each patch as they would be then, in rows; absent where it may go as far as that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advised: Option<Vec<Vec<u32>>>,
}

/// Where a decision was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Host {
    /// Version of this program.
    pub arrcoc: String,
    /// Operating system.
    pub os: String,
    /// Processor architecture.
    pub arch: String,
    /// Threads that scorers were granted.
    pub threads: usize,
}

/// The image of a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ImageRecord {
    /// The file, as it was named.
    pub path: Option<String>,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// BLAKE3 of the file, or of the pixels when there was no file.
    pub blake3: String,
    /// Whether it was read in bands of rows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_bands: bool,
}

/// The question of a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QueryRecord {
    /// The text.
    pub text: String,
    /// BLAKE3 of the text.
    pub blake3: String,
}

impl QueryRecord {
    /// The record of a question; none of an empty one.
    pub(crate) fn of(query: &str) -> Option<QueryRecord> {
        let blake3 = || blake3::hash(query.as_bytes()).to_hex().to_string();
        (!query.is_empty()).then(|| QueryRecord { text: query.to_owned(), blake3: blake3() })
    }
}

/// A tensor that was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TensorRecord {
    /// Its name.
    pub name: String,
    /// BLAKE3 of its elements, after resampling to the grid.
    pub blake3: String,
    /// The file it came from, as it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl TensorRecord {
    pub(crate) fn of(tensor: &TensorBuf, path: Option<&Path>) -> TensorRecord {
        let blake3 = blake3::hash(tensor.as_bytes()).to_hex().to_string();
        let path = path.map(|path| path.to_string_lossy().into_owned());
        TensorRecord { name: tensor.name().into(), blake3, path }
    }
}

/// How likely a reader gets the answer at an allocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfidenceRecord {
    /// The probability, in [0, 1]; null where this is unlike all that it was fitted on.
    pub probability: Option<f64>,
    /// The reader.
    pub reader: String,
    /// How it is unlike that, one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlike: Vec<String>,
}

/// The patch grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GridRecord {
    /// Rows.
    pub rows: u32,
    /// Columns.
    pub cols: u32,
}

/// What the allocation had to satisfy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyRecord {
    /// Fewest tokens of a patch without an override.
    pub min: u32,
    /// Most tokens of a patch without an override.
    pub max: u32,
    /// The total: one number, or both ends of a range.
    pub total: TotalRecord,
    /// The token counts a patch may take.
    #[schemars(with = "schema::Levels")]
    pub levels: Levels,
    /// What tokens buy.
    #[schemars(with = "schema::Sampling")]
    pub sampling: Sampling,
    /// Rules for single patches.
    #[schemars(with = "Vec<schema::Override>")]
    pub overrides: Vec<Override>,
    /// Whether uniform was forced.
    #[serde(default)]
    pub force_uniform: bool,
    /// Who overruled, and why; absent when nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Authority>,
    /// Where the total is this image's part of one that several share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchRecord>,
}

/// A total that several images share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchRecord {
    /// Images that share it.
    pub images: usize,
    /// Which of them this is, from 0.
    pub index: usize,
    /// Tokens that were asked for, for all of them.
    pub requested: u64,
    /// Tokens that all of them have.
    pub applied: u64,
    /// Tokens that this image would have if all patches had the same, as far as bounds allow.
    pub even: u64,
    /// How strongly the questions separate the patches of all images, in [0, 1].
    pub coupling: f64,
    /// Why anything retreated while the total was shared.
    pub reasons: Vec<String>,
}

/// Who overruled the bounds and the plugins, and why, as they said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Authority {
    /// Their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// Their reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A total: one number, or both ends of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum TotalRecord {
    /// Exactly this many.
    Exact(u64),
    /// From the first to the second.
    Range([u64; 2]),
}

/// The three score maps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scores {
    /// What is there.
    pub propositional: Option<Vec<f64>>,
    /// What stands out.
    pub perspectival: Option<Vec<f64>>,
    /// What is asked for.
    pub participatory: Option<Vec<f64>>,
}

/// A calibrated channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChannelRecord {
    /// The scorer it came from.
    pub plugin: String,
    /// Its name.
    pub name: String,
    /// The way it speaks for.
    #[schemars(with = "schema::Way")]
    pub way: Way,
    /// How much it counts; 0 when it is not calibrated.
    pub theta: f64,
    /// One number per patch, in [0, 1].
    pub values: Vec<f64>,
}

/// The allocator of a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AllocatorRecord {
    /// Its id.
    pub id: String,
    /// Its parameters, a seed among them.
    pub parameters: serde_json::Map<String, serde_json::Value>,
}

/// The calibration of a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalibrationRecord {
    /// Its version.
    pub version: String,
    /// The file that was laid over the reference, as it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl CalibrationRecord {
    /// What stands for it in the key of a request that is decided as a ledger says.
    pub(crate) fn governed() -> CalibrationRecord {
        CalibrationRecord { version: "as the ledger says".into(), path: None }
    }
}

/// How an engine was set up, beyond the policy: what [`Config`] says that has a part in a decision. What is empty is
/// the standard.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Settings {
    /// The scorers that were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scorers: Vec<String>,
    /// The allocator that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocator: Option<String>,
    /// The backend that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
    /// Parameters that were given: id → key → value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, BTreeMap<String, String>>,
    /// Tensions that were held.
    #[serde(skip_serializing_if = "is_free")]
    #[schemars(with = "schema::Held")]
    pub held: Held,
}

fn is_free(held: &Held) -> bool {
    *held == Held::default()
}

impl Settings {
    pub(crate) fn of(config: &Config) -> Settings {
        let sorted = |params: &std::collections::HashMap<String, String>| {
            params.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
        };
        Settings {
            scorers: config.scorers.clone(),
            allocator: config.allocator.clone(),
            backend: config.backend.clone(),
            params: config.params.iter().map(|(id, params)| (id.clone(), sorted(params))).collect(),
            held: config.held,
        }
    }

    /// Sets a configuration up in this way, in the place of what it says itself.
    pub(crate) fn set_up(&self, config: &mut Config) {
        config.scorers.clone_from(&self.scorers);
        config.allocator.clone_from(&self.allocator);
        config.backend.clone_from(&self.backend);
        config.held = self.held;
        config.params.clear();
        for (id, params) in &self.params {
            params.iter().for_each(|(key, value)| config.set_param(id, key, value));
        }
    }

    fn is_standard(&self) -> bool {
        *self == Settings::default()
    }
}

/// What is decided, before it is: two with the same key ask the same of the same image.
#[derive(Serialize)]
pub(crate) struct Question<'a> {
    pub(crate) image: (Option<&'a str>, &'a str),
    pub(crate) query: Option<&'a str>,
    pub(crate) tensors: &'a [TensorRecord],
    pub(crate) grid: GridRecord,
    pub(crate) policy: &'a PolicyRecord,
    pub(crate) autonomy: f64,
    pub(crate) settings: &'a Settings,
    pub(crate) calibration: &'a CalibrationRecord,
}

impl Question<'_> {
    /// BLAKE3 in hexadecimal.
    pub(crate) fn key(&self) -> Result<String, Error> {
        canonical_hash(self)
    }
}

/// BLAKE3 of a value as JSON whose keys are sorted.
fn canonical_hash(value: &impl Serialize) -> Result<String, Error> {
    let broken =
        |e: serde_json::Error| Error::new(format!("it cannot be written as JSON: {e}"), "report this");
    let value = serde_json::to_value(value).map_err(broken)?;
    Ok(blake3::hash(serde_json::to_string(&value).map_err(broken)?.as_bytes()).to_hex().to_string())
}

impl PolicyRecord {
    pub(crate) fn of(
        terms: &Terms,
        authority: Option<&Authority>,
        batch: Option<&BatchRecord>,
    ) -> PolicyRecord {
        let policy = terms.policy();
        PolicyRecord {
            min: policy.bounds.min(),
            max: policy.bounds.max(),
            total: match policy.total {
                Total::Range { .. } => TotalRecord::Range([terms.lo(), terms.hi()]),
                _ => TotalRecord::Exact(terms.lo()),
            },
            levels: policy.levels.clone(),
            sampling: policy.sampling,
            overrides: policy.overrides.clone(),
            force_uniform: policy.force_uniform,
            authority: authority.cloned(),
            batch: batch.cloned(),
        }
    }

    /// The policy that this is the record of.
    ///
    /// # Errors
    /// When the bounds are reversed.
    pub fn policy(&self) -> Result<Policy, Error> {
        let total = match self.total {
            TotalRecord::Exact(tokens) => Total::Exact(tokens),
            TotalRecord::Range([lo, hi]) => Total::Range { lo, hi },
        };
        Ok(Policy {
            bounds: Bounds::new(self.min, self.max)?,
            total,
            levels: self.levels.clone(),
            sampling: self.sampling,
            overrides: self.overrides.clone(),
            force_uniform: self.force_uniform,
        })
    }
}

/// A plugin that took part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PluginRecord {
    /// The library.
    #[serde(flatten)]
    #[schemars(with = "schema::Identity")]
    pub identity: Identity,
    /// Which of its scorers or allocators took part.
    pub part: String,
    /// The parameters it had.
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// Where it ran.
    pub device: String,
    /// What its numbers come from, as it says; calibration is keyed by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<String>,
}

impl Decision {
    /// Sets the id from the deterministic part.
    pub(crate) fn seal(mut self) -> Result<Decision, Error> {
        self.id = self.computed_id()?;
        Ok(self)
    }

    /// The id that the deterministic part has.
    ///
    /// # Errors
    /// When the record holds a number that JSON cannot express.
    pub fn computed_id(&self) -> Result<String, Error> {
        let broken =
            |e: serde_json::Error| Error::new(format!("the decision cannot be written: {e}"), "report this");
        // A `Value` keeps its keys sorted, so its text is canonical.
        let mut value = serde_json::to_value(self).map_err(broken)?;
        if let Some(object) = value.as_object_mut() {
            for varying in ["id", "created", "host", "timings_us"] {
                object.remove(varying);
            }
        }
        let text = serde_json::to_string(&value).map_err(broken)?;
        Ok(blake3::hash(text.as_bytes()).to_hex().to_string())
    }

    /// The decision as one line of JSON.
    ///
    /// # Errors
    /// When the record holds a number that JSON cannot express.
    pub fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string(self)
            .map_err(|e| Error::new(format!("the decision cannot be written: {e}"), "report this"))
    }

    /// Reads a decision from JSON and checks that its parts fit together.
    ///
    /// # Errors
    /// When it is no decision, or its parts do not fit together.
    pub fn from_json(text: &str) -> Result<Decision, Error> {
        let hint = "give a file that `arrcoc allocate --json` wrote";
        let decision: Decision = serde_json::from_str(text).map_err(|e| {
            let several = text.lines().filter(|line| line.starts_with('{')).count() > 1;
            match e.to_string() {
                trailing if several && trailing.starts_with("trailing characters") => Error::new(
                    "it holds more than one decision",
                    "give one of its lines, or log decisions with --log and name one by its id",
                ),
                other => Error::new(format!("not a decision: {other}"), hint),
            }
        })?;
        if decision.schema != SCHEMA {
            return Err(Error::new(format!("its schema is `{}`, not `{SCHEMA}`", decision.schema), hint));
        }
        let patches = decision.grid.rows as usize * decision.grid.cols as usize;
        let cols = decision.grid.cols as usize;
        let fits = |tokens: &Vec<Vec<u32>>| {
            tokens.len() == decision.grid.rows as usize && tokens.iter().all(|row| row.len() == cols)
        };
        let advised = decision.governed.as_ref().and_then(|governed| governed.advised.as_ref());
        let rows_fit = fits(&decision.tokens) && advised.is_none_or(fits);
        let account = &decision.account;
        let maps =
            [&decision.scores.propositional, &decision.scores.perspectival, &decision.scores.participatory];
        let mut lengths = vec![decision.weights.len(), decision.verdicts.len()];
        let parts = [
            &account.uniform,
            &account.allocator,
            &account.propositional,
            &account.perspectival,
            &account.participatory,
        ];
        lengths.extend(parts.map(|part| part.len()));
        lengths.extend(maps.into_iter().flatten().map(Vec::len));
        lengths.extend(decision.channels.iter().map(|c| c.values.len()));
        if patches == 0 || !rows_fit || lengths.iter().any(|&n| n != patches) {
            return Err(Error::new("not a decision: its parts have different numbers of patches", hint));
        }
        Ok(decision)
    }

    /// Reads a decision from a file.
    ///
    /// # Errors
    /// When it cannot be read or is no decision.
    pub fn read(path: &Path) -> Result<Decision, Error> {
        let text = files::read_text(path, "read the decision", files::DECISION)?;
        Decision::from_json(&text).map_err(|e| e.in_file(path))
    }

    /// The key of what was decided: the same for all decisions that were asked the same.
    ///
    /// # Errors
    /// When the record holds a number that JSON cannot express.
    pub fn request(&self) -> Result<String, Error> {
        let governed = CalibrationRecord::governed();
        Question {
            image: (self.image.path.as_deref(), &self.image.blake3),
            query: self.query.as_ref().map(|query| query.text.as_str()),
            tensors: &self.tensors,
            grid: self.grid,
            policy: &self.policy,
            autonomy: self.governed.as_ref().map_or(self.autonomy, |governed| governed.autonomy),
            settings: &self.settings,
            calibration: if self.governed.is_some() { &governed } else { &self.calibration },
        }
        .key()
    }

    /// Tokens of each patch, row by row.
    #[must_use]
    pub fn flat_tokens(&self) -> Vec<u32> {
        self.tokens.concat()
    }

    /// Number of patches.
    #[must_use]
    pub fn patches(&self) -> usize {
        self.grid.rows as usize * self.grid.cols as usize
    }

    /// The bounds of the policy.
    ///
    /// # Errors
    /// When the record's bounds are reversed.
    pub fn bounds(&self) -> Result<Bounds, Error> {
        Ok(Bounds::new(self.policy.min, self.policy.max)?)
    }
}
