//! Tensors that a user brings: features, attention, embeddings, a mask.
//!
//! They come as a safetensors file. Well-known names are checked for type and
//! shape here, so that a mistake is an error about the file and not a fault in
//! the middle of a decision. A file made on another patch grid says so in its
//! metadata (`grid`: `16x16`), and its per-patch tensors are resampled by area.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use arrcoc_host::TensorBuf;
use arrcoc_sdk::abi::DType;
use arrcoc_stats::Grid;
use safetensors::{Dtype, SafeTensors};

use crate::{error::Error, files};

/// Tensors from a file, and what their metadata says.
#[derive(Clone, Debug, Default)]
pub struct Tensors {
    /// Shared by clones.
    tensors: Arc<Vec<TensorBuf>>,
    encoder: Option<String>,
    grid: Option<Grid>,
    path: Option<PathBuf>,
}

/// The tensor with a row for each question.
const QUERIES: &str = "query_embeddings";

/// The dimension of a well-known tensor that runs over patches, and its rank.
fn patch_axis(name: &str) -> Option<(usize, usize)> {
    Some(match name {
        "patch_features" | "patch_projected" | "distortion" => (0, 2),
        "cls_attention" | "llm_attention" => (1, 2),
        "answer_mask" => (0, 1),
        _ => return None,
    })
}

