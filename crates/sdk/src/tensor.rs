//! Typed views of named tensors, and both directions between them and the wire.
//!
//! A view is only made after its claims were checked: known type, host memory,
//! row-major, size and alignment that fit. Past that line nobody checks again.

use std::{borrow::Cow, marker::PhantomData, sync::OnceLock};

use abi_stable::std_types::{RSlice, RStr};
use arrcoc_abi::{self as abi, DType, Device, MAX_RANK};
use arrcoc_stats::{Band, Grid, PatchStats, Pixels};
use bytemuck::Pod;
use half::f16;
use serde::{Deserialize, Serialize};

use crate::{fault::Fault, shelf::Shelf};

mod sealed {
    pub trait Sealed {}
}

/// A Rust type that stands for an element type of the wire.
pub trait Element: Pod + sealed::Sealed {
    /// The element type.
    const DTYPE: DType;
}

macro_rules! elements {
    ($($rust:ty = $dtype:ident),*) => {
        $(impl sealed::Sealed for $rust {}
        impl Element for $rust { const DTYPE: DType = DType::$dtype; })*
    };
}
elements!(u8 = U8, u32 = U32, i64 = I64, f16 = F16, f32 = F32, f64 = F64);

/// Number of elements of a shape; `None` on overflow or too many dimensions.
#[must_use]
#[inline]
pub fn elements(shape: &[u64]) -> Option<usize> {
    if shape.len() > MAX_RANK {
        return None;
    }
    shape.iter().try_fold(1usize, |n, &d| n.checked_mul(usize::try_from(d).ok()?))
}

/// A readable tensor.
#[derive(Clone, Copy, Debug)]
pub struct TensorView<'a> {
    name: &'a str,
    dtype: DType,
    shape: [u64; MAX_RANK],
    rank: usize,
    bytes: &'a [u8],
    shelf: Option<&'a Shelf>,
}

impl<'a> TensorView<'a> {
    /// A view of row-major memory.
    ///
    /// # Errors
    /// `InvalidInput`, when type, shape, size and alignment do not fit together.
    #[inline]
    pub fn new(name: &'a str, dtype: DType, shape: &[u64], bytes: &'a [u8]) -> Result<Self, Fault> {
        check_claims(name, dtype, shape, bytes.as_ptr() as usize, bytes.len())?;
        let mut extents = [1; MAX_RANK];
        extents[..shape.len()].copy_from_slice(shape);
        Ok(TensorView { name, dtype, shape: extents, rank: shape.len(), bytes, shelf: None })
    }

    /// The same view, with a place for what the calling side makes of it. The shelf belongs to these very bytes.
    #[must_use]
    pub fn beside(self, shelf: &'a Shelf) -> Self {
        TensorView { shelf: Some(shelf), ..self }
    }

    /// The place for what the calling side makes of it, if it has one.
    #[must_use]
    pub fn shelf(&self) -> Option<&'a Shelf> {
        self.shelf
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Its element type.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Extent of each dimension.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        &self.shape[..self.rank]
    }

    /// Its memory, row-major.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Its elements.
    ///
    /// # Errors
    /// `InvalidInput`, when it is of another type.
    pub fn as_slice<T: Element>(&self) -> Result<&'a [T], Fault> {
        if T::DTYPE != self.dtype {
            return Err(Fault::invalid(format!(
                "tensor `{}` is {}, not {}",
                self.name,
                self.dtype,
                T::DTYPE
            )));
        }
        bytemuck::try_cast_slice(self.bytes)
            .map_err(|_| Fault::invalid(format!("tensor `{}` is not aligned for {}", self.name, self.dtype)))
    }

    /// Its elements as f32, whether it is f16 or f32.
    ///
    /// # Errors
    /// `InvalidInput`, when it is of another type.
    pub fn to_f32(&self) -> Result<Cow<'a, [f32]>, Fault> {
        match self.dtype {
            DType::F16 => Ok(self.as_slice::<f16>()?.iter().map(|x| x.to_f32()).collect::<Vec<_>>().into()),
            _ => Ok(self.as_slice::<f32>()?.into()),
        }
    }

    /// Checks the shape; 0 in `expected` stands for any extent.
    ///
    /// # Errors
    /// `InvalidInput`, naming both shapes.
    pub fn expect_shape(&self, expected: &[u64]) -> Result<(), Fault> {
        let fits = expected.len() == self.rank
            && expected.iter().zip(self.shape()).all(|(&want, &have)| want == 0 || want == have);
        if fits {
            return Ok(());
        }
        let want: Vec<String> =
            expected.iter().map(|d| if *d == 0 { "any".into() } else { d.to_string() }).collect();
        Err(Fault::invalid(format!(
            "tensor `{}` has the shape {:?}, not [{}]",
            self.name,
            self.shape(),
            want.join(", ")
        )))
    }

    /// The claim of this view on the wire.
    #[must_use]
    #[inline]
    pub fn to_wire(&self) -> abi::Tensor<'a> {
        wire(self.name, self.dtype, self.shape(), self.bytes.as_ptr().cast_mut(), self.bytes.len())
    }
}

