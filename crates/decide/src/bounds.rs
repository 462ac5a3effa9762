//! The bounds every patch has unless an override says otherwise: fewest and most tokens.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::PolicyError;

/// Fewest and most tokens of a patch, `min <= max`. Written `64..400`; both ends are included.
///
/// ```
/// let bounds: arrcoc_decide::Bounds = "64..400".parse()?;
/// assert_eq!((bounds.min(), bounds.max()), (64, 400));
/// # Ok::<(), arrcoc_decide::PolicyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Ends", into = "Ends")]
pub struct Bounds {
    min: u32,
    max: u32,
}

impl Bounds {
    /// Bounds from `min` to `max`, both included.
    ///
    /// # Errors
    /// [`PolicyError::ReversedBounds`] when `min > max`.
    pub fn new(min: u32, max: u32) -> Result<Bounds, PolicyError> {
        if min > max { Err(PolicyError::ReversedBounds { min, max }) } else { Ok(Bounds { min, max }) }
    }

    /// Fewest tokens of a patch.
    pub fn min(&self) -> u32 {
        self.min
    }

    /// Most tokens of a patch.
    pub fn max(&self) -> u32 {
        self.max
    }
}

impl Default for Bounds {
    /// `64..400`: on a square patch, sample grids from 8×8 to 20×20.
    fn default() -> Bounds {
        Bounds { min: 64, max: 400 }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.min, self.max)
    }
}

impl FromStr for Bounds {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Bounds, PolicyError> {
        let unreadable = || PolicyError::UnreadableBounds { text: text.to_owned() };
        let (min, max) = text.split_once("..").ok_or_else(unreadable)?;
        let end = |digits: &str| digits.trim().parse().map_err(|_| unreadable());
        Bounds::new(end(min)?, end(max)?)
    }
}

/// Bounds as written in JSON, before the check.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ends {
    min: u32,
    max: u32,
}

impl TryFrom<Ends> for Bounds {
    type Error = PolicyError;

    fn try_from(ends: Ends) -> Result<Bounds, PolicyError> {
        Bounds::new(ends.min, ends.max)
    }
}

impl From<Bounds> for Ends {
    fn from(bounds: Bounds) -> Ends {
        Ends { min: bounds.min, max: bounds.max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_there_and_back() {
        for text in ["64..400", "0..1", "0..0", "7..4294967295"] {
            let bounds: Bounds = text.parse().expect(text);
            assert_eq!(bounds.to_string(), text);
        }
        assert_eq!(Bounds::default().to_string(), "64..400");
        assert_eq!(" 1 .. 2 ".parse::<Bounds>().map(|b| b.to_string()).as_deref(), Ok("1..2"));
    }

    #[test]
    fn wrong_text_says_what_would_be_right() {
        for text in ["", "64", "64-400", "..", "a..b", "-1..4", "1..4294967296", "1...4"] {
            let error = text.parse::<Bounds>().expect_err(text);
            assert!(error.to_string().contains(&format!("`{text}`")), "{error}");
            assert!(error.hint().is_some_and(|hint| hint.contains("64..400")));
        }
        let reversed = "400..64".parse::<Bounds>().expect_err("reversed");
        assert_eq!(reversed.to_string(), "bounds `400..64` are reversed: the fewest is above the most");
        assert_eq!(reversed.hint().as_deref(), Some("write `64..400`"));
    }

    #[test]
    fn json_is_checked_on_the_way_in() {
        let bounds = Bounds::default();
        let json = serde_json::to_string(&bounds).expect("plain numbers");
        assert_eq!(json, r#"{"min":64,"max":400}"#);
        assert_eq!(serde_json::from_str::<Bounds>(&json).expect("just written"), bounds);
        assert!(serde_json::from_str::<Bounds>(r#"{"min":400,"max":64}"#).is_err());
        assert!(serde_json::from_str::<Bounds>(r#"{"min":1,"max":4,"mean":2}"#).is_err());
    }
}
