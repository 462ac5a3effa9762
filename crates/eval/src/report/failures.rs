//! What could not be measured, and what retreated: a number behind which
//! something else stands must say so.

use super::{Measured, sections::plural, table::Table};
use crate::row::Row;

/// One line where something could not be measured.
pub(crate) fn failures(suites: &[Measured<'_>]) -> Option<String> {
    let failed = suites.iter().flat_map(|m| m.rows).filter(|row| row.has_failed());
    let mut pages: Vec<(&str, u32)> = failed.map(|row| (row.dataset.as_str(), row.item)).collect();
    let all = pages.len();
    pages.sort_unstable();
    pages.dedup();
    (all > 0).then(|| format!("{all} observations on {} failed: see Failures", plural(pages.len() as u32)))
}

/// What could not be measured, and why.
pub(crate) fn failure_table(suites: &[Measured<'_>]) -> Option<String> {
    /// More than these are only counted.
    const MOST: usize = 50;
    let mut table = Table::new(["suite", "dataset", "page", "question", "method", "reason"]);
    let failed: Vec<&Row> = suites.iter().flat_map(|m| m.rows).filter(|row| row.has_failed()).collect();
    for row in failed.iter().take(MOST) {
        let name = if row.name.is_empty() { row.item.to_string() } else { row.name.clone() };
        let ask = row.ask.map_or(String::new(), |ask| ask.to_string());
        let (suite, dataset) = (row.suite.clone(), row.dataset.clone());
        table.row([suite, dataset, name, ask, row.method.clone(), row.reason.clone()]);
    }
    let rest = failed.len().saturating_sub(MOST);
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
