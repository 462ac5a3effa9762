//! Where a colour is that the question names.
//!
//! The eight chromatic basic terms (Berlin and Kay 1969, "Basic Color Terms"), each a
//! region of hue, saturation and value; black, white and grey are on every page, and name
//! nothing. What a patch has of a colour counts for more the fewer patches have any
//! of it: of one red thing on a page it is known where it is, of a red page nothing is.

use std::{ops::Range, sync::OnceLock};

use arrcoc_stats::{Pixels, Rect, Tiling};

use crate::things::{Asked, Thing, Things, has};

/// The terms, with other words for them.
const TERMS: [&[&str]; 8] = [
    &["red", "scarlet", "crimson", "ruby", "vermilion", "cherry"],
    &["orange", "tangerine", "amber", "carrot", "apricot"],
    &["yellow", "golden", "gold", "lemon", "mustard"],
    &["green", "emerald", "lime", "olive", "grass", "mint"],
    &["blue", "azure", "navy", "cobalt", "sapphire", "turquoise", "cyan"],
    &["purple", "violet", "lilac", "lavender", "plum", "mauve"],
    &["pink", "rose", "fuchsia", "magenta", "flamingo", "salmon"],
    &["brown", "chestnut", "chocolate", "tan", "hazel", "coffee"],
];
const RED: usize = 0;
const ORANGE: usize = 1;
const YELLOW: usize = 2;
const GREEN: usize = 3;
const BLUE: usize = 4;
const PURPLE: usize = 5;
const PINK: usize = 6;
const BROWN: usize = 7;

/// A pixel without a colour that has a name here.
const NONE: u8 = TERMS.len() as u8;

/// From this share of its pixels on a patch has a colour as much as any.
const ENOUGH: f32 = 0.1;

/// How many patches off a thing has its surroundings.
const RING: u32 = 2;

/// A thing covers about so many patches: a colour on no more of them has one place.
const ONE_PLACE: f32 = 4.0;

/// What is known of a colour without a thing that fits is worth so much of what is known with one.
const LOOSE: f32 = 0.3;

/// A thing lies in a patch when so much of the smaller of the two is shared.
const SHARED: f32 = 0.125;

/// What each patch has of each colour, and the things that have one.
pub(crate) struct Colours {
    /// N × 8, from 0 to 1.
    has: Vec<[f32; TERMS.len()]>,
    things: Vec<Thing>,
    tiling: Tiling,
}

impl Colours {
    pub(crate) fn new(pixels: &Pixels<'_>, tiling: Tiling) -> Colours {
        let names = names();
        let grid = tiling.grid();
        let mut things = Things::default();
        let mut line = vec![NONE; pixels.width() as usize];
        let mut has = Vec::with_capacity(grid.patches());
        for r in 0..grid.rows {
            let mut counts = vec![[0u32; TERMS.len() + 1]; grid.cols as usize];
            for y in tiling.rows(r) {
                let row = pixels.row(y).chunks_exact(3);
                line.iter_mut().zip(row).for_each(|(name, p)| *name = names[place(p[0], p[1], p[2])]);
                things.row(y, &line, NONE);
                for (c, counts) in (0..).zip(&mut counts) {
                    let cols = tiling.cols(c);
                    let own = &line[cols.start as usize..cols.end as usize];
                    own.iter().for_each(|name| counts[usize::from(*name)] += 1);
                }
            }
            for counts in counts {
                let all: u32 = counts.iter().sum();
                let share = |count: u32| (count as f32 / (ENOUGH * all.max(1) as f32)).min(1.0);
                has.push(std::array::from_fn(|term| share(counts[term])));
            }
        }
        Colours { has, things: things.found(pixels.width().saturating_mul(pixels.height())), tiling }
    }

