//! Where the tokens went, against where the answer is.

use arrcoc_picture::{Image, Sampling, render};
use arrcoc_stats::Tiling;

use crate::{
    metric::answer_mask::{auc_judd, lift, nss, recall_at},
    suite::Suite,
};

pub(super) const METRICS: &[&str] = &["lift", "nss", "auc-judd", "recall", CONTRIBUTION];

/// Spearman's ρ of the tokens with what each patch contributes.
pub(super) const CONTRIBUTION: &str = "contribution";

/// What can be said of an allocation: nothing where there is no surplus, or where every patch holds a part of the
/// answer or none does. The recall is at as many patches as hold the answer.
pub(super) fn where_tokens_went(
    tokens: &[u32],
    least: u32,
    answer: &[u8],
) -> impl Iterator<Item = (&'static str, f64)> {
    let patches = answer.iter().filter(|held| **held != 0).count();
    // Where nobody has more than the least, every place is as good as every other.
    let surplus = tokens.iter().any(|t| *t > least);
    let each = [
        lift(tokens, least, answer),
        nss(tokens, least, answer),
        auc_judd(tokens, answer),
        recall_at(patches, tokens, answer),
    ];
    METRICS[..each.len()]
        .iter()
        .copied()
        .zip(each)
        .filter_map(move |(metric, value)| Some((metric, value.filter(|_| surplus)?)))
}

/// How far the judge's confidence falls when a patch goes from the most tokens to the fewest and all others keep the
/// most. Only patches with a part of the answer are tried: the judges that say how sure they are look at nothing else.
/// None where the judge does not say, or is not sure even of the page with the most tokens everywhere.
pub(super) fn contributions(
    image: &Image,
    suite: &Suite,
    tiling: &Tiling,
    answer: &[u8],
    sure: impl Fn(&Image) -> Option<f64>,
) -> Option<Vec<f64>> {
    let sampling = if suite.bounds.max() <= 1 { Sampling::Keep } else { Sampling::Grid };
    let mut tokens = vec![suite.bounds.max(); answer.len()];
    let most = sure(&render(image, tiling, &tokens, sampling)).filter(|sure| *sure > 0.0)?;
    let mut falls = vec![0.0; answer.len()];
    for patch in (0..answer.len()).filter(|patch| answer[*patch] != 0) {
        tokens[patch] = suite.bounds.min();
        falls[patch] = (most - sure(&render(image, tiling, &tokens, sampling))?).max(0.0);
        tokens[patch] = suite.bounds.max();
    }
    Some(falls)
}
