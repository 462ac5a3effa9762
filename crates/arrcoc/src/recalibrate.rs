//! A calibration from feedback: fitted on what decisions claimed and how their tasks ended, and judged beside the one
//! that they were made by.
//!
//! The arithmetic is that of `arrcoc_decide::recalibrate`. What comes out is a calibration file in which the maps of the
//! encoders that took part are those of before with another map after them, as one. Nothing is put in force here: a
//! person does that ([`crate::autonomy::promote`]), and it can be rolled back.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::{self, Write as _},
};

use arrcoc_decide::{
    MonotoneMap, Way,
    recalibrate::{self, Claim, Refit, Shadow},
};
use arrcoc_ledger::{Filter, Kind, Ledger};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    calibration::{Calibration, SCHEMA},
    decision::Decision,
    error::Error,
    log::{self, Outcome},
    rerun::Rerun,
    whatif::{Basis, Change},
};

/// The coupling from which on a question is followed as far as any is: what counts as high.
pub const HIGH: f64 = 0.5;

/// The most decisions that are decided again to see how far tokens move, the latest.
pub const MOST_REDECIDED: usize = 40;

/// Ids that are shown of each case.
const EXAMPLES: usize = 3;

/// What `arrcoc recalibrate` found, as it stands in the file that it writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recalibration {
    /// The version of the calibration that it was made from and compared with.
    pub from: String,
    /// The map that answers go through after that one.
    pub refit: Refit,
    /// How its like do on images that took no part.
    pub shadow: Shadow,
}

impl Recalibration {
    /// Why it should not be put in force, if it should not.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        let brier = self.shadow.brier;
        (!self.shadow.is_better()).then(|| {
            format!("its Brier score is not surely lower than before on images held out, the difference is {brier}")
        })
    }
}

/// A decision with what came of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Lesson {
    /// The number of its record.
    pub number: u64,
    /// How its task ended.
    pub outcome: Outcome,
    /// Its id.
    pub id: String,
    /// Its coupling.
    pub coupling: f64,
}

/// What a ledger teaches about a calibration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Lessons {
    /// The decisions, in order.
    pub lessons: Vec<Lesson>,
    /// Decisions with an outcome that another calibration was in force for.
    pub others: usize,
    /// Decisions with an outcome that were uniform, or had no question or no answer to one.
    pub silent: usize,
    claims: Vec<Claim>,
    /// Encoder and channel of the maps that took part.
    maps: BTreeSet<(String, String)>,
    base: Calibration,
}

/// How far tokens move.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Moved {
    /// Decisions that were decided again.
    pub decided: usize,
    /// Decisions that could not be: their images are not there.
    pub missing: usize,
    /// The mean share of the tokens of a decision that lie elsewhere, 0 to 1.
    pub mean: f64,
    /// The largest.
    pub most: f64,
}

/// A calibration that was made of lessons.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Recalibrated {
    /// What was found.
    pub found: Recalibration,
    /// What the file is called.
    pub version: String,
    /// The file.
    pub text: String,
}

impl Lessons {
    /// Reads what a ledger has about a calibration: the decisions with a question that were made by it, moved tokens, and
    /// have an outcome.
    ///
    /// # Errors
    /// When the ledger cannot be read; when what heard a question has no map in the calibration that could be changed.
    pub fn read(ledger: &Ledger, base: &Calibration) -> Result<Lessons, Error> {
        let mut lessons = Lessons {
            lessons: Vec::new(),
            others: 0,
            silent: 0,
            claims: Vec::new(),
            maps: BTreeSet::new(),
            base: base.clone(),
        };
        let mut images: HashMap<String, usize> = HashMap::new();
        let decisions = ledger.subjects(&Filter { kind: Some(Kind::Decision), ..Filter::default() })?;
        for (number, outcome) in log::outcomes(ledger, &decisions, None, None)? {
            let Some(record) = ledger.record(number)? else { continue };
            let decision = Decision::from_json(&record.content)?;
            if decision.calibration.version != base.version() {
                lessons.others += 1;
                continue;
            }
            let q = decision.scores.participatory.as_deref();
            let Some(q) = q.filter(|q| decision.autonomy > 0.0 && !q.is_empty()) else {
                lessons.silent += 1;
                continue;
            };
            lessons.add_maps(&decision)?;
            let fresh = images.len();
            let image = *images.entry(decision.image.blake3.clone()).or_insert(fresh);
            let succeeded = outcome == Outcome::Success;
            lessons.claims.push(Claim { image, largest: recalibrate::largest(q), succeeded });
            lessons.lessons.push(Lesson { number, outcome, id: decision.id, coupling: decision.coupling });
        }
        Ok(lessons)
    }

