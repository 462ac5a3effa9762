//! What invented documents are written with: lists of words, and names put together from
//! parts, so that there are far more of them than anyone could guess.

mod fields;
mod goods;
mod people;
mod places;
mod story;
mod subjects;

pub(super) use fields::{Field, SECTIONS, SUMS, TILL};
pub(super) use goods::GOODS;
pub(super) use people::{first_name, full_name, surname};
pub(super) use places::{company, shop, street, town};
pub(super) use story::{MEMBERS, NOUNS, PLACES, QUALITIES, TEMPERS, TRADES, VERBS, number};
pub(super) use subjects::{HEADS, MODIFIERS};

use crate::random::Random;

/// One of a list that is not empty.
pub(super) fn one<T: Copy>(random: &mut Random, list: &[T]) -> T {
    list[random.below(list.len() as u32) as usize]
}

/// All places of a list, in random order (Fisher and Yates).
pub(super) fn shuffled(random: &mut Random, length: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    for last in (1..length).rev() {
        order.swap(last, random.below(last as u32 + 1) as usize);
    }
    order
}

/// A name as it stands within a sentence: `Order date` becomes `order date`, `VAT` stays.
pub(super) fn in_a_sentence(name: &str) -> String {
    let mut letters = name.chars();
    let Some(first) = letters.next() else { return String::new() };
    if letters.clone().next().is_some_and(char::is_uppercase) {
        return name.to_owned();
    }
    first.to_lowercase().chain(letters).collect()
}

/// Words that carry no content: what is left of a question without them is compared.
#[cfg(test)]
pub(super) fn content(text: &str) -> std::collections::BTreeSet<String> {
    const STOP: &str = "a an the of on in to by at for and or is are was were be been do does did what which who \
        whom whose when where how why much many must one it this that these those with from tell me give \
        please not any has have had its their they there";
    let stop: Vec<&str> = STOP.split_whitespace().collect();
    text.to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty() && !stop.contains(word))
        .map(str::to_owned)
        .collect()
}
