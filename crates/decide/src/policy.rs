//! What is asked for: bounds, total, levels, sampling, overrides. Everything an allocation must satisfy.
//!
//! A [`Policy`] is as the user wrote it and may be impossible. [`Terms::new`](crate::Terms::new) resolves it for a
//! number of patches and proves that it can be met; nothing downstream accepts a bare policy.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Bounds, Levels, PolicyError};

/// How many tokens all patches get together.
///
/// With [`Levels::Any`] the total is met exactly. With a ladder of levels it is a ceiling, approached until no
/// patch's next level fits; for a range that holds for the total chosen from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Total {
    /// This many tokens.
    Exact(u64),
    /// This many tokens per patch: `round(x·N)`, halves away from zero. Finite and above 0.
    Average(f64),
    /// From `lo` to `hi`, both included: the tension compress ↔ particularize chooses. A range of one number is
    /// the same as that number.
    Range {
        /// The fewest tokens to spend.
        lo: u64,
        /// The most tokens to spend.
        hi: u64,
    },
}

/// What a token buys inside a patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sampling {
    /// `k` tokens are a sample grid of about `k` points.
    Grid,
    /// One token keeps the patch, none drops it: visual-token pruning.
    Keep,
}

impl Sampling {
    /// The word for it, as in files and on the command line.
    fn word(self) -> &'static str {
        match self {
            Sampling::Grid => "grid",
            Sampling::Keep => "keep",
        }
    }
}

impl fmt::Display for Sampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Sampling {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Sampling, PolicyError> {
        [Sampling::Grid, Sampling::Keep]
            .into_iter()
            .find(|sampling| sampling.word() == text)
            .ok_or_else(|| PolicyError::UnknownSampling { text: text.to_owned() })
    }
}

/// What an override does to its patch. JSON: `{"pin": 400}`, `{"floor": 100}`, `{"ceil": 100}`, `"ban"`.
///
/// Several rules may stand on one patch as long as they agree: a floor below a ceiling, a pin between both. Two
/// that cannot hold together, or two of one kind with different numbers, are an error: the later never silently
/// wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// Exactly this many tokens, inside the bounds or not.
    Pin(u32),
    /// At least this many, in place of the bounds' minimum. Above the bounds' maximum it raises that too.
    Floor(u32),
    /// At most this many, in place of the bounds' maximum. Below the bounds' minimum it lowers that too.
    Ceil(u32),
    /// None at all.
    Ban,
}

impl Rule {
    /// The counts the rule leaves open.
    pub(crate) fn open(self) -> (u32, u32) {
        match self {
            Rule::Pin(tokens) => (tokens, tokens),
            Rule::Floor(fewest) => (fewest, u32::MAX),
            Rule::Ceil(most) => (0, most),
            Rule::Ban => (0, 0),
        }
    }

    /// Whether both cannot stand on one patch.
    pub(crate) fn contradicts(self, other: Rule) -> bool {
        let ((least, most), (other_least, other_most)) = (self.open(), other.open());
        let apart = least > other_most || other_least > most;
        let same_kind = std::mem::discriminant(&self) == std::mem::discriminant(&other);
        apart || (same_kind && self != other)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Pin(tokens) => write!(f, "pin {tokens}"),
            Rule::Floor(tokens) => write!(f, "floor {tokens}"),
            Rule::Ceil(tokens) => write!(f, "ceil {tokens}"),
            Rule::Ban => f.write_str("ban"),
        }
    }
}

/// A rule for one patch, which outranks the bounds and every plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// The patch, counted from 0 in row-major order.
    pub patch: usize,
    /// What holds there.
    pub rule: Rule,
}

/// What is asked for, as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Fewest and most tokens of a patch without an override.
    pub bounds: Bounds,
    /// Tokens of all patches together.
    pub total: Total,
    /// The token counts a patch may take.
    pub levels: Levels,
    /// What tokens buy; of no consequence to the arithmetic here.
    pub sampling: Sampling,
    /// Rules for single patches.
    pub overrides: Vec<Override>,
    /// Use the uniform allocation, whatever the scorers say.
    pub force_uniform: bool,
}

impl Policy {
    /// A policy with any levels, no overrides, and the sampling that the bounds suggest: [`Sampling::Keep`] when a
    /// patch may have at most one token, [`Sampling::Grid`] otherwise.
    pub fn new(bounds: Bounds, total: Total) -> Policy {
        let sampling = if bounds.max() <= 1 { Sampling::Keep } else { Sampling::Grid };
        Policy { bounds, total, levels: Levels::Any, sampling, overrides: Vec::new(), force_uniform: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sampling_follows_the_bounds() {
        let sampling = |text: &str| Policy::new(text.parse().expect(text), Total::Exact(1)).sampling;
        assert_eq!(sampling("0..1"), Sampling::Keep);
        assert_eq!(sampling("64..400"), Sampling::Grid);
        assert_eq!("keep".parse(), Ok(Sampling::Keep));
        let error = "Keep".parse::<Sampling>().expect_err("words are lower case");
        assert_eq!(error.to_string(), "sampling `Keep` is not known");
        assert_eq!(error.hint().as_deref(), Some("write `grid` or `keep`"));
    }

    #[test]
    fn rules_contradict_when_they_cannot_both_hold() {
        use Rule::{Ban, Ceil, Floor, Pin};
        let agree =
            [(Pin(4), Pin(4)), (Pin(0), Ban), (Pin(4), Floor(3)), (Pin(4), Ceil(4)), (Floor(2), Ceil(2))];
        let differ = [
            (Pin(4), Pin(5)),
            (Pin(1), Ban),
            (Pin(4), Floor(5)),
            (Pin(4), Ceil(3)),
            (Floor(3), Ceil(2)),
            (Floor(3), Floor(4)),
            (Ceil(3), Ceil(4)),
            (Ban, Floor(1)),
        ];
        for (a, b) in agree {
            assert!(!a.contradicts(b) && !b.contradicts(a), "{a} and {b}");
        }
        for (a, b) in differ {
            assert!(a.contradicts(b) && b.contradicts(a), "{a} and {b}");
        }
    }

    #[test]
    fn overrides_read_naturally_in_json() {
        let pin = Override { patch: 3, rule: Rule::Pin(400) };
        let ban = Override { patch: 4, rule: Rule::Ban };
        let json = serde_json::to_string(&[pin, ban]).expect("plain");
        assert_eq!(json, r#"[{"patch":3,"rule":{"pin":400}},{"patch":4,"rule":"ban"}]"#);
        assert_eq!(serde_json::from_str::<Vec<Override>>(&json).expect("just written"), [pin, ban]);
        assert_eq!(serde_json::to_string(&Sampling::Grid).expect("plain"), "\"grid\"");
    }
}
