//! `dist`: the archive that users unpack.
//!
//! It holds the commands, the plugins beside them (where the command looks for
//! them) and what one must read; nothing is installed and nothing is looked up
//! outside the folder. What can be made from the rest is made here, and by the
//! commands themselves where they can do it: completions, the manual, the lock
//! file, the licences of what is linked (`licences`), the bill of materials
//! (`bill`), a sum for each file.
//!
//! An archive that was never unpacked and run is a guess. So this command reads
//! what the files need of a system (`needs`) and ends by unpacking the archive
//! and running the test that is in it; with `--chroot` also on a system that has
//! nothing else (`chroot`).
//!
//! The same files give the same bytes: entries are sorted, owned by 0/0,
//! executable or plain and nothing between, and carry one fixed time
//! (`SOURCE_DATE_EPOCH` where it is set). Whether the files are the same is
//! up to the compiler.

mod beside;
mod bill;
mod chroot;
mod licences;
mod linked;
mod made;
mod needs;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::{Compression, GzBuilder, read::GzDecoder};
use tar::{Archive, Builder, EntryType, Header};

use crate::arguments::{Given, Switch};
use crate::assemble::{COMMAND, KIT, assemble, set_mode};
use crate::failure::{Failure, say};
use crate::tree;
use crate::workspace::{Workspace, host_triple};

pub(crate) const DETAILS: &str = "\
Builds, then writes target/dist/arrcoc-VERSION-TRIPLE.tar.gz and the same
folder, unpacked, beside it: the commands, plugins/, the pages at the root of
the project, the licences, docs/ and examples/; completions/ and man/, which the
commands write; THIRD-PARTY-LICENSES, of everything that is linked;
arrcoc.cdx.json, the bill of materials (CycloneDX 1.6); SHA256SUMS; and
smoke-test.sh. Then unpacks the archive in a temporary folder and runs
`arrcoc --version`, `arrcoc plugins list` and smoke-test.sh there.

A file that needs a newer C library than the archive promises, or any library
that a bare Debian does not have, is an error.

--chroot then unpacks the archive in a bare Debian 12, and runs smoke-test.sh
there without a network, as root and as nobody. It needs root and debootstrap;
the system is made once and kept in target/debian-bookworm.

The archive is reproducible: sorted, owner 0/0, modes 755 and 644, and one
fixed time for every entry (SOURCE_DATE_EPOCH where it is set).";

pub(crate) const OPTIONS: &[Switch] = &[Switch {
    name: "--chroot",
    value: None,
    help: "run the archive's own test in a bare Debian 12, without a network",
}];

/// The time of every entry, in seconds since 1970: the start of 2026.
const TIME: u64 = 1_767_225_600;

/// What must be in the archive beside the command and the plugins.
const PAPERS: [&str; 4] = ["README.md", "ABI.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// The archive's own test, in this tree and in the archive.
const SMOKE_TEST: (&str, &str) = ("xtask/src/dist/smoke-test.sh", "smoke-test.sh");
const NOTICE: &str = "THIRD-PARTY-LICENSES";
/// What the compiler says about the licences of its library.
const STANDARD_LIBRARY: &str = "THIRD-PARTY-LICENSES-RUST.html";
const BILL: &str = "arrcoc.cdx.json";
const SUMS: &str = "SHA256SUMS";

pub(crate) fn run(given: &Given) -> Result<(), Failure> {
    let workspace = Workspace::find(None)?;
    let Some(package) = workspace.package("arrcoc") else {
        return Err(Failure::new("the workspace has no package `arrcoc`"));
    };
    let time = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text
            .parse()
            .map_err(|_| Failure::request(format!("SOURCE_DATE_EPOCH is no number of seconds: `{text}`")))?,
        Err(_) => TIME,
    };
    if given.has("--chroot") {
        chroot::possible()?;
    }
    let triple = host_triple()?;
    let name = format!("arrcoc-{}-{triple}", package.version);
    let mut contents = contents(&workspace)?;
    for (file, path) in &contents {
        needs::check(file, path)?;
    }

    let dist = workspace.target.join("dist");
    fs::create_dir_all(&dist).map_err(|error| Failure::file("make", &dist, error))?;
    let subject = bill::Subject { name: &name, version: &package.version, time };
    made::add(&workspace, &triple, &subject, &dist.join("made"), &mut contents)?;
    let folder = dist.join(&name);
    copy(&contents, &folder)?;
    let archive = dist.join(format!("{name}.tar.gz"));
    pack(&contents, &name, time, &archive)?;
    try_out(&archive, &name)?;
    if given.has("--chroot") {
        chroot::run(&archive, &name, &workspace.target)?;
    }
    say!("{}\n{}", archive.display(), folder.display());
    Ok(())
}

