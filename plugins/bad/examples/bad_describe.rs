//! A library that describes itself otherwise each time.

use std::sync::atomic::{AtomicU32, Ordering};

use arrcoc_sdk::prelude::*;

/// Says of itself how often it was asked.
struct Talkative;

impl Scorer for Talkative {
    type Prepared = ();

    fn info() -> ScorerInfo {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let asked = ASKED.fetch_add(1, Ordering::Relaxed);
        ScorerInfo::new("bad-describe", &format!("fixture: was described {asked} times before")).channel(
            "badness",
            Way::Perspectival,
            "nothing",
        )
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Talkative)
    }

    fn prepare(&self, _: &Inputs<'_>, output: &mut Outputs<'_>, _call: &Call<'_>) -> Result<(), Fault> {
        output.slice::<f32>("badness")?.fill(0.5);
        Ok(())
    }
}

arrcoc_sdk::export_plugin! {
    id: "bad-describe",
    vendor: "The ARR-COC developers",
    scorers: [Talkative],
    allocators: [],
}
