//! The files of the recogniser, and where `cargo xtask fetch ocr` puts them.
//!
//! The evaluation only looks: it never downloads. What it finds it does not
//! trust, and compares with the hash below before the first byte is parsed.

use std::{
    ffi::OsString,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use arrcoc::Error;

/// The folder in the cache: what it holds, and the beginning of the sha256 of the wheel that it came in
/// (`rapidocr-onnxruntime` 1.4.4, Apache-2.0).
pub(crate) const FOLDER: &str = "ocr-971d7d5f";

/// The recogniser.
pub(crate) const MODEL: &str = "ch_PP-OCRv4_rec_infer.onnx";
/// Its length in bytes.
const LENGTH: u64 = 10_857_958;
/// The blake3 of it.
pub(crate) const HASH: &str = "6e47235f66df743e113807a035a1d3e5118d03d344226f5f15e4af3cda512424";

/// Where the asset is, if it is anywhere: in `$ARRCOC_CACHE`, or the user's cache. `None` where the system names no
/// such place. Nothing says that the folder exists.
pub(crate) fn folder() -> Option<PathBuf> {
    Some(cache(|name| std::env::var_os(name))?.join(FOLDER))
}

/// The cache, as `cargo xtask fetch` finds it.
fn cache(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(own) = path("ARRCOC_CACHE") {
        return Some(own);
    }
    let user = path("XDG_CACHE_HOME").filter(|path| path.is_absolute()).or_else(|| {
        if cfg!(windows) {
            path("LOCALAPPDATA")
        } else {
            Some(path("HOME")?.join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }))
        }
    });
    Some(user?.join("arrcoc"))
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
    #[cfg(unix)]
    fn the_cache_is_the_first_place_that_is_named() {
        let find = |set: &[(&str, &str)]| {
            cache(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value)))
        };
        let home = if cfg!(target_os = "macos") { "/me/Library/Caches/arrcoc" } else { "/me/.cache/arrcoc" };
        let all = [("ARRCOC_CACHE", "/own"), ("XDG_CACHE_HOME", "/xdg"), ("HOME", "/me")];
        assert_eq!(find(&all), Some("/own".into()));
        assert_eq!(find(&all[1..]), Some("/xdg/arrcoc".into()));
        assert_eq!(find(&all[2..]), Some(home.into()));
        assert_eq!(find(&[("ARRCOC_CACHE", ""), ("XDG_CACHE_HOME", "here"), all[2]]), Some(home.into()));
        assert_eq!(find(&[]), None);
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
