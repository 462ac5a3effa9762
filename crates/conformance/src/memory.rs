//! Memory that tells when somebody goes where he has no business.
//!
//! A tensor's memory ends exactly at the end of a page. What follows is a page
//! that nobody may touch ([`Edge::Guard`]), so that a write beyond the end, or a
//! read, ends the process on the spot; or a page that anybody may touch
//! ([`Edge::Slack`]), so that such a write does no harm. A page before the tensor
//! holds a known pattern. A tensor that is only to be read can be mapped
//! read-only for the time of a call.
//!
//! The tensor keeps the alignment of its elements and no more, because the
//! contract promises no more.
//!
//! On systems other than Linux there are no guard pages: the memory before and
//! behind holds a pattern, which is looked at after the call.

use std::io;

/// What follows a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// Memory of nobody that may be overwritten.
    Slack,
    /// Memory that may not be touched.
    Guard,
}

/// Whether this system has guard pages.
pub(crate) const GUARDED: bool = cfg!(target_os = "linux");

/// What lies around a tensor.
const CANARY: u8 = 0xc7;

#[cfg(target_os = "linux")]
pub(crate) use mapped::{Block, Sealed};
#[cfg(not(target_os = "linux"))]
pub(crate) use plain::{Block, Sealed};

/// Where a pattern was overwritten, as a distance from its nearer end to the tensor.
fn overwritten(before: &[u8], behind: &[u8]) -> Option<String> {
    let of = |bytes: &[u8]| bytes.iter().filter(|byte| **byte != CANARY).count();
    match (of(before), of(behind)) {
        (0, 0) => None,
        (0, behind) => Some(format!("{behind} bytes beyond its end were written")),
        (before, _) => Some(format!("{before} bytes before its start were written")),
    }
}

#[cfg(target_os = "linux")]
mod mapped {
    use std::ptr::NonNull;

    use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

    use super::{CANARY, Edge, io, overwritten};

    /// A multiple of the page size of every system that Linux runs on.
    const PAGE: usize = 64 << 10;

    /// The memory of one tensor.
    pub(crate) struct Block {
        base: NonNull<u8>,
        mapped: usize,
        /// Where the tensor starts.
        at: usize,
        bytes: usize,
        edge: Edge,
    }

    // SAFETY: the mapping belongs to the block alone, and is reached through its borrows.
    #[allow(unsafe_code)]
    unsafe impl Send for Block {}
    // SAFETY: as above; shared borrows only read.
    #[allow(unsafe_code)]
    unsafe impl Sync for Block {}

    #[allow(unsafe_code)]
    impl Block {
        /// Memory for `bytes` bytes, a multiple of the size of the tensor's elements.
        pub(crate) fn new(bytes: usize, edge: Edge) -> io::Result<Block> {
            let own = bytes.div_ceil(PAGE) * PAGE;
            let mapped = PAGE + own + PAGE;
            // SAFETY: a new mapping of its own; nothing else knows its address.
            let base = unsafe {
                let flags = ProtFlags::READ | ProtFlags::WRITE;
                mmap_anonymous(std::ptr::null_mut(), mapped, flags, MapFlags::PRIVATE)?
            };
            let base = NonNull::new(base.cast::<u8>()).ok_or(io::ErrorKind::OutOfMemory)?;
            let mut block = Block { base, mapped, at: PAGE + own - bytes, bytes, edge };
            let at = block.at;
            block.all()[..at].fill(CANARY);
            match edge {
                Edge::Slack => block.all()[at + bytes..].fill(CANARY),
                // SAFETY: the last page of this very mapping, which no reference reaches from here on.
                Edge::Guard => unsafe {
                    let guard = block.base.as_ptr().add(mapped - PAGE);
                    mprotect(guard.cast(), PAGE, MprotectFlags::empty())?;
                },
            }
            Ok(block)
        }

