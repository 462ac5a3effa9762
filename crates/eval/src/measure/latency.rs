//! How long does a decision take, beside another one?
//!
//! Absolute times belong to a machine and its mood. What can be compared is a
//! ratio: the methods run in turn, in an order that changes from round to round,
//! so that a slow moment hits all of them, and the ratio is taken within a round.
//! How much of a ratio is noise, the *control* says: the same method against
//! itself, in the same rounds. A ratio inside the control's interval is no
//! finding.
//!
//! Decoding an image file and rendering are not part of a decision. One thread,
//! one request after the other: what MLPerf calls a single stream. [`offline`]
//! is about throughput, [`sweep`] about size, memory and cold starts.

mod calls;
mod offline;
mod sweep;
mod yardstick;

use std::{hint::black_box, time::Instant};

use arrcoc::{Engine, Error, Request};
use arrcoc_datasets::Random;

use super::{Bench, deciders};
use crate::{
    dataset::Length,
    finding::{Finding, Key, OnPage, by_page, medians},
    metric::scenario::{SINGLE_STREAM, percentile},
    row::Row,
    statistics::{quantile, ratio_of_times},
    suite::{Latency, Suite},
};

/// Milliseconds of a decision, by percentile; of a stage of it; the ratio of two methods in the same round, as
/// the median over rounds.
pub(super) const METRICS: &[&str] = &[
    "time-p50",
    "time-p90",
    "time-p99",
    "stage-p50",
    "time-ratio",
    "stage-ratio",
    calls::CALL,
    offline::RATE,
    "cold-open",
    "cold-first",
    "warm-p50",
    "memory-beside",
];

/// A fixed piece of work that runs once a round: what stages are measured against, from run to run.
pub(crate) const YARDSTICK: &str = "yardstick";

/// The name under which the first method runs a second time.
pub(crate) const CONTROL: &str = "control";

const PERCENTILES: [(u32, &str); 3] = [(50, "time-p50"), (SINGLE_STREAM, "time-p90"), (99, "time-p99")];

fn samples(latency: &Latency, length: Length) -> u32 {
    length.choose(latency.quick, latency.samples, latency.samples)
}

pub(super) fn cells(suite: &Suite, latency: &Latency, length: Length) -> u64 {
    let sweep = sweep::cells(suite, latency, length);
    rounds_cells(suite, latency, length)
        + sweep
        + calls::cells(latency)
        + offline::cells(deciders(suite).count() as u64, latency)
}

pub(super) fn rounds_cells(suite: &Suite, latency: &Latency, length: Length) -> u64 {
    let arms = deciders(suite).count() as u64 + 1;
    let combinations = (latency.sizes.len() * suite.averages.len()) as u64;
    arms * combinations * u64::from(samples(latency, length))
}

/// A method that takes its turn.
struct Arm<'a> {
    name: &'a str,
    engine: Engine,
    request: Request,
}

pub(super) fn rows(bench: &Bench<'_>, latency: &Latency) -> Result<Vec<Row>, Error> {
    let mut rows = rounds(bench, latency)?;
    rows.extend(calls::rows(bench, latency)?);
    rows.extend(offline::rows(bench, latency)?);
    rows.extend(sweep::rows(bench, latency)?);
    Ok(rows)
}

/// Decisions and the yardstick in turn: what is compared from run to run.
pub(super) fn rounds(bench: &Bench<'_>, latency: &Latency) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    let mut rows = Vec::new();
    for size in &latency.sizes {
        let page = suite.datasets[0].page_of_size(0, size.0)?;
        let ask = page.ask();
        let answer = ask.answer_mask(&page.tiling(suite.grid)?);
        for &average in &suite.averages {
            let mut arms = Vec::new();
            let first = deciders(suite).next().map(|(_, decider)| (CONTROL, decider));
            for (name, decider) in deciders(suite).map(|(m, d)| (m.name.as_str(), d)).chain(first) {
                let request = decider.request(&page.photo, suite.grid, suite.policy(average), &answer)?;
                let request = request.query(&ask.question);
                arms.push(Arm { name, engine: decider.another(1)?, request });
            }
            for arm in &arms {
                for _ in 0..latency.warm_up {
                    black_box(arm.engine.allocate(&arm.request)?);
                }
            }
            let mut random = Random::new(u64::from(size.0.width));
            let mut order: Vec<usize> = (0..arms.len()).collect();
            for round in 0..samples(latency, bench.length) {
                for i in (1..order.len()).rev() {
                    order.swap(i, random.below(i as u32 + 1) as usize);
                }
                let yardstick = Instant::now();
                black_box(yardstick::histogram(page.image()));
                let yardstick = yardstick.elapsed().as_secs_f64() * 1e3;
                rows.push(Row {
                    method: YARDSTICK.into(),
                    average: Some(average),
                    condition: Some(format!("size {}", size.0)),
                    item: round,
                    metric: "time",
                    value: yardstick,
                    ..page.row(&suite.name, "latency")
                });
                for &turn in &order {
                    let arm = &arms[turn];
                    let started = Instant::now();
                    let decision = black_box(arm.engine.allocate(&arm.request)?);
                    let took = started.elapsed();
                    let row = Row {
                        method: arm.name.into(),
                        average: Some(average),
                        applied: Some(decision.applied),
                        condition: Some(format!("size {}", size.0)),
                        reason: decision.reasons.join("; "),
                        decision: decision.id.clone(),
                        item: round,
                        ..page.row(&suite.name, "latency")
                    };
                    for (stage, micros) in &decision.timings_us {
                        let condition = Some(format!("size {}, {stage}", size.0));
                        let value = *micros as f64 / 1e3;
                        rows.push(Row { metric: "stage", value, condition, ..row.clone() });
                    }
                    rows.push(Row { metric: "time", value: took.as_secs_f64() * 1e3, ..row });
                    bench.progress.tick();
                }
            }
        }
    }
    Ok(rows)
}

