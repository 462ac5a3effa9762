//! Images, questions and answers from a Parquet file, in the form in which Hugging Face's `datasets` writes them.
//!
//! Most public sets of documents and questions are passed on in this form, with the bytes of the images in the file.
//! A row is one record:
//!
//! | column | holds |
//! |---|---|
//! | `image` | a struct with `bytes`, as the feature `Image` is stored, or bytes |
//! | `question` | text; nothing is asked where it is null |
//! | `answers` or `answer` | text, a list of texts, or a struct with either as `text`, as in SQuAD |
//! | a box, where one is named | four numbers: left, top, width and height in pixels |
//!
//! **Several answers** are one answer in several spellings: a reader that finds any of them is right. An
//! [`Item`](arrcoc_datasets::item::Item) holds answers that must all be found, so the first one is taken, which such
//! sets give as the usual one, and the others are left out.
//!
//! Rows are counted from 0, as `dataset[0]` does.
//!
//! The file was written by someone else. What it promises is held against limits before anything is read ([`pages`]),
//! only the columns in question are read, of the first rows, and a reader that panics on damage ends in an error.

mod pages;

use std::{collections::HashMap, fs::File, path::Path};

use arrcoc::Error;
use arrcoc_datasets::files::{Found, Place, Query, RECORDS, Record, Source};
use arrcoc_host::NameError;
use polars::prelude::{
    ArrowDataType, ArrowSchema, BinaryChunked, Column, DataFrame, DataType, ListChunked, ParallelStrategy,
    ParquetReader, PolarsError, PolarsResult, SerReader, StringChunked,
};

/// The most bytes of a file: 8 GiB.
const FILE_BYTES: u64 = 8 << 30;

/// The most bytes of all that is read from it: 2 GiB.
const READ_BYTES: u64 = 2 << 30;

/// The most bytes of one image file: 256 MiB.
const IMAGE_BYTES: usize = 256 << 20;

/// The most bytes of a text: 1 MiB.
const TEXT_BYTES: usize = 1 << 20;

/// Names under which answers are found when none is given.
const ANSWERS: [&str; 2] = ["answers", "answer"];

/// The columns of a file that are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) image: String,
    pub(crate) question: String,
    /// `answers` or `answer` without it.
    pub(crate) answers: Option<String>,
    /// The names of items, text or whole numbers, all different; `row-0` and so on without it.
    pub(crate) name: Option<String>,
    /// Boxes of answers; without it, and where it is null, an answer may be anywhere.
    pub(crate) boxes: Option<String>,
}

impl Default for Columns {
    fn default() -> Columns {
        Columns { image: "image".into(), question: "question".into(), answers: None, name: None, boxes: None }
    }
}

/// Reads the first rows of a file, at most `first` of them, without decoding their images.
///
/// # Errors
/// In one line with the file and the row: when it is no Parquet file or damaged, a column is missing or of another
/// type, a row has no image or no answer, two rows have one name, there are no rows, or a limit is passed.
pub(crate) fn read(path: &Path, columns: &Columns, first: usize) -> Result<Vec<Record>, Error> {
    let unreadable = |error: std::io::Error| Error::file(path, "read the dataset", &error);
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    let refused = |message: String, hint: &str| Err(Error::new(message, hint).in_file(path));
    // To open a pipe could wait for ever.
    if !metadata.is_file() {
        return refused(
            "this is not a file".into(),
            "name one Parquet file, such as data/test-00000-of-00001.parquet",
        );
    }
    if metadata.len() > FILE_BYTES {
        return refused(format!("the file has more than {FILE_BYTES} bytes"), "split it into several");
    }
    let open = || File::open(path).map_err(unreadable);
    let files = [open()?, open()?];
    // A damaged file has made the reader panic before.
    let records = std::panic::catch_unwind(|| records(path, files, columns, first));
    records
        .unwrap_or_else(|_| Err(damaged("its parts do not fit together")))
        .map_err(|error| error.in_file(path))
}

fn damaged(reason: &str) -> Error {
    Error::new(format!("not a Parquet file that can be read: {reason}"), "it may be damaged; get it again")
}

