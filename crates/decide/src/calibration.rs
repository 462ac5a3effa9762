//! Fixed monotone maps that take a scorer's raw channel to `[0, 1]`.
//!
//! The map is fitted once, on tuning data, and then fixed. It is never min–max over the image or the batch at
//! hand: that would give every image, however blank, a patch of value 1, and "nothing here is relevant" could not
//! be said.

use serde::{Deserialize, Serialize};

/// A piecewise linear map into `[0, 1]`, rising or falling, constant outside its knots. JSON: the list of knots,
/// `[[0.0, 0.0], [0.5, 0.8]]`; checked when read.
///
/// ```
/// use arrcoc_decide::MonotoneMap;
///
/// let map = MonotoneMap::new(vec![(10.0, 0.0), (20.0, 0.5), (40.0, 1.0)])?;
/// assert_eq!([5.0, 15.0, 30.0, 99.0].map(|value| map.apply(value)), [0.0, 0.25, 0.75, 1.0]);
/// # Ok::<(), arrcoc_decide::CalibrationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(f64, f64)>", into = "Vec<(f64, f64)>")]
pub struct MonotoneMap {
    knots: Vec<(f64, f64)>,
}

/// Why knots are not a monotone map into `[0, 1]`.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each field is a number that its variant's message shows in place")]
pub enum CalibrationError {
    /// No knots.
    #[error("a map needs at least one knot")]
    NoKnots,
    /// A knot at a place that is not finite, or so large that a difference of two would not be.
    #[error("knot {knot} is at `{x}`, not a number from -{0:e} to {0:e}", LARGEST_PLACE)]
    Place { knot: usize, x: f64 },
    /// A knot with a value outside `[0, 1]`.
    #[error("knot {knot} has the value `{y}`, not a number in [0, 1]")]
    Value { knot: usize, y: f64 },
    /// Places that do not rise.
    #[error("knot {knot} is at `{x}`, not above the knot before it at `{before}`")]
    Order { knot: usize, x: f64, before: f64 },
    /// Values that rise and fall.
    #[error("knot {knot} turns the map: its values must all rise or all fall")]
    Turn { knot: usize },
}

/// Places of knots lie from minus this to this: half the largest `f64`, so that differences are finite.
pub const LARGEST_PLACE: f64 = f64::MAX / 2.0;

/// The number of quantiles a reference map is drawn through.
const REFERENCE_KNOTS: usize = 64;

impl MonotoneMap {
    /// A map through `knots` of (value of the channel, calibrated value).
    ///
    /// # Errors
    /// No knots, places that are not strictly rising, values outside `[0, 1]`, or values that both rise and fall.
    pub fn new(knots: Vec<(f64, f64)>) -> Result<MonotoneMap, CalibrationError> {
        if knots.is_empty() {
            return Err(CalibrationError::NoKnots);
        }
        for (knot, &(x, y)) in knots.iter().enumerate() {
            if !usable(x) {
                return Err(CalibrationError::Place { knot, x });
            }
            if !(0.0..=1.0).contains(&y) {
                return Err(CalibrationError::Value { knot, y });
            }
        }
        let (mut rises, mut falls) = (false, false);
        for (before, pair) in knots.windows(2).enumerate() {
            let (knot, (x, y), (x_before, y_before)) = (before + 1, pair[1], pair[0]);
            if x <= x_before {
                return Err(CalibrationError::Order { knot, x, before: x_before });
            }
            rises |= y > y_before;
            falls |= y < y_before;
            if rises && falls {
                return Err(CalibrationError::Turn { knot });
            }
        }
        Ok(MonotoneMap { knots })
    }

    /// The map from `[0, 1]` to itself; values outside are clamped.
    pub fn identity() -> MonotoneMap {
        MonotoneMap { knots: vec![(0.0, 0.0), (1.0, 1.0)] }
    }

    /// The reference distribution function of `samples`: the share of samples below a value, drawn through 64
    /// quantiles.
    ///
    /// A value at or below the smallest sample maps to 0, at or above the largest to 1. Quantiles that coincide,
    /// where many samples are equal, become one knot: at either end it keeps that end's value, in between it takes
    /// the middle of what they span. Samples that are all equal map to ½, what is below to 0 and what is above to
    /// 1. Samples that are not finite are dropped; without any, the map is the identity. Sorts `samples`.
    pub fn reference(samples: &mut Vec<f64>) -> MonotoneMap {
        samples.retain(|&sample| usable(sample));
        samples.sort_unstable_by(f64::total_cmp);
        let (Some(&first), Some(&last)) = (samples.first(), samples.last()) else {
            return MonotoneMap::identity();
        };
        if first == last {
            return MonotoneMap { knots: vec![(first.next_down(), 0.0), (last.next_up(), 1.0)] };
        }
        let steps = REFERENCE_KNOTS - 1;
        let quantile = |k: usize| samples[(k * (samples.len() - 1) + steps / 2) / steps];
        let mut knots: Vec<(f64, f64)> = Vec::with_capacity(REFERENCE_KNOTS);
        let mut k = 0;
        while k <= steps {
            let x = quantile(k);
            let tied = (k..=steps).take_while(|&other| quantile(other) == x).count();
            let y = match (x == first, x == last) {
                (true, _) => 0.0,
                (_, true) => 1.0,
                _ => (2 * k + tied - 1) as f64 / (2 * steps) as f64,
            };
            knots.push((x, y));
            k += tied;
        }
        MonotoneMap { knots }
    }

