//! A text to token numbers, by the folder's `tokenizer.json`.
//!
//! A tokenizer that belongs to another model is found when it is loaded: its
//! numbers must lie within the model's vocabulary, and CLIP's end of text must
//! be the token that the model was made to listen to.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrcoc_sdk::Fault;
use serde_json::Value;
use tokenizers::{
    PaddingDirection, PaddingParams, PaddingStrategy, Tokenizer, TruncationParams, TruncationStrategy,
};

use crate::{
    config::{Config, Family},
    folder::{Folder, first_line},
};

const FILE: &str = "tokenizer.json";

/// Most bytes of `tokenizer.json`: Gemma's, the largest in use, has 34 million.
const FILE_LIMIT: u64 = 128 << 20;

/// Most bytes of a text that are looked at. The encoders take some 60 words; a
/// tokenizer would spend a long time on a long text only to cut it off.
const TEXT_LIMIT: usize = 16 * 1024;

/// What CLIP's older files say for the end of a text. It never was a token: it
/// stands for the largest number in the text, which `transformers` keeps up.
const LEGACY_END: u32 = 2;

/// Turns texts into token numbers.
pub(crate) struct Tokens {
    tokenizer: Tokenizer,
    family: Family,
    place: String,
    vocabulary: usize,
    end: u32,
}

/// A text in numbers.
#[derive(Debug, PartialEq)]
pub(crate) struct Ids {
    /// Its tokens, at least one.
    pub(crate) ids: Vec<u32>,
    /// Which of them speaks for the text.
    pub(crate) speaker: usize,
    /// Whether the text was too long and its end is left out.
    pub(crate) cut: bool,
}

impl Tokens {
    /// Reads the tokenizer; also gives its bytes.
    pub(crate) fn read(folder: &Folder, config: &Config) -> Result<(Tokens, Vec<u8>), Fault> {
        let bytes = folder.read(FILE, FILE_LIMIT)?;
        let broken = |e: tokenizers::Error| {
            folder.fault(FILE, format!("is no valid tokenizer: {}", first_line(&e.to_string())))
        };
        let panicked = |_| folder.fault(FILE, "is no valid tokenizer: it cannot be taken apart");
        let text = &config.text;
        // The library panics on some files that are wrong within.
        let tokenizer = catch_unwind(|| Tokenizer::from_bytes(&bytes)).map_err(panicked)?.map_err(broken)?;
        let pad = (config.family == Family::Siglip)
            .then(|| padding(folder, &tokenizer, text.pad))
            .transpose()?
            .map(|(pad_id, pad_token)| PaddingParams {
                strategy: PaddingStrategy::Fixed(text.positions),
                direction: PaddingDirection::Right,
                pad_to_multiple_of: None,
                pad_type_id: 0,
                pad_id,
                pad_token,
            });
        let cut = TruncationParams {
            max_length: text.positions,
            strategy: TruncationStrategy::LongestFirst,
            ..TruncationParams::default()
        };
        let tokenizer = catch_unwind(AssertUnwindSafe(move || {
            let mut tokenizer = tokenizer;
            tokenizer.with_truncation(Some(cut))?;
            tokenizer.with_padding(pad);
            Ok::<Tokenizer, tokenizers::Error>(tokenizer)
        }));
        let tokenizer = tokenizer.map_err(panicked)?.map_err(broken)?;
        let tokens = Tokens {
            tokenizer,
            family: config.family,
            place: folder.place(FILE),
            vocabulary: text.vocabulary,
            end: text.end,
        };
        Ok((tokens, bytes))
    }

    /// The numbers of a text.
    pub(crate) fn ids(&self, text: &str) -> Result<Ids, Fault> {
        let fault = |what: String| Fault::invalid(format!("{}: {what}", self.place));
        let text_limit = text.floor_char_boundary(TEXT_LIMIT);
        let encoding =
            catch_unwind(AssertUnwindSafe(|| self.tokenizer.encode_fast(&text[..text_limit], true)))
                .map_err(|_| fault("the tokenizer panicked on a text".to_owned()))?
                .map_err(|e| fault(format!("a text cannot be tokenized: {}", first_line(&e.to_string()))))?;
        let ids = encoding.get_ids().to_vec();
        if ids.is_empty() {
            return Err(fault("a text has no tokens, not even one for its end".to_owned()));
        }
        if let Some(id) = ids.iter().find(|id| **id as usize >= self.vocabulary) {
            return Err(fault(format!("gives token {id}, and config.json has {} tokens", self.vocabulary)));
        }
        let speaker = match self.family {
            Family::Siglip => ids.len() - 1,
            Family::Clip => self.end_of(&ids).ok_or_else(|| {
                fault(format!("does not end a text with token {}, `eos_token_id` of config.json", self.end))
            })?,
        };
        let cut = text_limit < text.len() || !encoding.get_overflowing().is_empty();
        Ok(Ids { ids, speaker, cut })
    }

    fn end_of(&self, ids: &[u32]) -> Option<usize> {
        let end = if self.end == LEGACY_END { ids.iter().copied().max()? } else { self.end };
        ids.iter().position(|id| *id == end)
    }
}

/// The token that fills a text up: `tokenizer_config.json` names it, else
/// `tokenizer.json`, else `config.json` does.
fn padding(folder: &Folder, tokenizer: &Tokenizer, otherwise: u32) -> Result<(u32, String), Fault> {
    const SETTINGS: &str = "tokenizer_config.json";
    if folder.has(SETTINGS) {
        let (settings, _) = folder.object(SETTINGS)?;
        let named = settings.get("pad_token").and_then(|value| match value {
            Value::Object(token) => token.get("content").and_then(Value::as_str),
            other => other.as_str(),
        });
        if let Some(token) = named {
            let id = tokenizer.token_to_id(token);
            let id = id.ok_or_else(|| {
                settings.fault("pad_token", format!("is `{token}`, which {FILE} does not know"))
            })?;
            return Ok((id, token.to_owned()));
        }
    }
    if let Some(padding) = tokenizer.get_padding() {
        return Ok((padding.pad_id, padding.pad_token.clone()));
    }
    Ok((otherwise, tokenizer.id_to_token(otherwise).unwrap_or_default()))
}
