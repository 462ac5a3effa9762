//! The three opposed pulls, each a number in `[0.1, 0.9]`, and what they are computed from.
//!
//! | tension | low pole ↔ high pole | value |
//! |---|---|---|
//! | exploit ↔ explore | what the question names ↔ what it does not explain | `x = 0.9 − 0.8·min(1, 2·κ)` |
//! | focus ↔ diversify | few patches, many tokens ↔ many, few | `d = 0.1 + 0.8·√(exp(H(r/Σr)) / N)`, of each part |
//! | compress ↔ particularize | spend little ↔ spend more, everywhere | `p = 0.1 + 0.8·u`; where the total is a range, `0.1 + 0.8·mean(1 − κ, u, 1 − c)` |
//!
//! κ is the coupling, how strongly the question separates the patches; u is the disagreement of P and S; c is the
//! probability that a reader gets the answer at the least total of the range; `exp(H)` is the number of patches that a
//! distribution effectively covers.
//!
//! What is asked, Q, and what it does not explain, `C·(1−Q)`, are two parts that share the surplus: x says how much
//! each gets in all, not how much a patch of it does. A page has hundreds of patches with content and a handful with
//! the answer, and a sum over patches would drown the second in the first. Each part has a focus of its own, the d of
//! its own r; the tension that is reported is their mean by the share that each has. No tension reaches a pole: even
//! the surest question leaves a tenth to the rest.

use serde::{Deserialize, Serialize};

use crate::rank_correlation::spearman;
use crate::weights::normalised;
use crate::{ScoreMaps, order_free};

/// The three tensions, each in `[0.1, 0.9]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tensions {
    /// Low: what the question names. High: what it does not explain.
    pub exploit_explore: f64,
    /// Low: few patches, many tokens each. High: many patches, few each.
    pub focus_diversify: f64,
    /// Low: spend little. High: spend more, everywhere.
    pub compress_particularize: f64,
}

/// Tensions held at a value instead of computed, for ablations and "what if". Values are clamped to `[0.1, 0.9]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Held {
    /// Holds [`Tensions::exploit_explore`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exploit_explore: Option<f64>,
    /// Holds [`Tensions::focus_diversify`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub focus_diversify: Option<f64>,
    /// Holds [`Tensions::compress_particularize`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compress_particularize: Option<f64>,
}

/// The poles of every tension.
pub const POLES: (f64, f64) = (0.1, 0.9);

/// The tension at `share` of the way from the low pole to the high.
fn tension(share: f64) -> f64 {
    POLES.0 + 0.8 * share
}

/// The share of the way from the low pole to the high that `tension` stands at, in `[0, 1]`; exact at both poles.
pub(crate) fn share(tension: f64) -> f64 {
    ((tension - POLES.0) / 0.8).clamp(0.0, 1.0)
}

/// The share of the surplus that goes to what the question names when everything speaks for it.
const MOST_ASKED: f64 = 0.9;

/// The coupling from which on a question is followed as far as any is: what it names is there more likely than not.
pub(crate) const FOLLOWED: f64 = 0.5;

/// A map that tokens are shared by, with its share of the surplus and its focus.
pub(crate) struct Part {
    /// Relevance of each patch in `[0, 1]`, length N.
    pub(crate) relevance: Vec<f64>,
    /// Of the whole, in `[0, 1]`.
    pub(crate) share: f64,
    /// Its own focus ↔ diversify, held or computed.
    pub(crate) focus_diversify: f64,
}

/// The tensions of one set of maps, and what they are computed from.
pub(crate) struct Balance {
    pub(crate) coupling: f64,
    pub(crate) disagreement: f64,
    /// What is asked, and what it does not explain; fewer where maps are absent. Their shares sum to 1.
    pub(crate) parts: Vec<Part>,
    pub(crate) tensions: Tensions,
}

