//! A program that is running, and its end.
//!
//! What is guaranteed on Unix: the program is the leader of a process group of
//! its own, and the whole group is killed when it fails, when it is no longer
//! needed, and when this process ends in whatever way, `kill -9` included. The
//! last is the work of a *guard*, a shell that waits for its standard input to
//! end and then kills the group; it lives as long as the program does. No
//! zombie stays: whoever was started is waited for. What is not guaranteed: a
//! process that the program has moved to another group or session is out of
//! reach. Elsewhere the program itself is killed, its children are not, and
//! there is no guard: a program that reads its input sees it end.

use std::{
    io::{Read, Write},
    process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

use super::message::shown;

/// The longest line, in bytes.
pub(super) const LONGEST: usize = 1 << 20;
/// Lines that wait to be heard. A program that prints more is stopped by its own pipe.
const QUEUE: usize = 4;
/// How much of the end of stderr is kept, in bytes.
const TAIL: usize = 4096;
/// How long a program that is no longer needed may take to leave, and how long the end of one is waited for.
const GRACE: Duration = Duration::from_secs(1);

/// What was heard of a program.
pub(super) enum Heard {
    Line(Vec<u8>),
    TooLong,
    /// It has closed its output.
    End,
    /// Nothing in the time.
    Nothing,
}

/// A program that is running.
pub(super) struct Process {
    /// `None` once it has ended.
    child: Option<Child>,
    /// `None` once nothing will be sent any more: its input ends.
    input: Option<Sender<Vec<u8>>>,
    output: Receiver<Heard>,
    tail: Tail,
    /// Whether a line has come.
    pub(super) has_spoken: bool,
    #[cfg(unix)]
    guard: Option<Child>,
}

type Tail = Arc<Mutex<Vec<u8>>>;

impl Process {
    /// Starts a program: a name and arguments. The error says why not.
    pub(super) fn start(words: &[String]) -> Result<Process, String> {
        let (name, arguments) = words.split_first().ok_or("no program is named")?;
        let mut command = Command::new(name);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child =
            command.spawn().map_err(|error| format!("cannot start `{}`: {error}", shown(name)))?;
        let (sender, output) = mpsc::sync_channel(QUEUE);
        let (input, lines) = mpsc::channel::<Vec<u8>>();
        let tail = Tail::default();
        // The threads end when the pipes do, or the other end of the channel. Nobody waits for them: a process that
        // was moved out of reach may hold a pipe for ever.
        if let Some(mut stdin) = child.stdin.take() {
            thread::spawn(move || {
                for line in lines {
                    // That the program does not read is told by its silence.
                    if stdin.write_all(&line).and_then(|()| stdin.flush()).is_err() {
                        return;
                    }
                }
            });
        }
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || listen(stdout, &sender));
        }
        if let Some(stderr) = child.stderr.take() {
            let tail = tail.clone();
            thread::spawn(move || keep_tail(stderr, &tail));
        }
        Ok(Process {
            #[cfg(unix)]
            guard: guard(&child),
            child: Some(child),
            input: Some(input),
            output,
            tail,
            has_spoken: false,
        })
    }

    /// Sends a line, which has its end. Returns at once.
    pub(super) fn send(&self, line: Vec<u8>) {
        if let Some(input) = &self.input {
            let _ = input.send(line);
        }
    }

    /// Waits for a line.
    pub(super) fn hear(&self, limit: Duration) -> Heard {
        match self.output.recv_timeout(limit) {
            Ok(heard) => heard,
            Err(RecvTimeoutError::Timeout) => Heard::Nothing,
            Err(RecvTimeoutError::Disconnected) => Heard::End,
        }
    }

    /// Says how a program that has closed its output has ended.
    pub(super) fn how_it_ended(&mut self) -> String {
        let status = self.end_within(GRACE);
        self.end();
        let how = match status {
            None => "it closed its output".to_owned(),
            Some(status) => match signal(status) {
                Some(number) => format!("it was killed by signal {number}"),
                None => format!("it ended with status {}", status.code().unwrap_or(-1)),
            },
        };
        // The last words may still be on their way: the thread that reads them holds the other share.
        poll(GRACE, || (Arc::strong_count(&self.tail) == 1).then_some(()));
        how + &self.complaint()
    }

    /// The last line of stderr, to be put after a reason.
    pub(super) fn complaint(&self) -> String {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&tail);
        match text.lines().rev().map(shown).find(|line| !line.is_empty()) {
            Some(line) => format!("; its last words: `{line}`"),
            None => String::new(),
        }
    }

    /// Waits for the end of the program, which is not reaped: its number, by which its group is killed, stays taken.
    #[cfg(unix)]
    fn end_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        use std::os::unix::process::ExitStatusExt as _;

        use rustix::process::{WaitId, WaitIdOptions, waitid};

        let pid = number(self.child.as_ref()?)?;
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        poll(limit, || {
            let status = waitid(WaitId::Pid(pid), options).ok()??;
            // As `wait` has it: the status in the second byte, the signal in the first.
            let raw = match status.exit_status() {
                Some(code) => (code & 0xff) << 8,
                None => status.terminating_signal().unwrap_or(0),
            };
            Some(ExitStatus::from_raw(raw))
        })
    }

    #[cfg(not(unix))]
    fn end_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        let child = self.child.as_mut()?;
        poll(limit, || child.try_wait().ok().flatten())
    }

    /// Kills the program with its group, and waits for its end, though not for ever: a process that hangs in a driver
    /// cannot be killed, and its end is left to a thread.
    pub(super) fn end(&mut self) {
        self.input = None;
        let Some(mut child) = self.child.take() else { return };
        #[cfg(unix)]
        {
            if let Some(mut guard) = self.guard.take() {
                let _ = guard.kill();
                let _ = guard.wait();
            }
            if let Some(pid) = number(&child) {
                let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
            }
        }
        let _ = child.kill();
        if poll(GRACE, || child.try_wait().ok().flatten()).is_none() {
            thread::spawn(move || child.wait());
        }
    }
}

