//! The files that the conventions speak of: those that git tracks or would
//! track. Without git, or in a tree that is no repository, every file outside
//! hidden folders and the build folder.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::workspace::{Workspace, relative};

/// The files of a tree as sorted paths relative to its root, with `/`.
pub(crate) fn files(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let root = &workspace.root;
    // A tree that merely lies inside a repository, say in its ignored build
    // folder, would look empty to git.
    let repository = root.join(".git").exists();
    let mut files = match repository.then(|| tracked(root)).flatten() {
        Some(files) => files,
        None => {
            let mut files = Vec::new();
            walk(root, workspace, &mut files)?;
            files
        }
    };
    files.sort();
    Ok(files)
}

/// The files that hold text, each with the text.
pub(crate) fn texts(workspace: &Workspace) -> Result<Vec<(String, String)>, Failure> {
    let mut texts = Vec::new();
    for file in files(workspace)? {
        let path = workspace.root.join(&file);
        let bytes = fs::read(&path).map_err(|error| Failure::file("read", &path, error))?;
        if let Ok(text) = String::from_utf8(bytes)
            && !text.contains('\0')
        {
            texts.push((file, text));
        }
    }
    Ok(texts)
}

/// `None` where git is absent or refuses, as it does for a clone that belongs
/// to somebody else.
fn tracked(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let names = String::from_utf8(output.stdout).ok()?;
    // A file that was deleted and not yet staged is still listed; a link or a
    // submodule is not ours to read.
    let present =
        |name: &&str| fs::symlink_metadata(root.join(name)).is_ok_and(|metadata| metadata.is_file());
    output.status.success().then(|| {
        names.split('\0').filter(|name| !name.is_empty()).filter(present).map(str::to_owned).collect()
    })
}

fn walk(folder: &Path, workspace: &Workspace, files: &mut Vec<String>) -> Result<(), Failure> {
    let failed = |error| Failure::file("list", folder, error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(failed)?);
        if kind.is_file() {
            files.push(relative(&path, &workspace.root));
        } else if kind.is_dir() {
            let name = entry.file_name();
            let hidden = name.to_string_lossy().starts_with('.') && name != ".ci" && name != ".cargo";
            let built = path == workspace.target || name == "target" || name == "__pycache__";
            if !hidden && !built {
                walk(&path, workspace, files)?;
            }
        }
    }
    Ok(())
}
