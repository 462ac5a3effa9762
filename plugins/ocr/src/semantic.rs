//! How alike phrases are in meaning: a sentence embedder, so that a question
//! finds "Date of birth" when it asks "when was she born?".
//!
//! ```text
//! texts ─▶ word pieces ─▶ batches by length ─▶ encoder ─▶ mean over pieces ─▶ unit vectors
//!         [pieces]        [batch]             [encoder]
//! ```
//!
//! The model is all-MiniLM-L6-v2 as sentence-transformers defines it: BERT with
//! six layers of 384 numbers, at most 256 word pieces, the mean over all pieces
//! (with the two marks around the text), length 1. Other weights of the same
//! kind, BERT with vectors of 384, are taken too.
//!
//! A folder with a model comes from outside. Everything in it is checked before
//! the first product ([`config`], [`weights`], [`pieces`]); what is wrong is one
//! line that names the file and the tensor ([`ModelError`]).
//!
//! candle-transformers has a BERT too. It takes a rectangle of texts, padded to
//! one length and masked; the encoder here packs texts without padding, so that
//! a page of short phrases costs no more than its words, and no text depends on
//! the others beside it. What is computed is the same: within 1e-6 of
//! sentence-transformers (`tests/compare/minilm.py`). Another kind of processor
//! may differ in the last digits, another number of threads does not.

mod batch;
mod config;
mod encoder;
mod fault;
mod gelu;
mod pieces;
mod weights;

use std::path::Path;

use rayon::{
    ThreadPoolBuilder,
    iter::{IntoParallelIterator, ParallelIterator},
};

pub(crate) use fault::ModelError;

use config::Config;
use encoder::Encoder;
use pieces::Pieces;

/// The numbers of a vector.
pub(crate) const WIDTH: usize = 384;

/// The most threads that are started for one call.
const THREADS: usize = 64;

/// A sentence embedder: phrases in, unit vectors out. One for a plugin: embedding needs no `&mut`.
pub(crate) struct Embedder {
    pieces: Pieces,
    encoder: Encoder,
    digest: String,
}

impl Embedder {
    /// Opens the model of a folder: `config.json`, `tokenizer.json`, `model.safetensors`. Reads all of it.
    ///
    /// # Errors
    /// When a file is absent, cannot be read, or is not part of a model of the kind that is meant.
    pub(crate) fn open(folder: &Path) -> Result<Embedder, ModelError> {
        let mut hash = blake3::Hasher::new();
        let config = Config::read(&folder.join("config.json"), &mut hash)?;
        let pieces = Pieces::read(&folder.join("tokenizer.json"), &config, &mut hash)?;
        let encoder = Encoder::read(&folder.join("model.safetensors"), &config, &mut hash)?;
        Ok(Embedder { pieces, encoder, digest: hash.finalize().to_hex().to_string() })
    }

    /// The blake3 of the three files, in hexadecimal: another digest may be another meaning of the vectors.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// The vector of each text, in the order of the texts; the cosine of two is their dot product. At most 256 word pieces
    /// of a text are looked at. A vector is the same within 1e-6 whatever other texts are given with it, and the same to
    /// the bit on any number of threads.
    ///
    /// # Errors
    /// When the model answers with something that is not a number, or threads cannot be started.
    pub(crate) fn embed(&self, texts: &[&str], threads: usize) -> Result<Vec<[f32; WIDTH]>, ModelError> {
        let pieces = texts.iter().map(|text| self.pieces.of(text)).collect::<Result<Vec<_>, _>>()?;
        let lengths: Vec<usize> = pieces.iter().map(Vec::len).collect();
        let batches = batch::batches(&lengths);
        // The tensors' arithmetic takes the pool that it is called in, and without one a thread for each core.
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads.clamp(1, THREADS))
            .build()
            .map_err(|error| ModelError::run(&error))?;
        let encode = |batch: Vec<usize>| {
            let rows: Vec<&[u32]> = batch.iter().map(|&text| pieces[text].as_slice()).collect();
            Ok((self.encoder.encode(&rows)?, batch))
        };
        let encoded: Vec<_> =
            pool.install(|| batches.into_par_iter().map(encode).collect::<Result<_, ModelError>>())?;
        let mut vectors = vec![[0.0; WIDTH]; texts.len()];
        for (of_batch, batch) in encoded {
            for (vector, text) in of_batch.into_iter().zip(batch) {
                vectors[text] = vector;
            }
        }
        Ok(vectors)
    }
}

#[cfg(test)]
mod tests;
