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

use arrcoc_sdk::{
    backend::{self, Measured, PATCH_STATS},
    prelude::*,
};
use device::{Gpu, Mishap, Order};

/// Pixels that go to the device at once, in MiB, unless somebody says otherwise: enough to keep it busy, and little
/// enough that the first block is at work while the second is copied.
const BLOCK_MIB: i64 = 32;

struct Wgpu {
    gpu: Gpu,
    order: Order,
}

impl Scorer for Wgpu {
    type Prepared = ();

    fn info() -> ScorerInfo {
        let mut info = backend::info("wgpu", "patch statistics on a graphics processor, in integers")
            .param(Param::text(
                "adapter",
                "",
                "number or a part of the name of the adapter; the likely fastest where nothing is said",
            ))
            .param(Param::integer(
                "block",
                1..=1024,
                BLOCK_MIB,
                "MiB of pixels that go to the device at once, at most",
            ))
            .param(Param::choice(
                "mishap",
                &["none", "lost", "memory"],
                "none",
                "for tests: after the first block the device is lost, or out of memory",
            ))
            .measures();
        info.devices = adapter::devices();
        info
    }

    fn make(params: &Params, call: &Call<'_>) -> Result<Self, Fault> {
        call.check()?;
        let edge_threshold = backend::edge_threshold(params)?;
        let mishap = match params.text("mishap")? {
            "lost" => Mishap::DeviceLost,
            "memory" => Mishap::OutOfMemory,
            _ => Mishap::None,
        };
        let block_bytes = params.integer("block")?.unsigned_abs() << 20;
        let gpu = Gpu::open(adapter::chosen(params.text("adapter")?)?)?;
        Ok(Wgpu { gpu, order: Order { edge_threshold, block_bytes, mishap } })
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
    id: "wgpu",
    vendor: "The ARR-COC developers",
    device: true,
    scorers: [Wgpu],
    allocators: [],
}
