//! The workspace as cargo sees it.
//!
//! Nothing here is remembered from the time this program was compiled: the
//! root and the target folder are asked of `cargo metadata` each time, so that
//! one build folder may serve several clones, and the lints may be pointed at
//! another tree.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::failure::Failure;

/// What `cargo metadata --no-deps` says.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Where cargo builds (`CARGO_TARGET_DIR`, or what its configuration says).
    pub(crate) target: PathBuf,
    /// The workspace's members, in order of their names.
    pub(crate) packages: Vec<Package>,
}

#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The folder, relative to the root, with `/` between its parts.
    pub(crate) folder: String,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

/// A dependency as a manifest names it.
#[derive(Debug)]
pub(crate) struct Dependency {
    /// The package's name, whatever the manifest calls it here.
    pub(crate) name: String,
    /// Whether only tests, examples and benchmarks see it.
    pub(crate) for_tests: bool,
}

#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kinds: Vec<String>,
    pub(crate) source: PathBuf,
    /// The features without which it is not built.
    pub(crate) features: Vec<String>,
}

impl Workspace {
    /// The workspace of the current folder, or the one of a manifest.
    pub(crate) fn find(manifest: Option<&str>) -> Result<Self, Failure> {
        let mut command = cargo(None);
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        if let Some(manifest) = manifest {
            command.args(["--manifest-path", manifest]);
        }
        Self::parse(&metadata(command)?)
    }

    fn parse(metadata: &Value) -> Result<Self, Failure> {
        let root = PathBuf::from(text(metadata, "workspace_root")?);
        let mut packages: Vec<Package> = list(metadata, "packages")?
            .iter()
            .map(|package| Package::parse(package, &root))
            .collect::<Result<_, _>>()?;
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { target: PathBuf::from(text(metadata, "target_directory")?), root, packages })
    }

    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// Cargo, run at the root.
    pub(crate) fn cargo(&self) -> Command {
        cargo(Some(&self.root))
    }

    /// The packages of every dependency too, for this kind of machine.
    pub(crate) fn resolved_packages(&self) -> Result<Vec<Value>, Failure> {
        let mut command = self.cargo();
        command.args(["metadata", "--format-version", "1", "--filter-platform", &host_triple()?]);
        Ok(list(&metadata(command)?, "packages")?.clone())
    }
}

impl Package {
    fn parse(package: &Value, root: &Path) -> Result<Self, Failure> {
        let manifest = PathBuf::from(text(package, "manifest_path")?);
        let folder = manifest.parent().unwrap_or(&manifest);
        let dependencies = list(package, "dependencies")?
            .iter()
            .map(|dependency| {
                Ok(Dependency {
                    name: text(dependency, "name")?.to_owned(),
                    for_tests: dependency["kind"] == "dev",
                })
            })
            .collect::<Result<_, Failure>>()?;
        let targets = list(package, "targets")?
            .iter()
            .map(|target| {
                let kinds = list(target, "kind")?.iter().filter_map(Value::as_str);
                let features = target["required-features"].as_array().into_iter().flatten();
                Ok(Target {
                    name: text(target, "name")?.to_owned(),
                    kinds: kinds.map(str::to_owned).collect(),
                    source: PathBuf::from(text(target, "src_path")?),
                    features: features.filter_map(Value::as_str).map(str::to_owned).collect(),
                })
            })
            .collect::<Result<_, Failure>>()?;
        Ok(Self {
            name: text(package, "name")?.to_owned(),
            version: text(package, "version")?.to_owned(),
            folder: relative(folder, root),
            dependencies,
            targets,
        })
    }

    /// Whether this is a plugin: it lives under `plugins/`.
    pub(crate) fn is_plugin(&self) -> bool {
        self.folder.starts_with("plugins/")
    }

    /// The last part of the folder.
    pub(crate) fn folder_name(&self) -> &str {
        self.folder.rsplit('/').next().unwrap_or(&self.folder)
    }
}

impl Target {
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kinds.iter().any(|own| own == kind)
    }
}

/// A path below the root as messages show it: relative, with `/`.
pub(crate) fn relative(path: &Path, root: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = path.iter().map(OsStr::to_string_lossy).collect();
    parts.join("/")
}

/// The cargo that runs this program, without what it told this program about
/// itself: build scripts that watch such variables would run again.
fn cargo(folder: Option<&Path>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let told = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "OUT_DIR"
        });
        if told {
            command.env_remove(name);
        }
    }
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    command.stdin(Stdio::null());
    command
}

/// What `rustc` calls this kind of machine, as in `x86_64-unknown-linux-gnu`.
pub(crate) fn host_triple() -> Result<String, Failure> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .arg("-vV")
        .output()
        .map_err(|error| Failure::new(format!("cannot run `rustc -vV`: {error}")))?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .ok_or_else(|| Failure::new("`rustc -vV` names no host"))
}

/// Runs a program to its end; `None` where it does not succeed.
pub(crate) fn first_line_of(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    let line = String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned();
    output.status.success().then_some(line)
}

fn metadata(mut command: Command) -> Result<Value, Failure> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(format!("cannot run `cargo metadata`: {error}")))?;
    if !output.status.success() {
        return Err(Failure::new("`cargo metadata` failed: its message is above"));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Failure::new(format!("`cargo metadata` printed what is not JSON: {error}")))
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, Failure> {
    value[key].as_str().ok_or_else(|| missing(key))
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>, Failure> {
    value[key].as_array().ok_or_else(|| missing(key))
}

fn missing(key: &str) -> Failure {
    Failure::new(format!("`cargo metadata` says nothing of `{key}`"))
}
