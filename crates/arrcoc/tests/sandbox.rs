//! Plugins in a sandbox: whatever they reach for is refused and recorded, and the decision comes.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]
#![cfg(target_os = "linux")]

mod support;

use std::{fs, net::TcpListener, path::Path, time::Duration};

use arrcoc::{Config, Decision, Engine, Grid, IsolationLevel, Photo, Request, Search};
use support::{Desk, fixture, plugins};

/// An engine with the good plugins, and the bad one at a level; where it belongs without one.
fn engine(level: Option<IsolationLevel>, set: impl FnOnce(&mut Config)) -> Engine {
    let mut config = Config::default();
    config.search = Search { files: vec![fixture()], folders: vec![plugins()], ..Search::default() };
    config.threads = 1;
    config.isolation.by_id.extend(level.map(|level| ("bad".to_owned(), level)));
    set(&mut config);
    Engine::open(config).unwrap()
}

fn request() -> Request {
    let photo = Photo::from_rgb(96, 96, (0..96 * 96 * 3).map(|i| (i * i % 251) as u8).collect()).unwrap();
    Request::new(photo).grid(Grid::new(8, 8).unwrap())
}

fn decide(engine: &Engine) -> Decision {
    let d = engine.allocate(&request()).unwrap();
    assert_eq!(d.flat_tokens().iter().map(|&t| u64::from(t)).sum::<u64>(), 64 * 150);
    d
}

/// What the scorer and the allocator of the fixture say that they did.
fn done(d: &Decision, part: &str) -> Vec<String> {
    let said = format!("{part} says: did ");
    d.notes.iter().filter_map(|note| note.strip_prefix(&said)).map(str::to_owned).collect()
}

fn refused<'d>(d: &'d Decision, part: &str) -> &'d str {
    let own = format!("`{part}`: the sandbox refused ");
    d.notes.iter().find_map(|note| note.strip_prefix(own.as_str())).unwrap_or_else(|| panic!("{:?}", d.notes))
}

/// Sets what both parts try, and what they try it on.
fn reach(config: &mut Config, tries: &str, secret: &Path, port: u16) {
    for part in ["bad-reach", "bad-reach-allocator"] {
        config.set_param(part, "tries", tries);
        config.set_param(part, "file", secret.to_str().unwrap());
        config.set_param(part, "port", &port.to_string());
    }
    config.scorers = vec!["+bad-reach".into()];
    config.allocator = Some("bad-reach-allocator".into());
}

/// What is tried, and how the record names what was refused. Each is done in a process of its own without a sandbox, as
/// far as `free` says; else this would show nothing.
const TRIES: [(&str, &str, bool); 18] = [
    ("read", "open FILE", true),
    ("thread", "open FILE", true),
    ("link", "linkat", true),
    ("write", "open MADE for writing", true),
    ("chmod", "chmod", true),
    ("listen", "socket", true),
    ("connect", "socket", true),
    ("pair", "socketpair", true),
    ("fork", "clone", true),
    ("exec", "clone", true),
    // Whether a process may attach to its parent, or raise its limits, is up to the machine.
    ("ptrace", "ptrace", false),
    ("peek", "open /proc/", false),
    ("limits", "prlimit64", false),
    ("kill", "kill", true),
    ("memfd", "memfd_create", true),
    ("ring", "io_uring_setup", false),
    ("dumpable", "prctl", true),
    ("remove", "unlink", true),
];

