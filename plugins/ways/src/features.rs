//! What is asked for, from tensors that an encoder made: the cosine of each
//! patch with the question, less the cosine with a neutral prompt.
//!
//! Polarity and scale belong to the encoder (the patch–text cosine of CLIP is
//! known to be lower on the object than beside it: Li et al. 2023, CLIP
//! Surgery), so the numbers are raw: a map fitted for this very encoder turns
//! them into probabilities, and without one they have no weight.

use arrcoc_sdk::{describe::Determinism, prelude::*};

use crate::perspectival::{cosine, norm};

pub(crate) struct Features;

/// The patches in the shared space, and their alignment with the neutral prompt.
pub(crate) struct Projected {
    patches: Vec<f32>,
    width: usize,
    neutral: Vec<f64>,
}

impl Scorer for Features {
    type Prepared = Projected;

    fn info() -> ScorerInfo {
        ScorerInfo::new(
            "features",
            "what is asked for: patch–question similarity in an encoder's shared space",
        )
        .requires("patch_projected")
        .requires("query_embeddings")
        .optional("neutral_embedding")
        .channel_on(
            "alignment",
            Way::Participatory,
            Scale::Raw,
            "cosine with the question less cosine with the neutral prompt",
        )
        .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Features)
    }

    fn prepare(
        &self,
        input: &Inputs<'_>,
        _output: &mut Outputs<'_>,
        _call: &Call<'_>,
    ) -> Result<Projected, Fault> {
        let projected = input.require("patch_projected")?;
        projected.expect_shape(&[input.grid()?.patches() as u64, 0])?;
        let width = projected.shape()[1] as usize;
        if width == 0 {
            return Err(Fault::invalid("the tensor `patch_projected` has no features"));
        }
        let patches = projected.to_f32()?.into_owned();
        let neutral = match input.get("neutral_embedding") {
            None => Vec::new(),
            Some(neutral) => {
                neutral.expect_shape(&[width as u64])?;
                let neutral = neutral.to_f32()?;
                let length = norm(&neutral);
                patches.chunks_exact(width).map(|patch| cosine(patch, &neutral, length)).collect()
            }
        };
        Ok(Projected { patches, width, neutral })
    }
}

impl Prepared for Projected {
    fn score(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, call: &Call<'_>) -> Result<(), Fault> {
        let queries = input.require("query_embeddings")?;
        queries.expect_shape(&[input.queries().len() as u64, self.width as u64])?;
        let queries = queries.to_f32()?;
        let alignment = output.slice::<f32>("alignment")?;
        let patches = self.patches.len() / self.width;
        for (query, row) in queries.chunks_exact(self.width).zip(alignment.chunks_exact_mut(patches)) {
            call.check()?;
            let length = norm(query);
            for (i, (patch, value)) in self.patches.chunks_exact(self.width).zip(row).enumerate() {
                let neutral = self.neutral.get(i).copied().unwrap_or(0.0);
                *value = (cosine(patch, query, length) - neutral) as f32;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use arrcoc_sdk::{buffer::TensorBuf, stats::Grid, testing::Scene};

    use super::*;

    fn scene(queries: &[&str]) -> Scene {
        let projected = [1.0f32, 0.0, 0.0, 2.0, 3.0, 3.0, 0.0, 0.0];
        let scene = Scene::stripes(Grid::new(2, 2).unwrap()).unwrap();
        let scene = scene.tensor(TensorBuf::new("patch_projected", &[4, 2], &projected).unwrap());
        queries.iter().fold(scene, |scene, q| scene.query(q))
    }

    fn alignment(scene: Scene) -> Vec<f32> {
        let outputs = scene.run::<Features>(&[]).unwrap();
        outputs[0].view().unwrap().as_slice::<f32>().unwrap().to_vec()
    }

    #[test]
    fn each_question_is_scored_on_its_own() {
        let embeddings = |values: &[f32]| {
            TensorBuf::new("query_embeddings", &[values.len() as u64 / 2, 2], values).unwrap()
        };
        let both = alignment(scene(&["a", "b"]).tensor(embeddings(&[5.0, 0.0, 0.0, 1.0])));
        let first = alignment(scene(&["a"]).tensor(embeddings(&[5.0, 0.0])));
        let second = alignment(scene(&["b"]).tensor(embeddings(&[0.0, 1.0])));
        assert_eq!(both, [first.clone(), second].concat());
        assert_eq!(first[..2], [1.0, 0.0]);
        assert!((first[2] - 0.5f32.sqrt()).abs() < 1e-6);
        assert_eq!(first[3], 0.0, "a patch without features is neither like nor unlike the question");
    }

    #[test]
    fn the_neutral_prompt_is_taken_off() {
        let embeddings = TensorBuf::new("query_embeddings", &[1, 2], &[1.0f32, 0.0]).unwrap();
        let neutral = TensorBuf::new("neutral_embedding", &[2], &[1.0f32, 0.0]).unwrap();
        assert_eq!(alignment(scene(&["a"]).tensor(embeddings).tensor(neutral)), [0.0; 4]);
    }

    #[test]
    fn embeddings_of_another_width_are_refused() {
        let embeddings = TensorBuf::new("query_embeddings", &[1, 3], &[1.0f32, 0.0, 0.0]).unwrap();
        let fault = scene(&["a"]).tensor(embeddings).run::<Features>(&[]).unwrap_err();
        assert!(fault.message.contains("[1, 3], not [1, 2]"), "{}", fault.message);
    }
}
