//! What would have to change for a patch to reach a number of tokens, found by trying.
//!
//! Each kind of change is tried alone, by the code that decides: rules for the patch, the total, the bounds, each
//! tension at each of its values, each way and each plugin taken out, each of the patch's scores. Of a change that
//! has a size the smallest is sought that is enough: by halving, so that a change whose effect goes up and down may
//! have a smaller one yet; that what is found is enough is always so, because it was tried.

use std::fmt::Write as _;

use arrcoc_decide::{Bounds, Held, Override, POLES, Rule, Total, Way};

use super::{Bend, Change, WhatIf, Without, scorers};
use crate::{decision::TotalRecord, error::Error};

/// What was found for one patch.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Reach {
    /// Row and column of the patch.
    pub patch: (u32, u32),
    /// Tokens that it has.
    pub tokens: u32,
    /// Tokens that it is to have.
    pub target: u32,
    /// What was tried, in the order in which it was.
    pub tried: Vec<Found>,
}

/// A kind of change that was tried.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Found {
    /// The change, as far as it had to go or could.
    pub change: String,
    /// Tokens that the patch has with it; `None` where nothing can be shared so.
    pub tokens: Option<u32>,
    /// Why it cannot be, where it cannot.
    pub why_not: Option<String>,
}

impl Found {
    /// Whether the change is enough.
    #[must_use]
    pub fn reaches(&self, target: u32) -> bool {
        self.tokens.is_some_and(|tokens| tokens >= target)
    }
}

/// Halvings of a change of a continuous size: to a millionth of it.
const HALVINGS: usize = 20;

/// Values at which a tension is tried, poles included.
const STEPS: u32 = 16;

/// What is tried for one patch.
struct Search<'w, 'a> {
    what_if: &'w WhatIf<'a>,
    patch: usize,
    target: u32,
}

/// A tension held at a value.
type Holds = fn(f64) -> Held;

/// What a trial came to: the tokens of the patch, or why nothing could be shared.
type Trial = Result<u32, Error>;

impl WhatIf<'_> {
    /// Seeks what would be enough for a patch to have as many tokens, beyond what is changed already.
    ///
    /// # Errors
    /// When the grid has no such patch, the patch has as many already, or nothing can be decided.
    pub fn reach(&self, row: u32, col: u32, target: u32) -> Result<Reach, Error> {
        let grid = self.basis.request.grid;
        if row >= grid.rows || col >= grid.cols {
            return Err(Error::new(
                format!("there is no patch {row},{col} in a grid of {grid}"),
                format!("rows go from 0 to {}, columns from 0 to {}", grid.rows - 1, grid.cols - 1),
            ));
        }
        let search = Search { what_if: self, patch: grid.index(row, col), target };
        let tokens = search.tokens(&self.basis.change, None)?;
        if tokens >= target {
            return Err(Error::new(
                format!("patch {row},{col} has {tokens} tokens already"),
                "ask for more than it has",
            ));
        }
        let mut tried = search.rule();
        tried.extend(search.total());
        tried.extend(search.bounds());
        tried.extend(search.tensions());
        tried.extend(search.taken_out());
        tried.extend(search.autonomy());
        tried.extend(search.scores());
        Ok(Reach { patch: (row, col), tokens, target, tried })
    }
}

impl Search<'_, '_> {
    fn base(&self) -> &Change {
        &self.what_if.basis.change
    }

    fn tokens(&self, change: &Change, bend: Option<Bend>) -> Trial {
        let shared = self.what_if.share(change, bend)?;
        Ok(shared.outcome.allocation.tokens()[self.patch])
    }

    fn with(&self, change: impl FnOnce(&mut Change)) -> Trial {
        let mut changed = self.base().clone();
        change(&mut changed);
        self.tokens(&changed, None)
    }

    fn found(change: String, trial: Trial) -> Found {
        match trial {
            Ok(tokens) => Found { change, tokens: Some(tokens), why_not: None },
            Err(e) => Found { change, tokens: None, why_not: Some(e.message) },
        }
    }

    fn position(&self) -> String {
        let cols = self.what_if.basis.request.grid.cols as usize;
        format!("{},{}", self.patch / cols, self.patch % cols)
    }

    /// A rule for the patch itself.
    fn rule(&self) -> Vec<Found> {
        let (patch, target) = (self.patch, self.target);
        let trial = self.with(|c| {
            c.overrides.retain(|o| o.patch != patch);
            c.overrides.push(Override { patch, rule: Rule::Pin(target) });
        });
        vec![Self::found(format!("--pin {}={target}", self.position()), trial)]
    }