impl Tensors {
    /// Reads a safetensors file.
    ///
    /// # Errors
    /// When it cannot be read, is no safetensors file, or a well-known tensor
    /// has the wrong type or rank or a number that is not finite.
    pub fn read(path: &Path) -> Result<Tensors, Error> {
        let bytes = files::read(path, "read the tensors", files::TENSORS)?;
        let tensors = Tensors::parse(&bytes).map_err(|e| e.in_file(path))?;
        Ok(Tensors { path: Some(path.into()), ..tensors })
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Tensors, Error> {
        let broken = |e: safetensors::SafeTensorError| {
            let reason: String = e.to_string().chars().take(120).collect();
            Error::new(format!("not a safetensors file: {reason}"), "write it with the safetensors library")
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let file = SafeTensors::deserialize(bytes).map_err(broken)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let grid = metadata.get("grid").map(|text| text.parse::<Grid>()).transpose()?;
        let mut tensors = Vec::new();
        for (name, view) in file.iter() {
            let dtype = dtype(name, view.dtype())?;
            let shape: Vec<u64> = view.shape().iter().map(|&d| d as u64).collect();
            let tensor = TensorBuf::from_bytes(name, dtype, &shape, view.data())
                .map_err(|f| Error::new(f.message, "write the tensor again"))?;
            check(&tensor)?;
            tensors.push(tensor);
        }
        tensors.sort_by(|a, b| a.name().cmp(b.name()));
        let tensors = Arc::new(tensors);
        Ok(Tensors { tensors, encoder: metadata.get("encoder").cloned(), grid, path: None })
    }

    /// Adds a tensor, replacing one of the same name.
    ///
    /// # Errors
    /// When it is a well-known tensor of the wrong type or rank, or has a number
    /// that is not finite.
    pub fn with(mut self, tensor: TensorBuf) -> Result<Tensors, Error> {
        check(&tensor)?;
        let tensors = Arc::make_mut(&mut self.tensors);
        tensors.retain(|t| t.name() != tensor.name());
        tensors.push(tensor);
        Ok(self)
    }

    /// The file they were read from.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What made them, as the file's metadata `encoder` says.
    #[must_use]
    pub fn encoder(&self) -> Option<&str> {
        self.encoder.as_deref()
    }

    /// Whether there are embeddings of questions.
    pub(crate) fn has_questions(&self) -> bool {
        self.tensors.iter().any(|tensor| tensor.name() == QUERIES)
    }

    /// The tensors for one of several questions: of `query_embeddings`, which have a row for each, its own row.
    ///
    /// # Errors
    /// When there are not as many rows as questions.
    pub(crate) fn of_question(&self, question: usize, of: usize) -> Result<Tensors, Error> {
        let mut out = self.clone();
        for tensor in Arc::make_mut(&mut out.tensors).iter_mut().filter(|tensor| tensor.name() == QUERIES) {
            let &[rows, width] = tensor.shape() else { continue };
            if rows != of as u64 {
                let s = if rows == 1 { "" } else { "s" };
                return Err(Error::new(
                    format!("`{QUERIES}` has {rows} row{s}, and the questions of the image are {of}"),
                    "write a row for each question of the image, in the order of the list",
                ));
            }
            let bytes = tensor.as_bytes();
            let row = bytes.len() / of;
            let own = &bytes[question * row..][..row];
            *tensor = TensorBuf::from_bytes(QUERIES, tensor.dtype(), &[1, width], own)
                .map_err(|f| Error::new(f.message, "write the tensor again"))?;
        }
        Ok(out)
    }

    /// Every tensor, with per-patch ones on this grid.
    ///
    /// # Errors
    /// When a per-patch tensor has another number of patches and the file names
    /// no grid, or one that does not fit.
    pub(crate) fn on_grid(&self, grid: Grid) -> Result<Vec<TensorBuf>, Error> {
        self.tensors.iter().map(|tensor| fit(tensor, self.grid.unwrap_or(grid), grid)).collect()
    }
}

fn dtype(name: &str, dtype: Dtype) -> Result<DType, Error> {
    Ok(match dtype {
        Dtype::U8 | Dtype::BOOL => DType::U8,
        Dtype::U32 => DType::U32,
        Dtype::I64 => DType::I64,
        Dtype::F16 => DType::F16,
        Dtype::F32 => DType::F32,
        Dtype::F64 => DType::F64,
        other => {
            return Err(Error::new(
                format!("tensor `{name}` has the type {other:?}"),
                "use u8, u32, i64, f16, f32 or f64",
            ));
        }
    })
}

fn check(tensor: &TensorBuf) -> Result<(), Error> {
    let name = tensor.name();
    if matches!(name, "pixels" | "patch_stats" | "weights" | "min" | "max" | "tokens") {
        return Err(Error::new(format!("the tensor `{name}` cannot be given"), "it is made from the image"));
    }
    if let Some(at) = tensor.first_not_finite() {
        return Err(Error::new(
            format!("tensor `{name}` is not a finite number at element {at}"),
            "look for NaN and infinity in what made it",
        ));
    }
    let rank = patch_axis(name).map(|(_, rank)| rank).or(match name {
        "query_embeddings" => Some(2),
        "neutral_embedding" => Some(1),
        _ => None,
    });
    let Some(rank) = rank else { return Ok(()) };
    if tensor.shape().len() != rank {
        return Err(Error::new(
            format!("tensor `{name}` has the shape {:?}", tensor.shape()),
            format!("`{name}` has {rank} dimension{}", if rank == 1 { "" } else { "s" }),
        ));
    }
    let right = match name {
        "answer_mask" => tensor.dtype() == DType::U8,
        _ => matches!(tensor.dtype(), DType::F16 | DType::F32),
    };
    if !right {
        let want = if name == "answer_mask" { "u8" } else { "f32 or f16" };
        return Err(Error::new(
            format!("tensor `{name}` has the type {}", tensor.dtype()),
            format!("`{name}` is {want}"),
        ));
    }
    Ok(())
}

fn fit(tensor: &TensorBuf, from: Grid, to: Grid) -> Result<TensorBuf, Error> {
    let Some((axis, _)) = patch_axis(tensor.name()) else { return Ok(tensor.clone()) };
    let have = tensor.shape()[axis];
    if have != from.patches() as u64 {
        return Err(Error::new(
            format!(
                "tensor `{}` is for {have} patches, the grid {from} has {}",
                tensor.name(),
                from.patches()
            ),
            "set `grid` in the file's metadata to the grid it was made on, such as 16x16, or use --grid",
        ));
    }
    if from == to {
        return Ok(tensor.clone());
    }
    let broken = |f: arrcoc_host::Fault| Error::new(f.message, "write the tensor again");
    let view = tensor.view().map_err(broken)?;
    let mask = tensor.dtype() == DType::U8;
    let values: Vec<f32> = if mask {
        view.as_slice::<u8>().map_err(broken)?.iter().map(|&m| f32::from(u8::from(m != 0))).collect()
    } else {
        view.to_f32().map_err(broken)?.into_owned()
    };
    let (rows, inner) = match axis {
        0 => (1, values.len() / from.patches()),
        _ => (tensor.shape()[0] as usize, 1),
    };
    let mut shape = tensor.shape().to_vec();
    shape[axis] = to.patches() as u64;
    let mut out = Vec::with_capacity(rows * to.patches() * inner);
    for row in 0..rows {
        out.extend(resample(
            &values[row * from.patches() * inner..][..from.patches() * inner],
            inner,
            from,
            to,
        ));
    }
    if mask {
        // A patch holds the answer when any part of it does.
        let out: Vec<u8> = out.iter().map(|&v| u8::from(v > 0.0)).collect();
        return TensorBuf::new(tensor.name(), &shape, &out).map_err(broken);
    }
    TensorBuf::new(tensor.name(), &shape, &out).map_err(broken)
}

/// Area-weighted means: overlaps are measured in units of 1/(from·to) of the
/// image's side, so that they are whole numbers.
fn resample(values: &[f32], inner: usize, from: Grid, to: Grid) -> Vec<f32> {
    let spans = |from: u32, to: u32| -> Vec<Vec<(usize, f64)>> {
        let (from, to) = (u64::from(from), u64::from(to));
        (0..to)
            .map(|t| {
                let (start, end) = (t * from, (t + 1) * from);
                (start / to..end.div_ceil(to))
                    .map(|f| (f as usize, (end.min((f + 1) * to) - start.max(f * to)) as f64 / from as f64))
                    .collect()
            })
            .collect()
    };
    let (rows, cols) = (spans(from.rows, to.rows), spans(from.cols, to.cols));
    let mut out = Vec::with_capacity(to.patches() * inner);
    for row in &rows {
        for col in &cols {
            for k in 0..inner {
                let mut sum = 0.0;
                for &(r, height) in row {
                    for &(c, width) in col {
                        sum += height * width * f64::from(values[(r * from.cols as usize + c) * inner + k]);
                    }
                }
                out.push(sum as f32);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(rows: u32, cols: u32) -> Grid {
        Grid::new(rows, cols).unwrap()
    }

    #[test]
    fn resampling_keeps_the_mean_and_splits_by_area() {
        let values = [0.0, 1.0, 2.0, 3.0];
        assert_eq!(resample(&values, 1, grid(2, 2), grid(1, 1)), [1.5]);
        assert_eq!(resample(&values, 1, grid(1, 4), grid(1, 2)), [0.5, 2.5]);
        assert_eq!(resample(&[0.0, 3.0], 1, grid(1, 2), grid(1, 3)), [0.0, 1.5, 3.0]);
        assert_eq!(resample(&values, 2, grid(1, 2), grid(1, 1)), [1.0, 2.0]);
    }

    #[test]
    fn a_tensor_of_another_grid_is_refused_unless_the_file_says_so() {
        let tensor = TensorBuf::new("patch_features", &[4, 1], &[0.0f32, 1.0, 2.0, 3.0]).unwrap();
        let mut tensors = Tensors::default().with(tensor).unwrap();
        let error = tensors.on_grid(grid(3, 3)).unwrap_err();
        assert!(error.message.contains("4 patches, the grid 3x3 has 9"), "{error}");
        tensors.grid = Some(grid(2, 2));
        assert_eq!(tensors.on_grid(grid(4, 4)).unwrap()[0].shape(), [16, 1]);
    }

    #[test]
    fn each_question_has_its_row() {
        let queries = TensorBuf::new(QUERIES, &[2, 3], &[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let tensors = Tensors::default().with(queries).unwrap();
        let own = tensors.of_question(1, 2).unwrap().tensors[0].clone();
        assert_eq!(own.shape(), [1, 3]);
        assert_eq!(own.view().unwrap().as_slice::<f32>().unwrap(), [4.0, 5.0, 6.0]);
        let error = tensors.of_question(0, 3).unwrap_err();
        assert!(error.message.contains("2 rows, and the questions of the image are 3"), "{error}");
    }

    #[test]
    fn wrong_tensors_are_refused_by_name() {
        let refused = |tensor| Tensors::default().with(tensor).unwrap_err().message;
        let nan = TensorBuf::new("patch_features", &[1, 2], &[0.0f32, f32::NAN]).unwrap();
        assert!(refused(nan).contains("element 1"));
        let rank = TensorBuf::new("patch_features", &[2], &[0.0f32, 1.0]).unwrap();
        assert!(refused(rank).contains("[2]"));
        let dtype = TensorBuf::new("cls_attention", &[1, 2], &[0u8, 1]).unwrap();
        assert!(refused(dtype).contains("u8"));
        let own = TensorBuf::new("patch_stats", &[1], &[0i64]).unwrap();
        assert!(refused(own).contains("cannot be given"));
    }
}
