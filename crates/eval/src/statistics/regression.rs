//! Is this run worse than the one before it?
//!
//! Two runs of a suite are compared item by item. An engine that was not
//! changed gives the same values to the last bit, and that is a verdict of its
//! own, [`Outcome::Same`], which needs no statistics. Where values differ, the
//! difference must be more than chance: someone will be told that they broke
//! something, for hundreds of findings in every run. So the level is 1 % for all
//! findings of a run together, not for each.
//!
//! The p values are of sign flips over the items that differ: items that do not
//! add nothing to any sum. Of findings that cannot reach the level whatever the
//! signs are, because too few items differ, none can be a false alarm; they take
//! no part in Holm's correction, and so do not make it harder for the rest
//! (Tarone 1990, "A modified Bonferroni method for discrete data"). What differs
//! and is not significant is [`Outcome::Unclear`]: seen, and not judged.

use std::collections::BTreeMap;

use super::{Interval, bias_corrected, holm, least_p, sign_flip_p, weighted_mean};

/// The chance of even one false alarm among all findings of a run.
pub(crate) const LEVEL: f64 = 0.01;

/// What changed in one finding, and how sure that is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    /// The weighted mean of now less baseline, over the items of both.
    pub(crate) difference: f64,
    /// Its 95 % interval over items; none where there are too few.
    pub(crate) interval: Option<Interval>,
    /// Two-sided p against no change; 1 where nothing differs.
    pub(crate) p: f64,
    /// Items of both runs.
    pub(crate) n: usize,
    /// Items of both runs whose values differ.
    pub(crate) changed: usize,
    /// Items of only one run, or that count for something else now, or whose value is not a number in one of them.
    pub(crate) unpaired: usize,
}

/// What a change means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Every value is the same, to the last bit.
    Same,
    Better,
    Worse,
    /// Values differ, by no more than chance would explain at [`LEVEL`].
    Unclear,
}

/// A change and what it means among all changes of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) change: Change,
    /// p after Holm's correction; none where the finding takes no part in it.
    pub(crate) holm: Option<f64>,
    pub(crate) outcome: Outcome,
}

/// Compares two runs of one finding, given as the key of an item, a value and a weight. Rows with one key are one
/// item: with the page as key, its questions stay together. The order of rows does not matter. None where no item
/// is in both.
pub(crate) fn change<K: Ord + Clone>(baseline: &[(K, f64, f64)], now: &[(K, f64, f64)]) -> Option<Change> {
    let (before, after) = (items(baseline), items(now));
    // The value of a pair is its difference.
    let paired: Vec<(f64, f64)> = before
        .iter()
        .filter_map(|(key, (old, old_weight))| {
            let (new, weight) = after.get(key).copied()?;
            let difference = if new.to_bits() == old.to_bits() { 0.0 } else { new - old };
            (weight == *old_weight && difference.is_finite()).then_some((difference, weight))
        })
        .collect();
    if paired.is_empty() {
        return None;
    }
    let moved: Vec<f64> = paired.iter().map(|d| d.0 * d.1).filter(|d| *d != 0.0).collect();
    let mean = |drawn: &[usize]| weighted_mean(&drawn.iter().map(|&i| paired[i]).collect::<Vec<_>>());
    Some(Change {
        difference: weighted_mean(&paired),
        interval: bias_corrected(paired.len(), mean),
        p: sign_flip_p(&moved),
        n: paired.len(),
        changed: paired.iter().filter(|d| d.0 != 0.0).count(),
        unpaired: before.len() + after.len() - 2 * paired.len(),
    })
}

/// The weighted mean and the weight of each item.
fn items<K: Ord + Clone>(rows: &[(K, f64, f64)]) -> BTreeMap<K, (f64, f64)> {
    let mut items: BTreeMap<K, Vec<(f64, f64)>> = BTreeMap::new();
    for (key, value, weight) in rows {
        items.entry(key.clone()).or_default().push((*value, *weight));
    }
    let one = |mut rows: Vec<(f64, f64)>| {
        if let [row] = rows[..] {
            return row;
        }
        // Sums of the same numbers in another order differ in the last bits.
        rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        (weighted_mean(&rows), rows.iter().map(|row| row.1).sum())
    };
    items.into_iter().map(|(key, rows)| (key, one(rows))).collect()
}

/// The verdicts on all findings that are compared, each with whether a higher value of it is better, in the given
/// order. The chance of a false [`Outcome::Better`] or [`Outcome::Worse`] among all of them is at most [`LEVEL`].
pub(crate) fn regressions(changes: Vec<(Change, bool)>) -> Vec<Verdict> {
    let takes_part = |change: &Change| least_p(change.changed) <= LEVEL;
    let ps: Vec<f64> = changes.iter().filter(|(change, _)| takes_part(change)).map(|(c, _)| c.p).collect();
    let mut corrected = holm(&ps).into_iter();
    let verdict = |(change, higher_is_better): (Change, bool)| {
        let holm = if takes_part(&change) { corrected.next() } else { None };
        let outcome = if change.changed == 0 {
            Outcome::Same
        } else if holm.is_none_or(|p| p > LEVEL) {
            Outcome::Unclear
        } else if (change.difference > 0.0) == higher_is_better {
            Outcome::Better
        } else {
            Outcome::Worse
        };
        Verdict { change, holm, outcome }
    };
    changes.into_iter().map(verdict).collect()
}

#[cfg(test)]
mod tests {
    use arrcoc_datasets::Random;

    use super::*;

