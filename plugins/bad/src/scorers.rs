//! Scorers that break one promise each.

use arrcoc_sdk::prelude::*;

macro_rules! bad_scorer {
    ($name:ident, $id:literal, $doc:literal, |$output:ident| $body:expr) => {
        #[doc = $doc]
        pub(crate) struct $name;

        impl Scorer for $name {
            type Prepared = ();

            fn info() -> ScorerInfo {
                ScorerInfo::new($id, concat!("fixture: ", $doc)).requires("patch_stats").channel(
                    "badness",
                    Way::Perspectival,
                    "nothing",
                )
            }

            fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
                Ok($name)
            }

            fn prepare(
                &self,
                _input: &Inputs<'_>,
                $output: &mut Outputs<'_>,
                _call: &Call<'_>,
            ) -> Result<(), Fault> {
                $body
            }
        }
    };
}

bad_scorer!(BadNan, "bad-nan", "returns a score that is not a number", |output| {
    let badness = output.slice::<f32>("badness")?;
    badness.fill(0.5);
    badness[3] = f32::NAN;
    Ok(())
});

bad_scorer!(BadUnwritten, "bad-unwritten", "leaves scores unwritten", |output| {
    output.slice::<f32>("badness")?[1..].fill(0.5);
    Ok(())
});

bad_scorer!(BadScale, "bad-scale", "returns scores outside the scale it declares", |output| {
    output.slice::<f32>("badness")?.fill(1.5);
    Ok(())
});

bad_scorer!(BadScorerFault, "bad-scorer-fault", "fails with a reason", |_output| {
    Err(Fault::new(FaultCode::DEVICE_LOST, "the device went away"))
});

bad_scorer!(BadScorerPanic, "bad-scorer-panic", "panics", |output| {
    let patches = output.slice::<f32>("badness")?.len();
    panic!("lost count of the patches, all {patches} of them")
});
