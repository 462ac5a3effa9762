//! What the page is given: everything it shows, in the words of the evaluation.
//!
//! The page computes nothing that a claim rests on. Estimates, intervals,
//! outcomes and sentences come from here; the page only sorts, scales and draws
//! them. A list may be empty, and a number that is not finite is written as
//! `null` and shown as a dash.

use std::collections::BTreeMap;

use serde::Serialize;

/// The whole page.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Page {
    /// The heading.
    pub(crate) title: String,
    /// When the run began, as it is to be shown.
    pub(crate) created: String,
    /// The command that makes this run again.
    pub(crate) command: String,
    /// Version of the program.
    pub(crate) version: String,
    /// Names and values, such as `("processor", "…")`.
    pub(crate) machine: Vec<(String, String)>,
    /// How long the run took.
    pub(crate) seconds: f64,
    /// `quick`, `standard` or `full`.
    pub(crate) length: String,
    /// A quick run is for gates and not for claims; the page says so.
    pub(crate) quick: bool,
    /// Whether every gate holds.
    pub(crate) holds: bool,
    /// The system against each reference and baseline: the first screen.
    pub(crate) answers: Vec<Answer>,
    /// What the system costs, a sentence each.
    pub(crate) costs: Vec<Cost>,
    /// Gates that failed, items that could not be read, methods that could not run.
    pub(crate) failed: Vec<Failed>,
    /// What was left out, and why; a sentence each.
    pub(crate) not_measured: Vec<String>,
    /// Suite by suite.
    pub(crate) suites: Vec<SuiteView>,
    /// Items that can be looked at patch by patch.
    pub(crate) explorer: Vec<Item>,
}

/// One comparison of the system with another method.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Answer {
    /// The other method.
    pub(crate) against: String,
    /// What was measured on.
    pub(crate) dataset: String,
    /// What was measured.
    pub(crate) metric: String,
    /// Unit of `estimate`, `low`, `high` and `power`, such as `points`. One scale is drawn for each unit.
    pub(crate) unit: String,
    /// Where: `at 144 tokens a patch`, `over all budgets`.
    pub(crate) at: String,
    /// The difference; above 0 is in favour of the system.
    pub(crate) estimate: f64,
    /// Ends of the 95 % interval; none where there are too few items for one.
    pub(crate) low: Option<f64>,
    /// See `low`.
    pub(crate) high: Option<f64>,
    /// p after Holm's correction; none for an exploratory comparison.
    pub(crate) p: Option<f64>,
    /// How many items it rests on.
    pub(crate) n: usize,
    /// What `n` counts, in the plural: `pages`.
    pub(crate) of: String,
    /// What it comes to.
    pub(crate) outcome: Outcome,
    /// The smallest true difference that would have been found four times in five.
    pub(crate) power: Option<f64>,
    /// Whether the comparison was named before the run.
    pub(crate) primary: bool,
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// The system is better, beyond doubt.
    Better,
    /// The system is worse, beyond doubt.
    Worse,
    /// No difference was shown.
    Unclear,
}

/// What something costs, in one sentence.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Cost {
    pub(crate) text: String,
}

/// Something that failed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Failed {
    /// The gate, item or method.
    pub(crate) what: String,
    /// What was seen.
    pub(crate) why: String,
    /// File and line, or the suite.
    pub(crate) place: String,
}

/// A suite: sentences, gates, figures and tables.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct SuiteView {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    /// What it found, a sentence each.
    pub(crate) verdicts: Vec<String>,
    pub(crate) gates: Vec<GateView>,
    pub(crate) curves: Vec<Curves>,
    pub(crate) pareto: Vec<Pareto>,
    pub(crate) tables: Vec<TableView>,
}

/// A gate and what became of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct GateView {
    pub(crate) name: String,
    pub(crate) outcome: GateOutcome,
    /// What was seen.
    pub(crate) why: String,
    /// File and line.
    pub(crate) place: String,
}

/// What became of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum GateOutcome {
    Holds,
    Fails,
    /// What it looks at could not be measured.
    Unknown,
}

/// What a method is in a comparison; it decides how its line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// What the evaluation is about.
    System,
    /// In every chart: uniform, edge-density, downsample. Dashed.
    Reference,
    /// A rule from a paper or of the house. Thin.
    Baseline,
    /// Is told the answer: a ceiling, and never on a frontier. Dotted.
    Oracle,
}

