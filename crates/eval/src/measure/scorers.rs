//! What does each scorer cost, and what does a second question on the same image cost?
//!
//! A model that reads a page takes seconds, one that hears a question
//! milliseconds, and the first is paid once an image. A whole decision hides
//! that, so the two are timed apart, for each scorer of each method and each
//! number of threads. Every sample is a new look at the page, with all of its
//! questions asked of that look; what is kept from earlier runs is never used.

use arrcoc::Error;

use super::{Bench, deciders};
use crate::{
    dataset::Length,
    finding::{Finding, medians},
    row::Row,
    suite::{Scorers, Suite},
};

/// Milliseconds for what does not depend on the question, and for a question; the median. How often a scorer has
/// prepared for all questions on a page.
pub(super) const METRICS: &[&str] = &[PREPARE, SCORE, PREPARES];

const PREPARE: &str = "prepare-p50";
const SCORE: &str = "score-p50";
const PREPARES: &str = "prepares";

fn samples(scorers: &Scorers, length: Length) -> u32 {
    length.choose(scorers.quick, scorers.samples, scorers.samples)
}

pub(super) fn cells(suite: &Suite, scorers: &Scorers, length: Length) -> u64 {
    let threads = length.choose(1, scorers.threads.len(), scorers.threads.len()) as u64;
    deciders(suite).count() as u64 * threads * u64::from(samples(scorers, length))
}

pub(super) fn rows(bench: &Bench<'_>, scorers: &Scorers) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    let page = suite.datasets[0].page(0)?;
    let tiling = page.tiling(suite.grid)?;
    let answers: Vec<Vec<u8>> = page.item.asks.iter().map(|ask| ask.answer_mask(&tiling)).collect();
    let policy = suite.policy(suite.averages[0]);
    let mut rows = Vec::new();
    for (method, decider) in deciders(suite).filter(|(_, decider)| !decider.sees_answer()) {
        let most = bench.length.choose(1, usize::MAX, usize::MAX);
        for &threads in scorers.threads.iter().take(most) {
            let engine = decider.another(threads)?;
            for sample in 0..samples(scorers, bench.length) {
                let requests = decider.requests(&page.photo, suite.grid, &policy, &answers)?;
                let Some(request) = requests.first() else { continue };
                let mut look = engine.look(request)?;
                let row = |metric: &'static str, scorer: &str, value: f64| Row {
                    method: method.name.clone(),
                    condition: Some(format!("{scorer}, threads {threads}")),
                    item: sample,
                    metric,
                    value,
                    ..page.row(&suite.name, "scorers")
                };
                let mut prepares = std::collections::BTreeMap::new();
                for (i, ask) in page.item.asks.iter().enumerate() {
                    let decision = look.allocate(&ask.question, &policy)?;
                    for (stage, micros) in &decision.timings_us {
                        let milliseconds = *micros as f64 / 1e3;
                        if let Some(scorer) = stage.strip_prefix("prepare ") {
                            *prepares.entry(scorer.to_owned()).or_insert(0.0) += 1.0;
                            rows.push(row(PREPARE, scorer, milliseconds));
                        } else if let Some(scorer) = stage.strip_prefix("score ") {
                            rows.push(Row { ask: Some(i as u32), ..row(SCORE, scorer, milliseconds) });
                        }
                    }
                }
                rows.extend(prepares.into_iter().map(|(scorer, count)| row(PREPARES, &scorer, count)));
                bench.progress.tick();
            }
        }
    }
    Ok(rows)
}

pub(super) fn findings(suite: &Suite, rows: &[Row]) -> Vec<Finding> {
    METRICS.iter().flat_map(|metric| medians(&suite.name, rows, metric, "looks")).collect()
}
