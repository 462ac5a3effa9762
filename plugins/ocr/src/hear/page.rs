//! A page as it is read: rows of phrases, and the flow of the text.
//!
//! A phrase is what stands together in a row: a label, a value, a title, a line of prose. It ends
//! where the room is wider than between words, at a colon, and at dots that lead the eye. Phrases
//! know which of them stands next in the row and which one stands below, since that is where an answer
//! stands when a question names a label.
//!
//! The *flow* is all letters in the order of reading, column by column, for words that are found
//! anywhere and for passages that go on in the next line.

use std::ops::Range;

use super::super::line::Line;
use super::boxes::{LineBox, Strip};
use super::fold::{Alphabet, fold, is_ideograph};
use super::glyphs::{Glyph, Written, gap, written};
use super::rows::rows;
use super::slope::slope;

/// Room in a row that ends a phrase, in ems.
const APART: f32 = 0.9;

/// Room that ends a phrase where a column begins.
const CLOSE: f32 = 0.4;

/// Room in a row that ends a line of a column, in ems: what is behind it belongs to another text.
const COLUMN: f32 = 1.9;

/// Characters that lead the eye from a label to its value, when there are [`DOTS`] of them in a row.
const LEADERS: &str = ".·•…‥⋯,:;-–—_~'`";

/// How many make a row of dots.
const DOTS: usize = 3;

/// Others that a phrase has to be in line with.
const PEERS: usize = 2;