impl Balance {
    /// Balances sound `maps`. `is_range` tells that the total is still to be chosen.
    pub(crate) fn of(maps: &ScoreMaps, held: &Held, is_range: bool) -> Balance {
        let coupling = coupling(maps.q.as_deref());
        let disagreement = disagreement(maps.p.as_deref(), maps.s.as_deref());
        let followed = (coupling / FOLLOWED).min(1.0);
        let exploit_explore = hold(held.exploit_explore, POLES.1 - 0.8 * followed);
        let asked = MOST_ASKED * (1.0 - share(exploit_explore));
        let part = |(relevance, share): (Vec<f64>, f64)| {
            let computed = tension(coverage(&relevance).sqrt());
            Part { focus_diversify: hold(held.focus_diversify, computed), relevance, share }
        };
        let parts: Vec<Part> = parts(maps, asked).into_iter().map(part).collect();
        let focus = match parts.as_slice() {
            [] => hold(held.focus_diversify, POLES.1),
            // As it is, to the bit.
            [only] => only.focus_diversify,
            parts => order_free::sum(parts.iter().map(|part| part.share * part.focus_diversify)),
        };
        let focus_diversify = focus.clamp(POLES.0, POLES.1);
        let need = if is_range {
            Doubts::new(coupling, disagreement, None).tension()
        } else {
            tension(disagreement)
        };
        let compress_particularize = hold(held.compress_particularize, need);
        let tensions = Tensions { exploit_explore, focus_diversify, compress_particularize };
        Balance { coupling, disagreement, parts, tensions }
    }
}

impl Held {
    /// These, and those of `others` where these hold nothing.
    #[must_use]
    pub fn over(self, others: Held) -> Held {
        Held {
            exploit_explore: self.exploit_explore.or(others.exploit_explore),
            focus_diversify: self.focus_diversify.or(others.focus_diversify),
            compress_particularize: self.compress_particularize.or(others.compress_particularize),
        }
    }

    /// These without values that are not numbers; each goes with its reason in `retreats`.
    pub(crate) fn sound(&self, retreats: &mut Vec<String>) -> Held {
        let mut number = |held: Option<f64>, name: &str| match held {
            Some(value) if value.is_nan() => {
                retreats.push(format!("tension {name} cannot be held at `NaN`; it is computed"));
                None
            }
            other => other,
        };
        Held {
            exploit_explore: number(self.exploit_explore, "exploit_explore"),
            focus_diversify: number(self.focus_diversify, "focus_diversify"),
            compress_particularize: number(self.compress_particularize, "compress_particularize"),
        }
    }
}

/// Why a total that could be chosen from a range is above its least, in tokens. The parts sum to what was added.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raised {
    /// The least total of the range.
    pub from: u64,
    /// Because the question separates the patches weakly.
    pub by_coupling: u64,
    /// Because P and S disagree.
    pub by_disagreement: u64,
    /// Because a reader would not surely get the answer at the least total; null where nothing says how sure.
    pub by_confidence: Option<u64>,
    /// How surely it would, in `[0, 1]`; null where there is no probability, which raises as much as one of 0.
    pub confidence_there: Option<f64>,
}

/// What speaks against the least total of a range, each in `[0, 1]`. Their mean is how far up the range the total lies: each
/// adds tokens of its own, so what each added can be told.
pub(crate) struct Doubts {
    /// 1 − κ.
    coupling: f64,
    /// u.
    disagreement: f64,
    /// 1 − c; none where nothing says how sure a reader would be, which is no doubt.
    confidence: Option<f64>,
    /// c, as far as there is one.
    there: Option<f64>,
}

impl Doubts {
    /// `there` is the confidence at the least total: none where it is not computed, and none inside where it has no
    /// probability, which counts as 0.
    pub(crate) fn new(coupling: f64, disagreement: f64, there: Option<Option<f64>>) -> Doubts {
        Doubts {
            coupling: 1.0 - coupling,
            disagreement,
            confidence: there.map(|there| 1.0 - there.unwrap_or_default()),
            there: there.flatten(),
        }
    }

    fn count(&self) -> f64 {
        if self.confidence.is_some() { 3.0 } else { 2.0 }
    }

    pub(crate) fn tension(&self) -> f64 {
        let sum = self.coupling + self.disagreement + self.confidence.unwrap_or_default();
        tension((sum / self.count()).clamp(0.0, 1.0))
    }

    /// What each added to a total from `lo` to `hi`.
    pub(crate) fn raised(&self, lo: u64, hi: u64, total: u64) -> Raised {
        let added = total.saturating_sub(lo);
        let upto = |doubts: f64| {
            let share = (doubts / self.count()).clamp(0.0, 1.0);
            ((hi.saturating_sub(lo) as f64 * share).round() as u64).min(added)
        };
        let first = upto(self.coupling);
        let second = match self.confidence {
            Some(_) => upto(self.coupling + self.disagreement).max(first),
            None => added,
        };
        Raised {
            from: lo,
            by_coupling: first,
            by_disagreement: second - first,
            by_confidence: self.confidence.map(|_| added - second),
            confidence_there: self.there,
        }
    }
}

