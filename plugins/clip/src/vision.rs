//! The image encoder of both families: a square of pixels to one point in the
//! shared space for every token.
//!
//! What is trained to meet the text is one point for the whole square. Every
//! token is led along the same way:
//!
//! - CLIP: the class token goes through `post_layernorm` and
//!   `visual_projection`; so does every other token.
//! - SigLIP: the head attends over all tokens with one learned query. A token's
//!   point is what the head gives when all attention falls on that token: its
//!   value, the head's output projection and feed-forward step. There is no
//!   query left in it. The idea is MaskCLIP's (Zhou, Loy, Dai 2022,
//!   arXiv:2112.01071, section 3.2), there for CLIP's ResNet pooling.
//!
//! With `Dense::Values` tokens look at themselves alone in the last layer too,
//! which is MaskCLIP's way for transformers: what a token gathered from
//! everywhere for the class token is left out. It was made for CLIP.

use arrcoc_sdk::Fault;
use candle_core::Tensor;

use crate::{
    config::{Config, Family, Shape},
    elementwise::add,
    grant::Grant,
    tower::{Attention, Feed, Linear, Norm, Tower, broken},
    weights::Weights,
};

/// Which numbers of the last layer speak for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dense {
    /// The token as it leaves the encoder.
    Tokens,
    /// The token, were it to look at itself alone in the last layer.
    Values,
}

/// An image encoder.
pub(crate) struct VisionEncoder {
    /// Pixels of one token [3 · patch²] to [width].
    patches: Linear,
    /// [1, width].
    class: Option<Tensor>,
    /// [tokens, width], the class token first.
    positions: Tensor,
    norm_before: Option<Norm>,
    tower: Tower,
    norm_after: Norm,
    projection: Projection,
}

enum Projection {
    Linear(Linear),
    Head(Head),
}

/// SigLIP's pooling head, without its query.
struct Head {
    value: Linear,
    out: Linear,
    norm: Norm,
    feed: Feed,
}

impl VisionEncoder {
    /// Reads `vision_model` and what leads to the shared space.
    pub(crate) fn read(weights: &Weights<'_>, config: &Config) -> Result<VisionEncoder, Fault> {
        let (vision, shape) = (&config.vision, &config.vision.shape);
        let at = "vision_model";
        let embeddings = format!("{at}.embeddings");
        let patch = [shape.width, 3, vision.patch, vision.patch];
        let kernel = weights.get(&format!("{embeddings}.patch_embedding.weight"), &patch)?;
        let kernel = kernel.flatten_from(1).map_err(broken)?;
        let count = vision.side() * vision.side();
        let positions =
            |rows| weights.get(&format!("{embeddings}.position_embedding.weight"), &[rows, shape.width]);
        let tower = || Tower::read(weights, &format!("{at}.encoder"), shape);
        let norm_after = || Norm::read(weights, &format!("{at}.post_layernorm"), shape);
        match config.family {
            Family::Clip => {
                let class = weights.get(&format!("{embeddings}.class_embedding"), &[shape.width])?;
                Ok(VisionEncoder {
                    patches: Linear::new(kernel, None),
                    class: Some(class.unsqueeze(0).map_err(broken)?),
                    positions: positions(count + 1)?,
                    // Misspelt in the files too.
                    norm_before: Some(Norm::read(weights, &format!("{at}.pre_layrnorm"), shape)?),
                    tower: tower()?,
                    norm_after: norm_after()?,
                    projection: Projection::Linear(Linear::new(
                        weights.get("visual_projection.weight", &[config.width, shape.width])?,
                        None,
                    )),
                })
            }
            Family::Siglip => {
                let bias = weights.get(&format!("{embeddings}.patch_embedding.bias"), &[shape.width])?;
                Ok(VisionEncoder {
                    patches: Linear::new(kernel, Some(bias)),
                    class: None,
                    positions: positions(count)?,
                    norm_before: None,
                    tower: tower()?,
                    norm_after: norm_after()?,
                    projection: Projection::Head(Head::read(weights, &format!("{at}.head"), shape)?),
                })
            }
        }
    }

    /// One point a token, the class token left out, row by row: [side², width of the space].
    ///
    /// `pixels` holds [side², 3 · patch²]: a token's red, then green, then blue, row by row.
    pub(crate) fn dense(&self, pixels: Vec<f32>, dense: Dense, grant: Grant<'_>) -> Result<Vec<f32>, Fault> {
        let points = self.points(pixels, dense, grant)?;
        let first = usize::from(self.class.is_some());
        let flat = points.narrow(0, first, points.dims()[0] - first).and_then(|p| p.flatten_all()?.to_vec1());
        flat.map_err(broken)
    }

    /// One point a token, with the class token where there is one.
    pub(crate) fn points(&self, pixels: Vec<f32>, dense: Dense, grant: Grant<'_>) -> Result<Tensor, Fault> {
        let attention = match dense {
            Dense::Tokens => Attention::Full,
            Dense::Values => Attention::SelfLast,
        };
        let tokens = self.tower.apply(self.tokens(pixels).map_err(broken)?, attention, grant)?;
        self.project(&tokens).map_err(broken)
    }

    fn tokens(&self, pixels: Vec<f32>) -> candle_core::Result<Tensor> {
        let count = self.positions.dims()[0] - usize::from(self.class.is_some());
        let row = pixels.len() / count.max(1);
        let mut tokens =
            self.patches.apply(&Tensor::from_vec(pixels, (count, row), self.positions.device())?)?;
        if let Some(class) = &self.class {
            tokens = Tensor::cat(&[class, &tokens], 0)?;
        }
        tokens = add(&tokens, &self.positions)?;
        self.norm_before.as_ref().map_or(Ok(tokens.clone()), |norm| norm.apply(&tokens))
    }

    fn project(&self, tokens: &Tensor) -> candle_core::Result<Tensor> {
        let tokens = self.norm_after.apply(tokens)?;
        match &self.projection {
            Projection::Linear(linear) => linear.apply(&tokens),
            Projection::Head(head) => head.apply(&tokens),
        }
    }
}

impl Head {
    fn read(weights: &Weights<'_>, name: &str, shape: &Shape) -> Result<Head, Fault> {
        let width = shape.width;
        // Query, key and value in one; the value is the last third.
        let all = weights.get(&format!("{name}.attention.in_proj_weight"), &[3 * width, width])?;
        let bias = weights.get(&format!("{name}.attention.in_proj_bias"), &[3 * width])?;
        let third =
            |tensor: Tensor| tensor.narrow(0, 2 * width, width).and_then(|t| t.contiguous()).map_err(broken);
        Ok(Head {
            value: Linear::new(third(all)?, Some(third(bias)?)),
            out: Linear::read(weights, &format!("{name}.attention.out_proj"), width, width)?,
            norm: Norm::read(weights, &format!("{name}.layernorm"), shape)?,
            feed: Feed::read(weights, &format!("{name}.mlp"), shape)?,
        })
    }

    fn apply(&self, tokens: &Tensor) -> candle_core::Result<Tensor> {
        let seen = self.out.apply(&self.value.apply(tokens)?)?;
        add(&self.feed.apply(&self.norm.apply(&seen)?)?, &seen)
    }
}
