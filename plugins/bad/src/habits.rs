//! Scorers whose fault shows only in several calls, or beside a call: in what
//! they plan, in how they repeat themselves, in what they leave behind.

use std::{
    sync::{
        Once,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use arrcoc_sdk::{describe::Determinism, prelude::*};

use crate::scorers::{bad_scorer, info, plain};

bad_scorer!(
    BadFickle,
    "bad-fickle",
    "says it is exact, and answers otherwise each time",
    |input, output, _call| {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let asked = ASKED.fetch_add(1, Ordering::Relaxed);
        plain(input, output)?.fill(0.5 + (asked % 7) as f32 / 100.0);
        Ok(())
    }
);

bad_scorer!(BadLeak, "bad-leak", "loses 256 KiB of memory a call", |input, output, _call| {
    plain(input, output)?;
    std::hint::black_box(Box::leak(vec![1u8; 256 << 10].into_boxed_slice()));
    Ok(())
});

bad_scorer!(
    BadThreads,
    "bad-threads",
    "leaves four threads running, and says it uses one",
    |input, output, _call| {
        static STARTED: Once = Once::new();
        STARTED.call_once(|| {
            for _ in 0..4 {
                std::thread::spawn(|| {
                    loop {
                        let end = Instant::now() + Duration::from_micros(300);
                        while Instant::now() < end {
                            std::hint::spin_loop();
                        }
                        std::thread::sleep(Duration::from_millis(4));
                    }
                });
            }
        });
        plain(input, output)?;
        Ok(())
    }
);

bad_scorer!(BadSleepy, "bad-sleepy", "takes 300 ms and is deaf to cancel", |input, output, call| {
    plain(input, output)?;
    let end = Instant::now() + Duration::from_millis(300);
    while Instant::now() < end {
        if call.remaining() == Some(Duration::ZERO) {
            return Err(Fault::new(FaultCode::DEADLINE_EXCEEDED, "the call ran out of time"));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
});

/// Plans, and writes, an output that it does not declare.
pub(crate) struct BadPlan;

impl Scorer for BadPlan {
    type Prepared = ();

    fn info() -> ScorerInfo {
        info("bad-plan", "plans an output that it does not declare")
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(BadPlan)
    }

    fn plan(&self, phase: Phase, input: &Inputs<'_>) -> Result<Vec<OutputSpec>, Fault> {
        let patches = input.grid()?.patches() as u64;
        let both = ["badness", "surprise"].map(|name| OutputSpec::f32(name, &[patches]));
        Ok(if phase == Phase::PREPARE { both.into() } else { Vec::new() })
    }

    fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, _call: &Call<'_>) -> Result<(), Fault> {
        plain(input, output)?;
        output.slice::<f32>("surprise")?.fill(0.5);
        Ok(())
    }
}

/// Two instances of it know of each other.
pub(crate) struct BadTwins {
    number: u64,
}

impl Scorer for BadTwins {
    type Prepared = ();

    fn info() -> ScorerInfo {
        info("bad-twins", "answers otherwise when another instance was asked before")
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        static MADE: AtomicU64 = AtomicU64::new(1);
        Ok(BadTwins { number: MADE.fetch_add(1, Ordering::Relaxed) })
    }

    fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, _call: &Call<'_>) -> Result<(), Fault> {
        static ASKED_LAST: AtomicU64 = AtomicU64::new(0);
        let badness = plain(input, output)?;
        let before = ASKED_LAST.swap(self.number, Ordering::AcqRel);
        if before != 0 && before != self.number {
            badness.fill(0.6);
        }
        Ok(())
    }
}

/// Answers a question otherwise when there are others beside it.
pub(crate) struct BadBatch;

/// What [`BadBatch`] keeps: the number of patches.
pub(crate) struct Patches(usize);

impl Scorer for BadBatch {
    type Prepared = Patches;

    fn info() -> ScorerInfo {
        ScorerInfo::new("bad-batch", "fixture: an answer depends on the other questions of a batch")
            .requires("patch_stats")
            .channel("badness", Way::Participatory, "nothing")
            .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(BadBatch)
    }

    fn prepare(&self, input: &Inputs<'_>, _: &mut Outputs<'_>, _call: &Call<'_>) -> Result<Patches, Fault> {
        Ok(Patches(input.patch_stats()?.grid().patches()))
    }
}

impl Prepared for Patches {
    fn score(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, _call: &Call<'_>) -> Result<(), Fault> {
        let badness = output.slice::<f32>("badness")?;
        if input.queries().len() * self.0 != badness.len() {
            return Err(Fault::invalid("the grid is not the one of the image"));
        }
        badness.fill(0.5 / input.queries().len().max(1) as f32);
        Ok(())
    }
}

/// Gives by bands something else than at once.
pub(crate) struct BadFeed;

impl Scorer for BadFeed {
    type Prepared = ();

    fn info() -> ScorerInfo {
        ScorerInfo::new("bad-feed", "fixture: an answer depends on the bands in which the image came")
            .requires("pixels")
            .channel("badness", Way::Perspectival, "nothing")
            .determinism(Determinism::BitExact)
            .feeds()
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(BadFeed)
    }

    fn prepare(&self, input: &Inputs<'_>, output: &mut Outputs<'_>, _call: &Call<'_>) -> Result<(), Fault> {
        input.pixels()?;
        output.slice::<f32>("badness")?.fill(0.5);
        Ok(())
    }

    fn feed(&self, _: &Inputs<'_>, _call: &Call<'_>) -> Result<Fed<()>, Fault> {
        Ok(Box::new(Bands(0)))
    }
}

/// How many have come.
struct Bands(u32);

impl Feed<()> for Bands {
    fn take(&mut self, _: &Band<'_>, _: &Inputs<'_>, _call: &Call<'_>) -> Result<(), Fault> {
        self.0 += 1;
        Ok(())
    }

    fn finish(self: Box<Self>, _: &Inputs<'_>, output: &mut Outputs<'_>, _: &Call<'_>) -> Result<(), Fault> {
        output.slice::<f32>("badness")?.fill(if self.0 == 1 { 0.5 } else { 0.6 });
        Ok(())
    }
}
