//! The scorer: parameters, `prepare` for an image, `score` for questions.
//!
//! Each question goes through the encoder on its own, so that its numbers cannot
//! depend on the others.

use std::sync::Arc;

use arrcoc_sdk::{
    abi::Level,
    describe::{Determinism, DeviceInfo},
    prelude::*,
    stats::Tiling,
};
use candle_core::Device;

use crate::{
    grant::Grant,
    model::{Model, Settings},
    tower::broken,
    views::Cover,
    vision::Dense,
};

const PATCHES: &str = "patch_projected";
const NEUTRAL: &str = "neutral_embedding";
const QUERIES: &str = "query_embeddings";

/// The scorer `clip`.
pub(crate) struct Clip {
    model: Arc<Model>,
}

/// What is kept for questions: the model alone.
pub(crate) struct Asked {
    model: Arc<Model>,
}

impl Scorer for Clip {
    type Prepared = Asked;

    fn info() -> ScorerInfo {
        let usual = Settings::default();
        let mut info = ScorerInfo::new(
            "clip",
            "patches, questions and a neutral prompt in the shared space of a CLIP or SigLIP model",
        )
        .param(Param::path(
            "model",
            "",
            "folder with config.json, tokenizer.json and model.safetensors, or its shards and their index",
        ))
        .param(Param::choice("device", &["cpu", "cuda"], "cpu", "where the encoder runs"))
        .param(Param::text("neutral", &usual.neutral, "prompt that a question is compared with"))
        .param(Param::integer(
            "windows",
            0..=256,
            usual.cover.windows as i64,
            "most windows over an image larger than the encoder's input, each one pass, beside the whole image",
        ))
        .param(Param::float(
            "overlap",
            0.0..=0.75,
            usual.cover.overlap,
            "least share of a window's side that the next one covers too",
        ))
        .param(Param::float(
            "whole",
            0.0..=1.0,
            usual.whole,
            "share of the view of the whole image where there are windows too",
        ))
        .param(Param::choice(
            "dense",
            &["tokens", "values"],
            "tokens",
            "what speaks for a patch: its last token, or its value in the last attention (MaskCLIP)",
        ))
        .requires("pixels")
        .tensor(PATCHES, "each patch in the shared space, not normalised")
        .tensor(QUERIES, "each question in the shared space, not normalised")
        .tensor(NEUTRAL, "the neutral prompt in the shared space, not normalised")
        .sees("the whole image and up to `windows` overlapping parts, each at the encoder's input size")
        .determinism(Determinism::RunToRun)
        .parallel();
        let unavailable = (!cfg!(feature = "cuda")).then(|| NO_CUDA.to_owned());
        info.devices.push(DeviceInfo { name: "cuda".into(), unavailable });
        info
    }

    fn make(params: &Params, call: &Call<'_>) -> Result<Self, Fault> {
        let settings = Settings {
            cover: Cover {
                windows: params.integer("windows")?.max(0) as usize,
                overlap: params.float("overlap")?,
            },
            whole: params.float("whole")?,
            dense: if params.text("dense")? == "values" { Dense::Values } else { Dense::Tokens },
            neutral: params.text("neutral")?.to_owned(),
        };
        let device = device(params.text("device")?)?;
        let folder = params.path("model")?;
        Ok(Clip { model: Arc::new(Model::load(folder, settings, &device, Grant::of(call))?) })
    }

    fn encoder(&self) -> Option<String> {
        Some(self.model.encoder().to_owned())
    }

    fn plan(&self, phase: Phase, input: &Inputs<'_>) -> Result<Vec<OutputSpec>, Fault> {
        let width = self.model.width() as u64;
        Ok(match phase {
            Phase::PREPARE => vec![
                OutputSpec::f32(PATCHES, &[input.grid()?.patches() as u64, width]),
                OutputSpec::f32(NEUTRAL, &[width]),
            ],
            Phase::SCORE => vec![OutputSpec::f32(QUERIES, &[input.queries().len() as u64, width])],
            _ => Vec::new(),
        })
    }

    fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, call: &Call<'_>) -> Result<Asked, Fault> {
        let pixels = input.pixels()?;
        let tiling = Tiling::new(input.grid()?, pixels.width(), pixels.height())
            .map_err(|e| Fault::invalid(e.to_string()))?;
        output.write(NEUTRAL, self.model.neutral())?;
        let patches = output.slice::<f32>(PATCHES)?;
        let grant = Grant::of(call);
        grant.run(|| self.model.patches(&pixels, &tiling, patches, grant))?;
        Ok(Asked { model: Arc::clone(&self.model) })
    }
}

impl Prepared for Asked {
    fn score(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, call: &Call<'_>) -> Result<(), Fault> {
        let grant = Grant::of(call);
        let points = output.slice::<f32>(QUERIES)?;
        for (query, point) in input.queries().iter().zip(points.chunks_exact_mut(self.model.width())) {
            call.check()?;
            let ids = self.model.ids(query)?;
            if ids.cut {
                call.log(Level::WARN, "a question is longer than the encoder reads: its end is left out");
            }
            point.copy_from_slice(&grant.run(|| self.model.embed(&ids, grant))?);
        }
        Ok(())
    }
}

const NO_CUDA: &str = "this build has no CUDA: build `arrcoc-clip` with `--features cuda`";

fn device(name: &str) -> Result<Device, Fault> {
    match name {
        "cuda" if cfg!(feature = "cuda") => Device::new_cuda(0).map_err(broken),
        "cuda" => Err(Fault::unsupported(NO_CUDA)),
        _ => Ok(Device::Cpu),
    }
}
