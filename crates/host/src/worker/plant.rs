//! A library that lives in a worker: its process, who talks to it, and what it is told.
//!
//! There is one seat; whoever has it talks to the process, one call after the other. A process that has ended is
//! replaced by the next who sits down. What is given back, and what is pending from a caller who had no time to wait,
//! goes with the seat.

use std::{
    collections::BTreeSet,
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use arrcoc_sdk::{
    abi::{FaultCode, Level, Retry, Stage},
    describe::Description,
    fault::Fault,
    foreign::{Grant, Request},
    tensor::TensorView,
};

use super::{
    channel::{MOST_DESCRIPTORS, laid_out},
    process::{Answered, Copy, Process},
    protocol::{Ask, At, Gone, Input, Placed, Said, VERSION, What},
    sandbox,
};
use crate::{
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
/// Most lines about refusals that wait to be told.
const MOST_REMARKS: usize = 16;

/// A library that lives in a worker.
pub(crate) struct Plant {
    /// Exactly the bytes that were vetted.
    library: OwnedFd,
    path: PathBuf,
    executable: PathBuf,
    pub(super) isolation: Isolation,
    /// What its processes may read, where they are in a sandbox: more is granted with the parameters of instances.
    readable: Option<Mutex<BTreeSet<String>>>,
    /// What is to be known of it from its start on.
    standing: OnceLock<Standing>,
    /// Whoever has the seat talks to the process.
    seat: Mutex<Option<Seat>>,
    free: Condvar,
    /// What is given back with the next message, and to which of the processes.
    gone: Mutex<Vec<(u64, Gone)>>,
    pub(super) next: AtomicU64,
}

#[derive(Default)]
pub(super) struct Seat {
    pub(super) process: Option<Process>,
    /// What was refused to it and has not been told.
    refused: Vec<String>,
    /// How many processes there have been.
    pub(super) generation: u64,
    /// What the process was asked and has not answered, because whoever asked had no time to wait.
    pub(super) pending: Option<Pending>,
}

/// What is to be known of a library in a sandbox from its start on.
#[derive(Default)]
struct Standing {
    /// What the sandbox does not hold on this machine.
    unheld: Option<String>,
    /// What it refused while the library was loaded.
    refused: Vec<String>,
}

/// Work that goes on after a caller's deadline: a library that loads, an instance that reads a model.
pub(super) struct Pending {
    /// When it must be done.
    pub(super) until: Instant,
    /// The instance that is being made, and where to note that it was; nothing for the introduction.
    pub(super) made: Option<(u64, Arc<AtomicU64>)>,
}

/// Why a process is of no use.
pub(super) enum Halt {
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
pub(super) struct Seated<'a> {
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

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Plant {
    /// Starts a worker for a vetted library and asks what it offers.
    ///
    /// # Errors
    /// The reason why it cannot be used, with the mend.
    pub(crate) fn open(
        vetted: &Vetted,
        confined: bool,
        isolation: &Isolation,
    ) -> Result<(Arc<Plant>, Description), Refusal> {
        let refuse = |reason: String, hint: &str| Refusal::new(&vetted.path, reason, hint);
        vetted.check_unchanged()?;
        let library = memory::sealed(&vetted.identity.id, &[&vetted.bytes])
            .map_err(|e| refuse(format!("no sealed copy of it can be made: {e}"), "free some memory"))?;
        let plant = Plant {
            library,
            path: vetted.path.clone(),
            executable: isolation.executable(),
            isolation: isolation.clone(),
            readable: confined.then(|| Mutex::new(sandbox::system_paths())),
            standing: OnceLock::new(),
            seat: Mutex::new(Some(Seat::default())),
            free: Condvar::new(),
            gone: Mutex::default(),
            next: AtomicU64::new(1),
        };
        // Later than the time for loading is over, so that it is that which is told.
        let deadline = Instant::now() + isolation.start + Duration::from_secs(1);
        let described = plant.sit(deadline, Stage::DESCRIBE).map_err(Halt::from);
        let described = described.and_then(|mut seated| {
            let described = seated.ready(None)?;
            let _ = plant.standing.set(seated.standing());
            Ok(described)
        });
        match described {
            Ok(description) => Ok((Arc::new(plant), description.unwrap_or_default())),
            Err(Halt::Refused(refusal)) => Err(refusal),
            Err(Halt::Fault(fault)) => {
                let hint = if plant.executable.exists() {
                    match plant.readable {
                        Some(_) => "it is in a sandbox; if you trust it, say --isolation worker",
                        None => "`arrcoc-conformance` shows where a plugin fails",
                    }
                } else {
                    "build it with `cargo xtask build`, or name it with ARRCOC_WORKER"
                };
                Err(refuse(fault.message, hint))
            }
        }
    }

    /// What its sandbox does not hold on this machine.
    pub(crate) fn unheld(&self) -> Option<&String> {
        self.standing.get()?.unheld.as_ref()
    }

    /// What is to be known of every decision that it takes part in.
    pub(crate) fn standing(&self) -> impl Iterator<Item = &String> {
        self.standing.get().into_iter().flat_map(|standing| standing.unheld.iter().chain(&standing.refused))
    }

    /// Has its processes read these paths, too, where they are in a sandbox.
    pub(crate) fn grant_paths(&self, paths: &[String]) {
        if let Some(readable) = &self.readable {
            lock(readable).extend(paths.iter().cloned());
        }
    }

    /// Waits for the seat, but no longer than until the deadline.
    pub(super) fn sit(&self, deadline: Instant, stage: Stage) -> Result<Seated<'_>, Fault> {
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

    pub(super) fn give_back(&self, generation: u64, gone: Gone) {
        lock(&self.gone).push((generation, gone));
    }

    pub(super) fn deadline(&self, grant: &Grant) -> Instant {
        grant.deadline.unwrap_or_else(|| Instant::now() + self.isolation.call)
    }
}

/// One message to a worker.
pub(super) struct Letter<'a> {
    pub(super) what: What,
    pub(super) parts: Vec<&'a [u8]>,
    pub(super) copies: Vec<Arc<Copy>>,
    pub(super) stage: Stage,
}

impl<'a> Letter<'a> {
    pub(super) fn bare(what: What, stage: Stage) -> Letter<'a> {
        Letter { what, parts: Vec::new(), copies: Vec::new(), stage }
    }
}

/// What an input becomes on its way.
pub(super) struct Packed<'a> {
    pub(super) input: Input,
    pub(super) parts: Vec<&'a [u8]>,
    pub(super) copies: Vec<Arc<Copy>>,
}

