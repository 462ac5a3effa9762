//! Tests of answers: that there is one, for pictures and questions of all
//! kinds, and that it holds what it should.

use std::collections::HashSet;

use arrcoc_sdk::{
    abi::{FaultCode, Phase},
    buffer::TensorBuf,
    describe::ScorerInfo,
    foreign::{ForeignScorer, Grant},
    tensor::OutputSpec,
};

use crate::{
    answer,
    bench::{Bench, Finding, Stop, failed, skipped},
    scene::{Case, PLAIN, SHAPES, SMALL, Scene},
    subject::{self, Fill, Lent, PLAINLY, Part, Subject, Trouble},
};

/// Looks at the plans for several pictures and numbers of questions.
pub(super) fn plan(bench: &Bench) -> Finding {
    let subject = bench.subject()?;
    let (Subject::Scorer(scorer), Part::Scorer(info)) = (&subject, bench.part()?) else {
        return skipped("it is no scorer");
    };
    for case in [PLAIN, Case { width: 37, height: 53, rows: 7, cols: 5 }] {
        for questions in [&["one"][..], &["one", "two", "three"]] {
            let scene = bench.scene(case)?.asking(questions)?;
            for phase in [Phase::PREPARE, Phase::SCORE] {
                bench.at(format!("planning {phase}, {case}"));
                let specs = planned(bench, scorer, phase, &scene)?;
                sound(info, &specs, phase, &scene).map_err(Stop::Failed)?;
                if planned(bench, scorer, phase, &scene)? != specs {
                    return failed(format!("the second plan of {phase} is another one ({case})"));
                }
            }
        }
    }
    Ok(String::new())
}

fn planned(
    bench: &Bench,
    scorer: &ForeignScorer,
    phase: Phase,
    scene: &Scene,
) -> Result<Vec<OutputSpec>, Stop> {
    subject::plan(scorer, phase, scene, &Grant::threads(1)).map_err(|fault| bench.lost(fault).into())
}

/// What the host asks of a plan.
fn sound(info: &ScorerInfo, specs: &[OutputSpec], phase: Phase, scene: &Scene) -> Result<(), String> {
    let patches = u64::from(scene.case.rows) * u64::from(scene.case.cols);
    let expected = match phase {
        Phase::PREPARE => vec![patches],
        _ => vec![scene.questions.len() as u64, patches],
    };
    let mut seen = HashSet::new();
    for spec in specs {
        if !seen.insert(&spec.name) {
            return Err(format!("the output `{}` is planned twice", spec.name));
        }
        let Some(declared) = info.provides.iter().find(|given| given.name == spec.name) else {
            return Err(format!("the output `{}` is planned, and not declared", spec.name));
        };
        if declared.channel.is_some() && (spec.shape != expected || spec.dtype != "f32") {
            return Err(format!(
                "the channel `{}` is planned as {} {:?}, not f32 {expected:?}",
                spec.name, spec.dtype, spec.shape
            ));
        }
    }
    Ok(())
}

/// Asks about a plain picture, with all tensors and with those alone that are required.
pub(super) fn answers(bench: &Bench) -> Finding {
    let subject = bench.subject()?;
    let scene = bench.scene(PLAIN)?;
    bench.at(format!("asking, {}", scene.about));
    let outputs = bench.ask(&subject, &scene, PLAINLY, &Grant::threads(1))?.len();
    let mut text = if outputs == 1 { "1 output".to_owned() } else { format!("{outputs} outputs") };
    let needs = bench.part()?.needs();
    if !needs.optional.is_empty() {
        let bare = Scene::bare(PLAIN, &needs)?;
        bench.at(format!("asking, {}", bare.about));
        // One of several optional tensors may have to be there, which a description has no word for.
        match bench.ask(&subject, &bare, PLAINLY, &Grant::threads(1)) {
            Ok(_) => {}
            Err(Trouble::Fault(fault)) if reasonable(fault.code) => {
                text += &format!("; without optional tensors: {}", fault.message);
            }
            Err(trouble) => return failed(format!("{trouble} ({})", bare.about)),
        }
    }
    Ok(text)
}

