//! Forms: sections of labels with values, in columns.
//!
//! Columns are filled from top to bottom, so that pages of any shape take as many as
//! fit. A field whose label or value is too wide for its place is passed over, and the
//! next one takes it.

use crate::random::Random;

use super::face::Fonts;
use super::masthead;
use super::sheet::Sheet;
use super::span::{Draft, Mark, Span};
use super::values::Values;
use super::words::{Field, SECTIONS, shuffled};

/// Fields that every form has at least where there is room.
pub(super) const FIELDS: usize = 25;

/// Height of a heading in ems.
const HEADING: f32 = 1.9;

/// Where the value stands, seen from its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// To the right, all values in line.
    Beside,
    /// At the right end of the column, behind dots.
    Across,
    Below,
}

/// Where values should stand, how many fields there should be, and whether sections have
/// headings.
type Wish = (Place, usize, bool);

/// How a form looks.
struct Manner {
    place: Place,
    columns: usize,
    /// Width of a column and of the gap to the next, in pixels.
    width: f32,
    gap: f32,
    /// From the top of a field to that of the next.
    pitch: f32,
    /// Where columns end, from their top; the last one may go on to the end of the page.
    depth: f32,
    /// Where values start, from the left side of the column.
    tab: f32,
    /// Headings there is room for; sections after those go on without.
    headings: usize,
    colon: bool,
    capitals: bool,
    boxed: bool,
    ruled: bool,
    /// Headings on bands.
    bands: bool,
}

impl Manner {
    /// A look with room for `fields` fields, if there is one for this place.
    fn new(random: &mut Random, area: Span, em: f32, (place, fields, headed): Wish) -> Option<Self> {
        // Wide enough for most labels and values in a face of equal widths.
        let least = if place == Place::Below { 10.6 } else { 15.6 };
        let gap = em * random.between(1.0..1.8);
        let fit = (((area.width() + gap) / (least * em + gap)) as usize).clamp(1, 12);
        let lines = if place == Place::Below { 2.62 } else { 1.42 };
        // All columns together, had they no end: a section has five fields or so that fit.
        let headings = if headed { fields / 5 + 1 } else { 0 };
        let length = |pitch: f32| fields as f32 * pitch + headings as f32 * HEADING * em;
        // The foot of a column may be too short for a heading with a field.
        let room = |columns: usize, pitch: f32| {
            let lost = if headed { pitch + HEADING * em } else { pitch };
            columns as f32 * (area.height() - lost)
        };
        // Few columns first: forms have one or two where that is enough.
        let columns = (1..=fit).find(|&columns| room(columns, lines * em) >= length(lines * em))?;
        let columns = if columns == 1 && fit > 1 && random.chance(0.8) { 2 } else { columns };
        let slack = random.between(1.0..1.6);
        let steps = (0..=20).map(|step| lines * em * (slack - (slack - 1.0) * step as f32 / 20.0));
        let pitch =
            steps.into_iter().find(|&pitch| room(columns, pitch) >= length(pitch)).unwrap_or(lines * em);
        // Columns end at about the same height.
        let depth = (length(pitch) / columns as f32 + 0.5 * pitch).min(area.height());
        let width = (area.width() - gap * (columns - 1) as f32) / columns as f32;
        Some(Self {
            place,
            columns,
            width: width.min(em * random.between(28.0..46.0)).max(least * em),
            gap,
            pitch,
            depth,
            tab: random.between(0.44..0.5),
            headings,
            colon: random.chance(0.5),
            capitals: random.chance(0.2),
            boxed: place != Place::Across && random.chance(0.45),
            ruled: random.chance(0.5),
            bands: random.chance(0.4),
        })
    }
}

/// Prints a form and says what can be asked of it: every field.
pub(super) fn fill(sheet: &mut Sheet, fonts: &Fonts, random: &mut Random) -> Vec<Draft> {
    let title = random.pick([
        "Registration form",
        "Record sheet",
        "Application",
        "Case file",
        "Data sheet",
        "Master record",
        "Summary of entries",
    ]);
    let em = fonts.body.em;
    let mut area = sheet.area;
    area.low[1] = masthead::print(sheet, fonts, random, title);
    let wanted = random.whole(FIELDS as u32 + 2..46) as usize;
    let first = random.pick([Place::Beside, Place::Across, Place::Below]);
    let headed = random.chance(0.85);
    let wishes = [
        (first, wanted, headed),
        (first, FIELDS, headed),
        (Place::Beside, FIELDS, headed),
        (Place::Beside, FIELDS, false),
        // Large type on a small page may have no room for so many.
        (Place::Beside, FIELDS / 2, false),
        (Place::Beside, FIELDS / 4, false),
    ];
    let manner = wishes.into_iter().find_map(|wish| Manner::new(random, area, em, wish));
    let Some(manner) = manner else { return Vec::new() };
    let mut form =
        Form { sheet, fonts, manner, values: Values::new(random), area, column: 0, y: area.low[1] };
    let (mut drafts, mut headings) = (Vec::new(), 0);
    for section in shuffled(random, SECTIONS.len()).into_iter().map(|place| SECTIONS[place]) {
        let mut headed = headings == form.manner.headings;
        for field in shuffled(random, section.fields.len()).into_iter().map(|place| section.fields[place]) {
            if drafts.len() >= wanted {
                return drafts;
            }
            let heading = (!headed).then_some(section.heading);
            if let Some(draft) = form.field(random, heading, field) {
                headings += usize::from(!headed);
                headed = true;
                drafts.push(draft);
            }
        }
    }
    drafts
}

