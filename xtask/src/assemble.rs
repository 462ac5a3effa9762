//! `build`: from sources to a folder that runs.
//!
//! Cargo leaves the plugins' shared libraries in one flat folder, among
//! whatever else was ever built there. The command searches `plugins/` beside
//! its own file, and it refuses folders that others may write; so the
//! libraries are laid out here, apart from those that misbehave on purpose:
//!
//! ```text
//! target/release/arrcoc
//! target/release/arrcoc-eval                 only for an evaluation
//! target/release/plugins/libarrcoc_*.so      every folder under plugins/ but bad
//! target/release/fixtures/libarrcoc_bad.so   plugins/bad
//! ```
//!
//! Tests that need real plugins run this command themselves, often several at
//! once and while another process has the libraries mapped. Hence a lock, and
//! hence a file is replaced by renaming, and only when its bytes differ.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::arguments::Given;
use crate::failure::{Failure, say};
use crate::workspace::{Package, Workspace};

pub(crate) const DETAILS: &str = "\
Builds the command `arrcoc` and every package under plugins/ with the release
profile, then copies the plugins' libraries to plugins/ beside the command,
and those of plugins/bad to fixtures/. Files that have not changed are left
alone; libraries that belong to no plugin any more are removed.

Respects CARGO_TARGET_DIR. Any number may run at once.

Tests call this with `--plugins --quiet`: cargo has built the command for them
already, and must not replace it while they use it.";

/// The package, and the executable, of the command.
pub(crate) const COMMAND: &str = "arrcoc";
/// The package, and the executable, of the evaluation.
pub(crate) const EVALUATION: &str = "arrcoc-eval";

/// The package whose plugins misbehave on purpose.
const FIXTURES: &str = "bad";

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
    let workspace = Workspace::find(given.value("--manifest-path"))?;
    let commands: &[&str] = if given.has("--plugins") { &[] } else { &[COMMAND] };
    let built = assemble(&workspace, commands, given.has("--quiet"))?;
    if !given.has("--quiet") {
        for file in built.commands.iter().chain(&built.plugins).chain(&built.fixtures) {
            say!("{}", file.display());
        }
    }
    Ok(())
}

/// What lies where after a build.
#[derive(Debug, Default)]
pub(crate) struct Assembled {
    /// The executables that were asked for, in that order.
    pub(crate) commands: Vec<PathBuf>,
    /// The libraries in `plugins/`.
    pub(crate) plugins: Vec<PathBuf>,
    /// The libraries in `fixtures/`.
    pub(crate) fixtures: Vec<PathBuf>,
}

/// Builds executables, and builds and lays out the plugins.
pub(crate) fn assemble(workspace: &Workspace, commands: &[&str], quiet: bool) -> Result<Assembled, Failure> {
    let plugins: Vec<&Package> = workspace.packages.iter().filter(|package| package.is_plugin()).collect();
    let artifacts = cargo_build(workspace, &plugins, commands, quiet)?;

    let mut built = Assembled::default();
    for command in commands {
        let executable = artifacts.iter().find_map(|artifact| {
            let ours = artifact["target"]["name"] == *command;
            artifact["executable"].as_str().filter(|_| ours)
        });
        let executable =
            executable.ok_or_else(|| Failure::new(format!("cargo built no executable `{command}`")))?;
        built.commands.push(PathBuf::from(executable));
    }
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for plugin in plugins {
        let library = library_of(workspace, plugin, &artifacts).ok_or_else(|| {
            Failure::new(format!("`{}` makes no shared library", plugin.name))
                .hint(format!("`{}/Cargo.toml` needs `[lib] crate-type = [\"cdylib\"]`", plugin.folder))
        })?;
        let group = if plugin.folder_name() == FIXTURES { &mut bad } else { &mut good };
        group.push(library);
    }

    // Where cargo put the command and the libraries, also when it builds for
    // another kind of machine.
    let beside = [built.commands.first(), good.first(), bad.first()].into_iter().flatten().next();
    let Some(folder) = beside.and_then(|file| file.parent()) else {
        return Ok(built);
    };
    let _lock = lock(&folder.join(".assemble.lock"))?;
    built.plugins = lay_out(&good, &folder.join("plugins"))?;
    built.fixtures = lay_out(&bad, &folder.join("fixtures"))?;
    Ok(built)
}

