//! `model.safetensors`: the tensors of the encoder, each proved to be there, of
//! the right type and shape, and made of numbers, before candle sees it.
//!
//! The format: eight bytes with the length of a header, the header in JSON
//! (name, type, shape, place of each tensor), the tensors without a gap. The
//! `safetensors` crate checks the header; this file compares it with what the
//! encoder needs and with the length of the file. The file is read once, tensor
//! by tensor, so that it is never in memory twice.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use candle_core::{Device, Tensor};
use safetensors::{
    Dtype,
    tensor::{Metadata, TensorInfo},
};

use super::fault::{ModelError, plain};

/// The longest header, in bytes. A BERT of 48 layers has one of about 90 kB.
const HEADER: u64 = 1 << 20;
/// The longest file, in bytes.
const BYTES: u64 = 2 << 30;
/// How much is read at once, in bytes.
const PART: usize = 1 << 16;

/// Tensors by name.
pub(super) struct Weights {
    file: PathBuf,
    tensors: BTreeMap<String, Tensor>,
}

impl Weights {
    /// Reads the tensors of these names and shapes, and adds the whole file to `hash`. Other tensors of the file are
    /// passed over.
    ///
    /// # Errors
    /// When the file is not whole, or a tensor is absent, of another type or shape, or holds what is not a number.
    pub(super) fn read(
        file: &Path,
        expected: &BTreeMap<String, Vec<usize>>,
        hash: &mut blake3::Hasher,
    ) -> Result<Weights, ModelError> {
        let unreadable = |error| ModelError::unreadable(file, &error);
        let metadata = std::fs::metadata(file).map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(ModelError::file(file, "is not a file"));
        }
        let length = metadata.len();
        if length > BYTES {
            return Err(ModelError::file(file, format!("is longer than {BYTES} bytes")));
        }
        let mut source = Source { file: File::open(file).map_err(unreadable)?, hash };
        source.hash.update(&length.to_le_bytes());
        let header = header(file, length, &mut source)?;
        for (name, shape) in expected {
            fits(header.info(name), shape).map_err(|what| ModelError::tensor(file, name, what))?;
        }
        let mut tensors = BTreeMap::new();
        for name in header.offset_keys() {
            let Some(info) = header.info(&name) else { continue };
            let bytes = info.data_offsets.1 - info.data_offsets.0;
            let Some(shape) = expected.get(&name) else {
                source.pass(bytes).map_err(unreadable)?;
                continue;
            };
            let values = source.numbers(bytes).map_err(unreadable)?;
            if !values.iter().all(|value| value.is_finite()) {
                return Err(ModelError::tensor(file, &name, "holds something that is not a number"));
            }
            let tensor = Tensor::from_vec(values, shape.as_slice(), &Device::Cpu)
                .map_err(|error| ModelError::tensor(file, &name, plain(&error)))?;
            tensors.insert(name, tensor);
        }
        Ok(Weights { file: file.into(), tensors })
    }

    /// Takes a tensor out.
    pub(super) fn take(&mut self, name: &str) -> Result<Tensor, ModelError> {
        self.tensors.remove(name).ok_or_else(|| ModelError::tensor(&self.file, name, "is not there"))
    }
}

/// Reads and checks the header of a file of `length` bytes.
fn header(file: &Path, length: u64, source: &mut Source<'_>) -> Result<Metadata, ModelError> {
    let wrong = |what: String| ModelError::file(file, what);
    let unreadable = |error| ModelError::unreadable(file, &error);
    if length < 8 {
        return Err(wrong(format!("is no safetensors file: it has {length} bytes")));
    }
    let mut size = [0; 8];
    source.fill(&mut size).map_err(unreadable)?;
    let size = u64::from_le_bytes(size);
    if size > HEADER {
        return Err(wrong(format!("is no safetensors file: it announces a header of {size} bytes")));
    }
    if size > length - 8 {
        return Err(wrong(format!("is cut off in its header, after {length} bytes")));
    }
    // At most a mebibyte, by the two checks above.
    let mut text = vec![0; size as usize];
    source.fill(&mut text).map_err(unreadable)?;
    let header: Metadata = serde_json::from_slice(&text)
        .map_err(|error| wrong(format!("has a header that is not one of safetensors: {}", plain(&error))))?;
    let (announced, there) = (header.data_len() as u64, length - 8 - size);
    if there < announced {
        let whole = |name: &String| header.info(name).is_some_and(|info| info.data_offsets.1 as u64 <= there);
        let cut = header.offset_keys().into_iter().find(|name| !whole(name)).unwrap_or_default();
        let what = format!(
            "is cut off: the file has {length} bytes instead of {}",
            announced.saturating_add(8 + size)
        );
        return Err(ModelError::tensor(file, &cut, what));
    }
    if there > announced {
        return Err(wrong(format!("has {} bytes after its last tensor", there - announced)));
    }
    Ok(header)
}

/// Whether a tensor is of the type and the shape that are needed; what is wrong, where it is not.
fn fits(info: Option<&TensorInfo>, shape: &[usize]) -> Result<(), String> {
    let info = info.ok_or("is not there")?;
    if info.dtype != Dtype::F32 {
        return Err(format!("is of type {:?}; this embedder needs F32", info.dtype));
    }
    if info.shape != shape {
        return Err(format!(
            "has shape {}; config.json asks for {shape:?}",
            plain(&format!("{:?}", info.shape))
        ));
    }
    Ok(())
}

/// A file that is hashed as it is read.
struct Source<'a> {
    file: File,
    hash: &'a mut blake3::Hasher,
}

impl Source<'_> {
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.file.read_exact(bytes)?;
        self.hash.update(bytes);
        Ok(())
    }

    /// The next `bytes` bytes, as numbers of 32 bits, the lowest byte first.
    fn numbers(&mut self, bytes: usize) -> io::Result<Vec<f32>> {
        let mut values = Vec::with_capacity(bytes / 4);
        self.parts(bytes, |part| {
            let (numbers, _) = part.as_chunks::<4>();
            values.extend(numbers.iter().map(|number| f32::from_le_bytes(*number)));
        })?;
        Ok(values)
    }

    fn pass(&mut self, bytes: usize) -> io::Result<()> {
        self.parts(bytes, |_| ())
    }

    fn parts(&mut self, bytes: usize, mut each: impl FnMut(&[u8])) -> io::Result<()> {
        let mut part = vec![0; PART.min(bytes)];
        let mut left = bytes;
        while left > 0 {
            let length = left.min(PART);
            self.fill(&mut part[..length])?;
            each(&part[..length]);
            left -= length;
        }
        Ok(())
    }
}
