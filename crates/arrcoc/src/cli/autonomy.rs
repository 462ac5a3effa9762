//! `arrcoc autonomy`: how far decisions may go by themselves, and why.

use std::path::Path;

use arrcoc::{
    Engine, Error, Level,
    autonomy::{self, Governor, InForce, Settled, State},
    calibration::Calibration,
    ledger::{Filter, Kind, Ledger},
};
use arrcoc_decide::autonomy::{Standing, Thresholds};

use super::{
    Done,
    args::{AutonomyCommand, ByArgs},
    report_line, say,
};

pub(crate) fn run(command: AutonomyCommand) -> Result<Done, Error> {
    match command {
        AutonomyCommand::Show { ledger, json } => show(&ledger, json),
        AutonomyCommand::Evaluate { ledger } => {
            let (mut ledger, mut governor) = (existing(&ledger)?, Governor::default());
            match governor.evaluate(&mut ledger)? {
                Some(next) => say(&(autonomy::line(&next) + "\n")),
                None => say(&format!("nothing changes\n{}", now(&ledger, &mut governor)?)),
            }
            Ok(Done::Well)
        }
        AutonomyCommand::Set { ledger, level, ceiling, new_baseline, block, by } => {
            let level = read_level(&level)?;
            let ceiling = ceiling.as_deref().map_or(Ok(level), read_level)?;
            let mut ledger = existing(&ledger)?;
            told(&autonomy::set(&mut ledger, level, ceiling, new_baseline, block, said(&by))?)
        }
        AutonomyCommand::Promote { ledger, calibration, despite, by } => {
            let calibration = Calibration::read(&calibration)?;
            told(&autonomy::promote(&mut existing(&ledger)?, &calibration, despite, said(&by))?)
        }
        AutonomyCommand::Rollback { ledger, to, by } => {
            told(&autonomy::roll_back(&mut existing(&ledger)?, to, said(&by))?)
        }
        AutonomyCommand::Explain { ledger, number } => {
            let explained = autonomy::explain(&Ledger::open_to_read(&ledger)?, number)?;
            say(&explained.text);
            if explained.holds {
                return Ok(Done::Well);
            }
            report_line("what was logged as evidence is not what the records show");
            Ok(Done::NotAsRequired)
        }
    }
}

fn told(next: &InForce) -> Result<Done, Error> {
    say(&(autonomy::line(next) + "\n"));
    Ok(Done::Well)
}

fn said(by: &ByArgs) -> Settled<'_> {
    Settled::by(&by.who, &by.why)
}

/// A ledger to write to, which is not made here.
fn existing(path: &Path) -> Result<Ledger, Error> {
    drop(Ledger::open_to_read(path)?);
    Ok(Ledger::open(path)?)
}

fn read_level(text: &str) -> Result<Level, Error> {
    text.parse().map_err(|e: arrcoc_decide::autonomy::UnknownLevel| {
        let names = Level::ALL.map(|level| level.to_string());
        Error::new(e.to_string(), format!("it is {}", names.join(", ")))
    })
}

fn none(path: &Path) -> Error {
    Error::new(
        format!("{}: it has no configuration", path.display()),
        "`arrcoc allocate --governed --log LEDGER` begins one",
    )
}

fn show(path: &Path, json: bool) -> Result<Done, Error> {
    let ledger = Ledger::open_to_read(path)?;
    let history = autonomy::history(&ledger)?;
    let Some(last) = history.last() else { return Err(none(path)) };
    if json {
        let state = Governor::default().state(&ledger, last)?;
        let set = |set: &InForce| {
            serde_json::json!({
                "number": set.number, "created": set.created, "configuration": set.configuration,
            })
        };
        let block = serde_json::json!({
            "decisions": state.begun, "of": last.configuration.thresholds.block,
        });
        let value = serde_json::json!({
            "in_force": set(last),
            "block": block,
            "blocks": state.since,
            "history": history.iter().map(set).collect::<Vec<_>>(),
        });
        say(&format!("{value}\n"));
        return Ok(Done::Well);
    }
    say(&now(&ledger, &mut Governor::default())?);
    say("\n");
    history.iter().for_each(|set| say(&(autonomy::line(set) + "\n")));
    Ok(Done::Well)
}

