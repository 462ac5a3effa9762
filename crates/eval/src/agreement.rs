//! Whether an answer is the right one, and how far from it.
//!
//! Two measures, both of the literature on questions about documents: equal
//! after [`fold`]ing, and the edit distance by letter. They see text alone, so
//! they serve any reader that answers with text.

/// The form in which answers are compared: without what a person would not call a mistake.
///
/// Upper and lower case count as equal, as in the measures of ST-VQA and DocVQA (Biten et al. 2019, "Scene Text Visual
/// Question Answering", section 4: "case insensitive, but space sensitive"; Mathew et al. 2021): a reader is to find
/// the answer, and headings in capitals are often given back in another case. Beyond that, runs of white space are one
/// space, none at the ends, and full-width signs (U+FF01 to U+FF5E) are the ASCII signs that they are wide forms of,
/// since a model that knows Chinese writes `：` for `:`. Nothing else of Unicode's compatibility forms is touched.
pub(crate) fn fold(text: &str) -> String {
    let narrow = |letter: char| match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        other => other,
    };
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.chars().map(narrow).flat_map(char::to_lowercase).collect())
        .collect();
    words.join(" ")
}

/// Levenshtein's distance between what was read and what is true, in letters (Unicode scalar values), as a share of
/// the length of the truth: 0 is right; more than 1 where more was invented than there was to read.
///
/// The usual measure of text recognition (Rice 1996, "Measuring the Accuracy of Page-Reading Systems", chapter 2, as
/// accuracy: 1 − this). Both are taken as they are; [`fold`] them first to compare what `fold` compares. An empty
/// truth counts as one letter long, so that reading nothing there is 0, and each letter read is 1.
pub(crate) fn character_error_rate(read: &str, truth: &str) -> f64 {
    let (read, truth): (Vec<char>, Vec<char>) = (read.chars().collect(), truth.chars().collect());
    distance(&read, &truth) as f64 / truth.len().max(1) as f64
}

/// Least number of letters that are put in, taken out or replaced to turn one into the other (Levenshtein 1966; by
/// rows, after Wagner and Fischer 1974).
fn distance(read: &[char], truth: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=truth.len()).collect();
    for (i, left) in read.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in truth.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[truth.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folding_takes_away_case_and_stray_space_and_nothing_else() {
        for (text, folded) in [
            ("", ""),
            (" \t\n", ""),
            ("  Total\tDUE \n", "total due"),
            ("Ａ１：Ｂ　Ｃ", "a1:b c"),
            ("STRASSE Ä", "strasse ä"),
            ("1,284.50 €", "1,284.50 €"),
            ("naïve", "naïve"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn error_rates_are_those_worked_out_by_hand() {
        for (read, truth, rate) in [
            ("", "", 0.0),
            ("a", "", 1.0),
            ("abc", "", 3.0),
            ("", "abc", 1.0),
            ("abc", "abc", 0.0),
            // kitten → sitting: k/s, e/i, +g, of seven letters (Levenshtein's distance is 3).
            ("kitten", "sitting", 3.0 / 7.0),
            // One letter replaced of two, one letter more of two.
            ("ab", "aß", 0.5),
            ("aßc", "aß", 0.5),
            // Five letters too many where there is one.
            ("abcdef", "a", 5.0),
            // Case is a mistake here.
            ("ABC", "abc", 1.0),
        ] {
            assert_eq!(character_error_rate(read, truth), rate, "{read:?} {truth:?}");
        }
    }

    proptest! {
        #[test]
        fn distance_is_a_metric_within_its_bounds(a in "[ab]{0,6}", b in "[abß]{0,6}", c in "[ab]{0,6}") {
            let [a, b, c] = [a, b, c].map(|text| text.chars().collect::<Vec<char>>());
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &b) == 0, a == b);
            prop_assert!(distance(&a, &b) >= a.len().abs_diff(b.len()));
            prop_assert!(distance(&a, &b) <= a.len().max(b.len()));
            prop_assert!(distance(&a, &c) <= distance(&a, &b) + distance(&b, &c));
        }

        #[test]
        fn folding_twice_is_folding_once(text in ".*") {
            let once = fold(&text);
            prop_assert_eq!(&fold(&once), &once);
        }
    }
}
