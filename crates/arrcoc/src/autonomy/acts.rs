//! What puts another configuration in force: the controller, and people.

use arrcoc_decide::{
    Level,
    autonomy::{Because, Judgement, Standing, Thresholds, step},
};
use arrcoc_ledger::Ledger;

use super::{
    Baseline, Block, Calibrated, Cause, Configuration, InForce, SCHEMA, State, append, blocks::Read, history,
    in_force,
};
use crate::{calibration::Calibration, error::Error};

/// Evaluates a ledger again and again; what it has read of one that grows it does not read twice.
#[derive(Debug, Default)]
pub struct Governor {
    read: Read,
}

/// What a person says beside a change.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Settled<'a> {
    /// Their name.
    pub who: Option<&'a str>,
    /// Their reason.
    pub why: Option<&'a str>,
}

impl<'a> Settled<'a> {
    /// Somebody, for a reason.
    #[must_use]
    pub fn by(who: &'a str, why: &'a str) -> Settled<'a> {
        Settled { who: Some(who), why: Some(why) }
    }

    /// The same as far as it was said.
    #[must_use]
    pub fn said(who: Option<&'a str>, why: Option<&'a str>) -> Settled<'a> {
        Settled { who, why }
    }

    fn on(self, mut configuration: Configuration) -> Configuration {
        configuration.who = self.who.map(str::to_owned);
        configuration.why = self.why.map(str::to_owned);
        configuration
    }
}

impl Governor {
    /// Puts the next configuration in force where the decisions of the one in force say so: a baseline where there is none
    /// yet, a level more or less. Returns it; `None` when nothing changes.
    ///
    /// # Errors
    /// When the ledger cannot be read or added to, or holds what is no decision.
    pub fn evaluate(&mut self, ledger: &mut Ledger) -> Result<Option<InForce>, Error> {
        loop {
            let Some(now) = in_force(ledger)? else { return Ok(None) };
            let state = self.state(ledger, &now)?;
            let Some(next) = next(&now, &state, &history(ledger)?) else { return Ok(None) };
            // Where somebody was quicker, there is another one to look at.
            if let Some(next) = append(ledger, Some(now.number), next)? {
                return Ok(Some(next));
            }
        }
    }

    /// The blocks of the configuration in force, as they are now.
    ///
    /// # Errors
    /// When the ledger cannot be read, or holds what is no decision.
    pub fn state(&mut self, ledger: &Ledger, now: &InForce) -> Result<State, Error> {
        let through = ledger.head()?.number;
        self.read.state(ledger, now, through)
    }
}

/// Evaluates a ledger once; see [`Governor::evaluate`].
///
/// # Errors
/// Those of [`Governor::evaluate`].
pub fn evaluate(ledger: &mut Ledger) -> Result<Option<InForce>, Error> {
    Governor::default().evaluate(ledger)
}

/// The configuration in force; where there is none, the first: guarded, at most autonomous, with this calibration.
///
/// # Errors
/// When blocks would have no decisions, or the ledger cannot be read or added to.
pub fn begin(
    ledger: &mut Ledger,
    calibration: &Calibration,
    thresholds: Thresholds,
) -> Result<InForce, Error> {
    check_block(thresholds.block)?;
    loop {
        if let Some(now) = in_force(ledger)? {
            return Ok(now);
        }
        let first = Configuration {
            schema: SCHEMA.into(),
            level: Level::Guarded,
            ceiling: Level::Autonomous,
            calibration: Calibrated::of(calibration),
            baseline: None,
            thresholds: thresholds.clone(),
            cause: Cause::Begun,
            replaces: None,
            restores: None,
            through: ledger.head()?.number,
            evidence: Vec::new(),
            who: None,
            why: None,
            despite: None,
        };
        if let Some(begun) = append(ledger, None, first)? {
            return Ok(begun);
        }
    }
}

fn check_block(decisions: u32) -> Result<(), Error> {
    if decisions == 0 {
        return Err(Error::new(
            "a block of no decisions shows nothing",
            "give blocks of one decision or more",
        ));
    }
    Ok(())
}

