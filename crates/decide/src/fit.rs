//! Fits the map that turns a raw participatory channel into a probability, from pages whose answers are known.
//!
//! The channel says how well a patch goes with the question, on a scale that only its encoder knows: it may even
//! fall where the answer is. Given patches of which it is known whether they hold what is asked for, the map is the
//! monotone one with the least squared error, rising or falling (`isotonic`).
//!
//! Three things would flatter it, and each is kept out:
//!
//! * *Judging it on what it was fitted on.* Every score is that of patches on pages which took no part: the pages
//!   are parted in five, and each part is judged by a map from the other four. What is judged is the whole
//!   procedure: the polarity is chosen anew for each part, from the pages of the other four alone, again by pages
//!   held out from among those. The map that is returned comes from all pages.
//! * *Taking patches for independent.* They come in clumps: questions of one page, patches of one line. So the
//!   parts are made of pages, the interval draws pages, and smoothing counts clumps.
//! * *Being right about nothing.* One patch in fifty holds the answer, and a map that always says 0.02 is almost
//!   never far off. So errors are set against that of the base rate: the Brier *skill*.
//!
//! A map that is not clearly better than the base rate must not steer tokens: [`Fitted::refusal`].

mod isotonic;
pub(crate) mod resample;
pub mod score;

use std::{collections::BTreeMap, fmt};

use crate::{CalibrationError, LARGEST_PLACE, MonotoneMap};
use resample::{PageTally, SplitMix64};
pub use score::Bin;
use score::Scored;

/// Parts that pages are put into to judge the map, each by a map from the others.
const PARTS: usize = 5;
/// The fewest pages from which a map is fitted: one for each part.
pub const LEAST_PAGES: usize = PARTS;
/// The fewest pages with which a map may be promoted. The percentile interval is too narrow for fewer.
pub const PROMOTED_PAGES: usize = 20;
/// A map is promoted when its Brier skill is above this with 97.5 % confidence.
pub const LEAST_SKILL: f64 = 0.02;
/// A patch is *scored* when its probability is above this: where a map says something at all.
pub const SCORED: f64 = 0.05;
/// The most patches that a map is fitted from.
pub const MOST_LABELLED: usize = 1 << 25;
/// Bins of the calibration error, of equal mass.
pub const BINS: usize = 15;
/// Where the rows of the reliability curve begin; the last ends at 1. Fine where most patches are.
const CURVE: [f64; 11] = [0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 0.9];

/// One question about one page: its patches with the channel's raw values, and which of them hold the answer or its
/// label.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    /// Which page; questions of one page have the same.
    pub page: usize,
    /// The channel, one finite number a patch.
    pub values: Vec<f64>,
    /// Whether the patch holds what is asked for; as many.
    pub holds: Vec<bool>,
}

/// Which way a map goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Polarity {
    /// The higher the channel, the likelier the answer.
    Rises,
    /// The lower the channel, the likelier the answer.
    Falls,
}

impl fmt::Display for Polarity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Polarity::Rises => "rises",
            Polarity::Falls => "falls",
        })
    }
}

/// A number, and the ends of its 95 % interval by drawing pages again.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Interval {
    /// The estimate from all pages.
    pub value: f64,
    /// 2.5 % of the resamples lie below.
    pub low: f64,
    /// 2.5 % of the resamples lie above.
    pub high: f64,
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Adding 0 keeps a rounded -0.000 from having a sign.
        let short = |x: f64| (x * 1000.0).round() / 1000.0 + 0.0;
        write!(f, "{:.3} ({:.3} to {:.3})", short(self.value), short(self.low), short(self.high))
    }
}

/// A map, and how good its like are on pages that they have not seen.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fitted {
    /// From the channel to a probability, fitted on all pages; at most 64 knots.
    pub map: MonotoneMap,
    /// Which way it goes.
    pub polarity: Polarity,
    /// Pages.
    pub pages: usize,
    /// Questions about them.
    pub questions: usize,
    /// Patches, counted once for each question.
    pub patches: usize,
    /// Of these, those that hold the answer or its label.
    pub holding: usize,
    /// Brier score: the mean squared error of the probability, 0 to 1.
    pub brier: f64,
    /// Brier skill over the base rate: 1 is perfect, 0 no better than the base rate, below 0 worse.
    pub skill: Interval,
    /// Calibration error over 15 bins of equal mass, 0 to 1.
    pub ece: f64,
    /// Patches whose probability is above [`SCORED`].
    pub scored: usize,
    /// Calibration error over those alone; none when there are none.
    pub ece_scored: Option<f64>,
    /// Mean probability against the share that holds, by ranges of the probability; empty ranges left out.
    pub curve: Vec<Bin>,
}

