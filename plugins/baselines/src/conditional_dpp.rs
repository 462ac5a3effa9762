//! CDPruner: patches that are relevant to the question and unlike each other.
//!
//! Zhang et al., "Beyond Attention or Similarity: Maximizing Conditional Diversity
//! for Token Pruning in MLLMs" (2025), arXiv:2506.10967. A determinantal point process
//! with the kernel L̃ = diag(r)·L·diag(r), where L holds the cosines of the patches'
//! features and r their relevance to the question; the set with the largest
//! determinant is sought greedily, by Algorithm 1 of Chen, Zhang and Zhou, "Fast
//! Greedy MAP Inference for Determinantal Point Process" (2018), arXiv:1709.05135:
//!
//! ```text
//! d²_i = L̃_ii, c_i = ()
//! j = argmax d²_i; then for every i that was not chosen:
//!     e_i = (L̃_ji − ⟨c_j, c_i⟩) / d_j;   c_i = (c_i, e_i);   d²_i = d²_i − e_i²
//! ```
//!
//! - With `patch_projected` and `query_embeddings`, r is the paper's: the cosine of
//!   patch and question, from its least to its largest over the image put on 0 to 1,
//!   plus 10⁻⁶. CLIP's cosine is low where the object is; `inverse` turns it round.
//! - Without them r is the weights over the largest of them. They already carry the
//!   question. A common factor of all r does not change the order.
//! - In a space of D features no more than D patches add to the volume. When no
//!   d²_i is above 10⁻⁶·L̃_ii the rule begins again with the patches that are left.
//!   Patches with r = 0 come last, in reading order.

use arrcoc_sdk::{describe::Determinism, prelude::*};

use crate::{
    cosines::{Unfit, UnitRows},
    features::{unfit, unit_features},
    set_rule::{enough, in_order_so_far},
};

/// What is left of a patch's own size when it counts as spanned by those chosen.
const SPANNED: f64 = 1e-6;

/// The most numbers c_i that are kept: 512 MiB of them.
const MOST_KEPT: usize = 1 << 26;

pub(crate) struct ConditionalDpp {
    inverse: bool,
}

impl Allocator for ConditionalDpp {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new(
            "conditional-dpp",
            "relevant patches unlike each other (CDPruner, arXiv:2506.10967), by `patch_projected` and \
             `query_embeddings` where given, else by weight, and by `patch_features` where given, else by \
             pixel features: the rule, not the published system",
        )
        .param(Param::boolean("inverse", false, "relevance is high where patch and question are unlike"))
        .requires("patch_stats")
        .optional("patch_features")
        .optional("patch_projected")
        .optional("query_embeddings")
        .determinism(Determinism::BitExact)
    }

    fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(ConditionalDpp { inverse: params.boolean("inverse")? })
    }

    fn allocate(&self, ask: &Ask<'_>, call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        let features = unit_features(ask)?;
        let relevance = match to_the_question(ask, self.inverse)? {
            Some(relevance) => relevance,
            None => {
                let most = ask.weights.iter().fold(0.0, |most: f64, &w| most.max(w));
                ask.weights.iter().map(|w| if most > 0.0 { w / most } else { 1.0 }).collect()
            }
        };
        let order = greedy(&features, &relevance, enough(&ask.demand), call)?;
        in_order_so_far(order, ask)
    }
}

/// Relevance to the question, in 10⁻⁶..=1 + 10⁻⁶, where its tensors are given. Of several
/// questions the mean cosine counts.
fn to_the_question(ask: &Ask<'_>, inverse: bool) -> Result<Option<Vec<f64>>, Fault> {
    let (Some(patches), Some(queries)) =
        (ask.inputs.get("patch_projected"), ask.inputs.get("query_embeddings"))
    else {
        return Ok(None);
    };
    let count = ask.demand.patches();
    patches.expect_shape(&[count as u64, 0])?;
    queries.expect_shape(&[0, patches.shape()[1]])?;
    let questions = queries.shape()[0] as usize;
    if questions == 0 || patches.shape()[1] == 0 {
        return Err(Fault::invalid(
            "tensors `patch_projected` and `query_embeddings` hold nothing to compare",
        ));
    }
    // One table of both, so that their cosines are those of rows.
    let table = [patches.to_f32()?, queries.to_f32()?].concat();
    let rows = UnitRows::new(&table, count + questions).map_err(|e| match e {
        Unfit::NotFinite { row, column, value } if row >= count => {
            unfit("query_embeddings", "question", Unfit::NotFinite { row: row - count, column, value })
        }
        other => unfit("patch_projected", "patch", other),
    })?;
    let all: Vec<usize> = (0..count).collect();
    let mut mean = vec![0.0f64; count];
    let mut products = vec![0; count];
    for question in count..count + questions {
        rows.products(question, &all, &mut products);
        for (patch, (mean, &product)) in mean.iter_mut().zip(&products).enumerate() {
            *mean += rows.as_cosine(product, question, patch) / questions as f64;
        }
    }
    if inverse {
        mean.iter_mut().for_each(|mean| *mean = -*mean);
    }
    let least = mean.iter().copied().fold(f64::INFINITY, f64::min);
    let range = mean.iter().copied().fold(f64::NEG_INFINITY, f64::max) - least;
    let scaled = |mean: f64| if range > 0.0 { (mean - least) / range + 1e-6 } else { 1.0 };
    Ok(Some(mean.into_iter().map(scaled).collect()))
}