    /// More tokens for all.
    fn total(&self) -> Vec<Found> {
        let Ok(shared) = self.what_if.share(self.base(), None) else { return Vec::new() };
        let now = shared.outcome.requested;
        let policy = shared.terms.policy().clone();
        let most = policy.overrides.len() as u64 * u64::from(self.target)
            + u64::from(policy.bounds.max()) * self.what_if.basis.request.grid.patches() as u64;
        // The most that the policy allows is found from below: more is refused.
        let at = |total: u64| self.with(|c| c.total = Some(Total::Exact(total)));
        let possible = largest(now, most, |total| at(total).is_ok());
        let change = |total: u64| format!("--budget {total} ({now} now)");
        let enough = |total: u64| at(total).is_ok_and(|tokens| tokens >= self.target);
        if possible <= now {
            return Vec::new();
        }
        let total = if enough(possible) { smallest(now, possible, enough) } else { possible };
        vec![Self::found(change(total), at(total))]
    }

    /// Bounds that leave the patch room, and bounds that leave it more of the others' tokens.
    fn bounds(&self) -> Vec<Found> {
        let Ok(policy) = self.base().policy(&self.what_if.basis.decision.policy) else { return Vec::new() };
        let (min, max) = (policy.bounds.min(), policy.bounds.max());
        let at = |min: u32, max: u32| -> Trial {
            let bounds = Bounds::new(min, max)?;
            self.with(|c| c.bounds = Some(bounds))
        };
        let enough = |max: u32, min: u32| at(min, max).is_ok_and(|tokens| tokens >= self.target);
        let change = |min: u32, max: u32| {
            format!("--bounds {min}..{max} (now {}..{})", policy.bounds.min(), policy.bounds.max())
        };
        let mut found = Vec::new();
        // More than twice of what is wanted is no longer a bound for one patch.
        let widest = self.target.max(max).saturating_mul(2);
        if max < self.target || !enough(max, 0) {
            let upper = if enough(widest, min) {
                smallest(u64::from(max), u64::from(widest), |max| enough(max as u32, min)) as u32
            } else {
                widest
            };
            found.push(Self::found(change(min, upper), at(min, upper)));
        }
        if min > 0 && max >= self.target {
            let lower = if enough(max, 0) {
                min - smallest(0, u64::from(min), |less| enough(max, min - less as u32)) as u32
            } else {
                0
            };
            found.push(Self::found(change(lower, max), at(lower, max)));
        }
        found
    }

    /// Each tension, at the value nearest to its own that is enough; else at the value that brings most.
    fn tensions(&self) -> Vec<Found> {
        let Ok(shared) = self.what_if.share(self.base(), None) else { return Vec::new() };
        let now = shared.outcome.tensions;
        let ranged = matches!(self.what_if.basis.decision.policy.total, TotalRecord::Range(_))
            || matches!(self.base().total, Some(Total::Range { .. }));
        // Without a question the first has nothing to balance, and without a range to choose from the third.
        let kinds: [(bool, &str, f64, Holds); 3] = [
            (shared.maps.q.is_some(), "exploit-explore", now.exploit_explore, |x| Held {
                exploit_explore: Some(x),
                ..Held::default()
            }),
            (true, "focus-diversify", now.focus_diversify, |x| Held {
                focus_diversify: Some(x),
                ..Held::default()
            }),
            (ranged, "compress-particularize", now.compress_particularize, |x| Held {
                compress_particularize: Some(x),
                ..Held::default()
            }),
        ];
        let mut found = Vec::new();
        for (_, name, own, held) in kinds.into_iter().filter(|kind| kind.0) {
            let mut values: Vec<f64> = (0..=STEPS)
                .map(|step| POLES.0 + (POLES.1 - POLES.0) * f64::from(step) / f64::from(STEPS))
                .map(|value| (value * 100.0).round() / 100.0)
                .collect();
            values.sort_by(|a, b| (a - own).abs().total_cmp(&(b - own).abs()));
            let mut best: Option<Found> = None;
            for value in values {
                let trial = self.with(|c| c.held = held(value).over(c.held));
                let this = Self::found(format!("--hold {name}={value:.2} ({own:.2} now)"), trial);
                if best.as_ref().is_none_or(|best| this.tokens > best.tokens) {
                    best = Some(this.clone());
                }
                if this.reaches(self.target) {
                    break;
                }
            }
            found.extend(best);
        }
        found
    }

