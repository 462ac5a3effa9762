//! Reads whole files under a limit, so that a wrong path (a device, a disk image)
//! ends in an error and not in all of the memory.

use std::{fs::File, io::Read as _, path::Path};

use crate::error::Error;

/// Most bytes of a config file or a calibration.
pub(crate) const SETTINGS: u64 = 16 << 20;
/// Most bytes of a decision: a million patches take about 300 MB.
pub(crate) const DECISION: u64 = 1 << 30;
/// Most bytes of a tensor file.
pub(crate) const TENSORS: u64 = 4 << 30;

/// The bytes of a file; `doing` completes "cannot …" in an error.
pub(crate) fn read(path: &Path, doing: &str, most: u64) -> Result<Vec<u8>, Error> {
    let failed = |e: std::io::Error| Error::file(path, doing, &e);
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(Error::new(
            format!("{}: cannot {doing}: it has more than {} MiB", path.display(), most >> 20),
            "check the path",
        ));
    }
    Ok(bytes)
}

/// The text of a file.
pub(crate) fn read_text(path: &Path, doing: &str, most: u64) -> Result<String, Error> {
    String::from_utf8(read(path, doing, most)?).map_err(|_| {
        Error::new(format!("{}: cannot {doing}: it is not text", path.display()), "give a text file")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_beyond_the_limit_and_one_that_is_no_text_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, b"text").unwrap();
        assert_eq!(read_text(&path, "read it", 4).unwrap(), "text");
        assert!(read_text(&path, "read it", 3).unwrap_err().message.contains("more than"));
        std::fs::write(&path, [0xff]).unwrap();
        assert!(read_text(&path, "read it", 4).unwrap_err().message.ends_with("it is not text"));
    }
}
