//! `config.json` of both families: what the towers look like.
//!
//! Hugging Face leaves out of the file whatever equals its own default, so the
//! defaults here are those of `CLIPConfig` and `SiglipConfig` in `transformers`.
//! Every number has an upper limit: they size memory before a weight is read.

use arrcoc_sdk::Fault;

use crate::{
    elementwise::Activation,
    folder::{Folder, Section},
};

const FILE: &str = "config.json";

/// Most bytes of the attention scores of one layer: heads × tokens² × 4.
const ATTENTION_LIMIT: usize = 2 << 30;

/// Which recipe the model was made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// A class token and a projection; the text's last token speaks for it.
    Clip,
    /// An attention pooling head; the text is padded to a fixed length.
    Siglip,
}

impl Family {
    /// The word in `model_type`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Family::Clip => "clip",
            Family::Siglip => "siglip",
        }
    }
}

/// The size of one transformer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shape {
    /// Numbers of a token.
    pub(crate) width: usize,
    /// Numbers of a token inside the feed-forward step.
    pub(crate) inner: usize,
    /// Attention heads; a divisor of `width`.
    pub(crate) heads: usize,
    /// Layers.
    pub(crate) layers: usize,
    /// What layer norms add to the variance.
    pub(crate) epsilon: f64,
    /// The feed-forward step's bend.
    pub(crate) activation: Activation,
}

/// The text tower.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Text {
    pub(crate) shape: Shape,
    /// Tokens it knows.
    pub(crate) vocabulary: usize,
    /// Most tokens of a text.
    pub(crate) positions: usize,
    /// The token that ends a text (CLIP).
    pub(crate) end: u32,
    /// The token that fills a short text up (SigLIP).
    pub(crate) pad: u32,
}

/// The image tower.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Vision {
    pub(crate) shape: Shape,
    /// Side of its input, in pixels.
    pub(crate) image: usize,
    /// Side of a token, in pixels.
    pub(crate) patch: usize,
}

impl Vision {
    /// Tokens along a side; pixels beyond the last whole token are not seen.
    pub(crate) fn side(&self) -> usize {
        self.image / self.patch
    }
}

/// A model's sizes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    pub(crate) family: Family,
    pub(crate) text: Text,
    pub(crate) vision: Vision,
    /// Numbers of a point in the shared space.
    pub(crate) width: usize,
}

impl Config {
    /// Reads the file; also gives its bytes.
    pub(crate) fn read(folder: &Folder) -> Result<(Config, Vec<u8>), Fault> {
        let (top, bytes) = folder.object(FILE)?;
        let kind = top.word("model_type", "")?;
        let family = match kind.as_str() {
            "clip" => Family::Clip,
            "siglip" => Family::Siglip,
            "" => return Err(top.fault("model_type", "is missing: it says `clip` or `siglip`")),
            other => return Err(top.fault("model_type", format!("is `{other}`, not `clip` or `siglip`"))),
        };
        let (text, vision) = (top.section("text_config")?, top.section("vision_config")?);
        let config = match family {
            Family::Clip => clip(&top, &text, &vision),
            Family::Siglip => siglip(&text, &vision),
        }?;
        Ok((config, bytes))
    }
}

fn clip(top: &Section<'_>, text: &Section<'_>, vision: &Section<'_>) -> Result<Config, Fault> {
    let base = Shape {
        width: 512,
        inner: 2048,
        heads: 8,
        layers: 12,
        epsilon: 1e-5,
        activation: Activation::QuickGelu,
    };
    let wide = Shape { width: 768, inner: 3072, heads: 12, ..base.clone() };
    Ok(Config {
        family: Family::Clip,
        text: read_text(text, &base, (49_408, 77))?,
        vision: read_vision(vision, &wide, 32, 1)?,
        width: top.size("projection_dim", 512, 16_384)?,
    })
}