    /// The calibrated value of `value`, in `[0, 1]`. NaN stays NaN, so that a channel that holds one is found out.
    pub fn apply(&self, value: f64) -> f64 {
        if value.is_nan() {
            return value;
        }
        let above = self.knots.partition_point(|&(x, _)| x <= value);
        let Some(&(x1, y1)) = self.knots.get(above) else {
            return self.knots[self.knots.len() - 1].1;
        };
        if above == 0 {
            return y1;
        }
        let (x0, y0) = self.knots[above - 1];
        // Rounding may carry the last step a little too far.
        (y0 + (y1 - y0) * ((value - x0) / (x1 - x0))).clamp(y0.min(y1), y0.max(y1))
    }

    /// This map and another after it, as one map: its knots are those of this one, and the places that this one takes to
    /// the knots of the other. Between knots it is what the two come to one after the other, but for rounding.
    ///
    /// ```
    /// use arrcoc_decide::MonotoneMap;
    ///
    /// let first = MonotoneMap::new(vec![(10.0, 0.0), (30.0, 1.0)])?;
    /// let then = MonotoneMap::new(vec![(0.0, 0.0), (0.5, 0.9), (1.0, 1.0)])?;
    /// assert_eq!(first.then(&then).knots(), [(10.0, 0.0), (20.0, 0.9), (30.0, 1.0)]);
    /// # Ok::<(), arrcoc_decide::CalibrationError>(())
    /// ```
    #[must_use]
    pub fn then(&self, after: &MonotoneMap) -> MonotoneMap {
        let mut knots: Vec<(f64, f64)> = Vec::with_capacity(self.knots.len() + after.knots.len());
        for (at, &(x, y)) in self.knots.iter().enumerate() {
            if let Some(&(x0, y0)) = at.checked_sub(1).map(|before| &self.knots[before]) {
                let (low, high) = (y0.min(y), y0.max(y));
                let between = after.knots.iter().filter(|knot| low < knot.0 && knot.0 < high);
                let mut between: Vec<(f64, f64)> =
                    between.map(|&(u, v)| (x0 + (x - x0) * ((u - y0) / (y - y0)), v)).collect();
                if y < y0 {
                    between.reverse();
                }
                for knot in between {
                    // Where rounding leaves no room for it there is nothing to bend.
                    let is_above = knots.last().is_none_or(|last| last.0 < knot.0);
                    if is_above && knot.0 < x {
                        knots.push(knot);
                    }
                }
            }
            knots.push((x, after.apply(y)));
        }
        MonotoneMap { knots }
    }

    /// The knots, by rising place.
    pub fn knots(&self) -> &[(f64, f64)] {
        &self.knots
    }
}

fn usable(x: f64) -> bool {
    // The neighbours of a lone sample must be usable too.
    x.abs() < LARGEST_PLACE
}

impl TryFrom<Vec<(f64, f64)>> for MonotoneMap {
    type Error = CalibrationError;

    fn try_from(knots: Vec<(f64, f64)>) -> Result<MonotoneMap, CalibrationError> {
        MonotoneMap::new(knots)
    }
}

