//! The decision: from score maps to an admitted, explained allocation, top to bottom in one function.
//!
//! [`decide`] never fails. Where something is missing or wrong it retreats, from the question to the content, from
//! the content to uniform, from an allocator to sharing by weight, and each retreat leaves its true reason in one
//! line. What *is* an error, an impossible request, was refused when the [`Terms`] were made.

use std::{cell::Cell, fmt};

use serde::{Deserialize, Serialize};

use crate::sharing::check;
use crate::tensions::{Balance, Doubts, share};
use crate::verdict::verdicts;
use crate::weights::weigh;
use crate::{
    Account, Allocation, Allocator, Confidence, Demand, Held, Proportional, Raised, Reading, Sampling,
    ScoreMaps, Subset, Tensions, Terms, Verdict, Way, admit, share_by_weight, uniform,
};

/// How a decision is to be made, beside the policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting<'a> {
    /// How much of the surplus may leave its place in the uniform allocation, in `[0, 1]`; clamped. The rest stays
    /// there whatever the allocator does: its minima are raised. Autonomy belongs to the whole system and is set over
    /// many decisions, never by one image.
    pub autonomy: f64,
    /// Tensions held instead of computed.
    pub held: Held,
    /// By what confidence is computed; without it there is none.
    pub reading: Option<Reading<'a>>,
}

impl Default for Setting<'_> {
    /// Full autonomy, no tension held, no confidence.
    fn default() -> Self {
        Setting { autonomy: 1.0, held: Held::default(), reading: None }
    }
}

/// What a decision rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The question, however weak, and the content if there is any.
    Coupled,
    /// The content alone.
    Content,
    /// Neither: the uniform allocation.
    Uniform,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Mode::Coupled => "coupled",
            Mode::Content => "content",
            Mode::Uniform => "uniform",
        })
    }
}

/// A decision, without provenance.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The tokens, admitted.
    pub allocation: Allocation,
    /// The total that was demanded: as asked for, or chosen from the range. With levels the allocation's own total
    /// may be below it.
    pub requested: u64,
    /// What was shared by, length N, summing to about 1. All `1/N` in mode uniform.
    pub weights: Vec<f64>,
    /// The tensions, held or computed.
    pub tensions: Tensions,
    /// How strongly the question separates the patches, κ in `[0, 1]`.
    pub coupling: f64,
    /// How far P and S disagree, u in `[0, 1]`.
    pub disagreement: f64,
    /// What the decision rests on.
    pub mode: Mode,
    /// The reason of every retreat, one line each.
    pub retreats: Vec<String>,
    /// What the ways say about each patch, length N.
    pub verdicts: Vec<Verdict>,
    /// What each way contributed to each patch's tokens.
    pub account: Account,
    /// How likely a reader gets the answer; nothing without a [`Setting::reading`].
    pub confidence: Confidence,
    /// Where the total was chosen from a range, what raised it; none where the tension was held.
    pub raised: Option<Raised>,
}

