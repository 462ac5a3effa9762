//! The faults that end, hold or fill a process, and those that write where
//! nothing may be written: what a scorer, an allocator and the random ones of
//! both share.

use std::time::{Duration, Instant};

use arrcoc_sdk::prelude::*;

/// Writes to an address that no process has.
pub(crate) fn segfault() {
    let nowhere = std::ptr::without_provenance_mut::<u8>(8);
    // SAFETY: none; the segmentation fault is what this is for.
    unsafe { nowhere.write_volatile(1) };
}

/// Never returns, deaf to cancel and deadline.
pub(crate) fn hang() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Lets the deadline pass by 60 ms, or takes 200 ms where there is none. It does look at `cancel`.
pub(crate) fn late(call: &Call<'_>) -> Result<(), Fault> {
    let wait = call.remaining().map_or(Duration::from_millis(200), |left| left + Duration::from_millis(60));
    let end = Instant::now() + wait;
    while Instant::now() < end {
        if call.cancelled() {
            return Err(Fault::new(FaultCode::CANCELLED, "the host asked the call to stop"));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// Takes memory, and touches it, without end.
pub(crate) fn memory() -> ! {
    let mut held: Vec<Vec<u8>> = Vec::new();
    loop {
        held.push(vec![1; 16 << 20]);
        std::hint::black_box(&held);
    }
}

/// Writes 8 bytes beyond the end of memory that is to be written.
pub(crate) fn overrun(badness: &mut [f32]) {
    let end = badness.as_mut_ptr_range().end.cast::<[u8; 8]>();
    // SAFETY: none; the memory beyond belongs to somebody else, which is what this is for.
    unsafe { end.write_volatile([63; 8]) };
}

/// Writes to memory that is only to be read.
pub(crate) fn write_to_input(bytes: &[u8]) {
    let first = bytes.as_ptr().cast_mut();
    // SAFETY: none; nobody may write to it, which is what this is for.
    unsafe { first.write_volatile(first.read_volatile().wrapping_add(1)) };
}
