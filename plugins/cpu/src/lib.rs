//! The CPU backend. It provides the tensor `patch_stats` and nothing else:
//! scoring code exists once, in plugins that read the statistics, so that every
//! backend gives the same scores. An image that is too large for memory comes in
//! bands of rows, which are added into one table.

#![deny(unsafe_code)]

use std::hint::black_box;

use arrcoc_sdk::{
    backend::{self, Measured, PATCH_STATS, median_seconds, tiling},
    prelude::*,
};
use arrcoc_stats::{Band, FIELDS, Tiling, scan_band, scan_threads};

struct Cpu {
    edge_threshold: i32,
}

impl Scorer for Cpu {
    type Prepared = ();

    fn info() -> ScorerInfo {
        backend::info("cpu", "patch statistics on the CPU, in integers").parallel().feeds().measures()
    }

    fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Cpu { edge_threshold: backend::edge_threshold(params)? })
    }

    fn plan(&self, phase: Phase, input: &Inputs<'_>) -> Result<Vec<OutputSpec>, Fault> {
        backend::plan(phase, input)
    }

    fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, call: &Call<'_>) -> Result<(), Fault> {
        let pixels = input.pixels()?;
        let tiling = tiling(input, pixels.width(), pixels.height())?;
        let table = output.slice::<i64>(PATCH_STATS)?;
        table.fill(0);
        scan_band(&Band::whole(pixels), &tiling, self.edge_threshold, call.max_threads(), table);
        Ok(())
    }

    fn feed(&self, input: &Inputs<'_>, _call: &Call<'_>) -> Result<Fed<()>, Fault> {
        let band = input.band()?;
        let tiling = tiling(input, band.width(), band.height())?;
        let table = vec![0; tiling.grid().patches() * FIELDS];
        Ok(Box::new(Counted { tiling, edge_threshold: self.edge_threshold, table }))
    }

    fn measure(&self, input: &Inputs<'_>, call: &Call<'_>) -> Result<Measured, Fault> {
        let pixels = input.pixels()?;
        let tiling = tiling(input, pixels.width(), pixels.height())?;
        let work = median_seconds(call, || {
            black_box(scan_threads(&pixels, &tiling, self.edge_threshold, call.max_threads()));
            Ok(())
        })?;
        let mut place = vec![0; pixels.data().len()];
        let copy = median_seconds(call, || {
            place.copy_from_slice(black_box(pixels.data()));
            black_box(&mut place);
            Ok(())
        })?;
        Ok(Measured { work, upload: 0.0, copy })
    }
}

/// What was counted in the bands that have come.
struct Counted {
    tiling: Tiling,
    edge_threshold: i32,
    table: Vec<i64>,
}

impl Feed<()> for Counted {
    fn take(&mut self, band: &Band<'_>, _input: &Inputs<'_>, call: &Call<'_>) -> Result<(), Fault> {
        call.check()?;
        scan_band(band, &self.tiling, self.edge_threshold, call.max_threads(), &mut self.table);
        Ok(())
    }

    fn finish(
        self: Box<Self>,
        _input: &Inputs<'_>,
        output: &mut Outputs<'_>,
        _call: &Call<'_>,
    ) -> Result<(), Fault> {
        output.write(PATCH_STATS, &self.table)
    }
}

arrcoc_sdk::export_plugin! {
    id: "cpu",
    vendor: "The ARR-COC developers",
    scorers: [Cpu],
    allocators: [],
}

#[cfg(test)]
mod tests {
    use arrcoc_sdk::testing::Scene;
    use arrcoc_stats::Grid;

    use super::*;

    #[test]
    fn bands_of_any_height_give_the_same_table() {
        let noise = |i: u32| (i.wrapping_mul(2_654_435_761) >> 13) as u8;
        let rgb: Vec<u8> = (0..3 * 61 * 47).map(noise).collect();
        let scene = Scene::new(Grid::new(5, 4).unwrap(), 61, 47, &rgb).unwrap();
        let parameters = [("edge-threshold", 100.into())];
        let at_once = scene.run::<Cpu>(&parameters).unwrap();
        for rows in [1, 2, 13, 46, 47] {
            let by_bands = scene.run_in_bands::<Cpu>(rows, &parameters).unwrap();
            assert_eq!(by_bands[0].as_bytes(), at_once[0].as_bytes(), "{rows}");
        }
    }
}
