//! Words that stand for each other on forms, bills and letters.
//!
//! A person asks for the phone, and the form says telephone. Where a word of a question
//! is not on the page, the ones beside it here are looked for. The list is short and
//! was written by hand, from what forms have in common; it knows nothing of meaning
//! beyond that. Word forms are folded by cutting endings, so `birth` is near `births`.

/// Groups of words that may stand for each other.
const GROUPS: &[&str] = &[
    "birth born birthday dob birthdate",
    "phone telephone mobile cell call tel contact",
    "mail email inbox electronic",
    "total sum amount pay due overall altogether",
    "price cost charge fee rate much paid",
    "surname family last",
    "forename given first",
    "name called title named",
    "address street home residence live lives living location",
    "town city municipality place",
    "zip postcode postal code",
    "country nation nationality citizenship",
    "state province region county",
    "job occupation profession work position role trade",
    "employer company firm business organisation organization",
    "sex gender",
    "married marital spouse",
    "salary income wage pay earnings earn",
    "tax vat duty levy",
    "discount reduction rebate off saving",
    "cash money coins notes",
    "card visa credit debit",
    "change returned back",
    "bill invoice receipt",
    "number no id identifier reference ref code",
    "account konto iban",
    "bank branch institution",
    "date day when on",
    "time hour clock o'clock",
    "start begin beginning commence from opened",
    "end finish until close closing expiry expires expire valid",
    "arrival arrive arrives arriving eta",
    "departure depart departs leave leaves leaving",
    "deadline due latest",
    "customer client buyer purchaser",
    "seller vendor supplier merchant shop store",
    "cashier clerk teller served till register",
    "item article product goods thing",
    "quantity count pieces units many",
    "weight heavy heavily mass weigh weighs kilograms",
    "height tall high",
    "length long",
    "width wide broad breadth",
    "depth deep",
    "size measure measurement dimension dimensions",
    "colour color shade hue paint",
    "speed fast velocity quick",
    "temperature hot warm cold degrees heat",
    "pressure tension",
    "blood heart pulse",
    "doctor physician gp medic practitioner surgeon",
    "patient sick ill",
    "nurse ward hospital clinic",
    "medicine drug medication remedy prescription tablet",
    "dose dosage amount",
    "disease illness diagnosis condition ailment",
    "allergy allergic intolerance",
    "insurance insurer policy cover insured",
    "car vehicle automobile motor",
    "plate licence license registration",
    "driver chauffeur driving drives drove",
    "engine motor",
    "mileage odometer kilometres miles driven",
    "ship vessel boat",
    "container box crate",
    "seal lock closed",
    "cargo freight load shipment consignment goods",
    "sender shipper consignor from sent",
    "receiver recipient consignee addressee to",
    "carrier haulier courier",
    "parcel package packet",
    "order purchase ordered",
    "contract agreement deal",
    "signature signed sign signatory",
    "owner holder possessor belongs owns",
    "landlord tenant lessor lessee renter",
    "rent lease rental",
    "house building property premises",
    "room chamber space",
    "floor storey level",
    "door entrance gate",
    "shelf rack bay bin slot",
    "warehouse store storage depot",
    "school college university academy",
    "teacher instructor tutor lecturer",
    "pupil student learner",
    "course class lesson subject",
    "grade mark score result",
    "exam test examination",
    "book volume title",
    "author writer written wrote",
    "page sheet leaf",
    "chapter section part",
    "station stop platform",
    "train rail railway",
    "flight plane aircraft airline",
    "seat place",
    "ticket pass fare",
    "hotel inn lodging",
    "guest visitor",
    "loan credit mortgage debt borrowed",
    "interest rate percent",
    "balance remaining left outstanding",
    "opening initial starting",
    "closing final ending",
    "deposit advance downpayment",
    "gross whole entire",
    "net after",
    "sub partial interim",
    "manager boss head chief supervisor director leader lead",
    "staff employee personnel worker colleague",
    "inspector examiner checker inspected checked inspection check examined",
    "judge court magistrate",
    "lawyer attorney solicitor counsel",
    "witness bystander onlooker",
    "police officer constable",
    "case file matter",
    "animal pet creature",
    "breed race kind",
    "meter gauge counter",
    "reading read measured",
    "electricity power current energy",
    "water supply",
    "gas fuel petrol",
    "serial series",
    "model type version make",
    "maker manufacturer brand producer",
    "warranty guarantee",
    "repair fix mend",
    "method way means manner",
    "reason cause why purpose",
    "remark note comment",
];

/// At most so many are looked for in a word's place.
const MOST: usize = 12;

/// The words that may stand for one in small letters.
pub(crate) fn of(word: &str) -> Vec<&'static str> {
    let stem = stem(word);
    let mut found = Vec::new();
    for group in GROUPS {
        if group.split(' ').any(|own| self::stem(own) == stem) {
            found.extend(group.split(' ').filter(|own| self::stem(own) != stem));
        }
    }
    found.dedup();
    found.truncate(MOST);
    found
}

/// A word without the ending of its plural or its tense.
fn stem(word: &str) -> &str {
    let endings = ["ing", "es", "ed", "s"];
    let cut = endings.iter().find_map(|ending| word.strip_suffix(ending).filter(|stem| stem.len() >= 4));
    cut.unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_for_each_other_and_not_for_themselves() {
        assert!(of("phone").contains(&"telephone") && of("telephone").contains(&"phone"));
        assert!(of("weighs").contains(&"weight"));
        assert!(!of("phone").contains(&"phone") && of("xylophone").is_empty() && of("").is_empty());
        for word in GROUPS.iter().flat_map(|group| group.split(' ')) {
            assert!(!word.is_empty() && !of(word).is_empty(), "{word:?}");
        }
    }
}
