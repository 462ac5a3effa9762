//! Files of instances as COCO and its imitators write them: right ones and wrong ones.

#![allow(clippy::unwrap_used, reason = "helpers of a test")]

use std::fs;

use arrcoc_datasets::files::{ReadError, Record, coco};
use arrcoc_datasets::item::{Item, Region};
use arrcoc_picture::{Image, Limits, encode_png};
use arrcoc_stats::Rect;
use proptest::prelude::*;
use tempfile::TempDir;

const IMAGES: &str = r#"[{"id": 9, "file_name": "b.png", "width": 6, "height": 4, "license": 1},
    {"id": 3, "file_name": "a.png", "width": 6, "height": 4},
    {"id": 4, "file_name": "bare.png", "width": 6, "height": 4}]"#;
const CATEGORIES: &str =
    r#"[{"id": 18, "name": "dog", "supercategory": "animal"}, {"id": 87, "name": "scissors"}]"#;

/// A folder with the images `a.png` and `b.png` of 6 × 4 pixels, and these instances.
fn folder(instances: impl AsRef<[u8]>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let image = encode_png(&Image::from_rgb(6, 4, vec![9; 72]).unwrap()).unwrap();
    for name in ["a.png", "b.png"] {
        fs::write(folder.path().join(name), &image).unwrap();
    }
    fs::write(folder.path().join("instances.json"), instances).unwrap();
    folder
}

fn instances(annotations: &str) -> String {
    format!(
        "{{\"info\": {{}}, \"images\": {IMAGES}, \"annotations\": [{annotations}], \"categories\": {CATEGORIES}}}"
    )
}

fn index(folder: &TempDir) -> Result<Vec<Record>, ReadError> {
    coco(&folder.path().join("instances.json"), folder.path())
}

fn shown(error: &ReadError, folder: &TempDir) -> String {
    let text = match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    };
    text.replace(&format!("{}/", folder.path().display()), "")
}

fn load(record: &Record) -> Result<Item, ReadError> {
    record.load(&Limits::default())
}

/// The pixels of a region as they look.
fn drawn(region: &Region) -> Vec<String> {
    let Region::Mask(mask) = region else { panic!("{region:?}") };
    let pixel = |x, y| if mask.contains(x, y) { '#' } else { '.' };
    (0..4).map(|y| (0..6).map(|x| pixel(x, y)).collect()).collect()
}

#[test]
fn each_category_of_an_image_is_asked_for() {
    let folder = folder(instances(
        r#"{"id": 1, "image_id": 3, "category_id": 87, "bbox": [1.5, 0, 2, 1.2], "iscrowd": 0},
        {"id": 2, "image_id": 3, "category_id": 18, "segmentation": [[0, 0, 6, 0, 6, 4, 4, 4, 4, 2, 2, 2, 2, 4, 0, 4]], "bbox": [0, 0, 6, 4]},
        {"id": 3, "image_id": 3, "category_id": 18, "segmentation": {"counts": [4, 3, 3, 1, 13], "size": [4, 6]}},
        {"id": 4, "image_id": 9, "category_id": 18, "segmentation": {"counts": "433N:", "size": [4, 6]}},
        {"id": 5, "image_id": 9, "category_id": 18, "segmentation": [], "bbox": [0, 0, 6.4, 4]}"#,
    ));
    let records = index(&folder).unwrap();
    assert_eq!(records.iter().map(|record| record.name.as_str()).collect::<Vec<_>>(), ["b.png", "a.png"]);

    let item = load(&records[1]).unwrap();
    let questions: Vec<_> = item.asks.iter().map(|ask| ask.question.as_str()).collect();
    assert_eq!(
        questions,
        ["Where can the following be seen: dog?", "Where can the following be seen: scissors?"]
    );
    assert_eq!(
        item.asks[0].answers.iter().map(|answer| answer.text.as_str()).collect::<Vec<_>>(),
        ["dog", "dog"]
    );
    // A concave polygon has its notch.
    assert_eq!(drawn(&item.asks[0].answers[0].region), ["######", "######", "##..##", "##..##"]);
    // 4 out are the first column, 3 in are the top of the second; 3 out, 1 in.
    assert_eq!(drawn(&item.asks[0].answers[1].region), [".#....", ".#....", ".##...", "......"]);
    let expected = Region::Box(Rect { x: 1, y: 0, width: 3, height: 2 });
    assert_eq!(item.asks[1].answers[0].region, expected);

    // The same runs as a string: 4, 3, 3, then 1 − 3 and 13 − 3.
    let item = load(&records[0]).unwrap();
    assert_eq!(drawn(&item.asks[0].answers[0].region), [".#....", ".#....", ".##...", "......"]);
    assert_eq!(item.asks[0].answers[1].region, Region::Box(Rect { x: 0, y: 0, width: 6, height: 4 }));
}

