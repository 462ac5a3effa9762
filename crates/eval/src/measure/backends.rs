//! Does it matter on which device the statistics were computed?
//!
//! It must not: they are integers. Every backend that runs on this machine
//! decides on the same pages, and the tokens and score maps are compared to the
//! last bit with those of the first.

use arrcoc::Error;

use super::{Bench, deciders};
use crate::{
    finding::{Finding, least},
    gate::Absent,
    method::Workshop,
    page,
    row::Row,
    suite::Suite,
};

/// 1 where tokens and scores are those of the first backend.
pub(super) const METRICS: &[&str] = &["backend-equal"];

pub(super) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    let (available, _) = bench.workshop.backends();
    page::every(bench, "backends", |page| {
        let ask = page.ask();
        let answer = ask.answer_mask(&page.tiling(suite.grid)?);
        let mut rows = Vec::new();
        for (method, decider) in deciders(suite) {
            for &average in &suite.averages {
                let policy = suite.policy(average);
                let request = decider.request(&page.photo, suite.grid, policy, &answer)?.query(&ask.question);
                let first = decider.engine().allocate(&request)?;
                for backend in available.iter().skip(1) {
                    let other = decider.on_backend(backend)?.allocate(&request)?;
                    let equal = other.tokens == first.tokens && other.scores == first.scores;
                    rows.push(Row {
                        method: method.name.clone(),
                        average: Some(average),
                        condition: Some(format!("backend {backend}")),
                        metric: "backend-equal",
                        value: f64::from(u8::from(equal)),
                        reason: other.reasons.join("; "),
                        ..page.row(&suite.name, "backends")
                    });
                }
                bench.progress.tick();
            }
        }
        Ok(rows)
    })
}

/// Fewer than two backends cannot be compared.
pub(super) fn lacks(workshop: &Workshop) -> Option<Absent> {
    let (available, _) = workshop.backends();
    let reason = format!("only {} backend runs on this machine", available.len());
    (available.len() < 2).then_some(Absent { metrics: METRICS, reason })
}

pub(super) fn findings(suite: &Suite, rows: &[Row]) -> Vec<Finding> {
    least(&suite.name, rows, "backend-equal", "pages")
}
