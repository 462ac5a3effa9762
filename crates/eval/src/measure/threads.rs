//! Does the number of threads change anything?
//!
//! It must not: statistics are sums of integers. The same request runs on every
//! number of threads that the suite names, and the ids of the decisions are
//! compared.

use arrcoc::Error;

use super::{Bench, deciders};
use crate::{
    finding::{Finding, least},
    page,
    row::Row,
    suite::{Suite, Threads},
};

/// 1 where the decisions of all numbers of threads have the same id.
pub(super) const METRICS: &[&str] = &["threads-equal"];

pub(super) fn rows(bench: &Bench<'_>, threads: &Threads) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    let numbers: Vec<String> = threads.counts.iter().map(u32::to_string).collect();
    let condition = format!("threads {}", numbers.join(","));
    page::every(bench, "threads", |page| {
        let ask = page.ask();
        let answer = ask.answer_mask(&page.tiling(suite.grid)?);
        let mut rows = Vec::new();
        for (method, decider) in deciders(suite) {
            let engines: Vec<_> =
                threads.counts.iter().map(|&n| decider.another(n)).collect::<Result<_, _>>()?;
            for &average in &suite.averages {
                let request = decider
                    .request(&page.photo, suite.grid, suite.policy(average), &answer)?
                    .query(&ask.question);
                let decisions: Vec<_> =
                    engines.iter().map(|engine| engine.allocate(&request)).collect::<Result<_, _>>()?;
                let equal = decisions.windows(2).all(|pair| pair[0].id == pair[1].id);
                rows.push(Row {
                    method: method.name.clone(),
                    average: Some(average),
                    condition: Some(condition.clone()),
                    metric: "threads-equal",
                    value: f64::from(u8::from(equal)),
                    ..page.row(&suite.name, "threads")
                });
                bench.progress.tick();
            }
        }
        Ok(rows)
    })
}

pub(super) fn findings(suite: &Suite, rows: &[Row]) -> Vec<Finding> {
    least(&suite.name, rows, "threads-equal", "pages")
}
