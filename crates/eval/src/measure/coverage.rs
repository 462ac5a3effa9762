//! Is every size, grid and budget handled?
//!
//! Each cell of the grid is a real request, and what comes back is checked here
//! again, from the decision as it is written: not with the code that made it.
//! Where a request cannot be carried out (an image smaller than the grid), the
//! right answer is a clear error, and that is checked too.

use arrcoc::{Decision, Error, Grid};

use super::{Bench, deciders};
use crate::{
    finding::{Finding, by_page, least},
    pages::{Item, SIDES, cut},
    reader::seen,
    row::Row,
    suite::{Coverage, Profile, Size, Suite, policy},
};

/// 1 where the tokens sum to the total; where each is inside the bounds; where the account's parts sum to each
/// patch's tokens; where the decision survives JSON; where what a reader sees has the image's size; where a request
/// that cannot be carried out is refused with a hint. Least and greatest value of each tension.
pub(super) const METRICS: &[&str] = &[
    "exact",
    "in-bounds",
    "account-exact",
    "json-exact",
    "same-size",
    "refused",
    "tension-least",
    "tension-greatest",
];

const PROMISES: &[&str] = &["exact", "in-bounds", "account-exact", "json-exact", "same-size", "refused"];

pub(super) fn cells(suite: &Suite, coverage: &Coverage) -> u64 {
    let averages: usize = coverage.profiles.iter().map(|p| p.averages.len()).sum();
    (deciders(suite).count() * coverage.sizes.len() * coverage.grids.len() * averages) as u64
}

pub(super) fn rows(bench: &Bench<'_>, coverage: &Coverage) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    crate::pages::each(coverage.sizes.len() as u32, |index| {
        let size = coverage.sizes[index as usize].0;
        // A page has a least side; smaller images are a part of one.
        let side = |side: u32| side.clamp(*SIDES.start(), *SIDES.end());
        let page = Size { width: side(size.width), height: side(size.height) };
        let item = Item::of_size(index, page)?;
        let photo = cut(item.image(), 0, 0, size)?;
        let mut rows = Vec::new();
        for grid in coverage.grids.iter().map(|g| g.0) {
            for profile in &coverage.profiles {
                for &average in &profile.averages {
                    for (method, decider) in deciders(suite) {
                        let patches = vec![0; grid.patches()];
                        let request =
                            decider.request(&photo, grid, policy(profile.bounds.0, average), &patches)?;
                        let row = Row {
                            method: method.name.clone(),
                            average: Some(average),
                            condition: Some(format!("size {size}, grid {grid}, bounds {}", profile.bounds.0)),
                            width: size.width,
                            height: size.height,
                            ..item.row(&suite.name, "coverage")
                        };
                        match decider.engine().allocate(&request) {
                            Ok(decision) => {
                                let checked = check(&photo, grid, profile, average, &decision, &row)?;
                                rows.extend(checked);
                            }
                            Err(error) => {
                                let right = size.width < grid.cols || size.height < grid.rows;
                                let value = f64::from(u8::from(right && error.hint.is_some()));
                                rows.push(Row { metric: "refused", value, reason: error.message, ..row });
                            }
                        }
                        bench.progress.tick();
                    }
                }
            }
        }
        Ok(rows)
    })
}

fn check(
    photo: &arrcoc::Photo,
    grid: Grid,
    profile: &Profile,
    average: f64,
    decision: &Decision,
    row: &Row,
) -> Result<Vec<Row>, Error> {
    let tokens = decision.flat_tokens();
    let sum: u64 = tokens.iter().map(|&t| u64::from(t)).sum();
    let total = (average * grid.patches() as f64).round() as u64;
    let bounds = profile.bounds.0;
    let account = &decision.account;
    let parts = [
        &account.uniform,
        &account.allocator,
        &account.propositional,
        &account.perspectival,
        &account.participatory,
    ];
    let accounted = tokens.iter().enumerate().all(|(i, &t)| {
        parts.iter().map(|part| part.get(i).copied().unwrap_or_default()).sum::<i64>() == 6 * i64::from(t)
    });
    let same = Decision::from_json(&decision.to_json()?)? == *decision;
    let image = photo.image();
    let seen = seen(image, decision)?;
    let size = (seen.width(), seen.height()) == (image.width(), image.height());
    let inside = tokens.iter().all(|t| (bounds.min()..=bounds.max()).contains(t));
    let row = Row {
        applied: Some(decision.applied),
        reason: decision.reasons.join("; "),
        decision: decision.id.clone(),
        ..row.clone()
    };
    let promises = [
        ("exact", sum == total && decision.applied == total && tokens.len() == grid.patches()),
        ("in-bounds", inside),
        ("account-exact", accounted),
        ("json-exact", same),
        ("same-size", size),
    ];
    let promises = promises.map(|(metric, kept)| (metric, f64::from(u8::from(kept)), None));
    let tensions = [
        ("exploit ↔ explore", decision.tensions.exploit_explore),
        ("focus ↔ diversify", decision.tensions.focus_diversify),
        ("compress ↔ particularize", decision.tensions.compress_particularize),
    ];
    let tensions = tensions.map(|(name, value)| ("tension", value, Some(name.to_owned())));
    let rows = promises.into_iter().chain(tensions).map(|(metric, value, tension)| {
        let condition = tension.or_else(|| row.condition.clone());
        Row { metric, value, condition, ..row.clone() }
    });
    Ok(rows.collect())
}

pub(super) fn findings(suite: &Suite, rows: &[Row]) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Over all sizes, grids and budgets: one broken promise is enough.
    let all: Vec<Row> =
        rows.iter().map(|row| Row { average: None, condition: None, ..row.clone() }).collect();
    for promise in PROMISES {
        findings.extend(least(&suite.name, &all, promise, "cells"));
    }
    let tensions: Vec<Row> = rows
        .iter()
        .filter(|row| row.metric == "tension")
        .map(|row| Row { average: None, ..row.clone() })
        .collect();
    for ((method, _, condition), values) in by_page(&tensions, "tension") {
        let mut sorted: Vec<f64> = values.iter().map(|v| v.0).collect();
        sorted.sort_by(f64::total_cmp);
        for (metric, q) in [("tension-least", 0.0), ("tension-greatest", 1.0)] {
            findings.push(Finding {
                suite: suite.name.clone(),
                metric,
                method: method.clone(),
                against: None,
                average: None,
                condition: condition.clone(),
                estimate: crate::statistics::quantile(&sorted, q),
                interval: None,
                n: sorted.len(),
                of: "cells",
                test: None,
            });
        }
    }
    findings
}
