//! What the host grants a call, and what comes back from one.

use abi_stable::{StableAbi, std_types::RString};
use core::ffi::c_void;

use crate::codes::{FaultCode, Level, Retry, Stage};

/// What the host grants one call. Borrowed for the time of the call only.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Call {
    /// Nanoseconds left until the deadline; `u64::MAX` for none.
    pub remaining_ns: u64,
    /// Read atomically; not 0 means that the host asks the call to stop. Never null.
    pub cancel: *const u32,
    /// The most threads the call may use, at least 1.
    pub max_threads: u32,
    /// Reserved; 0.
    pub flags: u32,
    /// Receives a log message: `log_to`, the level, and the message as UTF-8
    /// bytes and their number. May be called from any thread during the call.
    // Written out here: the derive looks at the field's own tokens.
    pub log: extern "C" fn(log_to: *const c_void, level: Level, message: *const u8, bytes: u64),
    /// First argument of `log`.
    pub log_to: *const c_void,
    /// Reserved; 0.
    pub reserved: [u64; 8],
}

/// A call that succeeded.
#[repr(C)]
#[derive(StableAbi, Clone, Debug)]
pub struct Reply {
    /// A scorer's prepared state, owned by the plugin until `release`; 0 for none.
    pub state: u64,
    /// A UTF-8 JSON object.
    pub attrs: RString,
}

/// A call that failed.
#[repr(C)]
#[derive(StableAbi, Clone, Debug)]
pub struct Fault {
    /// What went wrong.
    pub code: FaultCode,
    /// In which call.
    pub stage: Stage,
    /// What may help.
    pub retry: Retry,
    /// Reserved; 0.
    pub flags: u32,
    /// One line for a person.
    pub message: RString,
    /// A UTF-8 JSON object.
    pub attrs: RString,
}
