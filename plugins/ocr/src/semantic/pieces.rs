//! From text to word pieces: `tokenizer.json`, as the `tokenizers` library reads
//! it.
//!
//! The file's own truncation, padding and frame are not used: all-MiniLM-L6-v2
//! ships a file that cuts and pads to 128, which sentence-transformers overrides
//! with 256 and with no more padding than a batch needs. The two marks around
//! a text are added here.

use std::path::Path;

use serde::Deserialize;
use tokenizers::{ModelWrapper, Tokenizer};

use super::{
    config::{Config, read},
    fault::{ModelError, plain},
};

/// The longest file, in bytes.
const BYTES: u64 = 16 << 20;
/// The most pieces of a text, with the two marks (`max_seq_length` of all-MiniLM-L6-v2).
const LONGEST: usize = 256;
/// Where a text is cut before it is looked at, in bytes. 254 pieces are rarely longer than 2000.
const TEXT: usize = 16 << 10;
/// The most letters of a word that is looked for piece by piece.
const WORD: usize = 200;
/// The marks before and after a text.
const MARKS: [&str; 2] = ["[CLS]", "[SEP]"];

/// Cuts texts into word pieces.
pub(super) struct Pieces {
    tokenizer: Tokenizer,
    marks: [u32; 2],
    /// The most pieces between the marks.
    most: usize,
}

/// What is looked at before the library sees the file: parts of another kind may do anything, and take any time.
#[derive(Deserialize)]
struct Outline {
    normalizer: OutlinePart,
    pre_tokenizer: OutlinePart,
    model: OutlinePart,
}

#[derive(Deserialize)]
struct OutlinePart {
    #[serde(rename = "type")]
    kind: String,
}

impl Pieces {
    /// Reads and checks the file, and adds it to `hash`.
    pub(super) fn read(
        file: &Path,
        config: &Config,
        hash: &mut blake3::Hasher,
    ) -> Result<Pieces, ModelError> {
        let bytes = read(file, BYTES, hash)?;
        let wrong = |what: String| ModelError::file(file, what);
        let unlike = |error: &dyn std::fmt::Display| {
            wrong(format!("is not a tokenizer of word pieces: {}", plain(error)))
        };
        let outline: Outline = serde_json::from_slice(&bytes).map_err(|error| unlike(&error))?;
        for (key, part, right) in [
            ("normalizer", &outline.normalizer, "BertNormalizer"),
            ("pre_tokenizer", &outline.pre_tokenizer, "BertPreTokenizer"),
            ("model", &outline.model, "WordPiece"),
        ] {
            if part.kind != right {
                let kind = plain(&part.kind);
                return Err(wrong(format!("has a `{key}` of type `{kind}`; this embedder needs `{right}`")));
            }
        }
        let mut tokenizer = Tokenizer::from_bytes(&bytes).map_err(|error| unlike(&error))?;
        let ModelWrapper::WordPiece(model) = tokenizer.get_model() else {
            return Err(wrong("has a model that is not of type `WordPiece`".into()));
        };
        // The time for a word grows with the square of its length.
        let most = model.max_input_chars_per_word;
        if most > WORD {
            let key = "max_input_chars_per_word";
            return Err(wrong(format!("has `{key}` {most}; this embedder needs at most {WORD}")));
        }
        if !tokenizer.get_vocab(false).contains_key(&model.unk_token) {
            return Err(wrong(format!(
                "has no piece `{}` for what it does not know",
                plain(&model.unk_token)
            )));
        }
        if let Some((piece, id)) =
            tokenizer.get_vocab(true).into_iter().filter(|(_, id)| *id as usize >= config.pieces).min()
        {
            let (piece, pieces) = (plain(&piece), config.pieces);
            return Err(wrong(format!(
                "gives the piece `{piece}` the number {id}; config.json says {pieces} pieces"
            )));
        }
        let mut marks = [0; 2];
        for (mark, name) in marks.iter_mut().zip(MARKS) {
            *mark = tokenizer.token_to_id(name).ok_or_else(|| wrong(format!("has no piece `{name}`")))?;
        }
        tokenizer.with_padding(None).with_post_processor(None::<tokenizers::PostProcessorWrapper>);
        tokenizer.with_truncation(None).map_err(|error| unlike(&error))?;
        Ok(Pieces { tokenizer, marks, most: LONGEST.min(config.places) - MARKS.len() })
    }

    /// The pieces of a text, with the marks: 2 to 256 of them, each less than the pieces that the model knows.
    pub(super) fn of(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let text = &text[..text.floor_char_boundary(TEXT)];
        let encoding = self.tokenizer.encode_fast(text, false).map_err(|error| ModelError::run(&error))?;
        let ids = encoding.get_ids();
        let [before, after] = self.marks;
        let mut pieces = vec![before];
        pieces.extend_from_slice(&ids[..ids.len().min(self.most)]);
        pieces.push(after);
        Ok(pieces)
    }
}