impl Drop for Process {
    /// A program that is well sees its input end, and may leave by itself.
    fn drop(&mut self) {
        self.input = None;
        let _ = self.end_within(GRACE);
        self.end();
    }
}

/// Asks again and again, as long as the limit allows.
fn poll<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        let answer = ask();
        if answer.is_some() || start.elapsed() >= limit {
            return answer;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// The number of a process, which is that of its group, too.
#[cfg(unix)]
fn number(child: &Child) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(i32::try_from(child.id()).ok()?)
}

/// Starts the guard of a program: it reads until its input ends, which happens when this process does, and kills the
/// group. `None` where there is no shell; then a program that reads its input sees it end, and that is all.
#[cfg(unix)]
fn guard(child: &Child) -> Option<Child> {
    let mut command = Command::new("sh");
    command
        .args(["-c", "read -r _; kill -s KILL -- \"-$1\"", "arrcoc-guard"])
        .arg(child.id().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // Out of the reach of a terminal's interrupt, which ends this process.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().ok()
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

/// Reads lines until the output ends, one is too long, or nobody listens.
fn listen(mut stdout: ChildStdout, sender: &SyncSender<Heard>) {
    let mut buffer = [0; 8192];
    let mut line = Vec::new();
    loop {
        let length = match stdout.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        for part in buffer[..length].split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if line.len() > LONGEST {
                let _ = sender.send(Heard::TooLong);
                return;
            }
            if part.ends_with(b"\n") && sender.send(Heard::Line(std::mem::take(&mut line))).is_err() {
                return;
            }
        }
    }
    // A last line without its end still is one.
    if line.is_empty() || sender.send(Heard::Line(line)).is_ok() {
        let _ = sender.send(Heard::End);
    }
}

/// Reads stderr to its end, and keeps the last of it.
fn keep_tail(mut stderr: ChildStderr, tail: &Tail) {
    let mut buffer = [0; TAIL];
    while let Ok(length) = stderr.read(&mut buffer) {
        if length == 0 {
            return;
        }
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.extend_from_slice(&buffer[..length]);
        let surplus = tail.len().saturating_sub(TAIL);
        tail.drain(..surplus);
    }
}
