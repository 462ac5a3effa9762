//! From calibrated channels to score maps: one number in `[0, 1]` per patch and way.
//!
//! What is there and what stands out are means of their channels weighted by θ, so what each channel contributes is
//! exact. What is asked for is the surest of its channels, since they are probabilities.
//! A way without channels has no map. Absent is not zero: an absent question must not speak as a question that
//! nothing answers.

use serde::{Deserialize, Serialize};

use crate::order_free;
use crate::{Subset, Way};

/// One calibrated number per patch, with where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// The plugin that made it.
    pub plugin: String,
    /// Its name.
    pub name: String,
    /// What it is evidence of.
    pub way: Way,
    /// Its weight among the channels of its way, and its way's weight in the content. Finite, at least 0.
    /// A participatory channel with θ = 0 is uncalibrated and has no say.
    pub theta: f64,
    /// Calibrated values in `[0, 1]`, length N.
    pub values: Vec<f64>,
}

impl Channel {
    /// Whether it has a say, and says something of one patch that it does not say of another.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.theta > 0.0 && self.values.windows(2).any(|pair| pair[0] != pair[1])
    }
}

/// Why a channel cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each field is a name or a number that its variant's message shows in place")]
pub enum MapError {
    /// Not one value per patch.
    #[error("channel `{channel}` of `{plugin}` has {got} values for {expected} patches")]
    Length { plugin: String, channel: String, expected: usize, got: usize },
    /// A value that is NaN or outside `[0, 1]`.
    #[error("channel `{channel}` of `{plugin}` is `{value}` at patch {patch}, not a number in [0, 1]")]
    Value { plugin: String, channel: String, patch: usize, value: f64 },
    /// A weight that is negative or not finite.
    #[error("channel `{channel}` of `{plugin}` has θ = `{theta}`, not a finite number of at least 0")]
    Theta { plugin: String, channel: String, theta: f64 },
}

/// The score maps P, S and Q of one image and question, each present or absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScoreMaps {
    /// What is there, in `[0, 1]`, length N.
    pub p: Option<Vec<f64>>,
    /// What stands out, in `[0, 1]`, length N.
    pub s: Option<Vec<f64>>,
    /// What the question asks for: the probability that the patch holds the answer or its label. Length N.
    pub q: Option<Vec<f64>>,
    /// Weight of P in the content: the sum of its channels' θ.
    pub theta_p: f64,
    /// Weight of S in the content: the sum of its channels' θ.
    pub theta_s: f64,
    /// The number of patches, N.
    pub patches: usize,
}

impl ScoreMaps {
    /// The maps of `channels`: for P and S the θ-weighted mean of their channels, or the plain mean when all their
    /// θ are 0; for Q the largest of its channels, patch by patch. Those are probabilities of the same thing by
    /// different evidence, and one that hears nothing stays at its base rate: a mean would make it a witness against
    /// the others. Participatory channels with θ = 0 are uncalibrated and left out, and so are those that say the same
    /// of every patch, which is nothing about where: Q is present only if one is left.
    ///
    /// # Errors
    /// A channel with the wrong length, a value outside `[0, 1]`, or a θ that is negative or not finite.
    pub fn from_channels(channels: &[Channel], patches: usize) -> Result<ScoreMaps, MapError> {
        channels.iter().try_for_each(|channel| check(channel, patches))?;
        let of = |way: Way| -> Vec<(f64, &[f64])> {
            let heard = |c: &&Channel| c.way == way && (way != Way::Participatory || c.is_heard());
            channels.iter().filter(heard).map(|c| (c.theta, c.values.as_slice())).collect()
        };
        let theta = |terms: &[(f64, &[f64])]| terms.iter().map(|term| term.0).sum::<f64>().min(f64::MAX);
        let (p, s, q) = (of(Way::Propositional), of(Way::Perspectival), of(Way::Participatory));
        Ok(ScoreMaps {
            theta_p: theta(&p),
            theta_s: theta(&s),
            p: weighted_mean(&p),
            s: weighted_mean(&s),
            q: largest(&q),
            patches,
        })
    }

    /// The content C: what P and S say together, `(θp·P + θs·S) / (θp + θs)` over those present, or their plain
    /// mean when that sum is 0. `None` when both are absent.
    pub fn content(&self) -> Option<Vec<f64>> {
        let p = self.p.as_deref().map(|p| (self.theta_p, p));
        let s = self.s.as_deref().map(|s| (self.theta_s, s));
        let terms: Vec<(f64, &[f64])> = p.into_iter().chain(s).collect();
        weighted_mean(&terms)
    }

    /// The ways that have a map.
    pub fn present(&self) -> Subset {
        let maps = Way::ALL.into_iter().filter(|&way| self.of(way).is_some());
        maps.fold(Subset::NONE, Subset::with)
    }

