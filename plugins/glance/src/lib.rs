//! What is asked for, at a glance: where the words of a question stand on a page,
//! and where labels have their answers; and where things are that it names by their
//! look.
//!
//! ```text
//! pixels ─▶ network ─▶ a vector for each cell of 16 × 8 pixels    once for an image
//! question ─▶ words ─▶ a vector each                              once for a question
//! both ─▶ hear ─▶ a number for each patch
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `network` | the image side: a small network of convolutions |
//! | `product` | the loops that take its time |
//! | `question` | the question side: words, and their vectors |
//! | `synonyms` | words that stand for each other on forms |
//! | `hear` | from cells to patches |
//! | `lines` | where lines of print run, and which belong together |
//! | `colour` | where a colour is that is named |
//! | `things` | things of a colour, their figures and marks |
//!
//! Nothing is read: the network was trained so that the vector of a cell is near
//! that of the word which is printed there, whichever it is. It finds printed
//! words in Latin letters and digits, from about 16 pixels on. How it was trained,
//! and on what, is in `MODEL.md`; `train/` has all of it.

#![deny(unsafe_code)]

mod colour;
mod hear;
mod lines;
mod network;
mod product;
mod question;
mod synonyms;
mod things;

use std::{borrow::Cow, sync::Arc};

use arrcoc_sdk::{describe::Determinism, prelude::*};
use arrcoc_stats::Tiling;

use colour::Colours;
use hear::Glance;
use lines::Lines;
use network::Network;
use question::Question;

/// The weights, as `train/export.py` wrote them.
const WEIGHTS: &[u8] = include_bytes!("../glance.safetensors");

struct Glancer {
    network: Arc<Network>,
    asking: Asking,
    /// What is not as it was made to be: the encoder is another one then, and needs a calibration of its own.
    changed: String,
}

/// How questions are put to a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking {
    /// Whether words count for more beside each other, and answers are looked for beside them.
    pub(crate) context: bool,
    /// Whether words that say little count for less.
    pub(crate) weights: bool,
    /// Whether other words are looked for in the place of those that the page does not have.
    pub(crate) synonyms: bool,
}

/// An image that was seen.
struct Seen {
    network: Arc<Network>,
    asking: Asking,
    glance: Glance,
    colours: Colours,
}

impl Scorer for Glancer {
    type Prepared = Seen;

    fn info() -> ScorerInfo {
        ScorerInfo::new("glance", "what is asked for: printed words that look like those of the question, and things by their colour and figure")
            .param(Param::path(
                "weights",
                "",
                "other weights than its own, a file that `cargo xtask train glance --try` writes",
            ))
            .param(Param::integer("bits", 2..=32, 32, "weights are rounded to so many bits"))
            .param(Param::boolean(
                "context",
                true,
                "words count for more beside each other, and answers are looked for beside them",
            ))
            .param(Param::boolean("word-weights", true, "words that say little count for less"))
            .param(Param::boolean(
                "synonyms",
                true,
                "where the page lacks a word, those are looked for that stand for it on forms",
            ))
            .requires("pixels")
            .sees("every pixel; words in grey, at no more than four megapixels")
            .channel_on(
                "named",
                Way::Participatory,
                Scale::Raw,
                "how likely the patch holds words of the question",
            )
            .channel_on("labelled", Way::Participatory, Scale::Raw, "how likely the patch holds what those words label")
            .channel_on(
                "coloured",
                Way::Participatory,
                Scale::Raw,
                "how likely the patch holds what the question names by its colour, figure and marks",
            )
            .determinism(Determinism::RunToRun)
            .parallel()
    }

    fn make(params: &Params, _: &Call<'_>) -> Result<Self, Fault> {
        let file = params.path("weights")?;
        let bytes = if file.as_os_str().is_empty() {
            Cow::Borrowed(WEIGHTS)
        } else {
            let unread = |error: std::io::Error| {
                Fault::invalid(format!("cannot read the weights {}: {error}", file.display()))
            };
            Cow::Owned(std::fs::read(file).map_err(unread)?)
        };
        let bits = params.integer("bits")?;
        let network = Network::read(&bytes, u32::try_from(bits).unwrap_or(32)).map_err(Fault::invalid)?;
        let asking = Asking {
            context: params.boolean("context")?,
            weights: params.boolean("word-weights")?,
            synonyms: params.boolean("synonyms")?,
        };
        let changes = [
            (bits != 32).then(|| format!(",bits={bits}")),
            (!asking.context).then(|| ",context=false".to_owned()),
            (!asking.weights).then(|| ",word-weights=false".to_owned()),
            (!asking.synonyms).then(|| ",synonyms=false".to_owned()),
        ];
        Ok(Glancer { network: Arc::new(network), asking, changed: changes.into_iter().flatten().collect() })
    }

    fn encoder(&self) -> Option<String> {
        Some(format!("glance:{}/1{}", &self.network.digest()[..16], self.changed))
    }

    fn prepare(&self, input: &Inputs<'_>, _: &mut Outputs<'_>, call: &Call<'_>) -> Result<Seen, Fault> {
        let (pixels, grid) = (input.pixels()?, input.grid()?);
        let tiling = Tiling::new(grid, pixels.width(), pixels.height())
            .map_err(|error| Fault::invalid(error.to_string()))?;
        let cells = self.network.see(&pixels, call.max_threads(), &|| call.check())?;
        call.check()?;
        let colours = Colours::new(&pixels, tiling);
        call.check()?;
        let lines = Lines::new(&pixels, cells.shrunk);
        let glance = Glance::new(cells, lines, tiling);
        Ok(Seen { network: Arc::clone(&self.network), asking: self.asking, glance, colours })
    }
}

impl Prepared for Seen {
    fn score(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, call: &Call<'_>) -> Result<(), Fault> {
        let patches = input.grid()?.patches();
        let questions = input.queries();
        let (mut named, mut labelled) =
            (vec![0.0; patches * questions.len()], vec![0.0; patches * questions.len()]);
        let places = named.chunks_exact_mut(patches).zip(labelled.chunks_exact_mut(patches));
        for (question, (named, labelled)) in questions.iter().zip(places) {
            call.check()?;
            let question = Question::new(question, &self.network.table, self.asking);
            self.glance.relevance(&question, self.asking.context, named, labelled);
        }
        output.write("named", &named)?;
        output.write("labelled", &labelled)?;
        let coloured = output.slice::<f32>("coloured")?;
        for (question, out) in questions.iter().zip(coloured.chunks_exact_mut(patches)) {
            self.colours.relevance(question, out);
        }
        Ok(())
    }
}

arrcoc_sdk::export_plugin! {
    id: "glance",
    vendor: "The ARR-COC developers",
    scorers: [Glancer],
    allocators: [],
}

#[cfg(test)]
mod tests;
