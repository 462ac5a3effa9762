//! What `index.html` is given: the run in the words of the page.
//!
//! Nothing is computed here that is not in the findings; the page and
//! `report.md` say the same.

use super::{
    Frame, Measured,
    page::{
        Answer, Cell, Column, Cost, Curves, Failed, GateOutcome, GateView, Item, Kind, Outcome, Page, Pareto,
        Point, Priced, Series, SuiteView, TableView,
    },
    sections::{self, LEVEL, circumstances, of},
    table::{Titled, plain},
};
use crate::{
    dataset::Length,
    finding::Finding,
    gate::{self, Verdict},
    measure::CONTROL,
    method::{Method, Runs, SYSTEM},
    statistics::{Interval, detectable},
    suite::{Asked, Suite},
};

/// The page of a run.
pub(crate) fn page(frame: &Frame<'_>, suites: &[Measured<'_>], explorer: Vec<Item>) -> Page {
    let verdicts: Vec<&Verdict> = suites.iter().flat_map(|m| m.verdicts).chain(frame.against).collect();
    let mut views: Vec<SuiteView> = suites.iter().map(|measured| suite(measured, suites)).collect();
    if !frame.against.is_empty() {
        views.push(SuiteView {
            name: "baseline".into(),
            description: "This run against an earlier one.".into(),
            gates: frame.against.iter().map(gate).collect(),
            ..SuiteView::default()
        });
    }
    let machine =
        [("machine".to_owned(), frame.machine.line()), ("backends".into(), frame.backends.join(", "))];
    let versions = frame.versions.iter().map(|(name, version)| (name.clone(), version.clone()));
    Page {
        title: "Evaluation".into(),
        created: frame.created.into(),
        command: frame.command.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        machine: machine.into_iter().chain(versions).collect(),
        seconds: frame.seconds,
        length: frame.length.to_string(),
        quick: frame.length == Length::Quick,
        holds: !verdicts.iter().any(|v| v.outcome == gate::Outcome::Fails),
        answers: suites.iter().flat_map(answers).collect(),
        costs: suites.iter().flat_map(costs).collect(),
        failed: failed(suites, &verdicts),
        not_measured: frame.not_measured.to_vec(),
        suites: views,
        explorer,
    }
}

/// The system against every other method: the area under each curve.
fn answers(measured: &Measured<'_>) -> Vec<Answer> {
    let suite = measured.suite;
    let mut answers = Vec::new();
    for asked in &suite.tasks {
        let names = asked.task.names();
        let own = |f: &&Finding| f.method == SYSTEM && f.against.is_some() && f.condition.is_none();
        answers.extend(of(measured, names.area).filter(own).map(|f| answer(suite, f, names.what)));
    }
    answers
}

fn answer(suite: &Suite, f: &Finding, metric: &str) -> Answer {
    let test = f.test.unwrap_or(crate::finding::Test { p: 1.0, holm: None });
    let shown = test.holm.unwrap_or(test.p) < LEVEL && f.interval.is_some_and(|i| !i.contains(0.0));
    let percent = |value: f64| 100.0 * value;
    let level = LEVEL / suite.primary.len().max(1) as f64;
    Answer {
        against: f.against.clone().unwrap_or_default(),
        dataset: f.dataset.clone(),
        metric: metric.into(),
        unit: "points".into(),
        at: "over all budgets".into(),
        estimate: percent(f.estimate),
        low: f.interval.map(|i| percent(i.low)),
        high: f.interval.map(|i| percent(i.high)),
        p: test.holm,
        n: f.n,
        of: f.of.into(),
        outcome: match (shown, f.estimate > 0.0) {
            (false, _) => Outcome::Unclear,
            (true, true) => Outcome::Better,
            (true, false) => Outcome::Worse,
        },
        power: f.interval.filter(|_| !shown).map(|i| percent(detectable(i.error, level))),
        primary: sections::is_primary(suite, f),
    }
}

