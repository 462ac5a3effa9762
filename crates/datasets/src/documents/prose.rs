//! Dense prose, of which one asks which word follows some others.
//!
//! Nothing but reading finds the place: there is no label, and every line looks like every
//! other.

use std::collections::{BTreeSet, VecDeque};

use crate::random::Random;

use super::face::Fonts;
use super::options::ASKS;
use super::sheet::Sheet;
use super::span::{Draft, Mark, Span};
use super::words::{
    MEMBERS, NOUNS, PLACES, QUALITIES, TEMPERS, TRADES, VERBS, first_name, number, one, surname, town,
};

/// A word with what is printed right behind it.
#[derive(Clone, Debug)]
struct Word {
    text: String,
    behind: &'static str,
    /// Whether a paragraph ends here.
    last: bool,
}

/// A word that can be asked for, by its place in the story, with what stands before it.
#[derive(Clone, Debug)]
struct Clue {
    answer: usize,
    /// How many words before it the question may name, and those in other words: more words
    /// first, and fewer for where a line breaks among them.
    ways: [(usize, String); 2],
}

/// A story that goes on for ever.
struct Story {
    words: Vec<Word>,
    clues: Vec<Clue>,
    /// Sentences until the paragraph ends.
    left: u32,
}

impl Story {
    fn new() -> Self {
        Self { words: Vec::new(), clues: Vec::new(), left: 0 }
    }

    fn say(&mut self, text: &str) {
        let words = text.split_whitespace().map(|word| {
            let bare = word.trim_end_matches(['.', ',', ';']);
            let behind = match &word[bare.len()..] {
                "." => ".",
                "," => ",",
                ";" => ";",
                _ => "",
            };
            Word { text: bare.to_owned(), behind, last: false }
        });
        self.words.extend(words);
    }

    /// The word that was said last can be asked for by the words in front of it: three, or two.
    fn clue(&mut self, three: String, two: &str) {
        self.clues.push(Clue { answer: self.words.len() - 1, ways: [(3, three), (2, two.to_owned())] });
    }

    /// Adds a sentence.
    fn sentence(&mut self, random: &mut Random) {
        match random.below(6) {
            0 => {
                self.person(random, true);
                self.deed(random, "");
                self.say(&format!("near {}.", one(random, &PLACES)));
            }
            1 => {
                self.say(&format!("Nobody in {} remembered who", town(random)));
                self.deed(random, ",");
                self.say(&format!("but {} {} did not ask again.", first_name(random), surname(random)));
            }
            2 => {
                self.payer(random);
                self.say(&format!("crowns in {}.", one(random, &PLACES)));
            }
            3 => {
                let kin = one(random, &MEMBERS);
                self.say(&format!("Before the evening her {kin}"));
                self.deed(random, "");
                self.say(&format!("behind {};", one(random, &PLACES)));
                self.person(random, false);
                self.deed(random, ".");
            }
            4 => {
                self.say(&format!("When {} came back from {},", first_name(random), one(random, &PLACES)));
                self.person(random, false);
                self.say("said that somebody");
                self.deed(random, ".");
            }
            _ => {
                self.person(random, true);
                self.deed(random, ",");
                self.say("and a year later");
                self.payer_named(random);
                self.say("crowns to have it back.");
            }
        }
        if self.left == 0 {
            self.left = random.whole(3..8);
        }
        self.left -= 1;
        if let (0, Some(word)) = (self.left, self.words.last_mut()) {
            word.last = true;
        }
    }

    /// Somebody from somewhere.
    fn person(&mut self, random: &mut Random, first: bool) {
        let (temper, trade) = (one(random, &TEMPERS), one(random, &TRADES));
        let article = if first { "The" } else { "the" };
        self.say(&format!("{article} {} {} from {}", temper.0, trade.0, town(random)));
        self.clue(format!("{} {} from", temper.1, trade.1), &format!("{} from", trade.1));
    }

    /// Something was done to a thing.
    fn deed(&mut self, random: &mut Random, behind: &str) {
        let (verb, quality, noun) = (one(random, &VERBS), one(random, &QUALITIES), one(random, &NOUNS));
        let article = match random.below(3) {
            0 => "the",
            _ if quality.0.starts_with(['a', 'e', 'i', 'o']) => "an",
            _ => "a",
        };
        self.say(&format!("{} {article} {} {noun}{behind}", verb.0, quality.0));
        self.clue(format!("{} the {}", verb.1, quality.1), quality.1);
    }

    fn payer(&mut self, random: &mut Random) {
        self.say("On that day");
        self.payer_named(random);
    }

