//! Files in bands of rows against the same files decoded at once.

#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrcoc_picture::{Bands, DecodeError, DecodeFault, Image, Limits, Opened, Reduced, decode, open};
use arrcoc_stats::Band;
use image::{DynamicImage, ImageBuffer, ImageEncoder, ImageFormat};
use proptest::prelude::*;

/// Large enough for several bands: 8 MiB hold 699 rows of 4000 pixels.
const SIZE: (u32, u32) = (4000, 1500);

const NO_LIMITS: Limits = Limits { max_pixels: 1 << 40, whole_pixels: 0 };

fn value(x: u32, y: u32, channel: u32) -> u16 {
    let mixed = (x * 31 + y * 17 + channel * 101).wrapping_mul(2_654_435_761) >> 12;
    (mixed as u16) ^ (x / 3 + y) as u16
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.into().write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

/// A PNG with samples of any depth, a palette and a transparent colour where they are given.
fn png(
    (width, height): (u32, u32),
    colour: png::ColorType,
    depth: png::BitDepth,
    change: impl FnOnce(&mut png::Encoder<'_, &mut Vec<u8>>),
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    change(&mut encoder);
    let row = (width as usize * colour.samples() * depth as usize).div_ceil(8);
    let data: Vec<u8> = (0..row * height as usize).map(|i| (i * 7 + i / 300) as u8).collect();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&data).unwrap();
    writer.finish().unwrap();
    bytes
}

fn pnm(header: &str, samples: usize, most: u32, deep: bool) -> Vec<u8> {
    let mut bytes = header.as_bytes().to_vec();
    for i in 0..samples {
        let sample = u32::from(value(i as u32, 0, 1)) % (most + 1);
        if deep {
            bytes.extend((sample as u16).to_be_bytes());
        } else {
            bytes.push(sample as u8);
        }
    }
    bytes
}

/// All rows of a file, from its bands, and everything that was shown of the file.
fn in_bands(path: &Path) -> Result<(Vec<u8>, Vec<u8>, arrcoc_picture::Notes), DecodeError> {
    let shown = Arc::new(Mutex::new(Vec::new()));
    let tap = Arc::clone(&shown);
    let mut bands = Bands::open(path, &NO_LIMITS, move |bytes| tap.lock().unwrap().extend(bytes))?;
    let (mut rgb, mut before): (Vec<u8>, Option<Vec<u8>>) = (Vec::new(), None);
    let notes = bands.notes();
    while let Some(band) = bands.next_band()? {
        let rows = band.rows();
        assert_eq!(rgb.len(), rows.start as usize * band.width() as usize * 3, "no gaps");
        // The rows beside a band are those of its neighbours.
        if let Some(below) = before.take() {
            assert!(band.row(rows.start) == below && rgb.ends_with(band.row(rows.start - 1)));
        }
        before = (rows.end < band.height()).then(|| band.row(rows.end).to_vec());
        rows.for_each(|y| rgb.extend(band.row(y)));
    }
    bands.finish()?;
    let shown = std::mem::take(&mut *shown.lock().unwrap());
    Ok((rgb, shown, notes))
}

#[test]
fn every_kind_of_file_is_read_as_it_is_at_once() {
    let (width, height) = SIZE;
    let folder = tempfile::tempdir().unwrap();
    use png::{BitDepth as Depth, ColorType as Colour};
    let plain = |colour, depth| png(SIZE, colour, depth, |_| ());
    let palette: Vec<u8> = (0..48).map(|i| (i * 5) as u8).collect();
    let samples = (width * height) as usize;
    let files = [
        ("rgb8", plain(Colour::Rgb, Depth::Eight)),
        ("rgb16", plain(Colour::Rgb, Depth::Sixteen)),
        ("rgba8", plain(Colour::Rgba, Depth::Eight)),
        ("rgba16", plain(Colour::Rgba, Depth::Sixteen)),
        ("grey1", plain(Colour::Grayscale, Depth::One)),
        ("grey8", plain(Colour::Grayscale, Depth::Eight)),
        ("grey16", plain(Colour::Grayscale, Depth::Sixteen)),
        ("grey and alpha", plain(Colour::GrayscaleAlpha, Depth::Eight)),
        ("palette", png(SIZE, Colour::Indexed, Depth::Four, |e| e.set_palette(palette.clone()))),
        (
            "palette with alpha",
            png(SIZE, Colour::Indexed, Depth::Four, |e| {
                e.set_palette(palette.clone());
                e.set_trns(vec![0, 100, 200]);
            }),
        ),
        ("a transparent grey", png(SIZE, Colour::Grayscale, Depth::Eight, |e| e.set_trns(vec![0, 7]))),
        ("ppm", pnm(&format!("P6\n# made up\n{width} {height}\n255\n"), 3 * samples, 255, false)),
        ("pgm", pnm(&format!("P5 {width} {height} 255\n"), samples, 255, false)),
        ("ppm to 100", pnm(&format!("P6 {width} {height} 100\n"), 3 * samples, 100, false)),
        ("ppm of 16 bits", pnm(&format!("P6 {width} {height} 65535\n"), 3 * samples, 65_535, true)),
        ("pgm to 1023", pnm(&format!("P5 {width} {height} 1023\n"), samples, 1023, true)),
    ];
    for (name, bytes) in files {
        let path = file(folder.path(), name, &bytes);
        let (image, notes) = decode(&bytes, &Limits::default()).unwrap();
        let (rgb, shown, found) = in_bands(&path).unwrap();
        assert!(rgb == image.data(), "{name}");
        assert!(shown == bytes, "{name}: all of the file is shown");
        assert_eq!(found, notes, "{name}");
        // What opens a file reads some as a whole and some by rows.
        let shown = Arc::new(Mutex::new(Vec::<u8>::new()));
        let tap = Arc::clone(&shown);
        let opened = open(&path, &Limits::default(), move |bytes| tap.lock().unwrap().extend(bytes));
        let Ok(Opened::Whole { image: whole, notes: found }) = opened else { panic!("{name}") };
        assert!(whole.data() == image.data() && found == notes, "{name}");
        assert!(*shown.lock().unwrap() == bytes, "{name}: all of the file is shown");
    }
}

/// Interlacing, another orientation, other formats and text.
#[test]
fn what_cannot_be_read_in_bands_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { max_pixels: 1 << 20, whole_pixels: 1000 };
    let rgb = ImageBuffer::from_fn(61, 47, |x, y| image::Rgb([0, 1, 2].map(|c| value(x, y, c) as u8)));
    let mut turned = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut turned);
    encoder
        .set_exif_metadata(b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec())
        .unwrap();
    encoder.write_image(&rgb, 61, 47, image::ExtendedColorType::Rgb8).unwrap();
    let text = format!("P3 61 47 255\n{}", "1 2 3\n".repeat(61 * 47));
    let files = [
        ("a.jpg", encoded(rgb.clone(), ImageFormat::Jpeg), "a jpeg file"),
        ("a.tif", encoded(rgb.clone(), ImageFormat::Tiff), "a tiff file"),
        ("a.ppm", text.into_bytes(), "a pnm file of text"),
        ("b.png", turned, "a png file that is to be turned (EXIF orientation 6)"),
        ("c.png", interlaced(), "an interlaced png file"),
    ];
    for (name, bytes, what) in files {
        let path = file(folder.path(), name, &bytes);
        let error = open(&path, &limits, |_| ()).map(|_| ()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "`{}`: an image of more than 1000 pixels is read in bands of rows, and {what} cannot be",
                path.display()
            )
        );
        assert!(error.hint().unwrap().contains("binary ppm"));
        // Below the limit it is read as ever; above the other it is refused as ever.
        assert!(matches!(open(&path, &Limits::default(), |_| ()), Ok(Opened::Whole { .. })), "{name}");
        let few = Limits { max_pixels: 50, whole_pixels: 10 };
        let error = open(&path, &few, |_| ()).map(|_| ()).unwrap_err();
        assert!(matches!(error.fault(), DecodeFault::TooManyPixels { max_pixels: 50, .. }), "{error}");
    }
}

