//! The lines of a list that [`manifest`](super::manifest()) reads, from an item: how generated pages become a folder
//! that every reader of folders can use.

use std::collections::BTreeMap;

use arrcoc_stats::Rect;
use serde::Serialize;

use crate::item::{Item, Region};

#[derive(Serialize)]
struct Line<'a> {
    image: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    question: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    paraphrases: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    answers: Vec<&'a str>,
    boxes: Vec<[u32; 4]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label_box: Option<[u32; 4]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<[u32; 4]>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    traits: &'a BTreeMap<String, String>,
}

/// A line for each question of an item whose image is stored under the path `image` below the folder of the list.
///
/// Places become upright boxes around them: on a page that lies askew those are a little larger than what they stand
/// for.
///
/// # Errors
/// None that is known: text and numbers always become JSON.
pub fn lines(image: &str, item: &Item) -> Result<String, serde_json::Error> {
    let around = |region: &Region| {
        let Rect { x, y, width, height } = region.bounds(item.image.width(), item.image.height());
        [x, y, width, height]
    };
    let mut out = String::new();
    for ask in &item.asks {
        let texts: Vec<&str> = ask.answers.iter().map(|answer| answer.text.as_str()).collect();
        let line = Line {
            image,
            name: &item.name,
            question: &ask.question,
            paraphrases: &ask.paraphrases,
            answers: if texts.iter().all(|text| text.is_empty()) { Vec::new() } else { texts },
            boxes: ask.answers.iter().map(|answer| around(&answer.region)).collect(),
            label_box: ask.label.as_ref().map(around),
            candidates: ask.candidates.iter().map(around).collect(),
            traits: &item.traits,
        };
        out += &serde_json::to_string(&line)?;
        out.push('\n');
    }
    Ok(out)
}
