//! What a decision would have been: the real pipeline over the scores that are there.
//!
//! A decision keeps the calibrated channels that it was made of. With another budget, other
//! bounds, a patch pinned, a tension held, a way or a plugin taken out, these stay what they
//! were, and only what follows from them is done again, by the code that decided: no
//! scorer runs, and it takes milliseconds. The allocator is called again, so that the tensors it shares
//! by are needed, and with most of them the image. Another question is heard anew; so is the old one where
//! a plugin is taken out whose tensors others look at.
//!
//! What comes out is a decision like any other, and the same that an engine makes that is set up so
//! from the start, bit for bit.

mod diff;
mod reach;

use std::sync::Arc;

use arrcoc_decide::{
    Bounds, Channel, Held, Levels, MonotoneMap, Outcome, Override, Policy, ScoreMaps, Setting, Terms, Total,
    Way,
};
use arrcoc_host::{Allocator, NameError};

use crate::{
    config::Config,
    decision::{AllocatorRecord, Decision, PluginRecord, PolicyRecord, QueryRecord, Scores, Settings},
    engine::{Engine, rows},
    error::Error,
    look::Look,
    photo::Photo,
    request::{Request, terms},
    rerun::{Rerun, changed_plugins},
    scoring::{Asked, Scored},
    steering::{Ruling, hears_uncalibrated, is_note},
};

pub use diff::diff;
pub use reach::{Found, Reach};

/// What is changed about a decision. The default changes nothing.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// Another question; an empty one for none.
    pub query: Option<String>,
    /// Ways and plugins that are taken out.
    pub without: Vec<Without>,
    /// Other bounds.
    pub bounds: Option<Bounds>,
    /// Another total.
    pub total: Option<Total>,
    /// Other levels.
    pub levels: Option<Levels>,
    /// Rules for patches, in the place of those that the patch had.
    pub overrides: Vec<Override>,
    /// Whether uniform is forced.
    pub force_uniform: Option<bool>,
    /// Tensions that are held.
    pub held: Held,
    /// How far the allocation may move from uniform.
    pub autonomy: Option<f64>,
    /// Another allocator.
    pub allocator: Option<String>,
    /// A map that calibrated answers to questions go through, as in a calibration that is made of the one that was.
    pub recalibrated: Option<MonotoneMap>,
}

/// What is taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Without {
    /// All channels of a way.
    Way(Way),
    /// A scorer, or all scorers of a plugin.
    Plugin(String),
}

impl std::fmt::Display for Without {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Without::Way(way) => way.fmt(f),
            Without::Plugin(id) => f.pad(id),
        }
    }
}

/// A decision with everything that is needed to change it.
pub struct Basis {
    engine: Arc<Engine>,
    request: Request,
    decision: Decision,
    change: Change,
    /// The scorers that are taken out.
    removed: Vec<String>,
    /// Whether scorers run again.
    hears: bool,
    /// Whether the image is there.
    sees: bool,
}

impl Basis {
    /// Finds what a changed decision needs.
    ///
    /// # Errors
    /// When nothing is there that is to be taken out, a name is unknown, or a file is gone that is needed.
    pub fn new(rerun: &mut Rerun, decision: Decision, change: Change) -> Result<Basis, Error> {
        let removed = removed(&decision, &change)?;
        let mut config = rerun.config(&decision)?;
        config.allocator = change.allocator.clone().or(config.allocator);
        if !removed.is_empty() {
            let scorers = scorers(&decision).map(|plugin| &plugin.part);
            config.scorers = scorers.filter(|id| !removed.contains(id)).cloned().collect();
            if config.scorers.is_empty() {
                return Err(Error::new("nothing would be left to score by", "use --uniform to see that"));
            }
        }
        let engine = Arc::new(Engine::open(config)?);
        let hears = change.query.is_some() || others_build_on(&engine, &decision, &removed);
        let found = rerun.request(&decision);
        let sees = found.is_ok();
        let request = match found {
            Ok(request) => request,
            Err(e) if hears || engine.allocator_takes().next().is_some() => return Err(e),
            Err(_) => blind(&decision)?,
        };
        Ok(Basis { engine, request, decision, change, removed, hears, sees })
    }

    /// The image, if it is there.
    #[must_use]
    pub fn photo(&self) -> Option<&Photo> {
        Some(&self.request.photo).filter(|_| self.sees)
    }

