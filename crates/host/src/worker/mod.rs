//! The level in a process of its own: what crashes, hangs, exits or eats memory
//! there ends that process and nothing else.
//!
//! The two sides and what is between them:
//!
//! ```text
//! host                                        arrcoc-worker
//! remote   a scorer or allocator, by number   serve    the real ones, by the same numbers
//! plant    its library, and who has the seat
//! process  launches, waits, stops, buries     serve    the loop that answers
//! channel  one message each way ───────────── channel
//! protocol what the messages say              protocol
//! ```
//!
//! - **One process a library**, started when the library is looked at and kept.
//!   It answers one call after the other. When it ends, the next call starts
//!   another and makes the instance anew; states of the old one are gone.
//! - **The channel** is a pair of sequenced-packet sockets; the worker's end is
//!   its descriptor 0. A message is a JSON head and the tensors behind it; what
//!   is too long for a packet goes into sealed memory whose descriptor is sent.
//! - **Large inputs are copied once**, into sealed memory that lies on the
//!   tensor's [`Shelf`](arrcoc_sdk::shelf::Shelf), and every worker maps that.
//! - **Nothing that comes back is mapped**: it is copied out first and checked
//!   afterwards, so a worker cannot change what was checked, nor shorten memory
//!   under the host's feet.
//! - **The host waits in its own thread**, for an answer, for the deadline, and
//!   for what the worker says on stderr, whose end becomes part of the reason.
//!   At the deadline the cancel flag is set; a moment later the process group is
//!   killed.
//! - **In a sandbox**, where a library is not trusted at all, the worker enters `sandbox` before it maps the library,
//!   and the host, while it waits, answers for the kernel what is refused.
//! - **No orphans**: a thread in the worker watches for the other end of the
//!   channel to close, as it does however the host ends, and kills the group.

mod channel;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod plant;
mod process;
mod protocol;
mod remote;
mod sandbox;
mod serve;

pub(crate) use plant::Plant;
pub(crate) use remote::{RemoteAllocator, RemoteScorer};
pub use serve::serve;
