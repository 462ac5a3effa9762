//! What can be measured, one file for each.
//!
//! | measure | asks |
//! |---|---|
//! | [`decode`] | how many codes of a page are read at a budget? |
//! | [`repeat`] | does the same request give the same decision? |
//! | [`shift`] | what do a few pixels change? |
//! | [`threads`] | does the number of threads change anything? |
//! | [`faults`] | what comes out when a plugin misbehaves? |
//! | [`latency`] | how long does a decision take, beside another one? |
//! | [`coverage`] | is every size, grid and budget handled? |
//!
//! Each turns a suite into rows, and rows into findings, and knows nothing of
//! the others.

mod coverage;
mod decode;
mod faults;
mod latency;
mod repeat;
mod shift;
mod threads;

use arrcoc::Error;

pub(crate) use latency::CONTROL;

use crate::{
    finding::Finding,
    method::{Decider, Method, Workshop},
    progress::Progress,
    row::Row,
    suite::{Coverage, Faults, Latency, Measures, Repeat, Shift, Suite, Threads},
};

/// The names of all measures.
pub(crate) const NAMES: &[&str] = &["decode", "repeat", "shift", "threads", "faults", "latency", "coverage"];

/// A measure, as a suite asks for it.
#[derive(Clone, Copy)]
pub(crate) enum Kind<'a> {
    Decode,
    Repeat(&'a Repeat),
    Shift(&'a Shift),
    Threads(&'a Threads),
    Faults(&'a Faults),
    Latency(&'a Latency),
    Coverage(&'a Coverage),
}

/// What a measure works with.
pub(crate) struct Bench<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) workshop: &'a Workshop,
    pub(crate) quick: bool,
    pub(crate) progress: &'a Progress,
}

impl<'a> Kind<'a> {
    /// The measures that a suite file names.
    pub(crate) fn of(measures: &'a Measures) -> impl Iterator<Item = Kind<'a>> {
        let Measures { decode, repeat, shift, threads, faults, latency, coverage } = measures;
        [
            decode.as_ref().map(|_| Kind::Decode),
            repeat.as_ref().map(Kind::Repeat),
            shift.as_ref().map(Kind::Shift),
            threads.as_ref().map(Kind::Threads),
            faults.as_ref().map(Kind::Faults),
            latency.as_ref().map(Kind::Latency),
            coverage.as_ref().map(Kind::Coverage),
        ]
        .into_iter()
        .flatten()
    }

    /// Its key in a suite file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Decode => "decode",
            Kind::Repeat(_) => "repeat",
            Kind::Shift(_) => "shift",
            Kind::Threads(_) => "threads",
            Kind::Faults(_) => "faults",
            Kind::Latency(_) => "latency",
            Kind::Coverage(_) => "coverage",
        }
    }

    /// What its findings are called.
    pub(crate) fn metrics(self) -> &'static [&'static str] {
        match self {
            Kind::Decode => decode::METRICS,
            Kind::Repeat(_) => repeat::METRICS,
            Kind::Shift(_) => shift::METRICS,
            Kind::Threads(_) => threads::METRICS,
            Kind::Faults(_) => faults::METRICS,
            Kind::Latency(_) => latency::METRICS,
            Kind::Coverage(_) => coverage::METRICS,
        }
    }

    /// How many cells it has: what the bar counts.
    pub(crate) fn cells(self, suite: &Suite, quick: bool) -> u64 {
        match self {
            Kind::Decode => decode::cells(suite, quick),
            Kind::Repeat(_) => each_decider(suite, quick),
            Kind::Shift(shift) => each_decider(suite, quick) * shift.pixels.len() as u64,
            Kind::Threads(_) => each_decider(suite, quick),
            Kind::Faults(faults) => faults::cells(faults),
            Kind::Latency(latency) => latency::cells(suite, latency, quick),
            Kind::Coverage(coverage) => coverage::cells(suite, coverage),
        }
    }

    /// Measures.
    pub(crate) fn rows(self, bench: &Bench<'_>) -> Result<Vec<Row>, Error> {
        match self {
            Kind::Decode => decode::rows(bench),
            Kind::Repeat(repeat) => repeat::rows(bench, repeat),
            Kind::Shift(shift) => shift::rows(bench, shift),
            Kind::Threads(threads) => threads::rows(bench, threads),
            Kind::Faults(faults) => faults::rows(bench, faults),
            Kind::Latency(latency) => latency::rows(bench, latency),
            Kind::Coverage(coverage) => coverage::rows(bench, coverage),
        }
    }

    /// What rows of this measure say together.
    pub(crate) fn findings(self, suite: &Suite, rows: &[Row]) -> Vec<Finding> {
        match self {
            Kind::Decode => decode::findings(suite, rows),
            Kind::Repeat(_) => repeat::findings(suite, rows),
            Kind::Shift(_) => shift::findings(suite, rows),
            Kind::Threads(_) => threads::findings(suite, rows),
            Kind::Faults(_) => faults::findings(suite, rows),
            Kind::Latency(_) => latency::findings(suite, rows),
            Kind::Coverage(_) => coverage::findings(suite, rows),
        }
    }
}

/// The methods of a suite that decide.
fn deciders(suite: &Suite) -> impl Iterator<Item = (&Method, &Decider)> {
    suite.methods.iter().filter_map(|method| Some((method, method.decider()?)))
}

/// One cell for each page, deciding method and average.
fn each_decider(suite: &Suite, quick: bool) -> u64 {
    u64::from(suite.pages(quick)) * deciders(suite).count() as u64 * suite.averages.len() as u64
}
