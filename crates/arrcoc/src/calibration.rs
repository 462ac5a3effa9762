//! Calibration: from a channel's raw numbers to numbers that can be compared
//! between images and added to each other.
//!
//! The reference maps of the standard channels, and how much each of them says
//! about content, are committed with the program and were fitted on generated
//! images (`cargo xtask calibrate-reference`), and so is the map of the scorer
//! `ocr`. So is the model by which a decision says how likely a reader gets the
//! answer (`cargo xtask calibrate-confidence`). Maps for other encoders come from calibration files, which `arrcoc
//! calibrate` writes. A raw channel without a
//! map, or with one that was found to say nothing, is *uncalibrated*: it is
//! recorded and has no weight.

mod fit_record;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use arrcoc_decide::{ConfidenceModel, MonotoneMap, Way};
use arrcoc_host::Scale;
use serde::Deserialize;

use crate::{decision::CalibrationRecord, error::Error, files, recalibrate::Recalibration};

pub use fit_record::FitRecord;

/// Name and version of the file format.
pub const SCHEMA: &str = "arrcoc.calibration/1";

/// What a channel counts that no calibration names: half as much as all of the
/// reference channels together. Not fitted; a calibration file can say otherwise.
const UNNAMED_THETA: f64 = 0.5;

/// Maps and weights of channels.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    schema: String,
    version: String,
    #[serde(default)]
    #[allow(dead_code, reason = "says where the file came from; not needed to use it")]
    made_by: Option<String>,
    #[serde(default)]
    #[allow(dead_code, reason = "says where the file came from; not needed to use it")]
    images: Option<serde_json::Value>,
    #[serde(default)]
    channels: BTreeMap<String, MonotoneMap>,
    #[serde(default)]
    theta: BTreeMap<String, f64>,
    /// Encoder → channel → map to the probability that the patch holds what is asked for.
    #[serde(default)]
    encoders: BTreeMap<String, BTreeMap<String, MonotoneMap>>,
    /// Encoder → channel → where that map comes from. A map without a record is used as it is.
    #[serde(default)]
    fits: BTreeMap<String, BTreeMap<String, FitRecord>>,
    /// What `arrcoc recalibrate` found, where it wrote the file.
    #[serde(default)]
    recalibration: Option<Recalibration>,
    /// How likely a reader gets the answer.
    #[serde(default)]
    confidence: Option<ConfidenceModel>,
    /// The file that was laid over the reference.
    #[serde(skip)]
    path: Option<PathBuf>,
    /// What it says.
    #[serde(skip)]
    text: Option<String>,
}

/// How a channel is read.
pub(crate) enum Reading<'a> {
    /// Through this map, with this θ.
    Map(&'a MonotoneMap, f64),
    /// As it is, with this θ.
    AsIs(f64),
    /// Not at all, for this reason.
    Uncalibrated(String),
}

impl Calibration {
    /// The calibration that is committed with the program.
    ///
    /// # Errors
    /// None, unless the program was built with a broken file, which a test excludes.
    pub fn reference() -> Result<Calibration, Error> {
        let content = Calibration::parse(include_str!("../calibration/reference.json"))?;
        let others = [
            include_str!("../calibration/ocr.json"),
            include_str!("../calibration/glance.json"),
            include_str!("../calibration/confidence.json"),
        ];
        others.into_iter().try_fold(content, |all, one| Ok(all.under(Calibration::parse(one)?)))
    }

    /// This with another laid over it.
    fn under(mut self, over: Calibration) -> Calibration {
        self.version = format!("{}+{}", self.version, over.version);
        self.channels.extend(over.channels);
        self.lay(over.encoders, over.fits);
        self.confidence = over.confidence.or(self.confidence);
        if !over.theta.is_empty() {
            self.theta = over.theta;
        }
        self
    }

