//! The files of a model folder, read under limits.
//!
//! A folder comes from anywhere, so nothing about it is believed: a file is
//! measured before it is read, what is no plain file is not opened (a pipe would
//! hang), and every refusal names the file.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use arrcoc_sdk::Fault;
use serde_json::{Map, Value};

/// Most bytes of a JSON file other than the tokenizer's.
const JSON_LIMIT: u64 = 16 << 20;

/// A folder on this machine.
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at `path`.
    pub(crate) fn open(path: &Path) -> Result<Folder, Fault> {
        if path.as_os_str().is_empty() {
            return Err(Fault::invalid(
                "parameter `model` is empty: give a folder with config.json, tokenizer.json and model.safetensors",
            ));
        }
        if !path.is_dir() {
            return Err(Fault::invalid(format!("{}: there is no such folder", path.display())));
        }
        Ok(Folder { path: path.to_owned() })
    }

    /// Where the file `name` is, for a message.
    pub(crate) fn place(&self, name: &str) -> String {
        self.path.join(name).display().to_string()
    }

    /// A fault about the file `name`.
    pub(crate) fn fault(&self, name: &str, what: impl std::fmt::Display) -> Fault {
        Fault::invalid(format!("{}: {what}", self.place(name)))
    }

    /// Whether there is anything of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.path.join(name).exists()
    }

    /// Opens a plain file and measures it.
    pub(crate) fn file(&self, name: &str) -> Result<(File, u64), Fault> {
        let path = self.path.join(name);
        let told = std::fs::metadata(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => self.fault(name, "the file is missing"),
            _ => self.fault(name, format!("cannot be read: {e}")),
        })?;
        if !told.is_file() {
            return Err(self.fault(name, "is no plain file"));
        }
        let file = File::open(&path).map_err(|e| self.fault(name, format!("cannot be read: {e}")))?;
        Ok((file, told.len()))
    }

    /// All of a file of at most `limit` bytes.
    pub(crate) fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>, Fault> {
        let (file, length) = self.file(name)?;
        let too_long = || self.fault(name, format!("has more than {limit} bytes, the limit for this file"));
        if length > limit {
            return Err(too_long());
        }
        let mut bytes = Vec::with_capacity(length as usize);
        // The file may have grown since it was measured.
        file.take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| self.fault(name, format!("cannot be read: {e}")))?;
        if bytes.len() as u64 > limit {
            return Err(too_long());
        }
        Ok(bytes)
    }

    /// A file that is one JSON object, and its bytes.
    pub(crate) fn object(&self, name: &str) -> Result<(Section<'_>, Vec<u8>), Fault> {
        let bytes = self.read(name, JSON_LIMIT)?;
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|e| self.fault(name, format!("is no valid JSON: {}", first_line(&e.to_string()))))?;
        let Value::Object(map) = value else {
            return Err(self.fault(name, "is no JSON object"));
        };
        Ok((Section { folder: self, file: name.to_owned(), prefix: String::new(), map }, bytes))
    }
}

/// The first line of another library's message, so that a fault stays one line.
pub(crate) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim()
}

/// An object within a JSON file. A key that is absent or null has its default.
pub(crate) struct Section<'a> {
    folder: &'a Folder,
    file: String,
    prefix: String,
    map: Map<String, Value>,
}

impl<'a> Section<'a> {
    /// A fault about a key.
    pub(crate) fn fault(&self, key: &str, what: impl std::fmt::Display) -> Fault {
        self.folder.fault(&self.file, format!("`{}{key}` {what}", self.prefix))
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// The object under a key; an empty one when it is absent.
    pub(crate) fn section(&self, key: &str) -> Result<Section<'a>, Fault> {
        let map = match self.get(key) {
            None => Map::new(),
            Some(Value::Object(map)) => map.clone(),
            Some(_) => return Err(self.fault(key, "is no object")),
        };
        let prefix = format!("{}{key}.", self.prefix);
        Ok(Section { folder: self.folder, file: self.file.clone(), prefix, map })
    }

    /// A whole number from 1 to `most`.
    pub(crate) fn size(&self, key: &str, default: usize, most: usize) -> Result<usize, Fault> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| (1..=most).contains(n)).ok_or_else(
            || self.fault(key, format!("is {}, not a whole number from 1 to {most}", short(value))),
        )
    }

    /// A token's number.
    pub(crate) fn token(&self, key: &str, default: u32) -> Result<u32, Fault> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .ok_or_else(|| self.fault(key, format!("is {}, not a token's number", short(value))))
    }

    /// A finite number above 0.
    pub(crate) fn positive(&self, key: &str, default: f64) -> Result<f64, Fault> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value
            .as_f64()
            .filter(|x| x.is_finite() && *x > 0.0)
            .ok_or_else(|| self.fault(key, format!("is {}, not a number above 0", short(value))))
    }

    /// A word.
    pub(crate) fn word(&self, key: &str, default: &str) -> Result<String, Fault> {
        let Some(value) = self.get(key) else { return Ok(default.to_owned()) };
        let word = value.as_str().map(str::to_owned);
        word.ok_or_else(|| self.fault(key, format!("is {}, not a text", short(value))))
    }

    /// Yes or no.
    pub(crate) fn flag(&self, key: &str, default: bool) -> Result<bool, Fault> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value.as_bool().ok_or_else(|| self.fault(key, format!("is {}, not true or false", short(value))))
    }
}

/// A value as it stands in a message.
pub(crate) fn short(value: &Value) -> String {
    let text = value.to_string();
    let cut: String = text.chars().take(40).collect();
    if cut.len() < text.len() { format!("`{cut}…`") } else { format!("`{cut}`") }
}
