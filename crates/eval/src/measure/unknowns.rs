//! Is it noticed that a page is unlike all that anything was fitted on?
//!
//! Each drawn document is shown as it is, and in each way of [`Unknown`], with its own question. A decision notices when it
//! claims no confidence, or hears nothing of the question. What else moves is measured besides: how strongly the question
//! separates the patches, and how many of them it claims.

use arrcoc::{Decision, Error, Mode, Photo, Way};
use arrcoc_datasets::{Seed, documents::Unknown};

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
pub(super) const METRICS: &[&str] = &["noticed", "unknown-coupling", "unknown-claimed", "unknown-confidence"];

/// How pages are shown that nothing was done to.
const AS_IT_IS: &str = "as it is";

/// How the condition of the others begins.
const UNKNOWN: &str = "unknown: ";

pub(super) fn cells(suite: &Suite, length: Length) -> u64 {
    let drawn = suite.datasets.iter().filter(|dataset| matches!(dataset.origin, Origin::Documents(_)));
    let pages: u64 = drawn.map(|dataset| u64::from(dataset.pages(length))).sum();
    pages * deciders(suite).count() as u64
}

pub(super) fn rows(bench: &Bench<'_>, unknowns: &Unknowns) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    let mut rows = Vec::new();
    for dataset in suite.datasets.iter().filter(|dataset| matches!(dataset.origin, Origin::Documents(_))) {
        rows.extend(page::each(dataset.pages(bench.length), |index| {
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
    }
    Ok(rows)
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
