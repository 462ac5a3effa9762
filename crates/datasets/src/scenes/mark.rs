//! The fine marks by which things are told apart.
//!
//! Marks of a kind differ in nothing but detail: where a gap is, where a hand points, how
//! many dots there are, which letter it is. The gap in a ring is Landolt's (ISO 8596): its
//! width is a known share of the ring's, so what it takes to see it is known too.

use crate::canvas::{Canvas, Colour};
use crate::random::Random;
use crate::shape::{Point, Shape, turned};

use super::words::Figure;

/// A kind of mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    Gap,
    Hand,
    Dots,
    Letter,
}

/// A mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A gap in a ring, in eighths of a turn clockwise from the right.
    Gap(u8),
    /// A stroke from the middle outwards, in the same directions.
    Hand(u8),
    /// So many dots, 2 to 9, laid out as on dice.
    Dots(u8),
    Letter(Letter),
}

/// A letter that straight strokes can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letter {
    E,
    F,
    H,
    K,
    L,
    N,
    T,
    V,
    Y,
    Z,
}

impl Detail {
    pub(super) const ALL: [Self; 4] = [Self::Gap, Self::Hand, Self::Dots, Self::Letter];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Hand => "hand",
            Self::Dots => "dots",
            Self::Letter => "letter",
        }
    }

    /// The things that can bear such a mark.
    pub(super) fn figures(self) -> &'static [Figure] {
        if self == Self::Gap { &[Figure::Ring] } else { &Figure::FILLED }
    }

    /// All marks of the kind.
    pub(super) fn marks(self) -> Vec<Mark> {
        match self {
            Self::Gap => (0..8).map(Mark::Gap).collect(),
            Self::Hand => (0..8).map(Mark::Hand).collect(),
            Self::Dots => (2..10).map(Mark::Dots).collect(),
            Self::Letter => Letter::ALL.into_iter().map(Mark::Letter).collect(),
        }
    }

    /// `count` different marks in random order; all there are when that is more.
    pub(super) fn some(self, random: &mut Random, count: usize) -> Vec<Mark> {
        let mut marks = self.marks();
        random.shuffle(&mut marks);
        marks.truncate(count);
        marks
    }
}

impl Mark {
    /// Paints the mark into a figure of this middle and diameter.
    pub(super) fn paint(self, canvas: &mut Canvas, middle: Point, size: f32, ink: Colour) {
        let at = |[x, y]: Point| [middle[0] + size * x, middle[1] + size * y];
        match self {
            Self::Gap(towards) => {
                let [cos, sin] = turned(f32::from(towards) * std::f32::consts::FRAC_PI_4);
                let half = [0.5 * RING * size + 1.0, 0.5 * GAP * size];
                let reach = 0.5 - 0.5 * RING;
                let gap = Shape::Rectangle {
                    centre: at([reach * cos, reach * sin]),
                    half,
                    turn: [cos, sin],
                    round: 0.0,
                };
                canvas.fill(&gap, ink);
            }
            Self::Hand(towards) => {
                let [cos, sin] = turned(f32::from(towards) * std::f32::consts::FRAC_PI_4);
                let hand = Shape::Stroke {
                    from: middle,
                    to: at([0.20 * cos, 0.20 * sin]),
                    half: 0.5 * STROKE * size,
                };
                canvas.fill(&hand, ink);
                canvas.fill(&Shape::circle(middle, 0.8 * STROKE * size), ink);
            }
            Self::Dots(count) => {
                for place in dots(count) {
                    canvas.fill(&Shape::circle(at(place.map(|side| 0.17 * side)), 0.055 * size), ink);
                }
            }
            Self::Letter(letter) => {
                for stroke in letter.strokes() {
                    let [from, to] = stroke.map(|[x, y]| at([0.33 * x, 0.33 * y]));
                    canvas.fill(&Shape::Stroke { from, to, half: 0.5 * STROKE * size }, ink);
                }
            }
        }
    }
}

/// Thickness of a ring as a share of its diameter, as Landolt's.
pub(super) const RING: f32 = 0.2;

/// Width of the gap in a ring as a share of the ring's diameter.
const GAP: f32 = 0.085;

/// Width of a stroke as a share of the diameter.
const STROKE: f32 = 0.075;

/// Places of dots, in steps from the middle.
fn dots(count: u8) -> Vec<Point> {
    let pairs: [[Point; 2]; 4] = [
        [[-1.0, -1.0], [1.0, 1.0]],
        [[1.0, -1.0], [-1.0, 1.0]],
        [[-1.0, 0.0], [1.0, 0.0]],
        [[0.0, -1.0], [0.0, 1.0]],
    ];
    let mut places: Vec<Point> = pairs.into_iter().take(usize::from(count / 2)).flatten().collect();
    if count % 2 == 1 {
        places.push([0.0, 0.0]);
    }
    places
}

impl Letter {
    const ALL: [Self; 10] =
        [Self::E, Self::F, Self::H, Self::K, Self::L, Self::N, Self::T, Self::V, Self::Y, Self::Z];

    pub(super) fn name(self) -> &'static str {
        // A letter is the initial of its word.
        &self.spoken()[..1]
    }

    /// Its word of the NATO alphabet.
    pub(super) fn spoken(self) -> &'static str {
        match self {
            Self::E => "Echo",
            Self::F => "Foxtrot",
            Self::H => "Hotel",
            Self::K => "Kilo",
            Self::L => "Lima",
            Self::N => "November",
            Self::T => "Tango",
            Self::V => "Victor",
            Self::Y => "Yankee",
            Self::Z => "Zulu",
        }
    }

    /// Strokes in a box of 0.7 × 1 around the origin.
    fn strokes(self) -> Vec<[Point; 2]> {
        // By rows from the top, and columns from the left.
        let [a, b, c]: [Point; 3] = [[-0.35, -0.5], [0.0, -0.5], [0.35, -0.5]];
        let [d, e, f]: [Point; 3] = [[-0.35, 0.0], [0.0, 0.0], [0.35, 0.0]];
        let [g, h, i]: [Point; 3] = [[-0.35, 0.5], [0.0, 0.5], [0.35, 0.5]];
        match self {
            Self::E => vec![[a, g], [a, c], [d, f], [g, i]],
            Self::F => vec![[a, g], [a, c], [d, f]],
            Self::H => vec![[a, g], [c, i], [d, f]],
            Self::K => vec![[a, g], [d, c], [d, i]],
            Self::L => vec![[a, g], [g, i]],
            Self::N => vec![[a, g], [a, i], [c, i]],
            Self::T => vec![[a, c], [b, h]],
            Self::V => vec![[a, h], [c, h]],
            Self::Y => vec![[a, e], [c, e], [e, h]],
            Self::Z => vec![[a, c], [c, g], [g, i]],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_dots_as_said_and_no_two_in_one_place() {
        for count in 2..10 {
            let places = dots(count);
            assert_eq!(places.len(), usize::from(count));
            for (place, dot) in places.iter().enumerate() {
                assert!(!places[..place].contains(dot), "{count}: {dot:?}");
            }
        }
    }

    #[test]
    fn some_marks_are_different_marks() {
        for detail in Detail::ALL {
            let marks = detail.some(&mut Random::new(1), 7);
            assert_eq!(marks.len(), 7);
            assert!(marks.iter().enumerate().all(|(place, mark)| !marks[..place].contains(mark)));
        }
    }
}