    /// The verdict on a finding that is compared alone.
    fn regression<K: Ord + Clone>(
        baseline: &[(K, f64, f64)],
        now: &[(K, f64, f64)],
        higher_is_better: bool,
    ) -> Option<Verdict> {
        regressions(vec![(change(baseline, now)?, higher_is_better)]).pop()
    }

    fn run(values: &[f64]) -> Vec<(usize, f64, f64)> {
        values.iter().enumerate().map(|(item, &value)| (item, value, 1.0)).collect()
    }

    #[test]
    fn equal_values_are_the_same_in_any_order() {
        let before =
            [("a", 0.1, 3.0), ("a", 0.7, 2.0), ("a", 0.3, 1.0), ("b", f64::NAN, 1.0), ("c", 0.2, 1.0)];
        let mut after = before;
        after.reverse();
        let verdict = regression(&before, &after, true).unwrap();
        assert_eq!(verdict.outcome, Outcome::Same);
        assert_eq!((verdict.change.p, verdict.change.n, verdict.change.difference), (1.0, 3, 0.0));
    }

    #[test]
    fn one_bit_is_not_the_same() {
        let verdict = regression(&run(&[0.1 + 0.2, 1.0]), &run(&[0.3, 1.0]), true).unwrap();
        assert_eq!((verdict.outcome, verdict.change.changed), (Outcome::Unclear, 1));
    }

    /// Eight of eight items lower: p = 2/256 = 0.0078.
    #[test]
    fn direction_decides_what_worse_is() {
        let (before, after) = (run(&[0.9; 8]), run(&[0.8, 0.7, 0.8, 0.6, 0.8, 0.7, 0.8, 0.8]));
        for (higher_is_better, expected) in [(true, Outcome::Worse), (false, Outcome::Better)] {
            let verdict = regression(&before, &after, higher_is_better).unwrap();
            assert_eq!(verdict.outcome, expected);
            assert_eq!(verdict.holm, Some(2.0 / 256.0));
            assert!((verdict.change.difference + 0.15).abs() < 1e-12);
        }
        // Of seven, nothing can reach 1 %.
        let few = regression(&before[..7], &after[..7], true).unwrap();
        assert_eq!((few.outcome, few.holm), (Outcome::Unclear, None));
    }

    #[test]
    fn items_that_have_no_twin_are_counted_and_left_out() {
        let before = [(1, 0.5, 1.0), (2, 0.5, 4.0), (3, 0.5, 1.0), (4, f64::NAN, 1.0)];
        let after = [(1, 0.5, 1.0), (2, 0.5, 5.0), (4, 0.5, 1.0), (9, 0.5, 1.0)];
        let found = change(&before, &after).unwrap();
        // 2 counts for something else, 3 is gone, 4 has no number, 9 is new: six items without a twin.
        assert_eq!((found.n, found.unpaired), (1, 6));
        assert_eq!(change(&before[2..3], &after[3..]), None);
    }

    #[test]
    fn what_is_the_same_does_not_make_the_rest_harder() {
        let same = change(&run(&[0.5; 8]), &run(&[0.5; 8])).unwrap();
        let worse = change(&run(&[0.9; 8]), &run(&[0.8; 8])).unwrap();
        let mut changes = vec![(same, true); 300];
        changes.push((worse, true));
        let verdicts = regressions(changes);
        assert_eq!(verdicts[300].outcome, Outcome::Worse);
        assert!(verdicts[..300].iter().all(|v| v.outcome == Outcome::Same && v.holm.is_none()));
    }

    /// Changes of `n` findings over ten pages, drawn anew in both runs; the first falls by `fall` standard
    /// deviations.
    fn findings(random: &mut Random, n: usize, fall: f64) -> Vec<(Change, bool)> {
        let mut finding = |fall: f64| {
            let moved: Vec<f64> =
                (0..10).map(|_| f64::from(random.normal()) - f64::from(random.normal()) - fall).collect();
            let difference = moved.iter().sum::<f64>() / 10.0;
            // The interval plays no part in the outcome, and would take most of the time.
            let p = sign_flip_p(&moved);
            (Change { difference, interval: None, p, n: 10, changed: 10, unpaired: 0 }, true)
        };
        (0..n).map(|i| finding(if i == 0 { fall } else { 0.0 })).collect()
    }

    fn alarm(verdict: &Verdict) -> bool {
        matches!(verdict.outcome, Outcome::Better | Outcome::Worse)
    }

    /// With ten pages the least p is 2/1024, which five findings turn into 0.0098: an alarm needs the same sign on
    /// all pages, and has a chance of 1 − (1 − 2/1024)⁵, which is 0.0097.
    #[test]
    fn false_alarms_are_at_most_one_run_in_a_hundred() {
        let mut random = Random::new(41);
        let runs = (0..1000).filter(|_| regressions(findings(&mut random, 5, 0.0)).iter().any(alarm));
        let alarms = runs.count();
        // 10 expected at most, and 0.01 · 0.99 · 1000 has a standard deviation of 3.
        assert!((1..=18).contains(&alarms), "{alarms} of 1000");
    }

    #[test]
    fn a_planted_fall_is_found_and_the_rest_is_not() {
        let mut random = Random::new(42);
        let (mut found, mut beside) = (0, 0);
        for _ in 0..200 {
            let verdicts = regressions(findings(&mut random, 5, 4.5));
            found += usize::from(verdicts[0].outcome == Outcome::Worse);
            beside += usize::from(verdicts[1..].iter().any(alarm));
        }
        assert!(found >= 190, "{found} of 200");
        assert!(beside <= 6, "{beside} of 200");
    }
}