/// Runs cargo and returns its messages about what it made.
fn cargo_build(
    workspace: &Workspace,
    plugins: &[&Package],
    commands: &[&str],
    quiet: bool,
) -> Result<Vec<Value>, Failure> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--release", "--message-format", "json-render-diagnostics"]);
    if quiet {
        cargo.arg("--quiet");
    }
    // The command's package is always among those named, because the features
    // of shared dependencies depend on who is named: without it, cargo would
    // build all of them a second time. `--lib` leaves its executable alone.
    cargo.args(["--package", COMMAND]);
    if commands.is_empty() {
        cargo.arg("--lib");
    }
    for command in commands.iter().filter(|command| **command != COMMAND) {
        cargo.args(["--package", command]);
    }
    for plugin in plugins {
        cargo.args(["--package", &plugin.name]);
    }
    let output = cargo
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(format!("cannot run `cargo build`: {error}")))?;
    if !output.status.success() {
        return Err(Failure::new("`cargo build` failed: its messages are above"));
    }
    // Cargo prints one object a line; what a build script prints is inside.
    Ok(output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .collect())
}

fn library_of(workspace: &Workspace, plugin: &Package, artifacts: &[Value]) -> Option<PathBuf> {
    let manifest = workspace.root.join(&plugin.folder).join("Cargo.toml");
    artifacts
        .iter()
        .filter(|artifact| artifact["manifest_path"].as_str().is_some_and(|path| Path::new(path) == manifest))
        .filter_map(|artifact| artifact["filenames"].as_array())
        .flatten()
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .find(|file| is_library(file))
}

fn is_library(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == std::env::consts::DLL_EXTENSION)
}

/// Makes `folder` hold the given libraries and no other.
fn lay_out(libraries: &[PathBuf], folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    fs::create_dir_all(folder).map_err(|error| Failure::file("make", folder, error))?;
    set_mode(folder)?;
    let mut expected = BTreeSet::new();
    for library in libraries {
        let name = library.file_name().unwrap_or(library.as_os_str());
        let destination = folder.join(name);
        let bytes = read_settled(library)?;
        if fs::read(&destination).ok().as_ref() != Some(&bytes) {
            let mut new = name.to_owned();
            new.push(".new");
            let new = folder.join(new);
            fs::write(&new, &bytes).map_err(|error| Failure::file("write", &new, error))?;
            set_mode(&new)?;
            fs::rename(&new, &destination).map_err(|error| Failure::file("replace", &destination, error))?;
        }
        expected.insert(destination);
    }
    let entries = fs::read_dir(folder).map_err(|error| Failure::file("list", folder, error))?;
    for entry in entries {
        let path = entry.map_err(|error| Failure::file("list", folder, error))?.path();
        // An interrupted run leaves a `.new` behind; we hold the lock, so
        // nobody is writing it.
        let ours = is_library(&path) || path.extension().is_some_and(|extension| extension == "new");
        if ours && !expected.contains(&path) {
            fs::remove_file(&path).map_err(|error| Failure::file("remove", &path, error))?;
        }
    }
    Ok(expected.into_iter().collect())
}

/// Reads a library that another cargo may be replacing: for an instant its
/// name is missing.
fn read_settled(library: &Path) -> Result<Vec<u8>, Failure> {
    let mut patience = 20;
    loop {
        match fs::read(library) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && patience > 0 => {
                patience -= 1;
                std::thread::sleep(Duration::from_millis(50));
            }
            result => return result.map_err(|error| Failure::file("read", library, error)),
        }
    }
}

/// Waits until this process alone holds the file; dropping it lets go.
fn lock(path: &Path) -> Result<File, Failure> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(|error| Failure::file("open", path, error))?;
    file.lock().map_err(|error| Failure::file("lock", path, error))?;
    Ok(file)
}

/// `rwxr-xr-x`, whatever the umask: the host refuses what others may write.
#[cfg(unix)]
pub(crate) fn set_mode(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .map_err(|error| Failure::file("set the mode of", path, error))
}

#[cfg(not(unix))]
pub(crate) fn set_mode(_: &Path) -> Result<(), Failure> {
    Ok(())
}
