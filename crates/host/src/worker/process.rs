//! A worker's process: launched, asked, waited for, and stopped.

use std::{
    fs::{self, File},
    io::Read as _,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::process::{CommandExt as _, ExitStatusExt as _},
    },
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use arrcoc_sdk::{
    abi::{FaultCode, Retry, Stage},
    fault::Fault,
};
use memmap2::MmapRaw;
use rustix::{
    event::{PollFd, PollFlags},
    io::ioctl_fionbio,
    net::SendFlags,
    process::{
        Pid, PidfdFlags, Resource, Rlimit, Signal, getrlimit, kill_process_group, pidfd_open, prlimit,
    },
};

use super::{
    channel::{Channel, Message, Payload, something_comes},
    protocol::{Answer, Ask, CANCEL, DOING, PAGE, Said, doing},
    sandbox::Guard,
};
use crate::{memory, plain::one_line};

/// How long a call that was asked to stop has for it, before its process is killed.
const GRACE: Duration = Duration::from_millis(25);
/// How often a waiting host looks at the worker's memory and at the caller's cancel flag.
const GLANCE: Duration = Duration::from_millis(10);
/// How often the processor time of a process in a sandbox is renewed, at most.
const RENEWAL: Duration = Duration::from_secs(1);
/// How long a process that has closed its channel has for ending.
const ENDING: Duration = Duration::from_millis(50);
/// What Rust's standard library says before it aborts for want of memory.
const STARVED: &[u8] = b"memory allocation of ";
/// How much of the end of stderr is kept.
const TAIL: usize = 2048;

/// A tensor's bytes in sealed memory.
pub(super) struct Copy {
    pub(super) id: u64,
    pub(super) memory: OwnedFd,
}

/// A process that has not ended as far as is known.
pub(super) struct Process {
    child: Option<Child>,
    pid: Pid,
    handle: OwnedFd,
    channel: Channel,
    stderr: Option<File>,
    tail: Vec<u8>,
    page: MmapRaw,
    page_memory: OwnedFd,
    most_memory: u64,
    sandbox: Option<Sandbox>,
    /// The copies that it has mapped.
    pub(super) known: Vec<(u64, Weak<Copy>)>,
}

/// What the host knows of a process that is in a sandbox.
struct Sandbox {
    readable: Vec<String>,
    /// Set once it has entered, if the kernel asks about what is refused.
    guard: Option<Guard>,
    /// What the machine does not hold; set once it has entered.
    lacks: Option<Vec<String>>,
    /// How much processor time it may take while it is asked once.
    time: Duration,
    /// When its processor time was last renewed.
    renewed: Option<Instant>,
}

/// An answer, and by how much it came too late.
pub(super) struct Answered {
    pub(super) answer: Answer,
    message: Message,
    pub(super) late: Option<Duration>,
}

enum Stopped {
    /// By the caller's flag.
    Cancelled,
    /// At its deadline.
    Late,
    /// It took too much memory.
    Memory(u64),
    /// It closed the channel.
    Ended,
    /// It sent something that is no answer.
    Babbled(String),
}

