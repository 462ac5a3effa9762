//! Decides from a file's bytes and permissions whether it may be loaded.
//!
//! No code of the file runs here. Links are resolved once and the file is opened
//! once; its permissions, its manifest, its hash and what is loaded are all of
//! that one descriptor. A file that is written while it is read is refused, and
//! so is one that is another, or was changed, when [`crate::load`] maps it: on
//! Linux what is mapped are the bytes that were hashed in any case.

use std::{
    fs::{File, Metadata},
    io::Read,
    path::{Path, PathBuf},
    time::SystemTime,
};

use arrcoc_abi::{
    ABI_MAJOR, ABI_MINOR,
    manifest::{self, Facts},
};
use object::{Object, ObjectSection};
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// The largest file that is read as a plugin.
const MOST_BYTES: u64 = 1 << 30;

/// Who a plugin is: what the manifest says, and the hash of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The library's id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// BLAKE3 of the file, in hexadecimal.
    pub blake3: String,
    /// ABI it was built for, as `major.minor`.
    pub abi: String,
}

/// A file that may be loaded.
#[derive(Debug)]
pub struct Vetted {
    pub(crate) path: PathBuf,
    stamp: Stamp,
    pub(crate) bytes: Vec<u8>,
    pub(crate) facts: Facts,
    pub(crate) identity: Identity,
    pub(crate) warnings: Vec<String>,
}

impl Vetted {
    /// What its manifest says.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Who it is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Refuses it where its path leads to another file now, or the file was changed.
    pub(crate) fn check_unchanged(&self) -> Result<(), Refusal> {
        let now = std::fs::symlink_metadata(&self.path).ok().map(|metadata| Stamp::of(&metadata));
        let what = match now {
            Some(now) if now == self.stamp => return Ok(()),
            Some(now) if now.file == self.stamp.file => "it was changed",
            Some(_) => "another file was put in its place",
            None => "it was taken away",
        };
        let hint = "start again, when nobody writes there any more";
        Err(Refusal::new(&self.path, format!("{what} after it was vetted"), hint))
    }

    /// What a user should know, though it is no reason to refuse it.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// Vets a file.
///
/// # Errors
/// The reason why it is refused, with the mend.
pub fn vet(path: &Path) -> Result<Vetted, Refusal> {
    Ok(hashed(examine(path)?))
}

/// Vets a file, unless its manifest says that it drives a device: then the manifest is all that is looked at.
///
/// # Errors
/// As [`vet`].
pub(crate) fn vet_unless_device(path: &Path) -> Result<Result<Vetted, Facts>, Refusal> {
    let vetted = examine(path)?;
    Ok(if vetted.facts.device { Err(vetted.facts) } else { Ok(hashed(vetted)) })
}

/// Does all but the hash, which takes the most time.
fn examine(path: &Path) -> Result<Vetted, Refusal> {
    let opened = open(path)?;
    let mut warnings = Vec::new();
    permissions::check(path, &opened, &mut warnings)?;
    let Opened { resolved, file, metadata, .. } = opened;
    let stamp = Stamp::of(&metadata);
    let bytes = read(path, &file)?;
    if !file.metadata().is_ok_and(|now| Stamp::of(&now) == stamp && now.len() == bytes.len() as u64) {
        return Err(Refusal::new(path, "it was changed while it was read", "try again, when it is written"));
    }
    let facts = read_manifest(path, &bytes)?;
    let identity = Identity {
        id: facts.id.clone(),
        version: facts.version.clone(),
        blake3: String::new(),
        abi: format!("{}.{}", facts.abi.0, facts.abi.1),
    };
    Ok(Vetted { path: resolved, stamp, bytes, facts, identity, warnings })
}

/// What tells whether a file is still the same and was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    /// Device and number.
    file: (u64, u64),
    length: u64,
    modified: Option<SystemTime>,
    /// Seconds and nanoseconds of the last change, of whatever kind.
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        #[cfg(unix)]
        let (file, changed) = {
            use std::os::unix::fs::MetadataExt as _;
            ((metadata.dev(), metadata.ino()), (metadata.ctime(), metadata.ctime_nsec()))
        };
        #[cfg(not(unix))]
        let (file, changed) = ((0, 0), (0, 0));
        Stamp { file, length: metadata.len(), modified: metadata.modified().ok(), changed }
    }
}

/// A file and the folder that it is in.
struct Opened {
    resolved: PathBuf,
    file: File,
    metadata: Metadata,
    #[cfg_attr(not(unix), expect(dead_code, reason = "access lists decide there"))]
    folder: Option<Metadata>,
}

/// Resolves links and opens what they lead to, by its name in its folder, where no link is followed any more.
fn open(path: &Path) -> Result<Opened, Refusal> {
    let resolved = path.canonicalize().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Refusal::new(path, "there is no such file", "check the path"),
        _ => Refusal::new(path, format!("it cannot be opened: {e}"), "check the path and its permissions"),
    })?;
    if resolved.is_dir() {
        return Err(Refusal::new(path, "it is a folder", "name a file, or use --plugin-dir for a folder"));
    }
    let (folder, file) = open_in_folder(&resolved).map_err(|e| {
        Refusal::new(path, format!("it cannot be opened: {e}"), "check the file's permissions")
    })?;
    let unreadable = |e: std::io::Error| {
        Refusal::new(path, format!("its permissions cannot be read: {e}"), "check the path")
    };
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Refusal::new(path, "it is not a regular file", "name a plugin library"));
    }
    let folder = folder.map(|folder| folder.metadata()).transpose().map_err(unreadable)?;
    Ok(Opened { resolved, file, metadata, folder })
}

