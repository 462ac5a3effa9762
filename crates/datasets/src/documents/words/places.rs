//! Names of towns, streets and firms.

use crate::random::Random;

use super::{one, surname};

const FRONTS: [&str; 40] = [
    "Alder", "Ash", "Barn", "Birch", "Black", "Bright", "Broad", "Cale", "Clay", "Cold", "Crane", "Deer",
    "East", "Elm", "Fox", "Glen", "Gold", "Green", "Hart", "Hay", "Hazel", "High", "King", "Lark", "Long",
    "Marsh", "Mill", "New", "North", "Oak", "Old", "Red", "River", "Salt", "Stone", "Swan", "West", "White",
    "Win", "Wolf",
];

const BACKS: [&str; 26] = [
    "borough", "bourne", "bridge", "bury", "caster", "cliff", "combe", "dean", "den", "ford", "gate",
    "grove", "ham", "haven", "holm", "mere", "minster", "moor", "mouth", "pool", "port", "stead", "stow",
    "vale", "well", "wick",
];

const WAYS: [&str; 14] = [
    "Lane", "Street", "Road", "Row", "Way", "Hill", "Close", "Court", "Drive", "Park", "Quay", "Walk",
    "Yard", "Mews",
];

const TRADES: [&str; 18] = [
    "Freight",
    "Tools",
    "Foods",
    "Timber",
    "Cargo",
    "Motors",
    "Paper",
    "Glass",
    "Mutual",
    "Haulage",
    "Works",
    "Steel",
    "Textiles",
    "Partners",
    "Supplies",
    "Lines",
    "Logistics",
    "Optics",
];

pub(in super::super) fn town(random: &mut Random) -> String {
    format!("{}{}", one(random, &FRONTS), one(random, &BACKS))
}

pub(in super::super) fn street(random: &mut Random) -> String {
    let name = if random.chance(0.5) { one(random, &FRONTS).to_owned() } else { surname(random) };
    format!("{} {name} {}", random.whole(2..199), one(random, &WAYS))
}

pub(in super::super) fn company(random: &mut Random) -> String {
    let name = if random.chance(0.5) { town(random) } else { surname(random) };
    format!("{name} {}", one(random, &TRADES))
}

pub(in super::super) fn shop(random: &mut Random) -> String {
    let name = if random.chance(0.5) { town(random) } else { surname(random) };
    format!("{name} {}", random.pick(["Market", "Stores", "Grocers", "Bazaar", "Corner", "Provisions"]))
}
