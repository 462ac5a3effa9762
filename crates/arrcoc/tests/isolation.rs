//! Plugins in processes of their own: whatever they do, the decision comes, the record says what happened, and
//! nothing is left behind.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]
#![cfg(target_os = "linux")]

mod support;

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use arrcoc::{Config, Decision, Engine, Grid, IsolationLevel, Mode, Patience, Photo, Request, Search};
use support::{Desk, fixture, plugins};

/// One test at a time: they look at what this process has open, and at what it has started.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An engine with the good plugins and the bad one, which runs in a process of its own and may write what it does to a
/// file: no sandbox would let it.
fn engine(set: impl FnOnce(&mut Config)) -> Engine {
    let mut config = Config::default();
    config.search = Search { files: vec![fixture()], folders: vec![plugins()], ..Search::default() };
    config.threads = 1;
    config.isolation.by_id.insert("bad".into(), IsolationLevel::Worker);
    set(&mut config);
    Engine::open(config).unwrap()
}

fn request() -> Request {
    let mut state = 1u32;
    let noise = (0..96 * 96 * 3).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    let photo = Photo::from_rgb(96, 96, noise.collect()).unwrap();
    Request::new(photo).grid(Grid::new(8, 8).unwrap())
}

/// What every decision must be, whatever happened on the way.
fn assert_admitted(d: &Decision) {
    let tokens = d.flat_tokens();
    assert_eq!(tokens.iter().map(|&t| u64::from(t)).sum::<u64>(), 64 * 150);
    assert!(tokens.iter().all(|t| (64..=400).contains(t)));
}

/// The variable that says how many decisions the long tests make.
const ROUNDS: &str = "ARRCOC_ROUNDS";

/// The number of decisions for a test whose full length is for a long evening.
fn rounds(short: usize) -> usize {
    std::env::var(ROUNDS).map_or(short, |n| n.parse().expect("ARRCOC_ROUNDS is a number"))
}

/// What is open, running and resident in this process.
#[derive(Debug)]
struct Footprint {
    descriptors: usize,
    threads: usize,
    children: usize,
    resident_mib: u64,
}

impl Footprint {
    fn now() -> Footprint {
        let count = |folder: &str| fs::read_dir(folder).unwrap().count();
        let statm = fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
        let tasks = fs::read_dir("/proc/self/task")
            .unwrap()
            .filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
        Footprint {
            descriptors: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
            children: tasks.map(|text| text.split_whitespace().count()).sum(),
            resident_mib: pages * 4096 / (1 << 20),
        }
    }
}

/// What the record says of each kind of fault, by the letter under which the plugin has written it down.
fn said_of(letter: u8) -> &'static str {
    match letter {
        b'p' => "Panicked in ",
        b's' => "its process crashed: segmentation fault (signal 11)",
        b'a' => "its process crashed: abort (signal 6)",
        b'e' => "its process exited with status 3",
        b'h' => "it did not answer by its deadline; its process was killed",
        b'l' => "DeadlineExceeded in ",
        b'm' => "OutOfMemory in ",
        b'n' => "is not a finite number at element",
        b'u' => "elements were not written",
        b'o' => "it wrote past the end of its output",
        b't' => "the tokens sum to",
        b'b' => "outside its 64..400",
        b'k' => "the proposal has 63 patches, not 64",
        other => panic!("an unknown letter {}", other as char),
    }
}

