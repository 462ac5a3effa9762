//! The wire contract between ARR-COC and its plugins.
//!
//! A plugin is a shared library that may have been built by another compiler
//! version, in another repository, years ago. What crosses the boundary is
//! therefore as small as it can be, and everything that is likely to grow is
//! *data*: tensors are looked up by name, attributes are a JSON object, and
//! later verbs go through `extend`. The types here are plain `repr(C)`
//! records and two object-safe traits; `abi_stable` compares their layouts
//! when a library is loaded.
//!
//! What is deliberately absent: `Option`, `bool`, `usize` and enums in wire
//! records (codes are `u32` newtypes whose unknown values stay representable),
//! and any convenience. Plugin authors use `arrcoc-sdk`; hosts use
//! `arrcoc-host`. Validation is the work of those two: a [`Tensor`] is a claim
//! until one of them has checked it.
//!
//! | module | holds |
//! |---|---|
//! | [`codes`] | the `u32` newtypes: element types, devices, fault codes, retry advice, phases |
//! | [`tensor`] | [`Tensor`] and [`Bundle`] |
//! | [`call`] | [`Call`], what the host grants a call; [`Reply`] and [`Fault`], what comes back |
//! | [`wire`] | the traits [`wire::Scorer`] and [`wire::Allocator`], and the [`Root`] module |
//! | [`manifest`] | [`Manifest`], readable from the file without loading it |

pub mod call;
pub mod codes;
pub mod manifest;
pub mod tensor;
pub mod wire;

pub use abi_stable;
pub use call::{Call, Fault, Reply};
pub use codes::{DType, Device, FaultCode, Level, Phase, Retry, Stage};
pub use manifest::Manifest;
pub use tensor::{Bundle, MAX_RANK, Tensor};
pub use wire::{Root, RootRef};

/// Major number of the ABI this crate describes. It stays while plugins that were built
/// for it load; what is frozen is listed in `wire_types.txt`, and a copy of the contract as
/// it was frozen, with a plugin that was written to it, in `frozen/`.
pub const ABI_MAJOR: u32 = 1;
/// Minor number of the ABI this crate describes: it says that names were added. A host
/// loads every plugin of its major number.
pub const ABI_MINOR: u32 = 0;
