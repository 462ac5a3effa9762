//! A folder of images with a list of what is asked of them: one JSON object a line.
//!
//! ```json
//! {"image": "receipt.png", "question": "What is the total?", "answer": "12.40", "box": [310, 522, 84, 20]}
//! {"image": "receipt.png", "question": "Where is the logo?", "mask": "receipt-logo.png"}
//! ```
//!
//! | key | value |
//! |---|---|
//! | `image` | the path of the image below the folder of the list |
//! | `name` | the name of the item; the path when none is given |
//! | `question` | text; nothing when there is nothing to say |
//! | `paraphrases` | the question in other words, the nearest first: text or a list of it |
//! | `answer` or `answers` | text or a list of it |
//! | `box` or `boxes` | where the answers are: `[x, y, width, height]` in pixels, or a list of these |
//! | `mask` | instead of a box: the path of an image of the same size, not black where the answer is |
//! | `label_box` | where the words stand that the question names |
//! | `candidates` | a list of boxes, among which those of the answers are |
//! | `traits` | an object of texts, by which results are reported too |
//!
//! Lines with the same image are questions of one item. With as many answers as boxes, each
//! answer has its box; with one of either, it goes with all of the other. An answer without
//! a place may be anywhere.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::RECORDS;
use super::error::{ReadError, ReadFault};
use super::record::{Found, Place, Query, Record, Source, check_box};
use super::text::{self, Lines};

/// The file that is read when a folder is given.
pub const MANIFEST_NAME: &str = "items.jsonl";

/// The most bytes of a list: 256 MiB.
pub const MANIFEST_BYTES: u64 = 256 << 20;

/// The most bytes of a line of it: 1 MiB.
pub const LINE_BYTES: u64 = 1 << 20;

const KEYS: [&str; 12] = [
    "image",
    "name",
    "question",
    "paraphrases",
    "answer",
    "answers",
    "box",
    "boxes",
    "mask",
    "label_box",
    "candidates",
    "traits",
];

/// Reads the list `items.jsonl` of a folder, or the list at `path`, without its images.
///
/// Records come in the order in which their images are first named. Empty lines are
/// skipped. Names are unique.
///
/// # Errors
///
/// [`ReadError`] with the line: when the list cannot be read or has more than
/// [`MANIFEST_BYTES`], [`LINE_BYTES`] or [`RECORDS`]; when a line is not a JSON object of the
/// keys above; when lines contradict each other; when there are none.
pub fn manifest(path: &Path) -> Result<Vec<Record>, ReadError> {
    let path = if path.is_dir() { path.join(MANIFEST_NAME) } else { path.to_owned() };
    let folder = path.parent().unwrap_or(Path::new(""));
    let whole = |fault| ReadError::new(format!("`{}`", path.display()), fault);
    let mut lines = Lines::open(&path, MANIFEST_BYTES, LINE_BYTES).map_err(whole)?;
    let mut list = List::default();
    loop {
        let line = lines.next();
        let at = format!("`{}:{}`", path.display(), lines.number());
        let here = |fault| ReadError::new(at.clone(), fault);
        let Some(line) = line.map_err(here)? else { break };
        if !line.trim().is_empty() {
            let line = Line::parse(&line, folder).map_err(here)?;
            list.add(line, folder, at.clone(), lines.number()).map_err(here)?;
        }
    }
    if list.records.is_empty() {
        return Err(whole(ReadFault::mend("there are no items", "write a line for each question")));
    }
    list.finish()
}

/// What a line says.
#[derive(Debug)]
struct Line {
    /// The path below the folder.
    image: PathBuf,
    name: Option<String>,
    query: Query,
    traits: BTreeMap<String, String>,
}

impl Line {
    fn parse(text: &str, folder: &Path) -> Result<Self, ReadFault> {
        let value: Value = serde_json::from_str(text).map_err(|error| ReadFault::json(&error))?;
        let Value::Object(fields) = value else {
            let what = format!("this is {}, but each line is an object", kind(&value));
            return Err(ReadFault::mend(
                what,
                "write a line such as `{\"image\": \"1.png\", \"question\": \"…\", \"answer\": \"…\"}`",
            ));
        };
        let mut fields = Fields::new(fields)?;
        let image = fields.text("image")?.ok_or_else(|| ReadFault::value("there is no `image`"))?;
        let image = text::below(&image)?;
        let found = found(&mut fields, folder)?;
        let query = Query {
            at: String::new(),
            question: fields.text("question")?.unwrap_or_default(),
            paraphrases: fields.texts("paraphrases")?.unwrap_or_default(),
            found,
            label: fields.boxes("label_box")?.map(|boxes| one("label_box", boxes)).transpose()?,
            candidates: fields.boxes("candidates")?.unwrap_or_default(),
        };
        let missing = query.found.iter().any(|found| !query.candidates.contains(&found.place));
        if !query.candidates.is_empty() && missing {
            return Err(ReadFault::mend(
                "the box of an answer is not among `candidates`",
                "list all places to choose from, with that of the answer",
            ));
        }
        Ok(Self { image, name: fields.text("name")?, query, traits: fields.traits()? })
    }
}

