//! A model, loaded and ready, and the name by which its numbers are known.

use std::path::Path;

use arrcoc_sdk::{
    Fault,
    stats::{Pixels, Tiling},
};
use candle_core::Device;

use crate::{
    config::{Config, Family},
    folder::Folder,
    grant::Grant,
    input::Input,
    spread::Spread,
    text::TextEncoder,
    tokens::{Ids, Tokens},
    views::{Cover, Rect},
    vision::{Dense, VisionEncoder},
    weights::Weights,
};

/// How a model is used; what of it is not the default is part of the encoder's name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    pub(crate) cover: Cover,
    /// The share of the view of the whole where there are windows too, 0 to 1.
    pub(crate) whole: f64,
    pub(crate) dense: Dense,
    /// The prompt that every question is compared with.
    pub(crate) neutral: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            cover: Cover { windows: 9, overlap: 0.25 },
            whole: 0.5,
            dense: Dense::Tokens,
            neutral: "a photo".into(),
        }
    }
}

/// A model in memory.
pub(crate) struct Model {
    config: Config,
    settings: Settings,
    input: Input,
    tokens: Tokens,
    text: TextEncoder,
    vision: VisionEncoder,
    encoder: String,
    /// The neutral prompt in the shared space.
    neutral: Vec<f32>,
}

impl Model {
    /// Loads the folder at `path`.
    pub(crate) fn load(
        path: &Path,
        settings: Settings,
        device: &Device,
        grant: Grant<'_>,
    ) -> Result<Model, Fault> {
        let folder = Folder::open(path)?;
        let mut hasher = blake3::Hasher::new();
        let (config, bytes) = Config::read(&folder)?;
        add(&mut hasher, &bytes);
        // The small files first: what is wrong with them is found at once.
        let (input, input_bytes) = Input::read(&folder, &config)?;
        let (tokens, tokens_bytes) = Tokens::read(&folder, &config)?;
        let neutral = tokens.ids(&settings.neutral)?;
        let weights = Weights::open(&folder, device, grant)?;
        let vision = VisionEncoder::read(&weights, &config)?;
        let text = TextEncoder::read(&weights, &config)?;
        weights.hash(&mut hasher)?;
        add(&mut hasher, &input_bytes);
        add(&mut hasher, &tokens_bytes);
        let encoder = name(config.family, &hasher.finalize(), &settings);
        let mut model = Model { config, settings, input, tokens, text, vision, encoder, neutral: Vec::new() };
        model.neutral = grant.run(|| model.embed(&neutral, grant))?;
        Ok(model)
    }

    /// A name that changes when the meaning of the numbers changes.
    pub(crate) fn encoder(&self) -> &str {
        &self.encoder
    }

    /// Numbers of a point in the shared space.
    pub(crate) fn width(&self) -> usize {
        self.config.width
    }

    /// The neutral prompt in the shared space.
    pub(crate) fn neutral(&self) -> &[f32] {
        &self.neutral
    }

    /// A text's tokens.
    pub(crate) fn ids(&self, text: &str) -> Result<Ids, Fault> {
        self.tokens.ids(text)
    }

    /// A text in the shared space.
    pub(crate) fn embed(&self, ids: &Ids, grant: Grant<'_>) -> Result<Vec<f32>, Fault> {
        let point = self.text.embed(ids, grant)?;
        finite(&point, "text")?;
        Ok(point)
    }

    /// The tokens of one view in the shared space, row by row.
    pub(crate) fn look(&self, pixels: &Pixels<'_>, view: Rect, grant: Grant<'_>) -> Result<Vec<f32>, Fault> {
        let vision = &self.config.vision;
        let square = crate::resize::square(pixels, view, vision.image, self.input.filter, grant)?;
        let rows = self.input.rows(&square, vision.image, vision.patch);
        let points = self.vision.dense(rows, self.settings.dense, grant)?;
        finite(&points, "image")?;
        Ok(points)
    }

    /// Writes every patch of an image into `patches` [N, width].
    pub(crate) fn patches(
        &self,
        pixels: &Pixels<'_>,
        tiling: &Tiling,
        patches: &mut [f32],
        grant: Grant<'_>,
    ) -> Result<(), Fault> {
        let vision = &self.config.vision;
        let (width, height) = (pixels.width() as usize, pixels.height() as usize);
        let mean = |views: &[Rect]| {
            let mut spread = Spread::new(tiling, self.width());
            for view in views {
                spread.add(*view, &self.look(pixels, *view, grant)?, vision.image, vision.patch);
            }
            Ok::<_, Fault>(spread)
        };
        patches.fill(0.0);
        let windows = self.settings.cover.windows(width, height, vision.image);
        let whole = if windows.is_empty() { 1.0 } else { self.settings.whole };
        if whole > 0.0 {
            mean(&[Rect { x: 0, y: 0, width, height }])?.mix_into(patches, whole);
        }
        if !windows.is_empty() && whole < 1.0 {
            mean(&windows)?.mix_into(patches, 1.0 - whole);
        }
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn parts(&self) -> (&Config, &Input, &Tokens, &TextEncoder, &VisionEncoder) {
        (&self.config, &self.input, &self.tokens, &self.text, &self.vision)
    }
}

/// Adds a file and its length.
fn add(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
}

/// The family, 16 hex digits over the files that its numbers come from, and
/// each setting that is not the default.
fn name(family: Family, hash: &blake3::Hash, settings: &Settings) -> String {
    let usual = Settings::default();
    let mut name = format!("{}:{}", family.word(), &hash.to_hex()[..16]);
    if settings.dense != usual.dense {
        name.push_str("+values");
    }
    if settings.cover.windows != usual.cover.windows {
        name.push_str(&format!("+windows={}", settings.cover.windows));
    }
    if settings.cover.overlap != usual.cover.overlap {
        name.push_str(&format!("+overlap={:?}", settings.cover.overlap));
    }
    if settings.whole != usual.whole {
        name.push_str(&format!("+whole={:?}", settings.whole));
    }
    if settings.neutral != usual.neutral {
        name.push_str(&format!("+neutral={}", &blake3::hash(settings.neutral.as_bytes()).to_hex()[..8]));
    }
    name
}

fn finite(values: &[f32], tower: &str) -> Result<(), Fault> {
    if values.iter().all(|x| x.is_finite()) {
        return Ok(());
    }
    Err(Fault::internal(format!(
        "the {tower} encoder gives numbers that are not finite: its weights are damaged or overflow"
    )))
}
