//! A plugin becomes another version while decisions are made: none is lost, none is of two versions, and nothing is left
//! behind.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]
#![cfg(target_os = "linux")]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use arrcoc::{
    Config, Decision, Engine, Error, Grid, IsolationLevel, Level, Live, Photo, Request, Search,
    autonomy::Settled,
    calibration::Calibration,
    ledger::Ledger,
    live::{self, Act, Shadowing},
};
use support::{Desk, assembled, library, plugins};

/// One test at a time, and each after the end of all that the one before has started: they look at what this process has
/// open, and at what it has started. A candidate that was let go still ends the decision that it is at, for which it may
/// start another process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    soon("the end of the threads before", || !threads().iter().any(|name| name.starts_with("arrcoc ")));
    soon("the end of the workers before", || children().is_empty());
    alone
}

fn version(name: &str) -> PathBuf {
    library(&assembled().join("fixtures"), name)
}

/// An engine with the first version of the library `swap`.
fn engine(set: impl FnOnce(&mut Config)) -> Engine {
    let mut config = Config::default();
    config.search =
        Search { files: vec![version("swap_one")], folders: vec![plugins()], ..Search::default() };
    config.scorers = vec!["+swap".into()];
    config.threads = 1;
    set(&mut config);
    Engine::open(config).unwrap()
}

fn request() -> Request {
    let noise = (0..96 * 96 * 3u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8);
    let photo = Photo::from_rgb(96, 96, noise.collect()).unwrap();
    Request::new(photo).grid(Grid::new(8, 8).unwrap())
}

fn somebody() -> Settled<'static> {
    Settled::by("R. Ito", "a test")
}

/// The one version of `swap` that a decision is of. Panics where there are two, or where what it says is of another.
fn version_of(d: &Decision) -> String {
    let own = d.plugins.iter().filter(|plugin| plugin.identity.id == "swap");
    let versions: BTreeSet<(&str, &str)> =
        own.map(|plugin| (plugin.identity.version.as_str(), plugin.identity.blake3.as_str())).collect();
    assert_eq!(versions.len(), 1, "{versions:?}, {:?}", d.reasons);
    let version = versions.first().unwrap().0;
    let answer = match version {
        "1.0.0" => 0.25,
        "2.0.0" => 0.75,
        other => panic!("an unknown version {other}"),
    };
    let channels: Vec<_> = d.channels.iter().filter(|channel| channel.plugin.starts_with("swap")).collect();
    assert!(!channels.is_empty());
    assert!(channels.iter().all(|channel| channel.values.iter().all(|&value| value == answer)));
    if d.allocator.id == "swap-share" {
        let tokens = d.flat_tokens();
        let full = if version == "1.0.0" { tokens[0] } else { tokens[63] };
        assert_eq!(full, 400, "the allocator is of another version than the scorers");
    }
    assert_eq!(d.applied, 64 * 150);
    assert!(d.reasons.is_empty(), "{:?}", d.reasons);
    version.to_owned()
}

/// The processes that this one has started and that have not ended. One that has is waited for when the next is stopped.
fn children() -> BTreeSet<u32> {
    let lives = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z')
    };
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let texts = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
    texts
        .flat_map(|text| text.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>())
        .filter(lives)
        .collect()
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// The names of this process's threads.
fn threads() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok()).collect()
}

