//! `build`: from sources to a folder that runs.
//!
//! Cargo leaves the plugins' shared libraries in one flat folder, among
//! whatever else was ever built there. The command searches `plugins/` beside
//! its own file, and it refuses folders that others may write; so the
//! libraries are laid out here, apart from those that misbehave on purpose:
//!
//! ```text
//! target/release/arrcoc
//! target/release/arrcoc-worker               where plugins run that are not trusted
//! target/release/arrcoc-eval                 only for an evaluation
//! target/release/arrcoc-conformance
//! target/release/plugins/libarrcoc_*.so      every folder under plugins/ but bad
//! target/release/fixtures/libarrcoc_bad.so   plugins/bad
//! target/release/fixtures/libbad_*.so        its examples: faults that a library has as a whole
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
Builds the command `arrcoc`, its worker, the kit `arrcoc-conformance` and every package
under plugins/ with the release profile, then copies the plugins' libraries to plugins/ beside the command,
and those of plugins/bad to fixtures/. Files that have not changed are left
alone; libraries that belong to no plugin any more are removed. What lies in plugins/
is listed in plugins/shipped.b3: the command trusts it more than others.

Respects CARGO_TARGET_DIR. Any number may run at once.

Tests call this with `--plugins --quiet`: cargo has built the command for them
already, and must not replace it while they use it.";

/// The package, and the executable, of the command.
pub(crate) const COMMAND: &str = "arrcoc";
/// The package, and the executable, of the kit that tests a plugin file.
pub(crate) const KIT: &str = "arrcoc-conformance";
/// The package, and the executable, of the evaluation.
pub(crate) const EVALUATION: &str = "arrcoc-eval";

/// The package, and the executable, in which plugins run that are not trusted.
const WORKER: (&str, &str) = ("arrcoc-host", "arrcoc-worker");
/// The list of the libraries in `plugins/`: a line for each, its BLAKE3 and its name. The command trusts them more
/// than others.
const LIST: &str = "shipped.b3";

/// The package whose plugins misbehave on purpose.
const FIXTURES: &str = "bad";

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
    let workspace = Workspace::find(given.value("--manifest-path"))?;
    let commands: &[&str] = if given.has("--plugins") { &[] } else { &[COMMAND, KIT] };
    let built = assemble(&workspace, commands, given.has("--quiet"))?;
    if !given.has("--quiet") {
        let executables = built.commands.iter().chain([&built.worker]);
        for file in executables.chain(&built.plugins).chain(&built.fixtures) {
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
    /// The executable in which plugins run that are not trusted.
    pub(crate) worker: PathBuf,
    /// The libraries in `plugins/`.
    pub(crate) plugins: Vec<PathBuf>,
    /// The list of them.
    pub(crate) list: PathBuf,
    /// The libraries in `fixtures/`.
    pub(crate) fixtures: Vec<PathBuf>,
}

/// Builds executables, and builds and lays out the plugins.
pub(crate) fn assemble(workspace: &Workspace, commands: &[&str], quiet: bool) -> Result<Assembled, Failure> {
    let plugins: Vec<&Package> = workspace.packages.iter().filter(|package| package.is_plugin()).collect();
    let artifacts = cargo_build(workspace, &plugins, commands, &[], quiet)?;

    let mut built = Assembled::default();
    let executable = |command: &str| {
        let found = artifacts.iter().find_map(|artifact| {
            let ours = artifact["target"]["name"] == *command;
            artifact["executable"].as_str().filter(|_| ours)
        });
        let found = found.ok_or_else(|| Failure::new(format!("cargo built no executable `{command}`")));
        found.map(PathBuf::from)
    };
    for command in commands {
        built.commands.push(executable(command)?);
    }
    built.worker = executable(WORKER.1)?;
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for plugin in &plugins {
        let library = library_of(workspace, plugin, &artifacts).ok_or_else(|| {
            Failure::new(format!("`{}` makes no shared library", plugin.name))
                .hint(format!("`{}/Cargo.toml` needs `[lib] crate-type = [\"cdylib\"]`", plugin.folder))
        })?;
        let group = if plugin.folder_name() == FIXTURES { &mut bad } else { &mut good };
        group.push(library);
    }
    bad.extend(examples(workspace, &plugins, quiet)?);

    // Where cargo put the command and the libraries, also when it builds for
    // another kind of machine.
    let beside = [built.commands.first(), good.first(), bad.first()].into_iter().flatten().next();
    let Some(folder) = beside.and_then(|file| file.parent()) else {
        return Ok(built);
    };
    let _lock = lock(&folder.join(".assemble.lock"))?;
    built.plugins = lay_out(&good, &folder.join("plugins"))?;
    built.list = folder.join("plugins").join(LIST);
    list(&built.plugins, &built.list)?;
    built.fixtures = lay_out(&bad, &folder.join("fixtures"))?;
    Ok(built)
}

/// Runs cargo and returns its messages about what it made.
fn cargo_build(
    workspace: &Workspace,
    plugins: &[&Package],
    commands: &[&str],
    examples: &[&str],
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
    cargo.args(["--package", WORKER.0]);
    if examples.is_empty() {
        cargo.args(["--lib", "--bin", WORKER.1]);
    }
    for example in examples {
        cargo.args(["--example", example]);
    }
    for command in commands {
        cargo.args(["--package", command, "--bin", command]);
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

/// The examples of the fixtures' package: libraries that cannot share one file with other faults.
fn examples(workspace: &Workspace, plugins: &[&Package], quiet: bool) -> Result<Vec<PathBuf>, Failure> {
    let fixtures = plugins.iter().find(|package| package.folder_name() == FIXTURES);
    let targets = fixtures.iter().flat_map(|package| &package.targets);
    let names: Vec<&str> =
        targets.filter(|target| target.is("example")).map(|target| target.name.as_str()).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    // Examples are built apart: naming one leaves out everything that is not named.
    let artifacts = cargo_build(workspace, plugins, &[], &names, quiet)?;
    let of_examples =
        artifacts.iter().filter(|artifact| artifact["target"]["kind"][0].as_str() == Some("example"));
    let files = of_examples.filter_map(|artifact| artifact["filenames"].as_array()).flatten();
    Ok(files.filter_map(|file| file.as_str().map(PathBuf::from)).filter(|file| is_library(file)).collect())
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

/// Writes the list of the libraries of a folder.
fn list(libraries: &[PathBuf], file: &Path) -> Result<(), Failure> {
    let mut lines = String::new();
    for library in libraries {
        let bytes = fs::read(library).map_err(|error| Failure::file("read", library, error))?;
        let name = library.file_name().unwrap_or_default().to_string_lossy();
        lines += &format!("{}  {name}\n", blake3::hash(&bytes).to_hex());
    }
    if fs::read_to_string(file).is_ok_and(|old| old == lines) {
        return Ok(());
    }
    let new = file.with_extension("new");
    fs::write(&new, lines).map_err(|error| Failure::file("write", &new, error))?;
    fs::rename(&new, file).map_err(|error| Failure::file("replace", file, error))
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
pub(crate) fn lock(path: &Path) -> Result<File, Failure> {
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