#[test]
fn what_a_library_reaches_for_is_refused_and_recorded() {
    let desk = Desk::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let secret = desk.write("secret.txt", b"secret");
    let made = secret.with_extension("made");
    let names: Vec<&str> = TRIES.iter().map(|(name, ..)| *name).collect();

    let engine_at = |level| engine(level, |config| reach(config, &names.join(","), &secret, port));
    let d = decide(&engine_at(None));
    for part in ["bad-reach", "bad-reach-allocator"] {
        assert_eq!(done(&d, part), [""; 0], "{:?}", d.notes);
        let refused = refused(&d, part);
        for (name, words, _) in TRIES {
            let words =
                words.replace("FILE", secret.to_str().unwrap()).replace("MADE", made.to_str().unwrap());
            assert!(refused.contains(&words), "{name}: {refused}");
        }
    }
    assert!(d.channels.iter().any(|channel| channel.plugin == "bad-reach"), "it said what it had to say");
    assert!(secret.exists() && !made.exists() && listener.accept().is_err());

    // Without a sandbox it gets all that.
    let d = decide(&engine_at(Some(IsolationLevel::Worker)));
    let got = done(&d, "bad-reach");
    for (name, _, free) in TRIES {
        assert!(!free || got.iter().any(|done| done == name), "{name}: {:?}", d.notes);
    }
    assert!(!secret.exists() && made.exists() && listener.accept().is_ok());
}

#[test]
fn only_what_is_given_as_a_path_can_be_read() {
    let desk = Desk::new();
    let secret = desk.write("secret.txt", b"secret");
    fs::create_dir(desk.path("models")).unwrap();
    let given = desk.write("models/weights.bin", b"weights");
    std::os::unix::fs::symlink(&secret, desk.path("models/way-out")).unwrap();
    let with = |path: &Path| {
        engine(None, |config| {
            reach(config, "given,read", &secret, 0);
            config.set_param("bad-reach", "given", path.to_str().unwrap());
        })
    };
    let d = decide(&with(&given));
    assert_eq!(done(&d, "bad-reach"), ["given"]);
    // A folder, and what lies in it; a link in it leads nowhere.
    let folder = engine(None, |config| {
        reach(config, "read,given", &desk.path("models/weights.bin"), 0);
        config.set_param("bad-reach", "given", desk.path("models").to_str().unwrap());
    });
    assert_eq!(done(&decide(&folder), "bad-reach"), ["read"]);
    let way_out = engine(None, |config| {
        reach(config, "read", &desk.path("models/way-out"), 0);
        config.set_param("bad-reach", "given", desk.path("models").to_str().unwrap());
    });
    let d = decide(&way_out);
    assert_eq!(done(&d, "bad-reach"), [""; 0], "{:?}", d.notes);
    assert!(refused(&d, "bad-reach").contains("way-out"));
}

/// A sandbox is made anew for the paths that are granted: all at once, so that nothing that was prepared is lost.
#[test]
fn what_is_granted_is_granted_before_anything_is_prepared() {
    let desk = Desk::new();
    let given = desk.write("weights.bin", b"weights");
    let engine = engine(None, |config| {
        reach(config, "given", &desk.path("none"), 0);
        config.set_param("bad-reach", "given", given.to_str().unwrap());
        config.scorers = vec!["+bad-fickle".into(), "+bad-reach".into()];
    });
    let request = request();
    let mut look = engine.look(&request).unwrap();
    for question in ["what is it?", "where is it?"] {
        let d = look.allocate(question, &request.policy).unwrap();
        assert!(!d.reasons.iter().any(|reason| reason.contains("bad-")), "{:?}", d.reasons);
        assert!(["bad-fickle", "bad-reach"].iter().all(|id| d.channels.iter().any(|c| c.plugin == *id)));
    }
}

#[test]
fn a_worker_in_a_sandbox_knows_nothing_of_the_environment() {
    let desk = Desk::new();
    let run = |level: &str| {
        let args = ["allocate", "page.png", "--plugin", fixture().to_str().unwrap(), "--isolation", level]
            .map(str::to_owned);
        let more = ["--json", "-", "--scorer", "+bad-reach", "--param", "bad-reach.tries=environment"]
            .map(str::to_owned);
        let args: Vec<&str> = args.iter().chain(&more).map(String::as_str).collect();
        desk.run_with(&args, &[("ARRCOC_SECRET", "1")]).stdout
    };
    assert!(run("bad=worker").contains("did environment"));
    assert!(!run("bad=sandbox").contains("did environment"));
}

