//! Tests of memory: what is not the plugin's is not touched.

use arrcoc_sdk::foreign::Grant;

use crate::{
    bench::{Bench, Finding},
    memory::{Edge, GUARDED},
    scene::SHAPES,
    subject::{Lent, PLAINLY},
};

/// Asks with inputs in memory that is read-only.
pub(super) fn input_unmodified(bench: &Bench) -> Finding {
    over_all(bench, Lent { sealed: true, ..PLAINLY })
}

/// Asks with tensors that end at a page which may not be touched.
pub(super) fn no_overrun(bench: &Bench) -> Finding {
    over_all(bench, Lent { edge: Edge::Guard, ..PLAINLY })
}

fn over_all(bench: &Bench, lent: Lent) -> Finding {
    let subject = bench.subject()?;
    for case in SHAPES {
        let scene = bench.scene(case)?;
        bench.at(format!("asking, {}", scene.about));
        match bench.ask(&subject, &scene, lent, &Grant::threads(2)) {
            // A shape that it declines is the concern of another test.
            Ok(_) | Err(crate::subject::Trouble::Fault(_)) => {}
            Err(trouble) => return crate::bench::failed(format!("{trouble} ({})", scene.about)),
        }
    }
    Ok(if GUARDED { String::new() } else { "without guard pages: found after the call only".into() })
}
