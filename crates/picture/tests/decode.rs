//! Files of every format, whole, cut, changed and hostile.

#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use arrcoc_picture::{DecodeFault, Image, Limits, Notes, decode, dimensions, encode_any, encode_png, read};
use image::{DynamicImage, ImageEncoder, ImageFormat, RgbImage};
use proptest::prelude::*;

const FORMATS: [(ImageFormat, &str); 7] = [
    (ImageFormat::Png, "png"),
    (ImageFormat::Jpeg, "jpeg"),
    (ImageFormat::Pnm, "pnm"),
    (ImageFormat::Bmp, "bmp"),
    (ImageFormat::WebP, "webp"),
    (ImageFormat::Tiff, "tiff"),
    (ImageFormat::Gif, "gif"),
];

/// A small picture of smooth and noisy parts.
fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let noise = (x * 7919 + y * 104_729 + x * y * 31) % 97;
        image::Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, noise as u8])
    })
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.into().write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn fault(bytes: &[u8]) -> DecodeFault {
    decode(bytes, &Limits::default()).unwrap_err().fault().clone()
}

#[test]
fn every_format_is_read() {
    let original = picture(61, 47);
    for (format, name) in FORMATS {
        let (image, notes) = decode(&encoded(original.clone(), format), &Limits::default()).unwrap();
        assert_eq!((image.width(), image.height(), notes.format), (61, 47, name));
        assert_eq!((notes.orientation, notes.sixteen_bit, notes.icc_ignored), (None, false, false));
        let off =
            image.data().iter().zip(original.as_raw()).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>();
        let lossy = matches!(format, ImageFormat::Jpeg | ImageFormat::Gif);
        assert!(if lossy { off < 20 * 61 * 47 * 3 } else { off == 0 }, "{name} is off by {off}");
    }
}

#[test]
fn what_is_written_is_read_back() {
    let image = Image::from_rgb(61, 47, picture(61, 47).into_raw()).unwrap();
    for path in ["a.png", "a.PPM", "dir.jpg/a.png"] {
        let bytes = encode_any(&image, path.as_ref()).unwrap();
        assert_eq!(decode(&bytes, &Limits::default()).unwrap().0, image, "{path}");
    }
    let jpeg = encode_any(&image, "a.jpg".as_ref()).unwrap();
    assert_eq!(decode(&jpeg, &Limits::default()).unwrap().1.format, "jpeg");
    let error = encode_any(&image, "a.bmp".as_ref()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`a.bmp` does not say in which format to write: end it in `.png`, `.jpg` or `.ppm`"
    );
}

#[test]
fn sixteen_bits_grey_and_alpha_are_converted_as_stated() {
    let deep = image::ImageBuffer::from_fn(2, 1, |x, _| image::Rgb([0x12ffu16, 0x00ff, x as u16 * 0xffff]));
    let (image, notes) = decode(&encoded(deep, ImageFormat::Png), &Limits::default()).unwrap();
    assert_eq!(image.data(), [0x12, 0, 0, 0x12, 0, 255]);
    assert!(notes.sixteen_bit && !notes.alpha);

    let clear = image::RgbaImage::from_fn(3, 1, |x, _| image::Rgba([0, 100, 255, [0, 128, 255][x as usize]]));
    let (image, notes) = decode(&encoded(clear, ImageFormat::Png), &Limits::default()).unwrap();
    // (100·128 + 255·127 + 127)/255 = 177.
    assert_eq!(image.data(), [255, 255, 255, 127, 177, 255, 0, 100, 255]);
    assert!(notes.alpha && !notes.sixteen_bit);

    let grey = image::GrayImage::from_fn(2, 1, |x, _| image::Luma([7 + x as u8]));
    let (image, _) = decode(&encoded(grey, ImageFormat::Png), &Limits::default()).unwrap();
    assert_eq!(image.data(), [7, 7, 7, 8, 8, 8]);
}

/// A little-endian EXIF block that holds an orientation alone.
fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    block
}

