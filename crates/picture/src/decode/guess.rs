//! What a file looks like, when it is not an image that can be read.
//!
//! "Unsupported format" helps nobody who was sent an HTML error page named
//! `photo.jpg`. The first bytes usually tell.

/// Beginnings of files that people mistake for images, or that are images of kinds
/// that are not read.
const BEGINNINGS: &[(&[u8], &str)] = &[
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL image"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (b"\x76\x2f\x31\x01", "an OpenEXR image"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\0", "an SQLite database"),
];

/// How much of the file is looked at.
const PREFIX: usize = 512;

/// A phrase such as `text`.
pub(super) fn looks_like(bytes: &[u8]) -> &'static str {
    if let Some((_, what)) = BEGINNINGS.iter().find(|(start, _)| bytes.starts_with(start)) {
        return what;
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return match bytes.get(8..12) {
            Some(b"avif" | b"avis") => "an AVIF image",
            Some(b"heic" | b"heix" | b"mif1" | b"msf1") => "a HEIC image",
            _ => "a video",
        };
    }
    let prefix = &bytes[..bytes.len().min(PREFIX)];
    if prefix.iter().all(|&byte| byte == 0) {
        return "zeros";
    }
    let Some(text) = as_text(prefix, bytes.len() > PREFIX) else {
        return "binary data of an unknown kind";
    };
    let text = text.trim_start().to_ascii_lowercase();
    if text.starts_with("<!doctype html") || text.starts_with("<html") {
        "an HTML page"
    } else if text.starts_with("<svg") || text.starts_with("<?xml") && text.contains("<svg") {
        "an SVG drawing"
    } else if text.starts_with("version https://git-lfs") {
        "a Git LFS pointer"
    } else {
        "text"
    }
}

/// The prefix as text, where the last character may be `cut` in two.
fn as_text(prefix: &[u8], cut: bool) -> Option<&str> {
    let text = match std::str::from_utf8(prefix) {
        Ok(text) => text,
        Err(error) if cut && error.error_len().is_none() => {
            std::str::from_utf8(&prefix[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    text.chars().all(|c| !c.is_control() || c.is_whitespace()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_mistakes_are_recognised() {
        assert_eq!(looks_like(b"hello\n"), "text");
        assert_eq!(looks_like("größe, 尺寸".repeat(100).as_bytes()), "text");
        assert_eq!(looks_like(b"\n<!DOCTYPE html><html>"), "an HTML page");
        assert_eq!(looks_like(b"<?xml version='1.0'?><svg/>"), "an SVG drawing");
        assert_eq!(looks_like(b"version https://git-lfs.github.com/spec/v1"), "a Git LFS pointer");
        assert_eq!(looks_like(b"\0\0\0\x18ftypheic"), "a HEIC image");
        assert_eq!(looks_like(b"%PDF-1.7"), "a PDF document");
        assert_eq!(looks_like(&[0; 900]), "zeros");
        assert_eq!(looks_like(&[1, 2, 3, 200]), "binary data of an unknown kind");
    }
}