    /// Notes which maps the answers of a decision went through.
    fn add_maps(&mut self, decision: &Decision) -> Result<(), Error> {
        let heard = decision.channels.iter().filter(|c| c.way == Way::Participatory && c.theta > 0.0);
        for channel in heard {
            let plugin = decision.plugins.iter().find(|plugin| plugin.part == channel.plugin);
            let said = plugin.and_then(|plugin| plugin.encoder.as_deref());
            let mut known = self.base.encoders_of(&channel.name);
            let encoder = match (said, known.next(), known.next()) {
                (Some(said), _, _) => Some(said),
                // Tensors that were brought have an encoder which the record does not name.
                (None, Some(only), None) => Some(only),
                _ => None,
            };
            match encoder.filter(|encoder| self.base.map(encoder, &channel.name).is_some()) {
                Some(encoder) => self.maps.insert((encoder.to_owned(), channel.name.clone())),
                None => {
                    return Err(Error::new(
                        format!(
                            "channel `{}` of `{}` has no map that could be changed",
                            channel.name, channel.plugin
                        ),
                        "recalibrate a ledger whose questions are heard through a calibration",
                    ));
                }
            };
        }
        Ok(())
    }

    /// Fits a map on the lessons, and judges it.
    ///
    /// # Errors
    /// When there are too few.
    pub fn recalibrated(&self) -> Result<Recalibrated, Error> {
        let too_few = |e: recalibrate::TooFew| {
            let hint = "log how more tasks ended with `arrcoc feedback`";
            Error::new(e.to_string(), hint)
        };
        let shadow = recalibrate::shadow(&self.claims).map_err(too_few)?;
        let refit = recalibrate::fit(&self.claims);
        let found = Recalibration { from: self.base.version().to_owned(), refit, shadow };
        let (version, text) = self.file(&found)?;
        Ok(Recalibrated { found, version, text })
    }

    /// The file: what lay over the reference before, with other maps for what took part.
    fn file(&self, found: &Recalibration) -> Result<(String, String), Error> {
        let broken = |e: serde_json::Error| {
            Error::new(format!("the calibration cannot be written: {e}"), "report this")
        };
        let before: Value = self.base.text().map_or(Ok(json!({})), serde_json::from_str).map_err(broken)?;
        let mut file = match before {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let after = found.refit.map();
        for (encoder, channel) in &self.maps {
            let Some(map) = self.base.map(encoder, channel) else { continue };
            let map = serde_json::to_value(map.then(&after)).map_err(broken)?;
            let encoders = object(&mut file, "encoders");
            object(encoders, encoder).insert(channel.clone(), map);
            // How the map of before was fitted is not how this one was.
            if let Some(Value::Object(fits)) = file.get_mut("fits").and_then(|fits| fits.get_mut(encoder)) {
                fits.remove(channel);
            }
        }
        file.insert("schema".into(), SCHEMA.into());
        file.insert("made_by".into(), format!("arrcoc recalibrate {}", env!("CARGO_PKG_VERSION")).into());
        file.insert("recalibration".into(), serde_json::to_value(found).map_err(broken)?);
        file.remove("version");
        let hashed = serde_json::to_string(&file).map_err(broken)?;
        let version = format!("recal-{}", &blake3::hash(hashed.as_bytes()).to_hex()[..12]);
        file.insert("version".into(), version.clone().into());
        Ok((version, serde_json::to_string(&file).map_err(broken)? + "\n"))
    }

    /// How far tokens would move under a map, of the latest decisions.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn moved(&self, ledger: &Ledger, rerun: &mut Rerun, map: &MonotoneMap) -> Result<Moved, Error> {
        let mut moved = Moved::default();
        for lesson in self.lessons.iter().rev().take(MOST_REDECIDED) {
            let Some(record) = ledger.record(lesson.number)? else { continue };
            let decision = Decision::from_json(&record.content)?;
            match redecided(rerun, decision, map) {
                Ok((before, after)) => {
                    let share = elsewhere(&before, &after);
                    moved.decided += 1;
                    moved.mean += (share - moved.mean) / moved.decided as f64;
                    moved.most = moved.most.max(share);
                }
                Err(_) => moved.missing += 1,
            }
        }
        Ok(moved)
    }

