//! What could not be measured, and what retreated: a number behind which
//! something else stands must say so.

use std::collections::HashMap;

use super::{Measured, sections::plural, table::Table};
use crate::row::Row;

/// One line where something could not be measured.
pub(crate) fn failures(suites: &[Measured<'_>]) -> Option<String> {
    let failed = suites.iter().flat_map(|m| m.rows).filter(|row| row.has_failed());
    let mut pages: Vec<(&str, u32)> = failed.map(|row| (row.dataset.as_str(), row.item)).collect();
    let all = pages.len();
    pages.sort_unstable();
    pages.dedup();
    let observations = if all == 1 { "1 observation".to_owned() } else { format!("{all} observations") };
    (all > 0).then(|| format!("{observations} on {} failed: see Failures", plural(pages.len() as u32)))
}

/// What could not be measured, and why: what failed for one reason stands together, with where it failed first.
pub(crate) fn failure_table(suites: &[Measured<'_>]) -> Option<String> {
    /// More than these are only counted.
    const MOST: usize = 50;
    let failed: Vec<&Row> = suites.iter().flat_map(|m| m.rows).filter(|row| row.has_failed()).collect();
    let mut groups: Vec<(&Row, usize)> = Vec::new();
    let mut places: HashMap<[&str; 4], usize> = HashMap::new();
    for row in &failed {
        let place = places.entry([&row.suite, &row.dataset, &row.method, &row.reason]).or_insert_with(|| {
            groups.push((row, 0));
            groups.len() - 1
        });
        groups[*place].1 += 1;
    }
    let mut table = Table::new(["suite", "dataset", "method", "failed", "first on", "reason"]);
    for (row, count) in groups.iter().take(MOST) {
        let page = if row.name.is_empty() { format!("page {}", row.item) } else { row.name.clone() };
        let ask = row.ask.map_or(String::new(), |ask| format!(", question {ask}"));
        let (suite, dataset, method) = (row.suite.clone(), row.dataset.clone(), row.method.clone());
        table.row([suite, dataset, method, count.to_string(), page + &ask, row.reason.clone()]);
    }
    let rest = groups.iter().skip(MOST).map(|(_, count)| count).sum::<usize>();
    let rest = if rest > 0 { format!("\nand {rest} more, in `results.parquet`\n") } else { String::new() };
    (!table.is_empty()).then(|| table.markdown() + &rest)
}

/// Methods that did not run as they should: their numbers are those of a retreat.
pub(super) fn retreats(measured: &Measured<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for method in &measured.suite.methods {
        // The faults are there to retreat, and coverage asks for what nobody can answer.
        let rows = measured.rows.iter().filter(|row| {
            row.method == method.name
                // A judge that fails says nothing of the decision that it was shown.
                && !row.has_failed()
                && !["faults", "coverage"].contains(&row.measure)
                && row.metric != "refused"
        });
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
