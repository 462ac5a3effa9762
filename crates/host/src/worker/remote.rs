//! Scorers and allocators that live in a worker, as the host sees them.
//!
//! An instance is a number here and the real thing there. When the process has
//! ended, the next call starts another and makes the instance in it anew, with
//! the same parameters; what had been prepared is gone, and asking for it is a
//! fault that says so.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use arrcoc_sdk::{
    abi::{FaultCode, Phase, Retry, Stage},
    fault::Fault,
    foreign::{Grant, Request},
    params::Params,
    tensor::{OutputSpec, Said as SaidOf, TensorMut},
};

use super::{
    channel::laid_out,
    plant::{Letter, Packed, Pending, Plant, Seated, lock, unexpected},
    process::Answered,
    protocol::{Gone, Said, Verb, What},
};
use crate::instance::{AllocatorInstance, ScorerInstance};

/// What both kinds of instance have in common.
struct Instance {
    plant: Arc<Plant>,
    number: u64,
    id: String,
    params: String,
    is_scorer: bool,
    /// The generation of processes in which it has been made.
    made_in: Arc<AtomicU64>,
}

impl Instance {
    /// An instance, made in the process if that has the time for it before the deadline, and otherwise meanwhile.
    fn make(
        plant: &Arc<Plant>,
        id: &str,
        params: &Params,
        is_scorer: bool,
        grant: &Grant,
    ) -> Result<Instance, Fault> {
        let instance = Instance {
            plant: Arc::clone(plant),
            number: plant.next.fetch_add(1, Ordering::Relaxed),
            id: id.to_owned(),
            params: serde_json::Value::from(params.to_json()).to_string(),
            is_scorer,
            made_in: Arc::default(),
        };
        let made = instance.sit(grant, Stage::MAKE).map(|_| ());
        match made {
            Err(fault) if fault.code != FaultCode::DEADLINE_EXCEEDED => Err(fault),
            _ => Ok(instance),
        }
    }

    /// The seat, with this instance made in the process.
    fn sit(&self, grant: &Grant, stage: Stage) -> Result<Seated<'_>, Fault> {
        let mut seated = self.plant.sit(self.plant.deadline(grant), stage)?;
        let mine = Some(&self.made_in);
        seated.ready(mine)?;
        let generation = seated.seat().generation;
        if self.made_in.load(Ordering::Relaxed) == generation {
            return Ok(seated);
        }
        let (instance, id, params) = (self.number, self.id.clone(), self.params.clone());
        let what = if self.is_scorer {
            What::MakeScorer { instance, id, params }
        } else {
            What::MakeAllocator { instance, id, params }
        };
        // Made without a deadline of its own: a decision does not wait for it, the next one finds it made.
        let own = Grant::threads(grant.max_threads);
        if let Err(fault) = seated.send(Letter::bare(what, Stage::MAKE), &own) {
            seated.seat().process = None;
            return Err(fault);
        }
        let until = Instant::now() + self.plant.isolation.call;
        seated.seat().pending = Some(Pending { until, made: Some((self.number, Arc::clone(&self.made_in))) });
        seated.settle(mine)?;
        Ok(seated)
    }

    fn run(
        &self,
        verb: Verb,
        state: Option<(u64, u64)>,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
        stage: Stage,
    ) -> Result<(u64, u64, SaidOf), Fault> {
        let mut seated = self.sit(grant, stage)?;
        let generation = seated.seat().generation;
        let state = match state {
            Some((of, state)) if of == generation => state,
            None => 0,
            Some(_) => {
                let message = "the process that had prepared this has ended; prepare it again";
                return Err(Fault::internal(message).at(stage).helped_by(Retry::NEW_INSTANCE));
            }
        };
        let Packed { input, parts, copies } = seated.pack(request, stage)?;
        let spec = |output: &TensorMut<'_>| OutputSpec::new(output.name(), output.dtype(), output.shape());
        let specs = outputs.iter().map(spec).collect();
        let what = What::Run { instance: self.number, verb, state, input, outputs: specs };
        let answered = seated.ask(Letter { what, parts, copies, stage }, grant)?;
        let read = self.read(&mut seated, &answered, outputs, stage);
        if read.is_err() {
            seated.seat().process = None;
        }
        let (state, said) = read?;
        Ok((generation, state, said))
    }

    fn read(
        &self,
        seated: &mut Seated<'_>,
        answered: &Answered,
        outputs: &mut [TensorMut<'_>],
        stage: Stage,
    ) -> Result<(u64, SaidOf), Fault> {
        let Said::Done { state, encoder, device } = &answered.answer.what else {
            return Err(unexpected(stage));
        };
        let payload = seated.process()?.payload(answered);
        let (offsets, _) = laid_out(outputs.iter().map(|output| output.size()));
        for (output, from) in outputs.iter_mut().zip(offsets) {
            payload.read(from, output.bytes_mut()).map_err(|e| {
                let message = format!("its process sent no whole answer: {e}");
                Fault::internal(message).at(stage).helped_by(Retry::NEW_PROCESS)
            })?;
        }
        let said = SaidOf { encoder: encoder.clone(), device: device.clone() }.checked();
        let said =
            said.map_err(|why| Fault::internal(format!("its reply cannot be read: {why}")).at(stage))?;
        Ok((*state, said))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.plant.give_back(self.made_in.load(Ordering::Relaxed), Gone::Instance(self.number));
    }
}