    /// How likely each patch has what is asked for by its colour, and its figure where that is named too: in [0, 1] and
    /// only in order; 0 everywhere where the question names no colour.
    pub(crate) fn relevance(&self, question: &str, out: &mut [f32]) {
        out.fill(0.0);
        let words: Vec<String> = question
            .split(|c: char| !c.is_alphanumeric())
            .map(str::to_lowercase)
            .filter(|word| !word.is_empty())
            .collect();
        let look = Asked::new(&words);
        for term in asked(&words) {
            let own = self.things.iter().filter(|thing| usize::from(thing.colour) == term);
            let fits: Vec<(&Thing, f32)> = own.map(|thing| (thing, thing.fits(&look))).collect();
            // Of several that fit it is not known which.
            let all = fits.iter().map(|(_, fit)| fit).sum::<f32>().max(1.0);
            for (thing, fit) in fits {
                self.paint(thing, fit / all, out);
            }
            let alone = self.alone(term);
            let places: f32 = alone.iter().sum();
            let known = LOOSE * ONE_PLACE / places.max(ONE_PLACE);
            out.iter_mut().zip(alone).for_each(|(out, alone)| *out = out.max(alone * known));
        }
    }

    /// Raises each patch that a thing lies in, with what is just around it.
    fn paint(&self, thing: &Thing, score: f32, out: &mut [f32]) {
        let Rect { x, y, width, height } = thing.rect;
        let (more_x, more_y) = (width / 8, height / 8);
        let (left, right) = (x.saturating_sub(more_x), x + width + more_x);
        let (top, bottom) = (y.saturating_sub(more_y), y + height + more_y);
        let grid = self.tiling.grid();
        for r in 0..grid.rows {
            let rows = self.tiling.rows(r);
            let high = rows.end.min(bottom).saturating_sub(rows.start.max(top));
            for c in (0..grid.cols).filter(|_| high > 0) {
                let cols = self.tiling.cols(c);
                let wide = cols.end.min(right).saturating_sub(cols.start.max(left));
                let area = |width: u32, height: u32| width as f32 * height as f32;
                let smaller =
                    area(right - left, bottom - top).min(area(cols.end - cols.start, rows.end - rows.start));
                if area(wide, high) >= SHARED * smaller
                    && let Some(patch) = out.get_mut(grid.index(r, c))
                {
                    *patch = patch.max(score);
                }
            }
        }
    }

    /// What each patch has of a colour, less what is around it: a thing, and not the ground.
    fn alone(&self, term: usize) -> Vec<f32> {
        let grid = self.tiling.grid();
        let of = |row: u32, col: u32| self.has[grid.index(row, col)][term];
        let around = |patch: usize| {
            let (row, col) = grid.position(patch);
            let (mut sum, mut count) = (0.0, 0.0f32);
            for r in row.saturating_sub(RING)..=(row + RING).min(grid.rows - 1) {
                for c in col.saturating_sub(RING)..=(col + RING).min(grid.cols - 1) {
                    if r.abs_diff(row).max(c.abs_diff(col)) == RING {
                        sum += of(r, c);
                        count += 1.0;
                    }
                }
            }
            sum / count.max(1.0)
        };
        self.has.iter().enumerate().map(|(patch, has)| (has[term] - around(patch)).max(0.0)).collect()
    }
}

/// The terms that some words in small letters name.
fn asked(words: &[String]) -> impl Iterator<Item = usize> {
    TERMS.iter().enumerate().filter_map(|(term, names)| has(words, names).then_some(term))
}

/// Bits of a colour's parts that are told apart.
const BITS: u32 = 5;

fn place(r: u8, g: u8, b: u8) -> usize {
    let part = |x: u8| usize::from(x >> (8 - BITS));
    part(r) << (2 * BITS) | part(g) << BITS | part(b)
}

/// The term of every colour, by [`place`].
fn names() -> &'static [u8] {
    static NAMES: OnceLock<Vec<u8>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let middle = |place: usize, part: u32| {
            let x = place >> (part * BITS) & ((1 << BITS) - 1);
            (x << (8 - BITS) | 1 << (7 - BITS)) as f32
        };
        let name = |place| term(middle(place, 2), middle(place, 1), middle(place, 0));
        (0..1usize << (3 * BITS)).map(|place| name(place).map_or(NONE, |term| term as u8)).collect()
    })
}

