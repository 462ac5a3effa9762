//! What the report says of one suite: sentences, then the tables they rest on.

use std::fmt::Write as _;

use super::{
    Measured,
    failures::retreats,
    hearing::{heard, heard_table, moved_table, wordings},
    scorers::scorer_table,
    scores::score_tables_and_comparisons,
    sure,
    table::{Table, Titled, p_value, percent, plain, points, ratio, with_interval},
    times::time_tables,
};
use crate::{
    dataset::Length,
    finding::Finding,
    measure::{CONTROL, Kind},
    statistics::{Pace, Ratio, detectable, least_p, pace, wilson},
    suite::{Comparison, Suite},
};

/// What counts as shown.
pub(super) const LEVEL: f64 = 0.05;

/// The suite's findings in sentences, the primary comparisons first.
pub(crate) fn verdicts(measured: &Measured<'_>) -> Vec<String> {
    let mut sentences: Vec<String> =
        measured.suite.primary.iter().filter_map(|c| comparison(measured, c)).collect();
    for kind in measured.suite.kinds() {
        match kind {
            Kind::Tasks => {
                sentences.extend(heard(measured));
                sentences.extend(sure::confidence(measured));
            }
            Kind::Faults(_) => sentences.push(faults(measured)),
            Kind::Repeat(_) => sentences.extend(kept(measured, "repeat-equal", "a repeat decides the same")),
            Kind::Threads(_) => {
                sentences.extend(kept(measured, "threads-equal", "the number of threads changes nothing"));
            }
            Kind::Batch(_) => {
                sentences.extend(kept(measured, "batch-equal", "what else is decided changes nothing"))
            }
            Kind::Backends => {
                sentences.extend(kept(measured, "backend-equal", "every backend decides the same"))
            }
            Kind::Paraphrase => sentences.extend(wordings(measured)),
            Kind::Shift(_) => sentences.extend(shifts(measured)),
            Kind::Latency(_) => sentences.extend(ratios(measured)),
            Kind::Scorers(_) => sentences.extend(kept_once(measured)),
            Kind::Coverage(_) => sentences.extend(promises(measured)),
            Kind::Ranges(_) => sentences.extend(sure::ranges(measured)),
            Kind::Unknowns(_) => sentences.extend(sure::unknowns(measured)),
        }
    }
    sentences
}

/// Whether a second question on the same image costs the question alone.
fn kept_once(measured: &Measured<'_>) -> Option<String> {
    let most = of(measured, "prepares").map(|f| f.estimate).max_by(f64::total_cmp)?;
    let scorers = of(measured, "prepares").filter_map(|f| f.condition.as_ref()?.split(',').next());
    let scorers: std::collections::BTreeSet<&str> = scorers.collect();
    Some(match most {
        1.0 => {
            format!("all {} scorers prepare an image once, however many questions are asked", scorers.len())
        }
        more => format!("a scorer prepared one image {more} times: each question paid for it again"),
    })
}

fn faults(measured: &Measured<'_>) -> String {
    let kept = |metric| of(measured, metric).filter(|f| f.estimate == 1.0).count();
    let (admitted, named) = (kept("fault-admitted"), kept("fault-named"));
    let all = of(measured, "fault-admitted").count();
    format!(
        "with a part that misbehaves, {admitted} of {all} decisions keep total and bounds, and {named} name the part"
    )
}

pub(super) fn of<'a>(measured: &'a Measured<'_>, metric: &'a str) -> impl Iterator<Item = &'a Finding> {
    measured.findings.iter().filter(move |f| f.metric == metric)
}

/// Whether a finding is one of those that a suite named before it ran.
pub(crate) fn is_primary(suite: &Suite, finding: &Finding) -> bool {
    suite.primary.iter().any(|c| fits(c, finding))
}

fn fits(comparison: &Comparison, finding: &Finding) -> bool {
    comparison.metric == finding.metric
        && comparison.dataset.as_ref().is_none_or(|dataset| *dataset == finding.dataset)
        && finding.condition.is_none()
        && comparison.method == finding.method
        && Some(&comparison.against) == finding.against.as_ref()
        && comparison.average == finding.average
}

