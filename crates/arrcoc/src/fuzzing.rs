//! Doors for the fuzz targets, behind the feature `fuzzing`: what the library
//! does with files that it was given, reached without the files.

use arrcoc_host::TensorBuf;
use arrcoc_stats::Grid;

use crate::{error::Error, tensors::Tensors};

/// Reads a safetensors file that has these bytes.
///
/// # Errors
/// As [`Tensors::read`].
pub fn tensors(bytes: &[u8]) -> Result<Tensors, Error> {
    Tensors::parse(bytes)
}

/// Every tensor, with per-patch ones on this grid, as a decision uses them.
///
/// # Errors
/// When one does not fit.
pub fn on_grid(tensors: &Tensors, grid: Grid) -> Result<Vec<TensorBuf>, Error> {
    tensors.on_grid(grid)
}

/// The tensors for one of several questions.
///
/// # Errors
/// When there are not as many rows as questions.
pub fn of_question(tensors: &Tensors, question: usize, of: usize) -> Result<Tensors, Error> {
    tensors.of_question(question, of)
}
