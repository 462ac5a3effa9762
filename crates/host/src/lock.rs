//! The lock file: which library files may be loaded, by their hashes, and which must be there.
//!
//! ```toml
//! version = 1
//! checksum = "…"
//!
//! [[library]]
//! id = "cpu"
//! version = "0.1.0"
//! abi = "1.0"
//! file = "libarrcoc_cpu.so"
//! bytes = 612344
//! blake3 = "…"
//! ```
//!
//! A search that has a lock refuses every library whose hash is not in it, and [`Lock::missing`] names what it lists and
//! the search did not find. Several files of one id may be listed: versions that stand in for each other.
//!
//! The checksum tells a file that was cut off or edited from one that was written. It is no signature: who can write the
//! file can compute it.

use std::{
    fmt::Write as _,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use arrcoc_abi::manifest::valid_id;
use serde::{Deserialize, Serialize};

use crate::{
    catalogue::{Catalogue, Found, Status},
    isolation::beside_this,
    plain::one_line,
    refusal::Refusal,
    vet::{Identity, Vetted},
};

/// The name that a lock file has where none is given.
pub const NAME: &str = "arrcoc.lock";

/// Where a lock file is that is not named: beside this executable.
#[must_use]
pub fn standard_place() -> PathBuf {
    beside_this(Path::new(NAME))
}

/// The form of the file.
const VERSION: u32 = 1;
/// Most bytes of a lock file.
const MOST_BYTES: u64 = 16 << 20;

/// A library that is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// The library's id.
    pub id: String,
    /// Its version, as its manifest says.
    pub version: String,
    /// The ABI it was built for, as `major.minor`.
    pub abi: String,
    /// The name of its file, without the folder. It may have another one day.
    pub file: String,
    /// The length of its file.
    pub bytes: u64,
    /// BLAKE3 of its file, in hexadecimal.
    pub blake3: String,
}

impl Locked {
    /// Whether it can be told, and can be the entry of a library at all.
    fn is_plain(&self) -> bool {
        let hash = self.blake3.len() == 64 && self.blake3.bytes().all(|b| b.is_ascii_hexdigit());
        let texts = [&self.version, &self.abi, &self.file];
        valid_id(&self.id) && hash && texts.iter().all(|text| !text.chars().any(char::is_control))
    }
}

/// The libraries that may be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    path: PathBuf,
    libraries: Vec<Locked>,
}

/// A lock file that cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct LockError {
    /// The file.
    pub path: PathBuf,
    /// One clause that says why.
    pub reason: String,
    /// What would mend it.
    pub hint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LockFile {
    version: u32,
    checksum: String,
    #[serde(default)]
    library: Vec<Locked>,
}

const ANEW: &str = "write it anew with `arrcoc plugins lock`, if the plugins are those that you want";

impl Lock {
    /// Lists everything that a search found and did not refuse, for a file at this path.
    #[must_use]
    pub fn of(catalogue: &Catalogue, path: &Path) -> Lock {
        let mut libraries: Vec<Locked> = Vec::new();
        for found in catalogue.found().iter().filter(|f| !matches!(f.status, Status::Refused(_))) {
            let Some(Identity { id, version, blake3, abi }) = found.identity.as_deref().cloned() else {
                continue;
            };
            if libraries.iter().any(|known| known.blake3 == blake3) {
                continue;
            }
            let file = one_line(&found.path.file_name().unwrap_or_default().to_string_lossy());
            libraries.push(Locked { id, version, abi, file, bytes: found.bytes, blake3 });
        }
        libraries.sort_by(|a, b| (&a.id, &a.version, &a.blake3).cmp(&(&b.id, &b.version, &b.blake3)));
        Lock { path: path.to_owned(), libraries }
    }

    /// Reads a lock file.
    ///
    /// # Errors
    /// When it cannot be read, is no lock file or one of a later form, was cut off or edited.
    pub fn read(path: &Path) -> Result<Lock, LockError> {
        let fails =
            |reason: String, hint: &str| LockError { path: path.to_owned(), reason, hint: hint.into() };
        let unread =
            |e: std::io::Error| fails(format!("the lock file cannot be read: {e}"), "check the path");
        let mut bytes = Vec::new();
        File::open(path)
            .map_err(|e| match e.kind() {
                std::io::ErrorKind::NotFound => {
                    fails("there is no such lock file".into(), "write it with `arrcoc plugins lock`")
                }
                _ => unread(e),
            })?
            .take(MOST_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(unread)?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(fails(format!("it has more than {} MiB", MOST_BYTES >> 20), "check the path"));
        }
        let text = String::from_utf8(bytes).map_err(|_| fails("it is not text".into(), ANEW))?;
        Lock::parse(&text, path)
    }

    /// Reads the text of a lock file that is at this path.
    ///
    /// # Errors
    /// As [`Lock::read`].
    pub fn parse(text: &str, path: &Path) -> Result<Lock, LockError> {
        let fails = |reason: String| LockError { path: path.to_owned(), reason, hint: ANEW.into() };
        let file: LockFile = toml::from_str(text).map_err(|e| {
            let line =
                e.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let reason = one_line(e.message());
            fails(format!("it is no lock file, or was cut off: line {line}: {reason}"))
        })?;
        if file.version != VERSION {
            let reason =
                format!("it is a lock file of form {}, and this program knows form {VERSION}", file.version);
            return Err(fails(reason));
        }
        let lock = Lock { path: path.to_owned(), libraries: file.library };
        if lock.checksum() != file.checksum {
            return Err(fails("it was cut off or edited: its checksum does not fit".into()));
        }
        if let Some(place) = lock.libraries.iter().position(|locked| !locked.is_plain()) {
            return Err(fails(format!(
                "library {} of it has an id, a hash or a text that none has",
                place + 1
            )));
        }
        Ok(lock)
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text =
            String::from("# Written by `arrcoc plugins lock`. With --locked nothing else is loaded.\n");
        let _ = write!(text, "version = {VERSION}\nchecksum = \"{}\"\n", self.checksum());
        for Locked { id, version, abi, file, bytes, blake3 } in &self.libraries {
            let _ = write!(text, "\n[[library]]\n");
            for (key, value) in [("id", id), ("version", version), ("abi", abi), ("file", file)] {
                let _ = writeln!(text, "{key} = {}", toml::Value::from(value.as_str()));
            }
            let _ = writeln!(text, "bytes = {bytes}\nblake3 = \"{blake3}\"");
        }
        text
    }

