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
use arrcoc_host::{Attributes, Fault, Grant, Level, Request as Call, Scorer, TensorBuf, TensorView};
use arrcoc_sdk::abi::{DType, Retry};

use crate::{
    calibration::{Calibration, Reading},
    decision::PluginRecord,
    engine::{Timings, micros},
    error::Error,
    lineup::Lineup,
    request::Request,
};

/// What scorers may look at: pixels, question, named tensors, and what earlier
/// scorers made of them.
pub(crate) struct Observation<'a> {
    /// The image itself: it is looked at where it is, not copied.
    pixels: TensorView<'a>,
    tensors: BTreeMap<String, TensorBuf>,
    grid: [u32; 2],
    query: &'a str,
    encoder: Option<&'a str>,
    threads: usize,
}

/// What the scorers said.
#[derive(Default)]
pub(crate) struct Scored {
    pub(crate) channels: Vec<Channel>,
    pub(crate) reasons: Vec<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) plugins: Vec<PluginRecord>,
    pub(crate) timings: Timings,
}

/// Tensors that belong to the question and are withheld from `prepare`.
const QUESTION_TENSORS: [&str; 2] = ["query_embeddings", "llm_attention"];

impl<'a> Observation<'a> {
    pub(crate) fn new(request: &'a Request, given: Vec<TensorBuf>, threads: usize) -> Result<Self, Error> {
        let image = request.photo.image();
        let shape = [image.height().into(), image.width().into(), 3];
        let pixels = TensorView::new("pixels", DType::U8, &shape, image.data())
            .map_err(|f| Error::new(f.message, "report this"))?;
        Ok(Observation {
            pixels,
            tensors: given.into_iter().map(|t| (t.name().to_owned(), t)).collect(),
            grid: [request.grid.rows, request.grid.cols],
            query: request.query.trim(),
            encoder: request.tensors.encoder(),
            threads,
        })
    }

    pub(crate) fn tensor_names(&self) -> BTreeSet<&str> {
        self.tensors.keys().map(String::as_str).chain([self.pixels.name()]).collect()
    }

