//! Where the lines of print run, and how near they stand to each other.
//!
//! The network's cells are 16 pixels high, which is coarse for the line that a value
//! stands in. So this looks at the pixels again: print has edges across the line,
//! and rules, bands and the upper and lower sides of boxes have none. The slant of
//! the page is the one at which the edges fall into rows most sharply (Postl 1986,
//! "Detection of linear oblique structures and skew scan in digitized documents");
//! everything here is told of the page set straight.
//!
//! What stands close belongs together (Wertheimer 1923, "Untersuchungen zur Lehre
//! von der Gestalt II"): where a label has its value below, the two are nearer to
//! each other than to the lines around them.

use std::ops::Range;

use arrcoc_stats::{Pixels, luma};

use crate::network::CELL;

/// Height of a strip in pixels; it is as wide as a cell.
const STRIP: usize = 2;

/// Strips of a cell, one below the other.
const STRIPS: usize = CELL.0 / STRIP;

/// The most strips that the ends of a line may lie higher or lower than its middle: 20 pixels.
const SLANT: isize = 10;

/// How many strips up and down other lines are looked for: 128 pixels.
const AROUND: usize = 64;

/// A strip with less than this share of what the label has at most is between lines.
const BETWEEN: f32 = 0.25;

/// Strips without print that are between lines: a line of letters has no room of four pixels.
const APART: usize = 2;

/// Cells without print that may stand between the words of a value, and for each strip of its height: behind the point of
/// an initial, in a large face of equal widths, there is room for two letters.
const GAP: usize = 3;
const GAP_OF_HEIGHT: f32 = 2.0 / 3.0;

/// So many runs may be next at most.
const MOST: usize = 3;

/// Cells on both sides of a label by which its line is told too.
const WIDER: usize = 3;

/// How much nearer the line of a pair is than the next pair.
const CLOSER: f32 = 0.75;

/// How far the lines of a pair are apart at most, in heights of the upper one.
const NEAR: f32 = 1.25;

/// The edges of a page that was set straight.
pub(crate) struct Lines {
    rows: usize,
    cols: usize,
    /// The sum of the differences of neighbours in a row, less what paper has; column by column.
    edges: Vec<u32>,
    /// By how many strips each column was moved up.
    shifts: Vec<isize>,
    /// By how much the network's page is smaller than the real one.
    shrunk: usize,
}

/// Print in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Strips, from the top.
    pub(crate) rows: Range<usize>,
    /// Columns, as wide as cells.
    pub(crate) cols: Range<usize>,
}

/// A run and what is around it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) own: Run,
    /// What may come next in the line, the likeliest last.
    pub(crate) next: Vec<Run>,
    /// What is below.
    pub(crate) below: Option<Run>,
    /// Whether it is a pair with what is below.
    pub(crate) is_paired: bool,
}

impl Lines {
    /// Of a page that the network sees at one part of `shrunk` of its size.
    pub(crate) fn new(pixels: &Pixels<'_>, shrunk: usize) -> Lines {
        let (width, height) = (pixels.width() as usize, pixels.height() as usize);
        let (high, wide) = (STRIP * shrunk, CELL.1 * shrunk);
        let (rows, cols) = (height.div_ceil(high), width.div_ceil(wide));
        let mut edges = vec![0; rows * cols];
        let mut grey = vec![0u8; width];
        for y in 0..height {
            let line = pixels.row(y as u32).chunks_exact(3);
            grey.iter_mut().zip(line).for_each(|(grey, p)| *grey = luma(p[0], p[1], p[2]));
            for (col, some) in grey.chunks(wide).enumerate() {
                let sum: u32 = some.iter().zip(&some[1..]).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
                edges[col * rows + y / high] += sum;
            }
        }
        // Most of a page is paper.
        let mut sorted = edges.clone();
        let middle = sorted.len() / 2;
        let paper = sorted.select_nth_unstable(middle).1.to_owned();
        edges.iter_mut().for_each(|strip| *strip = strip.saturating_sub(paper + paper / 4));
        let shifts_at = |slant: isize| (0..cols).map(move |col| shift(slant, col, cols));
        let sharpness = |slant: isize| {
            let mut sums = vec![0u32; rows];
            for (column, shift) in edges.chunks_exact(rows).zip(shifts_at(slant)) {
                let (into, from) = overlap(rows, shift);
                sums[into].iter_mut().zip(&column[from]).for_each(|(sum, strip)| *sum += strip);
            }
            sums.iter().map(|&sum| u64::from(sum) * u64::from(sum)).sum::<u64>()
        };
        let slants = (-SLANT..=SLANT).map(|slant| (sharpness(slant), -slant.abs(), slant));
        let slant = slants.max().map_or(0, |(_, _, slant)| slant);
        let shifts: Vec<isize> = shifts_at(slant).collect();
        let mut straight = vec![0; rows * cols];
        let columns = straight.chunks_exact_mut(rows).zip(edges.chunks_exact(rows));
        for ((straight, column), &shift) in columns.zip(&shifts) {
            let (into, from) = overlap(rows, shift);
            straight[into].copy_from_slice(&column[from]);
        }
        Lines { rows, cols, edges: straight, shifts, shrunk }
    }

