//! A row cut into phrases.
//!
//! A phrase is what stands together in a row: a label, a value, a title, a line of prose. It ends
//! where the room is wider than between words, at a colon, at dots that lead the eye, and where a column
//! of the page begins.

use std::ops::Range;

use super::boxes::Strip;
use super::glyphs::{Glyph, LEADERS, Written, gap};
use super::page::{PEERS, Page, straight};

/// Room in a row that ends a phrase, in ems.
const APART: f32 = 0.9;

/// Room that ends a phrase where a column begins.
const CLOSE: f32 = 0.4;

/// Room in a row that ends a line of a column, in ems: what is behind it belongs to another text.
const COLUMN: f32 = 1.9;

/// How many of [`LEADERS`] make a row of dots.
const DOTS: usize = 3;

/// What stands together in a row.
#[derive(Clone, Debug)]
pub(crate) struct Phrase {
    /// What it says, with spaces where there is room for them.
    pub(crate) text: String,
    /// Its glyphs, by their places in the page.
    pub(crate) glyphs: Range<usize>,
    /// Where it lies.
    pub(crate) strip: Strip,
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

impl Page {
    /// Cuts a row into phrases, and says which of them run together in one column.
    pub(super) fn add_row(&mut self, written: &[Written], row: &[usize]) -> Vec<Range<usize>> {
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
}

/// Left sides that more than [`PEERS`] + 1 lines share.
pub(super) fn edges(strips: &[Strip], slope: f32) -> Vec<f32> {
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
