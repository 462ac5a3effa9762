//! The page as a reader sees it at a decision.

use arrcoc::{Decision, Error, Grid};
use arrcoc_picture::{Image, Sampling, render};
use arrcoc_stats::Tiling;

/// Draws the page with the tokens that were decided, at its own size.
pub(crate) fn seen(image: &Image, decision: &Decision) -> Result<Image, Error> {
    let grid = Grid::new(decision.grid.rows, decision.grid.cols)?;
    let sampling = match decision.policy.sampling {
        arrcoc::Sampling::Grid => Sampling::Grid,
        arrcoc::Sampling::Keep => Sampling::Keep,
    };
    let tiling = Tiling::new(grid, image.width(), image.height())?;
    Ok(render(image, &tiling, &decision.flat_tokens(), sampling))
}
