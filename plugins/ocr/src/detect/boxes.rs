//! From the probability that a pixel belongs to text to frames around lines.
//!
//! The rule of the detector's authors (Liao et al. 2020, "Real-time scene text
//! detection with differentiable binarization", section 3.4): what is above a
//! threshold and hangs together is the core of a line, and a line is larger than its
//! core by the area over the perimeter times a ratio. Two things are done otherwise.
//! The frame follows the core's principal axis instead of being the rectangle of
//! least area, which tells less of the direction of a short word; and a core that is
//! too short to have a direction takes that of the page. So lines may lie askew, by up
//! to 45°; what runs downwards is framed upright and will not be read.

use crate::frame::Frame;

/// Above this a pixel belongs to the core of a line.
const CORE: f32 = 0.3;
/// The least mean probability of a core.
const SCORE: f64 = 0.6;
/// How much larger than its core a line is, as a multiple of area over perimeter.
const RATIO: f32 = 1.5;
/// Least pixels across a core.
const THINNEST: f32 = 2.0;
/// How many times longer than thick a core must be to have a direction of its own.
const LONG: f64 = 4.0;
/// Frames of one line that are less than this far apart, in heights, are one frame.
const APART: f32 = 0.35;
/// Most lines of an image; the largest ones stay.
const MOST: usize = 1000;

/// Pixels of a row that lie side by side and belong to a core.
#[derive(Clone, Copy, Debug)]
struct Run {
    y: u32,
    start: u32,
    end: u32,
    /// A run of the same core, or itself: the parents of runs are a forest with one tree for each core.
    parent: u32,
}

/// Sums over the pixels of a core.
#[derive(Clone, Copy, Debug, Default)]
struct Core {
    count: f64,
    probability: f64,
    /// Σx, Σy of pixel centres.
    sum: [f64; 2],
    /// Σx², Σxy, Σy².
    square: [f64; 3],
}

/// Frames around what a map of probabilities says is text, row by row of `width` numbers; in no certain order.
pub(super) fn find(map: &[f32], width: usize) -> Vec<Frame> {
    let mut runs = connected(map, width);
    let frames = framed(&runs, map, width);
    join(&frames, &mut runs);
    framed(&runs, map, width).into_iter().map(|(frame, _)| frame).collect()
}

/// The frames of the cores, each with the run that is parent of its core.
fn framed(runs: &[Run], map: &[f32], width: usize) -> Vec<(Frame, u32)> {
    let mut cores = vec![Core::default(); runs.len()];
    for run in runs {
        cores[run.parent as usize].add(run, &map[run.y as usize * width..]);
    }
    // What is no run's parent has no pixels.
    let kept = |core: &Core| core.count > 0.0 && core.probability / core.count >= SCORE;
    let page = slope_of_page(cores.iter().filter(|core| kept(core)));
    let directions: Vec<[f32; 2]> = cores.iter().map(|core| core.direction().unwrap_or(page)).collect();
    let mut extents = vec![[f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY]; runs.len()];
    for run in runs {
        let ([x, y], extent) = (directions[run.parent as usize], &mut extents[run.parent as usize]);
        for (px, py) in [(run.start, run.y), (run.end, run.y), (run.start, run.y + 1), (run.end, run.y + 1)] {
            let (px, py) = (px as f32, py as f32);
            let place = [px * x + py * y, py * x - px * y];
            for c in 0..2 {
                extent[c] = extent[c].min(place[c]);
                extent[c + 2] = extent[c + 2].max(place[c]);
            }
        }
    }
    let mut frames: Vec<(Frame, u32)> = (0..runs.len())
        .filter(|&i| kept(&cores[i]))
        .map(|i| (frame(directions[i], extents[i]), i as u32))
        .filter(|(frame, _)| frame.width.min(frame.height) >= THINNEST)
        .map(|(frame, parent)| {
            let by = RATIO * frame.width * frame.height / (2.0 * (frame.width + frame.height));
            (frame.grown(by), parent)
        })
        .collect();
    if frames.len() > MOST {
        frames.sort_by(|(a, _), (b, _)| (b.width * b.height).total_cmp(&(a.width * a.height)));
        frames.truncate(MOST);
    }
    frames
}

