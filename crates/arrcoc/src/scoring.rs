//! Runs scorers over one observation and turns their channels into score maps.
//!
//! A scorer that fails costs what it would have said and nothing else: the
//! reason is kept, and the decision goes on with the other ways.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use arrcoc_decide::{Channel, ScoreMaps, Way};
use arrcoc_host::{
    Attributes, Fault, Grant, PreparedState, Request as Call, Scale, Scorer, ScorerInfo, TensorBuf,
    TensorView, notes,
};
use arrcoc_sdk::abi::{DType, Retry};

use crate::{
    calibration::{Calibration, Reading},
    decision::PluginRecord,
    engine::{Timings, micros},
    error::Error,
    feeding::is_fed,
    lineup::Lineup,
    photo::{Banded, Content},
    request::Request,
};

/// A channel as its scorer gave it, before calibration.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RawChannel {
    /// The scorer's id.
    pub plugin: String,
    /// The channel's name.
    pub name: String,
    /// The way it speaks for.
    pub way: Way,
    /// Whether its numbers are on the scale of 0 to 1 already.
    pub scale: Scale,
    /// What its numbers come from, or why that cannot be said: tensors of two encoders share no space.
    pub encoder: Result<Option<String>, String>,
    /// One number per patch.
    pub values: Vec<f64>,
}

/// What scorers may look at that does not depend on the question: pixels, named
/// tensors, and what scorers have made of them.
pub(crate) struct Observation<'a> {
    /// The image itself: it is looked at where it is, not copied. None of an image that is read in bands.
    pixels: Option<TensorView<'a>>,
    banded: Option<&'a Banded>,
    tensors: BTreeMap<String, Made>,
    grid: [u32; 2],
    threads: usize,
}

/// A tensor, and what made it as far as that is known.
struct Made {
    tensor: TensorBuf,
    encoder: Option<String>,
}

/// A question, and the tensors that scorers have made of it.
pub(crate) struct Asked<'a> {
    query: &'a str,
    deadline: Option<Instant>,
    tensors: BTreeMap<String, Made>,
}

/// A scorer that is done with what does not depend on the question.
pub(crate) struct Ready {
    scorer: Arc<Scorer>,
    prepared: PreparedState,
    channels: Vec<RawChannel>,
    notes: Vec<String>,
}

/// What the scorers said.
#[derive(Default)]
pub(crate) struct Scored {
    pub(crate) raw: Vec<RawChannel>,
    pub(crate) channels: Vec<Channel>,
    pub(crate) reasons: Vec<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) plugins: Vec<PluginRecord>,
    pub(crate) timings: Timings,
}

/// Why a scorer said nothing.
pub(crate) struct Silent {
    pub(crate) reason: String,
    /// Whether it was called at all.
    pub(crate) ran: bool,
    /// Whether its instance can be used again.
    pub(crate) usable: bool,
    /// What there is to note of the call all the same.
    pub(crate) notes: Vec<String>,
}

/// Tensors that belong to the question and are withheld from `prepare`.
const QUESTION_TENSORS: [&str; 2] = ["query_embeddings", "llm_attention"];

impl<'a> Observation<'a> {
    pub(crate) fn new(request: &'a Request, given: Vec<TensorBuf>, threads: usize) -> Result<Self, Error> {
        let pixels = match &request.photo.content {
            Content::Whole { image, shelf, .. } => {
                let shape = [image.height().into(), image.width().into(), 3];
                let pixels = TensorView::new("pixels", DType::U8, &shape, image.data())
                    .map_err(|f| Error::new(f.message, "report this"))?;
                Some(pixels.beside(shelf))
            }
            Content::InBands(_) => None,
        };
        let encoder = request.tensors.encoder().map(str::to_owned);
        let made = |tensor: TensorBuf| (tensor.name().to_owned(), Made { tensor, encoder: encoder.clone() });
        Ok(Observation {
            pixels,
            banded: request.photo.in_bands(),
            tensors: given.into_iter().map(made).collect(),
            grid: [request.grid.rows, request.grid.cols],
            threads,
        })
    }

    pub(crate) fn tensor_names(&self) -> BTreeSet<&str> {
        self.tensors.keys().map(String::as_str).chain(self.pixels.as_ref().map(TensorView::name)).collect()
    }

