//! The JSON schema of a decision, generated from the types that are written.
//!
//! The committed copy is `docs/decision.schema.json`; a test fails when it is
//! not the generated one, and says how to make it anew. Types of the crates
//! below, which know nothing of schemas, are described here by twins with the
//! same JSON form; a test holds the twins to real decisions.

#![allow(dead_code, reason = "the twins exist for their schema alone")]

use schemars::JsonSchema;

/// The schema, as JSON text that ends with a line break.
#[must_use]
pub fn decision() -> String {
    let schema = schemars::schema_for!(crate::decision::Decision);
    // A schema is made of strings, numbers and maps; writing one cannot fail.
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

/// The three opposed pulls, each in [0.1, 0.9].
#[derive(JsonSchema)]
pub(crate) struct Tensions {
    exploit_explore: f64,
    focus_diversify: f64,
    compress_particularize: f64,
}

/// Why a total that could be chosen from a range is above its least, in tokens. The parts sum to what was added.
#[derive(JsonSchema)]
pub(crate) struct Raised {
    /// The least total of the range.
    from: u64,
    /// Because the question separates the patches weakly.
    by_coupling: u64,
    /// Because what is there and what stands out disagree.
    by_disagreement: u64,
    /// Because a reader would not surely get the answer at the least total; null where nothing says how sure.
    by_confidence: Option<u64>,
    /// How surely it would, in [0, 1]; null where there is no probability, which raises as much as one of 0.
    confidence_there: Option<f64>,
}

/// Tensions that are held, each in [0.1, 0.9].
#[derive(JsonSchema)]
pub(crate) struct Held {
    exploit_explore: Option<f64>,
    focus_diversify: Option<f64>,
    compress_particularize: Option<f64>,
}

/// What a decision rests on.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    Coupled,
    Content,
    Uniform,
}

/// How far the system may move tokens by itself.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Advisory,
    Guarded,
    Autonomous,
}

/// What the three ways together say of a patch.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Confident,
    Background,
    Distractor,
    Surprise,
    Uncertain,
}

/// Contributions to the tokens of each patch, in sixths of a token; per patch
/// they sum to six times its tokens.
#[derive(JsonSchema)]
pub(crate) struct Account {
    uniform: Vec<i64>,
    allocator: Vec<i64>,
    propositional: Vec<i64>,
    perspectival: Vec<i64>,
    participatory: Vec<i64>,
}

/// The token counts a patch may take.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(crate) enum Levels {
    Named(NamedLevels),
    List(Vec<u32>),
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NamedLevels {
    Any,
    Squares,
}

/// What tokens buy.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sampling {
    Grid,
    Keep,
}

/// A rule for one patch, counted from 0 row by row.
#[derive(JsonSchema)]
pub(crate) struct Override {
    patch: usize,
    rule: Rule,
}

/// What an override does.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Rule {
    Pin(u32),
    Floor(u32),
    Ceil(u32),
    Ban,
}

/// A way of knowing.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Way {
    Propositional,
    Perspectival,
    Participatory,
}

/// Who a plugin is.
#[derive(JsonSchema)]
pub(crate) struct Identity {
    id: String,
    version: String,
    blake3: String,
    abi: String,
}
