//! What things are called: a plain name, a synonym, and a name that shares no word with
//! the plain one.
//!
//! A question has three paraphrases at rising distance. The near one has the same words in
//! another order, the middle one has synonyms, and the far one has none of the words that
//! carry meaning: directions become points of the compass, counts become digits, and a
//! letter is named by its word of the NATO alphabet.

use crate::canvas::Colour;
use crate::scenery::palette::hue;

use super::mark::Mark;

/// A name, a synonym, and a far name.
type Names = [&'static str; 3];

/// A colour of things, with its names. No two can be mistaken for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tint {
    Red,
    Orange,
    Yellow,
    Green,
    Blue,
    Purple,
    Pink,
    Brown,
}

impl Tint {
    pub(super) const ALL: [Self; 8] = [
        Self::Red,
        Self::Orange,
        Self::Yellow,
        Self::Green,
        Self::Blue,
        Self::Purple,
        Self::Pink,
        Self::Brown,
    ];

    /// The colour itself.
    pub(super) fn colour(self) -> Colour {
        match self {
            Self::Red => hue(0.99, 0.88, 0.80),
            Self::Orange => hue(0.075, 0.92, 0.96),
            Self::Yellow => hue(0.145, 0.85, 0.97),
            Self::Green => hue(0.38, 0.75, 0.58),
            Self::Blue => hue(0.60, 0.80, 0.78),
            Self::Purple => hue(0.76, 0.62, 0.62),
            Self::Pink => hue(0.92, 0.38, 0.98),
            Self::Brown => hue(0.06, 0.62, 0.42),
        }
    }

    fn names(self) -> Names {
        match self {
            Self::Red => ["red", "scarlet", "crimson"],
            Self::Orange => ["orange", "tangerine", "carrot-coloured"],
            Self::Yellow => ["yellow", "golden", "lemon-coloured"],
            Self::Green => ["green", "emerald", "grass-coloured"],
            Self::Blue => ["blue", "azure", "sapphire"],
            Self::Purple => ["purple", "violet", "plum-coloured"],
            Self::Pink => ["pink", "rose", "flamingo-coloured"],
            Self::Brown => ["brown", "chestnut", "chocolate-coloured"],
        }
    }
}

/// The outline of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Figure {
    Ring,
    Disc,
    Square,
    Diamond,
    Hexagon,
}

impl Figure {
    /// Those that have room for a mark inside.
    pub(super) const FILLED: [Self; 4] = [Self::Disc, Self::Square, Self::Diamond, Self::Hexagon];

    fn names(self) -> Names {
        match self {
            Self::Ring => ["ring", "hoop", "annulus"],
            Self::Disc => ["disc", "circle", "roundel"],
            Self::Square => ["square", "box", "upright tile"],
            Self::Diamond => ["diamond", "rhombus", "lozenge"],
            Self::Hexagon => ["hexagon", "six-sided shape", "honeycomb cell"],
        }
    }
}

/// Directions by eighths of a turn, clockwise from the right.
const DIRECTIONS: [Names; 8] = [
    ["right", "right-hand side", "east"],
    ["bottom right", "lower right", "south-east"],
    ["bottom", "lower side", "south"],
    ["bottom left", "lower left", "south-west"],
    ["left", "left-hand side", "west"],
    ["top left", "upper left", "north-west"],
    ["top", "upper side", "north"],
    ["top right", "upper right", "north-east"],
];

const COUNTS: [&str; 10] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// The question for a thing, and its paraphrases from near to far.
pub(super) fn question(tint: Tint, figure: Figure, mark: Mark) -> (String, Vec<String>) {
    let [tints, figures] = [tint.names(), figure.names()];
    let thing = |distance: usize| format!("{} {}", tints[distance], figures[distance]);
    let [plain, middle, far] = trait_of(mark);
    let question = format!("Where is the {} {plain}?", thing(0));
    let paraphrases = vec![
        format!("The {} {plain}: where is it?", thing(0)),
        format!("Where is the {} {middle}?", thing(1)),
        format!("Find the {} {far}.", thing(2)),
    ];
    (question, paraphrases)
}

/// What sets a thing apart from those that look the same from afar, in three ways.
fn trait_of(mark: Mark) -> [String; 3] {
    match mark {
        Mark::Gap(towards) => {
            let [plain, middle, far] = DIRECTIONS[usize::from(towards % 8)];
            [
                format!("that opens towards the {plain}"),
                format!("that opens towards the {middle}"),
                format!("with its break facing {far}"),
            ]
        }
        Mark::Hand(towards) => {
            let [plain, middle, far] = DIRECTIONS[usize::from(towards % 8)];
            [
                format!("whose hand points to the {plain}"),
                format!("whose needle points to the {middle}"),
                format!("with a spoke running {far}"),
            ]
        }
        Mark::Dots(count) => {
            let word = COUNTS[usize::from(count % 10)];
            [format!("with {word} dots"), format!("with {word} spots"), format!("bearing {count} pips")]
        }
        Mark::Letter(letter) => [
            format!("with the letter {}", letter.name()),
            format!("with the character {}", letter.name()),
            format!("bearing the initial of {}", letter.spoken()),
        ],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::scenes::mark::Detail;

    /// Words that carry no meaning of their own.
    const EMPTY: [&str; 10] = ["where", "is", "the", "it", "a", "of", "with", "its", "to", "that"];

    fn words(text: &str) -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
        words.filter(|word| !word.is_empty() && !EMPTY.contains(&word.as_str())).collect()
    }

    #[test]
    fn paraphrases_lie_at_rising_distance_and_no_two_things_share_one() {
        let mut seen = BTreeSet::new();
        for detail in Detail::ALL {
            for mark in detail.marks() {
                for tint in Tint::ALL {
                    for &figure in detail.figures() {
                        let (question, paraphrases) = question(tint, figure, mark);
                        let own = words(&question);
                        let [near, middle, far] = &paraphrases[..] else { panic!("{paraphrases:?}") };
                        assert_eq!(words(near), own);
                        let kept = words(middle).intersection(&own).count();
                        assert!(kept > 0 && kept < own.len(), "{question} {middle}");
                        assert!(words(far).is_disjoint(&own), "{question} {far}");
                        for text in std::iter::once(question.clone()).chain(paraphrases) {
                            assert!(seen.insert(text.clone()), "{text} is said of two things");
                        }
                    }
                }
            }
        }
        assert!(seen.contains("Where is the red ring that opens towards the left?"));
        assert!(seen.contains("Find the crimson annulus with its break facing west."));
    }
}
