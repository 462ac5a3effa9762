//! From small images to large ones, each in a process of its own: what the
//! first decision costs when nothing is warm, what later ones cost, and how
//! much memory it takes at most beside the image.
//!
//! The process is this program again, with the request on its standard input
//! (see [`crate::probe`]). It has a deadline, and its end by whatever means is
//! a result with a reason.

use std::time::Duration;

use arrcoc::Error;

use super::super::{Bench, deciders};
use crate::{
    dataset::Length,
    method::{Decider, Method},
    probe::{self, Probe},
    row::{FAILED, Row},
    suite::{Latency, Size, Suite},
};

/// Milliseconds to find and load plugins; of the first decision; of one of those after it. MiB beside the image.
pub(super) const METRICS: &[&str] = &["cold-open", "cold-first", "warm-p50", "memory-beside"];

/// How long one process may take.
const DEADLINE: Duration = Duration::from_secs(120);

/// Images with more pixels than this are left out of a quick run.
const QUICK_PIXELS: u64 = 4 << 20;

fn sizes(latency: &Latency, length: Length) -> impl Iterator<Item = Size> {
    let pixels = |size: Size| u64::from(size.width) * u64::from(size.height);
    let all = latency.sweep.iter().map(|size| size.0);
    all.filter(move |size| length != Length::Quick || pixels(*size) <= QUICK_PIXELS)
}

fn processes(length: Length) -> u32 {
    length.choose(1, 3, 5)
}

/// The first method, and those that others are compared with.
fn methods(suite: &Suite) -> impl Iterator<Item = (&Method, &Decider)> {
    let compared = |name: &str| suite.against.iter().any(|against| against == name);
    deciders(suite).enumerate().filter(move |(i, (m, _))| *i == 0 || compared(&m.name)).map(|(_, both)| both)
}

pub(super) fn cells(suite: &Suite, latency: &Latency, length: Length) -> u64 {
    methods(suite).count() as u64 * sizes(latency, length).count() as u64 * u64::from(processes(length))
}

pub(super) fn rows(bench: &Bench<'_>, latency: &Latency) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    let average = suite.averages[0];
    let mut rows = Vec::new();
    for size in sizes(latency, bench.length) {
        for process in 0..processes(bench.length) {
            for (method, decider) in methods(suite) {
                let probe = Probe::new(decider, size, suite.grid, suite.bounds, average);
                let row = Row {
                    suite: suite.name.clone(),
                    measure: "latency",
                    method: method.name.clone(),
                    item: process,
                    width: size.width,
                    height: size.height,
                    average: Some(average),
                    condition: Some(format!("size {size}")),
                    weight: 1.0,
                    ..Row::default()
                };
                match probe::launch(&probe, DEADLINE) {
                    Ok(found) => {
                        let memory = found.memory_beside_mib.map(|mib| ("memory-beside", mib));
                        let times = [
                            ("cold-open", found.open_ms),
                            ("cold-first", found.first_ms),
                            ("warm-p50", found.warm_ms),
                        ];
                        rows.extend(times.into_iter().chain(memory).map(|(metric, value)| Row {
                            metric,
                            value,
                            ..row.clone()
                        }));
                    }
                    Err(reason) => rows.push(Row { metric: FAILED, value: f64::NAN, reason, ..row }),
                }
                bench.progress.tick();
            }
        }
    }
    Ok(rows)
}
