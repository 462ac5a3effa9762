//! One exact request: what an allocator is asked, and what admission checks its answer against.

use crate::policy_error::{Asked, Infeasible, MOST_PATCHES};
use crate::{Levels, PolicyError, Total};

/// A total and the minimum and maximum of each patch, proved feasible: `Σmin <= total <= Σmax`.
///
/// Made by [`Terms::demand`](crate::Terms::demand) from a policy, or by [`Demand::new`] on the plugin's side of
/// the wire, where the policy itself is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    min: Vec<u32>,
    max: Vec<u32>,
    levels: Levels,
    total: u64,
    /// Σmin.
    least: u64,
}

impl Demand {
    /// A demand for `total` tokens from patches with their own `min` and `max`, each of length N.
    ///
    /// # Errors
    /// No patches or too many, `min` and `max` of different lengths, a patch with `min > max`, an empty list of
    /// levels, or a total outside `Σmin..Σmax`.
    pub fn new(min: Vec<u32>, max: Vec<u32>, levels: Levels, total: u64) -> Result<Demand, PolicyError> {
        let patches = min.len();
        if patches != max.len() {
            return Err(PolicyError::UnequalLengths { min: patches, max: max.len() });
        }
        if patches == 0 {
            return Err(PolicyError::NoPatches);
        }
        if patches > MOST_PATCHES {
            return Err(PolicyError::TooManyPatches { patches });
        }
        if let Some(patch) = (0..patches).find(|&patch| min[patch] > max[patch]) {
            return Err(PolicyError::ReversedPatch { patch, min: min[patch], max: max[patch] });
        }
        let infeasible = |tokens| Infeasible {
            asked: Asked { tokens, total: Total::Exact(tokens) },
            patches,
            bounds: None,
            overrides: 0,
            least: 0,
            most: 0,
        };
        Demand::feasible(min, max, levels.canonical()?, total, total, infeasible)
    }

    /// The demand for `lo` tokens, once all totals from `lo` to `hi` are proved to lie between Σmin and Σmax.
    ///
    /// `min` and `max` are of one length and in order; `levels` are canonical. `infeasible` describes the request
    /// for so many tokens; the two sums are filled in here.
    pub(crate) fn feasible(
        min: Vec<u32>,
        max: Vec<u32>,
        levels: Levels,
        lo: u64,
        hi: u64,
        infeasible: impl Fn(u64) -> Infeasible,
    ) -> Result<Demand, PolicyError> {
        let sum = |ends: &[u32]| ends.iter().copied().map(u64::from).sum();
        let (least, most) = (sum(&min), sum(&max));
        if lo < least {
            return Err(PolicyError::BelowLeast(Infeasible { least, most, ..infeasible(lo) }));
        }
        if hi > most {
            return Err(PolicyError::AboveMost(Infeasible { least, most, ..infeasible(hi) }));
        }
        Ok(Demand { min, max, levels, total: lo, least })
    }

    /// The same demand with another total, which its maker has proved to lie between Σmin and Σmax.
    pub(crate) fn at(&self, total: u64) -> Demand {
        Demand { total, ..self.clone() }
    }

    /// The same demand with the minima raised towards `even`, tokens that meet it: by a share of what each patch has
    /// there above its minimum, down to a level. At a share of 1 nothing is left to choose, at 0 all of it.
    pub(crate) fn raised(&self, even: &[u32], share: f64) -> Demand {
        let raise = |(&min, &even): (&u32, &u32)| {
            let above = (share.clamp(0.0, 1.0) * f64::from(even.saturating_sub(min))) as u32;
            self.levels.highest(min, min + above)
        };
        let min: Vec<u32> = self.min.iter().zip(even).map(raise).collect();
        let least = min.iter().copied().map(u64::from).sum();
        Demand { min, least, ..self.clone() }
    }

    /// Fewest tokens of each patch, length N.
    pub fn min(&self) -> &[u32] {
        &self.min
    }

    /// Most tokens of each patch, length N.
    pub fn max(&self) -> &[u32] {
        &self.max
    }

    /// The token counts a patch may take. A list is sorted and without repeats.
    pub fn levels(&self) -> &Levels {
        &self.levels
    }

    /// Tokens of all patches together; a ceiling unless the levels are [`Levels::Any`].
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Tokens above the minima, `total − Σmin`: what allocators share.
    pub fn surplus(&self) -> u64 {
        self.total - self.least
    }

    /// The number of patches, N.
    pub fn patches(&self) -> usize {
        self.min.len()
    }

    /// Room of each patch above its minimum, `max − min`.
    pub(crate) fn caps(&self) -> Vec<u32> {
        self.max.iter().zip(&self.min).map(|(max, min)| max - min).collect()
    }

    /// The minima with `shares` of the surplus on top.
    pub(crate) fn with_shares(&self, shares: Vec<u32>) -> Vec<u32> {
        self.min.iter().zip(shares).map(|(min, share)| min + share).collect()
    }
}
