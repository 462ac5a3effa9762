//! Fields of forms, by the section they stand in, with three ways to ask for each.

use crate::documents::span::{Draft, Mark, Span};
use crate::documents::values::Kind;
use crate::random::Random;

use super::in_a_sentence;

/// A part of a form with a heading of its own.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Section {
    pub(in super::super) heading: &'static str,
    pub(in super::super) fields: &'static [Field],
}

/// A label with a value.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Field {
    /// As it is printed.
    pub(in super::super) label: &'static str,
    /// The label with one word replaced.
    pub(in super::super) middle: &'static str,
    /// A question that has no word of the label that carries content.
    pub(in super::super) far: &'static str,
    pub(in super::super) kind: Kind,
}

impl Field {
    /// Asks for this field, three times in other words.
    pub(in super::super) fn draft(self, random: &mut Random, answer: Mark, label: Span) -> Draft {
        let name = in_a_sentence(self.label);
        let asks = if matches!(self.kind, Name) { "who" } else { "what" };
        let asked = if matches!(self.kind, Name) { "Who" } else { "What" };
        let near = match random.below(3) {
            0 => format!("Tell me {asks} the {name} is."),
            1 => format!("Give me the {name}."),
            _ => format!("Please tell me the {name}."),
        };
        Draft {
            question: format!("{asked} is the {name}?"),
            paraphrases: [
                near,
                format!("{asked} is the {}?", in_a_sentence(self.middle)),
                self.far.to_owned(),
            ],
            answer,
            label,
        }
    }
}

const fn field(label: &'static str, middle: &'static str, far: &'static str, kind: Kind) -> Field {
    Field { label, middle, far, kind }
}

use Kind::*;

