//! A measurement, kept in the user's cache, and the choice that it leads to.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::Times;
use crate::{
    error::Error,
    files::{self, SETTINGS},
};

/// Name and version of the file's form.
const SCHEMA: &str = "arrcoc.backends/1";

/// What the backends of a machine take for images of several sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Measurement {
    schema: String,
    /// When it was measured.
    pub created: String,
    /// The processor; empty where the system does not tell.
    pub processor: String,
    /// Its cores.
    pub cores: usize,
    /// Threads that were granted.
    pub threads: usize,
    /// The sizes, in the order in which they were measured.
    pub sizes: Vec<AtSize>,
    /// Backends that did not run, each with the reason.
    pub missing: Vec<(String, String)>,
}

/// What was measured for one size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AtSize {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// What each backend took.
    pub times: Vec<Times>,
}

/// A backend, and why it is the one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its id; `None` for the first that can.
    pub backend: Option<String>,
    /// One clause.
    pub why: String,
}

impl Measurement {
    pub(super) fn new(threads: usize) -> Measurement {
        let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        Measurement {
            schema: SCHEMA.into(),
            created: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            processor: processor.map(|(_, name)| name.trim().to_owned()).unwrap_or_default(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            threads,
            sizes: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// The backends in it; one may come several times.
    pub(crate) fn backends(&self) -> impl Iterator<Item = &str> {
        self.sizes.iter().flat_map(|size| &size.times).map(|times| times.backend.as_str())
    }

    /// Where it is kept; `None` where the system names no place for caches.
    #[must_use]
    pub fn place() -> Option<PathBuf> {
        Some(arrcoc_assets::cache()?.join("backends.json"))
    }

    /// Keeps it, in the place of an earlier one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, place: &Path) -> Result<(), Error> {
        let failed = |e: std::io::Error| Error::file(place, "keep the measurement", &e);
        let json = serde_json::to_string_pretty(self).map_err(|e| failed(e.into()))?;
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let beside = place.with_extension(format!("{}.tmp", std::process::id()));
        let written = fs::write(&beside, json + "\n").and_then(|()| fs::rename(&beside, place));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written.map_err(failed)
    }

    /// The one that is kept; `None` where there is none that can be read.
    #[must_use]
    pub fn read(place: &Path) -> Option<Measurement> {
        let text = files::read_text(place, "read the measurement", SETTINGS).ok()?;
        let measurement: Measurement = serde_json::from_str(&text).ok()?;
        (measurement.schema == SCHEMA).then_some(measurement)
    }

    /// The backend that takes the least time for the statistics of an image of so many pixels, among those that are
    /// still the same: `is_here` says whether the library with this id and hash is.
    #[must_use]
    pub fn choose(&self, pixels: u64, is_here: impl Fn(&str, &str) -> bool) -> Choice {
        let mut names: Vec<&str> = Vec::new();
        for times in self.sizes.iter().flat_map(|size| &size.times) {
            if !names.contains(&times.backend.as_str()) && is_here(&times.backend, &times.blake3) {
                names.push(&times.backend);
            }
        }
        let mut expected: Vec<(&str, f64)> =
            names.into_iter().filter_map(|name| Some((name, self.expected(name, pixels)?))).collect();
        expected.sort_by(|a, b| a.1.total_cmp(&b.1));
        let said = |(name, micros): &(&str, f64)| format!("`{name}` {:.1} ms", micros / 1000.0);
        match expected.as_slice() {
            [] => Choice {
                backend: None,
                why: "nothing that was measured is here now; `arrcoc backends --measure` measures".into(),
            },
            [only] => {
                Choice { backend: Some(only.0.to_owned()), why: format!("only `{}` was measured", only.0) }
            }
            [first, others @ ..] => {
                let others: Vec<String> = others.iter().map(said).collect();
                let megapixels = pixels as f64 / 1e6;
                let why = format!(
                    "for {megapixels:.1} megapixels {}, as measured on {}; {}",
                    said(first),
                    self.created,
                    others.join(", ")
                );
                Choice { backend: Some(first.0.to_owned()), why }
            }
        }
    }

    /// What a backend takes for so many pixels, in microseconds: on the straight line between the two nearest sizes,
    /// and in proportion beyond the last.
    fn expected(&self, backend: &str, pixels: u64) -> Option<f64> {
        let mut points: Vec<(f64, f64)> = Vec::new();
        for size in &self.sizes {
            let times = size.times.iter().find(|times| times.backend == backend);
            points.extend(times.map(|t| (f64::from(size.width) * f64::from(size.height), t.statistics_us)));
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let at = pixels as f64;
        let above = points.iter().position(|&(pixels, _)| pixels >= at);
        match above {
            Some(0) => points.first().map(|&(_, micros)| micros),
            Some(i) => {
                let ((x0, y0), (x1, y1)) = (points[i - 1], points[i]);
                Some(y0 + (y1 - y0) * (at - x0) / (x1 - x0))
            }
            None => points.last().map(|&(pixels, micros)| micros * at / pixels),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(backend: &str, statistics_us: f64) -> Times {
        Times {
            backend: backend.into(),
            device: backend.into(),
            blake3: format!("hash of {backend}"),
            statistics_us,
            decision_us: 2.0 * statistics_us,
            device_us: None,
            equal: true,
        }
    }

    fn measurement() -> Measurement {
        let size = |side, times| AtSize { width: side, height: side, times };
        let sizes = vec![
            size(100, vec![times("cpu", 100.0), times("gpu", 500.0)]),
            size(1000, vec![times("cpu", 10_000.0), times("gpu", 1500.0)]),
        ];
        Measurement { sizes, created: "2026-01-02".into(), ..Measurement::new(1) }
    }

    fn chosen(pixels: u64) -> Choice {
        measurement().choose(pixels, |_, _| true)
    }

    #[test]
    fn the_size_decides() {
        assert_eq!(chosen(1).backend.as_deref(), Some("cpu"));
        assert_eq!(chosen(10_000).backend.as_deref(), Some("cpu"));
        assert_eq!(chosen(1_000_000).backend.as_deref(), Some("gpu"));
        let far = chosen(4_000_000);
        assert_eq!(far.backend.as_deref(), Some("gpu"));
        assert_eq!(far.why, "for 4.0 megapixels `gpu` 6.0 ms, as measured on 2026-01-02; `cpu` 40.0 ms");
    }

    #[test]
    fn what_has_changed_since_does_not_count() {
        let choice = measurement().choose(1_000_000, |id, hash| id == "cpu" && hash == "hash of cpu");
        assert_eq!(choice.backend.as_deref(), Some("cpu"));
        assert_eq!(choice.why, "only `cpu` was measured");
        assert_eq!(measurement().choose(1, |_, _| false).backend, None);
    }

    #[test]
    fn what_is_kept_is_read_and_what_is_damaged_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("deep/backends.json");
        measurement().keep(&place).unwrap();
        assert_eq!(Measurement::read(&place), Some(measurement()));
        let text = fs::read_to_string(&place).unwrap();
        fs::write(&place, &text[..text.len() / 2]).unwrap();
        assert_eq!(Measurement::read(&place), None);
        fs::write(&place, text.replace(SCHEMA, "arrcoc.backends/9")).unwrap();
        assert_eq!(Measurement::read(&place), None);
        assert!(measurement().keep(&place.join("below")).is_err());
    }
}
