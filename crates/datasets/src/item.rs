//! The form of everything that is measured on: an image, what can be asked of
//! it, and where the answers are.
//!
//! Generators and readers of files both end here, so that a task never knows
//! where its images come from. Regions are in pixels, so that an item says
//! nothing about grids.

use std::collections::BTreeMap;

use arrcoc_picture::Image;
use arrcoc_stats::{Rect, Tiling};

/// A point in pixels.
pub(crate) type Point = [f32; 2];

/// An image, and what can be asked of it.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its name, which no other item of its dataset has: `form-3`, or the name of a file.
    pub name: String,
    /// The picture.
    pub image: Image,
    /// What is asked, at least one.
    pub asks: Vec<Ask>,
    /// By what results are reported too, such as `layout` → `form`.
    pub traits: BTreeMap<String, String>,
}

/// One thing to find out from an image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ask {
    /// The question; empty where there is nothing to say, such as for all codes of a page.
    pub question: String,
    /// The same question in other words, the nearest first.
    pub paraphrases: Vec<String>,
    /// What a right reader finds. Most questions have one answer.
    pub answers: Vec<Answer>,
    /// Where the words stand that the question names; none where it names none.
    pub label: Option<Region>,
    /// Places among which the answer is one, its own region among them, for a reader that
    /// has to choose; empty where there are none.
    pub candidates: Vec<Region>,
}

impl Ask {
    /// The question in one of its wordings: 0 is its own, n the n-th of the others. None where there are fewer.
    #[must_use]
    pub fn wording(&self, n: u8) -> Option<&str> {
        match usize::from(n).checked_sub(1) {
            None => Some(&self.question),
            Some(other) => self.paraphrases.get(other).map(String::as_str),
        }
    }
}

/// An answer, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What it says; empty where it is a place and not a text.
    pub text: String,
    /// Where it stands.
    pub region: Region,
}

/// A part of an image.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Region {
    /// Upright, of whole pixels.
    Box(Rect),
    /// A turned rectangle, by its corners `[x, y]` in order around it, where the centre
    /// of the first pixel is `[0.5, 0.5]`.
    Quad([[f32; 2]; 4]),
    /// Any pixels.
    Mask(Mask),
}

/// Pixels of a rectangle, each in or out.
#[derive(Clone, PartialEq, Eq)]
pub struct Mask {
    rect: Rect,
    inside: Vec<bool>,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.inside.iter().filter(|inside| **inside).count();
        write!(f, "Mask({:?}, {count} pixels)", self.rect)
    }
}

impl Mask {
    /// The pixels of `rect`, row by row; none when `inside` has another length or no pixel is in.
    #[must_use]
    pub fn new(rect: Rect, inside: Vec<bool>) -> Option<Self> {
        let fits = inside.len() == rect.width as usize * rect.height as usize;
        (fits && inside.contains(&true)).then_some(Self { rect, inside })
    }

    /// The rectangle that holds all pixels that are in.
    #[must_use]
    pub fn rect(&self) -> Rect {
        self.rect
    }

    /// Whether a pixel of the image is in.
    #[must_use]
    pub fn contains(&self, x: u32, y: u32) -> bool {
        let Rect { x: left, y: top, width, height } = self.rect;
        let (Some(x), Some(y)) = (x.checked_sub(left), y.checked_sub(top)) else { return false };
        x < width && y < height && self.inside[y as usize * width as usize + x as usize]
    }
}

impl Region {
    /// Whether it shares some area with `rect`.
    #[must_use]
    pub fn touches(&self, rect: Rect) -> bool {
        match self {
            Region::Box(own) => common(*own, rect).is_some(),
            Region::Quad(corners) => quad_touches(*corners, rect),
            Region::Mask(mask) => common(mask.rect, rect).is_some_and(|part| {
                (part.y..part.y + part.height)
                    .any(|y| (part.x..part.x + part.width).any(|x| mask.contains(x, y)))
            }),
        }
    }

    /// How many pixels of `rect` lie in it; of a turned rectangle those whose centre does.
    #[must_use]
    pub fn area_in(&self, rect: Rect) -> u64 {
        let count = |rect: Rect, is_in: &dyn Fn(u32, u32) -> bool| {
            let row = |y| (rect.x..rect.x + rect.width).filter(|&x| is_in(x, y)).count() as u64;
            (rect.y..rect.y + rect.height).map(row).sum()
        };
        match self {
            Region::Box(own) => common(*own, rect).map_or(0, area),
            Region::Quad(corners) => {
                let around = self.bounds(u32::MAX, u32::MAX);
                common(around, rect).map_or(0, |part| count(part, &|x, y| quad_holds(*corners, x, y)))
            }
            Region::Mask(mask) => {
                common(mask.rect, rect).map_or(0, |part| count(part, &|x, y| mask.contains(x, y)))
            }
        }
    }

