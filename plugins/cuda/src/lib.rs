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

use arrcoc_sdk::{
    backend::{self, Measured, PATCH_STATS},
    prelude::*,
};
use device::{Gpu, Mishap, Order};
use program::Places;

/// Pixels that go to the device at once, in MiB, unless somebody says otherwise: enough to keep it busy, and little
/// enough that the first block is at work while the second is copied.
const BLOCK_MIB: i64 = 32;

struct Cuda {
    gpu: Gpu,
    order: Order,
}

impl Scorer for Cuda {
    type Prepared = ();

    fn info() -> ScorerInfo {
        let mut info = backend::info("cuda", "patch statistics on an NVIDIA graphics processor, in integers")
            .param(Param::integer("device", 0..=1023, 0, "number of the device, as the driver counts"))
            .param(Param::integer(
                "block",
                1..=1024,
                BLOCK_MIB,
                "MiB of pixels that go to the device at once, at most",
            ))
            .param(Param::path(
                "nvrtc",
                "asset:nvrtc-210cf050",
                "folder of the compiler NVRTC, where the system has none",
            ))
            .param(Param::path("cache", "asset:ptx", "folder where compiled kernels are kept"))
            .param(Param::choice(
                "mishap",
                &["none", "lost", "memory"],
                "none",
                "for tests: after the first block the device is lost, or out of memory",
            ))
            .measures();
        info.devices = driver::devices();
        info
    }

    fn make(params: &Params, call: &Call<'_>) -> Result<Self, Fault> {
        call.check()?;
        if let Some(reason) = driver::devices().into_iter().find_map(|device| device.unavailable) {
            return Err(Fault::unsupported(reason));
        }
        let edge_threshold = backend::edge_threshold(params)?;
        let mishap = match params.text("mishap")? {
            "lost" => Mishap::DeviceLost,
            "memory" => Mishap::OutOfMemory,
            _ => Mishap::None,
        };
        let cache = Some(params.path("cache")?.to_owned()).filter(|folder| !folder.as_os_str().is_empty());
        let places = Places { nvrtc: params.path("nvrtc")?.to_owned(), cache };
        let gpu = Gpu::open(params.integer("device")?.unsigned_abs() as usize, &places)?;
        let block_bytes = params.integer("block")?.unsigned_abs() << 20;
        Ok(Cuda { gpu, order: Order { edge_threshold, block_bytes, mishap } })
    }

    fn plan(&self, phase: Phase, input: &Inputs<'_>) -> Result<Vec<OutputSpec>, Fault> {
        backend::plan(phase, input)
    }

    fn device(&self) -> Option<String> {
        Some(self.gpu.name().to_owned())
    }

    fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, call: &Call<'_>) -> Result<(), Fault> {
        let pixels = input.pixels()?;
        let tiling = backend::tiling(input, pixels.width(), pixels.height())?;
        output.write(PATCH_STATS, &self.gpu.run(&pixels, &tiling, &self.order, call)?)
    }

    fn measure(&self, input: &Inputs<'_>, call: &Call<'_>) -> Result<Measured, Fault> {
        let pixels = input.pixels()?;
        let tiling = backend::tiling(input, pixels.width(), pixels.height())?;
        self.gpu.measure(&pixels, &tiling, &self.order, call)
    }
}

arrcoc_sdk::export_plugin! {
    id: "cuda",
    vendor: "The ARR-COC developers",
    device: true,
    scorers: [Cuda],
    allocators: [],
}
