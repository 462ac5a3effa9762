//! From cells that look like words of the question to patches that may hold the
//! answer.
//!
//! The words of a label stand in different cells of one line, so a word counts
//! for more where the others stand beside it. The answer stands where labels have
//! it: next in the line, behind room or dots, or below. What it says is not known,
//! only that there is ink: a run of cells that look like anything but paper.

use arrcoc_stats::Tiling;

use crate::{
    network::{CELL, Cells, Vector},
    question::{Question, Word},
};

/// The cosine from which on a cell may be a word, and the one at which it surely is.
const MAYBE: f32 = 0.5;
const SURELY: f32 = 0.85;

/// A cell whose cosine with paper is above this has no ink.
const PAPER: f32 = 0.5;

/// How far the words of a label lie apart at most, in cells: 200 pixels.
const REACH: usize = 25;

/// Cells without ink that end a run: more than between words.
const GAP: usize = 3;

/// How far down a value may stand below its label, in cells.
const BELOW: std::ops::RangeInclusive<usize> = 2..=4;

/// Cells of a line behind a label, without room between, in which the answer may stand.
const BEHIND: usize = 14;

/// What a place gets of the score of its label: the next run in the line, one below where there is a next one and
/// where there is none, and what follows without room.
const NEXT: f32 = 0.67;
const UNDER: [f32; 2] = [0.19, 0.62];
const AFTER: f32 = 0.25;

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

/// Cells of a row, from one to before another.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Run {
    row: usize,
    from: usize,
    to: usize,
}

/// A page, ready for questions.
pub(crate) struct Glance {
    cells: Cells,
    /// Whether a cell has ink, row by row.
    ink: Vec<bool>,
    tiling: Tiling,
}

impl Glance {
    pub(crate) fn new(cells: Cells, null: &Vector, tiling: Tiling) -> Glance {
        let ink = cells.cosines(&[*null]).into_iter().map(|cosine| cosine < PAPER).collect();
        Glance { cells, ink, tiling }
    }

