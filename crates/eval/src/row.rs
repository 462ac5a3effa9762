//! A row: one number that was observed. `results.parquet` holds all of them.

/// One number, of one method, on one page or in one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row {
    /// The suite.
    pub(crate) suite: String,
    /// The measure that observed it, such as `decode`.
    pub(crate) measure: &'static str,
    /// The method.
    pub(crate) method: String,
    /// The page or run, from 0.
    pub(crate) item: u32,
    /// The seed that the page was drawn from.
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
    pub(crate) metric: &'static str,
    /// The number.
    pub(crate) value: f64,
    /// What it counts for in a mean: the number of codes on the page, otherwise 1.
    pub(crate) weight: f64,
    /// Why the decision retreated; empty where it did not.
    pub(crate) reason: String,
    /// The id of the decision; empty where there was none.
    pub(crate) decision: String,
}