/// Looks at every element: asks twice, over memory with another content, so that a number that happens to look like
/// the reserved pattern is no mistake and a byte that was never written is one.
pub(super) fn output_written(bench: &Bench) -> Finding {
    let subject = bench.subject()?;
    let scene = bench.scene(PLAIN)?;
    const BYTE: u8 = 0x3c;
    bench.at(format!("asking, {}", scene.about));
    let grant = Grant::threads(1);
    let patterned = bench.ask(&subject, &scene, PLAINLY, &grant)?;
    let filled = bench.ask(&subject, &scene, Lent { fill: Fill::Byte(BYTE), ..PLAINLY }, &grant)?;
    let mut elements = 0;
    for (one, other) in patterned.iter().zip(&filled) {
        elements += one.shape().iter().product::<u64>();
        let fresh = TensorBuf::unwritten(
            &OutputSpec::new(one.name(), one.dtype(), one.shape()),
            one.as_bytes().len(),
        )?;
        let size = one.dtype().size().unwrap_or(1);
        let triples = one
            .as_bytes()
            .chunks_exact(size)
            .zip(other.as_bytes().chunks_exact(size))
            .zip(fresh.as_bytes().chunks_exact(size));
        let unwritten = triples
            .filter(|((one, other), fresh)| one == fresh && other.iter().all(|byte| *byte == BYTE))
            .count();
        if unwritten > 0 {
            let total = one.as_bytes().len() / size;
            return failed(format!(
                "output `{}`: {unwritten} of {total} elements were not written",
                one.name()
            ));
        }
        answer::finite_and_on_scale(one, bench.part()?).map_err(Stop::Failed)?;
    }
    Ok(format!("{elements} elements"))
}

/// Asks about pictures of all shapes.
pub(super) fn shapes(bench: &Bench) -> Finding {
    let subject = bench.subject()?;
    let mut said = Said::default();
    for case in SHAPES {
        let scene = bench.scene(case)?;
        bench.at(format!("asking, {}", scene.about));
        said.take(bench, &subject, &scene)?;
    }
    Ok(said.text())
}

/// Asks all kinds of questions.
pub(super) fn questions(bench: &Bench) -> Finding {
    let subject = bench.subject()?;
    let scene = bench.scene(SMALL)?;
    let Subject::Scorer(scorer) = &subject else { return skipped("it is no scorer") };
    let nothing = subject::plan(scorer, Phase::SCORE, &scene, &Grant::threads(1))?.is_empty();
    if nothing && !answer::asks(bench.part()?) {
        return skipped("nothing that it gives depends on a question");
    }
    let long = "What does the sign say? ".repeat(427);
    let cases: [(&str, &[&str]); 8] = [
        ("the empty question", &[""]),
        ("a question of spaces", &[" \t \n "]),
        ("a question of 10 kB", &[&long]),
        ("a question in several scripts", &["Où est le café? 門はどこ أين 🏮 ǅ ﬁ"]),
        (
            "a question with marks that combine and turn",
            &["a\u{301}\u{323} \u{202e}desrever\u{202c} \u{200d}\u{feff}"],
        ),
        ("a question with control characters", &["a\u{0}b\u{1}c\u{1b}[31m\u{7f}\u{85}"]),
        ("three questions at once", &["What is red?", "", "Which line is the total on?"]),
        ("one question three times", &["red", "red", "red"]),
    ];
    let mut said = Said::default();
    for (what, questions) in cases {
        let mut scene = scene.clone().asking(questions)?;
        scene.about = what.to_owned();
        bench.at(format!("asking {what}"));
        said.take(bench, &subject, &scene)?;
    }
    Ok(said.text())
}

/// Answers, and faults that name a reason.
#[derive(Default)]
struct Said {
    answers: usize,
    reasons: Vec<String>,
}

impl Said {
    fn take(&mut self, bench: &Bench, subject: &Subject, scene: &Scene) -> Result<(), Stop> {
        match bench.ask(subject, scene, PLAINLY, &Grant::threads(1)) {
            Ok(answer) => {
                self.answers += 1;
                bench.check(&answer, scene)
            }
            Err(Trouble::Fault(fault)) if reasonable(fault.code) && !fault.message.trim().is_empty() => {
                self.reasons.push(format!("{}: {}", scene.about, fault.message));
                Ok(())
            }
            Err(trouble) => failed(format!("{trouble} ({})", scene.about)),
        }
    }

    fn text(self) -> String {
        let Said { answers, reasons } = self;
        match reasons.first() {
            None => format!("{answers} answers"),
            Some(first) => format!("{answers} answers, {} reasons, such as {first}", reasons.len()),
        }
    }
}

/// Whether a code is one by which a plugin declines.
fn reasonable(code: FaultCode) -> bool {
    matches!(code, FaultCode::INVALID_INPUT | FaultCode::UNSUPPORTED | FaultCode::OUT_OF_MEMORY)
}
