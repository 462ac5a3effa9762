//! `bench`: the benchmarks of all packages, or of some.
//!
//! Each benchmark is named to cargo. A bare `cargo bench` would also run the
//! unit tests' harness, which does not know the arguments that benchmarks take.

use crate::arguments::{Given, nearest};
use crate::failure::{Failure, say};
use crate::workspace::{Package, Target, Workspace};

pub(crate) const DETAILS: &str = "\
Runs every benchmark, or those of the packages and the benchmarks named, with
the profile `bench`, which is the release profile. A package is named in full
or by its folder. Words after `--` go to each benchmark, as in
`cargo xtask bench stats -- --save-baseline before`.";

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
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
