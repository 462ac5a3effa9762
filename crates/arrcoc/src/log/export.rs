//! A ledger taken elsewhere: JSON lines with everything as it was logged, and a Parquet table with what is looked at
//! most in columns of their own.

use std::io::Write;

use arrcoc_ledger::{Filter, Ledger, Record};
use parquet::{
    basic::Compression,
    column::writer::ColumnWriter,
    data_type::ByteArray,
    errors::ParquetError,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use serde::Serialize;

use super::Feedback;
use crate::{decision::Decision, error::Error};

/// Records that are in memory at once.
const GROUP: usize = 256;

/// A record as a line of JSON, without its content.
#[derive(Serialize)]
struct Line<'a> {
    number: u64,
    kind: &'a str,
    subject: &'a str,
    created: &'a str,
    request: Option<&'a str>,
    hash: String,
}

/// Writes each record that is meant as a line of JSON: its number, kind, subject, time, request and hash, and as `content`
/// what was logged, byte for byte. Returns how many there were.
///
/// # Errors
/// When the ledger cannot be read or `out` cannot be written.
pub fn json_lines(ledger: &Ledger, filter: &Filter, out: &mut dyn Write) -> Result<u64, Error> {
    let mut lines = 0;
    ledger.each_record(filter, |record| {
        let summary = &record.summary;
        let line = Line {
            number: summary.number,
            kind: summary.kind.name(),
            subject: &summary.subject,
            created: &summary.created,
            request: summary.request.as_deref(),
            hash: summary.hash.to_string(),
        };
        let written = with_content(&line, &record.content).map_err(|e| unwritten(&e))?;
        out.write_all(written.as_bytes()).map_err(|e| unwritten(&e))?;
        lines += 1;
        Ok::<(), Error>(())
    })?;
    Ok(lines)
}

/// The line with what was logged: as it is where that is JSON in one line, and as a text where it is not.
fn with_content(line: &Line<'_>, content: &str) -> serde_json::Result<String> {
    let is_json = !content.contains('\n') && serde_json::from_str::<serde::de::IgnoredAny>(content).is_ok();
    let content = if is_json { content.to_owned() } else { serde_json::to_string(content)? };
    let line = serde_json::to_string(line)?;
    let open = line.strip_suffix('}').unwrap_or(&line);
    Ok(format!("{open},\"content\":{content}}}\n"))
}

fn unwritten(e: &dyn std::fmt::Display) -> Error {
    Error::new(format!("the export cannot be written: {e}"), "check the disk and the path")
}

impl From<ParquetError> for Error {
    fn from(e: ParquetError) -> Error {
        unwritten(&e)
    }
}

/// What a column holds of a record, and of the decision or the feedback in it.
type Of<T> = fn(&Record, Option<&Decision>, Option<&Feedback>) -> Option<T>;

/// A column of the table.
enum Column {
    Text(Of<String>),
    Whole(Of<u64>),
    Real(Of<f64>),
}

use Column::{Real, Text, Whole};

/// The table. Every column may be null: what a feedback does not have, and a decision of another form.
const COLUMNS: [(&str, Column); 35] = [
    ("number", Whole(|r, _, _| Some(r.summary.number))),
    ("kind", Text(|r, _, _| Some(r.summary.kind.to_string()))),
    ("decision", Text(|r, _, _| Some(r.summary.subject.clone()))),
    ("created", Text(|r, _, _| Some(r.summary.created.clone()))),
    ("image", Text(|r, _, _| r.summary.image.clone())),
    ("image_blake3", Text(|_, d, _| d.map(|d| d.image.blake3.clone()))),
    ("width", Whole(|_, d, _| d.map(|d| d.image.width.into()))),
    ("height", Whole(|_, d, _| d.map(|d| d.image.height.into()))),
    ("query", Text(|r, _, _| r.summary.query.clone())),
    ("mode", Text(|r, _, _| r.summary.mode.clone())),
    ("rows", Whole(|_, d, _| d.map(|d| d.grid.rows.into()))),
    ("cols", Whole(|_, d, _| d.map(|d| d.grid.cols.into()))),
    ("min", Whole(|_, d, _| d.map(|d| d.policy.min.into()))),
    ("max", Whole(|_, d, _| d.map(|d| d.policy.max.into()))),
    ("overrides", Whole(|_, d, _| d.map(|d| d.policy.overrides.len() as u64))),
    ("requested", Whole(|_, d, _| d.map(|d| d.requested))),
    ("applied", Whole(|_, d, _| d.map(|d| d.applied))),
    ("coupling", Real(|_, d, _| d.map(|d| d.coupling))),
    ("disagreement", Real(|_, d, _| d.map(|d| d.disagreement))),
    ("confidence", Real(|_, d, _| d.and_then(|d| d.confidence.as_ref()?.probability))),
    ("exploit_explore", Real(|_, d, _| d.map(|d| d.tensions.exploit_explore))),
    ("focus_diversify", Real(|_, d, _| d.map(|d| d.tensions.focus_diversify))),
    ("compress_particularize", Real(|_, d, _| d.map(|d| d.tensions.compress_particularize))),
    ("autonomy", Real(|_, d, _| d.map(|d| d.autonomy))),
    ("allocator", Text(|_, d, _| d.map(|d| d.allocator.id.clone()))),
    ("calibration", Text(|_, d, _| d.map(|d| d.calibration.version.clone()))),
    ("retreats", Whole(|_, d, _| d.map(|d| d.reasons.len() as u64))),
    ("reasons", Text(|_, d, _| d.map(|d| d.reasons.join("\n")))),
    ("total_us", Whole(|_, d, _| d.and_then(|d| d.timings_us.get("total").copied()))),
    ("outcome", Text(|_, _, f| f.map(|f| f.outcome.to_string()))),
    ("who", Text(|_, _, f| f.and_then(|f| f.who.clone()))),
    ("note", Text(|_, _, f| f.and_then(|f| f.note.clone()))),
    ("request", Text(|r, _, _| r.summary.request.clone())),
    ("hash", Text(|r, _, _| Some(r.summary.hash.to_string()))),
    ("content", Text(|r, _, _| Some(r.content.clone()))),
];

