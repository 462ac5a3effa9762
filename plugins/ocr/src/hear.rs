//! What of the text that was read is asked for?
//!
//! The plainest rule that is one: the share of a question's words that a line has,
//! on every patch that the line touches.

use arrcoc_stats::Grid;

use crate::line::Line;

/// The lines of an image, ready to be asked.
pub(crate) struct Reading {
    lines: Vec<Line>,
    size: (u32, u32),
    grid: Grid,
}

impl Reading {
    /// `size` is width and height of the image, in pixels.
    pub(crate) fn new(lines: Vec<Line>, size: (u32, u32), grid: Grid) -> Reading {
        Reading { lines, size, grid }
    }

    /// Writes how relevant each patch is to a question, in [0, 1]. `out` has a number for each patch.
    pub(crate) fn relevance(&self, question: &str, out: &mut [f32]) {
        out.fill(0.0);
        let asked = words(question);
        for line in &self.lines {
            let said = words(&line.text);
            let common = asked.iter().filter(|word| said.contains(word)).count();
            let share = common as f32 / asked.len().max(1) as f32;
            let range = |low: f32, high: f32, side: u32, parts: u32| {
                let part = |place: f32| ((place / side as f32 * parts as f32) as u32).min(parts - 1);
                part(low)..=part(high)
            };
            let rows = range(line.top, line.bottom, self.size.1, self.grid.rows);
            for row in rows {
                for column in range(line.left, line.right, self.size.0, self.grid.cols) {
                    let relevance = &mut out[self.grid.index(row, column)];
                    *relevance = relevance.max(share);
                }
            }
        }
    }
}

/// The words of a text, in small letters, each once.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.sort();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_of_a_line_have_the_share_of_words_that_it_has() {
        let line = Line {
            text: "Invoice number: 20417".into(),
            confidence: 0.9,
            left: 5.0,
            top: 21.0,
            right: 45.0,
            bottom: 29.0,
            chars: Vec::new(),
        };
        let reading = Reading::new(vec![line], (100, 40), Grid::new(2, 5).unwrap());
        let mut out = [9.0; 10];
        reading.relevance("What is the NUMBER?", &mut out);
        assert_eq!(out, [0.0, 0.0, 0.0, 0.0, 0.0, 0.25, 0.25, 0.25, 0.0, 0.0]);
        reading.relevance("", &mut out);
        assert_eq!(out, [0.0; 10]);
    }
}
