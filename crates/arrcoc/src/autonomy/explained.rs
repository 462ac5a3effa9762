//! A configuration in sentences, from the ledger alone.

use std::fmt::Write as _;

use arrcoc_decide::{Level, autonomy::Standing};
use arrcoc_ledger::Ledger;

use super::{
    Block, Cause, Configuration, InForce,
    acts::{next, with_blocks},
    blocks::Read,
    history,
};
use crate::{error::Error, plain::one_line};

/// Why a configuration came into force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explained {
    /// In sentences, a line each.
    pub text: String,
    /// Whether what it says is what the records of the ledger come to now.
    pub holds: bool,
}

/// Explains the configuration of a record: what changed, by what evidence, and whether the records that it names come to
/// that evidence, and that evidence to that change.
///
/// # Errors
/// When the record is no configuration, or the ledger cannot be read.
pub fn explain(ledger: &Ledger, number: u64) -> Result<Explained, Error> {
    let history = history(ledger)?;
    let at = history.iter().position(|set| set.number == number).ok_or_else(|| {
        Error::new(format!("record {number} is no configuration"), "`arrcoc autonomy show` has their numbers")
    })?;
    let (set, before) = (&history[at], &history[..at]);
    let configuration = &set.configuration;
    let mut text = line(set) + "\n";
    let parent = before.last().filter(|parent| configuration.replaces == Some(parent.number));
    let Some(parent) = parent else {
        let first = before.is_empty() && configuration.replaces.is_none();
        let holds = first && configuration.cause == Cause::Begun;
        text += if holds {
            "It is the first: there was nothing to judge yet.\n"
        } else {
            "It does not follow the configuration before it.\n"
        };
        return Ok(Explained { text, holds });
    };
    told(&mut text, configuration, parent);
    let state = Read::default().state(ledger, parent, configuration.through)?;
    let by_itself = matches!(configuration.cause, Cause::StepUp | Cause::StepDown | Cause::Baseline);
    let again = match by_itself {
        true => next(parent, &state, before),
        false => Some(with_blocks(parent, &state, configuration)),
    };
    // As they are written: a number that is read again is the same number.
    let holds = configuration.through < number && again.as_ref() == Some(configuration);
    let _ = match (holds, by_itself) {
        (true, true) => writeln!(
            text,
            "Recomputed from the records: the same blocks, the same judgements, the same step."
        ),
        (true, false) => writeln!(text, "Recomputed from the records: the same blocks, the same judgements."),
        (false, _) => writeln!(
            text,
            "Recomputed from the records, it comes to something else:{}",
            differences(configuration, again.as_ref())
        ),
    };
    Ok(Explained { text, holds })
}

/// A configuration in one line.
#[must_use]
pub fn line(set: &InForce) -> String {
    let configuration = &set.configuration;
    let mut line = format!("record {}  {}  {}", set.number, set.created, configuration.cause);
    let _ = write!(line, "  {} (at most {})", configuration.level, configuration.ceiling);
    let _ = write!(line, "  {}", configuration.calibration.version);
    if let Some(number) = configuration.restores {
        let _ = write!(line, ", as record {number} had it");
    }
    line += &why(configuration);
    one_line(&line).into_owned()
}

/// The evidence or the reason in a few words.
fn why(configuration: &Configuration) -> String {
    let worst = |block: &Block| {
        let bad = block.judgement.signals.iter().filter(|signal| signal.standing == Standing::Bad);
        bad.map(|signal| signal.text.clone()).collect::<Vec<_>>().join("; ")
    };
    let good = |block: &&Block| block.judgement.standing == Standing::Good;
    let bad = configuration.evidence.iter().find(|block| block.judgement.standing == Standing::Bad);
    let said = match (configuration.cause, bad) {
        (Cause::StepDown, Some(block)) => {
            format!("records {} to {}: {}", block.first, block.last, worst(block))
        }
        (Cause::StepDown, None)
            if configuration.evidence.last().is_some_and(|b| b.judgement.uncalibrated) =>
        {
            "questions that no calibration fits".into()
        }
        (Cause::StepDown, None) => "it was above the ceiling".into(),
        (Cause::StepUp, _) => {
            let own = |block: &&Block| configuration.replaces.is_none_or(|by| block.first > by);
            let count = configuration.evidence.iter().rev().take_while(own).take_while(good).count();
            format!("{count} good blocks in a row")
        }
        (Cause::Baseline, _) => configuration.baseline.as_ref().map_or_else(String::new, |block| {
            format!("records {} to {} are what others are compared with", block.first, block.last)
        }),
        (Cause::Begun, _) => return String::new(),
        (Cause::Set | Cause::Promoted | Cause::RolledBack, _) => {
            let who = configuration.who.as_deref().unwrap_or("somebody");
            let why = configuration.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
            let despite = configuration.despite.as_deref();
            let despite = despite.map(|doubt| format!(", despite that {doubt}")).unwrap_or_default();
            format!("by {who}{why}{despite}")
        }
    };
    format!("  [{said}]")
}

fn told(text: &mut String, configuration: &Configuration, parent: &InForce) {
    let before: Level = parent.configuration.level;
    let level = configuration.level;
    let _ = match level.cmp(&before) {
        std::cmp::Ordering::Equal => writeln!(text, "The level stayed {level}."),
        std::cmp::Ordering::Less => writeln!(text, "The level went down, from {before} to {level}."),
        std::cmp::Ordering::Greater => writeln!(text, "The level went up, from {before} to {level}."),
    };
    let version = &configuration.calibration.version;
    if *version != parent.configuration.calibration.version {
        let was = &parent.configuration.calibration.version;
        let _ = writeln!(text, "The calibration is `{version}`, and was `{was}`.");
    }
    if let Some(number) = configuration.restores {
        let _ = writeln!(text, "Calibration and baseline are those of record {number} again.");
    }
    match &parent.configuration.baseline {
        Some(block) => {
            let _ = writeln!(
                text,
                "Blocks were compared with records {} to {}: coupling {:.3}, disagreement {:.3}.",
                block.first, block.last, block.evidence.coupling, block.evidence.disagreement
            );
        }
        None => text.push_str("There was no good block yet to compare with.\n"),
    }
    if configuration.evidence.is_empty() {
        text.push_str("No block was full.\n");
    }
    for block in &configuration.evidence {
        let standing = match block.judgement.standing {
            Standing::Bad => "bad",
            Standing::Neither => "neither good nor bad",
            Standing::Good => "good",
        };
        let _ = writeln!(
            text,
            "Records {} to {}, {} decisions, were {standing}:",
            block.first, block.last, block.evidence.decisions
        );
        for signal in &block.judgement.signals {
            let mark = match signal.standing {
                Standing::Bad => "bad",
                Standing::Neither => "neither",
                Standing::Good => "good",
            };
            let _ = writeln!(text, "  {mark:<8}{}", signal.text);
        }
    }
}

/// What is otherwise, by the names of the fields.
fn differences(logged: &Configuration, again: Option<&Configuration>) -> String {
    let Some(again) = again else { return " no change at all".into() };
    let fields = |configuration: &Configuration| match serde_json::to_value(configuration) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (logged, again) = (fields(logged), fields(again));
    let mut names: Vec<&String> = logged.keys().chain(again.keys()).collect();
    names.sort();
    names.dedup();
    names.retain(|name| logged.get(*name) != again.get(*name));
    names.into_iter().map(|name| format!(" {name}")).collect::<Vec<_>>().join(",")
}
