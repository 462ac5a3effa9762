//! What do a few pixels change?
//!
//! Two windows of the same page, one a few pixels further: the same things are
//! seen, only the borders between patches lie elsewhere. A decision that jumps
//! there would jump from frame to frame of a video. Nothing says how much
//! movement is right, so it stands beside that of the other methods.

use arrcoc::Error;

use super::{Bench, deciders};
use crate::{
    finding::{Finding, means},
    page::{self, cut},
    row::Row,
    statistics::{rank_correlation, total_variation},
    suite::{Shift, Size, Suite},
};

/// Share of the tokens that moved to another patch; Spearman's ρ of the tokens of all patches.
pub(super) const METRICS: &[&str] = &["shift-moved", "shift-rho"];

pub(super) fn rows(bench: &Bench<'_>, shift: &Shift) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    page::every(bench, "shift", |page| {
        let ask = page.ask();
        let answer = ask.answer_mask(&page.tiling(suite.grid)?);
        let mut rows = Vec::new();
        for &[x, y] in &shift.pixels {
            let size = Size { width: page.image().width() - x, height: page.image().height() - y };
            let windows = [cut(page.image(), 0, 0, size)?, cut(page.image(), x, y, size)?];
            for (method, decider) in deciders(suite) {
                for &average in &suite.averages {
                    let mut tokens = [vec![], vec![]];
                    let mut reasons = Vec::new();
                    for (window, tokens) in windows.iter().zip(&mut tokens) {
                        let policy = suite.policy(average);
                        let request =
                            decider.request(window, suite.grid, policy, &answer)?.query(&ask.question);
                        let decision = decider.engine().allocate(&request)?;
                        *tokens = decision.flat_tokens();
                        reasons.extend(decision.reasons);
                    }
                    reasons.dedup();
                    let row = Row {
                        method: method.name.clone(),
                        average: Some(average),
                        condition: Some(format!("shift {x},{y}")),
                        reason: reasons.join("; "),
                        ..page.row(&suite.name, "shift")
                    };
                    let [a, b] = &tokens;
                    let moved = total_variation(a, b);
                    let numbers = |t: &[u32]| t.iter().map(|&t| f64::from(t)).collect::<Vec<_>>();
                    let rho = rank_correlation(&numbers(a), &numbers(b));
                    rows.push(Row { metric: "shift-moved", value: moved, ..row.clone() });
                    rows.push(Row { metric: "shift-rho", value: rho, ..row });
                    bench.progress.tick();
                }
            }
        }
        Ok(rows)
    })
}

pub(super) fn findings(suite: &Suite, rows: &[Row]) -> Vec<Finding> {
    METRICS.iter().flat_map(|metric| means(&suite.name, rows, metric, "pages")).collect()
}
