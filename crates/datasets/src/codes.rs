//! Pages with QR codes among clutter: how many of them can still be read?
//!
//! A code is either read or it is not, and what it says is known, so the count of codes
//! that are read after a page was sampled at some budget is a measure without a judge.
//! For that count to tell allocations apart, three things must hold, and they shape
//! the pages:
//!
//! - *Sizes spread.* Whether a code is read depends on samples per module almost
//!   alone. Each page has codes from small to large, in strata, so that every budget has
//!   some that are just out of its reach.
//! - *Edges are everywhere.* Print, photographs, bars and fields of random modules take
//!   more of the page than the codes do. An allocation that follows edges
//!   alone spends most of its tokens there.
//! - *Something is left to take from.* A quarter of a page or more is bare ground.
//!
//! Nothing but the codes can be read as a code: what looks like one lacks the finder
//! patterns. At full resolution a page of 1344 × 1344 pixels gives up all of its codes, but
//! for one in some hundreds.
//!
//! | file | holds |
//! |---|---|
//! | `layout` | boxes that do not touch |
//! | `cells` | a turned rectangle of dark and light cells |
//! | `symbol` | a code: its text, its inks and where it lies |
//! | `clutter` | what lies between the codes |
//! | `ground` | what everything lies on, and the light over it |

mod cells;
mod clutter;
mod ground;
mod layout;
mod symbol;

use std::collections::BTreeMap;

use arrcoc_picture::Image;
use arrcoc_stats::{Grid, GridError, PixelsError, Rect, Tiling};

use crate::camera::Camera;
use crate::item::{Answer, Ask, Item, Region};
use crate::random::Random;
use crate::seeds::Seed;
use crate::shape::Point;

use clutter::Clutter;
use ground::Ground;
use layout::Layout;
use symbol::Symbol;

/// The least and the greatest side of a page in pixels.
pub const SIDES: std::ops::RangeInclusive<u32> = 336..=4096;

/// The side in pixels of a square page of scale 1, for which sizes are stated.
const NOMINAL: f32 = 1344.0;

/// Stirs the stream of a seed, so that a page has no sizes or colours of the tuning
/// pictures of that seed. Exclusive or keeps seeds apart.
const STREAM: u64 = u64::from_be_bytes(*b"QR codes");

/// Light modules around a symbol, on each side (ISO/IEC 18004).
const QUIET: f32 = 4.0;

/// A page and what can be read on it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The picture.
    pub image: Image,
    /// The codes on it, 6 to 9, from the largest modules to the smallest. They do not
    /// overlap, each lies inside the page with its quiet zone, and no two have the same
    /// text.
    pub codes: Vec<Code>,
}

/// A QR code on a page.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Code {
    /// What it says: 8 to 14 characters of `0-9A-Z`.
    pub text: String,
    /// The outer corners of the symbol without its quiet zone, as `[x, y]` in pixels:
    /// where the centre of the first pixel is `[0.5, 0.5]`. Clockwise from the symbol's
    /// own top left; the third has no finder pattern.
    pub corners: [[f32; 2]; 4],
    /// Modules along a side, without the quiet zone.
    pub modules: u32,
    /// Side of a module in pixels.
    pub module: f32,
    /// Width and height of the page.
    page: [u32; 2],
}

impl Code {
    /// The smallest upright rectangle of whole pixels around the symbol with its quiet
    /// zone of 4 modules, clipped to the page.
    #[must_use]
    pub fn bounds(&self) -> Rect {
        let [first, right, _, below] = self.corners;
        let step = |c: usize, to: Point| (to[c] - first[c]) / self.modules as f32;
        // The symbol and the quiet zone on both sides, in modules along each edge.
        let (near, far) = (-QUIET, self.modules as f32 + QUIET);
        let range = |c: usize| {
            let corner = |u: f32, v: f32| first[c] + u * step(c, right) + v * step(c, below);
            let all = [corner(near, near), corner(near, far), corner(far, near), corner(far, far)];
            let low = all.into_iter().fold(f32::INFINITY, f32::min).floor();
            let high = all.into_iter().fold(f32::NEG_INFINITY, f32::max).ceil();
            // A float cast saturates: what lies before the page is clipped to 0.
            let start = (low as u32).min(self.page[c]);
            (start, (high as u32).clamp(start, self.page[c]) - start)
        };
        let ((x, width), (y, height)) = (range(0), range(1));
        Rect { x, y, width, height }
    }
}

impl Page {
    /// Which patches hold a part of an answer: 1 where the patch overlaps the symbol of a
    /// code (quiet zones are not answers), else 0; one number a patch, row by row.
    ///
    /// # Errors
    ///
    /// Those of [`Tiling::new`]: the grid is finer than the page's pixels, or it was put
    /// together by hand with a side out of range.
    pub fn answer_mask(&self, grid: Grid) -> Result<Vec<u8>, GridError> {
        let tiling = Tiling::new(grid, self.image.width(), self.image.height())?;
        Ok(self.ask().answer_mask(&tiling))
    }

    /// Asks for all codes at once: nothing has to be said for that.
    fn ask(&self) -> Ask {
        let answer = |code: &Code| Answer { text: code.text.clone(), region: Region::Quad(code.corners) };
        Ask { answers: self.codes.iter().map(answer).collect(), ..Ask::default() }
    }

