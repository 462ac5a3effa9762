//! How likely a reader gets the answer at an allocation.
//!
//! A reader gets an answer when it is sampled finely enough to be read, so what counts is how finely an allocation
//! samples what the question names, how finely the rest, in case the question names the wrong place, and how much
//! the question can be believed. Each of these is a [clue](Clues), a number that is computed from score maps and tokens alone.
//! A [`ConfidenceModel`] makes a probability of them: a logistic regression, fitted once on pages where it is known
//! whether a reader read the answer ([`fit`]), and then fixed.
//!
//! Fineness is *samples across*: how many samples there would be along the side of the image if all patches were
//! sampled like this one, √(t·N), and never more than it has pixels. Print is large or small in proportion to its page,
//! not to its pixels.
//!
//! A model speaks of pages like those that it was fitted on. It knows the range that each clue had there; where a clue
//! is outside of it there is no probability, and the clue is named: that is how noise, unseen content and pages that
//! shout the question are told.

pub mod fit;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::tensions::FOLLOWED;
use crate::{ScoreMaps, coupling, disagreement, order_free};

/// The clues, in order, each with what it is. All are numbers without a unit.
pub const CLUES: [(&str, &str); 25] = [
    ("heard", "1 where a question has a say, else 0"),
    ("asked-across", "logarithm of the samples across, mean by Q²; that of content where nothing is heard"),
    ("content-across", "logarithm of the samples across, mean by P"),
    ("coupling", "κ"),
    ("asked-above-230", "share of what is asked, by Q², with more than 230 samples across, as a smooth step"),
    ("asked-above-290", "the same with 290"),
    ("asked-above-360", "the same with 360"),
    (
        "content-above-230",
        "share of content, by P, with more than 230 samples across, by how little the question is followed",
    ),
    ("content-above-290", "the same with 290"),
    ("content-above-360", "the same with 360"),
    ("claimed", "logarithm of the share of patches that the question claims, the mean of Q"),
    ("claims", "logarithm of the share of patches that Q effectively covers, (ΣQ)²/ΣQ²"),
    ("sure-claims", "the same of Q²"),
    ("asked-content", "mean of P, by Q²"),
    ("asked-salience", "mean of S, by Q²"),
    ("surest", "the largest Q"),
    ("rivals", "mean of the largest Q from the second to the fifth hundredth of the patches"),
    ("content", "mean of P"),
    ("content-spread", "standard deviation of P"),
    ("content-middle", "median of P where it is above 0.05"),
    ("content-high", "the 90th percentile of P"),
    ("blank", "share of the patches with P below 0.05"),
    ("salience", "mean of S"),
    ("salience-middle", "median of S"),
    ("disagreement", "u"),
];

/// From here on a patch holds content.
const BLANK: f64 = 0.05;

/// Fewer samples across than this are no finer than these.
const COARSEST: f64 = 100.0;

/// More samples across than this are no coarser than these.
const FINEST: f64 = 20_000.0;

/// How steep a smooth step is, in logarithms of samples across: from 12 to 88 % within a quarter of the place.
const STEEPNESS: f64 = 8.0;

/// What a probability is made of, one number for each of [`CLUES`].
#[derive(Clone, Debug, PartialEq)]
pub struct Clues(pub [f64; CLUES.len()]);

impl Clues {
    /// The clues of an allocation: `tokens` of each patch on a sample grid, of an image with `pixels` a patch. None
    /// where P or S is absent, or the lengths differ.
    #[must_use]
    pub fn of(maps: &ScoreMaps, tokens: &[u32], pixels: f64) -> Option<Clues> {
        let pulls = (coupling(maps.q.as_deref()), disagreement(maps.p.as_deref(), maps.s.as_deref()));
        Clues::with(maps, tokens, pixels, pulls)
    }

