//! Real files: one that pyarrow wrote, and those that are written here.

use std::path::PathBuf;

use arrcoc_datasets::item::Region;
use arrcoc_picture::{Image, Limits, encode_png};
use polars::prelude::{IntoColumn, IntoSeries, NamedFrom, ParquetWriter, Series, StructChunked};

use super::*;

const HUGGING_FACE: &[u8] = include_bytes!("../../tests/data/hugging_face.parquet");

fn picture(side: u32) -> Vec<u8> {
    encode_png(&Image::from_rgb(side, side, vec![7; 3 * (side * side) as usize]).unwrap()).unwrap()
}

fn texts(name: &str, values: &[Option<&str>]) -> Column {
    Series::new(name.into(), values).into_column()
}

fn images(values: &[Option<Vec<u8>>]) -> Column {
    Series::new("image".into(), values.to_vec()).into_column()
}

/// As the feature `Image` is stored.
fn stored(bytes: Vec<Option<Vec<u8>>>, paths: &[Option<&str>]) -> Column {
    let parts = [Series::new("bytes".into(), bytes), Series::new("path".into(), paths)];
    StructChunked::from_series("image".into(), paths.len(), parts.iter()).unwrap().into_series().into_column()
}

fn lists(name: &str, lists: &[Option<&[&str]>]) -> Column {
    let lists: Vec<Option<Series>> =
        lists.iter().map(|list| Some(Series::new("".into(), list.as_ref()?.to_vec()))).collect();
    Series::new(name.into(), lists).into_column()
}

/// A folder with a file of these columns.
fn written(columns: Vec<Column>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.parquet");
    let mut frame = DataFrame::new(columns[0].len(), columns).unwrap();
    ParquetWriter::new(File::create(&path).unwrap()).finish(&mut frame).unwrap();
    (folder, path)
}

