//! Tokens where they mend most: rate–distortion allocation.
//!
//! A patch with k tokens loses D(k); its relevance r, the weight, says how much that
//! matters. The least Σ r·D for a total is found as Shoham and Gersho, "Efficient Bit
//! Allocation for an Arbitrary Set of Quantizers" (1988), do for bits: on the lower
//! convex hull of the points (k, r·D(k)) of each patch the fall per token only gets
//! smaller from step to step, so taking the steps of all patches by their slope, the
//! steepest first, is optimal wherever a step ends, and between that the hull is
//! followed in a straight line.
//!
//! - Where a step no longer fits whole, all steps of that same slope share what is
//!   left by weight, each up to its length. So equal patches stay equal.
//! - Steps that mend nothing are not taken. Tokens that are left then are shared by
//!   weight, as the rule `proportional` does.
//! - With levels a step is taken whole or not at all, and what is left climbs by
//!   weight.
//!
//! D comes from the tensor `distortion` [N, K] where it is given: with a list of
//! levels, column c is the loss at the c-th level from below, and K their number;
//! else column c is the loss at min + ⌊c·(max − min)/(K − 1)⌋ tokens of that patch, K
//! at least 2. Levels outside a patch's bounds are passed over.
//!
//! Without it D is a model, from the patch statistics: the patch is cut into k cells
//! and each cell keeps its mean. Where luma changes steadily by g a pixel, a square
//! cell of side s loses g²s²/12 a pixel, and s² = n/k for n pixels. No patch loses
//! more than its variance V, which is what one token leaves at most and what none
//! leaves. So D(k) = n·min(V, G·n/(12·k)), D(0) = n·V, with G the mean of gx² + gy². The
//! Sobel sums are 8 times a change per pixel, and a quarter of them is kept, so
//! G = (Jxx + Jyy)/(4·n). A picture has no other statistics here; texture finer than
//! a cell loses V until the cells resolve it, which the minimum says. What luma does not
//! show, such as colours of one luma, is granted to every patch alike: 10 levels a pixel.

use std::sync::{Arc, Mutex, PoisonError};

use arrcoc_sdk::{
    decide::{Demand, Levels, share},
    describe::Determinism,
    prelude::*,
};
use arrcoc_stats::{PatchStats, PatchView};

/// Points of the model's curve, at most: 32 steps follow it closely.
const POINTS: u64 = 33;

/// The square of a gradient in levels a pixel, 10², that every patch is granted beside its own: for what the luma of
/// the statistics does not show, such as colours of one luma. Without it a question that is sure of a patch
/// could move nothing there.
const UNSEEN: f64 = 100.0;

/// What it costs at most, in units of itself: the variance of two levels for each level of gradient.
const UNSEEN_SIDE: f64 = 4.0;

/// The most numbers of all curves together.
const MOST_POINTS: u64 = 1 << 26;

/// One instance serves one decision, which asks it several times: of the same patches, by other relevances.
#[derive(Default)]
pub(crate) struct RateDistortion {
    kept: Mutex<Option<Arc<Hulls>>>,
}

impl Allocator for RateDistortion {
    fn info() -> AllocatorInfo {
        AllocatorInfo::new(
            "rate-distortion",
            "steps by what a token mends, relevance times distortion, on each patch's lower convex hull; \
             distortion from `distortion` where given, else modelled from patch statistics",
        )
        .requires("patch_stats")
        .optional("distortion")
        .determinism(Determinism::BitExact)
    }

    fn make(_params: &Params, _call: &Call<'_>) -> Result<Self, Fault> {
        Ok(RateDistortion::default())
    }

    fn allocate(&self, ask: &Ask<'_>, call: &Call<'_>) -> Result<Vec<u32>, Fault> {
        let demand = &ask.demand;
        let hulls = self.hulls(ask, call)?;
        let tokens = match demand.levels() {
            Levels::Any => along_the_hull(&hulls.steps, ask.weights, demand)?,
            _ => whole_steps(&mut hulls.by_relevance(|patch| ask.weights[patch]), demand),
        };
        let rest = Demand::new(tokens, demand.max().to_vec(), demand.levels().clone(), demand.total())
            .map_err(|e| Fault::internal(e.to_string()))?;
        share_by_weight(ask.weights, &rest).map_err(|e| Fault::invalid(e.to_string()))
    }
}

/// The hulls of all patches, and what they were made of.
struct Hulls {
    /// A table of statistics, or the tensor `distortion`.
    source: Source,
    demand: Demand,
    /// For a relevance of 1, patch by patch.
    steps: Vec<Step>,
}

