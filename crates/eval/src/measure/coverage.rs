//! Is every size, grid and budget handled?
//!
//! Each cell of the grid is a real request, and what comes back is checked here
//! again, from the decision as it is written: not with the code that made it.
//! Where a request cannot be carried out (an image smaller than the grid), the
//! right answer is a clear error, and that is checked too.

use std::collections::BTreeMap;

use arrcoc::{Decision, Error, Grid, Photo, Tensors};
use arrcoc_host::TensorBuf;

use super::{Bench, deciders};
use crate::{
    dataset::Dataset,
    finding::{Finding, Key, least},
    page::{self, Page, cut},
    row::Row,
    seen::seen,
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

/// What stands in rows besides.
pub(super) const OBSERVED: &[&str] = &["tension"];

const PROMISES: &[&str] = &["exact", "in-bounds", "account-exact", "json-exact", "same-size", "refused"];

pub(super) fn cells(suite: &Suite, coverage: &Coverage) -> u64 {
    let averages: usize = coverage.profiles.iter().map(|p| p.averages.len()).sum();
    (deciders(suite).count() * coverage.sizes.len() * coverage.grids.len() * averages) as u64
}

pub(super) fn rows(bench: &Bench<'_>, coverage: &Coverage) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    page::each(coverage.sizes.len() as u32, |index| {
        let size = coverage.sizes[index as usize].0;
        // A page has a least side; smaller images are a part of one.
        let mut rows = Vec::new();
        let contents = contents(suite, index, size)?;
        // Contents, questions and tensors go round from cell to cell, each at a pace of its own, so that every pair of
        // values meets.
        let mut cell = 0;
        for grid in coverage.grids.iter().map(|g| g.0) {
            for profile in &coverage.profiles {
                for &average in &profile.averages {
                    for (method, decider) in deciders(suite) {
                        let (page, photo) = &contents[cell % contents.len()];
                        let question = question(cell / contents.len(), page);
                        let tensors = tensors(cell / (contents.len() * QUESTIONS), grid)?;
                        cell += 1;
                        let patches = vec![0; grid.patches()];
                        let request =
                            decider.request(photo, grid, policy(profile.bounds.0, average), &patches)?;
                        let request = match tensors {
                            Some(tensors) if !decider.sees_answer() => request.tensors(tensors),
                            _ => request,
                        };
                        let request = request.query(&question);
                        let row = Row {
                            method: method.name.clone(),
                            average: Some(average),
                            condition: Some(format!("size {size}, grid {grid}, bounds {}", profile.bounds.0)),
                            width: size.width,
                            height: size.height,
                            ..page.row(&suite.name, "coverage")
                        };
                        match decider.engine().allocate(&request) {
                            Ok(decision) => {
                                let checked = check(photo, grid, profile, average, &decision, &row)?;
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

/// A part of that size of a page of each dataset.
fn contents(suite: &Suite, index: u32, size: Size) -> Result<Vec<(Page, Photo)>, Error> {
    let drawn = suite.datasets.iter().filter_map(|dataset| Some((dataset, dataset.sides()?)));
    let part = |(dataset, sides): (&Dataset, std::ops::RangeInclusive<u32>)| {
        let side = |side: u32| side.clamp(*sides.start(), *sides.end());
        let page =
            dataset.page_of_size(index, Size { width: side(size.width), height: side(size.height) })?;
        let photo = cut(page.image(), 0, 0, size)?;
        Ok((page, photo))
    };
    drawn.map(part).collect()
}

/// How many questions there are.
const QUESTIONS: usize = 4;

/// None, the page's own, one of ten thousand letters, one of signs from everywhere.
fn question(which: usize, page: &Page) -> String {
    match which % QUESTIONS {
        0 => String::new(),
        1 => page.ask().question,
        2 => "why ".repeat(2500),
        _ => "¿qué? 何ですか \u{202e}\u{0} 👩‍👩‍👧 \u{feff}".into(),
    }
}

/// None, features of every patch, or features in a space that is shared with the question and that nobody calibrated.
fn tensors(which: usize, grid: Grid) -> Result<Option<Tensors>, Error> {
    const WIDTH: usize = 4;
    let tensor = |name: &str, rows: usize| {
        let values: Vec<f32> = (0..rows * WIDTH).map(|i| libm::sinf(i as f32)).collect();
        TensorBuf::new(name, &[rows as u64, WIDTH as u64], &values)
            .map_err(|fault| Error::new(fault.message, "report this"))
    };
    match which % 3 {
        0 => Ok(None),
        1 => Ok(Some(Tensors::default().with(tensor("patch_features", grid.patches())?)?)),
        _ => {
            let patches = Tensors::default().with(tensor("patch_projected", grid.patches())?)?;
            Ok(Some(patches.with(tensor("query_embeddings", 1)?)?))
        }
    }
}

fn check(
    photo: &Photo,
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
    let image = photo.image_or_copy()?;
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
    let mut tensions: BTreeMap<Key, Vec<f64>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.metric == "tension") {
        let key = Key::new(&row.dataset, &row.method, None, row.condition.as_deref());
        tensions.entry(key).or_default().push(row.value);
    }
    for (key, mut values) in tensions {
        values.sort_by(f64::total_cmp);
        for (metric, q) in [("tension-least", 0.0), ("tension-greatest", 1.0)] {
            findings.push(Finding {
                estimate: crate::statistics::quantile(&values, q),
                n: values.len(),
                ..key.finding(&suite.name, metric, "cells")
            });
        }
    }
    findings
}
