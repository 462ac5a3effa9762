//! The worker: answers one message after the other until the channel closes.
//!
//! Everything here runs beside code that may do anything, so nothing here is
//! trusted by the host. What it does is for the sake of a true reason: outputs
//! lie between guards, so that a plugin that writes past their end is told from
//! one that crashes later; memory is limited before the library is loaded.

use std::{
    collections::HashMap,
    io,
    os::fd::{AsFd as _, BorrowedFd, FromRawFd as _, OwnedFd},
    process::ExitCode,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use arrcoc_sdk::{
    abi::{DType, FaultCode, Phase, Retry, Stage},
    buffer::pattern,
    fault::Fault,
    foreign::{ForeignAllocator, ForeignScorer, Grant, Request, make_allocator, make_scorer},
    tensor::{OutputSpec, Said as SaidOf, TensorMut, TensorView, elements},
};
use memmap2::Mmap;
use rustix::{
    event::{PollFd, PollFlags, poll},
    net::SendFlags,
    process::{Resource, Rlimit, Signal, kill_current_process_group, setrlimit},
};

use super::{
    channel::{Channel, Message, Payload},
    protocol::{
        Answer, Ask, At, CANCEL, DOING, Gone, Input, Placed, Said, VERSION, Verb, What, doing, log_of,
    },
    sandbox::{self, Entered},
};
use crate::{
    load::{Loaded, load_image},
    memory,
};

#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;

/// Bytes of guard before and behind each output, and what they are.
const GUARD: usize = 64;
const GUARD_WORD: u64 = 0x5ca1_ab1e_0ddb_a115;

/// Serves the host at the other end of descriptor 0 until it hangs up.
#[must_use]
pub fn serve() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("arrcoc-worker: {e}; it is started by a host, with a channel as its descriptor 0");
            ExitCode::from(2)
        }
    }
}

fn run() -> io::Result<()> {
    close_all_but_standard();
    // SAFETY: descriptor 0 is the channel, which the host has put there, and nobody else in this process uses it.
    let socket = unsafe { OwnedFd::from_raw_fd(0) };
    let mut channel = Channel::new(socket);
    let Some(hello) = channel.receive()? else { return Ok(()) };
    let ask: Ask = read(&channel, &hello)?;
    let What::Hello { version, path, memory, sandbox } = ask.what else {
        return Err(io::Error::other("the host did not introduce itself"));
    };
    let mut descriptors = hello.descriptors.into_iter();
    let (Some(library), Some(page)) = (descriptors.next(), descriptors.next()) else {
        return Err(io::Error::other("the host sent no library"));
    };
    if version != VERSION {
        let reason = format!("the worker is of version {VERSION}, the host of {version}");
        let hint = "build both with `cargo xtask build`".to_owned();
        return answer(&mut channel, Said::Refused { reason, hint, detail: None }, Vec::new(), &[]);
    }
    limit(memory)?;
    if let Some(readable) = &sandbox {
        confine(&mut channel, readable, memory)?;
    }
    watch(channel.socket(), sandbox.is_some())?;
    let flags = Flags::map(&page)?;
    flags.doing.store(doing::LOADING, Ordering::Relaxed);
    let loaded = match load_image(library, path.as_ref()) {
        Ok(loaded) => loaded,
        Err(refusal) => {
            let detail = refusal.detail.clone();
            let said = Said::Refused { reason: refusal.reason, hint: refusal.hint, detail };
            return answer(&mut channel, said, Vec::new(), &[]);
        }
    };
    flags.doing.store(doing::WAITING, Ordering::Relaxed);
    answer(&mut channel, Said::Ready(loaded.description.clone()), Vec::new(), &[])?;
    let mut shop = Shop::new(loaded, flags, memory);
    while let Some(message) = channel.receive()? {
        shop.serve(&mut channel, message)?;
        channel.look_out();
    }
    Ok(())
}

/// Closes what a careless host has let through.
fn close_all_but_standard() {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return };
    let open: Vec<i32> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&fd| fd > 2)
        .collect();
    for fd in open {
        // SAFETY: nothing in this process has opened a descriptor yet but the listing, which is closed already; to
        // close one that is not open does nothing.
        unsafe { rustix::io::close(fd) };
    }
}

/// Limits private memory, and leaves no core files.
fn limit(memory: u64) -> io::Result<()> {
    let both = |most| Rlimit { current: Some(most), maximum: Some(most) };
    setrlimit(Resource::Core, both(0))?;
    setrlimit(Resource::Data, both(memory))?;
    Ok(())
}