fn unread(error: PolarsError) -> Error {
    damaged(error.to_string().lines().next().unwrap_or_default())
}

fn records(
    path: &Path,
    [file, headers]: [File; 2],
    columns: &Columns,
    first: usize,
) -> Result<Vec<Record>, Error> {
    let mut reader = ParquetReader::new(file).read_parallel(ParallelStrategy::None);
    let schema = reader.schema().map_err(unread)?;
    let chosen = Chosen::new(columns, &schema)?;
    let metadata = reader.get_metadata().map_err(unread)?;
    if metadata.num_rows == 0 {
        return Err(Error::new("there are no rows", "name a file with rows"));
    }
    let rows = metadata.num_rows.min(first).min(RECORDS);
    let names = chosen.names();
    let mut left = rows;
    let mut bytes: u128 = 0;
    for group in &metadata.row_groups {
        let taken = group.num_rows().min(left);
        if taken == 0 {
            continue;
        }
        let mut whole = 0;
        for part in names.iter().filter_map(|name| group.columns_under_root_iter(name)).flatten() {
            let unpacked = part.uncompressed_size().max(0) as u64;
            pages::check(&headers, part.byte_range(), part.num_values(), unpacked)
                .map_err(|reason| damaged(&reason))?;
            whole += u128::from(unpacked);
        }
        bytes += whole * taken as u128 / group.num_rows() as u128;
        left -= taken;
    }
    if bytes > u128::from(READ_BYTES) {
        return Err(too_much(rows));
    }
    let reader = reader.with_columns(Some(names)).with_slice(Some((0, rows)));
    let table = Table::new(&reader.finish().map_err(unread)?, &chosen).map_err(unread)?;
    table.records(path, rows)
}

fn too_much(rows: usize) -> Error {
    let message = format!("the first {rows} rows take more than {READ_BYTES} bytes");
    Error::new(message, "ask for fewer pages, or use smaller images")
}

/// The columns that are read, each known to be there and of a type that is understood.
struct Chosen {
    image: String,
    question: String,
    answers: String,
    name: Option<String>,
    boxes: Option<String>,
}

impl Chosen {
    fn new(columns: &Columns, schema: &ArrowSchema) -> Result<Chosen, Error> {
        let known = |name: &str| schema.contains(name);
        let find = |name: &str, should: &str, fits: fn(&ArrowDataType) -> bool| {
            let Some(field) = schema.get(name) else {
                let error = NameError::new("column", name, schema.iter_names().map(|name| name.as_str()));
                return Err(Error::new(error.to_string(), error.hint));
            };
            if fits(field.dtype()) {
                return Ok(name.to_owned());
            }
            let message =
                format!("the column `{name}` holds {}, but should hold {should}", kind(field.dtype()));
            Err(Error::new(message, "name another column"))
        };
        let answers = columns.answers.as_deref();
        let answers = answers.unwrap_or_else(|| ANSWERS.into_iter().find(|a| known(a)).unwrap_or(ANSWERS[0]));
        let name = columns.name.as_deref().map(|name| find(name, "text or whole numbers", is_name));
        let boxes = columns.boxes.as_deref().map(|name| find(name, "lists of four numbers", is_box));
        Ok(Chosen {
            image: find(&columns.image, "images: bytes, or a struct with `bytes`", is_image)?,
            question: find(&columns.question, "text", is_text)?,
            answers: find(answers, "text, lists of texts, or a struct with either as `text`", is_answers)?,
            name: name.transpose()?,
            boxes: boxes.transpose()?,
        })
    }

    /// Each once.
    fn names(&self) -> Vec<String> {
        let all =
            [&self.image, &self.question, &self.answers].into_iter().chain(&self.name).chain(&self.boxes);
        let mut names: Vec<String> = Vec::new();
        all.for_each(|name| {
            if !names.contains(name) {
                names.push(name.clone())
            }
        });
        names
    }
}

fn is_text(kind: &ArrowDataType) -> bool {
    matches!(kind, ArrowDataType::Utf8View)
}

