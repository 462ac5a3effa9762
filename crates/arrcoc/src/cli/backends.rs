//! `arrcoc backends`: which there are, and what each takes.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use arrcoc::{
    Catalogue, Error,
    backends::{self, AtSize, Comparison, Measurement, Times},
};

use super::{
    Done,
    allocate::{config, param},
    args::BackendsArgs,
    outputs, report_line, say,
};

pub(crate) fn run(args: &BackendsArgs) -> Result<Done, Error> {
    let mut config = config(&args.search)?;
    config.threads = args.threads.unwrap_or(config.threads);
    for text in &args.param {
        let (id, key, value) = param(text)?;
        config.set_param(&id, &key, &value);
    }
    if let [before, now] = args.compare.as_slice() {
        say(&side_by_side(&read(before)?, &read(now)?)?);
        return Ok(Done::Well);
    }
    if !args.measure {
        let mut catalogue = config.catalogue()?;
        catalogue.load_devices();
        say(&list(&catalogue));
        return Ok(Done::Well);
    }
    let sides = sides(&args.sizes)?;
    if let Some(folder) = args.report.as_deref().filter(|folder| !folder.is_dir()) {
        return Err(Error::new(format!("{}: there is no such folder", folder.display()), "make it first"));
    }
    let measurement =
        backends::measure(&config, &sides, |side| report_line(&format!("measuring {side}x{side}")))?;
    say(&report(&measurement));
    if let Some(place) = Measurement::place() {
        measurement.keep(&place)?;
        report_line(&format!("kept for `--backend auto` in `{}`", place.display()));
    }
    if let Some(folder) = &args.report {
        for (path, text) in files(&measurement, folder)? {
            outputs::write(&path, text.as_bytes())?;
            report_line(&format!("wrote `{}`", path.display()));
        }
    }
    let unequal = measurement.sizes.iter().flat_map(|size| &size.times).any(|times| !times.equal);
    if unequal {
        report_line("backends do not agree: see the column `equal`");
        return Ok(Done::NotAsRequired);
    }
    Ok(Done::Well)
}

fn read(path: &Path) -> Result<Measurement, Error> {
    Measurement::read(path).ok_or_else(|| {
        let message = format!("{}: it is no measurement of backends", path.display());
        Error::new(message, "name a `.json` file that `arrcoc backends --measure --report DIR` wrote")
    })
}

/// Two reports, by size and backend: how many times as fast the second is.
fn side_by_side(before: &Measurement, now: &Measurement) -> Result<String, Error> {
    let mut out = format!("before  {}\nnow     {}\n\n", machine(before), machine(now));
    let own = |size: &AtSize| size.times.last().cloned();
    let mut paired = 0;
    for size in &before.sizes {
        let same = now.sizes.iter().find(|other| (other.width, other.height) == (size.width, size.height));
        let (Some(a), Some(b)) = (own(size), same.and_then(own)) else { continue };
        paired += 1;
        let _ = writeln!(
            out,
            "{}x{}  {} → {}: statistics {} → {}, {:.2} × as fast; decision {:.2} × as fast",
            size.width,
            size.height,
            a.backend,
            b.backend,
            milliseconds(a.statistics_us),
            milliseconds(b.statistics_us),
            a.statistics_us / b.statistics_us,
            a.decision_us / b.decision_us,
        );
    }
    if paired == 0 {
        return Err(Error::new("the reports have no size in common", "measure both with the same --sizes"));
    }
    Ok(out)
}

fn sides(text: &str) -> Result<Vec<u32>, Error> {
    let side = |part: &str| part.trim().parse::<u32>().ok().filter(|side| (24..=32_768).contains(side));
    let sides: Option<Vec<u32>> = text.split(',').map(side).collect();
    sides.ok_or_else(|| {
        Error::new(
            format!("--sizes is `{text}`"),
            "give sides from 24 to 32768 pixels, such as 512,1344,4096",
        )
    })
}

fn list(catalogue: &Catalogue) -> String {
    let mut out = String::new();
    for info in backends::all(catalogue) {
        for (number, device) in info.devices.iter().enumerate() {
            let state = if device.unavailable.is_none() { "available" } else { "unavailable" };
            let _ = writeln!(out, "{:<8} {state:<12} {number}: {}", info.id, device.name);
            if let Some(reason) = &device.unavailable {
                let _ = writeln!(out, "{:21} {reason}", "");
            }
        }
    }
    if out.is_empty() {
        "no plugin offers a backend\nhint: `arrcoc plugins list` shows what was found\n".into()
    } else {
        out
    }
}

/// The table for one image.
pub(crate) fn table(comparison: &Comparison) -> String {
    let mut out = rows(&comparison.times);
    for (backend, reason) in &comparison.missing {
        let _ = writeln!(out, "{backend:<8} not measured: {reason}");
    }
    out
}

