//! A policy resolved for a number of patches, and proved feasible before any scorer runs.

use std::collections::BTreeMap;

use crate::policy_error::{Asked, Infeasible, MOST_PATCHES};
use crate::{Bounds, Demand, Override, Policy, PolicyError, Rule, Total};

/// A policy that can be met: each patch has its own minimum and maximum, and every total from
/// [`lo`](Terms::lo) to [`hi`](Terms::hi) lies between their sums.
///
/// With a ladder of levels a total is a ceiling. It is proved to be between the sums of minima and maxima, not
/// that some combination of levels meets it; what is left over shows as the applied sum of the allocation.
#[derive(Clone, Debug)]
pub struct Terms {
    policy: Policy,
    /// The demand at the low end of the total; others differ from it in the total alone.
    lowest: Demand,
    hi: u64,
}

impl Terms {
    /// Resolves `policy` for `patches` patches.
    ///
    /// ```
    /// use arrcoc_decide::{Bounds, Policy, Terms, Total};
    ///
    /// let policy = Policy::new(Bounds::default(), Total::Exact(20_000));
    /// let error = Terms::new(&policy, 576).unwrap_err();
    /// assert_eq!(error.to_string(), "total 20000 is below the least this policy allows: 576 patches × 64 = 36864");
    /// assert_eq!(error.hint().unwrap(), "use a budget from 36864 to 230400, or an average from 64 to 400");
    /// ```
    ///
    /// # Errors
    /// No patches or too many, an empty list of levels, an average that is not a finite number above 0, a reversed
    /// range, overrides beyond the patches or that contradict each other, and a total outside what the patches'
    /// minima and maxima allow.
    pub fn new(policy: &Policy, patches: usize) -> Result<Terms, PolicyError> {
        let (min, max) = ends_of_patches(policy, patches)?;
        let (lo, hi) = ends(policy.total, patches)?;
        Terms::of(policy, min, max, lo, hi)
    }

    /// Resolves `policy` for any total that its bounds and overrides allow, in place of its own.
    ///
    /// # Errors
    /// Those of [`Terms::new`] but those about totals.
    pub fn open(policy: &Policy, patches: usize) -> Result<Terms, PolicyError> {
        let (min, max) = ends_of_patches(policy, patches)?;
        let sum = |ends: &[u32]| ends.iter().copied().map(u64::from).sum();
        let (lo, hi) = (sum(&min), sum(&max));
        Terms::of(&Policy { total: Total::Range { lo, hi }, ..policy.clone() }, min, max, lo, hi)
    }

    fn of(policy: &Policy, min: Vec<u32>, max: Vec<u32>, lo: u64, hi: u64) -> Result<Terms, PolicyError> {
        let (levels, patches) = (policy.levels.canonical()?, min.len());
        let infeasible = |tokens| Infeasible {
            asked: Asked { tokens, total: policy.total },
            patches,
            bounds: Some(policy.bounds),
            overrides: policy.overrides.len(),
            least: 0,
            most: 0,
        };
        let lowest = Demand::feasible(min, max, levels, lo, hi, infeasible)?;
        Ok(Terms { policy: policy.clone(), lowest, hi })
    }

    /// The demand at the low end of the total.
    pub(crate) fn lowest(&self) -> &Demand {
        &self.lowest
    }

    /// The number of patches.
    pub fn patches(&self) -> usize {
        self.lowest.patches()
    }

    /// The lowest total that may be demanded.
    pub fn lo(&self) -> u64 {
        self.lowest.total()
    }

    /// The highest total that may be demanded.
    pub fn hi(&self) -> u64 {
        self.hi
    }

    /// Whether the total is still to be chosen, `lo < hi`.
    pub fn is_range(&self) -> bool {
        self.lo() < self.hi
    }