    /// How likely each patch holds words of the question, and how likely what they label: in [0, 1] and only in order; N
    /// numbers each. Apart, because what is sure of a label is not as sure of its answer, and the other way round.
    pub(crate) fn relevance(&self, question: &Question, named: &mut [f32], labelled: &mut [f32]) {
        let words = &question.words;
        named.fill(0.0);
        labelled.fill(0.0);
        let hits = self.hits(words);
        let whole: f32 = words.iter().map(|word| word.weight).sum();
        let mut labels = Vec::new();
        for hit in &hits {
            // Each word's best near this one: what all of the label's words say together.
            let near = |word: usize| {
                let own = hits.iter().filter(|other| {
                    other.word == word
                        && other.row.abs_diff(hit.row) <= 1
                        && other.col.abs_diff(hit.col) <= REACH
                });
                own.map(|other| (other.likeness, other.col))
                    .fold((0.0, hit.col), |best, own| if own.0 > best.0 { own } else { best })
            };
            let all: Vec<(f32, usize)> = (0..words.len()).map(near).collect();
            let sum: f32 = all.iter().zip(words).map(|((likeness, _), word)| likeness * word.weight).sum();
            let end = all.iter().filter(|(likeness, _)| *likeness > 0.3).map(|(_, col)| *col).max();
            labels.push((hit, hit.likeness * sum / whole, end.unwrap_or(hit.col)));
        }
        let best = labels.iter().map(|(_, label, _)| *label).fold(0.0, f32::max);
        for (hit, label, end) in labels {
            // More depends on the likeness in comparison with the best label of the page than on the likeness by itself,
            // which print and blur change.
            let compared = label / best;
            let score = label * compared * compared * compared;
            if score > LEAST {
                self.paint(Run { row: hit.row, from: hit.col, to: hit.col + 1 }, score, named);
                self.answers(hit, end, score, question.follows, labelled);
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn show(&self, words: &[Word]) {
        let hits = self.hits(words);
        for hit in hits.iter().take(6) {
            println!("{hit:?}");
        }
        let Some(best) = hits.first() else { return };
        for row in best.row.saturating_sub(2)..=best.row + 3 {
            let line: String = (0..self.cells.cols)
                .map(|col| {
                    let hit = hits.iter().any(|hit| (hit.row, hit.col) == (row, col));
                    if hit {
                        '#'
                    } else if self.has_ink(row, col) {
                        '+'
                    } else {
                        '.'
                    }
                })
                .collect();
            println!("{row:3} {line}");
        }
    }

    /// Every cell that may be a word of the question.
    fn hits(&self, words: &[Word]) -> Vec<Hit> {
        let vectors: Vec<Vector> = words.iter().map(|word| word.vector).collect();
        let mut hits = Vec::new();
        for (place, cosines) in self.cells.cosines(&vectors).chunks_exact(words.len().max(1)).enumerate() {
            for (word, &cosine) in cosines.iter().enumerate().filter(|(_, cosine)| **cosine > MAYBE) {
                let likeness = ((cosine - MAYBE) / (SURELY - MAYBE)).min(1.0);
                let (row, col) = (place / self.cells.cols, place % self.cells.cols);
                hits.push(Hit { word, row, col, likeness });
            }
        }
        // What is alike everywhere says nothing, and would take long.
        hits.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
        hits.truncate(256);
        hits
    }

    /// Paints the places where the answer to a label may stand.
    fn answers(&self, hit: &Hit, end: usize, label: f32, follows: bool, out: &mut [f32]) {
        let own = self.run(hit.row, end);
        let mut after = Run { from: (end + 1).min(own.to), ..own };
        after.to = after.to.min(after.from + BEHIND);
        let [behind, others] = if follows { [NEXT, AFTER] } else { [AFTER, NEXT] };
        self.paint(after, behind * label, out);
        let next = self.next(hit.row, own.to);
        if let Some(run) = next {
            self.paint(run, others * label, out);
        }
        let share = UNDER[usize::from(next.is_none())] * others;
        let below = BELOW.map(|down| hit.row + down).find_map(|row| Some((row, self.first(row, own)?)));
        if let Some((row, col)) = below {
            self.paint(self.run(row, col), share * label, out);
        }
    }

    /// The first cell with ink of a row, among the columns of a run.
    fn first(&self, row: usize, run: Run) -> Option<usize> {
        (run.from..run.to).find(|&col| self.has_ink(row, col))
    }

    fn has_ink(&self, row: usize, col: usize) -> bool {
        row < self.cells.rows && col < self.cells.cols && self.ink[row * self.cells.cols + col]
    }

    /// The run of ink around a cell.
    fn run(&self, row: usize, col: usize) -> Run {
        let (mut from, mut to) = (col, col + 1);
        while let Some(next) = (1..=GAP + 1).find(|step| self.has_ink(row, to - 1 + step)) {
            to += next;
        }
        while let Some(next) =
            (1..=GAP + 1).find(|step| from.checked_sub(*step).is_some_and(|col| self.has_ink(row, col)))
        {
            from -= next;
        }
        Run { row, from, to: to.min(self.cells.cols) }
    }

    /// The next run in the line, which may lie askew: in its own row of cells, or else in one beside it.
    fn next(&self, row: usize, from: usize) -> Option<Run> {
        let rest = Run { row, from, to: self.cells.cols };
        let rows = [Some(row), row.checked_sub(1), Some(row + 1)];
        rows.into_iter().flatten().find_map(|row| self.first(row, rest).map(|col| self.run(row, col)))
    }

    /// The rows of cells that the letters of a run reach into, from one to before another.
    fn rows(&self, run: Run) -> (usize, usize) {
        let inked = |row: usize| {
            let count = (run.from..run.to).filter(|&col| self.has_ink(row, col)).count();
            3 * count >= run.to - run.from
        };
        let above = run.row.checked_sub(1).filter(|&row| inked(row));
        let below = Some(run.row + 1).filter(|&row| inked(row));
        (above.unwrap_or(run.row), below.unwrap_or(run.row) + 1)
    }

    /// Raises each patch that some cells lie in.
    fn paint(&self, run: Run, score: f32, out: &mut [f32]) {
        if run.from >= run.to {
            return;
        }
        let size = |cells: usize, side: usize| (cells * side * self.cells.shrunk) as u32;
        // The outermost cells of a word may look like paper, and half a letter outside is a letter lost.
        let (left, right) = (size(run.from.saturating_sub(1), CELL.1), size(run.to + 1, CELL.1));
        let (first, end) = self.rows(run);
        let (top, bottom) = (size(first, CELL.0), size(end, CELL.0));
        let (half, quarter) = (size(1, CELL.0) / 2, size(1, CELL.0) / 4);
        let grid = self.tiling.grid();
        for r in 0..grid.rows {
            let rows = self.tiling.rows(r);
            let deep = rows.end.min(bottom + half).saturating_sub(rows.start.max(top.saturating_sub(half)));
            // Letters reach out of the cells that they mostly lie in, by half a cell; less than a quarter may be margin.
            if deep < quarter {
                continue;
            }
            for c in 0..grid.cols {
                let cols = self.tiling.cols(c);
                if cols.end.min(right) > cols.start.max(left)
                    && let Some(patch) = out.get_mut(grid.index(r, c))
                {
                    *patch = patch.max(score);
                }
            }
        }
    }
}
