//! What a question says: its words, the passage it quotes, and what kind of answer it wants.
//!
//! Only the grammar of asking is known here, never what pages are about: articles and
//! auxiliaries say little, *how much* wants a number, *which word follows* wants the
//! next word and not a value beside a label.

use super::fold::{fold, is_ideograph, narrow};

/// Words of a question that are looked for at most; a longer one is cut.
const WORDS: usize = 40;

/// Characters of a question that are read at most.
const CHARS: usize = 20_000;

/// Letters of a word or a passage that are compared at most.
pub(crate) const LETTERS: usize = 64;

/// Words that hold sentences together: articles, prepositions, pronouns, auxiliaries, words
/// that ask.
const FUNCTION: &str = "a an the of on in to by at for and or is are was were am be been being do does did done \
    what which who whom whose when where how why much many must may can could should would will shall one it \
    its this that these those there here with from into as if than then not no any some all has have had their \
    they them he she his her him you your we our us i me my so up out about there please";

/// Words by which one asks to be told something.
const ASKING: &str = "tell give show find read say says said name state list look locate value field entry \
    written printed shown stated stand stands given listed document image picture text euro euros dollar dollars pounds \
    eur usd gbp percent";

/// A word that is looked for on the page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Word {
    /// Its signs, folded; at most [`LETTERS`].
    pub(crate) signs: Vec<char>,
    /// How much it says about what is asked for, apart from how rare it is: 0 to 2.
    pub(crate) weight: f32,
    /// Whether it is what is asked about something: *price* in *the price of the bread*. A
    /// page may well not print that.
    pub(crate) aspect: bool,
}

/// Where the answer stands, seen from what the question names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seeks {
    /// It is the value of a label.
    Value,
    /// It is the next word.
    Next,
    /// It is the word before.
    Previous,
}

/// What the answer is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    Anything,
    /// *When*, *how much*, *which page*.
    Digits,
    /// *Who*.
    Letters,
}

/// A question that has been read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Question {
    pub(crate) words: Vec<Word>,
    /// The signs of what it quotes, or of what stands behind its *follows*; empty for none.
    pub(crate) passage: Vec<char>,
    pub(crate) seeks: Seeks,
    pub(crate) wants: Wants,
}

impl Question {
    pub(crate) fn new(text: &str) -> Self {
        let tokens = tokens(text);
        let quotes = tokens.iter().any(|token| token.quoted);
        let is = |token: &Token, words: &[&str]| words.contains(&token.text.as_str());
        let outside = || tokens.iter().filter(|token| !token.quoted);
        let about_words = outside().any(|token| is(token, &["word", "words"]));
        let cue = |words: &[&str]| outside().any(|token| is(token, words));
        let seeks = if !quotes && !about_words {
            Seeks::Value
        } else if cue(&["follow", "follows", "following", "after", "next", "behind", "succeeds"]) {
            Seeks::Next
        } else if cue(&["before", "precede", "precedes", "preceding", "previous"]) {
            Seeks::Previous
        } else {
            Seeks::Value
        };
        let words = words(&tokens, quotes);
        let passage = if quotes {
            tokens
                .iter()
                .skip_while(|t| !t.quoted)
                .take_while(|t| t.quoted)
                .flat_map(|t| t.signs.clone())
                .collect()
        } else if seeks == Seeks::Value {
            Vec::new()
        } else {
            let cue = [
                "follows",
                "follow",
                "following",
                "after",
                "behind",
                "next",
                "before",
                "precedes",
                "preceding",
            ];
            let place =
                tokens.iter().rposition(|token| is(token, &cue)).map_or(tokens.len(), |place| place + 1);
            tokens[place..].iter().flat_map(|token| token.signs.clone()).collect()
        };
        Self { words, passage: kept(passage, seeks), seeks, wants: wants(&tokens) }
    }
}

