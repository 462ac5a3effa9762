//! What the scores of many pages say: rates, differences, curves over budgets,
//! and what is kept of what uniform finds at the greatest budget.

use std::collections::{BTreeMap, BTreeSet};

use super::{WORDED, hearing, place, sure};
use crate::{
    finding::{
        self, Finding, Key, OnPage, Pages, Test, by_page, by_page_and, differences, mean, means, weighted,
    },
    measure::paraphrase,
    method::{Runs, SYSTEM},
    metric::curve,
    row::Row,
    statistics::{bias_corrected, interval_of_mean, sign_flip_p, weighted_mean},
    suite::{Asked, Suite},
    task::Names,
};

/// The method whose findings at the greatest budget are the reference of what is kept.
const REFERENCE: &str = "uniform";

pub(crate) fn findings(suite: &Suite, rows: &[Row]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for asked in suite.tasks.iter().filter(|asked| asked.judge.is_ok()) {
        let names = asked.task.names();
        for metric in names.besides {
            findings.extend(means(&suite.name, rows, metric, "pages"));
        }
        let scores = by_page(rows, names.score);
        for (key, pages) in &scores {
            findings.push(mean(&suite.name, names.score, "pages", key, pages));
        }
        for (key, pages) in strata(asked, rows, names.score) {
            findings.push(mean(&suite.name, names.score, "pages", &key, &pages));
        }
        compare(suite, names, &scores, &mut findings);
        curves(suite, names, &scores, &mut findings);
        kept(suite, asked, rows, &mut findings);
    }
    for metric in place::METRICS {
        findings.extend(means(&suite.name, rows, metric, "pages"));
    }
    findings.extend(hearing::findings(&suite.name, rows));
    findings.extend(sure::findings(&suite.name, rows));
    if suite.measures.paraphrase.is_none() {
        findings.extend(paraphrase::findings(suite, rows));
    }
    findings
}

/// The pages of a metric, told apart by the traits that the task names.
fn strata(asked: &Asked, rows: &[Row], metric: &str) -> BTreeMap<Key, Pages> {
    if asked.by.is_empty() {
        return BTreeMap::new();
    }
    let of = |row: &Row| {
        let has = |name: &&String| {
            row.traits.split(", ").find(|t| t.split_once(' ').is_some_and(|(n, _)| n == *name))
        };
        let own: Vec<&str> = asked.by.iter().filter_map(|name| has(&name)).collect();
        (!own.is_empty()).then(|| own.join(", "))
    };
    let plain = |row: &&Row| row.condition.as_ref().is_none_or(|own| !own.starts_with(WORDED));
    let mut groups = by_page_and(rows.iter().filter(plain), metric, of);
    groups.retain(|key, _| key.condition.is_some());
    groups
}

/// What a method is compared with: those that the suite names; the system with all others.
fn opponents<'a>(suite: &'a Suite, method: &str) -> Vec<&'a str> {
    let all = suite.methods.iter().map(|m| m.name.as_str());
    let named = |other: &str| suite.against.iter().any(|against| against == other);
    let is_system = method == SYSTEM;
    all.filter(|other| *other != method && (is_system || named(other))).collect()
}

fn compare(suite: &Suite, names: &Names, scores: &BTreeMap<Key, Pages>, findings: &mut Vec<Finding>) {
    for (key, pages) in scores.iter().filter(|(key, _)| key.average().is_some()) {
        for against in opponents(suite, &key.method) {
            let Some(others) = scores.get(&key.of_method(against)) else { continue };
            let paired = differences(pages, others);
            let each: Vec<f64> = paired.iter().map(|page| page.value * page.weight).collect();
            findings.push(Finding {
                against: Some(against.to_owned()),
                estimate: weighted_mean(&weighted(&paired)),
                interval: interval_of_mean(&weighted(&paired)),
                n: paired.len(),
                test: Some(Test { p: sign_flip_p(&each), holm: None }),
                ..key.finding(&suite.name, names.score, "pages")
            });
        }
    }
}

/// The scores of a method at every average, smallest first, on the pages that have all of them.
struct Curve<'a> {
    averages: &'a [f64],
    /// One list for each average, of the same pages.
    scores: Vec<Pages>,
}