    /// The map of `way`, if present.
    pub fn of(&self, way: Way) -> Option<&[f64]> {
        match way {
            Way::Propositional => self.p.as_deref(),
            Way::Perspectival => self.s.as_deref(),
            Way::Participatory => self.q.as_deref(),
        }
    }

    /// The map of `way`, to be changed, if present.
    pub fn of_mut(&mut self, way: Way) -> Option<&mut [f64]> {
        match way {
            Way::Propositional => self.p.as_deref_mut(),
            Way::Perspectival => self.s.as_deref_mut(),
            Way::Participatory => self.q.as_deref_mut(),
        }
    }

    /// These maps without the ways that `keep` does not contain.
    pub fn only(&self, keep: Subset) -> ScoreMaps {
        let kept = |way: Way| self.of(way).filter(|_| keep.contains(way)).map(<[f64]>::to_vec);
        ScoreMaps {
            p: kept(Way::Propositional),
            s: kept(Way::Perspectival),
            q: kept(Way::Participatory),
            theta_p: self.theta_p,
            theta_s: self.theta_s,
            patches: self.patches,
        }
    }

    /// These maps for `patches` patches, without those that are not what they should be; each goes with its reason
    /// in `retreats`. Maps made by [`from_channels`](ScoreMaps::from_channels) for as many patches all stay.
    pub(crate) fn sound(&self, patches: usize, retreats: &mut Vec<String>) -> ScoreMaps {
        let mut keep = Subset::ALL;
        for way in Way::ALL {
            let theta = match way {
                Way::Propositional => self.theta_p,
                Way::Perspectival => self.theta_s,
                Way::Participatory => 1.0,
            };
            let Some(map) = self.of(way) else { continue };
            let fault = match map.iter().position(|value| !(0.0..=1.0).contains(value)) {
                _ if map.len() != patches => format!("has {} values for {patches} patches", map.len()),
                Some(patch) => format!("is `{}` at patch {patch}, not a number in [0, 1]", map[patch]),
                None if !(theta >= 0.0 && theta.is_finite()) => {
                    format!("has θ = `{theta}`, not a finite number of at least 0")
                }
                None => continue,
            };
            keep = keep.without(way);
            retreats.push(format!("the {way} map {fault}; it is left out"));
        }
        ScoreMaps { patches, ..self.only(keep) }
    }
}

fn check(channel: &Channel, patches: usize) -> Result<(), MapError> {
    let (plugin, name) = (channel.plugin.clone(), channel.name.clone());
    let (expected, got) = (patches, channel.values.len());
    if got != expected {
        return Err(MapError::Length { plugin, channel: name, expected, got });
    }
    if let Some(patch) = channel.values.iter().position(|value| !(0.0..=1.0).contains(value)) {
        return Err(MapError::Value { plugin, channel: name, patch, value: channel.values[patch] });
    }
    let theta = channel.theta;
    if !(theta >= 0.0 && theta.is_finite()) {
        return Err(MapError::Theta { plugin, channel: name, theta });
    }
    Ok(())
}

/// The largest of maps of one length, patch by patch; `None` without maps.
fn largest(terms: &[(f64, &[f64])]) -> Option<Vec<f64>> {
    let (&(_, first), others) = terms.split_first()?;
    let mut most = first.to_vec();
    for (_, map) in others {
        most.iter_mut().zip(*map).for_each(|(most, value)| *most = most.max(*value));
    }
    Some(most)
}