    /// The pixels of a run's height at one of its columns.
    pub(crate) fn height(&self, run: &Run, col: usize) -> Range<u32> {
        let shift = self.shifts.get(col).copied().unwrap_or(0);
        let y = |strip: usize| (strip.saturating_add_signed(shift) * STRIP * self.shrunk) as u32;
        y(run.rows.start)..y(run.rows.end)
    }

    /// The sums of some columns, strip by strip.
    fn sums(&self, cols: &Range<usize>, rows: Range<usize>) -> Vec<u32> {
        let mut sums = vec![0; rows.len()];
        for col in cols.clone() {
            let column = &self.edges[col * self.rows..][rows.clone()];
            sums.iter_mut().zip(column).for_each(|(sum, strip)| *sum += strip);
        }
        sums
    }

    /// The line that a label in some columns of a row of cells stands in, and what is around it. None where there is no
    /// print at all.
    pub(crate) fn place(&self, row: usize, label: Range<usize>) -> Option<Place> {
        let end = label.end.clamp(1, self.cols.max(1)) - 1;
        // The cells of words that are surest, and some on both sides: one cell may have half a letter.
        let label = label.start.saturating_sub(WIDER).min(self.cols)..(label.end + WIDER).min(self.cols);
        let shift = *self.shifts.get(label.start.midpoint(label.end))?;
        let first = (row * STRIPS).checked_add_signed(-shift).filter(|&first| first < self.rows)?;
        let whole = first.saturating_sub(AROUND)..(first + STRIPS + AROUND).min(self.rows);
        let own = first..(first + STRIPS).min(whole.end);
        let (lines, at, level) = self.lines(&label, whole, own)?;
        let room = |upper: usize| Some(lines.get(upper + 1)?.start - lines.get(upper)?.end);
        let is_paired = {
            let (height, above) = (lines[at].len(), at.checked_sub(1).and_then(room));
            let farther = |room: Option<usize>, below| room.is_none_or(|room| below < CLOSER * room as f32);
            room(at).map(|room| room as f32).is_some_and(|below| {
                below <= NEAR * height as f32 && farther(above, below) && farther(room(at + 1), below)
            })
        };
        let rows = lines[at].clone();
        let level = level / label.len().max(1) as f32;
        let own = self.run(&rows, end, 1 + rows.len() / STRIPS, level);
        let next = self.next(&own, level);
        let below = lines.get(at + 1).and_then(|rows| {
            let col = self.first(rows, own.cols.clone(), level)?;
            Some(self.value(rows, col, level))
        });
        Some(Place { own, next, below, is_paired })
    }

    /// What may be next in the line: what looks like print of this line, and what is before it and may be that or not,
    /// such as a word of the label yet, a stain, a stamp, the side of a box.
    fn next(&self, own: &Run, level: f32) -> Vec<Run> {
        let mut next: Vec<Run> = Vec::new();
        let mut from = own.cols.end;
        while next.len() < MOST {
            let Some(first) = self.first(&own.rows, from..self.cols, level) else { break };
            let cols = first..self.value(&own.rows, first, level).cols.end;
            let line = Run { rows: own.rows.clone(), cols };
            let run = Run { rows: self.grown(&line), ..line };
            from = run.cols.end;
            let (high, line) = (run.rows.len(), own.rows.len());
            let is_side = run.cols.len() <= 2 && high > 2 * line;
            if 2 * high <= line + 1 || is_side {
                continue;
            }
            let is_odd = 2 * run.cols.len() < line
                || 2 * high > 3 * line + 2
                || 4 * run.rows.end.abs_diff(own.rows.end) > line + 4;
            let is_near = next.is_empty() && first <= own.cols.end + GAP;
            next.push(run);
            if !is_odd && !is_near {
                break;
            }
        }
        next
    }

