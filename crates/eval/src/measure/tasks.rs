//! What is found out from a page at a budget?
//!
//! Every method turns a page into what a reader sees at that budget, and the
//! same judges look at all of them. Beside the scores stand, for methods that
//! decide, where the tokens went.
//!
//! A *cell* is one method on one page: all budgets, all questions, all tasks.
//! It is what is kept, and what a run that was killed does not do again.

mod decided;
mod findings;
mod hearing;
mod place;
mod sure;

use std::{cell::OnceCell, collections::BTreeMap};

use arrcoc::Error;
use arrcoc_datasets::corruption::Corruption;
use arrcoc_picture::{Image, downsample};
use arrcoc_stats::Tiling;

use super::Bench;
use crate::{
    dataset::{Dataset, Length},
    finding::Key,
    method::{Method, Runs},
    page::{self, Page, failure},
    row::{FAILED, Row},
    suite::Suite,
    task::{Judge, Task, View},
};

use decided::Decided;
pub(super) use findings::findings;
pub(super) use hearing::{LEAST_CLAIMS, OFF};
pub(super) use sure::{AREA as SURE_AREA, LEAST as LEAST_SURE, OFF as SURE_OFF};

/// Where the tokens went: see [`place`].
pub(crate) const METRICS: &[&str] = place::METRICS;

/// What is made of the question: see [`hearing`].
pub(super) const HEARING: &[&str] = hearing::METRICS;

/// How sure decisions are: see [`sure`].
pub(super) const SURE: &[&str] = sure::METRICS;

/// What stands in rows besides.
pub(super) const SURE_OBSERVED: &[&str] = sure::OBSERVED;

/// The measure of rows that are of no task.
pub(super) const PLACE: &str = "place";

/// How a page is shown: as it is, or made worse.
#[derive(Clone, Copy, PartialEq)]
enum Shown {
    AsItIs,
    Corrupted(Corruption, u8),
}

impl Shown {
    fn condition(self) -> Option<String> {
        match self {
            Shown::AsItIs => None,
            Shown::Corrupted(family, severity) => Some(format!("{CORRUPTED}{family} {severity}")),
        }
    }
}

/// How the condition of a corrupted page begins.
pub(crate) const CORRUPTED: &str = "corrupted: ";

/// How the condition of a question in other words begins; its distance from the first wording follows.
pub(crate) const WORDED: &str = "worded: distance ";

/// Every way in which pages are shown.
fn shown(suite: &Suite, length: Length) -> Vec<Shown> {
    let severities: &[u8] = length.choose(&[3], &[1, 3, 5], &[1, 2, 3, 4, 5]);
    let families = suite.corrupt.iter().flat_map(|corrupt| &corrupt.families);
    let corrupted = families.flat_map(|family| severities.iter().map(|s| Shown::Corrupted(*family, *s)));
    [Shown::AsItIs].into_iter().chain(corrupted).collect()
}

/// Cells and budgets: what the bar counts.
pub(super) fn cells(suite: &Suite, length: Length) -> u64 {
    let each = shown(suite, length)
        .into_iter()
        .flat_map(|shown| suite.methods.iter().map(move |method| budgets(suite, method, shown).len() as u64));
    let budgets = each.sum::<u64>();
    let pages = suite.datasets.iter().enumerate().filter(|(i, _)| judges(suite, *i).next().is_some());
    pages.map(|(_, dataset)| u64::from(dataset.pages(length)) * budgets).sum()
}

pub(super) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    let mut rows = Vec::new();
    for (i, dataset) in suite.datasets.iter().enumerate() {
        let judges: Vec<(Task, &dyn Judge)> = judges(suite, i).collect();
        if judges.is_empty() {
            continue;
        }
        rows.extend(page::each(dataset.pages(bench.length), |index| {
            on_page(bench, dataset, &judges, index)
        })?);
    }
    Ok(rows)
}

/// The tasks on a dataset that can be judged.
fn judges(suite: &Suite, dataset: usize) -> impl Iterator<Item = (Task, &dyn Judge)> {
    let on = suite.tasks.iter().filter(move |asked| asked.on.contains(&dataset));
    on.filter_map(|asked| Some((asked.task, asked.judge.as_deref().ok()?)))
}

/// The averages at which a method is looked at; none of them for what has no budget.
fn budgets(suite: &Suite, method: &Method, shown: Shown) -> Vec<Option<f64>> {
    match (&method.runs, shown, &suite.corrupt) {
        (Runs::Original, ..) => vec![None],
        (_, Shown::Corrupted(..), Some(corrupt)) => vec![Some(corrupt.average)],
        _ => suite.averages.iter().copied().map(Some).collect(),
    }
}

fn on_page(
    bench: &Bench<'_>,
    dataset: &Dataset,
    judges: &[(Task, &dyn Judge)],
    index: u32,
) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    let asked = judges.iter().map(|(task, judge)| format!("{} {}", task.names().score, judge.digest()));
    let asked = asked.collect::<Vec<_>>().join("; ");
    let moved = suite.measures.paraphrase.is_none();
    // Drawn when the first cell needs it: where all are kept, never.
    let page = OnceCell::new();
    let mut rows = Vec::new();
    for shown in shown(suite, bench.length) {
        let worse = OnceCell::new();
        for method in &suite.methods {
            let budgets = budgets(suite, method, shown);
            let parts = [
                suite.name.as_str(),
                &dataset.name,
                &dataset.key(index),
                &shown.condition().unwrap_or_default(),
                method.key(),
                &format!("{} {} {budgets:?} {:?} {moved}", suite.grid, suite.bounds, suite.wordings),
                &asked,
            ];
            let cell = bench.cache.cell(&parts, || {
                let page = match page.get_or_init(|| dataset.page(index)) {
                    Ok(page) => page,
                    Err(error) => return Ok(vec![failure(&suite.name, PLACE, &dataset.name, index, error)]),
                };
                let page = match shown {
                    Shown::AsItIs => page,
                    Shown::Corrupted(family, severity) => {
                        match worse.get_or_init(|| page.corrupted(family, severity)) {
                            Ok(page) => page,
                            Err(error) => {
                                return Ok(vec![failure(&suite.name, PLACE, &dataset.name, index, error)]);
                            }
                        }
                    }
                };
                Cell { suite, dataset, page, judges, method, condition: shown.condition() }.rows(&budgets)
            })?;
            rows.extend(cell);
            bench.progress.ticks(budgets.len() as u64);
            if matches!(page.get(), Some(Err(_))) {
                // Said once; the other methods would only say it again.
                return Ok(rows);
            }
        }
    }
    Ok(rows)
}