/// Each word once. Of a question that is too long, the words at both of its ends: what is asked stands there.
fn words(tokens: &[Token], quotes: bool) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    // What each word weighs by itself.
    let mut own: Vec<f32> = Vec::new();
    let mut order: Vec<usize> = (0..tokens.len()).collect();
    order.sort_by_key(|&place| place.min(tokens.len() - 1 - place));
    for token_place in order {
        let token = &tokens[token_place];
        let known = words.iter().position(|word| word.signs == token.signs);
        if known.is_none() && words.len() == WORDS {
            continue;
        }
        let place = known.unwrap_or_else(|| {
            let aspect = tokens.get(token_place + 1).is_some_and(|next| next.text == "of");
            words.push(Word { signs: token.signs.clone(), weight: 0.0, aspect: aspect && !token.quoted });
            own.push(token.weight());
            words.len() - 1
        });
        let weight = match (quotes, token.quoted) {
            (false, _) => own[place],
            // What is quoted stands on the page; the rest says what to do with it.
            (true, true) => own[place].max(0.35),
            (true, false) => 0.05 * own[place],
        };
        words[place].weight = words[place].weight.max(weight);
    }
    words
}

/// The end of a passage that is too long, or its beginning: what is next to the answer.
fn kept(mut passage: Vec<char>, seeks: Seeks) -> Vec<char> {
    if seeks == Seeks::Next {
        passage.drain(..passage.len().saturating_sub(LETTERS));
    }
    passage.truncate(LETTERS);
    passage
}

fn wants(tokens: &[Token]) -> Wants {
    let mut words = tokens.iter().filter(|token| !token.quoted).map(|token| token.text.as_str());
    let Some(asking) =
        words.find(|word| ["who", "whom", "whose", "when", "how", "which", "what"].contains(word))
    else {
        return Wants::Anything;
    };
    match (asking, words.next()) {
        ("who" | "whom" | "whose", _) => Wants::Letters,
        ("when", _) => Wants::Digits,
        // How much, how many, how far; but not how one does something.
        (
            "how",
            Some("do" | "does" | "did" | "is" | "are" | "was" | "were" | "can" | "should" | "to") | None,
        ) => Wants::Anything,
        ("how", _)
        | ("which" | "what", Some("page" | "year" | "time" | "digits" | "number" | "percentage")) => {
            Wants::Digits
        }
        _ => Wants::Anything,
    }
}

/// A word as it stands in the question.
struct Token {
    /// In small letters.
    text: String,
    signs: Vec<char>,
    quoted: bool,
}

