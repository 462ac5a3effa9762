//! Receipts: what was bought at the left, what it cost at the right.
//!
//! The way from a name to its price is the longest of all layouts, and only the row leads
//! along it.

use crate::random::Random;
use crate::scenery::palette;

use super::face::{Fonts, Lettering};
use super::masthead;
use super::sheet::Sheet;
use super::span::{Draft, Mark, Span};
use super::values::Values;
use super::words::{GOODS, SUMS, TILL, in_a_sentence, one, shop, shuffled, street, town};

/// Items that a receipt has at most.
const MOST: usize = 40;

/// How many rows of each part a receipt has.
struct Rows {
    /// Lines under the name of the shop.
    head: usize,
    till: usize,
    items: usize,
    sums: usize,
    foot: usize,
}

impl Rows {
    /// Shares out `room` rows; 11 is the least with which a receipt is one.
    fn new(random: &mut Random, room: usize) -> Self {
        // The name takes two rows, and the gaps between the parts as much.
        let rest = room.saturating_sub(4);
        let (head, foot) = if rest >= 16 { (2, 2) } else { (0, 0) };
        let (till, sums) = if rest >= 16 { (random.whole(3..7) as usize, 5) } else { (2, 3) };
        let items = rest.saturating_sub(head + till + sums + foot);
        let fewest = items.min(9) as u32;
        let items = if random.chance(0.5) { items } else { random.whole(fewest..items as u32 + 1) as usize };
        Self { head, till, items: items.min(MOST), sums, foot }
    }

    fn all(&self) -> usize {
        4 + self.head + self.till + self.items + self.sums + self.foot
    }
}

/// Prints a receipt and says what can be asked of it: every row.
pub(super) fn fill(sheet: &mut Sheet, fonts: &Fonts, random: &mut Random) -> Vec<Draft> {
    let (em, area) = (fonts.body.em, sheet.area);
    let pitch = em * random.between(1.34..1.9);
    // A receipt takes 11 rows.
    let pitch = pitch.min(area.height() / 12.0);
    let rows = Rows::new(random, (area.height() / pitch) as usize);
    let width = (area.width() * random.between(0.4..0.95)).max(19.0 * em).min(46.0 * em).min(area.width());
    let left = area.low[0] + random.unit() * (area.width() - width);
    let free = area.height() - rows.all() as f32 * pitch;
    let top = area.low[1] + random.unit() * free.max(0.0);
    let strip = Span { low: [left, top], high: [left + width, top + rows.all() as f32 * pitch] };
    lay(sheet, random, strip, em);
    let leader = random.chance(0.3);
    let mut receipt = Receipt { sheet, fonts, values: Values::new(random), strip, pitch, y: top, leader };
    receipt.head(random, rows.head);
    let mut drafts = receipt.till(random, rows.till);
    receipt.gap(random);
    let (mut items, sum) = receipt.items(random, rows.items);
    drafts.append(&mut items);
    receipt.gap(random);
    drafts.append(&mut receipt.sums(random, rows.sums, sum));
    if rows.foot > 0 {
        let words = random.pick([
            "Thank you for your visit",
            "Goods can be returned within 14 days",
            "See you again soon",
        ]);
        receipt.centred(&fonts.small, words, 1.6);
    }
    // Nothing is stamped on the desk.
    sheet.area = strip;
    drafts
}

/// A strip of paper on a desk, when there is desk to be seen.
fn lay(sheet: &mut Sheet, random: &mut Random, strip: Span, em: f32) {
    if strip.width() > 0.85 * sheet.area.width() || random.chance(0.35) {
        return;
    }
    let paper = sheet.inks.paper;
    let desk = palette::hue(random.unit(), random.between(0.05..0.45), random.between(0.3..0.72));
    let pad = 1.3 * em;
    let (low, high) = (strip.low[0] - pad, strip.high[0] + pad);
    let bottom = strip.high[1] + pad;
    let from = if random.chance(0.5) { -pad } else { strip.low[1] - pad };
    let span = Span { low: [low, from], high: [high, bottom] };
    sheet.canvas.each(|_, _| desk);
    // Its shadow first.
    for step in 0..4 {
        let by = sheet.scale * (5.0 - step as f32);
        let shadow = Span { low: span.low.map(|v| v + 2.0 * sheet.scale), high: span.high.map(|v| v + by) };
        sheet.band(shadow, desk.map(|part| part * (0.94 - 0.06 * step as f32)));
    }
    sheet.band(span, paper);
}

/// A receipt that is being printed.
struct Receipt<'a> {
    sheet: &'a mut Sheet,
    fonts: &'a Fonts,
    values: Values,
    strip: Span,
    pitch: f32,
    /// The top of the next row.
    y: f32,
    /// Dots between names and prices.
    leader: bool,
}

