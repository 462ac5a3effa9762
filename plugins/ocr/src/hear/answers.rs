//! From what a question names to where its answer stands.
//!
//! Beside a label or at the end of its dots; below it; behind it in the same phrase, where nothing
//! parts them; in front of it, when the question names a value. What a page does with most of its
//! labels it does with all of them, so the whole page says which of these to expect.
//!
//! Answers share: two that are as good get half each, since only one of them is meant, and
//! where nothing is good, nobody gets much.

use std::ops::Range;

use super::page::Page;
use super::phrases::Phrase;
use super::question::{Question, Seeks, Wants};
use super::search::{find, likeness};
use super::sites::{Named, Site};

/// Phrases of a row that are looked at behind a label.
const ALONG: usize = 3;

/// Room in ems over which the eye needs dots.
const FAR: f32 = 25.0;

/// How usual it is that where a row and a column meet stands what was asked for.
const CELL: f32 = 0.95;

/// The share of digits from which on a phrase is rather a value than a label.
const MANY: f32 = 0.3;

/// What most labels of a page do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Habits {
    /// How usual it is that a value stands beside its label, rather than below: 0 to 1.
    beside: f32,
    /// Whether labels end in colons.
    colons: bool,
}

impl Habits {
    pub(crate) fn of(page: &Page) -> Self {
        let (mut beside, mut below, mut colons) = (1.0f32, 1.0f32, 0usize);
        // Values have more digits than their labels; and where there are colons they say it outright.
        let pair = |label: &Phrase, value: &Phrase| {
            let digits = label.digits < MANY && value.digits >= MANY;
            f32::from(u8::from(digits)) + 1.5 * f32::from(u8::from(label.colon && !value.colon))
        };
        for phrase in &page.phrases {
            if let Some((right, _)) = phrase.right {
                let right = &page.phrases[right];
                beside += pair(phrase, right) + f32::from(u8::from(right.led));
            }
            if let Some(under) = phrase.below {
                below += pair(phrase, &page.phrases[under]);
            }
            colons += usize::from(phrase.colon);
        }
        let (beside, below) = (beside * beside, below * below);
        Self { beside: beside / (beside + below), colons: 5 * colons > page.phrases.len() }
    }
}

/// A place that may be the answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// Its glyphs.
    pub(crate) glyphs: Range<usize>,
    /// Those of what names it.
    pub(crate) label: Range<usize>,
    /// How surely it is the answer, 0 to 1.
    pub(crate) score: f32,
}

/// All places that may answer a question.
pub(crate) fn answers(
    page: &Page,
    habits: Habits,
    question: &Question,
    semantic: Option<&[f32]>,
) -> Vec<Answer> {
    let mut all = Vec::new();
    if question.seeks != Seeks::Value {
        neighbours(page, question, &mut all);
    }
    if all.is_empty() {
        let mut named = Named::new(page, question);
        if let Some(semantic) = semantic {
            mean(page, question, semantic, &mut named.sites);
        }
        let heads = named.heads();
        for site in &named.sites {
            values(page, habits, question, site, &mut all);
            cells(page, &named, (site, &heads), &mut all);
        }
    }
    share(all)
}

/// Adds what phrases mean to what they say.
fn mean(page: &Page, question: &Question, cosines: &[f32], named: &mut Vec<Site>) {
    // Below the first nothing is meant; at the second it is nearly sure.
    const LEVELS: [f32; 2] = [0.12, 0.75];
    let level = |cosine: f32| ((cosine - LEVELS[0]) / (LEVELS[1] - LEVELS[0])).clamp(0.0, 1.0);
    for (place, (phrase, &cosine)) in page.phrases.iter().zip(cosines).enumerate() {
        // What is quoted stands there word for word.
        let level = level(cosine) * if question.passage.is_empty() { 1.0 } else { 0.2 };
        // What is not a number is not above 0.
        if level > 0.0 && phrase.digits < MANY {
            match named.iter_mut().find(|site| site.phrase == place) {
                Some(site) => site.score = 1.0 - (1.0 - site.score) * (1.0 - level),
                None => named.push(Site::meant(page, place, level)),
            }
        }
    }
}