/// What stands together in a row.
#[derive(Clone, Debug)]
pub(crate) struct Phrase {
    /// What it says, with spaces where there is room for them.
    pub(crate) text: String,
    /// Its glyphs, by their places in the page.
    pub(crate) glyphs: Range<usize>,
    /// Where it lies.
    pub(crate) strip: Strip,
    /// The size of its type in pixels.
    pub(crate) em: f32,
    /// Whether a colon ends it.
    pub(crate) colon: bool,
    /// Whether dots lead to it from the phrase before.
    pub(crate) led: bool,
    /// The share of digits among its letters and digits.
    pub(crate) digits: f32,
    /// The next phrase of the row, and the room to it in ems.
    pub(crate) right: Option<(usize, f32)>,
    /// The phrase before it in the row.
    pub(crate) left: Option<usize>,
    /// The phrase below it, close enough to belong together.
    pub(crate) below: Option<usize>,
    /// Whether it is in line with others, as what stands in a column is and a stamp is not.
    pub(crate) aligned: bool,
}

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
    strips: Vec<Strip>,
    /// Where columns begin: left sides that several lines share, in order, as on a page that lies straight.
    edges: Vec<f32>,
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

    /// Where the glyphs of a range lie; they belong to one phrase.
    pub(crate) fn strip(&self, glyphs: Range<usize>) -> Option<Strip> {
        let own = |glyph: &Glyph| Strip { left: glyph.left, right: glyph.right, ..self.strips[glyph.line] };
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

    /// Cuts a row into phrases, and says which of them run together in one column.
    fn add_row(&mut self, written: &[Written], row: &[usize]) -> Vec<Range<usize>> {
        let glyphs: Vec<Glyph> = row.iter().flat_map(|&line| written[line].glyphs.iter().copied()).collect();
        let dots = leaders(&glyphs);
        let first_phrase = self.phrases.len();
        let mut runs = Vec::new();
        let mut run = first_phrase;
        let mut phrase: Option<Phrase> = None;
        // The last glyph that is no dot, and whether dots came after it.
        let mut last: Option<Glyph> = None;
        let mut led = false;
        for (&glyph, &dot) in glyphs.iter().zip(&dots) {
            if dot {
                led = true;
                continue;
            }
            let em = written[glyph.line].em;
            let room = last
                .map_or(f32::INFINITY, |before| gap(&before, &glyph, 0.5 * (em + written[before.line].em)));
            let colon =
                last.is_some_and(|before| before.c == ':') && (glyph.spaced || glyph.c.is_alphabetic());
            let cut = room > APART || (room > CLOSE && self.is_edge(&glyph, em));
            if led || colon || cut {
                if let Some(whole) = phrase.take() {
                    self.close(whole);
                }
                let between = last.map_or(f32::NEG_INFINITY, |before| before.right)..glyph.left;
                let column = led || (room > COLUMN && !self.spanned(glyph.line, between));
                if column && self.phrases.len() > run {
                    runs.push(run..self.phrases.len());
                    run = self.phrases.len();
                }
            }
            let open = phrase.get_or_insert_with(|| {
                let place = self.phrases.len();
                let before = place.checked_sub(1).filter(|&before| before >= first_phrase);
                if let Some(before) = before {
                    self.phrases[before].right = Some((place, room.max(0.0)));
                }
                Phrase {
                    text: String::new(),
                    glyphs: self.glyphs.len()..self.glyphs.len(),
                    strip: self.strips[glyph.line],
                    em,
                    colon: false,
                    led,
                    digits: 0.0,
                    right: None,
                    left: before,
                    below: None,
                    aligned: false,
                }
            });
            // A capital behind a small letter is a new word too, when the space was lost.
            let seam = glyph.c.is_uppercase() && open.text.ends_with(char::is_lowercase);
            if !open.text.is_empty() && (glyph.spaced || seam) {
                open.text.push(' ');
            }
            open.text.push(glyph.c);
            open.glyphs.end += 1;
            self.glyphs.push(glyph);
            (last, led) = (Some(glyph), false);
        }
        if let Some(whole) = phrase {
            self.close(whole);
        }
        if self.phrases.len() > run {
            runs.push(run..self.phrases.len());
        }
        runs
    }

    /// Whether a line just above or below goes on where a line has a gap: then it is no gap between columns, but
    /// wide spaces, or words that were not found.
    fn spanned(&self, line: usize, gap: Range<f32>) -> bool {
        let own = self.strips[line];
        self.strips.iter().any(|other| {
            let (off, around) = ((other.level - own.level).abs(), 2.0 * own.height);
            off > 0.5 * own.height
                && off < 2.0 * own.height
                && other.left < gap.start - around
                && other.right > gap.end + around
        })
    }

    /// Whether a column begins at a glyph.
    fn is_edge(&self, glyph: &Glyph, em: f32) -> bool {
        let x = straight(glyph.left, self.strips[glyph.line].level, self.slope);
        let place = self.edges.partition_point(|&edge| edge < x - 0.35 * em);
        self.edges.get(place).is_some_and(|&edge| edge < x + 0.35 * em)
    }

    fn close(&mut self, mut phrase: Phrase) {
        phrase.strip = self.strip(phrase.glyphs.clone()).unwrap_or(phrase.strip);
        phrase.colon = phrase.text.ends_with(':');
        let count = |of: fn(char) -> bool| phrase.text.chars().filter(|&c| of(c)).count() as f32;
        phrase.digits = count(char::is_numeric) / count(char::is_alphanumeric).max(1.0);
        self.phrase_of.extend(phrase.glyphs.clone().map(|_| self.phrases.len()));
        self.phrases.push(phrase);
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
    fn by_level(&self, strip: impl Fn(usize) -> Strip, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|&a, &b| strip(a).level.total_cmp(&strip(b).level).then(a.cmp(&b)));
        order
    }

    /// Puts runs of phrases in the order of reading: each is followed by the one below it.
    fn set_flow(&mut self, runs: &[Range<usize>]) {
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

/// A side of a strip as it would be on a page that lies straight.
fn straight(x: f32, level: f32, slope: f32) -> f32 {
    x + slope * (level + slope * x)
}

/// Left sides that more than [`PEERS`] + 1 lines share.
fn edges(strips: &[Strip], slope: f32) -> Vec<f32> {
    let mut sides: Vec<(f32, f32)> =
        strips.iter().map(|strip| (straight(strip.left, strip.level, slope), strip.height)).collect();
    sides.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let shared = sides.windows(2 + PEERS).filter(|window| match window {
        [first, .., last] => last.0 - first.0 < 0.3 * first.1.min(last.1),
        _ => false,
    });
    shared.map(|window| window[window.len() / 2].0).collect()
}

/// Which glyphs of a row are dots that lead the eye.
fn leaders(glyphs: &[Glyph]) -> Vec<bool> {
    let mut dots = vec![false; glyphs.len()];
    let mut start = 0;
    while start < glyphs.len() {
        let length = glyphs[start..].iter().take_while(|glyph| LEADERS.contains(glyph.c)).count();
        let run = start..start + length;
        // One sign may stand for several dots.
        let count: usize =
            glyphs[run.clone()].iter().map(|g| if matches!(g.c, '…' | '⋯') { DOTS } else { 1 }).sum();
        if count >= DOTS {
            dots[run].fill(true);
        }
        start += length.max(1);
    }
    dots
}
