//! What has a goal of its own: a whole decision, sharing by weight, and a call of a plugin.

use std::{
    collections::HashMap,
    env::consts,
    hint::black_box,
    path::{Path, PathBuf},
};

use arrcoc::{Catalogue, Config, Engine, Isolation, IsolationLevel, Photo, Request, Search};
use arrcoc_decide::{normalised, share};
use arrcoc_host::{Attributes, Grant, TensorBuf, TensorView};
use arrcoc_sdk::{abi::DType, foreign::writable, shelf::Shelf, tensor::OutputSpec};

use crate::{
    statistics::image,
    table::{Goal, Row},
    turns::{Clock, Sides, Times, timed},
};

const SIDE: u32 = 1344;
const ROUNDS: usize = 15;

/// The times of one side alone.
fn alone(turn: impl FnMut() -> Result<f64, String>) -> Result<Times, String> {
    let mut sides = Sides::default();
    sides.add("ours", turn);
    let rounds = sides.run(ROUNDS)?;
    rounds.of("ours").cloned().ok_or_else(|| "a side had no turn".to_owned())
}

/// A decision on pixels and no question, decoding and drawing left out: no model takes part.
pub(crate) fn whole(plugins: &Path, worker: &Path) -> Row {
    let what = format!("a whole decision, {SIDE}², 576 patches, one thread, without a model");
    let times = || {
        let mut config = Config::default();
        config.search = Search { folders: vec![plugins.to_path_buf()], ..Search::default() };
        config.isolation.shipped = Some(plugins.to_path_buf());
        config.isolation.worker = Some(worker.to_path_buf());
        config.threads = 1;
        let engine = Engine::open(config).map_err(|error| error.to_string())?;
        let photo = Photo::from_rgb(SIDE, SIDE, image(SIDE)).map_err(|error| error.to_string())?;
        let request = Request::new(photo);
        let trial = engine.allocate(&request).map_err(|error| error.to_string())?;
        if !trial.reasons.is_empty() {
            return Err(format!("the decision retreated: {:?}", trial.reasons));
        }
        alone(|| {
            timed(Clock::Processor, 1, 5, || {
                let decision = engine.allocate(black_box(&request));
                decision.map(|decision| drop(black_box(decision))).map_err(|error| error.to_string())
            })
        })
    };
    match times() {
        Ok(times) => Row::below(what, 5e-3, &times),
        Err(error) => Row::failed(what, error),
    }
}

/// Sharing by weight, of weights of which few patches hold most.
///
/// Linear means here: a patch of a million takes at most twice as long as one of 576. A sort of all weights would take
/// 2.2 times as long, log 1 000 000 / log 576, without the caches that a million outgrows.
pub(crate) fn sharing() -> Vec<Row> {
    const FEW: usize = 576;
    const MANY: usize = 1_000_000;
    /// Of the few, in one go: asking the clock takes a while too.
    const GO: usize = 10;
    let few = "sharing by weight, 576 patches";
    let many = "sharing by weight, 1 000 000 patches: time of a patch";
    let times = || {
        let turn = |patches: usize, calls: u32, go: usize| {
            let weights = skewed(patches);
            let caps = vec![336; patches];
            move || {
                timed(Clock::Processor, 1, calls, || {
                    for _ in 0..go {
                        let shares = share(black_box(&weights), &caps, 86 * patches as u64);
                        black_box(shares.map_err(|error| error.to_string())?);
                    }
                    Ok(())
                })
            }
        };
        let mut sides = Sides::default();
        sides.add("few", turn(FEW, 20, GO));
        sides.add("many", turn(MANY, 3, 1));
        sides.run(ROUNDS)
    };
    let rounds = match times() {
        Ok(rounds) => rounds,
        Err(error) => return vec![Row::failed(few, error)],
    };
    let (Some(of_few), Some(of_many)) = (rounds.of("few"), rounds.of("many")) else {
        return vec![Row::failed(few, "a side had no turn")];
    };
    let of_few = of_few.per(GO);
    vec![
        Row::below(few, 20e-6, &of_few),
        Row::compared(many, Goal::AtMost(2.0), &of_many.per(MANY), "576 patches", &of_few.per(FEW)),
    ]
}

/// Weights from a fixed linear congruence, to the fourth power.
fn skewed(patches: usize) -> Vec<f64> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    normalised(&(0..patches).map(|_| next()).map(|u| u * u * u * u).collect::<Vec<f64>>())
}

/// A call of a plugin that does nothing, on an image that it has seen: many after each other, since a clock takes as long
/// as one.
pub(crate) fn calls(fixtures: &Path, worker: &Path) -> Vec<Row> {
    let levels = [
        (IsolationLevel::InProcess, "a plugin call, in process", 50e-9, 1000),
        (IsolationLevel::Worker, "a plugin call, in a worker", 20e-6, 10),
        (IsolationLevel::Sandbox, "a plugin call, in a sandbox", 20e-6, 10),
    ];
    let row = |(level, what, limit, calls)| match call(fixtures, worker, level, calls) {
        Ok(times) => Row::below(what, limit, &times),
        Err(error) if level != IsolationLevel::InProcess && !cfg!(target_os = "linux") => {
            Row::not_measured(what, "< 20 µs", error)
        }
        Err(error) => Row::failed(what, error),
    };
    levels.map(row).into()
}

fn call(fixtures: &Path, worker: &Path, level: IsolationLevel, calls: usize) -> Result<Times, String> {
    let library: PathBuf = fixtures.join(format!("{}idle{}", consts::DLL_PREFIX, consts::DLL_SUFFIX));
    let search = Search { files: vec![library], ..Search::default() };
    let mut isolation = Isolation::default();
    isolation.level = Some(level);
    isolation.worker = Some(worker.to_path_buf());
    let scorer = Catalogue::open(&search, &isolation)
        .make_scorer("idle", &HashMap::new(), None)
        .map_err(|error| error.to_string())?;

    let pixels = image(SIDE);
    let shelf = Shelf::default();
    let shape = [u64::from(SIDE), u64::from(SIDE), 3];
    let tensors = [TensorView::new("pixels", DType::U8, &shape, &pixels).map_err(text)?.beside(&shelf)];
    let attrs =
        Attributes { grid: Some([1, 1]), queries: vec!["what is it?".into()], ..Attributes::default() };
    let request = arrcoc_host::Request::new(&tensors, &attrs);
    let mut output = [TensorBuf::unwritten(&OutputSpec::f32("nothing", &[1, 1]), 1 << 20).map_err(text)?];
    let mut views = writable(&mut output).map_err(text)?;
    let grant = Grant::threads(1);
    let (_, state) = scorer.prepare(&request, &grant).map_err(text)?;
    // A worker works in another process.
    let clock = if level == IsolationLevel::InProcess { Clock::Processor } else { Clock::Wall };
    let times = alone(|| {
        timed(clock, 1, 20, || {
            for _ in 0..calls {
                let request = black_box(&request);
                scorer.instance().score(state.state(), request, &mut views, &grant).map_err(text)?;
            }
            Ok(())
        })
    })?;
    Ok(times.per(calls))
}

fn text(fault: arrcoc_host::Fault) -> String {
    fault.to_string()
}