fn hold(held: Option<f64>, computed: f64) -> f64 {
    held.unwrap_or(computed).clamp(POLES.0, POLES.1)
}

/// Coupling κ of Q (values in `[0, 1]`, length N): the mean of its `⌈N/100⌉` largest values less its median, in
/// `[0, 1]`. 0 if Q is absent or constant, or N < 8.
pub fn coupling(q: Option<&[f64]>) -> f64 {
    let Some(q) = q.filter(|q| q.len() >= 8) else { return 0.0 };
    let mut rising = q.to_vec();
    rising.sort_unstable_by(f64::total_cmp);
    let patches = rising.len();
    if rising[0] == rising[patches - 1] {
        return 0.0;
    }
    let largest = &rising[patches - patches.div_ceil(100)..];
    let mean = order_free::sum(largest.iter().copied()) / largest.len() as f64;
    let median = (rising[(patches - 1) / 2] + rising[patches / 2]) / 2.0;
    (mean - median).clamp(0.0, 1.0)
}

/// Disagreement u of P and S, `(1 − ρ)/2` with Spearman's ρ, in `[0, 1]`. 0 if either is absent or constant, or
/// their lengths differ.
pub fn disagreement(p: Option<&[f64]>, s: Option<&[f64]>) -> f64 {
    let rho = p.zip(s).and_then(|(p, s)| spearman(p, s));
    rho.map_or(0.0, |rho| (1.0 - rho) / 2.0)
}

/// What tokens are shared by, with the share of each: Q and `C·(1−Q)`; C if Q is absent or says nothing anywhere, Q if
/// C is absent, nothing if both are.
fn parts(maps: &ScoreMaps, asked: f64) -> Vec<(Vec<f64>, f64)> {
    match (maps.q.as_deref(), maps.content()) {
        (None, None) => Vec::new(),
        (None, Some(content)) => vec![(content, 1.0)],
        (Some(q), None) => vec![(q.to_vec(), 1.0)],
        (Some(q), Some(content)) => {
            let rest = q.iter().zip(content).map(|(q, c)| c * (1.0 - q)).collect();
            if asked == 0.0 || q.iter().all(|&q| q == 0.0) {
                return vec![(rest, 1.0)];
            }
            vec![(q.to_vec(), asked), (rest, 1.0 - asked)]
        }
    }
}