    /// The policy these terms resolve.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The request for exactly `total` tokens.
    ///
    /// # Errors
    /// [`PolicyError::OutsideTerms`] unless `lo <= total <= hi`.
    pub fn demand(&self, total: u64) -> Result<Demand, PolicyError> {
        if total < self.lo() || total > self.hi {
            return Err(PolicyError::OutsideTerms { total, lo: self.lo(), hi: self.hi });
        }
        Ok(self.lowest.at(total))
    }

    /// The request at a share of the way from `lo` to `hi`: `lo + round((hi − lo)·share)`, halves away from zero.
    /// `share` is clamped to `[0, 1]`; NaN is 0.
    pub(crate) fn demand_at(&self, share: f64) -> Demand {
        let span = self.hi - self.lo();
        let above = (span as f64 * share.clamp(0.0, 1.0)).round() as u64;
        self.lowest.at(self.lo() + above.min(span))
    }
}

/// The minimum and maximum of each patch under a policy.
fn ends_of_patches(policy: &Policy, patches: usize) -> Result<(Vec<u32>, Vec<u32>), PolicyError> {
    if patches == 0 {
        return Err(PolicyError::NoPatches);
    }
    if patches > MOST_PATCHES {
        return Err(PolicyError::TooManyPatches { patches });
    }
    policy.levels.canonical()?;
    let mut min = vec![policy.bounds.min(); patches];
    let mut max = vec![policy.bounds.max(); patches];
    for (patch, rules) in rules_by_patch(&policy.overrides, patches)? {
        (min[patch], max[patch]) = resolve(policy.bounds, &rules);
    }
    Ok((min, max))
}

/// The lowest and highest total that a policy asks for.
fn ends(total: Total, patches: usize) -> Result<(u64, u64), PolicyError> {
    match total {
        Total::Exact(tokens) => Ok((tokens, tokens)),
        Total::Average(average) => {
            if !average.is_finite() || average <= 0.0 {
                return Err(PolicyError::Average { average });
            }
            // The cast saturates, and what it saturates to is above what any policy allows.
            let tokens = (average * patches as f64).round() as u64;
            Ok((tokens, tokens))
        }
        Total::Range { lo, hi } if lo > hi => Err(PolicyError::ReversedRange { lo, hi }),
        Total::Range { lo, hi } => Ok((lo, hi)),
    }
}

/// The different rules of each patch that has any, in the order given, proved not to contradict each other.
fn rules_by_patch(overrides: &[Override], patches: usize) -> Result<BTreeMap<usize, Vec<Rule>>, PolicyError> {
    let mut by_patch: BTreeMap<usize, Vec<Rule>> = BTreeMap::new();
    for &Override { patch, rule } in overrides {
        if patch >= patches {
            return Err(PolicyError::OverrideBeyond { rule, patch, patches });
        }
        let rules = by_patch.entry(patch).or_default();
        if let Some(&earlier) = rules.iter().find(|earlier| earlier.contradicts(rule)) {
            return Err(PolicyError::Contradiction { patch, earlier, later: rule });
        }
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    Ok(by_patch)
}

/// The minimum and maximum that `rules`, which do not contradict each other, leave of `bounds`.
///
/// A pin or a ban decides alone. Otherwise a floor stands in place of the minimum and a ceiling in place of the
/// maximum; where only one of them is given and crosses the bound at the other end, it takes that along.
fn resolve(bounds: Bounds, rules: &[Rule]) -> (u32, u32) {
    let (mut floor, mut ceil) = (None, None);
    for &rule in rules {
        match rule {
            Rule::Pin(tokens) => return (tokens, tokens),
            Rule::Ban => return (0, 0),
            Rule::Floor(fewest) => floor = Some(fewest),
            Rule::Ceil(most) => ceil = Some(most),
        }
    }
    match (floor, ceil) {
        (None, None) => (bounds.min(), bounds.max()),
        (Some(floor), None) => (floor, bounds.max().max(floor)),
        (None, Some(ceil)) => (bounds.min().min(ceil), ceil),
        (Some(floor), Some(ceil)) => (floor, ceil),
    }
}