    /// The same where coupling and disagreement are known.
    fn with(maps: &ScoreMaps, tokens: &[u32], pixels: f64, (kappa, u): (f64, f64)) -> Option<Clues> {
        let (p, s) = (maps.p.as_deref()?, maps.s.as_deref()?);
        let n = tokens.len();
        let fits = |map: &[f64]| map.len() == n;
        if n == 0 || !fits(p) || !fits(s) || !maps.q.as_deref().is_none_or(fits) {
            return None;
        }
        let side = (pixels * n as f64).sqrt();
        let most = side.clamp(COARSEST, FINEST);
        let across: Vec<f64> = tokens
            .iter()
            .map(|&t| libm::log((f64::from(t) * n as f64).sqrt().clamp(COARSEST, most)))
            .collect();
        let above = |samples: f64| -> Vec<f64> {
            let step = |a: &f64| 1.0 / (1.0 + libm::exp(-STEEPNESS * (a - libm::log(samples))));
            across.iter().map(step).collect()
        };
        let steps = [230.0, 290.0, 360.0].map(above);
        let unfollowed = 1.0 - (kappa / FOLLOWED).min(1.0);
        let content_across = mean_by(p, &across);
        let content_above = steps.each_ref().map(|step| unfollowed * mean_by(p, step));
        let content = Spread::of(p);
        let salience = Spread::of(s);
        let asked = maps.q.as_deref().map(|q| Asked::of(q, p, s, &across, &steps));
        let (heard, asked) = match asked {
            Some(asked) => (1.0, asked),
            None => (0.0, Asked { across: content_across, ..Asked::default() }),
        };
        Some(Clues([
            heard,
            asked.across,
            content_across,
            kappa,
            asked.above[0],
            asked.above[1],
            asked.above[2],
            content_above[0],
            content_above[1],
            content_above[2],
            asked.claimed,
            asked.claims,
            asked.sure_claims,
            asked.content,
            asked.salience,
            asked.surest,
            asked.rivals,
            content.mean,
            content.deviation,
            content.middle,
            content.high,
            content.blank,
            salience.mean,
            salience.median,
            u,
        ]))
    }

    /// Whether a question has a say.
    fn is_heard(&self) -> bool {
        self.0[0] == 1.0
    }
}

/// What clues say of a question. Where there is none, all is 0.
#[derive(Default)]
struct Asked {
    across: f64,
    above: [f64; 3],
    claimed: f64,
    claims: f64,
    sure_claims: f64,
    content: f64,
    salience: f64,
    surest: f64,
    rivals: f64,
}

impl Asked {
    fn of(q: &[f64], p: &[f64], s: &[f64], across: &[f64], steps: &[Vec<f64>; 3]) -> Asked {
        let n = q.len() as f64;
        let squares: Vec<f64> = q.iter().map(|q| q * q).collect();
        let (sum, square) = (total(q), total(&squares));
        let fourth = total(&squares.iter().map(|square| square * square).collect::<Vec<f64>>());
        let log = |share: f64| libm::log(share.max(1e-12));
        let mut falling = q.to_vec();
        falling.sort_unstable_by(|a, b| b.total_cmp(a));
        let hundredths = |k: usize| (k * q.len()).div_ceil(100);
        let rivals = &falling[hundredths(1)..hundredths(5).max(hundredths(1))];
        let rivals = if rivals.is_empty() { 0.0 } else { total(rivals) / rivals.len() as f64 };
        Asked {
            across: mean_by(&squares, across),
            above: steps.each_ref().map(|step| mean_by(&squares, step)),
            claimed: log(sum / n),
            claims: log(ratio(sum * sum, square) / n),
            sure_claims: log(ratio(square * square, fourth) / n),
            content: mean_by(&squares, p),
            salience: mean_by(&squares, s),
            surest: falling.first().copied().unwrap_or_default(),
            rivals,
        }
    }
}

/// How the values of a map are spread.
struct Spread {
    mean: f64,
    deviation: f64,
    /// The median of what is not blank.
    middle: f64,
    median: f64,
    high: f64,
    blank: f64,
}

