//! Tensors that own their memory: what a host hands out and gets back.
//!
//! A fresh output is filled with a reserved pattern, so that elements which a
//! plugin forgot to write are found instead of read as scores.

use arrcoc_abi::{DType, FaultCode};
use half::f16;

use crate::{
    fault::Fault,
    shelf::Shelf,
    tensor::{Element, OutputSpec, TensorMut, TensorView},
};

/// A tensor in memory of its own, aligned for every element type.
#[derive(Clone, Debug)]
pub struct TensorBuf {
    name: String,
    dtype: DType,
    shape: Vec<u64>,
    words: Vec<u64>,
    bytes: usize,
    shelf: Shelf,
}

/// Bytes of a fresh output: a signalling not-a-number in every float type.
const PATTERN_F16: u16 = 0x7d5a;
const PATTERN_F32: u32 = 0x7fa5_5a5a;
const PATTERN_F64: u64 = 0x7ff5_5a5a_a5a5_5a5a;
const PATTERN_BYTE: u8 = 0xa5;

/// Eight bytes of the pattern that fresh memory of a type is filled with.
#[must_use]
pub fn pattern(dtype: DType) -> u64 {
    match dtype {
        DType::F16 => u64::from(PATTERN_F16) * 0x0001_0001_0001_0001,
        DType::F32 => u64::from(PATTERN_F32) * 0x0000_0001_0000_0001,
        DType::F64 => PATTERN_F64,
        _ => u64::from(PATTERN_BYTE) * 0x0101_0101_0101_0101,
    }
}

/// How many elements of so many bytes still have the pattern.
fn elements_that_are<const SIZE: usize>(bytes: &[u8], pattern: [u8; 8]) -> usize {
    let fresh: Option<&[u8; SIZE]> = pattern.first_chunk();
    bytes.as_chunks::<SIZE>().0.iter().filter(|element| Some(*element) == fresh).count()
}

impl TensorBuf {
    /// A tensor with these elements.
    ///
    /// # Errors
    /// `InvalidInput`, when the number of elements is not that of the shape.
    pub fn new<T: Element>(name: &str, shape: &[u64], values: &[T]) -> Result<TensorBuf, Fault> {
        TensorBuf::from_bytes(name, T::DTYPE, shape, bytemuck::cast_slice(values))
    }

