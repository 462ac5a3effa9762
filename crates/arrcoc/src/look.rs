//! An image that was looked at, ready for any number of questions.
//!
//! What does not depend on the question is the dear part: reading a page takes
//! a model seconds, hearing a question milliseconds. A [`Look`] keeps what the
//! scorers have prepared, so that a second question on the same image pays for
//! the question alone. A scorer that only answers questions is prepared when the
//! first one comes: an image without a question does not pay for it.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use arrcoc_decide::{Channel, Outcome, Policy, ScoreMaps, Setting, Terms, Way};
use arrcoc_host::{Allocator, Scorer, ScorerInfo, TensorView};

use crate::{
    decision::{BatchRecord, Decision, TensorRecord},
    engine::{Engine, Timings, micros, pixels, rows},
    error::Error,
    lineup::{Lineup, provides},
    request::{Request, terms},
    scoring::{Asked, Observation, RawChannel, Ready, Scored, Silent, plugin_record},
    steering::{Steering, hears_uncalibrated},
};

/// An image that was looked at; see [`Engine::look`].
pub struct Look<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) request: &'a Request,
    pub(crate) tensors: Vec<TensorRecord>,
    /// As it was when the look began.
    pub(crate) steering: Arc<Steering>,
    observation: Observation<'a>,
    lineup: Lineup,
    /// For each scorer of the lineup what it has prepared, once it has.
    ready: Vec<Option<Ready>>,
    /// The hash of the image, once that is known.
    pub(crate) blake3: String,
}

/// What the scorers said to a question, with what is needed to share tokens by it.
pub(crate) struct Heard<'q> {
    started: Instant,
    deadline: Option<Instant>,
    allocator: Option<Allocator>,
    asked: Asked<'q>,
    scored: Scored,
}

impl Heard<'_> {
    pub(crate) fn channels(&self) -> &[Channel] {
        &self.scored.channels
    }

    pub(crate) fn is_uncalibrated(&self) -> bool {
        hears_uncalibrated(self.asked.query(), &self.scored.channels)
    }
}

