//! A library whose description has side effects: it writes the file that the
//! variable `ARRCOC_BAD_SPILL` names, or prints where there is none.

use arrcoc_sdk::prelude::*;

/// Leaves a trace when it is described.
struct Spiller;

impl Scorer for Spiller {
    type Prepared = ();

    fn info() -> ScorerInfo {
        match std::env::var_os("ARRCOC_BAD_SPILL") {
            // A file that cannot be written is a trace that is not left.
            Some(path) => drop(std::fs::write(path, "described\n")),
            None => println!("described"),
        }
        ScorerInfo::new("bad-spill", "fixture: its description has side effects").channel(
            "badness",
            Way::Perspectival,
            "nothing",
        )
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Spiller)
    }

    fn prepare(&self, _: &Inputs<'_>, output: &mut Outputs<'_>, _call: &Call<'_>) -> Result<(), Fault> {
        output.slice::<f32>("badness")?.fill(0.5);
        Ok(())
    }
}

arrcoc_sdk::export_plugin! {
    id: "bad-spill",
    vendor: "The ARR-COC developers",
    scorers: [Spiller],
    allocators: [],
}
