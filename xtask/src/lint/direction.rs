//! Which crate may depend on which.
//!
//! The workspace has layers, and they hold only while no crate reaches past
//! its own. Three rules carry most of the weight: a plugin sees the sdk and
//! the statistics and nothing else of ours, so that a plugin in another
//! repository can do all that ours can; `decide` and `stats` depend on nothing
//! of ours, so that they stay pure; and heavy or delicate dependencies are
//! named by one crate each. The last concern of this file belongs with them:
//! unsafe code stays in the crates that speak to foreign libraries.
//!
//! Only manifests are read, and the root file of each crate; nothing is
//! resolved or built.

use std::fs;

use super::{Finding, Outcome};
use crate::failure::Failure;
use crate::workspace::{Package, Workspace, relative};

/// A crate of ours, and which of ours it may use.
struct Row {
    name: &'static str,
    may: &'static [&'static str],
    /// What its tests, examples and benchmarks may use beyond that.
    tests_may: &'static [&'static str],
}

/// The table of allowed edges, from the bottom up. An edge that is not here is
/// a finding, and so is a crate that is not here.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    Row { name: "arrcoc-abi",         may: &[],                                                tests_may: &[] },
    Row { name: "arrcoc-assets",      may: &[],                                                tests_may: &[] },
    Row { name: "arrcoc-stats",       may: &[],                                                tests_may: &[] },
    Row { name: "arrcoc-decide",      may: &[],                                                tests_may: &[] },
    Row { name: "arrcoc-sdk",         may: &["arrcoc-abi", "arrcoc-decide", "arrcoc-stats"],   tests_may: LIBRARIES },
    Row { name: "arrcoc-host",        may: &["arrcoc-abi", "arrcoc-assets", "arrcoc-decide",
                                             "arrcoc-sdk", "arrcoc-stats"],                    tests_may: LIBRARIES },
    Row { name: "arrcoc-picture",     may: &["arrcoc-stats"],                                  tests_may: LIBRARIES },
    Row { name: "arrcoc-datasets",    may: &["arrcoc-decide", "arrcoc-picture",
                                             "arrcoc-stats"],                                  tests_may: LIBRARIES },
    Row { name: "arrcoc-ledger",      may: &["arrcoc-decide"],                                 tests_may: LIBRARIES },
    Row { name: "arrcoc-conformance", may: &["arrcoc-assets", "arrcoc-decide", "arrcoc-host", "arrcoc-sdk",
                                             "arrcoc-stats"],                                  tests_may: LIBRARIES },
    Row { name: "arrcoc",             may: LIBRARIES,                                          tests_may: &["arrcoc"] },
    // The evaluation drives the engine as a user would: it alone may use the facade.
    Row { name: "arrcoc-eval",        may: &["arrcoc", "arrcoc-abi", "arrcoc-assets", "arrcoc-conformance",
                                             "arrcoc-datasets", "arrcoc-decide", "arrcoc-host",
                                             "arrcoc-ledger", "arrcoc-picture", "arrcoc-sdk",
                                             "arrcoc-stats"],                                  tests_may: &[] },
    // Looks at whatever reads what strangers write.
    Row { name: "arrcoc-fuzz",        may: &["arrcoc", "arrcoc-abi", "arrcoc-datasets", "arrcoc-eval",
                                             "arrcoc-host", "arrcoc-picture"],                tests_may: &[] },
    // Nothing that would take long to build.
    Row { name: "xtask",              may: &["arrcoc-assets"],                                 tests_may: &[] },
];

/// What every package under plugins/ may use.
const PLUGIN: Row = Row { name: "a plugin", may: &["arrcoc-sdk", "arrcoc-stats"], tests_may: LIBRARIES };

/// The libraries below the facade.
const LIBRARIES: &[&str] = &[
    "arrcoc-abi",
    "arrcoc-assets",
    "arrcoc-conformance",
    "arrcoc-datasets",
    "arrcoc-decide",
    "arrcoc-host",
    "arrcoc-ledger",
    "arrcoc-picture",
    "arrcoc-sdk",
    "arrcoc-stats",
];

/// Dependencies from outside that only these crates may name, also in tests.
const NAMED_BY: &[(&str, &[&str])] = &[
    ("abi_stable", &["arrcoc-abi", "arrcoc-host", "arrcoc-sdk"]),
    ("image", &["arrcoc-picture"]),
    ("polars", &["arrcoc-eval"]),
];

