//! Sharing by weight: a divisor rule (Webster, Sainte-Laguë) with caps, exact and linear in the number of patches.
//!
//! Token `m` of patch `i` has the key `q(i, m) = w_i / (m − ½)`. The shares are the first T pairs `(i, m)` in the
//! order: key descending, `m` ascending, `i` ascending. Nothing else is needed for the properties that make the
//! rule worth having: the sum is T exactly; a larger T keeps the pairs it had, so no patch loses a token when the
//! budget grows (largest remainder fails this: the Alabama paradox); a larger weight only moves a patch's pairs
//! forward; zero weights come last and, tied on the key, fill evenly; equal weights give the uniform allocation.
//! See Balinski and Young, "Fair Representation" (1982), for divisor rules and their monotonicity.
//!
//! There is one place where a mirrored image may differ: equal weights tie, and the last of tied tokens goes to
//! the patch of lower index. It is one token among patches of equal weight.
//!
//! Sorting all pairs would take time with the total. Instead the T-th key is bracketed by counting how many keys
//! lie above a threshold, which takes one division per patch: keys fall as `m` grows, so the count is where
//! `w / (m − ½)` crosses the threshold. Thresholds come from a linear model of the count, kept inside a bracket on
//! the bits of the numbers, so that the worst case is bisection. Once few keys are left in the bracket they are
//! listed, and the remainder is selected among them in the order above. Estimates only choose where to look; what
//! is counted and compared is always the key as computed in `f64`, so rounding cannot change the result.

use crate::ladder;
use crate::{Demand, Levels};

/// Why weights or an order cannot be shared by.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each field is a number that its variant's message shows in place")]
pub enum ShareError {
    /// Not one weight, or one place in the order, per patch.
    #[error("{got} weights for {expected} patches")]
    Length { expected: usize, got: usize },
    /// A weight that is NaN, infinite or negative.
    #[error("the weight of patch {patch} is `{weight}`, not a finite number of at least 0")]
    Weight { patch: usize, weight: f64 },
    /// More tokens than there is room for.
    #[error("a surplus of {surplus} tokens does not fit: the patches have room for {room}")]
    Room { surplus: u64, room: u64 },
    /// An order that is not one of all patches.
    #[error("the order is not a permutation of {patches} patches: place {place} names patch {patch}")]
    Order { patches: usize, place: usize, patch: usize },
    /// An order with too few or too many places.
    #[error("the order has {got} places for {expected} patches")]
    OrderLength { expected: usize, got: usize },
}

/// Shares `surplus` tokens among patches by `weights`, at most `caps` each. Both have length N; the result too.
///
/// The weights need no particular sum. Time is linear in N and does not depend on the surplus.
///
/// # Errors
/// Unequal lengths, a weight that is not finite or is negative, or a surplus above the sum of the caps.
///
/// ```
/// // Keys 2·w, 2w/3, 2w/5, …: patch 0 has 6, 2, 1.2; patch 1 has 2, 0.67; patch 2 has none above 0.
/// assert_eq!(arrcoc_decide::share(&[3.0, 1.0, 0.0], &[9, 9, 9], 4)?, [3, 1, 0]);
/// // Caps bind, and what is left reaches the zero weight last.
/// assert_eq!(arrcoc_decide::share(&[3.0, 1.0, 0.0], &[2, 2, 9], 6)?, [2, 2, 2]);
/// # Ok::<(), arrcoc_decide::ShareError>(())
/// ```
pub fn share(weights: &[f64], caps: &[u32], surplus: u64) -> Result<Vec<u32>, ShareError> {
    check(weights, caps.len())?;
    let room = total(caps);
    if surplus > room {
        return Err(ShareError::Room { surplus, room });
    }
    if surplus == room {
        return Ok(caps.to_vec());
    }
    if surplus == 0 {
        return Ok(vec![0; caps.len()]);
    }
    Ok(first_pairs(weights, caps, surplus))
}

/// The proposal that shares the demand's surplus by `weights`, length N: each patch's minimum and its share.
///
/// With a ladder of levels, whole steps are shared: each has the key of the middle of the surplus it spans, the
/// best comes first, and a step that no longer fits ends its patch's climb.
///
/// # Errors
/// As [`share`].
pub fn share_by_weight(weights: &[f64], demand: &Demand) -> Result<Vec<u32>, ShareError> {
    check(weights, demand.patches())?;
    match demand.levels() {
        Levels::Any => Ok(demand.with_shares(share(weights, &demand.caps(), demand.surplus())?)),
        _ => Ok(ladder::climb(weights, demand)),
    }
}

/// The uniform allocation: [`share_by_weight`] with equal weights.
pub fn uniform(demand: &Demand) -> Vec<u32> {
    match demand.levels() {
        Levels::Any => {
            // Equal weights tie at every m, so the order is that of a tie.
            let mut shares = vec![0; demand.patches()];
            fill_ties(&mut shares, &demand.caps(), demand.surplus());
            demand.with_shares(shares)
        }
        _ => ladder::climb(&vec![1.0; demand.patches()], demand),
    }
}

