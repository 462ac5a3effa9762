//! The side of the kit that runs plugin code: one test, in a process that may
//! end at any moment.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    path::Path,
    process::ExitCode,
};

use crate::{
    bench::{Bench, failed},
    checks,
};

/// The first argument of a process that runs one test.
pub(crate) const INSIDE: &str = "--inside";

/// Name of the file that the outcome is told to, in the folder of the test.
pub(crate) const TOLD: &str = "told";

/// What such a process is told, in the order of its arguments.
pub(crate) struct Task<'a> {
    pub(crate) check: &'a str,
    /// The scorer or allocator; empty for a test of the file.
    pub(crate) part: &'a str,
    pub(crate) lenient: bool,
    /// Most memory, in MiB; 0 for no limit.
    pub(crate) memory: u64,
    /// Of the file that was vetted.
    pub(crate) blake3: &'a str,
    pub(crate) folder: &'a Path,
    pub(crate) plugin: &'a Path,
}

impl Task<'_> {
    pub(crate) fn arguments(&self) -> [OsString; 8] {
        [
            INSIDE.into(),
            self.check.into(),
            self.part.into(),
            if self.lenient { "lenient" } else { "strict" }.into(),
            self.memory.to_string().into(),
            self.blake3.into(),
            self.folder.into(),
            self.plugin.into(),
        ]
    }

    fn read(arguments: &[OsString]) -> Option<Task<'_>> {
        let [check, part, lenient, memory, blake3, folder, plugin] = arguments else { return None };
        Some(Task {
            check: check.to_str()?,
            part: part.to_str()?,
            lenient: lenient == "lenient",
            memory: memory.to_str()?.parse().ok()?,
            blake3: blake3.to_str()?,
            folder: Path::new(folder),
            plugin: Path::new(plugin),
        })
    }
}

/// Runs one test when the arguments of this process say so, and `None` when
/// they do not. A program that calls [`run`](crate::run) without naming
/// another one in [`Options::program`](crate::Options) calls this first in
/// `main`, because the kit starts that very program for each test.
#[must_use]
pub fn inside() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().as_deref() != Some(OsStr::new(INSIDE)) {
        return None;
    }
    let arguments: Vec<OsString> = arguments.collect();
    let code = Task::read(&arguments).and_then(|task| one(&task));
    Some(if code.is_some() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

fn one(task: &Task<'_>) -> Option<()> {
    let check = checks::named(task.check)?;
    let telling = File::options().append(true).create(true).open(task.folder.join(TOLD)).ok()?;
    limit(task.memory);
    let vetted = arrcoc_host::vet::vet(task.plugin).ok()?;
    let same = vetted.identity().blake3 == task.blake3;
    let bench = Bench::new(vetted, task.part.to_owned(), task.lenient, task.folder, telling);
    bench.done(match check.run {
        _ if !same => failed("the file changed while it was tested"),
        Some(run) => run(&bench),
        None => failed("this test runs no plugin code"),
    });
    Some(())
}

/// Ends with the kit, leaves no core file, and has an end to its memory.
#[cfg(unix)]
fn limit(memory: u64) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    // A limit that cannot be set is one that a stricter limit is already in the place of.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    if memory > 0 {
        let bytes = memory.saturating_mul(1 << 20);
        let _ = setrlimit(Resource::Data, Rlimit { current: Some(bytes), maximum: Some(bytes) });
    }
}

#[cfg(not(unix))]
fn limit(_: u64) {}
