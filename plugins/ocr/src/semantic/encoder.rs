//! BERT (Devlin et al. 2019), from word pieces to unit vectors.
//!
//! All pieces of a batch are the rows of one matrix, without padding: whatever
//! works on a row alone (products with weights, layer norms, GELU) sees them all
//! at once. Only attention works within a text; there, texts of one length form
//! a block. So a text never meets the others of its batch, and there is nothing
//! to mask.
//!
//! ```text
//! rows ─▶ query, key, value ─▶ attention in each text ─▶ dense ─▶ + rows ─▶ norm ─▶ rows
//! rows ─▶ intermediate ─▶ GELU ─▶ dense ─▶ + rows ─▶ norm ─▶ rows                (each layer)
//! ```

use std::{collections::BTreeMap, path::Path};

use candle_core::{D, Device, InplaceOp2, Result, Tensor};
use candle_nn::{LayerNorm, Module, ops::softmax_last_dim};

use super::{
    WIDTH,
    config::Config,
    fault::ModelError,
    gelu::{Bias, BiasGelu},
    weights::Weights,
};

/// An encoder with its weights.
pub(super) struct Encoder {
    /// Pieces × 384.
    words: Tensor,
    /// Places × 384: the vector of a place, and the vector of the first kind of text.
    places: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
    heads: usize,
}

struct Layer {
    /// Side by side, as one product: 384 → 3·384.
    query_key_value: Linear,
    attended: Linear,
    attended_norm: LayerNorm,
    inner: Linear,
    outer: Linear,
    outer_norm: LayerNorm,
}

/// A product with weights (in × out), and a bias.
struct Linear {
    weight: Tensor,
    bias: Tensor,
}

/// Texts of one length that stand side by side among the rows.
#[derive(Debug, PartialEq)]
struct Block {
    first_row: usize,
    texts: usize,
    length: usize,
}

impl Encoder {
    /// Reads and checks the weights, and adds the file to `hash`.
    pub(super) fn read(
        file: &Path,
        config: &Config,
        hash: &mut blake3::Hasher,
    ) -> std::result::Result<Encoder, ModelError> {
        let mut weights = Weights::read(file, &tensors(config), hash)?;
        let norm = |weights: &mut Weights, name: &str| {
            let (weight, bias) =
                (weights.take(&format!("{name}.weight"))?, weights.take(&format!("{name}.bias"))?);
            Ok::<_, ModelError>(LayerNorm::new(weight, bias, config.epsilon))
        };
        let run = |error: candle_core::Error| ModelError::run(&error);
        let words = weights.take("embeddings.word_embeddings.weight")?;
        let places = weights.take("embeddings.position_embeddings.weight")?;
        let kinds = weights.take("embeddings.token_type_embeddings.weight")?;
        let places = kinds.narrow(0, 0, 1).and_then(|kind| places.broadcast_add(&kind)).map_err(run)?;
        let embedded_norm = norm(&mut weights, "embeddings.LayerNorm")?;
        let mut layers = Vec::new();
        for layer in 0..config.layers {
            let linear = |weights: &mut Weights, names: &[&str]| {
                let mut take = |what: &str| {
                    let each = names
                        .iter()
                        .map(|name| weights.take(&format!("encoder.layer.{layer}.{name}.{what}")));
                    Tensor::cat(&each.collect::<std::result::Result<Vec<_>, _>>()?, 0).map_err(run)
                };
                let (weight, bias) = (take("weight")?, take("bias")?);
                let weight = weight.t().and_then(|weight| weight.contiguous()).map_err(run)?;
                Ok::<_, ModelError>(Linear { weight, bias })
            };
            let norm =
                |weights: &mut Weights, name: &str| norm(weights, &format!("encoder.layer.{layer}.{name}"));
            layers.push(Layer {
                query_key_value: linear(
                    &mut weights,
                    &["attention.self.query", "attention.self.key", "attention.self.value"],
                )?,
                attended: linear(&mut weights, &["attention.output.dense"])?,
                attended_norm: norm(&mut weights, "attention.output.LayerNorm")?,
                inner: linear(&mut weights, &["intermediate.dense"])?,
                outer: linear(&mut weights, &["output.dense"])?,
                outer_norm: norm(&mut weights, "output.LayerNorm")?,
            });
        }
        Ok(Encoder { words, places, norm: embedded_norm, layers, heads: config.heads })
    }

    /// The unit vector of each text. `texts`: their pieces, each text of at least one and at most as many as there are
    /// places, each piece less than there are words; those of one length stand side by side.
    pub(super) fn encode(&self, texts: &[&[u32]]) -> std::result::Result<Vec<[f32; WIDTH]>, ModelError> {
        let rows = self.rows(texts).map_err(|error| ModelError::run(&error))?;
        let mut rows = rows.chunks_exact(WIDTH);
        texts.iter().map(|text| unit_mean(rows.by_ref().take(text.len()))).collect()
    }

    /// The last layer's rows, one after the other: pieces × 384.
    fn rows(&self, texts: &[&[u32]]) -> Result<Vec<f32>> {
        let blocks = blocks(texts);
        let pieces = texts.concat();
        let places: Vec<u32> = texts.iter().flat_map(|text| 0..text.len() as u32).collect();
        let of = |table: &Tensor, indices: Vec<u32>| {
            let count = indices.len();
            table.index_select(&Tensor::from_vec(indices, count, &Device::Cpu)?, 0)
        };
        let rows = (of(&self.words, pieces)? + of(&self.places, places)?)?;
        let mut rows = self.norm.forward(&rows)?;
        for layer in &self.layers {
            rows = layer.forward(&rows, &blocks, self.heads)?;
        }
        rows.flatten_all()?.to_vec1()
    }
}