/// Path inside the folder → the file on this machine.
type Contents = BTreeMap<String, PathBuf>;

fn contents(workspace: &Workspace) -> Result<Contents, Failure> {
    let built = assemble(workspace, &[COMMAND, KIT], false)?;
    let mut contents = Contents::new();
    let file_name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for command in built.commands.into_iter().chain([built.worker]) {
        contents.insert(file_name(&command), command);
    }
    for plugin in built.plugins {
        contents.insert(format!("plugins/{}", file_name(&plugin)), plugin);
    }
    contents.insert(format!("plugins/{}", file_name(&built.list)), built.list);
    for paper in PAPERS {
        let path = workspace.root.join(paper);
        if !path.is_file() {
            return Err(Failure::new(format!("`{paper}` is not there, and the archive must hold it")));
        }
        contents.insert(paper.to_owned(), path);
    }
    for file in tree::files(workspace)? {
        let page = file.ends_with(".md") && !file.contains('/');
        if page || file.starts_with("examples/") || file.starts_with("docs/") {
            let path = workspace.root.join(&file);
            contents.insert(file, path);
        }
    }
    contents.insert(SMOKE_TEST.1.to_owned(), workspace.root.join(SMOKE_TEST.0));
    Ok(contents)
}

/// Makes the unpacked folder anew.
fn copy(contents: &Contents, folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| Failure::file("remove", folder, error))?;
    }
    for (name, source) in contents {
        let destination = folder.join(name);
        let parent = destination.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| Failure::file("make", parent, error))?;
        set_mode(parent)?;
        fs::copy(source, &destination).map_err(|error| Failure::file("write", &destination, error))?;
        if is_executable(source)? {
            set_mode(&destination)?;
        }
    }
    Ok(())
}

fn pack(contents: &Contents, name: &str, time: u64, archive: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::file("write", archive, error);
    let file = File::create(archive).map_err(failed)?;
    // The header of gzip would hold a time and a name: it holds neither.
    let gzip = GzBuilder::new().write(BufWriter::new(file), Compression::best());
    let mut tar = Builder::new(gzip);
    let header = |kind: EntryType, mode: u32, size: u64| {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(size);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(time);
        header
    };
    for folder in folders(contents) {
        let path = format!("{name}/{folder}");
        let mut header = header(EntryType::Directory, 0o755, 0);
        tar.append_data(&mut header, path, std::io::empty()).map_err(failed)?;
    }
    for (inside, source) in contents {
        let bytes = fs::read(source).map_err(|error| Failure::file("read", source, error))?;
        let mode = if is_executable(source)? { 0o755 } else { 0o644 };
        let mut header = header(EntryType::Regular, mode, bytes.len() as u64);
        tar.append_data(&mut header, format!("{name}/{inside}"), bytes.as_slice()).map_err(failed)?;
    }
    let gzip = tar.into_inner().map_err(failed)?;
    gzip.finish().and_then(|file| file.into_inner().map_err(|error| error.into_error())).map_err(failed)?;
    Ok(())
}

/// Every folder of the archive below the first, parents first, each with a
/// closing `/`; the first is the empty text.
fn folders(contents: &Contents) -> std::collections::BTreeSet<&str> {
    let below = contents.keys().flat_map(|path| path.match_indices('/').map(|(at, _)| &path[..=at]));
    std::iter::once("").chain(below).collect()
}