    /// The page in the form that all datasets share.
    #[must_use]
    pub fn into_item(self, name: impl Into<String>) -> Item {
        Item { name: name.into(), asks: vec![self.ask()], image: self.image, traits: BTreeMap::new() }
    }
}

/// Why there is no such page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodesError {
    /// A side is outside 336..=4096.
    #[error("a page of `{width}x{height}` pixels is out of range: each side is {} to {}", SIDES.start(), SIDES.end())]
    Side {
        /// Width asked for, in pixels.
        width: u32,
        /// Height asked for, in pixels.
        height: u32,
    },
    /// The encoder refused a text. No text that is drawn here is refused by the encoder
    /// that is pinned.
    #[error("`{text}` cannot be encoded as a QR code: {reason}")]
    Text {
        /// The text.
        text: String,
        /// What the encoder says.
        reason: String,
    },
    /// The image was refused; no page of these sizes is.
    #[error(transparent)]
    Image(#[from] PixelsError),
}

/// Draws the page of a seed, `side_w` × `side_h` pixels: the same bytes on every machine.
///
/// Sizes of things go with the page's. On a page of 1344 × 1344 pixels modules are 2.7
/// to 10 pixels wide and the codes can be read; on much smaller pages the smallest
/// modules are finer than pixels, and those codes cannot.
///
/// ```
/// use arrcoc_datasets::{Seed, codes};
/// use arrcoc_stats::Grid;
///
/// let page = codes::draw(Seed::tuning(1), 672, 672)?;
/// assert!((6..=9).contains(&page.codes.len()));
/// let mask = page.answer_mask(Grid::default())?;
/// assert!(mask.contains(&0) && mask.contains(&1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`CodesError::Side`] when a side is outside 336..=4096.
pub fn draw(seed: Seed, side_w: u32, side_h: u32) -> Result<Page, CodesError> {
    if !SIDES.contains(&side_w) || !SIDES.contains(&side_h) {
        return Err(CodesError::Side { width: side_w, height: side_h });
    }
    let mut random = Random::new(seed.number() ^ STREAM);
    let plan = Plan::new(&mut random, [side_w, side_h])?;
    let mut canvas = plan.ground.canvas(side_w, side_h);
    for (clutter, spot) in &plan.clutter {
        clutter.paint(&mut canvas, &mut random.fork(), *spot, plan.scale, &plan.ground);
    }
    for symbol in &plan.symbols {
        symbol.paint(&mut canvas, plan.scale);
    }
    plan.ground.light(&mut canvas);
    camera(&mut random).take(&mut canvas, &mut random);
    let image = Image::from_rgb(side_w, side_h, canvas.to_rgb())?;
    Ok(Page { image, codes: plan.symbols.into_iter().map(|symbol| symbol.code([side_w, side_h])).collect() })
}

/// A camera that takes the edge off, and no more.
fn camera(random: &mut Random) -> Camera {
    Camera {
        softness: random.between(0.25..0.6),
        vignette: 0.0,
        noise: random.between(0.6..2.4),
        grain: 0.0,
        quantiser: if random.chance(0.4) { random.between(1.0..3.0) } else { 0.0 },
    }
}

/// What lies where.
struct Plan {
    scale: f32,
    ground: Ground,
    symbols: Vec<Symbol>,
    clutter: Vec<(Clutter, layout::Spot)>,
}

impl Plan {
    fn new(random: &mut Random, [width, height]: [u32; 2]) -> Result<Self, CodesError> {
        let (w, h) = (width as f32, height as f32);
        // By area; but on a long strip a large code still fits between the long sides.
        let scale = ((w * h).sqrt() / NOMINAL).min(2.0 * w.min(h) / NOMINAL);
        let ground = Ground::new(random, scale);
        let mut symbols = symbol::set(random, scale)?;
        let gap = scale * random.between(9.0..18.0);
        let mut layout = Layout::new([w, h], gap);
        // Where not all fit, all are made a little smaller. That ends: small ones fit.
        while !layout.place_all(&mut random.fork(), &mut symbols) {
            symbols.iter_mut().for_each(|symbol| symbol.shrink(0.97));
        }
        let share = random.between(0.64..0.74);
        let clutter = clutter::fill(&mut random.fork(), &mut layout, share, scale);
        Ok(Self { scale, ground, symbols, clutter })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clutter_takes_more_than_codes_and_leaves_ground() {
        for index in 0..40 {
            let mut random = Random::new(index);
            let sides = random.pick([[1344, 1344], [1344, 800], [336, 336], [500, 2000]]);
            let plan = Plan::new(&mut random, sides).unwrap();
            let page = sides[0] as f32 * sides[1] as f32;
            let codes: f32 =
                plan.symbols.iter().map(|symbol| 4.0 * symbol.half()[0] * symbol.half()[1]).sum();
            let clutter: f32 = plan.clutter.iter().map(|(_, spot)| spot.area()).sum();
            let bare = 1.0 - (codes + clutter) / page;
            assert!(clutter > 1.5 * codes, "{index}: {clutter} and {codes}");
            assert!((0.25..0.45).contains(&bare), "{index} {sides:?}: {bare}");
        }
    }
}