impl Layer {
    fn forward(&self, rows: &Tensor, blocks: &[Block], heads: usize) -> Result<Tensor> {
        let projected = self.query_key_value.forward(rows, &Bias)?;
        let attended: Vec<Tensor> =
            blocks.iter().map(|block| attend(&projected, block, heads)).collect::<Result<_>>()?;
        let attended = self.attended.forward(&Tensor::cat(&attended, 0)?, &Bias)?;
        let rows = self.attended_norm.forward(&(attended + rows)?)?;
        let inner = self.inner.forward(&rows, &BiasGelu)?;
        let outer = self.outer.forward(&inner, &Bias)?;
        self.outer_norm.forward(&(outer + rows)?)
    }
}

impl Linear {
    fn forward(&self, rows: &Tensor, then: &impl InplaceOp2) -> Result<Tensor> {
        let product = rows.matmul(&self.weight)?;
        product.inplace_op2(&self.bias, then)?;
        Ok(product)
    }
}

/// Scaled dot-product attention (Vaswani et al. 2017, equation 1) within each text of a block. `projected`: rows ×
/// (query, key, value). Gives the block's rows × 384.
fn attend(projected: &Tensor, block: &Block, heads: usize) -> Result<Tensor> {
    let &Block { first_row, texts, length } = block;
    let size = WIDTH / heads;
    let of_block = projected.narrow(0, first_row, texts * length)?;
    let part = |index: usize| {
        let part = of_block.narrow(1, index * WIDTH, WIDTH)?.reshape((texts, length, heads, size))?;
        part.transpose(1, 2)?.contiguous()
    };
    let (query, key, value) = (part(0)?, part(1)?, part(2)?);
    let query = (query * (1.0 / (size as f64).sqrt()))?;
    let attention = softmax_last_dim(&query.matmul(&key.transpose(D::Minus2, D::Minus1)?)?)?;
    attention.matmul(&value)?.transpose(1, 2)?.reshape((texts * length, WIDTH))
}

/// Runs of texts of one length.
fn blocks(texts: &[&[u32]]) -> Vec<Block> {
    let mut first_row = 0;
    let runs = texts.chunk_by(|a, b| a.len() == b.len());
    runs.map(|run| {
        let block = Block { first_row, texts: run.len(), length: run[0].len() };
        first_row += block.texts * block.length;
        block
    })
    .collect()
}

/// The mean of rows, made 1 long.
fn unit_mean<'a>(rows: impl Iterator<Item = &'a [f32]>) -> std::result::Result<[f32; WIDTH], ModelError> {
    // The length of the mean is lost anyway, so the sum does.
    let mut sum = [0.0_f64; WIDTH];
    for row in rows {
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let length = sum.iter().map(|value| value * value).sum::<f64>().sqrt();
    if !(length.is_finite() && length > 0.0) {
        return Err(ModelError::run(&"its vector has no direction"));
    }
    Ok(sum.map(|value| (value / length) as f32))
}

/// The names and shapes of all tensors that an encoder of this configuration has.
fn tensors(config: &Config) -> BTreeMap<String, Vec<usize>> {
    let (width, inner) = (config.width, config.inner);
    let mut tensors = BTreeMap::from([
        ("embeddings.word_embeddings.weight".to_owned(), vec![config.pieces, width]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![config.places, width]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![config.kinds, width]),
    ]);
    let mut norm = |name: &str| {
        tensors.insert(format!("{name}.weight"), vec![width]);
        tensors.insert(format!("{name}.bias"), vec![width]);
    };
    norm("embeddings.LayerNorm");
    for layer in 0..config.layers {
        norm(&format!("encoder.layer.{layer}.attention.output.LayerNorm"));
        norm(&format!("encoder.layer.{layer}.output.LayerNorm"));
    }
    for layer in 0..config.layers {
        for (name, from, to) in [
            ("attention.self.query", width, width),
            ("attention.self.key", width, width),
            ("attention.self.value", width, width),
            ("attention.output.dense", width, width),
            ("intermediate.dense", width, inner),
            ("output.dense", inner, width),
        ] {
            tensors.insert(format!("encoder.layer.{layer}.{name}.weight"), vec![to, from]);
            tensors.insert(format!("encoder.layer.{layer}.{name}.bias"), vec![to]);
        }
    }
    tensors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_one_length_are_a_block() {
        let text = |length: usize| &[0_u32; 9][..length];
        let block = |first_row, texts, length| Block { first_row, texts, length };
        assert_eq!(blocks(&[]), []);
        assert_eq!(
            blocks(&[text(2), text(2), text(3), text(9)]),
            [block(0, 2, 2), block(4, 1, 3), block(7, 1, 9)]
        );
    }

    #[test]
    fn a_vector_is_the_direction_of_the_mean() {
        let (mut first, mut second) = ([0.0; WIDTH], [0.0; WIDTH]);
        (first[0], second[0], second[1]) = (1.0, 5.0, 8.0);
        let vector = unit_mean([first.as_slice(), second.as_slice()].into_iter()).unwrap();
        assert_eq!((vector[0], vector[1], vector[2]), (0.6, 0.8, 0.0));
        let error = unit_mean([[0.0; WIDTH].as_slice()].into_iter()).unwrap_err();
        assert_eq!(error.to_string(), "the sentence embedder failed: its vector has no direction");
    }
}