impl Seated<'_> {
    pub(super) fn seat(&mut self) -> &mut Seat {
        self.seat.get_or_insert_with(Seat::default)
    }

    /// The process, which answers.
    pub(super) fn process(&mut self) -> Result<&mut Process, Fault> {
        let gone = || Fault::internal("its process is gone");
        self.seat().process.as_mut().ok_or_else(gone)
    }

    /// Has a process that waits for a call, started if there is none; what the library offers, if that is news.
    pub(super) fn ready(&mut self, mine: Option<&Arc<AtomicU64>>) -> Result<Option<Description>, Halt> {
        let started = self.seat().process.is_none();
        if started {
            self.start()?;
        }
        let description = self.settle(mine)?;
        // A sandbox cannot be widened.
        if self.lacks_paths() {
            self.start()?;
            return self.settle(mine);
        }
        // It ended over what another instance had asked of it.
        if self.seat().process.is_none() && !started {
            self.start()?;
            return self.settle(mine);
        }
        Ok(description)
    }

    /// Whether the process may read less than has been granted since it was started.
    fn lacks_paths(&mut self) -> bool {
        let Some(granted) = &self.plant.readable else { return false };
        let granted = lock(granted).len();
        let seat = self.seat();
        seat.process.as_ref().is_some_and(|process| process.readable().len() < granted)
    }

    /// What its sandbox does not hold, and what it has refused until now.
    fn standing(&mut self) -> Standing {
        self.hear_of_refusals();
        let seat = self.seat();
        let lacks = seat.process.as_ref().and_then(Process::lacks).unwrap_or_default();
        let unheld = format!("on this machine the sandbox does not hold {}", lacks.join(", "));
        Standing { unheld: (!lacks.is_empty()).then_some(unheld), refused: std::mem::take(&mut seat.refused) }
    }

    /// Keeps what the sandbox of the process has refused, before it may be gone.
    fn hear_of_refusals(&mut self) {
        let seat = self.seat();
        let refused = seat.process.as_mut().and_then(Process::take_refused);
        seat.refused.extend(refused);
        seat.refused.truncate(MOST_REMARKS);
    }

    /// Has the record of a call say what was refused.
    fn tell_refusals(&mut self, grant: &Grant) {
        self.hear_of_refusals();
        self.plant.standing().for_each(|text| grant.remark(text.clone()));
        self.seat().refused.drain(..).for_each(|text| grant.remark(text));
    }

    /// Starts a process and introduces the library.
    fn start(&mut self) -> Result<(), Fault> {
        let plant = self.plant;
        let most = plant.isolation.memory;
        let readable = plant.readable.as_ref();
        let sandbox: Option<Vec<String>> = readable.map(|paths| lock(paths).iter().cloned().collect());
        let confined = sandbox.clone().map(|paths| (paths, plant.isolation.call));
        self.seat().process = None;
        let started = Process::launch(&plant.executable, most, confined);
        let mut process = started.map_err(|reason| Fault::internal(reason).at(Stage::DESCRIBE))?;
        let path = plant.path.to_string_lossy().into_owned();
        let hello = What::Hello { version: VERSION.into(), path, memory: most, sandbox };
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
    pub(super) fn settle(&mut self, mine: Option<&Arc<AtomicU64>>) -> Result<Option<Description>, Halt> {
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
                self.hear_of_refusals();
                let seat = self.seat();
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
    pub(super) fn ask(&mut self, letter: Letter<'_>, grant: &Grant) -> Result<Answered, Fault> {
        let deadline = self.deadline;
        let stage = letter.stage;
        let sent = self.send(letter, grant);
        let collected = sent.and_then(|()| self.process()?.collect(deadline, None, &grant.cancel, stage));
        self.tell_refusals(grant);
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

    pub(super) fn send(&mut self, letter: Letter<'_>, grant: &Grant) -> Result<(), Fault> {
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
    pub(super) fn pack<'r>(&mut self, request: &Request<'r>, stage: Stage) -> Result<Packed<'r>, Fault> {
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

pub(super) fn unexpected(stage: Stage) -> Fault {
    let message = "its process answered something else than it was asked";
    Fault::internal(message).at(stage).helped_by(Retry::NEW_PROCESS)
}
