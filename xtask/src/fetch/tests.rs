//! Assets that are made here, fetched from a folder that pip takes for an
//! index: the real pip, and no network.

use std::path::PathBuf;
use std::process::Command;

use arrcoc_assets::Piece;

use super::*;

/// A folder with a wheel, `index/`, and a place for a cache, `cache/`; goes when it is dropped.
struct Desk(PathBuf);

impl Desk {
    /// `None` where there is no pip, which is no failure.
    fn new(name: &str) -> Option<Self> {
        if let Err(failure) = Index::default().python() {
            eprintln!("not tested: {failure}");
            return None;
        }
        let desk =
            Self(std::env::temp_dir().join(format!("arrcoc-xtask-fetch-{name}-{}", std::process::id())));
        let _ = fs::remove_dir_all(&desk.0);
        fs::create_dir_all(desk.0.join("index")).unwrap();
        let script = "\
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    wheel.writestr('thing/models/one.bin', 'first')
    wheel.writestr('thing/two.bin', 'second')
    info = 'thing-1.0.dist-info/'
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: thing\\nVersion: 1.0\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'RECORD', '')
";
        let python = Index::default().python().unwrap();
        let status = Command::new(python).args(["-c", script]).arg(desk.wheel()).status().unwrap();
        assert!(status.success());
        Some(desk)
    }

    fn wheel(&self) -> PathBuf {
        self.0.join("index/thing-1.0-py3-none-any.whl")
    }

    fn cache(&self) -> PathBuf {
        self.0.join("cache")
    }

    /// The index, without a network.
    fn index(&self) -> Index {
        let variables = vec![("PIP_NO_INDEX", "1".into()), ("PIP_FIND_LINKS", self.0.join("index").into())];
        Index { variables, ..Index::default() }
    }

    /// Fetches the asset of which these are the hashes.
    fn obtain(&self, wheel: &str, second: &str) -> Result<(), Failure> {
        with(wheel, second, |asset| obtain(asset, &self.cache(), &self.index()))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.cache()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

// sha256 of `first` and `second`.
const FIRST: &str = "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e";
const SECOND: &str = "16367aacb67a4a017c8da8ab95682ccb390863780f7114dda0a0e0c55644c7c4";
const WRONG: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn with<T>(wheel: &str, second: &str, then: impl FnOnce(&Asset<'_>) -> T) -> T {
    then(&Asset {
        name: "thing",
        what: "is a thing",
        licence: "MIT",
        package: "thing",
        version: "1.0",
        sha256: wheel,
        bytes: 1000,
        pieces: &[
            Piece { inside: "thing/models/one.bin", sha256: FIRST },
            Piece { inside: "thing/two.bin", sha256: second },
        ],
    })
}

#[test]
fn what_was_fetched_is_there_whole_and_needs_no_index_again() {
    let Some(desk) = Desk::new("whole") else { return };
    let hash = cache::sha256(&desk.wheel()).unwrap();
    let folder = format!("thing-{}", &hash[..8]);
    desk.obtain(&hash, SECOND).unwrap();
    assert_eq!(desk.names(), [folder.as_str()]);
    let inside = desk.cache().join(&folder);
    assert_eq!(fs::read_to_string(inside.join("one.bin")).unwrap(), "first");
    assert_eq!(fs::read_to_string(inside.join("two.bin")).unwrap(), "second");
    assert!(fs::read_to_string(inside.join("ORIGIN")).unwrap().contains(&hash));

    fs::remove_file(desk.wheel()).unwrap();
    desk.obtain(&hash, SECOND).unwrap();
    with(&hash, SECOND, |asset| {
        let nothing = Index { interpreters: Vec::new(), ..Index::default() };
        obtain(asset, &desk.cache(), &nothing).unwrap();
    });
}

#[test]
fn what_is_damaged_is_not_used_and_is_fetched_again() {
    let Some(desk) = Desk::new("damaged") else { return };
    let hash = cache::sha256(&desk.wheel()).unwrap();
    desk.obtain(&hash, SECOND).unwrap();
    let file = desk.cache().join(format!("thing-{}/two.bin", &hash[..8]));
    for damage in [|path: &Path| fs::write(path, "sec"), |path: &Path| fs::remove_file(path)] {
        damage(&file).unwrap();
        with(&hash, SECOND, |asset| assert!(matches!(cache::look(asset, &desk.cache()), State::Damaged(_))));
        desk.obtain(&hash, SECOND).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "second");
    }
}

#[test]
fn another_wheel_or_another_file_in_it_is_refused_and_nothing_is_kept() {
    let Some(desk) = Desk::new("another") else { return };
    let wheel = desk.obtain(WRONG, SECOND).unwrap_err().to_string();
    assert_eq!(wheel, "what the index gives as thing 1.0 is not the pinned file: its sha256 differs");
    let hash = cache::sha256(&desk.wheel()).unwrap();
    let file = desk.obtain(&hash, WRONG).unwrap_err().to_string();
    assert!(file.ends_with("its sha256 begins with 16367aac, not 00000000"), "{file}");
    assert_eq!(desk.names(), [""; 0]);
}

#[test]
fn an_index_without_the_package_is_named_as_the_reason() {
    let Some(desk) = Desk::new("without") else { return };
    let hash = cache::sha256(&desk.wheel()).unwrap();
    fs::remove_file(desk.wheel()).unwrap();
    let failure = desk.obtain(&hash, SECOND).unwrap_err().to_string();
    assert_eq!(failure, "the package index that pip uses does not have thing 1.0");
    assert_eq!(desk.names(), [""; 0]);
}

#[test]
fn an_index_that_cannot_be_reached_is_named_as_the_reason() {
    let Some(desk) = Desk::new("unreached") else { return };
    // Port 9 discards, where anything listens at all: the connection is refused.
    let variables = vec![("PIP_INDEX_URL", "http://127.0.0.1:9/simple".into()), ("PIP_RETRIES", "0".into())];
    let index = Index { variables, ..Index::default() };
    let failure = with(WRONG, SECOND, |asset| obtain(asset, &desk.cache(), &index)).unwrap_err().to_string();
    assert_eq!(failure, "cannot reach the Python package index for thing 1.0");
}

#[test]
fn a_machine_without_python_or_without_pip_is_told_what_to_install() {
    let python = |interpreters: &[&str]| {
        let interpreters = interpreters.iter().map(Into::into).collect();
        Index { interpreters, ..Index::default() }.python().map_err(|failure| failure.to_string())
    };
    let none = "there is no Python, with which assets are fetched";
    assert_eq!(python(&["arrcoc-no-such-program"]), Err(none.to_owned()));
    // Cargo is a program that has no module pip.
    let without = format!("`{}` has no pip, with which assets are fetched", env!("CARGO"));
    assert_eq!(python(&["arrcoc-no-such-program", env!("CARGO")]), Err(without));
}

#[test]
fn what_a_killed_run_has_left_is_neither_used_nor_kept_for_ever() {
    let Some(desk) = Desk::new("killed") else { return };
    let hash = cache::sha256(&desk.wheel()).unwrap();
    let (old, new) = (format!(".thing-{}.1.partial", &hash[..8]), format!(".thing-{}.2.partial", &hash[..8]));
    for name in [&old, &new] {
        fs::create_dir_all(desk.cache().join(name)).unwrap();
    }
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(2 * 60 * 60);
    let Ok(folder) = fs::File::open(desk.cache().join(&old)) else { return };
    folder.set_modified(long_ago).unwrap();
    desk.obtain(&hash, SECOND).unwrap();
    assert_eq!(desk.names(), [new, format!("thing-{}", &hash[..8])]);
}

#[test]
fn a_cache_that_cannot_be_made_is_named() {
    let Some(desk) = Desk::new("nowhere") else { return };
    fs::write(desk.cache(), "a file").unwrap();
    let failure = desk.obtain(WRONG, SECOND).unwrap_err().to_string();
    assert!(failure.starts_with(&format!("cannot make `{}`", desk.cache().display())), "{failure}");
}