fn comparison(measured: &Measured<'_>, comparison: &Comparison) -> Option<String> {
    let finding = measured.findings.iter().find(|f| fits(comparison, f))?;
    let p = finding.test.and_then(|t| t.holm).unwrap_or(1.0);
    let at = finding.average.map_or(String::new(), |average| format!(" at {average} tokens a patch"));
    let Comparison { metric, method, against, .. } = comparison;
    let what = what(measured, metric);
    let difference = with_interval(finding, points);
    let Some(interval) = finding.interval else {
        let n = counted(finding);
        return Some(format!(
            "`{method}` against `{against}`{at}: {difference} points in {what}; too few pages to tell ({n})"
        ));
    };
    let shown = p < LEVEL && !interval.contains(0.0);
    let said = match (shown, finding.estimate > 0.0) {
        (true, true) => format!("`{method}` is ahead of `{against}` in {what}{at}"),
        (true, false) => format!("`{method}` is behind `{against}` in {what}{at}"),
        (false, _) => format!("no difference was shown between `{method}` and `{against}` in {what}{at}"),
    };
    // At the strictest step of the correction: the number is on the safe side.
    let level = LEVEL / measured.suite.primary.len() as f64;
    let power = if shown || interval.error == 0.0 {
        String::new()
    } else if least_p(finding.n) > level {
        "; so few pages could show none".into()
    } else {
        let least = detectable(interval.error, level);
        format!("; {} points would be found four times in five", percent(least))
    };
    Some(format!("{said}: {difference} points, Holm {}, {}{power}", p_value(p), counted(finding)))
}

/// What a metric of a task counts, in words.
fn what(measured: &Measured<'_>, metric: &str) -> String {
    let names = measured.suite.tasks.iter().map(|asked| asked.task.names());
    for names in names {
        if metric == names.score {
            return names.what.into();
        }
        if metric == names.area {
            return format!("{} over all budgets", names.what);
        }
    }
    format!("`{metric}`")
}

fn kept(measured: &Measured<'_>, metric: &str, says: &str) -> Option<String> {
    let all: Vec<&Finding> = of(measured, metric).collect();
    let broken: Vec<&str> = all.iter().filter(|f| f.estimate < 1.0).map(|f| f.method.as_str()).collect();
    let n: usize = all.iter().map(|f| f.n).sum();
    match (all.is_empty(), broken.is_empty()) {
        (true, _) => None,
        (_, true) => {
            let least = wilson(n as u64, n as u64).map_or(0.0, |i| i.low);
            Some(format!("{says}, bit for bit, in {n} of {n} cases (95 %: at least {} %)", percent(least)))
        }
        (_, false) => Some(format!("it is NOT so that {says}: {}", broken.join(", "))),
    }
}

/// Of each method the shift that moves most.
fn shifts(measured: &Measured<'_>) -> Option<String> {
    let most = |name: &str| {
        let all = of(measured, "shift-moved").filter(|f| f.method == name);
        all.max_by(|a, b| a.estimate.total_cmp(&b.estimate))
    };
    let methods = measured.suite.methods.iter().filter_map(|method| most(&method.name));
    let all: Vec<String> = methods
        .map(|f| format!("`{}` {} % ({})", f.method, with_interval(f, percent), circumstances(measured, f)))
        .collect();
    (!all.is_empty()).then(|| format!("share of tokens that move with the page, at most: {}", all.join("; ")))
}

/// The condition, and the average where the suite has more than one.
pub(super) fn circumstances(measured: &Measured<'_>, finding: &Finding) -> String {
    let average = finding.average.filter(|_| measured.suite.averages.len() > 1);
    let average = average.map(|average| format!("{average} tokens a patch"));
    finding.condition.iter().cloned().chain(average).collect::<Vec<_>>().join(", ")
}

pub(super) fn plural(pages: u32) -> String {
    if pages == 1 { "1 page".into() } else { format!("{pages} pages") }
}

/// `24 pages`, `1 page`.
pub(super) fn counted(finding: &Finding) -> String {
    let of = if finding.n == 1 { finding.of.trim_end_matches('s') } else { finding.of };
    format!("{} {of}", finding.n)
}

fn control<'a>(measured: &'a Measured<'_>, like: &Finding) -> Option<&'a Finding> {
    of(measured, "time-ratio")
        .find(|f| f.method == CONTROL && f.average == like.average && f.condition == like.condition)
}

fn ratios(measured: &Measured<'_>) -> Vec<String> {
    let mut sentences = Vec::new();
    for finding in of(measured, "time-ratio").filter(|f| f.method != CONTROL) {
        let against = finding.against.as_deref().unwrap_or_default();
        let (method, size) = (&finding.method, circumstances(measured, finding));
        let said = with_interval(finding, ratio);
        let of =
            |f: &Finding| f.interval.map(|interval| Ratio { estimate: f.estimate, interval, rounds: f.n });
        let (Some(own), Some(noise)) = (of(finding), control(measured, finding).and_then(of)) else {
            continue;
        };
        sentences.push(match pace(&own, &noise) {
            Pace::Slower | Pace::Faster => {
                format!("`{method}` takes {said} times as long as `{against}` ({size}, {} runs)", finding.n)
            }
            Pace::NoDifference => format!(
                "no difference in time was shown between `{method}` and `{against}`: {said} ({size}, {} runs)",
                finding.n
            ),
            Pace::TooNoisy => format!(
                "the machine was too noisy for a verdict on the time of `{method}` against `{against}`: {said} ({size}, {} runs)",
                finding.n
            ),
        });
    }
    sentences
}

