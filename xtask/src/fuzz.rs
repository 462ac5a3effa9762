//! `fuzz`: looks for inputs that break what reads them.
//!
//! The targets are the programs of the package in `fuzz/`, and cargo-fuzz
//! builds and runs them. What it needs beyond the pinned toolchain is looked
//! for first, so that the absence of a compiler is one line and not a screen of
//! a build's messages.

use std::process::Command;

use crate::arguments::{Given, Switch, nearest};
use crate::failure::{Failure, say};
use crate::nightly;
use crate::workspace::{Package, Target, Workspace};

pub(crate) const DETAILS: &str = "\
Runs each target named, or each there is, for a while. A target reads what a
stranger may have written and holds what got through against what is promised of
it; the memory of a run is watched by AddressSanitizer.

Inputs come from `fuzz/seeds/TARGET`, which is committed, and from
`fuzz/corpus/TARGET`, which grows and is not. An input with which something was
found lands in `fuzz/artifacts/TARGET`, and the command fails. CONTRIBUTING.md says
how it becomes a test. Needs the nightly toolchain, cargo-fuzz and a C++ compiler.
The first build takes minutes. Words after `--` go to libFuzzer.";

pub(crate) const OPTIONS: &[Switch] =
    &[Switch { name: "--seconds", value: Some("N"), help: "how long each target runs; 60 without it" }];

/// The package of the targets, and its folder.
const PACKAGE: &str = "arrcoc-fuzz";
const FOLDER: &str = "fuzz";

/// How long a target runs when nothing is said, in seconds.
const SECONDS: u32 = 60;

/// What libFuzzer holds a run to: no input takes longer or more memory than this, and none is larger.
const LIMITS: [&str; 4] = ["-timeout=10", "-rss_limit_mb=2048", "-malloc_limit_mb=512", "-max_len=32768"];

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
    let workspace = Workspace::find(None)?;
    let package = workspace.package(PACKAGE);
    let package = package.ok_or_else(|| Failure::new(format!("there is no package `{PACKAGE}`")))?;
    let chosen = chosen(package, &given.operands)?;
    let seconds = seconds(given.value("--seconds"))?;
    nightly::check(&workspace.root, "fuzz", "cargo install cargo-fuzz")?;
    compiler()?;
    let features = features(&chosen);
    let mut found = Vec::new();
    for target in chosen {
        say!("{}, {seconds} s", target.name);
        let mut command = command(&workspace, &target.name, &features)?;
        command.arg(format!("-max_total_time={seconds}")).args(LIMITS).args(&given.passed_on);
        if !nightly::run(&mut command, "fuzz")? {
            found.push(target.name.as_str());
        }
    }
    if found.is_empty() {
        say!("nothing was found");
        return Ok(());
    }
    let hint =
        "what was found is above, its input in `fuzz/artifacts`; CONTRIBUTING.md says how it becomes a test";
    Err(Failure::new(format!("failed targets: {}", found.join(", "))).hint(hint))
}

/// The targets named, or all.
fn chosen<'a>(package: &'a Package, names: &[String]) -> Result<Vec<&'a Target>, Failure> {
    let all: Vec<&Target> = package.targets.iter().filter(|target| target.is("bin")).collect();
    if names.is_empty() {
        return Ok(all);
    }
    let find = |name: &String| {
        all.iter().copied().find(|target| target.name == *name).ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|target| target.name.as_str()).collect();
            let hint = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", known.join(", ")),
            };
            Failure::request(format!("no target `{name}`")).hint(hint)
        })
    };
    names.iter().map(find).collect()
}

fn seconds(given: Option<&str>) -> Result<u32, Failure> {
    let Some(text) = given else { return Ok(SECONDS) };
    text.parse()
        .ok()
        .filter(|seconds| *seconds > 0)
        .ok_or_else(|| Failure::request(format!("`--seconds {text}`: give a whole number above 0")))
}

/// libFuzzer is C++, and is compiled with what the crate `cc` would take.
fn compiler() -> Result<(), Failure> {
    let named = std::env::var_os("CXX").filter(|name| !name.is_empty());
    let program = named.unwrap_or_else(|| "c++".into());
    if nightly::succeeds(Command::new(&program).arg("--version")) {
        return Ok(());
    }
    Err(Failure::new(format!("there is no C++ compiler `{}`", program.display()))
        .hint("install g++ or clang, or name one with CXX"))
}

/// What the chosen targets need, so that one build serves all of them.
fn features(chosen: &[&Target]) -> String {
    let mut features: Vec<&str> =
        chosen.iter().flat_map(|target| &target.features).map(String::as_str).collect();
    features.sort_unstable();
    features.dedup();
    features.join(",")
}

fn command(workspace: &Workspace, target: &str, features: &str) -> Result<Command, Failure> {
    // Run in the folder itself, whose configuration of cargo is meant for this.
    let folder = workspace.root.join(FOLDER);
    let corpus = folder.join("corpus").join(target);
    std::fs::create_dir_all(&corpus).map_err(|error| Failure::file("make", &corpus, error))?;
    let seeds = folder.join("seeds").join(target);
    let mut command = nightly::cargo(&folder);
    command
        .args(["fuzz", "run", "--fuzz-dir", ".", "--no-default-features", "--features", features])
        .arg("--target-dir")
        .arg(workspace.target.join("fuzz"))
        .arg(target)
        .args([corpus, seeds])
        .arg("--");
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package() -> Package {
        let target = |name: &str, kind: &str, features: &[&str]| Target {
            name: name.into(),
            kinds: vec![kind.into()],
            source: "x.rs".into(),
            features: features.iter().map(|feature| (*feature).to_owned()).collect(),
        };
        Package {
            name: PACKAGE.into(),
            version: "0".into(),
            folder: FOLDER.into(),
            dependencies: Vec::new(),
            targets: vec![
                target("arrcoc_fuzz", "lib", &[]),
                target("image", "bin", &["libfuzzer"]),
                target("suite", "bin", &["libfuzzer", "evaluation"]),
            ],
        }
    }

    #[test]
    fn what_takes_long_to_build_is_built_only_where_it_is_named() {
        let package = package();
        let of = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            features(&chosen(&package, &names).unwrap())
        };
        assert_eq!(of(&["image"]), "libfuzzer");
        assert_eq!(of(&["image", "suite"]), "evaluation,libfuzzer");
        assert_eq!(of(&[]), "evaluation,libfuzzer");
    }

    #[test]
    fn a_time_is_a_whole_number_of_seconds() {
        assert_eq!(seconds(None).unwrap(), SECONDS);
        assert_eq!(seconds(Some("7")).unwrap(), 7);
        for wrong in ["0", "-1", "1m", ""] {
            assert!(seconds(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
