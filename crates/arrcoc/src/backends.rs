//! What the backends of this machine take for an image, and which of them to take.
//!
//! Every backend gives the same statistics, so that nothing but time decides between
//! them, and time is measured: on this machine, with the way to the device and back, for
//! images of several sizes. [`compare`] does that for one image, side by side in rounds,
//! so that whatever else the machine does falls on all of them alike. [`measure`] does it
//! for a range of sizes, and what it finds is [kept](Measurement::keep) for
//! `--backend auto` ([`Measurement::choose`]).

mod kept;

use std::sync::Arc;

use arrcoc_host::{Attributes, Catalogue, Grant, Request as Call, Scorer, ScorerInfo, TensorView};
use arrcoc_sdk::{abi::DType, backend::PATCH_STATS, describe::MEASURE};
use serde::{Deserialize, Serialize};

pub use kept::{AtSize, Choice, Measurement};

use crate::{
    config::Config, decision::Decision, engine::Engine, error::Error, lineup::provides, photo::Photo,
    request::Request,
};

/// Rounds in which every backend decides once.
const ROUNDS: usize = 9;

/// What one backend takes for one image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// The backend's id.
    pub backend: String,
    /// The device it ran on.
    pub device: String,
    /// BLAKE3 of its library, in hexadecimal.
    pub blake3: String,
    /// The statistics, from the host's call to the table in the host's memory, in microseconds.
    pub statistics_us: f64,
    /// A decision without a question, from an image in memory, in microseconds.
    pub decision_us: f64,
    /// Of the statistics what the device takes, as it measures itself; absent where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_us: Option<OnDevice>,
    /// Whether tokens and score maps are those of the first backend, to the bit.
    pub equal: bool,
}

/// What a backend says of its device.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OnDevice {
    /// The statistics, with the pixels there, in microseconds.
    pub work: f64,
    /// To bring the pixels there, in microseconds; 0 where they are.
    pub upload: f64,
    /// Share of the device's copy bandwidth that the work reads pixels with.
    pub share_of_copy: f64,
}

/// What was found for one image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// The backends that ran, in search order.
    pub times: Vec<Times>,
    /// Those that did not, each with the reason.
    pub missing: Vec<(String, String)>,
}

/// The scorers of a catalogue that count patch statistics, in search order.
pub fn all(catalogue: &Catalogue) -> impl Iterator<Item = &ScorerInfo> {
    catalogue.scorers().filter(|info| provides(info, PATCH_STATS))
}

/// The backends that a catalogue offers: those that run here, and those that do not with the reason.
#[must_use]
pub fn available(catalogue: &Catalogue) -> (Vec<String>, Vec<(String, String)>) {
    let (mut here, mut missing) = (Vec::new(), Vec::new());
    for info in all(catalogue) {
        match info.unavailable() {
            None => here.push(info.id.clone()),
            Some(reason) => missing.push((info.id.clone(), reason)),
        }
    }
    (here, missing)
}

/// Decides on an image with every backend, several times in turn, and says what each took.
///
/// # Errors
/// When the request cannot be carried out, or the configuration names what does not exist.
pub fn compare(config: &Config, request: &Request) -> Result<Comparison, Error> {
    if request.photo.image().is_none() {
        let hint = "give --whole-pixels as many pixels as it has, or leave --backend to one";
        return Err(Error::new("backends are not compared on an image that is read in bands", hint));
    }
    let mut catalogue = config.catalogue()?;
    catalogue.load_devices();
    let (here, missing) = available(&catalogue);
    let mut runners = Vec::new();
    for id in here {
        runners.push(Runner::new(config, &id)?);
    }
    // A question costs the same on every backend.
    let request = request.clone().query("");
    for _ in 0..ROUNDS {
        for runner in &mut runners {
            runner.decide(&request)?;
        }
    }
    let mut comparison = Comparison { times: Vec::new(), missing };
    let first = runners.iter().find_map(|runner| runner.last.clone());
    for runner in runners {
        let id = runner.id.clone();
        match runner.result(config, &catalogue, &request, first.as_ref()) {
            Ok(times) => comparison.times.push(times),
            Err(reason) => comparison.missing.push((id, reason)),
        }
    }
    Ok(comparison)
}

/// An engine on one backend, and what it took.
struct Runner {
    id: String,
    engine: Engine,
    statistics: Vec<u64>,
    decisions: Vec<u64>,
    last: Option<Decision>,
    /// Why it does not count.
    failed: Option<String>,
}

