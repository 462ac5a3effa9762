//! What is asked for, by reading: the text of an image, and how relevant each
//! patch of it is to a question.
//!
//! ```text
//! pixels ─▶ detect ─▶ recognise ─▶ lines          once for an image
//! lines, question ─▶ hear ─▶ a number for each patch    once for a question
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `model` | the two published models, and how to come by them |
//! | `threads` | work side by side, on the threads that the host grants |
//! | `frame` | a rectangle around a line that may lie askew |
//! | `detect` | where is text? |
//! | `recognise` | what does a line say? |
//! | `line` | a line as it was read |
//! | `page` | all lines of an image |
//! | `hear` | which of them is asked for? |
//! | `semantic` | what phrases and questions mean |
//! | `semantic` | how alike phrases are in meaning |
//!
//! What it reads: printed lines from left to right that lie askew by less than 45°, in
//! Latin letters, digits and signs, and Chinese. Text that runs downwards or upwards
//! it does not read.

#![deny(unsafe_code)]

mod detect;
mod frame;
mod hear;
mod line;
mod model;
mod page;
mod recognise;
mod semantic;
mod threads;

use std::sync::Arc;

use arrcoc_sdk::{describe::Determinism, prelude::*};
use arrcoc_stats::Tiling;

use hear::Reading;
use model::Models;
use page::Reader;
use semantic::{Embedder, ModelError, WIDTH};
use threads::Leave;

/// Reads an image and hears what of it is asked for.
struct Ocr {
    reader: Reader,
    /// Where other words for the same thing are heard too.
    embedder: Option<Arc<Embedder>>,
}

/// An image that was read.
struct Read {
    reading: Reading,
    meanings: Option<Meanings>,
}

/// What the phrases of an image mean.
struct Meanings {
    embedder: Arc<Embedder>,
    /// One unit vector for each phrase of the reading.
    phrases: Vec<[f32; WIDTH]>,
}

impl Meanings {
    /// The phrases' vectors, some at a time so that a call can be cancelled.
    fn of(embedder: &Arc<Embedder>, reading: &Reading, call: &Call<'_>) -> Result<Meanings, Fault> {
        let texts: Vec<&str> = reading.phrases().iter().map(|phrase| phrase.text.as_str()).collect();
        let mut phrases = Vec::with_capacity(texts.len());
        for some in texts.chunks(256) {
            call.check()?;
            phrases.extend(embedder.embed(some, call.max_threads()).map_err(refused)?);
        }
        Ok(Meanings { embedder: Arc::clone(embedder), phrases })
    }

    /// The cosine of a question with each phrase.
    fn cosines(&self, question: &str, call: &Call<'_>) -> Result<Vec<f32>, Fault> {
        let vectors = self.embedder.embed(&[question], call.max_threads()).map_err(refused)?;
        let Some(asked) = vectors.first() else { return Ok(Vec::new()) };
        let cosine = |phrase: &[f32; WIDTH]| phrase.iter().zip(asked).map(|(a, b)| a * b).sum();
        Ok(self.phrases.iter().map(cosine).collect())
    }
}

fn refused(error: ModelError) -> Fault {
    Fault::invalid(format!("{error}; {}", error.hint()))
}

impl Scorer for Ocr {
    type Prepared = Read;

    fn info() -> ScorerInfo {
        ScorerInfo::new("ocr", "what is asked for: text that is read (PP-OCRv4) and that the question names")
            .param(Param::path(
                "models",
                "asset:ocr-971d7d5f",
                "folder of the models; `cargo xtask fetch ocr` fills the default one",
            ))
            .param(Param::float(
                "confidence",
                0.0..=1.0,
                0.5,
                "lines are left out whose characters have less than this mean probability",
            ))
            .param(Param::choice(
                "similarity",
                &["lexical", "semantic"],
                "lexical",
                "how a question names a phrase: by its words, or by what they mean too",
            ))
            .param(Param::path(
                "embedder",
                "asset:minilm-b9a0018d",
                "for `semantic`, the folder of the sentence embedder; `cargo xtask fetch minilm` fills the default one",
            ))
            .requires("pixels")
            .sees("every pixel, as lines of text that are found at one megapixel")
            .channel_on(
                "asked",
                Way::Participatory,
                Scale::Raw,
                "how relevant the text of the patch is to the question",
            )
            .determinism(Determinism::RunToRun)
            .parallel()
    }

    fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        let models = Models::open(params.path("models")?)?;
        let embedder = match params.text("similarity")? {
            "semantic" => Some(Arc::new(Embedder::open(params.path("embedder")?).map_err(refused)?)),
            _ => None,
        };
        Ok(Ocr { reader: Reader::new(models, params.float("confidence")? as f32), embedder })
    }

    fn encoder(&self) -> Option<String> {
        Some(match &self.embedder {
            None => "ppocr4+lexical/1".into(),
            Some(embedder) => format!("ppocr4+{}/1", &embedder.digest()[..16]),
        })
    }

    fn prepare(&self, input: &Inputs<'_>, _: &mut Outputs<'_>, call: &Call<'_>) -> Result<Read, Fault> {
        let (pixels, grid) = (input.pixels()?, input.grid()?);
        let size = (pixels.width(), pixels.height());
        Tiling::new(grid, size.0, size.1).map_err(|error| Fault::invalid(error.to_string()))?;
        let lines = Leave::of(call, |leave| self.reader.read(&pixels, leave))?;
        let reading = Reading::new(lines, size, grid);
        let meanings = self.embedder.as_ref().map(|embedder| Meanings::of(embedder, &reading, call));
        Ok(Read { meanings: meanings.transpose()?, reading })
    }
}

impl Prepared for Read {
    fn score(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, call: &Call<'_>) -> Result<(), Fault> {
        let patches = input.grid()?.patches();
        let asked = output.slice::<f32>("asked")?;
        for (question, out) in input.queries().iter().zip(asked.chunks_exact_mut(patches)) {
            call.check()?;
            let cosines =
                self.meanings.as_ref().map(|meanings| meanings.cosines(question, call)).transpose()?;
            self.reading.relevance(question, cosines.as_deref(), out);
        }
        Ok(())
    }
}

arrcoc_sdk::export_plugin! {
    id: "ocr",
    vendor: "The ARR-COC developers",
    scorers: [Ocr],
    allocators: [],
}

#[cfg(test)]
mod tests;
