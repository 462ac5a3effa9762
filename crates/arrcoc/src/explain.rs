//! Says in words and numbers why the patches of a decision got what they got.

use std::{collections::BTreeSet, fmt::Write as _};

use arrcoc_decide::{Mode, Verdict};

use crate::{decision::Decision, error::Error};

/// A decision as a whole: what it rests on, the tensions, the patches that got
/// most, and what retreated.
#[must_use]
pub fn summary(d: &Decision) -> String {
    let mut out = String::new();
    let name = d.image.path.as_deref().unwrap_or("image");
    let n = d.patches();
    let _ = writeln!(
        out,
        "{name}  {}×{} pixels, {}×{} patches",
        d.image.width, d.image.height, d.grid.rows, d.grid.cols
    );
    if let Some(query) = &d.query {
        let _ = writeln!(out, "question    {}", query.text);
    }
    let tokens = d.flat_tokens();
    let (least, most) =
        (tokens.iter().min().copied().unwrap_or(0), tokens.iter().max().copied().unwrap_or(0));
    let _ = writeln!(
        out,
        "tokens      {} of {} asked for; {:.1} a patch, from {least} to {most} (allowed {}..{})",
        d.applied,
        d.requested,
        d.applied as f64 / n as f64,
        d.policy.min,
        d.policy.max
    );
    let _ = writeln!(out, "mode        {}", mode_text(d.mode));
    let _ = writeln!(out, "allocator   {}", d.allocator.id);
    if let Some(overruled) = overruled(d) {
        let _ = writeln!(out, "overruled   {overruled}");
    }
    let t = &d.tensions;
    let tension = |out: &mut String, low: &str, high: &str, value: f64| {
        let at = ((value - 0.1) / 0.8 * 20.0).round().clamp(0.0, 20.0) as usize;
        let bar: String = (0..=20).map(|i| if i == at { '●' } else { '─' }).collect();
        let _ = writeln!(out, "  {low:>10} {bar} {high:<13} {value:.2}");
    };
    let _ = writeln!(out, "tensions    coupling {:.2}, disagreement {:.2}", d.coupling, d.disagreement);
    tension(&mut out, "exploit", "explore", t.exploit_explore);
    tension(&mut out, "focus", "diversify", t.focus_diversify);
    tension(&mut out, "compress", "particularize", t.compress_particularize);

    let _ = writeln!(out, "moved       {}", moved(d));
    let counts = [
        (Verdict::Confident, "confident"),
        (Verdict::Surprise, "surprise"),
        (Verdict::Distractor, "distractor"),
        (Verdict::Uncertain, "uncertain"),
        (Verdict::Background, "background"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .map(|(v, name)| (d.verdicts.iter().filter(|x| *x == v).count(), name))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    let _ = writeln!(out, "patches     {}", counts.join(", "));

    let _ = writeln!(out, "\nmost tokens");
    let _ = writeln!(out, "   patch  tokens   uniform  own rule   there  stands out    asked  verdict");
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(tokens[i]));
    for &i in order.iter().take(8) {
        let a = &d.account;
        let _ = writeln!(
            out,
            "{:>8}  {:>6}  {:>8}  {:>8}  {:>6}  {:>10}  {:>7}  {}",
            position(d, i),
            tokens[i],
            sixths(a.uniform[i]),
            signed(a.allocator[i]),
            signed(a.propositional[i]),
            signed(a.perspectival[i]),
            signed(a.participatory[i]),
            verdict_text(d.verdicts[i]),
        );
    }
    for reason in &d.reasons {
        let _ = writeln!(out, "\nretreated: {reason}");
    }
    for note in &d.notes {
        let _ = writeln!(out, "\nnote: {note}");
    }
    out
}

/// One patch of a decision: a sentence, its account, its scores and channels.
///
/// # Errors
/// When the grid has no such patch.
pub fn patch(d: &Decision, row: u32, col: u32) -> Result<String, Error> {
    if row >= d.grid.rows || col >= d.grid.cols {
        return Err(Error::new(
            format!("there is no patch {row},{col}"),
            format!("rows go from 0 to {}, columns from 0 to {}", d.grid.rows - 1, d.grid.cols - 1),
        ));
    }
    let i = row as usize * d.grid.cols as usize + col as usize;
    let tokens = d.tokens[row as usize][col as usize];
    let a = &d.account;
    let parts = [
        ("what is there", a.propositional[i]),
        ("what stands out", a.perspectival[i]),
        ("what is asked for", a.participatory[i]),
        ("the allocator's own rule", a.allocator[i]),
    ];
    let mut out = String::new();
    let _ =
        write!(out, "patch {row},{col} got {tokens} tokens: {} as every patch would", sixths(a.uniform[i]));
    for (what, part) in parts.iter().filter(|(_, part)| *part != 0) {
        let _ = write!(out, ", {} by {what}", signed(*part));
    }
    let _ = writeln!(out, ".");
    let _ = writeln!(out, "verdict     {}", verdict_text(d.verdicts[i]));
    let _ = writeln!(
        out,
        "weight      {:.6}, {:.2} times the mean",
        d.weights[i],
        d.weights[i] * d.patches() as f64
    );
    let maps = [
        ("there", &d.scores.propositional),
        ("stands out", &d.scores.perspectival),
        ("asked", &d.scores.participatory),
    ];
    for (name, map) in maps {
        let value = map.as_ref().map_or_else(|| "absent".into(), |m| format!("{:.3}", m[i]));
        let _ = writeln!(out, "{name:<11} {value}");
    }
    for c in &d.channels {
        let _ = writeln!(out, "  {:<24} {:.3}  × {:.3}  ({})", c.name, c.values[i], c.theta, c.plugin);
    }
    for o in d.policy.overrides.iter().filter(|o| o.patch == i) {
        let _ = writeln!(out, "override    {}", o.rule);
    }
    Ok(out)
}

/// One line for a list of decisions.
#[must_use]
pub fn line(d: &Decision) -> String {
    let name = d.image.path.as_deref().unwrap_or("image");
    format!(
        "{name}: {} tokens for {} patch{}, {:.1} on average, mode {}, {} µs{}",
        d.applied,
        d.patches(),
        if d.patches() == 1 { "" } else { "es" },
        d.applied as f64 / d.patches() as f64,
        d.mode,
        d.timings_us.get("total").copied().unwrap_or(0),
        if d.reasons.is_empty() { String::new() } else { format!(" ({})", d.reasons.join("; ")) },
    )
}

fn mode_text(mode: Mode) -> &'static str {
    match mode {
        Mode::Coupled => "coupled: the question decides together with the content",
        Mode::Content => "content: what is there and what stands out, without a question",
        Mode::Uniform => "uniform: every patch the same",
    }
}

