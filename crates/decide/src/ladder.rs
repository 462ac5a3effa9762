//! Sharing in whole steps, for levels.
//!
//! The key of a step is the divisor rule's, taken at the middle of the surplus that the step spans. A step of one
//! token from `m − 1` to `m` has its middle at `m − ½`: a ladder of all numbers is the plain rule. Steps are taken
//! best first; a step that does not fit in what is left never will, since what is left only shrinks, so its patch
//! climbs no further. When no step is waiting, no patch's next level fits: just what admission asks for.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::Demand;

/// The next step of a patch.
struct Step {
    key: f64,
    /// Twice the middle of the surplus the step spans.
    doubled_middle: u64,
    patch: usize,
    to: u32,
}

impl Step {
    /// The step that leads above `from`, if the patch has one.
    fn above(from: u32, patch: usize, weight: f64, demand: &Demand) -> Option<Step> {
        let min = demand.min()[patch];
        let to = demand.levels().next_above(from, demand.max()[patch])?;
        let doubled_middle = u64::from(from - min) + u64::from(to - min);
        let key = weight / (doubled_middle as f64 * 0.5);
        Some(Step { key, doubled_middle, patch, to })
    }

    /// Key first; of equal keys the lower middle, then the lower index.
    fn rank(&self) -> (Reverse<u64>, Reverse<usize>) {
        (Reverse(self.doubled_middle), Reverse(self.patch))
    }
}

impl Ord for Step {
    fn cmp(&self, other: &Step) -> Ordering {
        // Keys are at least 0 and not NaN; -0.0 must tie with 0.0, which `total_cmp` would not do.
        let keys = self.key.partial_cmp(&other.key).unwrap_or(Ordering::Equal);
        keys.then_with(|| self.rank().cmp(&other.rank()))
    }
}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Step) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Step {
    fn eq(&self, other: &Step) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Step {}

/// The proposal in whole steps by usable `weights`, one per patch.
pub(crate) fn climb(weights: &[f64], demand: &Demand) -> Vec<u32> {
    let mut tokens = demand.min().to_vec();
    let mut left = demand.surplus();
    let next = |from: u32, patch: usize| Step::above(from, patch, weights[patch], demand);
    let mut waiting: BinaryHeap<Step> =
        tokens.iter().enumerate().filter_map(|(patch, &from)| next(from, patch)).collect();
    while let Some(step) = waiting.pop() {
        let cost = u64::from(step.to - tokens[step.patch]);
        if cost <= left {
            left -= cost;
            tokens[step.patch] = step.to;
            waiting.extend(next(step.to, step.patch));
        }
    }
    tokens
}