/// The answers of a line, each with its place.
fn found(fields: &mut Fields, folder: &Path) -> Result<Vec<Found>, ReadFault> {
    let texts = fields.either("answer", "answers", Fields::texts)?.unwrap_or_default();
    let boxes = fields.either("box", "boxes", Fields::boxes)?;
    let mask = fields.text("mask")?.map(|path| text::below(&path)).transpose()?;
    let places = match (boxes, mask) {
        (Some(_), Some(_)) => {
            return Err(ReadFault::mend("there are both a box and a `mask`", "give one of them"));
        }
        (Some(boxes), None) => boxes,
        (None, Some(path)) => vec![Place::MaskFile(folder.join(path))],
        (None, None) if texts.is_empty() => {
            let hint = "give `answer`, `box` or `mask`";
            return Err(ReadFault::mend("nothing says what the answer is", hint));
        }
        (None, None) => vec![Place::Anywhere],
    };
    let texts = if texts.is_empty() { vec![String::new()] } else { texts };
    let count = texts.len().max(places.len());
    let pairs = [texts.len(), places.len()].into_iter().all(|length| length == count || length == 1);
    if !pairs {
        let what = format!("there are {} answers and {} boxes", texts.len(), places.len());
        return Err(ReadFault::mend(what, "give one box for each answer, one for all of them, or none"));
    }
    let pair = |place: usize| Found {
        text: texts[place.min(texts.len() - 1)].clone(),
        place: places[place.min(places.len() - 1)].clone(),
    };
    Ok((0..count).map(pair).collect())
}

/// What all lines say together.
#[derive(Debug, Default)]
struct List {
    records: Vec<Record>,
    /// For each record: the line of its first question, and whether it was given a name.
    first: Vec<(usize, bool)>,
    by_image: HashMap<PathBuf, usize>,
}

impl List {
    fn add(&mut self, line: Line, folder: &Path, at: String, number: usize) -> Result<(), ReadFault> {
        let Line { image, name, query, traits } = line;
        let query = Query { at: at.clone(), ..query };
        let Some(&place) = self.by_image.get(&image) else {
            if self.records.len() == RECORDS {
                return Err(ReadFault::TooMany { what: "images", most: RECORDS as u64 });
            }
            self.first.push((number, name.is_some()));
            self.records.push(Record {
                name: name.unwrap_or_else(|| image.display().to_string()),
                at,
                image: Source::Path(folder.join(&image)),
                size: None,
                queries: vec![query],
                traits,
            });
            self.by_image.insert(image, self.records.len() - 1);
            return Ok(());
        };
        let record = &mut self.records[place];
        let (first, is_named) = self.first[place];
        let differs = |what: &str, here: &str, there: &str| {
            let what = format!("{what} is `{here}` here and `{there}` on line {first}, for the same image");
            ReadFault::value(what)
        };
        if let Some(name) = name {
            if is_named && name != record.name {
                return Err(differs("`name`", &name, &record.name));
            }
            record.name = name;
            self.first[place].1 = true;
        }
        for (key, value) in traits {
            if let Some(before) = record.traits.get(&key).filter(|before| **before != value) {
                return Err(differs(&format!("the trait `{key}`"), &value, before));
            }
            record.traits.insert(key, value);
        }
        record.queries.push(query);
        Ok(())
    }

    /// The records, when no two have the same name.
    fn finish(self) -> Result<Vec<Record>, ReadError> {
        let mut seen = HashMap::new();
        for (record, (line, _)) in self.records.iter().zip(&self.first) {
            if let Some(before) = seen.insert(record.name.as_str(), line) {
                let what = format!("the name `{}` is that of another image, on line {before}", record.name);
                return Err(ReadError::new(&record.at, ReadFault::value(what)));
            }
        }
        Ok(self.records)
    }
}

