//! What the report says of one suite: sentences, then the tables they rest on.

use std::fmt::Write as _;

use super::{
    Measured,
    table::{Table, p_value, percent, plain, points, ratio, whole_percent, with_interval},
};
use crate::{
    finding::Finding,
    measure::{CONTROL, Kind},
    method::Runs,
    statistics::{detectable, least_p},
    suite::{Comparison, Suite},
};

/// What counts as shown.
const LEVEL: f64 = 0.05;

/// The suite's findings in sentences, the primary comparisons first.
pub(crate) fn verdicts(measured: &Measured<'_>) -> Vec<String> {
    let mut sentences: Vec<String> =
        measured.suite.primary.iter().filter_map(|c| comparison(measured, c)).collect();
    for kind in measured.suite.kinds() {
        match kind {
            Kind::Decode => {}
            Kind::Faults(_) => sentences.push(faults(measured)),
            Kind::Repeat(_) => sentences.extend(kept(measured, "repeat-equal", "a repeat decides the same")),
            Kind::Threads(_) => {
                sentences.extend(kept(measured, "threads-equal", "the number of threads changes nothing"));
            }
            Kind::Shift(_) => sentences.extend(shifts(measured)),
            Kind::Latency(_) => sentences.extend(ratios(measured)),
            Kind::Coverage(_) => sentences.extend(promises(measured)),
        }
    }
    sentences
}

fn faults(measured: &Measured<'_>) -> String {
    let kept = |metric| of(measured, metric).filter(|f| f.estimate == 1.0).count();
    let (admitted, named) = (kept("fault-admitted"), kept("fault-named"));
    let all = of(measured, "fault-admitted").count();
    format!(
        "with a part that misbehaves, {admitted} of {all} decisions keep total and bounds, and {named} name the part"
    )
}

fn of<'a>(measured: &'a Measured<'_>, metric: &'a str) -> impl Iterator<Item = &'a Finding> {
    measured.findings.iter().filter(move |f| f.metric == metric)
}

/// Whether a finding is one of those that a suite named before it ran.
pub(crate) fn is_primary(suite: &Suite, finding: &Finding) -> bool {
    suite.primary.iter().any(|c| fits(c, finding))
}

fn fits(comparison: &Comparison, finding: &Finding) -> bool {
    comparison.metric == finding.metric
        && comparison.method == finding.method
        && Some(&comparison.against) == finding.against.as_ref()
        && comparison.average == finding.average
}

