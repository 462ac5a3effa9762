//! Lines of text as characters with places, and the room between them.
//!
//! A reader of lines says where characters are to a third of a letter at best, and often leaves out
//! the space between two words. What it cannot lose is the distance: where the middles of two
//! characters are farther apart than their kinds take, there is a gap. Gaps are measured in ems of
//! the line, against the widths that characters have in an average face.

use super::super::line::Line;
use super::boxes::LineBox;
use super::fold::narrow;

/// A gap from which on two characters belong to two words though the reader saw no space, in ems.
const WORD: f32 = 0.45;

/// The same in a line without any spaces, which has lost them.
const LOST: f32 = 0.25;

/// Characters from which on a line without spaces has lost them, rather than being one word.
const LONG: usize = 10;

/// Characters that lead the eye from a label to its value.
pub(crate) const LEADERS: &str = ".·•…‥⋯,:;-–—_~'`";

/// A character that is not a space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Glyph {
    pub(crate) c: char,
    /// Pixels of the image. Of the first and the last of a line these are the sides of the line, which are known
    /// better than those of characters.
    pub(crate) left: f32,
    pub(crate) right: f32,
    /// Half-way between its own sides, as the reader says.
    pub(crate) middle: f32,
    /// Its line, by its place among those that are kept.
    pub(crate) line: usize,
    /// Whether a space is before it: the reader saw one, or there is room for one.
    pub(crate) spaced: bool,
}

/// A line whose box and characters can be counted on.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) place: LineBox,
    /// The size of its type in pixels: the em that explains the distances of its characters.
    pub(crate) em: f32,
    pub(crate) glyphs: Vec<Glyph>,
}

/// The lines that have a place and a character; what they say has finite places.
pub(crate) fn written(lines: &[Line]) -> Vec<Written> {
    let mut all: Vec<Written> = Vec::with_capacity(lines.len());
    for line in lines {
        let place = LineBox { left: line.left, top: line.top, right: line.right, bottom: line.bottom };
        let sides = [line.left, line.top, line.right, line.bottom];
        // So large that no picture has it, and so small that sums stay finite.
        if sides.iter().any(|side| !side.is_finite() || side.abs() > 1e7)
            || place.width() <= 0.0
            || place.height() <= 0.0
        {
            continue;
        }
        let glyphs = glyphs(line, place, all.len());
        // Dots in a box of their own lie lower than the row that they lead along, and would part it.
        if glyphs.iter().any(|glyph| glyph.c.is_alphanumeric() || !LEADERS.contains(glyph.c)) {
            all.push(Written { place, em: em(&glyphs).unwrap_or(0.0), glyphs });
        }
    }
    // Lines that are too short to say are like the others; or have their proportions, when they are of another size.
    let measured = || all.iter().filter(|line| line.em > 0.0);
    let size = median(measured().map(|line| line.place.height()).collect()).unwrap_or(1.0);
    let ratio =
        median(measured().map(|line| line.em / line.place.height()).collect()).unwrap_or(0.7).clamp(0.4, 1.4);
    for line in &mut all {
        let height = line.place.height();
        let alike = (0.7..1.4).contains(&(height / size));
        line.em = match line.em > 0.0 {
            true => line.em.clamp(0.7 * ratio * height, 1.4 * ratio * height),
            false => ratio * if alike { size } else { height },
        };
        part(line);
    }
    all
}

/// Puts spaces where the reader lost them.
fn part(line: &mut Written) {
    let has_spaces = line.glyphs.iter().skip(1).any(|glyph| glyph.spaced);
    let least = if has_spaces || line.glyphs.len() < LONG { WORD } else { LOST };
    for place in 1..line.glyphs.len() {
        let room = gap(&line.glyphs[place - 1], &line.glyphs[place], line.em);
        line.glyphs[place].spaced |= room > least;
    }
}

fn median(mut values: Vec<f32>) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

