//! Whether decisions know what they know: how sure they are, what a range of totals is worth, and what is noticed of pages
//! that are unlike all others.

use super::{
    Measured,
    sections::{counted, of},
    table::{Table, Titled, percent, plain, points, with_interval},
};
use crate::finding::Finding;

/// The dataset of a finding about all of them.
const ALL: &str = "";

/// Whether confidence is as high as it should be, a sentence for each method.
pub(super) fn confidence(measured: &Measured<'_>) -> Vec<String> {
    let own = |f: &&Finding| f.dataset == ALL && f.condition.is_none() && !f.estimate.is_nan();
    let sentence = |off: &Finding| {
        let area = of(measured, "confidence-auroc").filter(own).find(|f| f.method == off.method)?;
        Some(format!(
            "`{}` is {} points off with how sure it is that an answer can be read, and tells those that can from the \
             others with an AUROC of {} ({})",
            off.method,
            percent(off.estimate),
            with_interval(area, plain),
            counted(off)
        ))
    };
    of(measured, "confidence-ece").filter(own).filter_map(sentence).collect()
}

/// How sure methods are, on each dataset.
pub(super) fn confidence_table(measured: &Measured<'_>) -> Option<Titled> {
    let mut table = Table::new(["method", "dataset", "off, points", "AUROC", "say so, %", "n"]);
    for off in of(measured, "confidence-ece").filter(|f| f.condition.is_none()) {
        let same = |f: &&Finding| f.method == off.method && f.dataset == off.dataset && f.condition.is_none();
        let area = of(measured, "confidence-auroc").find(same);
        let told = of(measured, "confidence-told").find(same);
        let number = |f: &Finding, text: String| if f.estimate.is_nan() { "–".to_owned() } else { text };
        table.row([
            off.method.clone(),
            if off.dataset == ALL { "all".into() } else { off.dataset.clone() },
            number(off, percent(off.estimate)),
            area.map_or_else(String::new, |f| number(f, with_interval(f, plain))),
            told.map_or_else(String::new, |f| percent(f.estimate)),
            counted(off),
        ]);
    }
    let title = "How sure decisions are that a reader gets the answer, over all budgets";
    table.titled(title)
}

/// What totals that decisions choose are worth.
pub(super) fn ranges(measured: &Measured<'_>) -> Vec<String> {
    let sentence = |gain: &Finding| {
        let spent = |condition: &str| {
            let same = |f: &&Finding| {
                f.method == gain.method
                    && f.dataset == gain.dataset
                    && f.condition.as_deref().is_some_and(|own| own == condition)
            };
            let found = of(measured, "range-spent").find(same)?;
            Some(format!("{} % of the tokens where there is {condition}", percent(found.estimate)))
        };
        let parts = ["a question that is followed", "a question that is not", "no question"];
        let spent: Vec<String> = parts.iter().filter_map(|part| spent(part)).collect();
        format!(
            "with a range of totals `{}` reads {} points more than with its mean for all ({}): it spends {}",
            gain.method,
            with_interval(gain, points),
            counted(gain),
            spent.join(", ")
        )
    };
    of(measured, "range-gain").map(sentence).collect()
}

/// What is noticed of pages that are unlike all others.
pub(super) fn unknowns(measured: &Measured<'_>) -> Vec<String> {
    let mut methods: Vec<&str> = of(measured, "noticed").map(|f| f.method.as_str()).collect();
    methods.dedup();
    let sentence = |method: &str| {
        let share = |f: &Finding| {
            let condition = f.condition.as_deref().unwrap_or_default();
            format!("{} {} %", condition.trim_start_matches("unknown: "), percent(f.estimate))
        };
        let shares: Vec<String> = of(measured, "noticed").filter(|f| f.method == method).map(share).collect();
        let steps = of(measured, "steps-down").filter(|f| f.method == method && f.estimate == 1.0);
        let steps: Vec<&str> = steps
            .filter_map(|f| f.condition.as_deref())
            .map(|condition| condition.trim_start_matches("unknown: "))
            .collect();
        let steps = if steps.is_empty() { "none".to_owned() } else { steps.join(", ") };
        format!(
            "`{method}` notices that pages are unlike all others: {}; a level of autonomy is lost by a block of: {steps}",
            shares.join(", ")
        )
    };
    methods.into_iter().map(sentence).collect()
}

/// What moves on such pages.
pub(super) fn unknowns_table(measured: &Measured<'_>) -> Option<Titled> {
    let mut table = Table::new([
        "method",
        "page",
        "noticed, %",
        "coupling",
        "claimed, % of patches",
        "confidence",
        "costs a level",
        "n",
    ]);
    for noticed in of(measured, "noticed") {
        let same = |f: &&Finding| {
            f.method == noticed.method && f.dataset == noticed.dataset && f.condition == noticed.condition
        };
        let number = |metric: &str, text: fn(f64) -> String| {
            of(measured, metric).find(same).map_or_else(|| "none".to_owned(), |f| text(f.estimate))
        };
        table.row([
            noticed.method.clone(),
            noticed.condition.clone().unwrap_or_default(),
            percent(noticed.estimate),
            number("unknown-coupling", plain),
            number("unknown-claimed", percent),
            number("unknown-confidence", plain),
            of(measured, "steps-down")
                .find(same)
                .map_or_else(String::new, |f| if f.estimate == 1.0 { "yes" } else { "no" }.to_owned()),
            counted(noticed),
        ]);
    }
    let title = "Pages that are unlike all that anything was fitted on";
    table.titled(title)
}
