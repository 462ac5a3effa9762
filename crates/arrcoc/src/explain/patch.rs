//! One patch of a decision: where its tokens come from, and how its scores came about.

use std::fmt::Write as _;

use arrcoc_decide::{Verdict, Way};

use super::{drivers, signed, sixths, text::wrapped};
use crate::{decision::Decision, error::Error};

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
    let mut out = sentence(d, row, col, i);
    let _ = writeln!(out, "verdict     {}", verdict(d.verdicts[i]));
    let _ = writeln!(
        out,
        "weight      {:.6}, {:.2} times the mean",
        d.weights[i],
        d.weights[i] * d.patches() as f64
    );
    for way in Way::ALL {
        out += &score(d, way, i);
    }
    for c in &d.channels {
        let _ = writeln!(out, "  {:<24} {:.3}  × {:.3}  ({})", c.name, c.values[i], c.theta, c.plugin);
    }
    for o in d.policy.overrides.iter().filter(|o| o.patch == i) {
        let _ = writeln!(out, "override    {}", o.rule);
    }
    Ok(out)
}

/// How many tokens it got, and by what.
fn sentence(d: &Decision, row: u32, col: u32, i: usize) -> String {
    let tokens = d.tokens[row as usize][col as usize];
    let a = &d.account;
    let parts = [
        ("what is there", a.propositional[i]),
        ("what stands out", a.perspectival[i]),
        ("what is asked for", a.participatory[i]),
        ("the allocator's own rule", a.allocator[i]),
    ];
    let overruled = d.policy.overrides.iter().any(|o| o.patch == i);
    let even = if overruled { "as its rule and an even share have it" } else { "as every patch would" };
    let mut out = format!("patch {row},{col} got {tokens} tokens: {} {even}", sixths(a.uniform[i]));
    for (what, part) in parts.iter().filter(|(_, part)| *part != 0) {
        let _ = write!(out, ", {} by {what}", signed(*part));
    }
    out + ".\n"
}

/// The score of a way and what it is made of: P and S are sums of what each channel adds, its share of the weight
/// times its value; Q is the largest of its channels.
fn score(d: &Decision, way: Way, i: usize) -> String {
    let name = drivers::word(way);
    let Some(map) = drivers::map(d, way) else { return format!("{name:<11} absent\n") };
    let (lead, between, mut terms): (_, _, Vec<(f64, &str)>) = match way {
        Way::Participatory => {
            let heard = drivers::heard(d).into_iter().map(|c| (c.values[i], c.name.as_str()));
            ("the largest of ", ", ", heard.collect())
        }
        _ => {
            let shares = drivers::shares(d, way).into_iter();
            ("", " + ", shares.map(|(c, share)| (share * c.values[i], c.name.as_str())).collect())
        }
    };
    terms.sort_by(|a, b| b.0.total_cmp(&a.0));
    let start = format!("{name:<11} {:.3}", map[i]);
    let terms: Vec<String> = terms.iter().map(|(value, channel)| format!("{value:.3} {channel}")).collect();
    if terms.is_empty() {
        return start + "\n";
    }
    wrapped(&format!("{start} = {lead}"), &terms, between)
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confident => "confident: the ways agree",
        Verdict::Background => "background",
        Verdict::Distractor => "distractor: stands out, but is not asked for",
        Verdict::Surprise => "surprise: much there, but neither standing out nor asked for",
        Verdict::Uncertain => "uncertain: what is there and what stands out disagree",
    }
}
