//! Findings that do not depend on the clock, paired by item.

use std::collections::BTreeMap;

use super::RunFiles;
use crate::{
    metric::{Better, better},
    report::table::{p_value, plain},
    row::Row,
    statistics::{self, Outcome},
};

/// What is paired.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    suite: String,
    dataset: String,
    metric: &'static str,
    method: String,
    average: Option<u64>,
    condition: Option<String>,
}

/// A finding of both runs.
pub(super) struct Compared {
    key: Key,
    before: f64,
    now: f64,
    verdict: statistics::Verdict,
}

/// The rows of a finding: the name of the item, the value and what it counts for.
type Items = Vec<(String, f64, f64)>;

fn groups(run: &RunFiles, suites: &[&str]) -> BTreeMap<Key, Items> {
    let mut groups: BTreeMap<Key, Items> = BTreeMap::new();
    for row in run.rows.iter().filter(|row| suites.contains(&row.suite.as_str()) && row.measure != "latency")
    {
        if row.has_failed() || better(row.metric).is_none() {
            continue;
        }
        let key = Key {
            suite: row.suite.clone(),
            dataset: row.dataset.clone(),
            metric: row.metric,
            method: row.method.clone(),
            average: row.average.map(f64::to_bits),
            condition: row.condition.clone(),
        };
        groups.entry(key).or_default().push((item(row), row.value, row.weight));
    }
    groups
}

/// The page: its questions stay together.
fn item(row: &Row) -> String {
    if row.name.is_empty() { row.item.to_string() } else { row.name.clone() }
}

/// The findings of both runs, and notes on those of only one.
pub(super) fn compare(before: &RunFiles, now: &RunFiles, suites: &[&str]) -> (Vec<Compared>, Vec<String>) {
    let (old, new) = (groups(before, suites), groups(now, suites));
    let mut notes = Vec::new();
    let mut pairs = Vec::new();
    let (mut gone, mut apart) = (0, 0);
    for (key, items) in old {
        let Some(own) = new.get(&key) else {
            gone += 1;
            continue;
        };
        match statistics::change(&items, own) {
            Some(change) => pairs.push((key, mean(&items), mean(own), change)),
            None => apart += 1,
        }
    }
    if gone > 0 {
        notes.push(format!("{gone} findings of {} are not in {}", before.shown, now.shown));
    }
    if apart > 0 {
        notes.push(format!("{apart} findings have no item in common"));
    }
    let upwards = |key: &Key| better(key.metric) == Some(Better::Higher);
    let changes = pairs.iter().map(|(key, .., change)| (change.clone(), upwards(key))).collect();
    let verdicts = statistics::regressions(changes);
    let compared = pairs.into_iter().zip(verdicts);
    let compared = compared.map(|((key, before, now, _), verdict)| Compared { key, before, now, verdict });
    (compared.collect(), notes)
}

fn mean(items: &Items) -> f64 {
    statistics::weighted_mean(&items.iter().map(|(_, value, weight)| (*value, *weight)).collect::<Vec<_>>())
}

impl Compared {
    pub(super) fn is_same(&self) -> bool {
        self.verdict.outcome == Outcome::Same
    }

    pub(super) fn is_worse(&self) -> bool {
        self.verdict.outcome == Outcome::Worse
    }

    pub(super) fn is_better(&self) -> bool {
        self.verdict.outcome == Outcome::Better
    }

    pub(super) fn is_unclear(&self) -> bool {
        self.verdict.outcome == Outcome::Unclear
    }

    /// Worse ones first.
    pub(super) fn rank(&self) -> u8 {
        match self.verdict.outcome {
            Outcome::Worse => 0,
            Outcome::Better => 1,
            Outcome::Unclear => 2,
            Outcome::Same => 3,
        }
    }

    fn name(&self) -> String {
        let Key { suite, dataset, metric, method, average, condition } = &self.key;
        let on = if dataset.is_empty() { String::new() } else { format!(" on `{dataset}`") };
        let at = average.map_or(String::new(), |average| format!(" at {}", f64::from_bits(average)));
        let condition = condition.as_ref().map_or(String::new(), |condition| format!(" ({condition})"));
        format!("{suite}: `{metric}` of `{method}`{on}{at}{condition}")
    }

    pub(super) fn line(&self) -> String {
        let holm = self.verdict.holm.map_or(String::new(), |p| format!(", Holm {}", p_value(p)));
        let (name, before, now) = (self.name(), plain(self.before), plain(self.now));
        format!("{name} was {before} and is {now}{holm}, {} items", self.verdict.change.n)
    }

    pub(super) fn cells(&self) -> [String; 7] {
        let state = match self.verdict.outcome {
            Outcome::Worse => "worse",
            Outcome::Better => "better",
            Outcome::Unclear => "unclear",
            Outcome::Same => "same",
        };
        let change = &self.verdict.change;
        let difference = match change.interval {
            Some(i) => format!("{} ({} to {})", plain(change.difference), plain(i.low), plain(i.high)),
            None => plain(change.difference),
        };
        [
            state.into(),
            self.name(),
            plain(self.before),
            plain(self.now),
            difference,
            self.verdict.holm.map_or(String::new(), p_value),
            change.n.to_string(),
        ]
    }
}
