//! Masks as runs of pixels, as the COCO data set writes them.
//!
//! The pixels are gone through column by column, each from the top; the counts are the
//! lengths of runs that are out, in, out and so on, and the first may be 0. They are
//! written as a list, or as a string of characters of six bits each: five of the number,
//! the lowest first, and one that says that more follow; from the fourth count on, what is
//! written is the difference to the count before the last. This is the format of
//! `rleToString` and `rleFrString` in `maskApi.c` of the COCO API (Lin and Dollár 2015).

use std::ops::Range;

use arrcoc_stats::Rect;

use crate::item::Mask;

/// Characters of one number: 7 hold 35 bits, more than any count needs.
const CHARACTERS: u32 = 7;

/// Why counts are not a mask.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunsError {
    /// A character that stands for nothing.
    #[error("character {place} of the run lengths, `{character}`, is not one of `0` to `o`")]
    Character {
        /// Which, from 1.
        place: usize,
        /// The character.
        character: char,
    },
    /// The string ends in the middle of a number.
    #[error("the run lengths end in the middle of a number")]
    Cut,
    /// A number is negative or too large.
    #[error("run {run} has a length of {length}")]
    Length {
        /// Which run, from 1.
        run: usize,
        /// Its length.
        length: i64,
    },
    /// The runs are not as many pixels as the image has.
    #[error("the runs cover {covered} pixels, but {width}x{height} are {}", u64::from(*width) * u64::from(*height))]
    Sum {
        /// The sum of the counts.
        covered: u64,
        /// Width that is stated.
        width: u32,
        /// Height that is stated.
        height: u32,
    },
    /// No pixel is in.
    #[error("the runs hold no pixel")]
    Empty,
}

/// The counts that a string of the COCO API stands for.
///
/// # Errors
///
/// [`RunsError`] for a character other than `0` to `o`, a string that is cut, or a count
/// outside 0..2³².
pub fn decode_counts(text: &str) -> Result<Vec<u32>, RunsError> {
    let mut counts: Vec<u32> = Vec::new();
    let mut characters = text.chars().enumerate().peekable();
    while characters.peek().is_some() {
        let (mut value, mut shift) = (0i64, 0u32);
        loop {
            let (place, character) = characters.next().ok_or(RunsError::Cut)?;
            let bits = match character {
                '0'..='o' => i64::from(u32::from(character) - 48),
                _ => return Err(RunsError::Character { place: place + 1, character }),
            };
            value |= (bits & 0x1f) << shift;
            shift += 5;
            if bits & 0x20 == 0 {
                if bits & 0x10 != 0 {
                    value |= -1 << shift;
                }
                break;
            }
            if shift >= 5 * CHARACTERS {
                return Err(RunsError::Length { run: counts.len() + 1, length: value });
            }
        }
        if counts.len() > 2 {
            value += i64::from(counts[counts.len() - 2]);
        }
        let wrong = RunsError::Length { run: counts.len() + 1, length: value };
        counts.push(u32::try_from(value).map_err(|_| wrong)?);
    }
    Ok(counts)
}

/// The smallest rectangle around the pixels that are in, in an image of `width` × `height`
/// pixels.
pub(super) fn bounds(counts: &[u32], width: u32, height: u32) -> Result<Rect, RunsError> {
    let covered: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    if covered != u64::from(width) * u64::from(height) {
        return Err(RunsError::Sum { covered, width, height });
    }
    let tall = u64::from(height);
    // First and last column, first and last row.
    let mut around: Option<[u64; 4]> = None;
    for Range { start, end } in runs(counts) {
        let (first, last) = (start / tall, (end - 1) / tall);
        // A run of more than one column touches the bottom and the top.
        let (top, bottom) = if first == last { (start % tall, (end - 1) % tall) } else { (0, tall - 1) };
        let [left, right, upper, lower] = around.unwrap_or([first, last, top, bottom]);
        around = Some([left.min(first), right.max(last), upper.min(top), lower.max(bottom)]);
    }
    let [left, right, top, bottom] = around.ok_or(RunsError::Empty)?;
    let side = |first: u64, last: u64| (last - first + 1) as u32;
    Ok(Rect { x: left as u32, y: top as u32, width: side(left, right), height: side(top, bottom) })
}

/// The pixels that are in, in an image of `height` rows; `rect` is what [`bounds`] gave.
pub(super) fn mask(counts: &[u32], rect: Rect, height: u32) -> Option<Mask> {
    let tall = u64::from(height);
    let (wide, top) = (rect.width as usize, u64::from(rect.y));
    let mut inside = vec![false; wide * rect.height as usize];
    for Range { start, end } in runs(counts) {
        for column in start / tall..=(end - 1) / tall {
            // The rows of the run in this column, and where they are in the rectangle.
            let rows = start.max(column * tall) - column * tall..end.min((column + 1) * tall) - column * tall;
            let x = (column - u64::from(rect.x)) as usize;
            let down = inside.iter_mut().skip((rows.start - top) as usize * wide + x).step_by(wide);
            down.take((rows.end - rows.start) as usize).for_each(|pixel| *pixel = true);
        }
    }
    Mask::new(rect, inside)
}

