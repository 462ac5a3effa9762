//! `bench`: the benchmarks of all packages, or of some; or ours beside those
//! of others ([`peers`]).
//!
//! Each benchmark is named to cargo. A bare `cargo bench` would also run the
//! unit tests' harness, which does not know the arguments that benchmarks take.

mod peers;

use crate::arguments::{Given, Switch, nearest};
use crate::failure::{Failure, say};
use crate::workspace::{Package, Target, Workspace};

pub(crate) const DETAILS: &str = "\
Runs every benchmark, or those of the packages and the benchmarks named, with
the profile `bench`, which is the release profile. A package is named in full
or by its folder. Words after `--` go to each benchmark, as in
`cargo xtask bench stats -- --save-baseline before`.

`--peers` prints the goals of speed in one table: patch statistics beside copying
the image, OpenCV and NumPy, and scikit-image; max-min diversity beside NumPy; a
decision, sharing, plugin calls, memory, threads. Ours and the peers take turns in
one run, one thread each, and a ratio is the median over the rounds. The peers come
from the Python package index, pinned by hash, into the cache (`cargo xtask help
fetch` says where); once there they need no network. What cannot be measured is in
the table with its reason. A goal that is missed is a `no` in the table and no
failure; a peer that comes to other numbers than ours is one. Takes minutes.";

pub(crate) const OPTIONS: &[Switch] = &[Switch {
    name: "--peers",
    value: None,
    help: "ours beside OpenCV, NumPy and scikit-image, in one table",
}];

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
    if given.has("--peers") {
        return peers::run(given);
    }
    let workspace = Workspace::find(None)?;
    let all: Vec<(&Package, &Target)> = workspace
        .packages
        .iter()
        .flat_map(|package| package.targets.iter().map(move |target| (package, target)))
        .filter(|(_, target)| target.is("bench"))
        .collect();
    let names = |(package, target): &(&Package, &Target)| {
        [package.name.clone(), package.folder_name().to_owned(), target.name.clone()]
    };
    for name in &given.operands {
        if !all.iter().any(|bench| names(bench).contains(name)) {
            let known: Vec<String> = all.iter().flat_map(names).collect();
            let failure = Failure::request(format!("no package with benchmarks and no benchmark `{name}`"));
            return Err(match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => {
                    let known: Vec<&str> = all.iter().map(|(_, target)| target.name.as_str()).collect();
                    failure.hint(format!("there are {}", known.join(", ")))
                }
            });
        }
    }
    let mut failed = Vec::new();
    for bench in &all {
        if !given.operands.is_empty() && !names(bench).iter().any(|name| given.operands.contains(name)) {
            continue;
        }
        let (package, target) = bench;
        say!("{} of {}", target.name, package.name);
        let status = workspace
            .cargo()
            .args(["bench", "--package", &package.name, "--bench", &target.name, "--"])
            .args(&given.passed_on)
            .status()
            .map_err(|error| Failure::new(format!("cannot run `cargo bench`: {error}")))?;
        if !status.success() {
            failed.push(target.name.as_str());
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(format!("failed benchmarks: {}", failed.join(", "))))
    }
}
