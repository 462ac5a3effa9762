//! What comes from strangers, as targets for a fuzzer.
//!
//! A target is a function of bytes that panics when something is found: the
//! reader under it panics, or what it let through does not have the property
//! that whoever comes after it relies on. libFuzzer calls these functions
//! through the programs in `fuzz_targets`; the test `replay` calls the same
//! functions on every committed file of `seeds`, without a fuzzer and with the
//! pinned compiler. So a finding stays found: its input is added to the seeds
//! of its target, and every run of the tests has it.
//!
//! Nothing here builds libFuzzer unless the feature of that name is on, since
//! it is C++. The evaluation, which takes minutes to build, is a feature too.

#![forbid(unsafe_code)]

use std::{cell::RefCell, panic};

mod decision;
#[cfg(feature = "evaluation")]
mod evaluation;
mod library;
mod lists;
mod pixels;
mod record;
mod scratch;
mod settings;
mod tensors;
#[cfg(target_os = "linux")]
mod worker;

#[cfg(feature = "libfuzzer")]
pub use libfuzzer_sys;
#[cfg(target_os = "linux")]
pub use worker::heard;

/// Something that reads what a stranger wrote.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, which is that of its program and of the folder of its seeds.
    pub name: &'static str,
    /// Runs it on these bytes; panics when something is found.
    pub run: fn(&[u8]),
    /// Whether the reader catches panics itself, of code that is not ours, so that one that is caught is no finding.
    pub catches_panics: bool,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "manifest", run: library::manifest, catches_panics: false },
    Target { name: "library", run: library::library, catches_panics: false },
    Target { name: "decision", run: decision::decision, catches_panics: false },
    Target { name: "tensors", run: tensors::tensors, catches_panics: false },
    Target { name: "image", run: pixels::image, catches_panics: true },
    Target { name: "bands", run: pixels::bands, catches_panics: true },
    #[cfg(target_os = "linux")]
    Target { name: "answers", run: worker::answers, catches_panics: false },
    #[cfg(target_os = "linux")]
    Target { name: "asks", run: worker::asks, catches_panics: false },
    #[cfg(feature = "evaluation")]
    Target { name: "suite", run: evaluation::suite, catches_panics: false },
    #[cfg(feature = "evaluation")]
    Target { name: "parquet", run: evaluation::parquet, catches_panics: true },
    Target { name: "items", run: lists::items, catches_panics: true },
    Target { name: "instances", run: lists::instances, catches_panics: true },
    Target { name: "calibration", run: settings::calibration, catches_panics: false },
    Target { name: "config", run: settings::config, catches_panics: false },
    Target { name: "lock", run: settings::lock, catches_panics: false },
    Target { name: "ledger", run: record::ledger, catches_panics: false },
];

/// The target of a name.
#[must_use]
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().copied().find(|target| target.name == name)
}

thread_local! {
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// What a program of a target runs before the first input: libFuzzer ends a program when something in it panics, also
/// when that is caught, and some readers catch what their decoders do on purpose.
pub fn prepare(name: &str) {
    if target(name).is_some_and(|target| target.catches_panics) {
        panic::set_hook(Box::new(|panic| SAID.with_borrow_mut(|said| *said = panic.to_string())));
    }
}

/// Runs a target on these bytes.
///
/// # Panics
/// When something is found, or there is no such target.
pub fn run(name: &str, bytes: &[u8]) {
    let target = target(name).unwrap_or_else(|| panic!("there is no target `{name}`"));
    let Err(found) = panic::catch_unwind(|| (target.run)(bytes)) else { return };
    SAID.with_borrow(|said| {
        if !said.is_empty() {
            eprintln!("{said}");
        }
    });
    panic::resume_unwind(found);
}

/// The program of a target.
#[cfg(feature = "libfuzzer")]
#[macro_export]
macro_rules! drive {
    ($name:ident) => {
        use $crate::libfuzzer_sys;
        libfuzzer_sys::fuzz_target!(init: $crate::prepare(stringify!($name)), |bytes: &[u8]| {
            $crate::run(stringify!($name), bytes)
        });
    };
}

/// An error that a person reads is one line of bounded length.
fn is_a_line(text: &str) {
    assert!(!text.contains(char::is_control), "an error that is not a line: {text:?}");
    assert!(text.chars().count() <= 5000, "an error of {} characters", text.chars().count());
}