    /// The smallest upright rectangle of whole pixels around it, inside a picture of
    /// `width` × `height` pixels; of no area where it lies outside.
    #[must_use]
    pub fn bounds(&self, width: u32, height: u32) -> Rect {
        let all = Rect { x: 0, y: 0, width, height };
        let own = match self {
            Region::Box(rect) | Region::Mask(Mask { rect, .. }) => *rect,
            Region::Quad(corners) => {
                let low = |c: usize| corners.iter().map(|p| p[c]).fold(f32::INFINITY, f32::min).floor();
                let high = |c: usize| corners.iter().map(|p| p[c]).fold(f32::NEG_INFINITY, f32::max).ceil();
                // A float cast saturates: what lies before the picture is clipped to 0.
                let (x, y) = (low(0) as u32, low(1) as u32);
                let side = |c: usize, from: u32| (high(c) as u32).saturating_sub(from);
                Rect { x, y, width: side(0, x), height: side(1, y) }
            }
        };
        common(own, all).unwrap_or(Rect { x: 0, y: 0, width: 0, height: 0 })
    }
}

impl Ask {
    /// 1 for every patch that touches an answer, else 0; one number a patch, row by row.
    #[must_use]
    pub fn answer_mask(&self, tiling: &Tiling) -> Vec<u8> {
        let holds = |rect| self.answers.iter().any(|answer| answer.region.touches(rect));
        (0..tiling.grid().patches()).map(|patch| u8::from(holds(tiling.patch(patch)))).collect()
    }
}

/// How many pixels a rectangle has.
pub(crate) fn area(rect: Rect) -> u64 {
    u64::from(rect.width) * u64::from(rect.height)
}

pub(crate) fn common(a: Rect, b: Rect) -> Option<Rect> {
    let span = |a: u32, a_side: u32, b: u32, b_side: u32| {
        let end = a.saturating_add(a_side).min(b.saturating_add(b_side));
        let start = a.max(b);
        (start < end).then(|| (start, end - start))
    };
    let (x, width) = span(a.x, a.width, b.x, b.width)?;
    let (y, height) = span(a.y, a.height, b.y, b.height)?;
    Some(Rect { x, y, width, height })
}

/// Whether the centre of a pixel is on the same side of all four sides.
fn quad_holds(corners: [Point; 4], x: u32, y: u32) -> bool {
    let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
    let side = |k: usize| {
        let ([ax, ay], [bx, by]) = (corners[k], corners[(k + 1) % 4]);
        (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    };
    let sides = [0, 1, 2, 3].map(side);
    sides.iter().all(|side| *side >= 0.0) || sides.iter().all(|side| *side <= 0.0)
}

/// Two convex figures are apart when an axis across a side of one of them parts them;
/// both have right angles, so their sides are axes.
fn quad_touches(corners: [Point; 4], rect: Rect) -> bool {
    let (left, top) = (rect.x as f32, rect.y as f32);
    let (right, bottom) = (left + rect.width as f32, top + rect.height as f32);
    let box_corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
    let [first, along, _, down] = corners;
    let side = |to: Point| [to[0] - first[0], to[1] - first[1]];
    [[1.0, 0.0], [0.0, 1.0], side(along), side(down)].into_iter().all(|axis| {
        let extent = |corners: [Point; 4]| {
            let places = corners.map(|p| p[0] * axis[0] + p[1] * axis[1]);
            places
                .into_iter()
                .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), p| (low.min(p), high.max(p)))
        };
        let (one, other) = (extent(corners), extent(box_corners));
        one.0 < other.1 && other.0 < one.1
    })
}

#[cfg(test)]
mod tests {
    use arrcoc_stats::Grid;

    use super::*;

    const fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn regions_touch_what_they_share_area_with() {
        let own = Region::Box(rect(10, 10, 10, 10));
        assert!(own.touches(rect(0, 0, 11, 11)) && own.touches(rect(19, 12, 1, 1)));
        assert!(!own.touches(rect(0, 0, 10, 30)) && !own.touches(rect(20, 10, 5, 5)));
        // A square on its tip: its bounding box has empty corners.
        let tip = Region::Quad([[15.0, 5.0], [25.0, 15.0], [15.0, 25.0], [5.0, 15.0]]);
        assert!(tip.touches(rect(14, 14, 2, 2)) && !tip.touches(rect(5, 5, 4, 4)));
        assert_eq!(tip.bounds(20, 100), rect(5, 5, 15, 20));
        let mask = Mask::new(rect(4, 4, 2, 2), vec![true, false, false, false]).unwrap();
        assert!(Region::Mask(mask.clone()).touches(rect(0, 0, 5, 5)));
        assert!(!Region::Mask(mask).touches(rect(5, 4, 5, 5)));
    }

    #[test]
    fn a_mask_has_its_length_and_a_pixel() {
        assert!(Mask::new(rect(0, 0, 2, 2), vec![true; 3]).is_none());
        assert!(Mask::new(rect(0, 0, 2, 2), vec![false; 4]).is_none());
    }

    #[test]
    fn the_patches_of_an_answer_are_marked() {
        let answer = Answer { text: "7".into(), region: Region::Box(rect(9, 0, 2, 5)) };
        let ask = Ask { answers: vec![answer], ..Ask::default() };
        let tiling = Tiling::new(Grid::new(2, 2).unwrap(), 20, 20).unwrap();
        assert_eq!(ask.answer_mask(&tiling), [1, 1, 0, 0]);
    }
}
