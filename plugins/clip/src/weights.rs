//! Tensors of safetensors files, checked before they are read.
//!
//! One file or the shards that an index names. Headers are read first and
//! checked against the length of the file, so a truncated or damaged file is
//! found before any memory is taken, and a tensor takes no more than it has in
//! the file. Nothing is mapped: a file that another process cuts short would
//! end this one.
//!
//! Format: <https://huggingface.co/docs/safetensors>.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use arrcoc_sdk::Fault;
use candle_core::{DType, Device, Tensor};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    folder::{Folder, first_line},
    grant::Grant,
};

const SINGLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// Most bytes of a header: the format's own limit.
const HEADER_LIMIT: u64 = 100_000_000;

/// Most files of one model.
const SHARD_LIMIT: usize = 1000;

/// The weights of a model: every tensor that its files hold, still unread.
pub(crate) struct Weights<'a> {
    folder: &'a Folder,
    grant: Grant<'a>,
    device: Device,
    files: Vec<Shard>,
    /// Which file an index says that a tensor is in.
    index: Option<BTreeMap<String, usize>>,
}

struct Shard {
    name: String,
    file: RefCell<File>,
    data_at: u64,
    tensors: BTreeMap<String, Entry>,
}

#[derive(Clone)]
struct Entry {
    dtype: DType,
    shape: Vec<usize>,
    at: u64,
    bytes: usize,
}

impl<'a> Weights<'a> {
    /// Reads and checks the headers.
    pub(crate) fn open(folder: &'a Folder, device: &Device, grant: Grant<'a>) -> Result<Weights<'a>, Fault> {
        let (names, index) = if folder.has(SINGLE) {
            (vec![SINGLE.to_owned()], None)
        } else if folder.has(INDEX) {
            let (names, index) = read_index(folder)?;
            (names, Some(index))
        } else {
            return Err(folder.fault(SINGLE, format!("the file is missing, and so is {INDEX}")));
        };
        let files = names.into_iter().map(|name| Shard::open(folder, name)).collect::<Result<_, _>>()?;
        Ok(Weights { folder, grant, device: device.clone(), files, index })
    }

    /// Adds every byte of every file to a hash, in the order of their names. How
    /// a model is cut into files is part of it.
    pub(crate) fn hash(&self, hasher: &mut blake3::Hasher) -> Result<(), Fault> {
        let mut buffer = vec![0u8; 1 << 20];
        for shard in &self.files {
            let broken = |e: std::io::Error| self.folder.fault(&shard.name, format!("cannot be read: {e}"));
            let mut file = shard.file.borrow_mut();
            file.seek(SeekFrom::Start(0)).map_err(broken)?;
            loop {
                self.grant.check()?;
                let n = file.read(&mut buffer).map_err(broken)?;
                if n == 0 {
                    break;
                }
                hasher.update(&buffer[..n]);
            }
        }
        Ok(())
    }

    /// Reads a tensor of this shape, as f32.
    pub(crate) fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor, Fault> {
        self.grant.check()?;
        let shard = match &self.index {
            None => &self.files[0],
            Some(index) => {
                let at = index.get(name).ok_or_else(|| {
                    self.folder.fault(INDEX, format!("names no file for the tensor `{name}`"))
                })?;
                &self.files[*at]
            }
        };
        let fault = |what: String| self.folder.fault(&shard.name, what);
        let entry = shard.tensors.get(name).ok_or_else(|| fault(format!("has no tensor `{name}`")))?;
        if entry.shape != shape {
            return Err(fault(format!("tensor `{name}` has the shape {:?}, not {shape:?}", entry.shape)));
        }
        let mut bytes = vec![0u8; entry.bytes];
        let mut file = shard.file.borrow_mut();
        file.seek(SeekFrom::Start(shard.data_at + entry.at))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|e| fault(format!("tensor `{name}` cannot be read: {e}")))?;
        Tensor::from_raw_buffer(&bytes, entry.dtype, shape, &self.device)
            .and_then(|tensor| tensor.to_dtype(DType::F32))
            .map_err(|e| fault(format!("tensor `{name}` cannot be used: {}", first_line(&e.to_string()))))
    }
}