/// The share of the patches that `relevance` effectively covers, `exp(H(r/Σr))/N`, in `[1/N, 1]`. No relevance
/// anywhere covers all alike.
fn coverage(relevance: &[f64]) -> f64 {
    let surprise = |share: f64| if share > 0.0 { -share * libm::log(share) } else { 0.0 };
    let entropy = order_free::sum(normalised(relevance).into_iter().map(surprise));
    (libm::exp(entropy) / relevance.len() as f64).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps(p: Option<Vec<f64>>, s: Option<Vec<f64>>, q: Option<Vec<f64>>) -> ScoreMaps {
        ScoreMaps { p, s, q, theta_p: 1.0, theta_s: 1.0, patches: 100 }
    }

    fn spike(height: f64) -> Vec<f64> {
        (0..100).map(|patch| if patch == 40 { height } else { 0.05 }).collect()
    }

    fn ramp() -> Vec<f64> {
        (0..100).map(|patch| f64::from(patch) / 99.0).collect()
    }

    #[test]
    fn the_poles_are_exact() {
        assert_eq!((tension(0.0), tension(1.0)), POLES);
        assert_eq!((share(POLES.0), share(POLES.1)), (0.0, 1.0));
    }

    #[test]
    fn coupling_measures_how_a_question_separates() {
        assert!((coupling(Some(&spike(0.95))) - 0.9).abs() < 1e-12);
        assert_eq!(coupling(None), 0.0);
        assert_eq!(coupling(Some(&[0.7; 100])), 0.0);
        assert_eq!(coupling(Some(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])), 0.0, "too few patches");
        assert_eq!(coupling(Some(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])), 1.0);
    }

    #[test]
    fn disagreement_is_half_of_what_correlation_lacks() {
        let falling: Vec<f64> = ramp().into_iter().rev().collect();
        assert_eq!(disagreement(Some(&ramp()), Some(&ramp())), 0.0);
        assert_eq!(disagreement(Some(&ramp()), Some(&falling)), 1.0);
        assert_eq!(disagreement(Some(&ramp()), None), 0.0);
        assert_eq!(disagreement(Some(&ramp()), Some(&[0.5; 100])), 0.0);
    }

    #[test]
    fn a_sharp_question_exploits_and_focuses() {
        let (none, even) = (Held::default(), vec![0.2; 100]);
        let sharp = Balance::of(&maps(Some(even.clone()), None, Some(spike(1.0))), &none, true);
        let blank = Balance::of(&maps(Some(even.clone()), None, Some(vec![0.05; 100])), &none, true);
        assert!(sharp.tensions.exploit_explore < 0.2);
        assert_eq!(blank.tensions.exploit_explore, 0.9);
        assert!(sharp.tensions.focus_diversify < blank.tensions.focus_diversify);
        let likely = Balance::of(&maps(Some(even.clone()), None, Some(spike(0.55))), &none, true);
        assert_eq!(likely.tensions.exploit_explore, 0.1, "more likely than not is followed");
        let unlikely = Balance::of(&maps(Some(even.clone()), None, Some(spike(0.3))), &none, true);
        assert!((unlikely.tensions.exploit_explore - 0.5).abs() < 1e-12, "half as likely, by half");
        let alone = Balance::of(&maps(None, None, Some(spike(1.0))), &none, true);
        assert!(alone.tensions.focus_diversify < sharp.tensions.focus_diversify);
        assert!(sharp.tensions.compress_particularize < 0.2);
        assert!((blank.tensions.compress_particularize - 0.5).abs() < 1e-12, "nothing was named: spend more");
        let fixed = Balance::of(&maps(Some(even.clone()), None, Some(vec![0.05; 100])), &none, false);
        assert_eq!(fixed.tensions.compress_particularize, 0.1);
    }

    #[test]
    fn each_doubt_adds_tokens_of_its_own() {
        let doubts = Doubts::new(0.4, 0.3, Some(Some(0.9)));
        assert!((share(doubts.tension()) - 1.0 / 3.0).abs() < 1e-12, "0.6, 0.3 and 0.1");
        let raised = doubts.raised(1000, 4000, 2000);
        assert_eq!((raised.by_coupling, raised.by_disagreement, raised.by_confidence), (600, 300, Some(100)));
        assert_eq!((raised.from, raised.confidence_there), (1000, Some(0.9)));
        // Where a page is unlike all that confidence was fitted on, there is none, and that is a doubt; where nothing
        // computes it, there is no such doubt.
        assert_eq!(Doubts::new(1.0, 0.0, Some(None)).raised(0, 3000, 1000).by_confidence, Some(1000));
        assert_eq!(
            Doubts::new(0.0, 0.0, None).raised(0, 300, 150),
            Raised {
                from: 0,
                by_coupling: 150,
                by_disagreement: 0,
                by_confidence: None,
                confidence_there: None,
            }
        );
        assert_eq!(Doubts::new(1.0, 0.0, Some(Some(1.0))).tension(), 0.1, "agreement everywhere");
    }

    #[test]
    fn nothing_to_focus_on_is_spread() {
        let none = Held::default();
        for p in [None, Some(vec![0.0; 100]), Some(vec![0.3; 100])] {
            let balance = Balance::of(&maps(p, None, None), &none, false);
            assert!((balance.tensions.focus_diversify - 0.9).abs() < 1e-12);
        }
        let lone = ScoreMaps { p: Some(vec![0.4]), patches: 1, ..ScoreMaps::default() };
        assert_eq!(Balance::of(&lone, &none, false).tensions.focus_diversify, 0.9);
        let point: Vec<f64> = (0..100).map(|patch| f64::from(u8::from(patch == 7))).collect();
        let balance = Balance::of(&maps(Some(point), None, None), &none, false);
        assert!((balance.tensions.focus_diversify - 0.18).abs() < 1e-12);
    }

    #[test]
    fn held_tensions_override_and_are_clamped() {
        let held = Held {
            exploit_explore: Some(2.0),
            focus_diversify: Some(0.5),
            compress_particularize: Some(-1.0),
        };
        let tensions = Balance::of(&maps(Some(ramp()), None, Some(spike(1.0))), &held, false).tensions;
        let expected = Tensions { exploit_explore: 0.9, focus_diversify: 0.5, compress_particularize: 0.1 };
        assert_eq!(tensions, expected);
    }
}
