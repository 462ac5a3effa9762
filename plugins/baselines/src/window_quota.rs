//! HoloV: windows of the image get quotas, so that the best tokens are not all in
//! one place.
//!
//! Zou et al., "Don't Just Chase 'Highlighted Tokens' in MLLMs: Revisiting Visual
//! Holistic Context Retention" (2025), arXiv:2510.02912: the image is cut into
//! crops; a token is scored by attention and by how it varies from its crop; crops
//! get shares of the budget by what they hold together, and each keeps its best
//! tokens. The form of it here, with everything stated:
//!
//! - Windows are squares of `window` patches a side, smaller at the right and below.
//! - Attention a_i is the last layer of `cls_attention` where it is given, else the
//!   weights. As a share of the whole it becomes A_i = N·a_i / (1 + N·a_i): a patch
//!   with the average share has ½.
//! - Variation V_i = (1 − c_i)/2, with c_i the mean cosine of the patch's features
//!   and those of the other patches of its window; 0 where there is no other.
//! - The score is s_i = (A_i + V_i)/2, and the weight of a window the mean of its
//!   scores. (The published system sets crop weights by a softmax and counts
//!   tokens; here quotas are tokens of the budget.)
//! - Quotas share the surplus by the windows' weights times their number of patches;
//!   what a full window cannot take goes to the others. A window fills its patches
//!   in order of score, each to its maximum.

use arrcoc_sdk::{describe::Determinism, prelude::*, stats::Grid};

use crate::{
    attention_top_k::class_attention, features::unit_features, quotas::by_quota, set_rule::by_score,
};

pub(crate) struct WindowQuota {
    side: u32,
}

impl Allocator for WindowQuota {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new(
            "window-quota",
            "windows get quotas by attention and variation, and fill their best patches (HoloV, \
             arXiv:2510.02912), on `patch_features` and `cls_attention` where given, else on pixel features \
             and the weights: the rule, not the published system",
        )
        .param(Param::integer("window", 1..=4096, 6, "side of a window, in patches"))
        .requires("patch_stats")
        .optional("patch_features")
        .optional("cls_attention")
        .determinism(Determinism::BitExact)
    }

    fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        let side = u32::try_from(params.integer("window")?)
            .map_err(|_| Fault::invalid("`window` is out of range"))?;
        Ok(WindowQuota { side })
    }

    fn allocate(&self, ask: &Ask<'_>, call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        let windows = windows(ask.inputs.grid()?, self.side);
        let scores = scores(ask, &windows, call)?;
        let sums: Vec<f64> =
            windows.iter().map(|window| window.iter().map(|&patch| scores[patch]).sum()).collect();
        by_quota(
            &windows,
            &sums,
            &ask.demand,
            |window, part| {
                let scores: Vec<f64> = window.iter().map(|&patch| scores[patch]).collect();
                fill_in_order(&by_score(&scores), part)
            },
            |rest| fill_in_order(&by_score(&scores), rest),
        )
    }
}

/// The patches of each window, in reading order.
fn windows(grid: Grid, side: u32) -> Vec<Vec<usize>> {
    let across = grid.cols.div_ceil(side) as usize;
    let mut windows = vec![Vec::new(); across * grid.rows.div_ceil(side) as usize];
    for patch in 0..grid.patches() {
        let (row, col) = grid.position(patch);
        windows[(row / side) as usize * across + (col / side) as usize].push(patch);
    }
    windows
}