/// The proposal of a set rule: every patch its minimum, then the maximum in this `order`, and the remainder to
/// the next. With levels each patch rises as far as the rest allows.
///
/// # Errors
/// [`ShareError::OrderLength`] or [`ShareError::Order`] unless `order` is a permutation of `0..N`.
pub fn fill_in_order(order: &[usize], demand: &Demand) -> Result<Vec<u32>, ShareError> {
    let patches = demand.patches();
    if order.len() != patches {
        return Err(ShareError::OrderLength { expected: patches, got: order.len() });
    }
    let mut seen = vec![false; patches];
    for (place, &patch) in order.iter().enumerate() {
        if patch >= patches || std::mem::replace(&mut seen[patch], true) {
            return Err(ShareError::Order { patches, place, patch });
        }
    }
    let mut tokens = demand.min().to_vec();
    let mut left = demand.surplus();
    for &patch in order {
        let (min, max) = (demand.min()[patch], demand.max()[patch]);
        let limit = (u64::from(min) + left).min(u64::from(max)) as u32;
        tokens[patch] = demand.levels().highest(min, limit);
        left -= u64::from(tokens[patch] - min);
    }
    Ok(tokens)
}

/// Proves one usable weight per patch.
pub(crate) fn check(weights: &[f64], patches: usize) -> Result<(), ShareError> {
    if weights.len() != patches {
        return Err(ShareError::Length { expected: patches, got: weights.len() });
    }
    match weights.iter().position(|&weight| !(weight >= 0.0 && weight.is_finite())) {
        Some(patch) => Err(ShareError::Weight { patch, weight: weights[patch] }),
        None => Ok(()),
    }
}

fn total(counts: &[u32]) -> u64 {
    counts.iter().copied().map(u64::from).sum()
}

/// The key of token `m >= 1` of a patch. `m − ½` is exact, so the only rounding is that of the division, and keys
/// never grow with `m`.
fn key(weight: f64, m: u32) -> f64 {
    weight / (f64::from(m) - 0.5)
}

/// How far a crossing may lie from a whole number before its count is certain without comparing keys. `m` is
/// below 2³², where the rounding of the crossing and of the keys moves it by less than 2·10⁻⁶.
const UNSURE: f64 = 1e-5;

/// 2⁶⁰⁰: brings subnormal numbers to where every bit counts.
const UP: f64 = f64::from_bits((1023 + 600) << 52);

/// Half the unit of subnormal numbers, 2⁻¹⁰⁷⁵, times [`UP`].
const HALF_UNIT_UP: f64 = f64::from_bits((1023 - 475) << 52);

/// A threshold on keys, and the line that tells keys above it from the others.
#[derive(Clone, Copy)]
struct Threshold {
    value: f64,
    /// Weights times `scale` over `line` is where `m − ½` crosses the threshold.
    scale: f64,
    line: f64,
}

impl Threshold {
    /// The threshold of these bits, finite and at least 0.
    ///
    /// Among subnormal numbers, keys up to half a unit past the threshold round down to it, and that half may be
    /// many tokens wide. There the line is drawn at the half, in numbers scaled up so that it exists.
    fn from_bits(bits: u64) -> Threshold {
        let value = f64::from_bits(bits);
        if value >= f64::MIN_POSITIVE {
            return Threshold { value, scale: 1.0, line: value };
        }
        Threshold { value, scale: UP, line: value * UP + HALF_UNIT_UP }
    }

    /// How many of a patch's keys lie above the threshold.
    #[inline]
    fn passed_by(self, weight: f64, cap: u32) -> u32 {
        // Whatever lies beyond the cap is brought to where its count, the cap, is certain: no branch to mispredict.
        let crossing = (weight * self.scale / self.line + 0.5).min(f64::from(cap) + 0.5);
        let whole = crossing as u32;
        let past = crossing - f64::from(whole);
        if past > UNSURE && past < 1.0 - UNSURE {
            return whole;
        }
        let mut count = whole.saturating_add(1).min(cap);
        while count > 0 && key(weight, count) <= self.value {
            count -= 1;
        }
        count
    }
}

/// One end of the bracket around the T-th key: a threshold, as bits, and what lies above it.
struct End {
    bits: u64,
    counts: Vec<u32>,
    total: u64,
}

/// Thresholds tried before the bracket may hold a tie of all patches, which no threshold splits.
const BEFORE_TIES: u32 = 3;

/// Thresholds tried by the model alone, before every other one is a plain halving of the bracket.
const TRUSTED: u32 = 8;

