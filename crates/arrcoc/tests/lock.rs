//! The lock file: what was locked is what runs, and everything else is a clear error.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use support::{Desk, Ran, library, plugins};

/// A desk with three plugins of its own, locked.
struct Locked {
    desk: Desk,
}

const NAMES: [&str; 3] = ["arrcoc_cpu", "arrcoc_ways", "arrcoc_allocators"];

impl Locked {
    fn new() -> Locked {
        let locked = Locked { desk: Desk::new() };
        // The program in a folder of its own, so that no plugins are beside it.
        fs::create_dir(locked.desk.path("bin")).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_arrcoc"), locked.desk.path("bin/arrcoc")).unwrap();
        fs::create_dir(locked.desk.path("mine")).unwrap();
        for name in NAMES {
            fs::copy(library(&plugins(), name), locked.library(name)).unwrap();
        }
        let said = locked.run(&["plugins", "lock", "my.lock"]).well();
        assert_eq!(said, "locked 3 libraries in my.lock\n");
        locked
    }

    fn library(&self, name: &str) -> PathBuf {
        library(&self.desk.path("mine"), name)
    }

    /// Runs the command with these plugins and no others.
    fn run(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(self.desk.path("bin/arrcoc"));
        command.args(args).args(["--isolation", "inproc"]).current_dir(self.desk.path(""));
        command.env("ARRCOC_PLUGIN_PATH", self.desk.path("mine")).stdin(Stdio::null());
        Ran::of(&command.output().unwrap())
    }

    fn allocate(&self) -> Ran {
        self.run(&["allocate", "page.png", "--locked=my.lock"])
    }

    fn refused(&self, what: &str) {
        let said = self.allocate().refused();
        assert!(said.contains(what) && said.contains("my.lock"), "{said}");
    }
}

#[test]
fn what_was_locked_runs() {
    let locked = Locked::new();
    assert!(locked.allocate().well().contains("86400 tokens"));
    let list = locked.run(&["plugins", "list", "--locked=my.lock"]).well();
    assert!(list.contains("usable") && list.contains("ways 0.1.0"), "{list}");
    // By a config file, from its folder.
    locked.desk.write("arrcoc.toml", b"lock = \"my.lock\"\n");
    locked.run(&["allocate", "page.png", "--config", "arrcoc.toml"]).well();
    // The same again gives the same bytes.
    let first = fs::read(locked.desk.path("my.lock")).unwrap();
    locked.run(&["plugins", "lock", "my.lock"]).well();
    assert!(fs::read(locked.desk.path("my.lock")).unwrap() == first);
}

#[test]
fn a_file_that_is_not_the_one_that_was_locked_is_refused() {
    let locked = Locked::new();
    let ways = locked.library("arrcoc_ways");
    let good = fs::read(&ways).unwrap();

    // Another build of the same: a byte behind the end.
    fs::write(&ways, [&good[..], &[0]].concat()).unwrap();
    locked.refused("it is not the `ways` of my.lock: its BLAKE3 is ");
    // Cut off.
    fs::write(&ways, &good[..good.len() / 2]).unwrap();
    locked.refused("`ways` is locked, and was refused: ");
    fs::write(&ways, b"").unwrap();
    locked.refused("it is empty");
    // Another plugin under its name.
    fs::copy(locked.library("arrcoc_cpu"), &ways).unwrap();
    locked.refused("`ways` 0.1.0 (");
    // Gone.
    fs::remove_file(&ways).unwrap();
    locked.refused("is locked, and was not found");
    // The list shows what is there and says what is not.
    let list = locked.run(&["plugins", "list", "--locked=my.lock"]);
    assert!(
        list.code == 2 && list.stdout.contains("cpu 0.1.0") && list.stderr.contains("not found"),
        "{list:?}"
    );
    // There again, under another name.
    fs::write(library(&locked.desk.path("mine"), "renamed"), &good).unwrap();
    locked.allocate().well();
}

#[test]
fn what_was_not_locked_is_not_loaded() {
    let locked = Locked::new();
    fs::copy(library(&plugins(), "arrcoc_glance"), locked.library("arrcoc_glance")).unwrap();
    locked.allocate().well();
    let list = locked.run(&["plugins", "list", "--locked=my.lock"]).well();
    assert!(list.contains("`glance` is not in my.lock; hint: `arrcoc plugins lock` lists it"), "{list}");
    // One that is named is an error.
    let glance = locked.library("arrcoc_glance");
    let said = locked
        .run(&["allocate", "page.png", "--locked=my.lock", "--plugin", glance.to_str().unwrap()])
        .refused();
    assert!(said.contains("`glance` is not in my.lock"), "{said}");
}

#[test]
fn a_lock_file_that_cannot_be_used_is_a_clear_error() {
    let locked = Locked::new();
    let path = locked.desk.path("my.lock");
    let text = fs::read_to_string(&path).unwrap();
    for (bytes, what) in [
        (text.as_bytes()[..text.len() / 2].to_vec(), "cut off"),
        // A whole entry less, which reads well.
        (text.as_bytes()[..text.rfind("[[library]]").unwrap()].to_vec(), "it was cut off or edited"),
        (text.replacen("version = \"0.1.0\"", "version = \"0.2.0\"", 1).into_bytes(), "edited"),
        (text.replacen("version = 1", "version = 9", 1).into_bytes(), "form 9"),
        (Vec::new(), "missing field `version`"),
        (vec![0xff, 0xfe], "it is not text"),
    ] {
        fs::write(&path, bytes).unwrap();
        locked.refused(what);
    }
    fs::remove_file(&path).unwrap();
    locked.refused("there is no such lock file");
    // Beside the program, where none is named.
    let said = locked.run(&["allocate", "page.png", "--locked"]).refused();
    assert!(said.contains("bin/arrcoc.lock: there is no such lock file"), "{said}");
    locked.run(&["plugins", "lock"]).well();
    assert!(locked.desk.path("bin/arrcoc.lock").exists());
    locked.run(&["allocate", "page.png", "--locked"]).well();
}

#[test]
fn a_lock_that_cannot_be_written_leaves_the_old_one() {
    let locked = Locked::new();
    let before = fs::read(locked.desk.path("my.lock")).unwrap();
    let said = locked.run(&["plugins", "lock", "nowhere/my.lock"]).refused();
    assert!(said.contains("nowhere"), "{said}");
    let said = locked.run(&["plugins", "lock", "my.lock", "--locked=my.lock"]).refused();
    assert!(said.contains("writes the file that --locked reads"), "{said}");
    for name in NAMES {
        fs::remove_file(locked.library(name)).unwrap();
    }
    let said = locked.run(&["plugins", "lock", "my.lock"]).refused();
    assert!(said.contains("no plugins were found to lock"), "{said}");
    assert!(fs::read(locked.desk.path("my.lock")).unwrap() == before);
}
