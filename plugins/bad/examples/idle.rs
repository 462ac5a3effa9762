//! A scorer that does nothing, rightly: what a call of it takes is what a call
//! costs. It breaks no promise; it is here because nobody would use it.

use arrcoc_sdk::prelude::*;

struct Idle;

struct Nothing;

impl Scorer for Idle {
    type Prepared = Nothing;

    fn info() -> ScorerInfo {
        ScorerInfo::new("idle", "fixture: does nothing").requires("pixels").channel(
            "nothing",
            Way::Participatory,
            "one half, whatever is asked",
        )
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Idle)
    }

    fn prepare(&self, _: &Inputs<'_>, _: &mut Outputs<'_>, _: &Call<'_>) -> Result<Nothing, Fault> {
        Ok(Nothing)
    }
}

impl Prepared for Nothing {
    fn score(&self, _: &Inputs<'_>, output: &mut Outputs<'_>, _: &Call<'_>) -> Result<(), Fault> {
        output.slice::<f32>("nothing")?.fill(0.5);
        Ok(())
    }
}

arrcoc_sdk::export_plugin! {
    id: "idle",
    vendor: "The ARR-COC developers",
    scorers: [Idle],
    allocators: [],
}