/// A tensor that a call writes.
// The form of the wire, so that a call passes tensors on as they are.
#[derive(Debug)]
#[repr(transparent)]
pub struct TensorMut<'a> {
    wire: abi::Tensor<'a>,
    memory: PhantomData<&'a mut [u8]>,
}

// SAFETY: it stands for exclusive access to plain bytes, and has nothing that belongs to one thread.
unsafe impl Send for TensorMut<'_> {}
// SAFETY: as above; through a shared reference its memory cannot be reached.
unsafe impl Sync for TensorMut<'_> {}

impl<'a> TensorMut<'a> {
    /// A view of row-major memory.
    ///
    /// # Errors
    /// `InvalidInput`, when type, shape, size and alignment do not fit together.
    #[inline]
    pub fn new(name: &'a str, dtype: DType, shape: &[u64], bytes: &'a mut [u8]) -> Result<Self, Fault> {
        check_claims(name, dtype, shape, bytes.as_ptr() as usize, bytes.len())?;
        let wire = wire(name, dtype, shape, bytes.as_mut_ptr(), bytes.len());
        Ok(TensorMut { wire, memory: PhantomData })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.wire.name.as_str()
    }

    /// Extent of each dimension.
    #[must_use]
    pub fn shape(&self) -> &[u64] {
        &self.wire.shape[..self.wire.rank as usize]
    }

    /// Its elements.
    ///
    /// # Errors
    /// `Internal`, when it was planned with another type.
    pub fn as_slice<T: Element>(&mut self) -> Result<&mut [T], Fault> {
        // SAFETY: `self` is borrowed exclusively, and stands for exclusive access to this memory.
        unsafe { elements_of(&self.wire) }
    }

    /// Its element type.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.wire.dtype
    }

    /// Its memory, row-major.
    #[must_use]
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: `self` is borrowed exclusively, and stands for exclusive access to this memory.
        unsafe { std::slice::from_raw_parts_mut(self.wire.data.cast(), self.wire.bytes as usize) }
    }

    /// Size of its memory.
    #[must_use]
    pub fn size(&self) -> usize {
        self.wire.bytes as usize
    }

    /// The claims of these on the wire.
    #[inline]
    #[must_use]
    pub fn to_wire<'t>(tensors: &'t mut [TensorMut<'a>]) -> &'t [abi::Tensor<'a>] {
        // SAFETY: `TensorMut` has the layout of its one field that takes room.
        unsafe { std::slice::from_raw_parts(tensors.as_ptr().cast(), tensors.len()) }
    }
}

/// The elements of a tensor that is to be written.
///
/// # Safety
/// Its claims were checked, and the caller has exclusive access to its memory for the time of the result.
unsafe fn elements_of<'m, T: Element>(wire: &abi::Tensor<'_>) -> Result<&'m mut [T], Fault> {
    let name = wire.name.as_str();
    if T::DTYPE != wire.dtype {
        return Err(Fault::internal(format!(
            "output `{name}` was planned as {}, not {}",
            wire.dtype,
            T::DTYPE
        )));
    }
    // SAFETY: the caller vouches for it.
    let bytes = unsafe { std::slice::from_raw_parts_mut(wire.data.cast::<u8>(), wire.bytes as usize) };
    bytemuck::try_cast_slice_mut(bytes)
        .map_err(|_| Fault::internal(format!("output `{name}` is not aligned for {}", T::DTYPE)))
}

