//! A page that is measured on, and going through pages side by side.
//!
//! A page is drawn or read when its turn comes and dropped afterwards: memory
//! does not grow with their number.

use std::{
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
};

use arrcoc::{Error, Grid, Photo};
use arrcoc_datasets::{
    corruption::Corruption,
    item::{Ask, Item},
};
use arrcoc_picture::Image;
use arrcoc_stats::Tiling;

use crate::{
    measure::Bench,
    row::{FAILED, Row},
    suite::Size,
};

/// A page, and what is asked of it.
pub(crate) struct Page {
    /// The name of its dataset.
    pub(crate) dataset: String,
    /// Its number, from 0.
    pub(crate) index: u32,
    /// The seed that it was drawn from; 0 where it was not drawn.
    pub(crate) seed: u64,
    pub(crate) photo: Photo,
    pub(crate) item: Item,
    /// Whether its regions are as users draw them, close to the ink.
    pub(crate) tight: bool,
    /// For each question how much each patch contributes to its answer, once that is known.
    pub(crate) contributions: Vec<OnceLock<Option<Vec<f64>>>>,
}

impl Page {
    pub(crate) fn image(&self) -> &Image {
        &self.item.image
    }

    /// The first question, for what needs one question a page.
    pub(crate) fn ask(&self) -> Ask {
        self.item.asks.first().cloned().unwrap_or_default()
    }

    /// How the patches of a grid lie on the page.
    pub(crate) fn tiling(&self, grid: Grid) -> Result<Tiling, Error> {
        Ok(Tiling::new(grid, self.image().width(), self.image().height())?)
    }

    /// What sort of page it is: `layout form, type 22`.
    pub(crate) fn traits(&self) -> String {
        let each = self.item.traits.iter().map(|(name, value)| format!("{name} {value}"));
        each.collect::<Vec<_>>().join(", ")
    }

    /// The same page made worse.
    pub(crate) fn corrupted(&self, family: Corruption, severity: u8) -> Result<Page, Error> {
        let seed = self.seed ^ u64::from(self.index);
        let image = family.apply(self.image(), severity, seed);
        let photo = Photo::from_rgb(image.width(), image.height(), image.data().to_vec())?;
        let item = Item { image, ..self.item.clone() };
        let contributions = Vec::new();
        Ok(Page { dataset: self.dataset.clone(), photo, item, contributions, ..*self })
    }

    /// A row about this page, to be completed.
    pub(crate) fn row(&self, suite: &str, measure: &'static str) -> Row {
        Row {
            suite: suite.into(),
            measure,
            dataset: self.dataset.clone(),
            item: self.index,
            name: self.item.name.clone(),
            traits: self.traits(),
            seed: self.seed,
            width: self.image().width(),
            height: self.image().height(),
            weight: 1.0,
            ..Row::default()
        }
    }
}

/// The row of a page that could not be had.
pub(crate) fn failure(suite: &str, measure: &'static str, dataset: &str, index: u32, error: &Error) -> Row {
    Row {
        suite: suite.into(),
        measure,
        dataset: dataset.into(),
        item: index,
        metric: FAILED,
        value: f64::NAN,
        weight: 1.0,
        reason: error.to_string(),
        ..Row::default()
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

/// Does `work` for every page of every dataset, as [`each`] does. A page that cannot be had is a row that says so.
pub(crate) fn every(
    bench: &Bench<'_>,
    measure: &'static str,
    work: impl Fn(&Page) -> Result<Vec<Row>, Error> + Sync,
) -> Result<Vec<Row>, Error> {
    let suite = bench.suite;
    let mut rows = Vec::new();
    for dataset in &suite.datasets {
        rows.extend(each(dataset.pages(bench.length), |index| match dataset.page(index) {
            Ok(page) => work(&page),
            Err(error) => Ok(vec![failure(&suite.name, measure, &dataset.name, index, &error)]),
        })?);
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
