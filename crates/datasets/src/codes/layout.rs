//! Boxes that do not touch.
//!
//! Places are drawn at random and refused where something lies already. That leaves
//! gaps of every size, as things on a desk do, which rows and columns would not.

use crate::random::Random;
use crate::shape::Point;

use super::symbol::Symbol;

/// An upright box by its centre and half sides, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spot {
    pub(super) centre: Point,
    pub(super) half: Point,
}

impl Spot {
    pub(super) fn area(self) -> f32 {
        4.0 * self.half[0] * self.half[1]
    }

    /// Whether less than `gap` lies between the two, both across and down.
    pub(super) fn is_near(self, other: Self, gap: f32) -> bool {
        (0..2).all(|c| {
            let apart = (self.centre[c] - other.centre[c]).abs();
            apart < self.half[c] + other.half[c] + gap
        })
    }
}

/// A page that is being filled.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    page: Point,
    gap: f32,
    taken: Vec<Spot>,
}

impl Layout {
    /// An empty page, with `gap` pixels between boxes and around them.
    pub(super) fn new(page: Point, gap: f32) -> Self {
        Self { page, gap, taken: Vec::new() }
    }

    /// The share of the page that is taken.
    pub(super) fn share(&self) -> f32 {
        self.taken.iter().map(|spot| spot.area()).sum::<f32>() / (self.page[0] * self.page[1])
    }

    /// Whether a box fits where it is.
    fn has_room(&self, spot: Spot) -> bool {
        let inside = (0..2).all(|c| {
            let reach = spot.half[c] + self.gap;
            spot.centre[c] >= reach && spot.centre[c] + reach <= self.page[c]
        });
        inside && !self.taken.iter().any(|&other| spot.is_near(other, self.gap))
    }

    /// Takes a box of these half sides, or of the same aspect and smaller by no more than
    /// `least`: where, of two dozen random points, most room is left.
    pub(super) fn take(&mut self, random: &mut Random, half: Point, least: f32) -> Option<Spot> {
        let points = (0..24).map(|_| self.point(random, [0.0; 2]));
        let rooms = points.map(|centre| (centre, self.room(centre, half)));
        let (centre, room) = rooms.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        if room < least {
            return None;
        }
        // Not all of the room: rounding must not make two boxes touch.
        let spot = Spot { centre, half: half.map(|side| side * (0.999 * room).min(1.0)) };
        self.taken.push(spot);
        Some(spot)
    }

    /// The factor by which `half` may be multiplied until a box at `centre` meets another
    /// one or the border; negative where another one lies.
    fn room(&self, centre: Point, half: Point) -> f32 {
        let borders = (0..2).map(|c| (centre[c].min(self.page[c] - centre[c]) - self.gap) / half[c]);
        let boxes = self.taken.iter().map(|other| {
            let free = |c: usize| ((centre[c] - other.centre[c]).abs() - other.half[c] - self.gap) / half[c];
            free(0).max(free(1))
        });
        borders.chain(boxes).fold(f32::INFINITY, f32::min)
    }

    /// A point of the page at which a box of these half sides would not leave it, when it
    /// is small enough.
    fn point(&self, random: &mut Random, half: Point) -> Point {
        std::array::from_fn(|c| {
            let reach = half[c] + self.gap;
            reach + random.unit() * (self.page[c] - 2.0 * reach).max(0.0)
        })
    }

    /// Finds places for all symbols on an empty page; false, and an empty page, when one
    /// finds none.
    pub(super) fn place_all(&mut self, random: &mut Random, symbols: &mut [Symbol]) -> bool {
        self.taken.clear();
        for symbol in symbols {
            let half = symbol.half();
            let spots = (0..200).map(|_| Spot { centre: self.point(random, half), half });
            let Some(spot) = spots.into_iter().find(|&spot| self.has_room(spot)) else {
                self.taken.clear();
                return false;
            };
            self.taken.push(spot);
            symbol.centre = spot.centre;
        }
        true
    }
}