/// What the system costs: its time, beside that of another, and its memory.
fn costs(measured: &Measured<'_>) -> Vec<Cost> {
    let own = |f: &&Finding| f.method == SYSTEM;
    let mut costs = Vec::new();
    for p50 in of(measured, "time-p50").filter(own) {
        let same = |f: &&Finding| own(f) && f.condition == p50.condition && f.average == p50.average;
        let beside = of(measured, "time-ratio").find(same).map_or(String::new(), |f| {
            let against = f.against.as_deref().unwrap_or_default();
            format!(", {:.2} times as long as `{against}`", f.estimate)
        });
        costs.push(format!(
            "a decision takes {} ms at the median{beside} ({}, {} runs)",
            plain(p50.estimate),
            circumstances(measured, p50),
            p50.n
        ));
    }
    let largest = of(measured, "memory-beside").filter(own).max_by(|a, b| a.estimate.total_cmp(&b.estimate));
    costs.extend(largest.map(|f| {
        let condition = f.condition.as_deref().unwrap_or_default();
        format!("{} MiB of memory at most beside the image ({condition})", plain(f.estimate))
    }));
    costs.into_iter().map(|text| Cost { text }).collect()
}

fn failed(suites: &[Measured<'_>], verdicts: &[&Verdict]) -> Vec<Failed> {
    let gates = verdicts.iter().filter(|v| v.outcome == gate::Outcome::Fails).map(|v| Failed {
        what: format!("{}: {}", v.suite, v.name),
        why: v.why.clone(),
        place: v.place.clone(),
    });
    let rows = suites.iter().flat_map(|m| m.rows).filter(|row| row.has_failed()).map(|row| Failed {
        what: if row.name.is_empty() { format!("page {}", row.item) } else { row.name.clone() },
        why: row.reason.clone(),
        place: format!("{}, {}", row.suite, row.dataset),
    });
    let mut failed: Vec<Failed> = gates.chain(rows).collect();
    failed.dedup_by(|a, b| (&a.what, &a.why, &a.place) == (&b.what, &b.why, &b.place));
    failed
}

fn gate(verdict: &Verdict) -> GateView {
    GateView {
        name: verdict.name.clone(),
        outcome: match verdict.outcome {
            gate::Outcome::Holds => GateOutcome::Holds,
            gate::Outcome::Fails => GateOutcome::Fails,
            gate::Outcome::Unknown => GateOutcome::Unknown,
        },
        why: verdict.why.clone(),
        place: verdict.place.clone(),
    }
}

fn suite(measured: &Measured<'_>, all: &[Measured<'_>]) -> SuiteView {
    let suite = measured.suite;
    let places = || {
        suite.tasks.iter().flat_map(|asked| asked.on.iter().map(move |i| (asked, &suite.datasets[*i].name)))
    };
    SuiteView {
        name: suite.name.clone(),
        version: suite.version.to_string(),
        description: suite.description.clone(),
        verdicts: sections::verdicts(measured),
        gates: measured.verdicts.iter().map(gate).collect(),
        curves: places().filter_map(|(asked, dataset)| curves(measured, asked, dataset)).collect(),
        pareto: places().flat_map(|(asked, dataset)| pareto(measured, all, asked, dataset)).collect(),
        tables: sections::tables(measured).iter().map(table).collect(),
    }
}

fn kind(method: &Method) -> Kind {
    match &method.runs {
        Runs::Engine(decider) if decider.sees_answer() => Kind::Oracle,
        _ if method.name.starts_with(SYSTEM) => Kind::System,
        _ if ["uniform", "edge-density", "downsample", "original"].contains(&method.name.as_str()) => {
            Kind::Reference
        }
        _ => Kind::Baseline,
    }
}

/// A score of whole pages, of one method at one average.
fn score<'a>(
    measured: &'a Measured<'_>,
    metric: &'a str,
    dataset: &str,
    method: &str,
    average: Option<f64>,
) -> Option<&'a Finding> {
    of(measured, metric).find(|f| {
        f.against.is_none()
            && f.condition.is_none()
            && f.dataset == dataset
            && f.method == method
            && f.average == average
    })
}

fn curves(measured: &Measured<'_>, asked: &Asked, dataset: &str) -> Option<Curves> {
    let suite = measured.suite;
    let names = asked.task.names();
    let series = suite.methods.iter().filter_map(|method| {
        let at = |average: &f64| {
            let f = score(measured, names.score, dataset, &method.name, Some(*average))?;
            let (low, high) = ends(f.interval);
            Some(Point { x: *average, y: f.estimate, low, high, n: f.n })
        };
        let points: Vec<Point> = suite.averages.iter().filter_map(at).collect();
        (!points.is_empty()).then(|| Series { method: method.name.clone(), kind: kind(method), points })
    });
    let series: Vec<Series> = series.collect();
    let original = suite.methods.iter().find(|method| matches!(method.runs, Runs::Original));
    let ceiling = original.and_then(|method| score(measured, names.score, dataset, &method.name, None));
    (!series.is_empty()).then(|| Curves {
        title: format!("{} on {dataset}", names.what),
        x_name: "tokens a patch".into(),
        y_name: names.what.into(),
        percent: true,
        log_x: true,
        series,
        ceiling: ceiling.map(|f| f.estimate),
    })
}

