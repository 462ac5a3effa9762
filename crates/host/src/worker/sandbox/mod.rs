//! The sandbox: what a process may do in which a library runs that nobody vouches for.
//!
//! A worker enters it after it was told which library it gets and before it maps it, so that static constructors
//! run inside. It cannot be left: what is taken away is taken from the process, by the kernel.
//!
//! | what is held | how |
//! |---|---|
//! | system calls | a list of what computing takes ([`filter`]); anything else is refused: no network, no other programs or processes, no signals to others, no changes of files, limits, owners or mounts |
//! | files | Landlock (kernel 5.13): the system's libraries, what describes the processor, and the paths that were given as parameters can be read; nothing can be written |
//! | privileges | none can be gained (`no_new_privs`), and a worker that is started by root gives its capabilities up |
//! | memory | private data, as in every worker; addresses; and one file in memory, for long answers |
//! | processor time | renewed by the host while it asks ([`super::process`]) |
//! | what the host knows | the environment is empty, and no descriptors but the channel and stderr |
//!
//! What is not on the list is not refused by the kernel right away: it asks the host ([`guard`]), which refuses and
//! writes it down. So what a library tried is in the record of the decision, in words that the library had no hand in.
//!
//! What the machine cannot hold is said when the library is looked at.
//!
//! To have threads is allowed, and to look at what is in its own memory; that files exist, and how large they are, can
//! be learned, for neither Landlock nor a filter of system calls keeps that.

mod filter;
mod guard;

use std::{collections::BTreeSet, fs, io, os::fd::OwnedFd, path::Path};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetStatus, Scope, make_bitflags, path_beneath_rules,
};
use rustix::{
    process::{Resource, Rlimit, setrlimit},
    thread::{CapabilitySet, CapabilitySets, set_capabilities},
};

pub(super) use guard::Guard;

/// What every library may read: the system's libraries and where the linker looks them up, and what tells a
/// library on what it runs.
const SYSTEM: [&str; 16] = [
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/dev/null",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
    "/proc/self/cgroup",
    "/proc/cpuinfo",
    "/proc/meminfo",
];

/// Addresses that may be mapped beside private data: tensors, libraries, what allocators set aside and do not use.
const ADDRESSES_BESIDE: u64 = 8 << 30;
/// Most descriptors.
const DESCRIPTORS: u64 = 1024;

/// What a library may read that was given no paths.
pub(super) fn system_paths() -> BTreeSet<String> {
    let mut paths: BTreeSet<String> = SYSTEM.iter().map(|path| (*path).to_owned()).collect();
    // Where this system has its libraries may be elsewhere altogether.
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let files = maps.lines().filter_map(|line| line.splitn(6, ' ').nth(5)).map(str::trim_start);
    let libraries = files.filter(|file| file.starts_with('/') && file.contains(".so"));
    paths.extend(libraries.filter_map(|file| Some(Path::new(file).parent()?.to_str()?.to_owned())));
    paths
}

/// What came of entering.
pub(super) struct Entered {
    /// Where what is refused is asked for, for the host.
    pub(super) listener: Option<OwnedFd>,
    /// What this machine does not hold, and why.
    pub(super) lacks: Vec<String>,
}

/// Enters, for good. Only this thread is held, and those that it starts: there must be no other.
pub(super) fn enter(readable: &[String], memory: u64) -> Entered {
    let mut lacks = Vec::new();
    let mut lack = |what: &str, why: String| lacks.push(format!("{what} ({why})"));
    if let Err(e) = limit(memory) {
        lack("addresses", e.to_string());
    }
    if let Err(why) = hold_files(readable) {
        lack("files", why);
    }
    if let Err(e) = give_up_privileges() {
        lack("privileges", e.to_string());
    }
    let listener = match filter::install() {
        Ok(Ok(listener)) => Some(listener),
        Ok(Err(why)) => {
            lack("the record of what it tries", why);
            None
        }
        Err(why) => {
            lack("system calls", why);
            None
        }
    };
    Entered { listener, lacks }
}

fn limit(memory: u64) -> io::Result<()> {
    let both = |most| Rlimit { current: Some(most), maximum: Some(most) };
    setrlimit(Resource::As, both(memory.saturating_add(ADDRESSES_BESIDE)))?;
    setrlimit(Resource::Fsize, both(memory))?;
    setrlimit(Resource::Nofile, both(DESCRIPTORS))?;
    Ok(())
}

/// Sees to it that nothing can be opened but for reading, below these paths.
fn hold_files(readable: &[String]) -> Result<(), String> {
    // What the rules were written for; a kernel that knows less holds less, and the filter holds that.
    let abi = ABI::V6;
    let read = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    let ruled = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(abi)))
        .and_then(|rules| rules.scope(Scope::from_all(abi)))
        .and_then(Ruleset::create)
        .and_then(|rules| rules.add_rules(path_beneath_rules(readable, read)))
        .and_then(landlock::RulesetCreated::restrict_self);
    match ruled {
        Ok(status) if status.ruleset != RulesetStatus::NotEnforced => Ok(()),
        Ok(_) => Err("this kernel has no Landlock, or it is turned off".into()),
        Err(e) => Err(e.to_string()),
    }
}

fn give_up_privileges() -> io::Result<()> {
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    Ok(())
}