/// The mean of maps of one length weighted by their θ, or the plain mean when all θ are 0; `None` without maps.
///
/// θ are scaled by the largest: a single map, or one with the only θ above 0, comes out as it went in, to the bit.
fn weighted_mean(terms: &[(f64, &[f64])]) -> Option<Vec<f64>> {
    let &(_, first) = terms.first()?;
    let thetas: Vec<f64> = terms.iter().map(|term| term.0).collect();
    let largest = order_free::largest(&thetas);
    let scale = |theta: f64| if largest > 0.0 { theta / largest } else { 1.0 };
    let whole: f64 = thetas.iter().map(|&theta| scale(theta)).sum();
    let mut mean = vec![0.0; first.len()];
    for &(theta, map) in terms {
        let share = scale(theta);
        mean.iter_mut().zip(map).for_each(|(sum, value)| *sum += share * value);
    }
    // Rounding may carry a mean of ones past 1.
    mean.iter_mut().for_each(|sum| *sum = (*sum / whole).min(1.0));
    Some(mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(way: Way, theta: f64, values: &[f64]) -> Channel {
        Channel { plugin: "ways".into(), name: "edges".into(), way, theta, values: values.to_vec() }
    }

    #[test]
    fn one_channel_is_its_map_to_the_bit() {
        let values = [0.1, 0.3, 1.0 / 3.0, 1.0, 5e-324];
        for theta in [0.0, 0.3, 1.0, 1e308] {
            let alone = channel(Way::Propositional, theta, &values);
            let silent = channel(Way::Propositional, 0.0, &[1.0; 5]);
            let channels = if theta > 0.0 { vec![alone, silent] } else { vec![alone] };
            let maps = ScoreMaps::from_channels(&channels, 5).expect("sound");
            assert_eq!(maps.p.as_deref(), Some(&values[..]));
            assert_eq!(maps.content(), maps.p);
        }
    }

    #[test]
    fn what_says_the_same_of_every_patch_says_nothing_of_where() {
        let (flat, other) = ([0.02, 0.02], [0.01, 0.4]);
        let maps = |channels: &[Channel]| ScoreMaps::from_channels(channels, 2).expect("sound");
        assert_eq!(maps(&[channel(Way::Participatory, 1.0, &flat)]).q, None);
        assert_eq!(maps(&[channel(Way::Participatory, 0.0, &other)]).q, None);
        let both = [channel(Way::Participatory, 1.0, &flat), channel(Way::Participatory, 1.0, &other)];
        assert_eq!(maps(&both).q.as_deref(), Some(&other[..]));
        assert_eq!(maps(&[channel(Way::Perspectival, 1.0, &flat)]).s.as_deref(), Some(&flat[..]));
    }

    #[test]
    fn theta_weighs_channels_and_ways() {
        let channels = [
            channel(Way::Propositional, 1.0, &[1.0, 0.0]),
            channel(Way::Propositional, 3.0, &[0.0, 1.0]),
            channel(Way::Perspectival, 4.0, &[0.5, 0.25]),
        ];
        let maps = ScoreMaps::from_channels(&channels, 2).expect("sound");
        assert_eq!(maps.p, Some(vec![0.25, 0.75]));
        assert_eq!((maps.theta_p, maps.theta_s), (4.0, 4.0));
        assert_eq!(maps.content(), Some(vec![0.375, 0.5]));
        assert_eq!(maps.only(Subset::NONE.with(Way::Perspectival)).content(), Some(vec![0.5, 0.25]));
        assert_eq!(maps.only(Subset::NONE).content(), None);
        let unweighted =
            [channel(Way::Propositional, 0.0, &[1.0, 0.0]), channel(Way::Perspectival, 0.0, &[0.0, 0.0])];
        let maps = ScoreMaps::from_channels(&unweighted, 2).expect("sound");
        assert_eq!(maps.content(), Some(vec![0.5, 0.0]));
    }

    #[test]
    fn an_uncalibrated_question_is_absent() {
        let silent = channel(Way::Participatory, 0.0, &[1.0, 0.0]);
        let maps = ScoreMaps::from_channels(std::slice::from_ref(&silent), 2).expect("sound");
        assert_eq!((maps.q.as_ref(), maps.present()), (None, Subset::NONE));
        let heard = channel(Way::Participatory, 0.5, &[0.0, 1.0]);
        let maps = ScoreMaps::from_channels(&[silent, heard], 2).expect("sound");
        assert_eq!(maps.q, Some(vec![0.0, 1.0]));
    }

    #[test]
    fn what_is_asked_is_what_the_surest_channel_says() {
        let heard = |values: &[f64]| channel(Way::Participatory, 1.0, values);
        let channels = [heard(&[0.9, 0.02, 0.02]), heard(&[0.01, 0.01, 0.4])];
        let maps = ScoreMaps::from_channels(&channels, 3).expect("sound");
        assert_eq!(maps.q, Some(vec![0.9, 0.02, 0.4]));
    }

    #[test]
    fn a_wrong_channel_is_named() {
        let line = |channel: Channel| ScoreMaps::from_channels(&[channel], 2).expect_err("wrong").to_string();
        let short = line(channel(Way::Perspectival, 1.0, &[0.5]));
        assert_eq!(short, "channel `edges` of `ways` has 1 values for 2 patches");
        let nan = line(channel(Way::Perspectival, 1.0, &[0.5, f64::NAN]));
        assert_eq!(nan, "channel `edges` of `ways` is `NaN` at patch 1, not a number in [0, 1]");
        assert!(line(channel(Way::Participatory, 0.0, &[1.1, 0.0])).contains("is `1.1` at patch 0"));
        assert!(line(channel(Way::Perspectival, -1.0, &[0.5, 0.5])).contains("has θ = `-1`"));
    }

    #[test]
    fn channels_read_naturally_in_json() {
        let json = r#"{"plugin":"ways","name":"edges","way":"perspectival","theta":1.0,"values":[0.5]}"#;
        let channel = channel(Way::Perspectival, 1.0, &[0.5]);
        assert_eq!(serde_json::to_string(&channel).expect("plain"), json);
        assert_eq!(serde_json::from_str::<Channel>(json).expect(json), channel);
    }
}
