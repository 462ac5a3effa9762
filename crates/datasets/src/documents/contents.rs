//! Tables of contents: titles at the left, page numbers at the right, dots between.

use crate::random::Random;

use super::face::Fonts;
use super::sheet::Sheet;
use super::span::{Draft, Span};
use super::words::{HEADS, MODIFIERS, one, shuffled};

/// How pages are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Folio {
    /// 147
    Plain,
    /// 4-17: a chapter, and a page of it.
    ByChapter,
}

/// Prints a table of contents and says what can be asked of it: every title.
pub(super) fn fill(sheet: &mut Sheet, fonts: &Fonts, random: &mut Random) -> Vec<Draft> {
    let (em, inks, scale) = (fonts.body.em, sheet.inks, sheet.scale);
    let mut area = sheet.area;
    let heading = random.pick(["Contents", "Table of contents", "In this volume", "Index of chapters"]);
    let at = area.low[1] + fonts.title.em;
    if random.chance(0.3) {
        sheet.print_centred(&fonts.title, [area.centre()[0], at], heading, inks.accent);
    } else {
        sheet.print(&fonts.title, [area.low[0], at], heading, inks.accent);
    }
    if random.chance(0.4) {
        sheet.rule(area.low[0], area.high[0], at + 0.5 * em, 1.6 * scale, inks.accent);
    }
    area.low[1] = at + 1.1 * em;
    let gap = 2.0 * em;
    let most = ((area.width() + gap) / (17.0 * em + gap)) as usize;
    let least = (area.width() / (70.0 * em)).ceil() as usize;
    let columns = if random.chance(0.3) { least + 1 } else { least }.min(most).max(1);
    let width = (area.width() - gap * (columns - 1) as f32) / columns as f32;
    let tight = em * 1.4;
    let count = ((area.height() / tight) as usize * columns).min(HEADS.len() - 2);
    let count = random.whole((count as u32 * 3 / 4).max(8)..count as u32 + 1) as usize;
    let rows = count.div_ceil(columns);
    let pitch = (area.height() / rows as f32).min(em * random.between(1.5..2.4)).max(tight);
    let folio = if random.chance(0.7) { Folio::Plain } else { Folio::ByChapter };
    let (numbered, dotted, banded) = (random.chance(0.6), random.chance(0.8), random.chance(0.2));
    let (mut chapter, mut part, mut page) = (0, 0, random.whole(101..260));
    let mut drafts = Vec::new();
    let order = shuffled(random, HEADS.len());
    for (place, head) in order.into_iter().take(count).map(|place| HEADS[place]).enumerate() {
        let modifier = one(random, &MODIFIERS);
        let title = format!("{} {}", modifier.0, head.0);
        let is_chapter = place == 0 || part >= 7 || random.chance(0.25);
        (chapter, part) = if is_chapter { (chapter + 1, 0) } else { (chapter, part + 1) };
        page = match folio {
            Folio::ByChapter if is_chapter => random.whole(11..20),
            _ => page + random.whole(1..15),
        };
        let number = match folio {
            Folio::Plain => page.to_string(),
            Folio::ByChapter => format!("{chapter}-{page}"),
        };
        let left = area.low[0] + (place / rows) as f32 * (width + gap);
        let right = left + width;
        let top = area.low[1] + (place % rows) as f32 * pitch;
        let base = top + 0.75 * pitch;
        if banded && place % 2 == 0 {
            let band = Span {
                low: [left - 0.3 * em, top + 0.08 * pitch],
                high: [right + 0.3 * em, top + 1.05 * pitch],
            };
            sheet.band(band, inks.tint);
        }
        let letters = if is_chapter && numbered { &fonts.bold } else { &fonts.body };
        let mut indent = if is_chapter { 0.0 } else { 1.2 * em };
        if numbered {
            let number = if is_chapter { chapter.to_string() } else { format!("{chapter}.{part}") };
            let step = fonts.bold.width("10.7") + 0.6 * em;
            // Numbers give way where the title would reach the page.
            let needed = indent + step + letters.width(&title) + 1.2 * em + fonts.body.width("0-000");
            if needed <= width {
                sheet.print(letters, [left + indent, base], &number, inks.soft);
                indent += step;
            }
        }
        let room = width - letters.width(&title) - 0.8 * em - fonts.body.width(&number);
        let label = sheet.print(letters, [left + indent.min(room.max(0.0)), base], &title, inks.ink);
        let answer = sheet.print_right(&fonts.body, [right, base], &number, inks.ink);
        if dotted {
            let (from, to) = (label.span.high[0] + 0.5 * em, answer.span.low[0] - 0.4 * em);
            sheet.leader(&fonts.body, from, to, base, 0.55 * em);
        }
        // A title that runs into its number cannot be asked for.
        if label.span.high[0] + 0.3 * em > answer.span.low[0] {
            continue;
        }
        drafts.push(Draft {
            question: format!("On which page does “{title}” begin?"),
            paraphrases: [
                format!("Which page does “{title}” begin on?"),
                format!("On which page does “{title}” start?"),
                format!("Where does the chapter about {} {} open?", head.1, modifier.1),
            ],
            answer,
            label: label.span,
        });
    }
    drafts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::words::content;

    #[test]
    fn subjects_are_spoken_of_without_their_words() {
        for (head, far) in HEADS {
            for (modifier, behind) in MODIFIERS {
                let label = content(&format!("{modifier} {head}"));
                let far = content(&format!("Where does the chapter about {far} {behind} open?"));
                assert!(label.is_disjoint(&far), "{label:?} {far:?}");
            }
        }
    }
}