#[cfg(unix)]
fn is_executable(path: &Path) -> Result<bool, Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = fs::metadata(path).map_err(|error| Failure::file("look at", path, error))?;
    Ok(metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> Result<bool, Failure> {
    Ok(path.extension().is_some_and(|extension| extension == "exe" || extension == "dll"))
}

/// Unpacks the archive where nothing of the workspace is near, and runs it.
fn try_out(archive: &Path, name: &str) -> Result<(), Failure> {
    let place = std::env::temp_dir().join(format!("arrcoc-dist-{}", std::process::id()));
    fs::create_dir(&place).map_err(|error| Failure::file("make", &place, error))?;
    let result = unpack_and_run(archive, name, &place);
    let _ = fs::remove_dir_all(&place);
    result
}

fn unpack(archive: &Path, place: &Path) -> Result<(), Failure> {
    let file = File::open(archive).map_err(|error| Failure::file("open", archive, error))?;
    let mut tar = Archive::new(GzDecoder::new(file));
    tar.set_preserve_permissions(true);
    tar.unpack(place).map_err(|error| Failure::file("unpack", archive, error))
}

fn unpack_and_run(archive: &Path, name: &str, place: &Path) -> Result<(), Failure> {
    unpack(archive, place)?;
    let folder = place.join(name);
    let command = folder.join(format!("arrcoc{}", std::env::consts::EXE_SUFFIX));
    // What came with the command runs inside it, and can run in the worker that lies beside it.
    let lists = [&["plugins", "list"][..], &["plugins", "list", "--isolation", "worker"][..]];
    for arguments in [&["--version"][..], lists[0], lists[1]] {
        let shown = format!("arrcoc {}", arguments.join(" "));
        let output = Command::new(&command)
            .args(arguments)
            .current_dir(place)
            .env_remove("ARRCOC_PLUGIN_PATH")
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| Failure::new(format!("cannot run the unpacked `{shown}`: {error}")))?;
        if !output.status.success() {
            return Err(Failure::new(format!("the unpacked `{shown}` failed: {}", output.status)));
        }
        if output.stdout.is_empty() {
            return Err(Failure::new(format!("the unpacked `{shown}` printed nothing")));
        }
        let printed = String::from_utf8_lossy(&output.stdout);
        let apart = printed.contains("in a process of its own");
        // What drives a device runs apart also when it came with the command: which do, the archive's own test knows.
        let asked_apart = arguments.contains(&"worker") && cfg!(target_os = "linux");
        if printed.contains("refused") || asked_apart && !apart {
            return Err(Failure::new(format!("the unpacked `{shown}` printed:\n{printed}")));
        }
    }
    if cfg!(target_os = "linux") {
        smoke_test(Command::new("sh").arg(folder.join(SMOKE_TEST.1)).current_dir(place))?;
    }
    Ok(())
}

/// Runs the archive's own test, which says in one line what came of it.
fn smoke_test(command: &mut Command) -> Result<(), Failure> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::new(format!("cannot run `{}`: {error}", SMOKE_TEST.1)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().last().unwrap_or("it says nothing").to_owned();
        return Err(Failure::new(format!("the unpacked `{}` failed: {said}", SMOKE_TEST.1)));
    }
    say!("{}", String::from_utf8_lossy(&output.stdout).trim_end());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(folder: &Path) -> Contents {
        fs::create_dir_all(folder).unwrap();
        let mut contents = Contents::new();
        for (inside, file) in [("arrcoc", "command"), ("plugins/a.so", "library"), ("ex/a/b.txt", "text")] {
            let path = folder.join(file);
            fs::write(&path, file).unwrap();
            if file != "text" {
                set_mode(&path).unwrap();
            }
            contents.insert(inside.to_owned(), path);
        }
        contents
    }

    fn place(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("arrcoc-xtask-{name}-{}", std::process::id()))
    }

    #[test]
    fn the_archive_is_sorted_ownerless_and_the_same_each_time() {
        let place = place("pack");
        let contents = example(&place);
        let (first, second) = (place.join("1.tar.gz"), place.join("2.tar.gz"));
        pack(&contents, "top", 5, &first).unwrap();
        // The times of the sources are not the archive's business.
        File::options()
            .append(true)
            .open(place.join("text"))
            .unwrap()
            .set_modified(std::time::SystemTime::UNIX_EPOCH)
            .unwrap();
        pack(&contents, "top", 5, &second).unwrap();
        assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());

        let mut archive = Archive::new(GzDecoder::new(File::open(&first).unwrap()));
        let entries: Vec<String> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let header = entry.header();
                let (uid, gid, time) =
                    (header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap());
                format!("{:o} {uid}/{gid} {time} {}", header.mode().unwrap(), entry.path().unwrap().display())
            })
            .collect();
        fs::remove_dir_all(&place).unwrap();
        assert_eq!(
            entries,
            [
                "755 0/0 5 top/",
                "755 0/0 5 top/ex/",
                "755 0/0 5 top/ex/a/",
                "755 0/0 5 top/plugins/",
                "755 0/0 5 top/arrcoc",
                "644 0/0 5 top/ex/a/b.txt",
                "755 0/0 5 top/plugins/a.so",
            ]
        );
    }

    #[test]
    fn an_archive_that_does_not_run_is_refused() {
        let place = place("try");
        let contents = example(&place);
        let archive = place.join("bad.tar.gz");
        pack(&contents, "top", 5, &archive).unwrap();
        let error = try_out(&archive, "top").unwrap_err().to_string();
        fs::remove_dir_all(&place).unwrap();
        assert!(error.starts_with("cannot run the unpacked `arrcoc --version`"), "{error}");
    }
}
