//! A finding: what the rows of many pages or runs say together.
//!
//! Findings are what is compared, gated and printed. Each has its n, and an
//! interval where it is an estimate and not a count of everything.
//!
//! Questions about one page are not independent, so rows are first brought
//! together page by page; only pages are counted, resampled and paired.

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
    /// The dataset; empty where the finding is of none or of all.
    pub(crate) dataset: String,
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

/// What rows have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) dataset: String,
    pub(crate) method: String,
    average: Option<u64>,
    pub(crate) condition: Option<String>,
}

/// All rows of one page with the same key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct OnPage {
    pub(crate) item: u32,
    /// The weighted mean of the rows.
    pub(crate) value: f64,
    /// The sum of their weights.
    pub(crate) weight: f64,
}

/// Pages in the order of their numbers.
pub(crate) type Pages = Vec<OnPage>;

impl Key {
    pub(crate) fn new(dataset: &str, method: &str, average: Option<f64>, condition: Option<&str>) -> Key {
        Key {
            dataset: dataset.into(),
            method: method.into(),
            average: average.map(f64::to_bits),
            condition: condition.map(str::to_owned),
        }
    }

    pub(crate) fn average(&self) -> Option<f64> {
        self.average.map(f64::from_bits)
    }

    /// The same of another method.
    pub(crate) fn of_method(&self, method: &str) -> Key {
        Key { method: method.into(), ..self.clone() }
    }

    /// The same where nothing was done besides.
    pub(crate) fn as_it_is(&self) -> Key {
        Key { condition: None, ..self.clone() }
    }

    /// A finding about these rows, to be completed.
    pub(crate) fn finding(&self, suite: &str, metric: &'static str, of: &'static str) -> Finding {
        Finding {
            suite: suite.into(),
            metric,
            method: self.method.clone(),
            dataset: self.dataset.clone(),
            against: None,
            average: self.average(),
            condition: self.condition.clone(),
            estimate: f64::NAN,
            interval: None,
            n: 0,
            of,
            test: None,
        }
    }
}

/// The pages of a metric, for each key.
pub(crate) fn by_page<'a>(rows: impl IntoIterator<Item = &'a Row>, metric: &str) -> BTreeMap<Key, Pages> {
    by_page_and(rows, metric, |row| row.condition.clone())
}

/// The same, where something else than the row's own condition keeps rows apart.
pub(crate) fn by_page_and<'a>(
    rows: impl IntoIterator<Item = &'a Row>,
    metric: &str,
    condition: impl Fn(&Row) -> Option<String>,
) -> BTreeMap<Key, Pages> {
    let mut groups: BTreeMap<Key, BTreeMap<u32, (f64, f64)>> = BTreeMap::new();
    for row in rows.into_iter().filter(|row| row.metric == metric) {
        let key = Key::new(&row.dataset, &row.method, row.average, condition(row).as_deref());
        let sums = groups.entry(key).or_default().entry(row.item).or_default();
        sums.0 += row.value * row.weight;
        sums.1 += row.weight;
    }
    let page = |(item, (sum, weight)): (u32, (f64, f64))| OnPage {
        item,
        value: if weight == 0.0 { 0.0 } else { sum / weight },
        weight,
    };
    groups.into_iter().map(|(key, pages)| (key, pages.into_iter().map(page).collect())).collect()
}

/// Values with their weights, as statistics take them.
pub(crate) fn weighted(pages: &[OnPage]) -> Vec<(f64, f64)> {
    pages.iter().map(|page| (page.value, page.weight)).collect()
}

/// The pages that both have, with the second's value taken from the first's. Both lists are sorted.
pub(crate) fn differences(pages: &[OnPage], others: &[OnPage]) -> Pages {
    let other = |page: &OnPage| {
        let at = others.binary_search_by_key(&page.item, |other| other.item).ok()?;
        Some(OnPage { value: page.value - others[at].value, ..*page })
    };
    pages.iter().filter_map(other).collect()
}

/// A finding for each group of a metric: the weighted mean over pages, with its interval.
pub(crate) fn means(suite: &str, rows: &[Row], metric: &'static str, of: &'static str) -> Vec<Finding> {
    let mean = |(key, pages): (Key, Pages)| mean(suite, metric, of, &key, &pages);
    by_page(rows, metric).into_iter().map(mean).collect()
}

/// The weighted mean over pages, with its interval.
pub(crate) fn mean(
    suite: &str,
    metric: &'static str,
    of: &'static str,
    key: &Key,
    pages: &[OnPage],
) -> Finding {
    let values = weighted(pages);
    Finding {
        estimate: statistics::weighted_mean(&values),
        interval: statistics::interval_of_mean(&values),
        n: pages.len(),
        ..key.finding(suite, metric, of)
    }
}

/// A finding for each group of a metric: the median, with its interval.
pub(crate) fn medians(suite: &str, rows: &[Row], metric: &'static str, of: &'static str) -> Vec<Finding> {
    let median = |(key, runs): (Key, Pages)| {
        let of_drawn = |drawn: &[usize]| {
            let mut values: Vec<f64> = drawn.iter().map(|&i| runs[i].value).collect();
            values.sort_by(f64::total_cmp);
            statistics::quantile(&values, 0.5)
        };
        Finding {
            estimate: of_drawn(&(0..runs.len()).collect::<Vec<_>>()),
            interval: statistics::bootstrap(runs.len(), of_drawn),
            n: runs.len(),
            ..key.finding(suite, metric, of)
        }
    };
    by_page(rows, metric).into_iter().map(median).collect()
}

/// A finding for each group of a metric: the least value, because one is enough to break a promise.
pub(crate) fn least(suite: &str, rows: &[Row], metric: &'static str, of: &'static str) -> Vec<Finding> {
    let mut groups: BTreeMap<Key, Vec<f64>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.metric == metric) {
        let key = Key::new(&row.dataset, &row.method, row.average, row.condition.as_deref());
        groups.entry(key).or_default().push(row.value);
    }
    let least = |(key, values): (Key, Vec<f64>)| Finding {
        estimate: values.iter().copied().fold(f64::INFINITY, f64::min),
        n: values.len(),
        ..key.finding(suite, metric, of)
    };
    groups.into_iter().map(least).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn row(item: u32, method: &str, value: f64, weight: f64) -> Row {
        Row { item, method: method.into(), metric: "read", value, weight, ..Row::default() }
    }

    #[test]
    fn rows_of_one_page_are_one_page() {
        let rows = [row(1, "a", 1.0, 1.0), row(0, "a", 0.5, 2.0), row(1, "a", 0.0, 3.0)];
        let pages = by_page(&rows, "read");
        let have: Vec<(u32, f64, f64)> =
            pages.values().flatten().map(|p| (p.item, p.value, p.weight)).collect();
        assert_eq!(have, [(0, 0.5, 2.0), (1, 0.25, 4.0)]);
    }

    #[test]
    fn pages_are_paired_by_number_and_not_by_place() {
        let page = |item, value| OnPage { item, value, weight: 1.0 };
        // The second method has no page 1: it failed there.
        let found = differences(&[page(0, 1.0), page(1, 1.0), page(2, 0.5)], &[page(0, 0.25), page(2, 0.5)]);
        assert_eq!(found, [page(0, 0.75), page(2, 0.0)]);
    }
}