/// Gives cores that are parts of one line one parent: words that stand far apart, as they do in faces of equal widths,
/// have cores of their own, and half of a letter of the next word would be read with each.
fn join(frames: &[(Frame, u32)], runs: &mut [Run]) {
    for (i, (left, a)) in frames.iter().enumerate() {
        for (right, b) in &frames[i + 1..] {
            if beside(left, right) {
                let (a, b) = (root(runs, *a as usize), root(runs, *b as usize));
                runs[a.max(b)].parent = a.min(b) as u32;
            }
        }
    }
    flatten(runs);
}

/// Whether two frames are parts of one line: alike in height, in line with each other, and next to each other.
fn beside(a: &Frame, b: &Frame) -> bool {
    let (least, most) = (a.height.min(b.height), a.height.max(b.height));
    let long = if a.width > b.width { a } else { b };
    let [x, y] = long.along;
    let (dx, dy) = (b.centre[0] - a.centre[0], b.centre[1] - a.centre[1]);
    let (along, across) = ((dx * x + dy * y).abs(), (dy * x - dx * y).abs());
    most < 1.5 * least && across < 0.3 * least && along - (a.width + b.width) / 2.0 < APART * least
}

/// The frame with these least and greatest places along and across a direction.
fn frame(along: [f32; 2], [left, top, right, bottom]: [f32; 4]) -> Frame {
    let ([x, y], u, v) = (along, (left + right) / 2.0, (top + bottom) / 2.0);
    Frame { centre: [u * x - v * y, u * y + v * x], along, width: right - left, height: bottom - top }
}

/// The runs of a map, each with the first run of its core as parent. Corners that touch hang together.
fn connected(map: &[f32], width: usize) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut above = 0..0;
    for (y, row) in map.chunks_exact(width).enumerate() {
        let begin = runs.len();
        let mut x = 0;
        while let Some(start) = (x..width).find(|&x| row[x] > CORE) {
            let end = (start..width).find(|&x| row[x] <= CORE || row[x].is_nan()).unwrap_or(width);
            let parent = runs.len() as u32;
            runs.push(Run { y: y as u32, start: start as u32, end: end as u32, parent });
            x = end;
        }
        let (mut i, mut j) = (above.start, begin);
        while i < above.end && j < runs.len() {
            let (upper, lower) = (runs[i], runs[j]);
            if upper.start <= lower.end && lower.start <= upper.end {
                let (a, b) = (root(&mut runs, i), root(&mut runs, j));
                runs[a.max(b)].parent = a.min(b) as u32;
            }
            if upper.end < lower.end { i += 1 } else { j += 1 }
        }
        above = begin..runs.len();
    }
    flatten(&mut runs);
    runs
}

/// Makes the first run of a core the parent of all of it.
fn flatten(runs: &mut [Run]) {
    for i in 0..runs.len() {
        // Parents come before their children, so theirs is the first already.
        runs[i].parent = runs[runs[i].parent as usize].parent;
    }
}

/// The first run of the core; paths to it are halved on the way.
fn root(runs: &mut [Run], mut i: usize) -> usize {
    while runs[i].parent as usize != i {
        let parent = runs[i].parent as usize;
        runs[i].parent = runs[parent].parent;
        i = runs[i].parent as usize;
    }
    i
}

impl Core {
    fn add(&mut self, run: &Run, row: &[f32]) {
        let n = f64::from(run.end - run.start);
        let (x, y) = (f64::from(run.start + run.end) / 2.0, f64::from(run.y) + 0.5);
        self.count += n;
        self.probability +=
            row[run.start as usize..run.end as usize].iter().map(|p| f64::from(*p)).sum::<f64>();
        self.sum[0] += n * x;
        self.sum[1] += n * y;
        self.square[0] += n * x * x + n * n * n / 12.0;
        self.square[1] += n * x * y;
        self.square[2] += n * y * y + n / 12.0;
    }

