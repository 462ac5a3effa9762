//! Is what a method makes of the question true? It gives every patch a
//! probability that it holds the answer, or the words that the question names;
//! where they are is known.
//!
//! One patch in fifty holds anything, and "2 %" everywhere would be almost never
//! far off. So the squared error is set against that of the base rate, and the
//! calibration is that of the patches of which something is claimed.

use std::collections::BTreeMap;

use arrcoc_decide::fit::{
    BINS, SCORED,
    score::{self, Scored},
};

use crate::{
    finding::{Finding, Key},
    row::Row,
    statistics::bias_corrected,
};

pub(super) const METRICS: &[&str] = &[SKILL, OFF, ERROR, HELD, HIT, MISS];

/// Brier skill over the base rate.
const SKILL: &str = "hearing-skill";
/// Equal-mass calibration error of the patches that are given more than [`SCORED`].
pub(crate) const OFF: &str = "hearing-ece";
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

/// What is to be kept of the probabilities that a question gave.
pub(super) fn rows(row: &Row, probability: &[f64], held: &[bool]) -> Vec<Row> {
    let each: Vec<Scored> =
        probability.iter().zip(held).map(|(&probability, &holds)| Scored { probability, holds }).collect();
    if each.is_empty() {
        return Vec::new();
    }
    let weight = each.len() as f64;
    let share = each.iter().filter(|one| one.holds).count() as f64 / weight;
    let whole = [(ERROR, score::brier(&each)), (HELD, share)];
    let whole = whole.map(|(metric, value)| Row { metric, value, weight, ..row.clone() });
    let claimed = each.iter().filter(|one| one.probability > SCORED).map(|one| {
        let metric = if one.holds { HIT } else { MISS };
        Row { metric, value: one.probability, weight: 1.0, ..row.clone() }
    });
    whole.into_iter().chain(claimed).collect()
}

/// What the questions about one page came to.
#[derive(Clone, Default)]
struct OnPage {
    patches: f64,
    error: f64,
    holding: f64,
    claimed: Vec<Scored>,
}

impl OnPage {
    fn add(&mut self, row: &Row) {
        let sum = row.value * row.weight;
        match row.metric {
            ERROR => (self.error, self.patches) = (self.error + sum, self.patches + row.weight),
            HELD => self.holding += sum,
            HIT => self.claimed.push(Scored { probability: row.value, holds: true }),
            MISS => self.claimed.push(Scored { probability: row.value, holds: false }),
            _ => {}
        }
    }
}

/// The skill on each dataset and on all of them, and the calibration error on all: of the few patches of which
/// something is claimed, fifteen bins need many pages.
pub(super) fn findings(suite: &str, rows: &[Row]) -> Vec<Finding> {
    let mut groups: BTreeMap<Key, BTreeMap<(&str, u32), OnPage>> = BTreeMap::new();
    for row in rows.iter().filter(|row| METRICS.contains(&row.metric)) {
        for dataset in [row.dataset.as_str(), ""] {
            let key = Key::new(dataset, &row.method, None, row.condition.as_deref());
            groups.entry(key).or_default().entry((&row.dataset, row.item)).or_default().add(row);
        }
    }
    let mut findings = Vec::new();
    for (key, pages) in groups {
        let pages: Vec<OnPage> = pages.into_values().collect();
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
        let mut all = rows(&page("a", 0), &[0.9, 0.2, 0.0, 0.0], &[true, false, false, false]);
        assert_eq!(all.iter().map(|row| row.metric).collect::<Vec<_>>(), [ERROR, HELD, HIT, MISS]);
        all.extend(rows(&page("b", 0), &[0.0, 0.0, 0.0, 0.0], &[false, false, false, true]));
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
        let found = findings("s", &rows(&page("a", 0), &probability, &held));
        near(found.iter().find(|f| f.metric == OFF).unwrap().estimate, 2.2 / 15.0);
    }
}
