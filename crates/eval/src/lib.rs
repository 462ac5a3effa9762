//! Measures the engine on suites, and writes down what came out.
//!
//! A suite is a YAML file: which pages, which methods, which budgets, what is
//! measured and what must hold. The way from a file to a report is one line:
//!
//! ```text
//! suite file ─▶ Suite ─▶ rows ─▶ findings ─▶ gates ─▶ report.md, results.parquet, run.json
//!  [suite]     [suite]  [measure] [measure]  [gate]   [report], [parquet], [run_record]
//! ```
//!
//! A `Suite` is proved before anything runs: its names exist, its budgets can
//! be met, its gates look at something that is measured. A *row* is one number
//! that was observed, on one page or in one run; a *finding* is what rows of
//! many pages say together, with its interval and its n. Only findings are
//! compared and gated, and every finding can be computed again from the rows.
//!
//! | file | holds |
//! |---|---|
//! | `suite` | the file's form, and the suite that it resolves to |
//! | `method` | what is compared: the engine with some plugins, or a reference without one |
//! | `dataset`, `page` | where pages come from, and the pages that are measured on |
//! | `task` | what has to be found out from a page as it looks at a budget |
//! | `cache` | what was measured before and need not be measured again |
//! | `recognise` | a line of text read by a published model |
//! | `command` | a question answered by a program of the user's |
//! | `agreement` | whether an answer is the right one |
//! | `measure` | one file for each kind of measurement |
//! | `statistics` | intervals, tests, quantiles |
//! | `row`, `finding`, `gate` | what was observed, what it says, whether that will do |
//! | `report`, `junit`, `parquet`, `run_record`, `folder` | what is written |
//! | `compare` | two runs side by side |
//! | `parquet_files` | datasets in Parquet files |
//! | `probe` | one engine in a process of its own |
//! | `again` | times measured once more, in a process of their own |
//! | `seen` | a page as a reader sees it at a decision |
//! | `machine` | where it ran, and what this machine lacks |
//! | `run` | all of it in order |
//!
//! Architecture invariant: nothing here scores, shares or draws. What is
//! measured is what a user of the library gets.

#![forbid(unsafe_code)]

mod again;
mod agreement;
mod cache;
mod command;
mod compare;
mod confidence;
mod dataset;
mod finding;
mod folder;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
#[cfg(test)]
mod generated;
mod junit;
mod machine;
mod measure;
mod method;
mod metric;
mod page;
mod parquet;
mod parquet_files;
mod probe;
mod progress;
mod recognise;
mod report;
mod row;
mod run;
mod run_record;
mod seen;
mod statistics;
mod suite;
mod task;

pub use again::{ARGUMENT as TIMES_AGAIN, answer as times_again};
pub use arrcoc::Error;
pub use compare::compare;
pub use confidence::{PAGES as CONFIDENCE_PAGES, fit_confidence};
pub use dataset::Length;
pub use probe::{ARGUMENT as PROBE, answer as probe};
pub use run::{Options, Run, plan, run};
