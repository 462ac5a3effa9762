//! What each scorer sees, what it costs, and what it buys, in one table: a
//! number of any of the three means little without the other two.

use std::collections::BTreeSet;

use super::{
    Measured,
    sections::of,
    table::{Table, Titled, plain, points, with_interval},
};
use crate::{
    finding::Finding,
    method::{Method, SYSTEM},
};

/// One row for each scorer of each method; none where scorers were not timed.
pub(super) fn scorer_table(measured: &Measured<'_>) -> Option<Titled> {
    let mut table = Table::new([
        "method",
        "scorer",
        "it sees",
        "an image, ms",
        "a question, ms",
        "against `system`, points",
    ]);
    let system = measured.suite.methods.iter().find(|method| method.name == SYSTEM);
    let standard = system.map(|system| scorers(measured, system));
    for method in &measured.suite.methods {
        // What has the scorers of the system costs what the system costs.
        if method.name != SYSTEM && standard.as_ref() == Some(&scorers(measured, method)) {
            continue;
        }
        let mut buys = gains(measured, method);
        for scorer in scorers(measured, method) {
            let sees = method.decider().and_then(|decider| {
                let info = decider.engine().catalogue().scorer_info(&scorer).ok()?;
                Some(info.sees.clone()).filter(|sees| !sees.is_empty())
            });
            let time = |metric| by_threads(measured, metric, method, &scorer);
            table.row([
                method.name.clone(),
                scorer.clone(),
                sees.unwrap_or_else(|| "the patch statistics".into()),
                time("prepare-p50"),
                time("score-p50"),
                // The method's gain stands once, at its first scorer.
                std::mem::take(&mut buys),
            ]);
        }
    }
    table.titled("What each scorer sees, costs and buys")
}

/// The scorers of a method that were timed.
fn scorers(measured: &Measured<'_>, method: &Method) -> BTreeSet<String> {
    let timed = of(measured, "prepare-p50").filter(|f| f.method == method.name);
    timed.filter_map(|f| Some(f.condition.as_ref()?.split_once(',')?.0.to_owned())).collect()
}

/// `2310 with 1 thread, 1250 with 2`.
fn by_threads(measured: &Measured<'_>, metric: &str, method: &Method, scorer: &str) -> String {
    let own = |f: &&Finding| f.method == method.name;
    let threads = |f: &Finding| {
        let (timed, threads) = f.condition.as_ref()?.split_once(", threads ")?;
        (timed == scorer).then(|| (threads.parse().unwrap_or(0u32), f.estimate))
    };
    let mut times: Vec<(u32, f64)> = of(measured, metric).filter(own).filter_map(threads).collect();
    times.sort_by_key(|(threads, _)| *threads);
    let said = times.iter().map(|(threads, ms)| match threads {
        1 => format!("{} with 1 thread", plain(*ms)),
        n => format!("{} with {n}", plain(*ms)),
    });
    said.collect::<Vec<_>>().join(", ")
}

/// The area under the curve of each task less that of the standard system, by dataset.
fn gains(measured: &Measured<'_>, method: &Method) -> String {
    let areas = measured.suite.tasks.iter().map(|asked| asked.task.names().area);
    let gains = areas.flat_map(|area| {
        let against = |f: &&Finding| f.method == method.name && f.against.as_deref() == Some(SYSTEM);
        of(measured, area)
            .filter(against)
            .filter(|f| f.condition.is_none())
            .map(|f| format!("{} {}", f.dataset, with_interval(f, points)))
            .collect::<Vec<_>>()
    });
    gains.collect::<Vec<_>>().join("; ")
}