/// The files that an index names, in order, and which of them holds a tensor.
fn read_index(folder: &Folder) -> Result<(Vec<String>, BTreeMap<String, usize>), Fault> {
    let (top, _) = folder.object(INDEX)?;
    let Some(Value::Object(map)) = top.get("weight_map") else {
        return Err(top.fault("weight_map", "is no object"));
    };
    let mut places = BTreeMap::new();
    for (tensor, file) in map {
        let plain = file.as_str().filter(|name| {
            !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0', ':'])
        });
        let Some(file) = plain else {
            return Err(
                folder.fault(INDEX, format!("tensor `{tensor}` is in {file}, not in a file of this folder"))
            );
        };
        places.insert(tensor.clone(), file.to_owned());
    }
    let names: BTreeSet<&String> = places.values().collect();
    let names: Vec<String> = names.into_iter().cloned().collect();
    if names.is_empty() || names.len() > SHARD_LIMIT {
        return Err(folder.fault(INDEX, format!("names {} files, not 1 to {SHARD_LIMIT}", names.len())));
    }
    let index = places.into_iter().filter_map(|(tensor, file)| {
        let at = names.binary_search(&file).ok()?;
        Some((tensor, at))
    });
    let index = index.collect();
    Ok((names, index))
}

impl Shard {
    fn open(folder: &Folder, name: String) -> Result<Shard, Fault> {
        let (mut file, length) = folder.file(&name)?;
        let fault = |what: String| folder.fault(&name, what);
        let broken = |e: std::io::Error| folder.fault(&name, format!("cannot be read: {e}"));
        if length < 8 {
            return Err(fault(format!("is truncated: it has {length} bytes, and a header begins with 8")));
        }
        let mut prefix = [0u8; 8];
        file.read_exact(&mut prefix).map_err(broken)?;
        let header = u64::from_le_bytes(prefix);
        if header > HEADER_LIMIT {
            return Err(fault(format!(
                "is no safetensors file: its header would have {header} bytes, more than {HEADER_LIMIT}"
            )));
        }
        if header > length - 8 {
            return Err(fault(format!(
                "is truncated: its header has {header} bytes, and {} are there",
                length - 8
            )));
        }
        let mut json = vec![0u8; header as usize];
        file.read_exact(&mut json).map_err(broken)?;
        let raw: BTreeMap<String, Value> = serde_json::from_slice(&json)
            .map_err(|e| fault(format!("its header is no valid JSON: {}", first_line(&e.to_string()))))?;
        let data = length - 8 - header;
        let mut tensors = BTreeMap::new();
        for (tensor, value) in raw {
            if tensor == "__metadata__" {
                continue;
            }
            if let Some(entry) = entry(&tensor, value, data).map_err(fault)? {
                tensors.insert(tensor, entry);
            }
        }
        Ok(Shard { name, file: RefCell::new(file), data_at: 8 + header, tensors })
    }
}

/// A tensor's line in a header.
#[derive(Deserialize)]
struct Line {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

/// Checks a tensor's line; `None` for an element type that no weight here has.
fn entry(tensor: &str, value: Value, data: u64) -> Result<Option<Entry>, String> {
    let line: Line = serde_json::from_value(value).map_err(|e| {
        format!("tensor `{tensor}` has no valid entry in the header: {}", first_line(&e.to_string()))
    })?;
    let [from, to] = line.data_offsets;
    if from > to {
        return Err(format!("tensor `{tensor}` ends before it begins"));
    }
    if to > data {
        return Err(format!(
            "is truncated: tensor `{tensor}` ends at byte {to} of the data, and {data} are there"
        ));
    }
    let (dtype, size) = match line.dtype.as_str() {
        "F32" => (DType::F32, 4),
        "F16" => (DType::F16, 2),
        "BF16" => (DType::BF16, 2),
        "I64" | "I32" | "U8" | "BOOL" => return Ok(None), // buffers such as `position_ids`
        other => return Err(format!("tensor `{tensor}` is {other}, not F32, F16 or BF16")),
    };
    let bytes = line.shape.iter().try_fold(size, |n: usize, &d| n.checked_mul(d));
    match bytes {
        Some(bytes) if bytes as u64 == to - from => {
            Ok(Some(Entry { dtype, shape: line.shape, at: from, bytes }))
        }
        _ => Err(format!(
            "tensor `{tensor}` of {} with the shape {:?} does not fit its {} bytes",
            line.dtype,
            line.shape,
            to - from
        )),
    }
}
