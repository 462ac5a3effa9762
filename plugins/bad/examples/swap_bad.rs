//! A version of the library `swap` that misbehaves as its parameter `kind` says.

use std::time::Duration;

use arrcoc_sdk::prelude::*;

struct Swap {
    kind: String,
}

impl Scorer for Swap {
    type Prepared = ();

    fn info() -> ScorerInfo {
        let kinds = ["good", "nan", "scale", "crash", "hang", "slow", "unknown"];
        ScorerInfo::new("swap", "fixture: one answer for every patch, or none")
            .param(Param::choice("kind", &kinds, "good", "what it does instead"))
            .requires("patch_stats")
            .channel("swap-answer", Way::Perspectival, "one half")
            // On a scale of its own, so that only a calibration could say what it means.
            .channel_on("raw", Way::Perspectival, Scale::Raw, "nothing")
    }

    fn make(params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(Swap { kind: params.text("kind")?.to_owned() })
    }

    fn plan(&self, phase: Phase, input: &Inputs<'_>) -> Result<Vec<OutputSpec>, Fault> {
        let patches = input.grid()?.patches() as u64;
        let raw = (self.kind == "unknown").then(|| OutputSpec::f32("raw", &[patches]));
        let mut planned = vec![OutputSpec::f32("swap-answer", &[patches])];
        planned.extend(raw);
        Ok(if phase == Phase::PREPARE { planned } else { Vec::new() })
    }

    fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, _call: &Call<'_>) -> Result<(), Fault> {
        input.patch_stats()?;
        let answer = output.slice::<f32>("swap-answer")?;
        answer.fill(0.5);
        match self.kind.as_str() {
            "nan" => answer[0] = f32::NAN,
            "scale" => answer[0] = 1.5,
            "crash" => std::process::abort(),
            "hang" => loop {
                std::thread::sleep(Duration::from_secs(1));
            },
            "slow" => std::thread::sleep(Duration::from_millis(40)),
            "unknown" => output.slice::<f32>("raw")?.fill(7.0),
            _ => {}
        }
        Ok(())
    }
}

arrcoc_sdk::export_plugin! {
    id: "swap",
    vendor: "The ARR-COC developers",
    version: "3.0.0",
    scorers: [Swap],
    allocators: [],
}
