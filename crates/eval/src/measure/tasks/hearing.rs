//! Is what a method makes of the question true? It gives every patch a
//! probability that it holds the answer, or the words that the question names;
//! where they are is known.
//!
//! One patch in fifty holds anything, and "2 %" everywhere would be almost never
//! far off. So the squared error is set against that of the base rate, and the
//! calibration is that of the patches of which something is claimed.

use arrcoc_decide::fit::{
    BINS, SCORED,
    score::{self, Scored},
};

use super::over_budgets;
use crate::{finding::Finding, row::Row, statistics::bias_corrected};

pub(super) const METRICS: &[&str] = &[SKILL, OFF, FOUND, ERROR, HELD, HIT, MISS];

/// Brier skill over the base rate.
const SKILL: &str = "hearing-skill";
/// Equal-mass calibration error of the patches that are given more than [`SCORED`].
pub(crate) const OFF: &str = "hearing-ece";
/// Whether the label of the question is among the surest patches.
pub(crate) const FOUND: &str = "label-found";
/// Mean squared error over the patches of a page, which are its weight.
const ERROR: &str = "hearing-error";
/// Share of the patches that hold what is asked for, which are its weight.
const HELD: &str = "hearing-held";
/// Probability above [`SCORED`] of a patch that holds what is asked for.
const HIT: &str = "hearing-hit";
/// Probability above [`SCORED`] of a patch that does not.
const MISS: &str = "hearing-miss";

/// Of fewer claims, ten a bin, the calibration error is chance.
pub(crate) const LEAST_CLAIMS: usize = 10 * BINS;

/// A label is found where fewer than one in so many patches are as sure as it and hold nothing that is asked for.
const FIRST: usize = 100;

/// What is to be kept of the probabilities that a question gave, where is known which patches hold the answer or the
/// label, and which the label.
pub(super) fn rows(row: &Row, probability: &[f64], held: &[bool], label: Option<&[bool]>) -> Vec<Row> {
    let each: Vec<Scored> =
        probability.iter().zip(held).map(|(&probability, &holds)| Scored { probability, holds }).collect();
    if each.is_empty() {
        return Vec::new();
    }
    let weight = each.len() as f64;
    let share = each.iter().filter(|one| one.holds).count() as f64 / weight;
    let whole = [(ERROR, score::brier(&each)), (HELD, share)];
    let whole = whole.map(|(metric, value)| Row { metric, value, weight, ..row.clone() });
    let found =
        label.map(|label| Row { metric: FOUND, value: found(&each, label), weight: 1.0, ..row.clone() });
    let claimed = each.iter().filter(|one| one.probability > SCORED).map(|one| {
        let metric = if one.holds { HIT } else { MISS };
        Row { metric, value: one.probability, weight: 1.0, ..row.clone() }
    });
    whole.into_iter().chain(found).chain(claimed).collect()
}

/// 1 where the label's surest patch is found, else 0.
fn found(each: &[Scored], label: &[bool]) -> f64 {
    let of_label = each.iter().zip(label).filter(|(_, label)| **label).map(|(one, _)| one.probability);
    let best = of_label.fold(f64::NEG_INFINITY, f64::max);
    let before = each.iter().filter(|one| !one.holds && one.probability >= best).count();
    f64::from(u8::from(FIRST * before < each.len()))
}

/// What the questions about one page came to.
#[derive(Clone, Default)]
struct OnPage {
    patches: f64,
    error: f64,
    holding: f64,
    /// Questions whose label is known, and is found.
    labels: [f64; 2],
    claimed: Vec<Scored>,
}

impl OnPage {
    fn add(&mut self, row: &Row) {
        let sum = row.value * row.weight;
        match row.metric {
            ERROR => (self.error, self.patches) = (self.error + sum, self.patches + row.weight),
            HELD => self.holding += sum,
            FOUND => self.labels = [self.labels[0] + row.weight, self.labels[1] + sum],
            HIT => self.claimed.push(Scored { probability: row.value, holds: true }),
            MISS => self.claimed.push(Scored { probability: row.value, holds: false }),
            _ => {}
        }
    }
}

