//! The kit that tests any plugin file, for its author and for CI.
//!
//! What a plugin owes its host is written in ABI.md. Each promise there that
//! can be seen from outside is a test here. The kit needs nothing of a plugin
//! but the file: it asks the library what it offers, makes up pictures,
//! tensors and questions, and looks at what comes back, how long it takes, and
//! what is left behind.
//!
//! A plugin may do anything, so **no plugin code runs in the process that
//! judges**. Every test of every part is a process of its own, in a process
//! group of its own, with limits on time and memory: the kit starts its own
//! executable again ([`inside`]), which loads the library, does one test, and
//! tells the outcome through a file, because standard output is the plugin's
//! to misuse. A process that does not come back is killed at the deadline; how
//! it ended is then the outcome.
//!
//! The kit plays the host, with other memory: outputs and inputs lie at pages
//! that may not be touched, or are mapped read-only for the call. Nothing is
//! random; a test that depends on time asks again before it complains.
//!
//! What the kit cannot see: whether an answer is *good*. That is the work of an
//! evaluation.
//!
//! | module | holds |
//! |---|---|
//! | `run` | the order of tests, and which are passed over |
//! | `child` | starts a test and says how its process ended |
//! | [`inside`] | the other side: one test, in this process |
//! | `bench` | where a test stands: library, part, instances, and the file it tells its outcome to |
//! | `scene` | what is asked: pictures, tensors, questions, demands |
//! | `subject` | how it is asked: through the wire, with memory of the kit's own |
//! | `memory` | that memory; the only unsafe code |
//! | `answer` | what an answer must be |
//! | `watch` | threads, descriptors, memory and files of a process |
//! | `checks` | every test, and what was promised |
//! | `report` | what came of them: table, JSON, JUnit |

#![deny(unsafe_code)]

mod answer;
mod bench;
mod checks;
mod child;
mod error;
mod inside;
mod memory;
mod report;
mod run;
mod scene;
mod subject;
mod watch;

pub use error::Error;
pub use inside::inside;
pub use report::{Outcome, Report, Verdict};
pub use run::{Options, run, tests};
