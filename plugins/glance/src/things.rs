//! Things: what stands alone in one colour, and the outline it has.
//!
//! A thing is a stretch of one of the colours of [`colour`](crate::colour), connected, neither
//! tiny nor the ground. Its outline is told by how wide it is from top to bottom; a
//! figure with a name has a known course of widths.

use std::ops::Range;

use arrcoc_stats::Rect;

/// Pixels of one colour in a row that count at least: fewer are noise.
const RUN: u32 = 3;

/// The least side of a thing in pixels.
const LEAST: u32 = 10;

/// A thing takes at most one part of this of the page.
const MOST: u32 = 12;

/// Heights at which widths are looked at.
const LEVELS: usize = 12;

/// From this share of holes on a thing is a ring.
const HOLLOW: f32 = 0.2;

/// How far widths may be off, as a standard deviation, of the whole width.
const OFF: f32 = 0.09;

/// The same of the logarithm of width by height.
const OBLONG: f32 = 0.15;

/// Levels whose widths may be anything.
const GAPS: usize = 2;

/// A mark that lies less than this off the middle, in widths, is on no side.
const CENTRAL: f32 = 0.004;

/// A figure with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    Ring,
    Disc,
    Square,
    Diamond,
    Hexagon,
    Triangle,
}

/// Names of figures.
const NAMES: [(Figure, &[&str]); 6] = [
    (Figure::Ring, &["ring", "hoop", "annulus", "loop", "donut"]),
    (Figure::Disc, &["disc", "disk", "circle", "roundel", "ball", "coin", "round"]),
    (Figure::Square, &["square", "box", "tile", "cube"]),
    (Figure::Diamond, &["diamond", "rhombus", "lozenge"]),
    (Figure::Hexagon, &["hexagon", "hexagonal", "sided", "honeycomb"]),
    (Figure::Triangle, &["triangle", "triangular"]),
];

/// The width of a figure at a height from 0 to 1, as a share of its greatest; and its width by its height.
type Course = (fn(f32) -> f32, f32);

impl Figure {
    /// The figure that some words in small letters name.
    pub(crate) fn named(words: &[String]) -> Option<Figure> {
        NAMES.iter().find(|(_, list)| has(words, list)).map(|(figure, _)| *figure)
    }

    /// How wide it is from top to bottom, in each way in which it may stand.
    fn courses(self) -> &'static [Course] {
        match self {
            Figure::Ring | Figure::Disc => &[(|t| 2.0 * (t - t * t).sqrt(), 1.0)],
            Figure::Square => &[(|_| 1.0, 1.0)],
            Figure::Diamond => &[(|t| 1.0 - (2.0 * t - 1.0).abs(), 1.08)],
            Figure::Hexagon => &[
                (|t| 1.0 - 0.5 * (2.0 * t - 1.0).abs(), 1.155),
                (|t| (4.0 * t).min(4.0 - 4.0 * t).min(1.0), 0.866),
            ],
            Figure::Triangle => &[(|t| t, 1.1), (|t| 1.0 - t, 1.1)],
        }
    }
}

/// A thing on a page.
#[derive(Clone, Debug)]
pub(crate) struct Thing {
    pub(crate) colour: u8,
    /// The smallest box around it, in pixels.
    pub(crate) rect: Rect,
    /// How wide it is at [`LEVELS`] heights, of the box's width.
    widths: [f32; LEVELS],
    /// The share of its outline that is of another colour.
    hollow: f32,
    /// How many stretches of other colours it has inside.
    holes: i32,
    /// Where those lie, seen from the middle: to the right and down, in widths.
    lean: [f32; 2],
}

/// What a question says of a thing besides its colour.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Asked {
    figure: Option<Figure>,
    /// So many marks.
    marks: Option<i32>,
    /// A mark, a hand, a gap on that side: to the right and down.
    towards: Option<[f32; 2]>,
}

/// Words for marks that are counted, for what has a direction, and for directions.
const MARKS: [&str; 10] = ["dot", "dots", "spot", "spots", "pip", "pips", "hole", "holes", "mark", "marks"];
const DIRECTED: [&str; 16] = [
    "open", "opens", "opening", "gap", "break", "hand", "needle", "spoke", "point", "points", "pointing",
    "face", "faces", "facing", "towards", "toward",
];
const DIRECTIONS: [(&[&str], [f32; 2]); 4] = [
    (&["right", "east"], [1.0, 0.0]),
    (&["left", "west"], [-1.0, 0.0]),
    (&["top", "upper", "up", "upwards", "north"], [0.0, -1.0]),
    (&["bottom", "lower", "down", "downwards", "south"], [0.0, 1.0]),
];
const COUNTS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// Whether one of some words is in a list.
pub(crate) fn has(words: &[String], list: &[&str]) -> bool {
    words.iter().any(|word| list.contains(&word.as_str()))
}

