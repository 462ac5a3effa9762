//! `arrcoc feedback`: how the task ended that a decision was made for.

use arrcoc::{
    Error,
    ledger::Ledger,
    log::{self, Outcome},
};

use super::{Done, args::FeedbackArgs, say};

pub(crate) fn run(args: &FeedbackArgs) -> Result<Done, Error> {
    let outcome = match args.outcome.as_str() {
        "success" => Outcome::Success,
        "failure" => Outcome::Failure,
        other => {
            return Err(Error::new(format!("`{other}` is no way to end"), "it is success or failure"));
        }
    };
    // A ledger is not made here: it has to hold the decision.
    drop(Ledger::open_to_read(&args.log)?);
    let mut ledger = Ledger::open(&args.log)?;
    let (who, note) = (args.who.as_deref(), args.note.as_deref());
    let feedback = log::feedback(&mut ledger, &args.log, &args.id, outcome, who, note)?;
    say(&format!("logged: {} of {}\n", feedback.outcome, feedback.decision));
    Ok(Done::Well)
}
