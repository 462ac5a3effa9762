//! Do other questions move more than other words for the same question?
//!
//! A method that answers every question alike is as steady as can be, and
//! useless. One that follows every word is neither. What counts is how far the
//! first kind of movement exceeds the second; the ratio alone would hide whether
//! anything moves at all, so both stand beside it.

/// How far movement between questions exceeds that between paraphrases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Discrimination {
    /// From 0; 1 where a paraphrase moves as much as another question. Higher is better.
    pub(crate) ratio: f64,
    /// The mean share of tokens that another question moves, 0 to 1.
    pub(crate) distinct: f64,
    /// The mean share of tokens that a paraphrase moves, 0 to 1.
    pub(crate) paraphrases: f64,
}

/// The ratio of mean total variations: that of pairs of distinct questions on an item, over that of pairs of
/// paraphrases or 1/total, whichever is greater. One token that moves changes the total variation by 1/total, so
/// nothing less can be told from no movement.
///
/// None where there is no pair of one kind, or no token.
pub(crate) fn discrimination(distinct: &[f64], paraphrases: &[f64], total: u64) -> Option<Discrimination> {
    if distinct.is_empty() || paraphrases.is_empty() || total == 0 {
        return None;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (distinct, paraphrases) = (mean(distinct), mean(paraphrases));
    Some(Discrimination { ratio: distinct / paraphrases.max(1.0 / total as f64), distinct, paraphrases })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::total_variation;

    #[test]
    fn by_hand() {
        // Of 20 tokens: other questions move 10 and 6, a paraphrase 2.
        let first = [10, 10, 0];
        let distinct = [total_variation(&first, &[0, 10, 10]), total_variation(&first, &[4, 10, 6])];
        assert_eq!(distinct, [0.5, 0.3]);
        let paraphrases = [total_variation(&first, &[8, 12, 0])];
        let found = discrimination(&distinct, &paraphrases, 20).unwrap();
        assert!((found.ratio - 4.0).abs() < 1e-12, "{found:?}");
        assert_eq!((found.distinct, found.paraphrases), (0.4, 0.1));
    }

    #[test]
    fn perfect_steadiness_counts_as_one_token() {
        let found = discrimination(&[0.5], &[0.0], 100).unwrap();
        assert_eq!((found.ratio, found.paraphrases), (50.0, 0.0));
        // One token from the first patch to the second.
        assert_eq!(total_variation(&[50, 50], &[49, 51]), 1.0 / 100.0);
        // Nothing moves for anything: no discrimination.
        assert_eq!(discrimination(&[0.0], &[0.0], 100).unwrap().ratio, 0.0);
    }

    #[test]
    fn nothing_to_compare() {
        assert_eq!(discrimination(&[], &[0.1], 100), None);
        assert_eq!(discrimination(&[0.1], &[], 100), None);
        assert_eq!(discrimination(&[0.1], &[0.1], 0), None);
    }
}
