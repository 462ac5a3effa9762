//! What a process can be seen to hold: threads, open descriptors, memory, the
//! files of a folder. From `/proc`, so on Linux; elsewhere nothing is seen, and
//! the tests that need it say so.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const STATUS: &str = "/proc/self/status";

/// Threads of this process; `None` where it cannot be seen.
pub(crate) fn threads() -> Option<usize> {
    Some(fs::read_dir("/proc/self/task").ok()?.count())
}

/// Threads of this process, once no more than `expected` are left or 200 ms are over: a thread that was joined may be
/// seen a moment longer.
pub(crate) fn threads_settled(expected: usize) -> Option<usize> {
    let end = Instant::now() + Duration::from_millis(200);
    loop {
        let now = threads()?;
        if now <= expected || Instant::now() >= end {
            return Some(now);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Open descriptors of this process, but those of sealed copies of plugins, which the host keeps.
pub(crate) fn descriptors() -> Option<usize> {
    let entries = fs::read_dir("/proc/self/fd").ok()?;
    let targets = entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    Some(targets.filter(|target| !target.to_string_lossy().starts_with("/memfd:")).count())
}

/// Resident memory of this process, in KiB.
pub(crate) fn resident() -> Option<u64> {
    let status = fs::read_to_string(STATUS).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// How long the calling thread has been ready to run without a processor to run on; nothing where it is not seen.
pub(crate) fn waited() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().nth(1).and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

/// Every file and folder below a folder.
pub(crate) fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path.clone());
            }
            found.insert(path);
        }
    }
    found
}

/// What each thread of this process has asked of processors so far: the time it ran, and that for which it was ready to.
/// A thread that sleeps asks nothing.
pub(crate) fn asked() -> BTreeMap<OsString, Duration> {
    let mut asked = BTreeMap::new();
    for entry in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let text = fs::read_to_string(entry.path().join("schedstat")).unwrap_or_default();
        let times = text.split_whitespace().take(2).filter_map(|number| number.parse::<u64>().ok());
        asked.insert(entry.file_name(), Duration::from_nanos(times.sum()));
    }
    asked
}

/// Processor time that this process has used so far, of threads that have ended too; `None` where it is not seen.
#[cfg(unix)]
pub(crate) fn processor_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

/// Processor time that this process has used so far.
#[cfg(not(unix))]
pub(crate) fn processor_time() -> Option<Duration> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_seen() {
        assert!(threads().unwrap() >= 1 && descriptors().unwrap() >= 3 && resident().unwrap() > 100);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/b"), "").unwrap();
        assert_eq!(files(folder.path()).len(), 2);
    }

    #[test]
    fn a_thread_that_works_is_told_from_one_that_sleeps() {
        let (before, time) = (asked(), processor_time().unwrap());
        let end = Instant::now() + Duration::from_millis(20);
        while Instant::now() < end {
            std::hint::spin_loop();
        }
        let own = fs::read_link("/proc/thread-self").unwrap();
        let own = own.file_name().unwrap();
        assert!(asked()[own] - before[own] >= Duration::from_millis(10));
        assert!(processor_time().unwrap() > time);
    }
}