/// Enters the sandbox, before there is another thread or any code of the library, and tells the host.
fn confine(channel: &mut Channel, readable: &[String], memory: u64) -> io::Result<()> {
    channel.reuse_memory()?;
    let Entered { listener, lacks } = sandbox::enter(readable, memory);
    let head = serde_json::to_vec(&Answer { log: Vec::new(), what: Said::Confined { lacks } });
    let listener = listener.iter().map(OwnedFd::as_fd).collect::<Vec<_>>();
    channel.send(&head.map_err(io::Error::other)?, &[], &listener, SendFlags::empty())
}

/// Ends this process, and whatever a plugin has started, when the host is gone, whatever the plugin is doing.
/// In the sandbox nothing can have been started.
fn watch(channel: BorrowedFd<'_>, confined: bool) -> io::Result<()> {
    let channel = channel.try_clone_to_owned()?;
    let wait = move || loop {
        // Nothing is asked for: that the other end is closed is told anyway.
        let mut fds = [PollFd::new(&channel, PollFlags::empty())];
        if poll(&mut fds, None).is_ok() && !fds[0].revents().is_empty() {
            if !confined {
                let _ = kill_current_process_group(Signal::KILL);
            }
            // SAFETY: nothing of this process is of use any more, so nothing has to be put in order.
            unsafe { libc::_exit(2) };
        }
    };
    thread::Builder::new().name("watch".into()).stack_size(64 << 10).spawn(wait)?;
    Ok(())
}

fn read(channel: &Channel, message: &Message) -> io::Result<Ask> {
    serde_json::from_slice(channel.head(message)).map_err(io::Error::other)
}

fn answer(channel: &mut Channel, what: Said, log: Vec<(u32, String)>, parts: &[&[u8]]) -> io::Result<()> {
    let head = serde_json::to_vec(&Answer { log, what }).map_err(io::Error::other)?;
    channel.send(&head, parts, &[], SendFlags::empty())
}

/// The words that both sides have mapped.
struct Flags {
    cancel: &'static AtomicU32,
    doing: &'static AtomicU32,
}

impl Flags {
    fn map(page: &OwnedFd) -> io::Result<Flags> {
        let page = Box::leak(Box::new(memory::map_shared(page)?));
        let word = |at: usize| {
            // SAFETY: the page is mapped for the life of the process, `at` is a multiple of four below its
            // size, and both sides touch the word only atomically.
            unsafe { AtomicU32::from_ptr(page.as_mut_ptr().add(at).cast()) }
        };
        Ok(Flags { cancel: word(CANCEL), doing: word(DOING) })
    }
}

struct Shop {
    loaded: Loaded,
    flags: Flags,
    /// Most bytes of the outputs of a call: what this process may have.
    most: u64,
    scorers: HashMap<u64, ForeignScorer>,
    allocators: HashMap<u64, ForeignAllocator>,
    copies: HashMap<u64, Mmap>,
}

/// Where the tensors of a call lie.
struct Desk {
    /// What came in the message, aligned.
    words: Vec<u64>,
    /// What came in memory.
    mapped: Option<(Mmap, usize)>,
}

impl Shop {
    fn new(loaded: Loaded, flags: Flags, most: u64) -> Shop {
        let (scorers, allocators, copies) = Default::default();
        Shop { loaded, flags, most, scorers, allocators, copies }
    }

    fn serve(&mut self, channel: &mut Channel, message: Message) -> io::Result<()> {
        let ask = read(channel, &message)?;
        let desk = Desk::of(channel.payload(&message))?;
        self.flags.doing.store(doing::RELEASING, Ordering::Relaxed);
        self.let_go(&ask.gone);
        self.flags.doing.store(doing::WORKING, Ordering::Relaxed);
        let mut grant = Grant::threads(ask.threads);
        grant.cancel_elsewhere = Some(self.flags.cancel);
        if ask.remaining_ns != u64::MAX {
            grant.deadline = Instant::now().checked_add(Duration::from_nanos(ask.remaining_ns));
        }
        let mut outputs = Vec::new();
        let done = self.done(ask.what, message.descriptors, &desk, &mut outputs, &grant);
        let said = done.unwrap_or_else(|fault| Said::Fault(fault.into()));
        let parts: Vec<&[u8]> = match said {
            Said::Done { .. } => outputs.iter().map(Guarded::bytes).collect(),
            _ => Vec::new(),
        };
        self.flags.doing.store(doing::WAITING, Ordering::Relaxed);
        answer(channel, said, log_of(grant.take_log()), &parts)
    }

    fn let_go(&mut self, gone: &[Gone]) {
        for gone in gone {
            match gone {
                Gone::State { instance, state } => {
                    if let Some(scorer) = self.scorers.get(instance) {
                        scorer.release(*state);
                    }
                }
                Gone::Instance(instance) => {
                    self.scorers.remove(instance);
                    self.allocators.remove(instance);
                }
                Gone::Copy(id) => {
                    self.copies.remove(id);
                }
            }
        }
    }

