//! How far an engine may go, and by which calibration: replaced as a whole while decisions are made.
//!
//! A decision keeps what it began with, so that it is one thing from end to end.

use arrcoc_decide::{Channel, Confidence, Level, Reading, Way};

use crate::{
    calibration::Calibration,
    decision::{ConfidenceRecord, Governed},
    engine::pixels,
    request::Request,
};

/// What a note begins with that says why a governed decision went less far than its level.
const NOTE: &str = "autonomy: ";

/// How far decisions go, and what their channels are read by.
#[derive(Clone, Debug)]
pub(crate) struct Steering {
    pub(crate) calibration: Calibration,
    /// What the engine's own settings allow.
    pub(crate) autonomy: f64,
    /// The level, and the number of the record that set it.
    pub(crate) governed: Option<(Level, u64)>,
}

/// How far one decision goes.
#[derive(Clone, Debug)]
pub(crate) struct Ruling {
    /// As far as it may move from uniform.
    pub(crate) autonomy: f64,
    pub(crate) governed: Option<Governed>,
    /// What else a reader should know.
    pub(crate) note: Option<String>,
}

impl Steering {
    /// How far a decision goes; `uncalibrated` tells that its question is heard by no calibration that fits.
    pub(crate) fn ruling(&self, uncalibrated: bool) -> Ruling {
        let governed = self.governed.map(|(level, configuration)| Governed {
            level,
            configuration,
            autonomy: self.autonomy,
            advised: None,
        });
        Ruling::of(governed, self.autonomy, uncalibrated)
    }

    /// By what the confidence of a decision for a request is computed.
    pub(crate) fn reading(&self, request: &Request) -> Option<Reading<'_>> {
        let pixels = pixels(request) as f64 / request.grid.patches() as f64;
        self.calibration.confidence().map(|model| Reading { model, pixels })
    }

    /// The record of how sure a decision is; none where the calibration does not say.
    pub(crate) fn confidence_record(&self, confidence: Confidence) -> Option<ConfidenceRecord> {
        let Confidence { probability, unlike } = confidence;
        let reader = self.calibration.confidence()?.reader().to_owned();
        Some(ConfidenceRecord { probability, reader, unlike })
    }
}

impl Ruling {
    /// The ruling of a governed decision, or of one that may go as far as `autonomy`.
    pub(crate) fn of(governed: Option<Governed>, autonomy: f64, uncalibrated: bool) -> Ruling {
        let Some(governed) = governed else { return Ruling { autonomy, governed: None, note: None } };
        let allowed = governed.autonomy.min(governed.level.most());
        let capped = if uncalibrated { allowed.min(Level::Guarded.most()) } else { allowed };
        let note = (capped < allowed).then(|| {
            format!("{NOTE}no calibration fits what heard the question, so that guarded is the most")
        });
        Ruling { autonomy: capped, governed: Some(governed), note }
    }

    /// How far it would go without the level, where that is farther.
    pub(crate) fn advises(&self) -> Option<f64> {
        self.governed.as_ref().map(|governed| governed.autonomy).filter(|full| *full > self.autonomy)
    }
}

/// Whether a note is that of a ruling.
pub(crate) fn is_note(text: &str) -> bool {
    text.starts_with(NOTE)
}

/// Whether a question was asked, scorers heard it, and none of them has a calibration that fits.
/// Of channels their way and weight are given.
pub(crate) fn is_uncalibrated(query: &str, channels: impl Iterator<Item = (Way, f64)>) -> bool {
    let mut heard = channels.filter(|(way, _)| *way == Way::Participatory).peekable();
    !query.trim().is_empty() && heard.peek().is_some() && heard.all(|(_, theta)| theta == 0.0)
}

/// The same of channels as they are shared by.
pub(crate) fn hears_uncalibrated(query: &str, channels: &[Channel]) -> bool {
    is_uncalibrated(query, channels.iter().map(|channel| (channel.way, channel.theta)))
}
