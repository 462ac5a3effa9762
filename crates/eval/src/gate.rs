//! What must hold. A gate looks at every finding that fits its keys, and all of
//! them must be inside its limit. A gate that fits nothing has failed: it was
//! written to look at something.

use serde::Serialize;

use crate::{
    dataset::Length,
    finding::Finding,
    measure::{self, CORRUPTED, WORDED},
    suite::{Asked, Gate, Part, Suite},
};

/// Whether a gate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    Holds,
    Fails,
    /// What it looks at could not be measured on this machine.
    Unknown,
}

/// Whether a gate holds, and by what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) suite: String,
    pub(crate) name: String,
    /// File, line and column of the gate.
    pub(crate) place: String,
    pub(crate) outcome: Outcome,
    /// The finding that is nearest to the limit, or farthest beyond it, in words.
    pub(crate) why: String,
}

/// Metrics that this machine could not give, and why.
pub(crate) struct Absent {
    pub(crate) metrics: &'static [&'static str],
    pub(crate) reason: String,
}

/// The verdicts on a suite's findings.
pub(crate) fn judge(suite: &Suite, findings: &[Finding], absent: &[Absent]) -> Vec<Verdict> {
    suite.gates.iter().map(|gate| verdict(suite, gate, findings, absent)).collect()
}

/// A gate on a dataset of which a run of this length has no pages looks at nothing, and that is no failure.
pub(crate) fn forgive_pages(suite: &Suite, length: Length, verdicts: &mut [Verdict]) {
    for (verdict, gate) in verdicts.iter_mut().zip(&suite.gates) {
        let named = suite.datasets.iter().find(|dataset| gate.rule.dataset.as_ref() == Some(&dataset.name));
        if let Some(dataset) = named.filter(|dataset| dataset.pages(length) == 0) {
            verdict.outcome = Outcome::Unknown;
            verdict.why = format!("a {length} run has no pages of `{}`", dataset.name);
        }
    }
}

fn verdict(suite: &Suite, gate: &Gate, findings: &[Finding], absent: &[Absent]) -> Verdict {
    let rule = &gate.rule;
    let fits = |f: &&Finding| {
        f.metric == rule.metric
            && rule.dataset.as_ref().is_none_or(|dataset| *dataset == f.dataset)
            && rule.method.as_ref().is_none_or(|method| *method == f.method)
            && rule.against == f.against
            && rule.average.is_none_or(|average| f.average == Some(average))
            && match (&rule.condition, &f.condition) {
                (Some(wanted), own) => own.as_ref() == Some(wanted),
                // Pages that were made worse and questions in other words are meant only where they are named.
                (None, own) => {
                    !own.as_ref().is_some_and(|own| own.starts_with(CORRUPTED) || own.starts_with(WORDED))
                }
            }
    };
    let mut nearest: Option<(f64, f64, &Finding)> = None;
    let mut count = 0;
    for finding in findings.iter().filter(fits) {
        count += 1;
        let value = part(rule.part, finding);
        let above = rule.at_least.map_or(f64::INFINITY, |least| value - least);
        let below = rule.at_most.map_or(f64::INFINITY, |most| most - value);
        // What is not a number is inside no limit.
        let room = if value.is_nan() { f64::NEG_INFINITY } else { above.min(below) };
        if nearest.is_none_or(|(least, ..)| room < least) {
            nearest = Some((room, value, finding));
        }
    }
    let limits = [("at least", rule.at_least), ("at most", rule.at_most)];
    let limits: Vec<String> =
        limits.iter().filter_map(|(word, limit)| Some(format!("{word} {}", limit.as_ref()?))).collect();
    let (outcome, why) = match nearest {
        None => match missing(suite, gate, absent) {
            Some(reason) => (Outcome::Unknown, reason),
            None => (Outcome::Fails, format!("no finding of `{}` fits it", rule.metric)),
        },
        Some((_, value, finding))
            if value.is_nan() && rule.part != Part::Estimate && finding.interval.is_none() =>
        {
            (
                Outcome::Unknown,
                format!("{} has no interval: too few {} ({})", describe(finding), finding.of, finding.n),
            )
        }
        Some((_, value, finding))
            if value.is_nan()
                && let Some(why) = measure::why_no_number(finding.metric) =>
        {
            (Outcome::Unknown, format!("{}: {why}", describe(finding)))
        }
        Some((room, value, finding)) => {
            let holds = room >= 0.0;
            let others = match (count, holds) {
                (1, _) => String::new(),
                (_, true) => format!(", the nearest of {count}"),
                (_, false) => format!(", the farthest of {count}"),
            };
            let part = match rule.part {
                Part::Estimate => "",
                Part::Low => "lower end of ",
                Part::High => "upper end of ",
            };
            let (what, value) = (describe(finding), number(value));
            let outcome = if holds { Outcome::Holds } else { Outcome::Fails };
            (outcome, format!("{part}{what} is {value}{others}; the limit is {}", limits.join(" and ")))
        }
    };
    Verdict { suite: suite.name.clone(), name: rule.name.clone(), place: gate.place.clone(), outcome, why }
}

/// Why nothing was measured that the gate could look at, where there is a reason.
fn missing(suite: &Suite, gate: &Gate, absent: &[Absent]) -> Option<String> {
    let gone = absent.iter().find(|absent| absent.metrics.contains(&gate.rule.metric.as_str()));
    if let Some(absent) = gone {
        return Some(absent.reason.clone());
    }
    let named =
        |name: &str| [&gate.rule.method, &gate.rule.against].into_iter().flatten().any(|own| own == name);
    if let Some((name, reason)) = suite.left_out.iter().find(|(name, _)| named(name)) {
        return Some(format!("`{name}` cannot run: {reason}"));
    }
    let of_task = |(asked, reason): (&Asked, &str)| {
        asked.task.metrics().any(|metric| metric == gate.rule.metric).then(|| reason.to_owned())
    };
    suite.unjudged().find_map(of_task).or_else(|| no_task(suite, gate))
}

/// Where tokens went is told of datasets that some task is on.
fn no_task(suite: &Suite, gate: &Gate) -> Option<String> {
    let told = measure::PLACE_METRICS.contains(&gate.rule.metric.as_str());
    let meant =
        |i: &usize| gate.rule.dataset.as_ref().is_none_or(|dataset| suite.datasets[*i].name == *dataset);
    let judged = suite.tasks.iter().any(|asked| asked.judge.is_ok() && asked.on.iter().any(meant));
    let reason =
        suite.unjudged().find(|(asked, _)| asked.on.iter().any(meant)).map(|(_, reason)| reason.to_owned());
    reason.filter(|_| told && !judged)
}

fn part(part: Part, finding: &Finding) -> f64 {
    match part {
        Part::Estimate => finding.estimate,
        Part::Low => finding.interval.map_or(f64::NAN, |i| i.low),
        Part::High => finding.interval.map_or(f64::NAN, |i| i.high),
    }
}

/// A finding in words: `read` of `system` against `uniform` at 150 (size 1344x1344).
fn describe(finding: &Finding) -> String {
    let mut text = format!("`{}` of `{}`", finding.metric, finding.method);
    if let Some(against) = &finding.against {
        text += &format!(" against `{against}`");
    }
    if !finding.dataset.is_empty() {
        text += &format!(" on `{}`", finding.dataset);
    }
    if let Some(average) = finding.average {
        text += &format!(" at {average}");
    }
    if let Some(condition) = &finding.condition {
        text += &format!(" ({condition})");
    }
    text
}

/// Four digits, and no zeros at the end.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}