/// Writes the records that are meant as a Parquet table, a row each. Returns how many there were.
///
/// # Errors
/// When the ledger cannot be read or `out` cannot be written.
pub fn parquet(ledger: &Ledger, filter: &Filter, out: &mut (dyn Write + Send)) -> Result<u64, Error> {
    let field = |(name, column): &(&str, Column)| match column {
        Text(_) => format!("OPTIONAL BYTE_ARRAY {name} (UTF8);"),
        Whole(_) => format!("OPTIONAL INT64 {name};"),
        Real(_) => format!("OPTIONAL DOUBLE {name};"),
    };
    let fields: String = COLUMNS.iter().map(field).collect();
    let schema = parse_message_type(&format!("message ledger {{ {fields} }}"))?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut file = SerializedFileWriter::new(out, schema.into(), properties.into())?;
    let mut rows = 0;
    let mut group: Vec<Record> = Vec::new();
    ledger.each_record(filter, |record| {
        rows += 1;
        group.push(record);
        if group.len() == GROUP {
            write_group(&mut file, &std::mem::take(&mut group))?;
        }
        Ok::<(), Error>(())
    })?;
    if !group.is_empty() {
        write_group(&mut file, &group)?;
    }
    file.close()?;
    Ok(rows)
}

fn write_group<W: Write + Send>(file: &mut SerializedFileWriter<W>, records: &[Record]) -> Result<(), Error> {
    let read: Vec<(Option<Decision>, Option<Feedback>)> = records
        .iter()
        .map(|record| (Decision::from_json(&record.content).ok(), Feedback::of(record)))
        .collect();
    let mut group = file.next_row_group()?;
    for (_, column) in &COLUMNS {
        let Some(mut place) = group.next_column()? else { break };
        let rows = || std::iter::zip(records, &read).map(|(record, (d, f))| (record, d.as_ref(), f.as_ref()));
        match (column, place.untyped()) {
            (Text(of), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                let texts =
                    rows().map(|(r, d, f)| of(r, d, f).map(|text| ByteArray::from(text.into_bytes())));
                let (values, levels) = split(texts);
                writer.write_batch(&values, Some(&levels), None)?
            }
            (Whole(of), ColumnWriter::Int64ColumnWriter(writer)) => {
                let wholes = rows().map(|(r, d, f)| of(r, d, f).and_then(|whole| i64::try_from(whole).ok()));
                let (values, levels) = split(wholes);
                writer.write_batch(&values, Some(&levels), None)?
            }
            (Real(of), ColumnWriter::DoubleColumnWriter(writer)) => {
                let (values, levels) = split(rows().map(|(r, d, f)| of(r, d, f)));
                writer.write_batch(&values, Some(&levels), None)?
            }
            _ => return Err(unwritten(&"a column has another type than its schema")),
        };
        place.close()?;
    }
    group.close()?;
    Ok(())
}

/// The values that are there, and for each cell whether it is: 1 or 0, as the format has it.
fn split<T>(cells: impl Iterator<Item = Option<T>>) -> (Vec<T>, Vec<i16>) {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        levels.push(i16::from(cell.is_some()));
        values.extend(cell);
    }
    (values, levels)
}