pub(in super::super) const SECTIONS: [Section; 11] = [
    Section {
        heading: "Personal details",
        fields: &[
            field("First name", "given name", "How do friends call this person?", FirstName),
            field(
                "Surname",
                "family name",
                "What do the relatives share as the last part of what they are called?",
                Surname,
            ),
            field("Date of birth", "day of birth", "When was this person born?", Date),
            field("Place of birth", "town of birth", "Where was this person born?", Town),
            field(
                "Nationality",
                "citizenship",
                "Of which country is this person a subject?",
                OneOf(&NATIONS),
            ),
            field("Occupation", "profession", "What does this person do for a living?", OneOf(&OCCUPATIONS)),
            field(
                "Passport number",
                "passport code",
                "What is printed on the travel document to identify it?",
                Code,
            ),
            field(
                "Emergency contact",
                "accident contact",
                "Who should be called when something happens?",
                Name,
            ),
        ],
    },
    Section {
        heading: "Address",
        fields: &[
            field("Street address", "postal address", "To which house should a letter be brought?", Street),
            field("Town", "city", "In which municipality is the home?", Town),
            field("Postcode", "zip code", "Which digits sort the mail?", Digits(5)),
            field("Phone number", "telephone number", "What should one dial to call?", Phone),
            field(
                "Email address",
                "electronic address",
                "Where can messages be sent over the internet?",
                Email,
            ),
            field("Landlord", "property owner", "Who lets the flat?", Name),
            field("Door code", "entrance code", "What must be typed to get into the house?", Digits(6)),
            field("Last residence", "previous residence", "Where did they live before?", Town),
        ],
    },
    Section {
        heading: "Invoice",
        fields: &[
            field("Invoice number", "bill number", "Under which reference is payment asked for?", Code),
            field("Order date", "purchase date", "When were the goods bought?", Date),
            field("Customer ID", "client ID", "How is the buyer identified?", Code),
            field("Sales agent", "sales representative", "Who sold the goods?", Name),
            field("Net amount", "net sum", "How much is it before tax?", Amount),
            field("Discount", "rebate", "How much was taken off?", Amount),
            field("Due date", "due day", "By when must the money have arrived?", Date),
            field("Cost centre", "cost unit", "Which internal account bears the expense?", Digits(5)),
        ],
    },
    Section {
        heading: "Delivery",
        fields: &[
            field("Tracking number", "tracking code", "By what can the shipment be followed?", Digits(10)),
            field("Carrier", "haulier", "Which company transports the shipment?", Company),
            field("Gross weight", "total weight", "How heavy is the shipment?", Weight),
            field("Delivery date", "arrival date", "When will the shipment be handed over?", Date),
            field("Storage bay", "storage place", "Where in the warehouse do the goods lie?", Bay),
            field("Driver", "chauffeur", "Who is at the wheel of the lorry?", Name),
            field("Container", "freight box", "In which steel case do the goods travel?", Container),
            field(
                "Seal number",
                "seal code",
                "What is stamped on the lead that closes the doors?",
                Digits(7),
            ),
        ],
    },
    Section {
        heading: "Vehicle",
        fields: &[
            field(
                "Licence plate",
                "registration plate",
                "What is written at the front and back of the car?",
                Plate,
            ),
            field("Engine number", "motor number", "What is stamped on the machine under the bonnet?", Code),
            field("Mileage", "distance driven", "How far has the car run?", Distance),
            field("Paint colour", "paint shade", "In what hue is the body sprayed?", OneOf(&COLOURS)),
            field("Build year", "construction year", "When was the car made?", Year),
            field("Insurer", "insurance firm", "Who covers the damage?", Company),
            field("Garage", "workshop", "Where was the car repaired?", Town),
            field("Inspection due", "checkup due", "Until when may the car be on the road?", Date),
        ],
    },
    Section {
        heading: "Health",
        fields: &[
            field("Patient number", "patient code", "How does the hospital list the sick person?", Code),
            field("Attending doctor", "attending physician", "Who treats the sick person?", Name),
            field("Blood pressure", "arterial pressure", "How hard does the heart pump?", Pressure),
            field("Body height", "body length", "How tall is the sick person?", Height),
            field("Ward", "hospital unit", "On which corridor is the bed?", Bay),
            field("Allergy", "intolerance", "What must the sick person avoid?", OneOf(&ALLERGIES)),
            field("Medicine", "drug", "Which pills are taken?", Medicine),
            field("Next visit", "next appointment", "When should the sick person come again?", Date),
        ],
    },
    Section {
        heading: "Journey",
        fields: &[
            field("Flight number", "flight code", "Which plane is taken?", Flight),
            field("Seat", "chair", "Where does the traveller sit?", Seat),
            field("Departure time", "take-off time", "At what hour does the plane leave?", Time),
            field("Boarding gate", "boarding exit", "Through which door does one get on?", Gate),
            field("Destination", "final stop", "Where does the trip end?", Town),
            field("Hotel", "guest house", "Where will the traveller sleep?", Inn),
            field(
                "Booking reference",
                "reservation reference",
                "Which characters must be shown at the counter?",
                Code,
            ),
            field("Baggage tag", "luggage tag", "What stands on the strip around the suitcase?", Digits(8)),
        ],
    },
    Section {
        heading: "Bank",
        fields: &[
            field("Account holder", "account owner", "Whose money is it?", Name),
            field("Account number", "account code", "Under which digits is the money kept?", Digits(9)),
            field("Sort code", "routing code", "Which digits stand for the bank?", Sort),
            field("Opening balance", "starting balance", "How much money was there at first?", Amount),
            field("Interest rate", "interest percentage", "How much does the loan cost a year?", Percent),
            field("Branch", "bank office", "In which place is the counter?", Town),
            field("Credit limit", "borrowing limit", "How far may one overdraw?", Amount),
            field("Card expiry", "card expiration", "Until which month is the plastic valid?", Month),
        ],
    },
    Section {
        heading: "Property",
        fields: &[
            field("Plot number", "lot number", "How does the land register list the ground?", Code),
            field("Living area", "living space", "How many square metres are there?", Area),
            field("Monthly rent", "monthly lease", "What does the flat cost every thirty days?", Amount),
            field("Deposit", "bond", "How much is given back when moving out?", Amount),
            field("Meter reading", "gauge reading", "What does the dial in the cellar show?", Digits(6)),
            field("Caretaker", "janitor", "Who looks after the house?", Name),
            field("Year built", "year constructed", "When was the house put up?", Year),
            field("Heating type", "heating kind", "What keeps the rooms warm?", OneOf(&HEATING)),
        ],
    },
    Section {
        heading: "Employment",
        fields: &[
            field("Employer", "hiring company", "Which firm pays the salary?", Company),
            field("Staff number", "personnel number", "How is the worker listed?", Code),
            field(
                "Department",
                "division",
                "To which part of the firm does the worker belong?",
                OneOf(&DEPARTMENTS),
            ),
            field("Start date", "start day", "When did the job begin?", Date),
            field("Hourly wage", "hourly pay", "How much is earned in sixty minutes?", Amount),
            field("Supervisor", "manager", "Who gives the worker orders?", Name),
            field("Office room", "work room", "In which chamber is the desk?", Bay),
            field(
                "Weekly hours",
                "weekly time",
                "How long is the worker on duty from Monday to Friday?",
                Hours,
            ),
        ],
    },
    Section {
        heading: "Course",
        fields: &[
            field("Course title", "class title", "What is being taught?", OneOf(&COURSES)),
            field("Teacher", "instructor", "Who gives the lessons?", Name),
            field("Lecture hall", "lecture room", "Where do the learners listen?", Bay),
            field("Final grade", "final mark", "How well was it done in the end?", Percent),
            field("Student number", "pupil number", "How is the learner listed?", Digits(7)),
            field("Exam date", "test date", "When are the learners questioned?", Date),
            field("Tuition fee", "tuition charge", "How much does studying cost?", Amount),
            field("Mentor", "tutor", "Who helps the learner along?", Name),
        ],
    },
];

/// What stands above the items of a receipt.
pub(in super::super) const TILL: [Field; 7] = [
    field("Receipt number", "slip number", "What identifies this piece of paper?", Code),
    field("Till number", "checkout number", "At which cash desk was it paid?", Digits(4)),
    field("Purchase date", "shopping date", "On which day was this bought?", Date),
    field("Sale time", "sale hour", "At what o'clock was this bought?", Time),
    field("Cashier", "checkout clerk", "Who took the money?", Name),
    field("Member card", "loyalty card", "Which digits does the regular shopper carry?", Digits(8)),
    field("Terminal ID", "device ID", "Which machine read the plastic?", Code),
];

