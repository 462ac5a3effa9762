//! Is more found with totals that each decision chooses from a range than with one total for all?
//!
//! Each page is asked its questions, and is shown without them: requests are of both kinds, and only for some is there
//! something to save. First every decision chooses its total. What they spent on average is then given to every
//! decision alike, so that both spend the same in all. Where a question is followed, a range should spend less; where
//! it is not, or there is none, more.

use std::collections::BTreeMap;

use arrcoc::{Decision, Error, Total};

use super::{Bench, deciders};
use crate::{
    dataset::{Dataset, Length},
    finding::{Finding, by_page, differences, means, weighted},
    method::{Decider, Method},
    page::{self, Page, failure},
    row::Row,
    seen::seen,
    statistics::{interval_of_mean, sign_flip_p, weighted_mean},
    suite::{Ranges, Suite, policy},
    task::{Judge, Task, View},
};

/// What a range reads more than the same total for all, a share of the questions; tokens of a range over those for all;
/// what each of the two reads.
pub(super) const METRICS: &[&str] = &[GAIN, SPENT, CHOSEN, FIXED];

const GAIN: &str = "range-gain";
const SPENT: &str = "range-spent";
/// Whether the answer is read at the total that the decision chose.
const CHOSEN: &str = "range-read";
/// Whether it is read at the total for all.
const FIXED: &str = "fixed-read";

/// From this coupling on a question is followed as far as any is.
const FOLLOWED: f64 = 0.5;

/// The most pages of a dataset: each question is judged four times.
const MOST: u32 = 48;

pub(super) fn cells(suite: &Suite, length: Length) -> u64 {
    let pages: u64 = suite.datasets.iter().map(|dataset| u64::from(dataset.pages(length).min(MOST))).sum();
    2 * pages * deciders(suite).count() as u64
}

/// A question, or none, at the total that its decision chose.
struct Chosen {
    method: usize,
    item: u32,
    ask: u32,
    is_asked: bool,
    is_followed: bool,
    applied: u64,
}

pub(super) fn rows(bench: &Bench<'_>, ranges: &Ranges) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    let read = suite.tasks.iter().find(|asked| asked.task == Task::Read);
    let Some((on, judge)) = read.and_then(|asked| Some((&asked.on, asked.judge.as_deref().ok()?))) else {
        return Ok(Vec::new());
    };
    let mut rows = Vec::new();
    for dataset in on.iter().filter_map(|&i| suite.datasets.get(i)) {
        let methods: Vec<(&Method, &Decider)> = deciders(suite)
            .filter(|(_, decider)| !decider.sees_answer() && decider.batch().is_none())
            .collect();
        let range = Total::Range { lo: suite.total(ranges.from), hi: suite.total(ranges.to) };
        let totals = vec![range; methods.len()];
        let first = pass(bench, dataset, judge, &methods, &totals, CHOSEN)?;
        let chosen: Vec<Chosen> = first.iter().filter_map(|row| chosen(row, &methods)).collect();
        let mean = |method: usize| {
            let own = || chosen.iter().filter(move |c| c.method == method).map(|c| c.applied as f64);
            (own().sum::<f64>() / own().count().max(1) as f64).round() as u64
        };
        let means: Vec<u64> = (0..methods.len()).map(mean).collect();
        let totals: Vec<Total> =
            means.iter().map(|&mean| Total::Exact(mean.max(suite.total(ranges.from)))).collect();
        let second = pass(bench, dataset, judge, &methods, &totals, FIXED)?;
        for c in &chosen {
            let same = |row: &&Row| {
                row.item == c.item && row.method == methods[c.method].0.name && !row.has_failed()
            };
            let condition = match (c.is_asked, c.is_followed) {
                (false, _) => "no question",
                (true, true) => "a question that is followed",
                (true, false) => "a question that is not",
            };
            rows.extend(first.iter().find(same).map(|row| Row {
                metric: SPENT,
                ask: Some(c.ask),
                value: c.applied as f64 / means[c.method] as f64,
                applied: Some(c.applied),
                condition: Some(condition.into()),
                ..row.clone()
            }));
        }
        rows.extend([first, second].into_iter().flatten().map(|row| Row { condition: None, ..row }));
    }
    Ok(rows)
}