fn is_texts(kind: &ArrowDataType) -> bool {
    is_text(kind) || matches!(kind, ArrowDataType::LargeList(inner) if is_text(inner.dtype()))
}

fn is_image(kind: &ArrowDataType) -> bool {
    let is_bytes = |kind: &ArrowDataType| matches!(kind, ArrowDataType::BinaryView);
    is_bytes(kind) || part(kind, "bytes").is_some_and(is_bytes)
}

fn is_answers(kind: &ArrowDataType) -> bool {
    is_texts(kind) || part(kind, "text").is_some_and(is_texts)
}

fn is_whole(kind: &ArrowDataType) -> bool {
    matches!(
        kind,
        ArrowDataType::Int32 | ArrowDataType::Int64 | ArrowDataType::UInt32 | ArrowDataType::UInt64
    )
}

fn is_name(kind: &ArrowDataType) -> bool {
    is_text(kind) || is_whole(kind)
}

fn is_box(kind: &ArrowDataType) -> bool {
    let is_number = |kind: &ArrowDataType| {
        is_whole(kind) || matches!(kind, ArrowDataType::Float32 | ArrowDataType::Float64)
    };
    match kind {
        ArrowDataType::LargeList(inner) | ArrowDataType::FixedSizeList(inner, 4) => is_number(inner.dtype()),
        _ => false,
    }
}

/// A part of a struct.
fn part<'a>(kind: &'a ArrowDataType, name: &str) -> Option<&'a ArrowDataType> {
    let ArrowDataType::Struct(parts) = kind else { return None };
    parts.iter().find(|part| part.name == name).map(|part| part.dtype())
}

/// A type, for a person.
fn kind(kind: &ArrowDataType) -> String {
    match kind {
        ArrowDataType::Utf8View => "text".into(),
        ArrowDataType::BinaryView => "bytes".into(),
        ArrowDataType::LargeList(_) | ArrowDataType::FixedSizeList(..) => "lists".into(),
        ArrowDataType::Struct(parts) => {
            let names: Vec<String> = parts.iter().map(|part| format!("`{}`", part.name)).collect();
            format!("structs with {}", names.join(", "))
        }
        ArrowDataType::Dictionary(..) => "categories".into(),
        ArrowDataType::Boolean => "true and false".into(),
        other if is_whole(other) || matches!(other, ArrowDataType::Float32 | ArrowDataType::Float64) => {
            "numbers".into()
        }
        _ => "values of another kind".into(),
    }
}

/// Texts of a row: one, or several.
enum Texts {
    One(StringChunked),
    Several(ListChunked),
}

/// What was read.
struct Table {
    image: BinaryChunked,
    /// Paths beside the bytes, where there are any.
    path: Option<StringChunked>,
    question: StringChunked,
    answers: Texts,
    name: Option<StringChunked>,
    boxes: Option<ListChunked>,
}

impl Table {
    fn new(frame: &DataFrame, chosen: &Chosen) -> PolarsResult<Table> {
        let image = frame.column(&chosen.image)?;
        let path = in_struct(image, "path").ok().and_then(|path| path.str().ok().cloned());
        let image = in_struct(image, "bytes")?;
        let answers = in_struct(frame.column(&chosen.answers)?, "text")?;
        let answers = match answers.dtype() {
            DataType::List(_) => Texts::Several(answers.list()?.clone()),
            _ => Texts::One(answers.str()?.clone()),
        };
        let name = |column: &String| frame.column(column)?.cast(&DataType::String)?.str().cloned();
        let numbers = DataType::List(Box::new(DataType::Float64));
        let boxes = |column: &String| frame.column(column)?.cast(&numbers)?.list().cloned();
        Ok(Table {
            image: image.binary()?.clone(),
            path,
            question: frame.column(&chosen.question)?.str()?.clone(),
            answers,
            name: chosen.name.as_ref().map(name).transpose()?,
            boxes: chosen.boxes.as_ref().map(boxes).transpose()?,
        })
    }

