//! A version of the library `swap` that has less than the others: one scorer is gone, and the other needs what nobody
//! has.

use arrcoc_sdk::prelude::*;

struct Swap;

impl Scorer for Swap {
    type Prepared = ();

    fn info() -> ScorerInfo {
        ScorerInfo::new("swap", "fixture: needs what nobody has").requires("no_such_tensor").channel(
            "swap-answer",
            Way::Perspectival,
            "nothing",
        )
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Swap)
    }

    fn prepare(&self, _: &Inputs<'_>, output: &mut Outputs<'_>, _call: &Call<'_>) -> Result<(), Fault> {
        output.slice::<f32>("swap-answer")?.fill(0.5);
        Ok(())
    }
}

arrcoc_sdk::export_plugin! {
    id: "swap",
    vendor: "The ARR-COC developers",
    version: "4.0.0",
    scorers: [Swap],
    allocators: [],
}
