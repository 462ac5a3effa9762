//! Lines for tests, set in an average face.

use super::super::line::{Char, Line};
use super::glyphs::advance;

/// A line of text in type of `em` pixels, with the upper left corner of its box at `left`, `top`.
pub(crate) fn line(text: &str, left: f32, top: f32, em: f32) -> Line {
    let mut x = left;
    let mut chars = Vec::new();
    for c in text.chars() {
        let width = if c == ' ' { 0.3 } else { advance(c) } * em;
        chars.push(Char { c, left: x, right: x + width, confidence: 0.99 });
        x += width;
    }
    Line { text: text.to_owned(), confidence: 0.99, left, top, right: x, bottom: top + 1.5 * em, chars }
}

/// A line of text that ends at `right`.
pub(crate) fn line_to(text: &str, right: f32, top: f32, em: f32) -> Line {
    let width = line(text, 0.0, top, em).right;
    line(text, right - width, top, em)
}