        /// All of the mapping; only before the guard is set.
        fn all(&mut self) -> &mut [u8] {
            // SAFETY: the mapping is readable and writable throughout, and borrowed through `self` alone.
            unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr(), self.mapped) }
        }

        /// Part of what may be read.
        fn part(&self, at: usize, bytes: usize) -> &[u8] {
            // SAFETY: callers name parts of the mapping that are readable: the tensor, what lies before it,
            // and what lies behind it unless that is a guard.
            unsafe { std::slice::from_raw_parts(self.base.as_ptr().add(at), bytes) }
        }

        pub(crate) fn bytes(&self) -> &[u8] {
            self.part(self.at, self.bytes)
        }

        pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
            // SAFETY: the tensor's part of the mapping, writable unless it was sealed, which consumes the block.
            unsafe { std::slice::from_raw_parts_mut(self.base.as_ptr().add(self.at), self.bytes) }
        }

        /// Makes the tensor read-only from here on.
        pub(crate) fn sealed(self) -> io::Result<Sealed> {
            // SAFETY: the pages of this mapping before the last one, which nothing borrows mutably any more.
            unsafe { mprotect(self.base.as_ptr().cast(), self.mapped - PAGE, MprotectFlags::READ)? };
            Ok(Sealed(self))
        }

        /// What was written around the tensor.
        pub(crate) fn overwritten(&self) -> Option<String> {
            let behind = match self.edge {
                Edge::Slack => self.part(self.at + self.bytes, PAGE),
                Edge::Guard => &[],
            };
            overwritten(self.part(0, self.at), behind)
        }
    }

    impl Drop for Block {
        #[allow(unsafe_code)]
        fn drop(&mut self) {
            // SAFETY: the mapping that `new` made, with nothing borrowed from it any more. A failure leaves it mapped.
            let _ = unsafe { munmap(self.base.as_ptr().cast(), self.mapped) };
        }
    }

    /// A tensor's memory that cannot be written.
    pub(crate) struct Sealed(Block);

    impl Sealed {
        pub(crate) fn bytes(&self) -> &[u8] {
            self.0.bytes()
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod plain {
    use super::{CANARY, Edge, io, overwritten};

    /// What lies on either side of a tensor, in bytes: a multiple of every alignment.
    const SIDE: usize = 4096;

    /// The memory of one tensor, as words so that it is aligned for every type.
    pub(crate) struct Block {
        words: Vec<u64>,
        bytes: usize,
    }

    impl Block {
        /// Memory for `bytes` bytes. There are no guard pages here: every edge is slack.
        pub(crate) fn new(bytes: usize, _: Edge) -> io::Result<Block> {
            let word = u64::from_ne_bytes([CANARY; 8]);
            Ok(Block { words: vec![word; (2 * SIDE + bytes).div_ceil(8)], bytes })
        }

        pub(crate) fn bytes(&self) -> &[u8] {
            &bytemuck::cast_slice(&self.words)[SIDE..SIDE + self.bytes]
        }

        pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
            &mut bytemuck::cast_slice_mut(&mut self.words)[SIDE..SIDE + self.bytes]
        }

        /// Nothing is made read-only here; what was written is found by comparing.
        pub(crate) fn sealed(self) -> io::Result<Sealed> {
            Ok(Sealed(self))
        }

        /// What was written around the tensor.
        pub(crate) fn overwritten(&self) -> Option<String> {
            let all: &[u8] = bytemuck::cast_slice(&self.words);
            overwritten(&all[..SIDE], &all[SIDE + self.bytes..])
        }
    }

    /// A tensor's memory that is not to be written.
    pub(crate) struct Sealed(Block);

    impl Sealed {
        pub(crate) fn bytes(&self) -> &[u8] {
            self.0.bytes()
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_ends_at_the_edge_and_what_is_written_around_it_is_found() {
        for edge in [Edge::Slack, Edge::Guard] {
            let mut block = Block::new(37 * 8, edge).unwrap();
            block.bytes_mut().fill(1);
            assert_eq!(block.bytes(), [1; 37 * 8]);
            assert!((block.bytes().as_ptr_range().end as usize).is_multiple_of(4096));
            assert_eq!(block.overwritten(), None);
            assert_eq!(block.sealed().unwrap().bytes(), [1; 37 * 8]);
        }
        assert!(Block::new(0, Edge::Guard).unwrap().bytes().is_empty());
    }

    #[test]
    fn both_sides_of_a_tensor_are_looked_at() {
        let clean = [CANARY; 16];
        let mut written = clean;
        written[2..4].fill(0);
        assert_eq!(overwritten(&clean, &clean), None);
        assert_eq!(overwritten(&clean, &written).unwrap(), "2 bytes beyond its end were written");
        assert_eq!(overwritten(&written, &clean).unwrap(), "2 bytes before its start were written");
    }
}
