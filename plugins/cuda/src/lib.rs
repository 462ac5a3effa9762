//! The CUDA backend: the tensor `patch_stats`, counted on an NVIDIA graphics processor.
//!
//! The numbers are those of every other backend, to the bit, because all of them are
//! sums of integers. `arrcoc_stats::blocks` cuts the image, the kernel adds a tile, the
//! host adds the tiles.
//!
//! The plugin builds and loads without CUDA: the driver and the compiler NVRTC are opened
//! when they are needed, and where one is absent the scorer is unavailable, with the
//! reason.
//!
//! | file | holds |
//! |---|---|
//! | `driver` | whether there is a driver and a device, and what its errors mean |
//! | `program` | the kernel compiled for a device, and kept |
//! | `device` | a device at work: memory, streams, waiting |
//! | `patch_stats.cu` | the kernel that adds a tile |

#![deny(unsafe_op_in_unsafe_fn)]

mod device;
mod driver;
mod program;

use arrcoc_sdk::backend::OnDevice;
use device::Gpu;

arrcoc_sdk::export_plugin! {
    id: "cuda",
    vendor: "The ARR-COC developers",
    device: true,
    scorers: [OnDevice<Gpu>],
    allocators: [],
}