    fn records(&self, path: &Path, rows: usize) -> Result<Vec<Record>, Error> {
        let mut records = Vec::with_capacity(rows);
        let mut names = HashMap::with_capacity(rows);
        let mut bytes = 0;
        for row in 0..rows {
            let at = format!("`{}` row {row}", path.display());
            let here = |mut error: Error| {
                error.message = format!("row {row}: {}", error.message);
                error
            };
            let record = self.record(row, at).map_err(here)?;
            let Source::Bytes(image) = &record.image else { continue };
            bytes += image.len() as u64;
            // One image that stands in many rows is stored once, and kept many times.
            if bytes > READ_BYTES {
                return Err(too_much(rows));
            }
            if let Some(before) = names.insert(record.name.clone(), row) {
                let message = format!("the name `{}` is that of row {before} too", record.name);
                return Err(here(Error::new(
                    message,
                    "name a column whose values are all different, or none",
                )));
            }
            records.push(record);
        }
        Ok(records)
    }

    fn record(&self, row: usize, at: String) -> Result<Record, Error> {
        let question = self.question.get(row).map(|text| checked(text, "question")).transpose()?;
        let found = Found { text: self.answer(row)?, place: self.place(row)? };
        let name = match &self.name {
            None => format!("row-{row}"),
            Some(names) => match names.get(row) {
                Some(name) if !name.is_empty() => checked(name, "name")?,
                _ => return Err(Error::new("the name is null", "name a column that is never null, or none")),
            },
        };
        let query = Query {
            at: at.clone(),
            question: question.unwrap_or_default(),
            found: vec![found],
            ..Query::default()
        };
        let image = Source::Bytes(self.image(row)?);
        Ok(Record { name, at, image, size: None, queries: vec![query], traits: Default::default() })
    }

    fn image(&self, row: usize) -> Result<Vec<u8>, Error> {
        match self.image.get(row) {
            Some(bytes) if bytes.len() > IMAGE_BYTES => {
                let message = format!("the image has more than {IMAGE_BYTES} bytes");
                Err(Error::new(message, "use a smaller one"))
            }
            Some(bytes) if !bytes.is_empty() => Ok(bytes.to_vec()),
            _ => match self.path.as_ref().and_then(|paths| paths.get(row)) {
                Some(_) => {
                    let hint = "write the file with the bytes of its images, as `Dataset.push_to_hub` does";
                    Err(Error::new("the image is not in the file, only a path to it", hint))
                }
                None => Err(Error::new("the image is null", "leave the row out")),
            },
        }
    }

    /// The first of the spellings.
    fn answer(&self, row: usize) -> Result<String, Error> {
        let missing = || Error::new("there is no answer", "use a split that has answers");
        match &self.answers {
            Texts::One(texts) => checked(texts.get(row).ok_or_else(missing)?, "answer"),
            Texts::Several(lists) => {
                let list = lists.get_as_series(row).ok_or_else(missing)?;
                let texts = list.str().map_err(unread)?;
                checked(texts.iter().flatten().next().ok_or_else(missing)?, "answer")
            }
        }
    }

    fn place(&self, row: usize) -> Result<Place, Error> {
        let Some(list) = self.boxes.as_ref().and_then(|boxes| boxes.get_as_series(row)) else {
            return Ok(Place::Anywhere);
        };
        let sides: Option<Vec<f64>> = list.f64().map_err(unread)?.iter().collect();
        let sides = sides.and_then(|sides| <[f64; 4]>::try_from(sides).ok());
        sides.map(Place::Box).ok_or_else(|| {
            let hint = "a box is `[x, y, width, height]` in pixels";
            Error::new("the box is not four numbers", hint)
        })
    }
}

/// A part of a column of structs; the column itself where it is none.
fn in_struct(column: &Column, name: &str) -> PolarsResult<Column> {
    match column.dtype() {
        DataType::Struct(_) => Ok(column.struct_()?.field_by_name(name)?.into()),
        _ => Ok(column.clone()),
    }
}

fn checked(text: &str, what: &str) -> Result<String, Error> {
    if text.len() <= TEXT_BYTES {
        return Ok(text.to_owned());
    }
    Err(Error::new(format!("the {what} has more than {TEXT_BYTES} bytes"), "make it shorter"))
}

#[cfg(test)]
mod tests;
