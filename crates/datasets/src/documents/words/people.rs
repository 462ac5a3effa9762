//! Names of people.

use crate::random::Random;

use super::one;

const FIRST: [&str; 72] = [
    "Adela", "Agnes", "Albin", "Alma", "Amos", "Anders", "Anton", "Arlo", "Astrid", "Basil", "Beata",
    "Bruno", "Casper", "Celia", "Clara", "Conrad", "Cora", "Dagmar", "Delia", "Denis", "Edith", "Edmund",
    "Elena", "Elmer", "Emeric", "Enid", "Esther", "Felix", "Flora", "Frida", "Gemma", "Georg", "Greta",
    "Gustav", "Harald", "Hedda", "Helena", "Hugo", "Imogen", "Ingrid", "Ivo", "Jana", "Jasper", "Joan",
    "Jonas", "Judith", "Karel", "Klara", "Leif", "Leonie", "Lorenz", "Magda", "Marius", "Martha", "Milan",
    "Mona", "Nadia", "Nestor", "Nora", "Oscar", "Otto", "Petra", "Ramon", "Rosa", "Rufus", "Sonja", "Stefan",
    "Tilda", "Ursula", "Viktor", "Wanda", "Xaver",
];

const STEMS: [&str; 44] = [
    "Ander", "Bar", "Ben", "Bran", "Bux", "Cald", "Carl", "Crom", "Dal", "Den", "Dor", "Eck", "Eld", "Fair",
    "Fen", "Gar", "Grim", "Hal", "Ham", "Har", "Hol", "Jar", "Kel", "Ken", "Kirk", "Lam", "Lin", "Mar",
    "Mel", "Mor", "Nor", "Pem", "Quar", "Ran", "Rom", "Sel", "Stan", "Tan", "Thor", "Trem", "Var", "Wal",
    "Wes", "Yar",
];

const ENDS: [&str; 26] = [
    "back", "berg", "brook", "by", "cott", "croft", "dale", "den", "field", "ford", "gate", "ham", "hart",
    "hurst", "kamp", "land", "ley", "man", "mont", "ner", "sen", "son", "stedt", "ton", "wick", "worth",
];

pub(in super::super) fn first_name(random: &mut Random) -> String {
    one(random, &FIRST).to_owned()
}

pub(in super::super) fn surname(random: &mut Random) -> String {
    format!("{}{}", one(random, &STEMS), one(random, &ENDS))
}

pub(in super::super) fn full_name(random: &mut Random) -> String {
    let (first, last) = (first_name(random), surname(random));
    match random.below(4) {
        0 => format!("{}. {last}", &first[..1]),
        1 => format!("{last}, {first}"),
        _ => format!("{first} {last}"),
    }
}