    /// Reads a calibration file and lays it over the reference: each map it has
    /// replaces the reference's, and a θ table replaces the whole of the
    /// reference's, because weights only mean something beside each other. A map
    /// comes with its record: one that is not promoted silences the reference's.
    ///
    /// # Errors
    /// When the file cannot be read, or is not a calibration.
    pub fn read(path: &Path) -> Result<Calibration, Error> {
        let text = files::read_text(path, "read the calibration", files::SETTINGS)?;
        let whole = Calibration::over_reference(text).map_err(|e| e.in_file(path))?;
        Ok(Calibration { path: Some(path.into()), ..whole })
    }

    /// Lays the text of a calibration file over the reference, as [`Calibration::read`] does.
    ///
    /// # Errors
    /// When it is not a calibration.
    pub fn over_reference(text: String) -> Result<Calibration, Error> {
        let over = Calibration::parse(&text)?;
        let recalibration = over.recalibration.clone();
        let whole = Calibration::reference()?.under(over);
        Ok(Calibration { text: Some(text), recalibration, ..whole })
    }

    fn lay(
        &mut self,
        maps: BTreeMap<String, BTreeMap<String, MonotoneMap>>,
        fits: BTreeMap<String, BTreeMap<String, FitRecord>>,
    ) {
        for (encoder, maps) in maps {
            let records = self.fits.entry(encoder.clone()).or_default();
            records.retain(|channel, _| !maps.contains_key(channel));
            self.encoders.entry(encoder).or_default().extend(maps);
        }
        for (encoder, records) in fits {
            self.fits.entry(encoder).or_default().extend(records);
        }
    }

    fn parse(text: &str) -> Result<Calibration, Error> {
        let hint = format!("a calibration is JSON with `\"schema\": \"{SCHEMA}\"`");
        let whole: Calibration =
            serde_json::from_str(text).map_err(|e| Error::new(format!("not a calibration: {e}"), &hint))?;
        if whole.schema != SCHEMA {
            return Err(Error::new(format!("not a calibration: its schema is `{}`", whole.schema), hint));
        }
        if let Some((name, theta)) = whole.theta.iter().find(|(_, t)| !t.is_finite() || **t < 0.0) {
            return Err(Error::new(
                format!("theta of `{name}` is {theta}"),
                "a weight is a finite number that is not negative",
            ));
        }
        Ok(whole)
    }

    /// Which calibration this is.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The text of the file that was laid over the reference.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// What was found when the file was made from feedback, if it was.
    #[must_use]
    pub fn recalibration(&self) -> Option<&Recalibration> {
        self.recalibration.as_ref()
    }

    /// The map of an encoder's channel.
    pub(crate) fn map(&self, encoder: &str, channel: &str) -> Option<&MonotoneMap> {
        self.encoders.get(encoder)?.get(channel)
    }

    /// The encoders that have a map of a channel.
    pub(crate) fn encoders_of<'a>(&'a self, channel: &'a str) -> impl Iterator<Item = &'a str> {
        let has = move |(_, maps): &(&String, &BTreeMap<String, MonotoneMap>)| maps.contains_key(channel);
        self.encoders.iter().filter(has).map(|(encoder, _)| encoder.as_str())
    }

    /// For the record of a decision.
    pub(crate) fn record(&self) -> CalibrationRecord {
        let path = self.path.as_ref().map(|path| path.to_string_lossy().into_owned());
        CalibrationRecord { version: self.version.clone(), path }
    }

    /// The file that was laid over the reference.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Where the map of an encoder's channel comes from, when it was fitted.
    #[must_use]
    pub fn fit(&self, encoder: &str, channel: &str) -> Option<&FitRecord> {
        self.fits.get(encoder)?.get(channel)
    }

    /// How likely a reader gets the answer.
    pub(crate) fn confidence(&self) -> Option<&ConfidenceModel> {
        self.confidence.as_ref()
    }