/// Decisions in which a part commits one fault after the other. Each is admitted, names the fault that the part has
/// written down, and comes in time; afterwards this process is what it was.
fn survives(part: &str, kinds: &str, rounds: usize) {
    // Short where there is a long evening to go through; else long enough for a machine that has other things to do.
    let deadline = Duration::from_millis(if std::env::var_os(ROUNDS).is_some() { 60 } else { 150 });
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let engine = engine(|config| {
        config.isolation.patience = None;
        config.isolation.memory = 96 << 20;
        config.deadline = Some(deadline);
        match part {
            "bad-random" => config.scorers = vec![format!("+{part}")],
            _ => config.allocator = Some(part.into()),
        }
        config.set_param(part, "log", log.to_str().unwrap());
        config.set_param(part, "kinds", kinds);
    });
    let request = request();
    let mut counts = [0usize; 256];
    let (mut unreached, mut before, mut longest) = (0, 0, Duration::ZERO);
    let mut footprint = None;
    for round in 0..rounds {
        if round == rounds / 10 {
            footprint = Some(Footprint::now());
        }
        let started = Instant::now();
        let d = engine.allocate(&request).unwrap();
        let took = started.elapsed();
        longest = longest.max(took);
        assert_admitted(&d);
        let letters = fs::read(&log).unwrap_or_default();
        let committed = &letters[before..];
        before = letters.len();
        let named: Vec<&String> = d.reasons.iter().filter(|r| r.contains(&format!("`{part}`"))).collect();
        let Some(&letter) = committed.first() else {
            // It was not called: the process was not up again in time, and that is what is said.
            let late = ["still being loaded", "the deadline was over"];
            assert!(named.iter().any(|r| late.iter().any(|l| r.contains(l))), "{:?}", d.reasons);
            unreached += 1;
            continue;
        };
        counts[usize::from(letter)] += 1;
        let truth = said_of(letter);
        let out_of_time = |r: &&&String| took >= deadline && r.contains("DeadlineExceeded in ");
        let told = named.iter().find(|r| r.contains(truth)).or_else(|| named.iter().find(out_of_time));
        assert!(told.is_some(), "it did `{}`, and the record says {:?}", letter as char, d.reasons);
    }
    // A killed process is waited for when the next one is stopped.
    std::thread::sleep(Duration::from_millis(300));
    let (first, last) = (footprint.unwrap(), Footprint::now());
    let counts: Vec<String> = (0..=255u8)
        .filter(|&letter| counts[usize::from(letter)] > 0)
        .map(|letter| format!("{} {}", letter as char, counts[usize::from(letter)]))
        .collect();
    println!(
        "{rounds} decisions with {part}: {}; not reached in time: {unreached}; longest {:.1} ms\n  {first:?}\n  {last:?}",
        counts.join(", "),
        longest.as_secs_f64() * 1e3,
    );
    assert!(unreached * 4 <= rounds, "{unreached} of {rounds} were not reached");
    // By a wide margin: what must be seen is that nobody waits for a process that does not answer.
    assert!(longest < deadline + Duration::from_secs(2), "{longest:?}");
    // At either moment the worker may just have ended, or be there with the four descriptors that lead to it.
    assert!(last.descriptors <= first.descriptors + 4 && last.threads <= first.threads, "{first:?} {last:?}");
    assert!(last.children <= 3 && last.resident_mib <= first.resident_mib + 8, "{first:?} {last:?}");
}

#[test]
fn a_scorer_that_commits_every_fault_ends_in_admitted_allocations() {
    let _alone = alone();
    let kinds = "panic,segfault,abort,exit,hang,late,memory,nan,unwritten,overrun";
    survives("bad-random", kinds, rounds(120));
}

#[test]
fn an_allocator_that_commits_every_fault_ends_in_admitted_allocations() {
    let _alone = alone();
    let kinds = "panic,segfault,abort,exit,hang,late,memory,sum,bounds,length";
    survives("bad-random-allocator", kinds, rounds(80));
}

