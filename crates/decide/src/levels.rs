//! The token counts a patch may take: any, squares, or those of a list.
//!
//! Some encoders accept only a few sizes. Each patch then climbs a *ladder*: its own minimum, then every level
//! above that minimum and not above its maximum. The minimum is always a rung, so a pin, a ban or a bound that is
//! no level still has a meaning.
//!
//! With a ladder an exact sum is often impossible, so the total becomes a ceiling: an allocation is complete when
//! no patch's next rung fits in what is left.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::PolicyError;

/// Which token counts a patch may take, beside its own minimum. JSON: `"any"`, `"squares"` or `[64, 100, 144]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub enum Levels {
    /// Any whole number. The total is met exactly.
    #[default]
    Any,
    /// Squares of whole numbers: 1, 4, 9, …, each a square sample grid. The total is a ceiling.
    Squares,
    /// The numbers of this list, in any order. The total is a ceiling. An empty list is refused by
    /// [`Terms::new`](crate::Terms::new) and [`Demand::new`](crate::Demand::new).
    List(Vec<u32>),
}

impl Levels {
    /// The same levels with a list sorted and without repeats; an empty list is an error.
    ///
    /// The other functions here expect levels in this form.
    pub(crate) fn canonical(&self) -> Result<Levels, PolicyError> {
        let Levels::List(list) = self else { return Ok(self.clone()) };
        if list.is_empty() {
            return Err(PolicyError::EmptyLevels);
        }
        let mut list = list.clone();
        list.sort_unstable();
        list.dedup();
        Ok(Levels::List(list))
    }

    /// The lowest level above `tokens` that is not above `max`.
    pub(crate) fn next_above(&self, tokens: u32, max: u32) -> Option<u32> {
        let next = match self {
            Levels::Any => tokens.checked_add(1)?,
            Levels::Squares => (tokens.isqrt() + 1).checked_pow(2)?,
            Levels::List(list) => *list.get(list.partition_point(|&level| level <= tokens))?,
        };
        (next <= max).then_some(next)
    }

    /// The highest rung that is not above `limit`, on the ladder that starts at `min <= limit`.
    pub(crate) fn highest(&self, min: u32, limit: u32) -> u32 {
        let level = match self {
            Levels::Any => limit,
            Levels::Squares => limit.isqrt().pow(2),
            Levels::List(list) => match list.partition_point(|&level| level <= limit) {
                0 => min,
                above => list[above - 1],
            },
        };
        level.max(min)
    }

    /// Whether `tokens` is a rung of the ladder that starts at `min`.
    pub(crate) fn holds(&self, min: u32, tokens: u32) -> bool {
        tokens == min
            || match self {
                Levels::Any => true,
                Levels::Squares => tokens.isqrt().pow(2) == tokens,
                Levels::List(list) => list.binary_search(&tokens).is_ok(),
            }
    }
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Levels::Any => f.write_str("any"),
            Levels::Squares => f.write_str("squares"),
            Levels::List(list) => {
                let written: Vec<String> = list.iter().map(u32::to_string).collect();
                f.write_str(&written.join(","))
            }
        }
    }
}

impl FromStr for Levels {
    type Err = PolicyError;

    /// `any`, `squares`, or whole numbers joined by commas.
    fn from_str(text: &str) -> Result<Levels, PolicyError> {
        match text.trim() {
            "any" => Ok(Levels::Any),
            "squares" => Ok(Levels::Squares),
            "" => Err(PolicyError::EmptyLevels),
            list => {
                let level = |digits: &str| digits.trim().parse();
                let list: Result<_, _> = list.split(',').map(level).collect();
                Levels::List(list.map_err(|_| PolicyError::UnreadableLevels { text: text.to_owned() })?)
                    .canonical()
            }
        }
    }
}

impl Serialize for Levels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Levels::List(list) => list.serialize(serializer),
            word => serializer.collect_str(word),
        }
    }
}

/// Levels as written in JSON, before the check.
#[derive(Deserialize)]
#[serde(untagged, expecting = "`any`, `squares` or a list of whole numbers")]
enum Written {
    Word(String),
    List(Vec<u32>),
}

impl TryFrom<Written> for Levels {
    type Error = PolicyError;

    fn try_from(written: Written) -> Result<Levels, PolicyError> {
        match written {
            Written::Word(word) => word.parse(),
            Written::List(list) => Levels::List(list).canonical(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_json_go_there_and_back() {
        for (text, json) in
            [("any", "\"any\""), ("squares", "\"squares\""), ("64,100,144", "[64,100,144]"), ("0", "[0]")]
        {
            let levels: Levels = text.parse().expect(text);
            assert_eq!(levels.to_string(), text);
            assert_eq!(serde_json::to_string(&levels).expect("plain"), json);
            assert_eq!(serde_json::from_str::<Levels>(json).expect(json), levels);
        }
        assert_eq!("144, 64,64".parse(), Ok(Levels::List(vec![64, 144])));
    }

    #[test]
    fn wrong_text_and_json_are_refused() {
        for text in ["", "  ", "some", "64;100", "64,", "-4", "4294967296"] {
            assert!(text.parse::<Levels>().is_err(), "{text}");
        }
        for json in ["[]", "\"\"", "7", "[-1]", "{}"] {
            assert!(serde_json::from_str::<Levels>(json).is_err(), "{json}");
        }
        let error = serde_json::from_str::<Levels>("{}").expect_err("not levels");
        assert!(error.to_string().contains("`any`, `squares` or a list of whole numbers"), "{error}");
    }

    #[test]
    fn ladders_agree_with_their_definition() {
        let list = Levels::List(vec![0, 3, 4, 10, 11, 30]);
        for levels in [Levels::Any, Levels::Squares, list] {
            for (min, max) in [(0, 40), (3, 3), (5, 9), (16, 31), (12, 29)] {
                let rungs: Vec<u32> = (min..=max)
                    .filter(|&t| {
                        t == min
                            || match &levels {
                                Levels::Any => true,
                                Levels::Squares => (0..=t).any(|side| side * side == t),
                                Levels::List(list) => list.contains(&t),
                            }
                    })
                    .collect();
                for tokens in min..=max {
                    assert_eq!(levels.holds(min, tokens), rungs.contains(&tokens));
                    let next = rungs.iter().copied().find(|&rung| rung > tokens);
                    assert_eq!(levels.next_above(tokens, max), next);
                    let highest = rungs.iter().copied().rfind(|&rung| rung <= tokens);
                    assert_eq!(Some(levels.highest(min, tokens)), highest);
                }
            }
        }
    }

    #[test]
    fn the_largest_number_does_not_overflow() {
        for levels in [Levels::Any, Levels::Squares, Levels::List(vec![u32::MAX])] {
            assert_eq!(levels.next_above(u32::MAX, u32::MAX), None);
            assert!(levels.highest(0, u32::MAX) > 4_294_836_224);
        }
    }
}