/// What stands below the items of a receipt, in this order.
pub(in super::super) const SUMS: [Field; 5] = [
    field("Subtotal", "partial sum", "How much is it without tax?", Amount),
    field("VAT", "sales tax", "How much goes to the state?", Amount),
    field("Total", "whole sum", "How much had to be paid in all?", Amount),
    field("Cash", "money given", "How much did the shopper hand over?", Amount),
    field("Change", "money returned", "How much did the shopper get back?", Amount),
];

const NATIONS: [&str; 24] = [
    "Austrian",
    "Belgian",
    "Brazilian",
    "Canadian",
    "Chilean",
    "Croatian",
    "Danish",
    "Dutch",
    "Estonian",
    "Finnish",
    "Greek",
    "Hungarian",
    "Japanese",
    "Kenyan",
    "Latvian",
    "Mexican",
    "Norwegian",
    "Peruvian",
    "Polish",
    "Romanian",
    "Slovak",
    "Swedish",
    "Turkish",
    "Welsh",
];
const OCCUPATIONS: [&str; 26] = [
    "Accountant",
    "Architect",
    "Baker",
    "Barber",
    "Brewer",
    "Carpenter",
    "Chemist",
    "Cook",
    "Dentist",
    "Editor",
    "Electrician",
    "Fisher",
    "Florist",
    "Geologist",
    "Glazier",
    "Jeweller",
    "Librarian",
    "Locksmith",
    "Mason",
    "Nurse",
    "Painter",
    "Plumber",
    "Roofer",
    "Surveyor",
    "Tailor",
    "Welder",
];
const COLOURS: [&str; 18] = [
    "Amber",
    "Anthracite",
    "Beige",
    "Bordeaux",
    "Bronze",
    "Cobalt",
    "Copper",
    "Cream",
    "Emerald",
    "Graphite",
    "Indigo",
    "Ivory",
    "Maroon",
    "Ochre",
    "Olive",
    "Sand",
    "Scarlet",
    "Turquoise",
];
const ALLERGIES: [&str; 18] = [
    "Almonds",
    "Birch pollen",
    "Cat hair",
    "Celery",
    "Cow milk",
    "Crab",
    "Dust mites",
    "Egg white",
    "Gluten",
    "Hazelnuts",
    "Latex",
    "Mustard",
    "Nickel",
    "Penicillin",
    "Sesame",
    "Soya",
    "Strawberries",
    "Wasp stings",
];
const HEATING: [&str; 12] = [
    "Coal stove",
    "District",
    "Gas boiler",
    "Geothermal",
    "Heat pump",
    "Infrared",
    "Oil burner",
    "Pellets",
    "Radiant floor",
    "Solar",
    "Tiled stove",
    "Wood chips",
];
const DEPARTMENTS: [&str; 18] = [
    "Accounts",
    "Archive",
    "Canteen",
    "Catering",
    "Dispatch",
    "Export",
    "Finance",
    "Foundry",
    "Laboratory",
    "Legal",
    "Marketing",
    "Planning",
    "Printing",
    "Purchasing",
    "Quality",
    "Research",
    "Security",
    "Training",
];
const COURSES: [&str; 22] = [
    "Algebra",
    "Anatomy",
    "Astronomy",
    "Botany",
    "Bookkeeping",
    "Ceramics",
    "Drawing",
    "Ecology",
    "Geology",
    "Grammar",
    "Harmony",
    "Hydraulics",
    "Latin",
    "Logic",
    "Mechanics",
    "Nutrition",
    "Optics",
    "Pottery",
    "Rhetoric",
    "Statics",
    "Surveying",
    "Zoology",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::words::content;

    /// The far question has no word of the label; the middle one keeps all but one.
    #[test]
    fn paraphrases_stand_where_they_should() {
        for field in SECTIONS.iter().flat_map(|section| section.fields).chain(&TILL).chain(&SUMS) {
            let label = content(field.label);
            assert!(label.is_disjoint(&content(field.far)), "{field:?}");
            let gone = label.difference(&content(field.middle)).count();
            assert_eq!(gone, 1, "{field:?}");
        }
    }

    #[test]
    fn no_two_fields_ask_the_same() {
        different(SECTIONS.iter().flat_map(|section| section.fields).collect());
        different(TILL.iter().chain(&SUMS).collect());
    }

    fn different(all: Vec<&Field>) {
        for (place, one) in all.iter().enumerate() {
            for other in &all[..place] {
                assert!(content(one.label) != content(other.label), "{}", one.label);
                assert!(content(one.middle) != content(other.middle), "{} and {}", one.middle, other.label);
                assert!(content(one.middle) != content(other.label), "{} and {}", one.middle, other.label);
                assert_ne!(one.far, other.far);
            }
        }
    }
}