/// Patches in the order of the greedy rule, up to and with the one that is `enough`; without those of no relevance.
fn greedy(
    features: &UnitRows,
    relevance: &[f64],
    mut enough: impl FnMut(usize) -> bool,
    call: &Call<'_>,
) -> Result<Vec<usize>, Fault> {
    let mut order = Vec::new();
    let mut left: Vec<usize> = (0..features.len()).filter(|&patch| relevance[patch] > 0.0).collect();
    while !left.is_empty() {
        let own: Vec<f64> = left.iter().map(|&patch| relevance[patch] * relevance[patch]).collect();
        let mut gain = own.clone();
        let mut taken = vec![false; left.len()];
        // The vectors c of all patches, one number of each after the other.
        let mut known: Vec<Vec<f64>> = Vec::new();
        let mut products = vec![0; left.len()];
        loop {
            call.check()?;
            let open = (0..left.len()).filter(|&i| !taken[i] && gain[i] > SPANNED * own[i]);
            // The first of the largest: `max_by` would give the last.
            let Some(best) = open.rev().max_by(|&a, &b| gain[a].total_cmp(&gain[b])) else { break };
            taken[best] = true;
            order.push(left[best]);
            if enough(left[best]) {
                return Ok(order);
            }
            if (known.len() + 1) * left.len() > MOST_KEPT {
                let message = format!(
                    "{} of {} patches are more than this rule orders in {} MiB",
                    known.len(),
                    left.len(),
                    MOST_KEPT >> 17
                );
                return Err(Fault::new(FaultCode::OUT_OF_MEMORY, message));
            }
            features.products(left[best], &left, &mut products);
            let scale = relevance[left[best]];
            let mut e: Vec<f64> = products
                .iter()
                .zip(&left)
                .map(|(&product, &patch)| {
                    features.as_cosine(product, left[best], patch) * scale * relevance[patch]
                })
                .collect();
            for c in &known {
                let of_best = c[best];
                e.iter_mut().zip(c).for_each(|(e, c)| *e -= of_best * c);
            }
            let divisor = gain[best].sqrt();
            for (e, gain) in e.iter_mut().zip(&mut gain) {
                *e /= divisor;
                *gain -= *e * *e;
            }
            known.push(e);
        }
        if known.is_empty() {
            // So little relevance that its square is 0: nothing tells these apart.
            break;
        }
        left = left.iter().zip(&taken).filter(|(_, taken)| !**taken).map(|(&patch, _)| patch).collect();
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use arrcoc_sdk::{
        buffer::TensorBuf,
        decide::{Demand, Levels},
        stats::Grid,
        testing::run_allocator,
    };

    use super::*;
    use crate::set_rule::testing::{is_admitted_everywhere, stats};

    /// (1, 0), (0.6, 0.8), (0, 1).
    const FEATURES: [f32; 6] = [1.0, 0.0, 0.6, 0.8, 0.0, 1.0];

    fn run(weights: [f64; 3], more: &[TensorBuf], inverse: bool, total: u64) -> Result<Vec<u32>, Fault> {
        let features = TensorBuf::new("patch_features", &[3, 2], &FEATURES).unwrap();
        let tensors: Vec<&TensorBuf> = [&features].into_iter().chain(more).collect();
        let demand = Demand::new(vec![0; 3], vec![1; 3], Levels::Any, total).unwrap();
        let params = [("inverse", inverse.into())];
        run_allocator::<ConditionalDpp>(&params, &weights, &demand, Grid::new(1, 3).unwrap(), &tensors)
    }

    /// r = (1, 0.9, 0.8). First 0, with d² = 1, 0.81, 0.64. L̃_01 = 0.6·0.9 = 0.54 and L̃_02 = 0, so
    /// d² becomes 0.81 − 0.2916 = 0.5184 and 0.64: patch 2, although patch 1 is more relevant.
    /// r = (1, 0.9, 0.7): 0.5184 and 0.49: patch 1.
    #[test]
    fn a_small_example_by_hand() {
        assert_eq!(run([1.0, 0.9, 0.8], &[], false, 1).unwrap(), [1, 0, 0]);
        assert_eq!(run([1.0, 0.9, 0.8], &[], false, 2).unwrap(), [1, 0, 1]);
        assert_eq!(run([1.0, 0.9, 0.7], &[], false, 2).unwrap(), [1, 1, 0]);
        assert_eq!(run([0.0, 0.9, 0.7], &[], false, 2).unwrap(), [0, 1, 1]);
    }

    /// Cosines to the question (1, 0) of the projected (1, 0), (1, 1), (0, 1): 1, 0.71, 0, so r = 1, 0.71, 0 and
    /// 10⁻⁶ more: d² = 1, 0.5, 10⁻¹². After patch 0, patch 1 keeps 0.64 of its own and comes next.
    /// Turned round r = 0, 0.29, 1: patch 2 is first, and patch 1 keeps 0.36 of 0.086.
    #[test]
    fn the_question_counts_where_it_is_given() {
        let projected =
            TensorBuf::new("patch_projected", &[3, 2], &[1.0f32, 0.0, 1.0, 1.0, 0.0, 1.0]).unwrap();
        let question = TensorBuf::new("query_embeddings", &[1, 2], &[2.0f32, 0.0]).unwrap();
        let more = [projected, question];
        assert_eq!(run([1.0; 3], &more, false, 1).unwrap(), [1, 0, 0]);
        assert_eq!(run([1.0; 3], &more, false, 2).unwrap(), [1, 1, 0]);
        assert_eq!(run([1.0; 3], &more, true, 1).unwrap(), [0, 0, 1]);
        assert_eq!(run([1.0; 3], &more, true, 2).unwrap(), [0, 1, 1]);
    }

    /// The greedy rule by determinants, computed anew for every candidate.
    fn by_determinants(features: &UnitRows, relevance: &[f64], picks: usize) -> Vec<usize> {
        let kernel = |i: usize, j: usize| features.cosine(i, j) * relevance[i] * relevance[j];
        let determinant = |set: &[usize]| {
            let mut m: Vec<Vec<f64>> =
                set.iter().map(|&i| set.iter().map(|&j| kernel(i, j)).collect()).collect();
            let mut product = 1.0;
            for k in 0..m.len() {
                product *= m[k][k];
                for i in k + 1..m.len() {
                    let factor = m[i][k] / m[k][k];
                    let pivot = m[k].clone();
                    m[i].iter_mut().zip(pivot).for_each(|(x, p)| *x -= factor * p);
                }
            }
            product
        };
        let mut chosen: Vec<usize> = Vec::new();
        while chosen.len() < picks {
            let with = |i: usize| determinant(&[chosen.as_slice(), &[i]].concat());
            let open = (0..relevance.len()).filter(|i| !chosen.contains(i));
            chosen.push(open.max_by(|&a, &b| with(a).total_cmp(&with(b))).unwrap());
        }
        chosen
    }

    #[test]
    fn it_maximises_the_determinant_step_by_step() {
        let mut state = 5u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1u32 << 24)
        };
        let grid = Grid::new(3, 4).unwrap();
        for _ in 0..20 {
            let values: Vec<f32> = (0..12 * 8).map(|_| next() as f32 - 0.5).collect();
            let weights: Vec<f64> = (0..12).map(|_| 0.2 + next()).collect();
            let rows = UnitRows::new(&values, 12).unwrap();
            let features = TensorBuf::new("patch_features", &[12, 8], &values).unwrap();
            let expected = by_determinants(&rows, &weights, 6);
            for total in 1..=6 {
                let demand = Demand::new(vec![0; 12], vec![1; 12], Levels::Any, total as u64).unwrap();
                let tokens =
                    run_allocator::<ConditionalDpp>(&[], &weights, &demand, grid, &[&features]).unwrap();
                assert!(expected[..total].iter().all(|&patch| tokens[patch] == 1), "{expected:?} {tokens:?}");
            }
        }
    }

    #[test]
    fn equal_patches_go_by_relevance() {
        let same = TensorBuf::new("patch_features", &[4, 2], &[1.0f32; 8]).unwrap();
        let demand = Demand::new(vec![0; 4], vec![1; 4], Levels::Any, 2).unwrap();
        let grid = Grid::new(2, 2).unwrap();
        let run =
            |weights: &[f64]| run_allocator::<ConditionalDpp>(&[], weights, &demand, grid, &[&same]).unwrap();
        assert_eq!(run(&[0.1, 0.3, 0.2, 0.4]), [0, 1, 0, 1]);
        assert_eq!(run(&[0.0, 0.0, 0.0, 1.0]), [1, 0, 0, 1]);
        assert_eq!(run(&[0.25; 4]), [1, 1, 0, 0]);
    }

    #[test]
    fn what_is_not_finite_is_refused() {
        let bad = TensorBuf::new("query_embeddings", &[1, 2], &[0.0, f32::NAN]).unwrap();
        let projected = TensorBuf::new("patch_projected", &[3, 2], &FEATURES).unwrap();
        let fault = run([1.0; 3], &[projected, bad], false, 1).unwrap_err();
        assert_eq!(fault.code, FaultCode::INVALID_INPUT);
        assert!(fault.message.contains("column 1 of question 0 is `NaN`"), "{}", fault.message);
    }

    #[test]
    fn it_is_admitted_everywhere() {
        is_admitted_everywhere::<ConditionalDpp>(|grid| vec![stats(grid)]);
    }
}
