//! Does it matter what is asked, and not how?
//!
//! The same question in other words should move few tokens; another question
//! should move many. Neither number means anything without the other, so both
//! are given, with their ratio: how much farther apart two questions are than
//! two ways to ask one. A method that does not hear the question has 0 of both.

use arrcoc::Error;

use super::{Bench, deciders};
use crate::{
    finding::{Finding, OnPage, by_page, by_page_and, means},
    metric::discrimination::discrimination,
    page,
    row::Row,
    statistics::{bias_corrected, total_variation},
    suite::Suite,
};

/// Share of the tokens that another wording moves, by distance; that another question moves; the ratio of the two,
/// where a wording that moves nothing counts as one token.
pub(super) const METRICS: &[&str] = &[WORDING, QUESTION, RATIO];

const WORDING: &str = "wording-moved";
const QUESTION: &str = "question-moved";
pub(crate) const RATIO: &str = "discrimination";

/// A method that moves a smaller share of its tokens for another question has no ratio.
pub(crate) const LEAST_MOVED: f64 = 0.05;

pub(super) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    page::every(bench, "paraphrase", |page| {
        let tiling = page.tiling(suite.grid)?;
        let mut rows = Vec::new();
        for (method, decider) in deciders(suite) {
            let answers: Vec<Vec<u8>> = page.item.asks.iter().map(|ask| ask.answer_mask(&tiling)).collect();
            let policy = suite.policy(suite.averages[0]);
            let requests = decider.requests(&page.photo, suite.grid, &policy, &answers)?;
            let mut looks = decider.looks(&requests)?;
            for &average in &suite.averages {
                let mut tokens = |i: usize, words: &str| -> Result<Vec<u32>, Error> {
                    let look = i.min(looks.len() - 1);
                    Ok(looks[look].allocate(words, &suite.policy(average))?.flat_tokens())
                };
                let mut before: Option<Vec<u32>> = None;
                for (i, ask) in page.item.asks.iter().enumerate().filter(|(_, ask)| !ask.question.is_empty())
                {
                    let row = Row {
                        method: method.name.clone(),
                        average: Some(average),
                        ask: Some(i as u32),
                        ..page.row(&suite.name, "paraphrase")
                    };
                    let own = tokens(i, &ask.question)?;
                    for (words, wording) in ask.paraphrases.iter().zip(1..) {
                        rows.push(moved(&row, wording, &own, &tokens(i, words)?));
                    }
                    rows.extend(before.map(|before| moved(&row, 0, &before, &own)));
                    before = Some(own);
                }
                bench.progress.tick();
            }
        }
        Ok(rows)
    })
}

/// The row that says how far a wording is from the question's own, or, where `wording` is 0, a question from the one
/// before it.
pub(super) fn moved(row: &Row, wording: u8, from: &[u32], to: &[u32]) -> Row {
    let (metric, condition) = match wording {
        0 => (QUESTION, None),
        n => (WORDING, Some(format!("distance {n}"))),
    };
    Row { measure: "paraphrase", metric, value: total_variation(from, to), condition, ..row.clone() }
}

pub(super) fn findings(suite: &Suite, rows: &[Row]) -> Vec<Finding> {
    let mut findings = means(&suite.name, rows, WORDING, "pages");
    findings.extend(means(&suite.name, rows, QUESTION, "pages"));
    let questions = by_page(rows, QUESTION);
    // Each distance for itself, and all of them.
    let wordings = by_page(rows, WORDING).into_iter().chain(by_page_and(rows, WORDING, |_| None));
    for (key, wordings) in wordings {
        let Some(questions) = questions.get(&key.as_it_is()) else { continue };
        let total = key.average().map_or(1, |average| suite.total(average));
        // Pages with one question have no other: only pages with both are drawn.
        let own = |q: &OnPage| wordings.iter().find(|w| w.item == q.item).map(|w| (q.value, w.value));
        let both: Vec<(f64, f64)> = questions.iter().filter_map(own).collect();
        let found = |pages: &[usize]| {
            let (distinct, wordings): (Vec<f64>, Vec<f64>) = pages.iter().map(|&i| both[i]).unzip();
            discrimination(&distinct, &wordings, total)
        };
        let ratio = |pages: &[usize]| found(pages).map_or(f64::NAN, |found| found.ratio);
        // Of what hardly moves at all the ratio says nothing.
        let whole = found(&(0..both.len()).collect::<Vec<_>>());
        let told = whole.filter(|whole| whole.distinct >= LEAST_MOVED);
        findings.push(Finding {
            estimate: told.map_or(f64::NAN, |whole| whole.ratio),
            interval: told.and_then(|_| bias_corrected(both.len(), ratio)),
            n: both.len(),
            ..key.finding(&suite.name, RATIO, "pages")
        });
    }
    findings
}