impl Asked {
    /// What some words in small letters say.
    pub(crate) fn new(words: &[String]) -> Asked {
        let counted = || {
            let of = |word: &String| COUNTS.iter().position(|count| count == word).map(|count| count as i32);
            words.iter().find_map(|word| of(word).or_else(|| word.parse().ok().filter(|count| *count < 100)))
        };
        let directed = || {
            let asked = DIRECTIONS.iter().filter(|(names, _)| has(words, names));
            let [x, y] = asked.fold([0.0, 0.0], |[x, y], (_, [dx, dy])| [x + dx, y + dy]);
            (x != 0.0 || y != 0.0).then_some([x, y])
        };
        Asked {
            figure: Figure::named(words),
            marks: if has(words, &MARKS) { counted() } else { None },
            towards: if has(words, &DIRECTED) { directed() } else { None },
        }
    }
}

/// How far the number of marks may be off, and a direction in eighths of a turn, as standard deviations.
const COUNT_OFF: f32 = 0.7;
const TURN_OFF: f32 = 0.6;

/// What a thing is worth by its colour, where the question does not say of what figure it is: it may ask for what is none
/// of these, such as a car.
const ANY: f32 = 0.3;

/// A mark may be seen wrongly, or not at all, so often.
const MISSED: f32 = 0.1;

impl Thing {
    /// How well the thing fits what is asked, from 0 to 1.
    pub(crate) fn fits(&self, asked: &Asked) -> f32 {
        let normal = |off: f32| MISSED + (1.0 - MISSED) * libm::expf(-0.5 * off * off);
        let figure = asked.figure.map_or(ANY, |figure| self.looks_like(figure));
        let marks = asked.marks.map_or(1.0, |marks| normal((marks - self.holes) as f32 / COUNT_OFF));
        let towards = asked.towards.map_or(1.0, |[x, y]| {
            let [own_x, own_y] = self.lean;
            if own_x * own_x + own_y * own_y < CENTRAL * CENTRAL {
                return MISSED;
            }
            let between = libm::atan2f(own_y, own_x) - libm::atan2f(y, x);
            let turn = libm::atan2f(libm::sinf(between), libm::cosf(between)).abs();
            normal(turn / std::f32::consts::FRAC_PI_4 / TURN_OFF)
        });
        figure * marks * towards
    }

    fn looks_like(&self, figure: Figure) -> f32 {
        let is_ring = self.hollow > HOLLOW;
        if (figure == Figure::Ring) != is_ring {
            return 0.0;
        }
        let own = self.rect.width as f32 / self.rect.height as f32;
        let off = |&(course, aspect): &Course| {
            let mut squares: [f32; LEVELS] = std::array::from_fn(|level| {
                let off = self.widths[level] - course((level as f32 + 0.5) / LEVELS as f32);
                off * off
            });
            // A gap in the side takes from the width of a level or two.
            squares.sort_by(f32::total_cmp);
            let kept = &squares[..LEVELS - GAPS];
            let wide = libm::logf(own / aspect) / OBLONG;
            kept.iter().sum::<f32>() / kept.len() as f32 / (OFF * OFF) + wide * wide
        };
        let least = figure.courses().iter().map(off).fold(f32::INFINITY, f32::min);
        libm::expf(-0.5 * least)
    }
}

/// Pixels of one colour in a row.
#[derive(Clone, Copy, Debug)]
struct Run {
    row: u32,
    from: u32,
    to: u32,
    colour: u8,
    /// A run of the same thing, itself where there is none before.
    up: u32,
    /// How many runs of the thing it touches in the row above.
    touches: i32,
}

/// Collects the things of a page, row by row.
#[derive(Debug, Default)]
pub(crate) struct Things {
    runs: Vec<Run>,
    /// The runs of the row before.
    before: Range<usize>,
}