/// Why a map must not steer tokens.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Too few pages.
    #[error("it was fitted on {pages} pages, and {PROMOTED_PAGES} are the least")]
    FewPages {
        /// Pages that it was fitted on.
        pages: usize,
    },
    /// No better than always saying the base rate.
    #[error("its Brier skill is {skill}; below {LEAST_SKILL} it says nothing about where the answer is")]
    Uninformative {
        /// Its Brier skill.
        skill: Interval,
    },
    /// Perhaps better, but that is not certain.
    #[error("its Brier skill is {skill}, which may be below {LEAST_SKILL}")]
    Uncertain {
        /// Its Brier skill.
        skill: Interval,
    },
}

/// Why no map could be fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each field is a number that its variant's message shows in place")]
pub enum FitError {
    /// A page more or less is a fifth of everything.
    #[error("{pages} pages are too few to fit a map and to check it")]
    FewPages { pages: usize },
    /// Patches and labels do not pair.
    #[error("question {question} has {values} values and {holds} labels")]
    Length { question: usize, values: usize, holds: usize },
    /// A value that is no place of a knot.
    #[error("question {question} has the value `{value}` at patch {patch}")]
    Value { question: usize, patch: usize, value: f64 },
    /// More than is held in memory.
    #[error("there are more than {MOST_LABELLED} patches")]
    TooMany,
    /// Nothing to find.
    #[error("no patch holds an answer or a label")]
    NoneHolds,
    /// Nothing to tell it from.
    #[error("every patch holds an answer or a label")]
    AllHold,
    /// The knots are no map.
    #[error(transparent)]
    Map(#[from] CalibrationError),
}

impl FitError {
    /// What would be right.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            FitError::FewPages { .. } => "label 20 pages or more",
            FitError::TooMany => "take fewer pages",
            FitError::NoneHolds => "give each question the box of its answer",
            FitError::AllHold => "boxes should be around the answer alone, not around the page",
            FitError::Length { .. } | FitError::Value { .. } | FitError::Map(_) => {
                "give one finite number and one label a patch"
            }
        }
    }
}

impl Fitted {
    /// Why the map must not be used, when it must not.
    #[must_use]
    pub fn refusal(&self) -> Option<Refused> {
        let skill = self.skill;
        if skill.value <= LEAST_SKILL {
            Some(Refused::Uninformative { skill })
        } else if self.pages < PROMOTED_PAGES {
            Some(Refused::FewPages { pages: self.pages })
        } else if skill.low <= LEAST_SKILL {
            Some(Refused::Uncertain { skill })
        } else {
            None
        }
    }

    /// The share of patches that hold the answer or its label.
    #[must_use]
    pub fn base_rate(&self) -> f64 {
        self.holding as f64 / self.patches as f64
    }
}

/// Fits a map on labelled patches, and judges it on pages held out.
///
/// The result depends on the order of the questions only through which pages are held out together.
///
/// # Errors
/// Fewer than [`LEAST_PAGES`] pages, more than [`MOST_LABELLED`] patches, values that are not finite, or no two
/// kinds of patches to tell apart.
///
/// ```
/// use arrcoc_decide::fit::{Labelled, Polarity, fit};
///
/// // On each page the answer is where the channel is *lowest*.
/// let pages: Vec<Labelled> = (0..30)
///     .map(|page| Labelled {
///         page,
///         values: (0..50).map(|patch| f64::from((patch * 7 + page as i32) % 50)).collect(),
///         holds: (0..50).map(|patch| (patch * 7 + page as i32) % 50 < 3).collect(),
///     })
///     .collect();
/// let fitted = fit(&pages)?;
/// assert_eq!(fitted.polarity, Polarity::Falls);
/// assert!(fitted.map.apply(1.0) > 0.9 && fitted.map.apply(30.0) < 0.01);
/// assert!(fitted.skill.low > 0.9 && fitted.refusal().is_none());
/// # Ok::<(), arrcoc_decide::fit::FitError>(())
/// ```
pub fn fit(questions: &[Labelled]) -> Result<Fitted, FitError> {
    let table = Table::new(questions)?;
    let order = table.shuffled();
    let mut scored: Vec<Scored> = Vec::with_capacity(table.patches.len());
    let mut tallies = vec![PageTally::default(); table.pages];
    for part in 0..PARTS {
        let (fitted_on, judged): (Vec<usize>, Vec<usize>) = parted(&order, part);
        let (_, map) = table.best(&fitted_on)?;
        for patch in table.of(&judged) {
            let one = Scored { probability: map.apply(patch.value), holds: patch.holds };
            tallies[patch.page as usize].add(one);
            scored.push(one);
        }
    }
    let (polarity, map) = table.best(&order)?;
    let patches = scored.len();
    let curve = score::curve(&scored, &CURVE);
    let brier = score::brier(&scored);
    let skill = resample::skill(&tallies);
    let ece = score::calibration_error(&score::equal_mass(&mut scored, BINS));
    scored.retain(|one| one.probability > SCORED);
    let ece_scored =
        (!scored.is_empty()).then(|| score::calibration_error(&score::equal_mass(&mut scored, BINS)));
    Ok(Fitted {
        map,
        polarity,
        pages: table.pages,
        questions: questions.len(),
        patches,
        holding: table.holding,
        brier,
        skill,
        ece,
        scored: scored.len(),
        ece_scored,
        curve,
    })
}