/// The words before or after a passage.
fn neighbours(page: &Page, question: &Question, all: &mut Vec<Answer>) {
    let most = question.passage.len() / 5;
    for found in find(page, &question.passage, most) {
        let inside = &page.flow[found.start..found.end];
        let Some(label) = inside.iter().map(|letter| letter.glyph).collect::<Option<Vec<usize>>>() else {
            continue;
        };
        let fits = |letter: Option<&super::flow::Letter>| {
            letter.is_none_or(|letter| letter.glyph.is_none_or(|glyph| page.begins_word(glyph)))
        };
        let mut score = likeness(found.errors, question.passage.len());
        score *= if fits(page.flow.get(found.start)) { 1.0 } else { 0.7 };
        score *= if fits(page.flow.get(found.end)) { 1.0 } else { 0.8 };
        let word = match question.seeks {
            Seeks::Previous => found
                .start
                .checked_sub(1)
                .and_then(|letter| page.flow[letter].glyph)
                .map(|glyph| word_at(page, glyph)),
            _ => page.flow.get(found.end).and_then(|letter| letter.glyph).map(|glyph| {
                // What is run together with the passage begins behind it.
                let word = word_at(page, glyph);
                word.start.max(glyph)..word.end
            }),
        };
        let (Some(&first), Some(&last)) = (label.first(), label.last()) else { continue };
        // Of a passage that goes over a line only the last line is a range.
        let near = if page.phrase_of[first] == page.phrase_of[last] {
            first..last + 1
        } else {
            page.phrases[page.phrase_of[last]].glyphs.start..last + 1
        };
        if let Some(glyphs) = word {
            all.push(Answer { glyphs, label: near, score });
        }
    }
}

/// The word that a glyph belongs to.
fn word_at(page: &Page, glyph: usize) -> Range<usize> {
    let phrase = &page.phrases[page.phrase_of[glyph]].glyphs;
    let mut start = glyph;
    while start > phrase.start && !page.begins_word(start) {
        start -= 1;
    }
    let end = (glyph + 1..phrase.end).find(|&next| page.begins_word(next)).unwrap_or(phrase.end);
    start..end
}

/// Everywhere that the value of a label may stand.
fn values(page: &Page, habits: Habits, question: &Question, site: &Site, all: &mut Vec<Answer>) {
    let phrase = &page.phrases[site.phrase];
    let mut score = site.score;
    if habits.colons
        && !phrase.colon
        && !page.glyphs[phrase.glyphs.clone()].iter().any(|glyph| glyph.c == ':')
    {
        score *= 0.7;
    }
    let mut add = |glyphs: Range<usize>, usual: f32| {
        let digits = page.glyphs[glyphs.clone()].iter().any(|glyph| glyph.c.is_numeric());
        let wanted = match (question.wants, digits) {
            (Wants::Digits, false) => 0.55,
            (Wants::Letters, true) => 0.7,
            _ => 1.0,
        };
        all.push(Answer { glyphs, label: site.glyphs.clone(), score: score * usual * wanted });
    };
    let rest = rest(page, phrase, site.glyphs.end);
    if let Some((rest, usual)) = rest.clone() {
        add(rest, usual);
    }
    let kept = 1.0 - 0.6 * rest.map_or(0.0, |(_, usual)| usual);
    for (right, usual) in beside(page, habits, phrase) {
        add(page.phrases[right].glyphs.clone(), usual * kept);
    }
    if let Some(under) = phrase.below {
        let value = &page.phrases[under];
        let mut usual = 0.95 - 0.85 * habits.beside;
        if value.colon {
            usual *= 0.2;
        }
        if phrase.right.is_some_and(|(right, _)| page.phrases[right].led) {
            usual *= 0.2;
        }
        add(value.glyphs.clone(), usual * kept);
    }
    if let (Some(left), true) = (phrase.left, site.numbers) {
        add(page.phrases[left].glyphs.clone(), 0.6);
    }
}