/// The pixels of each run that is in and not empty, by their number down the columns.
fn runs(counts: &[u32]) -> impl Iterator<Item = Range<u64>> {
    let mut end = 0;
    let all = counts.iter().map(move |&count| {
        let start = end;
        end += u64::from(count);
        start..end
    });
    all.skip(1).step_by(2).filter(|run| !run.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(counts: &[u32], width: u32, height: u32) -> Result<Mask, RunsError> {
        Ok(mask(counts, bounds(counts, width, height)?, height).unwrap())
    }

    /// `rleToString` of `maskApi.c`, for the round trip.
    fn encode_counts(counts: &[u32]) -> String {
        let mut text = String::new();
        for (place, &count) in counts.iter().enumerate() {
            let before = if place > 2 { i64::from(counts[place - 2]) } else { 0 };
            let mut rest = i64::from(count) - before;
            loop {
                let low = rest & 0x1f;
                rest >>= 5;
                let more = if low & 0x10 != 0 { rest != -1 } else { rest != 0 };
                text.push(char::from(48 + low as u8 + if more { 0x20 } else { 0 }));
                if !more {
                    break;
                }
            }
        }
        text
    }

    /// By hand: 6 and 1 are themselves; 40 is 8 and then 1, `X1`; 4 is 3 more than 1; 5 is
    /// 35 less than 40, that is 29 and then −2, `mN`; three differences of 0; 21 is 16 more
    /// than 5, that is 16 and then 0, lest the 16 be taken for a sign: `` `0 ``.
    #[test]
    fn a_string_by_hand() {
        assert_eq!(decode_counts("61X13mN000`0").unwrap(), [6, 1, 40, 4, 5, 4, 5, 4, 21]);
        assert_eq!(decode_counts("").unwrap(), [0u32; 0]);
    }

    #[test]
    fn strings_that_are_none_are_refused() {
        let cases = [
            ("61p", "character 3 of the run lengths, `p`, is not one of `0` to `o`"),
            ("6é", "character 2 of the run lengths, `é`, is not one of `0` to `o`"),
            ("61X", "the run lengths end in the middle of a number"),
            ("6N", "run 2 has a length of -2"),
            ("oooooooooo", "run 1 has a length of 34359738367"),
        ];
        for (text, expected) in cases {
            assert_eq!(decode_counts(text).unwrap_err().to_string(), expected, "{text}");
        }
    }

    /// The examples of `mask.py` of the COCO API: 0 0 1 1 1 0 1 is [2 3 1 1], and
    /// 1 1 1 1 1 1 0 is [0 6 1].
    #[test]
    fn runs_by_hand() {
        let column = |counts: &[u32]| drawn(counts, 1, 7).unwrap();
        let seen = |mask: &Mask| (0..7).map(|y| u8::from(mask.contains(0, y))).collect::<Vec<_>>();
        assert_eq!(seen(&column(&[2, 3, 1, 1])), [0, 0, 1, 1, 1, 0, 1]);
        assert_eq!(seen(&column(&[0, 6, 1])), [1, 1, 1, 1, 1, 1, 0]);
        // Columns come first: the third and fourth pixels of 3 × 2 are the middle column.
        let middle = drawn(&[2, 2, 2], 3, 2).unwrap();
        assert_eq!(middle.rect(), Rect { x: 1, y: 0, width: 1, height: 2 });
        // From the lower left to the upper right: two rows are needed.
        assert_eq!(drawn(&[1, 2, 1], 2, 2).unwrap().rect(), Rect { x: 0, y: 0, width: 2, height: 2 });
    }

    #[test]
    fn runs_of_another_size_are_refused_before_room_is_made() {
        let claim = bounds(&[0, 1 << 30], 4, 4).unwrap_err();
        assert_eq!(claim.to_string(), "the runs cover 1073741824 pixels, but 4x4 are 16");
        assert!(matches!(bounds(&[u32::MAX; 9], u32::MAX, 8), Err(RunsError::Sum { .. })));
        assert_eq!(bounds(&[16], 4, 4), Err(RunsError::Empty));
        assert_eq!(bounds(&[0, 0, 16], 4, 4), Err(RunsError::Empty));
        assert_eq!(bounds(&[], 4, 0), Err(RunsError::Empty));
    }

    proptest! {
        #[test]
        fn strings_round_trip(counts in prop::collection::vec(any::<u32>(), 0..20)) {
            prop_assert_eq!(decode_counts(&encode_counts(&counts)).unwrap(), counts);
        }

        #[test]
        fn any_text_gives_counts_or_an_error(text in "[0-o]{0,30}|.{0,12}") {
            let _ = decode_counts(&text);
        }

        #[test]
        fn masks_hold_the_pixels_of_their_runs(inside in prop::collection::vec(any::<bool>(), 35)) {
            // 7 columns of 5, as runs.
            let mut counts = vec![0u32];
            for &pixel in &inside {
                if pixel != (counts.len() % 2 == 0) {
                    counts.push(0);
                }
                *counts.last_mut().unwrap() += 1;
            }
            match drawn(&counts, 7, 5) {
                Ok(mask) => for (pixel, &is_in) in inside.iter().enumerate() {
                    prop_assert_eq!(mask.contains(pixel as u32 / 5, pixel as u32 % 5), is_in);
                },
                Err(error) => prop_assert!(error == RunsError::Empty && !inside.contains(&true)),
            }
        }
    }
}
