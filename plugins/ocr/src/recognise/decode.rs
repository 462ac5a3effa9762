//! From probabilities to characters: the best class of each step, by the rule of
//! connectionist temporal classification (Graves et al. 2006, best path decoding):
//! what repeats is one character, and the blank is none.

/// The class that stands for no character.
const BLANK: usize = 0;

/// A character as it was read, and at which steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sign {
    pub(super) class: usize,
    /// The middle of the steps at which it was the best, counted from the beginning of the first step: in
    /// [0.5, steps − 0.5].
    pub(super) at: f32,
    /// The greatest of its probabilities there, in [0, 1].
    pub(super) confidence: f32,
}

/// Reads steps × `classes` probabilities, step by step. `None` when there is a number that is not finite.
pub(super) fn greedy(scores: &[f32], classes: usize) -> Option<Vec<Sign>> {
    let mut signs: Vec<Sign> = Vec::new();
    let mut before = BLANK;
    let mut begun = 0;
    for (step, scores) in scores.chunks_exact(classes).enumerate() {
        let (class, score) = best(scores)?;
        let score = score.clamp(0.0, 1.0);
        if class != before {
            begun = step;
            if class != BLANK {
                signs.push(Sign { class, at: 0.0, confidence: score });
            }
        }
        if class != BLANK
            && let Some(sign) = signs.last_mut()
        {
            sign.at = (begun + step + 1) as f32 / 2.0;
            sign.confidence = sign.confidence.max(score);
        }
        before = class;
    }
    Some(signs)
}

/// The largest number and its place, the first where several are; `None` when one is not finite, or there is none.
///
/// Thousands of classes at hundreds of steps are a good part of reading a line: numbers are compared 16 at a time.
fn best(scores: &[f32]) -> Option<(usize, f32)> {
    const LANES: usize = 16;
    let (mut most, mut sums) = ([f32::NEG_INFINITY; LANES], [0.0f32; LANES]);
    let (whole, rest) = scores.as_chunks::<LANES>();
    for chunk in whole {
        for lane in 0..LANES {
            most[lane] = if chunk[lane] > most[lane] { chunk[lane] } else { most[lane] };
            sums[lane] += chunk[lane];
        }
    }
    let most = most.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max);
    // What is not a number, or infinite, makes the sum so.
    let sum: f32 = sums.iter().chain(rest).sum();
    if !sum.is_finite() {
        return None;
    }
    scores.iter().position(|&score| score == most).map(|place| (place, most))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn repeats_are_one_character_unless_a_blank_parts_them() {
        // Blank, a a, blank, a, b.
        let steps = [
            [0.9f32, 0.1, 0.0],
            [0.2, 0.75, 0.05],
            [0.1, 0.9, 0.0],
            [0.8, 0.1, 0.1],
            [0.4, 0.5, 0.1],
            [0.0, 0.0, 1.0],
        ];
        let sign = |class, at, confidence| Sign { class, at, confidence };
        let expected = [sign(1, 2.0, 0.9), sign(1, 4.5, 0.5), sign(2, 5.5, 1.0)];
        assert_eq!(greedy(steps.as_flattened(), 3).unwrap(), expected);
    }

    #[test]
    fn blanks_are_nothing() {
        assert_eq!(greedy([[0.9f32, 0.1, 0.0]; 4].as_flattened(), 3).unwrap(), []);
        assert_eq!(greedy(&[], 3).unwrap(), []);
    }

    #[test]
    fn what_is_not_a_number_is_not_read() {
        for odd in [f32::NAN, f32::INFINITY] {
            for place in [0, 7, 40, 41] {
                let mut scores = [0.1; 42];
                scores[place] = odd;
                assert_eq!(greedy(&scores, 42), None);
            }
        }
    }

    proptest! {
        #[test]
        fn the_best_is_the_first_of_the_largest(scores in prop::collection::vec((0u8..20).prop_map(f32::from), 1..70)) {
            let (place, most) = best(&scores).unwrap();
            prop_assert!(scores.iter().all(|&score| score <= most));
            prop_assert!(scores[..place].iter().all(|&score| score < most));
            prop_assert_eq!(scores[place], most);
        }
    }
}