fn bytes(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.parquet");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

/// Error and hint, without the folder.
fn refused(path: &Path, columns: &Columns) -> String {
    let error = read(path, columns, 10).unwrap_err();
    assert_eq!(error.message.lines().count(), 1, "{error}");
    let text = error.message.replace(&path.display().to_string(), "FILE");
    format!("{text}; {}", error.hint.unwrap_or_default())
}

#[test]
fn a_file_of_pyarrow_is_read_with_its_images_and_boxes() {
    let columns = Columns { name: Some("id".into()), boxes: Some("box".into()), ..Columns::default() };
    let (_folder, path) = bytes(HUGGING_FACE);
    let records = read(&path, &columns, usize::MAX).unwrap();
    let names: Vec<&str> = records.iter().map(|record| record.name.as_str()).collect();
    assert_eq!(names, ["101", "102", "103"]);
    let items: Vec<_> = records.iter().map(|record| record.load(&Limits::default()).unwrap()).collect();
    let sizes: Vec<_> = items.iter().map(|item| (item.image.width(), item.image.height())).collect();
    assert_eq!(sizes, [(40, 30), (16, 16), (64, 8)]);
    assert_eq!(items[2].image.data()[..3], [40, 40, 200]);
    let questions: Vec<&str> = items.iter().map(|item| item.asks[0].question.as_str()).collect();
    assert_eq!(questions, ["What is the total?", "", "Où va ce train ?"]);
    let answers: Vec<&str> = items.iter().map(|item| item.asks[0].answers[0].text.as_str()).collect();
    assert_eq!(answers, ["12.40", "left", "Orléans"], "the first spelling");
    let of = |i: usize| match &items[i].asks[0].answers[0].region {
        Region::Box(rect) => [rect.x, rect.y, rect.width, rect.height],
        other => panic!("{other:?}"),
    };
    assert_eq!([of(0), of(1), of(2)], [[4, 6, 20, 11], [0, 0, 16, 16], [0, 0, 64, 8]]);
}

#[test]
fn only_the_first_rows_are_read() {
    let (_folder, path) = bytes(HUGGING_FACE);
    for first in 0..5 {
        let records = read(&path, &Columns::default(), first).unwrap();
        assert_eq!(records.len(), first.min(3));
        // `row` is counted as `dataset[row]` is.
        assert!(records.iter().enumerate().all(|(i, record)| record.name == format!("row-{i}")));
    }
}

#[test]
fn every_form_of_images_and_answers_reads_the_same() {
    let (one, other) = (Some(picture(4)), Some(picture(5)));
    let image_forms = || {
        [
            images(&[one.clone(), other.clone()]),
            stored(vec![one.clone(), other.clone()], &[None, Some("other.png")]),
        ]
    };
    let many = lists("answer", &[Some(&["7", "seven"]), Some(&["8"])]);
    let nested = |text: Column| {
        let parts = [text.with_name("text".into()).take_materialized_series()];
        StructChunked::from_series("answer".into(), 2, parts.iter()).unwrap().into_series().into_column()
    };
    let one_text = texts("answer", &[Some("7"), Some("8")]);
    let answer_forms = [one_text.clone(), many.clone(), nested(one_text), nested(many)];
    let mut expected = None;
    for (answers, image) in answer_forms.into_iter().flat_map(|a| image_forms().map(|i| (a.clone(), i))) {
        let (_folder, path) = written(vec![texts("question", &[Some("How many?"), None]), answers, image]);
        let mut records = read(&path, &Columns::default(), 10).unwrap();
        assert_eq!(records[1].at, format!("`{}` row 1", path.display()));
        for record in &mut records {
            record.at.clear();
            record.queries[0].at.clear();
        }
        assert_eq!(records[0].queries[0].found, [Found { text: "7".into(), place: Place::Anywhere }]);
        assert_eq!(*expected.get_or_insert_with(|| records.clone()), records);
    }
}

#[test]
fn what_cannot_be_used_is_told_with_row_and_column() {
    let question = || texts("question", &[Some("q"), Some("q")]);
    let answers = || texts("answers", &[Some("a"), Some("b")]);
    let image = || images(&[Some(picture(4)), Some(picture(4))]);
    let named = || Columns { name: Some("id".into()), ..Columns::default() };
    let boxed = || Columns { boxes: Some("box".into()), ..Columns::default() };
    let boxes = |second: &[f64]| {
        let lists = [Series::new("".into(), [1.0, 2.0, 3.0, 4.0]), Series::new("".into(), second)];
        Series::new("box".into(), lists).into_column()
    };
    let cases: Vec<(Vec<Column>, Columns, &str)> = vec![
        (
            vec![image(), answers(), texts("qestion", &[None, None])],
            Columns::default(),
            "FILE: unknown column `question`; did you mean `qestion`?",
        ),
        (
            vec![image(), question()],
            Columns::default(),
            "FILE: unknown column `answers`; available: image, question",
        ),
        (
            vec![texts("image", &[Some("a"), Some("b")]), question(), answers()],
            Columns::default(),
            "FILE: the column `image` holds text, but should hold images: bytes, or a struct with `bytes`; \
             name another column",
        ),
        (
            vec![image(), question(), Series::new("answers".into(), [1.0, 2.0]).into_column()],
            Columns::default(),
            "FILE: the column `answers` holds numbers, but should hold text, lists of texts, or a struct with \
             either as `text`; name another column",
        ),
        (
            vec![images(&[Some(picture(4)), None]), question(), answers()],
            Columns::default(),
            "FILE: row 1: the image is null; leave the row out",
        ),
        (
            vec![stored(vec![None, Some(picture(4))], &[Some("a.png"), None]), question(), answers()],
            Columns::default(),
            "FILE: row 0: the image is not in the file, only a path to it; write the file with the bytes of its \
             images, as `Dataset.push_to_hub` does",
        ),
        (
            vec![image(), question(), texts("answers", &[Some("a"), None])],
            Columns::default(),
            "FILE: row 1: there is no answer; use a split that has answers",
        ),
        (
            vec![image(), question(), lists("answers", &[Some(&[]), None])],
            Columns::default(),
            "FILE: row 0: there is no answer; use a split that has answers",
        ),
        (
            vec![image(), question(), answers(), texts("id", &[Some("x"), Some("x")])],
            named(),
            "FILE: row 1: the name `x` is that of row 0 too; name a column whose values are all different, or none",
        ),
        (
            vec![image(), question(), answers(), texts("id", &[None, Some("x")])],
            named(),
            "FILE: row 0: the name is null; name a column that is never null, or none",
        ),
        (
            vec![image(), question(), answers(), boxes(&[1.0, 2.0])],
            boxed(),
            "FILE: row 1: the box is not four numbers; a box is `[x, y, width, height]` in pixels",
        ),
        (
            vec![images(&[]), texts("question", &[]), texts("answers", &[])],
            Columns::default(),
            "FILE: there are no rows; name a file with rows",
        ),
    ];
    for (content, columns, expected) in cases {
        let (_folder, path) = written(content);
        assert_eq!(refused(&path, &columns), expected);
    }
}

#[test]
fn what_is_no_file_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refused(folder.path(), &Columns::default()).starts_with("FILE: this is not a file; "));
    let missing = refused(&folder.path().join("missing"), &Columns::default());
    assert_eq!(missing, "FILE: cannot read the dataset: no such file or directory; check the path");
    let (_folder, path) = bytes(b"question,answer\n");
    assert!(refused(&path, &Columns::default()).starts_with("FILE: not a Parquet file that can be read: "));
}