#[test]
fn orientations_are_applied_and_icc_profiles_noted() {
    // Three by two, numbered row by row; what each orientation makes of it.
    let stored = RgbImage::from_fn(3, 2, |x, y| image::Rgb([(y * 3 + x) as u8; 3]));
    let upright: [(u32, [u8; 6]); 8] = [
        (3, [0, 1, 2, 3, 4, 5]),
        (3, [2, 1, 0, 5, 4, 3]),
        (3, [5, 4, 3, 2, 1, 0]),
        (3, [3, 4, 5, 0, 1, 2]),
        (2, [0, 3, 1, 4, 2, 5]),
        (2, [3, 0, 4, 1, 5, 2]),
        (2, [5, 2, 4, 1, 3, 0]),
        (2, [2, 5, 1, 4, 0, 3]),
    ];
    for (orientation, (width, pixels)) in (1u8..).zip(upright) {
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
        encoder.set_exif_metadata(exif(orientation)).unwrap();
        encoder.set_icc_profile(b"a profile".to_vec()).unwrap();
        encoder.write_image(&stored, 3, 2, image::ExtendedColorType::Rgb8).unwrap();
        let (image, notes) = decode(&bytes, &Limits::default()).unwrap();
        let found: Vec<u8> = image.data().chunks(3).map(|pixel| pixel[0]).collect();
        assert_eq!((image.width(), found.as_slice()), (width, pixels.as_slice()), "{orientation}");
        assert_eq!(notes.orientation, (orientation > 1).then_some(orientation));
        assert!(notes.icc_ignored);
    }
}

#[test]
fn the_header_tells_the_size_that_the_image_has_when_it_is_upright() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image");
    let limits = Limits::default();
    for (format, name) in FORMATS {
        std::fs::write(&path, encoded(picture(61, 47), format)).unwrap();
        assert_eq!(dimensions(&path, &limits).unwrap(), (61, 47), "{name}");
    }
    for orientation in 1..=8 {
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
        encoder.set_exif_metadata(exif(orientation)).unwrap();
        encoder.write_image(&picture(61, 47), 61, 47, image::ExtendedColorType::Rgb8).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let (image, ..) = read(&path, &limits).unwrap();
        assert_eq!(dimensions(&path, &limits).unwrap(), (image.width(), image.height()), "{orientation}");
    }
    let small = Limits { max_pixels: 100, ..limits };
    assert!(matches!(
        dimensions(&path, &small).unwrap_err().fault(),
        DecodeFault::TooManyPixels { width: 61, height: 47, max_pixels: 100 }
    ));
    std::fs::write(&path, "not an image").unwrap();
    assert!(matches!(dimensions(&path, &limits).unwrap_err().fault(), DecodeFault::NotAnImage { .. }));
    let nowhere = folder.path().join("nowhere");
    assert!(matches!(dimensions(&nowhere, &limits).unwrap_err().fault(), DecodeFault::Unreadable { .. }));
    assert_eq!(*dimensions(folder.path(), &limits).unwrap_err().fault(), DecodeFault::Directory);
}

#[test]
fn limits_hold_on_the_header() {
    let bytes = encoded(picture(61, 47), ImageFormat::Png);
    assert!(decode(&bytes, &Limits { max_pixels: 61 * 47, ..Limits::default() }).is_ok());
    let error = decode(&bytes, &Limits { max_pixels: 61 * 47 - 1, ..Limits::default() }).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the image has 61x47 = 2867 pixels, above the limit of 2866 (`--max-pixels`)"
    );
    assert_eq!(error.hint().as_deref(), Some("allow it with `--max-pixels 2867`"));
}

/// A PNG of about a hundred bytes whose header says 16 000 × 16 000.
#[test]
fn a_promise_that_no_file_could_keep_is_refused() {
    let mut bytes = encoded(RgbImage::new(1, 1), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&16_000u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&16_000u32.to_be_bytes());
    let checksum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    let fault = fault(&bytes);
    assert!(matches!(fault, DecodeFault::Implausible { width: 16_000, height: 16_000, .. }), "{fault:?}");

    let ppm = b"P6 16000 16000 255\n123";
    assert!(matches!(self::fault(ppm), DecodeFault::Implausible { .. }));
}