impl Spread {
    fn of(map: &[f64]) -> Spread {
        let n = map.len() as f64;
        let mean = total(map) / n;
        let squares: Vec<f64> = map.iter().map(|value| (value - mean) * (value - mean)).collect();
        let mut rising = map.to_vec();
        rising.sort_unstable_by(f64::total_cmp);
        let blank = rising.partition_point(|&value| value <= BLANK);
        let at = |part: &[f64], share: f64| {
            part.get(((part.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or_default()
        };
        Spread {
            mean,
            deviation: (total(&squares) / n).sqrt(),
            middle: at(&rising[blank..], 0.5),
            median: at(&rising, 0.5),
            high: at(&rising, 0.9),
            blank: blank as f64 / n,
        }
    }
}

/// The sum, the same bits in any order. Values in `[0, 1]`.
fn total(values: &[f64]) -> f64 {
    order_free::sum(values.iter().copied())
}

fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// More than any value that is averaged: the logarithm of [`FINEST`] is below it.
const ROOF: f64 = 16.0;

/// The mean of `values`, of at least 0 and below [`ROOF`], by weights in `[0, 1]`; the plain mean where all weights are
/// 0. The same bits in any order.
fn mean_by(weights: &[f64], values: &[f64]) -> f64 {
    let sum = total(weights);
    if sum == 0.0 {
        return ROOF * order_free::sum(values.iter().map(|value| value / ROOF)) / values.len() as f64;
    }
    ROOF * order_free::sum(weights.iter().zip(values).map(|(weight, value)| weight * (value / ROOF))) / sum
}

/// What a model makes of a clue, and what it was where the model was fitted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What a clue of one `scale` above `centre` adds to the logarithm of the odds; 0 where it has no say.
    pub weight: f64,
    /// Its mean on the pages of the fit.
    pub centre: f64,
    /// Its standard deviation there, above 0.
    pub scale: f64,
    /// The least and the most that it may be for the model to have a say; null where that does not matter.
    pub range: Option<(f64, f64)>,
}

/// A map from clues to the probability that a reader gets the answer. JSON; checked when read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ModelFile", into = "ModelFile")]
pub struct ConfidenceModel {
    reader: String,
    bias: f64,
    parts: [Part; CLUES.len()],
}

/// The form of a model in JSON.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile {
    /// Whose reading it is about.
    reader: String,
    bias: f64,
    /// Clue → what is made of it.
    clues: BTreeMap<String, Part>,
}

/// Why a model cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each field is a name that its variant's message shows in place")]
pub enum ConfidenceError {
    /// A clue that there is not.
    #[error("there is no clue `{clue}`")]
    Unknown { clue: String },
    /// A clue that is not there.
    #[error("the model says nothing of the clue `{clue}`")]
    Missing { clue: String },
    /// A number that cannot be used.
    #[error(
        "the model's numbers for `{clue}` are not finite, its scale is not above 0, or its range is reversed"
    )]
    Number { clue: String },
}

/// How sure a decision is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Confidence {
    /// The probability that the reader gets the answer at this allocation, in `[0, 1]`. None where the model has no say.
    pub probability: Option<f64>,
    /// Why it has none: how this is unlike the pages that it was fitted on, one line each.
    pub unlike: Vec<String>,
}

impl ConfidenceModel {
    pub(crate) fn new(reader: String, bias: f64, parts: [Part; CLUES.len()]) -> ConfidenceModel {
        ConfidenceModel { reader, bias, parts }
    }

    /// Whose reading it is about.
    #[must_use]
    pub fn reader(&self) -> &str {
        &self.reader
    }

    /// The probability, whether or not the clues are inside their ranges.
    #[must_use]
    pub fn probability(&self, clues: &Clues) -> f64 {
        let parts = self.parts.iter().zip(&clues.0);
        let logit = parts
            .fold(self.bias, |sum, (part, clue)| sum + part.weight * ((clue - part.centre) / part.scale));
        1.0 / (1.0 + libm::exp(-logit))
    }

    /// How sure to be.
    #[must_use]
    pub fn confidence(&self, clues: &Clues) -> Confidence {
        let heard = clues.is_heard();
        let unlike = |((name, _), (part, &clue)): (&(&str, &str), (&Part, &f64))| {
            let (low, high) = part.range.filter(|(low, high)| !(*low..=*high).contains(&clue))?;
            // What is about a question says nothing where there is none.
            (heard || !ABOUT_A_QUESTION.contains(name)).then(|| {
                format!("`{name}` is {clue:.3}, and was {low:.3} to {high:.3} where confidence was fitted")
            })
        };
        let unlike: Vec<String> =
            CLUES.iter().zip(self.parts.iter().zip(&clues.0)).filter_map(unlike).collect();
        Confidence { probability: unlike.is_empty().then(|| self.probability(clues)), unlike }
    }
}

/// Clues whose range counts only where a question has a say.
const ABOUT_A_QUESTION: [&str; 1] = ["claimed"];

