//! Scorers and allocators that live in a worker, as the host sees them.
//!
//! An instance is a number here and the real thing there. When the process has
//! ended, the next call starts another and makes the instance in it anew, with
//! the same parameters; what had been prepared is gone, and asking for it is a
//! fault that says so.

use std::{
    collections::HashMap,
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use arrcoc_sdk::{
    abi::{FaultCode, Level, Phase, Retry, Stage},
    describe::Description,
    fault::Fault,
    foreign::{Grant, Request},
    params::Params,
    tensor::{OutputSpec, Said as SaidOf, TensorMut, TensorView},
};

use super::{
    channel::{MOST_DESCRIPTORS, laid_out},
    process::{Answered, Copy, Process},
    protocol::{Ask, At, Gone, Input, Placed, Said, VERSION, Verb, What},
};
use crate::{
    instance::{AllocatorInstance, ScorerInstance},
    isolation::Isolation,
    load::check,
    memory,
    plain::{lines, one_line},
    refusal::Refusal,
    vet::Vetted,
};

#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;

/// Tensors up to this size travel in the message. Copying them costs less than mapping them would.
const SMALL: usize = 16 << 10;

/// A library that lives in a worker.
pub(crate) struct Plant {
    /// Exactly the bytes that were vetted.
    library: OwnedFd,
    path: PathBuf,
    executable: PathBuf,
    isolation: Isolation,
    /// Whoever has the seat talks to the process.
    seat: Mutex<Option<Seat>>,
    free: Condvar,
    /// What is given back with the next message, and to which of the processes.
    gone: Mutex<Vec<(u64, Gone)>>,
    next: AtomicU64,
}

#[derive(Default)]
struct Seat {
    process: Option<Process>,
    /// How many processes there have been.
    generation: u64,
    /// What the process was asked and has not answered, because whoever asked had no time to wait.
    pending: Option<Pending>,
}

/// Work that goes on after a caller's deadline: a library that loads, an instance that reads a model.
struct Pending {
    /// When it must be done.
    until: Instant,
    /// The instance that is being made, and where to note that it was; nothing for the introduction.
    made: Option<(u64, Arc<AtomicU64>)>,
}

/// Why a process is of no use.
enum Halt {
    Fault(Fault),
    Refused(Refusal),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Halt {
        Halt::Fault(fault)
    }
}

impl From<Halt> for Fault {
    fn from(halt: Halt) -> Fault {
        match halt {
            Halt::Fault(fault) => fault,
            Halt::Refused(refusal) => Fault::internal(refusal.reason).at(Stage::MAKE),
        }
    }
}

/// The seat, given back when it is dropped.
struct Seated<'a> {
    plant: &'a Plant,
    seat: Option<Seat>,
    deadline: Instant,
}

impl Drop for Seated<'_> {
    fn drop(&mut self) {
        *lock(&self.plant.seat) = self.seat.take();
        self.plant.free.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Plant {
    /// Starts a worker for a vetted library and asks what it offers.
    ///
    /// # Errors
    /// The reason why it cannot be used, with the mend.
    pub(crate) fn open(vetted: &Vetted, isolation: &Isolation) -> Result<(Arc<Plant>, Description), Refusal> {
        let refuse = |reason: String, hint: &str| Refusal::new(&vetted.path, reason, hint);
        let library = memory::sealed(&vetted.identity.id, &[&vetted.bytes])
            .map_err(|e| refuse(format!("no sealed copy of it can be made: {e}"), "free some memory"))?;
        let plant = Plant {
            library,
            path: vetted.path.clone(),
            executable: isolation.executable(),
            isolation: isolation.clone(),
            seat: Mutex::new(Some(Seat::default())),
            free: Condvar::new(),
            gone: Mutex::default(),
            next: AtomicU64::new(1),
        };
        // Later than the time for loading is over, so that it is that which is told.
        let deadline = Instant::now() + isolation.start + Duration::from_secs(1);
        let described = plant.sit(deadline, Stage::DESCRIBE).map_err(Halt::from);
        let described = described.and_then(|mut seated| seated.ready(None));
        match described {
            Ok(description) => Ok((Arc::new(plant), description.unwrap_or_default())),
            Err(Halt::Refused(refusal)) => Err(refusal),
            Err(Halt::Fault(fault)) => {
                let hint = if plant.executable.exists() {
                    "`arrcoc-conformance` shows where a plugin fails"
                } else {
                    "build it with `cargo xtask build`, or name it with ARRCOC_WORKER"
                };
                Err(refuse(fault.message, hint))
            }
        }
    }

    /// Waits for the seat, but no longer than until the deadline.
    fn sit(&self, deadline: Instant, stage: Stage) -> Result<Seated<'_>, Fault> {
        let mut seat = lock(&self.seat);
        loop {
            if let Some(seat) = seat.take() {
                return Ok(Seated { plant: self, seat: Some(seat), deadline });
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let message = "its process was busy with another call until the deadline";
                return Err(Fault::new(FaultCode::DEADLINE_EXCEEDED, message).at(stage));
            }
            seat = self.free.wait_timeout(seat, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What the process of this generation is to let go.
    fn take_gone(&self, generation: u64) -> Vec<Gone> {
        let gone = std::mem::take(&mut *lock(&self.gone));
        gone.into_iter().filter(|(of, _)| *of == generation).map(|(_, gone)| gone).collect()
    }

    fn give_back(&self, generation: u64, gone: Gone) {
        lock(&self.gone).push((generation, gone));
    }

    fn deadline(&self, grant: &Grant) -> Instant {
        grant.deadline.unwrap_or_else(|| Instant::now() + self.isolation.call)
    }
}

/// One message to a worker.
struct Letter<'a> {
    what: What,
    parts: Vec<&'a [u8]>,
    copies: Vec<Arc<Copy>>,
    stage: Stage,
}

impl<'a> Letter<'a> {
    fn bare(what: What, stage: Stage) -> Letter<'a> {
        Letter { what, parts: Vec::new(), copies: Vec::new(), stage }
    }
}

/// What an input becomes on its way.
struct Packed<'a> {
    input: Input,
    parts: Vec<&'a [u8]>,
    copies: Vec<Arc<Copy>>,
}

