//! What a block of decisions comes to.

use serde::{Deserialize, Serialize};

/// Bins of a histogram of calibrated values: tenths of `[0, 1]`, the last with 1 in it.
pub const BINS: usize = 10;

/// One decision, as far as it is evidence.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample<'a> {
    /// Whether there was a question.
    pub asked: bool,
    /// κ, in `[0, 1]`.
    pub coupling: f64,
    /// u, in `[0, 1]`.
    pub disagreement: f64,
    /// The score maps P, S and Q, as far as they are there: values in `[0, 1]`.
    pub maps: [Option<&'a [f64]>; 3],
    /// Whether anything retreated.
    pub retreated: bool,
    /// Whether there was a question, and no scorer that heard it had a calibration that fits its encoder.
    pub uncalibrated: bool,
    /// How sure the decision was of itself, in `[0, 1]`, where that was judged.
    pub confidence: Option<f64>,
    /// Whether the image was unlike those that the system knows.
    pub strange: bool,
}

/// What a block of decisions comes to. The default is that of no decision.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Decisions.
    pub decisions: u64,
    /// Of these, those with a question.
    pub asked: u64,
    /// The mean coupling κ of those, in `[0, 1]`; 0 without any.
    pub coupling: f64,
    /// The mean disagreement u of all, in `[0, 1]`.
    pub disagreement: f64,
    /// How many patches have which value of P, in tenths.
    pub p: [u64; BINS],
    /// The same of S.
    pub s: [u64; BINS],
    /// The same of Q.
    pub q: [u64; BINS],
    /// Decisions with a reason for a retreat.
    pub retreats: u64,
    /// Decisions whose question no calibration fits.
    pub uncalibrated: u64,
    /// Decisions whose task ended as it should.
    pub successes: u64,
    /// Decisions whose task did not.
    pub failures: u64,
    /// Decisions that judged themselves.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub judged: u64,
    /// Their mean confidence, in `[0, 1]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Decisions about images unlike those that the system knows.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub strange: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Evidence {
    /// Adds a decision. Values that are not in `[0, 1]` count as the nearest that is, and NaN as 0.
    pub fn add(&mut self, sample: &Sample<'_>) {
        self.decisions += 1;
        self.disagreement = mean(self.disagreement, self.decisions, sample.disagreement);
        if sample.asked {
            self.asked += 1;
            self.coupling = mean(self.coupling, self.asked, sample.coupling);
        }
        for (bins, map) in [&mut self.p, &mut self.s, &mut self.q].into_iter().zip(sample.maps) {
            for value in map.unwrap_or_default() {
                // A float cast saturates, and takes NaN to 0.
                bins[((value * BINS as f64) as usize).min(BINS - 1)] += 1;
            }
        }
        self.retreats += u64::from(sample.retreated);
        self.uncalibrated += u64::from(sample.uncalibrated);
        self.strange += u64::from(sample.strange);
        if let Some(confidence) = sample.confidence {
            self.judged += 1;
            self.confidence = Some(mean(self.confidence.unwrap_or_default(), self.judged, confidence));
        }
    }

    /// Adds what came of a decision.
    pub fn add_outcome(&mut self, succeeded: bool) {
        self.successes += u64::from(succeeded);
        self.failures += u64::from(!succeeded);
    }

    /// Outcomes that are known.
    #[must_use]
    pub fn outcomes(&self) -> u64 {
        self.successes + self.failures
    }
}

/// The mean of `count` numbers, where that of all but the last is known.
fn mean(before: f64, count: u64, last: f64) -> f64 {
    let last = if last.is_nan() { 0.0 } else { last.clamp(0.0, 1.0) };
    before + (last - before) / count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_comes_to_counts_and_means() {
        let mut evidence = Evidence::default();
        let maps = [Some(&[0.0, 0.1, 0.95, 1.0, f64::NAN, -3.0][..]), None, Some(&[0.5])];
        evidence.add(&Sample { asked: true, coupling: 0.4, disagreement: 0.2, maps, ..Sample::default() });
        evidence.add(&Sample { disagreement: 0.4, retreated: true, ..Sample::default() });
        let more = Sample { asked: true, coupling: 0.8, uncalibrated: true, ..Sample::default() };
        evidence.add(&Sample { confidence: Some(0.5), strange: true, ..more });
        evidence.add_outcome(false);
        assert_eq!((evidence.decisions, evidence.asked, evidence.retreats), (3, 2, 1));
        assert!((evidence.coupling - 0.6).abs() < 1e-12 && (evidence.disagreement - 0.2).abs() < 1e-12);
        assert_eq!(evidence.p, [3, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
        assert_eq!((evidence.s, evidence.q[5]), ([0; BINS], 1));
        assert_eq!((evidence.uncalibrated, evidence.strange, evidence.outcomes()), (1, 1, 1));
        assert_eq!((evidence.judged, evidence.confidence), (1, Some(0.5)));
        let text = serde_json::to_string(&evidence).unwrap();
        assert_eq!(serde_json::from_str::<Evidence>(&text).unwrap(), evidence);
    }
}