/// A form that is being filled.
struct Form<'a> {
    sheet: &'a mut Sheet,
    fonts: &'a Fonts,
    manner: Manner,
    values: Values,
    area: Span,
    column: usize,
    /// The top of what is free in the column.
    y: f32,
}

impl Form<'_> {
    /// Prints a field, under a heading if there is one; `None` when it does not fit.
    fn field(&mut self, random: &mut Random, heading: Option<&str>, field: Field) -> Option<Draft> {
        let Fonts { body, small, .. } = self.fonts;
        let manner = &self.manner;
        let em = body.em;
        let mut printed = if manner.capitals { field.label.to_uppercase() } else { field.label.to_owned() };
        if manner.colon && manner.place != Place::Across {
            printed.push(':');
        }
        let label_width = small.width(&printed);
        let inset = if manner.boxed { 0.45 * em } else { 0.0 };
        let tab = manner.tab * manner.width;
        let (label_room, value_room) = match manner.place {
            Place::Beside => (tab - 0.5 * em, manner.width - tab - 2.0 * inset),
            Place::Across => (manner.width, manner.width - label_width - 2.0 * em),
            Place::Below => (manner.width, manner.width - 2.0 * inset),
        };
        if label_width > label_room {
            return None;
        }
        let needed = if heading.is_some() { HEADING * em + manner.pitch } else { manner.pitch };
        let (mut column, mut y) = (self.column, self.y);
        let end =
            if column + 1 < manner.columns { self.area.low[1] + manner.depth } else { self.area.high[1] };
        if y + needed > end {
            (column, y) = (column + 1, self.area.low[1]);
        }
        if column >= manner.columns {
            return None;
        }
        let value = self.values.draw(random, field.kind, |value| body.width(value) <= value_room)?;
        (self.column, self.y) = (column, y);
        if let Some(heading) = heading {
            self.heading(heading);
        }
        let (label, answer) = self.pair(&printed, &value, inset);
        self.y += self.manner.pitch;
        Some(field.draft(random, answer, label.span))
    }

    fn left(&self) -> f32 {
        self.area.low[0] + self.column as f32 * (self.manner.width + self.manner.gap)
    }

    fn heading(&mut self, text: &str) {
        let (left, em) = (self.left(), self.fonts.body.em);
        let inks = self.sheet.inks;
        let right = left + self.manner.width;
        let baseline = self.y + 1.15 * em;
        if self.manner.bands {
            let band = Span { low: [left, self.y + 0.12 * em], high: [right, self.y + 1.52 * em] };
            self.sheet.band(band, inks.accent);
            self.sheet.print(&self.fonts.bold, [left + 0.4 * em, baseline], text, inks.paper);
        } else {
            self.sheet.print(&self.fonts.bold, [left, baseline], text, inks.accent);
            self.sheet.rule(left, right, self.y + 1.52 * em, 1.5 * self.sheet.scale, inks.accent);
        }
        self.y += HEADING * em;
    }

    /// Prints a label and its value.
    fn pair(&mut self, label: &str, value: &str, inset: f32) -> (Mark, Mark) {
        let (left, em, top) = (self.left(), self.fonts.body.em, self.y);
        let Fonts { body, small, .. } = self.fonts;
        let inks = self.sheet.inks;
        let manner = &self.manner;
        let right = left + manner.width;
        let thick = 1.2 * self.sheet.scale;
        let (label, answer, start, base) = match manner.place {
            Place::Beside => {
                let (base, start) = (top + 1.0 * em, left + manner.tab * manner.width);
                let label = self.sheet.print(small, [left, base], label, inks.soft);
                (label, self.sheet.print(body, [start + inset, base], value, inks.ink), start, base)
            }
            Place::Across => {
                let base = top + 1.0 * em;
                let label = self.sheet.print(small, [left, base], label, inks.soft);
                let answer = self.sheet.print_right(body, [right, base], value, inks.ink);
                let (from, to) = (label.span.high[0] + 0.4 * em, answer.span.low[0] - 0.4 * em);
                self.sheet.leader(small, from, to, base, 0.5 * em);
                (label, answer, left, base)
            }
            Place::Below => {
                let label = self.sheet.print(small, [left, top + 0.85 * em], label, inks.soft);
                let base = top + 2.1 * em;
                (label, self.sheet.print(body, [left + inset, base], value, inks.ink), left, base)
            }
        };
        if manner.boxed {
            let span = Span { low: [start, base - 0.93 * em], high: [right, base + 0.38 * em] };
            self.sheet.frame(span, thick, inks.rule);
        } else if manner.ruled {
            self.sheet.rule(start, right, base + 0.43 * em, thick, inks.rule);
        }
        (label, answer)
    }
}
