//! The WGPU backend: the tensor `patch_stats`, counted on a graphics processor.
//!
//! The numbers are those of every other backend, to the bit, because all of them are
//! sums of integers. What is particular to a graphics processor is how they are added:
//! `arrcoc_stats::blocks` cuts the image into blocks that fit the device and tiles that
//! fit 32 bits, `patch_stats.wgsl` adds a tile, and the host adds the tiles.
//!
//! | file | holds |
//! |---|---|
//! | `adapter` | which graphics processors there are, and which one is meant |
//! | `device` | a device at work: buffers, waiting, what goes wrong |
//! | `patch_stats.wgsl` | the program that adds a tile |

#![deny(unsafe_code)]

mod adapter;
mod device;

use arrcoc_sdk::backend::OnDevice;
use device::Gpu;

arrcoc_sdk::export_plugin! {
    id: "wgpu",
    vendor: "The ARR-COC developers",
    device: true,
    scorers: [OnDevice<Gpu>],
    allocators: [],
}