/// Sets the level, and how far it may rise by itself. With `anew` the next good block is what others are compared with:
/// for pages that are others by now, and are meant to be. With `block` blocks have so many decisions from now on.
///
/// # Errors
/// When the level is above the ceiling, blocks would have no decisions, or the ledger has no configuration, or cannot be read or added to.
pub fn set(
    ledger: &mut Ledger,
    level: Level,
    ceiling: Level,
    anew: bool,
    block: Option<u32>,
    settled: Settled<'_>,
) -> Result<InForce, Error> {
    check_block(block.unwrap_or(1))?;
    if level > ceiling {
        return Err(Error::new(
            format!("{level} is above the ceiling, {ceiling}"),
            "give a ceiling that is not below the level",
        ));
    }
    change(ledger, settled, |now, _| {
        let baseline = now.configuration.baseline.clone().filter(|_| !anew);
        let mut made =
            Configuration { level, ceiling, baseline, cause: Cause::Set, ..now.configuration.clone() };
        made.thresholds.block = block.unwrap_or(made.thresholds.block);
        Ok(made)
    })
}

/// Puts a calibration in force, with the level as it is. What it says of pages is other than what was said before, so
/// that the next good block is what others are compared with.
///
/// # Errors
/// When it is in force already; when it was not found to be better than the one in force, by `arrcoc recalibrate` with
/// this very calibration, unless it is promoted `despite` that; when the ledger has no configuration, or cannot be
/// read or added to.
pub fn promote(
    ledger: &mut Ledger,
    calibration: &Calibration,
    despite: bool,
    settled: Settled<'_>,
) -> Result<InForce, Error> {
    let promoted = Calibrated::of(calibration);
    change(ledger, settled, |now, _| {
        let before = &now.configuration.calibration;
        if promoted.blake3 == before.blake3 {
            return Err(Error::new(
                format!("calibration `{}` is in force already", promoted.version),
                "`arrcoc autonomy show` has what is",
            ));
        }
        let doubt = match calibration.recalibration() {
            None => Some("nothing was found out about it beside the one in force".to_owned()),
            Some(found) if found.from != before.version => {
                Some(format!("it was compared with `{}`, and `{}` is in force", found.from, before.version))
            }
            Some(found) => found.refusal(),
        };
        if let Some(doubt) = doubt.as_ref().filter(|_| !despite) {
            return Err(Error::new(
                format!("calibration `{}` is not promoted: {doubt}", promoted.version),
                "promote it with --despite, which is recorded",
            ));
        }
        Ok(Configuration {
            calibration: promoted.clone(),
            baseline: None,
            cause: Cause::Promoted,
            despite: doubt,
            ..now.configuration.clone()
        })
    })
}

/// Puts calibration and baseline of an earlier configuration in force again: of the record with this number, or of the
/// last with another calibration. The level does not rise by it.
///
/// # Errors
/// When there is no such configuration, or the ledger cannot be read or added to.
pub fn roll_back(ledger: &mut Ledger, to: Option<u64>, settled: Settled<'_>) -> Result<InForce, Error> {
    change(ledger, settled, |now, history| {
        let other = |set: &&InForce| match to {
            Some(number) => set.number == number,
            None => {
                set.number < now.number
                    && set.configuration.calibration.blake3 != now.configuration.calibration.blake3
                    && set.configuration.baseline.is_some()
            }
        };
        let Some(target) = history.iter().rfind(other) else {
            return Err(Error::new(
                match to {
                    Some(number) => format!("record {number} is no configuration"),
                    None => {
                        "no earlier configuration has another calibration and a block that was good".into()
                    }
                },
                "`arrcoc autonomy show` has their numbers",
            ));
        };
        let level = now.configuration.level.min(target.configuration.level);
        Ok(Configuration { level, cause: Cause::RolledBack, ..restored(&now.configuration, target) })
    })
}

/// A configuration without what was said of how it came into force.
fn plain(configuration: &Configuration) -> Configuration {
    Configuration { restores: None, who: None, why: None, despite: None, ..configuration.clone() }
}

/// A configuration with calibration and baseline of another.
fn restored(plain: &Configuration, target: &InForce) -> Configuration {
    Configuration {
        calibration: target.configuration.calibration.clone(),
        baseline: target.configuration.baseline.clone(),
        restores: Some(target.number),
        ..plain.clone()
    }
}