pub(super) fn findings(suite: &Suite, rows: &[Row]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let times = by_page(rows, "time");
    for (key, runs) in &times {
        let sorted = sorted(runs);
        for (percent, metric) in PERCENTILES {
            let Some(estimate) = percentile(&sorted, percent) else { continue };
            findings.push(Finding { estimate, n: sorted.len(), ..key.finding(&suite.name, metric, "runs") });
        }
    }
    for (key, runs) in by_page(rows, "stage") {
        let sorted = sorted(&runs);
        findings.push(Finding {
            estimate: quantile(&sorted, 0.5),
            n: sorted.len(),
            ..key.finding(&suite.name, "stage-p50", "runs")
        });
    }
    for ((key, stage), runs) in stages(rows) {
        let yard = Key::new(&key.dataset, YARDSTICK, key.average(), key.condition.as_deref());
        let Some(yards) = times.get(&yard) else { continue };
        let mut found = ratio(suite, &key, YARDSTICK, &runs, yards);
        (found.metric, found.condition) = ("stage-ratio", Some(stage));
        findings.push(found);
    }
    for metric in sweep::METRICS.iter().chain([&offline::RATE, &calls::CALL]) {
        findings.extend(medians(&suite.name, rows, metric, "runs"));
    }
    let first = deciders(suite).next().map(|(method, _)| method.name.clone()).unwrap_or_default();
    let control = [(CONTROL.to_owned(), first.clone())].into_iter();
    let pairs = suite.against.iter().flat_map(|against| {
        let others = deciders(suite).map(|(m, _)| m.name.clone()).filter(move |name| name != against);
        others.map(move |name| (name, against.clone()))
    });
    for (method, against) in control.chain(pairs) {
        for (key, runs) in times.iter().filter(|(key, _)| key.method == method) {
            let Some(others) = times.get(&key.of_method(&against)) else { continue };
            findings.push(ratio(suite, key, &against, runs, others));
        }
    }
    findings
}

fn sorted(runs: &[OnPage]) -> Vec<f64> {
    let mut sorted: Vec<f64> = runs.iter().map(|run| run.value).collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// How many times as long, round by round; without an interval where there are too few rounds for one.
fn ratio(suite: &Suite, key: &Key, against: &str, runs: &[OnPage], others: &[OnPage]) -> Finding {
    let both = runs.iter().filter_map(|run| {
        let at = others.binary_search_by_key(&run.item, |other| other.item).ok()?;
        Some((run.value, others[at].value))
    });
    let (times, others): (Vec<f64>, Vec<f64>) = both.unzip();
    let found = ratio_of_times(&times, &others);
    let few = || {
        let mut ratios: Vec<f64> = times.iter().zip(&others).map(|(a, b)| a / b).collect();
        ratios.sort_by(f64::total_cmp);
        quantile(&ratios, 0.5)
    };
    Finding {
        against: Some(against.to_owned()),
        estimate: found.map_or_else(few, |ratio| ratio.estimate),
        interval: found.map(|ratio| ratio.interval),
        n: found.map_or(times.len(), |ratio| ratio.rounds),
        ..key.finding(&suite.name, "time-ratio", "runs")
    }
}

/// The runs of each stage that calls a plugin, under the key of the whole decision and with the stage's condition.
fn stages(rows: &[Row]) -> Vec<((Key, String), Vec<OnPage>)> {
    let called = |(key, runs): (Key, Vec<OnPage>)| {
        let condition = key.condition.clone()?;
        let (size, stage) = condition.split_once(", ")?;
        let whole = Key::new(&key.dataset, &key.method, key.average(), Some(size));
        let called = ["prepare ", "score "].iter().any(|of| stage.starts_with(of));
        (called || stage == "decide").then_some(((whole, condition.clone()), runs))
    };
    by_page(rows, "stage").into_iter().filter_map(called).collect()
}
