//! Fitting maps for an encoder, from pages whose answers are known.
//!
//! What a scorer says of a question has a scale, and even a direction, of its own: the patch–text cosine of CLIP is
//! *lower* where the thing is (Li et al. 2023, "CLIP Surgery"). So its numbers have no weight until a map from them
//! to probabilities was fitted for that very encoder. Here the scorers look at every page of a labelled folder and
//! answer all questions; `arrcoc_decide::fit` does the arithmetic; what comes out is a calibration file.
//!
//! Nothing is passed over in silence: a page that a scorer cannot answer ends the fit, because a map from the pages
//! that happened to work would be judged on those alone.

mod channels;
mod folder;
mod report;

use std::collections::BTreeMap;

use arrcoc_decide::{
    MonotoneMap,
    fit::{self, Fitted},
};
use serde::Serialize;

use crate::{
    calibration::{FitRecord, SCHEMA},
    engine::Engine,
    error::Error,
};
use channels::Channels;
pub use folder::Folder;

/// Name and version of the form of [`Fits::to_json`].
pub const FITS_SCHEMA: &str = "arrcoc.fits/1";

/// A map for a channel of an encoder, and how good it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Fit {
    /// The scorer that gives the channel.
    pub scorer: String,
    /// The channel.
    pub channel: String,
    /// What the channel's numbers come from.
    pub encoder: String,
    /// The map and its judgement.
    pub fitted: Fitted,
}

/// All maps that were fitted on a folder.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Fits {
    /// One for each raw channel that answers questions.
    pub fits: Vec<Fit>,
    /// Questions that say nothing about a place, and were left out.
    pub left_out: usize,
    grid: String,
    manifest: String,
}

/// Looks at every page of a labelled folder, and fits a map for each raw channel that answers questions. `looked_at`
/// is told how many pages are done.
///
/// # Errors
/// When an image, its tensors or its labels cannot be used; when a scorer cannot answer a question; when a channel
/// names no encoder; when there is too little to fit a map on.
pub fn fit(engine: &Engine, folder: &Folder, looked_at: &mut dyn FnMut(usize)) -> Result<Fits, Error> {
    let mut channels = Channels::default();
    for page in 0..folder.pages() {
        folder.look(engine, page, &mut channels)?;
        looked_at(page + 1);
    }
    let fits = channels.into_iter().map(|(source, questions)| {
        let fitted = fit::fit(&questions).map_err(|e| Error::new(e.to_string(), e.hint()))?;
        Ok(Fit { scorer: source.scorer, channel: source.channel, encoder: source.encoder, fitted })
    });
    Ok(Fits {
        fits: fits.collect::<Result<_, Error>>()?,
        left_out: folder.left_out(),
        grid: folder.grid().to_string(),
        manifest: folder.manifest().to_owned(),
    })
}

type ByEncoder<'a, T> = BTreeMap<&'a str, BTreeMap<&'a str, T>>;

impl Fits {
    /// The maps that must not be used, each with the reason in one line.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        let refused = |fit: &Fit| {
            let reason = fit.fitted.refusal()?;
            Some(format!("`{}` of `{}` is not promoted: {reason}", fit.channel, fit.encoder))
        };
        self.fits.iter().filter_map(refused).collect()
    }

    /// The version that the file gets when none is named: what it says, hashed. The same data give the same version.
    ///
    /// # Errors
    /// None that is known.
    pub fn version(&self) -> Result<String, Error> {
        let text = [json(&self.maps())?, json(&self.records())?].concat();
        Ok(format!("fit-{}", &blake3::hash(text.as_bytes()).to_hex()[..12]))
    }

    /// The calibration file: `arrcoc.calibration/1`. Maps that are not promoted are in it too, marked as such.
    ///
    /// # Errors
    /// None that is known.
    pub fn to_calibration(&self, version: &str) -> Result<String, Error> {
        let made_by = format!("arrcoc calibrate {}", env!("CARGO_PKG_VERSION"));
        let fields = [
            ("schema", json(&SCHEMA)?),
            ("version", json(&version)?),
            ("made_by", json(&made_by)?),
            ("encoders", lines(&self.maps())?),
            ("fits", lines(&self.records())?),
        ];
        let fields = fields.map(|(name, value)| format!("  \"{name}\": {value}"));
        Ok(format!("{{\n{}\n}}\n", fields.join(",\n")))
    }

    /// What was found, as one line of JSON: `arrcoc.fits/1`.
    ///
    /// # Errors
    /// None that is known.
    pub fn to_json(&self, version: &str) -> Result<String, Error> {
        #[derive(Serialize)]
        struct Line<'a> {
            schema: &'a str,
            version: &'a str,
            promoted: bool,
            left_out: usize,
            fits: ByEncoder<'a, FitRecord>,
        }
        json(&Line {
            schema: FITS_SCHEMA,
            version,
            promoted: self.refusals().is_empty(),
            left_out: self.left_out,
            fits: self.records(),
        })
    }

    fn maps(&self) -> ByEncoder<'_, &MonotoneMap> {
        self.by_encoder(|fit| &fit.fitted.map)
    }

    fn records(&self) -> ByEncoder<'_, FitRecord> {
        self.by_encoder(|fit| FitRecord::new(&fit.fitted, &fit.scorer, &self.grid, &self.manifest))
    }

    fn by_encoder<'a, T>(&'a self, of: impl Fn(&'a Fit) -> T) -> ByEncoder<'a, T> {
        let mut out: ByEncoder<'a, T> = BTreeMap::new();
        for fit in &self.fits {
            out.entry(&fit.encoder).or_default().insert(&fit.channel, of(fit));
        }
        out
    }
}

fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|e| Error::new(format!("cannot write JSON: {e}"), "report this"))
}

/// An object with a line for each entry.
fn lines<T: Serialize>(map: &BTreeMap<&str, T>) -> Result<String, Error> {
    let entry = |(name, value): (&&str, &T)| Ok(format!("    {}: {}", json(name)?, json(value)?));
    let entries = map.iter().map(entry).collect::<Result<Vec<String>, Error>>()?;
    Ok(format!("{{\n{}\n  }}", entries.join(",\n")))
}