/// Three failures in a row, then nobody calls it for a while, then one call decides how it goes on.
#[test]
fn a_breaker_opens_half_opens_and_recovers() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let engine = engine(|config| {
        let mut patience = Patience::default();
        patience.pause = Duration::from_millis(30);
        patience.longest = Duration::from_millis(60);
        config.isolation.patience = Some(patience);
        config.scorers = vec!["+bad-random".into()];
        config.set_param("bad-random", "log", log.to_str().unwrap());
        config.set_param("bad-random", "kinds", "segfault,exit,abort,unwritten,good");
        config.set_param("bad-random", "seed", "3");
    });
    let request = request();
    let (mut open, mut recovered, mut in_row, mut called) = (0, 0, 0, 0);
    let rounds = rounds(400);
    for _ in 0..rounds {
        let d = engine.allocate(&request).unwrap();
        assert_admitted(&d);
        let letters = fs::read(&log).unwrap_or_default();
        let refused = d.reasons.iter().any(|r| r.contains("it was not called: it failed"));
        assert_eq!(refused, letters.len() == called, "{:?}", d.reasons);
        called = letters.len();
        match (refused, letters.last()) {
            (true, _) => {
                assert!(in_row >= 3, "open after {in_row} failures");
                open += 1;
                std::thread::sleep(Duration::from_millis(5));
            }
            (false, Some(b'g')) => {
                assert!(!d.reasons.iter().any(|r| r.contains("bad-random")), "{:?}", d.reasons);
                recovered += usize::from(in_row >= 3);
                in_row = 0;
            }
            (false, _) => in_row += 1,
        }
    }
    println!("{rounds} decisions: {called} calls, {open} not made, {recovered} recoveries");
    assert!(open > 20 && recovered > 2 && called > 20);
}

/// The worker is gone when the host is, however the host ended and whatever the worker was doing.
#[test]
fn no_worker_outlives_its_host() {
    let _alone = alone();
    let desk = Desk::new();
    let mut host = Command::new(env!("CARGO_BIN_EXE_arrcoc"))
        .args(["allocate", "page.png", "--scorer", "+bad-hang", "--deadline", "100s", "--plugin"])
        .arg(fixture())
        .current_dir(desk.path(""))
        .env("ARRCOC_PLUGIN_PATH", plugins())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let workers = || -> Vec<u32> {
        let task = format!("/proc/{0}/task/{0}/children", host.id());
        let text = fs::read_to_string(task).unwrap_or_default();
        text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
    };
    let busy = |pid: u32| {
        // It hangs in the plugin, asleep, and not in the loop that waits for messages.
        let name = fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default();
        !name.is_empty() && fs::read_dir(format!("/proc/{pid}/task")).is_ok_and(|tasks| tasks.count() >= 2)
    };
    let started = Instant::now();
    while !workers().iter().any(|&pid| busy(pid)) {
        assert!(started.elapsed() < Duration::from_secs(20), "no worker came up");
        std::thread::sleep(Duration::from_millis(10));
    }
    let workers = workers();
    host.kill().unwrap();
    host.wait().unwrap();
    let lives = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // One that has ended and is not waited for by whoever it was handed to has the state Z.
        !stat.is_empty() && !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z')
    };
    let killed = Instant::now();
    while workers.iter().any(|&pid| lives(pid)) {
        assert!(killed.elapsed() < Duration::from_secs(10), "a worker outlived its host");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What is loaded stays what was vetted, whatever happens to the file, its folder and other hosts meanwhile.
#[test]
fn files_that_change_or_vanish_meanwhile_change_nothing() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("plugins");
    fs::create_dir(&place).unwrap();
    let library = support::library(&place, "arrcoc_bad");
    fs::copy(fixture(), &library).unwrap();
    let open = |file: &Path| {
        engine(|config| {
            config.search.files = vec![file.to_path_buf()];
            config.scorers = vec!["+bad-fickle".into(), "+bad-segfault".into()];
        })
    };
    let (one, two) = (open(&library), open(&library));
    let request = request();
    let check = |engine: &Engine| {
        let d = engine.allocate(&request).unwrap();
        assert_admitted(&d);
        assert!(
            d.reasons.iter().all(|r| r.contains("segmentation fault")) && d.reasons.len() == 1,
            "{:?}",
            d.reasons
        );
        assert!(d.channels.iter().any(|c| c.plugin == "bad-fickle"));
    };
    check(&one);
    check(&two);
    // Overwritten in place, as a careless copy does; each crash starts another process from what was vetted.
    fs::write(&library, b"no library any more").unwrap();
    check(&one);
    fs::remove_dir_all(&place).unwrap();
    check(&one);
    std::thread::scope(|scope| {
        for engine in [&one, &two] {
            scope.spawn(|| check(engine));
        }
    });
}