#[inline]
fn check_claims(name: &str, dtype: DType, shape: &[u64], address: usize, bytes: usize) -> Result<(), Fault> {
    let Some(size) = dtype.size() else {
        return Err(Fault::invalid(format!("tensor `{name}` has an unknown element type {dtype}")));
    };
    let needed = elements(shape).and_then(|n| n.checked_mul(size));
    if needed != Some(bytes) {
        return Err(Fault::invalid(format!(
            "tensor `{name}` of {dtype} with the shape {shape:?} does not fit {bytes} bytes"
        )));
    }
    if !address.is_multiple_of(size) {
        return Err(Fault::invalid(format!("tensor `{name}` is not aligned for {dtype}")));
    }
    Ok(())
}

#[inline]
fn wire<'a>(name: &'a str, dtype: DType, shape: &[u64], data: *mut u8, bytes: usize) -> abi::Tensor<'a> {
    let mut extents = [1; MAX_RANK];
    let mut strides = [0; MAX_RANK];
    extents[..shape.len()].copy_from_slice(shape);
    let mut stride = 1i64;
    for i in (0..shape.len()).rev() {
        strides[i] = stride;
        stride = stride.saturating_mul(shape[i] as i64);
    }
    abi::Tensor {
        name: RStr::from_str(name),
        dtype,
        device: Device::HOST,
        rank: shape.len() as u32,
        flags: 0,
        shape: extents,
        strides,
        data: data.cast(),
        bytes: bytes as u64,
        handle: 0,
        sync: 0,
    }
}

/// Checks what a tensor on the wire claims to be.
#[inline]
fn check_claim(tensor: &abi::Tensor<'_>) -> Result<(), Fault> {
    let name = tensor.name.as_str();
    let rank = tensor.rank as usize;
    if rank > MAX_RANK {
        return Err(Fault::invalid(format!("tensor `{name}` has {rank} dimensions, more than {MAX_RANK}")));
    }
    if tensor.device != Device::HOST || tensor.data.is_null() {
        return Err(Fault::unsupported(format!("tensor `{name}` is not in host memory")));
    }
    let shape = &tensor.shape[..rank];
    let mut stride = 1i64;
    for i in (0..rank).rev() {
        if tensor.strides[i] != stride && shape[i] > 1 {
            return Err(Fault::unsupported(format!("tensor `{name}` is not laid out row by row")));
        }
        stride = stride.saturating_mul(shape[i] as i64);
    }
    let bytes = usize::try_from(tensor.bytes)
        .map_err(|_| Fault::invalid(format!("tensor `{name}` is larger than this machine's memory")))?;
    check_claims(name, tensor.dtype, shape, tensor.data as usize, bytes)
}

/// What a call may read: named tensors and attributes.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// Tensors whose claims were checked.
    tensors: Cow<'a, [abi::Tensor<'a>]>,
    json: &'a str,
    /// What the JSON says, once somebody has asked.
    attrs: OnceLock<Result<Attributes, String>>,
}

// SAFETY: its tensors stand for memory that is only read, and it has nothing that belongs to one thread.
unsafe impl Send for Inputs<'_> {}
// SAFETY: as above.
unsafe impl Sync for Inputs<'_> {}

static NO_ATTRIBUTES: Attributes =
    Attributes { grid: None, queries: Vec::new(), band: None, total: None, levels: None };

/// The attributes that this version knows; others are ignored.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Attributes {
    /// Rows and columns of the patch grid.
    pub grid: Option<[u32; 2]>,
    /// The questions, in the order of the first dimension of question tensors.
    pub queries: Vec<String>,
    /// The verb `feed` only: which rows of the image count in this call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub band: Option<Rows>,
    /// Allocators only: the exact total.
    pub total: Option<u64>,
    /// Allocators only: the levels.
    pub levels: Option<arrcoc_decide::Levels>,
}

/// Rows of an image that comes in bands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// Rows of the whole image.
    pub height: u32,
    /// The first row that counts, and the row after the last.
    pub rows: [u32; 2],
}

