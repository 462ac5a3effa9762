//! Pages of print: is a small answer read, when only the question says where it is?
//!
//! A page has far more text than any budget of samples can show sharply, and all of it
//! looks alike. What a question asks for stands beside the words that it names, so an
//! allocation has to find those words, and then the place next to them. Four layouts put
//! the answer at different distances:
//!
//! - [`Layout::Form`]: a label and its value, near each other, among 25 others or more.
//! - [`Layout::Receipt`]: an item at the left, its price at the right end of the row.
//! - [`Layout::Contents`]: the same with dots between, and titles that are all of one kind.
//! - [`Layout::Prose`]: no label at all: which word follows these?
//!
//! All text is invented from lists of words and from numbers, so an answer has to be read;
//! it cannot be known or guessed. No two questions of a page have the same
//! answer. Each question comes in three other forms: *near* with the same words that carry
//! content, *middle* with one of them replaced, and *far* with none of the label's words.
//!
//! The print is real type: seven faces of six families (see `face`), on paper of several
//! colours, with logos, stamps and signatures where there is room, and then scanned:
//! somewhat askew, unevenly lit and noisy, each as much as [`Options`] say.
//!
//! | file | holds |
//! |---|---|
//! | `options` | what pages can be asked for, and what is out of range |
//! | `face` | fonts, and lines of text |
//! | `sheet` | a page that is being printed on, and its colours |
//! | `form`, `receipt`, `contents`, `prose` | the four layouts |
//! | `masthead`, `clutter` | logos, stamps, signatures |
//! | `values`, `words` | what the text is made of |
//! | `scan` | what becomes of a page on its way to a file |
//! | `unknown` | pages that are unlike all of these |

mod clutter;
mod contents;
mod face;
mod form;
mod masthead;
mod options;
mod prose;
mod receipt;
mod scan;
mod sheet;
mod span;
mod unknown;
mod values;
mod words;

use std::collections::BTreeMap;

use arrcoc_picture::Image;
use arrcoc_stats::Rect;

use crate::item::{Answer, Ask, Item, Region};
use crate::random::{Random, SplitMix64};
use crate::seeds::Seed;

use face::{Face, Fonts};
use scan::Scan;
use sheet::{Inks, Sheet};
use span::{Draft, Span};
use words::one;

pub use options::{ASKS, DocumentsError, Layout, Options, SHADING, SIDES, SKEW, TYPE_PX};
pub use unknown::{NoSuchUnknown, Unknown};

/// The side in pixels of a square page of scale 1, for which sizes are stated.
const NOMINAL: f32 = 1344.0;

/// Stirs the stream of a seed, so that pages have nothing in common with what other
/// generators draw from that seed. Exclusive or keeps seeds apart.
const STREAM: u64 = u64::from_be_bytes(*b"document");

/// The room that the region of an answer has around the ink, in ems: what a reader of lines looks at, so that it sees
/// nothing that lies outside.
const ROOM: f32 = 0.2;

/// The same of labels, which nobody reads.
const MARGIN: f32 = 0.06;

/// Draws page `index` of a seed: the same bytes on every machine.
///
/// Pages go through all layouts, and through all sizes of type for each of them, so that
/// a dataset of `layouts × sizes × n` pages has n of each. Everything else, the face
/// too, comes from the seed. The name of the item is the layout and the index, and its
/// traits are `layout` (`form`, `receipt`, `contents`, `prose`), `type` (the em in pixels of the
/// nominal page) and `face`.
///
/// Sizes go with the page's: on a page of 2688 × 2688 pixels type is twice as large as on one
/// of 1344 × 1344. On pages smaller than that the smallest type is hard to read even at full
/// resolution.
///
/// Each question has exactly one answer of 3 to 24 printable ASCII characters on one line. Its
/// region is the ink and a margin of 0.2 em, as a reader of lines needs it; it is a [`Region::Box`] on pages that lie
/// straight and a [`Region::Quad`] on others.
///
/// ```
/// use arrcoc_datasets::{Seed, documents};
///
/// let page = documents::draw(Seed::tuning(1), 0, &documents::Options::default())?;
/// assert_eq!(page.name, "form-0");
/// assert_eq!(page.asks.len(), 8);
/// for ask in &page.asks {
///     assert_eq!((ask.answers.len(), ask.paraphrases.len()), (1, 3));
/// }
/// # Ok::<(), documents::DocumentsError>(())
/// ```
///
/// # Errors
///
/// Those of the options that are out of range; see [`DocumentsError`].
pub fn draw(seed: Seed, index: u32, options: &Options) -> Result<Item, DocumentsError> {
    let kind = options.kind(index)?;
    let (width, height) = options.size;
    let mut stir = SplitMix64::new(seed.number() ^ STREAM);
    let mut random = Random::new(stir.next_u64().wrapping_add(u64::from(index)));

    let (w, h) = (width as f32, height as f32);
    // By area; but on a long strip the shorter side still has half of the nominal width.
    let scale = ((w * h).sqrt() / NOMINAL).min(2.0 * w.min(h) / NOMINAL);
    let em = kind.type_px as f32 * scale;
    let face = one(&mut random, &Face::ALL);
    let fonts = Fonts::new(face, em, &mut random)?;
    let margin = w.min(h) * random.between(0.045..0.06);
    let inks = Inks::new(&mut random);
    let mut sheet = Sheet::new([width, height], scale, margin, inks);
    let drafts = match kind.layout {
        Layout::Form => form::fill(&mut sheet, &fonts, &mut random.fork()),
        Layout::Receipt => receipt::fill(&mut sheet, &fonts, &mut random.fork()),
        Layout::Contents => contents::fill(&mut sheet, &fonts, &mut random.fork()),
        Layout::Prose => prose::fill(&mut sheet, &fonts, &mut random.fork()),
    };
    clutter::scatter(&mut sheet, &fonts, &mut random.fork());

    let scan = Scan::new(&mut random, options, 0.6 * margin);
    let drafts = spread(&mut random.fork(), drafts, options.asks as usize);
    let place = |span: Span, room: f32| region(&scan, span.grown(room * em), [width, height]);
    let asks = drafts.into_iter().map(|draft| Ask {
        question: draft.question,
        paraphrases: draft.paraphrases.into(),
        answers: vec![Answer { text: draft.answer.text, region: place(draft.answer.span, ROOM) }],
        label: Some(place(draft.label, MARGIN)),
        ..Ask::default()
    });
    let asks = asks.collect();
    let mut canvas = sheet.canvas;
    scan.take(&mut canvas, &mut random);
    let image = Image::from_rgb(width, height, canvas.to_rgb())?;
    let traits = [
        ("layout", kind.layout.name().to_owned()),
        ("type", kind.type_px.to_string()),
        ("face", face.name().to_owned()),
    ];
    let traits = traits.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<BTreeMap<_, _>>();
    Ok(Item { name: format!("{}-{index}", kind.layout.name()), image, asks, traits })
}