#[test]
fn a_worker_that_cannot_be_started_is_told_with_its_mend() {
    let _alone = alone();
    let desk = Desk::new();
    let fixture = fixture();
    let args = ["allocate", "page.png", "--plugin", fixture.to_str().unwrap()];
    let run = |worker: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_arrcoc"));
        command.args(args).current_dir(desk.path("")).env("ARRCOC_PLUGIN_PATH", plugins());
        support::Ran::of(&command.env("ARRCOC_WORKER", worker).output().unwrap())
    };
    let ran = run("/no/such/worker");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("its worker process cannot be started: `/no/such/worker`"), "{ran:?}");
    assert!(
        ran.stderr.contains("hint: build it with `cargo xtask build`, or name it with ARRCOC_WORKER"),
        "{ran:?}"
    );
    let ran = run("/bin/true");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("its process exited with status 0"), "{ran:?}");

    // An engine that has lost its worker goes on without it.
    let folder = tempfile::tempdir().unwrap();
    let worker = folder.path().join("arrcoc-worker");
    fs::copy(support::assembled().join("arrcoc-worker"), &worker).unwrap();
    let engine = engine(|config| {
        config.isolation.worker = Some(worker.clone());
        config.scorers = vec!["+bad-exit".into()];
    });
    fs::remove_file(&worker).unwrap();
    let request = request();
    let said = |text: &str| {
        let d = engine.allocate(&request).unwrap();
        assert_admitted(&d);
        assert_eq!(d.mode, Mode::Content);
        assert!(d.reasons.iter().any(|r| r.contains(text)), "{:?}", d.reasons);
    };
    said("its process exited with status 3");
    said("its worker process cannot be started");
}

/// Static constructors run in a worker, and `describe` does: the command survives both and says what happened.
#[test]
fn listing_runs_no_foreign_code_in_the_host() {
    let _alone = alone();
    let desk = Desk::new();
    let fixtures = support::assembled().join("fixtures");
    for (name, word, reason) in [
        ("bad_load", "refused", "its process crashed: abort (signal 6) while it was being loaded"),
        ("bad_root", "refused", "it exports no root module"),
        ("bad_abi", "refused", "it was built for ABI 9.9"),
        ("bad_spill", "usable", "in a sandbox, a process of its own"),
        ("bad_load_reach", "usable", "in a sandbox, a process of its own"),
    ] {
        let library = support::library(&fixtures, name);
        let args = ["plugins", "list", "--plugin", library.to_str().unwrap()];
        let listed = desk.run(&args).well();
        let entry: Vec<&str> = listed.lines().take(2).collect();
        assert!(entry[0].starts_with(word) && entry[1].contains(reason), "{name}: {entry:?}");
        // What it prints while it is loaded does not reach the host's stdout.
        assert!(!listed.contains("described"), "{listed}");
        let reached = "warning: the sandbox refused open /etc/passwd, socket";
        assert_eq!(listed.contains(reached), name == "bad_load_reach", "{listed}");
    }
    let inspected = desk.run(&["plugins", "inspect", fixture().to_str().unwrap()]).well();
    assert!(inspected.contains("  runs     in a sandbox, a process of its own"), "{inspected}");
    let said = desk.run(&["allocate", "page.png", "--isolation", "glanse=worker"]).refused();
    assert!(said.contains("`glanse`") && said.contains("did you mean `glance`?"), "{said}");
    let cpu = support::library(&plugins(), "arrcoc_cpu");
    let inspected = desk.run(&["plugins", "inspect", cpu.to_str().unwrap()]).well();
    assert!(inspected.contains("  runs     in this process"), "{inspected}");
    let ran = desk.run(&["plugins", "inspect", cpu.to_str().unwrap(), "--isolation", "jail"]);
    assert_eq!(
        (ran.code, ran.stderr.contains("hint: it is one of inproc, worker, sandbox")),
        (2, true),
        "{ran:?}"
    );
}

/// A worker that is started by hand says what it is for.
#[test]
fn a_worker_without_a_host_says_so() {
    let _alone = alone();
    let ran = Command::new(support::assembled().join("arrcoc-worker")).stdin(Stdio::null()).output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("it is started by a host"), "{ran:?}");
}
