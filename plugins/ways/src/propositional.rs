//! What is there: how much a patch contains, whatever is asked.

use arrcoc_sdk::{describe::Determinism, prelude::*};

pub(crate) struct Propositional;

impl Scorer for Propositional {
    type Prepared = ();

    fn info() -> ScorerInfo {
        let way = Way::Propositional;
        ScorerInfo::new("propositional", "what is there: entropy, deviation and edges of each patch")
            .requires("patch_stats")
            .channel_on("entropy", way, Scale::Raw, "entropy of the luma histogram in bits, over 8")
            .channel_on("deviation", way, Scale::Raw, "twice the standard deviation of luma, over 255")
            .channel_on("edge_density", way, Scale::Raw, "share of pixels that are edges")
            .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Propositional)
    }

    fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, _call: &Call<'_>) -> Result<(), Fault> {
        let stats = input.patch_stats()?;
        for (name, values) in arrcoc_stats::propositional(&stats) {
            output.write(name, &values)?;
        }
        Ok(())
    }
}
