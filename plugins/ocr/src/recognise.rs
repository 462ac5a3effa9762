//! What does a line say? The PP-OCR recogniser over one line.
//!
//! ```text
//! image, frame ─▶ strip of 48 rows ─▶ pieces ─▶ model ─▶ classes × steps ─▶ characters in their places
//! ```
//!
//! The recogniser sees 48 rows and any number of columns, and answers with the
//! probability of each of 6625 classes every 8 columns. A line is laid straight and
//! brought to that height, whichever way it lies on the page. What is very long is cut
//! where there is least ink, at a gap between words, so that time grows with the length
//! of a line and not with its square.

mod decode;
mod strip;

use arrcoc_sdk::Fault;
use arrcoc_stats::Pixels;
use rten::Value;

use crate::{
    frame::Frame,
    line::{Char, Line},
    model::Models,
    threads::Hand,
};
use decode::Sign;

/// How lines are brought before the recogniser.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Room around the frame of a line, in heights of it.
    pub(crate) margin: f32,
    /// Columns for each pixel of a line that is 48 rows high; less than 1 squeezes letters.
    pub(crate) stretch: f32,
    /// Most columns of a piece.
    pub(crate) longest: usize,
}

impl Default for Manner {
    fn default() -> Manner {
        Manner { margin: 0.1, stretch: 1.0, longest: 960 }
    }
}

/// Rows of a strip.
const ROWS: usize = 48;
/// Least columns that the model is given.
const NARROWEST: usize = 64;
/// Most columns of a line, some 800 letters: a bound on memory and time. What is longer is squeezed.
const WIDEST: usize = 16_384;

/// Reads the line in a frame; `None` when there is no character in it.
pub(crate) fn line(
    models: &Models,
    pixels: &Pixels<'_>,
    frame: Frame,
    manner: Manner,
    hand: &Hand,
    check: &dyn Fn() -> Result<(), Fault>,
) -> Result<Option<Line>, Fault> {
    let looked_at = frame.grown(manner.margin * frame.height);
    let columns = ROWS as f32 * manner.stretch * looked_at.width / looked_at.height;
    // A float cast saturates.
    let columns = (columns.round() as usize).clamp(8, WIDEST);
    let strip = strip::cut(pixels, &looked_at, columns);
    let mut signs = Vec::new();
    for piece in strip.pieces(manner.longest) {
        check()?;
        if !signs.is_empty() {
            signs.push(Sign { class: models.classes.len() - 1, at: piece.start as f32, confidence: 1.0 });
        }
        let width = piece.len().max(NARROWEST);
        let odd = |what: String| Fault::internal(format!("the recogniser {what}"));
        let input = Value::from_shape([1, 3, ROWS, width], strip.values(&piece, width))
            .map_err(|error| odd(format!("refused a line: {error}")))?;
        let (shape, scores) = (models.recogniser.run(hand, input)?)
            .into_shape_vec::<f32, 3>()
            .map_err(|error| odd(format!("answered in another form: {error}")))?;
        let [lines, steps, classes] = shape;
        if (lines, classes) != (1, models.classes.len()) || steps == 0 {
            let expected = models.classes.len();
            let answer =
                format!("the recogniser answered {lines}x{steps}x{classes} numbers, not 1x…x{expected}");
            return Err(Fault::internal(answer));
        }
        let read = decode::greedy(&scores, classes)
            .ok_or_else(|| Fault::internal("the recogniser answered something that is not a number"))?;
        let step = width as f32 / steps as f32;
        signs.extend(read.into_iter().map(|sign| Sign { at: piece.start as f32 + step * sign.at, ..sign }));
    }
    let size = [pixels.width(), pixels.height()];
    Ok(written(&signs, &models.classes, &looked_at, columns).map(|(text, confidence, chars)| {
        let [left, top, right, bottom] = frame.bounds(size);
        Line { text, confidence, left, top, right, bottom, chars }
    }))
}

/// Text, mean confidence and characters in their places; from signs whose places are columns of the strip.
fn written(
    signs: &[Sign],
    classes: &[char],
    frame: &Frame,
    columns: usize,
) -> Option<(String, f32, Vec<Char>)> {
    let space = classes.len() - 1;
    let first = signs.iter().position(|sign| sign.class != space)?;
    let last = signs.iter().rposition(|sign| sign.class != space)?;
    let signs = &signs[first..=last];
    // A letter reaches half way to the next, but no farther than this: beside a wide gap it is not wide itself.
    let reach = 0.4 * ROWS as f32;
    let half = |i: usize| ((signs[i + 1].at - signs[i].at) / 2.0).clamp(0.0, reach);
    let place = |column: f32| {
        let along = column.clamp(0.0, columns as f32) * frame.width / columns as f32;
        frame.point(along, frame.height / 2.0)[0]
    };
    let chars: Vec<Char> = (signs.iter().enumerate())
        .map(|(i, sign)| {
            let before = if i > 0 { Some(half(i - 1)) } else { None };
            let after = if i + 1 < signs.len() { Some(half(i)) } else { None };
            let alone = reach / 2.0;
            let left = place(sign.at - before.or(after).unwrap_or(alone));
            let right = place(sign.at + after.or(before).unwrap_or(alone));
            Char { c: classes[sign.class], left, right, confidence: sign.confidence }
        })
        .collect();
    let confidence = chars.iter().map(|c| c.confidence).sum::<f32>() / chars.len() as f32;
    Some((chars.iter().map(|c| c.c).collect(), confidence, chars))
}
