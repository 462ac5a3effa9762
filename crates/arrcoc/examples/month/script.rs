//! A month of decisions, by the real library on generated pages: autonomy is earned, lost and earned again.
//!
//! Every day 48 questions are asked about 48 pages, and the next morning it is logged how they ended. A task ends well when
//! every patch that holds a part of the answer got [`ENOUGH`] tokens or more: that is known of generated pages. Nothing else
//! is arranged but what happens to the system: on some days the scans are out of focus, and on one day somebody puts a
//! calibration in force that only knows where labels are.

use std::path::Path;

use arrcoc::{
    Bounds, Config, Decision, Engine, Error, Grid, Photo, Policy, Request, Total,
    autonomy::{self, Governor, InForce, Settled},
    calibration::Calibration,
    ledger::Ledger,
    log::{self, Outcome},
};
use arrcoc_datasets::{
    Seed, SplitMix64,
    corruption::Corruption,
    documents::{self, Layout},
    item::{Ask, Item},
};
use arrcoc_decide::autonomy::{Level, Thresholds};
use arrcoc_stats::Tiling;

/// Days in the month.
pub(crate) const DAYS: usize = 30;
/// Days on which scans are out of focus, from 1.
pub(crate) const BLURRED: std::ops::RangeInclusive<usize> = 10..=13;
/// The day on which a calibration is promoted that misleads.
pub(crate) const PROMOTED: usize = 24;
/// Tokens from which on an answer is read. Where every patch has the same, it has 100.
pub(crate) const ENOUGH: u32 = 150;
/// Different pages; as many as are needed on a day are out of focus, too.
const PAGES: u32 = 80;
/// Decisions a day: one block.
const A_DAY: usize = 48;
const SIDE: u32 = 672;

/// What a day came to.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    /// From 1.
    pub day: usize,
    /// The level in the morning.
    pub level: Level,
    /// Mean coupling.
    pub coupling: f64,
    /// Tasks that failed.
    pub failures: usize,
    /// Of these, those of decisions that were sure: a coupling of 0.5 or more.
    pub sure: usize,
    /// What came into force that day.
    pub steps: Vec<InForce>,
}

/// Runs the month into a ledger, which must not be there yet.
///
/// # Errors
/// When plugins are missing, or the ledger cannot be written.
pub(crate) fn run(config: Config, path: &Path, mut told: impl FnMut(&Day)) -> Result<Vec<Day>, Error> {
    let engine = Engine::open(config)?;
    let mut ledger = Ledger::open(path)?;
    let (sharp, blurred) = pages()?;
    let mut governor = Governor::default();
    let mut now = autonomy::begin(&mut ledger, &Calibration::reference()?, Thresholds::default())?;
    let mut steps = vec![now.clone()];
    let mut random = SplitMix64::new(2026);
    let (mut yesterday, mut days): (Vec<(String, Outcome)>, Vec<Day>) = (Vec::new(), Vec::new());
    for day in 1..=DAYS {
        for (id, outcome) in yesterday.drain(..) {
            log::feedback(&mut ledger, path, &id, outcome, Some("the reader"), None)?;
        }
        if day == PROMOTED {
            let calibration = Calibration::over_reference(labels_only(&engine, &sharp[0])?)?;
            let by = Settled::by("M. Hale", "it finds labels better");
            now = autonomy::promote(&mut ledger, &calibration, true, by)?;
            steps.push(now.clone());
        }
        now.govern(&engine)?;
        let level = now.configuration.level;
        let pages = if BLURRED.contains(&day) { &blurred } else { &sharp };
        let (mut coupling, mut failures, mut sure) = (0.0, 0, 0);
        let asked: Vec<(&Item, &Ask)> = drawn(pages, &mut random)
            .into_iter()
            .map(|page| (page, &page.asks[below(&mut random, page.asks.len())]))
            .collect();
        for (decision, (_, ask)) in decided(&engine, &asked)?.into_iter().zip(&asked) {
            log::append(&mut ledger, &[&decision])?;
            let well = is_read(&decision, ask);
            coupling += decision.coupling / A_DAY as f64;
            failures += usize::from(!well);
            sure += usize::from(!well && decision.coupling >= 0.5);
            yesterday.push((decision.id, if well { Outcome::Success } else { Outcome::Failure }));
        }
        if let Some(next) = governor.evaluate(&mut ledger)? {
            steps.push(next.clone());
            now = next;
        }
        let day = Day { day, level, coupling, failures, sure, steps: std::mem::take(&mut steps) };
        told(&day);
        days.push(day);
    }
    Ok(days)
}