fn siglip(text: &Section<'_>, vision: &Section<'_>) -> Result<Config, Fault> {
    let base = Shape {
        width: 768,
        inner: 3072,
        heads: 12,
        layers: 12,
        epsilon: 1e-6,
        activation: Activation::TanhGelu,
    };
    let config = Config {
        family: Family::Siglip,
        text: read_text(text, &base, (32_000, 64))?,
        vision: read_vision(vision, &base, 16, 0)?,
        width: text.size("projection_size", text.size("hidden_size", base.width, 16_384)?, 16_384)?,
    };
    if !vision.flag("vision_use_head", true)? {
        return Err(vision.fault("vision_use_head", "is false: without the head nothing leads to the text"));
    }
    if config.width != config.vision.shape.width {
        let width = config.vision.shape.width;
        return Err(vision.fault(
            "hidden_size",
            format!("is {width}, but texts have {} numbers: there is no shared space", config.width),
        ));
    }
    Ok(config)
}

fn read_text(section: &Section<'_>, base: &Shape, sizes: (usize, usize)) -> Result<Text, Fault> {
    let shape = read_shape(section, base)?;
    let text = Text {
        vocabulary: section.size("vocab_size", sizes.0, 1 << 20)?,
        positions: section.size("max_position_embeddings", sizes.1, 4096)?,
        end: section.token("eos_token_id", 49_407)?,
        pad: section.token("pad_token_id", 1)?,
        shape,
    };
    if text.positions < 3 {
        return Err(section.fault("max_position_embeddings", "is less than 3: no word fits"));
    }
    bounded(section, "max_position_embeddings", &text.shape, text.positions)?;
    Ok(text)
}

fn read_vision(section: &Section<'_>, base: &Shape, patch: usize, extra: usize) -> Result<Vision, Fault> {
    let channels = section.size("num_channels", 3, 16)?;
    if channels != 3 {
        return Err(section.fault("num_channels", format!("is {channels}, not 3")));
    }
    let vision = Vision {
        shape: read_shape(section, base)?,
        image: section.size("image_size", 224, 4096)?,
        patch: section.size("patch_size", patch, 256)?,
    };
    if vision.side() == 0 {
        let what = format!("is {}, more than the image's side of {}", vision.patch, vision.image);
        return Err(section.fault("patch_size", what));
    }
    bounded(section, "image_size", &vision.shape, vision.side() * vision.side() + extra)?;
    Ok(vision)
}

fn read_shape(section: &Section<'_>, base: &Shape) -> Result<Shape, Fault> {
    let word = section.word("hidden_act", base.activation.word())?;
    let activation = Activation::named(&word).ok_or_else(|| {
        section.fault("hidden_act", format!("is `{word}`, not one of {}", Activation::words().join(", ")))
    })?;
    let shape = Shape {
        width: section.size("hidden_size", base.width, 16_384)?,
        inner: section.size("intermediate_size", base.inner, 65_536)?,
        heads: section.size("num_attention_heads", base.heads, 256)?,
        layers: section.size("num_hidden_layers", base.layers, 256)?,
        epsilon: section.positive("layer_norm_eps", base.epsilon)?,
        activation,
    };
    if !shape.width.is_multiple_of(shape.heads) {
        let what = format!("is {}, which does not divide `hidden_size`, {}", shape.heads, shape.width);
        return Err(section.fault("num_attention_heads", what));
    }
    Ok(shape)
}

/// Refuses sizes whose attention scores would not fit.
fn bounded(section: &Section<'_>, key: &str, shape: &Shape, tokens: usize) -> Result<(), Fault> {
    // At most 256 × (2^24 + 1)² × 4: fits 64 bits.
    let bytes = shape.heads as u128 * (tokens as u128) * (tokens as u128) * 4;
    if bytes <= ATTENTION_LIMIT as u128 {
        return Ok(());
    }
    Err(section.fault(key, format!("makes {tokens} tokens, too many for {} attention heads", shape.heads)))
}
