//! The real command on an image of a thousand megapixels: peak memory, and time per
//! megapixel beside an image of four.
//!
//! The plugins must be laid out first: `cargo xtask build`, then
//! `cargo xtask bench bands`. Other sizes, and PPM instead of PNG, are asked for as in
//! `cargo xtask bench bands -- ppm 20000x10000`. The images are written into a
//! temporary folder: 2 GB for PNG, 3 GB for PPM.
//!
//! Peak memory is `VmHWM`, which Linux tells of a process while it lives; it is looked
//! at every 2 ms. Elsewhere the column is empty.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement stops where it breaks")]

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Four megapixels, which the others are held against.
const YARDSTICK: (u32, u32) = (2048, 2048);

/// Runs of an image up to four times the yardstick, of which the middle counts.
const RUNS: usize = 7;

#[derive(Clone, Copy, PartialEq)]
enum Format {
    Png,
    Ppm,
}

/// One row of the picture: paper with print, a photograph's noise, and flat areas.
fn row(y: u32, rgb: &mut [u8]) {
    let width = (rgb.len() / 3) as u32;
    let mut state = y.wrapping_mul(2_654_435_761) | 1;
    for (x, pixel) in (0u32..).zip(rgb.as_chunks_mut::<3>().0) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let noise = (state >> 28) as u8;
        let across = (u64::from(x) * 200 / u64::from(width)) as u8;
        *pixel = match (x / 512 + y / 512) % 4 {
            0 => [246, 244, 238],
            1 if y / 12 % 3 == 1 && (x * 7 + y / 3) % 11 < 4 => [40, 40, 50],
            1 => [240, 238, 230],
            2 => [across + noise, 90 + noise, 200 - across + noise],
            _ => [(y / 7 % 200) as u8 + noise, across, noise],
        };
    }
}

fn write_image(path: &Path, (width, height): (u32, u32), format: Format) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut rgb = vec![0; 3 * width as usize];
    let mut rows = |into: &mut dyn Write| {
        (0..height).try_for_each(|y| {
            row(y, &mut rgb);
            into.write_all(&rgb)
        })
    };
    match format {
        Format::Ppm => {
            write!(file, "P6\n{width} {height}\n255\n")?;
            rows(&mut file)?;
        }
        Format::Png => {
            let mut encoder = png::Encoder::new(&mut file, width, height);
            encoder.set_color(png::ColorType::Rgb);
            encoder.set_depth(png::BitDepth::Eight);
            let mut writer = encoder.write_header()?;
            let mut stream = writer.stream_writer()?;
            rows(&mut stream)?;
            stream.finish()?;
        }
    }
    file.flush()
}

/// Runs the command: seconds, and peak resident memory in MiB.
fn run(image: &Path, folder: &Path, draw: bool, whole: Option<&str>) -> (f64, Option<u64>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arrcoc"));
    command.arg("allocate").arg(image).args(["--max-pixels", "100G", "--json", "-"]);
    if let Some(pixels) = whole {
        command.args(["--whole-pixels", pixels]);
    }
    if draw {
        command.arg("--overlay").arg(folder.join("o.png")).arg("--render").arg(folder.join("r.png"));
    }
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().expect("the command starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    loop {
        let ended = child.try_wait().expect("the command can be waited for");
        if let Some(ended) = ended {
            assert!(ended.success(), "{ended}");
            return (started.elapsed().as_secs_f64(), peak);
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = peak.max(kib.map(|kib| kib.div_ceil(1024)));
        thread::sleep(Duration::from_millis(2));
    }
}

/// The middle of some runs, and the highest peak.
fn measured(
    image: &Path,
    folder: &Path,
    size: (u32, u32),
    draw: bool,
    whole: Option<&str>,
) -> (f64, Option<u64>) {
    let runs = if pixels(size) <= 4.0 * pixels(YARDSTICK) { RUNS } else { 1 };
    let all: Vec<_> = (0..runs).map(|_| run(image, folder, draw, whole)).collect();
    let mut seconds: Vec<f64> = all.iter().map(|(seconds, _)| *seconds).collect();
    seconds.sort_by(f64::total_cmp);
    (seconds[runs / 2], all.iter().filter_map(|(_, peak)| *peak).max())
}

/// In millions.
fn pixels((width, height): (u32, u32)) -> f64 {
    f64::from(width) * f64::from(height) / 1e6
}

fn main() {
    let mut format = Format::Png;
    let mut sizes = Vec::new();
    for argument in std::env::args().skip(1).filter(|argument| argument != "--bench") {
        match (argument.as_str(), argument.split_once('x')) {
            ("png", _) => format = Format::Png,
            ("ppm", _) => format = Format::Ppm,
            (_, Some((width, height))) => sizes.push((width.parse().unwrap(), height.parse().unwrap())),
            _ => panic!("`{argument}` is neither `png`, `ppm` nor a size such as 40000x25000"),
        }
    }
    if sizes.is_empty() {
        sizes.push((40_000, 25_000));
    }
    let folder = tempfile::tempdir().unwrap();
    println!("                                       seconds  ms/megapixel  of 4 Mpx  peak MiB");
    for draw in [false, true] {
        println!("{}", if draw { "decided and drawn (--overlay, --render)" } else { "decided" });
        let mut yardstick = None;
        let first = [(YARDSTICK, None), (YARDSTICK, Some("1"))];
        for (size, whole) in first.into_iter().chain(sizes.iter().map(|&size| (size, None))) {
            let image = folder.path().join(format!("{}x{}", size.0, size.1));
            if !image.exists() {
                write_image(&image, size, format).expect("there is room for the image");
            }
            let (seconds, peak) = measured(&image, folder.path(), size, draw, whole);
            let each = seconds * 1e3 / pixels(size);
            let ratio = each / *yardstick.get_or_insert(each);
            let name = format!(
                "{}x{} {}{}",
                size.0,
                size.1,
                if format == Format::Png { "png" } else { "ppm" },
                if whole.is_some() { ", in bands too" } else { "" }
            );
            let peak = peak.map_or(String::new(), |mib| mib.to_string());
            println!("  {name:<34} {seconds:>9.2} {each:>13.2} {ratio:>9.2} {peak:>9}");
        }
    }
}
