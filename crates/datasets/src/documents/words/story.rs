//! What dense prose is made of. Words that stand before an answer have another word of the
//! same meaning beside them.

use crate::random::Random;

/// What is done to a thing, in the past, with its object after it.
pub(in super::super) const VERBS: [(&str, &str); 34] = [
    ("bought", "purchased"),
    ("broke", "smashed"),
    ("built", "constructed"),
    ("buried", "dug in"),
    ("carried", "bore"),
    ("chose", "picked"),
    ("cleaned", "wiped"),
    ("collected", "gathered"),
    ("copied", "duplicated"),
    ("delivered", "handed over"),
    ("described", "portrayed"),
    ("discovered", "found"),
    ("dropped", "let fall"),
    ("examined", "inspected"),
    ("fixed", "mended"),
    ("forgot", "failed to remember"),
    ("hid", "concealed"),
    ("admired", "looked up to"),
    ("kept", "retained"),
    ("lifted", "raised"),
    ("lost", "mislaid"),
    ("noticed", "became aware of"),
    ("obtained", "acquired"),
    ("packed", "wrapped"),
    ("pushed", "shoved"),
    ("refused", "declined"),
    ("sold", "vended"),
    ("stole", "took unlawfully"),
    ("threw", "hurled"),
    ("touched", "laid hands upon"),
    ("wanted", "desired"),
    ("watched", "observed"),
    ("weighed", "put upon the scales"),
    ("hated", "detested"),
];

/// What things are like.
pub(in super::super) const QUALITIES: [(&str, &str); 34] = [
    ("ancient", "very old"),
    ("bent", "crooked"),
    ("blue", "azure"),
    ("bright", "luminous"),
    ("broken", "shattered"),
    ("cheap", "low-priced"),
    ("clean", "spotless"),
    ("copper", "reddish metal"),
    ("costly", "expensive"),
    ("dirty", "soiled"),
    ("dusty", "powdery"),
    ("empty", "void"),
    ("foreign", "alien"),
    ("fragile", "brittle"),
    ("golden", "gilt"),
    ("heavy", "weighty"),
    ("huge", "enormous"),
    ("iron", "ferrous"),
    ("little", "small"),
    ("narrow", "slim"),
    ("painted", "varnished"),
    ("plain", "unadorned"),
    ("polished", "shiny"),
    ("rare", "scarce"),
    ("round", "circular"),
    ("rusty", "corroded"),
    ("sealed", "tightly closed"),
    ("secret", "clandestine"),
    ("square", "four-sided"),
    ("strange", "odd"),
    ("striped", "banded"),
    ("torn", "ripped"),
    ("wet", "soaked"),
    ("wooden", "timber"),
];

/// What people are like.
pub(in super::super) const TEMPERS: [(&str, &str); 26] = [
    ("angry", "furious"),
    ("blind", "sightless"),
    ("brave", "courageous"),
    ("careful", "cautious"),
    ("clever", "smart"),
    ("cruel", "heartless"),
    ("deaf", "unhearing"),
    ("elderly", "aged"),
    ("famous", "celebrated"),
    ("friendly", "kind"),
    ("greedy", "grasping"),
    ("honest", "truthful"),
    ("hungry", "starving"),
    ("lazy", "idle"),
    ("lonely", "solitary"),
    ("lucky", "fortunate"),
    ("modest", "humble"),
    ("nervous", "anxious"),
    ("patient", "forbearing"),
    ("poor", "penniless"),
    ("proud", "haughty"),
    ("silent", "speechless"),
    ("stubborn", "obstinate"),
    ("tired", "weary"),
    ("wealthy", "rich"),
    ("young", "youthful"),
];

/// What people do for a living.
pub(in super::super) const TRADES: [(&str, &str); 26] = [
    ("baker", "maker of bread"),
    ("barber", "cutter of hair"),
    ("butcher", "seller of meat"),
    ("carpenter", "worker in wood"),
    ("clerk", "office worker"),
    ("cook", "preparer of meals"),
    ("doctor", "physician"),
    ("farmer", "tiller of the soil"),
    ("fisherman", "angler"),
    ("gardener", "grower of plants"),
    ("hunter", "stalker of game"),
    ("innkeeper", "landlord"),
    ("judge", "magistrate"),
    ("lawyer", "attorney"),
    ("mason", "layer of stone"),
    ("merchant", "trader"),
    ("miner", "digger of coal"),
    ("musician", "player of tunes"),
    ("nurse", "carer of the sick"),
    ("painter", "artist"),
    ("pilot", "steersman"),
    ("priest", "clergyman"),
    ("sailor", "seaman"),
    ("shepherd", "keeper of sheep"),
    ("soldier", "warrior"),
    ("tailor", "maker of clothes"),
];

/// Things; what most questions about prose are answered with.
pub(in super::super) const NOUNS: [&str; 100] = [
    "anchor", "apron", "axe", "barrel", "basket", "bell", "blanket", "bottle", "bowl", "bracelet", "bucket",
    "button", "cabinet", "camera", "candle", "carpet", "chain", "chair", "chest", "cloak", "clock", "coin",
    "compass", "cradle", "crown", "cup", "curtain", "dagger", "desk", "drum", "fan", "feather", "fence",
    "flag", "flute", "fork", "frame", "funnel", "glove", "goblet", "hammer", "harp", "helmet", "hook",
    "horn", "jacket", "jar", "jug", "kettle", "key", "kite", "knife", "ladder", "lamp", "lantern", "lens",
    "lever", "lock", "magnet", "mask", "medal", "mirror", "mortar", "necklace", "needle", "organ", "paddle",
    "pan", "parcel", "pearl", "pencil", "pillow", "pipe", "plate", "plough", "pump", "purse", "quilt",
    "rake", "ribbon", "ring", "rope", "saddle", "sail", "saucer", "scarf", "shovel", "sledge", "spoon",
    "statue", "stove", "sword", "table", "tent", "thimble", "torch", "trunk", "vase", "violin", "whistle",
];

/// Where things happen, with the article.
pub(in super::super) const PLACES: [&str; 28] = [
    "the attic",
    "the bakery",
    "the barn",
    "the bridge",
    "the cellar",
    "the chapel",
    "the church",
    "the courtyard",
    "the dairy",
    "the ferry",
    "the forge",
    "the fountain",
    "the garden",
    "the harbour",
    "the inn",
    "the kitchen",
    "the library",
    "the market",
    "the meadow",
    "the mill",
    "the orchard",
    "the pier",
    "the quarry",
    "the school",
    "the stable",
    "the station",
    "the tavern",
    "the theatre",
];

/// Kin.
pub(in super::super) const MEMBERS: [&str; 10] =
    ["aunt", "brother", "cousin", "daughter", "grandfather", "mother", "nephew", "niece", "sister", "uncle"];

/// A number from twenty-one to ninety-nine in words, without round ones.
pub(in super::super) fn number(random: &mut Random) -> String {
    let tens = random.pick(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]);
    let ones = random.pick(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]);
    format!("{tens}-{ones}")
}
