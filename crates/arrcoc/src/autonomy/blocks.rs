//! From the records of a ledger to blocks of evidence.
//!
//! A block is so many decisions in the order of their records, since the configuration was logged. Those that were not
//! made by it, by a process that had not heard of it yet or without being governed, take their place in the block
//! and are no evidence. What came of a decision counts where the system had moved tokens: of a
//! uniform allocation that failed it says nothing.

use std::collections::{BTreeMap, HashMap};

use arrcoc_decide::{
    Mode, Sampling,
    autonomy::{Evidence, Sample, Thresholds, judge},
};
use arrcoc_ledger::{Filter, Kind, Ledger};

use super::{Baseline, Block, Cause, HORIZON, InForce};
use crate::{
    decision::Decision,
    error::Error,
    log::{self, Outcome},
    steering::is_uncalibrated,
};

/// The blocks that a configuration is judged by.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct State {
    /// Those that its level was earned by, or the one that others are compared with, judged anew.
    pub earned: Vec<Block>,
    /// Those since then that are full, at most the last eight.
    pub since: Vec<Block>,
    /// Decisions of the block that is not full yet.
    pub begun: u64,
    /// The last record that was read.
    pub through: u64,
}

impl State {
    /// All blocks, in order.
    pub(super) fn all(&self) -> Vec<Block> {
        self.earned.iter().chain(&self.since).cloned().collect()
    }
}

/// Blocks that were read: what has no part of feedback does not change, and is not read twice.
#[derive(Debug, Default)]
pub(super) struct Read {
    blocks: HashMap<(u64, u64, u64), Gathered>,
}

/// A block without what came of its decisions.
#[derive(Clone, Debug, Default)]
struct Gathered {
    evidence: Evidence,
    /// The records of the decisions whose tokens the system had moved.
    moved: Vec<u64>,
}

/// Where a block is, and which configuration its decisions were made by.
#[derive(Clone, Copy)]
struct Place {
    first: u64,
    last: u64,
    by: u64,
}

impl Read {
    /// The blocks of a configuration, by what had been logged with record `through`.
    pub(super) fn state(&mut self, ledger: &Ledger, now: &InForce, through: u64) -> Result<State, Error> {
        let configuration = &now.configuration;
        // What a rise was earned by, or the block that others are compared with: it was made under the configuration
        // before, and feedback on it may still come.
        let own = |by: u64| {
            let blocks = configuration.evidence.iter().filter(move |block| block.first > by);
            blocks.map(move |block| Place { first: block.first, last: block.last, by })
        };
        let earned: Vec<Place> = match (configuration.cause, configuration.replaces, &configuration.baseline)
        {
            (Cause::StepUp, Some(by), _) => {
                let own: Vec<Place> = own(by).collect();
                own[own.len().saturating_sub(configuration.thresholds.good_blocks as usize)..].to_vec()
            }
            (Cause::Baseline, Some(by), Some(baseline)) => {
                own(by).filter(|place| place.first == baseline.first).collect()
            }
            _ => Vec::new(),
        };
        let from = earned.first().map_or(now.number + 1, |place| place.first);
        let decisions =
            Filter { kind: Some(Kind::Decision), from: Some(from), to: Some(through), ..Filter::default() };
        let decisions = ledger.subjects(&decisions)?;
        let size = configuration.thresholds.block as usize;
        let own: Vec<u64> =
            decisions.iter().map(|(number, _)| *number).filter(|number| *number > now.number).collect();
        let full = own
            .chunks_exact(size)
            .filter_map(|block| Some(Place { first: *block.first()?, last: *block.last()?, by: now.number }));
        let full: Vec<Place> = full.collect();
        let since = full[full.len().saturating_sub(HORIZON)..].to_vec();
        let outcomes = log::outcomes(ledger, &decisions, Some(from), Some(through))?;
        let baseline = configuration.baseline.as_ref();
        let thresholds = &configuration.thresholds;
        let mut blocks = |places: &[Place]| -> Result<Vec<Block>, Error> {
            places.iter().map(|place| self.block(ledger, *place, &outcomes, baseline, thresholds)).collect()
        };
        let (earned, since) = (blocks(&earned)?, blocks(&since)?);
        Ok(State { earned, since, begun: (own.len() % size) as u64, through })
    }

    fn block(
        &mut self,
        ledger: &Ledger,
        place: Place,
        outcomes: &BTreeMap<u64, Outcome>,
        baseline: Option<&Baseline>,
        thresholds: &Thresholds,
    ) -> Result<Block, Error> {
        let Place { first, last, by } = place;
        let key = (first, last, by);
        let gathered = match self.blocks.get(&key) {
            Some(gathered) => gathered.clone(),
            None => {
                let gathered = gather(ledger, place)?;
                self.blocks.insert(key, gathered.clone());
                gathered
            }
        };
        let mut evidence = gathered.evidence;
        for outcome in gathered.moved.iter().filter_map(|number| outcomes.get(number)) {
            evidence.add_outcome(*outcome == Outcome::Success);
        }
        let judgement = judge(&evidence, baseline.map(|baseline| &baseline.evidence), thresholds);
        Ok(Block { first, last, evidence, judgement })
    }
}

/// Reads the decisions of a block.
fn gather(ledger: &Ledger, place: Place) -> Result<Gathered, Error> {
    let filter = Filter {
        kind: Some(Kind::Decision),
        from: Some(place.first),
        to: Some(place.last),
        ..Filter::default()
    };
    let mut gathered = Gathered::default();
    ledger.each_record(&filter, |record| {
        let number = record.summary.number;
        let decision = Decision::from_json(&record.content).map_err(|mut e| {
            e.message = format!("record {number}: {}", e.message);
            e
        })?;
        if decision.governed.as_ref().is_some_and(|governed| governed.configuration == place.by) {
            gathered.evidence.add(&sample(&decision));
            if decision.autonomy > 0.0 {
                gathered.moved.push(number);
            }
        }
        Ok::<(), Error>(())
    })?;
    Ok(gathered)
}

/// A decision as evidence.
#[must_use]
pub fn sample(decision: &Decision) -> Sample<'_> {
    let scores = &decision.scores;
    let query = decision.query.as_ref().map_or("", |query| query.text.trim());
    // Where patches are kept or not, or nothing was scored, there is no confidence for another reason.
    let (sampled, scored) = (decision.policy.sampling == Sampling::Grid, decision.mode != Mode::Uniform);
    let confidence = decision.confidence.as_ref();
    let channels = decision.channels.iter().map(|channel| (channel.way, channel.theta));
    Sample {
        asked: !query.is_empty(),
        coupling: decision.coupling,
        disagreement: decision.disagreement,
        maps: [
            scores.propositional.as_deref(),
            scores.perspectival.as_deref(),
            scores.participatory.as_deref(),
        ],
        retreated: !decision.reasons.is_empty(),
        uncalibrated: is_uncalibrated(query, channels),
        // How likely a uniform allocation is to be read says nothing of the system.
        confidence: confidence.filter(|_| decision.autonomy > 0.0).and_then(|sure| sure.probability),
        strange: confidence.is_some_and(|sure| sure.probability.is_none()) && sampled && scored,
    }
}