fn comparison(measured: &Measured<'_>, comparison: &Comparison) -> Option<String> {
    let finding = measured.findings.iter().find(|f| fits(comparison, f))?;
    let p = finding.test.and_then(|t| t.holm).unwrap_or(1.0);
    let at = finding.average.map_or(String::new(), |average| format!(" at {average} tokens a patch"));
    let Comparison { metric, method, against, .. } = comparison;
    let what = match metric.as_str() {
        "area" => "codes over all budgets",
        _ => "codes",
    };
    let difference = with_interval(finding, points);
    let Some(interval) = finding.interval else {
        let n = counted(finding);
        return Some(format!(
            "`{method}` against `{against}`{at}: {difference} points in {what}; too few pages to tell ({n})"
        ));
    };
    let shown = p < LEVEL && !interval.contains(0.0);
    let said = match (shown, finding.estimate > 0.0) {
        (true, true) => format!("`{method}` reads more {what} than `{against}`{at}"),
        (true, false) => format!("`{method}` reads fewer {what} than `{against}`{at}"),
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

fn kept(measured: &Measured<'_>, metric: &str, says: &str) -> Option<String> {
    let all: Vec<&Finding> = of(measured, metric).collect();
    let broken: Vec<&str> = all.iter().filter(|f| f.estimate < 1.0).map(|f| f.method.as_str()).collect();
    let n: usize = all.iter().map(|f| f.n).sum();
    match (all.is_empty(), broken.is_empty()) {
        (true, _) => None,
        (_, true) => Some(format!("{says}, bit for bit, in {n} of {n} cases")),
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
fn circumstances(measured: &Measured<'_>, finding: &Finding) -> String {
    let average = finding.average.filter(|_| measured.suite.averages.len() > 1);
    let average = average.map(|average| format!("{average} tokens a patch"));
    finding.condition.iter().cloned().chain(average).collect::<Vec<_>>().join(", ")
}

fn plural(pages: u32) -> String {
    if pages == 1 { "1 page".into() } else { format!("{pages} pages") }
}

/// `24 pages`, `1 page`.
fn counted(finding: &Finding) -> String {
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
        let (Some(interval), Some(noise)) = (finding.interval, control(measured, finding)) else { continue };
        let noise = noise.interval.unwrap_or(interval);
        let apart = interval.low > noise.high.max(1.0) || interval.high < noise.low.min(1.0);
        let against = finding.against.as_deref().unwrap_or_default();
        let (method, size) = (&finding.method, circumstances(measured, finding));
        let ratio = with_interval(finding, ratio);
        sentences.push(if apart {
            format!("`{method}` takes {ratio} times as long as `{against}` ({size}, {} runs)", finding.n)
        } else {
            format!("no difference in time was shown between `{method}` and `{against}`: {ratio} ({size}, {} runs)", finding.n)
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

/// The tables of a suite.
pub(crate) fn suite(measured: &Measured<'_>, quick: bool) -> String {
    let mut text = String::new();
    let suite = measured.suite;
    let dataset = &suite.dataset;
    _ = writeln!(
        text,
        "\n{} of `{}`, {} pixels, grid {}, bounds {}.\n",
        plural(suite.pages(quick)),
        dataset.name,
        dataset.size.0,
        suite.grid,
        suite.bounds
    );
    for sentence in verdicts(measured) {
        _ = writeln!(text, "- {sentence}");
    }
    for table in [
        read_table(measured),
        curve_table(measured),
        where_table(measured),
        primary_table(measured),
        exploratory_tables(measured),
        plain_table(measured, &["shift-moved", "shift-rho"], "Two windows of one page"),
        fault_table(measured),
        time_table(measured),
        stage_table(measured),
        tension_table(measured),
    ]
    .into_iter()
    .flatten()
    {
        _ = write!(text, "\n{table}");
    }
    for line in retreats(measured) {
        _ = writeln!(text, "\n{line}");
    }
    text
}

/// Codes read, a row for each method and a column for each average.
pub(crate) fn read_table(measured: &Measured<'_>) -> Option<String> {
    let suite = measured.suite;
    let rates: Vec<&Finding> = of(measured, "read").filter(|f| f.against.is_none()).collect();
    let n = rates.first()?.n;
    let averages = suite.averages.iter().map(f64::to_string);
    let mut table = Table::new(["tokens a patch".to_owned()].into_iter().chain(averages));
    for method in suite.methods.iter().filter(|m| !matches!(m.runs, Runs::Original)) {
        let cell = |average: &f64| {
            let found = rates.iter().find(|f| f.method == method.name && f.average == Some(*average));
            found.map_or(String::new(), |f| whole_percent(f))
        };
        table.row([method.name.clone()].into_iter().chain(suite.averages.iter().map(cell)));
    }
    let original = rates.iter().find(|f| f.average.is_none());
    let ceiling =
        original.map_or(String::new(), |f| format!("; on the pages themselves {}", whole_percent(f)));
    let title = format!(
        "QR codes read, % (95 % interval over pages), n = {} with {} codes{ceiling}",
        plural(n as u32),
        codes(measured)
    );
    Some(format!("{title}\n\n{}", table.markdown()))
}

/// How many codes there are on all pages.
fn codes(measured: &Measured<'_>) -> f64 {
    let mut pages: Vec<(u32, f64)> =
        measured.rows.iter().filter(|r| r.metric == "read").map(|r| (r.item, r.weight)).collect();
    pages.sort_by_key(|(item, _)| *item);
    pages.dedup_by_key(|(item, _)| *item);
    pages.iter().map(|(_, codes)| codes).sum()
}

fn curve_table(measured: &Measured<'_>) -> Option<String> {
    let mut table = Table::new(["method", "area, %", "worst drop, points"]);
    for area in of(measured, "area").filter(|f| f.against.is_none()) {
        let drop = of(measured, "worst-drop").find(|f| f.method == area.method);
        let drop = drop.map_or(String::new(), |f| with_interval(f, percent));
        table.row([area.method.clone(), with_interval(area, percent), drop]);
    }
    (!table.is_empty()).then(|| format!("The curve over budgets\n\n{}", table.markdown()))
}

fn where_table(measured: &Measured<'_>) -> Option<String> {
    let averages: Vec<String> = measured.suite.averages.iter().map(f64::to_string).collect();
    let mut table = Table::new(["lift".to_owned()].into_iter().chain(averages));
    for method in &measured.suite.methods {
        let cell = |average: &f64| {
            let found = of(measured, "lift").find(|f| f.method == method.name && f.average == Some(*average));
            found.map(|f| with_interval(f, plain))
        };
        let cells: Vec<Option<String>> = measured.suite.averages.iter().map(cell).collect();
        if cells.iter().any(Option::is_some) {
            let named = if method.decider().is_some_and(|d| d.sees_answer()) {
                format!("{} (knows the answer)", method.name)
            } else {
                method.name.clone()
            };
            table.row([named].into_iter().chain(cells.into_iter().map(Option::unwrap_or_default)));
        }
    }
    (!table.is_empty()).then(|| {
        format!("Where the surplus went: on patches with a code, against chance\n\n{}", table.markdown())
    })
}

fn primary_table(measured: &Measured<'_>) -> Option<String> {
    let mut table =
        Table::new(["metric", "method", "against", "tokens a patch", "difference, points", "Holm", "n"]);
    for f in measured.findings.iter().filter(|f| is_primary(measured.suite, f)) {
        table.row([
            f.metric.into(),
            f.method.clone(),
            f.against.clone().unwrap_or_default(),
            f.average.map_or_else(|| "all".into(), |a| a.to_string()),
            with_interval(f, points),
            f.test.and_then(|t| t.holm).map_or(String::new(), p_value),
            counted(f),
        ]);
    }
    (!table.is_empty()).then(|| format!("Primary comparisons, paired by page\n\n{}", table.markdown()))
}

/// One table for each method that others are compared with.
fn exploratory_tables(measured: &Measured<'_>) -> Option<String> {
    let suite = measured.suite;
    let averages: Vec<Option<f64>> = suite.averages.iter().map(|a| Some(*a)).chain([None]).collect();
    let mut text = String::new();
    for against in &suite.against {
        let head = suite.averages.iter().map(f64::to_string).chain(["area".to_owned()]);
        let mut table = Table::new([format!("less {against}")].into_iter().chain(head));
        for method in &suite.methods {
            let cell = |average: &Option<f64>| {
                let found = measured.findings.iter().find(|f| {
                    f.test.is_some()
                        && f.method == method.name
                        && f.against.as_ref() == Some(against)
                        && f.average == *average
                });
                found.map(|f| with_interval(f, points))
            };
            let cells: Vec<Option<String>> = averages.iter().map(cell).collect();
            if cells.iter().any(Option::is_some) {
                let cells = cells.into_iter().map(Option::unwrap_or_default);
                table.row([method.name.clone()].into_iter().chain(cells));
            }
        }
        if !table.is_empty() {
            _ = write!(text, "{}{}", if text.is_empty() { "" } else { "\n" }, table.markdown());
        }
    }
    let title = "Codes read, differences in points, paired by page; exploratory, but for those above";
    (!text.is_empty()).then(|| format!("{title}\n\n{text}"))
}

fn plain_table(measured: &Measured<'_>, metrics: &[&str], title: &str) -> Option<String> {
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
    (!table.is_empty()).then(|| format!("{title}\n\n{}", table.markdown()))
}

fn fault_table(measured: &Measured<'_>) -> Option<String> {
    let yes = |f: &Finding| if f.estimate == 1.0 { "yes".to_owned() } else { "**no**".to_owned() };
    let mut table =
        Table::new(["fault", "tokens a patch", "total and bounds kept", "named", "read, %", "reason"]);
    for f in of(measured, "fault-admitted") {
        let same = |g: &&Finding| g.condition == f.condition && g.average == f.average;
        let named = of(measured, "fault-named").find(same).map_or(String::new(), yes);
        let read = of(measured, "fault-read").find(same).map_or(String::new(), |g| percent(g.estimate));
        let reason =
            measured.rows.iter().find(|row| row.condition == f.condition && row.average == f.average);
        let condition = f.condition.clone().unwrap_or_default();
        table.row([
            condition.trim_start_matches("fault ").into(),
            f.average.map_or_else(String::new, |a| a.to_string()),
            yes(f),
            named,
            read,
            reason.map_or(String::new(), |row| row.reason.clone()),
        ]);
    }
    (!table.is_empty()).then(|| format!("Parts that misbehave on purpose\n\n{}", table.markdown()))
}

fn time_table(measured: &Measured<'_>) -> Option<String> {
    let mut table =
        Table::new(["method", "condition", "p50, ms", "p90, ms", "p99, ms", "ratio", "against", "runs"]);
    for p50 in of(measured, "time-p50") {
        let same =
            |f: &&Finding| f.method == p50.method && f.average == p50.average && f.condition == p50.condition;
        let at = |metric| {
            let found = of(measured, metric).find(same);
            found.map_or_else(|| "too few runs".to_owned(), |f| plain(f.estimate))
        };
        let ratios: Vec<&Finding> = of(measured, "time-ratio").filter(same).collect();
        let cells = |f: Option<&&Finding>| {
            let ratio = f.map_or(String::new(), |f| with_interval(f, ratio));
            let against = f.and_then(|f| f.against.clone()).unwrap_or_default();
            table_row(p50, [at("time-p90"), at("time-p99"), ratio, against])
        };
        if ratios.is_empty() {
            table.row(cells(None));
        }
        for ratio in &ratios {
            table.row(cells(Some(ratio)));
        }
    }
    (!table.is_empty()).then(|| format!("A decision, one thread, methods in turn\n\n{}", table.markdown()))
}

fn table_row(p50: &Finding, [p90, p99, ratio, against]: [String; 4]) -> Vec<String> {
    let condition = p50.condition.clone().unwrap_or_default();
    let (p50, runs, method) = (plain(p50.estimate), p50.n.to_string(), p50.method.clone());
    vec![method, condition, p50, p90, p99, ratio, against, runs]
}

fn stage_table(measured: &Measured<'_>) -> Option<String> {
    let mut table = Table::new(["method", "stage", "p50, ms", "runs"]);
    for f in of(measured, "stage-p50").filter(|f| f.method != CONTROL) {
        table.row([
            f.method.clone(),
            f.condition.clone().unwrap_or_default(),
            plain(f.estimate),
            f.n.to_string(),
        ]);
    }
    (!table.is_empty()).then(|| format!("Stages of a decision\n\n{}", table.markdown()))
}

fn tension_table(measured: &Measured<'_>) -> Option<String> {
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
    (!table.is_empty()).then(|| format!("The range of each tension\n\n{}", table.markdown()))
}

/// Methods that did not run as they should: their numbers are those of a retreat.
fn retreats(measured: &Measured<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for method in &measured.suite.methods {
        // The faults are there to retreat, and refusals are checked by themselves.
        let rows = measured
            .rows
            .iter()
            .filter(|row| row.method == method.name && row.measure != "faults" && row.metric != "refused");
        let mut decisions: Vec<(&str, &str)> = rows
            .filter(|row| !row.decision.is_empty())
            .map(|row| (row.decision.as_str(), row.reason.as_str()))
            .collect();
        decisions.sort_unstable();
        decisions.dedup();
        let retreated: Vec<&str> =
            decisions.iter().filter(|(_, reason)| !reason.is_empty()).map(|(_, reason)| *reason).collect();
        if let Some(first) = retreated.first() {
            lines.push(format!(
                "**`{}` retreated in {} of {} decisions**, for example: {first}",
                method.name,
                retreated.len(),
                decisions.len()
            ));
        }
    }
    lines
}
