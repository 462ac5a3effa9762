//! The files of the recogniser, and where `cargo xtask fetch ocr` puts them.
//!
//! The evaluation only looks: it never downloads. What it finds it does not
//! trust, and compares with the hash below before the first byte is parsed.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use arrcoc::Error;
use arrcoc_assets::OCR;

/// The recogniser.
pub(crate) const MODEL: &str = "ch_PP-OCRv4_rec_infer.onnx";
/// Its length in bytes.
const LENGTH: u64 = 10_857_958;
/// The blake3 of it.
pub(crate) const HASH: &str = "6e47235f66df743e113807a035a1d3e5118d03d344226f5f15e4af3cda512424";

/// Where the asset is, if it is anywhere. `None` where the system names no cache. Nothing says that the folder exists.
pub(crate) fn folder() -> Option<PathBuf> {
    arrcoc_assets::resolve(&OCR.folder())
}

/// The bytes of the recogniser.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let absent = |error: std::io::Error| {
        let mut error = Error::file(path, "read the recogniser", &error);
        error.hint = Some("`cargo xtask fetch ocr` fetches it".into());
        error
    };
    let mut bytes = Vec::new();
    // One byte more than it should have tells that there are more, however many there are.
    File::open(path).and_then(|file| file.take(LENGTH + 1).read_to_end(&mut bytes)).map_err(absent)?;
    if blake3::hash(&bytes).to_hex().as_str() != HASH {
        return Err(Error::new(
            format!("{}: not the recogniser that is meant: its hash differs", path.display()),
            "remove the folder and run `cargo xtask fetch ocr`",
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recogniser_is_a_piece_of_the_asset() {
        assert!(OCR.pieces.iter().any(|piece| piece.name() == MODEL));
    }

    #[test]
    fn what_is_not_the_pinned_file_is_refused_with_what_to_do() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join(MODEL);
        let absent = read(&path).unwrap_err();
        assert!(
            absent.message.ends_with("cannot read the recogniser: no such file or directory"),
            "{absent}"
        );
        assert_eq!(absent.hint.unwrap(), "`cargo xtask fetch ocr` fetches it");
        std::fs::write(&path, "half of it").unwrap();
        let other = read(&path).unwrap_err();
        assert!(other.message.ends_with("its hash differs"), "{other}");
    }
}
