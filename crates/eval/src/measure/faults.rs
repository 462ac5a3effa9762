//! What comes out when a plugin misbehaves?
//!
//! Each plugin part that breaks a promise on purpose takes part in a decision.
//! What must come: an allocation of exactly the total, inside the bounds, and a
//! reason that names the part. How much of the page can still be seen is measured
//! too: a fault should cost what the broken part would have said, and no more.

use arrcoc::Error;
use arrcoc_picture::ssim;

use super::Bench;
use crate::{
    finding::{Finding, least, means},
    row::Row,
    seen::seen,
    suite::{Faults, Suite},
};

/// 1 where the allocation has the total and keeps the bounds; 1 where a reason names the part; likeness of
/// what is seen to the page, by structural similarity.
pub(super) const METRICS: &[&str] = &["fault-admitted", "fault-named", "fault-ssim"];

pub(super) fn cells(faults: &Faults) -> u64 {
    faults.parts.len() as u64
}

pub(super) fn rows(bench: &Bench<'_>, faults: &Faults) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    // One page is enough: a fault either keeps its promises or does not.
    let page = suite.datasets[0].page(0)?;
    let mut rows = Vec::new();
    for part in &faults.parts {
        let engine = bench.workshop.with_fault(part)?;
        let average = faults.average;
        let request = arrcoc::Request::new(page.photo.clone()).grid(suite.grid).policy(suite.policy(average));
        let decision = engine.allocate(&request)?;
        let tokens = decision.flat_tokens();
        let sum: u64 = tokens.iter().map(|&t| u64::from(t)).sum();
        let inside = |t: &u32| (suite.bounds.min()..=suite.bounds.max()).contains(t);
        let admitted = sum == suite.total(average) && tokens.iter().all(inside);
        let named = decision.reasons.iter().any(|reason| reason.contains(&format!("`{part}`")));
        let ssim = ssim(page.image(), &seen(page.image(), &decision)?);
        let row = Row {
            method: "system".into(),
            average: Some(average),
            applied: Some(decision.applied),
            condition: Some(format!("fault {part}")),
            reason: decision.reasons.join("; "),
            decision: decision.id,
            ..page.row(&suite.name, "faults")
        };
        for (metric, value) in [
            ("fault-admitted", f64::from(u8::from(admitted))),
            ("fault-named", f64::from(u8::from(named))),
            ("fault-ssim", ssim),
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
    findings.extend(means(&suite.name, rows, "fault-ssim", "runs"));
    findings
}
