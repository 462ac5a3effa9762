//! What can be measured, one file for each.
//!
//! | measure | asks |
//! |---|---|
//! | [`tasks`] | what is found out from a page at a budget? |
//! | [`repeat`] | does the same request give the same decision? |
//! | [`shift`] | what do a few pixels change? |
//! | [`threads`] | does the number of threads change anything? |
//! | [`paraphrase`] | does it matter what is asked, and not how? |
//! | [`batch`] | does it matter what else is decided? |
//! | [`backends`] | does it matter on which device? |
//! | [`faults`] | what comes out when a plugin misbehaves? |
//! | [`latency`] | how long does a decision take, beside another one? |
//! | [`scorers`] | what does each scorer cost, and what does a second question? |
//! | [`coverage`] | is every size, grid and budget handled? |
//! | [`ranges`] | is more found with totals that decisions choose than with one for all? |
//! | [`unknowns`] | is it noticed that a page is unlike all others? |
//!
//! Each turns a suite into rows, and rows into findings, and knows nothing of
//! the others.

mod backends;
mod batch;
mod coverage;
mod faults;
mod latency;
mod paraphrase;
mod ranges;
mod repeat;
mod scorers;
mod shift;
mod tasks;
mod threads;
mod unknowns;

use arrcoc::Error;

pub(crate) use latency::{CONTROL, YARDSTICK};
pub(crate) use tasks::{CORRUPTED, METRICS as PLACE_METRICS, WORDED};

use crate::{
    cache::Cache,
    dataset::Length,
    finding::Finding,
    gate::Absent,
    method::{Decider, Method, Workshop},
    progress::Progress,
    row::{FAILED, Row},
    suite::{
        Asked, Batch, Coverage, Faults, Latency, Measures, Ranges, Repeat, Scorers, Shift, Suite, Threads,
        Unknowns,
    },
    task::Task,
};

/// The names of all measures but the tasks.
pub(crate) const NAMES: &[&str] = &[
    "repeat",
    "shift",
    "threads",
    "paraphrase",
    "batch",
    "backends",
    "faults",
    "latency",
    "scorers",
    "coverage",
    "ranges",
    "unknowns",
];

/// Every name that a row's measure can have.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let tasks = Task::ALL.iter().map(|task| task.names().score);
    NAMES.iter().copied().chain(tasks).chain([tasks::PLACE])
}

/// Every metric that a row can have.
pub(crate) fn row_metrics() -> impl Iterator<Item = &'static str> {
    let tasks = Task::ALL.iter().flat_map(|task| task.metrics());
    let others = [
        tasks::METRICS,
        tasks::HEARING,
        repeat::METRICS,
        shift::METRICS,
        threads::METRICS,
        paraphrase::METRICS,
        batch::METRICS,
        backends::METRICS,
        faults::METRICS,
        scorers::METRICS,
        ranges::METRICS,
        unknowns::METRICS,
        tasks::SURE,
        tasks::SURE_OBSERVED,
    ];
    let others = others.into_iter().chain([coverage::METRICS, coverage::OBSERVED]).flatten().copied();
    tasks.chain(others).chain([FAILED, "time", "stage"])
}

/// Every metric that a suite's findings can have.
pub(crate) fn metrics_of(tasks: &[Asked], measures: &Measures, wordings: &[u8]) -> Vec<&'static str> {
    let mut all: Vec<&str> = Kind::of(!tasks.is_empty(), measures).flat_map(Kind::metrics).copied().collect();
    all.extend(tasks.iter().flat_map(|asked| asked.task.metrics()));
    if !tasks.is_empty() {
        all.extend(tasks::HEARING);
    }
    if tasks.iter().any(|asked| asked.task == Task::Read) {
        all.extend(tasks::SURE);
    }
    if !wordings.is_empty() {
        all.extend(paraphrase::METRICS);
    }
    all
}

/// Why a finding may have no number, for metrics that need enough to go by.
pub(crate) fn why_no_number(metric: &str) -> Option<String> {
    match metric {
        paraphrase::RATIO => Some(format!(
            "another question moves less than {} % of the tokens",
            100.0 * paraphrase::LEAST_MOVED
        )),
        tasks::SURE_OFF | tasks::SURE_AREA => Some(format!(
            "fewer than {} decisions say how sure they are, or all ended alike",
            tasks::LEAST_SURE
        )),
        tasks::OFF => Some(format!("something is claimed of fewer than {} patches", tasks::LEAST_CLAIMS)),
        _ => None,
    }
}