#[test]
fn files_that_are_wrong_are_refused() {
    let on_a = |rest: &str| instances(&format!("{{\"id\": 7, \"image_id\": 3, \"category_id\": 18{rest}}}"));
    let whole = on_a(", \"bbox\": [0, 0, 1, 1]");
    let cases = [
        (String::new(), "`instances.json:1`: EOF while parsing a value (column 0)"),
        (whole[..whole.len() - 9].to_owned(), "`instances.json:3`: EOF while parsing a string (column 242)"),
        (
            "{\"images\": [], \"annotations\": []}".to_owned(),
            "`instances.json:1`: missing field `categories` (column 33)",
        ),
        (instances(""), "`instances.json`: no image has an annotation"),
        (on_a(""), "`instances.json`, annotation 7: there is neither a `segmentation` nor a `bbox`"),
        (
            on_a(", \"bbox\": [0, 0, -1, 1]"),
            "`instances.json`, annotation 7: the box `[0, 0, -1, 1]` has no area; a box is `[x, y, width, height]` in pixels, the last two above 0",
        ),
        (
            on_a(", \"segmentation\": [[0, 0, 1, 1, 2]]"),
            "`instances.json`, annotation 7: a polygon has 5 numbers; a polygon is `[x, y, x, y, …]` with three corners or more",
        ),
        (
            on_a(", \"segmentation\": {\"counts\": \"6~\", \"size\": [4, 6]}"),
            "`instances.json`, annotation 7: character 2 of the run lengths, `~`, is not one of `0` to `o`",
        ),
        (
            on_a(", \"segmentation\": {\"counts\": [-1], \"size\": [4, 6]}"),
            "`instances.json:3`: `segmentation` is neither a list of polygons nor run lengths (column 175)",
        ),
        (
            instances("{\"image_id\": 5, \"category_id\": 18, \"bbox\": [0, 0, 1, 1]}"),
            "`instances.json`, annotation number 1 in the list: there is no image 5",
        ),
        (
            instances("{\"image_id\": 3, \"category_id\": 1, \"bbox\": [0, 0, 1, 1]}"),
            "`instances.json`, annotation number 1 in the list: there is no category 1",
        ),
        (whole.replace("\"id\": 9,", "\"id\": 3,"), "`instances.json`: there are two of image 3"),
        (whole.replace("b.png", "a.png"), "`instances.json`: image 3, `a.png`, has the name of another"),
        (whole.replace("scissors", "dog"), "`instances.json`: category 87, `dog`, has the name of another"),
        (
            whole.replace("a.png", "../a.png"),
            "`instances.json`, image 3: the path `../a.png` has a `..` in it; name a file by its path below the folder, such as `images/1.png`",
        ),
    ];
    for (text, expected) in cases {
        let folder = folder(&text);
        assert_eq!(shown(&index(&folder).unwrap_err(), &folder), expected, "{text}");
    }
    let folder = folder(b"\xef\xbb\xbf{\xff");
    let expected = "`instances.json`: this is not UTF-8 text: byte 2 is wrong; save the file as UTF-8";
    assert_eq!(shown(&index(&folder).unwrap_err(), &folder), expected);
    let missing = coco(&folder.path().join("no.json"), folder.path()).unwrap_err();
    assert_eq!(
        shown(&missing, &folder),
        "`no.json`: there is no such file; check the path and its permissions"
    );
}