    fn payer_named(&mut self, random: &mut Random) {
        let (temper, trade) = (one(random, &TEMPERS), one(random, &TRADES));
        self.say(&format!("the {} {} paid {}", temper.0, trade.0, number(random)));
        self.clue(format!("{} {} spent", temper.1, trade.1), &format!("{} spent", trade.1));
    }
}

/// Prints prose and says what can be asked of it.
pub(super) fn fill(sheet: &mut Sheet, fonts: &Fonts, random: &mut Random) -> Vec<Draft> {
    set(sheet, fonts, random).drafts()
}

/// Prints prose.
fn set(sheet: &mut Sheet, fonts: &Fonts, random: &mut Random) -> Setter {
    let (em, inks) = (fonts.body.em, sheet.inks);
    let mut area = sheet.area;
    if random.chance(0.75) {
        let heading = format!("The {} of {}", one(random, &NOUNS), town(random));
        let base = area.low[1] + 0.9 * fonts.title.em;
        if fonts.title.width(&heading) <= area.width() {
            sheet.print(&fonts.title, [area.low[0], base], &heading, inks.accent);
            area.low[1] = base + 0.8 * em;
        }
    }
    // The number of the page.
    let folio = random.whole(2..400).to_string();
    sheet.print_centred(&fonts.small, [area.centre()[0], area.high[1]], &folio, inks.soft);
    area.high[1] -= 1.6 * em;
    let gap = 2.0 * em;
    let most = ((area.width() + gap) / (19.0 * em + gap)) as usize;
    let least = (area.width() / (52.0 * em)).ceil() as usize;
    let columns = if random.chance(0.45) { least + 1 } else { least }.min(most).max(1);
    let width = (area.width() - gap * (columns - 1) as f32) / columns as f32;
    let pitch = em * random.between(1.3..1.5);
    let justified = random.chance(0.6);
    let mut setter = Setter { story: Story::new(), queue: VecDeque::new(), printed: Vec::new(), line: 0 };
    for column in 0..columns {
        let left = area.low[0] + column as f32 * (width + gap);
        let mut base = area.low[1] + 0.85 * em;
        while base + 0.25 * em <= area.high[1] {
            setter.line(sheet, fonts, random, [left, base], width, justified);
            base += pitch;
        }
    }
    setter
}

/// Sets a story in lines.
struct Setter {
    story: Story,
    /// Places of words that were told and not printed yet.
    queue: VecDeque<usize>,
    /// Where the words of the story stand, with the number of their line.
    printed: Vec<(Mark, usize)>,
    line: usize,
}

impl Setter {
    /// The next word of the story, without taking it.
    fn next(&mut self, random: &mut Random) -> Option<&Word> {
        if self.queue.is_empty() {
            let from = self.story.words.len();
            self.story.sentence(random);
            self.queue.extend(from..self.story.words.len());
        }
        self.queue.front().map(|&place| &self.story.words[place])
    }

    /// Prints a line from `at` on.
    fn line(
        &mut self,
        sheet: &mut Sheet,
        fonts: &Fonts,
        random: &mut Random,
        at: [f32; 2],
        width: f32,
        justified: bool,
    ) {
        let (body, ink) = (&fonts.body, sheet.inks.ink);
        let space = body.width(" ");
        let starts = self.printed.len().checked_sub(1).is_none_or(|last| self.story.words[last].last);
        let indent = if starts { 1.4 * body.em } else { 0.0 };
        let mut words: Vec<(Word, f32)> = Vec::new();
        let mut used = indent;
        let mut ends = false;
        while let Some(word) = self.next(random).cloned() {
            let own = body.width(&word.text) + body.width(word.behind);
            let before = if words.is_empty() { 0.0 } else { space };
            // A line takes one word at least, or there would be no end.
            if !words.is_empty() && used + before + own > width {
                break;
            }
            used += before + own;
            ends = word.last;
            words.push((word, own));
            self.queue.pop_front();
            if ends {
                break;
            }
        }
        let gaps = words.len().saturating_sub(1).max(1) as f32;
        let stretch = (width - used) / gaps;
        let space = if justified && !ends && stretch < 1.3 * body.em { space + stretch } else { space };
        let mut x = at[0] + indent;
        for (word, own) in words {
            let mark = sheet.print(body, [x, at[1]], &word.text, ink);
            if !word.behind.is_empty() {
                sheet.print(body, [x + body.width(&word.text), at[1]], word.behind, ink);
            }
            self.printed.push((mark, self.line));
            x += own + space;
        }
        self.line += 1;
    }

