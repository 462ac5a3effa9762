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

/// The backends that are measured, and those that are not with the reason. `wanted` are ids with commas between them, or
/// `all`, as nothing is.
///
/// # Errors
/// When a name is no backend, with the nearest.
pub(crate) fn backends(catalogue: &Catalogue, wanted: &str) -> Result<(Vec<String>, Vec<String>), NameError> {
    let wanted: Vec<&str> = wanted.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if let Some(unknown) = wanted.iter().find(|name| !BACKENDS.contains(name) && **name != ALL) {
        return Err(NameError::new("backend", unknown, BACKENDS.into_iter().chain([ALL])));
    }
    let all = wanted.is_empty() || wanted.contains(&ALL);
    let (mut measured, mut missing) = (Vec::new(), Vec::new());
    for backend in BACKENDS {
        match catalogue.scorers().find(|scorer| scorer.id == backend) {
            None => missing.push(format!("backend `{backend}`: no plugin offers it")),
            Some(info) => match info.unavailable() {
                Some(reason) => missing.push(format!("backend `{backend}`: {reason}")),
                None if all || wanted.contains(&backend) => measured.push(backend.to_owned()),
                None => missing.push(format!("backend `{backend}`: not asked for")),
            },
        }
    }
    Ok((measured, missing))
}
