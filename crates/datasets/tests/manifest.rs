//! Lists of items as a person writes them: right ones, and every way to get one wrong.

#![allow(clippy::unwrap_used, reason = "helpers of a test")]

use std::fs;
use std::path::Path;

use arrcoc_datasets::files::{Place, ReadError, ReadFault, Record, Source, lines, manifest};
use arrcoc_datasets::item::{Item, Region};
use arrcoc_picture::{Image, Limits, encode_png};
use arrcoc_stats::Rect;
use proptest::prelude::*;
use tempfile::TempDir;

/// A folder with the image `a.png` of 40 × 30 pixels and this list.
fn folder(list: impl AsRef<[u8]>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_image(&folder.path().join("a.png"), 40, 30, |_, _| 200);
    fs::write(folder.path().join("items.jsonl"), list).unwrap();
    folder
}

fn write_image(path: &Path, width: u32, height: u32, value: impl Fn(u32, u32) -> u8) {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let data = pixels.flat_map(|(x, y)| [value(x, y); 3]).collect();
    fs::write(path, encode_png(&Image::from_rgb(width, height, data).unwrap()).unwrap()).unwrap();
}

/// An error without the folder in it, and its hint.
fn shown(error: &ReadError, folder: &TempDir) -> String {
    let text = match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    };
    text.replace(&format!("{}/", folder.path().display()), "")
}

fn refused(list: impl AsRef<[u8]>) -> String {
    let folder = folder(list);
    shown(&manifest(folder.path()).unwrap_err(), &folder)
}

fn load(record: &Record) -> Result<Item, ReadError> {
    record.load(&Limits::default())
}

const fn rect(x: u32, y: u32, width: u32, height: u32) -> Region {
    Region::Box(Rect { x, y, width, height })
}

#[test]
fn lines_of_one_image_are_questions_of_one_item() {
    // With a byte order mark, ends of lines of Windows, and an empty line.
    let list = concat!(
        "\u{feff}{\"image\": \"a.png\", \"question\": \"What is the total?\", \"answer\": \"12.40\", ",
        "\"box\": [3, 4.5, 10, 2], \"paraphrases\": [\"How much?\"], \"label_box\": [0, 0, 2, 2], ",
        "\"traits\": {\"layout\": \"form\"}}\r\n\r\n",
        "{\"image\": \"./a.png\", \"name\": \"receipt\", \"answers\": [\"x\", \"y\"], ",
        "\"boxes\": [[0, 0, 1, 1], [39, 29, 1, 1]], \"candidates\": [[0, 0, 1, 1], [5, 5, 1, 1], [39, 29, 1, 1]]}\r\n",
        "{\"image\": \"sub/b.png\", \"answer\": \"no\"}",
    );
    let folder = folder(list);
    fs::create_dir(folder.path().join("sub")).unwrap();
    write_image(&folder.path().join("sub/b.png"), 7, 5, |_, _| 0);

    let records = manifest(folder.path()).unwrap();
    assert_eq!(records, manifest(&folder.path().join("items.jsonl")).unwrap());
    let names: Vec<_> = records.iter().map(|record| record.name.as_str()).collect();
    assert_eq!(names, ["receipt", "sub/b.png"]);

    let item = load(&records[0]).unwrap();
    assert_eq!((item.name.as_str(), item.image.width(), item.image.height()), ("receipt", 40, 30));
    assert_eq!(item.traits.into_iter().collect::<Vec<_>>(), [("layout".to_owned(), "form".to_owned())]);
    let [total, both] = &item.asks[..] else { panic!("{:?}", item.asks) };
    assert_eq!(
        (total.question.as_str(), &total.paraphrases[..]),
        ("What is the total?", &["How much?".to_owned()][..])
    );
    assert_eq!((total.answers[0].text.as_str(), &total.answers[0].region), ("12.40", &rect(3, 4, 10, 3)));
    assert_eq!(total.label, Some(rect(0, 0, 2, 2)));
    let answers: Vec<_> =
        both.answers.iter().map(|answer| (answer.text.as_str(), answer.region.clone())).collect();
    assert_eq!(answers, [("x", rect(0, 0, 1, 1)), ("y", rect(39, 29, 1, 1))]);
    assert_eq!(both.candidates, [rect(0, 0, 1, 1), rect(5, 5, 1, 1), rect(39, 29, 1, 1)]);

    // Nothing says where: anywhere.
    assert_eq!(load(&records[1]).unwrap().asks[0].answers[0].region, rect(0, 0, 7, 5));
}

