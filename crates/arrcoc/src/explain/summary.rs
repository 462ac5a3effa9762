//! A decision as a whole, on about one screen.

use std::{collections::BTreeSet, fmt::Write as _};

use arrcoc_decide::{Mode, Verdict, Way};

use super::{drivers, marked, name, signed, sixths, text::fitted};
use crate::{decision::Decision, plain::one_line};

/// A decision as a whole: what it rests on, the tensions, what drove it, the patches
/// that got most, those that the question took tokens from though they stand out, and
/// what retreated.
#[must_use]
pub fn summary(d: &Decision) -> String {
    let parts = [head(d), tensions(d), what_drove_it(d), verdicts(d), patches(d)];
    let mut out = parts.concat();
    for reason in &d.reasons {
        let _ = writeln!(out, "\nretreated: {reason}");
    }
    for note in &d.notes {
        let _ = writeln!(out, "\nnote: {note}");
    }
    out
}

fn head(d: &Decision) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}  {}×{} pixels, {}×{} patches",
        name(d),
        d.image.width,
        d.image.height,
        d.grid.rows,
        d.grid.cols
    );
    if let Some(query) = &d.query {
        let _ = writeln!(out, "question    {}", one_line(&query.text));
    }
    let tokens = d.flat_tokens();
    let (least, most) =
        (tokens.iter().min().copied().unwrap_or(0), tokens.iter().max().copied().unwrap_or(0));
    let _ = writeln!(
        out,
        "tokens      {} of {} asked for; {:.1} a patch, from {least} to {most} (allowed {}..{})",
        d.applied,
        d.requested,
        d.applied as f64 / d.patches() as f64,
        d.policy.min,
        d.policy.max
    );
    let _ = writeln!(out, "mode        {}", mode(d.mode));
    let _ = writeln!(out, "allocator   {}", d.allocator.id);
    if let Some(level) = level(d) {
        let _ = writeln!(out, "level       {level}");
    }
    if let Some(batch) = &d.policy.batch {
        let _ = writeln!(
            out,
            "shared      image {} of {} that share {} tokens; {} if all patches were alike; coupling of all {:.2}",
            batch.index.saturating_add(1),
            batch.images,
            batch.applied,
            batch.even,
            batch.coupling
        );
        batch.reasons.iter().for_each(|reason| {
            let _ = writeln!(out, "            retreated: {reason}");
        });
    }
    out += &raised(d);
    out += &confidence(d);
    if let Some(overruled) = overruled(d) {
        let _ = writeln!(out, "overruled   {overruled}");
    }
    out
}

/// How far a ledger allowed it to go, and what that changed.
fn level(d: &Decision) -> Option<String> {
    let governed = d.governed.as_ref()?;
    let others = governed.advised.as_ref().map(|advised| {
        let pairs = std::iter::zip(d.flat_tokens(), advised.concat());
        let patches = pairs.filter(|(tokens, advised)| tokens != advised).count();
        format!("; without it {patches} patches would have other tokens")
    });
    let (level, number, autonomy) = (governed.level, governed.configuration, d.autonomy);
    Some(format!("{level}, by record {number}: autonomy {autonomy}{}", others.unwrap_or_default()))
}

/// What raised a total that was chosen from a range.
fn raised(d: &Decision) -> String {
    let Some(raised) = &d.raised else { return String::new() };
    let mut parts = vec![
        format!("{} for weak coupling", raised.by_coupling),
        format!("{} for disagreement", raised.by_disagreement),
    ];
    if let Some(tokens) = raised.by_confidence {
        let there = raised.confidence_there.map_or_else(|| "none".to_owned(), |there| format!("{there:.2}"));
        parts.push(format!("{tokens} for low confidence, which is {there} at the least"));
    }
    format!("raised      from {}: {}\n", raised.from, parts.join(", "))
}

/// How likely a reader gets the answer.
fn confidence(d: &Decision) -> String {
    let Some(confidence) = &d.confidence else { return String::new() };
    let mut out = match confidence.probability {
        Some(probability) => format!("confidence  {probability:.2} that the answer can be read\n"),
        None => "confidence  none: this is unlike all that it was fitted on\n".to_owned(),
    };
    confidence.unlike.iter().for_each(|line| {
        let _ = writeln!(out, "            {line}");
    });
    out
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Coupled => "coupled: the question decides together with the content",
        Mode::Content => "content: what is there and what stands out, without a question",
        Mode::Uniform => "uniform: every patch the same",
    }
}

