//! `results.parquet`: every row. Its columns are described in `docs/results.md`.

use std::{fs::File, path::Path};

use arrcoc::Error;
use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, ParquetWriter, Series};

use crate::row::Row;

/// Writes rows.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write(path: &Path, rows: &[Row]) -> Result<(), Error> {
    let failed = |reason: String| {
        Error::new(
            format!("{}: cannot write the results: {reason}", path.display()),
            "check the disk and the path",
        )
    };
    let mut frame = frame(rows).map_err(|e| failed(e.to_string()))?;
    let mut file = File::create(path).map_err(|e| Error::file(path, "write the results", &e))?;
    ParquetWriter::new(&mut file).finish(&mut frame).map_err(|e| failed(e.to_string()))?;
    file.sync_all().map_err(|e| Error::file(path, "write the results", &e))
}

fn frame(rows: &[Row]) -> polars::prelude::PolarsResult<DataFrame> {
    fn column<'a, T: 'a>(name: &str, rows: &'a [Row], of: impl Fn(&'a Row) -> T) -> Column
    where
        Series: NamedFrom<Vec<T>, [T]>,
        [T]: 'a,
    {
        Series::new(name.into(), rows.iter().map(of).collect::<Vec<T>>()).into_column()
    }
    let columns = vec![
        column("suite", rows, |r| r.suite.as_str()),
        column("measure", rows, |r| r.measure),
        column("method", rows, |r| r.method.as_str()),
        column("item", rows, |r| r.item),
        column("seed", rows, |r| r.seed),
        column("width", rows, |r| r.width),
        column("height", rows, |r| r.height),
        column("average", rows, |r| r.average),
        column("applied", rows, |r| r.applied),
        column("condition", rows, |r| r.condition.as_deref()),
        column("metric", rows, |r| r.metric),
        column("value", rows, |r| r.value),
        column("weight", rows, |r| r.weight),
        column("reason", rows, |r| r.reason.as_str()),
        column("decision", rows, |r| r.decision.as_str()),
    ];
    DataFrame::new(rows.len(), columns)
}
