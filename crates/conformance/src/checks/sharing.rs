//! Tests of threads: those that a call uses, and those that call.
//!
//! A thread that sleeps is not used: a runtime may start a pool that nobody
//! gives work to, and the caller of a pool waits for it. So what counts during a
//! call is the processor time that it takes, against the time that passes; and
//! after it, new threads that do not sleep. A busy machine hides the former, as
//! there is no second processor to take; it never makes it up.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    time::{Duration, Instant},
};

use arrcoc_sdk::{describe::Determinism, foreign::Grant};

use super::repeating::promised;
use crate::{
    answer::same,
    bench::{Bench, Finding, Stop, failed},
    scene::{LARGE, SMALL, Scene},
    subject::{Answer, PLAINLY, Subject, Trouble},
    watch,
};

/// Counts threads during calls and after, then calls one instance from two threads.
pub(super) fn threads(bench: &Bench) -> Finding {
    let mut said = Vec::new();
    match watch::threads() {
        // The driver of a device has threads of its own, and a driver in software does its work on them.
        Some(_) if bench.drives_device() => {
            bench.subject()?;
            said.push("a driver's threads are not counted".to_owned());
        }
        Some(_) => said.push(counted(bench)?),
        None => said.push("threads are not seen here".to_owned()),
    }
    match promised(bench) {
        Ok(within) => at_once(bench, within)?,
        Err(Stop::Skipped(_)) => said.push("answers at once are not compared: determinism `None`".into()),
        Err(other) => return Err(other),
    }
    Ok(said.join("; "))
}

/// How long threads are watched after a call, and how often while there is something to complain of.
const AFTER: Duration = Duration::from_millis(50);
const TIMES: usize = 5;

/// What a thread may ask of processors meanwhile and still count as asleep.
const ASLEEP: Duration = Duration::from_millis(1);

/// What of processor time goes beyond a grant before it counts: a share of it for threads that hand over to each other,
/// and what the kit itself takes around a call.
const SHARE: f64 = 1.25;
const AROUND: Duration = Duration::from_millis(15);

/// Asks with a grant of 1 and of 2 threads.
fn counted(bench: &Bench) -> Result<String, Stop> {
    let subject = bench.subject()?;
    let scene = bench.scene(LARGE)?;
    let before = watch::asked();
    let mut seen = Vec::new();
    for granted in [1, 2] {
        bench.at(format!("asking with a grant of {granted} threads, {}", scene.about));
        let (start, used) = (Instant::now(), watch::processor_time());
        bench.ask(&subject, &scene, PLAINLY, &Grant::threads(granted))?;
        let took = start.elapsed();
        let used = watch::processor_time().zip(used).map_or(Duration::ZERO, |(now, before)| now - before);
        let processors = used.as_secs_f64() / took.as_secs_f64().max(1e-6);
        if used > took.mul_f64(SHARE * f64::from(granted)) + AROUND {
            return failed(format!(
                "{processors:.1} processors were used by a call that was granted {granted}"
            ));
        }
        let left = running_after(&before, granted as usize);
        if left > granted as usize {
            return failed(format!("{left} more threads run after a call that was granted {granted}"));
        }
        seen.push(format!("{processors:.1} of {granted}"));
    }
    Ok(format!("{} processors used", seen.join(" and ")))
}

/// Threads that were not there before, and are not asleep though no call runs.
fn running_after(before: &BTreeMap<OsString, Duration>, granted: usize) -> usize {
    let mut least = usize::MAX;
    for _ in 0..TIMES {
        let start = watch::asked();
        std::thread::sleep(AFTER);
        let busy = |(thread, asked): &(OsString, Duration)| {
            let since = start.get(thread).copied().unwrap_or_default();
            !before.contains_key(thread) && asked.saturating_sub(since) > ASLEEP
        };
        least = least.min(watch::asked().into_iter().filter(busy).count());
        if least <= granted {
            break;
        }
    }
    least
}

/// Asks one instance from two threads at once.
fn at_once(bench: &Bench, within: Determinism) -> Result<(), Stop> {
    let subject = bench.subject()?;
    let scenes = ["red", "blue"]
        .map(|question| bench.scene(SMALL).and_then(|scene| Ok(scene.asking(&[question, "the total"])?)));
    let [Ok(one), Ok(other)] = &scenes else { return bench.scene(SMALL).map(drop) };
    let ask = |scene: &Scene| bench.ask(&subject, scene, PLAINLY, &Grant::threads(1));
    bench.at("asking alone");
    let alone = [ask(one)?, ask(other)?];
    let repeats = same(&alone[0], &ask(one)?, within).is_ok();
    bench.at("asking from two threads at once");
    let many = |scene: &Scene| -> Result<Vec<Answer>, Trouble> {
        (0..8).map(|_| subject.ask(scene, PLAINLY, &Grant::threads(1))).collect()
    };
    let both = on_two_threads(&many, one, other);
    for (answers, expected) in both.into_iter().zip(&alone) {
        for answer in answers? {
            if repeats && let Err(what) = same(expected, &answer, within) {
                return failed(format!("{what}: alone and while another call ran"));
            }
        }
    }
    Ok(())
}

fn on_two_threads<T: Send>(work: &(impl Fn(&Scene) -> T + Sync), one: &Scene, other: &Scene) -> Vec<T> {
    std::thread::scope(|scope| {
        let handles = [scope.spawn(|| work(one)), scope.spawn(|| work(other))];
        // The work does not panic: plugin code is behind the wire, and the kit's own has no reason to.
        handles.into_iter().filter_map(|handle| handle.join().ok()).collect()
    })
}

/// The compiler's word that an instance may be shared, as the contract has it.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<Subject>();
};
