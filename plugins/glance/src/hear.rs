//! From cells that look like words of the question to patches that may hold the
//! answer.
//!
//! The words of a label stand in different cells of one line, so a word counts
//! for more where the others stand beside it. The answer stands where labels have
//! it: next in the line, behind room or dots, or below. What it says is not known,
//! only that there is print ([`Lines`]).

use std::collections::BTreeMap;

use arrcoc_stats::Tiling;

use crate::{
    lines::{Lines, Place, Run},
    network::{CELL, Cells, Vector},
    question::{Question, Word},
};

/// The cosine from which on a cell may be a word, and the one at which it surely is.
const MAYBE: f32 = 0.45;
const SURELY: f32 = 0.85;

/// A word is on the page where a cell is as like it as this; what stands for one that is not is worth a part of it.
const THERE: f32 = 0.6;
const STAND_IN: f32 = 0.8;

/// How far the words of a label lie apart at most, in cells: 200 pixels.
const REACH: usize = 25;

/// What a word counts for on the other side of another one than in the question.
const OUT_OF_ORDER: f32 = 0.5;

/// Cells of a line behind a label, without room between, in which the answer may stand.
const BEHIND: usize = 24;

/// How often the answer is in the next run of the line and in the one below, on tuning pages, where the label is not a
/// pair with what is below and where it is; both are, and only one is.
const BOTH: [[f32; 2]; 2] = [[0.9, 0.05], [0.2, 0.8]];
const ONE: [[f32; 2]; 2] = [[0.9, 0.3], [0.4, 0.9]];

/// What stands at the end of the label's own run gets of it, where there is a next one and where there is none.
const ENDING: [f32; 2] = [0.3, 0.8];

/// What follows without room gets of it.
const AFTER: f32 = 0.3;

/// The same two where what follows is asked for.
const FOLLOWS: f32 = 0.8;

/// Nothing is heard where the best label of the page has less than this: about one in thirty of such is one.
const HEARD: f32 = 0.1;

/// A score below which nothing is painted.
const LEAST: f32 = 0.005;

/// A cell that looks like a word of the question.
#[derive(Clone, Copy, Debug)]
struct Hit {
    word: usize,
    row: usize,
    col: usize,
    likeness: f32,
}

/// Where the words of a question stand together.
#[derive(Clone, Copy, Debug)]
struct Label {
    row: usize,
    /// The cell that looks like one of the words.
    at: usize,
    /// The first and the last cell of all of them.
    start: usize,
    end: usize,
    score: f32,
}

/// A page, ready for questions.
pub(crate) struct Glance {
    cells: Cells,
    lines: Lines,
    tiling: Tiling,
}

impl Glance {
    pub(crate) fn new(cells: Cells, lines: Lines, tiling: Tiling) -> Glance {
        Glance { cells, lines, tiling }
    }

    /// How likely each patch holds words of the question, and how likely what they label: in [0, 1] and only in order; N
    /// numbers each. Apart, because what is sure of a label is not as sure of its answer, and the other way round.
    pub(crate) fn relevance(
        &self,
        question: &Question,
        context: bool,
        named: &mut [f32],
        labelled: &mut [f32],
    ) {
        named.fill(0.0);
        labelled.fill(0.0);
        // Many cells say of the same words that they are there.
        let mut known: BTreeMap<[usize; 3], Option<Place>> = BTreeMap::new();
        for label in self.labels(&question.words, context) {
            let place = || self.lines.place(label.row, label.start..label.end + 1);
            let Some(place) = known.entry([label.row, label.start, label.end]).or_insert_with(place) else {
                continue;
            };
            let own = Run { cols: label.at..label.at + 1, ..place.own.clone() };
            self.paint(&own, label.score, named);
            if context {
                self.answers(&label, place, question.follows, labelled);
            }
        }
    }

    /// Where words of the question stand, each with those beside it.
    fn labels(&self, words: &[Word], context: bool) -> Vec<Label> {
        let hits = self.hits(words);
        let whole: f32 = words.iter().map(|word| word.weight).sum();
        let label = |hit: &Hit| {
            // Each word's best near this one: what all of the label's words say together.
            let near = |word: usize| {
                let own = hits.iter().filter(|other| other.word == word && (context || word == hit.word));
                let away = |col: usize| col.abs_diff(hit.col);
                let near = own.filter(|other| other.row.abs_diff(hit.row) <= 1 && away(other.col) <= REACH);
                let worth = |other: &Hit| {
                    let is_in_order = word == hit.word || other.col.cmp(&hit.col) == word.cmp(&hit.word);
                    (other.likeness * if is_in_order { 1.0 } else { OUT_OF_ORDER }, other.col)
                };
                let best = near.map(worth).max_by(|a, b| a.0.total_cmp(&b.0).then(away(b.1).cmp(&away(a.1))));
                best.unwrap_or((0.0, hit.col))
            };
            let all: Vec<(f32, usize)> = (0..words.len()).map(near).collect();
            let sum: f32 =
                all.iter().zip(words).map(|((likeness, _), word)| likeness * likeness * word.weight).sum();
            let sure = || all.iter().filter(|(likeness, _)| *likeness > 0.3).map(|(_, col)| *col);
            Label {
                row: hit.row,
                at: hit.col,
                start: sure().min().unwrap_or(hit.col),
                end: sure().max().unwrap_or(hit.col),
                score: hit.likeness * sum / whole,
            }
        };
        let mut labels: Vec<Label> = hits.iter().map(label).collect();
        let best = labels.iter().map(|label| label.score).fold(0.0, f32::max);
        // On a page without any of the words the best is chance.
        if best < HEARD {
            return Vec::new();
        }
        // More depends on the likeness in comparison with the best label of the page than on the likeness by itself,
        // which print and blur change.
        labels.iter_mut().for_each(|label| {
            let compared = label.score / best;
            label.score *= compared * compared * compared;
        });
        labels.retain(|label| label.score > LEAST);
        labels
    }