impl Things {
    /// The next row, by the colours of its pixels; `none` is none.
    pub(crate) fn row(&mut self, row: u32, colours: &[u8], none: u8) {
        let start = self.runs.len();
        let mut from = 0;
        let mut above = self.before.start;
        for stretch in colours.chunk_by(|a, b| a == b) {
            let (colour, to) = (stretch[0], from + stretch.len() as u32);
            if colour != none && to - from >= RUN {
                let own = self.runs.len();
                self.runs.push(Run { row, from, to, colour, up: own as u32, touches: 0 });
                while above < self.before.end && self.runs[above].to <= from {
                    above += 1;
                }
                let mut other = above;
                while other < self.before.end && self.runs[other].from < to {
                    if self.runs[other].colour == colour {
                        self.join(other, own);
                        self.runs[own].touches += 1;
                    }
                    other += 1;
                }
            }
            from = to;
        }
        self.before = start..self.runs.len();
    }

    fn first(&mut self, mut run: usize) -> usize {
        while self.runs[run].up as usize != run {
            let up = self.runs[run].up as usize;
            self.runs[run].up = self.runs[up].up;
            run = up;
        }
        run
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.first(a), self.first(b));
        self.runs[a.max(b)].up = a.min(b) as u32;
    }

    /// What was found on a page of so many pixels.
    pub(crate) fn found(mut self, pixels: u32) -> Vec<Thing> {
        for run in 0..self.runs.len() {
            let first = self.first(run);
            self.runs[run].up = first as u32;
        }
        // Rows stay in order within a thing.
        self.runs.sort_by_key(|run| run.up);
        self.runs.chunk_by(|a, b| a.up == b.up).filter_map(|runs| thing(runs, pixels)).collect()
    }
}

