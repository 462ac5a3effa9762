//! What comes out when a plugin misbehaves?
//!
//! Each plugin part that breaks a promise on purpose takes part in a decision.
//! What must come: an allocation of exactly the total, inside the bounds, and a
//! reason that names the part. Whether the page can still be read is measured
//! too: a fault should cost what the broken part would have said, and no more.

use arrcoc::Error;

use super::Bench;
use crate::{
    finding::{Finding, least, means},
    pages::Item,
    reader::{read, seen},
    row::Row,
    suite::{Faults, Suite},
};

/// 1 where the allocation has the total and keeps the bounds; 1 where a reason names the part; share of codes that
/// were read.
pub(super) const METRICS: &[&str] = &["fault-admitted", "fault-named", "fault-read"];

pub(super) fn cells(faults: &Faults) -> u64 {
    faults.parts.len() as u64
}

pub(super) fn rows(bench: &Bench<'_>, faults: &Faults) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    let item = Item::draw(&suite.dataset, 0)?;
    let mut rows = Vec::new();
    for part in &faults.parts {
        let engine = bench.workshop.with_fault(part)?;
        let average = faults.average;
        let request = arrcoc::Request::new(item.photo.clone()).grid(suite.grid).policy(suite.policy(average));
        let decision = engine.allocate(&request)?;
        let tokens = decision.flat_tokens();
        let sum: u64 = tokens.iter().map(|&t| u64::from(t)).sum();
        let inside = |t: &u32| (suite.bounds.min()..=suite.bounds.max()).contains(t);
        let admitted = sum == suite.total(average) && tokens.iter().all(inside);
        let named = decision.reasons.iter().any(|reason| reason.contains(&format!("`{part}`")));
        let rate = read(&seen(item.image(), &decision)?, item.texts()).right as f64
            / item.texts().len().max(1) as f64;
        let row = Row {
            method: "system".into(),
            average: Some(average),
            applied: Some(decision.applied),
            condition: Some(format!("fault {part}")),
            reason: decision.reasons.join("; "),
            decision: decision.id,
            ..item.row(&suite.name, "faults")
        };
        for (metric, value) in [
            ("fault-admitted", f64::from(u8::from(admitted))),
            ("fault-named", f64::from(u8::from(named))),
            ("fault-read", rate),
        ] {
            rows.push(Row { metric, value, ..row.clone() });
        }
        bench.progress.tick();
    }
    Ok(rows)
}

pub(super) fn findings(suite: &Suite, rows: &[Row]) -> Vec<Finding> {
    let mut findings = least(&suite.name, rows, "fault-admitted", "runs");
    findings.extend(least(&suite.name, rows, "fault-named", "runs"));
    findings.extend(means(&suite.name, rows, "fault-read", "runs"));
    findings
}