/// What was loaded, written and loaded again is the same item.
#[test]
fn an_item_survives_its_lines() {
    let list = concat!(
        "{\"image\": \"a.png\", \"name\": \"receipt\", \"question\": \"What is \\\"it\\\"?\", \"answer\": \"12.40\", ",
        "\"box\": [3, 4.5, 10, 2], \"paraphrases\": [\"How much?\"], \"label_box\": [0, 0, 2, 2], ",
        "\"traits\": {\"layout\": \"form\"}}\n",
        "{\"image\": \"a.png\", \"boxes\": [[0, 0, 1, 1], [5, 5, 1, 1]], ",
        "\"candidates\": [[0, 0, 1, 1], [5, 5, 1, 1], [39, 29, 1, 1]]}\n",
    );
    let folder = folder(list);
    let item = load(&manifest(folder.path()).unwrap()[0]).unwrap();
    fs::write(folder.path().join("items.jsonl"), lines("a.png", &item).unwrap()).unwrap();
    let again = load(&manifest(folder.path()).unwrap()[0]).unwrap();
    assert_eq!((again.name, again.asks, again.traits), (item.name, item.asks, item.traits));
}

#[test]
fn one_answer_goes_with_all_boxes_and_one_box_with_all_answers() {
    let list = concat!(
        "{\"image\": \"a.png\", \"answers\": [\"12\", \"twelve\"], \"box\": [1, 1, 2, 2]}\n",
        "{\"image\": \"a.png\", \"boxes\": [[1, 1, 2, 2], [5, 5, 2, 2]]}\n",
    );
    let folder = folder(list);
    let item = load(&manifest(folder.path()).unwrap()[0]).unwrap();
    let answers = |ask: usize| {
        let answers = item.asks[ask].answers.iter();
        answers.map(|answer| (answer.text.clone(), answer.region.clone())).collect::<Vec<_>>()
    };
    assert_eq!(answers(0), [("12".into(), rect(1, 1, 2, 2)), ("twelve".into(), rect(1, 1, 2, 2))]);
    assert_eq!(answers(1), [(String::new(), rect(1, 1, 2, 2)), (String::new(), rect(5, 5, 2, 2))]);
}

#[test]
fn what_is_not_black_in_a_mask_is_in() {
    let folder = folder("{\"image\": \"a.png\", \"mask\": \"m.png\"}");
    write_image(&folder.path().join("m.png"), 40, 30, |x, y| u8::from((x, y) == (3, 4) || (x, y) == (5, 6)));
    let item = load(&manifest(folder.path()).unwrap()[0]).unwrap();
    let Region::Mask(mask) = &item.asks[0].answers[0].region else { panic!("{item:?}") };
    assert_eq!(mask.rect(), Rect { x: 3, y: 4, width: 3, height: 3 });
    assert!(mask.contains(3, 4) && mask.contains(5, 6) && !mask.contains(4, 5));
}