    /// A tensor with this memory, row-major.
    ///
    /// # Errors
    /// `InvalidInput`, when size, type and shape do not fit together.
    pub fn from_bytes(name: &str, dtype: DType, shape: &[u64], bytes: &[u8]) -> Result<TensorBuf, Fault> {
        let mut words = vec![0u64; bytes.len().div_ceil(8)];
        bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..bytes.len()].copy_from_slice(bytes);
        let buffer = TensorBuf {
            name: name.into(),
            dtype,
            shape: shape.to_vec(),
            words,
            bytes: bytes.len(),
            shelf: Shelf::default(),
        };
        TensorView::new(&buffer.name, dtype, shape, buffer.as_bytes())?;
        Ok(buffer)
    }

    /// A fresh output, filled with the reserved pattern.
    ///
    /// # Errors
    /// `InvalidInput`, when the plan names an unknown type or an impossible
    /// shape; `OutOfMemory`, when it asks for more than `limit` bytes, or more than there are.
    pub fn unwritten(spec: &OutputSpec, limit: usize) -> Result<TensorBuf, Fault> {
        let name = &spec.name;
        let (dtype, bytes) = spec.size()?;
        let starved = |message| Fault::new(FaultCode::OUT_OF_MEMORY, message);
        if bytes > limit {
            let message = format!("output `{name}` would take {bytes} bytes, more than the limit of {limit}");
            return Err(starved(message));
        }
        let mut words = Vec::new();
        // A plan may ask for more than the machine has, and who asked is told so.
        words
            .try_reserve_exact(bytes.div_ceil(8))
            .map_err(|_| starved(format!("there is no memory for the {bytes} bytes of output `{name}`")))?;
        words.resize(bytes.div_ceil(8), pattern(dtype));
        Ok(TensorBuf {
            name: name.clone(),
            dtype,
            shape: spec.shape.clone(),
            words,
            bytes,
            shelf: Shelf::default(),
        })
    }

    /// Checks that every element of an output was written.
    ///
    /// An element of a float or of a wide integer type that still has the
    /// pattern is unwritten; bytes may have any value, so a byte tensor is
    /// only found out when none of it was written.
    ///
    /// # Errors
    /// `Internal`, with the number of unwritten elements.
    pub fn check_written(&self) -> Result<(), Fault> {
        let bytes = self.as_bytes();
        let size = self.dtype.size().unwrap_or(1);
        let total = bytes.len() / size;
        let fresh = pattern(self.dtype).to_ne_bytes();
        let mut unwritten = match size {
            2 => elements_that_are::<2>(bytes, fresh),
            4 => elements_that_are::<4>(bytes, fresh),
            8 => elements_that_are::<8>(bytes, fresh),
            _ => elements_that_are::<1>(bytes, fresh),
        };
        if size == 1 && unwritten < total {
            unwritten = 0;
        }
        if unwritten == 0 {
            return Ok(());
        }
        Err(Fault::internal(format!(
            "output `{}`: {unwritten} of {total} elements were not written",
            self.name
        )))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its element type.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Extent of each dimension.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Its memory, row-major.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &bytemuck::cast_slice::<u64, u8>(&self.words)[..self.bytes]
    }

    /// The same tensor under another name.
    #[must_use]
    pub fn renamed(mut self, name: &str) -> TensorBuf {
        self.name = name.into();
        self
    }

    /// A view of it.
    ///
    /// # Errors
    /// None for a tensor that was made by the constructors here.
    pub fn view(&self) -> Result<TensorView<'_>, Fault> {
        Ok(TensorView::new(&self.name, self.dtype, &self.shape, self.as_bytes())?.beside(&self.shelf))
    }

    /// A view that can be written.
    ///
    /// # Errors
    /// None for a tensor that was made by the constructors here.
    pub fn view_mut(&mut self) -> Result<TensorMut<'_>, Fault> {
        self.shelf = Shelf::default();
        let bytes = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut self.words)[..self.bytes];
        TensorMut::new(&self.name, self.dtype, &self.shape, bytes)
    }

    /// Position of the first float that is not finite.
    #[must_use]
    pub fn first_not_finite(&self) -> Option<usize> {
        let view = self.view().ok()?;
        match self.dtype {
            DType::F16 => view.as_slice::<f16>().ok()?.iter().position(|x| !x.is_finite()),
            DType::F32 => view.as_slice::<f32>().ok()?.iter().position(|x| !x.is_finite()),
            DType::F64 => view.as_slice::<f64>().ok()?.iter().position(|x| !x.is_finite()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgotten_elements_are_found_in_every_type() {
        for dtype in ["u8", "u32", "i64", "f16", "f32", "f64"] {
            let spec = OutputSpec { name: "x".into(), dtype: dtype.into(), shape: vec![3, 5] };
            let mut buffer = TensorBuf::unwritten(&spec, 1 << 20).unwrap();
            let fault = buffer.check_written().unwrap_err();
            assert!(fault.message.contains("15 of 15"), "{dtype}: {}", fault.message);
            let length = buffer.bytes;
            bytemuck::cast_slice_mut::<u64, u8>(&mut buffer.words)[..length].fill(0);
            assert!(buffer.check_written().is_ok(), "{dtype}");
        }
    }

    #[test]
    fn one_forgotten_element_is_counted() {
        let mut buffer = TensorBuf::unwritten(&OutputSpec::f32("x", &[4]), 64).unwrap();
        buffer.view_mut().unwrap().as_slice::<f32>().unwrap()[..3].fill(0.5);
        assert!(buffer.check_written().unwrap_err().message.contains("1 of 4"));
        assert_eq!(buffer.first_not_finite(), Some(3));
    }

    #[test]
    fn plans_that_ask_for_too_much_are_refused() {
        let spec = OutputSpec::f32("x", &[1 << 40]);
        assert!(TensorBuf::unwritten(&spec, 1 << 20).unwrap_err().message.contains("limit"));
        let spec = OutputSpec::f32("x", &[u64::MAX, u64::MAX]);
        assert!(TensorBuf::unwritten(&spec, 1 << 20).unwrap_err().message.contains("impossible"));
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri ends where memory does")]
    fn memory_that_there_is_not_is_a_fault() {
        let fault = TensorBuf::unwritten(&OutputSpec::f32("x", &[1 << 60]), usize::MAX).unwrap_err();
        assert_eq!(fault.code, FaultCode::OUT_OF_MEMORY);
        assert!(fault.message.starts_with("there is no memory for the "), "{}", fault.message);
    }
}
