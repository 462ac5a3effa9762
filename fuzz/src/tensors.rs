//! Tensors that a user brings, as safetensors.

use arrcoc::{Grid, Tensors, fuzzing};

use crate::is_a_line;

/// A grid that no file is made for, so that what can be resampled is.
const GRID: [u32; 2] = [3, 5];

/// A safetensors file.
pub(crate) fn tensors(bytes: &[u8]) {
    let tensors = match fuzzing::tensors(bytes) {
        Ok(tensors) => tensors,
        Err(error) => return is_a_line(&error.message),
    };
    let Ok(grid) = Grid::new(GRID[0], GRID[1]) else { return };
    fitted(&tensors, grid);
    for question in 0..2 {
        if let Ok(own) = fuzzing::of_question(&tensors, question, 2) {
            fitted(&own, grid);
        }
    }
}

/// Past this point nobody looks for numbers that are not finite, nor at the number of patches.
fn fitted(tensors: &Tensors, grid: Grid) {
    let fitted = match fuzzing::on_grid(tensors, grid) {
        Ok(fitted) => fitted,
        Err(error) => return is_a_line(&error.message),
    };
    for tensor in fitted {
        assert_eq!(tensor.first_not_finite(), None, "`{}` is not finite", tensor.name());
        let patches = match tensor.name() {
            "patch_features" | "patch_projected" | "distortion" | "answer_mask" => tensor.shape()[0],
            "cls_attention" | "llm_attention" => tensor.shape()[1],
            _ => continue,
        };
        assert_eq!(patches, grid.patches() as u64, "`{}` is on another grid", tensor.name());
    }
}
