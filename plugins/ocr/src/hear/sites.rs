//! Which phrases a question names, and how surely.
//!
//! A phrase is named by the words that it shares with the question, in any order. Words that stand in few
//! phrases of the page say more than those in many, and a word that the page does not have says
//! that something is missing. A phrase that holds more than what is asked for is
//! less surely meant.

use std::ops::Range;

use super::glyphs::Glyph;
use super::page::Page;
use super::question::Question;
use super::search::{Hit, hits};

/// From this likeness on a phrase counts as having a word.
const HAS: f32 = 0.7;

/// Room in ems over which two phrases of a row may be one label.
const NEAR: f32 = 1.6;

/// The share of its letters from which on a phrase is all that was named.
const WHOLE: f32 = 0.8;

/// Heads of columns that are tried at most.
const HEADS: usize = 16;

/// A place that a question names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Site {
    /// The last of its phrases; the answer is looked for from there.
    pub(crate) phrase: usize,
    /// What of it was named, as glyphs of the page.
    pub(crate) glyphs: Range<usize>,
    /// How surely it is meant, 0 to 1.
    pub(crate) score: f32,
    /// Whether all that was named is numbers.
    pub(crate) numbers: bool,
    /// How well it has which words of the question.
    words: Vec<(usize, f32)>,
    /// The part of the question that these are, 0 to 1; less than all of it is worth less.
    part: f32,
    /// The share of its letters that the question names.
    share: f32,
}

/// The places that share a word with a question.
pub(crate) struct Named {
    pub(crate) sites: Vec<Site>,
    weights: Weights,
}

/// What the words of a question are worth on a page.
struct Weights {
    of: Vec<f32>,
    total: f32,
    heaviest: f32,
    /// Whether the words stand together somewhere, as a quotation says.
    quoted: bool,
}

impl Named {
    pub(crate) fn new(page: &Page, question: &Question) -> Self {
        let hits = hits(page, &question.words);
        let by_phrase = by_phrase(page, &hits);
        let weights = Weights::new(page, question, &by_phrase);
        let mut sites = Vec::new();
        for (place, (phrase, own)) in by_phrase.iter().enumerate() {
            let one = site(page, &weights, &[own], *phrase..*phrase + 1);
            sites.extend(one.clone());
            // A label that was cut in two.
            let Some((next, room)) = page.phrases[*phrase].right else { continue };
            let Some((_, others)) = by_phrase.get(place + 1).filter(|(other, _)| *other == next) else {
                continue;
            };
            if room < NEAR && !page.phrases[*phrase].colon && !page.phrases[next].led {
                let two = site(page, &weights, &[own, others], *phrase..next + 1);
                let better = |site: &Site| one.as_ref().is_none_or(|one| site.score > one.score);
                sites.extend(two.filter(better));
            }
        }
        Self { sites, weights }
    }

    /// Places that may be heads of columns: all of them is named, and it is not all that is named.
    pub(crate) fn heads(&self) -> Vec<&Site> {
        let mut heads: Vec<&Site> =
            self.sites.iter().filter(|site| site.share > WHOLE && site.part < WHOLE).collect();
        // A stable sort: of equals, the first on the page.
        heads.sort_by(|a, b| b.part.total_cmp(&a.part));
        heads.truncate(HEADS);
        heads
    }

    /// How surely a row and the head of a column are meant together: a table is asked for both. None when one of
    /// them says nothing new.
    pub(crate) fn together(&self, row: &Site, head: &Site) -> Option<f32> {
        let mut words = row.words.clone();
        words.extend(&head.words);
        let both = self.weights.part(&mut words);
        (both > 1.15 * row.part.max(head.part)).then_some(both * (0.55 + 0.45 * row.share))
    }
}

impl Weights {
    fn new(page: &Page, question: &Question, by_phrase: &[(usize, Vec<&Hit>)]) -> Self {
        let mut holders = vec![0u32; question.words.len()];
        let mut close = vec![false; question.words.len()];
        for (_, hits) in by_phrase {
            let mut seen = vec![false; question.words.len()];
            for hit in hits {
                close[hit.word] |= hit.likeness >= 0.4;
                if hit.likeness >= HAS && !std::mem::replace(&mut seen[hit.word], true) {
                    holders[hit.word] += 1;
                }
            }
        }
        let count = page.phrases.len() as f32;
        let most = libm::logf(1.0 + count);
        let rare = |holders: f32| libm::logf(1.0 + count / (0.5 + holders)) / most;
        let of: Vec<f32> = question
            .words
            .iter()
            .zip(holders.iter().zip(close))
            .map(|(word, (&holders, close))| {
                let absent = match (holders, close, word.aspect) {
                    (0, false, true) => 0.2,
                    (0, false, false) => 0.5,
                    _ => 1.0,
                };
                word.weight * absent * rare(holders.max(1) as f32)
            })
            .collect();
        let total = of.iter().sum();
        let heaviest = of.iter().fold(0.0f32, |most, &weight| most.max(weight));
        Self { total, heaviest, of, quoted: !question.passage.is_empty() }
    }