#[test]
fn lists_that_are_wrong_are_refused_with_their_line() {
    let long = format!("{{\"image\": \"{}\"}}", "a".repeat(1 << 20));
    let cases: Vec<(&[u8], &str)> = vec![
        (b"", "`items.jsonl`: there are no items; write a line for each question"),
        (b"\n  \n", "`items.jsonl`: there are no items; write a line for each question"),
        (b"{\"image\": \"a.png\", \"ans", "`items.jsonl:1`: EOF while parsing a string (column 23)"),
        (b"\n{\"image\": a}", "`items.jsonl:2`: expected value (column 11)"),
        (b"[1]", "`items.jsonl:1`: this is a list of 1, but each line is an object; write a line such as `{\"image\": \"1.png\", \"question\": \"…\", \"answer\": \"…\"}`"),
        (b"{\"image\": \"\xff\"}", "`items.jsonl:1`: this is not UTF-8 text: byte 12 is wrong; save the file as UTF-8"),
        (long.as_bytes(), "`items.jsonl:1`: the line has more than 1048576 bytes; split the file into several"),
        (b"{\"image\": \"a.png\", \"anwser\": \"1\"}", "`items.jsonl:1`: `anwser` is not a key; did you mean `answer`?"),
        (b"{\"image\": \"a.png\", \"zzzz\": \"1\"}", "`items.jsonl:1`: `zzzz` is not a key; the keys are image, name, question, paraphrases, answer, answers, box, boxes, mask, label_box, candidates, traits"),
        (b"{\"answer\": \"1\"}", "`items.jsonl:1`: there is no `image`"),
        (b"{\"image\": 7}", "`items.jsonl:1`: `image` is the number 7, but should be text"),
        (b"{\"image\": \"a.png\"}", "`items.jsonl:1`: nothing says what the answer is; give `answer`, `box` or `mask`"),
        (b"{\"image\": \"a.png\", \"answers\": []}", "`items.jsonl:1`: `answers` is an empty list, but should be text or a list of texts"),
        (b"{\"image\": \"a.png\", \"answers\": [1]}", "`items.jsonl:1`: `answers[0]` is the number 1, but should be text"),
        (b"{\"image\": \"a.png\", \"answer\": \"1\", \"answers\": \"1\"}", "`items.jsonl:1`: there are both `answer` and `answers`; give one of them"),
        (b"{\"image\": \"a.png\", \"box\": [1, 2, 3]}", "`items.jsonl:1`: `box` is a list of 3, but should be `[x, y, width, height]` in pixels"),
        (b"{\"image\": \"a.png\", \"box\": [1, 2, 0, 4]}", "`items.jsonl:1`: the box `[1, 2, 0, 4]` has no area; a box is `[x, y, width, height]` in pixels, the last two above 0"),
        (b"{\"image\": \"a.png\", \"box\": [1, 2, 3, 4], \"mask\": \"m.png\"}", "`items.jsonl:1`: there are both a box and a `mask`; give one of them"),
        (b"{\"image\": \"a.png\", \"answers\": [\"1\", \"2\", \"3\"], \"boxes\": [[1, 1, 1, 1], [2, 2, 1, 1]]}", "`items.jsonl:1`: there are 3 answers and 2 boxes; give one box for each answer, one for all of them, or none"),
        (b"{\"image\": \"a.png\", \"answer\": \"1\", \"label_box\": [[1, 1, 1, 1], [2, 2, 1, 1]]}", "`items.jsonl:1`: `label_box` is 2 boxes, but should be one"),
        (b"{\"image\": \"a.png\", \"box\": [1, 1, 1, 1], \"candidates\": [[2, 2, 1, 1]]}", "`items.jsonl:1`: the box of an answer is not among `candidates`; list all places to choose from, with that of the answer"),
        (b"{\"image\": \"a.png\", \"answer\": \"1\", \"traits\": {\"n\": 1}}", "`items.jsonl:1`: `traits.n` is the number 1, but should be text"),
        (b"{\"image\": \"../a.png\", \"answer\": \"1\"}", "`items.jsonl:1`: the path `../a.png` has a `..` in it; name a file by its path below the folder, such as `images/1.png`"),
        (b"{\"image\": \"/etc/a.png\", \"answer\": \"1\"}", "`items.jsonl:1`: the path `/etc/a.png` is absolute; name a file by its path below the folder, such as `images/1.png`"),
        (b"{\"image\": \".\", \"answer\": \"1\"}", "`items.jsonl:1`: the path `.` names no file; name a file by its path below the folder, such as `images/1.png`"),
        (b"{\"image\": \"a.png\", \"mask\": \"x/../../m.png\"}", "`items.jsonl:1`: the path `x/../../m.png` has a `..` in it; name a file by its path below the folder, such as `images/1.png`"),
        (b"{\"image\": \"a.png\", \"answer\": \"1\", \"name\": \"one\"}\n{\"image\": \"a.png\", \"answer\": \"2\", \"name\": \"two\"}", "`items.jsonl:2`: `name` is `two` here and `one` on line 1, for the same image"),
        (b"{\"image\": \"a.png\", \"answer\": \"1\", \"traits\": {\"n\": \"1\"}}\n{\"image\": \"a.png\", \"answer\": \"2\", \"traits\": {\"n\": \"2\"}}", "`items.jsonl:2`: the trait `n` is `2` here and `1` on line 1, for the same image"),
        (b"{\"image\": \"a.png\", \"answer\": \"1\"}\n{\"image\": \"b.png\", \"answer\": \"2\", \"name\": \"a.png\"}", "`items.jsonl:2`: the name `a.png` is that of another image, on line 1"),
    ];
    for (list, expected) in cases {
        assert_eq!(refused(list), expected);
    }
    let deep = format!("{{\"image\": {}", "[".repeat(100_000));
    assert_eq!(refused(deep), "`items.jsonl:1`: recursion limit exceeded (column 137)");
}

