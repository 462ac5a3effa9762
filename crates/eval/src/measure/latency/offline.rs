//! Offline: how many decisions a second come out when many requests are there
//! at once, on all cores. The name and the meaning are MLPerf's (Reddi et al.
//! 2020, "MLPerf Inference Benchmark", section 4).
//!
//! Batches of each size run in turn, round after round, so that a slow moment
//! hits all of them. A batch of one is one thread that is never waited for.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use arrcoc::{Engine, Error, Request};

use super::super::{Bench, deciders};
use crate::{metric::scenario, row::Row, suite::Latency};

/// Decisions a second.
pub(super) const RATE: &str = "offline-rate";

/// Rounds of each size of batch.
const ROUNDS: (u32, u32, u32) = (5, 12, 24);

pub(super) fn cells(bench_deciders: u64, latency: &Latency) -> u64 {
    bench_deciders * latency.batches.len() as u64
}

pub(super) fn rows(bench: &Bench<'_>, latency: &Latency) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    let mut rows = Vec::new();
    let Some(size) = latency.sizes.first().filter(|_| !latency.batches.is_empty()) else { return Ok(rows) };
    let page = suite.datasets[0].page_of_size(0, size.0)?;
    let ask = page.ask();
    let answer = ask.answer_mask(&page.tiling(suite.grid)?);
    let average = suite.averages[0];
    let threads = thread::available_parallelism().map_or(1, usize::from);
    for (method, decider) in deciders(suite) {
        let request = decider.request(&page.photo, suite.grid, suite.policy(average), &answer)?;
        let request = request.query(&ask.question);
        let engine = decider.another(1)?;
        engine.allocate(&request)?;
        for round in 0..bench.length.choose(ROUNDS.0, ROUNDS.1, ROUNDS.2) {
            for &batch in &latency.batches {
                let workers = threads.min(batch as usize);
                let started = Instant::now();
                decide_all(&engine, &request, batch as usize, workers)?;
                let Some(rate) = scenario::offline(batch as usize, started.elapsed().as_secs_f64()) else {
                    continue;
                };
                rows.push(Row {
                    method: method.name.clone(),
                    average: Some(average),
                    condition: Some(format!("size {}, batch {batch}, {workers} threads", size.0)),
                    item: round,
                    metric: RATE,
                    value: rate,
                    ..page.row(&suite.name, "latency")
                });
            }
        }
        bench.progress.ticks(latency.batches.len() as u64);
    }
    Ok(rows)
}

fn decide_all(engine: &Engine, request: &Request, batch: usize, workers: usize) -> Result<(), Error> {
    let next = AtomicUsize::new(0);
    let work = || {
        while next.fetch_add(1, Ordering::Relaxed) < batch {
            std::hint::black_box(engine.allocate(request)?);
        }
        Ok(())
    };
    if workers == 1 {
        return work();
    }
    thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        handles.into_iter().try_for_each(|handle| {
            handle.join().unwrap_or_else(|_| Err(Error::new("a thread panicked", "report this")))
        })
    })
}