/// The region of a span on the page as it lies: whole pixels where it lies straight.
fn region(scan: &Scan, span: Span, page: [u32; 2]) -> Region {
    let Span { low: [left, top], high: [right, bottom] } = span;
    if !scan.is_straight() {
        return Region::Quad(
            [[left, top], [right, top], [right, bottom], [left, bottom]].map(|p| scan.moved(p)),
        );
    }
    // A float cast saturates at 0.
    let side = |low: f32, high: f32, most: u32| {
        let start = (low.round() as u32).min(most.saturating_sub(1));
        (start, (high.round() as u32).clamp(start + 1, most) - start)
    };
    let ((x, width), (y, height)) = (side(left, right, page[0]), side(top, bottom, page[1]));
    Region::Box(Rect { x, y, width, height })
}

/// Takes `count` drafts whose answers lie apart: each is, of four at random, the one that is
/// farthest from those taken already.
fn spread(random: &mut Random, mut drafts: Vec<Draft>, count: usize) -> Vec<Draft> {
    let mut taken: Vec<Draft> = Vec::new();
    while taken.len() < count && !drafts.is_empty() {
        let far = |draft: &Draft| {
            let [x, y] = draft.answer.span.centre();
            let distance = |other: &Draft| {
                let [u, v] = other.answer.span.centre();
                (x - u) * (x - u) + (y - v) * (y - v)
            };
            taken.iter().map(distance).fold(f32::INFINITY, f32::min)
        };
        let choices = [0; 4].map(|_| random.below(drafts.len() as u32) as usize);
        let best = choices.into_iter().max_by(|&a, &b| far(&drafts[a]).total_cmp(&far(&drafts[b])));
        taken.push(drafts.swap_remove(best.unwrap_or(0)));
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that could be asked, not only what is.
    fn drafts(index: u32, size: [u32; 2], layout: Layout, px: f32) -> (Vec<Draft>, Span) {
        let mut random = Random::new(u64::from(index));
        let [w, h] = size.map(|side| side as f32);
        let scale = ((w * h).sqrt() / NOMINAL).min(2.0 * w.min(h) / NOMINAL);
        let face = one(&mut random, &Face::ALL);
        let fonts = Fonts::new(face, px * scale, &mut random).unwrap();
        let inks = Inks::new(&mut random);
        let mut sheet = Sheet::new(size, scale, 0.05 * w.min(h), inks);
        let fill = match layout {
            Layout::Form => form::fill,
            Layout::Receipt => receipt::fill,
            Layout::Contents => contents::fill,
            Layout::Prose => prose::fill,
        };
        (fill(&mut sheet, &fonts, &mut random), sheet.area)
    }

    #[test]
    fn pages_of_every_shape_are_full() {
        let shapes =
            [[1344, 1344], [672, 672], [672, 1900], [1900, 672], [700, 4096], [2600, 700], [1000, 1414]];
        for (index, size) in (0..84).map(|index| (index, shapes[index as usize % shapes.len()])) {
            for px in [18.0, 36.0] {
                for layout in Layout::ALL {
                    let (drafts, area) = drafts(index, size, layout, px);
                    let least = if layout == Layout::Form { form::FIELDS } else { 6 };
                    assert!(drafts.len() >= least, "{layout:?} {index} {size:?} {px}: {}", drafts.len());
                    let em = px * 3.0;
                    for draft in &drafts {
                        for span in [draft.answer.span, draft.label] {
                            let inside = (0..2).all(|c| {
                                span.low[c] >= area.low[c] - 0.1 * em
                                    && span.high[c] <= area.high[c] + 0.1 * em
                            });
                            assert!(inside, "{layout:?} {index} {size:?} {px}: {draft:?} outside {area:?}");
                        }
                        assert!(!draft.answer.span.meets(draft.label), "{draft:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn asks_lie_apart() {
        let (all, area) = drafts(1, [1344, 1344], Layout::Form, 18.0);
        let taken = spread(&mut Random::new(1), all, 8);
        let half = area.centre();
        let quarters: std::collections::BTreeSet<_> = taken
            .iter()
            .map(|draft| draft.answer.span.centre())
            .map(|[x, y]| (x > half[0], y > half[1]))
            .collect();
        assert!(quarters.len() >= 2, "{quarters:?}");
    }
}
