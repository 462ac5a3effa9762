//! What the evaluation reads: suites, and datasets in Parquet files.

use std::collections::HashSet;

use arrcoc_datasets::files::Source;
use arrcoc_eval::fuzzing;

use crate::{is_a_line, scratch};

/// The most rows that are asked for.
const ROWS: usize = 50;

/// A suite file.
pub(crate) fn suite(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(error) = fuzzing::suite(text) {
        is_a_line(&error.message);
        assert!(error.message.contains("suite.yaml"), "it does not name the file: {}", error.message);
    }
}

/// A Parquet file of images and questions.
pub(crate) fn parquet(bytes: &[u8]) {
    let records = match scratch::file(bytes, |path| fuzzing::parquet(path, ROWS)) {
        Ok(records) => records,
        Err(error) => return is_a_line(&error.message),
    };
    assert!(records.len() <= ROWS, "{} rows", records.len());
    let mut names = HashSet::new();
    for record in &records {
        assert!(names.insert(&record.name), "two rows are called `{}`", record.name);
        assert!(matches!(&record.image, Source::Bytes(image) if !image.is_empty()), "a row has no image");
        assert!(record.queries.iter().all(|query| !query.found.is_empty()), "a row has no answer");
    }
}