/// What is in force, and how its blocks are.
fn now(ledger: &Ledger, governor: &mut Governor) -> Result<String, Error> {
    let Some(now) = autonomy::in_force(ledger)? else {
        return Ok("the ledger has no configuration\n".into());
    };
    let State { since, begun, .. } = governor.state(ledger, &now)?;
    let configuration = &now.configuration;
    let block = configuration.thresholds.block;
    let mut text = format!(
        "{}, at most {}, by calibration `{}`, since record {}\n",
        configuration.level, configuration.ceiling, configuration.calibration.version, now.number
    );
    let good = since.iter().rev().take_while(|b| b.judgement.standing == Standing::Good).count();
    text += &match &configuration.baseline {
        None => "no block yet to compare with\n".to_owned(),
        Some(baseline) => format!(
            "compared with records {} to {}; {good} good blocks in a row, a rise takes {}\n",
            baseline.first, baseline.last, configuration.thresholds.good_blocks
        ),
    };
    for block in &since {
        for signal in block.judgement.signals.iter().filter(|signal| signal.standing != Standing::Good) {
            let mark = if signal.standing == Standing::Bad { "bad" } else { "neither good nor bad" };
            text += &format!("records {} to {}: {mark}: {}\n", block.first, block.last, signal.text);
        }
    }
    text += &format!("{begun} of {block} decisions of the next block\n");
    Ok(text)
}

/// An engine that goes as far as a ledger says, while decisions are logged there.
pub(crate) struct Governed<'a> {
    engine: &'a Engine,
    governor: Governor,
    /// The configuration that the engine goes by.
    now: InForce,
    /// The last record that was looked at for configurations of others.
    seen: u64,
    /// The record from which on a block may be full.
    full: u64,
}

impl<'a> Governed<'a> {
    /// Has the engine go by the configuration in force; begins one where there is none.
    pub(crate) fn begin(
        ledger: &mut Ledger,
        engine: &'a Engine,
        given: Option<&Calibration>,
    ) -> Result<Governed<'a>, Error> {
        let before = autonomy::in_force(ledger)?;
        let now = match (before, given) {
            (Some(now), None) => now,
            (Some(now), Some(given)) if now.configuration.calibration == autonomy::Calibrated::of(given) => {
                now
            }
            (Some(now), Some(given)) => {
                return Err(Error::new(
                    format!(
                        "calibration `{}` is given, and `{}` is in force in the ledger",
                        given.version(),
                        now.configuration.calibration.version
                    ),
                    "leave it out, or put it in force with `arrcoc autonomy promote`",
                ));
            }
            (None, given) => {
                let calibration = given.cloned().map_or_else(Calibration::reference, Ok)?;
                let begun = autonomy::begin(ledger, &calibration, Thresholds::default())?;
                report_line(&format!("autonomy: {}", autonomy::line(&begun)));
                begun
            }
        };
        now.govern(engine)?;
        let seen = ledger.head()?.number;
        let mut governed = Governed { engine, governor: Governor::default(), now, seen, full: 0 };
        governed.steer(ledger)?;
        Ok(governed)
    }

    /// After decisions were logged: takes the step that follows from a full block, and any that somebody else took.
    pub(crate) fn steer(&mut self, ledger: &mut Ledger) -> Result<(), Error> {
        let head = ledger.head()?.number;
        let new = Filter { kind: Some(Kind::Configuration), from: Some(self.seen + 1), ..Filter::default() };
        let others = !ledger.subjects(&new)?.is_empty();
        self.seen = head;
        if !others && head < self.full {
            return Ok(());
        }
        let stepped = self.governor.evaluate(ledger)?;
        if let Some(now) = stepped.map_or_else(|| autonomy::in_force(ledger), |next| Ok(Some(next)))?
            && now.number != self.now.number
        {
            report_line(&format!("autonomy: {}", autonomy::line(&now)));
            now.govern(self.engine)?;
            self.now = now;
        }
        let state = self.governor.state(ledger, &self.now)?;
        self.full = state.through + u64::from(self.now.configuration.thresholds.block) - state.begun;
        Ok(())
    }
}