fn rows(times: &[Times]) -> String {
    let mut out = format!(
        "{:<8} {:>12} {:>12} {:>12} {:>9} {:>12}  equal\n",
        "backend", "statistics", "upload", "on device", "of copy", "decision"
    );
    for t in times {
        let device = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), milliseconds);
        let upload = t.device_us.map(|d| d.upload).filter(|upload| *upload > 0.0);
        let share =
            t.device_us.map_or_else(|| "-".to_owned(), |d| format!("{:.0} %", 100.0 * d.share_of_copy));
        let _ = writeln!(
            out,
            "{:<8} {:>12} {:>12} {:>12} {share:>9} {:>12}  {}",
            t.backend,
            milliseconds(t.statistics_us),
            device(upload),
            device(t.device_us.map(|d| d.work)),
            milliseconds(t.decision_us),
            if t.equal { "yes" } else { "NO" },
        );
    }
    out
}

fn milliseconds(micros: f64) -> String {
    format!("{:.2} ms", micros / 1000.0)
}

/// What the columns mean.
const LEGEND: &str = "statistics: from the host's call to the table in its memory; upload: pixels to the device; on device: \
with the\npixels there; of copy: the share of the device's own copy bandwidth that the pixels are read with; decision:\n\
without a question, from an image in memory; equal: tokens and score maps, to the bit. Medians.\n";

fn report(measurement: &Measurement) -> String {
    let mut out = format!("{}\n", machine(measurement));
    for size in &measurement.sizes {
        let _ = writeln!(out, "\n{}x{}", size.width, size.height);
        out += &rows(&size.times);
    }
    out += "\n";
    for (backend, reason) in &measurement.missing {
        let _ = writeln!(out, "{backend} not measured: {reason}");
    }
    out + LEGEND
}

fn machine(m: &Measurement) -> String {
    let processor = if m.processor.is_empty() { std::env::consts::ARCH } else { &m.processor };
    let threads = if m.threads == 1 { "1 thread".to_owned() } else { format!("{} threads", m.threads) };
    format!("{processor}, {} cores, {threads}, {}", m.cores, m.created)
}

/// A report for each device, beside the first backend's numbers of the same run.
fn files(measurement: &Measurement, folder: &Path) -> Result<Vec<(PathBuf, String)>, Error> {
    let mut devices: Vec<(&str, &str)> = Vec::new();
    for times in measurement.sizes.iter().flat_map(|size| &size.times) {
        let device = (times.backend.as_str(), times.device.as_str());
        if !devices.contains(&device) {
            devices.push(device);
        }
    }
    let mut files = Vec::new();
    for (backend, device) in devices {
        let name = if backend == device { &measurement.processor } else { device };
        let name = if name.is_empty() { std::env::consts::ARCH } else { name };
        let machine = machine(measurement);
        let mut text = format!(
            "# {name}\n\nBackend `{backend}`, measured with `cargo xtask hardware` on a machine with\n{machine}.\n"
        );
        let mut own = measurement.clone();
        own.missing.clear();
        for size in &mut own.sizes {
            let first = size.times.first().map(|times| times.backend.clone()).unwrap_or_default();
            size.times.retain(|times| times.backend == backend || times.backend == first);
            let _ =
                write!(text, "\n## {}x{}\n\n```text\n{}```\n", size.width, size.height, rows(&size.times));
        }
        let _ = write!(text, "\n{LEGEND}");
        let json =
            serde_json::to_string_pretty(&own).map_err(|e| Error::new(e.to_string(), "report this"))?;
        let stem = format!("{backend}-{}", slug(name));
        files.push((folder.join(format!("{stem}.md")), text));
        files.push((folder.join(format!("{stem}.json")), json + "\n"));
    }
    Ok(files)
}

/// A name as a file name: letters, digits and single hyphens.
fn slug(name: &str) -> String {
    let plain: String =
        name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<&str> = plain.split_whitespace().take(6).collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_a_file_name() {
        assert_eq!(slug("llvmpipe (LLVM 15.0.6, 256 bits) (software, vulkan)"), "llvmpipe-llvm-15-0-6-256");
        assert_eq!(
            slug("NVIDIA H200 (discrete, cuda, sm_90, driver 12.8)"),
            "nvidia-h200-discrete-cuda-sm-90"
        );
    }

    #[test]
    fn sizes_are_sides_that_a_grid_fits() {
        assert_eq!(sides("512, 1344").unwrap(), [512, 1344]);
        for text in ["", "23", "32769", "512,", "a"] {
            assert!(sides(text).is_err(), "{text}");
        }
    }
}
