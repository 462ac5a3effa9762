//! `sanitize`: the tests of the crates that hold unsafe code, under
//! instruments that see what it does.
//!
//! Miri runs a program step by step and finds undefined behaviour of every
//! kind, but knows neither sockets with descriptors nor shared libraries, and
//! takes a hundred times as long. AddressSanitizer sees reads and writes that
//! miss, and leaks, and runs everything. So the first has what it can run, and
//! the second all of it.

use crate::arguments::{Given, nearest};
use crate::failure::{Failure, say};
use crate::nightly;
use crate::workspace::{Workspace, host_triple};

pub(crate) const DETAILS: &str = "\
Runs the kinds named, or both:

  miri     the unit tests of `abi`, `sdk` and `host`, but for those that load a
           library, start a process, or talk over a socket
  address  all unit tests of the three, with AddressSanitizer

Needs the nightly toolchain, for `miri` with its component miri, for both with
rust-src. The first build of each takes minutes.";

type Kind = fn(&Workspace) -> Result<bool, Failure>;

const KINDS: [(&str, Kind); 2] = [("miri", miri), ("address", address)];

/// The crates with unsafe code that runs on every machine.
const PACKAGES: [&str; 6] =
    ["--package", "arrcoc-abi", "--package", "arrcoc-sdk", "--package", "arrcoc-host"];

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
    for name in &given.operands {
        if !KINDS.iter().any(|(known, _)| known == name) {
            let hint = match nearest(name, KINDS.iter().map(|(known, _)| *known)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", KINDS.map(|(known, _)| known).join(", ")),
            };
            return Err(Failure::request(format!("no kind `{name}`")).hint(hint));
        }
    }
    let workspace = Workspace::find(None)?;
    let mut failed = Vec::new();
    for (name, kind) in KINDS {
        if given.operands.is_empty() || given.operands.iter().any(|asked| asked == name) {
            say!("{name}");
            if !kind(&workspace)? {
                failed.push(name);
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::new(format!("failed kinds: {}", failed.join(", ")))) }
}

fn miri(workspace: &Workspace) -> Result<bool, Failure> {
    let install = "rustup component add miri rust-src --toolchain nightly";
    nightly::check(&workspace.root, "miri", install)?;
    let test = |words: &[&str]| {
        let mut command = nightly::cargo(&workspace.root);
        command
            .args(["miri", "test", "--lib", "--target-dir"])
            .arg(workspace.target.join("miri"))
            .args(words);
        // Times, files and the environment are those of the machine.
        command.env("MIRIFLAGS", "-Zmiri-disable-isolation");
        nightly::run(&mut command, "miri")
    };
    let whole = test(&["--package", "arrcoc-abi", "--package", "arrcoc-sdk"])?;
    Ok(test(&["--package", "arrcoc-host", "--", "--skip", "worker::"])? && whole)
}

fn address(workspace: &Workspace) -> Result<bool, Failure> {
    nightly::check(&workspace.root, "test", "rustup toolchain install nightly")?;
    let mut command = nightly::cargo(&workspace.root);
    // A target of its own, so that build scripts and macros are compiled without the instrument.
    command.args(["test", "--lib", "--target", &host_triple()?]).args(PACKAGES);
    command.arg("--target-dir").arg(workspace.target.join("address"));
    command.env("RUSTFLAGS", "-Zsanitizer=address");
    // More memory than there is comes back as none, as it does without the instrument.
    command.env("ASAN_OPTIONS", "allocator_may_return_null=1");
    nightly::run(&mut command, "test")
}