#[test]
fn a_list_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = manifest(folder.path()).unwrap_err();
    assert_eq!(
        shown(&error, &folder),
        "`items.jsonl`: there is no such file; check the path and its permissions"
    );
    fs::create_dir(folder.path().join("items.jsonl")).unwrap();
    let error = manifest(folder.path()).unwrap_err();
    let expected = "`items.jsonl`: this is not a file with contents, such as a folder or a device; check the path and its permissions";
    assert_eq!(shown(&error, &folder), expected);
}

/// What is wrong with one image leaves the others as they are.
#[test]
fn an_image_that_is_wrong_is_an_error_of_its_item_alone() {
    let lines: Vec<String> = [
        ("missing.png", "\"answer\": \"1\""),
        ("cut.png", "\"answer\": \"1\""),
        ("text.png", "\"answer\": \"1\""),
        ("sub", "\"answer\": \"1\""),
        ("b.png", "\"box\": [30, 20, 12, 4]"),
        ("c.png", "\"mask\": \"missing.png\""),
        ("d.png", "\"mask\": \"small.png\""),
        ("e.png", "\"mask\": \"black.png\""),
        ("a.png", "\"box\": [30, 20, 10.9, 10.9]"),
    ]
    .map(|(image, rest)| format!("{{\"image\": \"{image}\", {rest}}}"))
    .into();
    let folder = folder(lines.join("\n"));
    let path = |name: &str| folder.path().join(name);
    let whole = fs::read(path("a.png")).unwrap();
    fs::write(path("cut.png"), &whole[..whole.len() / 2]).unwrap();
    fs::write(path("text.png"), "hello").unwrap();
    fs::create_dir(path("sub")).unwrap();
    for name in ["b.png", "c.png", "d.png", "e.png"] {
        fs::write(path(name), &whole).unwrap();
    }
    write_image(&path("small.png"), 4, 3, |_, _| 255);
    write_image(&path("black.png"), 40, 30, |_, _| 0);

    let records = manifest(folder.path()).unwrap();
    let outcomes: Vec<String> = records
        .iter()
        .map(|record| match load(record) {
            Ok(item) => format!("{:?}", item.asks[0].answers[0].region),
            Err(error) => shown(&error, &folder),
        })
        .collect();
    let expected = [
        "`items.jsonl:1`: `missing.png`: there is no such file; check the path and its permissions",
        "`items.jsonl:2`: `cut.png`: the png file is truncated: it ends before its pixels do; copy or download the file again, or save it anew",
        "`items.jsonl:3`: `text.png`: this is not an image: it looks like text; png, jpeg, pnm, bmp, webp, tiff and gif files are read",
        "`items.jsonl:4`: `sub`: this is a directory, not an image file; name the image files in it",
        "`items.jsonl:5`: the box `[30, 20, 12, 4]` is not on the image of 40x30 pixels; a box is `[x, y, width, height]` in pixels of the upright image",
        "`items.jsonl:6`: `missing.png`: there is no such file; check the path and its permissions",
        "`items.jsonl:7`: `small.png`: the mask has 4x3 pixels, but the image has 40x30",
        "`items.jsonl:8`: `black.png`: the mask is black: no pixel is in",
        "Box(Rect { x: 30, y: 20, width: 10, height: 10 })",
    ];
    assert_eq!(outcomes, expected);

    let few = Limits { max_pixels: 1199, ..Limits::default() };
    let error = records[8].load(&few).unwrap_err();
    assert!(matches!(error.fault(), ReadFault::Image(_)), "{error}");
}

