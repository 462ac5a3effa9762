//! What every reader of files comes to, and the step from there to an item.
//!
//! A record is what can be known without the image: it holds places as they were written.
//! To load it is to decode the image, and to find out whether those places are on it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use arrcoc_picture::{Image, Limits, decode, read};
use arrcoc_stats::Rect;

use crate::item::{Answer, Ask, Item, Mask, Point, Region, area};

use super::error::{ReadError, ReadFault};
use super::{polygon, runs, text};

/// The most pixels that the masks of one item may take together. Each takes the rectangle
/// around it, and a polygon besides that a column of it for each corner: as much work and
/// as much room.
pub const MASK_PIXELS: u64 = 1 << 27;

/// By how many pixels a box may reach beyond the image: programs round.
const OVERHANG: f64 = 1.0;

/// What is asked of an image that has not been decoded yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The name that the item will have; no two records of a file have the same.
    pub name: String,
    /// Where the record stands, for errors: `` `items.jsonl:3` ``.
    pub at: String,
    /// The image.
    pub image: Source,
    /// Width and height that the file states, which the decoded image must have.
    pub size: Option<[u32; 2]>,
    /// What is asked, at least one.
    pub queries: Vec<Query>,
    /// By what results are reported too.
    pub traits: BTreeMap<String, String>,
}

/// Where an image comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    Path(PathBuf),
    /// The bytes of a file.
    Bytes(Vec<u8>),
}

/// One thing to find out, as it was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Where it stands, for errors.
    pub at: String,
    /// The question; may be empty.
    pub question: String,
    /// The same question in other words, the nearest first.
    pub paraphrases: Vec<String>,
    /// What a right reader finds, at least one.
    pub found: Vec<Found>,
    /// Where the words stand that the question names.
    pub label: Option<Place>,
    /// Places among which the answer is one.
    pub candidates: Vec<Place>,
}

/// An answer, as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What it says; may be empty.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// A part of an image, as it was written.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Place {
    /// Nothing says where. It becomes the whole image, so that every patch counts.
    Anywhere,
    /// Left, top, width and height in pixels. It becomes the smallest box of whole pixels
    /// around it.
    Box([f64; 4]),
    /// A file with an image of the same size: a pixel is in when it is not black.
    MaskFile(PathBuf),
    /// Polygons by their corners `[x, y]` in pixels; a pixel is in when its centre is inside
    /// one of them by the even–odd rule.
    Polygons(Vec<Vec<[f32; 2]>>),
    /// Runs of pixels that are out, in, out and so on, column by column from the top left,
    /// in an image of this width and height ([`decode_counts`](super::decode_counts)).
    Runs {
        /// The lengths of the runs.
        counts: Vec<u32>,
        /// Width and height.
        size: [u32; 2],
    },
}

impl Record {
    /// Decodes the image, upright, and finds all places on it. Places are in the pixels of
    /// the upright image.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when the image or a mask cannot be decoded within `limits`, when the
    /// image has another size than is stated, when a place is not on it or holds no pixel,
    /// or when masks take more than [`MASK_PIXELS`].
    pub fn load(&self, limits: &Limits) -> Result<Item, ReadError> {
        let image = self.decode(limits).map_err(|fault| ReadError::new(&self.at, fault))?;
        let mut frame = Frame { width: image.width(), height: image.height(), limits, steps: 0 };
        let asks = self
            .queries
            .iter()
            .map(|query| frame.ask(query).map_err(|fault| ReadError::new(&query.at, fault)));
        let asks = asks.collect::<Result<Vec<Ask>, ReadError>>()?;
        if asks.is_empty() {
            return Err(ReadError::new(&self.at, ReadFault::value("nothing is asked of the image")));
        }
        Ok(Item { name: self.name.clone(), image, asks, traits: self.traits.clone() })
    }

    fn decode(&self, limits: &Limits) -> Result<Image, ReadFault> {
        let image = match &self.image {
            Source::Path(path) => plain(path, limits)?,
            Source::Bytes(bytes) => decode(bytes, limits)?.0,
        };
        match self.size {
            Some([width, height]) if (width, height) != (image.width(), image.height()) => {
                let what = format!(
                    "the image has {}x{} pixels, but {width}x{height} are stated",
                    image.width(),
                    image.height()
                );
                Err(ReadFault::value(what))
            }
            _ => Ok(image),
        }
    }
}

/// Decodes a file. What is no plain file is left to the decoder only when it can say so
/// without opening it.
fn plain(path: &std::path::Path, limits: &Limits) -> Result<Image, ReadFault> {
    if !path.is_dir() && path.exists() {
        text::check_plain(path)
            .map_err(|fault| ReadFault::value(format!("`{}`: {fault}", path.display())))?;
    }
    Ok(read(path, limits)?.0)
}

/// The image on which places are found.
struct Frame<'a> {
    width: u32,
    height: u32,
    limits: &'a Limits,
    /// Pixels of masks that were gone through.
    steps: u64,
}

