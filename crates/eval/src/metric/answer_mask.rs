//! Do the tokens lie where the answer is?
//!
//! Every patch gets the least number of tokens whatever it holds, so what a
//! method chose is the *surplus* above that. Against it stands a mask: the
//! patches on which an answer lies. Four questions, because one number can be
//! had cheaply: the lift sees how much surplus lies on the answer, NSS how far
//! it stands out there, AUC only in which order the patches come, and recall
//! whether the answer is among the first.
//!
//! All but recall are none where the mask is empty or full: then nothing can be
//! told apart.

use arrcoc_decide::{confidence::fit::auroc, fit::score::Scored};

/// How many patches have an answer; none where all have one, or none has.
fn answers(answer: &[u8]) -> Option<usize> {
    let patches = answer.iter().filter(|a| **a != 0).count();
    (patches != 0 && patches != answer.len()).then_some(patches)
}

fn surplus(tokens: u32, least: u32) -> u64 {
    u64::from(tokens.saturating_sub(least))
}

/// Energy in the mask against chance: the share of the surplus that lies on patches with an answer, over the share of
/// such patches. From 0 to the inverse of that share; 1 is what chance gives, and higher is better.
///
/// None where there is no surplus, or where every patch has an answer or none has.
pub(crate) fn lift(tokens: &[u32], least: u32, answer: &[u8]) -> Option<f64> {
    let patches = answers(answer)?;
    let all: u64 = tokens.iter().map(|&t| surplus(t, least)).sum();
    let on: u64 = tokens.iter().zip(answer).filter(|(_, a)| **a != 0).map(|(&t, _)| surplus(t, least)).sum();
    if all == 0 {
        return None;
    }
    Some((on as f64 / all as f64) / (patches as f64 / answer.len() as f64))
}

/// Normalised scanpath saliency (Peters, Iyer, Itti and Koch 2005, "Components of bottom-up gaze allocation in
/// natural images"; Bylinskii et al. 2019, "What do different evaluation metrics tell us about saliency models?"):
/// the mean over patches with an answer of the surplus, less its mean, in units of its standard deviation. 0 is
/// what chance gives, and higher is better; where a share `s` of the patches has an answer, it lies within
/// ±√((1 − s)/s).
///
/// The standard deviation is that of all patches, divided by N. Code that divides by N − 1 gives √((N − 1)/N) of
/// this. It is (lift − 1) · mean / standard deviation.
///
/// None where all patches have the same surplus, or where every patch has an answer or none has.
pub(crate) fn nss(tokens: &[u32], least: u32, answer: &[u8]) -> Option<f64> {
    let patches = answers(answer)?;
    let values: Vec<f64> = tokens.iter().map(|&t| surplus(t, least) as f64).collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
    if variance == 0.0 {
        return None;
    }
    let on: f64 = values.iter().zip(answer).filter(|(_, a)| **a != 0).map(|(v, _)| v - mean).sum();
    Some(on / patches as f64 / variance.sqrt())
}

/// The area under the curve of true against false positives when every number of tokens is a threshold in turn,
/// with the patches with an answer as positives and all others as negatives (Judd, Ehinger, Durand and Torralba
/// 2009). From 0 to 1; 0.5 is what chance gives, and higher is better.
///
/// It is computed as the chance that a patch with an answer has more tokens than one without, half where they have
/// the same (Mann and Whitney 1947; that both are the same area is shown by Hanley and McNeil 1982). Published code
/// takes as thresholds only the values at positives, and joins them with straight lines, which adds up to
/// 1/(2 · positives); and it breaks ties by a little noise, which gives the same on average. Allocations have many ties:
/// here they are exact.
///
/// None where every patch has an answer or none has.
pub(crate) fn auc_judd(tokens: &[u32], answer: &[u8]) -> Option<f64> {
    answers(answer)?;
    // Only the order counts, so that tokens do as well as probabilities.
    let scored =
        tokens.iter().zip(answer).map(|(&t, &a)| Scored { probability: f64::from(t), holds: a != 0 });
    Some(auroc(&scored.collect::<Vec<_>>()))
}