    fn done(
        &mut self,
        what: What,
        descriptors: Vec<OwnedFd>,
        desk: &Desk,
        outputs: &mut Vec<Guarded>,
        grant: &Grant,
    ) -> Result<Said, Fault> {
        match what {
            What::Hello { .. } => Err(Fault::internal("the host introduced itself twice")),
            What::MakeScorer { instance, id, params } => {
                let make = self.loaded.root.make_scorer();
                let made = make_scorer(|id, attrs, call| make(id, attrs, call), &id, &params, grant)?;
                self.scorers.insert(instance, made);
                Ok(Said::Made)
            }
            What::MakeAllocator { instance, id, params } => {
                let make = self.loaded.root.make_allocator();
                let made = make_allocator(|id, attrs, call| make(id, attrs, call), &id, &params, grant)?;
                self.allocators.insert(instance, made);
                Ok(Said::Made)
            }
            What::Plan { instance, phase, input } => {
                self.receive(&input, descriptors)?;
                let tensors = self.views(&input, desk)?;
                let request = Request::new(&tensors, &input.attrs);
                Ok(Said::Planned(self.scorer(instance)?.plan(Phase(phase), &request, grant)?))
            }
            What::Run { instance, verb, state, input, outputs: specs } => {
                let stage = match verb {
                    Verb::Prepare => Stage::PREPARE,
                    Verb::Score => Stage::SCORE,
                    Verb::Allocate => Stage::ALLOCATE,
                    Verb::Extend(_) => Stage::EXTEND,
                };
                self.receive(&input, descriptors)?;
                let tensors = self.views(&input, desk)?;
                let request = Request::new(&tensors, &input.attrs);
                let mut left = self.most;
                let guarded = specs.iter().map(|spec| Guarded::new(spec, &mut left));
                *outputs = guarded.collect::<Result<_, _>>()?;
                let mut views = outputs.iter_mut().map(Guarded::view).collect::<Result<Vec<_>, _>>()?;
                let ran = match verb {
                    Verb::Prepare => self.scorer(instance)?.prepare(&request, &mut views, grant),
                    Verb::Score => {
                        let scorer = self.scorer(instance)?;
                        scorer.score(state, &request, &mut views, grant).map(|()| (state, SaidOf::default()))
                    }
                    Verb::Allocate => {
                        let allocator = self.allocators.get(&instance).ok_or_else(unknown)?;
                        allocator.allocate(&request, &mut views, grant).map(|()| (0, SaidOf::default()))
                    }
                    Verb::Extend(verb) => match self.scorers.get(&instance) {
                        Some(scorer) => scorer.extend(&verb, state, &request, &mut views, grant),
                        None => {
                            let allocator = self.allocators.get(&instance).ok_or_else(unknown)?;
                            allocator
                                .extend(&verb, &request, &mut views, grant)
                                .map(|()| (0, SaidOf::default()))
                        }
                    },
                };
                drop(views);
                // Whatever it answered: this process is no longer what it was.
                outputs.iter().try_for_each(|output| output.check().map_err(|fault| fault.at(stage)))?;
                let (state, said) = ran?;
                Ok(Said::Done { state, encoder: said.encoder, device: said.device })
            }
        }
    }

    fn scorer(&self, instance: u64) -> Result<&ForeignScorer, Fault> {
        self.scorers.get(&instance).ok_or_else(unknown)
    }

    /// Maps the copies that come with a message.
    fn receive(&mut self, input: &Input, descriptors: Vec<OwnedFd>) -> Result<(), Fault> {
        let mut descriptors = descriptors.into_iter();
        for tensor in &input.tensors {
            if let At::Copy { id, comes: true, .. } = tensor.at {
                let descriptor = descriptors.next().ok_or_else(|| odd("a tensor did not come"))?;
                let mapped =
                    memory::map(&descriptor).map_err(|e| odd(&format!("a tensor cannot be mapped: {e}")))?;
                self.copies.insert(id, mapped);
            }
        }
        Ok(())
    }

    fn views<'a>(&'a self, input: &'a Input, desk: &'a Desk) -> Result<Vec<TensorView<'a>>, Fault> {
        let view = |placed: &'a Placed| {
            let bytes = match placed.at {
                At::Payload { from, bytes } => desk.part(from, bytes),
                At::Copy { id, bytes, .. } => {
                    self.copies.get(&id).and_then(|copy| copy.get(..usize::try_from(bytes).ok()?))
                }
            };
            let bytes = bytes.ok_or_else(|| odd("a tensor did not come"))?;
            TensorView::new(&placed.name, DType(placed.dtype), &placed.shape, bytes)
        };
        input.tensors.iter().map(view).collect()
    }
}

fn unknown() -> Fault {
    odd("the instance is not known")
}

/// A mistake between host and worker, which only a new process mends.
fn odd(what: &str) -> Fault {
    Fault::internal(what).at(Stage::MAKE).helped_by(Retry::NEW_PROCESS)
}

