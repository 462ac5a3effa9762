//! What stands out: contrast with the surround, rarity in the image, lines that
//! continue, and, where an encoder's tensors are given, semantic importance.

use arrcoc_sdk::{describe::Determinism, prelude::*};

pub(crate) struct Perspectival;

impl Scorer for Perspectival {
    type Prepared = ();

    fn info() -> ScorerInfo {
        let way = Way::Perspectival;
        let raw = Scale::Raw;
        ScorerInfo::new("perspectival", "what stands out: contrast, rarity, good continuation, importance")
            .requires("patch_stats")
            .optional("cls_attention")
            .optional("patch_features")
            .channel_on("luma_contrast_near", way, raw, "lightness against the ring of patches at distance 1")
            .channel_on("luma_contrast_far", way, raw, "lightness against the patches up to distance 3")
            .channel_on("colour_contrast_near", way, raw, "chroma against the ring of patches at distance 1")
            .channel_on("colour_contrast_far", way, raw, "chroma against the patches up to distance 3")
            .channel_on("rarity", way, raw, "distance of the patch's colour from the image's mean colour")
            .channel_on("continuation", way, raw, "coherent orientation that neighbours along the edge share")
            .channel(
                "importance",
                way,
                "class-token attention a as aN/(1+aN), else distance from the mean feature",
            )
            .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Perspectival)
    }

    fn plan(&self, phase: Phase, input: &Inputs<'_>) -> Result<Vec<OutputSpec>, Fault> {
        if phase != Phase::PREPARE {
            return Ok(Vec::new());
        }
        let patches = input.grid()?.patches() as u64;
        let with_importance = input.get("cls_attention").or(input.get("patch_features")).is_some();
        Ok(Self::info()
            .channels()
            .filter(|(given, _)| given.name != "importance" || with_importance)
            .map(|(given, _)| OutputSpec::f32(&given.name, &[patches]))
            .collect())
    }

    fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, _call: &Call<'_>) -> Result<(), Fault> {
        let stats = input.patch_stats()?;
        for (name, values) in arrcoc_stats::perspectival(&stats) {
            output.write(name, &values)?;
        }
        let patches = stats.grid().patches();
        if let Some(attention) = input.get("cls_attention") {
            attention.expect_shape(&[0, patches as u64])?;
            output.write("importance", &from_attention(&attention.to_f32()?, patches))?;
        } else if let Some(features) = input.get("patch_features") {
            features.expect_shape(&[patches as u64, 0])?;
            output.write("importance", &from_features(&features.to_f32()?, patches))?;
        }
        Ok(())
    }
}

/// Mean attention over the layers; a patch with the average share, 1/N, scores a half.
fn from_attention(attention: &[f32], patches: usize) -> Vec<f32> {
    let layers = (attention.len() / patches).max(1) as f64;
    (0..patches)
        .map(|i| {
            let sum: f64 = attention.iter().skip(i).step_by(patches).map(|&a| f64::from(a.max(0.0))).sum();
            let shares = sum / layers * patches as f64;
            (shares / (1.0 + shares)) as f32
        })
        .collect()
}

/// Half of one minus the cosine to the mean feature.
fn from_features(features: &[f32], patches: usize) -> Vec<f32> {
    let width = features.len() / patches;
    let mut mean = vec![0.0f64; width];
    for patch in features.chunks_exact(width.max(1)) {
        mean.iter_mut().zip(patch).for_each(|(m, &x)| *m += f64::from(x));
    }
    let mean: Vec<f32> = mean.iter().map(|m| (m / patches as f64) as f32).collect();
    let mean_norm = norm(&mean);
    (0..patches)
        .map(|i| {
            let patch = &features[i * width..(i + 1) * width];
            ((1.0 - cosine(patch, &mean, mean_norm)) / 2.0).clamp(0.0, 1.0) as f32
        })
        .collect()
}

pub(crate) fn norm(vector: &[f32]) -> f64 {
    vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt()
}

/// Cosine of two vectors, with the norm of the second; 0 where either is zero.
pub(crate) fn cosine(a: &[f32], b: &[f32], b_norm: f64) -> f64 {
    let dot: f64 = a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum();
    let scale = norm(a) * b_norm;
    if scale > 0.0 { (dot / scale).clamp(-1.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use arrcoc_sdk::{buffer::TensorBuf, stats::Grid, testing::Scene};

    use super::*;

    fn importance(tensor: TensorBuf) -> Option<Vec<f32>> {
        let scene = Scene::stripes(Grid::new(2, 2).unwrap()).unwrap().tensor(tensor);
        let outputs = scene.run::<Perspectival>(&[]).unwrap();
        let found = outputs.iter().find(|t| t.name() == "importance")?;
        Some(found.view().unwrap().as_slice::<f32>().unwrap().to_vec())
    }

    #[test]
    fn attention_at_the_average_is_a_half() {
        let attention =
            TensorBuf::new("cls_attention", &[2, 4], &[0.25f32, 0.25, 0.5, 0.0, 0.25, 0.25, 0.5, 0.0]);
        assert_eq!(importance(attention.unwrap()).unwrap(), [0.5, 0.5, 2.0 / 3.0, 0.0]);
    }

    #[test]
    fn the_patch_unlike_the_others_is_important() {
        let features =
            TensorBuf::new("patch_features", &[4, 2], &[1.0f32, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
        let scores = importance(features.unwrap()).unwrap();
        assert!(scores[3] > 0.3 && scores[0] < 0.05, "{scores:?}");
    }

    #[test]
    fn without_tensors_there_is_no_importance() {
        let other = TensorBuf::new("other", &[1], &[0.0f32]).unwrap();
        assert_eq!(importance(other), None);
    }
}