impl<'a> Inputs<'a> {
    /// Inputs on the host's own side, for tests and hosts.
    #[must_use]
    pub fn new(tensors: &[TensorView<'a>], attrs: Attributes) -> Inputs<'a> {
        let tensors = tensors.iter().map(TensorView::to_wire).collect();
        Inputs { tensors: Cow::Owned(tensors), json: "{}", attrs: Ok(attrs).into() }
    }

    /// Reads a bundle that came over the wire.
    ///
    /// # Safety
    /// The memory behind every tensor is valid for reading `bytes` bytes for `'a`.
    ///
    /// # Errors
    /// `InvalidInput` or `Unsupported`, naming the tensor whose claims do not hold.
    #[inline]
    pub unsafe fn from_wire(bundle: &'a abi::Bundle<'a>) -> Result<Inputs<'a>, Fault> {
        let tensors = bundle.tensors.as_slice();
        for tensor in tensors {
            check_claim(tensor)?;
        }
        Ok(Inputs { tensors: Cow::Borrowed(tensors), json: bundle.attrs.as_str(), attrs: OnceLock::new() })
    }

    /// Whether the attributes could be read, as far as anybody has asked for them. The export adapters do this after
    /// the work, so that a plugin need not.
    ///
    /// # Errors
    /// `InvalidInput`, when they could not; then they were as if none had been given.
    pub fn check(&self) -> Result<(), Fault> {
        match self.attrs.get() {
            Some(Err(why)) => Err(Fault::invalid(format!("the attributes are not valid: {why}"))),
            _ => Ok(()),
        }
    }

    /// The tensor of this name, if it is there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<TensorView<'a>> {
        let tensor = self.tensors.iter().find(|t| t.name.as_str() == name)?;
        // SAFETY: not null (checked), and whoever made these inputs vouches for the extent, for `'a`.
        let bytes = unsafe { std::slice::from_raw_parts(tensor.data.cast::<u8>(), tensor.bytes as usize) };
        let (shape, rank) = (tensor.shape, tensor.rank as usize);
        Some(TensorView { name: tensor.name.as_str(), dtype: tensor.dtype, shape, rank, bytes, shelf: None })
    }

    /// The tensor of this name.
    ///
    /// # Errors
    /// `InvalidInput`, when it is missing.
    pub fn require(&self, name: &str) -> Result<TensorView<'a>, Fault> {
        self.get(name).ok_or_else(|| Fault::invalid(format!("the tensor `{name}` is missing")))
    }

    /// The attributes.
    #[must_use]
    pub fn attributes(&self) -> &Attributes {
        let read = || serde_json::from_str(self.json).map_err(|e| e.to_string());
        self.attrs.get_or_init(read).as_ref().unwrap_or(&NO_ATTRIBUTES)
    }

    /// The patch grid.
    ///
    /// # Errors
    /// `InvalidInput`, when the host gave none.
    pub fn grid(&self) -> Result<Grid, Fault> {
        let [rows, cols] = self.attributes().grid.ok_or_else(|| Fault::invalid("no patch grid was given"))?;
        Grid::new(rows, cols).map_err(|e| Fault::invalid(e.to_string()))
    }

    /// The questions; empty in `prepare`.
    #[must_use]
    pub fn queries(&self) -> &[String] {
        &self.attributes().queries
    }

    /// The image, from the tensor `pixels` [H, W, 3] u8.
    ///
    /// # Errors
    /// `InvalidInput`, when it is missing or of another shape.
    pub fn pixels(&self) -> Result<Pixels<'a>, Fault> {
        let tensor = self.require("pixels")?;
        tensor.expect_shape(&[0, 0, 3])?;
        let side = |d: u64| u32::try_from(d).map_err(|_| Fault::invalid("the image has too many pixels"));
        let (height, width) = (side(tensor.shape()[0])?, side(tensor.shape()[1])?);
        Pixels::new(width, height, tensor.as_slice()?).map_err(|e| Fault::invalid(e.to_string()))
    }

    /// The band of the image that counts in a call of the verb `feed`: from the tensor `pixels` [h, W, 3] u8, which
    /// holds the band and one row more on each side where the image has one.
    ///
    /// # Errors
    /// `InvalidInput`, when it is missing or of another shape, or the attribute `band` does not fit it.
    pub fn band(&self) -> Result<Band<'a>, Fault> {
        let Rows { height, rows: [from, to] } =
            self.attributes().band.ok_or_else(|| Fault::invalid("no band was given"))?;
        Band::new(self.pixels()?, height, from..to).map_err(|e| Fault::invalid(e.to_string()))
    }

    /// The statistics, from the tensor `patch_stats` [N, 264] i64.
    ///
    /// # Errors
    /// `InvalidInput`, when it is missing, of another shape, or impossible.
    pub fn patch_stats(&self) -> Result<PatchStats<'a>, Fault> {
        let grid = self.grid()?;
        let tensor = self.require("patch_stats")?;
        tensor.expect_shape(&[grid.patches() as u64, arrcoc_stats::FIELDS as u64])?;
        PatchStats::from_raw(grid, tensor.as_slice::<i64>()?).map_err(|e| Fault::invalid(e.to_string()))
    }
}

