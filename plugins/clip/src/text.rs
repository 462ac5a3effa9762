//! The text encoder of both families: tokens to a point in the shared space.
//!
//! CLIP reads from left to right and the token that ends the text speaks for it;
//! SigLIP reads a text that is padded to a fixed length, all tokens seeing all
//! others and the padding, and the last one speaks.

use arrcoc_sdk::Fault;
use candle_core::Tensor;

use crate::{
    config::{Config, Family},
    elementwise::add,
    grant::Grant,
    tokens::Ids,
    tower::{Attention, Linear, Norm, Tower, broken},
    weights::Weights,
};

/// A text encoder.
pub(crate) struct TextEncoder {
    /// [vocabulary, width].
    words: Tensor,
    /// [positions, width].
    positions: Tensor,
    tower: Tower,
    norm: Norm,
    projection: Linear,
    attention: Attention,
}

impl TextEncoder {
    /// Reads `text_model` and what leads to the shared space.
    pub(crate) fn read(weights: &Weights<'_>, config: &Config) -> Result<TextEncoder, Fault> {
        let (text, shape) = (&config.text, &config.text.shape);
        let at = "text_model";
        let embedding = |part: &str, rows: usize| {
            weights.get(&format!("{at}.embeddings.{part}.weight"), &[rows, shape.width])
        };
        Ok(TextEncoder {
            words: embedding("token_embedding", text.vocabulary)?,
            positions: embedding("position_embedding", text.positions)?,
            tower: Tower::read(weights, &format!("{at}.encoder"), shape)?,
            norm: Norm::read(weights, &format!("{at}.final_layer_norm"), shape)?,
            projection: match config.family {
                Family::Clip => {
                    Linear::new(weights.get("text_projection.weight", &[config.width, shape.width])?, None)
                }
                Family::Siglip => Linear::read(weights, &format!("{at}.head"), shape.width, config.width)?,
            },
            attention: match config.family {
                Family::Clip => Attention::Causal,
                Family::Siglip => Attention::Full,
            },
        })
    }

    /// The point of a text, not normalised.
    pub(crate) fn embed(&self, ids: &Ids, grant: Grant<'_>) -> Result<Vec<f32>, Fault> {
        let tokens = self.tokens(&ids.ids).map_err(broken)?;
        let tokens = self.tower.apply(tokens, self.attention, grant)?;
        self.speak(&tokens, ids.speaker).map_err(broken)
    }

    fn tokens(&self, ids: &[u32]) -> candle_core::Result<Tensor> {
        let index = Tensor::new(ids, self.words.device())?;
        add(&self.words.index_select(&index, 0)?, &self.positions.narrow(0, 0, ids.len())?)
    }

    fn speak(&self, tokens: &Tensor, speaker: usize) -> candle_core::Result<Vec<f32>> {
        let token = self.norm.apply(&tokens.narrow(0, speaker, 1)?)?;
        self.projection.apply(&token)?.flatten_all()?.to_vec1()
    }
}