impl Runner {
    fn new(config: &Config, id: &str) -> Result<Runner, Error> {
        let mut config = config.clone();
        config.backend = Some(id.to_owned());
        let engine = Engine::open(config)?;
        let (statistics, decisions) = (Vec::new(), Vec::new());
        Ok(Runner { id: id.to_owned(), engine, statistics, decisions, last: None, failed: None })
    }

    fn decide(&mut self, request: &Request) -> Result<(), Error> {
        if self.failed.is_some() {
            return Ok(());
        }
        let decision = self.engine.allocate(request)?;
        let time = |stage: &str| decision.timings_us.get(stage).copied();
        match (time(&format!("prepare {}", self.id)), time("total")) {
            (Some(statistics), Some(total)) if decision.reasons.is_empty() => {
                self.statistics.push(statistics);
                self.decisions.push(total);
                self.last = Some(decision);
            }
            _ => self.failed = Some(decision.reasons.join("; ")),
        }
        Ok(())
    }

    fn result(
        self,
        config: &Config,
        catalogue: &Catalogue,
        request: &Request,
        first: Option<&Decision>,
    ) -> Result<Times, String> {
        if let Some(reason) = self.failed {
            return Err(reason);
        }
        let last = self.last.ok_or("it did not run")?;
        let plugin =
            last.plugins.iter().find(|plugin| plugin.part == self.id).ok_or("it is not in the record")?;
        let scorer = catalogue.make_scorer(&self.id, &config.params, None).map_err(|e| e.to_string())?;
        Ok(Times {
            device: plugin.device.clone(),
            blake3: plugin.identity.blake3.clone(),
            statistics_us: median(self.statistics),
            decision_us: median(self.decisions),
            device_us: on_device(&scorer, request, threads(config))?,
            equal: first.is_some_and(|first| first.tokens == last.tokens && first.scores == last.scores),
            backend: self.id,
        })
    }
}

/// What a backend says of itself, where it does.
fn on_device(scorer: &Arc<Scorer>, request: &Request, threads: usize) -> Result<Option<OnDevice>, String> {
    let Some(image) = request.photo.image().filter(|_| scorer.info().knows(MEASURE)) else { return Ok(None) };
    let shape = [image.height().into(), image.width().into(), 3];
    let pixels = TensorView::new("pixels", DType::U8, &shape, image.data()).map_err(|f| f.to_string())?;
    let attrs = Attributes { grid: Some([request.grid.rows, request.grid.cols]), ..Attributes::default() };
    let grant = Grant::threads(threads as u32);
    let measured = scorer.measure(&Call::new(&[pixels], &attrs), &grant).map_err(|f| f.to_string())?;
    Ok(Some(OnDevice {
        work: measured.work * 1e6,
        upload: measured.upload * 1e6,
        share_of_copy: measured.share_of_copy(),
    }))
}

/// Threads that a configuration stands for.
fn threads(config: &Config) -> usize {
    match config.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    }
}

/// The median of a few times; the first round, in which everything is made, is left out where there are others.
fn median(mut times: Vec<u64>) -> f64 {
    if times.len() > 1 {
        times.remove(0);
    }
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, |&time| time as f64)
}

/// Compares the backends on images of several sizes. `progress` hears which size comes next.
///
/// # Errors
/// As [`compare`]; or when a side is too small for the grid of 24×24.
pub fn measure(config: &Config, sides: &[u32], mut progress: impl FnMut(u32)) -> Result<Measurement, Error> {
    let mut measurement = Measurement::new(threads(config));
    for &side in sides {
        progress(side);
        let photo = Photo::from_rgb(side, side, picture(side))?;
        let comparison = compare(config, &Request::new(photo))?;
        measurement.missing = comparison.missing;
        measurement.sizes.push(AtSize { width: side, height: side, times: comparison.times });
    }
    Ok(measurement)
}

/// Smooth shading with texture and noise, as photographs have: no luma is rare, and few neighbours are equal.
fn picture(side: u32) -> Vec<u8> {
    let mut state = 7u32;
    let mut rgb = Vec::with_capacity(3 * side as usize * side as usize);
    for y in 0..side {
        for x in 0..side {
            state = state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
            let noise = (state >> 28) as i64;
            let shade = i64::from(x) * 160 / i64::from(side) + i64::from((x / 16 + y / 16) % 2) * 40 + noise;
            let tilt = i64::from(y) * 90 / i64::from(side);
            rgb.extend([shade, (shade + tilt).min(255), 255 - shade].map(|value| value.clamp(0, 255) as u8));
        }
    }
    rgb
}
