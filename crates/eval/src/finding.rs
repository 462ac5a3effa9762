//! A finding: what the rows of many pages or runs say together.
//!
//! Findings are what is compared, gated and printed. Each has its n, and an
//! interval where it is an estimate and not a count of everything.

use std::collections::BTreeMap;

use crate::{
    row::Row,
    statistics::{self, Interval},
};

/// What rows say together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    pub(crate) suite: String,
    pub(crate) metric: &'static str,
    pub(crate) method: String,
    /// The method that it is compared with: the finding is then of a difference or a ratio.
    pub(crate) against: Option<String>,
    pub(crate) average: Option<f64>,
    pub(crate) condition: Option<String>,
    pub(crate) estimate: f64,
    /// The 95 % interval; none where there is nothing to estimate, or too few pages to do it.
    pub(crate) interval: Option<Interval>,
    /// How many pages, runs or cells it rests on.
    pub(crate) n: usize,
    /// What `n` counts.
    pub(crate) of: &'static str,
    /// The test of a difference against none.
    pub(crate) test: Option<Test>,
}

/// A test of a difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Test {
    /// Two-sided p.
    pub(crate) p: f64,
    /// p after Holm's correction over the primary comparisons of the suite; none for an exploratory one.
    pub(crate) holm: Option<f64>,
}

/// The rows of one method at one average under one condition, page by page.
pub(crate) type Key = (String, Option<u64>, Option<String>);

/// Values and weights of a metric, in the order of pages, by method, average and condition.
pub(crate) fn by_page(rows: &[Row], metric: &str) -> BTreeMap<Key, Vec<(f64, f64)>> {
    let mut groups: BTreeMap<Key, Vec<(u32, f64, f64)>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.metric == metric) {
        let key = (row.method.clone(), row.average.map(f64::to_bits), row.condition.clone());
        groups.entry(key).or_default().push((row.item, row.value, row.weight));
    }
    groups
        .into_iter()
        .map(|(key, mut values)| {
            values.sort_by_key(|(item, ..)| *item);
            (key, values.into_iter().map(|(_, value, weight)| (value, weight)).collect())
        })
        .collect()
}

/// A finding for each group of a metric: the weighted mean over pages, with its interval.
pub(crate) fn means(suite: &str, rows: &[Row], metric: &'static str, of: &'static str) -> Vec<Finding> {
    each_group(suite, rows, metric, of, |values| {
        (statistics::weighted_mean(values), statistics::interval_of_mean(values))
    })
}

/// A finding for each group of a metric: the least value, because one is enough to break a promise.
pub(crate) fn least(suite: &str, rows: &[Row], metric: &'static str, of: &'static str) -> Vec<Finding> {
    let least = |values: &[(f64, f64)]| values.iter().map(|v| v.0).fold(f64::INFINITY, f64::min);
    each_group(suite, rows, metric, of, |values| (least(values), None))
}

fn each_group(
    suite: &str,
    rows: &[Row],
    metric: &'static str,
    of: &'static str,
    estimate: impl Fn(&[(f64, f64)]) -> (f64, Option<Interval>),
) -> Vec<Finding> {
    let finding = |((method, average, condition), values): (Key, Vec<(f64, f64)>)| {
        let (estimate, interval) = estimate(&values);
        Finding {
            suite: suite.into(),
            metric,
            method,
            against: None,
            average: average.map(f64::from_bits),
            condition,
            estimate,
            interval,
            n: values.len(),
            of,
            test: None,
        }
    };
    by_page(rows, metric).into_iter().map(finding).collect()
}

/// Holm's correction over the primary comparisons of a suite.
pub(crate) fn correct(findings: &mut [Finding], primary: impl Fn(&Finding) -> bool) {
    let tested: Vec<usize> =
        (0..findings.len()).filter(|&i| findings[i].test.is_some() && primary(&findings[i])).collect();
    let ps: Vec<f64> = tested.iter().filter_map(|&i| findings[i].test.map(|t| t.p)).collect();
    for (&i, holm) in tested.iter().zip(statistics::holm(&ps)) {
        if let Some(test) = &mut findings[i].test {
            test.holm = Some(holm);
        }
    }
}