    /// Where the core leads, when it is long and leads rather to the side than down.
    fn direction(&self) -> Option<[f32; 2]> {
        let [x, y] = self.sum.map(|sum| sum / self.count);
        let [xx, xy, yy] = self.square.map(|square| square / self.count);
        let (xx, xy, yy) = (xx - x * x, xy - x * y, yy - y * y);
        // The eigenvalues of the covariance are the squares of the half axes, but for a factor.
        let (middle, half) = ((xx + yy) / 2.0, (xx - yy) / 2.0);
        let root = (half * half + xy * xy).sqrt();
        let (long, short) = (middle + root, middle - root);
        if half < 0.0 || long < LONG * LONG * short {
            return None;
        }
        let (u, v) = (half + root, xy);
        let length = (u * u + v * v).sqrt();
        (length > 0.0).then(|| [(u / length) as f32, (v / length) as f32])
    }
}

/// The direction of the page: half of all pixels of long cores lie in cores that are turned less.
fn slope_of_page<'a>(cores: impl Iterator<Item = &'a Core>) -> [f32; 2] {
    let mut long: Vec<([f32; 2], f64)> =
        cores.filter_map(|core| Some((core.direction()?, core.count))).collect();
    // To the right all of them lead, so the sine tells how far each is turned.
    long.sort_by(|a, b| a.0[1].total_cmp(&b.0[1]));
    let half = long.iter().map(|(_, count)| count).sum::<f64>() / 2.0;
    let mut below = 0.0;
    let median = long.iter().find(|(_, count)| {
        below += count;
        below >= half
    });
    median.map_or([1.0, 0.0], |(along, _)| *along)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIDE: usize = 200;

    /// A map with bars of text, each given by centre, direction, length and thickness.
    fn map(bars: &[([f32; 2], [f32; 2], f32, f32)]) -> Vec<f32> {
        let inside = |i: usize| {
            let (px, py) = ((i % SIDE) as f32 + 0.5, (i / SIDE) as f32 + 0.5);
            bars.iter().any(|([cx, cy], [x, y], length, thickness)| {
                let (dx, dy) = (px - cx, py - cy);
                (dx * x + dy * y).abs() < length / 2.0 && (dy * x - dx * y).abs() < thickness / 2.0
            })
        };
        (0..SIDE * SIDE).map(|i| if inside(i) { 0.9 } else { 0.1 }).collect()
    }

    #[test]
    fn an_upright_bar_is_framed_by_hand() {
        let frames = find(&map(&[([100.0, 60.0], [1.0, 0.0], 80.0, 10.0)]), SIDE);
        // 80 × 10 pixels, grown by 1.5 · 800 / 180 on each side.
        let by = 1.5 * 800.0 / 180.0;
        let expected =
            Frame { centre: [100.0, 60.0], along: [1.0, 0.0], width: 80.0, height: 10.0 }.grown(by);
        assert_eq!(frames, [expected]);
    }

    #[test]
    fn what_is_short_takes_the_direction_of_the_page() {
        let along = [0.9994, 0.0349];
        let bars = [([100.0, 60.0], along, 160.0, 10.0), ([100.0, 120.0], along, 14.0, 10.0)];
        let mut frames = find(&map(&bars), SIDE);
        frames.sort_by(|a, b| b.width.total_cmp(&a.width));
        assert_eq!(frames.len(), 2);
        for (frame, bar) in frames.iter().zip(bars) {
            for (c, along) in along.iter().enumerate() {
                assert!((frame.along[c] - along).abs() < 0.003, "{frame:?}");
                assert!((frame.centre[c] - bar.0[c]).abs() < 0.6, "{frame:?}");
            }
        }
        assert_eq!(frames[0].along, frames[1].along);
    }

    #[test]
    fn letters_apart_are_apart_and_specks_are_none() {
        let bars = [
            ([40.0, 60.0], [1.0, 0.0], 50.0, 8.0),
            ([120.0, 60.0], [1.0, 0.0], 50.0, 8.0),
            ([50.0, 150.0], [1.0, 0.0], 1.0, 1.0),
        ];
        assert_eq!(find(&map(&bars), SIDE).len(), 2);
        let faint: Vec<f32> = map(&bars).into_iter().map(|p| p * 0.6).collect();
        assert!(find(&faint, SIDE).is_empty(), "the mean of a core is 0.54");
    }

    #[test]
    fn words_of_a_line_are_one_frame_and_lines_are_not() {
        // Cores 10 high; frames reach about 6 pixels farther to each side.
        let bars = [
            ([40.0, 60.0], [1.0, 0.0], 50.0, 10.0),
            ([96.0, 61.0], [1.0, 0.0], 40.0, 10.0),
            ([40.0, 82.0], [1.0, 0.0], 50.0, 10.0),
            ([172.0, 60.0], [1.0, 0.0], 50.0, 10.0),
        ];
        let mut frames = find(&map(&bars), SIDE);
        frames.sort_by(|a, b| b.width.total_cmp(&a.width));
        assert_eq!(frames.len(), 3, "{frames:?}");
        assert!(
            (frames[0].width - 115.0).abs() < 3.0 && (frames[0].centre[0] - 65.5).abs() < 1.5,
            "{frames:?}"
        );
    }

    #[test]
    fn branches_that_meet_further_down_are_one() {
        let rows = ["#..#..#", "#..#..#", "#######"];
        let map: Vec<f32> = rows.concat().bytes().map(|b| if b == b'#' { 1.0 } else { 0.0 }).collect();
        let runs = connected(&map, 7);
        assert_eq!(runs.len(), 7);
        assert!(runs.iter().all(|run| run.parent == 0), "{runs:?}");
        let corner = connected(&[1.0, 0.0, 0.0, 1.0], 2);
        assert_eq!(corner[1].parent, 0, "corners hang together");
        assert_eq!(connected(&[1.0, 0.0, 0.0, 0.0, 0.0, 1.0], 3)[1].parent, 1);
    }

    proptest! {
        #[test]
        fn any_map_gives_finite_frames(
            width in 1usize..40,
            cells in prop::collection::vec(prop_oneof![Just(0.0f32), Just(1.0), Just(f32::NAN), 0.0f32..1.0], 0..900)
        ) {
            let rows = cells.len() / width;
            for frame in find(&cells[..rows * width], width) {
                let numbers = [frame.centre[0], frame.centre[1], frame.width, frame.height];
                prop_assert!(numbers.iter().all(|n| n.is_finite()), "{frame:?}");
                let [x, y] = frame.along;
                prop_assert!((x * x + y * y - 1.0).abs() < 1e-5 && x >= y.abs(), "{frame:?}");
            }
        }

        #[test]
        fn cores_are_those_of_a_flood(cells in prop::collection::vec(prop::bool::weighted(0.4), 96)) {
            let width = 12;
            let map: Vec<f32> = cells.iter().map(|on| f32::from(u8::from(*on))).collect();
            let mut seen = vec![false; cells.len()];
            let mut floods = 0;
            for start in 0..cells.len() {
                if !cells[start] || std::mem::replace(&mut seen[start], true) { continue }
                floods += 1;
                let mut stack = vec![start];
                while let Some(i) = stack.pop() {
                    let (x, y) = ((i % width) as i32, (i / width) as i32);
                    for (dx, dy) in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx, dy))) {
                        let (x, y) = (x + dx, y + dy);
                        if !(0..width as i32).contains(&x) || !(0..8).contains(&y) { continue }
                        let j = (y * width as i32 + x) as usize;
                        if cells[j] && !std::mem::replace(&mut seen[j], true) { stack.push(j) }
                    }
                }
            }
            let runs = connected(&map, width);
            let roots = runs.iter().enumerate().filter(|(i, run)| run.parent as usize == *i).count();
            prop_assert_eq!(roots, floods);
        }
    }
}
