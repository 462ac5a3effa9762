//! What stands behind labels: dates, amounts, codes and names, each at most once a page.
//!
//! An answer must be read, not guessed, so every kind has many values; and where two
//! signs look alike (O and 0, I and 1, S and 5) codes that mix letters and digits have
//! neither, so that a wrong reading is a fault of the sampling and not of the font.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::random::Random;

use super::words::{company, first_name, full_name, one, street, surname, town};

/// Characters that an answer has.
pub(super) const LENGTH: RangeInclusive<usize> = 3..=24;

/// What kind of text a value is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Amount,
    Area,
    Bay,
    Code,
    Company,
    Container,
    Date,
    /// So many digits, in groups where there are many.
    Digits(u32),
    Distance,
    Email,
    FirstName,
    Flight,
    Gate,
    Height,
    Hours,
    Inn,
    Medicine,
    Month,
    Name,
    OneOf(&'static [&'static str]),
    Percent,
    Phone,
    Plate,
    Pressure,
    Seat,
    Sort,
    Street,
    Surname,
    Time,
    Town,
    Weight,
    Year,
}

/// Letters that no digit and no other letter of the list looks like.
const LETTERS: &[u8] = b"ACEFHJKLMNPRTUVWXY";

/// Digits that no letter of [`LETTERS`] looks like.
const DIGITS: &[u8] = b"34679";

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The values of a page.
pub(super) struct Values {
    used: BTreeSet<String>,
    /// How this page writes dates and amounts.
    date: u32,
    amount: u32,
}

impl Values {
    pub(super) fn new(random: &mut Random) -> Self {
        Self { used: BTreeSet::new(), date: random.below(5), amount: random.below(4) }
    }

    /// A value that does not stand on the page yet and fits; `None` when none of several does.
    pub(super) fn draw(
        &mut self,
        random: &mut Random,
        kind: Kind,
        fits: impl Fn(&str) -> bool,
    ) -> Option<String> {
        for _ in 0..6 {
            let value = self.value(random, kind);
            if LENGTH.contains(&value.len()) && fits(&value) && self.take(&value) {
                return Some(value);
            }
        }
        None
    }

    /// Whether a text did not stand on the page before; now it does.
    pub(super) fn take(&mut self, text: &str) -> bool {
        self.used.insert(text.to_owned())
    }

    /// Cents as this page writes them.
    pub(super) fn money(&self, cents: u32) -> String {
        let (whole, part) = (cents / 100, cents % 100);
        let grouped =
            if whole >= 1000 { format!("{},{:03}", whole / 1000, whole % 1000) } else { whole.to_string() };
        match self.amount {
            0 => format!("${grouped}.{part:02}"),
            1 => format!("{grouped}.{part:02} EUR"),
            _ => format!("{grouped}.{part:02}"),
        }
    }

    fn value(&self, random: &mut Random, kind: Kind) -> String {
        match kind {
            Kind::Amount => {
                let most = random.pick([9_900, 99_900, 499_900]);
                self.money(random.whole(1_050..most))
            }
            Kind::Area => format!("{}.{} m2", random.whole(31..290), random.below(10)),
            Kind::Bay => format!("{}-{}", signs(random, LETTERS, 1), random.whole(102..499)),
            Kind::Code => self.code(random),
            Kind::Company => company(random),
            Kind::Container => {
                format!("{} {} {}", signs(random, LETTERS, 4), random.whole(200..999), random.whole(200..999))
            }
            Kind::Date => self.day(random),
            Kind::Digits(count) => digits(random, count),
            Kind::Distance => format!("{},{:03} km", random.whole(2..190), random.below(1000)),
            Kind::Email => format!(
                "{}@{}.{}",
                surname(random).to_lowercase(),
                town(random).to_lowercase(),
                random.pick(["org", "net", "com"])
            ),
            Kind::FirstName => first_name(random),
            Kind::Flight => format!("{} {}", signs(random, LETTERS, 2), random.whole(203..4990)),
            Kind::Gate => format!("{}{}", signs(random, b"ACEFH", 1), random.whole(11..69)),
            Kind::Height => format!("1.{} m", random.whole(48..99)),
            Kind::Hours => format!("{}.{} hours", random.whole(14..42), random.pick([2, 3, 4, 5, 6, 7])),
            Kind::Inn => {
                let name = if random.chance(0.5) { town(random) } else { surname(random) };
                format!("{name} {}", random.pick(["Inn", "House", "Lodge", "Arms"]))
            }
            Kind::Medicine => format!("{} {} mg", drug(random), random.whole(3..90) * 5),
            Kind::Month => format!("{:02}/{}", random.whole(1..13), random.whole(2027..2036)),
            Kind::Name => full_name(random),
            Kind::OneOf(list) => one(random, list).to_owned(),
            Kind::Percent => format!("{}.{:02} %", random.whole(2..98), random.below(100)),
            Kind::Phone => {
                let groups = [random.whole(201..990), random.whole(201..990), random.whole(1001..9990)];
                match random.below(3) {
                    0 => format!("{:04} {} {}", groups[0], groups[1], groups[2]),
                    1 => format!("({}) {}-{}", groups[0], groups[1], groups[2]),
                    _ => format!("+{} {} {}", random.whole(30..60), groups[0], groups[2]),
                }
            }
            Kind::Plate => format!(
                "{}{} {}",
                signs(random, LETTERS, 2),
                signs(random, DIGITS, 2),
                signs(random, LETTERS, 3)
            ),
            Kind::Pressure => format!("{}/{}", random.whole(101..180), random.whole(58..99)),
            Kind::Seat => format!("{}{}", random.whole(11..58), signs(random, b"ACEFHK", 1)),
            Kind::Sort => {
                let pair = |random: &mut Random| random.whole(11..99);
                format!("{}-{}-{}", pair(random), pair(random), pair(random))
            }
            Kind::Street => street(random),
            Kind::Surname => surname(random),
            Kind::Time => format!("{:02}:{:02}", random.below(24), random.below(60)),
            Kind::Town => town(random),
            Kind::Weight => format!("{}.{} kg", random.whole(11..980), random.below(10)),
            Kind::Year => random.whole(1901..2026).to_string(),
        }
    }