/// Decides how many tokens each patch gets.
///
/// In order: the maps that can be used; the tensions they pull with; the weights; the total, where it is still to be
/// chosen; the allocator's proposal; its admission; the account; the confidence; the verdicts.
///
/// Retreats, each with a reason in [`Outcome::retreats`]: a map with a wrong length or value is left out; without
/// any map, or with weights that cannot be shared by, or when the policy forces it, the allocation is uniform; an
/// allocator that errs or whose proposal is refused is replaced by [`Proportional`]. An absent question is no
/// retreat: the mode is [`Mode::Content`], without a reason.
pub fn decide(maps: &ScoreMaps, terms: &Terms, setting: &Setting<'_>, allocator: &dyn Allocator) -> Outcome {
    let mut retreats = Vec::new();
    let patches = terms.patches();
    let maps = maps.sound(patches, &mut retreats);
    let held = setting.held.sound(&mut retreats);

    let weights_of = |maps: &ScoreMaps| {
        let balance = Balance::of(maps, &held, terms.is_range());
        let weights = weigh(&balance, patches, terms.is_range());
        (balance, weights)
    };
    let (mut balance, weights) = weights_of(&maps);
    let mode = mode(&maps, terms, setting, &weights, &mut retreats);
    let pulls = (balance.coupling, balance.disagreement);
    let confidence_at = |tokens: &[u32]| match (setting.reading, terms.policy().sampling) {
        (None, _) => Confidence::default(),
        (Some(_), Sampling::Keep) => Confidence { probability: None, unlike: vec![KEPT.into()] },
        (Some(reading), Sampling::Grid) => reading.confidence(&maps, tokens, pulls),
    };
    let doubts = (terms.is_range() && held.compress_particularize.is_none()).then(|| {
        let least = terms.demand_at(0.0);
        let even = uniform(&least);
        let tokens = match mode {
            Mode::Uniform => even,
            _ => {
                let free = least.raised(&even, 1.0 - setting.autonomy);
                allocate(allocator, &weights, &free, &mut Vec::new()).0.tokens().to_vec()
            }
        };
        let there = setting.reading.map(|_| confidence_at(&tokens).probability);
        Doubts::new(balance.coupling, balance.disagreement, there)
    });
    if let Some(doubts) = &doubts {
        balance.tensions.compress_particularize = doubts.tension();
    }
    let demand = terms.demand_at(share(balance.tensions.compress_particularize));

    let even = uniform(&demand);
    let free = demand.raised(&even, 1.0 - setting.autonomy);

    let (weights, allocation, account) = if mode == Mode::Uniform {
        let allocation = admitted_uniform(&demand);
        let account = Account::of_uniform(allocation.tokens());
        (vec![1.0 / patches as f64; patches], allocation, account)
    } else {
        let (allocation, rule) = allocate(allocator, &weights, &free, &mut retreats);
        let failed = Cell::new(None);
        let tokens_of = |ways: Subset| tokens_by(rule, &weights_of(&maps.only(ways)).1, &free, &failed);
        let account = Account::of(allocation.tokens(), &even, maps.present(), tokens_of);
        if let Some(reason) = failed.take() {
            let (id, instead) = (rule.id(), Proportional.id());
            retreats.push(format!("allocator `{id}`, for the account: {reason}; `{instead}` shared instead"));
        }
        (weights, allocation, account)
    };

    Outcome {
        confidence: confidence_at(allocation.tokens()),
        raised: doubts.map(|doubts| doubts.raised(terms.lo(), terms.hi(), demand.total())),
        allocation,
        requested: demand.total(),
        weights,
        tensions: balance.tensions,
        coupling: balance.coupling,
        disagreement: balance.disagreement,
        mode,
        retreats,
        verdicts: verdicts(&maps),
        account,
    }
}

/// Why there is no confidence where patches are kept whole or not at all.
const KEPT: &str = "patches are kept or not, and confidence was fitted on patches that are sampled";

/// Tokens of patches, shared out without an account.
pub(crate) struct Shared {
    pub(crate) tokens: Vec<u32>,
    pub(crate) tensions: Tensions,
    pub(crate) coupling: f64,
    pub(crate) retreats: Vec<String>,
}

/// Shares a demand out by score maps, as [`decide`] does.
pub(crate) fn share_out(
    maps: &ScoreMaps,
    demand: &Demand,
    setting: &Setting<'_>,
    allocator: &dyn Allocator,
) -> Shared {
    let mut retreats = Vec::new();
    let patches = demand.patches();
    let maps = maps.sound(patches, &mut retreats);
    let held = setting.held.sound(&mut retreats);
    let balance = Balance::of(&maps, &held, false);
    let weights = weigh(&balance, patches, false);
    let free = demand.raised(&uniform(demand), 1.0 - setting.autonomy);
    let allocation = match nothing_to_rest_on(&maps, setting, &weights, patches) {
        Some(reason) => {
            retreats.push(reason);
            admitted_uniform(demand)
        }
        None => allocate(allocator, &weights, &free, &mut retreats).0,
    };
    let (tensions, coupling) = (balance.tensions, balance.coupling);
    Shared { tokens: allocation.tokens().to_vec(), tensions, coupling, retreats }
}