    /// How a channel is read; `encoder` is what the given tensors say made them.
    pub(crate) fn reading(&self, way: Way, name: &str, scale: Scale, encoder: Option<&str>) -> Reading<'_> {
        let theta = match way {
            Way::Participatory => 1.0,
            _ => self.theta.get(name).copied().unwrap_or(UNNAMED_THETA),
        };
        if scale == Scale::Unit {
            return Reading::AsIs(theta);
        }
        let map = match way {
            Way::Participatory => encoder.and_then(|e| self.encoders.get(e)?.get(name)),
            _ => self.channels.get(name),
        };
        let record = encoder.filter(|_| way == Way::Participatory).and_then(|e| self.fit(e, name));
        if let Some(record) = record.filter(|record| !record.promoted) {
            let why = record.reason.as_deref().unwrap_or("its record does not say why");
            return Reading::Uncalibrated(format!("its calibration is not promoted: {why}"));
        }
        match (map, way, encoder) {
            (Some(map), _, _) => Reading::Map(map, theta),
            (None, Way::Participatory, Some(encoder)) => {
                Reading::Uncalibrated(format!("there is no calibration for the encoder `{encoder}`"))
            }
            (None, Way::Participatory, None) => {
                Reading::Uncalibrated("the tensors name no encoder, so there is no calibration for it".into())
            }
            (None, ..) => Reading::Uncalibrated("the calibration has no map for it".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_reads_every_standard_channel() {
        let reference = Calibration::reference().unwrap();
        for name in ["entropy", "deviation", "edge_density"] {
            assert!(
                matches!(reference.reading(Way::Propositional, name, Scale::Raw, None), Reading::Map(..)),
                "{name}"
            );
        }
        let unknown = reference.reading(Way::Perspectival, "mine", Scale::Raw, None);
        assert!(matches!(unknown, Reading::Uncalibrated(_)));
        assert!(matches!(reference.reading(Way::Perspectival, "mine", Scale::Unit, None), Reading::AsIs(_)));
    }

    #[test]
    fn a_map_that_is_not_promoted_is_silent_and_one_over_it_speaks() {
        let record = |promoted: bool| {
            format!(
                r#""fits": {{"e": {{"c": {{"scorer": "s", "promoted": {promoted}, "reason": "it is noise",
                "polarity": "falls", "skill": {{"value": 0, "low": 0, "high": 0}}, "brier": 0.1, "ece": 0.1,
                "scored": 0, "pages": 20, "questions": 20, "patches": 1, "holding": 1, "grid": "1x1",
                "manifest": "", "curve": []}}}}}}"#
            )
        };
        let file = |more: &str| {
            let map = r#""encoders": {"e": {"c": [[0, 0.5]]}}"#;
            Calibration::parse(&format!(
                r#"{{"schema": "arrcoc.calibration/1", "version": "1", {map}{more}}}"#
            ))
            .unwrap()
        };
        let read = |calibration: &Calibration| match calibration.reading(
            Way::Participatory,
            "c",
            Scale::Raw,
            Some("e"),
        ) {
            Reading::Map(..) => "map".to_owned(),
            Reading::AsIs(_) => "as is".to_owned(),
            Reading::Uncalibrated(why) => why,
        };
        let (by_hand, refused) = (file(""), file(&format!(", {}", record(false))));
        let promoted = file(&format!(", {}", record(true)));
        assert_eq!(read(&by_hand), "map");
        assert_eq!(read(&promoted), "map");
        assert_eq!(read(&refused), "its calibration is not promoted: it is noise");
        for (below, over, expected) in
            [(&refused, &by_hand, "map"), (&by_hand, &refused, "noise"), (&refused, &promoted, "map")]
        {
            let mut whole = below.clone();
            whole.lay(over.encoders.clone(), over.fits.clone());
            assert!(read(&whole).ends_with(expected), "{}", read(&whole));
        }
    }

    #[test]
    fn what_is_no_calibration_is_refused() {
        let refused = |text: &str| Calibration::parse(text).unwrap_err().message;
        assert!(refused("{}").contains("missing field `schema`"));
        assert!(refused(r#"{"schema": "x/1", "version": "1"}"#).contains("`x/1`"));
        let nan = r#"{"schema": "arrcoc.calibration/1", "version": "1", "theta": {"entropy": -1}}"#;
        assert!(refused(nan).contains("theta of `entropy` is -1"));
    }
}
