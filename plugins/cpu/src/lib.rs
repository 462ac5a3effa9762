//! The CPU backend. It provides the tensor `patch_stats` and nothing else:
//! scoring code exists once, in plugins that read the statistics, so that every
//! backend gives the same scores.

#![deny(unsafe_code)]

use arrcoc_sdk::{describe::Determinism, prelude::*};
use arrcoc_stats::{EDGE_THRESHOLD, FIELDS, Tiling, scan_threads};

struct Cpu {
    edge_threshold: i32,
}

impl Scorer for Cpu {
    type Prepared = ();

    fn info() -> ScorerInfo {
        ScorerInfo::new("cpu", "patch statistics on the CPU, in integers")
            .param(Param::integer(
                "edge-threshold",
                1..=2040,
                EDGE_THRESHOLD.into(),
                "a pixel is an edge where |gx| + |gy| of the Sobel filter on luma is at least this",
            ))
            .requires("pixels")
            .tensor(
                "patch_stats",
                "[N, 264] i64: count, 256-bin luma histogram, colour sums, edges, structure tensor",
            )
            .determinism(Determinism::BitExact)
            .parallel()
    }

    fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        let threshold = params.integer("edge-threshold")?;
        let edge_threshold =
            i32::try_from(threshold).map_err(|_| Fault::invalid("edge-threshold is out of range"))?;
        Ok(Cpu { edge_threshold })
    }

    fn plan(&self, phase: Phase, input: &Inputs<'_>) -> Result<Vec<OutputSpec>, Fault> {
        let shape = [input.grid()?.patches() as u64, FIELDS as u64];
        Ok(match phase {
            Phase::PREPARE => vec![OutputSpec::new("patch_stats", DType::I64, &shape)],
            _ => Vec::new(),
        })
    }

    fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, call: &Call<'_>) -> Result<(), Fault> {
        let pixels = input.pixels()?;
        let tiling = Tiling::new(input.grid()?, pixels.width(), pixels.height())
            .map_err(|e| Fault::invalid(e.to_string()))?;
        let stats = scan_threads(&pixels, &tiling, self.edge_threshold, call.max_threads());
        output.write("patch_stats", stats.as_slice())
    }
}

arrcoc_sdk::export_plugin! {
    id: "cpu",
    vendor: "The ARR-COC developers",
    scorers: [Cpu],
    allocators: [],
}
