//! The test of the verb `feed`: a picture that comes in bands of rows gives what
//! the picture gives at once, and bands come in order or are refused.

use std::ops::Range;

use arrcoc_sdk::{
    abi::{FaultCode, Phase},
    describe::{Determinism, FEED},
    foreign::{ForeignScorer, Grant},
    tensor::OutputSpec,
};

use crate::{
    answer,
    bench::{Bench, Finding, Stop, failed, skipped},
    scene::{Case, SMALL, Scene},
    subject::{self, Answer, PLAINLY, Part, Subject, Trouble},
};

/// Pictures with odd sides, with sides that are powers of two, and with more rows than most bands.
const PICTURES: [Case; 3] = [
    Case { width: 37, height: 53, rows: 7, cols: 5 },
    Case { width: 64, height: 64, rows: 4, cols: 4 },
    Case { width: 2, height: 700, rows: 20, cols: 1 },
];

/// Heights of bands: one row, primes, and more than there are rows.
const HEIGHTS: [u32; 5] = [1, 2, 7, 31, 1000];

/// Gives pictures by bands of all heights, and then in the wrong order.
pub(super) fn feed(bench: &Bench) -> Finding {
    let subject = bench.subject()?;
    let (Subject::Scorer(scorer), Part::Scorer(info)) = (&subject, bench.part()?) else {
        return skipped("it is no scorer");
    };
    let scene = |case: Case| -> Result<Scene, Stop> { Ok(bench.scene(case)?.seen(&bench.part()?.needs())?) };
    if !info.knows(FEED) {
        bench.at(format!("asking for the verb `{FEED}`, which it does not declare"));
        return match give(scorer, 0, &scene(SMALL)?, 0..8, &[]) {
            Err(Trouble::Fault(fault)) if fault.code == FaultCode::UNSUPPORTED => {
                Ok("it takes no bands, and does not say so".into())
            }
            Err(trouble) => {
                failed(format!("it does not declare `{FEED}`, and said: {}", lost(bench, trouble)))
            }
            Ok(_) => failed(format!("it does not declare `{FEED}`, and took a band")),
        };
    }
    if !info.requires.iter().chain(&info.optional).any(|name| name == "pixels") {
        return failed(format!("it declares `{FEED}`, and `pixels` is not among what it looks at"));
    }
    let mut compared = 0;
    for case in PICTURES {
        let scene = scene(case)?;
        bench.at(format!("asking, {}", scene.about));
        let at_once = bench.ask(&subject, &scene, PLAINLY, &Grant::threads(1))?;
        for rows in HEIGHTS {
            let what = format!("by bands of {rows} rows, {}", scene.about);
            bench.at(format!("asking {what}"));
            let by_bands = in_bands(scorer, &scene, rows).map_err(|trouble| lost(bench, trouble))?;
            bench.check(&by_bands, &scene)?;
            if bench.determinism()? != Determinism::None {
                answer::same(&at_once, &by_bands, bench.determinism()?)
                    .map_err(|how| Stop::Failed(format!("{how} ({what})")))?;
            }
            compared += 1;
        }
    }
    order(bench, scorer, &scene(SMALL)?)?;
    Ok(format!("{compared} answers"))
}

/// One whole question about a picture that comes in bands.
fn in_bands(scorer: &ForeignScorer, scene: &Scene, rows: u32) -> Result<Answer, Trouble> {
    let specs = plan(scorer, scene)?;
    let height = scene.case.height;
    let (mut state, mut from, mut answer) = (0, 0, Answer::new());
    while from < height {
        let to = from.saturating_add(rows).min(height);
        let last = if to == height { &specs[..] } else { &[] };
        (state, answer) = give(scorer, state, scene, from..to, last)?;
        from = to;
    }
    let scored = subject::score(scorer, state, scene, PLAINLY, &Grant::threads(1));
    scorer.release(state);
    answer.extend(scored?);
    Ok(answer)
}

/// The plan of `prepare`, from the grid alone.
fn plan(scorer: &ForeignScorer, scene: &Scene) -> Result<Vec<OutputSpec>, Trouble> {
    Ok(subject::plan(scorer, Phase::PREPARE, &scene.clone().without("pixels"), &Grant::threads(1))?)
}

/// One call of the verb: the state that it gives, and every output.
fn give(
    scorer: &ForeignScorer,
    state: u64,
    scene: &Scene,
    rows: Range<u32>,
    outputs: &[OutputSpec],
) -> Result<(u64, Answer), Trouble> {
    let (band, grant) = (scene.band(rows)?, Grant::threads(1));
    subject::call(&band, false, outputs, PLAINLY, |request, views| {
        scorer.extend(FEED, state, request, views, &grant)
    })
    .map(|((state, _), answer)| (state, answer))
}

/// Bands that are not due are refused, and the one that is due is taken after that.
fn order(bench: &Bench, scorer: &ForeignScorer, scene: &Scene) -> Result<(), Stop> {
    let refused = |state: u64, rows: Range<u32>, what: &str| {
        bench.at(format!("giving {what}"));
        match give(scorer, state, scene, rows, &[]) {
            Err(Trouble::Fault(fault)) if fault.code == FaultCode::INVALID_INPUT => Ok(()),
            Err(trouble) => failed(format!("{what}: {}", lost(bench, trouble))),
            Ok(_) => failed(format!("{what} was taken")),
        }
    };
    refused(0, 8..16, "a first band that does not begin at the top")?;
    refused(0x5eed, 0..8, "a band for a state that never was")?;
    bench.at("giving a first band");
    let (state, _) = give(scorer, 0, scene, 0..8, &[]).map_err(|trouble| lost(bench, trouble))?;
    refused(state, 0..8, "a band for the second time")?;
    refused(state, 9..16, "a band behind a gap")?;
    bench.at("giving the band that is due, after others were refused");
    let (state, _) = give(scorer, state, scene, 8..16, &[]).map_err(|trouble| lost(bench, trouble))?;
    scorer.release(state);
    refused(state, 16..24, "a band for a released state")
}

/// Keeps count of panics.
fn lost(bench: &Bench, trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Fault(fault) => Trouble::Fault(bench.lost(fault)),
        other => other,
    }
}