    /// Every cell that may be a word of the question, or stand for one that the page does not have; the likest first.
    fn hits(&self, words: &[Word]) -> Vec<Hit> {
        let own: Vec<(usize, Vector)> = words.iter().map(|word| word.vector).enumerate().collect();
        let mut hits = self.like(&own, 1.0);
        let mut best = vec![0.0f32; words.len()];
        hits.iter().for_each(|hit| best[hit.word] = best[hit.word].max(hit.likeness));
        let missed = words.iter().enumerate().filter(|(word, _)| best[*word] < THERE);
        let others: Vec<(usize, Vector)> =
            missed.flat_map(|(number, word)| word.others.iter().map(move |other| (number, *other))).collect();
        hits.extend(self.like(&others, STAND_IN));
        // What is alike everywhere says nothing, and would take long.
        hits.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
        hits.truncate(256);
        hits
    }

    /// Every cell that is like some vectors of words.
    fn like(&self, vectors: &[(usize, Vector)], worth: f32) -> Vec<Hit> {
        let all: Vec<Vector> = vectors.iter().map(|(_, vector)| *vector).collect();
        let mut hits = Vec::new();
        for (place, cosines) in self.cells.cosines(&all).chunks_exact(all.len().max(1)).enumerate() {
            for (&(word, _), &cosine) in vectors.iter().zip(cosines).filter(|(_, cosine)| **cosine > MAYBE) {
                let likeness = worth * ((cosine - MAYBE) / (SURELY - MAYBE)).min(1.0);
                let (row, col) = (place / self.cells.cols, place % self.cells.cols);
                hits.push(Hit { word, row, col, likeness });
            }
        }
        hits
    }

    /// Paints the places where the answer to a label may stand.
    fn answers(&self, label: &Label, place: &Place, follows: bool, out: &mut [f32]) {
        let behind = BEHIND * place.own.rows.len() / 10;
        let (end, last) = ((label.end + 1).min(place.own.cols.end), place.own.cols.end);
        let after = Run { cols: end..last.min(end + behind), ..place.own.clone() };
        self.paint(&after, label.score * if follows { FOLLOWS } else { AFTER }, out);
        // Dots may lead from the label to the value without room.
        let ending = Run { cols: last.saturating_sub(behind).max(end)..last, ..place.own.clone() };
        self.paint(&ending, ENDING[usize::from(place.next.is_empty())] * label.score, out);
        let share = if follows { AFTER } else { 1.0 };
        let shares = if !place.next.is_empty() && place.below.is_some() { BOTH } else { ONE };
        let [beside, under] = shares[usize::from(place.is_paired)];
        for run in &place.next {
            self.paint(run, share * beside * label.score, out);
        }
        if let Some(run) = &place.below {
            self.paint(run, share * under * label.score, out);
        }
    }

    /// Raises each patch that a run lies in.
    fn paint(&self, run: &Run, score: f32, out: &mut [f32]) {
        if run.cols.is_empty() {
            return;
        }
        let wide = CELL.1 * self.cells.shrunk;
        // The outermost cells of a word may look like paper, and half a letter outside is a letter lost.
        let cols = run.cols.start.saturating_sub(1)..run.cols.end + 1;
        let grid = self.tiling.grid();
        for c in 0..grid.cols {
            let patch = self.tiling.cols(c);
            let (left, right) = (patch.start as usize / wide, (patch.end as usize).div_ceil(wide));
            let shared = cols.start.max(left)..cols.end.min(right);
            if shared.is_empty() {
                continue;
            }
            let height = self.lines.height(run, shared.start.midpoint(shared.end));
            // Letters reach out of the rows that most of them lie in.
            let reach = (height.end - height.start) / 4;
            let (top, bottom) = (height.start.saturating_sub(reach), height.end + reach);
            for r in 0..grid.rows {
                let rows = self.tiling.rows(r);
                if rows.end.min(bottom) > rows.start.max(top)
                    && let Some(patch) = out.get_mut(grid.index(r, c))
                {
                    *patch = patch.max(score);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use arrcoc_stats::{Grid, Pixels};

    use super::*;
    use crate::network::WIDTH;

    #[test]
    fn words_in_the_order_of_the_question_are_the_better_label() {
        let words = [0, 1].map(|place| {
            let mut vector = [0.0; WIDTH];
            vector[place] = 1.0;
            Word { vector, others: Vec::new(), weight: 1.0 }
        });
        let (rows, cols) = (8, 80);
        let mut cells = Cells { rows, cols, vectors: vec![0.0; rows * cols * WIDTH], shrunk: 1 };
        for (row, [left, right]) in [(1, [0, 1]), (5, [1, 0])] {
            for (col, word) in [(20, left), (32, right)] {
                cells.vectors[(row * cols + col) * WIDTH..][..WIDTH].copy_from_slice(&words[word].vector);
            }
        }
        let paper = vec![255; 3 * 640 * 128];
        let lines = Lines::new(&Pixels::new(640, 128, &paper).unwrap(), 1);
        let tiling = Tiling::new(Grid::new(1, 1).unwrap(), 640, 128).unwrap();
        let labels = Glance::new(cells, lines, tiling).labels(&words, true);
        let best = |row: usize| {
            labels.iter().filter(|label| label.row == row).map(|label| label.score).fold(0.0, f32::max)
        };
        assert!(best(1) == 1.0 && best(5) > 0.0 && best(5) < 0.5, "{labels:?}");
    }
}
