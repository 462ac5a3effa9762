//! `results.parquet`: every row. Its columns are described in `docs/results.md`.

use std::{fs::File, path::Path};

use arrcoc::Error;
use polars::prelude::{
    Column, DataFrame, IntoColumn, NamedFrom, ParquetReader, ParquetWriter, PolarsResult, SerReader, Series,
};

use crate::{measure, row::Row};

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

/// Reads the rows of a run. Those of measures or metrics that this version does not know are left out.
///
/// # Errors
/// When the file cannot be read, or a column is missing.
pub(crate) fn read(path: &Path) -> Result<Vec<Row>, Error> {
    let failed = |reason: String| {
        let reason = reason.lines().next().unwrap_or_default().to_owned();
        Error::new(
            format!("{}: cannot read the results: {reason}", path.display()),
            "it must have been written by this version of the evaluation",
        )
    };
    let file = File::open(path).map_err(|e| Error::file(path, "read the results", &e))?;
    // A damaged file has made the reader panic before.
    let frame = std::panic::catch_unwind(|| ParquetReader::new(file).finish());
    let frame =
        frame.map_err(|_| failed("the file is damaged".into()))?.map_err(|e| failed(e.to_string()))?;
    rows(&frame).map_err(|e| failed(e.to_string()))
}

fn rows(frame: &DataFrame) -> PolarsResult<Vec<Row>> {
    let text = |name: &str| Ok::<_, polars::prelude::PolarsError>(frame.column(name)?.str()?.clone());
    let whole = |name: &str| Ok::<_, polars::prelude::PolarsError>(frame.column(name)?.u32()?.clone());
    let real = |name: &str| Ok::<_, polars::prelude::PolarsError>(frame.column(name)?.f64()?.clone());
    let (suite, measure, method, dataset) =
        (text("suite")?, text("measure")?, text("method")?, text("dataset")?);
    let (name, traits, condition) = (text("name")?, text("traits")?, text("condition")?);
    let (metric, reason, decision) = (text("metric")?, text("reason")?, text("decision")?);
    let (item, ask, width, height) = (whole("item")?, whole("ask")?, whole("width")?, whole("height")?);
    let (average, value, weight) = (real("average")?, real("value")?, real("weight")?);
    let (seed, applied) = (frame.column("seed")?.u64()?.clone(), frame.column("applied")?.u64()?.clone());
    let row = |i: usize| {
        let own = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Some(Row {
            suite: own(suite.get(i)),
            measure: measure::names().find(|known| Some(*known) == measure.get(i))?,
            method: own(method.get(i)),
            dataset: own(dataset.get(i)),
            item: item.get(i)?,
            name: own(name.get(i)),
            ask: ask.get(i),
            traits: own(traits.get(i)),
            seed: seed.get(i)?,
            width: width.get(i)?,
            height: height.get(i)?,
            average: average.get(i),
            applied: applied.get(i),
            condition: condition.get(i).map(str::to_owned),
            metric: measure::row_metrics().find(|known| Some(*known) == metric.get(i))?,
            value: value.get(i)?,
            weight: weight.get(i)?,
            reason: own(reason.get(i)),
            decision: own(decision.get(i)),
        })
    };
    Ok((0..frame.height()).filter_map(row).collect())
}

fn frame(rows: &[Row]) -> PolarsResult<DataFrame> {
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
        column("dataset", rows, |r| r.dataset.as_str()),
        column("item", rows, |r| r.item),
        column("name", rows, |r| r.name.as_str()),
        column("ask", rows, |r| r.ask),
        column("traits", rows, |r| r.traits.as_str()),
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
