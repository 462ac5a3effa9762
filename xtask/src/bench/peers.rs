//! `bench --peers`: builds what is measured, installs what is beside it, and starts the program that measures.
//!
//! That program is the example `peers` of the command's package; it prints the table. A machine without Python, or
//! without the package index, still has a table: what has no peer there says why.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arguments::Given;
use crate::assemble::{self, Assembled, COMMAND};
use crate::environment::environment;
use crate::failure::{Failure, say};
use crate::workspace::Workspace;

/// The example that measures, and where it is in the tree.
const EXAMPLE: (&str, &str) = ("peers", "crates/arrcoc/examples/peers");

pub(super) fn run(given: &Given) -> Result<(), Failure> {
    if !given.operands.is_empty() || !given.passed_on.is_empty() {
        return Err(Failure::request("`--peers` takes no names and no arguments: it measures one table"));
    }
    let workspace = Workspace::find(None)?;
    let sources = workspace.root.join(EXAMPLE.1);
    let built = assemble::assemble(&workspace, &[COMMAND], false)?;
    let program = build(&workspace)?;
    let mut command = Command::new(&program);
    match peers(&sources.join("requirements.txt")) {
        Ok(python) => command.arg("--python").arg(python),
        Err(failure) => command.arg("--without-peers").arg(failure.to_string()),
    };
    let folders = [("--plugins", folder(&built.plugins)), ("--fixtures", folder(&built.fixtures))];
    for (option, folder) in folders {
        command.arg(option).arg(folder);
    }
    command.arg("--worker").arg(&built.worker).arg("--script").arg(sources.join("peers.py"));
    command.arg("--command").arg(arrcoc(&built)?);
    let status = command
        .status()
        .map_err(|error| Failure::new(format!("cannot run `{}`: {error}", program.display())))?;
    if status.success() { Ok(()) } else { Err(Failure::new("the table has gaps: its messages are above")) }
}

/// Builds the program that measures; its executable.
fn build(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let status = workspace
        .cargo()
        .args(["build", "--release", "--package", COMMAND, "--example", EXAMPLE.0])
        .status()
        .map_err(|error| Failure::new(format!("cannot run `cargo build`: {error}")))?;
    if !status.success() {
        return Err(Failure::new("`cargo build` failed: its messages are above"));
    }
    let name = format!("{}{}", EXAMPLE.0, std::env::consts::EXE_SUFFIX);
    Ok(workspace.target.join("release/examples").join(name))
}

/// The Python with the peers, in the cache: other pins are another folder.
fn peers(requirements: &Path) -> Result<PathBuf, Failure> {
    let pins = std::fs::read(requirements).map_err(|error| Failure::file("read", requirements, error))?;
    let name = format!("peers-{}", &blake3::hash(&pins).to_hex()[..8]);
    let folder = arrcoc_assets::resolve(&name)
        .ok_or_else(|| Failure::new("there is no place for a cache: set `ARRCOC_CACHE` to a folder"))?;
    let python = environment(&folder, requirements);
    if let Err(failure) = &python {
        say!("no peers: {failure}");
    }
    python
}

fn folder(libraries: &[PathBuf]) -> PathBuf {
    libraries.first().and_then(|library| library.parent()).map(Path::to_path_buf).unwrap_or_default()
}

fn arrcoc(built: &Assembled) -> Result<&PathBuf, Failure> {
    built.commands.first().ok_or_else(|| Failure::new("no command was built"))
}
