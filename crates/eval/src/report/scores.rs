//! Scores in tables: of each method at each budget, by traits of pages, on pages
//! made worse; curves in numbers; where the surplus went; and comparisons.

use super::{
    Measured,
    sections::{counted, is_primary, of, plural},
    table::{Table, Titled, p_value, percent, plain, points, whole_percent, with_interval},
};
use crate::{
    finding::Finding,
    measure::CORRUPTED,
    method::{Runs, SYSTEM},
    suite::Asked,
};

/// Everything about tasks, the scores first.
pub(super) fn score_tables_and_comparisons(measured: &Measured<'_>) -> Vec<Titled> {
    let mut tables = score_tables(measured);
    tables.extend(where_tables(measured));
    tables.extend(primary_table(measured));
    tables.extend(exploratory_tables(measured));
    tables
}

/// The system against every other method, over all budgets: a row for each, a column for each task and dataset.
pub(super) fn system_table(measured: &Measured<'_>) -> Option<Titled> {
    let suite = measured.suite;
    let places: Vec<(&Asked, &str)> = suite
        .tasks
        .iter()
        .filter(|asked| asked.judge.is_ok())
        .flat_map(|asked| asked.on.iter().map(move |i| (asked, suite.datasets[*i].name.as_str())))
        .collect();
    let head = places.iter().map(|(asked, dataset)| match asked.on.len() {
        1 => asked.task.names().score.to_owned(),
        _ => format!("{} on {dataset}", asked.task.names().score),
    });
    let mut table = Table::new([format!("`{SYSTEM}` less")].into_iter().chain(head));
    for method in &suite.methods {
        let cell = |(asked, dataset): &(&Asked, &str)| {
            let found = of(measured, asked.task.names().area).find(|f| {
                f.method == SYSTEM
                    && f.against.as_ref() == Some(&method.name)
                    && f.dataset == *dataset
                    && f.condition.is_none()
            })?;
            Some(with_interval(found, points))
        };
        let cells: Vec<Option<String>> = places.iter().map(cell).collect();
        if cells.iter().any(Option::is_some) {
            table.row(
                [method.name.clone()].into_iter().chain(cells.into_iter().map(Option::unwrap_or_default)),
            );
        }
    }
    table.titled(
        "The system against every other method, over all budgets, in points (95 % interval over pages)",
    )
}

/// For each task and dataset: the score of each method at each average, and the curves in numbers.
pub(crate) fn score_tables(measured: &Measured<'_>) -> Vec<Titled> {
    let suite = measured.suite;
    let mut tables = Vec::new();
    for asked in &suite.tasks {
        for dataset in asked.on.iter().map(|i| &suite.datasets[*i]) {
            tables.extend(score_table(measured, asked, &dataset.name));
            tables.extend(curve_table(measured, asked, &dataset.name));
            tables.extend(strata_table(measured, asked, &dataset.name));
            tables.extend(corrupted_table(measured, asked, &dataset.name));
        }
    }
    tables
}

