//! The host, whose worker answers what it likes: everything that the host ever
//! asks of a library is asked, and what got through is handed out, to be held
//! against what the host promises.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, atomic::AtomicU64},
    time::{Duration, Instant},
};

use arrcoc_decide::{Allocator as _, Demand, Levels};
use arrcoc_sdk::{
    abi::{DType, Phase, Stage},
    buffer::TensorBuf,
    describe::Description,
    fault::Fault,
    foreign::{Grant, Request},
    params::Params,
    tensor::{Attributes, OutputSpec, Said as SaidOf, TensorMut, TensorView},
};
use rustix::net::{Shutdown, shutdown};
use serde_json::Map;

use super::{Halt, Isolation, OnceLock, Pending, Plant, Seat};
use crate::{
    allocator::Allocator,
    breaker::Breaker,
    instance::ScorerInstance,
    memory,
    scorer::Scorer,
    vet::Identity,
    worker::{
        channel::Channel,
        fuzzing::{Packet, put},
        process::Process,
        remote::{RemoteAllocator, RemoteScorer},
    },
};

/// What got through to the host.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Heard {
    /// What the library is said to offer.
    pub description: Option<Description>,
    /// What it wrote, as a decision would use it.
    pub outputs: Vec<TensorBuf>,
    /// Names of encoders and devices.
    pub names: Vec<String>,
    /// What is told to a person, a line each.
    pub lines: Vec<String>,
    /// Messages for a log.
    pub log: Vec<String>,
}

/// The most bytes of an output that is made room for here: what is looked for is not that the host makes room for as
/// much as a plan may ask for.
const ROOM: u64 = 1 << 20;

/// The name of a program that is none, which is found out before a process is made for it.
const NOTHING: &str = "no\0program";

