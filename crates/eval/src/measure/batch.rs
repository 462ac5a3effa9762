//! Does it matter what else is decided?
//!
//! It must not: a decision is about one image and one question. Each request of
//! a page is decided by itself, and again by one engine that works on all of
//! them at once, on several threads and in another order. The ids of the
//! decisions are compared.

use std::thread;

use arrcoc::{Error, Request};

use super::{Bench, deciders};
use crate::{
    finding::{Finding, least},
    page,
    row::Row,
    suite::{Batch, Suite},
};

/// 1 where every decision has the id that it has alone.
pub(super) const METRICS: &[&str] = &["batch-equal"];

pub(super) fn rows(bench: &Bench<'_>, batch: &Batch) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    page::every(bench, "batch", |page| {
        let tiling = page.tiling(suite.grid)?;
        let mut rows = Vec::new();
        for (method, decider) in deciders(suite) {
            let shared = decider.another(1)?;
            let mut requests: Vec<Request> = Vec::new();
            for &average in &suite.averages {
                for ask in &page.item.asks {
                    let (policy, answer) = (suite.policy(average), ask.answer_mask(&tiling));
                    let request = decider.request(&page.photo, suite.grid, policy, &answer)?;
                    requests.push(request.query(&ask.question));
                }
            }
            let alone = |request: &Request| Ok(decider.engine().allocate(request)?.id);
            let alone: Vec<String> = requests.iter().map(alone).collect::<Result<_, Error>>()?;
            let threads = batch.threads as usize;
            // Thread t takes every request from the last one down that is its turn.
            let together = thread::scope(|scope| {
                let work = |turn: usize| {
                    let (requests, shared) = (&requests, &shared);
                    move || -> Result<Vec<(usize, String)>, Error> {
                        let own = (0..requests.len()).rev().filter(|i| i % threads == turn);
                        own.map(|i| Ok((i, shared.allocate(&requests[i])?.id))).collect()
                    }
                };
                let handles: Vec<_> = (0..threads).map(|turn| scope.spawn(work(turn))).collect();
                let panicked = || Error::new("a thread panicked", "report this");
                handles
                    .into_iter()
                    .map(|handle| handle.join().map_err(|_| panicked())?)
                    .collect::<Result<Vec<_>, _>>()
            })?;
            let equal = together.iter().flatten().all(|(i, id)| alone[*i] == *id);
            rows.push(Row {
                method: method.name.clone(),
                condition: Some(format!("{} requests, {threads} threads", requests.len())),
                metric: "batch-equal",
                value: f64::from(u8::from(equal)),
                ..page.row(&suite.name, "batch")
            });
            bench.progress.ticks(suite.averages.len() as u64);
        }
        Ok(rows)
    })
}

pub(super) fn findings(suite: &Suite, rows: &[Row]) -> Vec<Finding> {
    least(&suite.name, rows, "batch-equal", "pages")
}