    /// What can be asked: where the words of a question stand on one line with the answer, and
    /// nowhere else on the page.
    fn drafts(&self) -> Vec<Draft> {
        let texts: Vec<String> = self.printed.iter().map(|(mark, _)| mark.text.to_lowercase()).collect();
        let mut answers = BTreeSet::new();
        let mut drafts = Vec::new();
        // In narrow columns few are on one line; there a line may break among the words.
        for broken in [false, true] {
            if broken && drafts.len() >= *ASKS.end() as usize {
                break;
            }
            for clue in &self.story.clues {
                let drafted = clue
                    .ways
                    .iter()
                    .find_map(|(before, far)| self.draft(&texts, (clue.answer, *before), far, broken));
                let Some(draft) = drafted else { continue };
                if answers.insert(draft.answer.text.clone()) {
                    drafts.push(draft);
                }
            }
        }
        drafts
    }

    /// Asks for a word by the `before` words in front of it, whether they are on its line or not
    /// when `broken`; `texts` are all words in small letters. What is marked as the label are
    /// the words on the line of the last of them.
    fn draft(
        &self,
        texts: &[String],
        (answer, before): (usize, usize),
        far: &str,
        broken: bool,
    ) -> Option<Draft> {
        let from = answer.checked_sub(before)?;
        let run = self.printed.get(from..=answer)?;
        let places = texts.windows(before).filter(|window| *window == &texts[from..answer]).count();
        let [label @ .., (answer, line)] = run else { return None };
        if places != 1 || (!broken && label.iter().any(|(_, other)| other != line)) {
            return None;
        }
        let last = label.last()?.1;
        let together = label.iter().filter(|(_, line)| *line == last);
        let phrase: Vec<&str> = label.iter().map(|(mark, _)| mark.text.as_str()).collect();
        let phrase = phrase.join(" ");
        Some(Draft {
            question: format!("Which word follows “{phrase}”?"),
            paraphrases: [
                format!("Tell me which word follows “{phrase}”."),
                format!("Which word comes after “{phrase}”?"),
                format!("What is printed right behind the passage that means “{far}”?"),
            ],
            answer: answer.clone(),
            label: together.map(|(mark, _)| mark.span).reduce(Span::with)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::face::Face;
    use crate::documents::sheet::Inks;
    use crate::documents::words::content;

    #[test]
    fn far_questions_have_no_word_of_the_place() {
        let mut story = Story::new();
        let mut random = Random::new(1);
        for _ in 0..3000 {
            story.sentence(&mut random);
        }
        for clue in &story.clues {
            for (before, far) in &clue.ways {
                let words = &story.words[clue.answer - before..clue.answer];
                let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
                let label = content(&words.join(" "));
                let far = content(&format!("What is printed right behind the passage that means “{far}”?"));
                assert!(!label.is_empty() && label.is_disjoint(&far), "{words:?}: {far:?}");
            }
        }
    }

    /// The words of a question stand in one place, and the answer behind them.
    #[test]
    fn a_question_fits_one_place() {
        for index in 0..8 {
            let mut random = Random::new(index);
            let fonts = Fonts::new(Face::ALL[index as usize % 7], 22.0, &mut random).unwrap();
            let mut sheet = Sheet::new([1344, 1344], 1.0, 60.0, Inks::new(&mut random));
            let setter = set(&mut sheet, &fonts, &mut random);
            let text: Vec<String> = setter.printed.iter().map(|(mark, _)| mark.text.to_lowercase()).collect();
            let text = format!(" {} ", text.join(" "));
            let drafts = setter.drafts();
            assert!(drafts.len() >= 20, "{}", drafts.len());
            for draft in drafts {
                let phrase = draft.question.split(['“', '”']).nth(1).unwrap().to_lowercase();
                assert_eq!(text.matches(&format!(" {phrase} ")).count(), 1, "{phrase}");
                let answer = draft.answer.text.to_lowercase();
                assert_eq!(text.matches(&format!(" {phrase} {answer} ")).count(), 1, "{phrase} {answer}");
            }
        }
    }

    #[test]
    fn answers_are_words_of_three_letters_or_more() {
        let mut story = Story::new();
        let mut random = Random::new(2);
        for _ in 0..1000 {
            story.sentence(&mut random);
        }
        for clue in &story.clues {
            let text = &story.words[clue.answer].text;
            assert!((3..=24).contains(&text.len()) && text.is_ascii(), "{text}");
        }
    }
}