/// The shares, for usable weights and `0 < surplus < Σcaps`.
fn first_pairs(weights: &[f64], caps: &[u32], surplus: u64) -> Vec<u32> {
    let patches = weights.len() as u64;
    let mut low = End { bits: 0, counts: vec![0; weights.len()], total: 0 };
    low.total = count_above(Threshold::from_bits(0), weights, caps, &mut low.counts).0;
    if low.total <= surplus {
        let ties = surplus - low.total;
        fill_ties(&mut low.counts, caps, ties);
        return low.counts;
    }
    let mut high = End { bits: f64::INFINITY.to_bits(), counts: vec![0; weights.len()], total: 0 };
    let mut spare = vec![0; weights.len()];
    let mut guess = weights.iter().sum::<f64>() / surplus as f64;
    // Listing a key is dearer than counting past it, so a few are worth another threshold.
    let (few, tied) = (patches / 2 + 16, 2 * patches + 16);
    for attempt in 0.. {
        let between = low.total - high.total;
        if between <= if attempt < BEFORE_TIES { few } else { tied } || high.bits - low.bits == 1 {
            break;
        }
        let modelled = (guess.to_bits() > low.bits && guess.to_bits() < high.bits)
            && (attempt < TRUSTED || attempt % 2 == 0);
        let bits = if modelled { guess.to_bits() } else { low.bits + (high.bits - low.bits) / 2 };
        let (total, unsaturated) = count_above(Threshold::from_bits(bits), weights, caps, &mut spare);
        if total == surplus {
            return spare;
        }
        // Where no patch saturates or wakes, the count is about unsaturated / threshold. Aim a little past the
        // target, so that the bracket closes from both sides.
        let margin = few as f64 / 4.0;
        let missing = surplus as f64 - total as f64 + if total < surplus { margin } else { -margin };
        let threshold = f64::from_bits(bits);
        guess = unsaturated * threshold / (unsaturated + missing * threshold);
        let end = if total > surplus { &mut low } else { &mut high };
        std::mem::swap(&mut end.counts, &mut spare);
        (end.bits, end.total) = (bits, total);
    }
    let remainder = surplus - high.total;
    if low.total - high.total <= tied {
        take_best(weights, &mut high.counts, &low.counts, remainder);
    } else {
        // Neighbouring numbers: every key in the bracket equals the upper one.
        fill_ties(&mut high.counts, &low.counts, remainder);
    }
    high.counts
}

/// Counts each patch's keys above `threshold` into `counts`; returns their sum, and the weight of the patches that
/// are not saturated.
fn count_above(threshold: Threshold, weights: &[f64], caps: &[u32], counts: &mut [u32]) -> (u64, f64) {
    let (mut total, mut unsaturated) = (0, 0.0);
    for ((count, &weight), &cap) in counts.iter_mut().zip(weights).zip(caps) {
        *count = threshold.passed_by(weight, cap);
        total += u64::from(*count);
        unsaturated += if *count < cap { weight } else { 0.0 };
    }
    (total, unsaturated)
}

/// Raises `shares` by `tokens` within `tops`, by the order of the pairs in between. Their number is at least
/// `tokens`, and small.
fn take_best(weights: &[f64], shares: &mut [u32], tops: &[u32], tokens: u64) {
    let mut pairs: Vec<(u64, u32, u32)> = Vec::new();
    for (patch, (&share, &top)) in shares.iter().zip(tops).enumerate() {
        // Keys here are above 0, so the order of their bits is their order.
        pairs.extend((share..top).map(|m| (!key(weights[patch], m + 1).to_bits(), m, patch as u32)));
    }
    let tokens = tokens as usize;
    if tokens > 0 && tokens < pairs.len() {
        pairs.select_nth_unstable(tokens - 1);
    }
    for &(_, _, patch) in &pairs[..tokens] {
        shares[patch as usize] += 1;
    }
}

/// Raises `shares` by `tokens` within `tops` where all keys in between are equal: by `m`, then by index. That is
/// the fullest level to which all can be raised, and one more for the first of those that have room.
fn fill_ties(shares: &mut [u32], tops: &[u32], tokens: u64) {
    let raised = |share: u32, top: u32, level: u32| top.min(level).max(share);
    let cost = |level: u32| -> u64 {
        let rises =
            shares.iter().zip(tops).map(|(&share, &top)| u64::from(raised(share, top, level) - share));
        rises.sum()
    };
    // `cost(level) <= tokens < cost(over)`, or `over` is beyond the highest top.
    let mut level = 0;
    let mut over = u64::from(tops.iter().copied().max().unwrap_or(0)) + 1;
    while over - u64::from(level) > 1 {
        let middle = (u64::from(level) + (over - u64::from(level)) / 2) as u32;
        if cost(middle) <= tokens { level = middle } else { over = u64::from(middle) }
    }
    let mut left = tokens - cost(level);
    for (share, &top) in shares.iter_mut().zip(tops) {
        let one_more = left > 0 && *share <= level && level < top;
        *share = raised(*share, top, level) + u32::from(one_more);
        left -= u64::from(one_more);
    }
}