impl<'a> Curve<'a> {
    fn of(suite: &'a Suite, key: &Key, scores: &BTreeMap<Key, Pages>) -> Option<Curve<'a>> {
        let condition = key.condition.as_deref();
        let at = |average: &f64| {
            scores.get(&Key::new(&key.dataset, &key.method, Some(*average), condition)).cloned()
        };
        let mut scores: Vec<Pages> = suite.averages.iter().map(at).collect::<Option<_>>()?;
        let everywhere = |item: u32| scores.iter().all(|pages| pages.iter().any(|page| page.item == item));
        let common: BTreeSet<u32> =
            scores[0].iter().map(|page| page.item).filter(|i| everywhere(*i)).collect();
        scores.iter_mut().for_each(|pages| pages.retain(|page| common.contains(&page.item)));
        (scores.len() > 1 && !common.is_empty()).then_some(Curve { averages: &suite.averages, scores })
    }

    /// The curve on the pages that another one has too.
    fn and(&self, other: &Curve<'_>) -> Curve<'a> {
        let has = |page: &OnPage| other.scores[0].iter().any(|o| o.item == page.item);
        let scores = self.scores.iter().map(|pages| pages.iter().copied().filter(has).collect());
        Curve { averages: self.averages, scores: scores.collect() }
    }

    /// The score at each average over some pages.
    fn over(&self, pages: &[usize]) -> Vec<f64> {
        let mean = |scores: &Pages| {
            weighted_mean(&pages.iter().map(|&i| (scores[i].value, scores[i].weight)).collect::<Vec<_>>())
        };
        self.scores.iter().map(mean).collect()
    }

    fn area(&self, pages: &[usize]) -> f64 {
        curve::area(self.averages, &self.over(pages))
    }

    fn worst_drop(&self, pages: &[usize]) -> f64 {
        curve::worst_drop(&self.over(pages))
    }

    fn pages(&self) -> usize {
        self.scores[0].len()
    }

    /// What a page adds to the area, but for a factor that all pages share.
    fn shares(&self) -> Vec<f64> {
        (0..self.pages()).map(|page| self.area(&[page]) * self.scores[0][page].weight).collect()
    }
}

fn curves(suite: &Suite, names: &Names, scores: &BTreeMap<Key, Pages>, findings: &mut Vec<Finding>) {
    let keys: BTreeSet<Key> = scores
        .keys()
        .map(|key| Key::new(&key.dataset, &key.method, None, key.condition.as_deref()))
        .collect();
    for key in keys {
        let Some(curve) = Curve::of(suite, &key, scores) else { continue };
        let finding = |metric: &'static str, n: usize, statistic: &dyn Fn(&[usize]) -> f64| Finding {
            estimate: statistic(&(0..n).collect::<Vec<_>>()),
            interval: bias_corrected(n, statistic),
            n,
            ..key.finding(&suite.name, metric, "pages")
        };
        findings.push(finding(names.area, curve.pages(), &|pages| curve.area(pages)));
        findings.push(finding(names.drop, curve.pages(), &|pages| curve.worst_drop(pages)));
        let all: Vec<usize> = (0..curve.pages()).collect();
        let reference = reference(suite, &key, scores);
        for (metric, share) in [(names.b90, 0.9), (names.b95, 0.95)] {
            let enough = reference.and_then(|r| curve::enough(curve.averages, &curve.over(&all), r, share));
            findings.push(Finding {
                // "Not reached" is an answer too.
                estimate: enough.map_or(f64::INFINITY, |enough| enough.budget),
                n: curve.pages(),
                ..key.finding(&suite.name, metric, "pages")
            });
        }
        for against in opponents(suite, &key.method) {
            let Some(other) = Curve::of(suite, &key.of_method(against), scores) else { continue };
            let (curve, other) = (curve.and(&other), other.and(&curve));
            if curve.pages() == 0 {
                continue;
            }
            let shares = curve.shares().into_iter().zip(other.shares()).map(|(a, b)| a - b);
            let p = sign_flip_p(&shares.collect::<Vec<_>>());
            findings.push(Finding {
                against: Some(against.to_owned()),
                test: Some(Test { p, holm: None }),
                ..finding(names.area, curve.pages(), &|pages| curve.area(pages) - other.area(pages))
            });
        }
    }
}

/// What is found on the pages themselves; where they are not measured, what uniform finds at the greatest average.
fn reference(suite: &Suite, key: &Key, scores: &BTreeMap<Key, Pages>) -> Option<f64> {
    let own = suite.methods.iter().find(|method| matches!(method.runs, Runs::Original));
    let condition = key.condition.as_deref();
    let of = |method: &str, average| scores.get(&Key::new(&key.dataset, method, average, condition));
    let pages =
        own.and_then(|own| of(&own.name, None)).or_else(|| of(REFERENCE, suite.averages.last().copied()))?;
    Some(weighted_mean(&weighted(pages)))
}

/// Of the questions that the reference answers at the greatest budget, the share that is answered.
fn kept(suite: &Suite, asked: &Asked, rows: &[Row], findings: &mut Vec<Finding>) {
    let names = asked.task.names();
    let Some(most) = suite.averages.last() else { return };
    let question = |row: &Row| (row.dataset.clone(), row.item, row.ask, row.condition.clone());
    let reference = rows.iter().filter(|row| {
        row.metric == names.score && row.method == REFERENCE && row.average == Some(*most) && row.value == 1.0
    });
    let found: BTreeSet<_> = reference.map(question).collect();
    let rows: Vec<Row> = rows
        .iter()
        .filter(|row| row.metric == names.score && found.contains(&question(row)))
        .cloned()
        .collect();
    for (key, pages) in by_page(&rows, names.score).into_iter().chain(strata(asked, &rows, names.score)) {
        findings.push(finding::mean(&suite.name, names.kept, "pages", &key, &pages));
    }
}