fn score_table(measured: &Measured<'_>, asked: &Asked, dataset: &str) -> Option<Titled> {
    let suite = measured.suite;
    let names = asked.task.names();
    let plain = |f: &&Finding| f.against.is_none() && f.condition.is_none() && f.dataset == dataset;
    let scores: Vec<&Finding> = of(measured, names.score).filter(plain).collect();
    let n = scores.first()?.n;
    let averages = suite.averages.iter().map(f64::to_string);
    let mut table = Table::new(["tokens a patch".to_owned()].into_iter().chain(averages));
    for method in suite.methods.iter().filter(|m| !matches!(m.runs, Runs::Original)) {
        let cell = |average: &f64| {
            let found = scores.iter().find(|f| f.method == method.name && f.average == Some(*average));
            found.map_or(String::new(), |f| whole_percent(f))
        };
        table.row([method.name.clone()].into_iter().chain(suite.averages.iter().map(cell)));
    }
    let original = scores.iter().find(|f| f.average.is_none());
    let ceiling =
        original.map_or(String::new(), |f| format!("; on the pages themselves {}", whole_percent(f)));
    let title = format!(
        "{}, % (95 % interval over pages), n = {} with {} answers{ceiling}",
        capital(names.what),
        plural(n as u32),
        answers(measured, names.score, dataset)
    );
    table.titled(title)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// The scores on pages made worse, a row for each family and severity.
fn corrupted_table(measured: &Measured<'_>, asked: &Asked, dataset: &str) -> Option<Titled> {
    let suite = measured.suite;
    let average = suite.corrupt.as_ref()?.average;
    let names = asked.task.names();
    let own = |f: &&Finding| f.against.is_none() && f.dataset == dataset;
    let scores: Vec<&Finding> = of(measured, names.score).filter(own).collect();
    let mut conditions: Vec<&str> = scores.iter().filter_map(|f| f.condition.as_deref()).collect();
    conditions.retain(|condition| condition.starts_with(CORRUPTED));
    conditions.sort_unstable();
    conditions.dedup();
    let methods = suite.methods.iter().map(|m| m.name.clone());
    let mut table = Table::new(["corruption, severity".to_owned()].into_iter().chain(methods));
    for condition in [None].into_iter().chain(conditions.into_iter().map(Some)) {
        let cells = suite.methods.iter().map(|method| {
            let budget = (!matches!(method.runs, Runs::Original)).then_some(average);
            let found = scores.iter().find(|f| {
                f.condition.as_deref() == condition && f.method == method.name && f.average == budget
            });
            found.map_or(String::new(), |f| whole_percent(f))
        });
        let shown = condition.map_or("none", |condition| condition.trim_start_matches(CORRUPTED)).to_owned();
        table.row([shown].into_iter().chain(cells));
    }
    let what = capital(names.what);
    table.titled(format!("{what} on pages made worse, %, at {average} tokens a patch"))
}

/// How many answers there are on all pages.
fn answers(measured: &Measured<'_>, metric: &str, dataset: &str) -> f64 {
    let rows = measured.rows.iter().filter(|r| r.metric == metric && r.dataset == dataset);
    let mut answers: Vec<(u32, Option<u32>, f64)> = rows.map(|r| (r.item, r.ask, r.weight)).collect();
    answers.sort_by_key(|(item, ask, _)| (*item, *ask));
    answers.dedup_by_key(|(item, ask, _)| (*item, *ask));
    answers.iter().map(|(.., weight)| weight).sum()
}

fn curve_table(measured: &Measured<'_>, asked: &Asked, dataset: &str) -> Option<Titled> {
    let names = asked.task.names();
    let least = measured.suite.averages.first().map_or(String::new(), f64::to_string);
    let mut table = Table::new([
        "method".to_owned(),
        "area, %".into(),
        "worst drop, points".into(),
        "90 % from".into(),
        "95 % from".into(),
        format!("kept at {least}, %"),
    ]);
    let budget = |f: &Finding| if f.estimate.is_finite() { plain(f.estimate) } else { "not reached".into() };
    let plain = |f: &&Finding| f.against.is_none() && f.condition.is_none() && f.dataset == dataset;
    for area in of(measured, names.area).filter(plain) {
        let same = |f: &&Finding| plain(f) && f.method == area.method;
        let drop = of(measured, names.drop).find(same);
        let kept = of(measured, names.kept)
            .filter(|f| f.average == measured.suite.averages.first().copied())
            .find(same);
        table.row([
            area.method.clone(),
            with_interval(area, percent),
            drop.map_or(String::new(), |f| with_interval(f, percent)),
            of(measured, names.b90).find(same).map_or(String::new(), budget),
            of(measured, names.b95).find(same).map_or(String::new(), budget),
            kept.map_or(String::new(), |f| with_interval(f, percent)),
        ]);
    }
    table.titled("The curve over budgets")
}

/// The scores by traits of the pages.
fn strata_table(measured: &Measured<'_>, asked: &Asked, dataset: &str) -> Option<Titled> {
    let suite = measured.suite;
    let names = asked.task.names();
    let averages = suite.averages.iter().map(f64::to_string);
    let head = [asked.by.join(", "), "method".into()].into_iter().chain(averages).chain(["pages".to_owned()]);
    let mut table = Table::new(head);
    let of_dataset = |f: &&Finding| {
        f.against.is_none()
            && f.dataset == dataset
            && f.condition.as_ref().is_some_and(|c| !c.starts_with(CORRUPTED))
    };
    let scores: Vec<&Finding> = of(measured, names.score).filter(of_dataset).collect();
    let mut conditions: Vec<&str> = scores.iter().filter_map(|f| f.condition.as_deref()).collect();
    conditions.sort_unstable();
    conditions.dedup();
    for condition in conditions {
        for method in suite.methods.iter().filter(|m| !matches!(m.runs, Runs::Original)) {
            let found = |average: &f64| {
                scores.iter().find(|f| {
                    f.condition.as_deref() == Some(condition)
                        && f.method == method.name
                        && f.average == Some(*average)
                })
            };
            let cells =
                suite.averages.iter().map(|a| found(a).map_or(String::new(), |f| percent(f.estimate)));
            let n = suite.averages.iter().find_map(found).map_or(String::new(), |f| f.n.to_string());
            table.row([condition.to_owned(), method.name.clone()].into_iter().chain(cells).chain([n]));
        }
    }
    table.titled(format!("{} by {}, %", capital(names.what), asked.by.join(" and ")))
}

/// Where the surplus went, a table for each dataset.
fn where_tables(measured: &Measured<'_>) -> Vec<Titled> {
    let averages: Vec<String> = measured.suite.averages.iter().map(f64::to_string).collect();
    let mut tables = Vec::new();
    for dataset in &measured.suite.datasets {
        let mut table = Table::new(["lift".to_owned()].into_iter().chain(averages.clone()));
        for method in &measured.suite.methods {
            let cell = |average: &f64| {
                let found = of(measured, "lift").find(|f| {
                    f.dataset == dataset.name && f.method == method.name && f.average == Some(*average)
                });
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
        let title = format!(
            "Where the surplus went on `{}`: on patches with an answer, against chance",
            dataset.name
        );
        tables.extend(table.titled(title));
    }
    tables
}

fn primary_table(measured: &Measured<'_>) -> Option<Titled> {
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
    table.titled("Primary comparisons, paired by page")
}

/// For each task and dataset, one table for each method that others are compared with.
fn exploratory_tables(measured: &Measured<'_>) -> Vec<Titled> {
    let suite = measured.suite;
    let averages: Vec<Option<f64>> = suite.averages.iter().map(|a| Some(*a)).chain([None]).collect();
    let mut tables = Vec::new();
    for (asked, dataset) in suite.tasks.iter().flat_map(|asked| asked.on.iter().map(move |i| (asked, *i))) {
        let (names, dataset) = (asked.task.names(), &suite.datasets[dataset].name);
        for against in &suite.against {
            let head = suite.averages.iter().map(f64::to_string).chain(["area".to_owned()]);
            let mut table = Table::new([format!("less {against}")].into_iter().chain(head));
            for method in &suite.methods {
                let cell = |average: &Option<f64>| {
                    let found = measured.findings.iter().find(|f| {
                        f.test.is_some()
                            && f.metric == if average.is_some() { names.score } else { names.area }
                            && f.dataset == *dataset
                            && f.method == method.name
                            && f.against.as_ref() == Some(against)
                            && f.average == *average
                            && f.condition.is_none()
                    });
                    found.map(|f| with_interval(f, points))
                };
                let cells: Vec<Option<String>> = averages.iter().map(cell).collect();
                if cells.iter().any(Option::is_some) {
                    let cells = cells.into_iter().map(Option::unwrap_or_default);
                    table.row([method.name.clone()].into_iter().chain(cells));
                }
            }
            let what = capital(names.what);
            let title =
                format!("{what}, differences in points, paired by page; exploratory, but for those above");
            tables.extend(table.titled(title));
        }
    }
    tables
}
