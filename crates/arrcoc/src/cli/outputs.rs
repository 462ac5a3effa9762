//! Files that a command writes: whole or not at all. Each is written beside its
//! place under a temporary name and renamed when it is complete.

use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use arrcoc::Error;

/// Checks, before any work is done, that a file can be written there.
pub(crate) fn check_writable(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Err(Error::new(
            format!("{}: cannot write the file: it is a folder", path.display()),
            "name a file; a folder is for several images",
        ));
    }
    if is_special(path) {
        return Ok(());
    }
    let trial = temporary(path);
    File::create(&trial).map_err(|e| unwritable(path, &e))?;
    fs::remove_file(&trial).map_err(|e| unwritable(path, &e))
}

/// Writes a file, whole or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if is_special(path) {
        return fs::write(path, bytes).map_err(|e| unwritable(path, &e));
    }
    let path = &resolved(path);
    let temporary = temporary(path);
    let written = File::create(&temporary)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|e| {
        // The half-written file is of no use; that it cannot be removed adds nothing to the reason.
        let _ = fs::remove_file(&temporary);
        unwritable(path, &e)
    })
}

/// Has a file written, whole or not at all.
pub(crate) fn write_with<T>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut lines = Lines::begin(path)?;
    let written = write(&mut lines.file)?;
    lines.finish()?;
    Ok(written)
}

/// A file that is written line by line, and in its place when it is complete.
pub(crate) struct Lines {
    path: PathBuf,
    temporary: Option<PathBuf>,
    file: BufWriter<File>,
}

impl Lines {
    pub(crate) fn begin(path: &Path) -> Result<Lines, Error> {
        let temporary = (!is_special(path)).then(|| temporary(&resolved(path)));
        let open = temporary.as_deref().map_or_else(|| File::options().write(true).open(path), File::create);
        let file = BufWriter::new(open.map_err(|e| unwritable(path, &e))?);
        Ok(Lines { path: path.to_owned(), temporary, file })
    }

    pub(crate) fn add(&mut self, line: &str) -> Result<(), Error> {
        self.file.write_all(line.as_bytes()).map_err(|e| unwritable(&self.path, &e))
    }

    /// Puts the file in its place.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        let temporary = self.temporary.take();
        let mut finish = || {
            self.file.flush()?;
            let Some(temporary) = &temporary else { return Ok(()) };
            self.file.get_ref().sync_all()?;
            fs::rename(temporary, resolved(&self.path))
        };
        finish().map_err(|e| {
            let _ = temporary.as_deref().map(fs::remove_file);
            unwritable(&self.path, &e)
        })
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            let _ = fs::remove_file(temporary);
        }
    }
}

/// Where a file is: a link stays a link, and what it points to is replaced.
fn resolved(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// A device or a pipe, which is written to and not replaced.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir())
}

fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

fn unwritable(path: &Path, e: &std::io::Error) -> Error {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let hint = match e.kind() {
        std::io::ErrorKind::NotFound => format!("make the folder `{}` first", folder.display()),
        std::io::ErrorKind::StorageFull => "free some space".into(),
        _ => format!("check the permissions of `{}`", folder.display()),
    };
    let mut error = Error::file(path, "write the file", e);
    error.hint = Some(hint);
    error
}