    fn day(&self, random: &mut Random) -> String {
        let (day, month, year) = (random.whole(1..29), random.whole(1..13), random.whole(1950..2030));
        let name = MONTHS[month as usize - 1];
        match self.date {
            0 => format!("{day} {name} {year}"),
            1 => format!("{day:02}/{month:02}/{year}"),
            2 => format!("{year}-{month:02}-{day:02}"),
            3 => format!("{day:02}.{month:02}.{year}"),
            _ => format!("{name} {day}, {year}"),
        }
    }

    /// Letters and digits, in one of several forms.
    fn code(&self, random: &mut Random) -> String {
        let mut letters = |count| signs(random, LETTERS, count);
        let (two, three) = (letters(2), letters(3));
        let mut some = |count| signs(random, DIGITS, count);
        match some(1).as_bytes()[0] {
            b'3' => format!("{two}-{}", some(5)),
            b'4' => format!("{}{three}{}", some(2), some(2)),
            b'6' => format!("{}-{two}", some(4)),
            b'7' => format!("{three}/{}", some(4)),
            _ => format!("{two}{} {}", some(3), some(3)),
        }
    }
}

fn signs(random: &mut Random, list: &[u8], count: u32) -> String {
    (0..count).map(|_| char::from(one(random, list))).collect()
}

/// Digits, in groups of three or four where there are more than six.
fn digits(random: &mut Random, count: u32) -> String {
    let group = if count.is_multiple_of(4) { 4 } else { 3 };
    let mut text = String::new();
    for place in 0..count {
        if count > 6 && place > 0 && (count - place).is_multiple_of(group) {
            text.push(' ');
        }
        // Not zero in front: some people leave that out.
        let least = u32::from(place == 0);
        text.push(char::from(b'0' + random.whole(least..10) as u8));
    }
    text
}

/// A word that sounds like a medicine.
fn drug(random: &mut Random) -> String {
    format!(
        "{}{}{}",
        random.pick(["Bro", "Car", "Dex", "Fen", "Lor", "Met", "Nol", "Pra", "Ral", "Tam", "Ver", "Zol"]),
        random.pick(["a", "e", "i", "o", "ano", "ipo", "uta"]),
        random.pick(["bine", "dol", "fex", "lax", "mide", "pril", "rin", "statin", "tan", "vir", "zole"])
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Kind; 31] = [
        Kind::Amount,
        Kind::Area,
        Kind::Bay,
        Kind::Code,
        Kind::Company,
        Kind::Container,
        Kind::Date,
        Kind::Digits(9),
        Kind::Distance,
        Kind::Email,
        Kind::FirstName,
        Kind::Flight,
        Kind::Gate,
        Kind::Height,
        Kind::Hours,
        Kind::Inn,
        Kind::Medicine,
        Kind::Month,
        Kind::Name,
        Kind::Percent,
        Kind::Phone,
        Kind::Plate,
        Kind::Pressure,
        Kind::Seat,
        Kind::Sort,
        Kind::Street,
        Kind::Surname,
        Kind::Time,
        Kind::Town,
        Kind::Weight,
        Kind::Year,
    ];

    #[test]
    fn values_are_printable_varied_and_never_the_same_on_a_page() {
        let mut random = Random::new(1);
        for kind in ALL {
            let mut seen = BTreeSet::new();
            for _ in 0..200 {
                let mut values = Values::new(&mut random);
                let value = values.draw(&mut random, kind, |_| true).unwrap();
                assert!(value.bytes().all(|b| (b' '..=b'~').contains(&b)), "{value}");
                assert!(LENGTH.contains(&value.len()), "{value}");
                assert!(!values.take(&value));
                seen.insert(value);
            }
            assert!(seen.len() >= 40, "{kind:?} has {seen:?} only");
        }
    }

    #[test]
    fn what_does_not_fit_is_not_drawn() {
        let mut random = Random::new(2);
        let mut values = Values::new(&mut random);
        assert_eq!(values.draw(&mut random, Kind::Name, |_| false), None);
        let list = Kind::OneOf(&["one", "two"]);
        for _ in 0..2 {
            while values.draw(&mut random, list, |_| true).is_none() {}
        }
        assert_eq!(values.draw(&mut random, list, |_| true), None);
    }

    #[test]
    fn digits_are_grouped() {
        let mut random = Random::new(3);
        assert_eq!(digits(&mut random, 6).len(), 6);
        assert_eq!(digits(&mut random, 9).split(' ').map(str::len).collect::<Vec<_>>(), [3, 3, 3]);
        assert_eq!(digits(&mut random, 8).split(' ').map(str::len).collect::<Vec<_>>(), [4, 4]);
        assert_eq!(digits(&mut random, 10).split(' ').map(str::len).collect::<Vec<_>>(), [1, 3, 3, 3]);
    }

    #[test]
    fn money_is_written_one_way_on_a_page() {
        let mut values = Values::new(&mut Random::new(4));
        values.amount = 0;
        assert_eq!(values.money(12_345_678), "$123,456.78");
        values.amount = 1;
        assert_eq!(values.money(205), "2.05 EUR");
    }
}
