//! Is the field read? A published recogniser of text looks at the place of the
//! answer, as the page is seen, and what it reads is compared with what was
//! printed.
//!
//! It is told where to look, so that the task is about samples and not about
//! finding: a page has enough of them where the answer is, or it has not.

use arrcoc_picture::Image;
use arrcoc_stats::Rect;

use super::{Judge, Names, Score, View};
use crate::{
    agreement::{character_error_rate, fold},
    recognise::{Recogniser, asset},
};

pub(super) const NAMES: Names = Names {
    score: "read",
    area: "read-area",
    drop: "read-drop",
    kept: "read-kept",
    b90: "read-b90",
    b95: "read-b95",
    besides: &[ERRORS],
    what: "fields read",
};

/// The character error rate.
const ERRORS: &str = "read-errors";

/// Text as it is compared here: folded, and without spaces. The recogniser leaves spaces out between digits and in
/// monospaced type even where all letters are sharp, and its makers do not count them either (`RecMetric` of PaddleOCR,
/// `ignore_space`).
fn close(text: &str) -> String {
    fold(text).chars().filter(|letter| *letter != ' ').collect()
}

/// A recogniser of lines of text.
pub(super) struct Reader(Recogniser);

/// Opens the recogniser where it was fetched.
pub(super) fn open() -> Result<Box<dyn Judge>, String> {
    let folder = asset::folder().ok_or("the system names no cache folder: set ARRCOC_CACHE")?;
    if !folder.is_dir() {
        return Err("the recogniser is not there: `cargo xtask fetch ocr` fetches it".into());
    }
    let recogniser = Recogniser::open(&folder).map_err(|e| e.to_string())?;
    Ok(Box::new(Reader(recogniser)))
}

impl Reader {
    /// Each answer: what was read, how sure that is, what is right.
    fn each<'a>(&self, image: &Image, view: &View<'a>) -> Result<Vec<(String, f64, &'a str)>, String> {
        let whole = Rect { x: 0, y: 0, width: image.width(), height: image.height() };
        let read = |answer: &'a arrcoc_datasets::item::Answer| {
            let place = answer.region.bounds(image.width(), image.height());
            if answer.text.is_empty() || place == whole {
                return Err("the answer has no text, or no place to look at".to_owned());
            }
            let reading = match view.tight {
                true => self.0.read(image, place),
                false => self.0.read_within(image, place, 0.0),
            };
            let reading = reading.map_err(|e| e.to_string())?;
            Ok((reading.text, reading.confidence, answer.text.as_str()))
        };
        view.ask.answers.iter().map(read).collect()
    }
}

impl Judge for Reader {
    fn judge(&self, view: &View<'_>) -> Result<Vec<Score>, String> {
        let each = self.each(view.seen, view)?;
        let weight = each.len() as f64;
        let right = each.iter().filter(|(read, _, truth)| close(read) == close(truth)).count();
        let errors: f64 =
            each.iter().map(|(read, _, truth)| character_error_rate(&close(read), &close(truth))).sum();
        Ok(vec![
            Score { metric: NAMES.score, value: right as f64 / weight, weight },
            Score { metric: ERRORS, value: errors / weight, weight },
        ])
    }

    fn confidence(&self, view: &View<'_>) -> Option<f64> {
        let each = self.each(view.seen, view).ok()?;
        let of_right = |(read, confidence, truth): &(String, f64, &str)| {
            if close(read) == close(truth) { *confidence } else { 0.0 }
        };
        Some(each.iter().map(of_right).sum::<f64>() / each.len() as f64)
    }

    fn digest(&self) -> String {
        self.0.digest().to_owned()
    }
}