    pub(crate) fn tensor(&self, name: &str) -> Option<TensorView<'_>> {
        if name == self.pixels.name() {
            return Some(self.pixels);
        }
        self.tensors.get(name).and_then(|t| t.view().ok())
    }

    pub(crate) fn grid(&self) -> [u32; 2] {
        self.grid
    }

    /// Runs a scorer, `prepare` and, when there is a question, `score`. Returns
    /// whether the instance can be used again.
    pub(crate) fn run(
        &mut self,
        scorer: &Arc<Scorer>,
        calibration: &Calibration,
        scored: &mut Scored,
    ) -> bool {
        let info = scorer.info();
        let lacks = info.requires.iter().find(|t| self.tensor(t).is_none());
        if let Some(tensor) = lacks {
            // Its provider failed before, which is a reason of its own.
            scored.reasons.push(format!("scorer `{}` did not run: `{tensor}` is missing", info.id));
            return true;
        }
        let started = Instant::now();
        let grant = Grant::threads(self.threads as u32);
        let result = self.outputs(scorer, &grant);
        scored.timings.insert(format!("score {}", info.id), micros(started));
        for (level, message) in grant.take_log() {
            if level == Level::ERROR || level == Level::WARN {
                scored.notes.push(format!("{} says: {}", info.id, one_line(&message)));
            }
        }
        scored.plugins.push(PluginRecord {
            identity: scorer.identity().clone(),
            part: info.id.clone(),
            parameters: scorer.params().to_json(),
            device: info.devices.iter().find(|d| d.unavailable.is_none()).map_or("cpu", |d| &d.name).into(),
        });
        match result {
            Ok(outputs) => {
                outputs.into_iter().for_each(|output| self.keep(output, scorer, calibration, scored))
            }
            Err(fault) => {
                scored.reasons.push(format!("scorer `{}` failed: {fault}", info.id));
                return matches!(fault.retry, Retry::NEVER | Retry::SAME_INSTANCE);
            }
        }
        true
    }

    fn outputs(&self, scorer: &Arc<Scorer>, grant: &Grant) -> Result<Vec<TensorBuf>, Fault> {
        let info = scorer.info();
        let wanted = info.requires.iter().chain(&info.optional);
        let all: Vec<TensorView<'_>> = wanted.filter_map(|name| self.tensor(name)).collect();
        let without_question: Vec<TensorView<'_>> =
            all.iter().copied().filter(|t| !QUESTION_TENSORS.contains(&t.name())).collect();
        let attrs = Attributes { grid: Some(self.grid), ..Attributes::default() };
        let request = Call { tensors: &without_question, attrs: &attrs };
        let (mut outputs, prepared) = scorer.prepare(&request, grant)?;
        if !self.query.is_empty() {
            let attrs = Attributes { queries: vec![self.query.to_owned()], ..attrs };
            outputs.append(&mut prepared.score(&Call { tensors: &all, attrs: &attrs }, grant)?);
        }
        Ok(outputs)
    }

    /// Keeps an output: a channel is calibrated, any other tensor is there for
    /// the scorers and the allocator that come after.
    fn keep(&mut self, output: TensorBuf, scorer: &Scorer, calibration: &Calibration, scored: &mut Scored) {
        let info = scorer.info();
        let channel = info.channels().find(|(given, _)| given.name == output.name()).map(|(_, c)| c.clone());
        if let Some(channel) = channel {
            match self.calibrate(&output, &info.id, channel.way, channel.scale, calibration) {
                Ok((channel, reason)) => {
                    scored.channels.push(channel);
                    scored.reasons.extend(reason);
                }
                Err(reason) => scored.reasons.push(reason),
            }
        }
        self.tensors.insert(output.name().to_owned(), output);
    }

    fn calibrate(
        &self,
        output: &TensorBuf,
        id: &str,
        way: Way,
        scale: arrcoc_host::Scale,
        calibration: &Calibration,
    ) -> Result<(Channel, Option<String>), String> {
        let name = output.name();
        let raw = output.view().and_then(|v| v.as_slice::<f32>()).map_err(|f| f.to_string())?;
        let raw = raw.iter().map(|&v| f64::from(v));
        let (theta, values, reason) = match calibration.reading(way, name, scale, self.encoder) {
            Reading::Map(map, theta) => (theta, raw.map(|v| map.apply(v)).collect(), None),
            Reading::AsIs(theta) => {
                let values: Vec<f64> = raw.collect();
                if let Some(i) = values.iter().position(|v| !(0.0..=1.0).contains(v)) {
                    return Err(format!(
                        "scorer `{id}` failed: channel `{name}` is {} at patch {i}, outside the 0 to 1 it declares",
                        values[i]
                    ));
                }
                (theta, values, None)
            }
            // Recorded as silence: it has no meaning between 0 and 1 yet.
            Reading::Uncalibrated(why) => {
                (0.0, vec![0.0; raw.len()], Some(format!("channel `{name}` of `{id}` has no weight: {why}")))
            }
        };
        Ok((Channel { plugin: id.into(), name: name.into(), way, theta, values }, reason))
    }
}

impl Scored {
    /// Says why standard scorers were left out. That content is all there is
    /// when a question was asked is a retreat; without a question it is not.
    pub(crate) fn note_left_out(&mut self, lineup: &Lineup, query: &str, standard: bool) {
        let mut unread = Vec::new();
        for (id, reason) in &lineup.left_out {
            if standard && id == "features" {
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

    /// The score maps. Channels were checked one by one, so they fit together.
    pub(crate) fn maps(&mut self, patches: usize) -> ScoreMaps {
        ScoreMaps::from_channels(&self.channels, patches).unwrap_or_else(|e| {
            self.reasons.push(format!("the score maps were dropped: {e}"));
            ScoreMaps { p: None, s: None, q: None, theta_p: 0.0, theta_s: 0.0, patches }
        })
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
