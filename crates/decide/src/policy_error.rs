//! What can be wrong with a request, said so that its author can mend it.
//!
//! All of these are found before any scorer runs. The long ones are the feasibility errors: they show the sum that
//! does not work out, and the hint gives the numbers that would.

use std::fmt;

use crate::{Bounds, Rule, Total};

/// A request that cannot be met. The text says what is wrong; [`hint`](PolicyError::hint) says what would be right.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each field is a number or a text that its variant's message shows in place")]
pub enum PolicyError {
    /// A minimum above its maximum.
    #[error("bounds `{min}..{max}` are reversed: the fewest is above the most")]
    ReversedBounds { min: u32, max: u32 },
    /// Text that is not two whole numbers.
    #[error("bounds `{text}` are not two whole numbers joined by `..`")]
    UnreadableBounds { text: String },
    /// Text that is neither `any`, nor `squares`, nor a list.
    #[error("levels `{text}` are neither `any`, nor `squares`, nor whole numbers joined by commas")]
    UnreadableLevels { text: String },
    /// A list of levels without a level.
    #[error("the list of levels is empty")]
    EmptyLevels,
    /// An unknown word for the sampling.
    #[error("sampling `{text}` is not known")]
    UnknownSampling { text: String },
    /// Nothing to share among.
    #[error("there are no patches to give tokens to")]
    NoPatches,
    /// No images to share a total among.
    #[error("there are no images to share among")]
    NoImages,
    /// Images that share a total and take other levels.
    #[error("images that share a total have different levels")]
    UnequalLevels,
    /// A range where images share a total.
    #[error("the total of several images together is the range `{lo}..{hi}`, and has to be one number")]
    RangeTogether { lo: u64, hi: u64 },
    /// More patches than the arithmetic is made for.
    #[error("{patches} patches are more than the {} that can be shared among", MOST_PATCHES)]
    TooManyPatches { patches: usize },
    /// An average that is zero, negative or not a number.
    #[error("average `{average}` is not a finite number above 0")]
    Average { average: f64 },
    /// A total range whose low end is above its high end.
    #[error("total `{lo}..{hi}` is reversed: its low end is above its high end")]
    ReversedRange { lo: u64, hi: u64 },
    /// An override for a patch that does not exist.
    #[error("override `{rule}` names patch {patch}, but there are {patches} patches, counted from 0")]
    OverrideBeyond { rule: Rule, patch: usize, patches: usize },
    /// Two overrides that cannot both hold on one patch.
    #[error("override `{later}` on patch {patch} contradicts the earlier `{earlier}`")]
    Contradiction { patch: usize, earlier: Rule, later: Rule },
    /// The total is below the sum of the patches' minima.
    #[error("{} is below the least this policy allows: {}", .0.asked, .0.sum(.0.least, Bounds::min))]
    BelowLeast(Infeasible),
    /// The total is above the sum of the patches' maxima.
    #[error("{} is above the most this policy allows: {}", .0.asked, .0.sum(.0.most, Bounds::max))]
    AboveMost(Infeasible),
    /// A demand whose minima and maxima are not for the same patches.
    #[error("a demand has {min} minima but {max} maxima")]
    UnequalLengths { min: usize, max: usize },
    /// A patch of a demand with its minimum above its maximum.
    #[error("patch {patch} of a demand has minimum {min} above its maximum {max}")]
    ReversedPatch { patch: usize, min: u32, max: u32 },
    /// A total outside the range the terms were proved for.
    #[error("total {total} is outside the total `{lo}..{hi}` of these terms")]
    OutsideTerms { total: u64, lo: u64, hi: u64 },
}

/// The most patches a policy may have: 2²⁴, an image of 4096×4096 patches.
pub const MOST_PATCHES: usize = 1 << 24;