impl Desk {
    fn of(payload: Payload<'_>) -> io::Result<Desk> {
        match payload {
            Payload::Packet(bytes) => {
                let mut words = vec![0u64; bytes.len().div_ceil(8)];
                bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..bytes.len()].copy_from_slice(bytes);
                Ok(Desk { words, mapped: None })
            }
            Payload::Memory(memory, start, _) => {
                let mapped = memory::map(&memory.as_fd().try_clone_to_owned()?)?;
                Ok(Desk { words: Vec::new(), mapped: Some((mapped, start as usize)) })
            }
        }
    }

    fn part(&self, from: u64, bytes: u64) -> Option<&[u8]> {
        let all: &[u8] = match &self.mapped {
            Some((mapped, start)) => mapped.get(*start..)?,
            None => bytemuck::cast_slice(&self.words),
        };
        let from = usize::try_from(from).ok()?;
        all.get(from..from.checked_add(usize::try_from(bytes).ok()?)?)
    }
}

/// An output between two guards.
struct Guarded {
    spec: OutputSpec,
    dtype: DType,
    words: Vec<u64>,
    bytes: usize,
}

impl Guarded {
    /// An output, unless it takes more than what is left of the memory for outputs.
    fn new(spec: &OutputSpec, left: &mut u64) -> Result<Guarded, Fault> {
        let dtype = DType::from_name(&spec.dtype).ok_or_else(|| odd("an output of an unknown type"))?;
        let bytes = elements(&spec.shape).and_then(|n| n.checked_mul(dtype.size()?));
        let bytes = bytes.ok_or_else(|| odd("an output of an impossible shape"))?;
        let room = (bytes as u64).checked_add(2 * GUARD as u64);
        *left = room.and_then(|room| left.checked_sub(room)).ok_or_else(|| {
            let message =
                format!("its output `{}` would take more memory than its process may have", spec.name);
            Fault::new(FaultCode::OUT_OF_MEMORY, message)
        })?;
        let inside = bytes.div_ceil(8);
        let mut words = vec![GUARD_WORD; inside + 2 * GUARD / 8];
        words[GUARD / 8..GUARD / 8 + inside].fill(pattern(dtype));
        let mut output = Guarded { spec: spec.clone(), dtype, words, bytes };
        // The guard begins right behind the last byte.
        output.tail_mut().fill(GUARD_WORD as u8);
        Ok(output)
    }

    fn tail_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.words)[GUARD + self.bytes..]
    }

    fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[GUARD..GUARD + self.bytes]
    }

    fn view(&mut self) -> Result<TensorMut<'_>, Fault> {
        let bytes = &mut bytemuck::cast_slice_mut(&mut self.words)[GUARD..GUARD + self.bytes];
        TensorMut::new(&self.spec.name, self.dtype, &self.spec.shape, bytes)
    }

    fn check(&self) -> Result<(), Fault> {
        let whole: &[u8] = bytemuck::cast_slice(&self.words);
        let before = self.words[..GUARD / 8].iter().any(|&word| word != GUARD_WORD);
        let behind = whole[GUARD + self.bytes..].iter().any(|&byte| byte != GUARD_WORD as u8);
        let side = match (before, behind) {
            (false, false) => return Ok(()),
            (true, _) => "before the beginning",
            _ => "past the end",
        };
        let message = format!("it wrote {side} of its output `{}`", self.spec.name);
        Err(Fault::internal(message).helped_by(Retry::NEW_PROCESS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_outside_of_an_output_is_found_out() {
        let spec = OutputSpec { name: "x".into(), dtype: "f32".into(), shape: vec![3] };
        let fresh = || Guarded::new(&spec, &mut 1000).unwrap();
        assert!(fresh().check().is_ok());
        let mut inside = fresh();
        inside.view().unwrap().as_slice::<f32>().unwrap().fill(1.0);
        assert!(inside.check().is_ok());
        for (at, side) in [(GUARD - 1, "before the beginning"), (GUARD + 12, "past the end")] {
            let mut output = fresh();
            bytemuck::cast_slice_mut::<u64, u8>(&mut output.words)[at] = 0;
            assert!(output.check().unwrap_err().message.contains(side));
        }
    }

    #[test]
    fn outputs_take_no_more_memory_than_there_is() {
        let spec = |shape: &[u64]| OutputSpec { name: "x".into(), dtype: "u8".into(), shape: shape.to_vec() };
        let mut left = 1000;
        assert!(Guarded::new(&spec(&[400]), &mut left).is_ok());
        for shape in [&[400][..], &[1 << 40], &[u64::MAX / 2]] {
            let fault = Guarded::new(&spec(shape), &mut left).err().unwrap();
            assert_eq!(fault.code, FaultCode::OUT_OF_MEMORY, "{fault}");
        }
    }
}
