//! Does the same request give the same decision?
//!
//! A second engine is opened for it, so that nothing kept in the first can
//! help, and the decisions are compared by their ids: the hash of everything in
//! them that is not a time or a place.

use arrcoc::Error;

use super::{Bench, deciders};
use crate::{
    finding::{Finding, least},
    page,
    row::Row,
    suite::{Repeat, Suite},
};

/// 1 where all decisions have the same id.
pub(super) const METRICS: &[&str] = &["repeat-equal"];

pub(super) fn rows(bench: &Bench<'_>, repeat: &Repeat) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    page::every(bench, "repeat", |page| {
        let ask = page.ask();
        let answer = ask.answer_mask(&page.tiling(suite.grid)?);
        let mut rows = Vec::new();
        for (method, decider) in deciders(suite) {
            let other = decider.another(1)?;
            for &average in &suite.averages {
                let request = decider
                    .request(&page.photo, suite.grid, suite.policy(average), &answer)?
                    .query(&ask.question);
                let first = decider.engine().allocate(&request)?;
                let mut equal = true;
                for time in 1..repeat.times {
                    let engine = if time % 2 == 1 { &other } else { decider.engine() };
                    equal &= engine.allocate(&request)?.id == first.id;
                }
                rows.push(Row {
                    method: method.name.clone(),
                    average: Some(average),
                    applied: Some(first.applied),
                    metric: "repeat-equal",
                    value: f64::from(u8::from(equal)),
                    reason: first.reasons.join("; "),
                    decision: first.id,
                    ..page.row(&suite.name, "repeat")
                });
                bench.progress.tick();
            }
        }
        Ok(rows)
    })
}

pub(super) fn findings(suite: &Suite, rows: &[Row]) -> Vec<Finding> {
    least(&suite.name, rows, "repeat-equal", "pages")
}
