//! A dataset: where pages come from. Generators draw them from reporting
//! seeds; readers take them from a user's files. Nothing else in this crate
//! knows the difference.
//!
//! A page that cannot be had (a damaged file) is a failure of that page, with
//! its reason, and never the end of a run.

use std::{fmt, path::Path, sync::OnceLock};

use arrcoc::{Error, Photo};
use arrcoc_datasets::{
    Seed, codes, documents,
    files::{Place, Record, Source},
    item::Item,
    scenes,
};
use arrcoc_picture::Limits;
use serde::{Deserialize, Serialize};

use crate::{page::Page, suite::Size};

/// A dataset, proved: its size is known, and its files are there.
pub(crate) struct Dataset {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    counts: Counts,
}

/// How many pages are measured on, by the length of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) quick: u32,
    pub(crate) pages: u32,
    pub(crate) full: u32,
}

/// How much is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Length {
    /// For gates, not for claims.
    Quick,
    /// What a user gets who says nothing.
    #[default]
    Standard,
    /// Everything there is.
    Full,
}

/// Where pages come from.
pub(crate) enum Origin {
    /// Pages with QR codes.
    Codes(Size),
    /// Pages of print.
    Documents(documents::Options),
    /// Pages of coloured things.
    Scenes(scenes::Options),
    /// A user's files.
    Files(Vec<Record>),
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Length::Quick => "quick",
            Length::Standard => "standard",
            Length::Full => "full",
        })
    }
}

impl Length {
    /// One of three numbers.
    pub(crate) fn choose<T>(self, quick: T, standard: T, full: T) -> T {
        match self {
            Length::Quick => quick,
            Length::Standard => standard,
            Length::Full => full,
        }
    }
}

impl Dataset {
    pub(crate) fn new(name: String, origin: Origin, counts: Counts) -> Dataset {
        Dataset { name, origin, counts }
    }

    /// How many pages are measured on.
    pub(crate) fn pages(&self, length: Length) -> u32 {
        let wanted = length.choose(self.counts.quick, self.counts.pages, self.counts.full);
        match &self.origin {
            Origin::Files(records) => wanted.min(u32::try_from(records.len()).unwrap_or(u32::MAX)),
            _ => wanted,
        }
    }

    /// Page `index`.
    ///
    /// # Errors
    /// When it cannot be had: a failure of this page.
    pub(crate) fn page(&self, index: u32) -> Result<Page, Error> {
        let item = match &self.origin {
            Origin::Files(records) => {
                let record = records.get(index as usize);
                let record =
                    record.ok_or_else(|| Error::new(format!("there is no page {index}"), "ask for fewer"))?;
                let item = record.load(&Limits::default()).map_err(|e| {
                    Error::new(
                        e.to_string(),
                        e.hint().unwrap_or_else(|| "mend the file, or take it out".into()),
                    )
                })?;
                return self.page_of(item, index, 0);
            }
            _ => self.draw(index, None)?,
        };
        self.page_of(item, index, Seed::reporting(index).number())
    }

    /// Page `index` at another size.
    ///
    /// # Errors
    /// When the size is out of range, or pages come from files and have their own.
    pub(crate) fn page_of_size(&self, index: u32, size: Size) -> Result<Page, Error> {
        self.page_of(self.draw(index, Some(size))?, index, Seed::reporting(index).number())
    }

    fn draw(&self, index: u32, size: Option<Size>) -> Result<Item, Error> {
        let seed = Seed::reporting(index);
        match &self.origin {
            Origin::Codes(own) => {
                let Size { width, height } = size.unwrap_or(*own);
                let page = codes::draw(seed, width, height).map_err(|e| refused(&e))?;
                Ok(page.into_item(format!("codes-{index}")))
            }
            Origin::Documents(own) => {
                let size = size.map_or(own.size, |size| (size.width, size.height));
                let options = documents::Options { size, ..own.clone() };
                documents::draw(seed, index, &options).map_err(|e| refused(&e))
            }
            Origin::Scenes(own) => {
                let size = size.map_or(own.size, |size| [size.width, size.height]);
                scenes::draw(seed, index, &scenes::Options { size, ..*own }).map_err(|e| refused(&e))
            }
            Origin::Files(_) => {
                Err(Error::new("pages from files have a size of their own", "name a generator"))
            }
        }
    }

    /// The sides of pages that [`Dataset::page_of_size`] can draw; none where pages come from files.
    pub(crate) fn sides(&self) -> Option<std::ops::RangeInclusive<u32>> {
        match &self.origin {
            Origin::Codes(_) => Some(codes::SIDES),
            Origin::Documents(_) => Some(documents::SIDES),
            Origin::Scenes(_) => Some(scenes::SIDES),
            Origin::Files(_) => None,
        }
    }

    /// The size of its pages, where all have one.
    pub(crate) fn size(&self) -> Option<Size> {
        let of = |[width, height]: [u32; 2]| Size { width, height };
        match &self.origin {
            Origin::Codes(size) => Some(*size),
            Origin::Documents(options) => Some(of(options.size.into())),
            Origin::Scenes(options) => Some(of(options.size)),
            Origin::Files(_) => None,
        }
    }

    /// Everything that the content of page `index` depends on, but for this program.
    pub(crate) fn key(&self, index: u32) -> String {
        match &self.origin {
            Origin::Codes(size) => format!("codes {size} {index}"),
            Origin::Documents(options) => format!("documents {options:?} {index}"),
            Origin::Scenes(options) => format!("scenes {options:?} {index}"),
            Origin::Files(records) => records.get(index as usize).map_or_else(String::new, key_of_record),
        }
    }

    fn page_of(&self, item: Item, index: u32, seed: u64) -> Result<Page, Error> {
        let image = &item.image;
        let photo = Photo::from_rgb(image.width(), image.height(), image.data().to_vec())?;
        let contributions = item.asks.iter().map(|_| OnceLock::new()).collect();
        Ok(Page {
            dataset: self.name.clone(),
            index,
            seed,
            photo,
            item,
            contributions,
            tight: matches!(self.origin, Origin::Files(_)),
        })
    }
}

fn refused(error: &dyn fmt::Display) -> Error {
    Error::new(error.to_string(), "change the dataset in the suite")
}

/// The files that a record names by their contents, and everything else by its words. A file that cannot be read has
/// no content: the page fails, and what fails is not kept.
fn key_of_record(record: &Record) -> String {
    let content = |path: &Path| std::fs::read(path).map(|bytes| blake3::hash(&bytes).to_hex().to_string());
    let image = match &record.image {
        Source::Path(path) => content(path).unwrap_or_default(),
        Source::Bytes(bytes) => blake3::hash(bytes).to_hex().to_string(),
    };
    let places = record.queries.iter().flat_map(|query| {
        query.found.iter().map(|found| &found.place).chain(&query.label).chain(&query.candidates)
    });
    let masks: Vec<String> = places
        .filter_map(|place| match place {
            Place::MaskFile(path) => content(path).ok(),
            _ => None,
        })
        .collect();
    format!("{} {image} {masks:?} {:?} {:?}", record.name, record.queries, record.traits)
}