/// The share of the patches with an answer that is among the `top` patches with most tokens. From 0 to 1, and
/// higher is better; chance gives `top` over the number of patches. With as many as there are answers, precision is
/// the same.
///
/// Where patches tie for the last places, each has an equal share of them: the expectation over all orders.
///
/// None where no patch has an answer.
pub(crate) fn recall_at(top: usize, tokens: &[u32], answer: &[u8]) -> Option<f64> {
    let patches = answer.iter().filter(|a| **a != 0).count();
    if patches == 0 {
        return None;
    }
    let mut order: Vec<(u32, bool)> = tokens.iter().zip(answer).map(|(&t, &a)| (t, a != 0)).collect();
    order.sort_unstable_by(|a, b| b.cmp(a));
    let (mut places, mut found) = (top, 0.0);
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        let on = tied.iter().filter(|patch| patch.1).count();
        let taken = places.min(tied.len());
        found += on as f64 * (taken as f64 / tied.len() as f64);
        places -= taken;
    }
    Some(found / patches as f64)
}

#[cfg(test)]
mod tests {
    use arrcoc_datasets::Random;

    use super::*;

    #[test]
    fn lift_is_one_for_chance_and_none_where_it_says_nothing() {
        assert_eq!(lift(&[2, 2, 2, 2], 1, &[1, 0, 0, 0]), Some(1.0));
        assert_eq!(lift(&[5, 1, 1, 1], 1, &[1, 0, 0, 0]), Some(4.0));
        assert_eq!(lift(&[1, 1], 1, &[1, 0]), None);
        assert_eq!(lift(&[2, 2], 1, &[1, 1]), None);
    }

    /// Surplus 0, 1, 2, 5: mean 2, variance (4 + 1 + 0 + 9)/4 = 3.5. On the last two: (0 + 3)/2 = 1.5 above the mean.
    #[test]
    fn nss_by_hand() {
        let found = nss(&[10, 11, 12, 15], 10, &[0, 0, 1, 7]).unwrap();
        assert!((found - 1.5 / 3.5f64.sqrt()).abs() < 1e-15);
        // All surplus on the one answer of four: √((1 − ¼)/¼) = √3, the most there can be.
        let most = nss(&[5, 1, 1, 1], 1, &[1, 0, 0, 0]).unwrap();
        assert!((most - 3.0f64.sqrt()).abs() < 1e-15);
        assert_eq!(nss(&[3, 3, 3], 1, &[1, 0, 0]), None);
        assert_eq!(nss(&[3, 4, 3], 1, &[1, 1, 1]), None);
        assert_eq!(nss(&[3, 4, 3], 1, &[0, 0, 0]), None);
    }

    /// Below the least, the surplus is 0, not negative.
    #[test]
    fn nss_is_the_lift_in_units_of_the_spread() {
        let mut random = Random::new(3);
        for _ in 0..200 {
            let tokens: Vec<u32> = (0..30).map(|_| random.below(9)).collect();
            let answer: Vec<u8> = (0..30).map(|_| u8::from(random.chance(0.3))).collect();
            let (Some(lift), Some(nss)) = (lift(&tokens, 2, &answer), nss(&tokens, 2, &answer)) else {
                continue;
            };
            let values: Vec<f64> = tokens.iter().map(|&t| f64::from(t.max(2) - 2)).collect();
            let mean = values.iter().sum::<f64>() / 30.0;
            let spread = (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / 30.0).sqrt();
            assert!((nss - (lift - 1.0) * mean / spread).abs() < 1e-12);
        }
    }

    /// Hanley and McNeil 1982, table I: 109 tomograms rated 1 to 5 by one reader, 58 normal and 51 abnormal.
    /// W = 0.893.
    #[test]
    fn auc_is_that_of_the_rated_tomograms() {
        let normal = [33, 6, 6, 11, 2];
        let abnormal = [3, 2, 2, 11, 33];
        let mut tokens = Vec::new();
        let mut answer = Vec::new();
        for (counts, mask) in [(normal, 0), (abnormal, 1)] {
            for (rating, count) in (1..).zip(counts) {
                tokens.extend(vec![rating; count]);
                answer.extend(vec![mask; count]);
            }
        }
        // Below each rating lie 0, 33, 39, 45, 56 normal ones:
        // 3·(0 + 16.5) + 2·(33 + 3) + 2·(39 + 3) + 11·(45 + 5.5) + 33·(56 + 1) = 2642 of 58 · 51 = 2958.
        let found = auc_judd(&tokens, &answer).unwrap();
        assert!((found - 2642.0 / 2958.0).abs() < 1e-15 && (found - 0.893).abs() < 5e-4, "{found}");
    }