    fn checksum(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for Locked { id, version, abi, file, bytes, blake3 } in &self.libraries {
            for part in [id, version, abi, file, &bytes.to_string(), blake3] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    /// Where it was read, or is to be written.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it lists.
    #[must_use]
    pub fn libraries(&self) -> &[Locked] {
        &self.libraries
    }

    /// Refuses a file that it does not list.
    pub(crate) fn check(&self, vetted: &Vetted) -> Result<(), Refusal> {
        let Identity { id, blake3, .. } = vetted.identity();
        if self.libraries.iter().any(|locked| locked.blake3 == *blake3 && locked.id == *id) {
            return Ok(());
        }
        let lock = self.path.display();
        let reason = match self.libraries.iter().find(|locked| locked.id == *id) {
            Some(locked) => format!(
                "it is not the `{id}` of {lock}: its BLAKE3 is {}…, and {}… was locked",
                short(blake3),
                short(&locked.blake3)
            ),
            None => format!("`{id}` is not in {lock}"),
        };
        Err(Refusal::new(
            &vetted.path,
            reason,
            "`arrcoc plugins lock` lists it, if it is the one that you want",
        ))
    }

    /// The first library that it lists and a search has not found, or has refused, with the reason.
    #[must_use]
    pub fn missing(&self, catalogue: &Catalogue) -> Option<LockError> {
        let is = |f: &Found, locked: &Locked| match &f.facts {
            Some(facts) => facts.id == locked.id,
            // One that cannot be read at all has its name alone.
            None => f.path.file_name().is_some_and(|name| name.to_string_lossy() == locked.file),
        };
        let found = |locked: &&Locked| {
            catalogue.found().iter().any(|f| is(f, locked) && !matches!(f.status, Status::Refused(_)))
        };
        let locked = self.libraries.iter().find(|locked| !found(locked))?;
        let refused = catalogue.found().iter().filter(|f| is(f, locked)).find_map(|f| match &f.status {
            Status::Refused(refusal) => Some(refusal),
            _ => None,
        });
        let (reason, hint) = match refused {
            Some(refusal) => {
                (format!("`{}` is locked, and was refused: {refusal}", locked.id), refusal.hint.clone())
            }
            None => {
                let reason = format!(
                    "`{}` {} ({}) is locked, and was not found",
                    locked.id, locked.version, locked.file
                );
                (
                    reason,
                    "`arrcoc plugins list` shows what was found; name its folder with --plugin-dir".into(),
                )
            }
        };
        Some(LockError { path: self.path.clone(), reason, hint })
    }
}

/// The beginning of a hash.
fn short(blake3: &str) -> &str {
    blake3.get(..12).unwrap_or(blake3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        let locked = |id: &str, blake3: &str| Locked {
            id: id.into(),
            version: "0.1.0".into(),
            abi: "1.0".into(),
            file: format!("lib\"{id}\\.so"),
            bytes: 7,
            blake3: blake3.repeat(64),
        };
        Lock { path: "a.lock".into(), libraries: vec![locked("one", "a"), locked("two", "b")] }
    }

    #[test]
    fn what_is_written_is_read() {
        let text = lock().to_text();
        assert_eq!(Lock::parse(&text, Path::new("a.lock")).unwrap(), lock(), "{text}");
    }

    /// Whatever is cut off or changed but comments and spaces: an error that says so.
    #[test]
    fn what_is_cut_off_or_edited_is_refused() {
        let text = lock().to_text();
        let read = |text: &str| Lock::parse(text, Path::new("a.lock"));
        let whole = text.trim_end().len();
        for end in text.char_indices().map(|(at, _)| at).filter(|&at| at < whole) {
            let error = read(&text[..end]).unwrap_err().to_string();
            assert!(error.contains("cut off"), "{end}: {error}");
        }
        for (from, to) in
            [("bytes = 7", "bytes = 8"), ("\"two\"", "\"tow\""), ("aaaa", "aaab"), ("0.1.0", "0.1.1")]
        {
            assert!(read(&text.replacen(from, to, 1)).unwrap_err().to_string().contains("edited"), "{from}");
        }
        let (first, second) = text.split_once("[[library]]").unwrap();
        let swapped = second.split_once("[[library]]").unwrap();
        let swapped = format!("{first}[[library]]{}[[library]]{}", swapped.1, swapped.0);
        assert!(read(&swapped).is_err());
        assert!(read(&text.replace("bytes", "size")).unwrap_err().to_string().contains("unknown field"));
        assert!(
            read(&text.replace("version = 1", "version = 2")).unwrap_err().to_string().contains("form 2")
        );
        let mut odd = lock();
        odd.libraries[1].version = "\u{1b}[2J".into();
        assert!(read(&odd.to_text()).unwrap_err().to_string().contains("library 2 of it"));
        assert!(read(&format!("# a comment\n{text}\n\n")).is_ok());
    }
}