impl<'a> Look<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        request: &'a Request,
        tensors: Vec<TensorRecord>,
        observation: Observation<'a>,
        lineup: Lineup,
    ) -> Look<'a> {
        let ready = lineup.order.iter().map(|_| None).collect();
        let steering = engine.steering();
        Look { engine, request, tensors, steering, observation, lineup, ready, blake3: String::new() }
    }

    /// Decides how many tokens each patch gets when this is asked, under a policy: the same decision, to the bit,
    /// as [`Engine::allocate`] with a request of its own.
    ///
    /// # Errors
    /// When no allocation can satisfy the policy, or the file of an image that is read in bands is damaged. Never
    /// because a plugin failed.
    pub fn allocate(&mut self, query: &str, policy: &Policy) -> Result<Decision, Error> {
        // What cannot be satisfied is told before anything is heard.
        terms(policy, self.request.grid)?;
        let heard = self.hear_all(query)?;
        self.settle(query, policy, heard, self.request.batch.as_ref())
    }

    /// Hears every scorer.
    pub(crate) fn hear_all<'q>(&mut self, query: &'q str) -> Result<Heard<'q>, Error> {
        let (started, deadline) = (Instant::now(), self.engine.deadline());
        let mut scored = Scored::default();
        let allocator = self.engine.make_allocator_or_say(deadline, &mut scored.reasons);
        let asked = self.listen(query, deadline, &mut scored)?;
        Ok(Heard { started, deadline, allocator, asked, scored })
    }

    /// Shares tokens out by what was heard, and makes the record.
    pub(crate) fn settle(
        &self,
        query: &str,
        policy: &Policy,
        heard: Heard<'_>,
        batch: Option<&BatchRecord>,
    ) -> Result<Decision, Error> {
        let Heard { started, deadline, allocator, asked, mut scored } = heard;
        let terms = terms(policy, self.request.grid)?;
        let maps = scored.maps(self.request.grid.patches());
        let sharing = Instant::now();
        let mut ruling = self.steering.ruling(hears_uncalibrated(query, &scored.channels));
        let share = |autonomy: f64| {
            let reading = self.steering.reading(self.request);
            let setting = Setting { reading, ..self.engine.setting(autonomy) };
            self.share(&asked, &maps, &terms, allocator.as_ref(), deadline, &setting)
        };
        let outcome = share(ruling.autonomy);
        let advised = ruling.advises().map(|full| rows(&share(full).allocation, self.request.grid.cols));
        ruling.governed.iter_mut().for_each(|governed| governed.advised.clone_from(&advised));
        scored.timings.insert("decide".into(), micros(sharing.elapsed()));
        scored.timings.insert("total".into(), micros(started.elapsed()));
        self.engine
            .record(self, query, &terms, maps, scored, allocator.as_ref(), outcome, batch, ruling)
            .seal()
    }

    /// A tensor by name, after a question was heard.
    pub(crate) fn tensor<'t>(&'t self, heard: &'t Heard<'_>, name: &str) -> Option<TensorView<'t>> {
        heard.asked.tensor(&self.observation, name)
    }

    /// Runs every scorer, and notes who could not be heard.
    pub(crate) fn listen<'q>(
        &mut self,
        query: &'q str,
        deadline: Option<Instant>,
        scored: &mut Scored,
    ) -> Result<Asked<'q>, Error> {
        let asked = self.hear(query, deadline, scored)?;
        scored.note_left_out(&self.lineup, query, |id| self.engine.is_dispensable(id));
        scored.note_unheard();
        scored.notes.extend(self.lineup.notes.iter().cloned());
        Ok(asked)
    }

    /// Shares tokens out by score maps.
    pub(crate) fn share(
        &self,
        asked: &Asked<'_>,
        maps: &ScoreMaps,
        terms: &Terms,
        allocator: Option<&Allocator>,
        deadline: Option<Instant>,
        setting: &Setting<'_>,
    ) -> Outcome {
        let tensor = |name: &str| asked.tensor(&self.observation, name);
        self.engine.decide(maps, terms, self.observation.grid(), &tensor, allocator, deadline, setting)
    }

    /// What the scorers say to a question, before calibration; and why some said nothing, or will have no weight.
    ///
    /// # Errors
    /// When a scorer of the configuration cannot be made at all.
    pub fn raw(&mut self, query: &str) -> Result<(Vec<RawChannel>, Vec<String>), Error> {
        let mut scored = Scored::default();
        self.hear(query, None, &mut scored)?;
        Ok((scored.raw, scored.reasons))
    }

    /// Runs every scorer, as far as it has not been run.
    pub(crate) fn hear<'q>(
        &mut self,
        query: &'q str,
        deadline: Option<Instant>,
        scored: &mut Scored,
    ) -> Result<Asked<'q>, Error> {
        let mut asked = Asked::new(query.trim(), deadline);
        for i in self.turns(deadline) {
            let id = self.lineup.order[i].clone();
            let before = scored.reasons.len();
            self.hear_one(i, &id, &mut asked, scored)?;
            self.replace(i, &mut asked, scored)?;
            // That one of all that can is not able to is no retreat.
            if self.engine.is_volunteer(&id) {
                scored.notes.extend(scored.reasons.drain(before..));
            }
        }
        // An image in bands is read while scorers look at it: only now is it known whether there is one.
        self.blake3 = self.request.photo.blake3()?.to_owned();
        Ok(asked)
    }

    /// Who runs when: as they were lined up; in a hurry the cheapest first, as far as measured, each after those whose
    /// tensors it looks at.
    fn turns(&self, deadline: Option<Instant>) -> Vec<usize> {
        let order = &self.lineup.order;
        let mut left: Vec<usize> = (0..order.len()).collect();
        if deadline.is_none() {
            return left;
        }
        let info = |i: usize| self.engine.catalogue().scorer_info(&order[i]).ok();
        let looks_at = |of: usize, other: usize| {
            let (Some(of), Some(other)) = (info(of), info(other)) else { return false };
            of.requires.iter().chain(&of.optional).any(|tensor| provides(other, tensor))
        };
        let cost = |i: &usize| self.expected(&order[*i]).unwrap_or_default();
        let mut turns = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let free = |i: &&usize| !left.iter().any(|&other| other < **i && looks_at(**i, other));
            // The first can always run: who is before it has.
            let Some(&next) = left.iter().filter(free).min_by_key(|i| cost(i)) else { break };
            left.retain(|&i| i != next);
            turns.push(next);
        }
        turns
    }

    /// How long a scorer will take to look at the image, as far as that was measured.
    fn expected(&self, id: &str) -> Option<Duration> {
        self.engine.costs(id)?.expected(pixels(self.request))
    }

    /// Why a scorer is not worth beginning: it will not be done in time.
    fn too_long(&self, i: usize, id: &str, deadline: Option<Instant>) -> Option<String> {
        let left = deadline?.saturating_duration_since(Instant::now());
        let expected = self.expected(id).filter(|expected| self.ready[i].is_none() && *expected > left)?;
        self.engine.costs(id)?.fade();
        let milliseconds = |time: Duration| 1e3 * time.as_secs_f64();
        Some(format!(
            "scorer `{id}` did not run: it would take about {:.0} ms, and {:.1} ms were left",
            milliseconds(expected),
            milliseconds(left)
        ))
    }

    /// Where a scorer failed whose tensors another one gives as well, has that one run in its place: a device that is
    /// lost costs time, not what was to be read from the image.
    fn replace(&mut self, i: usize, asked: &mut Asked<'_>, scored: &mut Scored) -> Result<(), Error> {
        let failed = self.lineup.order[i].clone();
        let mut tried = vec![failed.clone()];
        while self.ready[i].is_none() && !asked.is_late() {
            let observation = &self.observation;
            let there = |tensor: &str| observation.tensor(tensor).is_some();
            let Some(next) = self.engine.stand_in(&failed, &tried, there) else { break };
            tried.push(next.clone());
            self.lineup.order[i].clone_from(&next);
            self.hear_one(i, &next, asked, scored)?;
            if self.ready[i].is_some() {
                scored.reasons.push(format!("`{next}` ran in place of `{failed}`"));
            }
        }
        Ok(())
    }

    /// Runs a scorer of the lineup.
    fn hear_one(
        &mut self,
        i: usize,
        id: &str,
        asked: &mut Asked<'_>,
        scored: &mut Scored,
    ) -> Result<(), Error> {
        if asked.is_late() {
            scored.reasons.push(format!("scorer `{id}` did not run: the deadline was over"));
            return Ok(());
        }
        let scorer = match self.engine.scorer(id, asked.deadline())? {
            Ok(scorer) => scorer,
            Err(reason) => {
                scored.reasons.push(reason);
                return Ok(());
            }
        };
        if !asked.is_something() && only_answers(scorer.info()) {
            return Ok(());
        }
        if let Some(reason) = self.too_long(i, id, asked.deadline()) {
            scored.reasons.push(reason);
            return Ok(());
        }
        let said = self.prepare(i, &scorer, asked.deadline(), &mut scored.timings).and_then(|()| match &self
            .ready[i]
        {
            Some(ready) => asked.hear(ready, &self.observation, &self.steering.calibration, scored),
            None => Ok(()),
        });
        if said.as_ref().map_or_else(|silent| silent.ran, |()| true) {
            scored.plugins.push(plugin_record(&scorer, self.ready[i].as_ref()));
        }
        if let Err(silent) = said {
            scored.reasons.push(silent.reason);
            scored.notes.extend(silent.notes);
            if !silent.usable {
                self.ready[i] = None;
                self.engine.forget_instance(id);
            }
        }
        Ok(())
    }

    /// Has a scorer of the lineup prepared, unless it has.
    fn prepare(
        &mut self,
        i: usize,
        scorer: &Arc<Scorer>,
        deadline: Option<Instant>,
        timings: &mut Timings,
    ) -> Result<(), Silent> {
        if self.ready[i].is_some() {
            return Ok(());
        }
        let earlier = self.ready[..i].iter().flatten();
        let promised: BTreeSet<&str> = earlier.flat_map(Ready::provides).collect();
        let started = Instant::now();
        let ready = self.observation.prepare(scorer, &promised, deadline, timings);
        // What was stopped in its worker was stopped in time, and says nothing of the next image.
        let id = &scorer.info().id;
        let was_called = ready.as_ref().map_or_else(|silent| silent.ran, |_| true);
        if let Some(costs) = self.engine.costs(id)
            && (ready.is_ok() || was_called && self.engine.runs_here(id))
        {
            costs.learn(pixels(self.request), started.elapsed(), ready.is_ok());
        }
        self.ready[i] = Some(ready?);
        Ok(())
    }
}

/// Whether all that a scorer gives are answers to questions.
fn only_answers(info: &ScorerInfo) -> bool {
    let answer = |channel: &arrcoc_sdk::describe::ChannelInfo| channel.way == Way::Participatory;
    !info.provides.is_empty() && info.provides.iter().all(|given| given.channel.as_ref().is_some_and(answer))
}
