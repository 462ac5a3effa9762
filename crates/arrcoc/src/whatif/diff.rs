//! The difference of two decisions on one image, in words and numbers.

use std::fmt::Write as _;

use arrcoc_decide::Account;

use crate::decision::Decision;
use crate::explain::signed;

/// Patches in each of the two lists.
const LISTED: usize = 6;

/// What is different: the decision as a whole, then the patches that gain and lose most, each with what brings the
/// change about. The parts of a change sum to it.
#[must_use]
pub fn diff(before: &Decision, after: &Decision) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{:<24}{:>18}{:>18}", "", "then", "what if");
    let mut row = |name: &str, before: String, after: String| {
        let mark = if before == after { "" } else { "  *" };
        let _ = writeln!(out, "{name:<24}{before:>18}{after:>18}{mark}");
    };
    row("tokens", before.applied.to_string(), after.applied.to_string());
    row("mode", before.mode.to_string(), after.mode.to_string());
    row("allocator", before.allocator.id.clone(), after.allocator.id.clone());
    let number = |x: f64| format!("{x:.2}");
    row("coupling", number(before.coupling), number(after.coupling));
    row("disagreement", number(before.disagreement), number(after.disagreement));
    let sure = |d: &Decision| match d.confidence.as_ref().map(|confidence| confidence.probability) {
        Some(Some(probability)) => number(probability),
        _ => "none".to_owned(),
    };
    row("confidence", sure(before), sure(after));
    let (b, a) = (&before.tensions, &after.tensions);
    row("exploit ↔ explore", number(b.exploit_explore), number(a.exploit_explore));
    row("focus ↔ diversify", number(b.focus_diversify), number(a.focus_diversify));
    row("compress ↔ particularize", number(b.compress_particularize), number(a.compress_particularize));
    let span = |d: &Decision| {
        let tokens = d.flat_tokens();
        format!("{}..{}", tokens.iter().min().unwrap_or(&0), tokens.iter().max().unwrap_or(&0))
    };
    row("tokens of a patch", span(before), span(after));

    let changes = changes(before, after);
    let part = |sign: i64| {
        let moved = changes.iter().filter(|c| c.signum() == sign);
        (moved.clone().count(), moved.map(|c| c.abs()).sum::<i64>())
    };
    let ((more, gained), (less, lost)) = (part(1), part(-1));
    if more + less == 0 {
        out.push_str("\nno patch has other tokens\n");
    } else {
        let share = 100.0 * gained.max(lost) as f64 / before.applied.max(1) as f64;
        let _ = writeln!(
            out,
            "\n{} of {} patches have other tokens: {more} gain {gained}, {less} lose {lost}, {share:.1} % of all",
            more + less,
            changes.len()
        );
    }
    let mut order: Vec<usize> = (0..changes.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(changes[i]));
    list(&mut out, "gain most", (before, after), order.iter().copied().filter(|&i| changes[i] > 0));
    list(&mut out, "lose most", (before, after), order.iter().rev().copied().filter(|&i| changes[i] < 0));
    for reason in after.reasons.iter().filter(|reason| !before.reasons.contains(reason)) {
        let _ = writeln!(out, "\nretreats: {reason}");
    }
    for note in after.notes.iter().filter(|note| !before.notes.contains(note)) {
        let _ = writeln!(out, "\nnote: {note}");
    }
    out
}

/// The tokens of each patch after, less those before.
pub(crate) fn changes(before: &Decision, after: &Decision) -> Vec<i64> {
    let both = before.flat_tokens().into_iter().zip(after.flat_tokens());
    both.map(|(before, after)| i64::from(after) - i64::from(before)).collect()
}

fn list(
    out: &mut String,
    title: &str,
    (before, after): (&Decision, &Decision),
    patches: impl Iterator<Item = usize>,
) {
    let mut patches = patches.take(LISTED).peekable();
    if patches.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "\n{title}");
    let _ =
        writeln!(out, "   patch    then  what if  change:  uniform  own rule    there  stands out    asked");
    let (tokens_before, tokens_after) = (before.flat_tokens(), after.flat_tokens());
    let (a, b): (&Account, &Account) = (&before.account, &after.account);
    let cols = before.grid.cols as usize;
    for i in patches {
        let _ = writeln!(
            out,
            "{:>8}  {:>6}  {:>7}  {:>6}   {:>7}  {:>8}  {:>7}  {:>10}  {:>7}",
            format!("{},{}", i / cols, i % cols),
            tokens_before[i],
            tokens_after[i],
            signed(6 * (i64::from(tokens_after[i]) - i64::from(tokens_before[i]))),
            signed(b.uniform[i] - a.uniform[i]),
            signed(b.allocator[i] - a.allocator[i]),
            signed(b.propositional[i] - a.propositional[i]),
            signed(b.perspectival[i] - a.perspectival[i]),
            signed(b.participatory[i] - a.participatory[i]),
        );
    }
}