/// Waits until something holds, for it is done by other threads; panics when it takes too long.
fn soon(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}: not in 20 s");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A thousand swaps while two threads decide. Half of them put the second version in use, half of these bring the first
/// back by going back, the others by staging and promoting it.
fn a_thousand_swaps(level: Option<IsolationLevel>) {
    const SWAPS: u64 = 1000;
    let host = Live::new(engine(|config| {
        config.isolation.level = level;
        config.scorers = vec!["+swap".into(), "+swap-too".into()];
        config.allocator = Some("swap-share".into());
    }));
    let request = request();
    // Once through, so that what stays for ever is there: the bytes of both versions, in this process.
    swap_to(&host, "swap_two");
    host.roll_back(somebody()).unwrap();
    let before = (children().len(), descriptors(), threads().len());
    let (over, asked, swapping) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let expected = |swaps: u64| if swaps.is_multiple_of(2) { "1.0.0" } else { "2.0.0" };
    let begun = Instant::now();
    let (mut made, mut settled, mut longest) = (0, 0, Duration::ZERO);
    thread::scope(|scope| {
        let decide = || {
            let (mut made, mut settled, mut longest) = (0u64, 0u64, Duration::ZERO);
            while !over.load(Ordering::Acquire) {
                // Odd while a swap is under way; twice the number of swaps otherwise.
                let at_first = swapping.load(Ordering::SeqCst);
                asked.fetch_add(1, Ordering::Relaxed);
                let started = Instant::now();
                let version = version_of(&host.allocate(&request).unwrap());
                longest = longest.max(started.elapsed());
                made += 1;
                if at_first.is_multiple_of(2) && swapping.load(Ordering::SeqCst) == at_first {
                    assert_eq!(version, expected(at_first / 2), "after {} swaps", at_first / 2);
                    settled += 1;
                }
            }
            (made, settled, longest)
        };
        let deciders = [scope.spawn(decide), scope.spawn(decide)];
        for swap in 0..SWAPS {
            let goes_back = swap % 4 == 1;
            if !goes_back {
                host.stage(
                    &version(if swap.is_multiple_of(2) { "swap_two" } else { "swap_one" }),
                    somebody(),
                )
                .unwrap();
                soon("a comparison", || host.candidate().unwrap().summary.compared > 0);
            }
            swapping.fetch_add(1, Ordering::SeqCst);
            let done = if goes_back { host.roll_back(somebody()) } else { host.promote(false, somebody()) };
            swapping.fetch_add(1, Ordering::SeqCst);
            done.unwrap();
            let next = version_of(&host.allocate(&request).unwrap());
            assert_eq!(next, expected(swap + 1), "the next decision is of another version");
        }
        over.store(true, Ordering::Release);
        for decider in deciders {
            let (more, more_settled, at_most) = decider.join().unwrap();
            (made, settled, longest) = (made + more, settled + more_settled, longest.max(at_most));
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    host.let_go();
    println!(
        "{SWAPS} swaps, {level:?}: {made} decisions by two threads in {seconds:.1} s, {settled} between two swaps, the longest {:.1} ms",
        longest.as_secs_f64() * 1e3
    );
    assert_eq!(made, asked.load(Ordering::Relaxed), "a decision is missing");
    assert!(settled > SWAPS / 2, "{settled}");
    let now = || (children().len(), descriptors(), threads().len());
    soon("what the swaps have left behind", || {
        let now = now();
        now.0 <= before.0 && now.1 <= before.1 && now.2 <= before.2
    });
    println!("  processes, descriptors, threads: {before:?} before, {:?} after", now());
    drop(host);
}

fn swap_to(host: &Live, name: &str) {
    host.stage(&version(name), somebody()).unwrap();
    host.promote(true, somebody()).unwrap();
}

#[test]
fn a_thousand_swaps_in_workers_lose_and_mix_nothing() {
    let _alone = alone();
    // What came with the program runs in this process, and what is swapped in one of its own.
    a_thousand_swaps(None);
    soon("the end of all workers", || children().is_empty());
}

#[test]
fn a_thousand_swaps_in_this_process_lose_and_mix_nothing() {
    let _alone = alone();
    a_thousand_swaps(Some(IsolationLevel::InProcess));
}

#[test]
fn going_back_takes_effect_with_the_next_decision_and_loads_nothing() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("versions");
    fs::create_dir(&place).unwrap();
    let copy = |name: &str| {
        let to = library(&place, name);
        fs::copy(version(name), &to).unwrap();
        to
    };
    let (one, two) = (copy("swap_one"), copy("swap_two"));
    let host = Live::new(engine(|config| config.search.files = vec![one]));
    let request = request();
    assert!(host.roll_back(somebody()).unwrap_err().message.contains("no version to go back to"));
    let first = host.allocate(&request).unwrap();
    let staged = host.stage(&two, somebody()).unwrap();
    assert_eq!((staged.act, staged.before.version.as_str()), (Act::Staged, "1.0.0"));
    // In shadow: the first counts, to the bit.
    assert_eq!(host.allocate(&request).unwrap().id, first.id);
    assert!(host.catch_up(Duration::from_secs(20)));
    let candidate = host.candidate().unwrap();
    let difference = &candidate.latest[0];
    assert_eq!((candidate.summary.compared, candidate.summary.failed), (1, 0));
    assert_eq!(difference.decision, first.id);
    assert_eq!(difference.channel.as_ref().unwrap().most, 0.5);
    host.promote(false, somebody()).unwrap();
    let second = host.allocate(&request).unwrap();
    assert_eq!((version_of(&second).as_str(), Some(&second.id)), ("2.0.0", difference.candidate.as_ref()));
    fs::remove_dir_all(&place).unwrap();
    let looked_at = host.engine();
    let mut look = looked_at.look(&request).unwrap();
    let back = host.roll_back(somebody()).unwrap();
    assert_eq!((back.act, back.after.version.as_str(), back.file), (Act::RolledBack, "1.0.0", None));
    assert_eq!(host.allocate(&request).unwrap().id, first.id);
    // What was begun with a version is of that version to its end.
    assert_eq!(look.allocate("", &request.policy).unwrap().id, second.id);
    assert!(host.roll_back(somebody()).is_err() && host.candidate().is_none());
}

/// Nothing changes for decisions, and the reason names what is lacking.
#[test]
fn what_cannot_take_the_place_is_refused_with_the_reason() {
    let _alone = alone();
    let refused = |host: &Live, file: &Path, said: &str| {
        let before = children();
        let error: Error = host.stage(file, somebody()).unwrap_err();
        assert!(error.message.starts_with(&format!("plugin {}: ", file.display())), "{error}");
        assert!(error.message.contains(said) && !error.message.contains('\n'), "{error}");
        assert!(error.hint.is_some() && host.candidate().is_none());
        assert_eq!(version_of(&host.allocate(&request()).unwrap()), "1.0.0");
        soon("the end of what was refused", || children().is_subset(&before));
    };
    let host = Live::new(engine(|_| {}));
    refused(&host, &support::fixture(), "no library that is in use has its id, `bad`");
    refused(&host, &version("swap_one"), "`swap` 1.0.0 is in use already, byte for byte");
    refused(
        &host,
        &version("swap_less"),
        "with it `swap` could not run: it needs the tensor `no_such_tensor`",
    );
    refused(&host, &version("bad_abi"), "it was built for ABI 9.9");
    refused(&host, Path::new("/no/such/file.so"), "there is no such file");
    let host = Live::new(engine(|config| config.scorers.push("+swap-too".into())));
    refused(&host, &version("swap_bad"), "it does not offer `swap-too`, which is in use");
    let host = Live::new(engine(|config| config.allocator = Some("swap-share".into())));
    refused(&host, &version("swap_bad"), "it does not offer `swap-share`, which is in use");
    let host = Live::new(engine(|config| config.set_param("swap-too", "kind", "good")));
    refused(&host, &version("swap_bad"), "it does not offer `swap-too`");
    let host = Live::new(engine(|_| {}));
    host.stage(&version("swap_two"), somebody()).unwrap();
    let error = host.stage(&version("swap_two"), somebody()).unwrap_err();
    assert_eq!(error.message, "`swap` 2.0.0 is in shadow already");
    host.withdraw(somebody()).unwrap();
    assert!(host.withdraw(somebody()).is_err() && host.promote(true, somebody()).is_err());
}

/// A candidate that commits a fault costs its record and nothing else, and does not come into use by mistake.
#[test]
fn a_candidate_that_misbehaves_in_shadow_costs_its_record_alone() {
    let _alone = alone();
    let request = request();
    for (kind, said) in [
        ("nan", "is not a finite number at element 0"),
        ("scale", "channel `swap-answer` is 1.5 at patch 0"),
        ("crash", "its process crashed: abort (signal 6)"),
        ("hang", "it did not answer by its deadline; its process was killed"),
        ("unknown", "channel `raw` of `swap` has no weight: the calibration has no map for it"),
    ] {
        let host = Live::new(engine(|config| {
            config.isolation.call = Duration::from_millis(300);
            config.isolation.patience = None;
            config.set_param("swap", "kind", kind);
        }));
        let first = host.allocate(&request).unwrap();
        host.stage(&version("swap_bad"), somebody()).unwrap();
        for _ in 0..4 {
            assert_eq!(host.allocate(&request).unwrap().id, first.id);
        }
        assert!(host.catch_up(Duration::from_secs(20)));
        let candidate = host.candidate().unwrap();
        let summary = &candidate.summary;
        assert_eq!((summary.compared, summary.failed, summary.passed_over), (4, 4, 0), "{summary:?}");
        assert!(summary.retreats.iter().any(|retreat| retreat.contains(said)), "{summary:?}");
        assert!(candidate.latest.iter().all(|difference| difference.decision == first.id));
        let error = host.promote(false, somebody()).unwrap_err();
        assert!(error.message.starts_with("`swap` 3.0.0 is not promoted: it retreated in 4 of 4"), "{error}");
        assert_eq!(host.allocate(&request).unwrap().id, first.id);
        // Asked twice, it is; and the next decision is the first again when that was wrong.
        let promoted = host.promote(true, somebody()).unwrap();
        assert!(promoted.despite.as_ref().unwrap().contains(said), "{promoted:?}");
        // On a busy machine how a process ended may be known too late, or it is not up again in time.
        let told: Vec<Vec<String>> = (0..4).map(|_| host.allocate(&request).unwrap().reasons).collect();
        assert!(told.iter().flatten().any(|reason| reason.contains(said)), "{kind}: {told:?}");
        host.roll_back(somebody()).unwrap();
        assert_eq!(host.allocate(&request).unwrap().id, first.id);
    }
}

#[test]
fn what_was_seen_beside_nothing_is_promoted_only_on_demand() {
    let _alone = alone();
    let host = Live::new(engine(|_| {}));
    host.stage(&version("swap_two"), somebody()).unwrap();
    let error = host.promote(false, somebody()).unwrap_err();
    assert!(error.message.contains("it was compared with no decision"), "{error}");
    let promoted = host.promote(true, somebody()).unwrap();
    assert!(promoted.despite.is_some() && promoted.shadow.unwrap().compared == 0);
    assert_eq!(version_of(&host.allocate(&request()).unwrap()), "2.0.0");
}

/// Each call of the candidate takes 40 ms. Whoever decides does not notice, and what it cannot keep up with is counted.
#[test]
fn nobody_waits_for_a_slow_candidate() {
    let _alone = alone();
    let mut shadowing = Shadowing::default();
    (shadowing.queue, shadowing.kept) = (3, 2);
    let host = Live::with(engine(|config| config.set_param("swap", "kind", "slow")), shadowing);
    let request = request();
    host.stage(&version("swap_bad"), somebody()).unwrap();
    let started = Instant::now();
    for _ in 0..20 {
        host.allocate(&request).unwrap();
    }
    let took = started.elapsed();
    assert!(took < Duration::from_millis(20 * 40 / 2), "{took:?}");
    assert!(host.catch_up(Duration::from_secs(20)));
    let candidate = host.candidate().unwrap();
    let summary = &candidate.summary;
    println!("20 decisions in {took:?} beside a candidate of 40 ms: {summary:?}");
    assert_eq!(summary.compared + summary.passed_over, 20);
    assert!(summary.passed_over >= 10 && summary.compared >= 4, "{summary:?}");
    assert!(summary.candidate_took_us > 40_000.0 && summary.failed == 0, "{summary:?}");
    assert_eq!(candidate.latest.len(), 2);
    // What waits when it ends is passed over, too.
    for _ in 0..3 {
        host.allocate(&request).unwrap();
    }
    let ended = host.withdraw(somebody()).unwrap().shadow.unwrap();
    assert_eq!(ended.compared + ended.passed_over, 23);
}

#[test]
fn a_candidate_is_shown_as_many_decisions_as_were_asked_for() {
    let _alone = alone();
    let mut shadowing = Shadowing::default();
    (shadowing.queue, shadowing.every) = (20, 4);
    let host = Live::with(engine(|_| {}), shadowing);
    host.stage(&version("swap_two"), somebody()).unwrap();
    (0..20).for_each(|_| drop(host.allocate(&request()).unwrap()));
    assert!(host.catch_up(Duration::from_secs(20)));
    let summary = host.candidate().unwrap().summary;
    assert_eq!((summary.compared, summary.passed_over), (5, 0));
}

/// How far decisions go holds for whichever version is in use, and for the candidate beside it.
#[test]
fn what_governs_decisions_governs_every_version() {
    let _alone = alone();
    let host = Live::new(engine(|_| {}));
    let request = request();
    let first = host.engine();
    let govern = |engine: &Engine, level: Level, record: u64| {
        engine.govern(level, Calibration::reference().unwrap(), record);
    };
    govern(&first, Level::Guarded, 7);
    host.stage(&version("swap_two"), somebody()).unwrap();
    host.allocate(&request).unwrap();
    assert!(host.catch_up(Duration::from_secs(20)));
    let shadowed = host.candidate().unwrap().latest[0].candidate.clone();
    host.promote(false, somebody()).unwrap();
    let decision = host.allocate(&request).unwrap();
    let governed = decision.governed.as_ref().unwrap();
    assert_eq!((governed.level, governed.configuration, decision.autonomy), (Level::Guarded, 7, 0.5));
    assert_eq!(Some(decision.id), shadowed);
    // Whichever of them is told.
    govern(&first, Level::Advisory, 8);
    let decision = host.allocate(&request).unwrap();
    assert_eq!((version_of(&decision).as_str(), decision.autonomy), ("2.0.0", 0.0));
    govern(&host.engine(), Level::Autonomous, 9);
    host.roll_back(somebody()).unwrap();
    assert_eq!(host.allocate(&request).unwrap().governed.unwrap().configuration, 9);
}

/// A swap starts a process for the library that is swapped, and lets those of others be.
#[test]
fn other_libraries_keep_their_processes() {
    let _alone = alone();
    let host = Live::new(engine(|config| {
        config.search.files.push(version("idle"));
        config.scorers.push("+idle".into());
    }));
    let request = request().query("what is it?");
    host.allocate(&request).unwrap();
    // One that has been stopped lives for a moment yet.
    soon("one process for each library", || children().len() == 2);
    let before = children();
    host.stage(&version("swap_two"), somebody()).unwrap();
    host.allocate(&request).unwrap();
    assert!(host.catch_up(Duration::from_secs(20)));
    host.promote(false, somebody()).unwrap();
    host.allocate(&request).unwrap();
    soon("one process more", || children().len() == 3);
    let during = children();
    assert!(during.is_superset(&before), "{before:?} {during:?}");
    host.let_go();
    soon("the end of the first version", || children().len() == 2);
    assert_eq!(children().intersection(&before).count(), 1, "{before:?} {:?}", children());
    drop(host);
    soon("the end of all workers", || children().is_empty());
}

/// Who did what, and what the shadow had seen, stands in the ledger and is told by the command.
#[test]
fn swaps_are_logged_listed_shown_and_exported() {
    let _alone = alone();
    let desk = Desk::new();
    let path = desk.path("decisions.ledger");
    let mut ledger = Ledger::open(&path).unwrap();
    let host = Live::new(engine(|_| {}));
    let acts: [&dyn Fn() -> Result<live::Swap, Error>; 6] = [
        &|| host.stage(&version("swap_two"), somebody()),
        &|| host.withdraw(Settled::by("R. Ito", "not yet")),
        &|| host.stage(&version("swap_two"), somebody()),
        &|| {
            host.allocate(&request()).unwrap();
            assert!(host.catch_up(Duration::from_secs(20)));
            host.promote(false, Settled::by("R. Ito", "it was right in shadow"))
        },
        &|| host.stage(&version("swap_one"), Settled::default()),
        &|| host.roll_back(somebody()),
    ];
    for act in acts {
        live::append(&mut ledger, &act().unwrap()).unwrap();
    }
    let history = live::history(&ledger).unwrap();
    let withdrawn = history[5].1.withdrew.as_ref().unwrap();
    assert_eq!((history.len(), withdrawn.version.as_str()), (6, "1.0.0"));
    assert_eq!(history[3].1.shadow.as_ref().unwrap().compared, 1);
    let listed = desk.run(&["log", "list", "decisions.ledger"]).well();
    for (line, said) in listed.lines().zip([
        "swap staged swap 1.0.0 → 2.0.0",
        "swap withdrawn swap 1.0.0 → 2.0.0",
        "swap staged swap 1.0.0 → 2.0.0",
        "swap promoted swap 1.0.0 → 2.0.0",
        "swap staged swap 2.0.0 → 1.0.0",
        "swap rolled-back swap 2.0.0 → 1.0.0",
    ]) {
        assert!(line.ends_with(said), "{listed}");
    }
    let id = listed.lines().nth(3).unwrap().split_whitespace().nth(2).unwrap();
    let shown: serde_json::Value =
        serde_json::from_str(&desk.run(&["log", "show", "decisions.ledger", id]).well()).unwrap();
    assert_eq!((&shown["schema"], &shown["act"]), (&live::SCHEMA.into(), &"promoted".into()));
    assert_eq!((&shown["who"], &shown["why"]), (&"R. Ito".into(), &"it was right in shadow".into()));
    assert_eq!(shown["shadow"]["channel"]["most"], 0.5);
    desk.run(&["log", "verify", "decisions.ledger"]).well();
    let exported =
        desk.run(&["log", "export", "decisions.ledger", "--jsonl", "-", "--parquet", "all.parquet"]);
    assert_eq!((exported.code, exported.stdout.matches("\"kind\":\"swap\"").count()), (0, 6), "{exported:?}");
}
