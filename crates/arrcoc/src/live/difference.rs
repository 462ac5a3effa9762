//! What a candidate would have decided otherwise: one decision beside another, and many of them in a few numbers.

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    decision::{ChannelRecord, Decision},
    engine::micros,
};

/// The most reasons that a summary quotes.
const QUOTED: usize = 8;

/// A decision that counted, beside what a candidate decided on the same request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Difference {
    /// The id of the decision that counted.
    pub decision: String,
    /// The id of the candidate's; absent where it came to none.
    pub candidate: Option<String>,
    /// The share of the tokens that lie elsewhere, 0 to 1: the total variation of the two allocations.
    pub tokens: f64,
    /// The channel that differs most, where any does.
    pub channel: Option<ChannelDifference>,
    /// Channels that only one of the two has, as `scorer.channel`.
    pub unmatched: Vec<String>,
    /// Microseconds that the decision took.
    pub took_us: u64,
    /// Microseconds that the candidate's took.
    pub candidate_took_us: u64,
    /// What the candidate retreated from, and the decision that counted did not; or why there is none.
    pub retreats: Vec<String>,
}

/// How far apart two versions of a calibrated channel are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChannelDifference {
    /// The scorer.
    pub plugin: String,
    /// The channel.
    pub name: String,
    /// The largest difference of a patch, 0 to 1.
    pub most: f64,
}

/// Many differences in a few numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Summary {
    /// Decisions that were compared.
    pub compared: u64,
    /// Of them those with the same tokens.
    pub same: u64,
    /// Of them those in which the candidate retreated or came to nothing, and the version in use did not.
    pub failed: u64,
    /// Decisions that were its turn and were not compared: the candidate was too far behind, or its shadow ended before.
    pub passed_over: u64,
    /// The mean share of the tokens that lie elsewhere.
    pub tokens_mean: f64,
    /// The largest.
    pub tokens_most: f64,
    /// The largest difference of any channel.
    pub channel: Option<ChannelDifference>,
    /// The mean time of the decisions that counted, in microseconds.
    pub took_us: f64,
    /// That of the candidate's.
    pub candidate_took_us: f64,
    /// What the candidate retreated from, each once; the first eight.
    pub retreats: Vec<String>,
}

/// What a comparison needs of a decision that counted.
pub(super) struct Counted {
    id: String,
    tokens: Vec<u32>,
    channels: Vec<ChannelRecord>,
    reasons: Vec<String>,
    took: Duration,
}

impl Counted {
    pub(super) fn of(decision: &Decision, took: Duration) -> Counted {
        Counted {
            id: decision.id.clone(),
            tokens: decision.flat_tokens(),
            channels: decision.channels.clone(),
            reasons: decision.reasons.clone(),
            took,
        }
    }

    /// It beside what a candidate came to.
    pub(super) fn beside(&self, candidate: Result<&Decision, String>, took: Duration) -> Difference {
        let mut difference = Difference {
            decision: self.id.clone(),
            candidate: None,
            tokens: 0.0,
            channel: None,
            unmatched: Vec::new(),
            took_us: micros(self.took),
            candidate_took_us: micros(took),
            retreats: Vec::new(),
        };
        match candidate {
            Err(reason) => difference.retreats.push(reason),
            Ok(candidate) => {
                difference.candidate = Some(candidate.id.clone());
                difference.tokens = total_variation(&self.tokens, &candidate.flat_tokens());
                difference.channel = furthest(&self.channels, &candidate.channels);
                difference.unmatched = unmatched(&self.channels, &candidate.channels);
                difference.retreats = new_reasons(&self.reasons, &candidate.reasons);
            }
        }
        difference
    }
}

impl Summary {
    /// Adds a difference.
    pub(super) fn add(&mut self, difference: &Difference) {
        self.compared += 1;
        let n = self.compared as f64;
        self.took_us += (difference.took_us as f64 - self.took_us) / n;
        self.candidate_took_us += (difference.candidate_took_us as f64 - self.candidate_took_us) / n;
        self.failed += u64::from(!difference.retreats.is_empty());
        for retreat in &difference.retreats {
            let known = self.retreats.iter().any(|known| shape(known) == shape(retreat));
            if !known && self.retreats.len() < QUOTED {
                self.retreats.push(retreat.clone());
            }
        }
        self.same += u64::from(difference.candidate.is_some() && difference.tokens == 0.0);
        self.tokens_mean += (difference.tokens - self.tokens_mean) / n;
        self.tokens_most = self.tokens_most.max(difference.tokens);
        let most = |channel: &Option<ChannelDifference>| channel.as_ref().map_or(0.0, |c| c.most);
        if most(&difference.channel) > most(&self.channel) {
            self.channel.clone_from(&difference.channel);
        }
    }

    /// Why a candidate that was seen so should not be promoted yet.
    #[must_use]
    pub fn doubt(&self) -> Option<String> {
        if self.compared == 0 {
            return Some("it was compared with no decision of the version in use".into());
        }
        let first = self.retreats.first()?;
        Some(format!("it retreated in {} of {} decisions: {first}", self.failed, self.compared))
    }
}

