//! Where the words of a question stand on the page, misread or run together as they may be.
//!
//! Each word is searched in the flow of letters with a few errors allowed, by bits: Myers,
//! A fast bit-vector algorithm for approximate string matching based on dynamic
//! programming, JACM 46 (1999); one step a letter, whatever the length of the word. A hit that
//! begins in the middle of another word (`total` in `subtotal`) is worth little, unless another
//! word of the question ends there (`birth` in `dateofbirth`).

use super::flow::{Letter, Start};
use super::fold::Alphabet;
use super::page::Page;
use super::question::{LETTERS, Word};

/// Hits of a word that are kept at most.
const HITS: usize = 4096;

/// Letters of a stem at least.
const STEM: usize = 5;

/// A place where a word stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    /// Which word.
    pub(crate) word: usize,
    /// Its letters in the flow.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// How well it fits, 0 to 1.
    pub(crate) likeness: f32,
}

/// Hits of all words, by where they start.
pub(crate) fn hits(page: &Page, words: &[Word]) -> Vec<Hit> {
    let flow = &page.flow;
    let mut hits = Vec::new();
    for (number, word) in words.iter().enumerate() {
        let most = match word.signs.len() {
            0..=3 => 0,
            4..=6 => 1,
            7..=10 => 2,
            length => length / 4,
        };
        // Words that say nothing are found only as they are; they show where others begin.
        let most = if word.weight < 0.2 { 0 } else { most };
        let found = find(page, &word.signs, most);
        hits.extend(found.into_iter().take(HITS).map(|found| Hit {
            word: number,
            start: found.start,
            end: found.end,
            likeness: likeness(found.errors, word.signs.len()),
        }));
    }
    hits.retain(|hit| one_phrase(page, hit));
    hits.sort_by_key(|hit| (hit.start, hit.end, hit.word));
    weigh_ends(flow, &mut hits);
    for (number, word) in words.iter().enumerate().filter(|(_, word)| word.weight >= 0.2) {
        stems(page, number, word, &mut hits);
    }
    hits.sort_by_key(|hit| (hit.start, hit.end, hit.word));
    hits
}

/// Adds where another word of the same stem may stand: `insurance` for `insurer`. Endings are
/// not known, so this is worth half.
fn stems(page: &Page, number: usize, word: &Word, hits: &mut Vec<Hit>) {
    let length = (3 * word.signs.len() / 5).max(STEM);
    if word.signs.len() < length {
        return;
    }
    let found = find(page, &word.signs[..length], 0).into_iter().take(HITS);
    let found = found.filter(|found| page.flow[found.start].start != Start::No);
    hits.extend(found.map(|found| Hit { word: number, start: found.start, end: found.end, likeness: 0.5 }));
}

/// What is left of 1 after some errors in so many letters.
pub(crate) fn likeness(errors: usize, letters: usize) -> f32 {
    (1.0 - 2.2 * errors as f32 / letters.max(1) as f32).max(0.0)
}

fn one_phrase(page: &Page, hit: &Hit) -> bool {
    let phrase = |letter: usize| page.flow[letter].glyph.map(|glyph| page.phrase_of[glyph]);
    let first = phrase(hit.start);
    first.is_some() && first == phrase(hit.end - 1)
}

/// Takes from hits that begin or end inside of another word.
fn weigh_ends(flow: &[Letter], hits: &mut [Hit]) {
    let begins = |letter: usize| {
        flow.get(letter).is_none_or(|letter| letter.start != Start::No || letter.glyph.is_none())
    };
    let mut grounded = vec![false; flow.len() + 1];
    let mut starts = vec![false; flow.len() + 1];
    for hit in hits.iter() {
        starts[hit.start] |= hit.likeness > 0.5;
    }
    for hit in hits {
        let short = hit.end - hit.start <= 3;
        if begins(hit.start) || grounded[hit.start] {
            grounded[hit.end] |= hit.likeness > 0.6;
        } else {
            hit.likeness *= if short { 0.0 } else { 0.4 };
        }
        if !begins(hit.end) && !starts[hit.end] {
            let more = (hit.end..flow.len()).take(8).take_while(|&letter| !begins(letter)).count();
            hit.likeness *= match more {
                _ if short => 0.0,
                // An ending: `rate` in `rates`.
                1 | 2 => 0.93,
                _ => 0.6,
            };
        }
    }
}

/// A place where some signs stand, in letters of the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) errors: usize,
}