    /// The rows of the line of a run by its own print: a value may be larger than its label.
    fn grown(&self, run: &Run) -> Range<usize> {
        let reach = run.rows.len();
        let whole = run.rows.start.saturating_sub(reach)..(run.rows.end + reach).min(self.rows);
        let found = self.lines(&run.cols, whole, run.rows.clone());
        found.map_or(run.rows.clone(), |(lines, at, _)| lines[at].clone())
    }

    /// The lines in some columns and rows, which of them has the most print that is among some of the rows, and the sum
    /// from which on a strip has print.
    fn lines(
        &self,
        cols: &Range<usize>,
        rows: Range<usize>,
        among: Range<usize>,
    ) -> Option<(Vec<Range<usize>>, usize, f32)> {
        let (top, sums) = (rows.start, self.sums(cols, rows));
        let most = among.max_by_key(|&strip| sums[strip - top])?;
        let level = BETWEEN * Some(sums[most - top]).filter(|sum| *sum > 0)? as f32;
        let on_page = |line: Range<usize>| line.start + top..line.end + top;
        let lines: Vec<Range<usize>> = lines(&sums, level).into_iter().map(on_page).collect();
        let at = lines.iter().position(|line| line.contains(&most))?;
        Some((lines, at, level))
    }

    /// Whether a column has print at the height of a line: in half of the middle half of it, where dots and the tails of
    /// the line above are not.
    fn has_print(&self, rows: &Range<usize>, col: usize, level: f32) -> bool {
        let quarter = rows.len() / 4;
        let middle = &self.edges[col * self.rows..][rows.start + quarter..rows.end - quarter];
        2 * middle.iter().filter(|&&strip| strip as f32 >= level).count() >= middle.len()
    }

    fn first(&self, rows: &Range<usize>, mut cols: Range<usize>, level: f32) -> Option<usize> {
        cols.find(|&col| self.has_print(rows, col, level))
    }

    /// The value around a column.
    fn value(&self, rows: &Range<usize>, col: usize, level: f32) -> Run {
        self.run(rows, col, GAP.max((rows.len() as f32 * GAP_OF_HEIGHT) as usize), level)
    }

    /// The run around a column, up to so many cells without print.
    fn run(&self, rows: &Range<usize>, col: usize, gap: usize, level: f32) -> Run {
        let (mut from, mut to) = (col, col + 1);
        while let Some(next) = self.first(rows, to..(to + gap + 1).min(self.cols), level) {
            to = next + 1;
        }
        let before = |from: usize| (from.saturating_sub(gap + 1)..from).rev();
        while let Some(next) = before(from).find(|&col| self.has_print(rows, col, level)) {
            from = next;
        }
        Run { rows: rows.clone(), cols: from..to }
    }
}

/// By how many strips a column is moved, where the ends of lines lie `slant` strips off.
fn shift(slant: isize, col: usize, cols: usize) -> isize {
    let (all, from_middle) = (cols.max(1) as isize, 2 * col as isize + 1 - cols as isize);
    (2 * slant * from_middle + all).div_euclid(2 * all)
}

/// Which strips of a column come to lie where, when it is moved up.
fn overlap(rows: usize, shift: isize) -> (Range<usize>, Range<usize>) {
    let by = shift.unsigned_abs().min(rows);
    if shift >= 0 { (0..rows - by, by..rows) } else { (by..rows, 0..rows - by) }
}