#[cfg(unix)]
#[test]
fn what_would_wait_for_ever_is_not_opened() {
    let folder = folder("{\"image\": \"tty\", \"answer\": \"1\"}");
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("tty")).unwrap();
    let error = load(&manifest(folder.path()).unwrap()[0]).unwrap_err();
    let expected = "`items.jsonl:1`: `tty`: this is not a file with contents, such as a folder or a device";
    assert_eq!(shown(&error, &folder), expected);
}

/// A record that another reader puts together, with the image in memory.
#[test]
fn records_can_hold_an_image_themselves() {
    let folder = folder("{\"image\": \"a.png\", \"answer\": \"1\"}");
    let record = manifest(folder.path()).unwrap().remove(0);
    let bytes = fs::read(folder.path().join("a.png")).unwrap();
    let held = Record { image: Source::Bytes(bytes), size: Some([40, 30]), ..record.clone() };
    assert_eq!(load(&held).unwrap().image, load(&record).unwrap().image);
    let broken = Record { image: Source::Bytes(vec![]), ..record.clone() };
    assert_eq!(
        shown(&load(&broken).unwrap_err(), &folder),
        "`items.jsonl:1`: the file is empty; copy or download the file again, or save it anew"
    );
    let silent = Record { queries: vec![], ..record.clone() };
    assert_eq!(shown(&load(&silent).unwrap_err(), &folder), "`items.jsonl:1`: nothing is asked of the image");
    let mut odd = record;
    for (place, expected) in [
        (Place::Box([f64::NAN, 0.0, 1.0, 1.0]), "the box `[NaN, 0, 1, 1]` has no area"),
        (
            Place::Polygons(vec![vec![[f32::INFINITY, 0.0]; 3]]),
            "a polygon has fewer than three corners, or one that is on no image",
        ),
        (Place::Polygons(vec![]), "the polygon lies outside the image of 40x30 pixels"),
    ] {
        odd.queries[0].found[0].place = place;
        let error = load(&odd).unwrap_err();
        assert_eq!(error.fault().to_string(), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever stands in a list, there are records or an error, and records load or do not.
    #[test]
    fn any_list_is_read_or_refused(
        cut in 0usize..300,
        change in any::<(usize, u8)>(),
        box_ in prop::array::uniform4(prop_oneof![-5f64..60.0, any::<f64>()]),
    ) {
        let list = format!(
            "{{\"image\": \"a.png\", \"answers\": [\"1\", \"2\"], \"boxes\": [[1, 2, 3, 4], {box_:?}]}}\n\
            {{\"image\": \"a.png\", \"mask\": \"a.png\", \"traits\": {{\"a\": \"b\"}}}}\n"
        );
        let mut bytes = list.into_bytes();
        let place = change.0 % bytes.len();
        bytes[place] = change.1;
        let end = bytes.len() - cut.saturating_sub(150).min(bytes.len());
        let folder = folder(&bytes[..end]);
        for record in manifest(folder.path()).unwrap_or_default() {
            let _ = load(&record);
        }
    }
}
