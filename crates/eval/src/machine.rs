//! Where a run took place, and what this machine lacks. What is lacking is
//! listed with its reason and is no failure.

use arrcoc_host::{Catalogue, NameError};
use serde::Serialize;

/// A machine, in what matters for numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Machine {
    pub(crate) os: &'static str,
    pub(crate) arch: &'static str,
    /// The processor's name; empty where the system does not tell.
    pub(crate) processor: String,
    pub(crate) cores: usize,
    /// Memory in MiB; 0 where the system does not tell.
    pub(crate) memory_mib: u64,
}

impl Machine {
    /// This machine.
    pub(crate) fn here() -> Machine {
        let field = |file: &str, name: &str| -> Option<String> {
            let text = std::fs::read_to_string(file).ok()?;
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let memory = field("/proc/meminfo", "MemTotal");
        let kib = memory.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
        Machine {
            os: std::env::consts::OS,
            arch: std::env::consts::ARCH,
            processor: field("/proc/cpuinfo", "model name").unwrap_or_default(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: kib.unwrap_or(0) / 1024,
        }
    }

    /// One line.
    pub(crate) fn line(&self) -> String {
        let processor = if self.processor.is_empty() { self.arch } else { &self.processor };
        format!("{processor}, {} cores, {} MiB, {}", self.cores, self.memory_mib, self.os)
    }
}

/// Backends that can be compared, when a plugin offers them. Methods run on the first that can.
const BACKENDS: [&str; 3] = ["cpu", "wgpu", "cuda"];

/// What stands for all of them.
const ALL: &str = "all";

/// Which backends to compare: ids with commas between them, or `all`, as nothing is.
///
/// # Errors
/// When a name is no backend, with the nearest.
pub(crate) fn wanted(names: &str) -> Result<Vec<&'static str>, NameError> {
    let names: Vec<&str> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if let Some(unknown) = names.iter().find(|name| !BACKENDS.contains(name) && **name != ALL) {
        return Err(NameError::new("backend", unknown, BACKENDS.into_iter().chain([ALL])));
    }
    let all = names.is_empty() || names.contains(&ALL);
    Ok(BACKENDS.into_iter().filter(|backend| all || names.contains(backend)).collect())
}

/// The backends that are measured of those that are wanted, and all that are not with the reason.
pub(crate) fn backends(catalogue: &Catalogue, wanted: &[&str]) -> (Vec<String>, Vec<String>) {
    let (mut measured, mut missing) = (Vec::new(), Vec::new());
    for backend in BACKENDS {
        match catalogue.scorers().find(|scorer| scorer.id == backend) {
            _ if !wanted.contains(&backend) => missing.push(format!("backend `{backend}`: not asked for")),
            None => missing.push(format!("backend `{backend}`: no plugin offers it")),
            Some(info) => match info.unavailable() {
                Some(reason) => missing.push(format!("backend `{backend}`: {reason}")),
                None => measured.push(backend.to_owned()),
            },
        }
    }
    (measured, missing)
}