/// A scorer in a worker.
pub(crate) struct RemoteScorer {
    instance: Instance,
    /// The states that the host has, by the numbers that it knows them by: generation, and number there.
    states: Mutex<HashMap<u64, (u64, u64)>>,
}

impl RemoteScorer {
    pub(crate) fn make(
        plant: &Arc<Plant>,
        id: &str,
        params: &Params,
        grant: &Grant,
    ) -> Result<RemoteScorer, Fault> {
        Ok(RemoteScorer {
            instance: Instance::make(plant, id, params, true, grant)?,
            states: Mutex::default(),
        })
    }

    fn state(&self, state: u64, stage: Stage) -> Result<(u64, u64), Fault> {
        let known = lock(&self.states).get(&state).copied();
        known.ok_or_else(|| Fault::invalid(format!("there is no prepared state {state}")).at(stage))
    }

    /// Notes the state that a call has left in the place of another, or of none; the number that the host knows it by.
    fn keep(&self, before: u64, generation: u64, there: u64) -> u64 {
        let here = match before {
            // A verb without a state has none afterwards, either.
            0 if there == 0 => return 0,
            0 => self.instance.plant.next.fetch_add(1, Ordering::Relaxed),
            before => before,
        };
        lock(&self.states).insert(here, (generation, there));
        here
    }
}

impl ScorerInstance for RemoteScorer {
    fn plan(&self, phase: Phase, request: &Request<'_>, grant: &Grant) -> Result<Vec<OutputSpec>, Fault> {
        let instance = &self.instance;
        let mut seated = instance.sit(grant, Stage::PLAN)?;
        let Packed { input, parts, copies } = seated.pack(request, Stage::PLAN)?;
        let what = What::Plan { instance: instance.number, phase: phase.0, input };
        let answered = seated.ask(Letter { what, parts, copies, stage: Stage::PLAN }, grant)?;
        match answered.answer.what {
            Said::Planned(outputs) => Ok(outputs),
            _ => Err(unexpected(Stage::PLAN)),
        }
    }

    fn prepare(
        &self,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(u64, SaidOf), Fault> {
        let ran = self.instance.run(Verb::Prepare, None, request, outputs, grant, Stage::PREPARE);
        let (generation, there, said) = ran?;
        let state = self.instance.plant.next.fetch_add(1, Ordering::Relaxed);
        Ok((self.keep(state, generation, there), said))
    }

    fn score(
        &self,
        state: u64,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(), Fault> {
        let state = Some(self.state(state, Stage::SCORE)?);
        self.instance.run(Verb::Score, state, request, outputs, grant, Stage::SCORE).map(|_| ())
    }

    fn release(&self, state: u64) {
        if let Some((generation, state)) = lock(&self.states).remove(&state) {
            let gone = Gone::State { instance: self.instance.number, state };
            self.instance.plant.give_back(generation, gone);
        }
    }

    fn extend(
        &self,
        verb: &str,
        state: u64,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(u64, SaidOf), Fault> {
        let known = if state == 0 { None } else { Some(self.state(state, Stage::EXTEND)?) };
        let verb = Verb::Extend(verb.to_owned());
        let ran = self.instance.run(verb, known, request, outputs, grant, Stage::EXTEND);
        let (generation, there, said) = ran?;
        Ok((self.keep(state, generation, there), said))
    }
}

/// An allocator in a worker.
pub(crate) struct RemoteAllocator {
    instance: Instance,
}

impl RemoteAllocator {
    pub(crate) fn make(
        plant: &Arc<Plant>,
        id: &str,
        params: &Params,
        grant: &Grant,
    ) -> Result<RemoteAllocator, Fault> {
        Ok(RemoteAllocator { instance: Instance::make(plant, id, params, false, grant)? })
    }
}

impl AllocatorInstance for RemoteAllocator {
    fn allocate(
        &self,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(), Fault> {
        self.instance.run(Verb::Allocate, None, request, outputs, grant, Stage::ALLOCATE).map(|_| ())
    }
}