fn glyphs(line: &Line, place: LineBox, number: usize) -> Vec<Glyph> {
    let inside = |x: f32| x >= place.left - place.height() && x <= place.right + place.height();
    // A comparison with what is not a number is false.
    let sound = !line.chars.is_empty()
        && line.chars.iter().all(|c| inside(c.left) && inside(c.right) && c.left <= c.right);
    let placed: Vec<(char, f32, f32)> = if sound {
        line.chars.iter().map(|c| (c.c, c.left, c.right)).collect()
    } else {
        let step = place.width() / line.text.chars().count().max(1) as f32;
        let at = |count: usize| place.left + count as f32 * step;
        line.text.chars().enumerate().map(|(count, c)| (c, at(count), at(count + 1))).collect()
    };
    // Nothing is joined to what another line ends with.
    let mut spaced = true;
    let mut glyphs = Vec::with_capacity(placed.len());
    for (c, left, right) in placed {
        let c = narrow(c);
        if c.is_whitespace() || c.is_control() {
            spaced = true;
            continue;
        }
        glyphs.push(Glyph { c, left, right, middle: 0.5 * (left + right), line: number, spaced });
        spaced = false;
    }
    if let Some(first) = glyphs.first_mut() {
        first.left = first.left.min(place.left);
    }
    if let Some(last) = glyphs.last_mut() {
        last.right = last.right.max(place.right);
    }
    glyphs
}

/// The em that explains the distances of most neighbours; none where there are too few of them.
fn em(glyphs: &[Glyph]) -> Option<f32> {
    let close = glyphs.windows(2).filter(|pair| !pair[1].spaced);
    let ems = close
        .map(|pair| (pair[1].middle - pair[0].middle) / (0.5 * (advance(pair[0].c) + advance(pair[1].c))));
    let ems: Vec<f32> = ems.filter(|em| *em > 0.0).collect();
    median(ems).filter(|_| glyphs.len() >= 6)
}

/// The room between two characters of a row, in ems of a line; below 0 where they are close.
pub(crate) fn gap(before: &Glyph, after: &Glyph, em: f32) -> f32 {
    (after.middle - before.middle) / em - 0.5 * (advance(before.c) + advance(after.c))
}

/// How wide a character is in an average face, in ems.
pub(crate) fn advance(c: char) -> f32 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | 'I' | '·' => 0.29,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '-' | '/' | '"' => 0.37,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '—' => 0.86,
        'a' | 'c' | 'e' | 'g' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' => 0.51,
        c if super::fold::is_ideograph(c) => 1.0,
        c if c.is_uppercase() => 0.66,
        _ => 0.56,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::line;
    use super::*;

    #[test]
    fn a_gap_is_seen_without_a_space() {
        let mut lost = line("date of issue", 100.0, 50.0, 20.0);
        lost.text.retain(|c| c != ' ');
        lost.chars.retain(|c| c.c != ' ');
        let glyphs = &written(&[lost])[0].glyphs;
        let starts: String = glyphs.iter().map(|glyph| if glyph.spaced { '|' } else { '.' }).collect();
        assert_eq!(starts, "|...|.|....");
    }

    #[test]
    fn what_has_no_place_is_left_out() {
        let good = line("word", 10.0, 10.0, 20.0);
        let mut bad = good.clone();
        bad.left = f32::NAN;
        let mut empty = good.clone();
        empty.text.clear();
        empty.chars.clear();
        let mut flat = good.clone();
        flat.bottom = flat.top;
        assert_eq!(written(&[bad, empty, flat, good]).len(), 1);
    }

    #[test]
    fn characters_without_places_share_their_line() {
        let mut text = line("abcd", 10.0, 10.0, 20.0);
        for c in &mut text.chars {
            c.left = f32::INFINITY;
        }
        let glyphs = &written(&[text.clone()])[0].glyphs;
        assert_eq!((glyphs[0].left, glyphs[3].right), (text.left, text.right));
    }
}