    /// The file, where the image is read in bands.
    pub(crate) fn banded(&self) -> Option<&'a Banded> {
        self.banded
    }

    pub(crate) fn grid(&self) -> [u32; 2] {
        self.grid
    }

    pub(crate) fn tensor(&self, name: &str) -> Option<TensorView<'_>> {
        let pixels = self.pixels.filter(|pixels| pixels.name() == name);
        if pixels.is_some() {
            return pixels;
        }
        self.tensors.get(name).and_then(|made| made.tensor.view().ok())
    }

    /// Has a scorer do what does not depend on the question. `promised` are tensors that earlier scorers make of
    /// a question.
    pub(crate) fn prepare(
        &mut self,
        scorer: &Arc<Scorer>,
        promised: &BTreeSet<&str>,
        deadline: Option<Instant>,
        timings: &mut Timings,
    ) -> Result<Ready, Silent> {
        let info = scorer.info();
        if let Some(banded) = self.banded.filter(|_| is_fed(info)) {
            return self.feed(banded, scorer, promised, deadline, timings);
        }
        self.lacks(info, promised, &[])?;
        let started = Instant::now();
        let grant = self.grant(deadline);
        let tensors = self.tensors_for_prepare(info);
        let attrs = Attributes { grid: Some(self.grid), ..Attributes::default() };
        let result = scorer.prepare(&Call::new(&tensors, &attrs), &grant);
        timings.insert(format!("prepare {}", info.id), micros(started.elapsed()));
        let (outputs, prepared) = result.map_err(|fault| Silent::of_call(&info.id, &fault, &grant))?;
        self.keep(scorer, outputs, prepared, &grant)
    }

    /// Whether a scorer lacks a tensor that is neither here, nor `promised`, nor comes in another way.
    pub(crate) fn lacks(
        &self,
        info: &ScorerInfo,
        promised: &BTreeSet<&str>,
        otherwise: &[&str],
    ) -> Result<(), Silent> {
        let there = |name: &String| {
            let name = name.as_str();
            self.tensor(name).is_some() || promised.contains(name) || otherwise.contains(&name)
        };
        match info.requires.iter().find(|name| !there(name)) {
            Some(tensor) => Err(Silent::lacks(&info.id, tensor)),
            None => Ok(()),
        }
    }

    pub(crate) fn grant(&self, deadline: Option<Instant>) -> Grant {
        Grant::threads(self.threads as u32).until(deadline)
    }

    /// What is here of the tensors that a scorer looks at, without those that belong to the question.
    pub(crate) fn tensors_for_prepare(&self, info: &ScorerInfo) -> Vec<TensorView<'_>> {
        let wanted = info.requires.iter().chain(&info.optional);
        let wanted = wanted.filter(|name| !QUESTION_TENSORS.contains(&name.as_str()));
        wanted.filter_map(|name| self.tensor(name)).collect()
    }

    /// Keeps what a scorer has made of the image.
    pub(crate) fn keep(
        &mut self,
        scorer: &Arc<Scorer>,
        outputs: Vec<TensorBuf>,
        prepared: PreparedState,
        grant: &Grant,
    ) -> Result<Ready, Silent> {
        let id = &scorer.info().id;
        let nothing = BTreeMap::new();
        let encoder = self.encoder_of(&prepared, &nothing);
        let channels = raw_channels(&outputs, scorer, &encoder).map_err(|f| Silent::failed(id, &f))?;
        for tensor in outputs {
            let encoder = encoder.clone().ok().flatten();
            self.tensors.insert(tensor.name().to_owned(), Made { tensor, encoder });
        }
        Ok(Ready { scorer: Arc::clone(scorer), prepared, channels, notes: notes::take(id, grant) })
    }

    /// What a scorer's numbers come from: what it says itself, else what made the tensors that it needs, where
    /// they agree.
    fn encoder_of(
        &self,
        prepared: &PreparedState,
        asked: &BTreeMap<String, Made>,
    ) -> Result<Option<String>, String> {
        if let Some(own) = prepared.encoder() {
            return Ok(Some(own.to_owned()));
        }
        let made = |name: &String| asked.get(name).or_else(|| self.tensors.get(name));
        let mut found: Option<(&String, &String)> = None;
        for name in &prepared.scorer().info().requires {
            let Some(encoder) = made(name).and_then(|made| made.encoder.as_ref()) else { continue };
            match found {
                Some((first, other)) if other != encoder => {
                    return Err(format!(
                        "`{first}` comes from the encoder `{other}` and `{name}` from `{encoder}`"
                    ));
                }
                _ => found = Some((name, encoder)),
            }
        }
        Ok(found.map(|(_, encoder)| encoder.clone()))
    }
}

