//! Tests of what is kept: nothing grows with the number of calls.
//!
//! Allocators of memory keep some of it, and grow in steps. So resident memory
//! counts as leaking only when it grows in the first half of the calls *and* in
//! the second, in each by more than a few pages a call, and when it goes on
//! doing so: large instances take a while until what one leaves fits the next.

use std::time::{Duration, Instant};

use arrcoc_sdk::foreign::Grant;

use crate::{
    bench::{Bench, Finding, Stop, failed, skipped},
    scene::SMALL,
    subject::PLAINLY,
    watch,
};

/// The most rounds of half a test, and how long they may take.
const ROUNDS: usize = 120;
const TIME: Duration = Duration::from_millis(800);

/// Rounds of half a test that are always made.
const LEAST: usize = 2;

/// How often growth is looked at again before it counts.
const TRIES: usize = 4;

/// The most rounds before the test, for what is set up once.
const FIRST: usize = 6;

/// Growth in KiB that is no leak: of each half, and for each round.
const SLACK: u64 = 192;
const EACH: u64 = 4;

/// Asks many times, then makes and drops many instances.
pub(super) fn leaks(bench: &Bench) -> Finding {
    if watch::resident().is_none() {
        return skipped("what a process holds is not seen on this system");
    }
    let subject = bench.subject()?;
    let scene = bench.scene(SMALL)?;
    bench.at("asking many times");
    let calls = grows("calls", || {
        bench.ask(&subject, &scene, PLAINLY, &Grant::threads(1))?;
        Ok(())
    })?;
    bench.at("making and dropping many instances");
    let params = bench.defaults()?;
    let instances = grows("instances", || {
        let made = bench.another(&params)??;
        bench.ask(&made, &scene, PLAINLY, &Grant::threads(1))?;
        Ok(())
    })?;
    Ok(format!("{calls} calls, {instances} instances"))
}

/// What a process holds at a moment.
struct Held {
    resident: u64,
    descriptors: usize,
    threads: usize,
}

fn held(threads_before: usize) -> Held {
    Held {
        resident: watch::resident().unwrap_or_default(),
        descriptors: watch::descriptors().unwrap_or_default(),
        threads: watch::threads_settled(threads_before).unwrap_or_default(),
    }
}

/// Repeats work; says how often, or what grew.
fn grows(what: &str, mut work: impl FnMut() -> Result<(), Stop>) -> Result<usize, Stop> {
    let mut repeat = |rounds: usize| -> Result<usize, Stop> {
        let start = Instant::now();
        let mut done = 0;
        while done < rounds && (done < LEAST || start.elapsed() < TIME) {
            work()?;
            done += 1;
        }
        Ok(done)
    };
    // What the first rounds set up is no leak.
    repeat(FIRST)?;
    let mut grown = 0;
    let mut rounds = 0;
    for _ in 0..TRIES {
        let before = held(usize::MAX);
        rounds = repeat(ROUNDS)?;
        let middle = held(before.threads);
        repeat(rounds)?;
        let after = held(before.threads);

        if after.descriptors > before.descriptors {
            let more = after.descriptors - before.descriptors;
            return failed(format!("{more} more descriptors are open after {} {what}", 2 * rounds));
        }
        if after.threads > before.threads {
            let more = after.threads - before.threads;
            return failed(format!("{more} more threads run after {} {what}", 2 * rounds));
        }
        let first = middle.resident.saturating_sub(before.resident);
        let second = after.resident.saturating_sub(middle.resident);
        let most = SLACK + EACH * rounds as u64;
        if first <= most || second <= most {
            return Ok(2 * rounds);
        }
        grown = first + second;
    }
    let each = grown / (2 * rounds.max(1) as u64);
    failed(format!("resident memory grew by {} MiB in {} {what}, {each} KiB each", grown / 1024, 2 * rounds))
}
