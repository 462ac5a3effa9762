//! What the archive holds that lies nowhere in the tree: it is made from what is
//! already in it.
//!
//! The order matters. Completions and the manual come from the commands; the
//! lock file from the laid-out plugins; the licences and the bill from what is
//! linked; and the bill tells a hash of every file before it, the sums of every
//! file but themselves.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

use super::beside::{Beside, Words, beside};
use super::bill::{self, Subject, bill, hex};
use super::linked::{Key, Packages, packages};
use super::{BILL, Contents, NOTICE, STANDARD_LIBRARY, SUMS, copy, licences};
use crate::assemble::{COMMAND, KIT};
use crate::failure::{Failure, say};
use crate::workspace::{Package, Workspace};

/// The package and the executable in which plugins run apart.
const WORKER: (&str, &str) = ("arrcoc-host", "arrcoc-worker");
/// The plugins that the command may load, where it writes such a list.
const LOCK: &str = "arrcoc.lock";

/// Shells, and what stands before and after a command's name in the file of its completions.
const SHELLS: [(&str, &str, &str); 3] = [("bash", "", ".bash"), ("fish", "", ".fish"), ("zsh", "_", "")];

/// Makes everything, in a folder of this machine, and adds it to the contents.
pub(super) fn add(
    workspace: &Workspace,
    triple: &str,
    subject: &Subject<'_>,
    folder: &Path,
    contents: &mut Contents,
) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| Failure::file("remove", folder, error))?;
    }
    let made = Made { folder };
    completions(&made, contents)?;
    manual(&made, contents)?;
    lock(&made, contents)?;

    let programs: Vec<(String, Key)> =
        contents.keys().filter_map(|path| Some((path.clone(), built_from(workspace, path)?))).collect();
    let shipped: BTreeSet<&str> = programs.iter().map(|(_, (name, _))| name.as_str()).collect();
    let shipped: Vec<&str> = shipped.into_iter().collect();
    let plugins = workspace.packages.iter().filter(|package| package.is_plugin());
    let mut built = shipped.clone();
    built.extend(plugins.map(|package| package.name.as_str()).filter(|name| !shipped.contains(name)));
    let packages = packages(workspace, triple, &built, &shipped)?;
    let beside = beside(&packages)?;
    third_parties(&made, subject, &packages, &beside, contents)?;

    let mut files = Vec::new();
    for (path, source) in &*contents {
        let bytes = fs::read(source).map_err(|error| Failure::file("read", source, error))?;
        files.push(bill::File {
            path: path.clone(),
            sha256: hex(&Sha256::digest(&bytes)),
            blake3: blake3::hash(&bytes).to_hex().to_string(),
            package: programs.iter().find(|(program, _)| program == path).map(|(_, key)| key.clone()),
        });
    }
    let text = bill(subject, &files, &packages, &beside)?;
    made.write(BILL, text.as_bytes(), contents)?;
    let mut sums: Vec<String> =
        files.iter().map(|file| format!("{}  {}\n", file.sha256, file.path)).collect();
    sums.push(format!("{}  {BILL}\n", hex(&Sha256::digest(text.as_bytes()))));
    made.write(SUMS, sums.concat().as_bytes(), contents)?;
    say!("{} packages are linked, and {} parts that are none", packages.len(), beside.len());
    Ok(())
}

/// Where what is made is kept.
struct Made<'a> {
    folder: &'a Path,
}

impl Made<'_> {
    fn write(&self, path: &str, bytes: &[u8], contents: &mut Contents) -> Result<(), Failure> {
        let file = self.folder.join(path);
        let parent = file.parent().unwrap_or(self.folder);
        fs::create_dir_all(parent).map_err(|error| Failure::file("make", parent, error))?;
        fs::write(&file, bytes).map_err(|error| Failure::file("write", &file, error))?;
        contents.insert(path.to_owned(), file);
        Ok(())
    }
}

fn completions(made: &Made<'_>, contents: &mut Contents) -> Result<(), Failure> {
    for (shell, before, after) in SHELLS {
        for (command, argument) in [(COMMAND, "completions"), (KIT, "--completions")] {
            let script = output(&program(contents, command)?, &[argument, shell], None)?;
            made.write(&format!("completions/{before}{command}{after}"), &script, contents)?;
        }
    }
    Ok(())
}

fn manual(made: &Made<'_>, contents: &mut Contents) -> Result<(), Failure> {
    let folder = made.folder.join("man");
    output(&program(contents, COMMAND)?, &["man", "--out", &folder.to_string_lossy()], None)?;
    let pages = folder.join("man1");
    let failed = |error| Failure::file("list", &pages, error);
    for entry in fs::read_dir(&pages).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        contents.insert(format!("man/man1/{name}"), path);
    }
    let page = output(&program(contents, KIT)?, &["--man"], None)?;
    made.write(&format!("man/man1/{KIT}.1"), &page, contents)
}