impl TryFrom<ModelFile> for ConfidenceModel {
    type Error = ConfidenceError;

    fn try_from(mut file: ModelFile) -> Result<ConfidenceModel, ConfidenceError> {
        let none = Part { weight: 0.0, centre: 0.0, scale: 1.0, range: None };
        let mut parts = [none; CLUES.len()];
        for (part, (name, _)) in parts.iter_mut().zip(&CLUES) {
            let clue = || (*name).to_owned();
            *part = file.clues.remove(*name).ok_or_else(|| ConfidenceError::Missing { clue: clue() })?;
            let finite = [part.weight, part.centre, part.scale].iter().all(|number| number.is_finite());
            let in_order = part.range.is_none_or(|(low, high)| low <= high);
            if !finite || part.scale <= 0.0 || !in_order {
                return Err(ConfidenceError::Number { clue: clue() });
            }
        }
        if let Some((clue, _)) = file.clues.into_iter().next() {
            return Err(ConfidenceError::Unknown { clue });
        }
        if !file.bias.is_finite() {
            return Err(ConfidenceError::Number { clue: "bias".into() });
        }
        Ok(ConfidenceModel { reader: file.reader, bias: file.bias, parts })
    }
}

impl From<ConfidenceModel> for ModelFile {
    fn from(model: ConfidenceModel) -> ModelFile {
        let clues = CLUES.iter().zip(model.parts).map(|((name, _), part)| ((*name).to_owned(), part));
        ModelFile { reader: model.reader, bias: model.bias, clues: clues.collect() }
    }
}

/// By what a decision's confidence is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading<'a> {
    /// The model.
    pub model: &'a ConfidenceModel,
    /// Pixels of the image for each patch, above 0.
    pub pixels: f64,
}

impl Reading<'_> {
    /// How sure to be of an allocation by maps with this coupling and disagreement; no probability where P or S is absent.
    pub(crate) fn confidence(&self, maps: &ScoreMaps, tokens: &[u32], pulls: (f64, f64)) -> Confidence {
        match Clues::with(maps, tokens, self.pixels, pulls) {
            Some(clues) => self.model.confidence(&clues),
            None => Confidence { probability: None, unlike: vec![NO_MAPS.into()] },
        }
    }
}

const NO_MAPS: &str =
    "what is there or what stands out has no score map, and confidence was fitted with both";

#[cfg(test)]
mod tests {
    use super::*;

    fn maps(q: Option<Vec<f64>>) -> ScoreMaps {
        let ramp = |k: u32| (0..100).map(|i| f64::from((i * k) % 100) / 99.0).collect();
        ScoreMaps { p: Some(ramp(1)), s: Some(ramp(7)), q, theta_p: 1.0, theta_s: 1.0, patches: 100 }
    }

    fn spike() -> Vec<f64> {
        (0..100).map(|i| if i == 40 { 0.9 } else { 0.01 }).collect()
    }

    fn clue(clues: &Clues, name: &str) -> f64 {
        clues.0[CLUES.iter().position(|(other, _)| *other == name).unwrap()]
    }

    /// 25 tokens on 100 patches are 50 samples across, which count as 100; 400 are 200, 3600 are 600, and an image of
    /// 300 pixels has no more than those.
    #[test]
    fn samples_across_by_hand() {
        let even = |tokens: u32, pixels: f64| {
            let clues = Clues::of(&maps(Some(spike())), &[tokens; 100], pixels).unwrap();
            assert_eq!(clue(&clues, "asked-across").to_bits(), clue(&clues, "asked-across").to_bits());
            (libm::exp(clue(&clues, "asked-across")), libm::exp(clue(&clues, "content-across")))
        };
        for (tokens, pixels, across) in
            [(25, 1e6, 100.0), (400, 1e6, 200.0), (3600, 1e6, 600.0), (3600, 900.0, 300.0)]
        {
            let (asked, content) = even(tokens, pixels);
            assert!((asked - across).abs() < 1e-6 && (content - across).abs() < 1e-6, "{tokens}: {asked}");
        }
    }

