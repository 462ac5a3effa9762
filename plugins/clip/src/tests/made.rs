//! Model folders, made from the fixtures: the same weights and the same image
//! as in `tests/compare/compare.py`, from the same formulas.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    grant::Grant,
    model::{Model, Settings},
};

/// What went into `transformers`, and what came out.
#[derive(Deserialize)]
pub(crate) struct Fixture {
    pub(crate) config: Value,
    pub(crate) tensors: BTreeMap<String, Vec<usize>>,
    pub(crate) texts: Vec<String>,
    pub(crate) ids: Vec<Vec<u32>>,
    pub(crate) text_points: Vec<Vec<f32>>,
    /// One point a token; CLIP's class token first.
    pub(crate) tokens: Vec<f32>,
    /// CLIP: the same with values in the last layer.
    #[serde(default)]
    pub(crate) values: Vec<f32>,
    /// CLIP: the point of the whole image.
    #[serde(default)]
    pub(crate) image_point: Vec<f32>,
    #[serde(skip)]
    tokenizer: &'static str,
}

/// How weights are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Files {
    /// `model.safetensors`.
    One,
    /// Three shards and an index.
    Shards,
}

/// The element type of written weights.
#[derive(Clone, Copy)]
pub(crate) enum Width {
    F32,
    F16,
    BF16,
}

pub(crate) fn clip() -> Fixture {
    let fixture: Fixture = serde_json::from_str(include_str!("../../tests/compare/clip.json")).unwrap();
    Fixture { tokenizer: include_str!("../../tests/compare/clip-tokenizer.json"), ..fixture }
}

pub(crate) fn siglip() -> Fixture {
    let fixture: Fixture = serde_json::from_str(include_str!("../../tests/compare/siglip.json")).unwrap();
    Fixture { tokenizer: include_str!("../../tests/compare/siglip-tokenizer.json"), ..fixture }
}

impl Fixture {
    /// A folder with the model.
    pub(crate) fn folder(&self, files: Files, width: Width) -> TempDir {
        let folder = TempDir::new().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("config.json", self.config.to_string().as_bytes());
        write("tokenizer.json", self.tokenizer.as_bytes());
        let all: Vec<(&String, &Vec<usize>)> = self.tensors.iter().collect();
        match files {
            Files::One => write("model.safetensors", &safetensors(&all, width)),
            Files::Shards => {
                let mut map = BTreeMap::new();
                for (i, part) in all.chunks(all.len().div_ceil(3)).enumerate() {
                    let name = format!("model-{:05}-of-00003.safetensors", i + 1);
                    write(&name, &safetensors(part, width));
                    map.extend(part.iter().map(|(tensor, _)| ((*tensor).clone(), name.clone())));
                }
                write("model.safetensors.index.json", json!({ "weight_map": map }).to_string().as_bytes());
            }
        }
        folder
    }

    /// The model, as f32 in one file.
    pub(crate) fn model(&self, settings: Settings) -> Model {
        load(self.folder(Files::One, Width::F32).path(), settings).unwrap()
    }
}

/// The small CLIP with an image tower so large that work is cut into pieces: 257
/// tokens of 384 numbers, from images of 128 pixels.
pub(crate) fn large_clip() -> Fixture {
    let mut fixture = clip();
    let vision = &mut fixture.config["vision_config"];
    vision["hidden_size"] = json!(384);
    vision["intermediate_size"] = json!(768);
    vision["image_size"] = json!(128);
    for (_, shape) in fixture.tensors.iter_mut().filter(|(name, _)| name.starts_with("vision_model")) {
        for size in shape.iter_mut() {
            *size = match *size {
                48 => 384,
                80 => 768,
                17 => 257,
                other => other,
            };
        }
    }
    let visual = fixture.tensors.get_mut("visual_projection.weight").unwrap();
    *visual = vec![24, 384];
    fixture
}

/// Loads a folder on one thread.
pub(crate) fn load(folder: &Path, settings: Settings) -> Result<Model, arrcoc_sdk::Fault> {
    Model::load(folder, settings, &candle_core::Device::Cpu, Grant::threads(1))
}

/// A file with these tensors, each with its formula's values.
fn safetensors(tensors: &[(&String, &Vec<usize>)], width: Width) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    let mut data = Vec::new();
    for (name, shape) in tensors {
        let from = data.len();
        for value in weight(name, shape) {
            match width {
                Width::F32 => data.extend(value.to_le_bytes()),
                Width::F16 => data.extend(half::f16::from_f32(value).to_le_bytes()),
                Width::BF16 => data.extend(half::bf16::from_f32(value).to_le_bytes()),
            }
        }
        let dtype = match width {
            Width::F32 => "F32",
            Width::F16 => "F16",
            Width::BF16 => "BF16",
        };
        header.insert(
            (*name).clone(),
            json!({ "dtype": dtype, "shape": shape, "data_offsets": [from, data.len()] }),
        );
    }
    let header = Value::from(header).to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

/// Numbers from −0.5 to 0.5 that depend on a name: FNV-1a, then splitmix64's mix, upper 24 bits.
fn unit(name: &str, count: usize) -> impl Iterator<Item = f64> {
    let fold = |seed: u64, byte: u8| (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325, fold);
    (1..=count as u64).map(move |i| {
        let z = seed.wrapping_add(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f64 / f64::from(1u32 << 24) - 0.5
    })
}

/// Norms about 1; matrices that keep the size of what they multiply; small biases.
fn weight(name: &str, shape: &[usize]) -> Vec<f32> {
    let norm = ["norm.weight", ".layer_norm1.weight", ".layer_norm2.weight"];
    let norm = norm.iter().any(|end| name.ends_with(end));
    let count: usize = shape.iter().product();
    let spread = (12.0 / shape.iter().skip(1).product::<usize>() as f64).sqrt();
    let value = |u: f64| match shape.len() {
        _ if norm => 1.0 + 0.5 * u,
        0 | 1 => u * 0.4,
        _ => u * spread * 1.5,
    };
    unit(name, count).map(|u| value(u) as f32).collect()
}

/// An image that differs everywhere, RGB, row by row.
pub(crate) fn picture(width: u32, height: u32) -> Vec<u8> {
    let pixel = move |x: u32, y: u32, c: u32| (((x * 5 + y * 3 * (c + 1)) ^ (x * y)) & 255) as u8;
    let row = move |y: u32| (0..width).flat_map(move |x| (0..3).map(move |c| pixel(x, y, c)));
    (0..height).flat_map(row).collect()
}
