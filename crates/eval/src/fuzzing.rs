//! Doors for the fuzz targets, behind the feature `fuzzing`: suite files and
//! Parquet files as the evaluation reads them, before anything is measured.

use std::{cell::OnceCell, path::Path};

use arrcoc::Error;
use arrcoc_datasets::files::Record;
use tempfile::TempDir;

use crate::{
    method::Workshop,
    parquet_files::{self, Columns},
    suite::{Source, Unproved},
    task::Task,
};

/// Reads and proves a suite of this text, where there are no plugins; the number of its gates.
///
/// # Errors
/// What is wrong with it.
pub fn suite(text: &str) -> Result<usize, Error> {
    thread_local! {
        static NOTHING: OnceCell<(TempDir, Workshop)> = const { OnceCell::new() };
    }
    NOTHING.with(|nothing| {
        let (folder, workshop) = match nothing.get() {
            Some(opened) => opened,
            None => {
                let opened = opened()?;
                nothing.get_or_init(|| opened)
            }
        };
        let source = Source {
            shown: "suite.yaml".into(),
            folder: folder.path().into(),
            text: text.into(),
            blake3: String::new(),
        };
        // Of the judges only one that needs nothing else is opened: others read models, or run what the suite names.
        let suite = Unproved::of(source)?.prove(workshop, &[], &[Task::Reconstruct])?;
        Ok(suite.gates.len())
    })
}

/// An empty folder, and what is found in it.
fn opened() -> Result<(TempDir, Workshop), Error> {
    let failed = |e: std::io::Error| Error::new(format!("there is no room for a folder: {e}"), "make some");
    let folder = tempfile::tempdir().map_err(failed)?;
    let workshop = Workshop::open(folder.path(), folder.path(), &[], "cpu", &[])?;
    Ok((folder, workshop))
}

/// Reads the first rows of a Parquet file, at most `first` of them.
///
/// # Errors
/// What is wrong with it.
pub fn parquet(path: &Path, first: usize) -> Result<Vec<Record>, Error> {
    parquet_files::read(path, &Columns::default(), first)
}
