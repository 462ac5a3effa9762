//! Which things are on a page, and where.

use crate::random::Random;
use crate::shape::Point;

use super::mark::Detail;
use super::thing::{Look, Thing};
use super::words::Tint;
use super::{GROUPS, NOMINAL, SIZE};

/// The fewest things of a group, and one more than the most.
const MEMBERS: std::ops::Range<u32> = 5..8;

/// The things of a page, from large to small, in places where they do not touch.
pub(super) fn things(random: &mut Random, detail: Detail, [width, height]: Point) -> Vec<Thing> {
    let mut things = groups(random, detail, scale([width, height]));
    // Where not all fit, all are made a little smaller. That ends: small ones fit.
    while !place(&mut random.fork(), &mut things, [width, height]) {
        things.iter_mut().for_each(|thing| thing.size *= 0.97);
    }
    things
}

/// By how much sizes differ from those on a nominal page: by area, but no more than lets
/// the large ones fit between the long sides of a strip.
pub(super) fn scale([width, height]: Point) -> f32 {
    ((width * height).sqrt() / NOMINAL).min(2.0 * width.min(height) / NOMINAL)
}

/// All things at the origin. Each group has its own tint and figure, and its size from one
/// of as many equal parts of the range of sizes, on a logarithmic scale, as there are groups.
fn groups(random: &mut Random, detail: Detail, scale: f32) -> Vec<Thing> {
    let figures = detail.figures();
    let mut tints = Tint::ALL;
    random.shuffle(&mut tints);
    // Where there are figures enough, tints come back, so that no question is answered by
    // its colour alone.
    let kept = if figures.len() > 1 { 4 } else { tints.len() };
    let mut looks: Vec<_> =
        tints[..kept].iter().flat_map(|&tint| figures.iter().map(move |&figure| (tint, figure))).collect();
    random.shuffle(&mut looks);
    let ratio = libm::logf(SIZE.end / SIZE.start);
    let mut things = Vec::new();
    for (group, (tint, figure)) in looks.into_iter().take(GROUPS).enumerate() {
        let mut random = random.fork();
        let look = Look::new(&mut random, tint, figure);
        let place = (group as f32 + random.unit()) / GROUPS as f32;
        let size = scale * SIZE.end * libm::expf(-ratio * place);
        let members = random.whole(MEMBERS) as usize;
        for mark in detail.some(&mut random, members) {
            things.push(Thing { group, look, mark, size, centre: [0.0; 2] });
        }
    }
    things
}

/// Finds a place for each thing; false when one finds none.
fn place(random: &mut Random, things: &mut [Thing], page: Point) -> bool {
    for next in 0..things.len() {
        let reach = |thing: &Thing| 0.8 * thing.size;
        let own = reach(&things[next]);
        let spot = (0..300).find_map(|_| {
            let at: Point = page.map(|side| own + random.unit() * (side - 2.0 * own).max(0.0));
            let is_free = things[..next].iter().all(|other| {
                let (dx, dy) = (at[0] - other.centre[0], at[1] - other.centre[1]);
                let apart = own + reach(other);
                dx * dx + dy * dy > apart * apart
            });
            let is_inside = (0..2).all(|c| at[c] >= own && at[c] + own <= page[c] + 0.01);
            (is_free && is_inside).then_some(at)
        });
        match spot {
            Some(at) => things[next].centre = at,
            None => return false,
        }
    }
    true
}