/// The fields of a line, taken out one by one.
struct Fields(Map<String, Value>);

impl Fields {
    fn new(fields: Map<String, Value>) -> Result<Self, ReadFault> {
        for key in fields.keys() {
            if !KEYS.contains(&key.as_str()) {
                let near = KEYS.map(|known| (strsim::damerau_levenshtein(key, known), known));
                let near = near.into_iter().filter(|(slips, known)| *slips <= known.len().max(6) / 3).min();
                let hint = match near {
                    Some((_, known)) => format!("did you mean `{known}`?"),
                    None => format!("the keys are {}", KEYS.join(", ")),
                };
                return Err(ReadFault::mend(format!("`{key}` is not a key"), hint));
            }
        }
        Ok(Self(fields))
    }

    fn text(&mut self, key: &str) -> Result<Option<String>, ReadFault> {
        match self.0.remove(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong(key, &other, "text")),
        }
    }

    /// One text, or a list of texts.
    fn texts(&mut self, key: &str) -> Result<Option<Vec<String>>, ReadFault> {
        let should = "text or a list of texts";
        let text = |(place, value)| match value {
            Value::String(text) => Ok(text),
            other => Err(wrong(&format!("{key}[{place}]"), &other, "text")),
        };
        match self.0.remove(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(vec![text])),
            Some(Value::Array(list)) if !list.is_empty() => {
                list.into_iter().enumerate().map(text).collect::<Result<_, _>>().map(Some)
            }
            Some(other) => Err(wrong(key, &other, should)),
        }
    }

    /// One box, or a list of boxes.
    fn boxes(&mut self, key: &str) -> Result<Option<Vec<Place>>, ReadFault> {
        let Some(value) = self.0.remove(key) else { return Ok(None) };
        let boxes = match &value {
            Value::Array(list) if list.first().is_some_and(Value::is_array) => {
                list.iter().map(sides).collect::<Option<Vec<_>>>()
            }
            one => sides(one).map(|sides| vec![sides]),
        };
        let boxes = boxes.ok_or_else(|| wrong(key, &value, "`[x, y, width, height]` in pixels"))?;
        let place = |sides| check_box(sides).map(|()| Place::Box(sides));
        boxes.into_iter().map(place).collect::<Result<_, _>>().map(Some)
    }

    /// A field that has two names, of which a line may use one.
    fn either<T>(
        &mut self,
        one: &str,
        other: &str,
        take: impl Fn(&mut Self, &str) -> Result<Option<T>, ReadFault>,
    ) -> Result<Option<T>, ReadFault> {
        match (take(self, one)?, take(self, other)?) {
            (Some(_), Some(_)) => {
                Err(ReadFault::mend(format!("there are both `{one}` and `{other}`"), "give one of them"))
            }
            (found, None) | (None, found) => Ok(found),
        }
    }

    fn traits(&mut self) -> Result<BTreeMap<String, String>, ReadFault> {
        let text = |(key, value)| match value {
            Value::String(text) => Ok((key, text)),
            other => Err(wrong(&format!("traits.{key}"), &other, "text")),
        };
        match self.0.remove("traits") {
            None => Ok(BTreeMap::new()),
            Some(Value::Object(traits)) => traits.into_iter().map(text).collect(),
            Some(other) => Err(wrong("traits", &other, "an object of texts")),
        }
    }
}

fn one(key: &str, boxes: Vec<Place>) -> Result<Place, ReadFault> {
    let [place] = <[Place; 1]>::try_from(boxes)
        .map_err(|boxes| ReadFault::value(format!("`{key}` is {} boxes, but should be one", boxes.len())))?;
    Ok(place)
}

fn sides(value: &Value) -> Option<[f64; 4]> {
    let sides: Vec<f64> = value.as_array()?.iter().map(Value::as_f64).collect::<Option<_>>()?;
    sides.try_into().ok()
}

fn wrong(key: &str, value: &Value, should: &str) -> ReadFault {
    ReadFault::value(format!("`{key}` is {}, but should be {should}", kind(value)))
}

/// What a value is, for a person.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "true or false".to_owned(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(_) => "text".to_owned(),
        Value::Array(list) => match list.len() {
            0 => "an empty list".to_owned(),
            length => format!("a list of {length}"),
        },
        Value::Object(_) => "an object".to_owned(),
    }
}
