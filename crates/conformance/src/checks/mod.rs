//! Every test of the kit: its name, what it is a test of, and what was promised.
//!
//! A test runs in a process of its own and gives one of three: something to
//! say, what happened instead, or why it was passed over. The first tests of a
//! part are basic: where one of them ends the process, or where `answers` gets
//! no answer, the rest of that part is passed over, because it would end the
//! same way.

use crate::bench::{Bench, Finding};

mod admitting;
mod answering;
mod feeding;
mod keeping;
mod library;
mod making;
mod refusing;
mod repeating;
mod sharing;
mod stopping;
mod touching;

/// What a test is a test of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    File,
    Scorer,
    Allocator,
    Part,
}

/// A test.
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) of: Of,
    /// What the contract promises, as a clause.
    pub(crate) says: &'static str,
    /// What it does; `None` for one that runs no plugin code.
    pub(crate) run: Option<fn(&Bench) -> Finding>,
    /// Whether the tests after it need it.
    pub(crate) basic: bool,
    /// What a crash in it most likely means, as a clause.
    pub(crate) crash: Option<&'static str>,
}

const fn check(name: &'static str, of: Of, says: &'static str, run: fn(&Bench) -> Finding) -> Check {
    Check { name, of, says, run: Some(run), basic: false, crash: None }
}

impl Check {
    const fn basic(self) -> Check {
        Check { basic: true, ..self }
    }

    const fn aside(self) -> Check {
        Check { run: None, ..self }
    }

    const fn crash(self, means: &'static str) -> Check {
        Check { crash: Some(means), ..self }
    }
}

/// The test whose failure says that the file is not to be loaded.
pub(crate) const MANIFEST: &str = "manifest";
/// The test that maps the library and says what it offers.
pub(crate) const LOAD: &str = "load";
/// The test of `describe` during which nothing may be printed.
pub(crate) const QUIET: &str = "describe-quiet";
/// The test without which no other of a part makes sense.
pub(crate) const ANSWERS: &str = "answers";
/// The tests that say whether answers hold what they should.
pub(crate) const CONTENT: [&str; 2] = ["output-written", "admitted"];
/// The test that looks at what the others saw.
pub(crate) const CONTAINED: &str = "panic-contained";

/// All tests, in the order in which they run.
#[rustfmt::skip]
pub(crate) const ALL: &[Check] = &[
    check(MANIFEST, Of::File, "the file has a manifest that this host can use, and belongs to its user", library::load).aside(),
    check(LOAD, Of::File, "the library can be mapped, has a root module of the right layout, and describes itself", library::load),
    check("describe-same", Of::File, "`describe` says the same every time, with valid ids, ranges and defaults", library::describe_same),
    check(QUIET, Of::File, "`describe` has no side effects: no output, threads, descriptors or files", library::describe_quiet),

    check("make", Of::Part, "an instance is made from its defaults, and wrong parameters are `InvalidInput`, an unknown id `Unsupported`", making::make).basic(),
    check("plan", Of::Scorer, "`plan` names declared outputs with the right shapes, the same every time", answering::plan).basic(),
    check(ANSWERS, Of::Part, "a plain picture gets an answer", answering::answers).basic(),
    check("output-written", Of::Part, "every element of every output is written, finite, and on its declared scale", answering::output_written),
    check("admitted", Of::Allocator, "a proposal keeps bounds, levels and total of the demand", admitting::admitted),
    check("input-unmodified", Of::Part, "inputs are only read", touching::input_unmodified)
        .crash("inputs are mapped read-only for the call"),
    check("no-overrun", Of::Part, "nothing beyond an output is written, and nothing beyond an input is read", touching::no_overrun)
        .crash("a page that may not be touched follows every tensor"),
    check("shapes", Of::Part, "one pixel, odd sides, strips and large pictures get an answer or a reason", answering::shapes),
    check("questions", Of::Scorer, "empty, long, odd and several questions get an answer or a reason", answering::questions),
    check("missing", Of::Part, "each required tensor that is missing is `InvalidInput`", refusing::missing),
    check("wrong", Of::Part, "a required tensor of the wrong type or shape is a fault", refusing::wrong),
    check("determinism", Of::Part, "equal inputs get equal answers, as exactly as declared", repeating::determinism),
    check("batch", Of::Scorer, "the answer to a question does not depend on others beside it", repeating::batch),
    check("instances", Of::Part, "two instances know nothing of each other", repeating::instances),
    check("threads", Of::Part, "no more threads than granted, and calls at once get the answers of calls alone", sharing::threads),
    check("cancel", Of::Part, "a cancelled call returns within 100 ms, and the instance can be used again", stopping::cancel),
    check("deadline", Of::Part, "a call is done in time or says that it is not, within 100 ms of its deadline", stopping::deadline),
    check("states", Of::Scorer, "a state answers until it is released, and an unknown one is `InvalidInput`", refusing::states),
    check("verb", Of::Part, "an unknown verb is `Unsupported`", refusing::verb),
    check("feed", Of::Scorer, "a picture in bands of rows gives what it gives at once, and bands out of order are `InvalidInput`", feeding::feed),
    check("leaks", Of::Part, "memory, descriptors and threads stay as they are over many calls and instances", keeping::leaks),
    check(CONTAINED, Of::Part, "no call ends in a panic", library::load).aside(),
];

/// The test of this name.
pub(crate) fn named(name: &str) -> Option<&'static Check> {
    ALL.iter().find(|check| check.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_those_that_the_kit_relies_on_are_there() {
        for (at, check) in ALL.iter().enumerate() {
            assert!(ALL[at + 1..].iter().all(|other| other.name != check.name), "{}", check.name);
            assert!(check.says.chars().next().is_some_and(|c| !c.is_uppercase()), "{}", check.name);
        }
        for name in [MANIFEST, LOAD, QUIET, ANSWERS, CONTAINED].iter().chain(&CONTENT) {
            assert!(named(name).is_some(), "{name}");
        }
    }
}
