//! A page as it is read: rows of phrases, and the flow of the text.
//!
//! Phrases know which of them stands next in the row and which one stands below, since that is
//! where an answer stands when a question names a label. The flow is for words that are found anywhere,
//! and for passages that go on in the next line.

use std::ops::Range;

use super::super::line::Line;
use super::boxes::{LineBox, Strip};
use super::flow::Letter;
use super::fold::{Alphabet, fold};
use super::glyphs::{Glyph, Written, written};
use super::phrases::{Phrase, edges};
use super::rows::rows;
use super::slope::slope;

/// Lines of a page that are looked at at most, from the top.
const LINES: usize = 4096;

/// How far a side of a glyph may be off, in heights of its line.
const SLACK: f32 = 0.15;

/// Others that a phrase has to be in line with.
pub(super) const PEERS: usize = 2;

/// All that is known of a page before anything is asked.
#[derive(Debug)]
pub(crate) struct Page {
    /// By how many pixels lines go down for each pixel to the right.
    pub(crate) slope: f32,
    pub(crate) glyphs: Vec<Glyph>,
    /// The phrase of each glyph.
    pub(crate) phrase_of: Vec<usize>,
    /// From top to bottom, and in a row from left to right.
    pub(crate) phrases: Vec<Phrase>,
    pub(crate) alphabet: Alphabet,
    pub(crate) flow: Vec<Letter>,
    /// The strip of each line.
    pub(super) strips: Vec<Strip>,
    /// Where columns begin: left sides that several lines share, in order, as on a page that lies straight.
    pub(super) edges: Vec<f32>,
}

impl Page {
    pub(crate) fn new(lines: &[Line]) -> Self {
        let mut written = written(lines);
        // The order in which lines were found says nothing.
        let key = |line: &Written| [line.place.top, line.place.left, line.place.right, line.place.bottom];
        written.sort_by(|a, b| {
            let sides = key(a).into_iter().zip(key(b)).map(|(a, b)| a.total_cmp(&b));
            let text = |line: &Written| line.glyphs.iter().map(|glyph| glyph.c).collect::<String>();
            sides
                .fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
                .then_with(|| text(a).cmp(&text(b)))
        });
        written.truncate(LINES);
        for (number, line) in written.iter_mut().enumerate() {
            line.glyphs.iter_mut().for_each(|glyph| glyph.line = number);
        }
        let boxes: Vec<LineBox> = written.iter().map(|line| line.place).collect();
        let slope = slope(&boxes);
        let strips: Vec<Strip> = boxes.iter().map(|place| place.strip(slope)).collect();
        let mut page = Self {
            slope,
            glyphs: Vec::new(),
            phrase_of: Vec::new(),
            phrases: Vec::new(),
            alphabet: Alphabet::new(std::iter::empty()),
            flow: Vec::new(),
            edges: edges(&strips, slope),
            strips,
        };
        let mut runs = Vec::new();
        for row in rows(&page.strips) {
            runs.append(&mut page.add_row(&written, &row));
        }
        page.link_below();
        page.align();
        page.alphabet = Alphabet::new(page.glyphs.iter().filter_map(|glyph| fold(glyph.c)));
        page.set_flow(&runs);
        page
    }

    /// Where the glyphs of a range lie; they belong to one phrase. Sides inside of a line are less sure than its ends,
    /// and lie farther out.
    pub(crate) fn strip(&self, glyphs: Range<usize>) -> Option<Strip> {
        let own = |glyph: &Glyph| {
            let line = self.strips[glyph.line];
            let (left, right, slack) = (glyph.left, glyph.right, SLACK * line.height);
            Strip {
                left: if left > line.left { (left - slack).max(line.left) } else { left },
                right: if right < line.right { (right + slack).min(line.right) } else { right },
                ..line
            }
        };
        self.glyphs.get(glyphs)?.iter().map(own).reduce(Strip::with)
    }

    /// Whether a new word begins at a glyph of a phrase: at its first, after room, and after signs
    /// that are not part of words.
    pub(crate) fn begins_word(&self, glyph: usize) -> bool {
        let phrase = &self.phrases[self.phrase_of[glyph]];
        if glyph == phrase.glyphs.start {
            return true;
        }
        let (before, own) = (&self.glyphs[glyph - 1], &self.glyphs[glyph]);
        let joins = |c: char| c.is_alphanumeric() || matches!(c, '-' | '\'' | '’' | '&');
        own.spaced || !joins(before.c)
    }

    /// Finds what stands below each phrase: the nearest that begins at the same place, or else the nearest
    /// that is under it.
    fn link_below(&mut self) {
        let order = self.by_level(|place| self.phrases[place].strip, self.phrases.len());
        for (place, &above) in order.iter().enumerate() {
            let upper = self.phrases[above].strip;
            let mut best: Option<(f32, usize)> = None;
            for &under in &order[place + 1..] {
                let lower = self.phrases[under].strip;
                let down = lower.level - upper.level;
                if down > 2.4 * upper.height {
                    break;
                }
                let shared = upper.right.min(lower.right) - upper.left.max(lower.left);
                if down < 0.6 * upper.height.min(lower.height) || shared <= 0.0 {
                    continue;
                }
                // In heights: how far down, and how far off its left side or its right side is.
                let off = (lower.left - upper.left).abs().min((lower.right - upper.right).abs());
                let far = (down + 0.5 * off) / upper.height;
                if best.is_none_or(|(least, _)| far < least) {
                    best = Some((far, under));
                }
            }
            self.phrases[above].below = best.map(|(_, under)| under);
        }
    }

    /// Finds the phrases that share their left or their right side with others.
    fn align(&mut self) {
        for right in [false, true] {
            // Sides as they would be on a page that lies straight.
            let side = |phrase: &Phrase| {
                let strip = phrase.strip;
                let x = if right { strip.right } else { strip.left };
                straight(x, strip.level, self.slope)
            };
            let mut order: Vec<(f32, usize)> = self.phrases.iter().map(side).zip(0..).collect();
            order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            for window in order.windows(1 + PEERS) {
                let size = window
                    .iter()
                    .map(|&(_, phrase)| self.phrases[phrase].strip.height)
                    .fold(f32::MAX, f32::min);
                if let [first, .., last] = window
                    && last.0 - first.0 < 0.4 * size
                {
                    for &(_, phrase) in window {
                        self.phrases[phrase].aligned = true;
                    }
                }
            }
        }
    }

    /// Things by how far down they are.
    pub(super) fn by_level(&self, strip: impl Fn(usize) -> Strip, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|&a, &b| strip(a).level.total_cmp(&strip(b).level).then(a.cmp(&b)));
        order
    }
}

/// A side of a strip as it would be on a page that lies straight.
pub(super) fn straight(x: f32, level: f32, slope: f32) -> f32 {
    x + slope * (level + slope * x)
}
