//! Pictures of a decision: the overlay that a person looks at, and what a
//! reader sees at this budget. Of an image that is read in bands they are pictures
//! of its reduced copy.

use std::path::Path;

use arrcoc_picture::{Image, OverlayText};
use arrcoc_stats::Grid;

use crate::{
    decision::Decision,
    error::Error,
    pack::{sampling, tiling},
    photo::Photo,
};

/// The tokens as heat over the image, with legend, question and summary, as the
/// bytes of an image file whose format the path's extension names.
///
/// # Errors
/// When the image is not the decision's, or the format is unknown.
pub fn overlay(photo: &Photo, decision: &Decision, numbers: bool, to: &Path) -> Result<Vec<u8>, Error> {
    let n = decision.patches();
    let average = decision.applied as f64 / n as f64;
    let text = OverlayText {
        question: decision.query.as_ref().map(|q| q.text.as_str()),
        title_left: format!("{} tokens · {average:.1} per patch · {}", decision.applied, decision.mode),
        title_right: format!("by {}", decision.allocator.id),
    };
    let bounds = (decision.policy.min, decision.policy.max);
    let tokens = decision.flat_tokens();
    let (image, grid) = (photo.image_or_copy()?, grid(decision)?);
    let tiling = tiling(image.width(), image.height(), grid)?;
    let drawn = arrcoc_picture::overlay(image, &tiling, &tokens, bounds, &text, numbers);
    encode(&drawn, to)
}

/// The image as a reader sees it at this budget, the size of the input; of an image that is read in bands, the size of
/// its copy.
///
/// # Errors
/// When the image is not the decision's, or the format is unknown.
pub fn render(photo: &Photo, decision: &Decision, to: &Path) -> Result<Vec<u8>, Error> {
    let tokens = decision.flat_tokens();
    let (image, grid) = (photo.image_or_copy()?, grid(decision)?);
    let tiling = tiling(image.width(), image.height(), grid)?;
    let drawn = arrcoc_picture::render(image, &tiling, &tokens, sampling(decision));
    encode(&drawn, to)
}

fn encode(image: &Image, to: &Path) -> Result<Vec<u8>, Error> {
    arrcoc_picture::encode_any(image, to).map_err(|e| Error::new(e.to_string(), "use .png, .jpg or .ppm"))
}

/// Checks, before any work is done, that a decision on this grid can be drawn.
///
/// # Errors
/// When the image, or the copy of one that is read in bands, has fewer pixels than patches along a side.
pub fn check_size(photo: &Photo, grid: Grid) -> Result<(), Error> {
    let (width, height) = photo.size_or_copy_size();
    match (tiling(width, height, grid), photo.in_bands()) {
        (Err(_), Some(_)) => Err(Error::new(
            format!("the copy to draw on has {width}x{height} pixels, fewer than the grid `{grid}`"),
            "leave --overlay and --render out, or take a coarser grid",
        )),
        (tiled, _) => tiled.map(|_| ()),
    }
}

fn grid(decision: &Decision) -> Result<Grid, Error> {
    Ok(Grid::new(decision.grid.rows, decision.grid.cols)?)
}

/// Checks, before any work is done, that a file of this name can be encoded.
///
/// # Errors
/// When its extension names no format that is written.
pub fn check_format(to: &Path) -> Result<(), Error> {
    let extension = to.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if ["png", "jpg", "jpeg", "ppm"].contains(&extension.as_str()) {
        return Ok(());
    }
    Err(Error::new(format!("{}: unknown image format `{extension}`", to.display()), "use .png, .jpg or .ppm"))
}