impl Seated<'_> {
    fn seat(&mut self) -> &mut Seat {
        self.seat.get_or_insert_with(Seat::default)
    }

    /// The process, which answers.
    fn process(&mut self) -> Result<&mut Process, Fault> {
        let gone = || Fault::internal("its process is gone");
        self.seat().process.as_mut().ok_or_else(gone)
    }

    /// Has a process that waits for a call, started if there is none; what the library offers, if that is news.
    fn ready(&mut self, mine: Option<&Arc<AtomicU64>>) -> Result<Option<Description>, Halt> {
        let started = self.seat().process.is_none();
        if started {
            self.start()?;
        }
        let description = self.settle(mine)?;
        // It ended over what another instance had asked of it.
        if self.seat().process.is_none() && !started {
            self.start()?;
            return self.settle(mine);
        }
        Ok(description)
    }

    /// Starts a process and introduces the library.
    fn start(&mut self) -> Result<(), Fault> {
        let plant = self.plant;
        let most = plant.isolation.memory;
        let started = Process::launch(&plant.executable, most);
        let mut process = started.map_err(|reason| Fault::internal(reason).at(Stage::DESCRIBE))?;
        let path = plant.path.to_string_lossy().into_owned();
        let hello = What::Hello { version: VERSION.into(), path, memory: most };
        let ask = Ask { gone: Vec::new(), remaining_ns: u64::MAX, threads: 1, what: hello };
        let page = process.page().try_clone_to_owned().map_err(|e| Fault::internal(e.to_string()))?;
        process.send(&ask, &[], &[plant.library.as_fd(), page.as_fd()], Stage::DESCRIBE)?;
        let seat = self.seat();
        seat.process = Some(process);
        seat.generation += 1;
        seat.pending = Some(Pending { until: Instant::now() + plant.isolation.start, made: None });
        Ok(())
    }

    /// Waits for what is pending, but no longer than until the deadline. That the making of another instance
    /// failed is for its owner to find out.
    fn settle(&mut self, mine: Option<&Arc<AtomicU64>>) -> Result<Option<Description>, Halt> {
        let deadline = self.deadline;
        let seat = self.seat();
        let (Some(process), Some(pending)) = (&mut seat.process, &seat.pending) else { return Ok(None) };
        let stage = if pending.made.is_some() { Stage::MAKE } else { Stage::DESCRIBE };
        let answered = process.collect(pending.until, Some(deadline), &AtomicU32::new(0), stage);
        let answered = match answered {
            Ok(Some(answered)) => answered,
            Ok(None) => {
                let message = "it is still being loaded; it is asked again with the next decision";
                let fault = Fault::new(FaultCode::DEADLINE_EXCEEDED, message).at(stage);
                return Err(fault.into());
            }
            Err(fault) => {
                (seat.process, seat.pending) = (None, None);
                return Err(fault.into());
            }
        };
        let made = seat.pending.take().and_then(|pending| pending.made);
        match (answered.answer.what, made) {
            // What the worker has checked of it counts for nothing: the library could have answered in its place.
            (Said::Ready(description), None) => match check(&description) {
                Ok(()) => Ok(Some(description)),
                Err(reason) => {
                    seat.process = None;
                    let hint = "this is a mistake in the plugin";
                    Err(Halt::Refused(Refusal::new(&self.plant.path, reason, hint)))
                }
            },
            (Said::Refused { reason, hint, detail }, None) => {
                seat.process = None;
                let refusal = Refusal::new(&self.plant.path, one_line(&reason), one_line(&hint));
                Err(Halt::Refused(match detail {
                    Some(detail) => refusal.with_detail(lines(&detail)),
                    None => refusal,
                }))
            }
            (Said::Made, Some((number, made))) => {
                made.store(seat.generation, Ordering::Relaxed);
                // Nobody else knows it any more: it was dropped while it was being made.
                if Arc::strong_count(&made) == 1 {
                    let generation = seat.generation;
                    self.plant.give_back(generation, Gone::Instance(number));
                }
                Ok(None)
            }
            (Said::Fault(fault), Some((_, made))) => {
                let fault = Fault::from(fault);
                if fault.retry == Retry::NEW_PROCESS {
                    seat.process = None;
                }
                match mine {
                    Some(mine) if Arc::ptr_eq(mine, &made) => Err(fault.into()),
                    _ => Ok(None),
                }
            }
            _ => {
                seat.process = None;
                Err(unexpected(stage).into())
            }
        }
    }

    /// Sends a letter and reads the answer. A fault after which the process is not to be trusted ends it.
    fn ask(&mut self, letter: Letter<'_>, grant: &Grant) -> Result<Answered, Fault> {
        let deadline = self.deadline;
        let stage = letter.stage;
        let sent = self.send(letter, grant);
        let collected = sent.and_then(|()| self.process()?.collect(deadline, None, &grant.cancel, stage));
        let answered = collected.inspect_err(|_| self.seat().process = None)?;
        let mut answered = answered.ok_or_else(|| unexpected(stage))?;
        for (level, text) in answered.answer.log.drain(..) {
            grant.log(Level(level), lines(&text));
        }
        if let Said::Fault(fault) = answered.answer.what {
            let fault = Fault::from(fault);
            if fault.retry == Retry::NEW_PROCESS {
                self.seat().process = None;
            }
            // It was asked to stop because its time was over, which it need not know.
            return Err(match (fault.code, answered.late) {
                (FaultCode::CANCELLED, Some(_)) if grant.cancel.load(Ordering::Relaxed) == 0 => {
                    Fault::new(FaultCode::DEADLINE_EXCEEDED, fault.message).at(stage)
                }
                _ => fault,
            });
        }
        match answered.late {
            Some(late) => {
                let message = format!("it answered {:.1} ms after its deadline", late.as_secs_f64() * 1e3);
                Err(Fault::new(FaultCode::DEADLINE_EXCEEDED, message).at(stage))
            }
            None => Ok(answered),
        }
    }

    fn send(&mut self, letter: Letter<'_>, grant: &Grant) -> Result<(), Fault> {
        let generation = self.seat().generation;
        let mut gone = self.plant.take_gone(generation);
        let process = self.process()?;
        gone.extend(process.dead_copies().into_iter().map(Gone::Copy));
        let left = grant.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let ask = Ask {
            gone,
            remaining_ns: left
                .map_or(u64::MAX, |left| u64::try_from(left.as_nanos()).unwrap_or(u64::MAX - 1)),
            threads: grant.max_threads.max(1),
            what: letter.what,
        };
        let descriptors: Vec<BorrowedFd<'_>> = letter.copies.iter().map(|copy| copy.memory.as_fd()).collect();
        process.send(&ask, &letter.parts, &descriptors, letter.stage)
    }

    /// Packs tensors: small ones into the message, large ones as copies, made once and sent once.
    fn pack<'r>(&mut self, request: &Request<'r>, stage: Stage) -> Result<Packed<'r>, Fault> {
        let process = self.process()?;
        let mut packed = Packed {
            input: Input { tensors: Vec::new(), attrs: request.attrs.clone() },
            parts: Vec::new(),
            copies: Vec::new(),
        };
        let small = |tensor: &&TensorView<'r>| tensor.bytes().len() <= SMALL || tensor.shelf().is_none();
        // One is for the message itself, where it is long.
        if request.tensors.iter().filter(|tensor| !small(tensor)).count() >= MOST_DESCRIPTORS {
            return Err(Fault::unsupported("too many large tensors at once").at(stage));
        }
        let lengths = request.tensors.iter().filter(small).map(|tensor| tensor.bytes().len());
        let mut offsets = laid_out(lengths).0.into_iter();
        for tensor in request.tensors {
            let bytes = tensor.bytes().len() as u64;
            let copy = match tensor.shelf().filter(|_| !small(&tensor)) {
                Some(shelf) => shelf.get_or_make(|| Copy::of(tensor.bytes())).map_err(|e| {
                    let message = format!("tensor `{}` cannot be copied for its process: {e}", tensor.name());
                    Fault::new(FaultCode::OUT_OF_MEMORY, message).at(stage)
                })?,
                None => None,
            };
            let at = match copy {
                Some(copy) => {
                    let comes = process.note(&copy);
                    let id = copy.id;
                    if comes {
                        packed.copies.push(copy);
                    }
                    At::Copy { id, bytes, comes }
                }
                None => {
                    packed.parts.push(tensor.bytes());
                    At::Payload { from: offsets.next().unwrap_or(0), bytes }
                }
            };
            packed.input.tensors.push(Placed {
                name: tensor.name().to_owned(),
                dtype: tensor.dtype().0,
                shape: tensor.shape().to_vec(),
                at,
            });
        }
        Ok(packed)
    }
}

fn unexpected(stage: Stage) -> Fault {
    let message = "its process answered something else than it was asked";
    Fault::internal(message).at(stage).helped_by(Retry::NEW_PROCESS)
}

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