/// What a row of the first pass says of its decision.
fn chosen(row: &Row, methods: &[(&Method, &Decider)]) -> Option<Chosen> {
    let condition = row.condition.as_deref()?;
    Some(Chosen {
        method: methods.iter().position(|(method, _)| method.name == row.method)?,
        item: row.item,
        ask: row.ask?,
        is_asked: condition != SILENT,
        is_followed: condition == FOLLOWS,
        applied: row.applied?,
    })
}

const SILENT: &str = "silent";
const FOLLOWS: &str = "followed";
const STRAYS: &str = "not followed";

/// Every question of every page, once asked and once not, under a total for each method.
fn pass(
    bench: &Bench<'_>,
    dataset: &Dataset,
    judge: &dyn Judge,
    methods: &[(&Method, &Decider)],
    totals: &[Total],
    metric: &'static str,
) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    page::each(dataset.pages(bench.length).min(MOST), |index| {
        let page = match dataset.page(index) {
            Ok(page) => page,
            Err(error) => return Ok(vec![failure(&suite.name, "ranges", &dataset.name, index, &error)]),
        };
        let mut rows = Vec::new();
        for ((method, decider), total) in methods.iter().zip(totals) {
            let policy = arrcoc::Policy { total: *total, ..policy(suite.bounds, suite.averages[0]) };
            let request = decider.request(&page.photo, suite.grid, policy.clone(), &[])?;
            let mut look = decider.engine().look(&request)?;
            for (ask, words) in page.item.asks.iter().enumerate() {
                for question in [words.question.as_str(), ""] {
                    let decision = look.allocate(question, &policy)?;
                    let condition = match (question.is_empty(), decision.coupling >= FOLLOWED) {
                        (true, _) => SILENT,
                        (false, true) => FOLLOWS,
                        (false, false) => STRAYS,
                    };
                    let row = Row {
                        method: method.name.clone(),
                        ask: Some(ask as u32),
                        metric,
                        applied: Some(decision.applied),
                        condition: Some(condition.into()),
                        reason: decision.reasons.join("; "),
                        decision: decision.id.clone(),
                        ..page.row(&suite.name, "ranges")
                    };
                    rows.push(judged(suite, &page, judge, ask, &decision, row)?);
                }
            }
            bench.progress.tick();
        }
        Ok(rows)
    })
}

fn judged(
    suite: &Suite,
    page: &Page,
    judge: &dyn Judge,
    ask: usize,
    decision: &Decision,
    row: Row,
) -> Result<Row, Error> {
    let (ask, tiling) = (&page.item.asks[ask], page.tiling(suite.grid)?);
    let answer = ask.answer_mask(&tiling);
    let view = View {
        original: page.image(),
        seen: &seen(page.image(), decision)?,
        ask,
        tiling: &tiling,
        answer: &answer,
        tight: page.tight,
        average: None,
    };
    Ok(match judge.judge(&view) {
        Ok(scores) => Row { value: scores.first().map_or(f64::NAN, |score| score.value), ..row },
        Err(reason) => Row { metric: crate::row::FAILED, value: f64::NAN, reason, ..row },
    })
}

pub(super) fn findings(suite: &Suite, rows: &[Row]) -> Vec<Finding> {
    let (chosen, fixed) = (by_page(rows, CHOSEN), by_page(rows, FIXED));
    let gain = |(key, pages): (_, &crate::finding::Pages)| {
        let paired = differences(pages, fixed.get(key)?);
        let each: Vec<f64> = paired.iter().map(|page| page.value * page.weight).collect();
        Some(Finding {
            estimate: weighted_mean(&weighted(&paired)),
            interval: interval_of_mean(&weighted(&paired)),
            n: paired.len(),
            test: Some(crate::finding::Test { p: sign_flip_p(&each), holm: None }),
            ..key.finding(&suite.name, GAIN, "pages")
        })
    };
    let by: BTreeMap<_, _> = chosen.iter().collect();
    let mut findings: Vec<Finding> = by.into_iter().filter_map(gain).collect();
    findings.extend(means(&suite.name, rows, CHOSEN, "pages"));
    findings.extend(means(&suite.name, rows, FIXED, "pages"));
    findings.extend(means(&suite.name, rows, SPENT, "pages"));
    findings
}