impl Receipt<'_> {
    fn head(&mut self, random: &mut Random, lines: usize) {
        let fonts = self.fonts;
        let mut name = shop(random);
        while fonts.title.width(&name) > self.strip.width() && name.len() > 4 {
            name.pop();
        }
        if lines > 0
            && random.chance(0.4)
            && fonts.title.width(&name) + 3.0 * fonts.title.em < self.strip.width()
        {
            let half = 0.5 * fonts.title.em;
            let centre = [self.strip.low[0] + half, self.y + 0.75 * self.pitch];
            masthead::logo(self.sheet, random, centre, half);
        }
        self.centred(&fonts.title, &name, 1.6);
        for line in [street(random), town(random)].iter().take(lines) {
            self.centred(&fonts.small, line, 1.0);
        }
        self.y += 0.4 * self.pitch;
    }

    fn centred(&mut self, letters: &Lettering, text: &str, rows: f32) {
        let colour = self.sheet.inks.ink;
        let at = [self.strip.centre()[0], self.y + (rows - 0.4) * self.pitch];
        self.sheet.print_centred(letters, at, text, colour);
        self.y += rows * self.pitch;
    }

    /// Room between parts, with or without a line in it.
    fn gap(&mut self, random: &mut Random) {
        let Span { low: [left, _], high: [right, _] } = self.strip;
        let y = self.y + 0.45 * self.pitch;
        let (rule, scale) = (self.sheet.inks.rule, self.sheet.scale);
        match random.below(3) {
            0 => self.sheet.rule(left, right, y, 1.5 * scale, rule),
            1 => {
                let step = self.fonts.body.em * 0.6;
                for dash in 0..(self.strip.width() / step) as usize {
                    let from = left + dash as f32 * step;
                    self.sheet.rule(from, from + 0.6 * step, y, 1.5 * scale, rule);
                }
            }
            _ => {}
        }
        self.y += 0.9 * self.pitch;
    }

    /// Prints a name and what stands at the other end of the row.
    fn row(&mut self, letters: &Lettering, name: &str, value: &str) -> (Mark, Mark) {
        let Span { low: [left, _], high: [right, _] } = self.strip;
        let (base, em, ink) = (self.y + 0.75 * self.pitch, letters.em, self.sheet.inks.ink);
        let label = self.sheet.print(letters, [left, base], name, ink);
        let answer = self.sheet.print_right(letters, [right, base], value, ink);
        if self.leader {
            let (from, to) = (label.span.high[0] + 0.4 * em, answer.span.low[0] - 0.4 * em);
            self.sheet.leader(letters, from, to, base, 0.6 * em);
        }
        self.y += self.pitch;
        (label, answer)
    }

    /// Whether a row has room for both.
    fn fits(&self, name: &str, value: &str) -> bool {
        let body = &self.fonts.body;
        body.width(name) + body.width(value) + 1.2 * body.em <= self.strip.width()
    }

    fn till(&mut self, random: &mut Random, rows: usize) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for field in shuffled(random, TILL.len()).into_iter().map(|place| TILL[place]) {
            if drafts.len() == rows {
                break;
            }
            let room = self.strip.width() - 1.2 * self.fonts.body.em - self.fonts.body.width(field.label);
            let body = &self.fonts.body;
            let Some(value) = self.values.draw(random, field.kind, |value| body.width(value) <= room) else {
                continue;
            };
            let (label, answer) = self.row(body, field.label, &value);
            drafts.push(field.draft(random, answer, label.span));
        }
        drafts
    }

    /// Prints items; the sum of their prices in cents comes with them.
    fn items(&mut self, random: &mut Random, rows: usize) -> (Vec<Draft>, u32) {
        let mut drafts = Vec::new();
        let mut sum = 0;
        for good in shuffled(random, GOODS.len()).into_iter().map(|place| GOODS[place]) {
            if drafts.len() == rows {
                break;
            }
            let most = random.pick([700, 2_000, 6_000]);
            let cents = random.whole(105..most);
            let price = self.values.money(cents);
            if !self.fits(good.name, &price) || !self.values.take(&price) {
                continue;
            }
            let (label, answer) = self.row(&self.fonts.body, good.name, &price);
            sum += cents;
            let name = in_a_sentence(good.name);
            let near = one(random, &["Tell me the", "Please give the", "Give me the"]);
            drafts.push(Draft {
                question: format!("What is the price of the {name}?"),
                paraphrases: [
                    format!("{near} price of the {name}."),
                    format!("What is the cost of the {name}?"),
                    format!("How much was charged for {}?", good.far),
                ],
                answer,
                label: label.span,
            });
        }
        (drafts, sum)
    }

    /// Prints what it comes to. Where a sum is also another number of the page, it is printed and
    /// cannot be asked for.
    fn sums(&mut self, random: &mut Random, rows: usize, subtotal: u32) -> Vec<Draft> {
        let tax = subtotal * random.pick([5, 7, 10, 19, 20]) / 100;
        let total = subtotal + tax;
        let note = random.pick([500, 1000, 2000]);
        let cash = (total / note + 1) * note;
        let amounts = [subtotal, tax, total, cash, cash - total];
        let mut drafts = Vec::new();
        for (field, cents) in SUMS.into_iter().zip(amounts).take(rows) {
            let value = self.values.money(cents);
            let letters = if field.label == "Total" { &self.fonts.bold } else { &self.fonts.body };
            let (label, answer) = self.row(letters, field.label, &value);
            if self.values.take(&value) {
                drafts.push(field.draft(random, answer, label.span));
            }
        }
        drafts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::words::content;

    #[test]
    fn goods_are_spoken_of_without_their_names() {
        for good in GOODS {
            let shared: Vec<_> = content(good.name).intersection(&content(good.far)).cloned().collect();
            assert!(shared.is_empty(), "{good:?}: {shared:?}");
        }
        let names: std::collections::BTreeSet<_> = GOODS.iter().map(|good| good.name).collect();
        assert_eq!(names.len(), GOODS.len());
    }

    #[test]
    fn rows_are_shared_out_within_the_room() {
        let mut random = Random::new(1);
        for room in 11..120 {
            for _ in 0..20 {
                let rows = Rows::new(&mut random, room);
                assert!(rows.all() <= room, "{} for {room}", rows.all());
                assert!(rows.till + rows.items + rows.sums >= 7);
            }
        }
    }
}
