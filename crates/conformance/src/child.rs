//! Starts one test as a process, waits for it no longer than its deadline, and
//! says how it ended.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use crate::{
    bench::{Done, Line},
    checks::Check,
    inside::{TOLD, Task},
    report::Verdict,
};

/// What came of a test.
pub(crate) struct Ran {
    pub(crate) done: Done,
    /// Whether the process was ended, by itself, by a signal or at its deadline, before the test was done.
    pub(crate) ended: bool,
    pub(crate) seconds: f64,
    /// The first line that it wrote to standard output.
    pub(crate) printed: Option<String>,
}

/// Starts tests.
pub(crate) struct Tests<'a> {
    pub(crate) program: &'a Path,
    pub(crate) plugin: &'a Path,
    pub(crate) blake3: &'a str,
    pub(crate) deadline: Duration,
    pub(crate) memory: u64,
    /// Where each test gets a folder.
    pub(crate) folder: &'a Path,
}

impl Tests<'_> {
    /// Runs a test of a part.
    ///
    /// # Errors
    /// When no process can be started.
    pub(crate) fn run(&self, check: &Check, part: &str, lenient: bool) -> io::Result<Ran> {
        let folder = self.folder.join(format!("{part}-{}", check.name));
        let work = folder.join("work");
        fs::create_dir_all(&work)?;
        fs::create_dir_all(folder.join("temporary"))?;
        let task = Task {
            check: check.name,
            part,
            lenient,
            memory: self.memory,
            blake3: self.blake3,
            folder: &folder,
            plugin: self.plugin,
        };
        let mut command = Command::new(self.program);
        command
            .args(task.arguments())
            .current_dir(&work)
            .env("TMPDIR", folder.join("temporary"))
            .stdin(Stdio::null())
            .stdout(File::create(folder.join("stdout"))?)
            .stderr(File::create(folder.join("stderr"))?);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let start = Instant::now();
        let mut child = command.spawn()?;
        let status = wait(&mut child, start + self.deadline)?;
        let seconds = start.elapsed().as_secs_f64();
        let ran = self.judged(check, &folder, status, seconds);
        // What a test leaves is of no more use, and may be large.
        let _ = fs::remove_dir_all(&folder);
        Ok(ran)
    }

    fn judged(&self, check: &Check, folder: &Path, status: Option<ExitStatus>, seconds: f64) -> Ran {
        let Told { at, done } = told(folder.join(TOLD));
        let well = status.is_some_and(|status| status.success());
        let place = match (&done, at) {
            (Some(_), _) => ", after the test was done".to_owned(),
            (None, Some(at)) => format!(" while {at}"),
            (None, None) => " before the test began".to_owned(),
        };
        let happened = match status {
            None => format!(
                "it did not return within {:.1} s{place}, and was killed",
                self.deadline.as_secs_f64()
            ),
            Some(status) if !well => {
                let means = check.crash.filter(|_| signal(status).is_some());
                let said = last_lines(&folder.join("stderr"));
                let full = said.as_ref().is_some_and(|said| said.contains("memory allocation of"));
                let limit = (full && self.memory > 0).then(|| format!(" (its limit is {} MiB)", self.memory));
                format!(
                    "the process {}{place}{}{}{}",
                    ending(status),
                    means.map(|means| format!(" ({means})")).unwrap_or_default(),
                    limit.unwrap_or_default(),
                    said.map(|said| format!("; it said: {said}")).unwrap_or_default(),
                )
            }
            Some(_) => "the process ended well and said nothing".to_owned(),
        };
        let failed = |detail: String, panics: Vec<String>| Done {
            verdict: Verdict::Failed,
            detail,
            panics,
            description: None,
        };
        let ended = !well || done.is_none();
        let done = match done {
            Some(done) if well => done,
            Some(done) => failed(happened, done.panics),
            None => failed(happened, Vec::new()),
        };
        Ran { done, ended, seconds, printed: first_line(&folder.join("stdout")) }
    }
}

/// Waits until the process ends, or kills it and its group at the deadline.
fn wait(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    let mut pause = Duration::from_micros(500);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(10));
    }
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // The process has not been waited for, so its number is still its own.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

/// What a test told.
struct Told {
    at: Option<String>,
    done: Option<Done>,
}

fn told(path: PathBuf) -> Told {
    let mut told = Told { at: None, done: None };
    for line in fs::read_to_string(path).unwrap_or_default().lines() {
        match serde_json::from_str(line) {
            Ok(Line::At(at)) => told.at = Some(at),
            Ok(Line::Done(done)) => told.done = Some(done),
            // The process ended while it wrote.
            Err(_) => {}
        }
    }
    told
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

fn ending(status: ExitStatus) -> String {
    let name = |signal| match signal {
        4 => " (illegal instruction)",
        6 => " (abort)",
        7 => " (bus error)",
        8 => " (arithmetic)",
        9 => " (killed)",
        11 => " (segmentation fault)",
        15 => " (terminated)",
        _ => "",
    };
    match (signal(status), status.code()) {
        (Some(signal), _) => format!("was ended by signal {signal}{}", name(signal)),
        (None, Some(code)) => format!("ended itself with code {code}"),
        (None, None) => "ended".to_owned(),
    }
}

/// The most bytes of what a process printed that are looked at.
const MOST_PRINTED: usize = 64 << 10;

fn printed(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let tail = &bytes[bytes.len().saturating_sub(MOST_PRINTED)..];
    String::from_utf8_lossy(tail).into_owned()
}

/// The last lines that are not empty: what a process says before it ends is often more than one.
fn last_lines(path: &Path) -> Option<String> {
    let text = printed(path);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(2)..].join(" / ");
    (!last.is_empty()).then(|| one_line(&last))
}

fn first_line(path: &Path) -> Option<String> {
    printed(path).lines().find(|line| !line.trim().is_empty()).map(one_line)
}

/// One line of bounded length, whatever was written.
pub(crate) fn one_line(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect()
}