/// The share of tokens that lie elsewhere, of what each has in all.
fn total_variation(one: &[u32], other: &[u32]) -> f64 {
    let total = |tokens: &[u32]| tokens.iter().map(|&t| u64::from(t)).sum::<u64>().max(1) as f64;
    let (in_one, in_other) = (total(one), total(other));
    let apart = |(&a, &b): (&u32, &u32)| (f64::from(a) / in_one - f64::from(b) / in_other).abs();
    0.5 * one.iter().zip(other).map(apart).sum::<f64>()
}

fn is_same(one: &ChannelRecord, other: &ChannelRecord) -> bool {
    one.plugin == other.plugin && one.name == other.name
}

fn furthest(one: &[ChannelRecord], other: &[ChannelRecord]) -> Option<ChannelDifference> {
    let pairs = one.iter().filter_map(|a| Some((a, other.iter().find(|b| is_same(a, b))?)));
    let apart = pairs.map(|(a, b)| {
        let most = a.values.iter().zip(&b.values).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
        ChannelDifference { plugin: a.plugin.clone(), name: a.name.clone(), most }
    });
    apart.filter(|apart| apart.most > 0.0).max_by(|a, b| a.most.total_cmp(&b.most))
}

fn unmatched(one: &[ChannelRecord], other: &[ChannelRecord]) -> Vec<String> {
    let alone = |channel: &&ChannelRecord, beside: &[ChannelRecord]| {
        beside.iter().all(|other| !is_same(channel, other))
    };
    let gone = one.iter().filter(|channel| alone(channel, other));
    let new = other.iter().filter(|channel| alone(channel, one));
    gone.chain(new).map(|channel| format!("{}.{}", channel.plugin, channel.name)).collect()
}

/// The reasons of the second that the first does not have.
fn new_reasons(one: &[String], other: &[String]) -> Vec<String> {
    let known: BTreeSet<String> = one.iter().map(|reason| shape(reason)).collect();
    other.iter().filter(|reason| !known.contains(&shape(reason))).cloned().collect()
}

/// A reason without its numbers: how late something was is another each time.
fn shape(reason: &str) -> String {
    let mut shape = String::with_capacity(reason.len());
    for c in reason.chars() {
        match c {
            '0'..='9' if shape.ends_with('0') => {}
            '0'..='9' => shape.push('0'),
            other => shape.push(other),
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(name: &str, values: &[f64]) -> ChannelRecord {
        let way = arrcoc_decide::Way::Participatory;
        ChannelRecord { plugin: "s".into(), name: name.into(), way, theta: 1.0, values: values.into() }
    }

    #[test]
    fn the_share_of_tokens_that_lie_elsewhere_is_between_none_and_all() {
        assert_eq!(total_variation(&[1, 2, 3], &[1, 2, 3]), 0.0);
        assert_eq!(total_variation(&[4, 0], &[0, 4]), 1.0);
        assert_eq!(total_variation(&[3, 1], &[1, 3]), 0.5);
        // Twice as many in all, in the same places.
        assert_eq!(total_variation(&[1, 3], &[2, 6]), 0.0);
        assert_eq!(total_variation(&[0, 0], &[0, 0]), 0.0);
    }

    #[test]
    fn channels_are_paired_by_name_and_the_rest_is_told() {
        let one = [channel("a", &[0.1, 0.5]), channel("b", &[0.0, 0.0]), channel("gone", &[0.5])];
        let other = [channel("b", &[0.0, 0.75]), channel("a", &[0.1, 0.25]), channel("new", &[0.5])];
        let most = furthest(&one, &other).unwrap();
        assert_eq!((most.name.as_str(), most.most), ("b", 0.75));
        assert_eq!(unmatched(&one, &other), ["s.gone", "s.new"]);
        assert_eq!(furthest(&one, &one), None);
    }

    #[test]
    fn a_reason_that_differs_in_its_numbers_is_no_news() {
        let text = |text: &str| vec![text.to_owned()];
        let one = text("scorer `a` did not run: it would take about 812 ms, and 19.2 ms were left");
        let other = text("scorer `a` did not run: it would take about 7 ms, and 3.1 ms were left");
        assert_eq!(new_reasons(&one, &other), [""; 0]);
        assert_eq!(new_reasons(&one, &text("scorer `b` failed")), ["scorer `b` failed"]);
    }

    #[test]
    fn a_candidate_that_was_not_seen_or_retreated_is_in_doubt() {
        let mut summary = Summary::default();
        assert!(summary.doubt().unwrap().contains("no decision"));
        let mut difference = Difference {
            decision: "d".into(),
            candidate: Some("c".into()),
            tokens: 0.5,
            channel: None,
            unmatched: Vec::new(),
            took_us: 10,
            candidate_took_us: 30,
            retreats: Vec::new(),
        };
        summary.add(&difference);
        assert_eq!(summary.doubt(), None);
        difference.retreats = vec!["it crashed (signal 11)".into()];
        difference.tokens = 0.0;
        summary.add(&difference);
        summary.add(&difference);
        assert_eq!((summary.compared, summary.same, summary.failed), (3, 2, 2));
        assert_eq!((summary.tokens_most, summary.candidate_took_us), (0.5, 30.0));
        assert_eq!(summary.retreats.len(), 1);
        assert!(summary.doubt().unwrap().contains("in 2 of 3 decisions: it crashed"), "{summary:?}");
    }
}
