//! Is a decision as sure as it should be? Its confidence is a probability that a reader gets the answer, and the task
//! `read` says whether one did.
//!
//! The calibration error is over bins of as many decisions each, of all budgets together; how well the sure ones are told
//! from the others is the area under the receiver operating characteristic.

use arrcoc_decide::{
    confidence::fit::auroc,
    fit::{
        BINS,
        score::{Scored, calibration_error, equal_mass},
    },
};

use super::over_budgets;
use crate::{
    finding::Finding,
    row::Row,
    statistics::{Interval, bias_corrected},
};

pub(super) const METRICS: &[&str] = &[OFF, AREA, TOLD];

/// What stands in rows besides.
pub(super) const OBSERVED: &[&str] = &[RIGHT, WRONG];

/// Equal-mass calibration error.
pub(crate) const OFF: &str = "confidence-ece";
/// Area under the receiver operating characteristic.
pub(crate) const AREA: &str = "confidence-auroc";
/// 1 where a decision says how sure it is.
const TOLD: &str = "confidence-told";
/// Confidence of a decision whose answer was read.
const RIGHT: &str = "confidence-read";
/// Of one whose answer was not.
const WRONG: &str = "confidence-unread";

/// Of fewer decisions, ten a bin, the calibration error is chance.
pub(crate) const LEAST: usize = 10 * BINS;

/// What is to be kept of a decision whose answer was read or not.
pub(super) fn rows(row: &Row, confidence: Option<f64>, read: bool) -> impl Iterator<Item = Row> {
    let told = f64::from(u8::from(confidence.is_some()));
    let how = confidence.map(|sure| (if read { RIGHT } else { WRONG }, sure));
    let row = Row { weight: 1.0, ..row.clone() };
    [(TOLD, told)].into_iter().chain(how).map(move |(metric, value)| Row { metric, value, ..row.clone() })
}

/// The findings on each dataset and on all of them, over all budgets.
pub(super) fn findings(suite: &str, rows: &[Row]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (key, pages) in over_budgets(rows, &[TOLD, RIGHT, WRONG], OnPage::add) {
        let all = |drawn: &[usize]| -> Vec<Scored> {
            drawn.iter().flat_map(|&i| pages[i].sure.iter().copied()).collect()
        };
        let everything: Vec<usize> = (0..pages.len()).collect();
        let enough = all(&everything).len() >= LEAST;
        let finding = |metric, estimate, interval: Option<Interval>| Finding {
            estimate,
            interval,
            n: pages.len(),
            ..key.finding(suite, metric, "pages")
        };
        // Fifteen bins of fewer pages are farther off by chance: resampled pages say nothing of this number's interval.
        let off = if enough { calibration_error(&equal_mass(&mut all(&everything), BINS)) } else { f64::NAN };
        findings.push(finding(OFF, off, None));
        let area = |drawn: &[usize]| auroc(&all(drawn));
        findings.push(match enough {
            true => finding(AREA, area(&everything), bias_corrected(pages.len(), area)),
            false => finding(AREA, f64::NAN, None),
        });
        let told: f64 = pages.iter().map(|page| page.told).sum();
        let decisions: f64 = pages.iter().map(|page| page.decisions).sum();
        findings.push(finding(TOLD, told / decisions, None));
    }
    findings
}

/// What the decisions about one page came to.
#[derive(Default)]
struct OnPage {
    decisions: f64,
    told: f64,
    sure: Vec<Scored>,
}

impl OnPage {
    fn add(&mut self, row: &Row) {
        match row.metric {
            TOLD => (self.decisions, self.told) = (self.decisions + 1.0, self.told + row.value),
            metric => self.sure.push(Scored { probability: row.value, holds: metric == RIGHT }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(item: u32, sure: f64, read: bool) -> Vec<Row> {
        let row = Row { item, dataset: "d".into(), method: "m".into(), ..Row::default() };
        rows(&row, Some(sure), read).collect()
    }

    /// 100 pages: of the decisions that say 0.9 nine in ten are read, of those that say 0.2 two in ten.
    #[test]
    fn what_is_as_sure_as_it_should_be_is_found_so() {
        let honest = |k: u32| [(0.9, !k.is_multiple_of(10)), (0.2, k % 10 < 2)];
        let all: Vec<Row> = (0..100)
            .flat_map(|k| honest(k).into_iter().flat_map(move |(sure, read)| observed(k, sure, read)))
            .collect();
        let found = findings("s", &all);
        let of = |metric: &str| found.iter().find(|f| f.metric == metric && f.dataset.is_empty()).unwrap();
        assert!(of(OFF).estimate < 0.02, "{:?}", of(OFF));
        // Of 110·90 pairs 90·80 are in order, and 90·10 + 20·80 are tied, which count half.
        assert!((of(AREA).estimate - 8450.0 / 9900.0).abs() < 1e-9, "{:?}", of(AREA));
        assert_eq!(of(TOLD).estimate, 1.0);
        // One that says 0.9 always is off by as much as the difference to the share that is read.
        let boasting: Vec<Row> = (0..200).flat_map(|k| observed(k, 0.9, k.is_multiple_of(2))).collect();
        let off = findings("s", &boasting).into_iter().find(|f| f.metric == OFF).unwrap();
        assert!((off.estimate - 0.4).abs() < 1e-9, "{off:?}");
    }

    #[test]
    fn few_decisions_have_no_number() {
        let few: Vec<Row> = (0..20).flat_map(|k| observed(k, 0.5, k.is_multiple_of(2))).collect();
        assert!(findings("s", &few).iter().find(|f| f.metric == OFF).unwrap().estimate.is_nan());
    }
}