impl Token {
    fn weight(&self) -> f32 {
        let listed = |list: &str| list.split_whitespace().any(|word| word == self.text);
        if listed(FUNCTION) {
            0.08
        } else if listed(ASKING) {
            0.15
        } else if self.text.chars().filter(char::is_ascii_digit).count() > 1 {
            // A number that is asked about is copied from the page.
            2.0
        } else {
            1.0
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().take(CHARS).map(narrow).collect();
    let closings = ['”', '"', '»', '」', '’'];
    let ends = closings.map(|closing| chars.iter().rposition(|&c| c == closing));
    let last =
        |closing: char| closings.iter().zip(ends).find(|(c, _)| **c == closing).and_then(|(_, end)| end);
    let mut tokens = Vec::new();
    let mut word = String::new();
    // The sign that ends the quotation we are in.
    let mut until: Option<char> = None;
    let mut flush = |word: &mut String, quoted: bool| {
        if !word.is_empty() {
            push(&mut tokens, &std::mem::take(word), quoted);
        }
    };
    for (place, &c) in chars.iter().enumerate() {
        let quoted = until.is_some();
        let digits_around = || {
            let digit = |place: Option<usize>| {
                place.and_then(|place| chars.get(place)).is_some_and(char::is_ascii_digit)
            };
            digit(place.checked_sub(1)) && digit(Some(place + 1))
        };
        if c.is_alphanumeric() {
            word.push(c);
        } else if matches!(c, '.' | ',' | ':') && digits_around() {
            // Inside of a number.
        } else {
            flush(&mut word, quoted);
            if until == Some(c) {
                until = None;
            } else if until.is_none() {
                let closing = match c {
                    '“' | '„' => Some('”'),
                    '"' => Some('"'),
                    '«' => Some('»'),
                    '「' => Some('」'),
                    '‘' => Some('’'),
                    _ => None,
                };
                // A quotation that never ends is none.
                until = closing.filter(|&closing| last(closing).is_some_and(|end| end > place));
            }
        }
    }
    flush(&mut word, until.is_some());
    tokens
}

fn push(tokens: &mut Vec<Token>, word: &str, quoted: bool) {
    let mut add = |text: String| {
        let signs: Vec<char> = text.chars().filter_map(fold).take(LETTERS).collect();
        // What an apostrophe leaves behind: `s`, `t`.
        let scrap = signs.len() == 1 && text.chars().all(|c| c.is_ascii_lowercase());
        if !signs.is_empty() && !scrap {
            tokens.push(Token { text, signs, quoted });
        }
    };
    let text: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
    if text.len() > 2 && text.iter().all(|&c| is_ideograph(c)) {
        // No spaces: each two neighbours are looked for as if they were a word.
        for pair in text.windows(2) {
            add(pair.iter().collect());
        }
    } else {
        add(text.into_iter().collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heavy(question: &str) -> Vec<String> {
        let question = Question::new(question);
        question
            .words
            .iter()
            .filter(|word| word.weight >= 0.3)
            .map(|word| word.signs.iter().collect())
            .collect()
    }

    #[test]
    fn words_that_ask_weigh_little() {
        assert_eq!(heavy("What is the due date?"), ["date", "due"]);
        assert_eq!(heavy("Please tell me the due date."), heavy("What is the due date?"));
        assert!(heavy("What is the").is_empty() && heavy("").is_empty());
    }

    #[test]
    fn what_is_quoted_is_looked_for() {
        let question = Question::new("On which page does “Old Wells” begin?");
        assert_eq!(question.passage.iter().collect::<String>(), "oidweiis");
        assert_eq!((question.seeks, question.wants), (Seeks::Value, Wants::Digits));
        assert_eq!(heavy("On which page does \"Old Wells\" begin?"), ["weiis", "oid"]);
        // An open quotation mark is a slip.
        assert_eq!(Question::new("What is “this").passage, []);
    }

    #[test]
    fn words_beside_words_are_asked_for() {
        for (text, seeks) in [
            ("Which word follows “the old”?", Seeks::Next),
            ("Which word comes after the old", Seeks::Next),
            ("What precedes «the old»?", Seeks::Previous),
            ("How much is it before tax?", Seeks::Value),
            ("Who comes after her?", Seeks::Value),
        ] {
            let question = Question::new(text);
            assert_eq!(question.seeks, seeks, "{text}");
            let passage: String = question.passage.iter().collect();
            assert_eq!(passage, if seeks == Seeks::Value { "" } else { "theoid" }, "{text}");
        }
    }

    #[test]
    fn a_question_says_what_it_wants() {
        for (text, wants) in [
            ("How much was it?", Wants::Digits),
            ("How is it called?", Wants::Anything),
            ("When did it start?", Wants::Digits),
            ("Who is the driver?", Wants::Letters),
            ("Tell me who the driver is.", Wants::Letters),
            ("What is the date?", Wants::Anything),
        ] {
            assert_eq!(Question::new(text).wants, wants, "{text}");
        }
    }

    #[test]
    fn numbers_are_one_word() {
        assert!(heavy("Which item costs 1,234.50?").contains(&"i234so".to_owned()));
    }

    #[test]
    fn long_questions_are_cut() {
        let text: String = (0..3000).map(|i| format!("w{i} ")).collect();
        assert_eq!(Question::new(&text).words.len(), WORDS);
        let word = "x".repeat(10_000);
        assert_eq!(Question::new(&word).words[0].signs.len(), LETTERS);
    }

    #[test]
    fn texts_without_spaces_are_looked_for_by_pairs() {
        assert_eq!(heavy("发票号码"), ["发票", "号码", "票号"]);
    }
}
