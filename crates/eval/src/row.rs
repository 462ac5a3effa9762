//! A row: one number that was observed. `results.parquet` holds all of them.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::measure;

/// One number, of one method, on one page or in one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// The suite.
    pub(crate) suite: String,
    /// The measure or task that observed it, such as `decode`.
    #[serde(deserialize_with = "measure_name")]
    pub(crate) measure: Name,
    /// The method.
    pub(crate) method: String,
    /// The dataset.
    pub(crate) dataset: String,
    /// The page or run, from 0.
    pub(crate) item: u32,
    /// Its name in the dataset.
    pub(crate) name: String,
    /// The question, from 0; none where the number is of the page as a whole.
    pub(crate) ask: Option<u32>,
    /// What sort of page: `layout form, type 22`.
    pub(crate) traits: String,
    /// The seed that the page was drawn from; 0 where it was not drawn.
    pub(crate) seed: u64,
    /// Width of the image in pixels.
    pub(crate) width: u32,
    /// Height of the image in pixels.
    pub(crate) height: u32,
    /// Tokens of a patch on average, as asked for; none where no budget applies.
    pub(crate) average: Option<f64>,
    /// Tokens that were handed out; none where no budget applies.
    pub(crate) applied: Option<u64>,
    /// What was done besides, such as `shift 1,0` or `fault bad-nan`.
    pub(crate) condition: Option<String>,
    /// What was observed.
    #[serde(deserialize_with = "metric_name")]
    pub(crate) metric: Name,
    /// The number; not a number where the observation failed.
    pub(crate) value: f64,
    /// What it counts for in a mean: the number of answers, otherwise 1.
    pub(crate) weight: f64,
    /// Why the decision retreated, or why the observation failed; empty where neither is so.
    pub(crate) reason: String,
    /// The id of the decision; empty where there was none.
    pub(crate) decision: String,
}

/// A name that this program gives. Behind another name, since a reader takes a plain reference for one into its input.
type Name = &'static str;

/// The metric of an observation that failed: its value is not a number and its reason says why.
pub(crate) const FAILED: &str = "failed";

impl Row {
    /// Whether this row tells of a failure.
    pub(crate) fn has_failed(&self) -> bool {
        self.metric == FAILED
    }
}

/// Rows that were kept from an earlier run have the names of this one, or they are not taken.
fn measure_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    let name = String::deserialize(deserializer)?;
    measure::names().find(|known| *known == name).ok_or_else(|| D::Error::custom("an unknown measure"))
}

fn metric_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    let name = String::deserialize(deserializer)?;
    measure::row_metrics().find(|known| *known == name).ok_or_else(|| D::Error::custom("an unknown metric"))
}
