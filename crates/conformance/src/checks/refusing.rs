//! Tests of what must be refused: tensors that are missing or wrong, states
//! that are not, verbs that nobody knows.

use arrcoc_sdk::{
    abi::FaultCode,
    buffer::TensorBuf,
    fault::Fault,
    foreign::{Grant, Request},
};

use crate::{
    bench::{Bench, Finding, Stop, failed, skipped},
    scene::{OWN, SMALL, Scene, of_other_shape, of_other_type},
    subject::{self, PLAINLY, Subject, Trouble},
};

/// Names of the tensors that a call cannot do without.
fn required(bench: &Bench) -> Result<Vec<String>, Stop> {
    let needs = bench.part()?.needs();
    let mut names = needs.requires;
    if needs.allocator {
        names.extend(OWN.map(str::to_owned));
    }
    Ok(names)
}

/// A scene with nothing optional in it, which might stand in for what is missing.
fn bare(bench: &Bench) -> Result<Scene, Stop> {
    bench.scene(SMALL)?;
    Ok(Scene::bare(SMALL, &bench.part()?.needs())?)
}

/// Leaves out each required tensor.
pub(super) fn missing(bench: &Bench) -> Finding {
    let subject = bench.subject()?;
    let names = required(bench)?;
    if names.is_empty() {
        return skipped("it requires no tensor");
    }
    for name in &names {
        let scene = bare(bench)?.without(name);
        bench.at(format!("asking without `{name}`"));
        match bench.ask(&subject, &scene, PLAINLY, &Grant::threads(1)) {
            Err(Trouble::Fault(fault)) if fault.code == FaultCode::INVALID_INPUT => {}
            Err(trouble) => return failed(format!("without `{name}`: {trouble}")),
            Ok(_) => return failed(format!("without `{name}` there was an answer")),
        }
    }
    Ok(names.join(", "))
}

/// Puts a tensor of the wrong type, and one of the wrong shape, in the place of each required one.
pub(super) fn wrong(bench: &Bench) -> Finding {
    let subject = bench.subject()?;
    let names = required(bench)?;
    if names.is_empty() {
        return skipped("it requires no tensor");
    }
    for name in &names {
        let scene = bare(bench)?;
        let Some(right) = scene.tensor(name) else { continue };
        let others = [("type", of_other_type(right)?), ("shape", of_other_shape(right)?)];
        for (what, other) in others {
            let about = format!("`{name}` of the wrong {what}, {} {:?}", other.dtype(), other.shape());
            bench.at(format!("asking with {about}"));
            match bench.ask(&subject, &scene.clone().with(other), PLAINLY, &Grant::threads(1)) {
                Err(Trouble::Fault(fault)) if fault.code != FaultCode::PANICKED => {}
                Err(trouble) => return failed(format!("with {about}: {trouble}")),
                Ok(_) => return failed(format!("with {about} there was an answer")),
            }
        }
    }
    Ok(names.join(", "))
}

/// Asks states that are there, were released, and never were.
pub(super) fn states(bench: &Bench) -> Finding {
    let subject = bench.subject()?;
    let Subject::Scorer(scorer) = &subject else { return skipped("it is no scorer") };
    let scene = bench.scene(SMALL)?;
    let grant = Grant::threads(1);
    let prepare = || subject::prepare(scorer, &scene, PLAINLY, &grant).map_err(Stop::from);
    let score = |state: u64, scene: &Scene| subject::score(scorer, state, scene, PLAINLY, &grant);

    bench.at("asking one state several times");
    let ((one, _), (other, _)) = (prepare()?, prepare()?);
    if one == 0 && other == 0 {
        return skipped("it keeps no states");
    }
    if one == other {
        return failed(format!("two pictures got the same state {one}"));
    }
    for question in ["red", "blue", "red", ""] {
        score(one, &scene.clone().asking(&[question])?)?;
    }
    bench.at("releasing states twice, and ones that never were");
    scorer.release(one);
    scorer.release(one);
    scorer.release(0x5eed);
    for (state, what) in [(one, "a released state"), (0x5eed, "a state that never was")] {
        bench.at(format!("asking {what}"));
        match score(state, &scene) {
            Err(Trouble::Fault(fault)) if fault.code == FaultCode::INVALID_INPUT => {}
            Err(trouble) => return failed(format!("{what}: {trouble}")),
            Ok(_) => return failed(format!("{what} answered")),
        }
    }
    bench.at("asking the other state");
    score(other, &scene)?;
    scorer.release(other);
    Ok(String::new())
}

/// Asks for something that nobody knows.
pub(super) fn verb(bench: &Bench) -> Finding {
    const VERB: &str = "no-such-verb";
    let subject = bench.subject()?;
    let scene = bench.scene(SMALL)?;
    let views = scene.tensors.iter().map(TensorBuf::view).collect::<Result<Vec<_>, Fault>>()?;
    let attrs = scene.attributes(true);
    let (request, grant) = (Request::new(&views, &attrs), Grant::threads(1));
    bench.at(format!("asking for the verb `{VERB}`"));
    let result = match &subject {
        Subject::Scorer(scorer) => scorer.extend(VERB, 0, &request, &mut [], &grant).map(|_| ()),
        Subject::Allocator(allocator) => allocator.extend(VERB, &request, &mut [], &grant),
    };
    match result {
        Err(fault) if fault.code == FaultCode::UNSUPPORTED => Ok(String::new()),
        Err(fault) => failed(format!("it was {}", bench.lost(fault))),
        Ok(()) => failed("it was accepted"),
    }
}