/// Whatever is damaged, the end is a list of records or an error.
#[test]
fn a_damaged_file_ends_in_an_error_or_in_other_values() {
    let columns = Columns { name: Some("id".into()), boxes: Some("box".into()), ..Columns::default() };
    let try_one = |content: &[u8]| {
        let (_folder, path) = bytes(content);
        match read(&path, &columns, 10) {
            Ok(records) => assert!(records.len() <= 10),
            Err(error) => assert_eq!(error.message.lines().count(), 1, "{error}"),
        }
    };
    for length in (0..HUGGING_FACE.len()).step_by(97) {
        try_one(&HUGGING_FACE[..length]);
    }
    for (at, bits) in (0..HUGGING_FACE.len()).step_by(11).zip([0x01, 0x80, 0xff].into_iter().cycle()) {
        let mut content = HUGGING_FACE.to_vec();
        content[at] ^= bits;
        try_one(&content);
    }
}

/// The reader makes room for as many values as the header of a page says, and for −3 of them the process ended.
#[test]
fn room_is_made_for_no_page_whose_size_cannot_be() {
    // The first page of `id` begins at byte 36; its number of values stands at byte 44, 2 written as 4.
    let mut content = HUGGING_FACE.to_vec();
    assert_eq!(content[44], 4);
    content[44] = 5;
    let (_folder, path) = bytes(&content);
    let columns = Columns { name: Some("id".into()), ..Columns::default() };
    let expected = "FILE: not a Parquet file that can be read: a page has an impossible size; it may be damaged; \
                    get it again";
    assert_eq!(refused(&path, &columns), expected);
    // A column that is not asked for is not looked at.
    assert_eq!(read(&path, &Columns::default(), 10).unwrap().len(), 3);
}

/// What `arrcoc log export` writes is read here by a library that shares no code with the one that wrote it.
#[test]
fn the_export_of_a_ledger_is_a_table() {
    use arrcoc::{
        Config, Engine, Grid, Photo, Request,
        ledger::{Filter, Ledger},
        log,
    };

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ledger");
    let mut ledger = Ledger::open(&path).unwrap();
    // Without plugins: that it is uniform is as good to be read as anything.
    let engine = Engine::open(Config::default()).unwrap();
    let photo = Photo::from_rgb(32, 32, vec![9; 32 * 32 * 3]).unwrap();
    let request = Request::new(photo).grid(Grid::new(2, 2).unwrap()).query("what?");
    let decision = engine.allocate(&request).unwrap();
    log::append(&mut ledger, &[&decision; 300]).unwrap();
    log::feedback(&mut ledger, &path, &decision.id, log::Outcome::Failure, None, Some("misread")).unwrap();
    let table = folder.path().join("a.parquet");
    let rows = log::parquet(&ledger, &Filter::default(), &mut File::create(&table).unwrap()).unwrap();
    let frame = ParquetReader::new(File::open(&table).unwrap()).finish().unwrap();
    assert_eq!((rows, frame.height(), frame.width()), (301, 301, 35));
    let cell = |name: &str, row: usize| frame.column(name).unwrap().get(row).unwrap().to_string();
    assert_eq!((cell("applied", 299), cell("applied", 300)), (decision.applied.to_string(), "null".into()));
    assert_eq!((cell("query", 7), cell("outcome", 7)), ("\"what?\"".into(), "null".into()));
    assert_eq!((cell("outcome", 300), cell("note", 300)), ("\"failure\"".into(), "\"misread\"".into()));
    let content = frame.column("content").unwrap().str().unwrap().get(12).unwrap().to_owned();
    assert_eq!(content, decision.to_json().unwrap());
}
