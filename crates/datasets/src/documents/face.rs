//! The fonts that documents are printed in, and lines of text in them.
//!
//! A font is a part of the page's bytes, so all of them come out of crates whose
//! versions are pinned exactly. They may be passed on:
//!
//! | family | crate | licence of the font |
//! |---|---|---|
//! | Noto Sans | `notosans` | SIL Open Font License 1.1 |
//! | Ubuntu Light | `epaint_default_fonts` | Ubuntu Font Licence 1.0 |
//! | Hack | `epaint_default_fonts` | MIT, and the Bitstream Vera licence |
//! | DejaVu Sans Mono | `typst-assets` | the Bitstream Vera licence, changes in the public domain |
//! | Libertinus Serif | `typst-assets` | SIL Open Font License 1.1 |
//! | New Computer Modern (Book, Bold) | `typst-assets` | GUST Font License 1.0 |
//!
//! New Computer Modern Regular is left out: its strokes are too fine for small type, and
//! its licence is another one.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

use crate::canvas::{Canvas, Colour, blend};
use crate::random::Random;
use crate::shape::Point;

use super::DocumentsError;
use super::span::Span;

/// A typeface for running text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    NotoSans,
    UbuntuLight,
    Hack,
    DejaVuSansMono,
    LibertinusSerif,
    LibertinusSemibold,
    NewComputerModern,
}

impl Face {
    pub(super) const ALL: [Self; 7] = [
        Self::NotoSans,
        Self::UbuntuLight,
        Self::Hack,
        Self::DejaVuSansMono,
        Self::LibertinusSerif,
        Self::LibertinusSemibold,
        Self::NewComputerModern,
    ];

    /// As it stands in the traits of an item.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NotoSans => "noto-sans",
            Self::UbuntuLight => "ubuntu-light",
            Self::Hack => "hack",
            Self::DejaVuSansMono => "dejavu-sans-mono",
            Self::LibertinusSerif => "libertinus-serif",
            Self::LibertinusSemibold => "libertinus-serif-semibold",
            Self::NewComputerModern => "new-computer-modern",
        }
    }

    fn bytes(self) -> &'static [u8] {
        match self {
            Self::NotoSans => notosans::REGULAR_TTF,
            Self::UbuntuLight => epaint_default_fonts::UBUNTU_LIGHT,
            Self::Hack => epaint_default_fonts::HACK_REGULAR,
            Self::DejaVuSansMono => bundled(16),
            Self::LibertinusSerif => bundled(0),
            Self::LibertinusSemibold => bundled(4),
            Self::NewComputerModern => bundled(7),
        }
    }

    /// The face that headings and totals have next to this one.
    fn bold(self) -> &'static [u8] {
        match self {
            Self::NotoSans | Self::UbuntuLight => notosans::BOLD_TTF,
            Self::Hack | Self::DejaVuSansMono => bundled(13),
            Self::LibertinusSerif | Self::LibertinusSemibold => bundled(1),
            Self::NewComputerModern => bundled(10),
        }
    }
}

/// The font at a place in the list of the crate, which names none of them; a test knows
/// them by their lengths.
fn bundled(place: usize) -> &'static [u8] {
    typst_assets::fonts().nth(place).unwrap_or_default()
}

/// The fonts of a page.
pub(super) struct Fonts {
    /// What answers are printed in.
    pub(super) body: Lettering,
    /// What labels may be printed in: a little smaller.
    pub(super) small: Lettering,
    pub(super) bold: Lettering,
    pub(super) title: Lettering,
}

impl Fonts {
    /// The fonts of a page whose running text has `em` pixels to the em.
    pub(super) fn new(face: Face, em: f32, random: &mut Random) -> Result<Self, DocumentsError> {
        let letters = |bytes, em| Lettering::new(bytes, em).ok_or(DocumentsError::Font { face: face.name() });
        Ok(Self {
            body: letters(face.bytes(), em)?,
            small: letters(face.bytes(), em * random.pick([0.86, 0.92, 1.0]))?,
            bold: letters(face.bold(), em)?,
            title: letters(face.bold(), em * random.between(1.3..1.7))?,
        })
    }
}

/// The least height of an x, in ems. Faces whose x is lower are set larger, as `font-size-adjust` of CSS does: what can
/// be read at a size goes with the x, and a size should mean the same in all faces.
const X_HEIGHT: f32 = 0.52;

/// A font at a size.
pub(super) struct Lettering {
    font: FontRef<'static>,
    /// What the rasteriser calls the scale: the height from ascent to descent in pixels.
    height: f32,
    /// The em in pixels.
    pub(super) em: f32,
}

impl Lettering {
    /// `None` where the bytes are no font.
    fn new(bytes: &'static [u8], em: f32) -> Option<Self> {
        let font = FontRef::try_from_slice(bytes).ok()?;
        let units = font.units_per_em()?;
        let x = font.outline(font.glyph_id('x'))?.bounds;
        let x = (x.max.y - x.min.y).abs() / units;
        let height = em * (X_HEIGHT / x).max(1.0) * font.height_unscaled() / units;
        Some(Self { font, height, em })
    }

    /// How far a text moves the pen, in pixels.
    pub(super) fn width(&self, text: &str) -> f32 {
        self.set(text).1
    }