/// A figure of lines with bands, such as the share read against tokens a patch.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Curves {
    pub(crate) title: String,
    pub(crate) x_name: String,
    pub(crate) y_name: String,
    /// y is a share in [0, 1], shown as per cent.
    pub(crate) percent: bool,
    /// x is drawn by its logarithm; then every x is above 0.
    pub(crate) log_x: bool,
    pub(crate) series: Vec<Series>,
    /// The best that can be reached, drawn as a level line.
    pub(crate) ceiling: Option<f64>,
}

/// One method's line.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Series {
    pub(crate) method: String,
    pub(crate) kind: Kind,
    /// In the order of x.
    pub(crate) points: Vec<Point>,
}

/// A point of a line, with its 95 % interval and n.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    pub(crate) n: usize,
}

/// A figure of price against worth. Less x is better, more y is better.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Pareto {
    pub(crate) title: String,
    pub(crate) x_name: String,
    pub(crate) y_name: String,
    /// y is a share in [0, 1], shown as per cent.
    pub(crate) percent: bool,
    /// x is drawn by its logarithm; then every x is above 0.
    pub(crate) x_log: bool,
    pub(crate) points: Vec<Priced>,
}

/// A point of price and worth.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Priced {
    pub(crate) method: String,
    pub(crate) kind: Kind,
    /// What tells it from the method's other points, such as `144 tokens`; may be empty.
    pub(crate) label: String,
    pub(crate) x: f64,
    pub(crate) y: f64,
    /// Ends of the 95 % interval of y.
    pub(crate) low: Option<f64>,
    /// See `low`.
    pub(crate) high: Option<f64>,
    pub(crate) n: usize,
}

/// A table that can be sorted.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TableView {
    pub(crate) title: String,
    pub(crate) columns: Vec<Column>,
    /// As many cells a row as there are columns.
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// A column of a table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Set flush right, and largest first when sorted.
    pub(crate) numeric: bool,
}

/// A cell of a table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Cell {
    pub(crate) text: String,
    /// What it is sorted by; none means by its text, or last in a numeric column.
    pub(crate) sort: Option<f64>,
}

/// An image with a question, and what several methods made of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) dataset: String,
    /// Empty where nothing is asked.
    pub(crate) question: String,
    pub(crate) answers: Vec<String>,
    /// Pixels of the image that was decided on; the embedded one may be smaller.
    pub(crate) width: u32,
    /// See `width`.
    pub(crate) height: u32,
    /// A data URI.
    pub(crate) image: String,
    pub(crate) rows: u32,
    pub(crate) cols: u32,
    /// Patches that hold an answer, row by row from 0.
    pub(crate) answer_patches: Vec<usize>,
    pub(crate) views: Vec<View>,
}

/// What one method made of an item at one budget.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct View {
    pub(crate) method: String,
    /// Tokens of a patch on average, as asked for.
    pub(crate) average: f64,
    /// Tokens that were handed out.
    pub(crate) applied: u64,
    /// Fewest tokens of a patch: the pale end of the scale.
    pub(crate) min: u32,
    /// Most tokens of a patch: the dark end of the scale.
    pub(crate) max: u32,
    /// What a reader sees: a data URI, or empty.
    pub(crate) rendered: String,
    /// N numbers, or empty where the method has no patches.
    pub(crate) tokens: Vec<u32>,
    /// What the decision rests on; empty where there was none.
    pub(crate) mode: String,
    /// Why it retreated.
    pub(crate) reasons: Vec<String>,
    /// In [0.1, 0.9], by name: `exploit_explore` has the poles `exploit` and `explore`.
    pub(crate) tensions: BTreeMap<String, f64>,
    /// In [0, 1].
    pub(crate) coupling: Option<f64>,
    /// The ways, in the order in which they are accounted for.
    pub(crate) ways: Vec<WayView>,
    /// Even share of each patch, in sixths of a token: N numbers, or empty where there is no account.
    pub(crate) uniform_sixths: Vec<i64>,
    /// What the allocator itself added or took, in sixths.
    pub(crate) allocator_sixths: Vec<i64>,
    /// What the ways together say of each patch: N words such as `confident`, or empty.
    pub(crate) verdicts: Vec<String>,
    /// The decision in words, in lines of equal letters; empty where there was none.
    pub(crate) summary: String,
}

/// A way of knowing: its score and its part in the tokens of each patch.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WayView {
    /// `propositional`, `perspectival` or `participatory`.
    pub(crate) name: String,
    /// N numbers in [0, 1]; none where the way is absent.
    pub(crate) score: Option<Vec<f64>>,
    /// N numbers. With the even share and the allocator's part they sum to six times the tokens.
    pub(crate) sixths: Vec<i64>,
}
