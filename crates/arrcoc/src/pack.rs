//! What an encoder needs at a decision: the samples of every patch, where each
//! came from, and how many there are, as a safetensors file.
//!
//! | tensor | shape | what |
//! |---|---|---|
//! | `samples` | `[S, 3]` u8 | sRGB, patch by patch, each patch row by row |
//! | `patch` | `[S]` u32 | the patch a sample belongs to |
//! | `position` | `[S, 2]` f32 | centre of the sample's cell, y then x, in pixels of the image |
//! | `shape` | `[N, 2]` u32 | rows and columns of samples in each patch |
//! | `tokens` | `[N]` u32 | tokens of each patch |

use std::collections::HashMap;

use arrcoc_picture::{Image, Packed, Sampling};
use arrcoc_stats::{Grid, Tiling};
use safetensors::tensor::{Dtype, TensorView};

use crate::{
    decision::Decision,
    error::Error,
    photo::{Photo, count},
};

/// Name and version of the file's layout, in its metadata.
pub const SCHEMA: &str = "arrcoc.pack/1";

/// What tokens buy, for the crate that draws.
pub(crate) fn sampling(decision: &Decision) -> Sampling {
    match decision.policy.sampling {
        arrcoc_decide::Sampling::Grid => Sampling::Grid,
        arrcoc_decide::Sampling::Keep => Sampling::Keep,
    }
}

/// The cut of an image into patches.
pub(crate) fn tiling(width: u32, height: u32, grid: Grid) -> Result<Tiling, Error> {
    Ok(Tiling::new(grid, width, height)?)
}

/// The image that samples are taken from.
///
/// # Errors
/// When it is read in bands: samples are of all its pixels.
pub fn image(photo: &Photo) -> Result<&Image, Error> {
    photo.image().ok_or_else(|| {
        let pixels = count((photo.width(), photo.height()));
        Error::new(
            format!("samples cannot be packed: an image of {pixels} is read in bands"),
            "leave --pack out, or have the image held in memory with --whole-pixels",
        )
    })
}

/// The packed samples of a decision, as the bytes of a safetensors file.
///
/// # Errors
/// When the image is not the decision's, or is read in bands.
pub fn pack(photo: &Photo, decision: &Decision) -> Result<Vec<u8>, Error> {
    let tokens = decision.flat_tokens();
    let (image, grid) = (image(photo)?, Grid::new(decision.grid.rows, decision.grid.cols)?);
    let tiling = tiling(image.width(), image.height(), grid)?;
    let packed: Packed = arrcoc_picture::pack(image, &tiling, &tokens, sampling(decision));
    let bytes_of = |values: &[u32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let count = packed.patch.len();
    let patch = bytes_of(&packed.patch);
    let position: Vec<u8> = packed.position.iter().flat_map(|v| v.to_le_bytes()).collect();
    let shape: Vec<u8> = packed.shape.iter().flat_map(|s| bytes_of(s)).collect();
    let token_bytes = bytes_of(&tokens);
    let view = |dtype, shape: &[usize], bytes| TensorView::new(dtype, shape.to_vec(), bytes);
    let metadata = HashMap::from([
        ("schema".to_owned(), SCHEMA.to_owned()),
        ("decision".to_owned(), decision.id.clone()),
        ("grid".to_owned(), format!("{}x{}", decision.grid.rows, decision.grid.cols)),
        ("width".to_owned(), decision.image.width.to_string()),
        ("height".to_owned(), decision.image.height.to_string()),
    ]);
    let patches = tokens.len();
    let file = (|| {
        let tensors = [
            ("samples", view(Dtype::U8, &[count, 3], &packed.samples)?),
            ("patch", view(Dtype::U32, &[count], &patch)?),
            ("position", view(Dtype::F32, &[count, 2], &position)?),
            ("shape", view(Dtype::U32, &[patches, 2], &shape)?),
            ("tokens", view(Dtype::U32, &[patches], &token_bytes)?),
        ];
        safetensors::serialize(tensors, Some(metadata))
    })();
    file.map_err(|e| Error::new(format!("the samples cannot be packed: {e}"), "report this"))
}
