//! What a question asks for, on a page that has been read.
//!
//! A question names a label, and the answer stands beside it. So the page is cut into phrases once,
//! and for each question the phrases that it names are found, and from there the place where the answer
//! stands: beside, below, at the end of the dots, behind the passage. Patches get what the answer
//! is sure of, and a part of it for its label. Nothing is scaled by what else is on the page: a
//! question that names nothing on it leaves every patch near 0.
//!
//! | file | holds |
//! |---|---|
//! | `fold` | characters as they are compared |
//! | `boxes`, `slope`, `rows` | where lines lie, how askew, and which of them are one row |
//! | `glyphs` | characters with places, and the room between them |
//! | `phrases` | rows cut into phrases |
//! | `flow` | all letters in the order of reading |
//! | `page` | all that is known before anything is asked |
//! | `question` | the words of a question, and what kind of answer it wants |
//! | `search` | where those words stand, misread or run together |
//! | `sites` | which phrases a question names |
//! | `answers` | from there to the answer |
//! | `patches` | from strips of text to patches |

mod answers;
mod boxes;
#[cfg(test)]
mod fixtures;
mod flow;
mod fold;
mod glyphs;
mod page;
mod patches;
mod phrases;
mod question;
mod rows;
mod search;
mod sites;
mod slope;
#[cfg(test)]
mod tests;

use arrcoc_stats::{Grid, Tiling};

use super::line::Line;
use answers::{Habits, answers};
use page::Page;
use patches::paint;
use question::Question;

pub(crate) use phrases::Phrase;

/// What a label gets of the score of its answer.
const LABEL: f32 = 0.12;

/// A score below which an answer is none.
const LEAST: f32 = 1e-4;

/// A page that has been read, ready for questions.
#[derive(Debug)]
pub(crate) struct Reading {
    page: Page,
    habits: Habits,
    /// None when the image has fewer pixels than patches.
    tiling: Option<Tiling>,
}

impl Reading {
    /// All work that does not depend on a question: `lines` in any order, of an image of `size` pixels
    /// (width, height).
    pub(crate) fn new(lines: Vec<Line>, size: (u32, u32), grid: Grid) -> Self {
        let page = Page::new(&lines);
        let habits = Habits::of(&page);
        Self { page, habits, tiling: Tiling::new(grid, size.0, size.1).ok() }
    }

    /// How surely each patch holds the answer to `question`, or in a smaller part its label: N numbers in [0, 1],
    /// row by row.
    ///
    /// `semantic` is the cosine of the question with each of [`Self::phrases`], where a model of meanings is at hand.
    pub(crate) fn relevance(&self, question: &str, semantic: Option<&[f32]>, out: &mut [f32]) {
        out.fill(0.0);
        let Some(tiling) = &self.tiling else { return };
        let semantic = semantic.filter(|cosines| cosines.len() == self.page.phrases.len());
        for answer in answers(&self.page, self.habits, &Question::new(question), semantic) {
            if answer.score < LEAST {
                continue;
            }
            for (glyphs, share) in [(answer.glyphs, 1.0), (answer.label, LABEL)] {
                if let Some(strip) = self.page.strip(glyphs) {
                    paint(tiling, self.page.slope, strip, share * answer.score, out);
                }
            }
        }
    }

    /// What stands on the page, phrase by phrase: what an embedder embeds is the text of each.
    pub(crate) fn phrases(&self) -> &[Phrase] {
        &self.page.phrases
    }
}