#[derive(PartialEq)]
enum Source {
    Statistics(Vec<i64>),
    Distortion(Vec<f32>),
}

impl RateDistortion {
    /// The hulls for these inputs: those of the last call where it had the same.
    fn hulls(&self, ask: &Ask<'_>, call: &Call<'_>) -> Result<Arc<Hulls>, Fault> {
        let last = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let same = |source: &dyn Fn(&Source) -> bool| {
            last.as_ref().filter(|last| last.demand == ask.demand && source(&last.source)).cloned()
        };
        let made = match ask.inputs.get("distortion") {
            Some(tensor) => {
                let values = tensor.to_f32()?;
                if let Some(hulls) = same(&|s| matches!(s, Source::Distortion(v) if **v == *values)) {
                    return Ok(hulls);
                }
                tensor.expect_shape(&[ask.demand.patches() as u64, 0])?;
                let columns = columns(&ask.demand, tensor.shape()[1])?;
                check(&values, columns)?;
                let curve = |patch: usize| given(&values[patch * columns..][..columns], patch, &ask.demand);
                let steps = all_steps(&ask.demand, call, curve)?;
                Hulls { source: Source::Distortion(values.into_owned()), demand: ask.demand.clone(), steps }
            }
            None => {
                let table: &[i64] = ask.inputs.require("patch_stats")?.as_slice()?;
                if let Some(hulls) = same(&|s| matches!(s, Source::Statistics(t) if *t == table)) {
                    return Ok(hulls);
                }
                let stats = ask.inputs.patch_stats()?;
                let steps = all_steps(&ask.demand, call, |patch| modelled(&stats, patch, &ask.demand))?;
                Hulls { source: Source::Statistics(stats.into_raw()), demand: ask.demand.clone(), steps }
            }
        };
        let made = Arc::new(made);
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&made));
        Ok(made)
    }
}

impl Hulls {
    /// The steps that mend something, by what that matters.
    fn by_relevance(&self, relevance: impl Fn(usize) -> f64) -> Vec<Step> {
        let weighed = |step: &Step| Step { slope: relevance(step.patch) * step.slope, ..*step };
        self.steps.iter().map(weighed).filter(|step| step.slope > 0.0).collect()
    }
}

/// The steps of all patches that have room, for a relevance of 1.
fn all_steps(
    demand: &Demand,
    call: &Call<'_>,
    curve: impl Fn(usize) -> Vec<Point>,
) -> Result<Vec<Step>, Fault> {
    let mut steps = Vec::new();
    for patch in 0..demand.patches() {
        if patch % 1024 == 0 {
            call.check()?;
        }
        if demand.max()[patch] > demand.min()[patch] {
            steps.extend(hull_steps(patch, curve(patch)));
        }
        if steps.len() as u64 > MOST_POINTS {
            let message = format!("the curves of {} patches have too many points", demand.patches());
            return Err(Fault::new(FaultCode::OUT_OF_MEMORY, message));
        }
    }
    Ok(steps)
}

/// A number of tokens and what is lost with it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    tokens: u32,
    loss: f64,
}

/// A step of a patch along its hull, and the fall of its loss per token, times its relevance once that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    slope: f64,
    patch: usize,
    from: u32,
    to: u32,
}

impl Step {
    /// Tokens that it takes.
    fn length(&self) -> u32 {
        self.to - self.from
    }
}

/// How many columns the tensor has, which must be how many it is read as.
fn columns(demand: &Demand, given: u64) -> Result<usize, Fault> {
    let fits = match demand.levels() {
        Levels::List(list) => given == list.len() as u64,
        _ => given >= 2,
    };
    if fits {
        return usize::try_from(given)
            .map_err(|_| Fault::invalid("tensor `distortion` has too many columns"));
    }
    Err(Fault::invalid(match demand.levels() {
        Levels::List(list) => {
            format!("tensor `distortion` has {given} columns, but there are {} levels", list.len())
        }
        _ => format!("tensor `distortion` has {given} columns, but a curve needs at least 2"),
    }))
}

fn check(values: &[f32], columns: usize) -> Result<(), Fault> {
    let Some(at) = values.iter().position(|v| !v.is_finite() || *v < 0.0) else { return Ok(()) };
    let (patch, column, value) = (at / columns, at % columns, values[at]);
    let message =
        format!("tensor `distortion`: column {column} of patch {patch} is `{value}`, not 0 or more");
    Err(Fault::invalid(message))
}

