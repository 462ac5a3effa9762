//! `arrcoc explain`: why the patches of a decision got what they got.

use std::{io::Read as _, path::Path};

use arrcoc::{Decision, Error, explain, ledger::Ledger, log};

use super::{
    Done,
    args::{DecisionArgs, ExplainArgs},
    say,
};

pub(crate) fn run(args: &ExplainArgs) -> Result<Done, Error> {
    let decision = read(&args.decision)?;
    let text = match &args.patch {
        None if args.table => explain::table(&decision),
        None => explain::summary(&decision),
        Some(patch) => {
            let (row, col) = position(patch)?;
            explain::patch(&decision, row, col)?
        }
    };
    say(&text);
    Ok(Done::Well)
}

/// The decision that is meant.
pub(crate) fn read(args: &DecisionArgs) -> Result<Decision, Error> {
    let named = &args.decision;
    if let Some(ledger) = &args.log {
        return log::find(&Ledger::open_to_read(ledger)?, ledger, named);
    }
    if named != "-" {
        return Decision::read(Path::new(named));
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|e| Error::new(format!("stdin: cannot read the decision: {e}"), "pipe a decision in"))?;
    Decision::from_json(&text)
}

/// Reads `R,C`.
pub(crate) fn position(text: &str) -> Result<(u32, u32), Error> {
    let read = |(row, col): (&str, &str)| Some((row.trim().parse().ok()?, col.trim().parse().ok()?));
    text.split_once(',').and_then(read).ok_or_else(|| {
        Error::new(format!("`{text}` is not a patch"), "write row and column from 0, such as 3,17")
    })
}