fn ends(interval: Option<Interval>) -> (Option<f64>, Option<f64>) {
    (interval.map(|i| i.low), interval.map(|i| i.high))
}

/// The score against the tokens, and the area under the curve against the time of a decision where any suite of the run
/// has measured that.
fn pareto(measured: &Measured<'_>, all: &[Measured<'_>], asked: &Asked, dataset: &str) -> Vec<Pareto> {
    let suite = measured.suite;
    let names = asked.task.names();
    let mut tokens = Vec::new();
    let mut times = Vec::new();
    for method in &suite.methods {
        let (name, kind) = (method.name.clone(), kind(method));
        for average in &suite.averages {
            let Some(f) = score(measured, names.score, dataset, &name, Some(*average)) else { continue };
            let (low, high) = ends(f.interval);
            let label = format!("{average} tokens");
            tokens.push(Priced {
                method: name.clone(),
                kind,
                label,
                x: *average,
                y: f.estimate,
                low,
                high,
                n: f.n,
            });
        }
        let time =
            all.iter().find_map(|m| of(m, "time-p50").find(|f| f.method == name && f.method != CONTROL));
        let area = score(measured, names.area, dataset, &name, None);
        if let (Some(time), Some(area)) = (time, area) {
            let (low, high) = ends(area.interval);
            let label = time.condition.clone().unwrap_or_default();
            times.push(Priced {
                method: name,
                kind,
                label,
                x: time.estimate,
                y: area.estimate,
                low,
                high,
                n: area.n,
            });
        }
    }
    let figure = |points: Vec<Priced>, x_name: &str, y_name: String| {
        (points.len() > 1).then(|| Pareto {
            title: format!("{y_name} on {dataset} against {x_name}"),
            x_name: x_name.into(),
            y_name,
            percent: true,
            x_log: true,
            points,
        })
    };
    let tokens = figure(tokens, "tokens a patch", names.what.into());
    let times = figure(times, "ms a decision", format!("{} over all budgets", names.what));
    tokens.into_iter().chain(times).collect()
}

fn table(titled: &Titled) -> TableView {
    let Titled { title, table } = titled;
    // A column is numeric when every cell that says something begins with a number.
    let numeric = |column: usize| {
        let cells = table.rows().iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty());
        let mut numbers = cells.map(|cell| leading_number(cell).is_some()).peekable();
        numbers.peek().is_some() && numbers.all(|is| is)
    };
    let columns: Vec<Column> = table
        .head()
        .iter()
        .enumerate()
        .map(|(i, name)| Column { name: name.clone(), numeric: numeric(i) })
        .collect();
    let cell = |(i, text): (usize, &String)| Cell {
        sort: leading_number(text).filter(|_| columns.get(i).is_some_and(|column| column.numeric)),
        text: text.replace("\\|", "|").replace("**", ""),
    };
    let rows = table.rows().iter().map(|row| row.iter().enumerate().map(cell).collect()).collect();
    TableView { title: title.clone(), columns, rows }
}

/// The number that a cell begins with, as in `62 (55–70)`.
fn leading_number(cell: &str) -> Option<f64> {
    let of_number = |c: char| c.is_ascii_digit() || "+-.".contains(c);
    let end = cell.find(|c| !of_number(c)).unwrap_or(cell.len());
    cell[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::Table;

    #[test]
    fn tables_are_sorted_by_the_numbers_that_are_shown() {
        let mut written = Table::new(["method", "read, %", "p"]);
        written.row(["a|b".to_owned(), "62 (55–70)".into(), "< .001".into()]);
        written.row(["c".into(), "+4.5".into(), String::new()]);
        let titled = written.titled("title");
        let view = table(&titled.unwrap());
        let numeric: Vec<bool> = view.columns.iter().map(|column| column.numeric).collect();
        assert_eq!(numeric, [false, true, false]);
        assert_eq!(view.rows[0][0].text, "a|b");
        assert_eq!([view.rows[0][1].sort, view.rows[1][1].sort], [Some(62.0), Some(4.5)]);
    }
}