impl PolicyError {
    /// What would be right, where it is worth naming.
    pub fn hint(&self) -> Option<String> {
        match self {
            PolicyError::ReversedBounds { min, max } => Some(format!("write `{max}..{min}`")),
            PolicyError::UnreadableBounds { .. } => {
                Some("write the fewest and the most, as in `64..400`".to_owned())
            }
            PolicyError::UnreadableLevels { .. } | PolicyError::EmptyLevels => {
                Some("write `any`, `squares` or a list as in `64,100,144`".to_owned())
            }
            PolicyError::UnknownSampling { .. } => Some("write `grid` or `keep`".to_owned()),
            PolicyError::ReversedRange { lo, hi } => Some(format!("write `{hi}..{lo}`")),
            PolicyError::BelowLeast(infeasible) | PolicyError::AboveMost(infeasible) => {
                Some(infeasible.mend())
            }
            PolicyError::Contradiction { patch, .. } => {
                Some(format!("leave one of the two on patch {patch}"))
            }
            PolicyError::NoImages => Some("name one image or more".to_owned()),
            PolicyError::UnequalLevels => Some("give all of them the same levels".to_owned()),
            PolicyError::RangeTogether { .. } => Some("give one number, or an average".to_owned()),
            PolicyError::OverrideBeyond { patches, .. } => Some(format!("the last patch is {}", patches - 1)),
            _ => None,
        }
    }
}

/// A total that no allocation can meet, with the sums that prove it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Infeasible {
    /// The total, and how it was asked for.
    pub asked: Asked,
    /// The number of patches.
    pub patches: usize,
    /// The bounds that patches without an override have; `None` for a bare demand.
    pub bounds: Option<Bounds>,
    /// The number of overrides.
    pub overrides: usize,
    /// The sum of the patches' minima.
    pub least: u64,
    /// The sum of the patches' maxima.
    pub most: u64,
}

impl Infeasible {
    /// How the end of what is allowed comes about, as a sum.
    fn sum(&self, resolved: u64, end: fn(&Bounds) -> u32) -> String {
        let patches = self.patches;
        let Some(bounds) = &self.bounds else {
            return format!("the ends of its {patches} patches sum to {resolved}");
        };
        let plain = patches as u64 * u64::from(end(bounds));
        let shown = format!("{patches} patches × {} = {plain}", end(bounds));
        match self.overrides {
            _ if plain == resolved => shown,
            1 => format!("{shown} (with 1 override: {resolved})"),
            overrides => format!("{shown} (with {overrides} overrides: {resolved})"),
        }
    }

    /// The totals and averages that would do.
    fn mend(&self) -> String {
        let budget = if self.least == self.most {
            format!("use a budget of {}", self.least)
        } else {
            format!("use a budget from {} to {}", self.least, self.most)
        };
        // Averages in hundredths, rounded inwards so that what is named can be used.
        let patches = self.patches.max(1) as u128;
        let low = (u128::from(self.least) * 100).div_ceil(patches);
        let high = u128::from(self.most) * 100 / patches;
        let written = |hundredths: u128| (hundredths as f64 / 100.0).to_string();
        match (low, high) {
            (_, 0) => budget,
            (0, _) => format!("{budget}, or an average above 0 and up to {}", written(high)),
            _ if low < high => format!("{budget}, or an average from {} to {}", written(low), written(high)),
            _ => budget,
        }
    }
}

/// A number of tokens and the way it was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Asked {
    /// The tokens it comes to.
    pub tokens: u64,
    /// As written in the policy.
    pub total: Total,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens = self.tokens;
        match self.total {
            Total::Exact(_) => write!(f, "total {tokens}"),
            // What an average comes to saturates, and is then no number to show.
            Total::Average(average) if tokens == u64::MAX => write!(f, "average {average:e}"),
            Total::Average(average) => write!(f, "average {average} (total {tokens})"),
            Total::Range { lo, hi } => {
                let end = if tokens == lo { "low" } else { "high" };
                write!(f, "total {tokens} (the {end} end of `{lo}..{hi}`)")
            }
        }
    }
}