    /// The decision as it was made.
    #[must_use]
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// Looks at what has to be looked at, once for any number of changes.
    ///
    /// # Errors
    /// When the image is damaged, or nothing can be decided from it.
    pub fn what_if(&self) -> Result<WhatIf<'_>, Error> {
        let then = self.decision.query.as_ref().map_or("", |query| query.text.as_str());
        let query = self.change.query.as_deref().unwrap_or(then);
        let mut scored = Scored::default();
        let (look, asked) = if self.hears {
            let mut look = self.engine.look(&self.request)?;
            let asked = look.listen(query, None, &mut scored)?;
            (look, asked)
        } else {
            let ids: Vec<String> = scorers(&self.decision).map(|plugin| plugin.part.clone()).collect();
            let mut look = self.engine.look_to_share(&self.request, &ids)?;
            // Its scores are those of the record; only tensors are taken from what runs here.
            let asked = look.hear(query, None, &mut Scored::default())?;
            scored.plugins =
                scorers(&self.decision).filter(|p| !self.removed.contains(&p.part)).cloned().collect();
            scored.channels = self.decision.channels.iter().cloned().map(Channel::from).collect();
            scored.channels.retain(|channel| !self.removed.contains(&channel.plugin));
            (look, asked)
        };
        if let Some(needed) = self.removed.iter().find(|id| scored.plugins.iter().any(|p| p.part == **id)) {
            return Err(Error::new(
                format!("`{needed}` cannot be taken out: it makes tensors that others look at"),
                "take those out that look at them",
            ));
        }
        let mut what_if = WhatIf {
            basis: self,
            query,
            look,
            asked,
            scored,
            before: self.decision.clone(),
            notes: Vec::new(),
        };
        what_if.check()?;
        Ok(what_if)
    }
}

/// A decision, ready to be changed.
pub struct WhatIf<'a> {
    basis: &'a Basis,
    query: &'a str,
    look: Look<'a>,
    asked: Asked<'a>,
    /// What the scorers said, then or now, without what is taken out.
    scored: Scored,
    before: Decision,
    notes: Vec<String>,
}

/// What tokens were shared by, and how.
struct Shared {
    channels: Vec<Channel>,
    maps: ScoreMaps,
    terms: Terms,
    outcome: Outcome,
    ruling: Ruling,
    allocator: Option<Allocator>,
    /// Why there is no allocator.
    reasons: Vec<String>,
}

/// A score that is another than the scorers said.
#[derive(Clone, Copy)]
struct Bend {
    way: Way,
    patch: usize,
    value: f64,
}

