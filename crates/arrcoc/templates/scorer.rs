//! A scorer: it looks at every patch of an image and gives each a number.
//!
//! This one scores a patch by its share of dark pixels. Replace that by what
//! you think makes a patch worth more tokens.

use arrcoc_sdk::prelude::*;

struct TypeName {
    below: usize,
}

impl Scorer for TypeName {
    // What is kept between the image and the question; `()` when the question does not matter.
    type Prepared = ();

    fn info() -> ScorerInfo {
        ScorerInfo::new("PLUGIN-ID", "share of dark pixels in each patch")
            .param(Param::integer("below", 1..=256, 96, "luma below which a pixel is dark, 0 to 255"))
            // Statistics of every patch, in integers; whichever backend runs provides them.
            .requires("patch_stats")
            // Numbers from 0 to 1, comparable between images.
            .channel("darkness", Way::Perspectival, "share of pixels that are dark")
            // The same bits on every machine: `arrcoc-conformance` holds you to it.
            .determinism(Determinism::BitExact)
    }

    fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(TypeName { below: params.integer("below")? as usize })
    }

    fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, _call: &Call<'_>) -> Result<(), Fault> {
        let stats = input.patch_stats()?;
        let darkness = output.slice::<f32>("darkness")?;
        for (i, value) in darkness.iter_mut().enumerate() {
            let patch = stats.patch(i);
            let dark: i64 = patch.histogram()[..self.below].iter().sum();
            *value = dark as f32 / patch.count() as f32;
        }
        Ok(())
    }
}

arrcoc_sdk::export_plugin! {
    id: "PLUGIN-ID",
    vendor: "you",
    scorers: [TypeName],
    allocators: [],
}

#[cfg(test)]
mod tests {
    use arrcoc_sdk::{stats::Grid, testing::Scene};

    use super::*;

    #[test]
    fn scores_are_written_and_between_0_and_1() {
        // `run` goes through the same adapters and checks as a loaded library.
        let scene = Scene::stripes(Grid::new(3, 4).unwrap()).unwrap();
        let outputs = scene.run::<TypeName>(&[("below", 128.into())]).unwrap();
        let darkness = outputs[0].view().unwrap().as_slice::<f32>().unwrap();
        assert_eq!(darkness.len(), 12);
        assert!(darkness.iter().all(|v| (0.0..=1.0).contains(v)));
        assert_eq!(darkness[0], 1.0, "the first column is flat and dark");
    }

    #[test]
    fn a_parameter_out_of_range_is_refused() {
        let scene = Scene::stripes(Grid::new(2, 2).unwrap()).unwrap();
        assert!(scene.run::<TypeName>(&[("below", 300.into())]).is_err());
    }
}
