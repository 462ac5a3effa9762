//! One engine in a process of its own, so that it is cold, and so that the
//! memory it takes is its own.
//!
//! The parent writes a [`Probe`] to the standard input of this same program,
//! and reads what was [`Found`] from its standard output.

use std::{
    ffi::OsStr,
    io::{Read as _, Write as _},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use arrcoc::{Bounds, Engine, Error, Grid, Photo};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    method::{Decider, Recorded},
    suite::{self, Size},
};

/// The first argument by which this program knows that it is to be a probe.
pub const ARGUMENT: &str = "probe";

/// Decisions after the first one.
const WARM: usize = 5;

/// What a probe is to do.
#[derive(Serialize, Deserialize)]
pub(crate) struct Probe {
    decider: Recorded,
    width: u32,
    height: u32,
    rows: u32,
    cols: u32,
    bounds: [u32; 2],
    average: f64,
}

/// What a probe found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Found {
    /// Milliseconds to find the plugins and to load them.
    pub(crate) open_ms: f64,
    /// Milliseconds of the first decision.
    pub(crate) first_ms: f64,
    /// Milliseconds of a decision after it, as the median.
    pub(crate) warm_ms: f64,
    /// MiB of resident memory at most, beyond what there was with the image before the first decision; none where
    /// the system does not tell.
    pub(crate) memory_beside_mib: Option<f64>,
}

impl Probe {
    pub(crate) fn new(decider: &Decider, size: Size, grid: Grid, bounds: Bounds, average: f64) -> Probe {
        Probe {
            decider: decider.recorded(),
            width: size.width,
            height: size.height,
            rows: grid.rows,
            cols: grid.cols,
            bounds: [bounds.min(), bounds.max()],
            average,
        }
    }
}

/// Runs a probe in a process of its own.
///
/// # Errors
/// One line: why there is no result.
pub(crate) fn launch(probe: &Probe, deadline: Duration) -> Result<Found, String> {
    let say = |what: &str, e: &dyn std::fmt::Display| format!("the probe {what}: {e}");
    let mut child = start(&[ARGUMENT.as_ref()], Stdio::null(), probe)
        .map_err(|reason| say("cannot be asked", &reason))?;
    let (sender, answer) = mpsc::channel();
    if let Some(mut output) = child.stdout.take() {
        thread::spawn(move || {
            let mut text = String::new();
            let _ = output.read_to_string(&mut text);
            let _ = sender.send(text);
        });
    }
    let Ok(text) = answer.recv_timeout(deadline) else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("the probe took longer than {} s and was ended", deadline.as_secs()));
    };
    let status = child.wait().map_err(|e| say("cannot be waited for", &e))?;
    if !status.success() {
        let reason = text.lines().last().unwrap_or_default();
        return Err(format!("the probe ended with {status}: {reason}"));
    }
    serde_json::from_str(&text).map_err(|e| say("answered with something else", &e))
}

/// This program again, with these arguments and a request on its standard input; what it answers can be read.
///
/// # Errors
/// One line: why it does not run.
pub(crate) fn start(arguments: &[&OsStr], stderr: Stdio, request: &impl Serialize) -> Result<Child, String> {
    let say = |what: &str, e: &dyn std::fmt::Display| format!("{what}: {e}");
    let program = std::env::current_exe().map_err(|e| say("this program cannot be found", &e))?;
    let request = serde_json::to_vec(request).map_err(|e| say("the request cannot be written", &e))?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()
        .map_err(|e| say("it cannot be started", &e))?;
    // The request is far smaller than what a pipe holds.
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(&request);
    }
    Ok(child)
}

/// The request that [`start`] wrote, in the process that it started.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn request<T: DeserializeOwned>() -> Result<T, Error> {
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    let unclear = |e: &dyn std::fmt::Display| {
        Error::new(format!("the request cannot be read: {e}"), "it comes from a run")
    };
    read.map_err(|e| unclear(&e))?;
    serde_json::from_str(&text).map_err(|e| unclear(&e))
}

/// What a probe process does: a request from standard input, the result to standard output.
///
/// # Errors
/// When the request cannot be read or carried out.
pub fn answer() -> Result<String, Error> {
    let found = request::<Probe>()?.run()?;
    serde_json::to_string(&found)
        .map_err(|e| Error::new(format!("the result cannot be written: {e}"), "report this"))
}

impl Probe {
    fn run(self) -> Result<Found, Error> {
        let grid = Grid::new(self.rows, self.cols)?;
        let photo = photo(self.width, self.height)?;
        let policy = suite::policy(Bounds::new(self.bounds[0], self.bounds[1])?, self.average);
        let sees_answer = self.decider.sees_answer;
        let config = self.decider.config()?;
        let opened = Instant::now();
        let engine = Engine::open(config)?;
        let open_ms = millis(opened);
        let answer: Vec<u8> = (0..grid.patches()).map(|patch| u8::from(patch == 0)).collect();
        let request = crate::method::request(&photo, grid, policy, sees_answer.then_some(&answer))?;
        drop(photo);
        let before = memory::now();
        let first = Instant::now();
        engine.allocate(&request)?;
        let first_ms = millis(first);
        let mut warm = Vec::with_capacity(WARM);
        for _ in 0..WARM {
            let begun = Instant::now();
            engine.allocate(&request)?;
            warm.push(millis(begun));
        }
        warm.sort_by(f64::total_cmp);
        let memory_beside_mib =
            memory::most().zip(before).map(|(most, before)| most.saturating_sub(before) as f64 / 1024.0);
        Ok(Found { open_ms, first_ms, warm_ms: warm[WARM / 2], memory_beside_mib })
    }
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// An image of a size that no generator draws, with edges at every scale: three gratings, each finer than the last.
fn photo(width: u32, height: u32) -> Result<Photo, Error> {
    let mut rgb = Vec::with_capacity(3 * width as usize * height as usize);
    for y in 0..height {
        for x in 0..width {
            let grating = |period: u32| if (x / period + y / period).is_multiple_of(2) { 80 } else { 0 };
            let value = 20 + (grating(211) + grating(37) + grating(5)) as u8;
            rgb.extend([value, value / 2 + 60, 255 - value]);
        }
    }
    Photo::from_rgb(width, height, rgb)
}

/// Resident memory of this process in KiB, where the system tells.
mod memory {
    use std::path::Path;

    fn field(name: &str) -> Option<u64> {
        let text = std::fs::read_to_string(Path::new("/proc/self/status")).ok()?;
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    /// Now; the greatest so far is forgotten.
    pub(super) fn now() -> Option<u64> {
        // Documented in proc(5): 5 resets the peak resident set size to the current one.
        std::fs::write("/proc/self/clear_refs", "5").ok()?;
        field("VmRSS:")
    }

    /// The greatest since then.
    pub(super) fn most() -> Option<u64> {
        field("VmHWM:")
    }
}