/// The checksum of PNG chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0u32, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

#[test]
fn every_format_says_when_it_is_truncated() {
    for (format, name) in FORMATS {
        let bytes = encoded(picture(61, 47), format);
        for share in [2, 3, 4] {
            let cut = &bytes[..bytes.len() * share / 5];
            let fault = fault(cut);
            assert!(matches!(fault, DecodeFault::Truncated { .. }), "{name} {share}/5: {fault}");
        }
    }
}

#[test]
fn what_is_no_image_is_said_for_what_it_looks_like() {
    assert_eq!(fault(b"").to_string(), "the file is empty");
    assert_eq!(fault(b"hello, world\n").to_string(), "this is not an image: it looks like text");
    assert_eq!(
        fault(b"<!doctype html>\n<title>404</title>").to_string(),
        "this is not an image: it looks like an HTML page"
    );
    assert!(decode(b"hello", &Limits::default()).unwrap_err().hint().is_some());
}

#[test]
fn errors_name_the_path_and_reading_gives_the_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::default();
    let message = |name: &str| {
        let path = folder.path().join(name);
        let error = read(&path, &limits).unwrap_err();
        assert_eq!(error.path(), Some(path.as_path()));
        error.to_string().replace(&path.display().to_string(), "PATH")
    };
    assert_eq!(message("none.png"), "`PATH`: there is no such file");
    assert_eq!(message(""), "`PATH`: this is a directory, not an image file");
    std::fs::write(folder.path().join("a.png"), "notes to self").unwrap();
    assert_eq!(message("a.png"), "`PATH`: this is not an image: it looks like text");

    let image = Image::from_rgb(61, 47, picture(61, 47).into_raw()).unwrap();
    let bytes = encode_png(&image).unwrap();
    std::fs::write(folder.path().join("b.jpg"), &bytes).unwrap();
    let (found, notes, read_bytes) = read(&folder.path().join("b.jpg"), &limits).unwrap();
    assert_eq!((found, read_bytes), (image, bytes));
    assert!(matches!(notes, Notes { format: "png", .. }));
}

fn assert_one_line(bytes: &[u8]) {
    if let Err(error) = decode(bytes, &Limits { max_pixels: 1 << 16, ..Limits::default() }) {
        let message = error.to_string();
        assert!(!message.contains('\n') && !message.contains("gave up"), "{message}");
    }
}

proptest! {
    #[test]
    fn changed_files_never_panic(
        which in 0..FORMATS.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = encoded(picture(19, 13), FORMATS[which].0);
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        assert_one_line(&bytes);
    }

    /// Changes near the front, where the structure is.
    #[test]
    fn changed_headers_never_panic(
        which in 0..FORMATS.len(),
        changes in proptest::collection::vec((0usize..80, any::<u8>()), 1..4),
    ) {
        let mut bytes = encoded(picture(19, 13), FORMATS[which].0);
        for (at, value) in changes {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        assert_one_line(&bytes);
    }

    #[test]
    fn any_bytes_never_panic(which in 0..=FORMATS.len(), tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        let start: &[u8] = match which {
            0 => b"\x89PNG\r\n\x1a\n",
            1 => b"\xff\xd8\xff",
            2 => b"P6",
            3 => b"BM",
            4 => b"RIFF\0\0\0\0WEBP",
            5 => b"II*\0",
            6 => b"GIF89a",
            _ => b"",
        };
        assert_one_line(&[start, &tail].concat());
    }
}

/// A file far longer than any image within the limit: refused, and not read to its end.
/// It is sparse, so that it takes no room on the disk.
#[test]
fn a_file_without_end_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("endless.png");
    std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let error = read(&path, &Limits { max_pixels: 1000, ..Limits::default() }).unwrap_err();
    assert!(matches!(error.fault(), DecodeFault::TooManyBytes { .. }), "{error}");
    assert!(error.hint().unwrap().contains("--max-pixels"));
}