impl<'a> Asked<'a> {
    pub(crate) fn new(query: &'a str, deadline: Option<Instant>) -> Asked<'a> {
        Asked { query, deadline, tensors: BTreeMap::new() }
    }

    /// When the decision must be done.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Whether no time is left.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    pub(crate) fn query(&self) -> &str {
        self.query
    }

    /// Whether anything is asked.
    pub(crate) fn is_something(&self) -> bool {
        !self.query.is_empty()
    }

    /// A tensor by name: made of the question, or there before it.
    pub(crate) fn tensor<'t>(
        &'t self,
        observation: &'t Observation<'_>,
        name: &str,
    ) -> Option<TensorView<'t>> {
        let own = self.tensors.get(name).and_then(|made| made.tensor.view().ok());
        own.or_else(|| observation.tensor(name))
    }

    /// Has a scorer answer the question, and keeps everything it has said.
    pub(crate) fn hear(
        &mut self,
        ready: &Ready,
        observation: &Observation<'_>,
        calibration: &Calibration,
        scored: &mut Scored,
    ) -> Result<(), Silent> {
        let info = ready.scorer.info();
        scored.notes.extend(ready.notes.iter().cloned());
        ready.channels.iter().for_each(|channel| scored.keep(channel.clone(), calibration));
        if !self.is_something() {
            return Ok(());
        }
        let fed = observation.banded.is_some() && is_fed(info);
        let there = |name: &str| fed && name == "pixels" || self.tensor(observation, name).is_some();
        if let Some(tensor) = info.requires.iter().find(|name| !there(name)) {
            return Err(Silent::lacks(&info.id, tensor));
        }
        let started = Instant::now();
        let grant = observation.grant(self.deadline);
        let wanted = info.requires.iter().chain(&info.optional);
        let tensors: Vec<TensorView<'_>> = wanted.filter_map(|name| self.tensor(observation, name)).collect();
        let attrs = Attributes {
            grid: Some(observation.grid),
            queries: vec![self.query.to_owned()],
            ..Attributes::default()
        };
        let result = ready.prepared.score(&Call::new(&tensors, &attrs), &grant);
        scored.notes.extend(notes::take(&info.id, &grant));
        let outputs = result.map_err(|fault| Silent::failed(&info.id, &fault))?;
        if outputs.is_empty() {
            return Ok(());
        }
        scored.timings.insert(format!("score {}", info.id), micros(started.elapsed()));
        let encoder = observation.encoder_of(&ready.prepared, &self.tensors);
        let channels =
            raw_channels(&outputs, &ready.scorer, &encoder).map_err(|f| Silent::failed(&info.id, &f))?;
        channels.into_iter().for_each(|channel| scored.keep(channel, calibration));
        for tensor in outputs {
            let encoder = encoder.clone().ok().flatten();
            self.tensors.insert(tensor.name().to_owned(), Made { tensor, encoder });
        }
        Ok(())
    }
}

impl Ready {
    /// The names of everything that its scorer gives, of an image and of a question.
    pub(crate) fn provides(&self) -> impl Iterator<Item = &str> {
        self.scorer.info().provides.iter().map(|given| given.name.as_str())
    }
}

impl Silent {
    fn lacks(id: &str, tensor: &str) -> Silent {
        // Its provider failed before, which is a reason of its own.
        Silent {
            reason: format!("scorer `{id}` did not run: `{tensor}` is missing"),
            ran: false,
            usable: true,
            notes: Vec::new(),
        }
    }

    pub(crate) fn failed(id: &str, fault: &Fault) -> Silent {
        let usable = matches!(fault.retry, Retry::NEVER | Retry::SAME_INSTANCE);
        Silent { reason: format!("scorer `{id}` failed: {fault}"), ran: true, usable, notes: Vec::new() }
    }

    /// A call that failed.
    pub(crate) fn of_call(id: &str, fault: &Fault, grant: &Grant) -> Silent {
        Silent { notes: notes::take(id, grant), ..Silent::failed(id, fault) }
    }
}

/// The channels among a scorer's outputs.
fn raw_channels(
    outputs: &[TensorBuf],
    scorer: &Scorer,
    encoder: &Result<Option<String>, String>,
) -> Result<Vec<RawChannel>, Fault> {
    let info = scorer.info();
    let mut channels = Vec::new();
    for output in outputs {
        let Some((_, channel)) = info.channels().find(|(given, _)| given.name == output.name()) else {
            continue;
        };
        channels.push(RawChannel {
            plugin: info.id.clone(),
            name: output.name().to_owned(),
            way: channel.way,
            scale: channel.scale,
            encoder: encoder.clone(),
            values: output.view()?.as_slice::<f32>()?.iter().map(|&v| f64::from(v)).collect(),
        });
    }
    Ok(channels)
}