/// A measure, as a suite asks for it.
#[derive(Clone, Copy)]
pub(crate) enum Kind<'a> {
    Tasks,
    Repeat(&'a Repeat),
    Shift(&'a Shift),
    Threads(&'a Threads),
    Paraphrase,
    Batch(&'a Batch),
    Backends,
    Faults(&'a Faults),
    Latency(&'a Latency),
    Scorers(&'a Scorers),
    Coverage(&'a Coverage),
    Ranges(&'a Ranges),
    Unknowns(&'a Unknowns),
}

/// What a measure works with.
pub(crate) struct Bench<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) workshop: &'a Workshop,
    pub(crate) length: Length,
    pub(crate) progress: &'a Progress,
    pub(crate) cache: &'a Cache,
}

impl<'a> Kind<'a> {
    /// The measures that a suite file names, tasks first where it has any.
    pub(crate) fn of(tasks: bool, measures: &'a Measures) -> impl Iterator<Item = Kind<'a>> {
        let Measures {
            repeat,
            shift,
            threads,
            paraphrase,
            batch,
            backends,
            faults,
            latency,
            scorers,
            coverage,
            ranges,
            unknowns,
        } = measures;
        [
            tasks.then_some(Kind::Tasks),
            repeat.as_ref().map(Kind::Repeat),
            shift.as_ref().map(Kind::Shift),
            threads.as_ref().map(Kind::Threads),
            paraphrase.as_ref().map(|_| Kind::Paraphrase),
            batch.as_ref().map(Kind::Batch),
            backends.as_ref().map(|_| Kind::Backends),
            faults.as_ref().map(Kind::Faults),
            latency.as_ref().map(Kind::Latency),
            scorers.as_ref().map(Kind::Scorers),
            coverage.as_ref().map(Kind::Coverage),
            ranges.as_ref().map(Kind::Ranges),
            unknowns.as_ref().map(Kind::Unknowns),
        ]
        .into_iter()
        .flatten()
    }

    /// Its key in a suite file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Tasks => "tasks",
            Kind::Repeat(_) => "repeat",
            Kind::Shift(_) => "shift",
            Kind::Threads(_) => "threads",
            Kind::Paraphrase => "paraphrase",
            Kind::Batch(_) => "batch",
            Kind::Backends => "backends",
            Kind::Faults(_) => "faults",
            Kind::Latency(_) => "latency",
            Kind::Scorers(_) => "scorers",
            Kind::Coverage(_) => "coverage",
            Kind::Ranges(_) => "ranges",
            Kind::Unknowns(_) => "unknowns",
        }
    }

    /// What its findings are called, but for those of tasks.
    pub(crate) fn metrics(self) -> &'static [&'static str] {
        match self {
            Kind::Tasks => tasks::METRICS,
            Kind::Repeat(_) => repeat::METRICS,
            Kind::Shift(_) => shift::METRICS,
            Kind::Threads(_) => threads::METRICS,
            Kind::Paraphrase => paraphrase::METRICS,
            Kind::Batch(_) => batch::METRICS,
            Kind::Backends => backends::METRICS,
            Kind::Faults(_) => faults::METRICS,
            Kind::Latency(_) => latency::METRICS,
            Kind::Scorers(_) => scorers::METRICS,
            Kind::Coverage(_) => coverage::METRICS,
            Kind::Ranges(_) => ranges::METRICS,
            Kind::Unknowns(_) => unknowns::METRICS,
        }
    }

    /// How many cells it has: what the bar counts.
    pub(crate) fn cells(self, suite: &Suite, length: Length) -> u64 {
        match self {
            Kind::Tasks => tasks::cells(suite, length),
            Kind::Repeat(_) | Kind::Threads(_) | Kind::Paraphrase | Kind::Batch(_) | Kind::Backends => {
                each_decider(suite, length)
            }
            Kind::Shift(shift) => each_decider(suite, length) * shift.pixels.len() as u64,
            Kind::Faults(faults) => faults::cells(faults),
            Kind::Latency(latency) => latency::cells(suite, latency, length),
            Kind::Scorers(scorers) => scorers::cells(suite, scorers, length),
            Kind::Coverage(coverage) => coverage::cells(suite, coverage),
            Kind::Ranges(_) => ranges::cells(suite, length),
            Kind::Unknowns(_) => unknowns::cells(suite, length),
        }
    }

    /// Measures.
    pub(crate) fn rows(self, bench: &Bench<'_>) -> Result<Vec<Row>, Error> {
        match self {
            Kind::Tasks => tasks::rows(bench),
            Kind::Repeat(repeat) => repeat::rows(bench, repeat),
            Kind::Shift(shift) => shift::rows(bench, shift),
            Kind::Threads(threads) => threads::rows(bench, threads),
            Kind::Paraphrase => paraphrase::rows(bench),
            Kind::Batch(batch) => batch::rows(bench, batch),
            Kind::Backends => backends::rows(bench),
            Kind::Faults(faults) => faults::rows(bench, faults),
            Kind::Latency(latency) => latency::rows(bench, latency),
            Kind::Scorers(scorers) => scorers::rows(bench, scorers),
            Kind::Coverage(coverage) => coverage::rows(bench, coverage),
            Kind::Ranges(ranges) => ranges::rows(bench, ranges),
            Kind::Unknowns(unknowns) => unknowns::rows(bench, unknowns),
        }
    }

    /// About how many seconds a cell takes on one core of 2.8 GHz, and whether cells run side by side. For plans, which
    /// promise nothing: a judge of the user's, or large images, take what they take.
    fn seconds_per_cell(self) -> (f64, bool) {
        match self {
            Kind::Tasks => (0.11, true),
            Kind::Repeat(_) | Kind::Threads(_) | Kind::Batch(_) => (0.05, true),
            Kind::Shift(_) | Kind::Backends | Kind::Coverage(_) => (0.03, true),
            Kind::Paraphrase => (0.1, true),
            Kind::Ranges(_) => (1.0, true),
            Kind::Unknowns(_) => (1.5, true),
            Kind::Faults(_) => (0.05, false),
            Kind::Latency(_) => (0.012, false),
            Kind::Scorers(_) => (0.5, false),
        }
    }

    /// About how many seconds it takes here, when nothing is kept from earlier runs.
    pub(crate) fn seconds(self, suite: &Suite, length: Length) -> f64 {
        let (each, side_by_side) = self.seconds_per_cell();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let cores = if side_by_side { cores as f64 } else { 1.0 };
        self.cells(suite, length) as f64 * each / cores
    }

    /// What this machine lacks for it.
    pub(crate) fn lacks(self, suite: &Suite, workshop: &Workshop) -> Option<Absent> {
        let without_reader = |metrics| {
            let (_, reason) = suite.unjudged().find(|(asked, _)| asked.task == Task::Read)?;
            Some(Absent { metrics, reason: reason.to_owned() })
        };
        match self {
            Kind::Backends => backends::lacks(workshop),
            Kind::Tasks => without_reader(tasks::SURE),
            Kind::Ranges(_) => without_reader(ranges::METRICS),
            _ => None,
        }
    }

    /// What rows of this measure say together.
    pub(crate) fn findings(self, suite: &Suite, rows: &[Row]) -> Vec<Finding> {
        match self {
            Kind::Tasks => tasks::findings(suite, rows),
            Kind::Repeat(_) => repeat::findings(suite, rows),
            Kind::Shift(_) => shift::findings(suite, rows),
            Kind::Threads(_) => threads::findings(suite, rows),
            Kind::Paraphrase => paraphrase::findings(suite, rows),
            Kind::Batch(_) => batch::findings(suite, rows),
            Kind::Backends => backends::findings(suite, rows),
            Kind::Faults(_) => faults::findings(suite, rows),
            Kind::Latency(_) => latency::findings(suite, rows),
            Kind::Scorers(_) => scorers::findings(suite, rows),
            Kind::Coverage(_) => coverage::findings(suite, rows),
            Kind::Ranges(_) => ranges::findings(suite, rows),
            Kind::Unknowns(_) => unknowns::findings(suite, rows),
        }
    }
}

/// The rows of `latency` that are compared from run to run; none where a suite does not measure it.
///
/// # Errors
/// When a decision cannot be asked for.
pub(crate) fn times(bench: &Bench<'_>) -> Result<Vec<Row>, Error> {
    bench.suite.measures.latency.as_ref().map_or(Ok(Vec::new()), |latency| latency::rounds(bench, latency))
}

/// How many cells [`times`] has.
pub(crate) fn times_cells(suite: &Suite, length: Length) -> u64 {
    suite.measures.latency.as_ref().map_or(0, |latency| latency::rounds_cells(suite, latency, length))
}

/// The methods of a suite that decide.
fn deciders(suite: &Suite) -> impl Iterator<Item = (&Method, &Decider)> {
    suite.methods.iter().filter_map(|method| Some((method, method.decider()?)))
}

/// One cell for each page, deciding method and average.
fn each_decider(suite: &Suite, length: Length) -> u64 {
    u64::from(suite.pages(length)) * deciders(suite).count() as u64 * suite.averages.len() as u64
}