impl Process {
    /// Starts the executable with a channel and nothing else of this process. `confined` are what it may read in a
    /// sandbox, and for how long one call may take.
    pub(super) fn launch(
        executable: &Path,
        most_memory: u64,
        confined: Option<(Vec<String>, Duration)>,
    ) -> Result<Process, String> {
        let cannot =
            |what: &str, e: &dyn std::fmt::Display| format!("its worker process cannot be {what}: {e}");
        let (channel, theirs) = Channel::pair().map_err(|e| cannot("reached", &e))?;
        let page_memory = memory::shared("arrcoc flags", PAGE).map_err(|e| cannot("reached", &e))?;
        let page = memory::map_shared(&page_memory).map_err(|e| cannot("reached", &e))?;
        let mut command = Command::new(executable);
        if confined.is_some() {
            command.env_clear();
        }
        let child = command
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            // Its last words are to be what happened, not how it came there.
            .env("RUST_BACKTRACE", "0")
            .spawn()
            .map_err(|e| cannot(&format!("started: `{}`", executable.display()), &e))?;
        let pid = Pid::from_child(&child);
        let handle = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) => handle,
            Err(e) => {
                stop(pid, child);
                return Err(cannot("watched", &e));
            }
        };
        // The process is this value's from here on: whatever fails below stops it.
        let mut process = Process {
            pid,
            handle,
            child: Some(child),
            channel,
            stderr: None,
            tail: Vec::new(),
            page,
            page_memory,
            most_memory,
            sandbox: confined.map(|(readable, time)| Sandbox::around(readable, time)),
            known: Vec::new(),
        };
        if let Some(stderr) = process.child.as_mut().and_then(|child| child.stderr.take()) {
            let stderr = File::from(OwnedFd::from(stderr));
            ioctl_fionbio(&stderr, true).map_err(|e| cannot("heard", &e))?;
            process.stderr = Some(stderr);
        }
        Ok(process)
    }

    /// The descriptor of the page that both sides map.
    pub(super) fn page(&self) -> BorrowedFd<'_> {
        self.page_memory.as_fd()
    }

    fn word(&self, at: usize) -> &AtomicU32 {
        // SAFETY: the page is a mapping of `PAGE` bytes that lives as long as `self`, `at` is
        // a multiple of four below that, and both sides touch the word only atomically.
        unsafe { AtomicU32::from_ptr(self.page.as_mut_ptr().add(at).cast()) }
    }

    /// Asks. After a fault the process has ended.
    pub(super) fn send(
        &mut self,
        ask: &Ask,
        parts: &[&[u8]],
        descriptors: &[BorrowedFd<'_>],
        stage: Stage,
    ) -> Result<(), Fault> {
        let head = serde_json::to_vec(ask).map_err(|e| Fault::internal(e.to_string()).at(stage))?;
        self.word(CANCEL).store(0, Ordering::Relaxed);
        self.renew_time(ask.threads);
        // The worker reads one message at a time and is asked one at a time: a full buffer means that it is gone.
        let sent = self.channel.send(&head, parts, descriptors, SendFlags::DONTWAIT);
        sent.map_err(|_| self.end(&Stopped::Ended, stage))
    }

    /// Waits for the answer: until `kill`, when the process is ended, or until `wait`, when it is left to its
    /// work and there is no answer yet. After a fault the process has ended.
    pub(super) fn collect(
        &mut self,
        kill: Instant,
        wait: Option<Instant>,
        cancel: &AtomicU32,
        stage: Stage,
    ) -> Result<Option<Answered>, Fault> {
        loop {
            match self.wait(kill, wait, cancel) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(stopped) => return Err(self.end(&stopped, stage)),
            }
            let late = Instant::now().checked_duration_since(kill).filter(|late| !late.is_zero());
            let answered = match self.receive() {
                Ok(Some((message, answer))) => Answered { answer, message, late },
                Ok(None) => return Err(self.end(&Stopped::Ended, stage)),
                Err(why) => return Err(self.end(&Stopped::Babbled(why), stage)),
            };
            // That it has entered its sandbox is not what was asked.
            if let Some(answered) = self.note_sandbox(answered) {
                return Ok(Some(answered));
            }
        }
    }

    fn receive(&mut self) -> Result<Option<(Message, Answer)>, String> {
        let Some(message) = self.channel.receive().map_err(|e| e.to_string())? else { return Ok(None) };
        let answer = serde_json::from_slice(self.channel.head(&message)).map_err(|e| e.to_string())?;
        Ok(Some((message, answer)))
    }

    /// Notes that it has entered its sandbox, the first time that it says so, before any foreign code runs in it; gives
    /// back what else it says.
    fn note_sandbox(&mut self, mut answered: Answered) -> Option<Answered> {
        let Some(sandbox) = self.sandbox.as_mut().filter(|sandbox| sandbox.lacks.is_none()) else {
            return Some(answered);
        };
        match answered.answer.what {
            Said::Confined { lacks } => {
                sandbox.lacks = Some(lacks);
                let listener = answered.message.descriptors.pop();
                sandbox.guard = listener.map(|fd| Guard::new(fd, self.pid, &sandbox.readable));
                None
            }
            what => {
                answered.answer.what = what;
                Some(answered)
            }
        }
    }

    /// What it may read in its sandbox; nothing where it is in none.
    pub(super) fn readable(&self) -> &[String] {
        self.sandbox.as_ref().map_or(&[], |sandbox| &sandbox.readable)
    }

    /// What the machine does not hold of its sandbox; `None` where it is in none.
    pub(super) fn lacks(&self) -> Option<&[String]> {
        self.sandbox.as_ref()?.lacks.as_deref()
    }

    /// What its sandbox has refused since the last time, as a line.
    pub(super) fn take_refused(&mut self) -> Option<String> {
        self.sandbox.as_mut()?.guard.as_mut()?.take_refused()
    }

    /// Grants a process in a sandbox the processor time for a call, on top of what it has taken. What is left of it
    /// when the call is done lasts for what the library does in between: at most for one call more.
    fn renew_time(&mut self, threads: u32) {
        let Some(sandbox) = &mut self.sandbox else { return };
        if sandbox.renewed.is_some_and(|renewed| renewed.elapsed() < RENEWAL) {
            return;
        }
        let Some(taken) = processor_time(self.pid) else { return };
        let granted = (sandbox.time + RENEWAL).saturating_mul(threads);
        let until = taken.saturating_add(granted).as_secs().saturating_add(1);
        let limit = Rlimit { current: Some(until), maximum: getrlimit(Resource::Cpu).maximum };
        if prlimit(Some(self.pid), Resource::Cpu, limit).is_ok() {
            sandbox.renewed = Some(Instant::now());
        }
    }

    /// The tensors of an answer.
    pub(super) fn payload<'a>(&'a self, answered: &'a Answered) -> Payload<'a> {
        self.channel.payload(&answered.message)
    }

    /// Waits until there is something to receive; whether there is.
    fn wait(&mut self, kill: Instant, wait: Option<Instant>, cancel: &AtomicU32) -> Result<bool, Stopped> {
        if cancel.load(Ordering::Relaxed) == 0 && self.channel.look_out() {
            return Ok(true);
        }
        let mut stopping: Option<(Instant, Stopped)> = None;
        loop {
            let now = Instant::now();
            if stopping.is_none() {
                let why = match cancel.load(Ordering::Relaxed) {
                    0 if now < kill => None,
                    0 => Some(Stopped::Late),
                    _ => Some(Stopped::Cancelled),
                };
                if let Some(why) = why {
                    self.word(CANCEL).store(1, Ordering::Relaxed);
                    stopping = Some((now + GRACE, why));
                }
            }
            let until = match &stopping {
                Some((until, _)) => *until,
                None => kill.min(wait.unwrap_or(kill)),
            };
            let readable = self.poll(until.saturating_duration_since(now).min(GLANCE));
            if readable {
                return Ok(true);
            }
            if now >= until {
                return stopping.map_or(Ok(false), |(_, why)| Err(why));
            }
            let resident = self.resident();
            if resident > self.most_memory {
                return Err(Stopped::Memory(resident));
            }
        }
    }

    /// Waits for the channel, and takes in what comes on stderr meanwhile.
    fn poll(&mut self, most: Duration) -> bool {
        let guard = self.sandbox.as_ref().and_then(|sandbox| sandbox.guard.as_ref());
        let others = [self.stderr.as_ref().map(AsFd::as_fd), guard.map(Guard::listener)];
        let mut fds = vec![PollFd::from_borrowed_fd(self.channel.socket(), PollFlags::IN)];
        fds.extend(others.iter().flatten().map(|&fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        if !something_comes(&mut fds, most) {
            return false;
        }
        let mut came = fds.iter().map(|fd| fd.revents());
        let readable = came.next().is_some_and(|events| !events.is_empty());
        let hear = others[0].is_some() && came.next().is_some_and(|events| !events.is_empty());
        let asked = others[1].is_some() && came.next().is_some_and(|events| events.contains(PollFlags::IN));
        if hear {
            self.hear();
        }
        if let Some(guard) =
            self.sandbox.as_mut().and_then(|sandbox| sandbox.guard.as_mut()).filter(|_| asked)
        {
            guard.answer();
        }
        readable
    }

    fn hear(&mut self) {
        let Some(stderr) = &mut self.stderr else { return };
        let mut bytes = [0; 4096];
        // As much as a pipe holds: one that is written faster than it is read would keep us here.
        for _ in 0..16 {
            match stderr.read(&mut bytes) {
                Ok(0) => {
                    self.stderr = None;
                    return;
                }
                Ok(n) => {
                    self.tail.extend_from_slice(&bytes[..n]);
                    let over = self.tail.len().saturating_sub(TAIL);
                    self.tail.drain(..over);
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Bytes that it has resident; 0 where that cannot be read.
    fn resident(&self) -> u64 {
        let text =
            fs::read_to_string(format!("/proc/{}/statm", self.pid.as_raw_nonzero())).unwrap_or_default();
        let pages = text.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        pages * rustix::param::page_size() as u64
    }

    /// Ends the process and says why, as a fault.
    fn end(&mut self, stopped: &Stopped, stage: Stage) -> Fault {
        let was = self.word(DOING).load(Ordering::Relaxed);
        let status = match stopped {
            Stopped::Ended => self.ended_by_itself(),
            _ => None,
        };
        self.hear();
        self.stop();
        let words = last_words(&self.tail);
        let (code, mut message) = match (stopped, status) {
            (Stopped::Late, _) => (
                FaultCode::DEADLINE_EXCEEDED,
                "it did not answer by its deadline; its process was killed".into(),
            ),
            (Stopped::Cancelled, _) => {
                (FaultCode::CANCELLED, "it did not stop when asked to; its process was killed".into())
            }
            (Stopped::Memory(bytes), _) => {
                let message = format!(
                    "its process took {} of memory, more than the {} it may; it was killed",
                    in_mib(*bytes),
                    in_mib(self.most_memory)
                );
                (FaultCode::OUT_OF_MEMORY, message)
            }
            (Stopped::Babbled(why), _) => (
                FaultCode::INTERNAL,
                format!("its process sent what is no answer and was killed: {}", one_line(why)),
            ),
            (Stopped::Ended, None) => {
                (FaultCode::INTERNAL, "its process closed its channel and was killed".into())
            }
            (Stopped::Ended, Some(status)) => {
                let starved = self.tail.windows(STARVED.len()).any(|part| part == STARVED);
                how_it_ended(status, starved, self.most_memory)
            }
        };
        message.push_str(match was {
            doing::RELEASING => " while it gave back what it had prepared",
            doing::LOADING => " while it was being loaded",
            doing::WAITING if matches!(stopped, Stopped::Ended) => " between calls",
            _ => "",
        });
        if !words.is_empty() {
            message.push_str("; its last words: ");
            message.push_str(&words);
        }
        Fault::new(code, message).at(stage).helped_by(Retry::NEW_PROCESS)
    }

    /// How it ended, if it does so in time.
    fn ended_by_itself(&mut self) -> Option<ExitStatus> {
        let ended = self.has_ended();
        let child = self.child.as_mut().filter(|_| ended)?;
        // Whatever it has started is in its group, whose number is its own until it is waited for.
        let _ = kill_process_group(self.pid, Signal::KILL);
        let status = child.try_wait().ok().flatten()?;
        self.child = None;
        Some(status)
    }

    /// Waits a moment for its end; whether it has come.
    fn has_ended(&self) -> bool {
        something_comes(&mut [PollFd::new(&self.handle, PollFlags::IN)], ENDING)
    }

    fn stop(&mut self) {
        if let Some(child) = self.child.take() {
            stop(self.pid, child);
        }
    }
}

impl Sandbox {
    fn around(readable: Vec<String>, time: Duration) -> Sandbox {
        Sandbox { readable, guard: None, lacks: None, time, renewed: None }
    }
}

impl Drop for Process {
    /// Nobody waits for an answer any more: there is a moment to see it end, so that it does not outlive the host
    /// as an entry in the table of processes.
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let _ = kill_process_group(self.pid, Signal::KILL);
        if self.has_ended() {
            let _ = child.try_wait();
        } else {
            stop(self.pid, child);
        }
    }
}

/// Kills a process and all of its group. Waiting for the end of one that has a lot of memory takes a while, so that
/// is done by whoever stops the next.
fn stop(pid: Pid, child: Child) {
    static STOPPED: Mutex<Vec<Child>> = Mutex::new(Vec::new());
    let _ = kill_process_group(pid, Signal::KILL);
    let mut stopped = STOPPED.lock().unwrap_or_else(PoisonError::into_inner);
    stopped.push(child);
    stopped.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
}

fn how_it_ended(status: ExitStatus, starved: bool, most_memory: u64) -> (FaultCode, String) {
    if starved {
        let message = format!("its process ran out of memory, of which it may have {}", in_mib(most_memory));
        return (FaultCode::OUT_OF_MEMORY, message);
    }
    let message = match (status.signal(), status.code()) {
        (Some(signal), _) => {
            let name = match signal {
                4 => "illegal instruction",
                6 => "abort",
                7 => "bus error",
                8 => "arithmetic error",
                9 => "killed from outside, perhaps for want of memory",
                11 => "segmentation fault",
                15 => "told to end from outside",
                24 => "it took more processor time than it may",
                31 => "forbidden system call",
                _ => "a signal",
            };
            format!("its process crashed: {name} (signal {signal})")
        }
        (None, Some(code)) => format!("its process exited with status {code}"),
        (None, None) => "its process ended".into(),
    };
    (FaultCode::INTERNAL, message)
}

/// Processor time that a process has taken; `None` where that cannot be read.
fn processor_time(pid: Pid) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    // The name, in brackets, may hold anything. Behind it, user and system time are fields 12 and 13.
    let fields = stat.rsplit(')').next()?.split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks.saturating_mul(1000) / rustix::param::clock_ticks_per_second().max(1)))
}

fn in_mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// The end of what was said on stderr, as one line.
fn last_words(tail: &[u8]) -> String {
    let text = String::from_utf8_lossy(tail);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let over = line.chars().count().saturating_sub(240);
    line.chars().skip(over).collect()
}

#[cfg(feature = "fuzzing")]
impl Process {
    /// The end of a channel without a process behind it. There is nothing to be killed, and the end of what there is
    /// not has come already.
    pub(super) fn of_channel(channel: Channel) -> std::io::Result<Process> {
        let page_memory = memory::shared("arrcoc flags", PAGE)?;
        let page = memory::map_shared(&page_memory)?;
        let (ended, _) = std::io::pipe()?;
        Ok(Process {
            child: None,
            pid: rustix::process::getpid(),
            handle: ended.into(),
            channel,
            stderr: None,
            tail: Vec::new(),
            page,
            page_memory,
            most_memory: u64::MAX,
            sandbox: None,
            known: Vec::new(),
        })
    }
}

impl Copy {
    /// A copy of these bytes, under a number of its own in this process.
    pub(super) fn of(bytes: &[u8]) -> std::io::Result<Copy> {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        Ok(Copy {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            memory: memory::sealed("arrcoc tensor", &[bytes])?,
        })
    }
}

impl Process {
    /// The numbers of copies that it has mapped and nobody has any more.
    pub(super) fn dead_copies(&mut self) -> Vec<u64> {
        let mut dead = Vec::new();
        self.known.retain(|(id, copy)| {
            let lives = copy.strong_count() > 0;
            if !lives {
                dead.push(*id);
            }
            lives
        });
        dead
    }

    /// Notes that a copy is sent to it; whether that is the first time.
    pub(super) fn note(&mut self, copy: &Arc<Copy>) -> bool {
        let new = self.known.iter().all(|(id, _)| *id != copy.id);
        if new {
            self.known.push((copy.id, Arc::downgrade(copy)));
        }
        new
    }
}
