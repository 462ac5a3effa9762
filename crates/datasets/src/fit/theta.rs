//! Weights of the channels: at least 0, together 1.

use arrcoc_decide::Way;
use arrcoc_stats::{PERSPECTIVAL, PROPOSITIONAL};

/// The number of channels, in the order of [`PROPOSITIONAL`], then [`PERSPECTIVAL`].
pub(super) const CHANNELS: usize = PROPOSITIONAL.len() + PERSPECTIVAL.len();

/// The place of deviation among the channels.
pub(super) const DEVIATION: usize = 1;

/// The place of edge density among the channels.
pub(super) const EDGE_DENSITY: usize = 2;

/// A weight for each channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Theta([f64; CHANNELS]);

impl Theta {
    /// Weights in the proportions of `weight`, whose sum must be above 0.
    pub(super) fn of(weight: impl Fn(usize) -> f64) -> Self {
        let weights: [f64; CHANNELS] = std::array::from_fn(weight);
        let sum: f64 = weights.iter().sum();
        debug_assert!(sum > 0.0, "{weights:?}");
        Self(weights.map(|weight| weight / sum))
    }

    /// All weight on one channel.
    pub(super) fn only(channel: usize) -> Self {
        Self::of(|other| if other == channel { 1.0 } else { 0.0 })
    }

    /// The same weight for every channel.
    pub(super) fn equal() -> Self {
        Self::of(|_| 1.0)
    }

    pub(super) fn weights(self) -> [f64; CHANNELS] {
        self.0
    }

    /// What the channels of a way have together.
    pub(super) fn share(self, way: Way) -> f64 {
        (0..CHANNELS).filter(|&channel| way_of(channel) == way).map(|channel| self.0[channel]).sum()
    }

    /// One channel's weight changed by `step`, the others in proportion; `None` where
    /// that takes all weight away or changes nothing.
    pub(super) fn moved(self, channel: usize, step: f64) -> Option<Self> {
        let changed = (self.0[channel] + step).max(0.0);
        let others = self.0.iter().sum::<f64>() - self.0[channel];
        if changed == self.0[channel] || others + changed <= 1e-9 {
            return None;
        }
        Some(Self::of(|other| if other == channel { changed } else { self.0[other] }))
    }

    /// The nearest weights in these proportions that give each way at least `floor`. A
    /// way without any weight gets it evenly over its channels.
    pub(super) fn with_floor(self, floor: f64) -> Self {
        let [there, out] = [Way::Propositional, Way::Perspectival].map(|way| self.share(way));
        let (poor, share) = if there < out { (Way::Propositional, there) } else { (Way::Perspectival, out) };
        if share >= floor {
            return self;
        }
        let channels = (0..CHANNELS).filter(|&channel| way_of(channel) == poor).count() as f64;
        Self::of(|channel| match (way_of(channel) == poor, share > 0.0) {
            (true, true) => self.0[channel] * floor / share,
            (true, false) => floor / channels,
            (false, _) => self.0[channel] * (1.0 - floor) / (1.0 - share),
        })
    }

    /// These weights in thousandths, by largest remainder: a file that people read needs
    /// no more.
    pub(super) fn rounded(self) -> Self {
        let scaled = self.0.map(|weight| weight * 1000.0);
        let mut whole = scaled.map(|weight| weight.floor() as u32);
        let mut order: [usize; CHANNELS] = std::array::from_fn(|channel| channel);
        let remainder = |channel: usize| scaled[channel] - scaled[channel].floor();
        order.sort_by(|&a, &b| remainder(b).total_cmp(&remainder(a)));
        let missing = 1000u32.saturating_sub(whole.iter().sum());
        for &channel in order.iter().take(missing as usize) {
            whole[channel] += 1;
        }
        Self(whole.map(|thousandths| f64::from(thousandths) / 1000.0))
    }
}

/// The way that a channel belongs to.
pub(super) fn way_of(channel: usize) -> Way {
    if channel < PROPOSITIONAL.len() { Way::Propositional } else { Way::Perspectival }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_theta() -> impl Strategy<Value = Theta> {
        prop::array::uniform9(0.0..1.0f64)
            .prop_filter("some weight", |weights| weights.iter().sum::<f64>() > 0.1)
            .prop_map(|weights| Theta::of(|channel| weights[channel]))
    }

    fn sums_to_one(theta: Theta) -> bool {
        let weights = theta.weights();
        (weights.iter().sum::<f64>() - 1.0).abs() < 1e-12 && weights.iter().all(|&weight| weight >= 0.0)
    }

    proptest! {
        #[test]
        fn every_operation_keeps_the_sum(theta in any_theta(), channel in 0..CHANNELS, step in -1.0..1.0f64) {
            prop_assert!(sums_to_one(theta));
            prop_assert!(sums_to_one(theta.rounded()));
            prop_assert!(theta.moved(channel, step).is_none_or(sums_to_one));
            let kept = theta.with_floor(0.1);
            prop_assert!(sums_to_one(kept));
            for way in [Way::Propositional, Way::Perspectival] {
                prop_assert!(kept.share(way) >= 0.1 - 1e-12);
            }
        }
    }

    #[test]
    fn places_are_those_of_the_names() {
        assert_eq!((PROPOSITIONAL[DEVIATION], PROPOSITIONAL[EDGE_DENSITY]), ("deviation", "edge_density"));
    }

    #[test]
    fn a_floor_lifts_a_way_without_weight() {
        let kept = Theta::only(EDGE_DENSITY).with_floor(0.12).weights();
        assert!((kept[EDGE_DENSITY] - 0.88).abs() < 1e-12 && (kept[8] - 0.02).abs() < 1e-12, "{kept:?}");
        assert_eq!(Theta::only(EDGE_DENSITY).moved(EDGE_DENSITY, -1.0), None);
    }
}
