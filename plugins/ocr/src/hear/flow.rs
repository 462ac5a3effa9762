//! All letters of a page in the order of reading, column by column.

use std::ops::Range;

use super::boxes::Strip;
use super::fold::{Alphabet, fold, is_ideograph};
use super::page::Page;

/// A letter or digit of the flow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Letter {
    /// Its number in the alphabet of the page.
    pub(crate) sign: u16,
    /// Its glyph; none between two texts that have nothing to do with each other.
    pub(crate) glyph: Option<usize>,
    /// How surely a word begins here.
    pub(crate) start: Start,
}

/// Whether a word begins at a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Start {
    /// Nothing says so.
    No,
    /// A capital after a small letter, a digit after a letter, or the other way round.
    Seam,
    /// Room or a sign before it.
    Yes,
}

impl Page {
    /// Puts runs of phrases in the order of reading: each is followed by the one below it.
    pub(super) fn set_flow(&mut self, runs: &[Range<usize>]) {
        let strips: Vec<Strip> = runs
            .iter()
            .filter_map(|run| self.phrases[run.clone()].iter().map(|phrase| phrase.strip).reduce(Strip::with))
            .collect();
        let order = self.by_level(|run| strips[run], strips.len());
        let mut next: Vec<Option<usize>> = vec![None; runs.len()];
        let mut before: Vec<Option<(f32, usize)>> = vec![None; runs.len()];
        for (place, &above) in order.iter().enumerate() {
            let upper = strips[above];
            for &under in &order[place + 1..] {
                let lower = strips[under];
                let down = lower.level - upper.level;
                if down > 2.2 * upper.height {
                    break;
                }
                let shared = upper.right.min(lower.right) - upper.left.max(lower.left);
                let narrower = (upper.right - upper.left).min(lower.right - lower.left);
                if down > 0.6 * upper.height.min(lower.height) && shared > 0.3 * narrower {
                    next[above] = Some(under);
                    if before[under].is_none_or(|(least, _)| down < least) {
                        before[under] = Some((down, above));
                    }
                    break;
                }
            }
        }
        let follows = |above: usize| {
            next[above].filter(|&under| before[under].is_some_and(|(_, before)| before == above))
        };
        for &start in &order {
            if before[start].is_some_and(|(_, above)| follows(above) == Some(start)) {
                continue;
            }
            let mut run = Some(start);
            while let Some(own) = run {
                for phrase in runs[own].clone() {
                    self.flow_phrase(phrase);
                }
                run = follows(own);
            }
            self.flow.push(Letter { sign: Alphabet::OTHER, glyph: None, start: Start::Yes });
        }
    }

    fn flow_phrase(&mut self, phrase: usize) {
        let mut last: Option<char> = None;
        for glyph in self.phrases[phrase].glyphs.clone() {
            let c = self.glyphs[glyph].c;
            let Some(sign) = fold(c) else { continue };
            let seam = last.is_some_and(|last| {
                (last.is_lowercase() && c.is_uppercase())
                    || last.is_numeric() != c.is_numeric()
                    || is_ideograph(last)
                    || is_ideograph(c)
            });
            let start = match (self.begins_word(glyph) || self.parted(glyph), seam) {
                (true, _) => Start::Yes,
                (false, true) => Start::Seam,
                (false, false) => Start::No,
            };
            self.flow.push(Letter { sign: self.alphabet.number(sign), glyph: Some(glyph), start });
            last = Some(c);
        }
    }

    /// Whether a hyphen stands before a glyph: a word of its own may begin there.
    fn parted(&self, glyph: usize) -> bool {
        glyph > 0 && !self.glyphs[glyph - 1].c.is_alphanumeric()
    }
}
