//! Plugins that misbehave on purpose. Each breaks one promise of the contract,
//! so that tests can see the host, or the conformance kit, notice it and go on.
//!
//! Apart from their one fault they are right: they refuse what the contract
//! says must be refused, and where they answer, they answer a plain 0.5 in the
//! channel `badness`.
//!
//! | module | holds |
//! |---|---|
//! | `ends` | the faults that end, hold or fill a process |
//! | `scorers` | scorers whose fault shows in one call |
//! | `habits` | scorers whose fault shows only in several calls, or beside a call |
//! | `allocators` | allocators |
//! | `reach` | a scorer and an allocator that reach for files, the network, other processes |
//! | `random` | a scorer and an allocator with another fault at every call, for stress |
//!
//! What cannot share a library with others (a wrong manifest, a constructor
//! that aborts) is in `examples/`, a library each.
//!
//! Unsafe code is allowed here: several of the promises are about memory, and
//! only unsafe code can break them.

mod allocators;
mod ends;
mod habits;
mod random;
mod reach;
mod scorers;

use allocators::{BadAllocatorHang, BadAllocatorSegfault, BadBounds, BadFault, BadLength, BadPanic, BadSum};
use habits::{BadBatch, BadFeed, BadFickle, BadLeak, BadPlan, BadSleepy, BadThreads, BadTwins};
use random::{BadRandom, BadRandomAllocator};
use reach::{BadReach, BadReachAllocator};
use scorers::{
    BadAbort, BadExit, BadHang, BadInput, BadLate, BadMemory, BadNan, BadOverrun, BadScale, BadScorerFault,
    BadScorerPanic, BadSegfault, BadUnwritten,
};

arrcoc_sdk::export_plugin! {
    id: "bad",
    vendor: "The ARR-COC developers",
    scorers: [
        BadNan, BadUnwritten, BadScale, BadScorerFault, BadScorerPanic, BadSegfault, BadAbort, BadExit, BadHang,
        BadLate, BadMemory, BadOverrun, BadInput, BadPlan, BadFickle, BadLeak, BadThreads, BadBatch, BadTwins,
        BadSleepy, BadFeed, BadRandom, BadReach,
    ],
    allocators: [
        BadSum, BadBounds, BadLength, BadFault, BadPanic, BadAllocatorSegfault, BadAllocatorHang,
        BadRandomAllocator, BadReachAllocator,
    ],
}