#[cfg(unix)]
fn open_in_folder(resolved: &Path) -> std::io::Result<(Option<File>, File)> {
    use rustix::fs::{Mode, OFlags, open, openat};
    let (Some(folder), Some(name)) = (resolved.parent(), resolved.file_name()) else {
        return Err(std::io::ErrorKind::NotFound.into());
    };
    let folder =
        open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    // A pipe that nobody writes to is not waited for.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(&folder, name, flags, Mode::empty())?;
    Ok((Some(folder.into()), file.into()))
}

#[cfg(not(unix))]
fn open_in_folder(resolved: &Path) -> std::io::Result<(Option<File>, File)> {
    Ok((None, File::open(resolved)?))
}

fn hashed(mut vetted: Vetted) -> Vetted {
    vetted.identity.blake3 = blake3::hash(&vetted.bytes).to_hex().to_string();
    vetted
}

fn read(path: &Path, file: &File) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| Refusal::new(path, format!("it cannot be read: {e}"), "check the file"))?;
    if bytes.is_empty() {
        return Err(Refusal::new(path, "it is empty", "build the plugin again"));
    }
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Refusal::new(path, "it is larger than 1 GiB", "name a plugin library"));
    }
    Ok(bytes)
}

/// What the manifest of a library says, of which these are the bytes; `path` is what a refusal names.
///
/// # Errors
/// The reason why it is refused, with the mend.
pub fn read_manifest(path: &Path, bytes: &[u8]) -> Result<Facts, Refusal> {
    let refuse = |reason: String, hint: &str| Err(Refusal::new(path, reason, hint));
    let Ok(library) = object::File::parse(bytes) else {
        let looks = if bytes.starts_with(b"\x7fELF") {
            "it is a damaged shared library"
        } else if std::str::from_utf8(&bytes[..bytes.len().min(512)]).is_ok() {
            "it is a text file, not a shared library"
        } else {
            "it is not a shared library"
        };
        return refuse(looks.into(), "name the library that `cargo build --release` of the plugin made");
    };
    if let Some(built_for) = other_architecture(&library) {
        let hint = "build the plugin on this machine, or for its processor";
        return refuse(
            format!("it was built for {built_for}, this machine is {}", std::env::consts::ARCH),
            hint,
        );
    }
    let section = library.section_by_name(manifest::SECTION).and_then(|s| s.data().ok());
    let Some(section) = section else {
        let hint = "a plugin is a library whose source calls `arrcoc_sdk::export_plugin!`";
        return refuse("it is a shared library, but not an ARR-COC plugin".into(), hint);
    };
    let facts = Facts::parse(section)
        .map_err(|reason| Refusal::new(path, reason, "build the plugin again with the sdk"))?;
    let (major, minor) = facts.abi;
    if major != ABI_MAJOR {
        let reason =
            format!("it was built for ABI {major}.{minor}, this host speaks {ABI_MAJOR}.{ABI_MINOR}");
        return refuse(reason, "build the plugin again with the sdk of this version");
    }
    if facts.build.contains("panic=abort") {
        let hint = "set `panic = \"unwind\"` in the profile it is built with";
        return refuse("it was built with panic=abort, so a panic in it would end this program".into(), hint);
    }
    Ok(facts)
}

fn other_architecture(library: &object::File<'_>) -> Option<String> {
    use object::Architecture as A;
    let name = match library.architecture() {
        A::X86_64 => "x86_64",
        A::Aarch64 => "aarch64",
        A::I386 => "x86",
        A::Arm => "arm",
        A::Riscv64 => "riscv64",
        other => return Some(format!("{other:?}")),
    };
    (name != std::env::consts::ARCH).then(|| name.to_owned())
}

#[cfg(unix)]
mod permissions {
    //! Whoever can write a plugin or its folder runs code as this user, so that
    //! must be this user or root.

    use std::{fs::Metadata, os::unix::fs::MetadataExt, path::Path};

    use super::{Opened, Refusal};

    pub(super) fn check(path: &Path, opened: &Opened, warnings: &mut Vec<String>) -> Result<(), Refusal> {
        one(path, "it", "the file", &opened.metadata, warnings)?;
        if let Some(folder) = &opened.folder {
            one(path, "its folder", "the folder", folder, warnings)?;
        }
        Ok(())
    }

    fn one(
        path: &Path,
        subject: &str,
        what: &str,
        metadata: &Metadata,
        warnings: &mut Vec<String>,
    ) -> Result<(), Refusal> {
        let me = rustix::process::geteuid().as_raw();
        if metadata.uid() != me && metadata.uid() != 0 {
            let reason = format!("{subject} belongs to another user (uid {})", metadata.uid());
            return Err(Refusal::new(path, reason, format!("copy the plugin, or `chown` {what}")));
        }
        if metadata.mode() & 0o002 != 0 {
            let reason = format!("{subject} can be written by everybody");
            return Err(Refusal::new(path, reason, format!("`chmod o-w` {what}")));
        }
        if metadata.mode() & 0o020 != 0 {
            warnings.push(format!("{subject} can be written by its group"));
        }
        Ok(())
    }
}

#[cfg(not(unix))]
mod permissions {
    //! On other systems access lists decide; they are not looked at.

    use std::path::Path;

    use super::{Opened, Refusal};

    pub(super) fn check(_: &Path, _: &Opened, _: &mut Vec<String>) -> Result<(), Refusal> {
        Ok(())
    }
}
