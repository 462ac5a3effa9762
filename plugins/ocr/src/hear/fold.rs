//! Characters as they are compared.
//!
//! A recogniser of print takes signs that look alike for one another, loses the spaces between
//! words, and knows nothing of how a question is spelled. So texts are compared without case,
//! accents, spaces and punctuation, and signs that look alike are one sign. Numbers come out
//! right by that too: `1,234.50`, `1.234,50` and `$1234.50` are all `123450` (with the sign that
//! 0 and O share).

/// The sign that stands for `c` in comparisons; none for what is left out: spaces, punctuation,
/// symbols.
pub(crate) fn fold(c: char) -> Option<char> {
    let c = narrow(c);
    if !c.is_alphanumeric() {
        return None;
    }
    // Of the few letters whose small form is several, the first is enough.
    let c = c.to_lowercase().next().unwrap_or(c);
    Some(match c {
        '0' => 'o',
        '1' | 'l' => 'i',
        '5' => 's',
        '8' => 'b',
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' | 'ı' | 'ł' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ś' | 'š' | 'ş' | 'ß' => 's',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        c => c,
    })
}

/// Full-width forms, which recognisers of Chinese put among Latin text, as the usual ones.
pub(crate) fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        c => c,
    }
}

/// Whether a sign is a word by itself, as those of Chinese and Japanese nearly are.
pub(crate) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// The signs of a page, numbered. What a page does not have is [`Alphabet::OTHER`].
#[derive(Debug)]
pub(crate) struct Alphabet {
    signs: Vec<char>,
}

impl Alphabet {
    /// The number of everything that is not on the page.
    pub(crate) const OTHER: u16 = 0;

    /// All signs that come up in `folded`. Past 65 000, more than any page has, they are all
    /// [`Self::OTHER`].
    pub(crate) fn new(folded: impl Iterator<Item = char>) -> Self {
        let mut signs: Vec<char> = folded.collect();
        signs.sort_unstable();
        signs.dedup();
        signs.truncate(65_000);
        Self { signs }
    }

    /// How many numbers there are.
    pub(crate) fn size(&self) -> usize {
        self.signs.len() + 1
    }

    /// The number of a folded sign.
    pub(crate) fn number(&self, sign: char) -> u16 {
        self.signs.binary_search(&sign).map_or(Self::OTHER, |place| place as u16 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        text.chars().filter_map(fold).collect()
    }

    #[test]
    fn what_looks_alike_is_one() {
        assert_eq!(folded("Tota1 B0x"), folded("total BOX"));
        assert_eq!(folded("Iife"), folded("life"));
        assert_eq!(folded("Café Größe"), folded("CAFE grose"));
    }

    #[test]
    fn numbers_are_their_digits() {
        for other in ["1.234,50", "$1234.50", "1 234.50 ", "１２３４．５０"] {
            assert_eq!(folded("1,234.50"), folded(other));
        }
        assert_ne!(folded("12"), folded("13"));
    }

    #[test]
    fn signs_of_other_scripts_are_kept() {
        assert_eq!(folded("合计：12"), "合计i2");
        assert!(is_ideograph('合') && !is_ideograph('a'));
    }

    #[test]
    fn an_alphabet_numbers_what_is_there() {
        let alphabet = Alphabet::new("hello".chars());
        assert_eq!(alphabet.size(), 5);
        let numbers: Vec<u16> = "ehlox".chars().map(|c| alphabet.number(c)).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 0]);
    }
}
