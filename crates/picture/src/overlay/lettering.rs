//! Text on an image: measured, wrapped, drawn.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

use crate::raster::Image;

/// A font at a size.
pub(super) struct Lettering {
    /// `None` only if the font that is built in could not be parsed; there is then no
    /// text, and a test says that this does not happen.
    font: Option<FontRef<'static>>,
    size: f32,
}

/// Where a piece of text stands, and how it looks.
pub(super) struct Ink {
    pub(super) colour: [u8; 3],
    /// A halo of this colour, for text over a picture.
    pub(super) halo: Option<[u8; 3]>,
}

impl Lettering {
    /// The font for running text: Ubuntu Light (Ubuntu Font Licence 1.0).
    pub(super) fn prose(size: f32) -> Self {
        Self { font: FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT).ok(), size }
    }

    /// The font for numbers, which is heavier and has equal widths: Hack (MIT and
    /// Bitstream Vera licence).
    pub(super) fn numbers(size: f32) -> Self {
        Self { font: FontRef::try_from_slice(epaint_default_fonts::HACK_REGULAR).ok(), size }
    }

    /// Height of a line in pixels, with the space between lines.
    pub(super) fn line_height(&self) -> u32 {
        (self.size * 1.25).ceil() as u32
    }

    /// Width of a text in pixels.
    pub(super) fn width(&self, text: &str) -> f32 {
        self.layout(text).1
    }

    /// Cuts a text into lines of at most `width` pixels. What does not fit in `lines`
    /// lines is replaced by an ellipsis.
    pub(super) fn wrap(&self, text: &str, width: f32, lines: usize) -> Vec<String> {
        let mut wrapped: Vec<String> = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if line.is_empty() || self.width(&longer) <= width {
                line = longer;
            } else {
                wrapped.push(std::mem::replace(&mut line, word.to_owned()));
                if wrapped.len() > lines {
                    break;
                }
            }
        }
        wrapped.push(line);
        let cut = wrapped.len() > lines;
        wrapped.truncate(lines);
        let last = wrapped.len().saturating_sub(1);
        for (i, line) in wrapped.iter_mut().enumerate() {
            let ellipsis = cut && i == last;
            if ellipsis || self.width(line) > width {
                *line = self.shorten(line, width);
            }
        }
        wrapped
    }

    /// The beginning of a line that fits with an ellipsis behind it.
    fn shorten(&self, line: &str, width: f32) -> String {
        let mut kept = line.trim_end().to_owned();
        loop {
            let shortened = format!("{}…", kept.trim_end());
            if kept.is_empty() || self.width(&shortened) <= width {
                return shortened;
            }
            kept.pop();
        }
    }

    /// Draws a line of text with its upper left corner at (x, y). What lies outside the
    /// image is left out.
    pub(super) fn draw(&self, image: &mut Image, (x, y): (f32, f32), text: &str, ink: &Ink) {
        let mask = self.mask(text);
        let (left, top) = (x.round() as i64 - MARGIN as i64, y.round() as i64 - MARGIN as i64);
        if let Some(halo) = ink.halo {
            mask.spread(1).paint(image, left, top, halo);
        }
        mask.paint(image, left, top, ink.colour);
    }

    /// The glyphs of a line from (0, 0) on, and its width.
    fn layout(&self, text: &str) -> (Vec<Glyph>, f32) {
        let Some(font) = &self.font else {
            return (Vec::new(), 0.0);
        };
        let font = font.as_scaled(PxScale::from(self.size));
        let mut glyphs: Vec<Glyph> = Vec::new();
        let mut x = 0.0;
        for c in text.chars().filter(|c| !c.is_control()) {
            let id = font.glyph_id(c);
            if let Some(previous) = glyphs.last() {
                x += font.kern(previous.id, id);
            }
            glyphs.push(id.with_scale_and_position(self.size, point(x, font.ascent())));
            x += font.h_advance(id);
        }
        (glyphs, x)
    }

    fn mask(&self, text: &str) -> Mask {
        let (glyphs, width) = self.layout(text);
        let width = width.ceil() as usize + 2 * MARGIN;
        let height = self.line_height() as usize + 2 * MARGIN;
        let mut mask = Mask { width, coverage: vec![0.0; width * height] };
        let Some(font) = &self.font else {
            return mask;
        };
        for outline in glyphs.into_iter().filter_map(|glyph| font.outline_glyph(glyph)) {
            let bounds = outline.px_bounds();
            let (left, top) = (bounds.min.x as i64 + MARGIN as i64, bounds.min.y as i64 + MARGIN as i64);
            outline.draw(|dx, dy, coverage| {
                let (x, y) = (left + i64::from(dx), top + i64::from(dy));
                if (0..width as i64).contains(&x) && (0..height as i64).contains(&y) {
                    let pixel = &mut mask.coverage[y as usize * width + x as usize];
                    *pixel = (*pixel + coverage).min(1.0);
                }
            });
        }
        mask
    }
}