/// The curve of a row of the tensor.
fn given(row: &[f32], patch: usize, demand: &Demand) -> Vec<Point> {
    let (min, max) = (demand.min()[patch], demand.max()[patch]);
    let point = |(tokens, &loss): (u32, &f32)| Point { tokens, loss: f64::from(loss) };
    match demand.levels() {
        Levels::List(list) => {
            let inside = list.iter().copied().zip(row).map(point);
            inside.filter(|point| (min..=max).contains(&point.tokens)).collect()
        }
        levels => {
            let last = row.len() as u64 - 1;
            let at = |column: usize| min + (column as u64 * u64::from(max - min) / last) as u32;
            let all = (0..row.len()).map(at).zip(row).map(point);
            all.filter(|point| stands(point.tokens, min, levels)).collect()
        }
    }
}

/// Whether a patch with this least may have so many tokens.
fn stands(tokens: u32, min: u32, levels: &Levels) -> bool {
    match levels {
        Levels::Any => true,
        Levels::Squares => tokens == min || tokens.isqrt().pow(2) == tokens,
        Levels::List(list) => tokens == min || list.binary_search(&tokens).is_ok(),
    }
}

/// The curve of the model.
fn modelled(stats: &PatchStats<'_>, patch: usize, demand: &Demand) -> Vec<Point> {
    let (min, max) = (demand.min()[patch], demand.max()[patch]);
    let model = Model::of(&stats.patch(patch));
    let counts: Vec<u32> = match demand.levels() {
        Levels::Any => {
            let room = u64::from(max - min);
            let last = room.clamp(1, POINTS - 1);
            (0..=last).map(|c| min + (c * room / last) as u32).collect()
        }
        Levels::Squares => {
            let roots = min.isqrt() + 1..=max.isqrt();
            std::iter::once(min).chain(roots.map(|root| root * root)).collect()
        }
        Levels::List(list) => {
            let above = list.iter().copied().filter(|level| (min + 1..=max).contains(level));
            std::iter::once(min).chain(above).collect()
        }
    };
    let point = |tokens| Point { tokens, loss: model.loss(tokens) + model.unseen(tokens) };
    counts.into_iter().map(point).collect()
}

/// What the model says is lost of a patch: squared luma, summed over its pixels.
struct Model {
    pixels: f64,
    /// n·V: with no token.
    all: f64,
    /// n·G.
    change: f64,
}

impl Model {
    fn of(patch: &PatchView<'_>) -> Model {
        let pixels = patch.count().max(1) as f64;
        let (mut sum, mut squares) = (0, 0);
        for (luma, &count) in (0i64..).zip(patch.histogram()) {
            sum += luma * count;
            squares += luma * luma * count;
        }
        // n·V = Σy² − (Σy)²/n, exact up to the last division.
        let (count, sum, squares) = (i128::from(patch.count()), i128::from(sum), i128::from(squares));
        let all = (count * squares - sum * sum) as f64 / pixels;
        Model { pixels, all, change: (patch.jxx() + patch.jyy()) as f64 / 4.0 }
    }

    fn loss(&self, tokens: u32) -> f64 {
        if tokens == 0 { self.all } else { self.all.min(self.change * self.cell(tokens)) }
    }

    /// What is granted to every patch on top.
    fn unseen(&self, tokens: u32) -> f64 {
        let each = if tokens == 0 { UNSEEN_SIDE } else { self.cell(tokens).min(UNSEEN_SIDE) };
        self.pixels * UNSEEN * each
    }

    /// The twelfth of a cell's area, in pixels.
    fn cell(&self, tokens: u32) -> f64 {
        self.pixels / (12.0 * f64::from(tokens))
    }
}

/// The steps of a patch along the lower convex hull of its curve. The points come in the order of their tokens.
fn hull_steps(patch: usize, curve: Vec<Point>) -> Vec<Step> {
    let slope = |a: &Point, b: &Point| (a.loss - b.loss) / f64::from(b.tokens - a.tokens);
    let mut hull: Vec<Point> = Vec::with_capacity(curve.len());
    for point in curve {
        match hull.last_mut() {
            Some(last) if last.tokens == point.tokens => last.loss = last.loss.min(point.loss),
            _ => hull.push(point),
        }
        // The point before the last is above the line past it when the fall gets steeper there. Points on
        // the line stay.
        while let [.., a, b, c] = hull.as_slice() {
            if slope(b, c) <= slope(a, b) {
                break;
            }
            let c = *c;
            hull.truncate(hull.len() - 2);
            hull.push(c);
        }
    }
    let step = |pair: &[Point]| Step {
        slope: slope(&pair[0], &pair[1]),
        patch,
        from: pair[0].tokens,
        to: pair[1].tokens,
    };
    hull.windows(2).map(step).collect()
}