/// The skill on each dataset and on all of them, and the calibration error on all: of the few patches of which
/// something is claimed, fifteen bins need many pages.
pub(super) fn findings(suite: &str, rows: &[Row]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (key, pages) in over_budgets(rows, METRICS, OnPage::add) {
        let finding = |metric, estimate, interval| Finding {
            estimate,
            interval,
            n: pages.len(),
            ..key.finding(suite, metric, "pages")
        };
        let skill = |drawn: &[usize]| {
            let sum = |of: fn(&OnPage) -> f64| drawn.iter().map(|&i| of(&pages[i])).sum::<f64>();
            // Counts: whole numbers, however they were weighted.
            let count = |of| sum(of).round() as u64;
            score::skill(sum(|page| page.error), count(|page| page.patches), count(|page| page.holding))
        };
        let all: Vec<usize> = (0..pages.len()).collect();
        let found = |drawn: &[usize]| {
            let sum = |part: usize| drawn.iter().map(|&i| pages[i].labels[part]).sum::<f64>();
            sum(1) / sum(0)
        };
        if pages.iter().any(|page| page.labels[0] > 0.0) {
            findings.push(finding(FOUND, found(&all), bias_corrected(pages.len(), found)));
        }
        findings.push(finding(SKILL, skill(&all), bias_corrected(pages.len(), skill)));
        if key.dataset.is_empty() {
            let mut claimed: Vec<Scored> = pages.iter().flat_map(|page| page.claimed.clone()).collect();
            let enough = claimed.len() >= LEAST_CLAIMS;
            let off = score::calibration_error(&score::equal_mass(&mut claimed, BINS));
            findings.push(finding(OFF, if enough { off } else { f64::NAN }, None));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }

    /// Two pages of four patches, each with one that holds: errors (0.01 + 0.04)/4 and 1/4 a page.
    #[test]
    fn by_hand() {
        let page =
            |dataset: &str, item| Row { method: "m".into(), dataset: dataset.into(), item, ..Row::default() };
        let mut all = rows(&page("a", 0), &[0.9, 0.2, 0.0, 0.0], &[true, false, false, false], None);
        assert_eq!(all.iter().map(|row| row.metric).collect::<Vec<_>>(), [ERROR, HELD, HIT, MISS]);
        all.extend(rows(&page("b", 0), &[0.0, 0.0, 0.0, 0.0], &[false, false, false, true], None));
        let found = findings("s", &all);
        let of = |metric, dataset: &str| {
            found.iter().find(|f| f.metric == metric && f.dataset == dataset).unwrap().estimate
        };
        // The base rate of ¼ has an error of 1 · 3/4 a page.
        near(of(SKILL, "a"), 1.0 - 0.05 / 0.75);
        near(of(SKILL, "b"), 1.0 - 1.0 / 0.75);
        near(of(SKILL, ""), 1.0 - 1.05 / 1.5);
        assert!(of(OFF, "").is_nan(), "two claims");

        // 150 claims in 15 bins of ten: seven bins of 0.2 are off by 0.2, eight of 0.9 by 0.1.
        let held = [&[false; 70][..], &[true; 80]].concat();
        let probability: Vec<f64> = held.iter().map(|&held| if held { 0.9 } else { 0.2 }).collect();
        let found = findings("s", &rows(&page("a", 0), &probability, &held, None));
        near(found.iter().find(|f| f.metric == OFF).unwrap().estimate, 2.2 / 15.0);
    }
    #[test]
    fn a_label_is_found_where_few_others_are_as_sure() {
        let mut held = vec![false; 300];
        held[..4].fill(true);
        let label: Vec<bool> = (0..300).map(|patch| patch < 2).collect();
        let found = |of_label: f64, of_answer: f64, others: &[f64]| {
            let mut probability = vec![0.0; 300];
            probability[1] = of_label;
            probability[3] = of_answer;
            probability[10..10 + others.len()].copy_from_slice(others);
            let rows = rows(&Row::default(), &probability, &held, Some(&label));
            rows.iter().find(|row| row.metric == FOUND).unwrap().value
        };
        assert_eq!(found(0.5, 0.9, &[0.6, 0.7]), 1.0);
        assert_eq!(found(0.5, 0.9, &[0.6, 0.7, 0.5]), 0.0, "the third of 300");
        assert_eq!(found(0.0, 0.9, &[]), 0.0, "nothing is heard");
    }
}