#[test]
fn annotations_that_do_not_fit_are_errors_of_their_image_alone() {
    let cases = [
        (
            "\"segmentation\": {\"counts\": [0, 1073741824], \"size\": [4, 6]}",
            "the runs cover 1073741824 pixels, but 6x4 are 24",
        ),
        (
            "\"segmentation\": {\"counts\": [0, 1073741824], \"size\": [32768, 32768]}",
            "the runs are of 32768x32768 pixels, but the image has 6x4",
        ),
        ("\"segmentation\": {\"counts\": [24], \"size\": [4, 6]}", "the runs hold no pixel"),
        ("\"segmentation\": [[7, 0, 9, 0, 9, 2]]", "the polygon lies outside the image of 6x4 pixels"),
        (
            "\"segmentation\": [[1e30, 0, 9, 0, 9, 2]]",
            "a polygon has fewer than three corners, or one that is on no image",
        ),
        ("\"bbox\": [4, 0, 9, 2]", "the box `[4, 0, 9, 2]` is not on the image of 6x4 pixels"),
    ];
    for (place, expected) in cases {
        let folder = folder(instances(&format!(
            "{{\"image_id\": 3, \"category_id\": 18, {place}}}, {{\"image_id\": 9, \"category_id\": 18, \"bbox\": [0, 0, 1, 1]}}"
        )));
        let records = index(&folder).unwrap();
        assert!(load(&records[0]).is_ok());
        let error = load(&records[1]).unwrap_err();
        assert_eq!(error.fault().to_string(), expected);
        assert!(shown(&error, &folder).starts_with("`instances.json`, image 3, `dog`: "), "{error}");
    }

    let folder = folder(
        instances(r#"{"image_id": 3, "category_id": 18, "bbox": [0, 0, 1, 1]}"#)
            .replace("\"width\": 6", "\"width\": 7"),
    );
    let error = load(&index(&folder).unwrap()[0]).unwrap_err();
    assert_eq!(
        shown(&error, &folder),
        "`instances.json`, image 3: the image has 6x4 pixels, but 7x4 are stated"
    );
}

/// More work than an image is worth: an outline that goes up and down tens of thousands of
/// times.
#[test]
fn masks_have_a_limit_together() {
    let folder = folder("");
    let image = Image::from_rgb(6, 4096, vec![0; 3 * 6 * 4096]).unwrap();
    fs::write(folder.path().join("a.png"), encode_png(&image).unwrap()).unwrap();
    let with = |teeth: usize| {
        let outline = vec!["0, 0, 6, 4096"; teeth].join(", ");
        let polygon = format!("{{\"image_id\": 3, \"category_id\": 18, \"segmentation\": [[{outline}]]}}");
        let text = instances(&polygon).replace("\"height\": 4", "\"height\": 4096");
        fs::write(folder.path().join("instances.json"), text).unwrap();
        load(&index(&folder).unwrap()[0])
    };
    assert!(with(100).is_ok());
    let error = with(20_000).unwrap_err();
    assert_eq!(error.fault().to_string(), "there are more than 134217728 pixels in the masks");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever stands in a file of instances, there are records or an error, and records
    /// load or do not.
    #[test]
    fn any_instances_are_read_or_refused(
        polygon in prop::collection::vec(prop_oneof![-9f64..9.0, any::<f64>()], 0..9),
        counts in prop::collection::vec(prop_oneof![0u32..9, any::<u32>()], 0..9),
        text in "[0-o]{0,9}",
        change in any::<(usize, u8)>(),
    ) {
        let runs = |counts: String| format!("{{\"counts\": {counts}, \"size\": [4, 6]}}");
        let places = [format!("[{polygon:?}]"), runs(format!("{counts:?}")), runs(format!("{text:?}"))];
        for place in places {
            let annotation = format!("{{\"image_id\": 3, \"category_id\": 18, \"segmentation\": {place}}}");
            let mut bytes = instances(&annotation).into_bytes();
            let place = change.0 % bytes.len();
            if change.1.is_ascii() {
                bytes[place] = change.1;
            }
            let folder = folder(&bytes);
            for record in index(&folder).unwrap_or_default() {
                let _ = load(&record);
            }
        }
    }
}
