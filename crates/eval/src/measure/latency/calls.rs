//! What a call over the plugin boundary costs, by the level of isolation: the
//! time of a call to a scorer that does nothing, on an image that it has seen.
//! In each round every level takes its turn.

use std::{collections::HashMap, hint::black_box, sync::Arc, time::Instant};

use arrcoc::{Catalogue, Error, Isolation, IsolationLevel, Search};
use arrcoc_host::{Attributes, Fault, Grant, PreparedState, Request, Scorer, TensorBuf, TensorView};
use arrcoc_sdk::{
    abi::DType,
    foreign::writable,
    shelf::Shelf,
    tensor::{OutputSpec, TensorMut},
};

use super::super::Bench;
use crate::{row::Row, suite::Latency};

/// Microseconds of a call.
pub(super) const CALL: &str = "call-p50";

/// Calls of each level that are timed as one.
const AT_ONCE: [(IsolationLevel, u32); 3] =
    [(IsolationLevel::InProcess, 1000), (IsolationLevel::Worker, 20), (IsolationLevel::Sandbox, 20)];

/// The side of the image that the scorer is shown, in pixels.
const SIDE: u32 = 1344;

pub(super) fn cells(latency: &Latency) -> u64 {
    u64::from(latency.calls > 0)
}

pub(super) fn rows(bench: &Bench<'_>, latency: &Latency) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    if latency.calls == 0 {
        return Ok(rows);
    }
    let suite = bench.suite;
    let broken = |fault: Fault| Error::new(format!("scorer `idle`: {fault}"), "report this");
    let pixels = vec![128; (SIDE * SIDE * 3) as usize];
    let shelf = Shelf::default();
    let shape = [SIDE.into(), SIDE.into(), 3];
    let tensor = TensorView::new("pixels", DType::U8, &shape, &pixels).map_err(broken)?.beside(&shelf);
    let tensors = [tensor];
    // One patch: what is written counts as work.
    let attrs =
        Attributes { grid: Some([1, 1]), queries: vec!["what is it?".into()], ..Attributes::default() };
    let request = Request::new(&tensors, &attrs);
    let spec = OutputSpec::f32("nothing", &[1, 1]);
    let mut output = [TensorBuf::unwritten(&spec, 1 << 20).map_err(broken)?];
    let mut views = writable(&mut output).map_err(broken)?;
    let grant = Grant::threads(1);

    let mut levels = Vec::new();
    for (level, at_once) in AT_ONCE {
        match idle(bench, level, &request, &grant) {
            Ok((scorer, state)) => levels.push((level, at_once, scorer, state)),
            // No worker processes on this system: told, and left out.
            Err(reason) => rows.push(Row {
                suite: suite.name.clone(),
                measure: "latency",
                method: level.name().into(),
                metric: crate::row::FAILED,
                value: f64::NAN,
                reason,
                ..Row::default()
            }),
        }
    }
    for round in 0..bench.length.choose(latency.calls.div_ceil(5), latency.calls, latency.calls) {
        for (level, at_once, scorer, state) in &levels {
            let call = |views: &mut [TensorMut<'_>]| {
                black_box(scorer.instance()).score(state.state(), black_box(&request), views, &grant)
            };
            // Once before, so that the caches are those of a call that follows another.
            call(&mut views).map_err(broken)?;
            let started = Instant::now();
            for _ in 0..*at_once {
                call(&mut views).map_err(broken)?;
            }
            let micros = started.elapsed().as_secs_f64() * 1e6 / f64::from(*at_once);
            rows.push(Row {
                suite: suite.name.clone(),
                measure: "latency",
                method: level.name().into(),
                condition: Some("a call that does nothing".into()),
                item: round,
                width: SIDE,
                height: SIDE,
                weight: 1.0,
                metric: CALL,
                value: micros,
                ..Row::default()
            });
        }
    }
    bench.progress.tick();
    Ok(rows)
}

/// The scorer that does nothing, at a level, with an image that it has seen.
fn idle(
    bench: &Bench<'_>,
    level: IsolationLevel,
    request: &Request<'_>,
    grant: &Grant,
) -> Result<(Arc<Scorer>, PreparedState), String> {
    let search = Search { files: vec![bench.workshop.fixture("idle")], ..Search::default() };
    let mut isolation = Isolation::default();
    isolation.level = Some(level);
    let catalogue = Catalogue::open(&search, &isolation);
    if let Some(refusal) = catalogue.refused_by_name() {
        return Err(refusal.to_string());
    }
    let scorer = catalogue.make_scorer("idle", &HashMap::new(), None).map_err(|e| e.to_string())?;
    let (_, state) = scorer.prepare(request, grant).map_err(|e| e.to_string())?;
    Ok((scorer, state))
}
