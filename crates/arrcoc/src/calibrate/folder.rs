//! A labelled folder: images, what is asked of them, where the answers are, and tensors for each image.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
};

use arrcoc_datasets::files::{self as lists, Place, ReadError, Record, Source};
use arrcoc_decide::fit::MOST_LABELLED;
use arrcoc_picture::Limits;
use arrcoc_stats::{Grid, Tiling};

use super::channels::Channels;
use crate::{engine::Engine, error::Error, files, photo::Photo, request::Request, tensors::Tensors};

/// A labelled folder, checked as far as can be without decoding its images.
#[derive(Debug)]
pub struct Folder {
    pages: Vec<Page>,
    left_out: usize,
    manifest: String,
    grid: Grid,
    limits: Limits,
}

/// An image and the questions about it that say where their answer is.
#[derive(Debug)]
struct Page {
    record: Record,
    /// Indices of its questions.
    asked: Vec<usize>,
    tensors: Option<PathBuf>,
}

impl Folder {
    /// Reads the list of a folder (`items.jsonl`), and checks that all files which it names are there.
    ///
    /// `tensors` is a folder with a safetensors file for each image, of the image's path with another ending:
    /// `pages/1.safetensors` for `pages/1.png`. Its `query_embeddings` have a row for each question of the image, in
    /// the order of the list. No more than `most` images are taken.
    ///
    /// # Errors
    /// With the line when the list is wrong; when a file is missing; when no question says where its answer is.
    pub fn read(
        path: &Path,
        tensors: Option<&Path>,
        grid: Grid,
        limits: Limits,
        most: Option<usize>,
    ) -> Result<Folder, Error> {
        let list = if path.is_dir() { path.join(lists::MANIFEST_NAME) } else { path.to_owned() };
        let mut records = lists::manifest(&list).map_err(wrong)?;
        let bytes = files::read(&list, "read the list", lists::MANIFEST_BYTES)?;
        records.truncate(most.unwrap_or(usize::MAX));
        let base = list.parent().unwrap_or(Path::new(""));
        let mut folder = Folder {
            pages: Vec::new(),
            left_out: 0,
            manifest: blake3::hash(&bytes).to_hex().to_string(),
            grid,
            limits,
        };
        let mut taken = BTreeSet::new();
        for record in records {
            let asked: Vec<usize> =
                (0..record.queries.len()).filter(|&query| says_where(&record, query)).collect();
            folder.left_out += record.queries.len() - asked.len();
            if asked.is_empty() {
                continue;
            }
            let image = match &record.image {
                Source::Path(image) => image.clone(),
                Source::Bytes(_) => PathBuf::new(),
            };
            check_there(&image, "read the image")?;
            let below = image.strip_prefix(base).unwrap_or(&image).with_extension("safetensors");
            let tensors = tensors.map(|folder| folder.join(below));
            if let Some(tensors) = &tensors {
                check_there(tensors, "read the tensors")?;
                if !taken.insert(tensors.clone()) {
                    return Err(Error::new(
                        format!("{}: two images would have these tensors", tensors.display()),
                        "give images names that differ before the ending",
                    ));
                }
            }
            folder.pages.push(Page { record, asked, tensors });
        }
        folder.check_size()?;
        if folder.pages.is_empty() {
            return Err(Error::new(
                format!("{}: no question says where its answer is", list.display()),
                "give `question` and `box`, and `label_box` for the words that the question names",
            ));
        }
        Ok(folder)
    }

    /// Pages.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.pages.len()
    }

    pub(super) fn left_out(&self) -> usize {
        self.left_out
    }

    pub(super) fn grid(&self) -> Grid {
        self.grid
    }

    pub(super) fn manifest(&self) -> &str {
        &self.manifest
    }

    fn check_size(&self) -> Result<(), Error> {
        let questions: usize = self.pages.iter().map(|page| page.asked.len()).sum();
        if questions.saturating_mul(self.grid.patches()) <= MOST_LABELLED {
            return Ok(());
        }
        Err(Error::new(
            format!(
                "{questions} questions on {} patches are more than {MOST_LABELLED} patches",
                self.grid.patches()
            ),
            "take fewer pages with --limit, or a coarser grid",
        ))
    }

    /// Has the scorers answer all questions of a page.
    pub(super) fn look(&self, engine: &Engine, page: usize, channels: &mut Channels) -> Result<(), Error> {
        let Page { record, asked, tensors } = &self.pages[page];
        let item = record.load(&self.limits).map_err(wrong)?;
        let here = |mut e: Error| {
            // The option of a single decision is another here.
            e.hint = e.hint.map(|hint| hint.replace("--tensors,", "--tensors-dir,"));
            e.in_file(Path::new(&record.name))
        };
        let image = &item.image;
        let tiling = Tiling::new(self.grid, image.width(), image.height()).map_err(|e| here(e.into()))?;
        let photo = Photo::from_rgb(image.width(), image.height(), image.data().to_vec())?;
        let given = tensors.as_deref().map(Tensors::read).transpose()?.unwrap_or_default();
        let request = Request::new(photo).grid(self.grid);
        // Where each question has tensors of its own, each needs a look of its own.
        let groups: Vec<Vec<usize>> = match given.has_questions() {
            true => asked.iter().map(|&query| vec![query]).collect(),
            false => vec![asked.clone()],
        };
        for group in groups {
            let tensors = match (given.has_questions(), group.first()) {
                (true, Some(&query)) => given.of_question(query, record.queries.len()),
                _ => Ok(given.clone()),
            };
            let tensors = tensors.map_err(|e| e.in_file(record_tensors(&self.pages[page], &record.name)))?;
            let request = request.clone().tensors(tensors);
            let mut look = engine.look(&request).map_err(here)?;
            for query in group {
                let ask = &item.asks[query];
                let (said, reasons) = look.raw(&ask.question).map_err(here)?;
                channels.take(page, &ask.held_patches(&tiling), said, &reasons).map_err(here)?;
            }
        }
        Ok(())
    }
}

fn record_tensors<'a>(page: &'a Page, name: &'a str) -> &'a Path {
    page.tensors.as_deref().unwrap_or(Path::new(name))
}

/// Whether a question is one, and each of its answers has a place.
fn says_where(record: &Record, query: usize) -> bool {
    let query = &record.queries[query];
    !query.question.trim().is_empty() && query.found.iter().all(|found| found.place != Place::Anywhere)
}

fn check_there(path: &Path, doing: &str) -> Result<(), Error> {
    if path.exists() {
        return Ok(());
    }
    Err(Error::file(path, doing, &io::Error::new(io::ErrorKind::NotFound, "no such file")))
}

fn wrong(e: ReadError) -> Error {
    let hint = e.hint().unwrap_or_else(|| {
        "each line is such as {\"image\": \"1.png\", \"question\": \"…\", \"box\": [x, y, width, height]}"
            .into()
    });
    Error::new(e.to_string(), hint)
}