/// The term of a colour of parts from 0 to 255.
fn term(r: f32, g: f32, b: f32) -> Option<usize> {
    let (value, least) = (r.max(g).max(b), r.min(g).min(b));
    let chroma = value - least;
    let saturation = chroma / value.max(1.0);
    if value < 60.0 || saturation < 0.2 || chroma < 36.0 {
        return None;
    }
    let hue = match () {
        () if value == r => (g - b) / chroma * 60.0,
        () if value == g => (b - r) / chroma * 60.0 + 120.0,
        () => (r - g) / chroma * 60.0 + 240.0,
    };
    let hue = if hue < 0.0 { hue + 360.0 } else { hue };
    let among = |range: Range<f32>| range.contains(&hue);
    Some(match () {
        () if among(300.0..345.0) => {
            if value > 140.0 {
                PINK
            } else {
                PURPLE
            }
        }
        // Pale red is pink; pale orange is skin, wood and paper, which nobody calls orange.
        () if among(345.0..360.0) || among(0.0..14.0) => {
            if saturation > 0.55 {
                RED
            } else if value > 170.0 {
                PINK
            } else {
                BROWN
            }
        }
        () if saturation < 0.4 => return None,
        () if among(14.0..46.0) => {
            if value > 175.0 {
                ORANGE
            } else {
                BROWN
            }
        }
        () if among(46.0..70.0) => {
            if value > 120.0 {
                YELLOW
            } else {
                GREEN
            }
        }
        () if among(70.0..170.0) => GREEN,
        () if among(170.0..252.0) => BLUE,
        () => PURPLE,
    })
}

#[cfg(test)]
mod tests {
    use arrcoc_stats::Grid;

    use super::*;

    #[test]
    fn colours_have_the_names_that_people_give_them() {
        // The named colours of CSS Color Module Level 4.
        for (name, r, g, b) in [
            (RED, 255, 0, 0),
            (RED, 220, 20, 60),
            (RED, 178, 34, 34),
            (ORANGE, 255, 165, 0),
            (ORANGE, 255, 140, 0),
            (YELLOW, 255, 255, 0),
            (YELLOW, 255, 215, 0),
            (GREEN, 0, 128, 0),
            (GREEN, 50, 205, 50),
            (GREEN, 107, 142, 35),
            (BLUE, 0, 0, 255),
            (BLUE, 65, 105, 225),
            (BLUE, 135, 206, 235),
            (PURPLE, 128, 0, 128),
            (PURPLE, 138, 43, 226),
            (PINK, 255, 192, 203),
            (PINK, 255, 105, 180),
            (BROWN, 139, 69, 19),
            (BROWN, 160, 82, 45),
        ] {
            let found = names()[place(r, g, b)];
            assert_eq!(usize::from(found), name, "{r} {g} {b}");
        }
        for (r, g, b) in [(0, 0, 0), (255, 255, 255), (128, 128, 128), (245, 245, 220), (250, 240, 230)] {
            assert_eq!(names()[place(r, g, b)], NONE, "{r} {g} {b}");
        }
    }

    #[test]
    fn a_colour_is_found_where_it_is_and_says_less_where_there_is_much_of_it() {
        let (side, grid) = (160, Grid::new(8, 8).unwrap());
        let page = |red: fn(u32, u32) -> bool| -> Vec<u8> {
            let pixel = |x, y| if red(x, y) { [200, 20, 30] } else { [240, 238, 230] };
            (0..side).flat_map(|y| (0..side).flat_map(move |x| pixel(x, y))).collect()
        };
        let hear = |data: &[u8], question: &str| {
            let pixels = Pixels::new(side, side, data).unwrap();
            let mut out = vec![9.0; 64];
            Colours::new(&pixels, Tiling::new(grid, side, side).unwrap()).relevance(question, &mut out);
            out
        };
        let one = page(|x, y| (62..76).contains(&x) && (24..38).contains(&y));
        let heard = hear(&one, "Where is the Scarlet box?");
        assert_eq!((heard[11], heard.iter().sum::<f32>()), (1.0, 1.0), "{heard:?}");
        for question in ["Where is the blue ring?", "What is redacted?", ""] {
            assert_eq!(hear(&one, question), [0.0; 64], "{question}");
        }
        let all = page(|_, _| true);
        assert_eq!(hear(&all, "the red one"), [0.0; 64]);
        // Of eight, apart from each other, it is not known which.
        let many = page(|x, y| x % 60 < 16 && y % 60 < 16);
        assert!(hear(&many, "the red one").iter().all(|&heard| heard <= 0.5));
    }
}
