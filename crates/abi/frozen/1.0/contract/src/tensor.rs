//! Tensors and bundles: named, typed, strided memory that somebody else owns.
//!
//! A [`Tensor`] on the wire is a claim. The reading side checks name, rank,
//! shape, strides, size and alignment before it touches the memory.

use abi_stable::{
    StableAbi,
    std_types::{RSlice, RStr},
};
use core::ffi::c_void;

use crate::codes::{DType, Device};

/// The most dimensions a tensor can have.
pub const MAX_RANK: usize = 6;

/// Named memory with a type and a shape.
///
/// For an input the memory is only read; for an output the host has allocated
/// it and filled it with a reserved pattern, and the plugin writes all of it.
#[repr(C)]
#[derive(StableAbi, Clone, Copy, Debug)]
pub struct Tensor<'a> {
    /// The tensor's name, UTF-8.
    pub name: RStr<'a>,
    /// Element type.
    pub dtype: DType,
    /// Where the memory is; [`Device::HOST`] unless a verb negotiated otherwise.
    pub device: Device,
    /// Number of dimensions in use, at most [`MAX_RANK`].
    pub rank: u32,
    /// Reserved; 0.
    pub flags: u32,
    /// Extent of each dimension; the first `rank` count.
    pub shape: [u64; MAX_RANK],
    /// Distance of neighbours along each dimension, in elements.
    pub strides: [i64; MAX_RANK],
    /// First element, for host memory. Never null, also when `bytes` is 0.
    pub data: *mut c_void,
    /// Size of the memory behind `data`.
    pub bytes: u64,
    /// Handle of device memory; 0 for host memory.
    pub handle: u64,
    /// Handle of what must be waited for; 0 for host memory.
    pub sync: u64,
}

/// Tensors plus attributes: the one type for inputs and for outputs.
#[repr(C)]
#[derive(StableAbi, Clone, Copy, Debug)]
pub struct Bundle<'a> {
    /// The tensors, in no particular order; names are unique.
    pub tensors: RSlice<'a, Tensor<'a>>,
    /// A UTF-8 JSON object.
    pub attrs: RStr<'a>,
}
