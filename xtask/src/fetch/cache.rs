//! The cache: what is in it, and the one way in.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use arrcoc_assets::Asset;
use sha2::{Digest, Sha256};

use crate::failure::Failure;

/// Beyond this age a folder that was being filled belongs to nobody: its owner was killed.
const FORGOTTEN: Duration = Duration::from_secs(60 * 60);

/// What the cache has of an asset.
#[derive(Debug)]
pub(super) enum State {
    Whole,
    Absent,
    /// Something is in its place, and this is wrong with it.
    Damaged(String),
}

/// The cache's folder, which need not exist.
pub(super) fn place() -> Result<PathBuf, Failure> {
    arrcoc_assets::cache().ok_or_else(|| {
        Failure::new("there is no place for a cache: the user has no home folder")
            .hint("set `ARRCOC_CACHE` to a folder")
    })
}

/// Hashes what the cache has of an asset.
pub(super) fn look(asset: &Asset<'_>, cache: &Path) -> State {
    let folder = cache.join(asset.folder());
    if fs::symlink_metadata(&folder).is_err() {
        return State::Absent;
    }
    match check(asset, &folder) {
        Ok(()) => State::Whole,
        Err(failure) => State::Damaged(failure.to_string()),
    }
}

/// Whether a folder holds every file of an asset, to the bit.
pub(super) fn check(asset: &Asset<'_>, folder: &Path) -> Result<(), Failure> {
    for piece in asset.pieces {
        let path = folder.join(piece.name());
        let hash = sha256(&path).map_err(|error| Failure::file("read", &path, error))?;
        if hash != piece.sha256 {
            return Err(Failure::new(format!(
                "`{}` is not the file that is meant: its sha256 begins with {}, not {}",
                path.display(),
                &hash[..8],
                &piece.sha256[..8]
            )));
        }
    }
    Ok(())
}

/// The sha256 of a file, in hexadecimal.
pub(super) fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            length => hash.update(&buffer[..length]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A folder beside the asset's place, in which it is put together. Goes when it is dropped.
pub(super) struct Staging(PathBuf);

impl Staging {
    pub(super) fn new(asset: &Asset<'_>, cache: &Path) -> Result<Self, Failure> {
        let made = |path: &Path, result: io::Result<()>| {
            result.map_err(|error| {
                Failure::file("make", path, error).hint("`ARRCOC_CACHE` names another folder for the cache")
            })
        };
        made(cache, fs::create_dir_all(cache))?;
        sweep(asset, cache);
        let folder = cache.join(format!("{}{}.partial", prefix(asset), std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        made(&folder, fs::create_dir(&folder))?;
        Ok(Self(folder))
    }

    /// A new folder in it.
    pub(super) fn make(&self, name: &str) -> Result<PathBuf, Failure> {
        let folder = self.0.join(name);
        fs::create_dir(&folder).map_err(|error| Failure::file("make", &folder, error))?;
        Ok(folder)
    }

    /// Puts a filled folder in the asset's place, where nothing whole is.
    pub(super) fn settle(&self, asset: &Asset<'_>, cache: &Path, filled: &Path) -> Result<(), Failure> {
        let place = cache.join(asset.folder());
        // What was damaged goes away with the staging folder.
        let _ = fs::rename(&place, self.0.join("damaged"));
        match fs::rename(filled, &place) {
            Ok(()) => Ok(()),
            // Somebody else fetched it at the same time.
            Err(_) if matches!(look(asset, cache), State::Whole) => Ok(()),
            Err(error) => Err(Failure::file("move the asset to", &place, error)),
        }
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn prefix(asset: &Asset<'_>) -> String {
    format!(".{}.", asset.folder())
}

/// Takes away what runs that were killed have left.
fn sweep(asset: &Asset<'_>, cache: &Path) {
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let old = || {
            let changed = entry.metadata().and_then(|metadata| metadata.modified()).ok();
            changed.and_then(|time| time.elapsed().ok()).is_some_and(|age| age > FORGOTTEN)
        };
        if name.starts_with(&prefix(asset)) && name.ends_with(".partial") && old() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        // FIPS 180-2, appendix B.1.
        let path = std::env::temp_dir().join(format!("arrcoc-xtask-abc-{}", std::process::id()));
        fs::write(&path, "abc").unwrap();
        let hash = sha256(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