/// The wire contract depends on this and nothing else, but for tests.
const ABI_ALONE: (&str, &str) = ("arrcoc-abi", "abi_stable");

/// The crates that may hold unsafe code: both sides of the boundary to
/// plugins, the plugins that drive devices, the fixtures, whose faults are
/// partly about memory, and the kit, which puts memory with guard pages around
/// what a plugin may touch.
const UNSAFE: &[&str] = &[
    "arrcoc-abi",
    "arrcoc-bad",
    "arrcoc-conformance",
    "arrcoc-cuda",
    "arrcoc-host",
    "arrcoc-sdk",
    "arrcoc-wgpu",
];

pub(super) fn check(workspace: &Workspace) -> Result<Outcome, Failure> {
    let mut findings = Vec::new();
    for package in &workspace.packages {
        edges(workspace, package, &mut findings);
        unsafe_code(workspace, package, &mut findings)?;
    }
    Ok(Outcome::Findings(findings))
}

fn edges(workspace: &Workspace, package: &Package, findings: &mut Vec<Finding>) {
    let manifest = format!("{}/Cargo.toml", package.folder);
    let mut finding = |what: String| findings.push(Finding::file(&manifest, what));
    let name = &package.name;
    let row = if package.is_plugin() {
        &PLUGIN
    } else if let Some(row) = TABLE.iter().find(|row| row.name == name) {
        row
    } else {
        finding(format!(
            "`{name}` is not in the table of allowed edges; add it to xtask/src/lint/direction.rs"
        ));
        return;
    };
    for dependency in &package.dependencies {
        let to = dependency.name.as_str();
        if workspace.package(to).is_some() {
            let allowed = row.may.contains(&to) || (dependency.for_tests && row.tests_may.contains(&to));
            if !allowed {
                let tests = if dependency.for_tests { " in its tests" } else { "" };
                finding(format!("`{name}` may not depend on `{to}`{tests}; {}", permission(row)));
            }
            continue;
        }
        // `polars` stands for `polars-core` too.
        let family = to.split('-').next().unwrap_or(to);
        if let Some((outside, by)) = NAMED_BY.iter().find(|(outside, _)| *outside == to || *outside == family)
            && !by.contains(&name.as_str())
        {
            finding(format!("`{name}` may not name `{to}`; only {} may name `{outside}`", quoted(by)));
        }
        let (abi, alone) = ABI_ALONE;
        if name == abi && !dependency.for_tests && to != alone {
            finding(format!("`{abi}` may not depend on `{to}`; it depends on `{alone}` alone"));
        }
    }
}

fn permission(row: &Row) -> String {
    match row.may {
        [] => format!("{} may depend on none of ours", row.name),
        may => format!("{} may depend on {}", row.name, quoted(may)),
    }
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A crate says in its root file that it has no unsafe code. Plugins may
/// `deny` instead of `forbid`: the sdk's export macro makes a symbol that the
/// host finds by name, which counts as unsafe and which it allows for itself.
fn unsafe_code(workspace: &Workspace, package: &Package, findings: &mut Vec<Finding>) -> Result<(), Failure> {
    if UNSAFE.contains(&package.name.as_str()) {
        return Ok(());
    }
    let forbid = "#![forbid(unsafe_code)]";
    let deny = "#![deny(unsafe_code)]";
    let roots = package.targets.iter().filter(|target| {
        ["lib", "cdylib", "rlib", "dylib", "proc-macro", "bin"].iter().any(|kind| target.is(kind))
    });
    for target in roots {
        let text = fs::read_to_string(&target.source)
            .map_err(|error| Failure::file("read", &target.source, error))?;
        let has = |attribute: &str| text.lines().any(|line| line.trim() == attribute);
        if has(forbid) || (package.is_plugin() && has(deny)) {
            continue;
        }
        let wanted =
            if package.is_plugin() { format!("`{forbid}` or `{deny}`") } else { format!("`{forbid}`") };
        findings.push(Finding::file(
            relative(&target.source, &workspace.root),
            format!("the root file of `{}` lacks {wanted}", package.name),
        ));
    }
    Ok(())
}