impl WhatIf<'_> {
    /// The decision that changes are compared with: as it was made; or, where a plugin is another by now, as it would
    /// be made from the same scores.
    #[must_use]
    pub fn before(&self) -> &Decision {
        &self.before
    }

    /// What a reader of the comparison should know.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The decision with everything changed that is to be.
    ///
    /// # Errors
    /// When no allocation can satisfy the changed policy.
    pub fn decide(&self) -> Result<Decision, Error> {
        let change = &self.basis.change;
        self.record(change, self.share(change, None)?)
    }

    /// Compares the plugins with those of the record, and makes the decision itself again.
    fn check(&mut self) -> Result<(), Error> {
        let base = &self.basis.decision;
        let unchanged = Change { without: Vec::new(), ..Change::default() };
        if self.basis.hears || !self.basis.removed.is_empty() || self.basis.change.allocator.is_some() {
            let now: Vec<PluginRecord> = self.scored.plugins.clone();
            let both: Vec<PluginRecord> =
                base.plugins.iter().filter(|p| now.iter().any(|n| n.part == p.part)).cloned().collect();
            self.notes = changed_plugins(&both, &now);
            return Ok(());
        }
        let shared = self.share(&unchanged, None)?;
        let now: Vec<PluginRecord> = shared.allocator.iter().map(PluginRecord::of_allocator).collect();
        let then: Vec<PluginRecord> = allocator_record(base).cloned().into_iter().collect();
        self.notes = changed_plugins(&then, &now);
        let again = self.record(&unchanged, shared)?;
        if again.tokens != base.tokens {
            self.notes.push(
                "both sides are decided anew: from the same scores this decision has other tokens now".into(),
            );
            self.before = again;
        }
        Ok(())
    }

    /// Shares tokens out with a change, and with scores of which one may be bent.
    fn share(&self, change: &Change, bend: Option<Bend>) -> Result<Shared, Error> {
        self.share_by(change, bend, |_| true)
    }

    /// The same without the channels of one more scorer.
    fn share_without(&self, change: &Change, scorer: &str) -> Result<Shared, Error> {
        self.share_by(change, None, |channel| channel.plugin != scorer)
    }

    fn share_by(
        &self,
        change: &Change,
        bend: Option<Bend>,
        stays: impl Fn(&Channel) -> bool,
    ) -> Result<Shared, Error> {
        let base = &self.basis.decision;
        let terms = terms(&change.policy(&base.policy)?, self.basis.request.grid)?;
        let taken = |way: Way| change.without.contains(&Without::Way(way));
        let mut channels: Vec<Channel> =
            self.scored.channels.iter().filter(|c| !taken(c.way) && stays(c)).cloned().collect();
        if let Some(map) = &change.recalibrated {
            let calibrated = |c: &&mut Channel| c.way == Way::Participatory && c.theta > 0.0;
            let values = channels.iter_mut().filter(calibrated).flat_map(|channel| &mut channel.values);
            values.for_each(|value| *value = map.apply(*value));
        }
        let mut maps = ScoreMaps::from_channels(&channels, self.basis.request.grid.patches())
            .map_err(|e| Error::new(format!("its scores cannot be used: {e}"), "make the decision anew"))?;
        if let Some(Bend { way, patch, value }) = bend
            && let Some(map) = maps.of_mut(way)
        {
            map[patch] = value;
        }
        // What is told how far to go is not governed.
        let governed = base.governed.clone().filter(|_| change.autonomy.is_none());
        let autonomy = change.autonomy.unwrap_or(base.autonomy);
        let mut ruling = Ruling::of(governed, autonomy, hears_uncalibrated(self.query, &channels));
        let mut reasons = Vec::new();
        let allocator = self.basis.engine.make_allocator_or_say(None, &mut reasons);
        let outcome_at = |autonomy: f64| {
            let reading = self.look.steering.reading(&self.basis.request);
            let setting = Setting { autonomy, held: change.held.over(base.settings.held), reading };
            self.look.share(&self.asked, &maps, &terms, allocator.as_ref(), None, &setting)
        };
        let outcome = outcome_at(ruling.autonomy);
        let advised = ruling.advises().map(|full| rows(&outcome_at(full).allocation, base.grid.cols));
        ruling.governed.iter_mut().for_each(|governed| governed.advised.clone_from(&advised));
        Ok(Shared { channels, maps, terms, outcome, ruling, allocator, reasons })
    }

    /// The record of what was shared.
    fn record(&self, change: &Change, shared: Shared) -> Result<Decision, Error> {
        let Shared { channels, maps, terms, outcome, ruling, allocator, reasons } = shared;
        let base = self.before.clone();
        let mut plugins = self.scored.plugins.clone();
        plugins.extend(allocator.as_ref().map(PluginRecord::of_allocator));
        let (mut why, mut notes) = (self.scored.reasons.clone(), self.scored.notes.clone());
        if self.basis.hears {
            notes.splice(0..0, self.basis.request.photo.notes());
        } else {
            // What belongs to sharing is said anew; of what scorers said, that of those who are there stays.
            let is_of = |text: &String| {
                self.basis
                    .removed
                    .iter()
                    .any(|id| text.contains(&format!("`{id}`")) || text.starts_with(&format!("{id} says")))
            };
            why = base
                .reasons
                .iter()
                .filter(|text| is_said_of_a_scorer(text) && !is_of(text))
                .cloned()
                .collect();
            notes = base.notes.iter().filter(|text| !is_of(text)).cloned().collect();
        }
        notes.retain(|text| !is_note(text));
        notes.extend(ruling.note);
        why.extend(reasons);
        why.extend(outcome.retreats.iter().cloned());
        // With a total of its own it is no longer a part of another.
        let batch = base.policy.batch.as_ref().filter(|_| change.total.is_none());
        let settings = Settings {
            scorers: self.basis.scorers_set(),
            allocator: change.allocator.clone().or(base.settings.allocator.clone()),
            held: change.held.over(base.settings.held),
            ..base.settings.clone()
        };
        Decision {
            created: jiff::Timestamp::now().to_string(),
            query: QueryRecord::of(self.query),
            policy: PolicyRecord::of(&terms, base.policy.authority.as_ref(), batch),
            requested: outcome.requested,
            applied: outcome.allocation.total(),
            tokens: rows(&outcome.allocation, base.grid.cols),
            scores: Scores::of(maps),
            channels: channels.into_iter().map(Into::into).collect(),
            weights: outcome.weights,
            tensions: outcome.tensions,
            coupling: outcome.coupling,
            disagreement: outcome.disagreement,
            confidence: self.look.steering.confidence_record(outcome.confidence),
            raised: outcome.raised,
            autonomy: ruling.autonomy,
            governed: ruling.governed,
            settings,
            mode: outcome.mode,
            reasons: why,
            notes,
            verdicts: outcome.verdicts,
            account: outcome.account,
            allocator: AllocatorRecord::of(allocator.as_ref()),
            plugins,
            timings_us: self.scored.timings.clone(),
            ..base
        }
        .seal()
    }
}

