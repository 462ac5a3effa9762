//! `config.json`: the sizes of the encoder, in limits, and the assumptions that
//! the encoder makes and that another model of this family may break.

use std::{fs::File, io::Read, path::Path};

use serde::Deserialize;

use super::{
    WIDTH,
    fault::{ModelError, plain},
};

/// The longest file, in bytes.
const BYTES: u64 = 64 << 10;

/// The sizes of an encoder. Each is in the limits of [`Config::read`].
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Config {
    /// Word pieces that the model knows.
    #[serde(rename = "vocab_size")]
    pub(super) pieces: usize,
    /// Numbers of a vector: [`WIDTH`].
    #[serde(rename = "hidden_size")]
    pub(super) width: usize,
    #[serde(rename = "num_hidden_layers")]
    pub(super) layers: usize,
    /// Attention heads; they divide the width.
    #[serde(rename = "num_attention_heads")]
    pub(super) heads: usize,
    /// Numbers inside a layer's second half.
    #[serde(rename = "intermediate_size")]
    pub(super) inner: usize,
    /// Places of a piece in a text.
    #[serde(rename = "max_position_embeddings")]
    pub(super) places: usize,
    /// Kinds of texts; everything here is of the first.
    #[serde(rename = "type_vocab_size")]
    pub(super) kinds: usize,
    /// Added to the variance of a layer norm.
    #[serde(rename = "layer_norm_eps")]
    pub(super) epsilon: f64,
    model_type: String,
    hidden_act: String,
    #[serde(default)]
    position_embedding_type: Option<String>,
}

impl Config {
    /// Reads and checks the file, and adds it to `hash`.
    pub(super) fn read(file: &Path, hash: &mut blake3::Hasher) -> Result<Config, ModelError> {
        let bytes = read(file, BYTES, hash)?;
        let config: Config = serde_json::from_slice(&bytes).map_err(|error| {
            ModelError::file(file, format!("is not the configuration of a BERT: {}", plain(&error)))
        })?;
        config.check().map_err(|what| ModelError::file(file, what))?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        for (key, value, right) in [
            ("model_type", Some(&self.model_type), "bert"),
            ("hidden_act", Some(&self.hidden_act), "gelu"),
            ("position_embedding_type", self.position_embedding_type.as_ref(), "absolute"),
        ] {
            if let Some(value) = value
                && value != right
            {
                return Err(format!("has `{key}` \"{}\"; this embedder needs \"{right}\"", plain(value)));
            }
        }
        for (key, value, low, high) in [
            ("hidden_size", self.width, WIDTH, WIDTH),
            ("vocab_size", self.pieces, 1, 1 << 20),
            ("num_hidden_layers", self.layers, 1, 48),
            ("num_attention_heads", self.heads, 1, WIDTH),
            ("intermediate_size", self.inner, 1, 1 << 13),
            ("max_position_embeddings", self.places, 3, 1 << 13),
            ("type_vocab_size", self.kinds, 1, 1 << 8),
        ] {
            if !(low..=high).contains(&value) {
                let right = if low == high { format!("{low}") } else { format!("{low} to {high}") };
                return Err(format!("has `{key}` {value}; this embedder needs {right}"));
            }
        }
        if !self.width.is_multiple_of(self.heads) {
            return Err(format!("has `num_attention_heads` {}, which do not divide {WIDTH}", self.heads));
        }
        if !(0.0..1.0).contains(&self.epsilon) {
            return Err(format!("has `layer_norm_eps` {}; this embedder needs one in [0, 1)", self.epsilon));
        }
        Ok(())
    }
}

/// The bytes of a file of at most `most` bytes, which are added to `hash`.
pub(super) fn read(file: &Path, most: u64, hash: &mut blake3::Hasher) -> Result<Vec<u8>, ModelError> {
    let unreadable = |error| ModelError::unreadable(file, &error);
    let metadata = std::fs::metadata(file).map_err(unreadable)?;
    // Reading something else than a file may wait for ever.
    if !metadata.is_file() {
        return Err(ModelError::file(file, "is not a file"));
    }
    let mut bytes = Vec::new();
    File::open(file).and_then(|open| open.take(most + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(ModelError::file(file, format!("is longer than {most} bytes")));
    }
    hash.update(&(bytes.len() as u64).to_le_bytes());
    hash.update(&bytes);
    Ok(bytes)
}
