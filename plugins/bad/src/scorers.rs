//! Scorers that break one promise each, in a single call.

use arrcoc_sdk::{describe::Determinism, prelude::*};

use crate::ends;

/// What a fixture says about itself: one channel that always is 0.5.
pub(crate) fn info(id: &str, doc: &str) -> ScorerInfo {
    ScorerInfo::new(id, &format!("fixture: {doc}"))
        .requires("patch_stats")
        .channel("badness", Way::Perspectival, "nothing")
        .determinism(Determinism::BitExact)
}

/// What a fixture does apart from its fault: reads its input as it should, and answers.
pub(crate) fn plain<'o>(input: &Inputs<'_>, output: &'o mut Outputs<'_>) -> Result<&'o mut [f32], Fault> {
    input.patch_stats()?;
    let badness = output.slice::<f32>("badness")?;
    badness.fill(0.5);
    Ok(badness)
}

macro_rules! bad_scorer {
    ($name:ident, $id:literal, $doc:literal, |$input:ident, $output:ident, $call:ident| $body:expr) => {
        #[doc = $doc]
        pub(crate) struct $name;

        impl Scorer for $name {
            type Prepared = ();

            fn info() -> ScorerInfo {
                $crate::scorers::info($id, $doc)
            }

            fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
                Ok($name)
            }

            fn prepare(
                &self,
                $input: &Inputs<'_>,
                $output: &mut Outputs<'_>,
                $call: &Call<'_>,
            ) -> Result<(), Fault> {
                $body
            }
        }
    };
}
pub(crate) use bad_scorer;

bad_scorer!(BadNan, "bad-nan", "returns a score that is not a number", |input, output, _call| {
    let badness = plain(input, output)?;
    let at = badness.len().min(4) - 1;
    badness[at] = f32::NAN;
    Ok(())
});

bad_scorer!(BadUnwritten, "bad-unwritten", "leaves scores unwritten", |input, output, _call| {
    input.patch_stats()?;
    output.slice::<f32>("badness")?[1..].fill(0.5);
    Ok(())
});

bad_scorer!(BadScale, "bad-scale", "returns scores outside the scale it declares", |input, output, _call| {
    plain(input, output)?.fill(1.5);
    Ok(())
});

bad_scorer!(BadScorerFault, "bad-scorer-fault", "fails with a reason", |_input, _output, _call| {
    Err(Fault::new(FaultCode::DEVICE_LOST, "the device went away"))
});

bad_scorer!(BadScorerPanic, "bad-scorer-panic", "panics", |_input, output, _call| {
    let patches = output.slice::<f32>("badness")?.len();
    panic!("lost count of the patches, all {patches} of them")
});

bad_scorer!(BadSegfault, "bad-segfault", "writes to an address it does not have", |input, output, _call| {
    plain(input, output)?;
    ends::segfault();
    Ok(())
});

bad_scorer!(BadAbort, "bad-abort", "aborts the process", |_input, _output, _call| std::process::abort());

bad_scorer!(BadExit, "bad-exit", "ends the process with code 3", |_input, _output, _call| {
    std::process::exit(3)
});

bad_scorer!(BadHang, "bad-hang", "never returns", |_input, _output, _call| ends::hang());

bad_scorer!(BadLate, "bad-late", "answers rightly, 60 ms past its deadline", |input, output, call| {
    plain(input, output)?;
    ends::late(call)
});

bad_scorer!(BadMemory, "bad-memory", "takes memory without end", |_input, _output, _call| ends::memory());

bad_scorer!(BadOverrun, "bad-overrun", "writes beyond the end of its output", |input, output, _call| {
    ends::overrun(plain(input, output)?);
    Ok(())
});

bad_scorer!(BadInput, "bad-input", "writes to its input", |input, output, _call| {
    plain(input, output)?;
    ends::write_to_input(input.require("patch_stats")?.bytes());
    Ok(())
});