    /// Each way taken out, and each plugin that is not the only one of its ways.
    fn taken_out(&self) -> Vec<Found> {
        let Ok(shared) = self.what_if.share(self.base(), None) else { return Vec::new() };
        let channels = &shared.channels;
        let mut found = Vec::new();
        for way in Way::ALL {
            let without = Without::Way(way);
            if shared.maps.of(way).is_some() {
                found.push(Self::found(format!("--without {way}"), self.with(|c| c.without.push(without))));
            }
        }
        let decision = &self.what_if.basis.decision;
        for plugin in scorers(decision).filter(|plugin| channels.iter().any(|c| c.plugin == plugin.part)) {
            let mine = |c: &&arrcoc_decide::Channel| c.plugin == plugin.part;
            let ways: Vec<Way> = channels.iter().filter(mine).map(|c| c.way).collect();
            if channels.iter().all(|c| mine(&c) || !ways.contains(&c.way))
                && ways.windows(2).all(|w| w[0] == w[1])
            {
                // The same as its way.
                continue;
            }
            found.push(Self::found(
                format!("--without plugin:{}", plugin.part),
                self.without_plugin(&plugin.part),
            ));
        }
        found
    }

    fn without_plugin(&self, id: &str) -> Trial {
        let shared = self.what_if.share_without(self.base(), id)?;
        Ok(shared.outcome.allocation.tokens()[self.patch])
    }

    fn autonomy(&self) -> Vec<Found> {
        let now = self.base().autonomy.unwrap_or(self.what_if.basis.decision.autonomy);
        if now >= 1.0 {
            return Vec::new();
        }
        let trial = self.with(|c| c.autonomy = Some(1.0));
        vec![Self::found(format!("--autonomy 1 ({now} now)"), trial)]
    }

    /// Each score of the patch, raised as little as is enough. Nobody can set a score; it says how far the scorers
    /// were from giving the patch its tokens.
    fn scores(&self) -> Vec<Found> {
        let Ok(shared) = self.what_if.share(self.base(), None) else { return Vec::new() };
        let mut found = Vec::new();
        let names = [
            (Way::Propositional, "what is there"),
            (Way::Perspectival, "what stands out"),
            (Way::Participatory, "what is asked for"),
        ];
        for (way, name) in names {
            let Some(now) = shared.maps.of(way).map(|map| map[self.patch]) else { continue };
            let at = |value: f64| self.tokens(self.base(), Some(Bend { way, patch: self.patch, value }));
            let enough = |value: f64| at(value).is_ok_and(|tokens| tokens >= self.target);
            let (mut low, mut high) = (now, 1.0);
            if enough(high) {
                for _ in 0..HALVINGS {
                    let middle = f64::midpoint(low, high);
                    if enough(middle) { high = middle } else { low = middle }
                }
            }
            found.push(Self::found(format!("{name} scored {high:.3} here ({now:.3} now)"), at(high)));
        }
        found
    }
}

/// The smallest number above `from`, up to `to`, that is enough; `to` is.
fn smallest(from: u64, to: u64, enough: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (from, to);
    while high - low > 1 {
        let middle = u64::midpoint(low, high);
        if enough(middle) { high = middle } else { low = middle }
    }
    high
}

/// The largest number from `from`, which is possible, up to `to`.
fn largest(from: u64, to: u64, possible: impl Fn(u64) -> bool) -> u64 {
    if possible(to) {
        return to;
    }
    let (mut low, mut high) = (from, to);
    while high.saturating_sub(low) > 1 {
        let middle = u64::midpoint(low, high);
        if possible(middle) { low = middle } else { high = middle }
    }
    low
}

impl std::fmt::Display for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Reach { patch: (row, col), tokens, target, tried } = self;
        let mut out = format!("patch {row},{col} has {tokens} tokens");
        let (enough, others): (Vec<&Found>, Vec<&Found>) = tried.iter().partition(|f| f.reaches(*target));
        if enough.is_empty() {
            let _ = writeln!(out, "; no single change that was tried brings it to {target}");
        } else {
            let _ = writeln!(out, "; with any one of these it has {target} or more");
        }
        let line = |out: &mut String, found: &Found| {
            let tokens = found.tokens.map_or_else(|| "–".to_owned(), |tokens| tokens.to_string());
            let why = found.why_not.as_ref().map(|why| format!("  {why}")).unwrap_or_default();
            let _ = writeln!(out, "  {:<50} {tokens:>6}{why}", found.change);
        };
        enough.iter().for_each(|found| line(&mut out, found));
        if !others.is_empty() && !enough.is_empty() {
            out.push_str("these alone would not do, as far as they go\n");
        }
        others.iter().for_each(|found| line(&mut out, found));
        f.write_str(&out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_and_the_largest_are_found() {
        for wanted in [1, 2, 57, 99, 100] {
            assert_eq!(smallest(0, 100, |n| n >= wanted), wanted);
            assert_eq!(largest(0, 100, |n| n <= wanted), wanted);
        }
        assert_eq!(largest(0, 100, |n| n == 0), 0);
    }
}