/// What a call must write: the tensors that were planned.
#[derive(Debug)]
pub struct Outputs<'a> {
    /// Tensors whose claims were checked. Nothing else refers to their memory.
    tensors: &'a [abi::Tensor<'a>],
}

// SAFETY: as for `TensorMut`.
unsafe impl Send for Outputs<'_> {}
// SAFETY: as for `TensorMut`.
unsafe impl Sync for Outputs<'_> {}

impl<'a> Outputs<'a> {
    /// Outputs on the host's own side, for tests and hosts.
    #[must_use]
    pub fn new(tensors: &'a mut [TensorMut<'a>]) -> Outputs<'a> {
        Outputs { tensors: TensorMut::to_wire(tensors) }
    }

    /// Reads a bundle that came over the wire.
    ///
    /// # Safety
    /// The memory behind every tensor is valid for writing `bytes` bytes for
    /// `'a`, and nothing else refers to it.
    ///
    /// # Errors
    /// `InvalidInput` or `Unsupported`, naming the tensor whose claims do not hold.
    #[inline]
    pub unsafe fn from_wire(bundle: &'a abi::Bundle<'a>) -> Result<Outputs<'a>, Fault> {
        let tensors = bundle.tensors.as_slice();
        for tensor in tensors {
            check_claim(tensor)?;
        }
        Ok(Outputs { tensors })
    }

    /// The elements of the output of this name.
    ///
    /// # Errors
    /// `Internal`, when none of this name and type was planned.
    #[inline]
    pub fn slice<T: Element>(&mut self, name: &str) -> Result<&mut [T], Fault> {
        let tensor = self.tensors.iter().find(|t| t.name.as_str() == name);
        let tensor = tensor.ok_or_else(|| Fault::internal(format!("no output `{name}` was planned")))?;
        // SAFETY: the claims were checked, `self` is borrowed exclusively for as long as the elements are, and
        // names are unique.
        unsafe { elements_of(tensor) }
    }

    /// Writes all of the output of this name.
    ///
    /// # Errors
    /// `Internal`, when none of this name, type and length was planned.
    pub fn write<T: Element>(&mut self, name: &str, values: &[T]) -> Result<(), Fault> {
        let slice = self.slice::<T>(name)?;
        if slice.len() != values.len() {
            return Err(Fault::internal(format!(
                "output `{name}` was planned with {} elements, not {}",
                slice.len(),
                values.len()
            )));
        }
        slice.copy_from_slice(values);
        Ok(())
    }
}

/// Name, type and shape of an output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputSpec {
    /// Its name.
    pub name: String,
    /// Its element type, by name.
    pub dtype: String,
    /// Extent of each dimension.
    pub shape: Vec<u64>,
}

impl OutputSpec {
    /// An output of this type.
    #[must_use]
    pub fn new(name: &str, dtype: DType, shape: &[u64]) -> OutputSpec {
        OutputSpec { name: name.into(), dtype: dtype.to_string(), shape: shape.to_vec() }
    }

    /// An output of f32.
    #[must_use]
    pub fn f32(name: &str, shape: &[u64]) -> OutputSpec {
        OutputSpec::new(name, DType::F32, shape)
    }

    /// Its type, and how many bytes its elements take.
    ///
    /// # Errors
    /// `InvalidInput` for a type that is not known, and for a shape of too many dimensions or elements.
    pub fn size(&self) -> Result<(DType, usize), Fault> {
        let OutputSpec { name, dtype, shape } = self;
        let dtype = DType::from_name(dtype)
            .ok_or_else(|| Fault::invalid(format!("output `{name}` has an unknown type `{dtype}`")))?;
        let bytes = elements(shape).and_then(|n| n.checked_mul(dtype.size().unwrap_or(1)));
        let bytes = bytes
            .ok_or_else(|| Fault::invalid(format!("output `{name}` has an impossible shape {shape:?}")))?;
        Ok((dtype, bytes))
    }
}

