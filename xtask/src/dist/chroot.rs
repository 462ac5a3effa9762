//! The archive on a system that has nothing else.
//!
//! A machine that builds has compilers, fonts, drivers and a network, and a test
//! there says little about a machine that has none. So a Debian of essential
//! packages alone is made in a folder, the archive is unpacked there, and its
//! own test runs with that folder as its root, in a network that has nobody in
//! it: once as root and once as nobody, who may read the archive and not write
//! it.
//!
//! The system is made by debootstrap from the mirror that this machine's own
//! packages come from, once; each trial gets a copy.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{SMOKE_TEST, smoke_test, unpack};
use crate::failure::{Failure, say};
use crate::workspace::first_line_of;

/// Debian 12, as its mirrors call it.
const RELEASE: &str = "bookworm";
/// The programs that this needs, with what brings each.
const PROGRAMS: [(&str, &str); 4] =
    [("debootstrap", "debootstrap"), ("unshare", "util-linux"), ("chroot", "coreutils"), ("cp", "coreutils")];
/// Where programs for root are, which a PATH may leave out.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Who the test runs as: user and group, and what they are called.
const USERS: [(&str, &str); 2] = [("0:0", "root"), ("65534:65534", "nobody")];

/// Fails where this machine lacks what is needed, before anything is built.
pub(super) fn possible() -> Result<(), Failure> {
    if !cfg!(target_os = "linux") {
        return Err(Failure::request("`--chroot` needs Linux"));
    }
    let missing = PROGRAMS
        .iter()
        .find(|(program, _)| !PATH.split(':').any(|folder| Path::new(folder).join(program).is_file()));
    if let Some((program, package)) = missing {
        return Err(Failure::request(format!("`--chroot` needs `{program}`, which is not there"))
            .hint(format!("on Debian: apt-get install {package}")));
    }
    if first_line_of("id", &["-u"]).as_deref() != Some("0") {
        return Err(Failure::request("`--chroot` needs root, and this is another user")
            .hint("build as you are with `cargo xtask dist`, then run it with --chroot as root"));
    }
    Ok(())
}

pub(super) fn run(archive: &Path, name: &str, target: &Path) -> Result<(), Failure> {
    let bare = bare(&target.join(format!("debian-{RELEASE}")))?;
    let root = target.join("dist/root");
    let result = trial(archive, name, &bare, &root);
    let removed = remove(&root);
    result.and(removed)
}

/// The folder with the bare system, which is made where it is not there.
fn bare(folder: &Path) -> Result<PathBuf, Failure> {
    let done = folder.with_extension("done");
    if !done.is_file() {
        remove(folder)?;
        say!("making a bare Debian ({RELEASE}) in `{}`", folder.display());
        let mut command = Command::new("debootstrap");
        command.env("PATH", PATH).args(["--variant=minbase", RELEASE]).arg(folder);
        command.args(mirror());
        finish(&mut command)?;
        fs::write(&done, "").map_err(|error| Failure::file("write", &done, error))?;
    }
    Ok(folder.to_owned())
}

/// Where this machine's own packages come from; none leaves it to debootstrap.
fn mirror() -> Option<String> {
    let codename = format!("Codename: {RELEASE}");
    first_line_of("apt-get", &["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", &codename])
        .filter(|address| address.starts_with("http"))
}

fn trial(archive: &Path, name: &str, bare: &Path, root: &Path) -> Result<(), Failure> {
    remove(root)?;
    finish(Command::new("cp").arg("-a").arg(bare).arg(root))?;
    unpack(archive, &root.join("opt"))?;
    for (user, called) in USERS {
        // A new network has no way out, new processes see no others, and what is mounted is gone with the last of them.
        let mut command = Command::new("unshare");
        command.args(["--net", "--pid", "--fork", "--kill-child", "--mount"]);
        command.arg(format!("--mount-proc={}", root.join("proc").display()));
        command.arg("chroot").arg(format!("--userspec={user}")).arg(root);
        command.args(["sh", &format!("/opt/{name}/{}", SMOKE_TEST.1)]);
        command.env_clear().env("PATH", PATH);
        smoke_test(&mut command)?;
        say!("that was on a bare Debian ({RELEASE}), without a network, as {called}");
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| Failure::file("remove", folder, error))?;
    }
    Ok(())
}

/// Runs a program to its end; the last line that it said is the reason where it fails.
fn finish(command: &mut Command) -> Result<(), Failure> {
    let name = command.get_program().display().to_string();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::new(format!("cannot run `{name}`: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    Err(Failure::new(format!("`{name}` failed: {}", said.lines().last().unwrap_or("it says nothing"))))
}
