//! What goes into the files of the archive: which packages, and what hangs on
//! what.
//!
//! `cargo tree` says it as a build resolves it: features of these packages
//! together and no others, nothing that only tests or build scripts use, and no
//! procedural macro, which runs in the compiler and is not linked. `cargo
//! metadata` resolves the whole workspace at once, so it is asked for facts of a
//! package alone: its licence, its folder, its authors. The lock file has the
//! checksums.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use spdx::{Expression, ParseMode};

use crate::failure::Failure;
use crate::workspace::Workspace;

/// Name and version: what tells one package from another here.
pub(super) type Key = (String, String);

/// A package that is linked into a file of the archive.
#[derive(Debug, Default)]
pub(super) struct Linked {
    /// An SPDX expression in today's notation; none where the package states none.
    pub(super) licence: Option<String>,
    /// The file that the manifest names for it.
    pub(super) licence_file: Option<String>,
    pub(super) authors: Vec<String>,
    pub(super) description: Option<String>,
    pub(super) repository: Option<String>,
    /// Where its sources are on this machine.
    pub(super) folder: PathBuf,
    /// SHA-256 of the package, from the lock file; none for a package of this workspace.
    pub(super) checksum: Option<String>,
    /// Of the packages here, those that it needs.
    pub(super) needs: BTreeSet<Key>,
}

pub(super) type Packages = BTreeMap<Key, Linked>;

/// The packages that are linked when `built` are built together, of which only `shipped` are looked into.
pub(super) fn packages(
    workspace: &Workspace,
    triple: &str,
    built: &[&str],
    shipped: &[&str],
) -> Result<Packages, Failure> {
    let mut cargo = workspace.cargo();
    cargo.args(["tree", "--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", "{p}"]);
    cargo.args(["--target", triple]);
    for package in built {
        cargo.args(["--package", package]);
    }
    let output = cargo
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(format!("cannot run `cargo tree`: {error}")))?;
    if !output.status.success() {
        return Err(Failure::new("`cargo tree` failed: its message is above"));
    }
    let edges = edges(&String::from_utf8_lossy(&output.stdout))?;
    let mut packages = Packages::new();
    for root in shipped {
        let root = edges.keys().find(|(name, _)| name == root);
        let root = root.ok_or_else(|| Failure::new("`cargo tree` leaves out a package that is shipped"))?;
        reach(root, &edges, &mut packages);
    }
    facts(workspace, &mut packages)?;
    checksums(workspace, &mut packages)?;
    Ok(packages)
}

type Edges = BTreeMap<Key, BTreeSet<Key>>;

/// Reads lines such as `3libm v0.2.16 (*)`: the depth, name and version. What a package needs stands below the first
/// line that names it.
fn edges(tree: &str) -> Result<Edges, Failure> {
    let mut edges = Edges::new();
    let mut above: Vec<Key> = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let wrong = || Failure::new(format!("`cargo tree` printed `{line}`"));
        let digits = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
        let depth: usize = line[..digits].parse().map_err(|_| wrong())?;
        let mut words = line[digits..].split(' ');
        let name = words.next().unwrap_or_default().to_owned();
        let version = words.next().and_then(|word| word.strip_prefix('v')).ok_or_else(wrong)?;
        let key = (name, version.to_owned());
        above.truncate(depth);
        if let Some(parent) = above.last() {
            edges.entry(parent.clone()).or_default().insert(key.clone());
        }
        edges.entry(key.clone()).or_default();
        above.push(key);
    }
    Ok(edges)
}

fn reach(key: &Key, edges: &Edges, packages: &mut Packages) {
    if packages.contains_key(key) {
        return;
    }
    let needs = edges.get(key).cloned().unwrap_or_default();
    packages.insert(key.clone(), Linked { needs: needs.clone(), ..Linked::default() });
    for needed in &needs {
        reach(needed, edges, packages);
    }
}

fn facts(workspace: &Workspace, packages: &mut Packages) -> Result<(), Failure> {
    let known = workspace.resolved_packages()?;
    let mut known: BTreeMap<Key, &Value> =
        known.iter().map(|package| ((text(package, "name"), text(package, "version")), package)).collect();
    for ((name, version), linked) in packages {
        let package = known
            .remove(&(name.clone(), version.clone()))
            .ok_or_else(|| Failure::new(format!("`cargo metadata` says nothing of `{name}` {version}")))?;
        let optional = |key: &str| package[key].as_str().map(str::to_owned);
        linked.licence = optional("license").map(|licence| canonical(&licence));
        linked.licence_file = optional("license_file");
        linked.description =
            optional("description").map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        linked.repository = optional("repository").filter(|_| !package["source"].is_null());
        let authors = package["authors"].as_array().into_iter().flatten();
        linked.authors = authors.filter_map(Value::as_str).map(str::to_owned).collect();
        let manifest = PathBuf::from(text(package, "manifest_path"));
        linked.folder = manifest.parent().map(Path::to_owned).unwrap_or_default();
    }
    Ok(())
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Older packages write `MIT/Apache-2.0`.
fn canonical(licence: &str) -> String {
    match Expression::parse_mode(licence, ParseMode::LAX) {
        Ok(_) => licence.replace(" / ", " OR ").replace('/', " OR "),
        Err(_) => licence.to_owned(),
    }
}

fn checksums(workspace: &Workspace, packages: &mut Packages) -> Result<(), Failure> {
    let path = workspace.root.join("Cargo.lock");
    let lock = fs::read_to_string(&path).map_err(|error| Failure::file("read", &path, error))?;
    let lock: toml::Table = lock.parse().map_err(|error: toml::de::Error| {
        Failure::new(format!("`Cargo.lock` is not TOML: {}", error.message()))
    })?;
    for package in lock.get("package").and_then(toml::Value::as_array).into_iter().flatten() {
        let field = |key: &str| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        let key = (field("name").unwrap_or_default(), field("version").unwrap_or_default());
        // A package of the workspace may be called as one that is not: only the latter has a checksum.
        if let (Some(linked), Some(checksum)) = (packages.get_mut(&key), field("checksum")) {
            linked.checksum = Some(checksum);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_with_what_stands_below_the_first_line_of_a_package() {
        let tree =
            "0a v1.0.0 (/x/a)\n1b v2.0.0\n2c v3.0.0+x\n1c v3.0.0+x\n\n0d v1.0.0 (/x/d)\n1b v2.0.0 (*)\n";
        let edges = edges(tree).unwrap();
        let key = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        let (b, c) = (key("b", "2.0.0"), key("c", "3.0.0+x"));
        assert_eq!(edges[&key("a", "1.0.0")], BTreeSet::from([b.clone(), c.clone()]));
        assert_eq!(edges[&key("d", "1.0.0")], BTreeSet::from([b.clone()]));
        assert_eq!(edges[&b], BTreeSet::from([c.clone()]));
        let mut packages = Packages::new();
        reach(&key("d", "1.0.0"), &edges, &mut packages);
        assert_eq!(packages.into_keys().collect::<Vec<_>>(), [b, c, key("d", "1.0.0")]);
        assert!(super::edges("no tree").is_err());
    }

    #[test]
    fn old_expressions_are_written_as_today() {
        assert_eq!(canonical("MIT/Apache-2.0"), "MIT OR Apache-2.0");
        assert_eq!(canonical("MIT / Apache-2.0"), "MIT OR Apache-2.0");
        assert_eq!(canonical("(MIT OR Apache-2.0) AND Unicode-3.0"), "(MIT OR Apache-2.0) AND Unicode-3.0");
    }
}