/// The attributes of the reply to `plan`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Plan {
    /// The outputs.
    pub outputs: Vec<OutputSpec>,
}

/// The attributes of the reply to `prepare`, and to the last call of `feed`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// What the numbers come from; see [`Scorer::encoder`](crate::Scorer::encoder).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<String>,
    /// The device that it ran on; see [`Scorer::device`](crate::Scorer::device).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

impl Said {
    /// These, if a record can hold them.
    ///
    /// # Errors
    /// One clause that says what is wrong with them.
    pub fn checked(self) -> Result<Said, String> {
        let bad = |name: &Option<String>| {
            let line = |name: &String| (1..=128).contains(&name.len()) && !name.chars().any(char::is_control);
            name.as_ref().is_some_and(|name| !line(name))
        };
        for (what, name) in [("encoder", &self.encoder), ("device", &self.device)] {
            if bad(name) {
                return Err(format!("the name of its {what} is not one line of 1 to 128 bytes"));
            }
        }
        Ok(self)
    }
}

/// A bundle of tensors and JSON attributes, for a call over the wire.
#[inline]
#[must_use]
pub fn bundle<'a>(tensors: &'a [abi::Tensor<'a>], attrs: &'a str) -> abi::Bundle<'a> {
    abi::Bundle { tensors: RSlice::from_slice(tensors), attrs: RStr::from_str(attrs) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_survives_the_wire() {
        let data = [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0];
        let view = TensorView::new("x", DType::F32, &[2, 3], bytemuck::cast_slice(&data)).unwrap();
        let tensors = [view.to_wire()];
        let bundle = bundle(&tensors, r#"{"grid":[4,5],"queries":["a"],"later":1}"#);
        // SAFETY: `data` outlives the inputs.
        let inputs = unsafe { Inputs::from_wire(&bundle) }.unwrap();
        let back = inputs.require("x").unwrap();
        assert_eq!(back.shape(), [2, 3]);
        assert_eq!(back.as_slice::<f32>().unwrap(), data);
        assert_eq!(inputs.grid().unwrap().patches(), 20);
        assert_eq!(inputs.queries(), ["a"]);
        assert!(back.as_slice::<f64>().unwrap_err().message.contains("is f32, not f64"));
        assert!(back.expect_shape(&[0, 4]).unwrap_err().message.contains("[any, 4]"));
        assert!(inputs.require("y").unwrap_err().message.contains("`y` is missing"));
    }

    #[test]
    fn claims_that_do_not_hold_are_refused() {
        let data = [0u64; 8];
        let bytes: &[u8] = bytemuck::cast_slice(&data);
        let read = |change: fn(&mut abi::Tensor<'_>)| {
            let view = TensorView::new("x", DType::F32, &[4, 4], bytes).unwrap();
            let mut tensor = view.to_wire();
            change(&mut tensor);
            let tensors = [tensor];
            let bundle = bundle(&tensors, "{}");
            // SAFETY: every change below makes the claim smaller or is refused before it is read.
            unsafe { Inputs::from_wire(&bundle) }.map(|_| ()).map_err(|f| f.message)
        };
        assert!(read(|_| ()).is_ok());
        assert!(read(|t| t.rank = 7).unwrap_err().contains("7 dimensions"));
        assert!(read(|t| t.bytes = 60).unwrap_err().contains("does not fit 60 bytes"));
        assert!(read(|t| t.dtype = DType(99)).unwrap_err().contains("unknown(99)"));
        assert!(read(|t| t.strides[0] = 8).unwrap_err().contains("row by row"));
        assert!(read(|t| t.device = Device(1)).unwrap_err().contains("host memory"));
        assert!(read(|t| t.shape[0] = u64::MAX).unwrap_err().contains("does not fit"));
    }

    #[test]
    fn half_precision_reads_as_single() {
        let data = [f16::from_f32(0.5), f16::from_f32(-2.0)];
        let view = TensorView::new("h", DType::F16, &[2], bytemuck::cast_slice(&data)).unwrap();
        assert_eq!(view.to_f32().unwrap().as_ref(), [0.5, -2.0]);
        assert!(TensorView::new("h", DType::F32, &[3], &[0; 11]).is_err());
    }
}
