//! Dense features of CLIP and SigLIP, from a folder on this machine.
//!
//! Both families learn an image encoder and a text encoder with one space
//! between them (Radford et al. 2021, arXiv:2103.00020; Zhai et al. 2023,
//! arXiv:2303.15343). This plugin gives what the scorer `features` compares:
//! each patch in that space, each question, and a neutral prompt. It computes no
//! channel of its own: polarity and scale of the cosine belong to the weights,
//! and a map fitted for these very weights reads them.
//!
//! | module | holds |
//! |---|---|
//! | `scorer` | the scorer: parameters, `prepare`, `score` |
//! | `model` | a model, loaded and ready |
//! | `folder` | files of a folder, read under limits |
//! | `config` | `config.json` of both families |
//! | `weights` | tensors of safetensors files, checked before they are read |
//! | `tokens` | a text to token numbers |
//! | `tower` | the transformer that both encoders of both families share |
//! | `elementwise` | its element-wise steps, on the threads that were granted |
//! | `grant` | the pool of a call |
//! | `text`, `vision` | the two encoders |
//! | `views` | which parts of an image the encoder looks at |
//! | `resize` | Pillow's resampling, to the bit |
//! | `input` | pixels to numbers, as `preprocessor_config.json` says |
//! | `spread` | tokens of overlapping views to patches, by area |

#![deny(unsafe_code)]

mod config;
mod elementwise;
mod folder;
mod grant;
mod input;
mod model;
mod resize;
mod scorer;
mod spread;
mod text;
mod tokens;
mod tower;
mod views;
mod vision;
mod weights;

#[cfg(test)]
mod tests;

use scorer::Clip;

arrcoc_sdk::export_plugin! {
    id: "clip",
    vendor: "The ARR-COC developers",
    scorers: [Clip],
    allocators: [],
}