fn tensions(d: &Decision) -> String {
    let t = &d.tensions;
    let mut out = format!("tensions    coupling {:.2}, disagreement {:.2}\n", d.coupling, d.disagreement);
    let mut tension = |low: &str, high: &str, value: f64| {
        let at = ((value - 0.1) / 0.8 * 20.0).round().clamp(0.0, 20.0) as usize;
        let bar: String = (0..=20).map(|i| if i == at { '●' } else { '─' }).collect();
        let _ = writeln!(out, "  {low:>10} {bar} {high:<13} {value:.2}");
    };
    tension("exploit", "explore", t.exploit_explore);
    tension("focus", "diversify", t.focus_diversify);
    tension("compress", "particularize", t.compress_particularize);
    out
}

/// A row for each way that is present: how many tokens it moved, and what its map is made of.
fn what_drove_it(d: &Decision) -> String {
    let mut out = String::new();
    for way in Way::ALL.into_iter().filter(|&way| drivers::map(d, way).is_some()) {
        let mut made_of: Vec<String> = match way {
            Way::Participatory => {
                let on = |n: usize| if n == 1 { "1 patch".to_owned() } else { format!("{n} patches") };
                drivers::largest(d).iter().map(|(c, n)| format!("{} on {}", c.name, on(*n))).collect()
            }
            _ => {
                let share = |share: f64| format!("{:.0} %", 100.0 * share);
                drivers::shares(d, way).iter().map(|(c, s)| format!("{} {}", c.name, share(*s))).collect()
            }
        };
        if let (Way::Participatory, Some(first)) = (way, made_of.first_mut()) {
            first.insert_str(0, "largest: ");
        }
        out += &row(drivers::word(way), drivers::moved(d, drivers::account(d, way)), &made_of);
    }
    if d.account.allocator.iter().any(|&sixths| sixths != 0) {
        out += &row(drivers::OWN_RULE, drivers::moved(d, &d.account.allocator), &[]);
    }
    if out.is_empty() {
        out
    } else {
        "moved       tokens away from uniform, and what each way is made of\n".to_owned() + &out
    }
}

fn row(name: &str, moved: f64, made_of: &[String]) -> String {
    fitted(&format!("  {name:>10} {moved:>5.1} %  "), made_of)
}

/// How many patches have which verdict.
fn verdicts(d: &Decision) -> String {
    let kinds =
        [Verdict::Confident, Verdict::Surprise, Verdict::Distractor, Verdict::Uncertain, Verdict::Background];
    let counts = kinds.map(|kind| (d.verdicts.iter().filter(|verdict| **verdict == kind).count(), kind));
    let said = counts.iter().filter(|(count, _)| *count > 0).map(|(count, kind)| format!("{count} {kind}"));
    format!("patches     {}\n", said.collect::<Vec<_>>().join(", "))
}

/// The patches with most tokens, and the distractors that lost most.
fn patches(d: &Decision) -> String {
    let (top, distractors) = (marked::top(d), marked::distractors(d));
    let mut out = String::new();
    if !top.is_empty() {
        out += "\nmost tokens\n   patch  tokens   uniform  own rule   there  stands out    asked  verdict\n";
        out.extend(top.iter().map(|&i| account(d, i)));
    }
    if !distractors.is_empty() {
        out += "\ndistractors, by what the question took from them\n";
        out.extend(distractors.iter().map(|&i| account(d, i)));
    }
    out
}

/// The account of one patch as a row.
fn account(d: &Decision, i: usize) -> String {
    let (a, cols) = (&d.account, d.grid.cols as usize);
    format!(
        "{:>8}  {:>6}  {:>8}  {:>8}  {:>6}  {:>10}  {:>7}  {}\n",
        format!("{},{}", i / cols, i % cols),
        d.tokens[i / cols][i % cols],
        sixths(a.uniform[i]),
        signed(a.allocator[i]),
        signed(a.propositional[i]),
        signed(a.perspectival[i]),
        signed(a.participatory[i]),
        d.verdicts[i],
    )
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
    Some(one_line(&text).into_owned())
}
