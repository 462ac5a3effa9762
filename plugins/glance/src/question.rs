//! The words of a question, and their vectors.
//!
//! A word is the sum of rows of a table: its letters by their place in it, as
//! the levels 1 to 5 of PHOC have them (Almazán, Gordo, Fornés and Valveny 2014,
//! "Word spotting and recognition with embedded attributes"), its pairs and
//! triples of letters, its length. So every word has a vector, the ones that
//! were never learnt too; `train/words.py` has the same features.

use crate::{
    Asking,
    network::{Vector, WIDTH},
    synonyms,
};

/// Words of a question that are looked for at most: the last ones, which say what is asked for.
const WORDS: usize = 24;

/// Letters and digits of a word that are looked at.
const LONGEST: usize = 24;

/// The levels of PHOC.
const LEVELS: usize = 5;

/// Words that hold sentences together, and words by which one asks to be told: what they stand in on a page says nothing.
const SAY_NOTHING: &str = "a an the of on in to by at for and or is are was were am be been being do does did done what which who \
    whom whose when where how why much many must may can could should would will shall one it its this that these \
    those there here with from into as if than then not no any some all has have had their they them he she his her \
    him you your we our us i me my so up out about please tell give show find read say says said name state list look \
    written printed shown stated stand stands given document image picture text page word words";

/// A word to look for.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) vector: Vector,
    /// Those of words that may stand for it.
    pub(crate) others: Vec<Vector>,
    /// How much it says: words that stand anywhere say less.
    pub(crate) weight: f32,
}

/// Small letters and digits of a word.
fn plain(word: &str) -> String {
    let signs = word.chars().filter(char::is_ascii_alphanumeric);
    signs.map(|sign| sign.to_ascii_lowercase()).take(LONGEST).collect()
}

/// What a question asks.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// The words that say something, each once, in order.
    pub(crate) words: Vec<Word>,
    /// Whether it asks for what comes next, and not for the value of a label.
    pub(crate) follows: bool,
}

/// Words by which one asks for what comes next.
const FOLLOWS: [&str; 4] = ["follow", "follows", "following", "after"];

impl Question {
    /// A word in other letters than the Latin ones is none. Without `weights` all words are worth the same.
    pub(crate) fn new(text: &str, table: &[Vector], asking: Asking) -> Question {
        let weights = asking.weights;
        let mut found: Vec<(String, bool)> = Vec::new();
        let stretches: Vec<&str> = text.split(['“', '”', '"']).collect();
        // What stands between quotes is of the page.
        let is_quoted = |place: usize| place % 2 == 1;
        let asks_what_follows = |word: &str| FOLLOWS.contains(&word);
        let asks = |stretch: &&str| stretch.split_whitespace().any(|part| asks_what_follows(&plain(part)));
        let follows = stretches.len() > 1 && stretches.iter().step_by(2).any(asks);
        for (place, stretch) in stretches.into_iter().enumerate() {
            let parts = stretch.split(|c: char| c.is_whitespace() || c == '/');
            for word in parts.map(|part| plain(part.strip_suffix("'s").unwrap_or(part))) {
                let says_nothing = weights && SAY_NOTHING.split_whitespace().any(|listed| listed == word);
                if !word.is_empty()
                    && (!says_nothing || is_quoted(place) && follows)
                    && !(follows && !is_quoted(place) && asks_what_follows(&word))
                    && !found.iter().any(|(other, _)| *other == word)
                {
                    found.push((word, says_nothing));
                }
            }
        }
        let first = found.len().saturating_sub(WORDS);
        let word = |(word, says_nothing): &(String, bool)| {
            // A short word is easily taken for another one.
            let weight = match word.len() {
                _ if !weights => 1.0,
                _ if *says_nothing => 0.2,
                1 => 0.2,
                2 => 0.5,
                3 => 0.8,
                _ => 1.0,
            };
            let others = if asking.synonyms { synonyms::of(word) } else { Vec::new() };
            let others = others.into_iter().map(|other| vector(other, table)).collect();
            Word { vector: vector(word, table), others, weight }
        };
        Question { words: found[first..].iter().map(word).collect(), follows }
    }
}

/// The unit vector of a word; all zeros where there is none.
fn vector(word: &str, table: &[Vector]) -> Vector {
    let mut sum = [0.0f32; WIDTH];
    for row in rows(word.as_bytes()) {
        if let Some(row) = table.get(row as usize % table.len().max(1)) {
            sum.iter_mut().zip(row).for_each(|(sum, part)| *sum += part);
        }
    }
    let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 {
        sum.iter_mut().for_each(|x| *x /= length);
    }
    sum
}

/// The hashes of a word's features.
fn rows(word: &[u8]) -> Vec<u32> {
    let n = word.len();
    let mut rows = Vec::new();
    for level in 1..=LEVELS {
        for part in 0..level {
            for (i, &sign) in word.iter().enumerate() {
                // In units of one part of n·level: where the letter and the part of the word have most in common.
                let end = ((i + 1) * level).min((part + 1) * n);
                let inside = end.saturating_sub((i * level).max(part * n));
                if 2 * inside >= level {
                    rows.push(hash(&[b'0' + level as u8, b'.', b'0' + part as u8, b'.', sign]));
                }
            }
        }
    }
    let marked = [b"^", word, b"$"].concat();
    for (sign, size) in [(b'2', 2), (b'3', 3)] {
        rows.extend(marked.windows(size).map(|some| hash(&[&[sign], some].concat())));
    }
    rows.push(hash(format!("#{}", n.min(16)).as_bytes()));
    rows
}

/// FNV-1a of 32 bits (Fowler, Noll and Vo).
fn hash(text: &[u8]) -> u32 {
    text.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
