//! How long does a decision take, beside another one?
//!
//! Absolute times belong to a machine and its mood. What can be compared is a
//! ratio: the methods run in turn, in an order that changes from round to round,
//! so that a slow moment hits all of them, and the ratio is taken within a round.
//! How much of a ratio is noise, the *control* says: the same method against
//! itself, in the same rounds. A ratio inside the control's interval is no
//! finding.
//!
//! Decoding an image file and rendering are not part of a decision. One thread.

use std::{hint::black_box, time::Instant};

use arrcoc::{Engine, Error, Request};
use arrcoc_datasets::Random;

use super::{Bench, deciders};
use crate::{
    finding::{Finding, by_page},
    pages::Item,
    row::Row,
    statistics::{bootstrap, quantile, samples_for},
    suite::{Latency, Suite},
};

/// Milliseconds of a decision, by percentile; of a stage of it; the ratio of two methods in the same round, as
/// the median over rounds.
pub(super) const METRICS: &[&str] = &["time-p50", "time-p90", "time-p99", "stage-p50", "time-ratio"];

/// The name under which the first method runs a second time.
pub(crate) const CONTROL: &str = "control";

const PERCENTILES: [(u32, &str); 3] = [(50, "time-p50"), (90, "time-p90"), (99, "time-p99")];

fn samples(latency: &Latency, quick: bool) -> u32 {
    if quick { latency.quick } else { latency.samples }
}

pub(super) fn cells(suite: &Suite, latency: &Latency, quick: bool) -> u64 {
    let arms = deciders(suite).count() as u64 + 1;
    let combinations = (latency.sizes.len() * suite.averages.len()) as u64;
    arms * combinations * u64::from(samples(latency, quick))
}

/// A method that takes its turn.
struct Arm<'a> {
    name: &'a str,
    engine: Engine,
    request: Request,
}

pub(super) fn rows(bench: &Bench<'_>, latency: &Latency) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    let mut rows = Vec::new();
    for size in &latency.sizes {
        let item = Item::of_size(0, size.0)?;
        let answer = item.answer(suite.grid)?;
        for &average in &suite.averages {
            let mut arms = Vec::new();
            let first = deciders(suite).next().map(|(_, decider)| (CONTROL, decider));
            for (name, decider) in deciders(suite).map(|(m, d)| (m.name.as_str(), d)).chain(first) {
                let request = decider.request(&item.photo, suite.grid, suite.policy(average), &answer)?;
                arms.push(Arm { name, engine: decider.another(1)?, request });
            }
            for arm in &arms {
                for _ in 0..latency.warm_up {
                    black_box(arm.engine.allocate(&arm.request)?);
                }
            }
            let mut random = Random::new(u64::from(size.0.width));
            let mut order: Vec<usize> = (0..arms.len()).collect();
            for round in 0..samples(latency, bench.quick) {
                for i in (1..order.len()).rev() {
                    order.swap(i, random.below(i as u32 + 1) as usize);
                }
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
                        item: round,
                        ..item.row(&suite.name, "latency")
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
    let base = |method: &str, average: Option<u64>, condition: &Option<String>| Finding {
        suite: suite.name.clone(),
        metric: "time-p50",
        method: method.into(),
        against: None,
        average: average.map(f64::from_bits),
        condition: condition.clone(),
        estimate: 0.0,
        interval: None,
        n: 0,
        of: "runs",
        test: None,
    };
    for ((method, average, condition), values) in &times {
        let mut sorted: Vec<f64> = values.iter().map(|v| v.0).collect();
        sorted.sort_by(f64::total_cmp);
        for (percentile, metric) in PERCENTILES.iter().filter(|(p, _)| sorted.len() >= samples_for(*p)) {
            findings.push(Finding {
                metric,
                estimate: quantile(&sorted, f64::from(*percentile) / 100.0),
                n: sorted.len(),
                ..base(method, *average, condition)
            });
        }
    }
    for ((method, average, condition), values) in by_page(rows, "stage") {
        let mut sorted: Vec<f64> = values.iter().map(|v| v.0).collect();
        sorted.sort_by(f64::total_cmp);
        let estimate = quantile(&sorted, 0.5);
        let found =
            Finding { metric: "stage-p50", estimate, n: sorted.len(), ..base(&method, average, &condition) };
        findings.push(found);
    }
    let first = deciders(suite).next().map(|(method, _)| method.name.clone()).unwrap_or_default();
    let control = [(CONTROL.to_owned(), first.clone())].into_iter();
    let pairs = suite.against.iter().flat_map(|against| {
        let others = deciders(suite).map(|(m, _)| m.name.clone()).filter(move |name| name != against);
        others.map(move |name| (name, against.clone()))
    });
    for (method, against) in control.chain(pairs) {
        for ((_, average, condition), values) in times.iter().filter(|((name, ..), _)| *name == method) {
            let Some(others) = times.get(&(against.clone(), *average, condition.clone())) else { continue };
            let ratios: Vec<f64> = values.iter().zip(others).map(|(a, b)| a.0 / b.0).collect();
            let median = |rounds: &[usize]| {
                let mut drawn: Vec<f64> = rounds.iter().map(|&i| ratios[i]).collect();
                drawn.sort_by(f64::total_cmp);
                quantile(&drawn, 0.5)
            };
            findings.push(Finding {
                metric: "time-ratio",
                against: Some(against.clone()),
                estimate: median(&(0..ratios.len()).collect::<Vec<_>>()),
                interval: bootstrap(ratios.len(), median),
                n: ratios.len(),
                ..base(&method, *average, condition)
            });
        }
    }
    findings
}
