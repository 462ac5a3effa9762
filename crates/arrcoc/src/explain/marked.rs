//! The patches that a person is shown first: those with most tokens, and those that a
//! look at content alone would have given more.

use arrcoc_decide::Verdict;

use crate::decision::Decision;

/// The most patches of either kind.
const MOST: usize = 5;

/// The patches with most tokens; of as many, those with more weight, then as they come. None when all have what they
/// would have in a uniform allocation.
pub(crate) fn top(d: &Decision) -> Vec<usize> {
    let tokens = d.flat_tokens();
    if tokens.iter().zip(&d.account.uniform).all(|(&tokens, &even)| 6 * i64::from(tokens) == even) {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..tokens.len()).collect();
    order.sort_by(|&a, &b| tokens[b].cmp(&tokens[a]).then(d.weights[b].total_cmp(&d.weights[a])));
    order.truncate(MOST);
    order
}

/// The distractors that lost most to the question: they stand out, and it does not ask for them.
pub(crate) fn distractors(d: &Decision) -> Vec<usize> {
    let taken = |&i: &usize| d.account.participatory[i];
    let distracts = |i: &usize| d.verdicts[*i] == Verdict::Distractor && taken(i) < 0;
    let mut order: Vec<usize> = (0..d.patches()).filter(distracts).collect();
    order.sort_by_key(taken);
    order.truncate(MOST);
    order
}