/// The plugin of a scorer, for the record.
pub(crate) fn plugin_record(scorer: &Scorer, ready: Option<&Ready>) -> PluginRecord {
    let info = scorer.info();
    let available = info.devices.iter().find(|d| d.unavailable.is_none()).map(|d| d.name.as_str());
    PluginRecord {
        identity: scorer.identity().clone(),
        part: info.id.clone(),
        parameters: scorer.params().to_json(),
        device: ready.and_then(|ready| ready.prepared.device()).or(available).unwrap_or("cpu").into(),
        encoder: ready.and_then(|ready| ready.prepared.encoder()).map(str::to_owned),
    }
}

impl Scored {
    /// Keeps a channel, calibrated; what keeps it from being used is a reason.
    fn keep(&mut self, raw: RawChannel, calibration: &Calibration) {
        match calibrated(&raw, calibration) {
            Ok((channel, reason)) => {
                self.channels.push(channel);
                self.reasons.extend(reason);
            }
            Err(reason) => self.reasons.push(reason),
        }
        self.raw.push(raw);
    }

    /// Says why scorers were left out. That content is all there is
    /// when a question was asked is a retreat; without a question it is not.
    pub(crate) fn note_left_out(
        &mut self,
        lineup: &Lineup,
        query: &str,
        is_dispensable: impl Fn(&str) -> bool,
    ) {
        let mut unread = Vec::new();
        for (id, reason) in &lineup.left_out {
            if is_dispensable(id) {
                unread.push(format!("`{id}` did not run: {reason}"));
            } else {
                self.reasons.push(format!("scorer `{id}` did not run: {reason}"));
            }
        }
        let read = self.channels.iter().any(|c| c.way == Way::Participatory);
        if !query.trim().is_empty() && !read {
            let why = if unread.is_empty() { "no scorer reads it".to_owned() } else { unread.join("; ") };
            self.reasons.push(format!("the question was not used: {why}"));
        }
    }

    /// Says so when a question was asked, and no patch was found to be likelier to hold the answer than another.
    pub(crate) fn note_unheard(&mut self) {
        let mut asked =
            self.channels.iter().filter(|c| c.way == Way::Participatory && c.theta > 0.0).peekable();
        if asked.peek().is_some() && asked.all(|channel| !channel.is_heard()) {
            self.notes.push("nothing that the question names was found: content decides alone".into());
        }
    }

    /// The score maps. Channels were checked one by one, so they fit together.
    pub(crate) fn maps(&mut self, patches: usize) -> ScoreMaps {
        ScoreMaps::from_channels(&self.channels, patches).unwrap_or_else(|e| {
            self.reasons.push(format!("the score maps were dropped: {e}"));
            ScoreMaps { p: None, s: None, q: None, theta_p: 0.0, theta_s: 0.0, patches }
        })
    }
}

fn calibrated(raw: &RawChannel, calibration: &Calibration) -> Result<(Channel, Option<String>), String> {
    let RawChannel { plugin, name, way, scale, encoder, values } = raw;
    let reading = match encoder {
        Ok(encoder) => calibration.reading(*way, name, *scale, encoder.as_deref()),
        Err(why) => Reading::Uncalibrated(why.clone()),
    };
    let (theta, values, reason) = match reading {
        Reading::Map(map, theta) => (theta, values.iter().map(|&v| map.apply(v)).collect(), None),
        Reading::AsIs(theta) => {
            if let Some(i) = values.iter().position(|v| !(0.0..=1.0).contains(v)) {
                return Err(format!(
                    "scorer `{plugin}` failed: channel `{name}` is {} at patch {i}, outside the 0 to 1 it declares",
                    values[i]
                ));
            }
            (theta, values.clone(), None)
        }
        // Recorded as silence: it has no meaning between 0 and 1 yet.
        Reading::Uncalibrated(why) => (
            0.0,
            vec![0.0; values.len()],
            Some(format!("channel `{name}` of `{plugin}` has no weight: {why}")),
        ),
    };
    Ok((Channel { plugin: plugin.clone(), name: name.clone(), way: *way, theta, values }, reason))
}