/// The stretches from a level on, with no room between.
fn lines(sums: &[u32], level: f32) -> Vec<Range<usize>> {
    let mut lines: Vec<Range<usize>> = Vec::new();
    for strip in (0..sums.len()).filter(|&strip| sums[strip] as f32 >= level) {
        match lines.last_mut() {
            Some(line) if strip - line.end < APART => line.end = strip + 1,
            _ => lines.push(strip..strip + 1),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: u32 = 640;

    /// A page with print: strokes of two pixels, in boxes of left, top, width and height; set askew by so many pixels from
    /// side to side.
    fn page(print: &[[u32; 4]], slant: i32) -> Lines {
        let mut data = vec![255; (3 * SIDE * SIDE) as usize];
        for &[left, top, width, height] in print {
            for x in (left..left + width).filter(|x| x % 4 < 2) {
                let down = slant * (x as i32 - SIDE as i32 / 2) / SIDE as i32;
                for y in top..top + height {
                    let at = ((y as i32 + down) as u32 * SIDE + x) as usize;
                    data[3 * at..3 * at + 3].fill(0);
                }
            }
        }
        Lines::new(&Pixels::new(SIDE, SIDE, &data).unwrap(), 1)
    }

    /// Left, right, top and bottom of a run, in pixels and at its first column.
    fn sides(lines: &Lines, run: &Run) -> [u32; 4] {
        let height = lines.height(run, run.cols.start);
        [8 * run.cols.start as u32, 8 * run.cols.end as u32, height.start, height.end]
    }

    #[test]
    fn the_next_run_is_behind_dots_and_in_the_same_line_of_a_slanted_page() {
        for slant in [-16, 0, 12] {
            let mut print = vec![[80, 96, 80, 16], [560, 92, 40, 24]];
            print.extend((180..540).step_by(12).map(|x| [x, 109, 3, 3]));
            for other in [200, 304, 416, 512] {
                print.extend([[80, other, 200, 16], [400, other, 160, 16]]);
            }
            // The side of a box, which is as high as three lines.
            print.push([552, 60, 2, 80]);
            let lines = page(&print, slant);
            let row = ((96 - slant * (640 / 2 - 100) / 640 + 8) / 16) as usize;
            let place = lines.place(row, 11..18).unwrap();
            assert_eq!(place.next.len(), 1, "{slant}: {place:?}");
            let [left, right, top, bottom] = sides(&lines, &place.next[0]);
            assert!((544..=560).contains(&left) && (600..=608).contains(&right), "{slant}: {place:?}");
            let there = (92 + slant * (580 - 320) / 640) as u32;
            assert!(top.abs_diff(there) <= 4 && bottom.abs_diff(there + 24) <= 4, "{slant}: {top} {bottom}");
            assert!(!place.is_paired, "{slant}: {place:?}");
        }
    }

    #[test]
    fn a_label_is_a_pair_with_the_line_that_is_much_nearer_than_the_others() {
        let at = |rows: [u32; 4]| page(&rows.map(|y| [80, y, 160, 16]), 0);
        for (rows, paired) in [
            ([96, 160, 182, 246], true),
            ([96, 160, 200, 240], false),
            ([96, 136, 176, 216], false),
            // The first of a row of lines, after a gap.
            ([40, 160, 190, 220], false),
        ] {
            let row = ((rows[1] + 8) / 16) as usize;
            let place = at(rows).place(row, 12..20).unwrap();
            assert_eq!(place.is_paired, paired, "{rows:?} {place:?}");
            assert_eq!(place.own.cols, 10..30);
            assert!(place.next.is_empty());
            assert!(place.below.is_some());
        }
    }

    #[test]
    fn a_value_goes_on_behind_room_for_two_of_its_letters() {
        for (height, room, goes_on) in [(16, 24, true), (16, 48, false), (28, 48, true), (28, 80, false)] {
            let value = [[320, 96, 80, height], [400 + room, 96, 80, height]];
            let lines = page(&[&[[80, 96, 80, height]], &value[..]].concat(), 0);
            let place = lines.place(6, 11..18).unwrap();
            let end = if goes_on { 480 + room } else { 400 };
            assert_eq!(place.next[0].cols, 40..end as usize / 8, "{height} {room}: {place:?}");
        }
    }

    #[test]
    fn no_page_and_no_place_is_too_small_or_too_far() {
        for (width, height) in [(1, 1), (1, 40), (40, 1), (7, 3), (17, 33)] {
            for grey in [0u8, 255, 7] {
                let data: Vec<u8> = (0..3 * width * height).map(|i| (i as u8).wrapping_mul(grey)).collect();
                let pixels = Pixels::new(width, height, &data).unwrap();
                for shrunk in [1, 3] {
                    let lines = Lines::new(&pixels, shrunk);
                    for row in [0, 1, 2, 40, usize::MAX / 64] {
                        for col in [0, 1, 5, 900] {
                            let _ = lines.place(row, col..col + 1);
                            let _ = lines.place(row, 0..col);
                        }
                    }
                }
            }
        }
    }
}