/// Appends what a person makes of the configuration in force, with the blocks that it had.
fn change(
    ledger: &mut Ledger,
    settled: Settled<'_>,
    made: impl Fn(&InForce, &[InForce]) -> Result<Configuration, Error>,
) -> Result<InForce, Error> {
    loop {
        let history = history(ledger)?;
        let Some(now) = history.last().cloned() else {
            return Err(Error::new(
                "the ledger has no configuration",
                "`arrcoc allocate --governed --log LEDGER` begins one",
            ));
        };
        let state = Governor::default().state(ledger, &now)?;
        let plain = InForce { configuration: plain(&now.configuration), ..now.clone() };
        let next = succeeding(&now, &state, settled.on(made(&plain, &history)?));
        if let Some(next) = append(ledger, Some(now.number), next)? {
            return Ok(next);
        }
    }
}

/// What follows from the blocks of a configuration, if anything does. `history` are the configurations up to it.
pub(super) fn next(now: &InForce, state: &State, history: &[InForce]) -> Option<Configuration> {
    let configuration = &now.configuration;
    let judged =
        |blocks: &[Block]| -> Vec<Judgement> { blocks.iter().map(|block| block.judgement.clone()).collect() };
    let (earned, since) = (judged(&state.earned), judged(&state.since));
    let found = step(configuration.level, configuration.ceiling, &earned, &since, &configuration.thresholds);
    let plain = plain(configuration);
    let is_good = |block: &&Block| block.judgement.standing == Standing::Good;
    let made = match found {
        Some(step) if step.to > configuration.level && configuration.baseline.is_some() => {
            Configuration { level: step.to, cause: Cause::StepUp, ..plain }
        }
        Some(step) if step.to < configuration.level => {
            let restores = match step.because {
                Because::BadBlock => last_good(now, state, history),
                _ => None,
            };
            let made = restores.map_or(plain.clone(), |target| restored(&plain, target));
            Configuration { level: step.to, cause: Cause::StepDown, ..made }
        }
        _ if configuration.baseline.is_none() => {
            let block = state.since.iter().find(is_good)?;
            let evidence = block.evidence.clone();
            let baseline = Some(Baseline { first: block.first, last: block.last, evidence });
            Configuration { baseline, cause: Cause::Baseline, ..plain }
        }
        _ => return None,
    };
    Some(succeeding(now, state, made))
}

/// A configuration that comes after another, with the blocks that it had.
fn succeeding(now: &InForce, state: &State, made: Configuration) -> Configuration {
    Configuration { replaces: Some(now.number), through: state.through, evidence: state.all(), ..made }
}

/// The configuration to go back to, where the calibration in force is on trial: a person promoted it, and it has not had
/// as many good blocks as a rise takes. It is the last one before that with a good block and none that was bad.
fn last_good<'a>(now: &InForce, state: &State, history: &'a [InForce]) -> Option<&'a InForce> {
    let calibration = &now.configuration.calibration.blake3;
    let since = history.iter().rposition(|set| set.configuration.calibration.blake3 != *calibration)? + 1;
    let (before, by_it) = history.split_at_checked(since)?;
    if by_it.first()?.configuration.cause != Cause::Promoted {
        return None;
    }
    // The blocks of a configuration stand in the one that replaced it.
    let blocks = |set: &InForce| -> &[Block] {
        let after = history.iter().find(|after| after.configuration.replaces == Some(set.number));
        after.map_or(&[], |after| &after.configuration.evidence)
    };
    let count = |set: &InForce, blocks: &[Block], standing: Standing| {
        // A first block beside nothing, or beside itself, shows nothing.
        let own = |block: &&Block| block.first > set.number && set.configuration.baseline.is_some();
        blocks.iter().filter(own).filter(|block| block.judgement.standing == standing).count()
    };
    let good = |set: &InForce, blocks: &[Block]| count(set, blocks, Standing::Good);
    let earlier: usize = by_it.iter().map(|set| good(set, blocks(set))).sum();
    if earlier + good(now, &state.since) >= now.configuration.thresholds.good_blocks as usize {
        return None;
    }
    let is_bad = |block: &Block| block.judgement.standing == Standing::Bad;
    before.iter().rfind(|set| good(set, blocks(set)) > 0 && !blocks(set).iter().any(is_bad))
}

/// What can be said of a change that a person made: the blocks that were there.
pub(super) fn with_blocks(now: &InForce, state: &State, logged: &Configuration) -> Configuration {
    succeeding(now, state, logged.clone())
}
