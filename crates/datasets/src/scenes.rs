//! Pages of coloured things among which one is asked for: where is the red ring that opens
//! to the left?
//!
//! To find a thing by its look is a measure without a judge when all other things of the
//! page are known. For it to tell allocations apart, three things must hold:
//!
//! - *Detail decides.* Things come in groups that have colour, figure and size in common
//!   and differ in a fine mark alone: the gap of a ring, a hand, dots, a letter. At a coarse
//!   sampling the mark is gone, and all of a group look the same.
//! - *Sizes spread.* Each group has its size, from large to small in strata, so that every
//!   budget has groups whose marks are just out of its reach.
//! - *The question decides.* Each question names one thing. Tokens that follow edges, or
//!   all coloured things, are mostly spent on things that were not asked for.
//!
//! | file | holds |
//! |---|---|
//! | `words` | colours and figures, and what things are called |
//! | `mark` | the fine marks |
//! | `thing` | a thing, painted |
//! | `plan` | which things are on a page, and where |
//! | `ground` | what they lie on |

mod ground;
mod mark;
mod plan;
mod thing;
mod words;

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use arrcoc_picture::Image;
use arrcoc_stats::PixelsError;

use crate::camera::Camera;
use crate::item::{Answer, Ask, Item, Region};
use crate::random::{Random, SplitMix64};
use crate::seeds::Seed;

use ground::Ground;
use mark::Detail;
use thing::Thing;

/// The least and the greatest side of a page in pixels.
pub const SIDES: RangeInclusive<u32> = 336..=4096;

/// The fewest and the most questions of a page.
pub const ASKS: RangeInclusive<u32> = 1..=24;

/// The side in pixels of a square page of scale 1, for which sizes are stated.
const NOMINAL: f32 = 1344.0;

/// Sides of cards in pixels, on a page of scale 1. On a grid of 24 × 24 patches of 56 pixels
/// half of the things are found at 64 tokens a patch and nearly all at 400 (the example
/// `scenes_headroom` counts).
const SIZE: Range<f32> = 28.0..76.0;

/// Groups of things on a page.
const GROUPS: usize = 6;

/// Stirs the stream of a seed, so that a page has nothing of other pictures of that seed.
const STREAM: u64 = u64::from_be_bytes(*b"scenes 1");

/// What a page should be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Width and height in pixels, each in [`SIDES`].
    pub size: [u32; 2],
    /// How many things are asked for, in [`ASKS`].
    pub asks: u32,
}

impl Default for Options {
    /// 1344 × 1344 pixels and 6 questions.
    fn default() -> Self {
        Self { size: [NOMINAL as u32; 2], asks: 6 }
    }
}

/// Why there is no such page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScenesError {
    /// A side is outside [`SIDES`].
    #[error("a page of `{width}x{height}` pixels is out of range: each side is {} to {}", SIDES.start(), SIDES.end())]
    Side {
        /// Width asked for, in pixels.
        width: u32,
        /// Height asked for, in pixels.
        height: u32,
    },
    /// The number of questions is outside [`ASKS`].
    #[error("`{asks}` questions are out of range: a page has {} to {}", ASKS.start(), ASKS.end())]
    Asks {
        /// How many were asked for.
        asks: u32,
    },
    /// The image was refused; no page of these sizes is.
    #[error(transparent)]
    Image(#[from] PixelsError),
}

impl ScenesError {
    /// What would mend the request, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match *self {
            Self::Side { width, height } => {
                let nearest = |side: u32| side.clamp(*SIDES.start(), *SIDES.end());
                Some(format!("the nearest page is `{}x{}`", nearest(width), nearest(height)))
            }
            Self::Asks { asks } => {
                Some(format!("the nearest number is `{}`", asks.clamp(*ASKS.start(), *ASKS.end())))
            }
            Self::Image(_) => None,
        }
    }
}

