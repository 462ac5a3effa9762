//! Patches by the attention they get.
//!
//! FastV (Chen et al. 2024, arXiv:2403.06764) keeps the visual tokens that get most
//! attention inside the language model; VisionZip (Yang et al. 2024,
//! arXiv:2412.04467) those that the class token of the vision encoder attends to
//! most. Here the score of patch i is
//!
//! - with `llm_attention` [T, N]: the mean over the T text tokens of row t, column i;
//! - else with `cls_attention` [L, N]: the last of the L layers. VisionZip reads the
//!   layer that the language model is fed from; whoever writes the tensor ends it
//!   with that one.
//!
//! Attention has no counterpart in pixels: without either tensor the rule fails
//! with that reason.

use arrcoc_sdk::{describe::Determinism, prelude::*};

use crate::set_rule::{by_score, in_order};

pub(crate) struct AttentionTopK;

impl Allocator for AttentionTopK {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new(
            "attention-top-k",
            "patches by attention: of the text in `llm_attention` (FastV, arXiv:2403.06764), else of the class \
             token in `cls_attention` (VisionZip, arXiv:2412.04467); needs one of them",
        )
        .optional("llm_attention")
        .optional("cls_attention")
        .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(AttentionTopK)
    }

    fn allocate(&self, ask: &Ask<'_>, _call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        in_order(&by_score(&scores(ask)?), ask)
    }
}

fn scores(ask: &Ask<'_>) -> Result<Vec<f64>, Fault> {
    if let Some(rows) = attention(ask, "llm_attention")? {
        let mut mean = vec![0.0; ask.demand.patches()];
        let share = 1.0 / rows.len() as f64;
        for row in &rows {
            mean.iter_mut().zip(row).for_each(|(mean, &a)| *mean += f64::from(a) * share);
        }
        return Ok(mean);
    }
    class_attention(ask)?.ok_or_else(|| {
        Fault::invalid(
            "the tensors `llm_attention` and `cls_attention` are missing, and pixels have no attention",
        )
    })
}

/// The last layer of `cls_attention`, where it is given.
pub(crate) fn class_attention(ask: &Ask<'_>) -> Result<Option<Vec<f64>>, Fault> {
    let Some(layers) = attention(ask, "cls_attention")? else { return Ok(None) };
    Ok(layers.last().map(|layer| layer.iter().map(|&a| f64::from(a)).collect()))
}

/// The rows of an attention tensor, at least one, finite and not negative.
fn attention(ask: &Ask<'_>, name: &str) -> Result<Option<Vec<Vec<f32>>>, Fault> {
    let Some(tensor) = ask.inputs.get(name) else { return Ok(None) };
    let patches = ask.demand.patches();
    tensor.expect_shape(&[0, patches as u64])?;
    let values = tensor.to_f32()?;
    if values.is_empty() {
        return Err(Fault::invalid(format!("tensor `{name}` has no rows")));
    }
    if let Some(at) = values.iter().position(|a| !a.is_finite() || *a < 0.0) {
        let (row, patch) = (at / patches, at % patches);
        let value = values[at];
        let message = format!("tensor `{name}`: row {row} of patch {patch} is `{value}`, not 0 or more");
        return Err(Fault::invalid(message));
    }
    Ok(Some(values.chunks_exact(patches).map(<[f32]>::to_vec).collect()))
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
    use crate::set_rule::testing::is_admitted_everywhere;

    fn keep(tensors: &[(&str, &[f32])], total: u64) -> Result<Vec<u32>, Fault> {
        let shape = |values: &[f32]| [values.len() as u64 / 4, 4];
        let tensors: Vec<TensorBuf> =
            tensors.iter().map(|(name, v)| TensorBuf::new(name, &shape(v), v).unwrap()).collect();
        let demand = Demand::new(vec![0; 4], vec![1; 4], Levels::Any, total).unwrap();
        let grid = Grid::new(2, 2).unwrap();
        run_allocator::<AttentionTopK>(&[], &[0.25; 4], &demand, grid, &tensors.iter().collect::<Vec<_>>())
    }

    #[test]
    fn the_mean_over_the_text_and_the_last_layer() {
        // Means 0.25, 0.3125, 0.1875, 0.25: patch 1, then 0 before 3.
        let llm: &[f32] = &[0.5, 0.125, 0.25, 0.125, 0.0, 0.5, 0.125, 0.375];
        // The last layer: 0.1, 0.1, 0.7, 0.1.
        let cls: &[f32] = &[0.9, 0.0, 0.0, 0.1, 0.1, 0.1, 0.7, 0.1];
        assert_eq!(keep(&[("llm_attention", llm), ("cls_attention", cls)], 2).unwrap(), [1, 1, 0, 0]);
        assert_eq!(keep(&[("cls_attention", cls)], 2).unwrap(), [1, 0, 1, 0]);
    }

    #[test]
    fn without_attention_it_says_so() {
        let fault = keep(&[], 2).unwrap_err();
        assert_eq!(fault.code, FaultCode::INVALID_INPUT);
        assert!(
            fault.message.contains("`llm_attention` and `cls_attention` are missing"),
            "{}",
            fault.message
        );
    }

    #[test]
    fn attention_that_is_none_is_refused() {
        for bad in [f32::NAN, f32::INFINITY, -0.5] {
            let fault = keep(&[("cls_attention", &[0.1, 0.2, bad, 0.1])], 2).unwrap_err();
            assert!(fault.message.contains("row 0 of patch 2 is"), "{}", fault.message);
        }
        assert!(keep(&[("llm_attention", &[])], 2).unwrap_err().message.contains("has no rows"));
    }

    #[test]
    fn it_is_admitted_everywhere() {
        is_admitted_everywhere::<AttentionTopK>(|grid| {
            let n = grid.patches();
            let values: Vec<f32> = (0..2 * n).map(|i| (i * 7 % 5) as f32).collect();
            vec![TensorBuf::new("cls_attention", &[2, n as u64], &values).unwrap()]
        });
    }
}
