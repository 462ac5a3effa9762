//! Memory behind a descriptor: what one process has written and every other
//! can map.
//!
//! Sealed memory cannot be changed by anybody any more, the writer included.
//! Memory that both sides write is sealed against changes of its size alone, so
//! that touching a mapping of it cannot end a process.

use std::{
    fs::File,
    io::{self, Write as _},
    os::fd::OwnedFd,
};

use memmap2::{Mmap, MmapRaw};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

/// A descriptor of memory that holds these bytes, one part after the other, sealed.
pub(crate) fn sealed(name: &str, parts: &[&[u8]]) -> io::Result<OwnedFd> {
    let mut file = File::from(memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
    parts.iter().try_for_each(|part| file.write_all(part))?;
    fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(file.into())
}

/// A descriptor of memory of this size, all zeros, that both sides may write and neither resize.
pub(crate) fn shared(name: &str, bytes: u64) -> io::Result<OwnedFd> {
    let file = File::from(memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
    file.set_len(bytes)?;
    fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(file.into())
}

/// A file in memory, to be written anew for each message.
pub(crate) fn scratch(name: &str) -> io::Result<File> {
    Ok(memfd_create(name, MemfdFlags::CLOEXEC)?.into())
}

/// Maps sealed memory for reading.
pub(crate) fn map(fd: &OwnedFd) -> io::Result<Mmap> {
    // SAFETY: nobody can change or shorten what is sealed, and only such
    // descriptors come here: the host's own, sent to its worker.
    unsafe { Mmap::map(fd) }
}

/// Maps memory that both sides write. It is only touched atomically.
pub(crate) fn map_shared(fd: &OwnedFd) -> io::Result<MmapRaw> {
    MmapRaw::map_raw(fd)
}