/// All places where `signs`, of which there are at most [`LETTERS`], stand with at most `most` errors, and end within a text; of those that
/// overlap in their ends, the best.
pub(crate) fn find(page: &Page, signs: &[char], most: usize) -> Vec<Found> {
    let length = signs.len().min(LETTERS);
    if length == 0 || length <= most {
        return Vec::new();
    }
    let signs: Vec<u16> = signs[..length].iter().map(|&sign| page.alphabet.number(sign)).collect();
    // More signs that the page does not have than errors: nothing to be found.
    if signs.iter().filter(|&&sign| sign == Alphabet::OTHER).count() > most {
        return Vec::new();
    }
    let mut masks = vec![0u64; page.alphabet.size()];
    for (bit, &sign) in signs.iter().enumerate() {
        if sign != Alphabet::OTHER {
            masks[sign as usize] |= 1 << bit;
        }
    }
    let top = 1u64 << (length - 1);
    let (mut up, mut down, mut errors) = (!0u64, 0u64, length);
    let mut all = Vec::new();
    // The best end of those in a row that are good enough.
    let mut best: Option<(usize, usize)> = None;
    for (place, letter) in page.flow.iter().enumerate() {
        let equal = masks[letter.sign as usize];
        let vertical = equal | down;
        let horizontal = (((equal & up).wrapping_add(up)) ^ up) | equal;
        let (mut rises, mut falls) = (down | !(horizontal | up), up & horizontal);
        errors = errors + usize::from(rises & top != 0) - usize::from(falls & top != 0);
        (rises, falls) = (rises << 1, falls << 1);
        (up, down) = (falls | !(vertical | rises), rises & vertical);
        if errors <= most && letter.glyph.is_some() {
            // Of ends that are as good, the one where a word ends.
            let ends = page.flow.get(place + 1).is_none_or(|next| next.start == Start::Yes);
            if best.is_none_or(|(_, least)| errors < least || (errors == least && ends)) {
                best = Some((place + 1, errors));
            }
        } else if let Some((end, errors)) = best.take() {
            all.push(begin(&page.flow, &signs, end, errors));
        }
    }
    if let Some((end, errors)) = best {
        all.push(begin(&page.flow, &signs, end, errors));
    }
    all
}

/// Where a place that ends at `end` with so many errors begins.
fn begin(flow: &[Letter], signs: &[u16], end: usize, errors: usize) -> Found {
    if errors == 0 {
        return Found { start: end - signs.len(), end, errors };
    }
    // Edit distances of the last letters of the flow to all signs, from the end on.
    let mut distances: Vec<usize> = (0..=signs.len()).collect();
    let mut best = end.saturating_sub(signs.len());
    let mut sure = Start::No;
    for count in 1..=(signs.len() + errors).min(end) {
        let letter = flow[end - count];
        let mut corner = distances[0];
        distances[0] = count;
        for (place, &sign) in signs.iter().rev().enumerate() {
            let same = sign == letter.sign && sign != Alphabet::OTHER;
            let swapped = corner + usize::from(!same);
            corner = distances[place + 1];
            distances[place + 1] = swapped.min(corner + 1).min(distances[place] + 1);
        }
        // Where several are as good, the one at which a word begins.
        if distances[signs.len()] == errors && (letter.start > sure || sure == Start::No) {
            (best, sure) = (end - count, letter.start);
        }
    }
    Found { start: best, end, errors }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixtures::line;
    use super::super::fold::fold;
    use super::super::question::Question;
    use super::*;

    fn page(text: &str) -> Page {
        Page::new(&[line(text, 10.0, 10.0, 20.0)])
    }

    fn signs(text: &str) -> Vec<char> {
        text.chars().filter_map(fold).collect()
    }

    /// Levenshtein's distance, by its definition.
    fn distance(a: &[char], b: &[char]) -> usize {
        match (a, b) {
            ([], rest) | (rest, []) => rest.len(),
            ([x, a @ ..], [y, b @ ..]) if x == y => distance(a, b),
            ([_, less_a @ ..], [_, less_b @ ..]) => {
                1 + distance(less_a, less_b).min(distance(less_a, b)).min(distance(a, less_b))
            }
        }
    }

    /// Likeness of the best hit of each word.
    fn best(text: &str, question: &str) -> Vec<f32> {
        let (page, question) = (page(text), Question::new(question));
        let hits = hits(&page, &question.words);
        (0..question.words.len())
            .map(|word| {
                let own = hits.iter().filter(|hit| hit.word == word);
                own.map(|hit| hit.likeness).fold(0.0, f32::max)
            })
            .collect()
    }

    #[test]
    fn words_are_found_where_they_begin() {
        assert_eq!(best("gross total", "total"), [1.0]);
        assert!(best("subtotal", "total")[0] < 0.5);
        assert!(best("totals", "total")[0] > 0.9);
        assert_eq!(best("vat", "vat"), [1.0]);
        assert_eq!(best("private", "vat"), [0.0]);
    }

    #[test]
    fn words_that_run_together_hold_each_other() {
        assert_eq!(best("dateofbirth", "date of birth"), [1.0, 1.0, 1.0]);
        let misread = best("dat0ofb1rth", "date of birth");
        assert!(misread[2] > 0.9, "{misread:?}");
    }

    proptest! {
        #[test]
        fn what_is_found_has_so_many_errors(text in "[ab]{1,9}", word in "[abc]{1,5}", most in 0usize..3) {
            let (page, word, letters) = (page(&text), signs(&word), signs(&text));
            let found = find(&page, &word, most);
            for found in &found {
                prop_assert!(found.errors <= most);
                prop_assert_eq!(distance(&letters[found.start..found.end], &word), found.errors);
            }
            // The best there is, of all parts of the text.
            let parts = (0..letters.len()).flat_map(|start| (start + 1..=letters.len()).map(move |end| (start, end)));
            let least = parts.map(|(start, end)| distance(&letters[start..end], &word)).min();
            if word.len() > most && least.is_some_and(|least| least <= most) {
                prop_assert_eq!(found.iter().map(|found| found.errors).min(), least);
            }
        }
    }
}
