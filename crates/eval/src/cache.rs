//! What was measured before and need not be measured again.
//!
//! A *cell* is what one method did on one page. Its rows are kept in a file
//! whose name is the hash of everything they depend on: this program, the
//! plugins that took part, the page, the budgets, the judges. Whatever changes,
//! changes the name, so a kept cell is never stale; and since each cell is
//! kept as soon as it is done, a run that is killed goes on where it stopped.
//!
//! What is about repeating (the same decision twice, times) is never kept, and
//! neither is a cell in which something failed.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use arrcoc::Error;

use crate::row::Row;

/// Cells of earlier runs, and those of this one.
pub(crate) struct Cache {
    /// None where nothing is kept.
    folder: Option<PathBuf>,
    program: String,
    found: AtomicU64,
    made: AtomicU64,
    /// Why a cell could not be kept; the run goes on without.
    refused: OnceLock<String>,
}

/// A folder with more bytes than this loses the cells that were not used for longest.
const MOST_BYTES: u64 = 256 << 20;

impl Cache {
    /// Opens the folder of kept cells, and makes it where it is not there; without one nothing is kept.
    ///
    /// # Errors
    /// When the folder cannot be made, or this program cannot be read.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Cache, Error> {
        let mut cache = Cache {
            folder: None,
            program: String::new(),
            found: AtomicU64::new(0),
            made: AtomicU64::new(0),
            refused: OnceLock::new(),
        };
        let Some(folder) = folder else { return Ok(cache) };
        fs::create_dir_all(folder).map_err(|e| Error::file(folder, "make the folder", &e))?;
        let program = std::env::current_exe()
            .and_then(fs::read)
            .map_err(|e| Error::new(format!("this program cannot be read: {e}"), "run it from a file"))?;
        cache.program = blake3::hash(&program).to_hex().to_string();
        cache.folder = Some(folder.to_path_buf());
        prune(folder, MOST_BYTES);
        Ok(cache)
    }

    /// The rows of a cell: those that were kept under the hash of `parts`, or those that `measure` makes.
    ///
    /// # Errors
    /// Those of `measure`. A disk that does not take the cell is none: see [`Cache::refused`].
    pub(crate) fn cell(
        &self,
        parts: &[&str],
        measure: impl FnOnce() -> Result<Vec<Row>, Error>,
    ) -> Result<Vec<Row>, Error> {
        let Some(folder) = &self.folder else { return measure() };
        let path = folder.join(self.name(parts));
        if let Some(rows) = kept(&path) {
            self.found.fetch_add(1, Ordering::Relaxed);
            return Ok(rows);
        }
        let rows = measure()?;
        self.made.fetch_add(1, Ordering::Relaxed);
        if !rows.iter().any(Row::has_failed)
            && let Err(e) = keep(&path, &rows)
        {
            let error = Error::file(folder, "keep what was measured", &e);
            self.refused.get_or_init(|| error.to_string());
        }
        Ok(rows)
    }

    /// How many cells were found, and how many were made.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.found.load(Ordering::Relaxed), self.made.load(Ordering::Relaxed))
    }

    /// Why cells could not be kept, where that was so.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.get().map(String::as_str)
    }

    fn name(&self, parts: &[&str]) -> String {
        let mut hasher = blake3::Hasher::new();
        for part in [self.program.as_str()].iter().chain(parts) {
            // With its length, so that no two lists of parts run together.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        format!("{}.json", hasher.finalize().to_hex())
    }
}

/// A cell that was kept. One that cannot be read is made again.
fn kept(path: &Path) -> Option<Vec<Row>> {
    let bytes = fs::read(path).ok()?;
    let (digest, text) = bytes.split_at_checked(64)?;
    if blake3::hash(text).to_hex().as_bytes() != digest {
        return None;
    }
    // Used now: the last to be pruned.
    let _ = fs::File::open(path).and_then(|file| file.set_modified(std::time::SystemTime::now()));
    serde_json::from_slice(text).ok()
}

fn keep(path: &Path, rows: &[Row]) -> io::Result<()> {
    let text = serde_json::to_vec(rows)?;
    // Moved into place: whoever finds it finds all of it.
    let staging = path.with_extension(format!("{}.partial", std::process::id()));
    fs::write(&staging, [blake3::hash(&text).to_hex().as_bytes(), &text].concat())?;
    fs::rename(&staging, path)
}

/// Removes the cells that were not used for longest, until the rest has at most `most` bytes. Two runs may do so at
/// once; what one finds gone is gone.
fn prune(folder: &Path, most: u64) {
    let Ok(entries) = folder.read_dir() else { return };
    let about = |entry: fs::DirEntry| {
        let about = entry.metadata().ok()?;
        Some((about.modified().ok()?, about.len(), entry.path()))
    };
    let mut files: Vec<_> = entries.flatten().filter_map(about).collect();
    files.sort();
    let mut bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
    for (_, size, path) in &files {
        if bytes <= most {
            break;
        }
        let _ = fs::remove_file(path);
        bytes -= size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(value: f64) -> Vec<Row> {
        vec![Row { measure: "decode", metric: "decode", value, ..Row::default() }]
    }

    #[test]
    fn a_cell_is_made_once_and_again_when_anything_changes() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(Some(folder.path())).unwrap();
        let ask = |parts: &[&str], value: f64| cache.cell(parts, || Ok(rows(value))).unwrap()[0].value;
        assert_eq!(ask(&["page 1", "system"], 0.1 + 0.2), 0.1 + 0.2);
        assert_eq!(ask(&["page 1", "system"], 9.0), 0.1 + 0.2, "kept to the last bit");
        assert_eq!(ask(&["page 1s", "ystem"], 3.0), 3.0);
        assert_eq!(cache.counts(), (1, 2));
    }

    #[test]
    fn a_damaged_cell_is_made_again_and_a_failed_one_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(Some(folder.path())).unwrap();
        cache.cell(&["a"], || Ok(rows(1.0))).unwrap();
        let path = folder.path().join(cache.name(&["a"]));
        let whole = fs::read(&path).unwrap();
        let mut turned = whole.clone();
        let last = turned.len() - 20;
        turned[last] ^= 1;
        for damaged in [&whole[..70], &whole[..10], b"", &turned] {
            fs::write(&path, damaged).unwrap();
            assert_eq!(cache.cell(&["a"], || Ok(rows(2.0))).unwrap()[0].value, 2.0);
        }
        let failed = || Ok(vec![Row { metric: crate::row::FAILED, ..Row::default() }]);
        cache.cell(&["b"], failed).unwrap();
        assert_eq!(cache.cell(&["b"], || Ok(rows(4.0))).unwrap()[0].value, 4.0);
    }

    #[test]
    fn the_oldest_go_first() {
        let folder = tempfile::tempdir().unwrap();
        for (name, age) in [("old", 200), ("new", 100)] {
            let path = folder.path().join(name);
            fs::write(&path, [0; 100]).unwrap();
            let then = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
            fs::File::options().append(true).open(&path).unwrap().set_modified(then).unwrap();
        }
        prune(folder.path(), 150);
        assert!(!folder.path().join("old").exists() && folder.path().join("new").exists());
    }
}