impl Basis {
    /// The scorers that an engine is asked for that decides so from the start.
    fn scorers_set(&self) -> Vec<String> {
        if self.removed.is_empty() {
            return self.decision.settings.scorers.clone();
        }
        let left = scorers(&self.decision).map(|plugin| plugin.part.clone());
        left.filter(|id| !self.removed.contains(id)).collect()
    }
}

impl Change {
    /// Checks the numbers that are changed to.
    ///
    /// # Errors
    /// When autonomy or a held tension is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        let mut config = Config::default();
        config.autonomy = self.autonomy.unwrap_or(1.0);
        config.held = self.held;
        config.check()
    }

    /// The policy of a decision, changed.
    fn policy(&self, base: &PolicyRecord) -> Result<Policy, Error> {
        let mut policy = base.policy()?;
        policy.bounds = self.bounds.unwrap_or(policy.bounds);
        policy.total = self.total.unwrap_or(policy.total);
        policy.levels = self.levels.clone().unwrap_or(policy.levels);
        policy.overrides.retain(|old| !self.overrides.iter().any(|new| new.patch == old.patch));
        policy.overrides.extend(&self.overrides);
        policy.force_uniform = self.force_uniform.unwrap_or(policy.force_uniform);
        Ok(policy)
    }
}

/// Whether a reason is about a scorer or its channels, and not about how tokens were shared.
fn is_said_of_a_scorer(reason: &str) -> bool {
    ["scorer `", "channel `", "the question was not used"].iter().any(|start| reason.starts_with(start))
        || reason.contains("` ran in place of `")
}

/// The plugin of the allocator of a decision: the last.
fn allocator_record(decision: &Decision) -> Option<&PluginRecord> {
    decision.plugins.last().filter(|plugin| plugin.part == decision.allocator.id)
}

/// The scorers that took part in a decision.
fn scorers(decision: &Decision) -> impl Iterator<Item = &PluginRecord> {
    let allocator = usize::from(allocator_record(decision).is_some());
    decision.plugins.iter().take(decision.plugins.len() - allocator)
}

/// The scorers that a change takes out of a decision.
fn removed(decision: &Decision, change: &Change) -> Result<Vec<String>, Error> {
    let mut removed: Vec<String> = Vec::new();
    for without in &change.without {
        let Without::Plugin(id) = without else { continue };
        let of_it = |plugin: &&PluginRecord| plugin.part == *id || plugin.identity.id == *id;
        let parts: Vec<String> = scorers(decision).filter(of_it).map(|plugin| plugin.part.clone()).collect();
        if parts.is_empty() {
            let known = scorers(decision).map(|plugin| plugin.part.as_str());
            return Err(NameError::new("scorer", id, known).into());
        }
        removed.extend(parts);
    }
    Ok(removed)
}

/// Whether a scorer that stays looks at tensors that one makes that goes.
fn others_build_on(engine: &Engine, decision: &Decision, removed: &[String]) -> bool {
    let info = |id: &String| engine.catalogue().scorer_info(id).ok();
    let made: Vec<&String> =
        removed.iter().filter_map(info).flat_map(|i| i.provides.iter().map(|g| &g.name)).collect();
    let staying = scorers(decision).filter(|plugin| !removed.contains(&plugin.part));
    let mut taken = staying.filter_map(|p| info(&p.part)).flat_map(|i| i.requires.iter().chain(&i.optional));
    taken.any(|tensor| made.contains(&tensor))
}

/// A request without the image: nobody looks at it.
fn blind(decision: &Decision) -> Result<Request, Error> {
    let grid = arrcoc_stats::Grid::new(decision.grid.rows, decision.grid.cols)?;
    let photo = Photo::from_rgb(grid.cols, grid.rows, vec![0; grid.patches() * 3])?;
    Ok(Request::new(photo).grid(grid).policy(decision.policy.policy()?))
}