impl Frame<'_> {
    fn ask(&mut self, query: &Query) -> Result<Ask, ReadFault> {
        let answers = query
            .found
            .iter()
            .map(|found| Ok(Answer { text: found.text.clone(), region: self.region(&found.place)? }));
        let answers = answers.collect::<Result<Vec<_>, ReadFault>>()?;
        if answers.is_empty() {
            return Err(ReadFault::value("nothing says what the answer is"));
        }
        let label = query.label.as_ref().map(|place| self.region(place)).transpose()?;
        let candidates = query.candidates.iter().map(|place| self.region(place));
        let candidates = candidates.collect::<Result<Vec<_>, ReadFault>>()?;
        Ok(Ask {
            question: query.question.clone(),
            paraphrases: query.paraphrases.clone(),
            answers,
            label,
            candidates,
        })
    }

    fn region(&mut self, place: &Place) -> Result<Region, ReadFault> {
        let (width, height) = (self.width, self.height);
        match place {
            Place::Anywhere => Ok(Region::Box(Rect { x: 0, y: 0, width, height })),
            Place::Box(sides) => self.upright(*sides).map(Region::Box),
            Place::MaskFile(path) => {
                self.spend(u64::from(width) * u64::from(height))?;
                mask_of(&plain(path, self.limits)?, width, height)
                    .map_err(|what| ReadFault::value(format!("`{}`: {what}", path.display())))
            }
            Place::Polygons(polygons) => {
                check_corners(polygons)?;
                let outside = || {
                    ReadFault::value(format!("the polygon lies outside the image of {width}x{height} pixels"))
                };
                let rect = polygon::bounds(polygons, width, height).ok_or_else(outside)?;
                self.spend(area(rect).saturating_add(polygon::steps(polygons, width, height)))?;
                polygon::mask(polygons, rect).map(Region::Mask).ok_or_else(outside)
            }
            Place::Runs { counts, size } => {
                if *size != [width, height] {
                    let what = format!(
                        "the runs are of {}x{} pixels, but the image has {width}x{height}",
                        size[0], size[1]
                    );
                    return Err(ReadFault::value(what));
                }
                let wrong = |error: runs::RunsError| ReadFault::value(error.to_string());
                let rect = runs::bounds(counts, width, height).map_err(wrong)?;
                self.spend(area(rect))?;
                runs::mask(counts, rect, height)
                    .map(Region::Mask)
                    .ok_or_else(|| wrong(runs::RunsError::Empty))
            }
        }
    }

    /// The smallest box of whole pixels around another.
    fn upright(&self, sides: [f64; 4]) -> Result<Rect, ReadFault> {
        let [x, y, width, height] = sides;
        check_box(sides)?;
        let beyond =
            |start: f64, side: f64, most: u32| start < -OVERHANG || start + side > f64::from(most) + OVERHANG;
        let span = |start: f64, side: f64, most: u32| {
            // A float cast saturates; what is below 0 is clipped.
            let (first, end) = (start.floor() as u32, ((start + side).ceil() as u32).min(most));
            (first, end.saturating_sub(first))
        };
        let ((left, wide), (top, tall)) = (span(x, width, self.width), span(y, height, self.height));
        if beyond(x, width, self.width) || beyond(y, height, self.height) || wide == 0 || tall == 0 {
            let what = format!(
                "the box `{}` is not on the image of {}x{} pixels",
                written(sides),
                self.width,
                self.height
            );
            return Err(ReadFault::mend(
                what,
                "a box is `[x, y, width, height]` in pixels of the upright image",
            ));
        }
        Ok(Rect { x: left, y: top, width: wide, height: tall })
    }

    fn spend(&mut self, steps: u64) -> Result<(), ReadFault> {
        self.steps = self.steps.saturating_add(steps);
        let most = MASK_PIXELS;
        if self.steps > most { Err(ReadFault::TooMany { what: "pixels in the masks", most }) } else { Ok(()) }
    }
}

/// Fails unless a box has sides above 0 and all of it is finite.
pub(super) fn check_box(sides: [f64; 4]) -> Result<(), ReadFault> {
    let [_, _, width, height] = sides;
    if sides.iter().all(|side| side.is_finite()) && width > 0.0 && height > 0.0 {
        return Ok(());
    }
    let what = format!("the box `{}` has no area", written(sides));
    Err(ReadFault::mend(what, "a box is `[x, y, width, height]` in pixels, the last two above 0"))
}

fn check_corners(polygons: &[Vec<Point>]) -> Result<(), ReadFault> {
    let fits = |polygon: &Vec<Point>| {
        // Past this, a corner is off every image, and `f32` has no whole numbers.
        polygon.len() >= 3 && polygon.iter().flatten().all(|place| place.abs() <= 16_777_216.0)
    };
    if polygons.iter().all(fits) {
        return Ok(());
    }
    Err(ReadFault::value("a polygon has fewer than three corners, or one that is on no image"))
}

fn written([x, y, width, height]: [f64; 4]) -> String {
    format!("[{x}, {y}, {width}, {height}]")
}

/// The pixels of a mask image that are not black.
fn mask_of(image: &Image, width: u32, height: u32) -> Result<Region, String> {
    if (image.width(), image.height()) != (width, height) {
        let (wide, tall) = (image.width(), image.height());
        return Err(format!("the mask has {wide}x{tall} pixels, but the image has {width}x{height}"));
    }
    let is_in = |x: u32, y: u32| {
        let pixel = 3 * (y as usize * width as usize + x as usize);
        image.data()[pixel..pixel + 3] != [0; 3]
    };
    let black = || "the mask is black: no pixel is in".to_owned();
    let rows: Vec<u32> = (0..height).filter(|&y| (0..width).any(|x| is_in(x, y))).collect();
    let columns: Vec<u32> = (0..width).filter(|&x| rows.iter().any(|&y| is_in(x, y))).collect();
    let around = |kept: &[u32]| Some((*kept.first()?, kept.last()? - kept.first()? + 1));
    let ((x, wide), (y, tall)) = around(&columns).zip(around(&rows)).ok_or_else(black)?;
    let rect = Rect { x, y, width: wide, height: tall };
    let inside = (y..y + tall).flat_map(|y| (x..x + wide).map(move |x| (x, y)));
    Mask::new(rect, inside.map(|(x, y)| is_in(x, y)).collect()).map(Region::Mask).ok_or_else(black)
}
