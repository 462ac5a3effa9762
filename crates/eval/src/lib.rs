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
//! | `pages` | the pages that are measured on |
//! | `reader` | the task: QR codes read from the rendered page |
//! | `measure` | one file for each kind of measurement |
//! | `statistics` | intervals, tests, quantiles |
//! | `row`, `finding`, `gate` | what was observed, what it says, whether that will do |
//! | `report`, `parquet`, `run_record`, `folder` | what is written |
//! | `machine` | where it ran, and what this machine lacks |
//! | `run` | all of it in order |
//!
//! Architecture invariant: nothing here scores, shares or draws. What is
//! measured is what a user of the library gets.

#![forbid(unsafe_code)]

mod finding;
mod folder;
mod gate;
mod machine;
mod measure;
mod method;
mod pages;
mod parquet;
mod progress;
mod reader;
mod report;
mod row;
mod run;
mod run_record;
mod statistics;
mod suite;

pub use arrcoc::Error;
pub use run::{Options, Run, plan, run};