/// Decides on all of a day, two at a time, in the order in which they are asked.
fn decided(engine: &Engine, asked: &[(&Item, &Ask)]) -> Result<Vec<Decision>, Error> {
    let half = |asked: &[(&Item, &Ask)]| -> Result<Vec<Decision>, Error> {
        asked.iter().map(|(page, ask)| engine.allocate(&request(page, &ask.question)?)).collect()
    };
    let (first, second) = asked.split_at(asked.len() / 2);
    std::thread::scope(|scope| {
        let first = scope.spawn(move || half(first));
        let second = half(second)?;
        let first = first.join().map_err(|_| Error::new("a thread panicked", "report this"))??;
        Ok([first, second].concat())
    })
}

/// The pages, and the same out of focus.
fn pages() -> Result<(Vec<Item>, Vec<Item>), Error> {
    let options = documents::Options {
        size: (SIDE, SIDE),
        layouts: vec![Layout::Form, Layout::Receipt],
        type_px: vec![28, 36],
        asks: 4,
        noise: 0.2,
        ..documents::Options::default()
    };
    let failed = |e: documents::DocumentsError| Error::new(e.to_string(), "report this");
    let draw = |index: u32| documents::draw(Seed::reporting(30), index, &options).map_err(failed);
    let sharp: Vec<Item> = (0..PAGES).map(draw).collect::<Result<_, _>>()?;
    let blur = |(n, page): (usize, &Item)| Item {
        image: Corruption::Blur.apply(&Corruption::Blur.apply(&page.image, 5, n as u64), 5, n as u64),
        ..page.clone()
    };
    let blurred = sharp.iter().take(A_DAY).enumerate().map(blur).collect();
    Ok((sharp, blurred))
}

/// The pages of a day: each at most once.
fn drawn<'a>(pages: &'a [Item], random: &mut SplitMix64) -> Vec<&'a Item> {
    let mut left: Vec<&Item> = pages.iter().collect();
    (0..A_DAY).map(|_| left.swap_remove(below(random, left.len()))).collect()
}

fn below(random: &mut SplitMix64, n: usize) -> usize {
    (random.next_u64() % n as u64) as usize
}

fn grid() -> Result<Grid, Error> {
    Ok(Grid::new(16, 16)?)
}

fn request(page: &Item, question: &str) -> Result<Request, Error> {
    let photo = Photo::from_rgb(SIDE, SIDE, page.image.data().to_vec())?;
    let policy = Policy::new(Bounds::default(), Total::Average(100.0));
    Ok(Request::new(photo).query(question).grid(grid()?).policy(policy))
}

/// Whether every patch that holds a part of the answer got enough.
fn is_read(decision: &Decision, ask: &Ask) -> bool {
    let Ok(tiling) = grid().and_then(|grid| Ok(Tiling::new(grid, SIDE, SIDE)?)) else { return false };
    let holds = ask.answer_mask(&tiling);
    decision.flat_tokens().iter().zip(holds).all(|(&tokens, holds)| holds == 0 || tokens >= ENOUGH)
}

/// A calibration that is sure of everything which resembles a word of the question, and knows nothing of what stands beside
/// it.
fn labels_only(engine: &Engine, page: &Item) -> Result<String, Error> {
    let decision = engine.allocate(&request(page, &page.asks[0].question)?)?;
    let encoder =
        decision.plugins.iter().find(|plugin| plugin.part == "glance").and_then(|p| p.encoder.clone());
    let encoder = encoder.ok_or_else(|| Error::new("`glance` did not run", "build the plugins"))?;
    Ok(format!(
        r#"{{"schema": "arrcoc.calibration/1", "version": "labels-only", "encoders": {{"{encoder}": {{
        "named": [[0.0, 0.001], [0.1, 0.002], [0.2, 0.98], [1.0, 0.99]], "labelled": [[0.0, 0.001], [1.0, 0.002]]}}}}}}"#
    ))
}