/// What the rows of these metrics come to page by page, over all budgets: for each method and condition on each dataset, and
/// on all of them.
fn over_budgets<Page: Default>(
    rows: &[Row],
    metrics: &[&str],
    add: fn(&mut Page, &Row),
) -> BTreeMap<Key, Vec<Page>> {
    let mut groups: BTreeMap<Key, BTreeMap<(&str, u32), Page>> = BTreeMap::new();
    for row in rows.iter().filter(|row| metrics.contains(&row.metric)) {
        for dataset in [row.dataset.as_str(), ""] {
            let key = Key::new(dataset, &row.method, None, row.condition.as_deref());
            add(groups.entry(key).or_default().entry((&row.dataset, row.item)).or_default(), row);
        }
    }
    groups.into_iter().map(|(key, pages)| (key, pages.into_values().collect())).collect()
}

/// One method on one page.
struct Cell<'a> {
    suite: &'a Suite,
    dataset: &'a Dataset,
    page: &'a Page,
    judges: &'a [(Task, &'a dyn Judge)],
    method: &'a Method,
    condition: Option<String>,
}

impl Cell<'_> {
    fn rows(&self, budgets: &[Option<f64>]) -> Result<Vec<Row>, Error> {
        let tiling = match self.page.tiling(self.suite.grid) {
            Ok(tiling) => tiling,
            Err(error) => return Ok(vec![self.failed(self.row(None), error.to_string())]),
        };
        let mut rows = Vec::new();
        match &self.method.runs {
            Runs::Engine(decider) => {
                let averages = budgets.iter().copied().flatten().collect();
                return Decided::new(self, &tiling, averages).rows(decider);
            }
            Runs::Downsample => {
                for average in budgets.iter().flatten() {
                    let total = self.suite.total(*average);
                    let row = Row { applied: Some(total), ..self.row(Some(*average)) };
                    self.judge_all(&downsample(self.page.image(), total), &tiling, &row, &mut rows);
                }
            }
            Runs::Original => self.judge_all(self.page.image(), &tiling, &self.row(None), &mut rows),
        }
        Ok(rows)
    }

    /// The wordings in which the page is asked: its own, and on pages as they are those that the suite names.
    fn wordings(&self) -> impl Iterator<Item = u8> {
        let others = if self.condition.is_none() { self.suite.wordings.as_slice() } else { &[] };
        [0].into_iter().chain(others.iter().copied())
    }

    /// How much each patch contributes to the answer, by the first judge that says how sure it is. The same for every
    /// method and budget, so the page keeps it.
    fn contribution(&self, index: usize, wording: u8, tiling: &Tiling, answer: &[u8]) -> Option<Vec<f64>> {
        // Only on the page as it is: once is enough.
        if self.condition.is_some() || wording > 0 {
            return None;
        }
        let found = self.page.contributions.get(index)?.get_or_init(|| {
            let ask = &self.page.item.asks[index];
            self.judges.iter().find_map(|(_, judge)| {
                let sure = |seen: &Image| {
                    let original = self.page.image();
                    judge.confidence(&View {
                        original,
                        seen,
                        ask,
                        tiling,
                        answer,
                        tight: self.page.tight,
                        average: None,
                    })
                };
                place::contributions(self.page.image(), self.suite, tiling, answer, sure)
            })
        });
        found.clone()
    }

    fn judge_all(&self, seen: &Image, tiling: &Tiling, row: &Row, rows: &mut Vec<Row>) {
        for (i, ask) in self.page.item.asks.iter().enumerate() {
            let row = Row { ask: Some(i as u32), ..row.clone() };
            self.judge(seen, i, (tiling, &ask.answer_mask(tiling)), &row, rows);
        }
    }

    fn judge(
        &self,
        seen: &Image,
        ask: usize,
        (tiling, answer): (&Tiling, &[u8]),
        row: &Row,
        rows: &mut Vec<Row>,
    ) {
        let ask = &self.page.item.asks[ask];
        let average = row.average;
        let view =
            View { original: self.page.image(), seen, ask, tiling, answer, tight: self.page.tight, average };
        for (task, judge) in self.judges {
            let row = Row { measure: task.names().score, ..row.clone() };
            match judge.judge(&view) {
                Ok(scores) => rows.extend(scores.into_iter().map(|score| Row {
                    metric: score.metric,
                    value: score.value,
                    weight: score.weight,
                    ..row.clone()
                })),
                Err(reason) => rows.push(self.failed(row, reason)),
            }
        }
    }

    fn row(&self, average: Option<f64>) -> Row {
        let (method, condition) = (self.method.name.clone(), self.condition.clone());
        Row { method, average, condition, ..self.page.row(&self.suite.name, PLACE) }
    }

    fn failed(&self, row: Row, reason: String) -> Row {
        Row { metric: FAILED, value: f64::NAN, reason, ..row }
    }
}