/// Cells of a table: in the row of what was named, below something else that was named.
fn cells(page: &Page, named: &Named, (row, heads): (&Site, &[&Site]), all: &mut Vec<Answer>) {
    if page.phrases[row.phrase].right.is_none() {
        return;
    }
    for head in heads {
        let Some(score) = named.together(row, head) else { continue };
        let top = &page.phrases[head.phrase];
        let mut next = page.phrases[row.phrase].right;
        while let Some((right, _)) = next {
            let cell = &page.phrases[right];
            let shared = top.strip.right.min(cell.strip.right) - top.strip.left.max(cell.strip.left);
            if shared > 0.0
                && top.strip.level < cell.strip.level - 0.6 * cell.strip.height
                && head.phrase != right
            {
                all.push(Answer {
                    glyphs: cell.glyphs.clone(),
                    label: row.glyphs.clone(),
                    score: score * CELL,
                });
            }
            next = cell.right;
        }
    }
}

/// Phrases further on in the row, and how usual it is that they are the value.
fn beside(page: &Page, habits: Habits, phrase: &Phrase) -> Vec<(usize, f32)> {
    let mut found = Vec::new();
    // How much those before leave to be expected.
    let mut left = 1.0;
    let mut next = phrase.right;
    while let (Some((right, room)), true) = (next, found.len() < ALONG) {
        let value = &page.phrases[right];
        let mut usual = 0.3 + 0.7 * habits.beside;
        if value.led || (found.is_empty() && phrase.colon && !value.colon) {
            usual = usual.max(0.95 * habits.beside.max(0.6));
        } else if room > FAR {
            usual *= 0.9;
        }
        if value.colon {
            usual *= 0.2;
        }
        // A stamp between a label and its value.
        let stray = !value.aligned && !value.led && !phrase.colon;
        found.push((right, left * usual * if stray { 0.7 } else { 1.0 }));
        left *= if stray { 0.8 } else { 0.4 };
        next = value.right;
    }
    found
}

/// What is left of a phrase behind what was named, and how usual it is that this is the value.
fn rest(page: &Page, phrase: &Phrase, from: usize) -> Option<(Range<usize>, f32)> {
    // To the end of the word that was named, and past the signs behind it.
    let from = (from..phrase.glyphs.end).find(|&glyph| page.begins_word(glyph))?;
    let from = (from..phrase.glyphs.end).find(|&glyph| {
        let c = page.glyphs[glyph].c;
        c.is_alphanumeric() || "$€£¥(+#\"“".contains(c)
    })?;
    let left = &page.glyphs[from..phrase.glyphs.end];
    let digits = left.iter().any(|glyph| glyph.c.is_numeric());
    let before = page.glyphs[phrase.glyphs.start..from].iter().any(|glyph| glyph.c == ':');
    let usual = match (before, digits) {
        (true, _) => 0.95,
        (false, true) => 0.85,
        (false, false) => 0.3,
    };
    Some((from..phrase.glyphs.end, usual))
}

/// Lets answers compete. Ways to one place are one answer, the best of them.
fn share(mut all: Vec<Answer>) -> Vec<Answer> {
    all.sort_by(|a, b| {
        (a.glyphs.start, a.glyphs.end).cmp(&(b.glyphs.start, b.glyphs.end)).then(b.score.total_cmp(&a.score))
    });
    all.dedup_by(|later, first| later.glyphs == first.glyphs);
    let claim = |score: f32| {
        let square = score * score;
        square * square * square
    };
    let sum: f32 = all.iter().map(|answer| claim(answer.score)).sum();
    for answer in &mut all {
        // Of next to nothing there is nothing to share.
        let own = claim(answer.score);
        answer.score *= if sum > 0.0 { own / sum } else { 0.0 };
    }
    all
}
