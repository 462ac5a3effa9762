//! Finds, vets, loads and calls plugins.
//!
//! The way of a plugin into the program, in order:
//!
//! 1. [`search`] says where to look, in a fixed order, never in the working directory.
//! 2. [`vet`] opens a file once and decides from its bytes and its permissions
//!    whether it may be loaded. No code of the file runs here. A [`lock`] file says
//!    which files may, by their hashes.
//! 3. [`load`] maps exactly the bytes that were vetted, checks the layout of
//!    everything that crosses the boundary, and asks the library what it offers.
//! 4. [`catalogue`] holds all that was found, usable or not, each with its
//!    reason, and makes instances by name.
//! 5. [`instance`] is the trait behind which a scorer or allocator runs, whatever
//!    the isolation; [`inproc`] is the level inside this process.
//! 6. [`scorer`] and [`allocator`] call instances and check what comes back:
//!    shape, every element written, every number finite. [`feed`] does that for an
//!    image that comes in bands of rows.
//!
//! Architecture invariant: past `load`, nobody looks at a path or at wire types
//! again; past `scorer`, `feed` and `allocator`, nobody checks a tensor again.

pub mod allocator;
pub mod breaker;
pub mod catalogue;
pub mod feed;
pub mod inproc;
pub mod instance;
pub mod isolation;
pub mod load;
pub mod lock;
#[cfg(target_os = "linux")]
mod memory;
pub mod names;
pub mod notes;
mod plain;
pub mod refusal;
pub mod scorer;
pub mod search;
pub mod vet;
#[cfg(target_os = "linux")]
pub mod worker;

pub use allocator::{Allocator, BoundAllocator};
pub use arrcoc_abi::manifest::valid_id;
pub use arrcoc_sdk::{
    abi::{Level, Phase},
    buffer::TensorBuf,
    describe::{AllocatorInfo, ChannelInfo, Description, Scale, ScorerInfo},
    fault::Fault,
    foreign::{Grant, Request},
    tensor::{Attributes, TensorView},
};
pub use breaker::{Breaker, Patience};
pub use catalogue::{Catalogue, Found, Replacement, Status};
pub use feed::Feed;
pub use isolation::{Isolation, Level as IsolationLevel};
pub use lock::{Lock, LockError};
pub use names::NameError;
pub use refusal::Refusal;
pub use scorer::{PreparedState, Scorer};
pub use search::{Origin, Search};
pub use vet::Identity;
