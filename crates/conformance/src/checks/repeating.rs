//! Tests of sameness: the same again, alone or beside others, from one
//! instance or from two.

use arrcoc_sdk::{buffer::TensorBuf, describe::Determinism, foreign::Grant};

use crate::{
    answer::{asks, same},
    bench::{Bench, Finding, Stop, failed, skipped},
    scene::{Case, PLAIN, SMALL, Scene},
    subject::{Answer, PLAINLY, Subject},
};

const UNPROMISED: &str = "it makes no promise to repeat itself (determinism `None`)";

/// The declared determinism, or a reason not to compare.
pub(super) fn promised(bench: &Bench) -> Result<Determinism, Stop> {
    match bench.determinism()? {
        Determinism::None => skipped(UNPROMISED),
        other => Ok(other),
    }
}

/// Asks the same several times and, where the promise is about bits on every machine, with other threads.
pub(super) fn determinism(bench: &Bench) -> Finding {
    let subject = bench.subject()?;
    let within = promised(bench)?;
    let scene = bench.scene(PLAIN)?;
    let ask = |subject: &Subject, threads| {
        bench.at(format!("asking with {threads} threads, {}", scene.about));
        bench.ask(subject, &scene, PLAINLY, &Grant::threads(threads)).map_err(Stop::from)
    };
    let first = ask(&subject, 1)?;
    for run in 2..=4 {
        if let Err(what) = same(&first, &ask(&subject, 1)?, within) {
            return failed(format!("{what}, in run {run}"));
        }
    }
    if within == Determinism::BitExact
        && let Err(what) = same(&first, &ask(&subject, 2)?, within)
    {
        return failed(format!("{what}, with 2 threads instead of 1"));
    }
    Ok(match within {
        Determinism::Tolerance { abs, rel } => format!("within {abs} + {rel} × the number"),
        Determinism::RunToRun => "the same bits from run to run".into(),
        _ => "the same bits, with 1 and 2 threads".into(),
    })
}

/// Asks questions at once and each alone.
pub(super) fn batch(bench: &Bench) -> Finding {
    let subject = bench.subject()?;
    let within = promised(bench)?;
    let questions = ["What is the total?", "the red box", ""];
    let scene = bench.scene(SMALL)?;
    let ask = |questions: &[&str]| -> Result<Answer, Stop> {
        bench.at(format!("asking {} questions at once", questions.len()));
        let scene = scene.clone().asking(questions)?;
        Ok(bench.ask(&subject, &scene, PLAINLY, &Grant::threads(1))?)
    };
    let once = ask(&questions)?;
    let of_questions = |output: &&TensorBuf| output.shape().first() == Some(&(questions.len() as u64));
    if !asks(bench.part()?) && !once.iter().any(|output| of_questions(&output)) {
        return skipped("nothing that it gives depends on a question");
    }
    for (at, question) in questions.iter().enumerate() {
        let alone = ask(&[question])?;
        let mut own = Vec::new();
        for (many, one) in once.iter().zip(&alone) {
            own.push(if many.shape() == one.shape() { many.clone() } else { row(many, at)? });
        }
        if let Err(what) = same(&own, &alone, within) {
            return failed(format!("{what}: among {} and alone, question {}", questions.len(), at + 1));
        }
    }
    Ok(format!("{} questions", questions.len()))
}

/// The part of an output that is about one question.
fn row(output: &TensorBuf, at: usize) -> Result<TensorBuf, Stop> {
    let mut shape = output.shape().to_vec();
    let Some(first) = shape.first_mut() else { return Ok(output.clone()) };
    let count = usize::try_from(*first).unwrap_or(1).max(1);
    *first = 1;
    let length = output.as_bytes().len() / count;
    let bytes = output.as_bytes().get(at * length..(at + 1) * length).unwrap_or_default();
    Ok(TensorBuf::from_bytes(output.name(), output.dtype(), &shape, bytes)?)
}

/// Asks two instances in turn about two pictures, and compares with one that is alone.
pub(super) fn instances(bench: &Bench) -> Finding {
    let within = promised(bench)?;
    let scenes = [SMALL, Case { width: 90, height: 90, rows: 5, cols: 3 }].map(|case| bench.scene(case));
    let [Ok(one), Ok(other)] = &scenes else { return bench.scene(SMALL).map(|_| String::new()) };
    let ask = |subject: &Subject, scene: &Scene| {
        bench.ask(subject, scene, PLAINLY, &Grant::threads(1)).map_err(Stop::from)
    };
    bench.at("asking an instance that is alone");
    let first = bench.subject()?;
    let alone = [ask(&first, one)?, ask(&first, other)?];
    if same(&alone[0], &ask(&first, one)?, within).is_err() {
        return skipped("it does not repeat itself when it is alone");
    }
    bench.at("asking two instances in turn");
    let second = bench.subject()?;
    for turn in 0..3 {
        for (subject, name) in [(&first, "first"), (&second, "second")] {
            for (scene, expected) in [one, other].into_iter().zip(&alone) {
                if let Err(what) = same(expected, &ask(subject, scene)?, within) {
                    return failed(format!("{what}: alone and in turn {} of the {name} instance", turn + 1));
                }
            }
        }
    }
    drop(first);
    if let Err(what) = same(&alone[0], &ask(&second, one)?, within) {
        return failed(format!("{what}: alone and after the other instance was dropped"));
    }
    Ok(String::new())
}
