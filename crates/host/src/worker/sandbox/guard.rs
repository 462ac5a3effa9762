//! The host's side of the sandbox: the kernel asks about every system call of a worker that is not on its list.
//!
//! The answer is no, and is written down. The exception is opening a file for reading below the paths that were granted:
//! then the kernel goes on with the call, and Landlock decides. What the host read of the worker's memory may have
//! changed meanwhile, so its look at the path is for the record; what is written, and what is no open at all, is told by
//! numbers that cannot change.

use std::{
    fs::{self, File},
    io,
    os::{
        fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd},
        unix::fs::FileExt as _,
    },
    path::{Path, PathBuf},
};

use rustix::process::Pid;
use syscalls::Sysno;

/// Most kinds of refusals that are kept by name.
const MOST: usize = 24;
/// Longest path that is read.
const LONGEST: usize = 4096;

/// Answers for a worker.
pub(crate) struct Guard {
    listener: OwnedFd,
    pid: Pid,
    readable: Vec<PathBuf>,
    /// What was refused, and how often.
    refused: Vec<(String, u32)>,
    others: u32,
}

/// What the kernel is told.
enum Verdict {
    /// To go on with the call.
    GoOn,
    /// To refuse it with this error; it was this.
    Refuse(i32, String),
}

impl Guard {
    pub(crate) fn new(listener: OwnedFd, pid: Pid, readable: &[String]) -> Guard {
        let readable = readable.iter().filter_map(|path| Path::new(path).canonicalize().ok()).collect();
        Guard { listener, pid, readable, refused: Vec::new(), others: 0 }
    }

    /// Readable when there is a question.
    pub(crate) fn listener(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }

    /// Answers a question that is there.
    pub(crate) fn answer(&mut self) {
        // The thread that asked may have ended meanwhile; then there is nobody to answer to.
        let Ok(asked) = self.receive() else { return };
        let mut reply = libc::seccomp_notif_resp { id: asked.id, val: 0, error: 0, flags: 0 };
        match self.judge(&asked.data) {
            Verdict::GoOn => reply.flags = libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32,
            Verdict::Refuse(error, what) => {
                reply.error = -error;
                self.note(what);
            }
        }
        let _ = self.reply(&mut reply);
    }

    fn receive(&self) -> io::Result<libc::seccomp_notif> {
        // SAFETY: a record of numbers, for which zeros are a value.
        let mut asked: libc::seccomp_notif = unsafe { std::mem::zeroed() };
        let fd = self.listener.as_raw_fd();
        // SAFETY: the kernel fills a record of the size that is part of the request.
        let received = unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_RECV, &raw mut asked) };
        if received < 0 { Err(io::Error::last_os_error()) } else { Ok(asked) }
    }

    fn reply(&self, reply: &mut libc::seccomp_notif_resp) -> io::Result<()> {
        let fd = self.listener.as_raw_fd();
        // SAFETY: the kernel reads a record of the size that is part of the request.
        let sent = unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_SEND, &raw mut *reply) };
        if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    fn judge(&self, call: &libc::seccomp_data) -> Verdict {
        let [first, second, third, ..] = call.args;
        let number = i64::from(call.nr);
        if number == libc::SYS_openat {
            return self.judge_open(first as i32, second, third as i32);
        }
        #[cfg(target_arch = "x86_64")]
        if number == libc::SYS_open {
            return self.judge_open(libc::AT_FDCWD, first, second as i32);
        }
        let known = usize::try_from(call.nr).ok().and_then(Sysno::new);
        let name = known.map_or_else(|| format!("system call {}", call.nr), |call| call.name().to_owned());
        Verdict::Refuse(libc::EPERM, name)
    }

    fn judge_open(&self, folder: i32, address: u64, flags: i32) -> Verdict {
        let path = self.text_at(address);
        let shown = path.as_ref().map_or_else(|| "a file".into(), |path| shown(path));
        let changes = libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND | libc::O_TMPFILE & !libc::O_DIRECTORY;
        if flags & libc::O_ACCMODE != libc::O_RDONLY || flags & changes != 0 {
            return Verdict::Refuse(libc::EACCES, format!("open {shown} for writing"));
        }
        let Some(path) = path else { return Verdict::GoOn };
        // Its own descriptors, and what is told of it.
        let itself = path.strip_prefix(&format!("/proc/{}/", self.pid.as_raw_nonzero()));
        let itself = itself.or_else(|| path.strip_prefix("/proc/self/"));
        if itself.is_some_and(|rest| rest == "cgroup" || rest.starts_with("fd/")) {
            return Verdict::GoOn;
        }
        // What is not there is not there; the kernel says so.
        let Ok(real) = self.in_its_place(folder, &path).canonicalize() else { return Verdict::GoOn };
        if self.readable.iter().any(|readable| real.starts_with(readable)) {
            return Verdict::GoOn;
        }
        Verdict::Refuse(libc::EACCES, format!("open {shown}"))
    }

    /// A path as the worker means it.
    fn in_its_place(&self, folder: i32, path: &str) -> PathBuf {
        let itself = format!("/proc/{}", self.pid.as_raw_nonzero());
        if let Some(rest) = path.strip_prefix("/proc/self") {
            return PathBuf::from(format!("{itself}{rest}"));
        }
        let start = match folder {
            libc::AT_FDCWD => format!("{itself}/cwd"),
            folder => format!("{itself}/fd/{folder}"),
        };
        fs::read_link(start).unwrap_or_default().join(path)
    }

    /// The text at an address of the worker's memory, where it can be read.
    fn text_at(&self, address: u64) -> Option<String> {
        let memory = File::open(format!("/proc/{}/mem", self.pid.as_raw_nonzero())).ok()?;
        let mut bytes = vec![0; LONGEST];
        let mut filled = 0;
        while filled < LONGEST && !bytes[..filled].contains(&0) {
            let at = address.checked_add(filled as u64)?;
            // Up to the end of a page: the next may not be there.
            let room = (4096 - at % 4096).min((LONGEST - filled) as u64) as usize;
            match memory.read_at(&mut bytes[filled..filled + room], at).ok()? {
                0 => return None,
                read => filled += read,
            }
        }
        let end = bytes.iter().position(|&byte| byte == 0)?;
        Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
    }

    fn note(&mut self, what: String) {
        if let Some((_, times)) = self.refused.iter_mut().find(|(known, _)| *known == what) {
            *times += 1;
        } else if self.refused.len() < MOST {
            self.refused.push((what, 1));
        } else {
            self.others += 1;
        }
    }

    /// Takes what was refused so far, as a line.
    pub(crate) fn take_refused(&mut self) -> Option<String> {
        let refused = std::mem::take(&mut self.refused);
        let others = std::mem::take(&mut self.others);
        let mut parts: Vec<String> = refused
            .into_iter()
            .map(|(what, times)| if times == 1 { what } else { format!("{what} ({times} times)") })
            .collect();
        if others > 0 {
            parts.push(format!("{others} others"));
        }
        (!parts.is_empty()).then(|| format!("the sandbox refused {}", parts.join(", ")))
    }
}

/// A path as it can stand in a line.
fn shown(path: &str) -> String {
    let clean: String = path.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    match clean.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &clean[..end]),
        None => clean,
    }
}