/// A thread that a library leaves behind computes for a while, and no longer.
#[test]
fn processor_time_is_limited_between_calls_too() {
    let desk = Desk::new();
    let engine = engine(None, |config| {
        reach(config, "burn", &desk.path("none"), 0);
        config.allocator = None;
        config.isolation.call = Duration::from_secs(1);
    });
    decide(&engine);
    // One second for the call, one more, and one by which limits are rounded: that much each time that it is asked. On a
    // machine that is busy it takes longer to burn that.
    let burnt =
        || decide(&engine).reasons.iter().any(|r| r.contains("it took more processor time than it may"));
    let ended = [5, 10, 20, 40, 80].into_iter().any(|seconds| {
        std::thread::sleep(Duration::from_secs(seconds));
        burnt()
    });
    assert!(ended, "it burns for ever");
}

/// The same decisions, to the bit, wherever the plugins run that came with the program.
#[test]
fn a_sandbox_changes_no_decision() {
    let decide = |level: IsolationLevel| {
        let mut config = Config::default();
        config.search = Search { folders: vec![plugins()], ..Search::default() };
        config.threads = 1;
        config.isolation.level = Some(level);
        let engine = Engine::open(config).unwrap();
        engine.allocate(&request().query("where is the total?")).unwrap()
    };
    let (here, there) = (decide(IsolationLevel::InProcess), decide(IsolationLevel::Sandbox));
    assert!(!there.notes.iter().any(|note| note.contains("sandbox")), "{:?}", there.notes);
    assert_eq!(here.id, there.id);
}

/// What a machine cannot hold is said at the start, and in the record.
#[test]
fn a_kernel_that_holds_less_is_told() {
    let desk = Desk::new();
    let secret = desk.write("secret.txt", b"secret");
    let file = format!("bad-reach.file={}", secret.display());
    // A filter that every process has from here on, so that these calls fail as on a kernel that has none of them.
    let without = |call: i64| {
        let fixture = fixture();
        let (desk, file) = (&desk, &file);
        std::thread::scope(|scope| {
            let run = scope.spawn(move || {
                let gone = seccompiler::SeccompFilter::new(
                    [(call, Vec::new())].into(),
                    seccompiler::SeccompAction::Allow,
                    seccompiler::SeccompAction::Errno(libc::ENOSYS as u32),
                    std::env::consts::ARCH.try_into().unwrap(),
                );
                let gone: seccompiler::BpfProgram = gone.unwrap().try_into().unwrap();
                seccompiler::apply_filter(&gone).unwrap();
                let args = [
                    "allocate",
                    "page.png",
                    "--json",
                    "-",
                    "--scorer",
                    "+bad-reach",
                    "--param",
                    file,
                    "--param",
                ];
                let args =
                    [&args[..], &["bad-reach.tries=read", "--plugin", fixture.to_str().unwrap()]].concat();
                let list = ["plugins", "list", "--plugin", fixture.to_str().unwrap()];
                (desk.run(&args), desk.run(&list).well())
            });
            run.join().unwrap()
        })
    };
    let (ran, list) = without(libc::SYS_landlock_create_ruleset);
    let told = "on this machine the sandbox does not hold files (";
    assert!(ran.stderr.contains(&format!("warning: plugin `bad`: {told}")), "{ran:?}");
    assert!(ran.stdout.contains(told) && list.contains(&format!("warning: {told}")), "{ran:?}\n{list}");
    // Its honest reads are held all the same.
    assert!(!ran.stdout.contains("did read"), "{ran:?}");
    let (ran, list) = without(libc::SYS_seccomp);
    let told = "on this machine the sandbox does not hold system calls (";
    assert!(ran.stderr.contains(told) && list.contains(told), "{ran:?}\n{list}");
    assert!(!ran.stdout.contains("did read"), "Landlock holds files alone: {ran:?}");
}
