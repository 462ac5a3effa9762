//! Every committed file goes through its target: seeds that the fuzzer starts
//! from, and inputs that it once found something with.

#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use arrcoc_fuzz::TARGETS;

/// The most bytes of a file, and of all files.
const FILE: u64 = 64 << 10;
const ALL: u64 = 3 << 19;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The files of a folder, in order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn nothing_is_found_with_the_seeds() {
    let mut found = Vec::new();
    for target in TARGETS {
        let seeds = files(&folder("seeds").join(target.name));
        assert!(!seeds.is_empty(), "`{}` has no seeds", target.name);
        for seed in seeds {
            let bytes = fs::read(&seed).unwrap();
            if std::panic::catch_unwind(|| (target.run)(&bytes)).is_err() {
                found.push(seed);
            }
        }
    }
    assert!(found.is_empty(), "the reasons are above: {found:?}");
}

#[test]
fn bytes_that_are_nothing_are_no_finding() {
    for target in TARGETS {
        for bytes in [&b""[..], b"\0", b"{}", b"\xff\xff\xff\xff", &[0x20; 4096]] {
            (target.run)(bytes);
        }
    }
}

#[test]
fn every_target_has_a_program_and_every_program_a_target() {
    let stem = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let programs: BTreeSet<String> = files(&folder("fuzz_targets")).into_iter().map(stem).collect();
    let seeds: BTreeSet<String> = files(&folder("seeds")).into_iter().map(stem).collect();
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert!(targets.is_subset(&programs), "{programs:?}");
    assert_eq!(programs, seeds);
    if cfg!(all(target_os = "linux", feature = "evaluation")) {
        assert_eq!(programs, targets);
    }
}

#[test]
fn the_seeds_are_small() {
    let mut all = 0;
    for seed in files(&folder("seeds")).iter().flat_map(|folder| files(folder)) {
        let bytes = fs::metadata(&seed).unwrap().len();
        assert!(bytes <= FILE, "{} has {bytes} bytes", seed.display());
        all += bytes;
    }
    assert!(all <= ALL, "{all} bytes");
}

/// What a conversation comes to that is as it should be: it is the way to everything behind it.
#[test]
#[cfg(target_os = "linux")]
fn a_conversation_of_the_seeds_gets_through_to_its_end() {
    let bytes = fs::read(folder("seeds/answers/all")).unwrap();
    let heard = arrcoc_fuzz::heard(&bytes);
    assert_eq!(heard.lines, Vec::<String>::new());
    let outputs: Vec<&str> = heard.outputs.iter().map(|output| output.name()).collect();
    assert_eq!(outputs, ["light", "asked", "tokens"]);
    assert_eq!(heard.names, ["toy", "cpu"]);
}
