//! Which phrases a question names, and how surely.
//!
//! A phrase is named by the words that it shares with the question, in any order. Words that stand in few
//! phrases of the page say more than those in many, and a word that the page does not have says
//! that something is missing. A phrase that holds more than what is asked for is
//! less surely meant.

use std::ops::Range;

use super::page::{Page, Phrase};
use super::question::Question;
use super::search::{Hit, hits};

/// From this likeness on a phrase counts as having a word.
const HAS: f32 = 0.7;

/// Room in ems over which two phrases of a row may be one label.
const NEAR: f32 = 1.6;

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
}

/// All places that share a word with the question.
pub(crate) fn sites(page: &Page, question: &Question) -> Vec<Site> {
    let hits = hits(page, &question.words);
    let by_phrase = by_phrase(page, &hits);
    let weights = weights(page, question, &by_phrase);
    let total: f32 = weights.iter().sum();
    if total <= 0.0 {
        return Vec::new();
    }
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
    sites
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

/// What each word of the question is worth on this page.
fn weights(page: &Page, question: &Question, by_phrase: &[(usize, Vec<&Hit>)]) -> Vec<f32> {
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
    question
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
        .collect()
}

/// What phrases in a row share with the question.
fn site(page: &Page, weights: &[f32], groups: &[&Vec<&Hit>], phrases: Range<usize>) -> Option<Site> {
    let hits = || groups.iter().flat_map(|group| group.iter());
    let mut best = vec![0.0f32; weights.len()];
    for hit in hits() {
        best[hit.word] = best[hit.word].max(hit.likeness);
    }
    let shared: f32 = best.iter().zip(weights).map(|(likeness, weight)| likeness * weight).sum();
    let covered = shared / weights.iter().sum::<f32>();
    // What says nothing does not make a place.
    let telling: Vec<&&Hit> = hits().filter(|hit| hit.likeness > 0.2 && weights[hit.word] > 0.0).collect();
    let heavy = weights.iter().fold(0.0f32, |most, &weight| most.max(weight));
    if !telling.iter().any(|hit| weights[hit.word] >= 0.2 * heavy) {
        return None;
    }
    let glyph = |letter: usize| page.flow[letter].glyph;
    let first = telling.iter().filter_map(|hit| glyph(hit.start)).min()?;
    let last = telling.iter().filter_map(|hit| glyph(hit.end - 1)).max()?;
    let (named, beside) = shares(page, &telling, phrases.clone(), last);
    let whole = named / (named + beside);
    let score = covered * covered.sqrt() * (0.55 + 0.45 * whole);
    let numbers = page.glyphs[first..=last].iter().all(|glyph| !glyph.c.is_alphabetic());
    Some(Site { phrase: phrases.end - 1, glyphs: first..last + 1, score: score.clamp(0.0, 1.0), numbers })
}

/// Letters of the phrases that the question names, and those it does not. Digits in front are the number of a
/// title, and what comes behind may be a value: both count for less.
fn shares(page: &Page, hits: &[&&Hit], phrases: Range<usize>, last: usize) -> (f32, f32) {
    let named = |glyph: usize| {
        hits.iter().any(|hit| {
            page.flow[hit.start].glyph.is_some_and(|start| start <= glyph)
                && page.flow[hit.end - 1].glyph.is_some_and(|end| end >= glyph)
        })
    };
    let (mut inside, mut outside) = (0.0, 0.0);
    let all = |phrases: &[Phrase]| Some(phrases.first()?.glyphs.start..phrases.last()?.glyphs.end);
    for glyph in all(&page.phrases[phrases]).into_iter().flatten() {
        let c = page.glyphs[glyph].c;
        if !c.is_alphanumeric() {
            continue;
        }
        if named(glyph) {
            inside += 1.0;
        } else {
            outside += match (glyph > last, c.is_numeric()) {
                (false, false) => 1.0,
                (false, true) => 0.3,
                (true, false) => 0.6,
                (true, true) => 0.0,
            };
        }
    }
    (inside, outside)
}
