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
    process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open},
};

use super::{
    channel::{Channel, Message, Payload, something_comes},
    protocol::{Answer, Ask, CANCEL, DOING, PAGE, doing},
};
use crate::{memory, plain::one_line};

/// How long a call that was asked to stop has for it, before its process is killed.
const GRACE: Duration = Duration::from_millis(25);
/// How often a waiting host looks at the worker's memory and at the caller's cancel flag.
const GLANCE: Duration = Duration::from_millis(10);
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
    /// The copies that it has mapped.
    pub(super) known: Vec<(u64, Weak<Copy>)>,
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
    /// Starts the executable with a channel and nothing else of this process.
    pub(super) fn launch(executable: &Path, most_memory: u64) -> Result<Process, String> {
        let cannot =
            |what: &str, e: &dyn std::fmt::Display| format!("its worker process cannot be {what}: {e}");
        let (channel, theirs) = Channel::pair().map_err(|e| cannot("reached", &e))?;
        let page_memory = memory::shared("arrcoc flags", PAGE).map_err(|e| cannot("reached", &e))?;
        let page = memory::map_shared(&page_memory).map_err(|e| cannot("reached", &e))?;
        let child = Command::new(executable)
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
        match self.wait(kill, wait, cancel) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(stopped) => return Err(self.end(&stopped, stage)),
        }
        let late = Instant::now().checked_duration_since(kill).filter(|late| !late.is_zero());
        let received = self.channel.receive();
        let answer = match received {
            Ok(Some(message)) => {
                let answer = serde_json::from_slice(self.channel.head(&message));
                answer.map(|answer| Answered { answer, message, late }).map_err(|e| e.to_string())
            }
            Ok(None) => return Err(self.end(&Stopped::Ended, stage)),
            Err(e) => Err(e.to_string()),
        };
        answer.map(Some).map_err(|why| self.end(&Stopped::Babbled(why), stage))
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
        let mut hear = false;
        let readable = {
            let mut fds = vec![PollFd::from_borrowed_fd(self.channel.socket(), PollFlags::IN)];
            fds.extend(self.stderr.as_ref().map(|stderr| PollFd::new(stderr, PollFlags::IN)));
            let came = something_comes(&mut fds, most);
            hear |= came && fds.get(1).is_some_and(|fd| !fd.revents().is_empty());
            came && !fds[0].revents().is_empty()
        };
        if hear {
            self.hear();
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
