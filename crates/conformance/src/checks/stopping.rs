//! Tests of time: a call that is asked to stop does, and one that has until a
//! moment is done by then or says that it is not.
//!
//! A busy machine can make any call late. So a call that is late is made again,
//! at least eight times, and one in time is enough: a plugin that is late is late
//! every time. It fails when it is late also without the time for which its
//! thread was ready and had no processor, which the system tells. When that time
//! is what makes it late each time, nothing can be said of it, and that is said.

use std::{
    sync::{OnceLock, atomic::Ordering},
    time::{Duration, Instant},
};

use arrcoc_sdk::{abi::FaultCode, foreign::Grant};

use crate::{
    bench::{Bench, Finding, Stop, failed, skipped},
    scene::{LARGE, PLAIN, Scene},
    subject::{Answer, PLAINLY, Subject, Trouble},
    watch,
};

/// How long after the flag or the deadline a call may still return.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long after the deadline an answer still counts as in time.
const GRACE: Duration = Duration::from_millis(30);

const TRIES: usize = 8;

/// For how long more are made while the machine may be the reason.
const LONGER: Duration = Duration::from_secs(3);

/// Sets the flag before a call, and 5 ms into it.
pub(super) fn cancel(bench: &Bench) -> Finding {
    let subject = bench.subject()?;
    let scene = bench.scene(LARGE)?;
    let mut said = Vec::new();
    for (after, what) in [(None, "before the call"), (Some(Duration::from_millis(5)), "5 ms into the call")] {
        bench.at(format!("asking, cancelled {what}, {}", scene.about));
        let way = patiently(|| {
            let (took, result) = cancelled(bench, &subject, &scene, after);
            let way = match result {
                Err(Trouble::Fault(fault)) if fault.code == FaultCode::CANCELLED => "stopped",
                Err(trouble) => return failed(format!("cancelled {what}: {trouble}")),
                Ok(answer) => {
                    bench.check(&answer, &scene)?;
                    "was done"
                }
            };
            Ok(Try { value: way, took, most: PATIENCE, what: format!("cancelled {what}: it went on for") })
        })?;
        said.push(format!("{way} when cancelled {what}"));
    }
    bench.at("asking again after a cancelled call");
    if let Err(trouble) = bench.ask(&subject, &scene, PLAINLY, &Grant::threads(1)) {
        return failed(format!("the call after a cancelled one: {trouble}"));
    }
    Ok(said.join(", "))
}

/// One call, and how long it took from the moment at which it was cancelled.
fn cancelled(
    bench: &Bench,
    subject: &Subject,
    scene: &Scene,
    after: Option<Duration>,
) -> (Took, Result<Answer, Trouble>) {
    let grant = Grant::threads(1);
    let since = OnceLock::new();
    std::thread::scope(|scope| {
        let cancel = || {
            grant.cancel.store(1, Ordering::Relaxed);
            since.get_or_init(Instant::now);
        };
        match after {
            None => cancel(),
            Some(after) => {
                scope.spawn(move || {
                    std::thread::sleep(after);
                    cancel();
                });
            }
        }
        let waited = watch::waited();
        let result = bench.ask(subject, scene, PLAINLY, &grant);
        let (end, waited) = (Instant::now(), watch::waited() - waited);
        // A call that was done before it could be cancelled took no time after.
        let all = since.get().map_or(Duration::ZERO, |since| end.saturating_duration_since(*since));
        (Took { all, waited }, result)
    })
}

/// Gives a deadline that is over, and one in 20 ms.
pub(super) fn deadline(bench: &Bench) -> Finding {
    let subject = bench.subject()?;
    let scene = bench.scene(PLAIN)?;
    let mut said = Vec::new();
    for (time, what) in [(Duration::ZERO, "that is over"), (Duration::from_millis(20), "in 20 ms")] {
        bench.at(format!("asking with a deadline {what}, {}", scene.about));
        let way = patiently(|| {
            let (end, waited) = (Instant::now() + time, watch::waited());
            let result = bench.ask(&subject, &scene, PLAINLY, &Grant::threads(1).until(Some(end)));
            let all = Instant::now().saturating_duration_since(end);
            let took = Took { all, waited: watch::waited() - waited };
            let (way, most) = match result {
                Err(Trouble::Fault(fault))
                    if matches!(fault.code, FaultCode::DEADLINE_EXCEEDED | FaultCode::CANCELLED) =>
                {
                    ("stopped", PATIENCE)
                }
                Err(trouble) => return failed(format!("a deadline {what}: {trouble}")),
                Ok(answer) => {
                    bench.check(&answer, &scene)?;
                    ("was done", GRACE)
                }
            };
            Ok(Try { value: way, took, most, what: format!("a deadline {what}: it {way} late by") })
        })?;
        said.push(format!("{way} with a deadline {what}"));
    }
    Ok(said.join(", "))
}

/// How long something took.
#[derive(Clone, Copy)]
struct Took {
    all: Duration,
    /// For how much of it the calling thread had no processor.
    waited: Duration,
}

/// A call that was timed.
struct Try<T> {
    value: T,
    took: Took,
    most: Duration,
    /// What is said of it when it is late.
    what: String,
}

/// Tries until one call is in time.
fn patiently<T>(mut work: impl FnMut() -> Result<Try<T>, Stop>) -> Result<T, Stop> {
    let (mut broken, mut unsure) = (None, None);
    let start = Instant::now();
    let mut tries = 0;
    while tries < TRIES || (broken.is_none() && start.elapsed() < LONGER) {
        tries += 1;
        let Try { value, took, most, what } = work()?;
        if took.all <= most {
            return Ok(value);
        }
        let own = took.all.saturating_sub(took.waited);
        let line = format!("{what} {} ms where {} are allowed", took.all.as_millis(), most.as_millis());
        if own > most {
            broken = Some(line);
        } else {
            unsure = Some(line);
        }
    }
    match (broken, unsure) {
        (Some(line), _) => failed(format!("{line}, and in time in none of {tries} tries")),
        (None, Some(line)) => {
            skipped(format!("the machine is too busy to judge: {line}, all of it for want of a processor"))
        }
        (None, None) => failed("the kit itself failed: nothing was tried"),
    }
}