/// What the decision can rest on; where that is nothing, the reason goes to `retreats`.
fn mode(
    maps: &ScoreMaps,
    terms: &Terms,
    setting: &Setting<'_>,
    weights: &[f64],
    retreats: &mut Vec<String>,
) -> Mode {
    let forced = terms.policy().force_uniform;
    let forced = forced.then(|| "the policy forces the uniform allocation".to_owned());
    let Some(reason) = forced.or_else(|| nothing_to_rest_on(maps, setting, weights, terms.patches())) else {
        return if maps.present().contains(Way::Participatory) { Mode::Coupled } else { Mode::Content };
    };
    retreats.push(reason);
    Mode::Uniform
}

/// Why nothing but uniform can be handed out, where that is so.
fn nothing_to_rest_on(
    maps: &ScoreMaps,
    setting: &Setting<'_>,
    weights: &[f64],
    patches: usize,
) -> Option<String> {
    if maps.present().is_empty() {
        return Some("no way has a score map; the allocation is uniform".to_owned());
    }
    if setting.autonomy.is_nan() {
        return Some("the autonomy is `NaN`, not a number; the allocation is uniform".to_owned());
    }
    let refused = check(weights, patches).err()?;
    Some(format!("the weights cannot be shared by: {refused}; the allocation is uniform"))
}

/// The allocation by `allocator`, or by [`Proportional`] where it fails, and the rule that it came from.
fn allocate<'a>(
    allocator: &'a dyn Allocator,
    weights: &[f64],
    demand: &Demand,
    retreats: &mut Vec<String>,
) -> (Allocation, &'a dyn Allocator) {
    match admitted(allocator, weights, demand) {
        Ok(allocation) => (allocation, allocator),
        Err(reason) => {
            let (id, instead) = (allocator.id(), Proportional.id());
            retreats.push(format!("allocator `{id}`: {reason}; `{instead}` shared instead"));
            (admitted_by_weight(weights, demand), &Proportional)
        }
    }
}

/// The tokens that `rule` gives for `weights`, by [`Proportional`] where it fails, with the reason in `failed`.
fn tokens_by(
    rule: &dyn Allocator,
    weights: &[f64],
    demand: &Demand,
    failed: &Cell<Option<String>>,
) -> Vec<u32> {
    let allocation = admitted(rule, weights, demand).unwrap_or_else(|reason| {
        failed.set(Some(reason));
        admitted_by_weight(weights, demand)
    });
    allocation.tokens().to_vec()
}

/// What `allocator` proposes, if it proposes and if that is admitted; else the reason.
fn admitted(allocator: &dyn Allocator, weights: &[f64], demand: &Demand) -> Result<Allocation, String> {
    let proposal = allocator.propose(weights, demand)?;
    admit(proposal, demand).map_err(|refusal| format!("proposal refused: {refusal}"))
}

/// The allocation by weight; weights that cannot be shared by give the uniform one.
fn admitted_by_weight(weights: &[f64], demand: &Demand) -> Allocation {
    let proposal = share_by_weight(weights, demand).ok();
    proposal.and_then(|proposal| admit(proposal, demand).ok()).unwrap_or_else(|| admitted_uniform(demand))
}

/// The uniform allocation: what everything falls back on. A demand is feasible by construction, and sharing
/// equally among its patches meets it by construction, so there is nothing to fall back on from here.
fn admitted_uniform(demand: &Demand) -> Allocation {
    match admit(uniform(demand), demand) {
        Ok(allocation) => allocation,
        Err(refusal) => unreachable!("the uniform allocation does not meet its own demand: {refusal}"),
    }
}
