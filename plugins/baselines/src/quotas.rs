//! Sharing in two steps: groups of patches get quotas, then the patches of a group
//! share its quota.
//!
//! Quotas follow the weights of the groups by Webster's divisor rule with caps,
//! the rule that tokens are shared by elsewhere. What a full group cannot take goes
//! to the others in the same proportions, so no quota is lost and the sum is exact.
//! With levels a group may leave some of its quota; that goes on to all patches.

use arrcoc_sdk::{
    decide::{Demand, ShareError, share},
    prelude::*,
};

/// The tokens of every patch. `groups` are the patches of each group, together all
/// patches once; `weights` is one weight for each group, finite and not negative.
/// `within` shares the demand of one group among its patches, and `rest` what
/// levels left over among all.
pub(crate) fn by_quota(
    groups: &[Vec<usize>],
    weights: &[f64],
    demand: &Demand,
    within: impl Fn(&[usize], &Demand) -> Result<Vec<u32>, ShareError>,
    rest: impl Fn(&Demand) -> Result<Vec<u32>, ShareError>,
) -> Result<Vec<u32>, Fault> {
    let broken = |e: ShareError| Fault::internal(e.to_string());
    let room = |&patch: &usize| u64::from(demand.max()[patch] - demand.min()[patch]);
    // A quota beyond u32 is not given out to one group; what is beyond goes to the others, or on as the rest.
    let caps: Vec<u32> = groups
        .iter()
        .map(|group| u32::try_from(group.iter().map(room).sum::<u64>()).unwrap_or(u32::MAX))
        .collect();
    let most = caps.iter().map(|&cap| u64::from(cap)).sum();
    let quotas = share(weights, &caps, demand.surplus().min(most)).map_err(broken)?;
    let mut tokens = demand.min().to_vec();
    for (group, quota) in groups.iter().zip(quotas) {
        let side = |of: &[u32]| -> Vec<u32> { group.iter().map(|&patch| of[patch]).collect() };
        let min = side(demand.min());
        let total = min.iter().map(|&t| u64::from(t)).sum::<u64>() + u64::from(quota);
        let part = part_of(min, side(demand.max()), demand, total)?;
        for (&patch, given) in group.iter().zip(within(group, &part).map_err(broken)?) {
            tokens[patch] = given;
        }
    }
    if tokens.iter().map(|&t| u64::from(t)).sum::<u64>() == demand.total() {
        return Ok(tokens);
    }
    rest(&part_of(tokens, demand.max().to_vec(), demand, demand.total())?).map_err(broken)
}

fn part_of(min: Vec<u32>, max: Vec<u32>, demand: &Demand, total: u64) -> Result<Demand, Fault> {
    Demand::new(min, max, demand.levels().clone(), total).map_err(|e| Fault::internal(e.to_string()))
}

#[cfg(test)]
mod tests {
    use arrcoc_sdk::decide::{Levels, uniform};

    use super::*;

    /// Weights 3 and 1 for 8 tokens: keys 6, 2, 1.2, 0.86, 0.67, 0.55 against 2, 0.67, 0.4, so 6 and 2. The
    /// first group has room for 4, so the other gets 4.
    #[test]
    fn the_quota_of_a_full_group_is_redistributed() {
        let groups = [vec![0, 3], vec![1, 2]];
        let demand = Demand::new(vec![1; 4], vec![3, 9, 9, 3], Levels::Any, 12).unwrap();
        let within = |_: &[usize], part: &Demand| Ok(uniform(part));
        let rest = |part: &Demand| Ok(uniform(part));
        assert_eq!(by_quota(&groups, &[3.0, 1.0], &demand, within, rest).unwrap(), [3, 3, 3, 3]);
        let demand = Demand::new(vec![1; 4], vec![9; 4], Levels::Any, 12).unwrap();
        assert_eq!(by_quota(&groups, &[3.0, 1.0], &demand, within, rest).unwrap(), [4, 2, 2, 4]);
    }
}
