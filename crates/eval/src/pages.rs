//! The pages that are measured on, and going through them side by side.
//!
//! A page is drawn when its turn comes and dropped afterwards: memory does not
//! grow with their number. Seeds are those for reporting, never those that
//! anything was fitted on.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
};

use arrcoc::{Error, Grid, Photo};
pub(crate) use arrcoc_datasets::codes::SIDES;
use arrcoc_datasets::{Seed, codes};
use arrcoc_picture::Image;

use crate::{
    row::Row,
    suite::{Dataset, Size},
};

/// A page, and the answers on it.
pub(crate) struct Item {
    /// Its number, from 0.
    pub(crate) index: u32,
    pub(crate) seed: u64,
    pub(crate) photo: Photo,
    page: codes::Page,
}

impl Item {
    /// Draws page `index` of a dataset.
    pub(crate) fn draw(dataset: &Dataset, index: u32) -> Result<Item, Error> {
        Item::of_size(index, dataset.size.0)
    }

    /// Draws page `index` at another size.
    pub(crate) fn of_size(index: u32, size: Size) -> Result<Item, Error> {
        let seed = Seed::reporting(index);
        let page = codes::draw(seed, size.width, size.height)
            .map_err(|e| Error::new(e.to_string(), "change the size of the dataset"))?;
        let image = &page.image;
        let photo = Photo::from_rgb(image.width(), image.height(), image.data().to_vec())?;
        Ok(Item { index, seed: seed.number(), photo, page })
    }

    pub(crate) fn image(&self) -> &Image {
        self.photo.image()
    }

    /// The texts on the page.
    pub(crate) fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.page.codes.iter().map(|code| code.text.as_str())
    }

    /// 1 for every patch that a code touches.
    pub(crate) fn answer(&self, grid: Grid) -> Result<Vec<u8>, Error> {
        Ok(self.page.answer_mask(grid)?)
    }

    /// A row about this page, to be completed.
    pub(crate) fn row(&self, suite: &str, measure: &'static str) -> Row {
        Row {
            suite: suite.into(),
            measure,
            item: self.index,
            seed: self.seed,
            width: self.image().width(),
            height: self.image().height(),
            weight: 1.0,
            ..Row::default()
        }
    }
}

/// Does `work` for every number below `count`, on as many threads as there are cores. The rows come in order, so
/// they do not depend on which thread was faster. The first error, by number, ends it.
pub(crate) fn each(
    count: u32,
    work: impl Fn(u32) -> Result<Vec<Row>, Error> + Sync,
) -> Result<Vec<Row>, Error> {
    let next = AtomicU32::new(0);
    let stop = AtomicBool::new(false);
    let done = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(1, usize::from).min(count as usize);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        return;
                    }
                    let result = work(index);
                    stop.fetch_or(result.is_err(), Ordering::Relaxed);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    let mut rows = Vec::new();
    for (_, result) in done {
        rows.extend(result?);
    }
    Ok(rows)
}

/// The part of an image from (`x`, `y`).
pub(crate) fn cut(image: &Image, x: u32, y: u32, size: Size) -> Result<Photo, Error> {
    let width = image.width() as usize;
    let mut rgb = Vec::with_capacity(3 * size.width as usize * size.height as usize);
    for row in y..y + size.height {
        let start = 3 * (row as usize * width + x as usize);
        let line = image.data().get(start..start + 3 * size.width as usize);
        rgb.extend_from_slice(line.ok_or_else(|| {
            Error::new(format!("{size} pixels from {x},{y} reach beyond the page"), "use a larger page")
        })?);
    }
    Photo::from_rgb(size.width, size.height, rgb)
}