/// Pages without those of a part, and those.
fn parted(pages: &[usize], part: usize) -> (Vec<usize>, Vec<usize>) {
    let (mut rest, mut held) = (Vec::new(), Vec::new());
    for (place, &page) in pages.iter().enumerate() {
        if place % PARTS == part { held.push(page) } else { rest.push(page) }
    }
    (rest, held)
}

#[derive(Clone, Copy)]
struct Patch {
    value: f64,
    page: u32,
    holds: bool,
}

/// All patches by rising value, so that a map from some of the pages is found in one pass.
struct Table {
    patches: Vec<Patch>,
    pages: usize,
    holding: usize,
    /// How many patches hold the answer of a question, on average: as many count as one observation.
    clump: f64,
}

impl Table {
    fn new(questions: &[Labelled]) -> Result<Table, FitError> {
        let mut pages: BTreeMap<usize, u32> = BTreeMap::new();
        let count = questions.iter().fold(0usize, |sum, asked| sum.saturating_add(asked.values.len()));
        if count > MOST_LABELLED {
            return Err(FitError::TooMany);
        }
        let mut patches = Vec::with_capacity(count);
        let mut answered = 0usize;
        for (question, asked) in questions.iter().enumerate() {
            let (values, holds) = (asked.values.len(), asked.holds.len());
            if values != holds {
                return Err(FitError::Length { question, values, holds });
            }
            if values == 0 {
                continue;
            }
            let fresh = pages.len() as u32;
            let page = *pages.entry(asked.page).or_insert(fresh);
            answered += usize::from(asked.holds.contains(&true));
            for (patch, (&value, &holds)) in asked.values.iter().zip(&asked.holds).enumerate() {
                if value.is_nan() || value.abs() >= LARGEST_PLACE {
                    return Err(FitError::Value { question, patch, value });
                }
                patches.push(Patch { value, page, holds });
            }
        }
        let holding = patches.iter().filter(|patch| patch.holds).count();
        if pages.len() < LEAST_PAGES {
            return Err(FitError::FewPages { pages: pages.len() });
        }
        if holding == 0 {
            return Err(FitError::NoneHolds);
        }
        if holding == patches.len() {
            return Err(FitError::AllHold);
        }
        // Equal values are taken together, so that their order does not matter; a stable sort keeps sums in one
        // order all the same.
        patches.sort_by(|a, b| a.value.total_cmp(&b.value));
        Ok(Table { patches, pages: pages.len(), holding, clump: holding as f64 / answered as f64 })
    }

    /// Pages in an order that has nothing to do with that in which they were given, always the same: pages that
    /// come in turns, as generated ones do, must not all fall into one part.
    fn shuffled(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.pages).collect();
        let mut random = SplitMix64::new(resample::SEED);
        // Fisher and Yates, as in Knuth, "Seminumerical Algorithms", section 3.4.2, algorithm P.
        for last in (1..order.len()).rev() {
            order.swap(last, random.below(last + 1));
        }
        order
    }

    /// The patches of these pages, by rising value.
    fn of<'a>(&'a self, pages: &[usize]) -> impl Iterator<Item = &'a Patch> + use<'a> {
        let mut wanted = vec![false; self.pages];
        pages.iter().for_each(|&page| wanted[page] = true);
        self.patches.iter().filter(move |patch| wanted[patch.page as usize])
    }

    /// The map of a polarity from these pages.
    fn map(&self, pages: &[usize], polarity: Polarity) -> Result<MonotoneMap, FitError> {
        let blocks = isotonic::pool(self.of(pages).map(|patch| (patch.value, patch.holds)), polarity);
        let blocks = isotonic::thin(blocks, isotonic::MOST_BLOCKS);
        Ok(isotonic::map(&blocks, isotonic::OBSERVATIONS * self.clump, polarity)?)
    }

    /// The map from these pages, of the polarity that does better on pages held out from among them.
    fn best(&self, pages: &[usize]) -> Result<(Polarity, MonotoneMap), FitError> {
        let mut errors = [0.0; 2];
        for part in 0..PARTS {
            let (fitted_on, judged) = parted(pages, part);
            if fitted_on.is_empty() || judged.is_empty() {
                continue;
            }
            for (error, polarity) in errors.iter_mut().zip([Polarity::Rises, Polarity::Falls]) {
                let map = self.map(&fitted_on, polarity)?;
                for patch in self.of(&judged) {
                    *error +=
                        Scored { probability: map.apply(patch.value), holds: patch.holds }.squared_error();
                }
            }
        }
        let polarity = if errors[1] < errors[0] { Polarity::Falls } else { Polarity::Rises };
        Ok((polarity, self.map(pages, polarity)?))
    }
}