    #[test]
    fn auc_at_its_ends() {
        assert_eq!(auc_judd(&[1, 2, 3, 4], &[0, 0, 1, 1]), Some(1.0));
        assert_eq!(auc_judd(&[1, 2, 3, 4], &[1, 1, 0, 0]), Some(0.0));
        assert_eq!(auc_judd(&[7; 5], &[1, 0, 0, 1, 0]), Some(0.5));
        assert_eq!(auc_judd(&[1, 2], &[1, 1]), None);
        assert_eq!(auc_judd(&[], &[]), None);
    }

    /// By thresholds at every value, and trapezes between them, as the curve is defined.
    #[test]
    fn auc_is_the_area_under_the_curve() {
        let mut random = Random::new(4);
        for _ in 0..200 {
            let tokens: Vec<u32> = (0..25).map(|_| random.below(6)).collect();
            let answer: Vec<u8> = (0..25).map(|_| u8::from(random.chance(0.4))).collect();
            let Some(found) = auc_judd(&tokens, &answer) else { continue };
            let share = |threshold: u32, mask: u8| {
                let all = answer.iter().filter(|a| **a == mask).count();
                let above = tokens.iter().zip(&answer).filter(|(t, a)| **t >= threshold && **a == mask);
                above.count() as f64 / all as f64
            };
            let curve: Vec<(f64, f64)> = (0..=6).rev().map(|t| (share(t, 0), share(t, 1))).collect();
            let area: f64 = curve.windows(2).map(|p| (p[1].0 - p[0].0) * (p[0].1 + p[1].1) / 2.0).sum();
            assert!((found - area).abs() < 1e-12, "{found} {area}");
        }
    }

    /// Without ties, thresholds at the values of positives alone, as published code has them, give a little more.
    #[test]
    fn auc_is_at_most_half_a_step_below_that_of_published_code() {
        let mut random = Random::new(5);
        for _ in 0..200 {
            let mut tokens: Vec<u32> = (0..25).collect();
            (1..25).rev().for_each(|i| tokens.swap(i, random.below(i as u32 + 1) as usize));
            let answer: Vec<u8> = (0..25).map(|_| u8::from(random.chance(0.4))).collect();
            let Some(found) = auc_judd(&tokens, &answer) else { continue };
            let of = |mask: u8| tokens.iter().zip(&answer).filter(move |(_, a)| **a == mask).map(|(t, _)| *t);
            let (mut on, off): (Vec<u32>, Vec<u32>) = (of(1).collect(), of(0).collect());
            on.sort_unstable_by(|a, b| b.cmp(a));
            let false_ones = |t: u32| off.iter().filter(|&&o| o >= t).count() as f64 / off.len() as f64;
            let true_ones = |i: usize| (i + 1) as f64 / on.len() as f64;
            let steps = on.iter().enumerate().map(|(i, &t)| (false_ones(t), true_ones(i)));
            let curve: Vec<(f64, f64)> = [(0.0, 0.0)].into_iter().chain(steps).chain([(1.0, 1.0)]).collect();
            let area: f64 = curve.windows(2).map(|p| (p[1].0 - p[0].0) * (p[0].1 + p[1].1) / 2.0).sum();
            let more = area - found;
            assert!((-1e-12..=0.5 / on.len() as f64 + 1e-12).contains(&more), "{more}");
        }
    }

    #[test]
    fn recall_shares_the_last_places() {
        let (tokens, answer) = ([9, 5, 5, 5, 1], [1, 1, 0, 0, 1]);
        // One, then two of three places at 5, of which one has an answer: (1 + 2/3)/3.
        assert_eq!(recall_at(1, &tokens, &answer), Some(1.0 / 3.0));
        assert!((recall_at(3, &tokens, &answer).unwrap() - 5.0 / 9.0).abs() < 1e-15);
        assert_eq!(recall_at(0, &tokens, &answer), Some(0.0));
        assert_eq!(recall_at(99, &tokens, &answer), Some(1.0));
        // Without any order, what chance gives.
        assert!((recall_at(2, &[3; 5], &answer).unwrap() - 0.4).abs() < 1e-15);
        assert_eq!(recall_at(2, &[3; 5], &[0; 5]), None);
    }
}