    /// How many decisions are of a case, and the ids of some.
    fn case(&self, outcome: Outcome, high: bool) -> (usize, Vec<&str>) {
        let of = |lesson: &&Lesson| lesson.outcome == outcome && (lesson.coupling >= HIGH) == high;
        let all: Vec<&Lesson> = self.lessons.iter().filter(of).collect();
        let examples = all.iter().rev().take(EXAMPLES).map(|lesson| lesson.id.as_str()).collect();
        (all.len(), examples)
    }
}

/// A decision as it was and as it would be with its answers through a map.
///
/// # Errors
/// When what is needed to decide it again is not there.
pub fn redecided(
    rerun: &mut Rerun,
    decision: Decision,
    map: &MonotoneMap,
) -> Result<(Decision, Decision), Error> {
    let change = Change { recalibrated: Some(map.clone()), ..Change::default() };
    let basis = Basis::new(rerun, decision, change)?;
    let what_if = basis.what_if()?;
    Ok((what_if.before().clone(), what_if.decide()?))
}

/// The share of tokens that lie elsewhere: half of the sum of differences, of all tokens.
fn elsewhere(before: &Decision, after: &Decision) -> f64 {
    let pairs = std::iter::zip(before.flat_tokens(), after.flat_tokens());
    let differences: u64 = pairs.map(|(before, after)| u64::from(before.abs_diff(after))).sum();
    differences as f64 / (2.0 * before.applied.max(1) as f64)
}

/// The object under a key, made where there is none.
fn object<'a>(of: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let value = of.entry(key).or_insert_with(|| json!({}));
    if !value.is_object() {
        *value = json!({});
    }
    match value {
        Value::Object(fields) => fields,
        _ => unreachable!("it was made an object"),
    }
}

impl fmt::Display for Lessons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} decisions by `{}` with an outcome", self.lessons.len(), self.base.version())?;
        for (outcome, high, says) in [
            (Outcome::Success, true, "as it should be"),
            (Outcome::Failure, true, "too sure of the wrong place"),
            (Outcome::Success, false, "surer than it said"),
            (Outcome::Failure, false, "as unsure as it said"),
        ] {
            let (count, examples) = self.case(outcome, high);
            let coupling = if high { "high" } else { "low" };
            let mut line = format!("  {count:>5}  {outcome:<7}  {coupling:<4} coupling  {says}");
            let short = |id: &str| id.chars().take(12).collect::<String>();
            for (at, id) in examples.into_iter().enumerate() {
                let _ = write!(line, "{}{}", if at == 0 { ": " } else { ", " }, short(id));
            }
            writeln!(f, "{line}")?;
        }
        if self.others > 0 {
            writeln!(f, "  {:>5}  by another calibration, left out", self.others)?;
        }
        if self.silent > 0 {
            writeln!(f, "  {:>5}  uniform, or without an answer to a question, left out", self.silent)?;
        }
        Ok(())
    }
}

impl fmt::Display for Recalibrated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Recalibration { refit, shadow, .. } = &self.found;
        writeln!(f, "logit of the new probability: {:.3} + {:.3} times that of the old", refit.a, refit.b)?;
        writeln!(
            f,
            "on images held out ({} outcomes, {} images): Brier score {:.4}, and {:.4} before",
            shadow.outcomes, shadow.images, shadow.brier_after, shadow.brier_before
        )?;
        writeln!(f, "  difference of the Brier score {}, of the log loss {}", shadow.brier, shadow.log_loss)?;
        match self.found.refusal() {
            None => writeln!(f, "worth promoting: it is surely better"),
            Some(why) => writeln!(f, "not worth promoting: {why}"),
        }
    }
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.decided > 0 {
            let percent = |share: f64| 100.0 * share;
            writeln!(
                f,
                "of {} decisions made again, {:.1} % of the tokens lie elsewhere, {:.1} % at most",
                self.decided,
                percent(self.mean),
                percent(self.most)
            )?;
        }
        if self.missing > 0 {
            writeln!(f, "{} decisions could not be made again: their images are not there", self.missing)?;
        }
        Ok(())
    }
}