fn scores(ask: &Ask<'_>, windows: &[Vec<usize>], call: &Call<'_>) -> Result<Vec<f64>, Fault> {
    let features = unit_features(ask)?;
    let attention = match class_attention(ask)? {
        Some(layer) => layer,
        None => ask.weights.to_vec(),
    };
    let whole: f64 = attention.iter().sum();
    let scale = if whole > 0.0 { attention.len() as f64 / whole } else { 0.0 };
    let mut scores: Vec<f64> = attention.iter().map(|a| a * scale / (1.0 + a * scale) / 2.0).collect();
    let mut products = Vec::new();
    for window in windows {
        for &patch in window {
            call.check()?;
            products.resize(window.len(), 0);
            features.products(patch, window, &mut products);
            let others = products.iter().zip(window).filter(|&(_, &other)| other != patch);
            let sum: f64 = others.map(|(&product, &other)| features.as_cosine(product, patch, other)).sum();
            let variation = match window.len() - 1 {
                0 => 0.0,
                others => ((1.0 - sum / others as f64) / 2.0).clamp(0.0, 1.0),
            };
            scores[patch] += variation / 2.0;
        }
    }
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use arrcoc_sdk::{
        buffer::TensorBuf,
        decide::{Demand, Levels},
        testing::run_allocator,
    };

    use super::*;
    use crate::set_rule::testing::{is_admitted_everywhere, stats};

    #[test]
    fn windows_tile_the_grid() {
        let cut = windows(Grid::new(3, 3).unwrap(), 2);
        assert_eq!(cut, [vec![0, 1, 3, 4], vec![2, 5], vec![6, 7], vec![8]]);
    }

    /// Two windows of two patches. Attention in shares of the average: 1, 3, 0, 0 (of 4), so A = 1/2, 3/4, 0, 0.
    /// Features: left window equal (cosine 1, V = 0), right window opposite (cosine −1, V = 1).
    /// Scores 1/4, 3/8, 1/2, 1/2; windows 5/8 and 1. Keys of the windows for 3 tokens: 5/4 and 2, 2/3: with the
    /// caps of 2 that is 1 and 2. The left window keeps its better patch.
    #[test]
    fn a_small_example_by_hand() {
        let attention = TensorBuf::new("cls_attention", &[1, 4], &[0.25f32, 0.75, 0.0, 0.0]).unwrap();
        let features =
            TensorBuf::new("patch_features", &[4, 2], &[1.0f32, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, -1.0]).unwrap();
        let grid = Grid::new(1, 4).unwrap();
        let keep = |total| {
            let demand = Demand::new(vec![0; 4], vec![1; 4], Levels::Any, total).unwrap();
            let tensors = [&attention, &features];
            run_allocator::<WindowQuota>(&[("window", 2.into())], &[0.25; 4], &demand, grid, &tensors)
                .unwrap()
        };
        assert_eq!(keep(1), [0, 0, 1, 0]);
        assert_eq!(keep(2), [0, 1, 1, 0]);
        assert_eq!(keep(3), [0, 1, 1, 1]);
    }

    #[test]
    fn what_is_no_attention_or_no_feature_is_refused() {
        let grid = Grid::new(1, 4).unwrap();
        let demand = Demand::new(vec![0; 4], vec![1; 4], Levels::Any, 2).unwrap();
        for (name, shape) in [("cls_attention", [1, 4]), ("patch_features", [4, 1])] {
            let bad = TensorBuf::new(name, &shape, &[1.0f32, 2.0, f32::NAN, 1.0]).unwrap();
            let run = run_allocator::<WindowQuota>(&[], &[0.25; 4], &demand, grid, &[&bad, &stats(grid)]);
            let fault = run.unwrap_err();
            assert_eq!(fault.code, FaultCode::INVALID_INPUT);
            assert!(fault.message.contains(name), "{}", fault.message);
        }
    }

    #[test]
    fn nothing_to_go_by_keeps_the_windows_even() {
        // All alike: every score is 1/4, and each window of four gets one of four tokens.
        let grid = Grid::new(4, 4).unwrap();
        let same = TensorBuf::new("patch_features", &[16, 2], &[1.0f32; 32]).unwrap();
        let demand = Demand::new(vec![0; 16], vec![1; 16], Levels::Any, 4).unwrap();
        let weights = [1.0 / 16.0; 16];
        let tokens =
            run_allocator::<WindowQuota>(&[("window", 2.into())], &weights, &demand, grid, &[&same]).unwrap();
        let kept: Vec<usize> = (0..16).filter(|&i| tokens[i] == 1).collect();
        assert_eq!(kept, [0, 2, 8, 10]);
    }

    #[test]
    fn it_is_admitted_everywhere() {
        is_admitted_everywhere::<WindowQuota>(|grid| vec![stats(grid)]);
    }
}
