//! Admission: the only way from a proposal to an allocation.
//!
//! Allocators are plugins and may answer anything. [`admit`] proves that a proposal satisfies the demand, and
//! [`Allocation`] has no other constructor, so an allocation that breaks its policy cannot exist and nothing past
//! this line checks again. A proposal is never mended: it is admitted as it is, or refused with the reason.

use crate::{Demand, Levels};

/// Tokens per patch, proved to satisfy the demand they were admitted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    tokens: Vec<u32>,
    total: u64,
}

impl Allocation {
    /// Tokens of each patch, length N.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// The sum of the tokens: what was applied. Below the demanded total only where levels left a remainder.
    pub fn total(&self) -> u64 {
        self.total
    }
}

/// Why a proposal is not an allocation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each field is a number that its variant's message shows in place")]
pub enum Refusal {
    /// Not one count per patch.
    #[error("{got} counts for {expected} patches")]
    Length { expected: usize, got: usize },
    /// A patch below its minimum or above its maximum.
    #[error("patch {patch} has {got} tokens, outside its {min}..{max}")]
    OutOfBounds { patch: usize, got: u32, min: u32, max: u32 },
    /// Not the total; with levels, above the ceiling.
    #[error("the tokens sum to {got}, not {expected}")]
    Sum { expected: u64, got: u64 },
    /// A count that is neither the patch's minimum nor a level.
    #[error("patch {patch} has {got} tokens, which is neither its minimum nor one of the levels")]
    NotALevel { patch: usize, got: u32 },
    /// With levels: a patch could still rise within the ceiling.
    #[error("{left} tokens are left over, but patch {patch} could rise to its next level for {step}")]
    Slack { patch: usize, step: u32, left: u64 },
}

/// Admits `proposal` as an allocation for `demand`.
///
/// Proved, in this order: one count per patch; each within its patch's own minimum and maximum; each on its
/// patch's ladder of levels; the sum. With [`Levels::Any`] the sum is the total exactly. With other levels it is
/// at most the total, and no patch's next level fits in what is left.
///
/// # Errors
/// The first [`Refusal`] found.
///
/// ```
/// use arrcoc_decide::{Demand, Levels, Refusal, admit};
///
/// let demand = Demand::new(vec![1, 1], vec![4, 4], Levels::Any, 6)?;
/// assert_eq!(admit(vec![4, 2], &demand).unwrap().tokens(), [4, 2]);
/// assert_eq!(admit(vec![4, 3], &demand), Err(Refusal::Sum { expected: 6, got: 7 }));
/// # Ok::<(), arrcoc_decide::PolicyError>(())
/// ```
pub fn admit(proposal: Vec<u32>, demand: &Demand) -> Result<Allocation, Refusal> {
    let (expected, got) = (demand.patches(), proposal.len());
    if expected != got {
        return Err(Refusal::Length { expected, got });
    }
    let ends = || demand.min().iter().copied().zip(demand.max().iter().copied());
    for (patch, (&got, (min, max))) in proposal.iter().zip(ends()).enumerate() {
        if got < min || got > max {
            return Err(Refusal::OutOfBounds { patch, got, min, max });
        }
        if !demand.levels().holds(min, got) {
            return Err(Refusal::NotALevel { patch, got });
        }
    }
    let (expected, got) = (demand.total(), proposal.iter().copied().map(u64::from).sum());
    let exact = *demand.levels() == Levels::Any;
    if got > expected || (exact && got < expected) {
        return Err(Refusal::Sum { expected, got });
    }
    let left = expected - got;
    if left > 0 {
        for (patch, (&tokens, (_, max))) in proposal.iter().zip(ends()).enumerate() {
            if let Some(next) = demand.levels().next_above(tokens, max) {
                let step = next - tokens;
                if u64::from(step) <= left {
                    return Err(Refusal::Slack { patch, step, left });
                }
            }
        }
    }
    Ok(Allocation { tokens: proposal, total: got })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(levels: Levels, total: u64) -> Demand {
        Demand::new(vec![2, 2, 7], vec![20, 20, 7], levels, total).expect("feasible")
    }

    #[test]
    fn each_way_to_be_wrong_has_its_own_line() {
        let any = demand(Levels::Any, 20);
        let line = |proposal: &[u32], demand: &Demand| {
            admit(proposal.to_vec(), demand).expect_err("must be refused").to_string()
        };
        assert_eq!(line(&[6, 7], &any), "2 counts for 3 patches");
        assert_eq!(line(&[1, 12, 7], &any), "patch 0 has 1 tokens, outside its 2..20");
        assert_eq!(line(&[2, 21, 7], &any), "patch 1 has 21 tokens, outside its 2..20");
        assert_eq!(line(&[6, 6, 8], &any), "patch 2 has 8 tokens, outside its 7..7");
        assert_eq!(line(&[6, 6, 7], &any), "the tokens sum to 19, not 20");
        assert_eq!(line(&[6, 8, 7], &any), "the tokens sum to 21, not 20");
        let squares = demand(Levels::Squares, 20);
        let not_a_level = "patch 1 has 5 tokens, which is neither its minimum nor one of the levels";
        assert_eq!(line(&[4, 5, 7], &squares), not_a_level);
        assert_eq!(line(&[9, 9, 7], &squares), "the tokens sum to 25, not 20");
        let slack = "5 tokens are left over, but patch 0 could rise to its next level for 5";
        assert_eq!(line(&[4, 4, 7], &squares), slack);
    }

    #[test]
    fn a_remainder_too_small_for_any_step_is_admitted() {
        let squares = demand(Levels::Squares, 22);
        let allocation = admit(vec![9, 4, 7], &squares).expect("2 left, the next steps cost 5 and 7");
        assert_eq!((allocation.tokens(), allocation.total()), (&[9, 4, 7][..], 20));
        assert!(admit(vec![2, 2, 7], &demand(Levels::List(vec![30]), 20)).is_ok());
    }
}