/// Draws page `index` of a seed: the same bytes on every machine.
///
/// The page holds 30 to 42 things in six groups. `index` is in its name, and decides by
/// turns which kind of mark its things have: four pages in a row have all four. Each
/// question has one answer, without text, whose region is the box around the thing; and
/// as candidates the boxes of all things of the page, from the top down. The first six
/// questions are for things of different groups, and so of different sizes. Traits are
/// `detail`, the kind of mark (`gap`, `hand`, `dots`, `letter`), and `ground`
/// (`photograph`, `texture`, `plain`).
///
/// Sizes of things go with the page's: 28 to 76 pixels across on a page of 1344 × 1344.
///
/// ```
/// use arrcoc_datasets::{Seed, scenes};
///
/// let options = scenes::Options { size: [672, 672], ..Default::default() };
/// let page = scenes::draw(Seed::tuning(1), 0, &options)?;
/// assert_eq!(page.asks.len(), 6);
/// assert!(page.asks[0].question.starts_with("Where is the "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`ScenesError`] when a side or the number of questions is out of range.
pub fn draw(seed: Seed, index: u32, options: &Options) -> Result<Item, ScenesError> {
    let Options { size: [width, height], asks } = *options;
    if !SIDES.contains(&width) || !SIDES.contains(&height) {
        return Err(ScenesError::Side { width, height });
    }
    if !ASKS.contains(&asks) {
        return Err(ScenesError::Asks { asks });
    }
    let mut random = stream(seed, index);
    let detail = Detail::ALL[index as usize % Detail::ALL.len()];
    let ground = Ground::new(&mut random);
    let sides = [width as f32, height as f32];
    let things = plan::things(&mut random.fork(), detail, sides);
    let asks = questions(&mut random.fork(), &things, asks as usize, [width, height]);
    let mut canvas = ground.canvas(&mut random.fork(), width, height, plan::scale(sides));
    for thing in &things {
        thing.paint(&mut canvas);
    }
    camera(&mut random).take(&mut canvas, &mut random);
    let traits = [("detail", detail.name()), ("ground", ground.name())];
    Ok(Item {
        name: format!("scene-{index}"),
        image: Image::from_rgb(width, height, canvas.to_rgb())?,
        asks,
        traits: BTreeMap::from(traits.map(|(key, value)| (key.to_owned(), value.to_owned()))),
    })
}

/// Random numbers of a page.
fn stream(seed: Seed, index: u32) -> Random {
    // Mixed first, so that the page 1 of seed 0 is not the page 0 of seed 1.
    Random::new(SplitMix64::new(seed.number() ^ STREAM).next_u64() ^ u64::from(index))
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

/// Asks for `count` things: one of each group, then another of each, as long as there are any.
fn questions(random: &mut Random, things: &[Thing], count: usize, page: [u32; 2]) -> Vec<Ask> {
    let mut boxes: Vec<_> = things.iter().map(|thing| thing.rect(page)).collect();
    boxes.sort_by_key(|rect| (rect.y, rect.x));
    let candidates: Vec<Region> = boxes.into_iter().map(Region::Box).collect();
    let mut groups: Vec<Vec<&Thing>> =
        (0..GROUPS).map(|group| things.iter().filter(|thing| thing.group == group).collect()).collect();
    groups.iter_mut().for_each(|group| random.shuffle(group));
    random.shuffle(&mut groups);
    let most = groups.iter().map(Vec::len).max().unwrap_or(0);
    let turns = (0..most).flat_map(|turn| groups.iter().filter_map(move |group| group.get(turn)));
    let ask = |thing: &&Thing| {
        let (question, paraphrases) = words::question(thing.look.tint, thing.look.figure, thing.mark);
        let answer = Answer { text: String::new(), region: Region::Box(thing.rect(page)) };
        Ask { question, paraphrases, answers: vec![answer], label: None, candidates: candidates.clone() }
    };
    turns.take(count).map(ask).collect()
}
