//! The folder of a run. Files are written beside it and moved into place when
//! all of them are there, so a folder with a report has the whole of it: a run
//! that is killed, or that finds the disk full, leaves no half of one.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use arrcoc::Error;

/// The file by which a folder is known as that of an earlier run.
const RECORD: &str = "run.json";

/// The rows of times that were measured a second time, which not every run has.
pub(crate) const TIMES_AGAIN: &str = "times-again.parquet";

/// A folder that is being filled.
pub(crate) struct Folder {
    staging: PathBuf,
    target: PathBuf,
}

impl Folder {
    /// Claims the folder that was asked for, or a new one below `reports` with the name `stamp`.
    ///
    /// # Errors
    /// When it cannot be made, or holds something that no run has written.
    pub(crate) fn claim(out: Option<&Path>, reports: &Path, stamp: &str) -> Result<Folder, Error> {
        match out {
            Some(out) => Folder::named(out),
            None => Folder::fresh(reports, stamp),
        }
    }

    fn named(target: &Path) -> Result<Folder, Error> {
        if target.exists() {
            let entries = target.read_dir().map_err(|e| Error::file(target, "use the folder", &e))?;
            if entries.count() > 0 && !target.join(RECORD).is_file() {
                return Err(Error::new(
                    format!("{}: the folder holds something else", target.display()),
                    "name a new folder, or one of an earlier run",
                ));
            }
        }
        let Some(name) = target.file_name() else {
            return Err(Error::new(
                format!("{}: not the name of a folder", target.display()),
                "name a new folder",
            ));
        };
        let name = format!(".{}.{}.partial", name.to_string_lossy(), std::process::id());
        let staging = target.with_file_name(name);
        fs::create_dir_all(&staging).map_err(|e| Error::file(target, "make the folder", &e))?;
        Ok(Folder { staging, target: target.to_path_buf() })
    }

    /// `stamp`, or the first of `stamp-2`, `stamp-3`, … that nobody has: runs may begin in the same second. Making
    /// the folder beside it is the claim, since only one can make it.
    fn fresh(reports: &Path, stamp: &str) -> Result<Folder, Error> {
        fs::create_dir_all(reports).map_err(|e| Error::file(reports, "make the folder", &e))?;
        let mut number = 1;
        loop {
            let name = if number == 1 { stamp.to_owned() } else { format!("{stamp}-{number}") };
            let (target, staging) = (reports.join(&name), reports.join(format!(".{name}.partial")));
            number += 1;
            match fs::create_dir(&staging) {
                // Its owner may have finished just before.
                Ok(()) if target.exists() => {
                    fs::remove_dir(&staging).map_err(|e| Error::file(&target, "make the folder", &e))?;
                }
                Ok(()) => return Ok(Folder { staging, target }),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(Error::file(&target, "make the folder", &e)),
            }
        }
    }

    /// Where a file is to be written.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.staging.join(name)
    }

    /// Writes a file.
    ///
    /// # Errors
    /// When that fails.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.path(name);
        let write = || -> io::Result<()> {
            let mut file = fs::File::create(&path)?;
            io::Write::write_all(&mut file, text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|e| Error::file(&self.target.join(name), "write", &e))
    }

    /// Moves everything into place and says where that is.
    ///
    /// # Errors
    /// When that fails.
    pub(crate) fn finish(self) -> Result<PathBuf, Error> {
        let failed = |e: io::Error| Error::file(&self.target, "write the folder", &e);
        // One that is empty or not there is replaced as a whole; else this is the folder of an earlier run.
        if fs::rename(&self.staging, &self.target).is_err() {
            fs::create_dir_all(&self.target).map_err(failed)?;
            let mut names: Vec<_> =
                self.staging.read_dir().map_err(failed)?.flatten().map(|entry| entry.file_name()).collect();
            // The record stands for all of them: the old one goes first, the new one comes last.
            names.sort_by_key(|name| *name == RECORD);
            for old in [RECORD, TIMES_AGAIN] {
                match fs::remove_file(self.target.join(old)) {
                    Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(e)),
                    _ => {}
                }
            }
            for name in names {
                fs::rename(self.staging.join(&name), self.target.join(&name)).map_err(failed)?;
            }
        }
        Ok(self.target.clone())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Moved away after `finish`; otherwise nobody needs it.
        let _ = fs::remove_dir_all(&self.staging);
    }
}
