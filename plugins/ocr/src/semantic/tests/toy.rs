//! A small BERT, made by a rule, and its folder: what real weights are too large
//! for. `tests/compare/minilm.py` makes the same.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

/// A model that may be spoiled before it is saved.
pub(super) struct Toy {
    pub(super) config: Value,
    pub(super) tokenizer: Value,
    /// In the order of their names.
    pub(super) tensors: Vec<ToyTensor>,
}

pub(super) struct ToyTensor {
    pub(super) name: String,
    pub(super) dtype: &'static str,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: Vec<u8>,
}

impl Toy {
    pub(super) fn new() -> Toy {
        let config = json!({
            "model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute",
            "vocab_size": 12, "hidden_size": 384, "num_hidden_layers": 2, "num_attention_heads": 12,
            "intermediate_size": 24, "max_position_embeddings": 32, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
        });
        let pieces =
            ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "date", "of", "birth", "name", "##s", "a", "b", "?"];
        let vocabulary: serde_json::Map<String, Value> =
            pieces.iter().zip(0..).map(|(piece, id)| ((*piece).to_owned(), Value::from(id))).collect();
        let tokenizer = json!({
            "version": "1.0",
            "truncation": null,
            "padding": { "strategy": { "Fixed": 16 }, "direction": "Right", "pad_to_multiple_of": null,
                "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]" },
            "added_tokens": [],
            "normalizer": { "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                "strip_accents": null, "lowercase": true },
            "pre_tokenizer": { "type": "BertPreTokenizer" },
            "post_processor": null,
            "decoder": null,
            "model": { "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100, "vocab": vocabulary },
        });
        let mut shapes = vec![
            ("embeddings.word_embeddings.weight".to_owned(), vec![12, 384]),
            ("embeddings.position_embeddings.weight".to_owned(), vec![32, 384]),
            ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, 384]),
            ("embeddings.LayerNorm.weight".to_owned(), vec![384]),
            ("embeddings.LayerNorm.bias".to_owned(), vec![384]),
        ];
        for layer in 0..2 {
            for (name, shape) in [
                ("attention.self.query.weight", vec![384, 384]),
                ("attention.self.query.bias", vec![384]),
                ("attention.self.key.weight", vec![384, 384]),
                ("attention.self.key.bias", vec![384]),
                ("attention.self.value.weight", vec![384, 384]),
                ("attention.self.value.bias", vec![384]),
                ("attention.output.dense.weight", vec![384, 384]),
                ("attention.output.dense.bias", vec![384]),
                ("attention.output.LayerNorm.weight", vec![384]),
                ("attention.output.LayerNorm.bias", vec![384]),
                ("intermediate.dense.weight", vec![24, 384]),
                ("intermediate.dense.bias", vec![24]),
                ("output.dense.weight", vec![384, 24]),
                ("output.dense.bias", vec![384]),
                ("output.LayerNorm.weight", vec![384]),
                ("output.LayerNorm.bias", vec![384]),
            ] {
                shapes.push((format!("encoder.layer.{layer}.{name}"), shape));
            }
        }
        shapes.sort();
        let tensors = shapes.into_iter().zip(0..).map(|((name, shape), number)| {
            let centre = if name.ends_with("LayerNorm.weight") { 1.0 } else { 0.0 };
            let bytes = (0..shape.iter().product::<usize>() as u64)
                .flat_map(|place| ((value(number, place) + centre) as f32).to_le_bytes())
                .collect();
            ToyTensor { name, dtype: "F32", shape, bytes }
        });
        Toy { config, tokenizer, tensors: tensors.collect() }
    }

    pub(super) fn tensor(&mut self, name: &str) -> &mut ToyTensor {
        self.tensors.iter_mut().find(|tensor| tensor.name == name).unwrap()
    }

    /// The three files in a new folder, which goes when it is dropped.
    pub(super) fn save(&self) -> TempDir {
        let folder = TempDir::new().unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
        write("config.json", self.config.to_string().as_bytes());
        write("tokenizer.json", self.tokenizer.to_string().as_bytes());
        write("model.safetensors", &self.weights());
        folder
    }

    /// The file of the weights.
    pub(super) fn weights(&self) -> Vec<u8> {
        let mut header = serde_json::Map::from_iter([("__metadata__".to_owned(), json!({ "format": "pt" }))]);
        let mut data = Vec::new();
        for tensor in &self.tensors {
            let from = data.len();
            data.extend_from_slice(&tensor.bytes);
            let about =
                json!({ "dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [from, data.len()] });
            header.insert(tensor.name.clone(), about);
        }
        file(&Value::from(header).to_string(), &data)
    }
}

/// A file in the format of safetensors.
pub(super) fn file(header: &str, data: &[u8]) -> Vec<u8> {
    let length = header.len() as u64;
    [length.to_le_bytes().as_slice(), header.as_bytes(), data].concat()
}

/// A number in [−0.25, 0.25), by the number of the tensor and the place in it: two steps of a linear congruence.
fn value(tensor: u64, place: u64) -> f64 {
    let mixed = place.wrapping_mul(2_654_435_761).wrapping_add(tensor * 97_003 + 12_345) % (1 << 32);
    let mixed = mixed.wrapping_mul(1_103_515_245).wrapping_add(12_345) % (1 << 32);
    (mixed as f64 / 4_294_967_296.0 - 0.5) * 0.5
}