    /// The glyphs of a line from (0, 0) on, and its width.
    fn set(&self, text: &str) -> (Vec<Glyph>, f32) {
        let font = self.font.as_scaled(PxScale::from(self.height));
        let mut glyphs: Vec<Glyph> = Vec::with_capacity(text.len());
        let mut x = 0.0;
        for c in text.chars() {
            let id = font.glyph_id(c);
            if let Some(previous) = glyphs.last() {
                x += font.kern(previous.id, id);
            }
            glyphs.push(id.with_scale_and_position(self.height, point(x, 0.0)));
            x += font.h_advance(id);
        }
        (glyphs, x)
    }

    /// Prints a line with its pen at `at`, the left end of the baseline. Returns the pixels
    /// that hold ink; `None` when none do.
    pub(super) fn print(&self, canvas: &mut Canvas, at: Point, text: &str, colour: Colour) -> Option<Span> {
        let mut ink: Option<Span> = None;
        let (width, height, pixels) = canvas.parts_mut();
        for mut glyph in self.set(text).0 {
            glyph.position = point(at[0] + glyph.position.x, at[1]);
            let Some(outline) = self.font.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            let (left, top) = (bounds.min.x as i64, bounds.min.y as i64);
            let own = Span { low: [bounds.min.x, bounds.min.y], high: [bounds.max.x, bounds.max.y] };
            ink = Some(ink.map_or(own, |ink| ink.with(own)));
            outline.draw(|dx, dy, coverage| {
                let (x, y) = (left + i64::from(dx), top + i64::from(dy));
                if (0..width as i64).contains(&x) && (0..height as i64).contains(&y) {
                    let pixel = &mut pixels[y as usize * width + x as usize];
                    *pixel = blend(*pixel, colour, coverage.min(1.0));
                }
            });
        }
        ink
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::grey;

    /// The fonts are those that are named, by their length in bytes.
    #[test]
    fn the_bundled_fonts_stand_where_they_are_looked_for() {
        let known = [
            (0, 337_132),
            (1, 293_908),
            (4, 291_640),
            (7, 1_432_068),
            (10, 629_288),
            (13, 331_992),
            (16, 340_712),
        ];
        for (place, length) in known {
            assert_eq!(bundled(place).len(), length, "{place}");
        }
    }

    #[test]
    fn every_face_has_every_printable_character() {
        for face in Face::ALL {
            for bytes in [face.bytes(), face.bold()] {
                let letters = Lettering::new(bytes, 40.0).unwrap();
                for c in ' '..='~' {
                    assert_ne!(letters.font.glyph_id(c).0, 0, "{c} in {face:?}");
                }
            }
        }
    }

    /// The em is the em: an x of these faces is 0.52 to 0.57 of it high, and a digit 0.68 to 0.85.
    #[test]
    fn type_has_its_size() {
        for face in Face::ALL {
            for em in [18.0, 36.0, 90.0] {
                let mut canvas = Canvas::new(200, 200, grey(255.0));
                let letters = Lettering::new(face.bytes(), em).unwrap();
                let x = letters.print(&mut canvas, [40.0, 120.0], "x", grey(0.0)).unwrap();
                let digit = letters.print(&mut canvas, [40.0, 120.0], "7", grey(0.0)).unwrap();
                let (low, high) = (x.height() / em, digit.height() / em);
                // A pixel is 0.06 em of the smallest.
                assert!((0.52 - 0.02..0.57 + 2.0 / em).contains(&low), "{face:?} {em}: {low}");
                assert!((0.66..0.85 + 2.0 / em).contains(&high), "{face:?} {em}: {high}");
                assert!((digit.high[1] - 120.0).abs() <= 2.0 + em / 60.0, "the baseline is at {digit:?}");
            }
        }
    }

    #[test]
    fn the_ink_is_where_it_is_said_to_be() {
        for face in Face::ALL {
            let mut canvas = Canvas::new(400, 100, grey(255.0));
            let letters = Lettering::new(face.bytes(), 30.0).unwrap();
            let ink = letters.print(&mut canvas, [20.3, 60.6], "Quay 47, gypsum", grey(0.0)).unwrap();
            canvas.each(|[x, y], pixel| {
                let inside = x > ink.low[0] && x < ink.high[0] && y > ink.low[1] && y < ink.high[1];
                assert!(inside || pixel == grey(255.0), "{face:?} has ink at {x} {y}, outside {ink:?}");
                pixel
            });
            let width = letters.width("Quay 47, gypsum");
            assert!((ink.width() - width).abs() < 4.0, "{face:?}: {} and {width}", ink.width());
        }
    }

    #[test]
    fn print_off_the_canvas_is_left_out() {
        let mut canvas = Canvas::new(30, 20, grey(255.0));
        let letters = Lettering::new(Face::Hack.bytes(), 24.0).unwrap();
        for at in [[-300.0, 0.0], [10.0, -400.0], [25.0, 18.0], [-5.0, 25.0]] {
            letters.print(&mut canvas, at, "Wide", grey(0.0));
        }
        assert_eq!(letters.print(&mut canvas, [0.0; 2], "  ", grey(0.0)), None);
    }
}
