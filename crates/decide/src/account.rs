//! The account: what each way contributed to each patch's tokens, exactly.
//!
//! A patch's tokens are the outcome of a game whose players are the ways with a score map. The Shapley value
//! (Shapley 1953) is the one division of that outcome in which the parts add up to it, a way that never changes
//! anything gets nothing, and ways that are interchangeable get the same. With at most three players it is the
//! exact mean over all orders in which the ways can speak; the weights of that mean are multiples of 1/6, so in
//! sixths of a token everything is a whole number and there is no residual.

use serde::{Deserialize, Serialize};

use crate::{Subset, Way};

/// Contributions to each patch's tokens, in sixths of a token, each of length N.
///
/// For every patch the five sum to six times its tokens. With [`Levels::Any`](crate::Levels::Any) each column but
/// `uniform` sums to 0 over the patches: a way moves tokens, it does not make them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The uniform allocation.
    pub uniform: Vec<i64>,
    /// What the allocator does with equal weights, before any way speaks. 0 for a rule that shares by weight alone.
    pub allocator: Vec<i64>,
    /// What is there, P. 0 if absent.
    pub propositional: Vec<i64>,
    /// What stands out, S. 0 if absent.
    pub perspectival: Vec<i64>,
    /// What the question asks for, Q. 0 if absent.
    pub participatory: Vec<i64>,
}

impl Account {
    /// The account of a uniform allocation that no way and no allocator had a part in.
    pub(crate) fn of_uniform(tokens: &[u32]) -> Account {
        let none = vec![0; tokens.len()];
        Account {
            uniform: sixths(tokens),
            allocator: none.clone(),
            propositional: none.clone(),
            perspectival: none.clone(),
            participatory: none,
        }
    }

    /// The account of `applied` tokens, to which the ways `present` led.
    ///
    /// `tokens_of` gives the tokens that come about when only some ways speak. It is asked for every proper subset
    /// of `present`; for all of them the answer is `applied`.
    pub(crate) fn of(
        applied: &[u32],
        uniform: &[u32],
        present: Subset,
        tokens_of: impl Fn(Subset) -> Vec<u32>,
    ) -> Account {
        let outcomes: Vec<Vec<u32>> = Subset::each()
            .map(|subset| match subset {
                _ if subset == present => applied.to_vec(),
                _ if subset.is_within(present) => tokens_of(subset),
                _ => Vec::new(),
            })
            .collect();
        let silent = &outcomes[Subset::NONE.index()];
        let contribution = |way: Way| {
            let mut sixths = vec![0; applied.len()];
            let others = Subset::each().filter(|subset| subset.is_within(present.without(way)));
            for others in others.filter(|_| present.contains(way)) {
                let orders = orders_in_sixths(others.len(), present.len());
                let (before, after) = (&outcomes[others.index()], &outcomes[others.with(way).index()]);
                for ((sum, &after), &before) in sixths.iter_mut().zip(after).zip(before) {
                    *sum += orders * (i64::from(after) - i64::from(before));
                }
            }
            sixths
        };
        Account {
            uniform: sixths(uniform),
            allocator: silent.iter().zip(uniform).map(|(&s, &u)| 6 * (i64::from(s) - i64::from(u))).collect(),
            propositional: contribution(Way::Propositional),
            perspectival: contribution(Way::Perspectival),
            participatory: contribution(Way::Participatory),
        }
    }
}

fn sixths(tokens: &[u32]) -> Vec<i64> {
    tokens.iter().map(|&tokens| 6 * i64::from(tokens)).collect()
}

/// The share of the orders of `players` in which just `before` of them, given which, speak before one:
/// `before!·(players − before − 1)!/players!`, in sixths.
fn orders_in_sixths(before: usize, players: usize) -> i64 {
    const FACTORIAL: [i64; 4] = [1, 1, 2, 6];
    6 * FACTORIAL[before] * FACTORIAL[players - before - 1] / FACTORIAL[players]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_over_orders_by_hand() {
        // One patch; P alone lifts it to 4, S alone to 2, both to 9, from 1.
        let present = Subset::ALL.without(Way::Participatory);
        let tokens_of =
            |ways: Subset| match (ways.contains(Way::Propositional), ways.contains(Way::Perspectival)) {
                (true, false) => vec![4],
                (false, true) => vec![2],
                (false, false) => vec![1],
                (true, true) => unreachable!("the outcome of all is known"),
            };
        let account = Account::of(&[9], &[3], present, tokens_of);
        let expected = Account {
            uniform: vec![18],
            allocator: vec![-12],
            propositional: vec![3 * (4 - 1) + 3 * (9 - 2)],
            perspectival: vec![3 + 3 * (9 - 4)],
            participatory: vec![0],
        };
        assert_eq!(account, expected);
    }

    #[test]
    fn the_orders_of_three_players_are_sixths() {
        assert_eq!([0, 1, 2].map(|before| orders_in_sixths(before, 3)), [2, 1, 2]);
        assert_eq!([0, 1].map(|before| orders_in_sixths(before, 2)), [3, 3]);
        assert_eq!(orders_in_sixths(0, 1), 6);
    }

    #[test]
    fn symmetric_players_share_alike() {
        // Tokens appear only once two of three speak.
        let account = Account::of(&[6], &[0], Subset::ALL, |ways| vec![if ways.len() >= 2 { 6 } else { 0 }]);
        let ways = [&account.propositional, &account.perspectival, &account.participatory];
        assert!(ways.iter().all(|way| **way == [12]), "{account:?}");
    }
}