/// A PNG whose header says that it is interlaced; the header is all that is looked at, and 8×8 grey pixels in one colour
/// are the same either way. (No encoder here writes interlaced files.)
fn interlaced() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chunk = |kind: &[u8; 4], data: &[u8]| {
        let body = [&kind[..], data].concat();
        bytes.extend((data.len() as u32).to_be_bytes());
        bytes.extend(&body);
        bytes.extend(crc32(&body).to_be_bytes());
    };
    // 61×47, 8 bits, grey, Adam7.
    chunk(b"IHDR", &[0, 0, 0, 61, 0, 0, 0, 47, 8, 0, 0, 0, 1]);
    // The seven passes have this many pixels a row, and rows.
    let passes = [(8, 6), (8, 6), (16, 6), (15, 12), (31, 12), (30, 24), (61, 23)];
    let raw: Vec<u8> = passes.iter().flat_map(|&(row, rows)| vec![0u8; (row + 1) * rows]).collect();
    // Deflate without compression.
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend((raw.len() as u16).to_le_bytes());
    stream.extend((!(raw.len() as u16)).to_le_bytes());
    stream.extend(&raw);
    let sum = raw.len() as u32 % 65_521;
    stream.extend((sum << 16 | 1).to_be_bytes());
    chunk(b"IDAT", &stream);
    chunk(b"IEND", &[]);
    [&b"\x89PNG\r\n\x1a\n"[..], &bytes].concat()
}

/// The checksum of PNG chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0u32, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

