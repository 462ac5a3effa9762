//! Where plugins run, and what they are held to there.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{breaker::Patience, vet::Identity};

/// Where a plugin runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Level {
    /// In this process: a crash there is a crash here.
    InProcess,
    /// In a process of its own.
    Worker,
    /// In a process of its own that can compute and little else: no network, no other programs, no files but those that
    /// are given to it as parameters. On Linux, on x86-64, AArch64 and RISC-V.
    Sandbox,
}

impl Level {
    /// Every level, by name.
    pub const ALL: [Level; 3] = [Level::InProcess, Level::Worker, Level::Sandbox];

    /// Its name on the command line and in lists.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Level::InProcess => "inproc",
            Level::Worker => "worker",
            Level::Sandbox => "sandbox",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Name of the variable that names the worker's executable.
pub const WORKER: &str = "ARRCOC_WORKER";
/// The worker's executable, beside the host's.
const EXECUTABLE: &str = "arrcoc-worker";
/// The list of the libraries that were built with the host, in `plugins/` beside it: a line for each, its BLAKE3
/// in hexadecimal and its name.
pub const SHIPPED: &str = "shipped.b3";

/// Whether there are sandboxes on this kind of machine.
pub(crate) const SANDBOXES: bool = cfg!(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
));

/// Where plugins run, and what they are held to there.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Isolation {
    /// The level of every plugin; `None` for the one that goes with where it comes from: [`Level::InProcess`] where a
    /// library is on the list of those that were built with the host and drives no device, [`Level::Worker`] where it
    /// drives one, [`Level::Sandbox`] for every other.
    pub level: Option<Level>,
    /// The level of the library with an id, whatever holds for the others.
    pub by_id: BTreeMap<String, Level>,
    /// The worker's executable; `None` for `arrcoc-worker` beside the host's.
    pub worker: Option<PathBuf>,
    /// The folder with the list of the libraries that were built with the host; `None` for `plugins/` beside the
    /// host's executable.
    pub shipped: Option<PathBuf>,
    /// Most memory of a worker, in bytes: of its private data, and of all that it has resident.
    pub memory: u64,
    /// Longest that a library may take to load and describe itself.
    pub start: Duration,
    /// Longest that a call may take that has no deadline of its own. In a sandbox a process may take as much processor
    /// time for each thread that it is granted, and a second more, each time it is asked.
    pub call: Duration,
    /// What a plugin's failures lead to; `None` for nothing.
    pub patience: Option<Patience>,
}

impl Default for Isolation {
    fn default() -> Isolation {
        Isolation {
            level: None,
            by_id: BTreeMap::new(),
            worker: None,
            shipped: None,
            memory: 4 << 30,
            start: Duration::from_secs(10),
            call: Duration::from_secs(60),
            patience: Some(Patience::default()),
        }
    }
}

impl Isolation {
    /// The level of a library with this id and hash. A driver may take its process with it, whoever built the library, and
    /// works in no sandbox.
    pub(crate) fn level_of(
        &self,
        identity: &Identity,
        drives_device: bool,
        shipped: &BTreeSet<String>,
    ) -> Level {
        let by_itself = match (drives_device, shipped.contains(&identity.blake3)) {
            (true, _) => Level::Worker,
            (false, true) => Level::InProcess,
            (false, false) if SANDBOXES => Level::Sandbox,
            (false, false) => Level::Worker,
        };
        self.by_id.get(&identity.id).copied().or(self.level).unwrap_or(by_itself)
    }

    /// The worker's executable: as given, as the variable says, or beside this one.
    pub(crate) fn executable(&self) -> PathBuf {
        if let Some(path) = &self.worker {
            return path.clone();
        }
        if let Some(path) = env::var_os(WORKER).filter(|path| !path.is_empty()) {
            return path.into();
        }
        beside_this(Path::new(&format!("{EXECUTABLE}{}", env::consts::EXE_SUFFIX)))
    }

    /// The hashes of the libraries that were built with the host; none where there is no list.
    pub(crate) fn shipped(&self) -> BTreeSet<String> {
        let list = match &self.shipped {
            Some(folder) => folder.join(SHIPPED),
            None => beside_this(&Path::new("plugins").join(SHIPPED)),
        };
        let text = std::fs::read_to_string(list).unwrap_or_default();
        let hashes = text.lines().filter_map(|line| line.split_whitespace().next());
        hashes.map(str::to_owned).collect()
    }
}

/// A file beside this executable, or beside the folder that it is in, where tests and examples are built.
pub(crate) fn beside_this(name: &Path) -> PathBuf {
    let exe = env::current_exe().and_then(|exe| exe.canonicalize()).unwrap_or_default();
    let folder = exe.parent().unwrap_or(Path::new(""));
    let above = folder.parent().map(|above| above.join(name));
    let beside = folder.join(name);
    match above {
        Some(above) if !beside.exists() && above.exists() => above,
        _ => beside,
    }
}