fn verdict_text(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confident => "confident: the ways agree",
        Verdict::Background => "background",
        Verdict::Distractor => "distractor: stands out, but is not asked for",
        Verdict::Surprise => "surprise: much there, but neither standing out nor asked for",
        Verdict::Uncertain => "uncertain: what is there and what stands out disagree",
    }
}

/// How many tokens each way moved away from uniform, as shares of the total.
fn moved(d: &Decision) -> String {
    let share = |part: &[i64]| {
        let up: i64 = part.iter().filter(|&&x| x > 0).sum();
        100.0 * up as f64 / (6.0 * d.applied.max(1) as f64)
    };
    let mut text = format!(
        "{:.1} % of the tokens by what is there, {:.1} % by what stands out, {:.1} % by what is asked for",
        share(&d.account.propositional),
        share(&d.account.perspectival),
        share(&d.account.participatory)
    );
    if d.account.allocator.iter().any(|&part| part != 0) {
        let _ = write!(text, ", {:.1} % by the allocator's own rule", share(&d.account.allocator));
    }
    text
}

/// How many patches somebody decided on, and who and why, as far as that was said.
fn overruled(d: &Decision) -> Option<String> {
    let named: BTreeSet<usize> = d.policy.overrides.iter().map(|o| o.patch).collect();
    let patches = if d.policy.force_uniform { d.patches() } else { named.len() };
    if patches == 0 {
        return None;
    }
    let mut text = format!("{patches} patch{}", if patches == 1 { "" } else { "es" });
    let authority = d.policy.authority.clone().unwrap_or_default();
    if let Some(who) = authority.who {
        let _ = write!(text, " by {who}");
    }
    if let Some(why) = authority.why {
        let _ = write!(text, ": {why}");
    }
    Some(text)
}

fn position(d: &Decision, i: usize) -> String {
    let cols = d.grid.cols as usize;
    format!("{},{}", i / cols, i % cols)
}

/// Sixths of a token as a decimal number of tokens.
fn sixths(n: i64) -> String {
    if n % 6 == 0 { (n / 6).to_string() } else { format!("{:.2}", n as f64 / 6.0) }
}

pub(crate) fn signed(n: i64) -> String {
    if n > 0 { format!("+{}", sixths(n)) } else { sixths(n) }
}
