//! What methods make of a question: whether another question moves tokens and
//! other words do not, and whether what is heard is true.

use super::{
    Measured,
    sections::{counted, of},
    table::{Table, Titled, percent, plain, with_interval},
};
use crate::{
    finding::Finding,
    measure::{CORRUPTED, Kind, WORDED},
    method::SYSTEM,
};

/// The dataset of a finding about all of them.
const ALL: &str = "";

/// Whether two findings are of one method on one dataset at one budget.
fn together(a: &Finding, b: &Finding) -> bool {
    a.method == b.method && a.dataset == b.dataset && a.average == b.average
}

/// How far another question moves tokens, against another wording: said where it was asked for; otherwise the table
/// says it.
pub(super) fn wordings(measured: &Measured<'_>) -> Vec<String> {
    let asked_for = measured.suite.kinds().any(|kind| matches!(kind, Kind::Paraphrase));
    let sentence = |f: &Finding| {
        let same = |g: &&Finding| together(g, f);
        let question = of(measured, "question-moved").find(same)?;
        let wording =
            of(measured, "wording-moved").filter(same).max_by(|a, b| a.estimate.total_cmp(&b.estimate))?;
        let ratio = match f.estimate.is_nan() {
            true => "too little for a ratio".to_owned(),
            false => format!("ratio {}", with_interval(f, plain)),
        };
        Some(format!(
            "`{}` moves {} % of its tokens for another question and at most {} % for another wording: {ratio}",
            f.method,
            percent(question.estimate),
            percent(wording.estimate),
        ))
    };
    let whole = of(measured, "discrimination").filter(|f| f.condition.is_none() && asked_for);
    whole.filter_map(sentence).collect()
}

/// Whether what is heard is true, a sentence for each method that hears; methods with the same scorers hear the same, and
/// share one.
pub(super) fn heard(measured: &Measured<'_>) -> Vec<String> {
    let own = |f: &&Finding| f.dataset == ALL && f.condition.is_none();
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for skill in of(measured, "hearing-skill").filter(own) {
        let of_method = |f: &&Finding| f.method == skill.method;
        let Some(off) = of(measured, "hearing-ece").filter(own).find(of_method) else { continue };
        let off = match off.estimate.is_nan() {
            true => String::new(),
            false => format!("; where it gives more than 5 %, it is {} points off", percent(off.estimate)),
        };
        let sentence = format!(
            "hears has a Brier skill of {} over the base rate{off} ({})",
            with_interval(skill, plain),
            counted(skill)
        );
        match said.iter_mut().find(|(other, _)| *other == sentence) {
            Some((_, methods)) => methods.push(&skill.method),
            None => said.push((sentence, vec![&skill.method])),
        }
    }
    let whole = |(sentence, methods): (String, Vec<&str>)| {
        let first = methods.iter().find(|method| **method == SYSTEM).unwrap_or(&methods[0]);
        let others = match methods.len() - 1 {
            0 => String::new(),
            1 => ", as one other method,".to_owned(),
            others => format!(", as {others} other methods,"),
        };
        format!("what `{first}`{others} {sentence}")
    };
    said.into_iter().map(whole).collect()
}

/// A row for each method, dataset and budget at which anything moves; the columns are another question, other words by
/// distance, and the ratios.
pub(super) fn moved_table(measured: &Measured<'_>) -> Option<Titled> {
    let mut distances: Vec<&str> =
        of(measured, "wording-moved").filter_map(|f| f.condition.as_deref()).collect();
    distances.sort_unstable();
    distances.dedup();
    let words = distances.iter().map(|distance| format!("other words, {distance}"));
    let ratios = distances.iter().map(|distance| format!("ratio, {distance}"));
    let first = ["method", "dataset", "tokens a patch", "another question"].map(str::to_owned);
    let mut table = Table::new(first.into_iter().chain(words).chain(ratios).chain(["n".to_owned()]));
    for question in of(measured, "question-moved").filter(|f| f.condition.is_none()) {
        let cell = |metric, distance: &str, print: fn(f64) -> String| {
            let at = |f: &&Finding| f.condition.as_deref() == Some(distance) && together(f, question);
            let found = of(measured, metric).find(at);
            match found {
                Some(f) => number(f, |f| with_interval(f, print)),
                None => String::new(),
            }
        };
        let words: Vec<String> =
            distances.iter().map(|distance| cell("wording-moved", distance, percent)).collect();
        let moves = |f: &Finding| f.estimate > 0.0;
        let same = |f: &&Finding| together(f, question);
        if !moves(question) && !of(measured, "wording-moved").filter(same).any(moves) {
            continue;
        }
        let own = [
            question.method.clone(),
            question.dataset.clone(),
            question.average.map_or_else(String::new, |a| a.to_string()),
            with_interval(question, percent),
        ];
        let ratios = distances.iter().map(|distance| cell("discrimination", distance, plain));
        table.row(own.into_iter().chain(words).chain(ratios).chain([counted(question)]));
    }
    table.titled("Share of the tokens that another question moves, and other words for the same, %")
}

/// A finding that has too little to go by has no number.
fn number(finding: &Finding, print: impl Fn(&Finding) -> String) -> String {
    if finding.estimate.is_nan() { "no verdict".into() } else { print(finding) }
}

/// Skill and calibration of every method that hears, in each wording and on pages made worse.
pub(super) fn heard_table(measured: &Measured<'_>) -> Option<Titled> {
    let mut table = Table::new([
        "method",
        "shown or asked",
        "dataset",
        "Brier skill",
        "off where above 5 %, points",
        "label found, %",
        "n",
    ]);
    for skill in of(measured, "hearing-skill") {
        let same = |f: &&Finding| f.condition == skill.condition && together(f, skill);
        let off = of(measured, "hearing-ece").find(same);
        let found = of(measured, "label-found").find(same);
        let shown = match skill.condition.as_deref() {
            Some(own) if own.starts_with(WORDED) => {
                format!("words, distance {}", own.trim_start_matches(WORDED))
            }
            Some(own) => own.trim_start_matches(CORRUPTED).to_owned(),
            None => "as it is".into(),
        };
        let dataset = if skill.dataset == ALL { "all" } else { &skill.dataset };
        table.row([
            skill.method.clone(),
            shown,
            dataset.to_owned(),
            with_interval(skill, plain),
            off.map_or_else(String::new, |f| number(f, |f| percent(f.estimate))),
            found.map_or_else(String::new, |f| number(f, |f| with_interval(f, percent))),
            counted(skill),
        ]);
    }
    table.titled("Is what is heard true? Probabilities of the question's patches against where the answer is")
}
