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
#[cfg_attr(not(test), expect(dead_code, reason = "nothing asks for it yet"))]
mod semantic;
mod threads;

use arrcoc_sdk::{describe::Determinism, prelude::*};
use arrcoc_stats::Tiling;

use hear::Reading;
use model::Models;
use page::Reader;
use threads::Leave;

/// Reads an image and hears what of it is asked for.
struct Ocr {
    reader: Reader,
}

impl Scorer for Ocr {
    type Prepared = Reading;

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
            .requires("pixels")
            .sees("every pixel, as lines of text")
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
        Ok(Ocr { reader: Reader::new(models, params.float("confidence")? as f32) })
    }

    fn encoder(&self) -> Option<String> {
        Some("ppocr4+lexical/1".into())
    }

    fn prepare(&self, input: &Inputs<'_>, _: &mut Outputs<'_>, call: &Call<'_>) -> Result<Reading, Fault> {
        let (pixels, grid) = (input.pixels()?, input.grid()?);
        let size = (pixels.width(), pixels.height());
        Tiling::new(grid, size.0, size.1).map_err(|error| Fault::invalid(error.to_string()))?;
        let lines = Leave::of(call, |leave| self.reader.read(&pixels, leave))?;
        Ok(Reading::new(lines, size, grid))
    }
}

impl Prepared for Reading {
    fn score(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, call: &Call<'_>) -> Result<(), Fault> {
        let patches = input.grid()?.patches();
        let asked = output.slice::<f32>("asked")?;
        for (question, out) in input.queries().iter().zip(asked.chunks_exact_mut(patches)) {
            call.check()?;
            self.relevance(question, None, out);
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