    #[test]
    fn tokens_where_the_question_looks_are_told_from_tokens_elsewhere() {
        let at = |place: usize| {
            let tokens: Vec<u32> = (0..100).map(|i| if i == place { 1600 } else { 100 }).collect();
            Clues::of(&maps(Some(spike())), &tokens, 1e6).unwrap()
        };
        assert!(clue(&at(40), "asked-across") > clue(&at(41), "asked-across") + 1.0);
        assert!(clue(&at(40), "asked-above-290") > 0.9 && clue(&at(41), "asked-above-290") < 0.01);
        let silent = Clues::of(&maps(None), &[100; 100], 1e6).unwrap();
        assert_eq!((clue(&silent, "heard"), clue(&silent, "claimed")), (0.0, 0.0));
        assert_eq!(clue(&silent, "asked-across"), clue(&silent, "content-across"));
        assert!(Clues::of(&ScoreMaps { s: None, ..maps(None) }, &[1; 100], 1e6).is_none());
        assert!(Clues::of(&maps(None), &[1; 99], 1e6).is_none());
        assert!(Clues::of(&ScoreMaps::default(), &[], 1e6).is_none());
    }

    #[test]
    fn the_order_of_patches_does_not_matter_to_the_bit() {
        let tokens: Vec<u32> = (0..100).map(|i| 64 + i).collect();
        let mirrored = |map: &Option<Vec<f64>>| map.as_ref().map(|m| m.iter().rev().copied().collect());
        let own = maps(Some(spike()));
        let other =
            ScoreMaps { p: mirrored(&own.p), s: mirrored(&own.s), q: mirrored(&own.q), ..own.clone() };
        let reversed: Vec<u32> = tokens.iter().rev().copied().collect();
        assert_eq!(Clues::of(&own, &tokens, 900.0), Clues::of(&other, &reversed, 900.0));
    }

    fn model(range: Option<(f64, f64)>) -> ConfidenceModel {
        let part = |(name, _): (&str, &str)| Part {
            weight: if name == "asked-across" { 2.0 } else { 0.0 },
            centre: libm::log(300.0),
            scale: 1.0,
            range: range.filter(|_| name == "claimed" || name == "content"),
        };
        ConfidenceModel::new("a reader".into(), 0.0, CLUES.map(part))
    }

    #[test]
    fn a_model_is_asked_only_of_what_it_knows() {
        let known =
            model(Some((-6.0, 0.6))).confidence(&Clues::of(&maps(Some(spike())), &[900; 100], 1e6).unwrap());
        assert!(known.unlike.is_empty());
        assert!((known.probability.unwrap() - 0.5).abs() < 1e-9, "300 samples across");
        let shouted =
            Clues::of(&maps(Some((0..100).map(|i| f64::from(i % 2)).collect())), &[900; 100], 1e6).unwrap();
        let unknown = model(Some((-6.0, -1.0))).confidence(&shouted);
        assert_eq!(unknown.probability, None);
        assert_eq!(unknown.unlike.len(), 2, "{:?}", unknown.unlike);
        assert!(
            unknown.unlike[0].starts_with("`claimed` is -0.693, and was -6.000 to -1.000"),
            "{:?}",
            unknown.unlike
        );
        // Without a question nothing is claimed, and nothing can be too much.
        let silent = Clues::of(&maps(None), &[900; 100], 1e6).unwrap();
        assert_eq!(model(Some((-6.0, -0.5))).confidence(&silent).unlike.len(), 1);
    }

    #[test]
    fn a_model_survives_json_and_wrong_ones_are_named() {
        let own = model(Some((-1.0, 1.0)));
        let json = serde_json::to_string(&own).unwrap();
        assert_eq!(serde_json::from_str::<ConfidenceModel>(&json).unwrap(), own);
        let broken = |from: &str, to: &str| {
            assert!(json.contains(from));
            serde_json::from_str::<ConfidenceModel>(&json.replacen(from, to, 1)).unwrap_err().to_string()
        };
        assert!(
            broken("\"surest\"", "\"serest\"").starts_with("the model says nothing of the clue `surest`")
        );
        assert!(broken("\"scale\":1.0", "\"scale\":0.0").contains("`asked-above-230`"));
        assert!(broken("[-1.0,1.0]", "[1.0,-1.0]").contains("its range is reversed"));
        assert!(
            broken(
                "\"clues\":{",
                "\"clues\":{\"luck\":{\"weight\":0,\"centre\":0,\"scale\":1,\"range\":null},"
            )
            .starts_with("there is no clue `luck`")
        );
    }
}