/// Room around a mask for glyphs that lean out and for the halo.
const MARGIN: usize = 3;

/// How much of every pixel is covered by text, 0..=1.
struct Mask {
    width: usize,
    coverage: Vec<f32>,
}

impl Mask {
    /// The mask grown by `radius` pixels to all sides.
    fn spread(&self, radius: i64) -> Self {
        let (width, height) = (self.width as i64, (self.coverage.len() / self.width.max(1)) as i64);
        let at = |x: i64, y: i64| {
            let inside = (0..width).contains(&x) && (0..height).contains(&y);
            if inside { self.coverage[(y * width + x) as usize] } else { 0.0 }
        };
        let around = |x: i64, y: i64| {
            let square = (-radius..=radius).flat_map(|dy| (-radius..=radius).map(move |dx| (dx, dy)));
            square.map(|(dx, dy)| at(x + dx, y + dy)).fold(0.0, f32::max)
        };
        let coverage = (0..height).flat_map(|y| (0..width).map(move |x| around(x, y))).collect();
        Self { width: self.width, coverage }
    }

    fn paint(&self, image: &mut Image, left: i64, top: i64, colour: [u8; 3]) {
        let bounds = image.bounds();
        for (dy, line) in self.coverage.chunks_exact(self.width.max(1)).enumerate() {
            let y = top + dy as i64;
            if !(0..i64::from(bounds.height)).contains(&y) {
                continue;
            }
            let row = image.span_mut(bounds, y as u32);
            for (dx, &coverage) in line.iter().enumerate() {
                let x = left + dx as i64;
                if coverage > 0.0 && (0..i64::from(bounds.width)).contains(&x) {
                    for (value, ink) in row[3 * x as usize..][..3].iter_mut().zip(colour) {
                        *value = mix(*value, ink, coverage);
                    }
                }
            }
        }
    }
}

/// `share` of `over`, the rest of `under`.
pub(super) fn mix(under: u8, over: u8, share: f32) -> u8 {
    (f32::from(under) * (1.0 - share) + f32::from(over) * share + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_are_there() {
        assert!(Lettering::prose(16.0).font.is_some());
        assert!(Lettering::numbers(16.0).font.is_some());
        assert!(Lettering::prose(16.0).width("tokens") > 20.0);
    }

    #[test]
    fn lines_fit_and_the_last_says_when_it_is_not_all() {
        let lettering = Lettering::prose(16.0);
        let text = "What is the total amount due on the second invoice of the month of March?";
        let all = lettering.wrap(text, 200.0, 10);
        assert_eq!(all.join(" "), text);
        let cut = lettering.wrap(text, 200.0, 2);
        assert_eq!(cut.len(), 2);
        assert!(cut[1].ends_with('…'));
        for line in all.iter().chain(&cut).chain(&lettering.wrap(&"w".repeat(500), 200.0, 2)) {
            assert!(lettering.width(line) <= 200.0, "{line}");
        }
        assert_eq!(lettering.wrap("", 200.0, 2), [""]);
    }

    #[test]
    fn text_outside_the_image_is_left_out() {
        let mut image = Image::filled(20, 10, [0; 3]);
        let ink = Ink { colour: [255; 3], halo: Some([9; 3]) };
        for place in [(-500.0, 0.0), (0.0, 500.0), (-10.0, -4.0), (15.0, 5.0)] {
            Lettering::prose(16.0).draw(&mut image, place, "Straße 1", &ink);
        }
        assert!(image.data().contains(&255) || image.data().iter().any(|&v| v > 100));
    }
}
