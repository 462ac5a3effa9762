//! Reads a line of text: the PP-OCR recogniser, a published model that nobody
//! here has trained, told nothing but the pixels of one region.
//!
//! ```text
//! image, region ─▶ input ─▶ model ─▶ classes × steps ─▶ decode ─▶ text, confidence
//! ```
//!
//! PP-OCRv4 (PaddleOCR; Li et al. 2022, "PP-OCRv3", for the architecture: SVTR
//! with a CTC head) finds no text by itself: it is given the region that a
//! dataset says the answer is in, so that what it fails to read, the page does
//! not show. It knows Chinese and English letters, digits and signs, 6623
//! classes, and it sees a page in one direction, left to right.
//!
//! The model is an optional asset ([`asset`]): what cannot be found or is not
//! the pinned file is an error that says how to fetch it. The same file on the
//! same kind of processor gives the same text; another kind may add floats in
//! another order, which moves the confidence in its last digits.

pub(crate) mod asset;
mod decode;
mod input;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use arrcoc::Error;
use arrcoc_picture::Image;
use arrcoc_stats::Rect;
use rten::{Model, ModelOptions, RunOptions, ThreadPool, Value};

/// Raised when the way to the model or back changes, so that readings that were kept are not mistaken for new ones.
const VERSION: u32 = 1;

/// What was read in a region.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    /// The text; empty where nothing was read.
    pub(crate) text: String,
    /// The mean, over the letters of the text, of the probability of that letter: in [0, 1]; 0 where nothing was read.
    pub(crate) confidence: f64,
}

/// The recogniser. One for a run: reading needs no `&mut`, and threads may read side by side.
pub(crate) struct Recogniser {
    model: Model,
    /// What each class of the model stands for. The first is CTC's blank.
    classes: Vec<String>,
    digest: String,
    /// Pools of one thread that nobody uses just now. A run of the model needs one: the library's own pool has a thread
    /// for each core, which is too many when pages are already read side by side, and a pool that is shared would make
    /// them wait for each other.
    idle: Mutex<Vec<Arc<ThreadPool>>>,
}

impl Recogniser {
    /// Loads the recogniser of a folder that `cargo xtask fetch ocr` has filled.
    ///
    /// # Errors
    /// When the model is not there, is not the pinned file, or cannot be loaded.
    pub(crate) fn open(folder: &Path) -> Result<Recogniser, Error> {
        let path = folder.join(asset::MODEL);
        let unusable = |what: String| {
            Error::new(
                format!("{}: {what}", path.display()),
                "remove the folder and run `cargo xtask fetch ocr`",
            )
        };
        let bytes = asset::read(&path)?;
        let mut options = ModelOptions::with_all_ops();
        options.prepack_weights(true);
        let model = options
            .load(bytes)
            .map_err(|error| unusable(format!("cannot load the model: {}", plain(&error))))?;
        let letters = model
            .metadata()
            .get("character")
            .ok_or_else(|| unusable("the model does not say what its classes stand for".into()))?;
        // The order of PaddleOCR: the blank, the letters, the space.
        let classes = std::iter::once("")
            .chain(letters.lines())
            .chain(std::iter::once(" "))
            .map(str::to_owned)
            .collect();
        let digest =
            blake3::hash(format!("arrcoc.read/{VERSION} {} {}", asset::HASH, input::MARGIN).as_bytes());
        Ok(Recogniser { model, classes, digest: digest.to_hex().to_string(), idle: Mutex::default() })
    }

    /// What a reading depends on beside image and region, as a name for caches: the model and the way to it.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// Reads the line of text in `region`, which is made a little larger on all sides first ([`input::MARGIN`]) and cut
    /// off at the border of the image. Works on one thread, whatever the machine has.
    ///
    /// # Errors
    /// When the region has no pixel of the image, or the model answers with something that is not a probability for
    /// each class.
    pub(crate) fn read(&self, image: &Image, region: Rect) -> Result<Reading, Error> {
        self.read_within(image, region, input::MARGIN)
    }

    /// The same, where the region is made larger by so many times its height on all sides; 0 where it has room already.
    pub(crate) fn read_within(&self, image: &Image, region: Rect, margin: f64) -> Result<Reading, Error> {
        let input = input::Input::cut(image, region, margin)?;
        let odd =
            |what: String| Error::new(format!("the recogniser {what}"), "run `cargo xtask fetch ocr` again");
        let value = Value::from_shape(input.shape(), input.values)
            .map_err(|e| odd(format!("refused a line: {e}")))?;
        let pool = self.lock().pop().unwrap_or_else(|| Arc::new(ThreadPool::with_num_threads(1)));
        let options = RunOptions::default().with_thread_pool(Some(pool.clone()));
        let output = self.model.run_one(value.into(), Some(options));
        self.lock().push(pool);
        let output = output.map_err(|error| odd(format!("failed: {}", plain(&error))))?;
        let (shape, scores) =
            output.into_shape_vec::<f32, 3>().map_err(|e| odd(format!("answered in another form: {e}")))?;
        let [lines, steps, classes] = shape;
        if (lines, classes) != (1, self.classes.len()) {
            let expected = self.classes.len();
            return Err(odd(format!("answered {lines}×{steps}×{classes} numbers instead of 1×…×{expected}")));
        }
        decode::greedy(&scores, &self.classes)
            .ok_or_else(|| odd("answered something that is not a number".into()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<ThreadPool>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first line of what a library says.
fn plain(error: &dyn std::fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