/// The lock file, by a command that writes one. It is written where the archive will be unpacked as a whole, and may name
/// nothing of this machine.
fn lock(made: &Made<'_>, contents: &mut Contents) -> Result<(), Failure> {
    let place = made.folder.join("locked");
    copy(contents, &place)?;
    let result = lock_in(made, &place, contents);
    fs::remove_dir_all(&place).map_err(|error| Failure::file("remove", &place, error))?;
    result
}

fn lock_in(made: &Made<'_>, place: &Path, contents: &mut Contents) -> Result<(), Failure> {
    let command = place.join(format!("{COMMAND}{}", std::env::consts::EXE_SUFFIX));
    let knows = Command::new(&command).args(["plugins", "lock", "--help"]).stdin(Stdio::null()).output();
    if !knows.is_ok_and(|output| output.status.success()) {
        say!("no {LOCK}: this command has no `plugins lock`");
        return Ok(());
    }
    output(&command, &["plugins", "lock", LOCK], Some(place))?;
    let file = place.join(LOCK);
    let text = fs::read_to_string(&file).map_err(|error| Failure::file("read", &file, error))?;
    if text.contains(&*place.to_string_lossy()) {
        return Err(Failure::new(format!("`{LOCK}` names a folder of this machine, `{}`", place.display())));
    }
    made.write(LOCK, text.as_bytes(), contents)
}

fn third_parties(
    made: &Made<'_>,
    subject: &Subject<'_>,
    packages: &Packages,
    beside: &[Beside],
    contents: &mut Contents,
) -> Result<(), Failure> {
    for part in beside {
        if let Some(Words::File(page)) = &part.words {
            contents.insert(STANDARD_LIBRARY.to_owned(), page.clone());
        }
    }
    let notice = licences::notice(packages, beside, subject.name)?;
    for without in &notice.without {
        eprintln!("warning: no licence text: {without}");
    }
    made.write(NOTICE, notice.text.as_bytes(), contents)
}

/// The package that a file of the archive is built from.
fn built_from(workspace: &Workspace, path: &str) -> Option<Key> {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX};
    let library = path
        .strip_prefix("plugins/")
        .and_then(|name| name.strip_prefix(DLL_PREFIX)?.strip_suffix(DLL_SUFFIX))
        .map(|name| name.replace('_', "-"));
    let name = match library {
        Some(name) => name,
        None => match path.strip_suffix(EXE_SUFFIX)? {
            program if program == WORKER.1 => WORKER.0.to_owned(),
            program => program.to_owned(),
        },
    };
    let package: &Package = workspace.package(&name)?;
    Some((package.name.clone(), package.version.clone()))
}

fn program(contents: &Contents, name: &str) -> Result<PathBuf, Failure> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    contents.get(&file).cloned().ok_or_else(|| Failure::new(format!("the archive holds no `{name}`")))
}

fn output(program: &Path, arguments: &[&str], folder: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let shown =
        format!("{} {}", program.file_name().unwrap_or_default().to_string_lossy(), arguments.join(" "));
    let mut command = Command::new(program);
    command.args(arguments).env_remove("ARRCOC_PLUGIN_PATH").stdin(Stdio::null()).stderr(Stdio::inherit());
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    let output = command.output().map_err(|error| Failure::new(format!("cannot run `{shown}`: {error}")))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(Failure::new(format!("`{shown}` failed: its message is above")))
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::set_mode;

    /// What comes of a command that writes lock files as this script does.
    fn locked(name: &str, script: &str) -> Result<Option<String>, Failure> {
        let place = std::env::temp_dir().join(format!("arrcoc-xtask-{name}-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        let command = place.join("command");
        fs::write(&command, format!("#!/bin/sh\n{script}\n")).unwrap();
        set_mode(&command).unwrap();
        let mut contents = Contents::from([("arrcoc".to_owned(), command)]);
        let result = lock(&Made { folder: &place.join("made") }, &mut contents);
        let text = contents.get(LOCK).map(|file| fs::read_to_string(file).unwrap());
        assert!(!place.join("made/locked").exists());
        fs::remove_dir_all(&place).unwrap();
        result.map(|()| text)
    }

    #[test]
    fn a_lock_file_is_made_where_the_command_knows_how() {
        let knows = r#"[ "$3" = --help ] || echo "of $1" > "$3""#;
        assert_eq!(locked("lock", knows).unwrap().as_deref(), Some("of plugins\n"));
        assert_eq!(locked("no-lock", "exit 2").unwrap(), None);
    }

    #[test]
    fn a_lock_file_that_names_this_machine_is_refused() {
        let error = locked("lock-here", r#"[ "$3" = --help ] || pwd > "$3""#).unwrap_err().to_string();
        assert!(error.starts_with("`arrcoc.lock` names a folder of this machine"), "{error}");
        let error = locked("lock-fails", r#"[ "$3" = --help ]"#).unwrap_err().to_string();
        assert_eq!(error, "`arrcoc plugins lock arrcoc.lock` failed: its message is above");
    }
}