#[test]
fn files_that_are_cut_changed_or_gone_have_the_errors_of_those_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let size = (61, 47);
    let good = [
        png(size, png::ColorType::Rgb, png::BitDepth::Eight, |_| ()),
        pnm("P6 61 47 255\n", 3 * 61 * 47, 255, false),
    ];
    for bytes in good {
        for share in [1, 2, 3, 4] {
            let path = file(folder.path(), "cut", &bytes[..bytes.len() * share / 5]);
            let error = in_bands(&path).unwrap_err();
            assert!(matches!(error.fault(), DecodeFault::Truncated { .. }), "{error}");
            assert_eq!(error.path(), Some(path.as_path()));
        }
    }
    let fault =
        |name: &str, bytes: &[u8]| in_bands(&file(folder.path(), name, bytes)).unwrap_err().fault().clone();
    assert_eq!(fault("empty", b""), DecodeFault::Empty);
    assert!(matches!(fault("text", b"notes to self"), DecodeFault::NotAnImage { looks_like: "text" }));
    assert!(matches!(fault("promise", b"P6 16000 16000 255\n123"), DecodeFault::Implausible { .. }));
    assert!(matches!(fault("nothing", b"P6 0 7 255\n"), DecodeFault::Broken { .. }));
    let wide = fault("wide", &[&b"P6 3000000 1 255\n"[..], &[0; 9_000_000]].concat());
    assert!(wide.to_string().contains("a file with rows of 3000000 pixels cannot be"), "{wide}");
    let gone = Bands::open(&folder.path().join("gone"), &NO_LIMITS, |_| ()).map(|_| ()).unwrap_err();
    assert!(gone.to_string().ends_with("there is no such file"));
}

#[test]
fn the_number_of_pixels_decides_how_a_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("a.png", png((61, 47), png::ColorType::Rgb, png::BitDepth::Eight, |_| ())),
        ("a.ppm", pnm("P6 61 47 255\n", 3 * 61 * 47, 255, false)),
    ] {
        let path = file(folder.path(), name, &bytes);
        let with = |max_pixels, whole_pixels| open(&path, &Limits { max_pixels, whole_pixels }, |_| ());
        assert!(matches!(with(2867, 2867), Ok(Opened::Whole { .. })), "{name}");
        let Ok(Opened::InBands(bands)) = with(2867, 2866) else { panic!("{name}") };
        assert_eq!((bands.width(), bands.height()), (61, 47));
        let error = with(2866, 1000).map(|_| ()).unwrap_err();
        assert_eq!(error.hint().as_deref(), Some("allow it with `--max-pixels 2867`"), "{name}");
    }
}

/// What follows the pixels of a PNM is read for the hash, but not without end.
#[test]
fn a_small_image_in_a_huge_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "a.ppm", &pnm("P6 61 47 255\n", 3 * 61 * 47, 255, false));
    let limits = Limits { max_pixels: 1 << 20, whole_pixels: 1 << 20 };
    let with = |bytes| {
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(bytes).unwrap();
        open(&path, &limits, |_| ()).map(|_| ())
    };
    with(1 << 20).unwrap();
    let error = with(1 << 30).unwrap_err();
    assert!(matches!(error.fault(), DecodeFault::TooManyBytes { .. }), "{error}");
}

#[test]
fn a_copy_is_made_while_the_bands_pass() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = png(SIZE, png::ColorType::Rgb, png::BitDepth::Eight, |_| ());
    let path = file(folder.path(), "a.png", &bytes);
    let mut bands = Bands::open(&path, &NO_LIMITS, |_| ()).unwrap();
    assert_eq!(Reduced::factor(bands.width(), bands.height()), 2);
    let mut reduced = Reduced::new(bands.width(), bands.height());
    while let Some(band) = bands.next_band().unwrap() {
        reduced.add(&band);
    }
    let copy: Image = reduced.finish().unwrap();
    assert_eq!((copy.width(), copy.height()), Reduced::size(SIZE.0, SIZE.1));
    assert!(Reduced::new(3000, 3000).finish().is_none(), "nothing has come");
}

proptest! {
    #[test]
    fn changed_files_never_panic_and_say_one_line(
        is_png: bool,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        near: bool,
    ) {
        let mut bytes = if is_png {
            png((19, 13), png::ColorType::Rgba, png::BitDepth::Eight, |_| ())
        } else {
            pnm("P6 19 13 255\n", 3 * 19 * 13, 255, false)
        };
        for (index, value) in changes {
            let end = if near { bytes.len().min(80) } else { bytes.len() };
            bytes[index.index(end)] = value;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), "changed", &bytes);
        // A header may say anything; only what stays small is read to its end.
        let limits = Limits { max_pixels: 1 << 16, whole_pixels: 0 };
        let read = Bands::open(&path, &limits, |_| ()).and_then(|mut bands| {
            while bands.next_band()?.map(|band: Band<'_>| assert_eq!(band.height(), band.held().height())).is_some() {}
            bands.finish()
        });
        if let Err(error) = read {
            let message = error.to_string();
            prop_assert!(!message.contains('\n') && !message.contains("gave up"), "{}", message);
        }
    }
}
