//! Instances of the COCO data set, and of the many programs that write its form.
//!
//! The file has three lists: images, annotations and categories (Lin et al. 2014,
//! "Microsoft COCO: common objects in context"; the form is described at
//! cocodataset.org). Other parts of it are not read. For each category that is
//! present on an image one thing is asked: where everything of that category is.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use serde::Deserialize;

use super::RECORDS;
use super::error::{ReadError, ReadFault};
use super::record::{Found, Place, Query, Record, Source, check_box};
use super::{runs, text};

/// The most bytes of a file of instances: 1 GiB. That of the largest COCO release has
/// less than half.
pub const COCO_BYTES: u64 = 1 << 30;

#[derive(Deserialize)]
struct Instances {
    images: Vec<Picture>,
    annotations: Vec<Annotation>,
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct Picture {
    id: u64,
    file_name: String,
    width: u32,
    height: u32,
}

#[derive(Deserialize)]
struct Annotation {
    id: Option<u64>,
    image_id: u64,
    category_id: u64,
    bbox: Option<[f64; 4]>,
    segmentation: Option<Segmentation>,
}

#[derive(Deserialize)]
struct Category {
    id: u64,
    name: String,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`segmentation` is neither a list of polygons nor run lengths")]
enum Segmentation {
    Polygons(Vec<Vec<f32>>),
    Runs {
        counts: Counts,
        /// Height and width.
        size: [u32; 2],
    },
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`counts` is neither a list of run lengths nor a string of them")]
enum Counts {
    List(Vec<u32>),
    Text(String),
}

/// Reads the instances at `path`, of images in the folder `images`, without the images.
///
/// Each image becomes a record by the name of its file, in the order of the file, and is
/// asked for every category that is on it, in the order of the categories; images with no
/// annotation are left out. Answers are all instances of the category: their segmentation,
/// or where there is none their `bbox`. The decoded image must have the size that is stated.
///
/// # Errors
///
/// [`ReadError`] when the file cannot be read, has more than [`COCO_BYTES`] or more than
/// [`RECORDS`] images, or is not of this form; when two images or categories share an id or
/// a name; when an annotation belongs to no image or category, or has no place; when no
/// image has an annotation.
pub fn coco(path: &Path, images: &Path) -> Result<Vec<Record>, ReadError> {
    let shown = path.display();
    let whole = |fault| ReadError::new(format!("`{shown}`"), fault);
    let bytes = text::whole(path, COCO_BYTES).map_err(whole)?;
    let json = std::str::from_utf8(&bytes)
        .map_err(|error| whole(ReadFault::NotUtf8 { byte: error.valid_up_to() + 1 }))?;
    let instances: Instances = serde_json::from_str(json)
        .map_err(|error| ReadError::new(format!("`{shown}:{}`", error.line()), ReadFault::json(&error)))?;
    if instances.images.len() > RECORDS {
        return Err(whole(ReadFault::TooMany { what: "images", most: RECORDS as u64 }));
    }
    let categories =
        by_id("category", instances.categories.iter().map(|category| (category.id, &*category.name)))
            .map_err(whole)?;
    let places =
        by_id("image", instances.images.iter().map(|image| (image.id, &*image.file_name))).map_err(whole)?;

    // For each image, by the place of the category in the list.
    let mut found: Vec<BTreeMap<usize, Vec<Found>>> =
        instances.images.iter().map(|_| BTreeMap::new()).collect();
    for (number, annotation) in instances.annotations.into_iter().enumerate() {
        let entry = match annotation.id {
            Some(id) => format!("`{shown}`, annotation {id}"),
            None => format!("`{shown}`, annotation number {} in the list", number + 1),
        };
        let here = |fault| ReadError::new(&entry, fault);
        let of = |what: &str, id: u64, known: &HashMap<u64, usize>| {
            known.get(&id).copied().ok_or_else(|| here(ReadFault::value(format!("there is no {what} {id}"))))
        };
        let image = of("image", annotation.image_id, &places)?;
        let category = of("category", annotation.category_id, &categories)?;
        let text = instances.categories[category].name.clone();
        let place = annotation.place().map_err(here)?;
        found[image].entry(category).or_default().push(Found { text, place });
    }

    let mut records = Vec::new();
    for (image, found) in instances.images.into_iter().zip(found) {
        let at = format!("`{shown}`, image {}", image.id);
        let file = text::below(&image.file_name).map_err(|fault| ReadError::new(&at, fault))?;
        let queries = found.into_iter().map(|(category, found)| {
            let name = &instances.categories[category].name;
            Query { at: format!("{at}, `{name}`"), question: question(name), found, ..Query::default() }
        });
        let queries: Vec<Query> = queries.collect();
        if !queries.is_empty() {
            records.push(Record {
                name: image.file_name,
                at,
                image: Source::Path(images.join(file)),
                size: Some([image.width, image.height]),
                queries,
                traits: BTreeMap::new(),
            });
        }
    }
    if records.is_empty() {
        return Err(whole(ReadFault::value("no image has an annotation")));
    }
    Ok(records)
}

/// Right for one thing and for many, and for names that are plural, such as `scissors`.
fn question(category: &str) -> String {
    format!("Where can the following be seen: {category}?")
}

/// Places in a list by id; fails when two entries share an id or a name.
fn by_id<'a>(
    what: &str,
    entries: impl Iterator<Item = (u64, &'a str)>,
) -> Result<HashMap<u64, usize>, ReadFault> {
    let (mut places, mut names) = (HashMap::new(), HashSet::new());
    for (place, (id, name)) in entries.enumerate() {
        if places.insert(id, place).is_some() {
            return Err(ReadFault::value(format!("there are two of {what} {id}")));
        }
        if !names.insert(name) {
            return Err(ReadFault::value(format!("{what} {id}, `{name}`, has the name of another")));
        }
    }
    Ok(places)
}

impl Annotation {
    fn place(self) -> Result<Place, ReadFault> {
        match (self.segmentation, self.bbox) {
            (Some(Segmentation::Polygons(polygons)), _) if !polygons.is_empty() => {
                polygons.into_iter().map(corners).collect::<Result<_, _>>().map(Place::Polygons)
            }
            (Some(Segmentation::Runs { counts, size: [height, width] }), _) => {
                let counts = match counts {
                    Counts::List(counts) => counts,
                    Counts::Text(text) => {
                        runs::decode_counts(&text).map_err(|error| ReadFault::value(error.to_string()))?
                    }
                };
                Ok(Place::Runs { counts, size: [width, height] })
            }
            (_, Some(sides)) => check_box(sides).map(|()| Place::Box(sides)),
            (_, None) => Err(ReadFault::value("there is neither a `segmentation` nor a `bbox`")),
        }
    }
}

/// Corners from `x, y, x, y, …`.
fn corners(flat: Vec<f32>) -> Result<Vec<[f32; 2]>, ReadFault> {
    let (corners, rest) = flat.as_chunks();
    if corners.len() >= 3 && rest.is_empty() {
        return Ok(corners.to_vec());
    }
    let what = format!("a polygon has {} numbers", flat.len());
    Err(ReadFault::mend(what, "a polygon is `[x, y, x, y, …]` with three corners or more"))
}
