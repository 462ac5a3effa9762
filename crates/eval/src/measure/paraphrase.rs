//! Does it matter what is asked, and not how?
//!
//! The same question in other words should move few tokens; another question
//! should move many. Neither number means anything without the other, so both
//! are given, with their ratio: how much farther apart two questions are than
//! two ways to ask one. A method that does not hear the question has 0 of both.

use arrcoc::Error;

use super::{Bench, deciders};
use crate::{
    finding::{Finding, OnPage, by_page, means},
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
const RATIO: &str = "discrimination";

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
                    for (distance, words) in ask.paraphrases.iter().enumerate() {
                        let moved = total_variation(&own, &tokens(i, words)?);
                        let condition = Some(format!("distance {}", distance + 1));
                        rows.push(Row { metric: WORDING, value: moved, condition, ..row.clone() });
                    }
                    if let Some(before) = &before {
                        let value = total_variation(&own, before);
                        rows.push(Row { metric: QUESTION, value, ..row });
                    }
                    before = Some(own);
                }
                bench.progress.tick();
            }
        }
        Ok(rows)
    })
}

pub(super) fn findings(suite: &Suite, rows: &[Row]) -> Vec<Finding> {
    let mut findings = means(&suite.name, rows, WORDING, "pages");
    findings.extend(means(&suite.name, rows, QUESTION, "pages"));
    let whole: Vec<Row> = rows.iter().map(|row| Row { condition: None, ..row.clone() }).collect();
    let wordings = by_page(&whole, WORDING);
    for (key, questions) in by_page(&whole, QUESTION) {
        let Some(wordings) = wordings.get(&key) else { continue };
        let total = key.average().map_or(1, |average| suite.total(average));
        // Pages with one question have no other: only pages with both are drawn.
        let own = |q: &OnPage| wordings.iter().find(|w| w.item == q.item).map(|w| (q.value, w.value));
        let both: Vec<(f64, f64)> = questions.iter().filter_map(own).collect();
        let ratio = |pages: &[usize]| {
            let (distinct, wordings): (Vec<f64>, Vec<f64>) = pages.iter().map(|&i| both[i]).unzip();
            discrimination(&distinct, &wordings, total).map_or(f64::NAN, |found| found.ratio)
        };
        findings.push(Finding {
            estimate: ratio(&(0..both.len()).collect::<Vec<_>>()),
            interval: bias_corrected(both.len(), ratio),
            n: both.len(),
            ..key.finding(&suite.name, RATIO, "pages")
        });
    }
    findings
}