/// Takes steps while they fit, the steepest first; those of the slope at which they no longer do share the rest.
fn along_the_hull(steps: &[Step], weights: &[f64], demand: &Demand) -> Result<Vec<u32>, Fault> {
    let slope = |step: &Step| weights[step.patch] * step.slope;
    let cut = cut(steps, slope, demand.surplus());
    let mut tokens = demand.min().to_vec();
    let mut caps = vec![0u32; tokens.len()];
    let mut left = demand.surplus();
    for step in steps {
        let slope = slope(step);
        if slope > cut {
            tokens[step.patch] += step.length();
            left -= u64::from(step.length());
        } else if slope == cut && slope > 0.0 {
            caps[step.patch] += step.length();
        }
    }
    if caps.iter().any(|&cap| cap > 0) {
        let shares = share(weights, &caps, left).map_err(|e| Fault::invalid(e.to_string()))?;
        tokens.iter_mut().zip(&shares).for_each(|(tokens, share)| *tokens += share);
    }
    Ok(tokens)
}

/// The slope of the first step that does not fit when they are taken from the steepest on; 0 where all that mend
/// something do. Halves what is in question instead of sorting it, which would take most of a decision's time.
fn cut(steps: &[Step], slope: impl Fn(&Step) -> f64, surplus: u64) -> f64 {
    let (above, mut open) = in_question(steps, &slope, surplus);
    let (mut open, mut left) = (open.as_mut_slice(), surplus - above);
    while !open.is_empty() {
        let middle = (open.len() - 1) / 2;
        open.select_nth_unstable_by(middle, |a, b| b.0.total_cmp(&a.0));
        let room: u64 = open[..=middle].iter().map(|&(_, length)| u64::from(length)).sum();
        if room <= left {
            left -= room;
            open = &mut open[middle + 1..];
        } else if middle == 0 {
            return open[0].0;
        } else {
            open = &mut open[..=middle];
        }
    }
    0.0
}

/// Slopes and lengths of the steps among which the first is that does not fit, and how long those are together that
/// are steeper than all of these. A sample tells where to look; where it is wrong, all steps are in question.
fn in_question(steps: &[Step], slope: impl Fn(&Step) -> f64, surplus: u64) -> (u64, Vec<(f64, u32)>) {
    /// Has no divisor in common with the number of steps of a patch, so that early and late ones are in the sample.
    const EVERY: usize = 17;
    let mends = |step: &Step| Some((slope(step), step.length())).filter(|(slope, _)| *slope > 0.0);
    let mut sample: Vec<(f64, u32)> = steps.iter().step_by(EVERY).filter_map(mends).collect();
    sample.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut room = 0;
    let at = sample.iter().position(|&(_, length)| {
        room += EVERY as u64 * u64::from(length);
        room > surplus
    });
    let at = at.unwrap_or(sample.len());
    let margin = 2 * sample.len().isqrt() + 1;
    let high = at.checked_sub(margin).map_or(f64::INFINITY, |at| sample[at].0);
    let low = sample.get(at + margin).map_or(0.0, |&(slope, _)| slope);
    let (mut above, mut inside, mut open) = (0, 0, Vec::with_capacity(3 * margin * EVERY));
    for (slope, length) in steps.iter().filter_map(mends) {
        if slope > high {
            above += u64::from(length);
        } else if slope >= low {
            inside += u64::from(length);
            open.push((slope, length));
        }
    }
    if above <= surplus && (low == 0.0 || above + inside > surplus) {
        return (above, open);
    }
    (0, steps.iter().filter_map(mends).collect())
}

/// Takes the steps that fit whole. A patch whose step does not fit climbs no further.
fn whole_steps(steps: &mut [Step], demand: &Demand) -> Vec<u32> {
    // Steepest first; of equals the earlier step of a patch, then the first patch.
    steps.sort_unstable_by(|a, b| {
        b.slope.total_cmp(&a.slope).then(a.from.cmp(&b.from)).then(a.patch.cmp(&b.patch))
    });
    let mut tokens = demand.min().to_vec();
    let mut left = demand.surplus();
    for step in steps.iter() {
        let Some(cost) = step.to.checked_sub(tokens[step.patch]) else { continue };
        if step.from <= tokens[step.patch] && u64::from(cost) <= left {
            tokens[step.patch] = step.to;
            left -= u64::from(cost);
        }
    }
    tokens
}

#[cfg(test)]
mod tests;
