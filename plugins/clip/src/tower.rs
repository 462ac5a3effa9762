//! The transformer that both encoders of both families share: layers of
//! attention and a feed-forward step, each after a layer norm and added to what
//! came in (Dosovitskiy et al. 2021, arXiv:2010.11929, equations 2 and 3).
//!
//! It is written on candle's products rather than taken from
//! `candle-transformers`, which hides the patch tokens of CLIP and the head of
//! SigLIP, knows one activation for CLIP, and cannot be stopped between layers.

use arrcoc_sdk::Fault;
use candle_core::{D, Tensor};

use crate::{
    config::Shape,
    elementwise::{Activation, add},
    folder::first_line,
    grant::Grant,
    weights::Weights,
};

/// A fault from candle: all shapes were checked, so it is ours or the device's.
pub(crate) fn broken(error: candle_core::Error) -> Fault {
    Fault::internal(format!("the encoder failed: {}", first_line(&error.to_string())))
}

/// A product with a matrix, and a sum.
pub(crate) struct Linear {
    /// [out, in].
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// Reads `name.weight` [out, in] and `name.bias` [out].
    pub(crate) fn read(weights: &Weights<'_>, name: &str, from: usize, to: usize) -> Result<Linear, Fault> {
        Ok(Linear {
            weight: weights.get(&format!("{name}.weight"), &[to, from])?,
            bias: Some(weights.get(&format!("{name}.bias"), &[to])?),
        })
    }

    /// Of these tensors, [out, in] and [out].
    pub(crate) fn new(weight: Tensor, bias: Option<Tensor>) -> Linear {
        Linear { weight, bias }
    }

    /// [T, in] to [T, out].
    pub(crate) fn apply(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let y = x.matmul(&self.weight.t()?)?;
        match &self.bias {
            Some(bias) => add(&y, bias),
            None => Ok(y),
        }
    }
}

/// A layer norm.
pub(crate) struct Norm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
}

impl Norm {
    /// Reads `name.weight` and `name.bias`, both [width].
    pub(crate) fn read(weights: &Weights<'_>, name: &str, shape: &Shape) -> Result<Norm, Fault> {
        Ok(Norm {
            weight: weights.get(&format!("{name}.weight"), &[shape.width])?,
            bias: weights.get(&format!("{name}.bias"), &[shape.width])?,
            epsilon: shape.epsilon as f32,
        })
    }

    /// [T, width] to the same.
    pub(crate) fn apply(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        candle_nn::ops::layer_norm(&x.contiguous()?, &self.weight, &self.bias, self.epsilon)
    }
}

/// The feed-forward step.
pub(crate) struct Feed {
    widen: Linear,
    narrow: Linear,
    activation: Activation,
}

impl Feed {
    /// Reads `name.fc1` and `name.fc2`.
    pub(crate) fn read(weights: &Weights<'_>, name: &str, shape: &Shape) -> Result<Feed, Fault> {
        Ok(Feed {
            widen: Linear::read(weights, &format!("{name}.fc1"), shape.width, shape.inner)?,
            narrow: Linear::read(weights, &format!("{name}.fc2"), shape.inner, shape.width)?,
            activation: shape.activation,
        })
    }

    /// [T, width] to the same.
    pub(crate) fn apply(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        self.narrow.apply(&self.activation.apply(&self.widen.apply(x)?)?)
    }
}

/// What a token may look at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attention {
    /// Every token.
    Full,
    /// Itself and what came before.
    Causal,
    /// Every token; in the last layer, itself alone.
    SelfLast,
}

struct Layer {
    norm_before: Norm,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    norm_between: Norm,
    feed: Feed,
}

impl Layer {
    fn read(weights: &Weights<'_>, name: &str, shape: &Shape) -> Result<Layer, Fault> {
        let square =
            |part: &str| Linear::read(weights, &format!("{name}.self_attn.{part}"), shape.width, shape.width);
        Ok(Layer {
            norm_before: Norm::read(weights, &format!("{name}.layer_norm1"), shape)?,
            query: square("q_proj")?,
            key: square("k_proj")?,
            value: square("v_proj")?,
            out: square("out_proj")?,
            norm_between: Norm::read(weights, &format!("{name}.layer_norm2"), shape)?,
            feed: Feed::read(weights, &format!("{name}.mlp"), shape)?,
        })
    }

    fn apply(
        &self,
        x: &Tensor,
        heads: usize,
        mask: Option<&Tensor>,
        alone: bool,
    ) -> candle_core::Result<Tensor> {
        let seen = self.norm_before.apply(x)?;
        let seen = if alone { self.value.apply(&seen)? } else { self.mix(&seen, heads, mask)? };
        let x = add(&self.out.apply(&seen)?, x)?;
        add(&self.feed.apply(&self.norm_between.apply(&x)?)?, &x)
    }

    /// Values of the tokens, mixed by how well their keys answer a token's query.
    fn mix(&self, x: &Tensor, heads: usize, mask: Option<&Tensor>) -> candle_core::Result<Tensor> {
        let (tokens, width) = x.dims2()?;
        // [T, width] to [heads, T, width / heads].
        let split = |y: Tensor| y.reshape((tokens, heads, width / heads))?.transpose(0, 1)?.contiguous();
        let scale = 1.0 / ((width / heads) as f64).sqrt();
        let query = split((self.query.apply(x)? * scale)?)?;
        let key = split(self.key.apply(x)?)?;
        let mut scores = query.matmul(&key.transpose(1, 2)?)?;
        if let Some(mask) = mask {
            scores = add(&scores, mask)?;
        }
        let mixed = candle_nn::ops::softmax_last_dim(&scores)?.matmul(&split(self.value.apply(x)?)?)?;
        mixed.transpose(0, 1)?.contiguous()?.reshape((tokens, width))
    }
}

/// The layers of an encoder.
pub(crate) struct Tower {
    layers: Vec<Layer>,
    heads: usize,
}

impl Tower {
    /// Reads `name.layers.0` and so on.
    pub(crate) fn read(weights: &Weights<'_>, name: &str, shape: &Shape) -> Result<Tower, Fault> {
        let layer = |i| Layer::read(weights, &format!("{name}.layers.{i}"), shape);
        Ok(Tower { layers: (0..shape.layers).map(layer).collect::<Result<_, _>>()?, heads: shape.heads })
    }

    /// [T, width] to the same. Looks at the call's deadline before each layer.
    pub(crate) fn apply(
        &self,
        mut x: Tensor,
        attention: Attention,
        grant: Grant<'_>,
    ) -> Result<Tensor, Fault> {
        let mask = match attention {
            Attention::Causal => Some(self.causal(&x).map_err(broken)?),
            Attention::Full | Attention::SelfLast => None,
        };
        for (i, layer) in self.layers.iter().enumerate() {
            grant.check()?;
            let alone = attention == Attention::SelfLast && i + 1 == self.layers.len();
            x = layer.apply(&x, self.heads, mask.as_ref(), alone).map_err(broken)?;
        }
        Ok(x)
    }

    /// [T, T]: nothing up to the diagonal, and beyond it what a softmax makes nothing of.
    fn causal(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let tokens = x.dim(D::Minus2)?;
        let row = |i| (0..tokens).map(move |j| if j > i { f32::MIN } else { 0.0 });
        let mask: Vec<f32> = (0..tokens).flat_map(row).collect();
        Tensor::from_vec(mask, (tokens, tokens), x.device())
    }
}
