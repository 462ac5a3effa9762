//! The two published models, and how to come by them.
//!
//! PP-OCRv4 (PaddleOCR; Liao et al. 2020, "Real-time scene text detection with
//! differentiable binarization"; Du et al. 2022, "SVTR") as a pair of files that
//! `cargo xtask fetch ocr` puts into a folder. A file that is not the pinned one is
//! refused before its first byte is parsed: scores are calibrated for these very
//! weights, and others that happen to load would be wrong without a word.

use std::{fs::File, io::Read, path::Path};

use arrcoc_sdk::Fault;
use rten::{Model, ModelOptions};

use crate::threads::Hand;

mod chain;

pub(crate) use chain::Chain;

/// A file that is known by its content.
struct Pinned {
    name: &'static str,
    /// Its length in bytes.
    length: u64,
    /// Its blake3.
    hash: &'static str,
}

/// Where is text?
const DETECTOR: Pinned = Pinned {
    name: "ch_PP-OCRv4_det_infer.onnx",
    length: 4_745_517,
    hash: "2b44a5100814b982d5f33c920d573dba91150069cf1525bc60f2e4b3f220ba3f",
};

/// What does a line say?
const RECOGNISER: Pinned = Pinned {
    name: "ch_PP-OCRv4_rec_infer.onnx",
    length: 10_857_958,
    hash: "6e47235f66df743e113807a035a1d3e5118d03d344226f5f15e4af3cda512424",
};

/// The detector and the recogniser. Running them needs no `&mut`.
pub(crate) struct Models {
    /// From an image to the probability of text, a pixel each.
    pub(crate) detector: Chain,
    /// From a line to the probability of each class, step by step.
    pub(crate) recogniser: Chain,
    /// The character that each class of the recogniser stands for. The first is CTC's blank and stands for none.
    pub(crate) classes: Vec<char>,
}

impl Models {
    /// Loads both from a folder that `cargo xtask fetch ocr` has filled.
    ///
    /// # Errors
    /// One line that names the file and what to do, when a file is absent or not the pinned one.
    pub(crate) fn open(folder: &Path) -> Result<Models, Fault> {
        // Laying the weights out for speed is parallel by itself: here on one thread, as the host may have granted one.
        let hand = Hand::new();
        let detector = load(folder, &DETECTOR, &hand)?;
        let recogniser = load(folder, &RECOGNISER, &hand)?;
        let listed = recogniser.metadata().get("character").unwrap_or_default();
        // The order of PaddleOCR: the blank, the letters, the space. Each is one character.
        let letters = listed.lines().flat_map(str::chars);
        let classes: Vec<char> = std::iter::once('\0').chain(letters).chain(std::iter::once(' ')).collect();
        let chain = |model: Model, cuts: &chain::Cuts, pinned: &Pinned| {
            Chain::new(model, cuts, &hand).map_err(|why| {
                Fault::internal(format!("{}: cannot take the model apart: {why}", pinned.name))
            })
        };
        let detector = chain(detector, &chain::DETECTOR, &DETECTOR)?;
        let recogniser = chain(recogniser, &chain::RECOGNISER, &RECOGNISER)?;
        Ok(Models { detector, recogniser, classes })
    }
}

fn load(folder: &Path, pinned: &Pinned, hand: &Hand) -> Result<Model, Fault> {
    let path = folder.join(pinned.name);
    let bytes = read(&path, pinned)?;
    let loaded = hand.run(|| {
        let mut options = ModelOptions::with_all_ops();
        options.prepack_weights(true);
        options.load(bytes).map_err(|error| first_line(&error))
    });
    loaded.map_err(|why| Fault::internal(format!("{}: cannot load the model: {why}", path.display())))
}

/// The bytes of a file, if they are those that are meant.
fn read(path: &Path, pinned: &Pinned) -> Result<Vec<u8>, Fault> {
    const MEND: &str = "`cargo xtask fetch ocr` fetches it";
    let shown = path.display();
    let refused = |what: String| Fault::invalid(format!("{shown}: {what}; {MEND}"));
    // Looked at before it is opened: opening a pipe would wait for whoever writes to it.
    let found = path.metadata().map_err(|error| refused(format!("cannot read the model: {error}")))?;
    if !found.is_file() {
        return Err(refused("not a file".into()));
    }
    let another = |what: String| {
        Fault::invalid(format!(
            "{shown}: not the model that is meant: {what}; remove the folder, then {MEND}"
        ))
    };
    if found.len() != pinned.length {
        return Err(another(format!("it has {} bytes, not {}", found.len(), pinned.length)));
    }
    let mut bytes = Vec::with_capacity(pinned.length as usize);
    // It may have grown since; no more than its length is ever read.
    File::open(path)
        .and_then(|file| file.take(pinned.length).read_to_end(&mut bytes))
        .map_err(|error| refused(format!("cannot read the model: {error}")))?;
    if blake3::hash(&bytes).to_hex().as_str() != pinned.hash {
        return Err(another("its content differs".into()));
    }
    Ok(bytes)
}

/// The first line of what the model's runtime says.
pub(crate) fn first_line(error: &dyn std::fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