/// The thing of some runs from the top down, if it is one.
fn thing(runs: &[Run], pixels: u32) -> Option<Thing> {
    let (top, bottom) = (runs.first()?.row, runs.last()?.row + 1);
    let left = runs.iter().map(|run| run.from).min()?;
    let right = runs.iter().map(|run| run.to).max()?;
    let rect = Rect { x: left, y: top, width: right - left, height: bottom - top };
    if rect.width.min(rect.height) < LEAST || rect.width.saturating_mul(rect.height) > pixels / MOST {
        return None;
    }
    let (mut inside, mut whole) = (0, 0);
    // Twice the sums of places in the thing, and in its outline.
    let (mut own, mut all) = ([0.0f64; 2], [0.0f64; 2]);
    let mut sums = [(0.0f32, 0.0f32); LEVELS];
    for row in runs.chunk_by(|a, b| a.row == b.row) {
        let from = row.first()?.from;
        let to = row.iter().map(|run| run.to).max()?;
        inside += row.iter().map(|run| run.to - run.from).sum::<u32>();
        whole += to - from;
        let add = |sums: &mut [f64; 2], from: u32, to: u32| {
            let count = f64::from(to - from);
            sums[0] += count * f64::from(from + to);
            sums[1] += count * f64::from(2 * row[0].row + 1);
        };
        row.iter().for_each(|run| add(&mut own, run.from, run.to));
        add(&mut all, from, to);
        let level = (row[0].row - top) as usize * LEVELS / rect.height as usize;
        sums[level].0 += (to - from) as f32;
        sums[level].1 += 1.0;
    }
    let widths = sums.map(|(sum, count)| sum / (count.max(1.0) * rect.width as f32));
    let hollow = 1.0 - inside as f32 / whole as f32;
    // As Euler's number has it: runs less the places where they touch is things less holes.
    let holes = 1 - runs.len() as i32 + runs.iter().map(|run| run.touches).sum::<i32>();
    let middle = [f64::from(left + right), f64::from(top + bottom)];
    let lean = std::array::from_fn(|side| {
        let off = if hollow > HOLLOW {
            // What a ring lacks is where the rest is not.
            middle[side] - own[side] / f64::from(inside)
        } else if whole > inside {
            (all[side] - own[side]) / f64::from(whole - inside) - middle[side]
        } else {
            0.0
        };
        (off / 2.0 / f64::from(rect.width)) as f32
    });
    Some(Thing { colour: runs[0].colour, rect, widths, hollow, holes, lean })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: i32 = 120;
    const NONE: u8 = 9;

    /// The one thing of a picture: its points are seen from the middle, in halves of its size.
    fn thing(size: f32, is_in: impl Fn(f32, f32) -> bool) -> Thing {
        let mut things = Things::default();
        let at = |side: i32| (side - SIDE / 2) as f32 * 2.0 / size;
        for y in 0..SIDE {
            let line: Vec<u8> = (0..SIDE).map(|x| if is_in(at(x), at(y)) { 3 } else { NONE }).collect();
            things.row(y as u32, &line, NONE);
        }
        let mut found = things.found((SIDE * SIDE * 100) as u32);
        assert_eq!(found.len(), 1, "{size}");
        found.remove(0)
    }

    fn asked(text: &str) -> Asked {
        Asked::new(&text.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_figure_fits_its_name_and_no_other() {
        type Inside = fn(f32, f32) -> bool;
        let figures: [(&str, Inside); 7] = [
            ("ring", |x, y| (0.36..1.0).contains(&(x * x + y * y))),
            ("disc", |x, y| x * x + y * y < 1.0),
            ("square", |x, y| x.abs().max(y.abs()) < 0.9),
            ("diamond", |x, y| x.abs() / 1.1 + y.abs() < 1.0),
            ("hexagon", |x, y| y.abs() < 0.866 && x.abs() + y.abs() / 1.732 < 1.0),
            ("hexagon", |x, y| x.abs() < 0.866 && y.abs() + x.abs() / 1.732 < 1.0),
            ("triangle", |x, y| y.abs() < 0.9 && x.abs() < (y + 0.9) / 1.8),
        ];
        for size in [24.0, 40.0, 90.0] {
            for (name, is_in) in figures {
                let thing = thing(size, is_in);
                let own = thing.fits(&asked(name));
                assert!(own > 0.5, "a {name} of {size}: {own} {thing:?}");
                for (other, _) in figures.iter().filter(|(other, _)| *other != name) {
                    let fit = thing.fits(&asked(other));
                    assert!(fit < 0.8 * own, "a {name} of {size} is no {other}: {fit}, {own}");
                }
            }
        }
    }

    #[test]
    fn marks_are_counted_and_have_a_direction() {
        for count in 0..6 {
            let dotted = thing(80.0, |x, y| {
                let is_dot = |n: i32| {
                    let (dx, dy) = (x + 0.4 - 0.4 * (n % 3) as f32, y + 0.2 - 0.4 * (n / 3) as f32);
                    dx * dx + dy * dy < 0.02
                };
                x.abs().max(y.abs()) < 0.9 && !(0..count).any(is_dot)
            });
            for asked_for in 1..9 {
                let fit = dotted.fits(&asked(&format!("square with {asked_for} dots")));
                assert_eq!(fit > 0.6, count == asked_for, "{count} are not {asked_for}: {fit}");
            }
        }
        let towards = [("right", 1.0, 0.0), ("lower left", -0.7, 0.7), ("north", 0.0, -1.0)];
        for (name, dx, dy) in towards {
            let hand = |x: f32, y: f32| {
                let along = x * dx + y * dy;
                (0.0..0.5).contains(&along) && (x * dy - y * dx).abs() < 0.1
            };
            let clock = thing(60.0, |x, y| x * x + y * y < 1.0 && !hand(x, y));
            let gap = |x: f32, y: f32| x * dx + y * dy > 0.0 && (x * dy - y * dx).abs() < 0.1;
            let ring = thing(60.0, |x, y| (0.36..1.0).contains(&(x * x + y * y)) && !gap(x, y));
            for (other, ..) in towards {
                let fit = clock.fits(&asked(&format!("disc whose hand points to the {other}")));
                assert_eq!(fit > 0.6, name == other, "{name} is not {other}: {fit} {clock:?}");
                let fit = ring.fits(&asked(&format!("ring that opens to the {other}")));
                assert_eq!(fit > 0.6, name == other, "{name} is not {other}: {fit} {ring:?}");
            }
        }
        // Where a thing stands is not what is asked of it here.
        assert_eq!(asked("the red disc at the top left"), asked("the red disc"));
    }

    #[test]
    fn things_in_each_other_and_at_the_edge_are_apart() {
        let mut things = Things::default();
        for y in 0..60u32 {
            let line: Vec<u8> = (0..60u32)
                .map(|x| match x.min(y).min(59 - x).min(59 - y) {
                    0..12 => 1,
                    12..18 => NONE,
                    _ => 1,
                })
                .collect();
            things.row(y, &line, NONE);
        }
        let found = things.found(1 << 20);
        let boxes: Vec<_> = found.iter().map(|thing| (thing.rect.x, thing.rect.width, thing.holes)).collect();
        assert_eq!(boxes, [(0, 60, 1), (18, 24, 0)]);
        // The ground is none.
        let mut ground = Things::default();
        (0..60).for_each(|y| ground.row(y, &[2; 60], NONE));
        assert!(ground.found(3600).is_empty());
    }
}
