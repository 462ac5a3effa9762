//! Is it noticed that a page is unlike all that anything was fitted on?
//!
//! Each drawn document is shown as it is, and in each way of [`Unknown`], with its own question. A decision notices when it
//! claims no confidence, or hears nothing of the question. What else moves is measured besides: how strongly the question
//! separates the patches, and how many of them it claims. And all pages of a way together are a block of decisions as
//! the controller of autonomy judges them, beside the pages as they are: a bad block costs a level.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use arrcoc::{Decision, Error, Mode, Photo, Way, autonomy};
use arrcoc_datasets::{Seed, documents::Unknown};
use arrcoc_decide::autonomy::{Evidence, LEAST_TOLD, Standing, Thresholds, judge};

use super::{Bench, deciders};
use crate::{
    dataset::{Length, Origin},
    finding::{Finding, means},
    page::{self, failure},
    row::Row,
    suite::{Suite, Unknowns},
};

/// Share of decisions that notice; their coupling; the share of the patches that their question claims; their confidence,
/// where they have any.
pub(super) const METRICS: &[&str] =
    &["noticed", "unknown-coupling", "unknown-claimed", "unknown-confidence", STEPS_DOWN];

/// 1 where so many decisions about such pages cost a level of autonomy.
const STEPS_DOWN: &str = "steps-down";

/// The most pages of a dataset: each is shown seven times.
const MOST: u32 = 24;

/// How pages are shown that nothing was done to.
const AS_IT_IS: &str = "as it is";

/// How the condition of the others begins.
const UNKNOWN: &str = "unknown: ";

pub(super) fn cells(suite: &Suite, length: Length) -> u64 {
    let drawn = suite.datasets.iter().filter(|dataset| matches!(dataset.origin, Origin::Documents(_)));
    let pages: u64 = drawn.map(|dataset| u64::from(dataset.pages(length).min(MOST))).sum();
    pages * deciders(suite).count() as u64
}

pub(super) fn rows(bench: &Bench<'_>, unknowns: &Unknowns) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    let mut rows = Vec::new();
    for dataset in suite.datasets.iter().filter(|dataset| matches!(dataset.origin, Origin::Documents(_))) {
        let gathered: Mutex<BTreeMap<(String, String), Vec<Gathered>>> = Mutex::default();
        rows.extend(page::each(dataset.pages(bench.length).min(MOST), |index| {
            let page = match dataset.page(index) {
                Ok(page) => page,
                Err(error) => {
                    return Ok(vec![failure(&suite.name, "unknowns", &dataset.name, index, &error)]);
                }
            };
            let question = page.ask().question;
            let mut shown = vec![(AS_IT_IS.to_owned(), page.photo.clone())];
            for unknown in Unknown::ALL {
                let image = unknown
                    .of(&page.item, &question, Seed::reporting(index))
                    .map_err(|e| Error::new(e.to_string(), "report this"))?;
                let photo = Photo::from_rgb(image.width(), image.height(), image.data().to_vec())?;
                shown.push((format!("{UNKNOWN}{unknown}"), photo));
            }
            let mut rows = Vec::new();
            for (method, decider) in deciders(suite).filter(|(_, decider)| !decider.sees_answer()) {
                for (condition, photo) in &shown {
                    let policy = suite.policy(unknowns.average);
                    let request = decider.request(photo, suite.grid, policy, &[])?.query(&question);
                    let decision = decider.engine().allocate(&request)?;
                    if !hears(&decision) {
                        break;
                    }
                    let row = Row {
                        method: method.name.clone(),
                        average: Some(unknowns.average),
                        applied: Some(decision.applied),
                        condition: Some(condition.clone()),
                        reason: decision.reasons.join("; "),
                        decision: decision.id.clone(),
                        ..page.row(&suite.name, "unknowns")
                    };
                    let mut all = gathered.lock().unwrap_or_else(PoisonError::into_inner);
                    all.entry((method.name.clone(), condition.clone()))
                        .or_default()
                        .push((index, decision.clone()));
                    drop(all);
                    rows.extend(signals(&decision).map(|(metric, value)| Row {
                        metric,
                        value,
                        ..row.clone()
                    }));
                }
                bench.progress.tick();
            }
            Ok(rows)
        })?);
        let gathered = gathered.into_inner().unwrap_or_else(PoisonError::into_inner);
        rows.extend(steps(suite, &dataset.name, unknowns.average, gathered));
    }
    Ok(rows)
}

/// A page's number, and the decision about it.
type Gathered = (u32, Decision);

/// What each block of decisions does to a level that was earned on the pages as they are.
fn steps(
    suite: &Suite,
    dataset: &str,
    average: f64,
    gathered: BTreeMap<(String, String), Vec<Gathered>>,
) -> Vec<Row> {
    let evidence: BTreeMap<(String, String), Evidence> = gathered
        .into_iter()
        .map(|(key, mut decisions)| {
            // As if the pages had come one after the other.
            decisions.sort_by_key(|(index, _)| *index);
            let mut evidence = Evidence::default();
            decisions.iter().for_each(|(_, decision)| evidence.add(&autonomy::sample(decision)));
            (key, evidence)
        })
        .collect();
    let row = |((method, condition), now): (&(String, String), &Evidence)| {
        let baseline = evidence.get(&(method.clone(), AS_IT_IS.to_owned()))?;
        let block = u32::try_from(now.decisions).unwrap_or(u32::MAX).max(1);
        let judgement = judge(now, Some(baseline), &Thresholds { block, ..Thresholds::default() });
        let bad = judgement.signals.into_iter().filter(|signal| signal.standing == Standing::Bad);
        (now.decisions >= LEAST_TOLD).then(|| Row {
            suite: suite.name.clone(),
            measure: "unknowns",
            method: method.clone(),
            dataset: dataset.into(),
            average: Some(average),
            condition: Some(condition.clone()),
            metric: STEPS_DOWN,
            value: f64::from(u8::from(judgement.standing == Standing::Bad)),
            weight: 1.0,
            reason: bad.map(|signal| signal.text).collect::<Vec<_>>().join("; "),
            ..Row::default()
        })
    };
    evidence.iter().filter_map(row).collect()
}

/// Whether a method has what a question could be heard with.
fn hears(decision: &Decision) -> bool {
    decision.channels.iter().any(|channel| channel.way == Way::Participatory && channel.theta > 0.0)
}

/// What of a decision moves when a page is unlike others.
fn signals(decision: &Decision) -> impl Iterator<Item = (&'static str, f64)> {
    let claimed =
        decision.scores.participatory.as_ref().map_or(0.0, |q| q.iter().sum::<f64>() / q.len() as f64);
    let confidence = decision.confidence.as_ref();
    let unsure = confidence.is_some_and(|confidence| confidence.probability.is_none());
    let noticed = unsure || decision.mode != Mode::Coupled;
    let sure = confidence.and_then(|confidence| confidence.probability);
    let always = [
        ("noticed", f64::from(u8::from(noticed))),
        ("unknown-coupling", decision.coupling),
        ("unknown-claimed", claimed),
    ];
    always.into_iter().chain(sure.map(|sure| ("unknown-confidence", sure)))
}

pub(super) fn findings(suite: &Suite, rows: &[Row]) -> Vec<Finding> {
    METRICS.iter().flat_map(|metric| means(&suite.name, rows, metric, "pages")).collect()
}
