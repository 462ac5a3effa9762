//! From probabilities to text: the best class of each step, by the rule of
//! connectionist temporal classification (Graves et al. 2006, best path
//! decoding): what repeats is one letter, and the blank is none.

use super::Reading;

/// The class that stands for no letter.
const BLANK: usize = 0;

/// Reads steps × classes probabilities, row by row. `classes` says what each stands for and is not empty. `None` when
/// a number is not finite.
pub(super) fn greedy(scores: &[f32], classes: &[String]) -> Option<Reading> {
    let mut text = String::new();
    let (mut sum, mut letters) = (0.0, 0_u32);
    let mut before = BLANK;
    for step in scores.chunks_exact(classes.len()) {
        if !step.iter().all(|score| score.is_finite()) {
            return None;
        }
        let (class, score) = best(step);
        if class != BLANK && class != before {
            text.push_str(&classes[class]);
            sum += f64::from(score.clamp(0.0, 1.0));
            letters += 1;
        }
        before = class;
    }
    Some(Reading { text, confidence: sum / f64::from(letters.max(1)) })
}

/// The largest number and its place; the first where several are.
fn best(scores: &[f32]) -> (usize, f32) {
    let mut best = (0, f32::NEG_INFINITY);
    for (class, &score) in scores.iter().enumerate() {
        if score > best.1 {
            best = (class, score);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(steps: &[[f32; 3]]) -> Option<Reading> {
        greedy(steps.as_flattened(), &["", "a", "b"].map(str::to_owned))
    }

    #[test]
    fn repeats_are_one_letter_unless_a_blank_parts_them() {
        // Blank, a a, blank, a, b: the confidences are those of the first step of each letter.
        let reading = read(&[
            [0.9, 0.1, 0.0],
            [0.2, 0.75, 0.05],
            [0.1, 0.9, 0.0],
            [0.8, 0.1, 0.1],
            [0.4, 0.5, 0.1],
            [0.0, 0.0, 1.0],
        ])
        .unwrap();
        assert_eq!(reading.text, "aab");
        assert_eq!(reading.confidence, (0.75 + 0.5 + 1.0) / 3.0);
    }

    #[test]
    fn nothing_read_is_no_confidence() {
        let nothing = Reading { text: String::new(), confidence: 0.0 };
        assert_eq!(read(&[[0.9, 0.1, 0.0]; 4]), Some(nothing.clone()));
        assert_eq!(read(&[]), Some(nothing));
    }

    #[test]
    fn what_is_not_a_number_is_not_read() {
        assert_eq!(read(&[[0.9, f32::NAN, 0.0]]), None);
        assert_eq!(read(&[[0.0, f32::INFINITY, 0.0]]), None);
    }
}
