//! The three ways of knowing a patch, and sets of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A way of knowing: what a channel is evidence of. JSON and text: `propositional`, `perspectival`,
/// `participatory`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// What is there: P.
    Propositional,
    /// What stands out: S.
    Perspectival,
    /// What the question asks for: Q.
    Participatory,
}

impl Way {
    /// All three, in the order P, S, Q.
    pub const ALL: [Way; 3] = [Way::Propositional, Way::Perspectival, Way::Participatory];

    fn word(self) -> &'static str {
        match self {
            Way::Propositional => "propositional",
            Way::Perspectival => "perspectival",
            Way::Participatory => "participatory",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A word that names no way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("way `{0}` is not known; the ways are `propositional`, `perspectival` and `participatory`")]
pub struct UnknownWay(pub String);

impl FromStr for Way {
    type Err = UnknownWay;

    fn from_str(text: &str) -> Result<Way, UnknownWay> {
        Way::ALL.into_iter().find(|way| way.word() == text).ok_or_else(|| UnknownWay(text.to_owned()))
    }
}

/// A set of ways.
///
/// ```
/// use arrcoc_decide::{Subset, Way};
///
/// let content = Subset::ALL.without(Way::Participatory);
/// assert!(content.contains(Way::Perspectival) && !content.contains(Way::Participatory));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subset(u8);

impl Subset {
    /// No way.
    pub const NONE: Subset = Subset(0);
    /// All three.
    pub const ALL: Subset = Subset(0b111);

    /// This set and `way`.
    #[must_use]
    pub const fn with(self, way: Way) -> Subset {
        Subset(self.0 | 1 << way as u8)
    }

    /// This set without `way`.
    #[must_use]
    pub const fn without(self, way: Way) -> Subset {
        Subset(self.0 & !(1 << way as u8))
    }

    /// Whether `way` is in this set.
    pub const fn contains(self, way: Way) -> bool {
        self.0 & 1 << way as u8 != 0
    }

    /// The number of ways in it, 0 to 3.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether no way is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// All eight sets, each at the place [`index`](Subset::index) gives.
    pub(crate) fn each() -> impl Iterator<Item = Subset> {
        (0..8).map(Subset)
    }

    /// The place of this set among all eight.
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Whether every way of this set is in `other`.
    pub(crate) fn is_within(self, other: Subset) -> bool {
        self.0 & !other.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_there_and_back() {
        for way in Way::ALL {
            assert_eq!(way.to_string().parse(), Ok(way));
            assert_eq!(serde_json::to_string(&way).expect("plain"), format!("\"{way}\""));
        }
        assert!("Participatory".parse::<Way>().is_err());
    }

    #[test]
    fn sets_gain_and_lose_ways() {
        let both = Subset::NONE.with(Way::Propositional).with(Way::Participatory);
        assert_eq!(both, Subset::ALL.without(Way::Perspectival));
        assert_eq!((both.len(), both.is_empty(), Subset::NONE.is_empty()), (2, false, true));
        assert!(both.is_within(Subset::ALL) && !both.is_within(Subset::NONE.with(Way::Perspectival)));
        assert!(Subset::each().enumerate().all(|(index, set)| set.index() == index));
    }
}
