//! Pictures of a decision: the overlay that a person looks at, what a reader sees
//! at this budget, and what another decision changes. Of an image that is read in bands they are pictures
//! of its reduced copy.

use std::path::Path;

use arrcoc_picture::{Image, OverlayText};
use arrcoc_stats::Grid;

use crate::{
    decision::Decision,
    error::Error,
    explain::{drivers, marked},
    pack::{sampling, tiling},
    photo::Photo,
};

/// The tokens as heat over the image, with legend, question, summary and what drove it,
/// the patches with most tokens and the worst distractors outlined, as the bytes of an
/// image file whose format the path's extension names.
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
        drivers: drivers::line(decision),
        top: marked::top(decision),
        distractors: marked::distractors(decision),
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

/// What changes from one decision to another of the same image, as colour over the image in grey: patches that gain
/// tokens and patches that lose some.
///
/// # Errors
/// When the decisions have different grids, the image is not theirs, or the format is unknown.
pub fn difference(photo: &Photo, before: &Decision, after: &Decision, to: &Path) -> Result<Vec<u8>, Error> {
    if before.grid != after.grid {
        let [b, a] = [before, after].map(|d| format!("{}x{}", d.grid.rows, d.grid.cols));
        return Err(Error::new(
            format!("a decision on the grid `{b}` cannot be compared with one on `{a}`"),
            "decide both on one grid",
        ));
    }
    let (old, new) = (before.flat_tokens(), after.flat_tokens());
    let totals = match (before.applied, after.applied) {
        (old, new) if old == new => new.to_string(),
        // The font has no arrow.
        (old, new) => format!("{old} to {new}"),
    };
    let text = OverlayText {
        question: after.query.as_ref().map(|q| q.text.as_str()),
        title_left: format!("what if: {totals} tokens · {:.1} % moved", moved(&old, &new)),
        title_right: format!("by {}", after.allocator.id),
        ..OverlayText::default()
    };
    let (image, grid) = (photo.image_or_copy()?, grid(after)?);
    let tiling = tiling(image.width(), image.height(), grid)?;
    encode(&arrcoc_picture::difference(image, &tiling, &old, &new, &text), to)
}

/// The share of tokens that changed, in percent: what patches gained or what they lost, whichever is more, of the
/// larger total.
fn moved(before: &[u32], after: &[u32]) -> f64 {
    let sum = |of: &dyn Fn(u32, u32) -> u32| -> u64 {
        before.iter().zip(after).map(|(&b, &a)| u64::from(of(b, a))).sum()
    };
    let changed = sum(&|b, a| a.saturating_sub(b)).max(sum(&|b, a| b.saturating_sub(a)));
    100.0 * changed as f64 / sum(&|b, _| b).max(sum(&|_, a| a)).max(1) as f64
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::sample;

    #[test]
    fn what_moved_is_the_larger_side_of_the_larger_total() {
        assert_eq!(moved(&[50, 50], &[50, 50]), 0.0);
        assert_eq!(moved(&[50, 50], &[75, 25]), 25.0);
        assert_eq!(moved(&[100, 100], &[50, 50]), 50.0);
        assert_eq!(moved(&[50, 50], &[100, 100]), 50.0);
        assert_eq!(moved(&[0, 0], &[0, 0]), 0.0);
    }

    #[test]
    fn decisions_are_compared_on_one_grid() {
        let photo = Photo::from_rgb(80, 80, vec![90; 3 * 80 * 80]).unwrap();
        let before = sample::decision();
        let mut after = before.clone();
        after.tokens = vec![vec![148, 100], vec![64, 88]];
        let png = difference(&photo, &before, &after, Path::new("d.png")).unwrap();
        assert!(png.starts_with(b"\x89PNG"));
        assert!(difference(&photo, &before, &after, Path::new("d.xyz")).is_err());
        after.grid.rows = 1;
        let refused = difference(&photo, &before, &after, Path::new("d.png")).unwrap_err();
        assert_eq!(refused.message, "a decision on the grid `2x2` cannot be compared with one on `1x2`");
    }
}