impl From<MonotoneMap> for Vec<(f64, f64)> {
    fn from(map: MonotoneMap) -> Vec<(f64, f64)> {
        map.knots
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wrong_knots_are_refused_by_reason() {
        let line = |knots: &[(f64, f64)]| MonotoneMap::new(knots.to_vec()).expect_err("wrong").to_string();
        assert_eq!(line(&[]), "a map needs at least one knot");
        assert!(line(&[(f64::NAN, 0.0)]).starts_with("knot 0 is at `NaN`"));
        assert!(line(&[(f64::MAX, 0.0)]).starts_with("knot 0 is at `1797"));
        assert_eq!(line(&[(0.0, 0.0), (1.0, 1.5)]), "knot 1 has the value `1.5`, not a number in [0, 1]");
        assert_eq!(line(&[(0.0, 0.0), (0.0, 1.0)]), "knot 1 is at `0`, not above the knot before it at `0`");
        let turn = line(&[(0.0, 0.0), (1.0, 1.0), (2.0, 0.5)]);
        assert_eq!(turn, "knot 2 turns the map: its values must all rise or all fall");
        assert!(MonotoneMap::new(vec![(0.0, 1.0), (1.0, 1.0), (2.0, 0.0)]).is_ok());
    }

    #[test]
    fn the_identity_is_one_to_the_bit() {
        for value in [0.0, 1e-300, 0.1, 0.3, 0.7, 1.0] {
            assert_eq!(MonotoneMap::identity().apply(value).to_bits(), f64::to_bits(value));
        }
        assert_eq!(MonotoneMap::identity().apply(-0.5), 0.0);
        assert_eq!(MonotoneMap::identity().apply(f64::INFINITY), 1.0);
        assert!(MonotoneMap::identity().apply(f64::NAN).is_nan());
    }

    #[test]
    fn a_reference_of_many_zeros_leaves_zero_at_zero() {
        let mut samples: Vec<f64> =
            (0..1000).map(|i| if i < 600 { 0.0 } else { f64::from(i - 600) }).collect();
        let map = MonotoneMap::reference(&mut samples);
        assert_eq!((map.apply(-1.0), map.apply(0.0)), (0.0, 0.0));
        assert_eq!((map.apply(399.0), map.apply(1e9)), (1.0, 1.0));
        assert!((map.apply(200.0) - 0.8).abs() < 0.02, "{}", map.apply(200.0));
    }

    #[test]
    fn a_reference_of_one_value_separates_below_and_above() {
        for value in [0.0, -3.5, 1e300] {
            let map = MonotoneMap::reference(&mut vec![value; 5]);
            let (below, above) = (f64::next_down(value), f64::next_up(value));
            assert_eq!([below, value, above].map(|v| map.apply(v)), [0.0, 0.5, 1.0]);
        }
        assert_eq!(MonotoneMap::reference(&mut vec![f64::NAN, f64::INFINITY]), MonotoneMap::identity());
    }

    #[test]
    fn json_is_the_knots_and_is_checked() {
        let map = MonotoneMap::new(vec![(0.0, 0.0), (0.5, 0.8)]).expect("rising");
        let json = serde_json::to_string(&map).expect("plain");
        assert_eq!(json, "[[0.0,0.0],[0.5,0.8]]");
        assert_eq!(serde_json::from_str::<MonotoneMap>(&json).expect("just written"), map);
        assert!(serde_json::from_str::<MonotoneMap>("[[0.0,0.0],[0.0,1.0]]").is_err());
        assert!(serde_json::from_str::<MonotoneMap>("[]").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn a_reference_is_a_valid_rising_map_near_the_distribution(
            mut samples in prop::collection::vec(prop_oneof![Just(0.0), Just(1.0), -5.0..5.0f64], 1..300),
            probes in prop::collection::vec(-6.0..6.0f64, 2..20),
        ) {
            let map = MonotoneMap::reference(&mut samples);
            prop_assert!(MonotoneMap::new(map.knots().to_vec()).is_ok());
            let mut probes = probes;
            probes.sort_unstable_by(f64::total_cmp);
            for pair in probes.windows(2) {
                prop_assert!(map.apply(pair[0]) <= map.apply(pair[1]));
            }
            prop_assert_eq!(map.apply(samples[0] - 1.0), 0.0);
            prop_assert_eq!(map.apply(samples[samples.len() - 1] + 1.0), 1.0);
        }
    }

    proptest! {
        /// A composed map is a map, and does what the two do one after the other.
        #[test]
        fn two_maps_are_one(
            steps in prop::collection::vec((0.01f64..5.0, 0.0f64..1.0), 1..12),
            other in prop::collection::vec((0.001f64..1.0, 0.0f64..1.0), 1..12),
            falls: bool,
            places in prop::collection::vec(-5.0f64..60.0, 20),
        ) {
            let map = |steps: &[(f64, f64)], scale: f64, falls: bool| {
                let mut ys: Vec<f64> = steps.iter().map(|step| step.1).collect();
                ys.sort_by(f64::total_cmp);
                if falls {
                    ys.reverse();
                }
                let mut x = 0.0;
                let knots = steps.iter().zip(ys).map(|(step, y)| { x += step.0 * scale; (x, y) });
                MonotoneMap::new(knots.collect()).unwrap()
            };
            let (first, then) = (map(&steps, 1.0, falls), map(&other, 0.2, false));
            let one = first.then(&then);
            prop_assert_eq!(&MonotoneMap::new(one.knots().to_vec()).unwrap(), &one);
            for place in places {
                prop_assert!((one.apply(place) - then.apply(first.apply(place))).abs() < 1e-9);
            }
        }
    }
}