fn promises(measured: &Measured<'_>) -> Vec<String> {
    let names = ["exact", "in-bounds", "account-exact", "json-exact", "same-size", "refused"];
    let all: Vec<&Finding> = names.iter().flat_map(|name| of(measured, name)).collect();
    let broken: Vec<String> = all
        .iter()
        .filter(|f| f.estimate < 1.0)
        .map(|f| format!("`{}` of `{}`", f.metric, f.method))
        .collect();
    let cells: usize = of(measured, "exact").chain(of(measured, "refused")).map(|f| f.n).sum();
    match broken.is_empty() {
        true => vec![format!(
            "every promise is kept in {cells} of {cells} cells of size, grid, bounds and budget"
        )],
        false => vec![format!("promises are BROKEN: {}", broken.join(", "))],
    }
}

/// Every table of a suite.
pub(crate) fn tables(measured: &Measured<'_>) -> Vec<Titled> {
    let others = [
        scorer_table(measured),
        plain_table(measured, &["shift-moved", "shift-rho"], "Two windows of one page"),
        moved_table(measured),
        heard_table(measured),
        sure::confidence_table(measured),
        sure::unknowns_table(measured),
        fault_table(measured),
        tension_table(measured),
    ];
    let scores = score_tables_and_comparisons(measured).into_iter();
    scores.chain(time_tables(measured)).chain(others.into_iter().flatten()).collect()
}

/// A suite: what it was on, what it found, and its tables.
pub(crate) fn suite(measured: &Measured<'_>, length: Length) -> String {
    let mut text = String::new();
    let suite = measured.suite;
    let datasets = suite.datasets.iter().map(|dataset| {
        let size = dataset.size().map_or(String::new(), |size| format!(", {size} pixels"));
        format!("{} of `{}`{size}", plural(dataset.pages(length)), dataset.name)
    });
    let datasets = datasets.collect::<Vec<_>>().join("; ");
    _ = writeln!(text, "\n{datasets}; grid {}, bounds {}.\n", suite.grid, suite.bounds);
    for sentence in verdicts(measured) {
        _ = writeln!(text, "- {sentence}");
    }
    for table in tables(measured) {
        _ = write!(text, "\n{}", table.markdown());
    }
    for line in retreats(measured) {
        _ = writeln!(text, "\n{line}");
    }
    text
}

fn plain_table(measured: &Measured<'_>, metrics: &[&str], title: &str) -> Option<Titled> {
    let mut table = Table::new(["method", "condition", "tokens a patch", "metric", "value", "n"]);
    for f in metrics.iter().flat_map(|metric| of(measured, metric)) {
        table.row([
            f.method.clone(),
            f.condition.clone().unwrap_or_default(),
            f.average.map_or_else(String::new, |a| a.to_string()),
            f.metric.into(),
            with_interval(f, plain),
            counted(f),
        ]);
    }
    table.titled(title)
}

fn fault_table(measured: &Measured<'_>) -> Option<Titled> {
    let yes = |f: &Finding| if f.estimate == 1.0 { "yes".to_owned() } else { "**no**".to_owned() };
    let mut table =
        Table::new(["fault", "tokens a patch", "total and bounds kept", "named", "likeness", "reason"]);
    for f in of(measured, "fault-admitted") {
        let same = |g: &&Finding| g.condition == f.condition && g.average == f.average;
        let named = of(measured, "fault-named").find(same).map_or(String::new(), yes);
        let ssim = of(measured, "fault-ssim").find(same).map_or(String::new(), |g| plain(g.estimate));
        let reason =
            measured.rows.iter().find(|row| row.condition == f.condition && row.average == f.average);
        let condition = f.condition.clone().unwrap_or_default();
        table.row([
            condition.trim_start_matches("fault ").into(),
            f.average.map_or_else(String::new, |a| a.to_string()),
            yes(f),
            named,
            ssim,
            reason.map_or(String::new(), |row| row.reason.clone()),
        ]);
    }
    table.titled("Parts that misbehave on purpose")
}

fn tension_table(measured: &Measured<'_>) -> Option<Titled> {
    let mut table = Table::new(["method", "tension", "least", "greatest", "cells"]);
    for least in of(measured, "tension-least") {
        let same = |f: &&Finding| f.method == least.method && f.condition == least.condition;
        let greatest = of(measured, "tension-greatest").find(same);
        table.row([
            least.method.clone(),
            least.condition.clone().unwrap_or_default(),
            plain(least.estimate),
            greatest.map_or(String::new(), |f| plain(f.estimate)),
            least.n.to_string(),
        ]);
    }
    table.titled("The range of each tension")
}