    /// The part of the question that some words are, with what is less than all of it worth less; words become those
    /// that count.
    fn part(&self, words: &mut Vec<(usize, f32)>) -> f32 {
        words.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        words.dedup_by_key(|(word, _)| *word);
        let shared: f32 = words.iter().map(|&(word, likeness)| likeness * self.of[word]).sum();
        let part = shared / self.total;
        // Half of a label may be what is meant; half of a quotation is not.
        part * part.sqrt() * if self.quoted { part } else { 1.0 }
    }
}

impl Site {
    /// A phrase that is meant, whatever it says.
    pub(crate) fn meant(page: &Page, phrase: usize, score: f32) -> Self {
        let glyphs = page.phrases[phrase].glyphs.clone();
        Self { phrase, glyphs, score, numbers: false, words: Vec::new(), part: 0.0, share: 1.0 }
    }
}

/// Phrases that have hits, with them.
fn by_phrase<'h>(page: &Page, hits: &'h [Hit]) -> Vec<(usize, Vec<&'h Hit>)> {
    let mut all: Vec<(usize, &Hit)> =
        hits.iter().filter_map(|hit| Some((page.phrase_of[page.flow[hit.start].glyph?], hit))).collect();
    all.sort_by_key(|(phrase, _)| *phrase);
    let mut grouped: Vec<(usize, Vec<&Hit>)> = Vec::new();
    for (phrase, hit) in all {
        match grouped.last_mut() {
            Some((last, hits)) if *last == phrase => hits.push(hit),
            _ => grouped.push((phrase, vec![hit])),
        }
    }
    grouped
}

/// What phrases in a row share with the question.
fn site(page: &Page, weights: &Weights, groups: &[&Vec<&Hit>], phrases: Range<usize>) -> Option<Site> {
    // What says nothing does not make a place.
    let hits = || groups.iter().flat_map(|group| group.iter()).filter(|hit| hit.likeness > 0.2);
    if weights.total <= 0.0 || !hits().any(|hit| weights.of[hit.word] >= 0.2 * weights.heaviest) {
        return None;
    }
    let mut words: Vec<(usize, f32)> = hits().map(|hit| (hit.word, hit.likeness)).collect();
    let part = weights.part(&mut words);
    let all = page.phrases[phrases.start].glyphs.start..page.phrases[phrases.end - 1].glyphs.end;
    let mut named = vec![false; all.len()];
    for hit in hits() {
        let glyph = |letter: usize| page.flow[letter].glyph.map(|glyph| glyph - all.start);
        if let (Some(start), Some(end)) = (glyph(hit.start), glyph(hit.end - 1)) {
            named[start..=end].fill(true);
        }
    }
    let first = named.iter().position(|&named| named)?;
    let last = named.iter().rposition(|&named| named)?;
    let share = share_named(&page.glyphs[all.clone()], &named, last);
    let score = (part * (0.55 + 0.45 * share)).clamp(0.0, 1.0);
    let glyphs = all.start + first..all.start + last + 1;
    let numbers = page.glyphs[glyphs.clone()].iter().all(|glyph| !glyph.c.is_alphabetic());
    Some(Site { phrase: phrases.end - 1, glyphs, score, numbers, words, part, share })
}

/// The share of letters that the question names. Digits in front are the number of a title, and what comes
/// behind the last that is named may be a value: both count for less.
fn share_named(glyphs: &[Glyph], named: &[bool], last: usize) -> f32 {
    let (mut inside, mut outside) = (0.0, 0.0);
    for (place, (glyph, &named)) in glyphs.iter().zip(named).enumerate() {
        if !glyph.c.is_alphanumeric() {
            continue;
        }
        if named {
            inside += 1.0;
        } else {
            outside += match (place > last, glyph.c.is_numeric()) {
                (false, false) => 1.0,
                (false, true) => 0.3,
                (true, false) => 0.6,
                (true, true) => 0.0,
            };
        }
    }
    inside / (inside + outside)
}
