//! Whole files and lines, under limits.
//!
//! Only plain files are opened: to open a pipe or a device could wait for ever.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Component, Path, PathBuf};

use super::error::ReadFault;

/// The mark with which some editors begin a file of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Fails unless `path` leads to a plain file.
pub(super) fn check_plain(path: &Path) -> Result<(), ReadFault> {
    let metadata = std::fs::metadata(path).map_err(|error| ReadFault::Unreadable { kind: error.kind() })?;
    let plain = ReadFault::Unreadable { kind: io::ErrorKind::InvalidInput };
    if metadata.is_file() { Ok(()) } else { Err(plain) }
}

/// The bytes of a file without a byte order mark, at most `most`.
pub(super) fn whole(path: &Path, most: u64) -> Result<Vec<u8>, ReadFault> {
    check_plain(path)?;
    let unreadable = |error: io::Error| ReadFault::Unreadable { kind: error.kind() };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(ReadFault::TooLarge { what: "the file", most });
    }
    if bytes.starts_with(MARK) {
        bytes.drain(..MARK.len());
    }
    Ok(bytes)
}

/// The lines of a file, one at a time, without their ends and without a byte order mark.
#[derive(Debug)]
pub(super) struct Lines {
    file: BufReader<io::Take<File>>,
    most_a_file: u64,
    most_a_line: u64,
    read: u64,
    number: usize,
}

impl Lines {
    pub(super) fn open(path: &Path, most_a_file: u64, most_a_line: u64) -> Result<Self, ReadFault> {
        check_plain(path)?;
        let file = File::open(path).map_err(|error| ReadFault::Unreadable { kind: error.kind() })?;
        let file = BufReader::new(file.take(most_a_file.saturating_add(1)));
        Ok(Self { file, most_a_file, most_a_line, read: 0, number: 0 })
    }

    /// The number of the line that was read last, from 1.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// The next line; `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<String>, ReadFault> {
        self.number += 1;
        let mut line = Vec::new();
        let unreadable = |error: io::Error| ReadFault::Unreadable { kind: error.kind() };
        // Two more than allowed: the line's end does not count.
        let read = (&mut self.file).take(self.most_a_line.saturating_add(2)).read_until(b'\n', &mut line);
        self.read += read.map_err(unreadable)? as u64;
        if self.read > self.most_a_file {
            return Err(ReadFault::TooLarge { what: "the file", most: self.most_a_file });
        }
        if line.is_empty() {
            return Ok(None);
        }
        for end in [b'\n', b'\r'] {
            line.pop_if(|last| *last == end);
        }
        if line.len() as u64 > self.most_a_line {
            return Err(ReadFault::TooLarge { what: "the line", most: self.most_a_line });
        }
        if self.number == 1 && line.starts_with(MARK) {
            line.drain(..MARK.len());
        }
        let not_text = |error: std::string::FromUtf8Error| ReadFault::NotUtf8 {
            byte: error.utf8_error().valid_up_to() + 1,
        };
        String::from_utf8(line).map(Some).map_err(not_text)
    }
}

/// The path below a folder by which a file of the user's names another.
pub(super) fn below(name: &str) -> Result<PathBuf, ReadFault> {
    let refuse = |why: &str| {
        let what = format!("the path `{}` {why}", name.escape_default());
        Err(ReadFault::mend(what, "name a file by its path below the folder, such as `images/1.png`"))
    };
    let mut path = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir => return refuse("has a `..` in it"),
            Component::RootDir | Component::Prefix(_) => return refuse("is absolute"),
        }
    }
    if path.as_os_str().is_empty() || name.contains('\0') { refuse("names no file") } else { Ok(path) }
}