/// Asks everything of a worker that sends these packets and then hangs up.
///
/// # Errors
/// When the system gives no sockets or no memory.
pub fn answers(packets: &[Packet<'_>]) -> io::Result<Heard> {
    let (channel, theirs) = Channel::pair()?;
    let mut peer = Channel::new(theirs);
    for packet in packets {
        let _ = put(&mut peer, *packet);
    }
    shutdown(peer.socket(), Shutdown::Write)?;
    let plant = plant(Process::of_channel(channel)?)?;
    let mut heard = Heard::default();
    if let Some(description) = introduced(&plant, &mut heard) {
        if let Some(info) = description.scorers.first() {
            let scored = scored(&plant, info, &mut heard);
            heard.note(scored);
        }
        if let Some(info) = description.allocators.first() {
            let allocated = allocated(&plant, info, &mut heard);
            heard.note(allocated);
        }
        heard.description = Some(description);
    }
    heard.lines.iter_mut().for_each(|line| *line = line.replace(NOTHING, ""));
    Ok(heard)
}

impl Heard {
    fn note(&mut self, result: Result<(), Fault>) {
        self.lines.extend(result.err().map(|fault| fault.to_string()));
    }

    fn log(&mut self, grant: &Grant) {
        self.log.extend(grant.take_log().into_iter().map(|(_, text)| text));
    }

    fn named(&mut self, names: [Option<&str>; 2]) {
        self.names.extend(names.into_iter().flatten().map(str::to_owned));
    }
}

/// A library whose worker was started and has not answered yet. When it has ended, no other can be started.
fn plant(process: Process) -> io::Result<Arc<Plant>> {
    let isolation = Isolation::default();
    let until = Instant::now() + isolation.start;
    let pending = Some(Pending { until, made: None });
    Ok(Arc::new(Plant {
        library: memory::sealed("library", &[])?,
        path: "library.so".into(),
        executable: NOTHING.into(),
        isolation,
        readable: None,
        standing: OnceLock::new(),
        seat: Mutex::new(Some(Seat { process: Some(process), generation: 1, pending, ..Seat::default() })),
        free: Condvar::new(),
        gone: Mutex::default(),
        next: AtomicU64::new(1),
    }))
}

fn introduced(plant: &Arc<Plant>, heard: &mut Heard) -> Option<Description> {
    let deadline = Instant::now() + Duration::from_secs(1);
    let described = plant.sit(deadline, Stage::DESCRIBE).map_err(Halt::from);
    match described.and_then(|mut seated| seated.ready(None)) {
        Ok(description) => description,
        Err(Halt::Fault(fault)) => {
            heard.lines.push(fault.to_string());
            None
        }
        Err(Halt::Refused(refusal)) => {
            heard.log.extend(refusal.detail);
            heard.lines.extend([refusal.reason, refusal.hint]);
            None
        }
    }
}

fn identity() -> Arc<Identity> {
    let text = String::new;
    Arc::new(Identity { id: text(), version: text(), blake3: text(), abi: text() })
}

fn scored(
    plant: &Arc<Plant>,
    info: &arrcoc_sdk::describe::ScorerInfo,
    heard: &mut Heard,
) -> Result<(), Fault> {
    let grant = Grant::threads(1);
    let params = Params::resolve(&info.params, &Map::new())?;
    let remote = RemoteScorer::make(plant, &info.id, &params, &grant)?;
    let breaker = Arc::new(Breaker::new(None));
    let scorer = Scorer::new(Box::new(Modest(remote)), info.clone(), identity(), params, breaker);
    let scorer = Arc::new(scorer);
    let pixels = [90; 4 * 4 * 3];
    let tensors = [TensorView::new("pixels", DType::U8, &[4, 4, 3], &pixels)?];
    let attrs = Attributes { grid: Some([2, 2]), queries: vec!["where?".into()], ..Attributes::default() };
    let request = Request::new(&tensors, &attrs);
    let prepared = scorer.prepare(&request, &grant);
    if let Ok((outputs, state)) = prepared {
        heard.outputs.extend(outputs);
        heard.named([state.encoder(), state.device()]);
        match state.score(&request, &grant) {
            Ok(outputs) => heard.outputs.extend(outputs),
            Err(fault) => heard.note(Err(fault)),
        }
    } else {
        heard.note(prepared.map(|_| ()));
    }
    let measured = scorer.measure(&request, &grant).map(|_| ());
    heard.note(measured);
    heard.log(&grant);
    Ok(())
}

fn allocated(
    plant: &Arc<Plant>,
    info: &arrcoc_sdk::describe::AllocatorInfo,
    heard: &mut Heard,
) -> Result<(), Fault> {
    let grant = Grant::threads(1);
    let params = Params::resolve(&info.params, &Map::new())?;
    let remote = RemoteAllocator::make(plant, &info.id, &params, &grant)?;
    let breaker = Arc::new(Breaker::new(None));
    let allocator = Allocator::new(Box::new(remote), info.clone(), identity(), params, breaker);
    let demand = Demand::new(vec![1; 4], vec![9; 4], Levels::Any, 20);
    let demand = demand.map_err(|e| Fault::invalid(e.to_string()))?;
    match allocator.bind([2, 2], Vec::new(), 1, None).propose(&[0.25; 4], &demand) {
        Ok(tokens) => heard.outputs.push(TensorBuf::new("tokens", &[4], &tokens)?),
        Err(reason) => heard.lines.push(reason),
    }
    Ok(())
}

/// A scorer whose plans ask for little memory.
struct Modest(RemoteScorer);

impl ScorerInstance for Modest {
    fn plan(&self, phase: Phase, request: &Request<'_>, grant: &Grant) -> Result<Vec<OutputSpec>, Fault> {
        let specs = self.0.plan(phase, request, grant)?;
        let size = |spec: &OutputSpec| spec.shape.iter().try_fold(8, |all: u64, side| all.checked_mul(*side));
        let all = specs.iter().try_fold(0, |all: u64, spec| all.checked_add(size(spec)?));
        match all {
            Some(all) if all > ROOM => Err(Fault::unsupported("it plans too much to be tried")),
            _ => Ok(specs),
        }
    }

    fn prepare(
        &self,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(u64, SaidOf), Fault> {
        self.0.prepare(request, outputs, grant)
    }

    fn score(
        &self,
        state: u64,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(), Fault> {
        self.0.score(state, request, outputs, grant)
    }

    fn release(&self, state: u64) {
        self.0.release(state);
    }

    fn extend(
        &self,
        verb: &str,
        state: u64,
        request: &Request<'_>,
        outputs: &mut [TensorMut<'_>],
        grant: &Grant,
    ) -> Result<(u64, SaidOf), Fault> {
        self.0.extend(verb, state, request, outputs, grant)
    }
}
