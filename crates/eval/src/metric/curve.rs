//! How a score falls with the budget.
//!
//! Tokens cost in proportion and help in octaves, so the axis is the logarithm
//! of the budget: half as many is one step, wherever one stands. A curve is
//! measured at a few budgets, least first, and joined by straight lines on that
//! axis. Scores are such that higher is better.

/// The mean over log₂ of the budget, by trapezes: within the least and the greatest score; higher is better.
///
/// # Panics
///
/// With fewer than two budgets.
pub(crate) fn area(budgets: &[f64], scores: &[f64]) -> f64 {
    let at: Vec<f64> = budgets.iter().map(|&budget| libm::log2(budget)).collect();
    let pairs = at.windows(2).zip(scores.windows(2));
    let area: f64 = pairs.map(|(x, y)| (x[1] - x[0]) * (y[0] + y[1]) / 2.0).sum();
    area / (at[at.len() - 1] - at[0])
}

/// The largest fall from one budget to the next smaller one; 0 where there is none. Lower is better.
pub(crate) fn worst_drop(scores: &[f64]) -> f64 {
    scores.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
}

/// The budget that is enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Enough {
    /// In the unit of the budgets.
    pub(crate) budget: f64,
    /// The least budget measured was enough already: the true one may be less.
    pub(crate) at_most: bool,
}

/// The least budget from which on the curve stays at `share` of the reference or above: B90 for a share of 0.9, B95
/// for 0.95. The reference is what the task gives without any saving, such as the score on the original image.
/// Lower is better. Noise lets curves rise and fall again: a budget that is enough by luck, with a larger one that
/// is not, does not count.
///
/// None where even the greatest budget is not enough ("not reached"), and where the reference is not above 0, so
/// that a share of it means nothing.
pub(crate) fn enough(budgets: &[f64], scores: &[f64], reference: f64, share: f64) -> Option<Enough> {
    let wanted = share * reference;
    let short = |score: f64| score.is_nan() || score < wanted;
    if reference.is_nan() || reference <= 0.0 || short(*scores.last()?) {
        return None;
    }
    let Some(last_short) = scores.iter().rposition(|&score| short(score)) else {
        return Some(Enough { budget: *budgets.first()?, at_most: true });
    };
    let [x, y] = [last_short, last_short + 1].map(|i| (libm::log2(budgets[i]), scores[i]));
    let part = (wanted - x.1) / (y.1 - x.1);
    // Where a score is missing, nothing is known between the two budgets.
    let part = if part.is_nan() { 1.0 } else { part };
    Some(Enough { budget: libm::exp2(x.0 + part * (y.0 - x.0)), at_most: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGETS: [f64; 4] = [64.0, 128.0, 256.0, 512.0];

    #[test]
    fn the_area_is_the_mean_over_the_logarithm_of_the_budget() {
        // One octave at 0.25 and two at 0.75.
        let found = area(&[64.0, 128.0, 512.0], &[0.0, 0.5, 1.0]);
        assert!((found - (0.25 + 2.0 * 0.75) / 3.0).abs() < 1e-12);
        assert!((area(&BUDGETS, &[0.3; 4]) - 0.3).abs() < 1e-12);
    }

    #[test]
    fn the_worst_drop_is_the_largest_step_down() {
        assert_eq!(worst_drop(&[0.0, 0.5, 0.75]), 0.5);
        assert_eq!(worst_drop(&[0.75, 0.5, 0.25]), 0.0);
    }

    fn at(scores: [f64; 4], share: f64) -> Option<f64> {
        enough(&BUDGETS, &scores, 1.0, share).map(|e| e.budget)
    }

    #[test]
    fn enough_lies_between_budgets_on_their_logarithm() {
        // From 0.8 at 2⁷ to 1.0 at 2⁸: 0.9 is half way, at 2^7.5.
        let half_way = at([0.2, 0.8, 1.0, 1.0], 0.9).unwrap();
        assert!((half_way - libm::exp2(7.5)).abs() < 1e-9);
        // 0.95 is three quarters of the way.
        let further = at([0.2, 0.8, 1.0, 1.0], 0.95).unwrap();
        assert!((further - libm::exp2(7.75)).abs() < 1e-9);
        // Reached at a budget itself.
        assert!((at([0.2, 0.9, 1.0, 1.0], 0.9).unwrap() - 128.0).abs() < 1e-9);
    }

    #[test]
    fn a_rise_that_does_not_last_does_not_count() {
        // 0.95 at 128, but 0.7 at 256: from there to 1.0 at 512, 0.9 is two thirds of the way.
        let found = at([0.2, 0.95, 0.7, 1.0], 0.9).unwrap();
        assert!((found - libm::exp2(8.0 + 2.0 / 3.0)).abs() < 1e-9);
    }

    #[test]
    fn not_reached_and_reached_from_the_start() {
        assert_eq!(at([0.2, 0.95, 0.95, 0.89], 0.9), None);
        let all = enough(&BUDGETS, &[0.9, 0.92, 0.95, 0.99], 1.0, 0.9);
        assert_eq!(all, Some(Enough { budget: 64.0, at_most: true }));
        assert_eq!(enough(&BUDGETS, &[0.0; 4], 0.0, 0.9), None);
        assert_eq!(enough(&BUDGETS, &[1.0; 4], f64::NAN, 0.9), None);
        assert_eq!(enough(&[], &[], 1.0, 0.9), None);
        // 128 has no score: nothing is known below 256.
        assert_eq!(at([0.9, f64::NAN, 0.95, 0.99], 0.9), Some(256.0));
    }
}
