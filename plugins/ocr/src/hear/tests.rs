//! Small pages, one for each way that an answer stands to its question.

use arrcoc_stats::Grid;
use proptest::prelude::*;

use super::super::line::Line;
use super::Reading;
use super::fixtures::{line, line_to};

/// Pages of tests are squares of this side.
const SIDE: u32 = 960;

const EM: f32 = 24.0;

fn grid() -> Grid {
    Grid::new(24, 24).unwrap()
}

fn reading(lines: &[Line]) -> Reading {
    Reading::new(lines.to_vec(), (SIDE, SIDE), grid())
}

fn scores(lines: &[Line], question: &str) -> Vec<f32> {
    let mut out = vec![7.0; grid().patches()];
    reading(lines).relevance(question, None, &mut out);
    out
}

/// The score of the patch at a point of the page.
fn at(scores: &[f32], x: f32, y: f32) -> f32 {
    let step = SIDE as f32 / 24.0;
    scores[(y / step) as usize * 24 + (x / step) as usize]
}

/// The score at the middle of a line.
fn of(scores: &[f32], line: &Line) -> f32 {
    at(scores, 0.5 * (line.left + line.right), 0.5 * (line.top + line.bottom))
}

/// The line that a question is answered by: the best score at its middle, by far.
fn found(lines: &[Line], question: &str) -> String {
    let scores = scores(lines, question);
    let mut order: Vec<&Line> = lines.iter().collect();
    order.sort_by(|a, b| of(&scores, b).total_cmp(&of(&scores, a)));
    let [first, second] = [of(&scores, order[0]), of(&scores, order[1])];
    if first > 0.3 && first > 2.0 * second { order[0].text.clone() } else { format!("{first} {second}") }
}

/// Labels at the left and values beside them.
fn form() -> Vec<Line> {
    let fields = [
        ("Date of issue", "12 Mar 2021"),
        ("Place of issue", "Rotterdam"),
        ("Permit number", "KX-30417"),
        ("Vessel", "Aurora"),
        ("Vessel number", "9931-AC"),
        ("Total load", "4,210.5 kg"),
    ];
    let mut lines = Vec::new();
    for (row, (label, value)) in fields.into_iter().enumerate() {
        let top = 100.0 + 60.0 * row as f32;
        lines.push(line(label, 60.0, top, EM));
        lines.push(line(value, 400.0, top, EM));
    }
    lines
}

#[test]
fn a_value_stands_beside_its_label() {
    for (question, answer) in [
        ("What is the date of issue?", "12 Mar 2021"),
        ("Please tell me the place of issue.", "Rotterdam"),
        ("What is the permit number?", "KX-30417"),
        ("Give me the vessel number.", "9931-AC"),
        ("What is the vessel?", "Aurora"),
        ("issue date", "12 Mar 2021"),
    ] {
        assert_eq!(found(&form(), question), answer, "{question}");
    }
}

#[test]
fn the_label_gets_less_than_the_answer() {
    let lines = form();
    let scores = scores(&lines, "What is the permit number?");
    let (label, value) = (of(&scores, &lines[4]), of(&scores, &lines[5]));
    assert!(label > 0.05 * value && label < 0.5 * value, "{label} {value}");
}

#[test]
fn few_patches_score_high() {
    let scores = scores(&form(), "What is the permit number?");
    let high = scores.iter().filter(|&&score| score > 0.3).count();
    assert!((3..=12).contains(&high), "{high}");
}

#[test]
fn misread_labels_are_found() {
    let mut lines = form();
    lines[4] = line("Perm1tnumher", 60.0, 220.0, EM);
    lines[0] = line("Dateofissue", 60.0, 100.0, EM);
    assert_eq!(found(&lines, "What is the permit number?"), "KX-30417");
    assert_eq!(found(&lines, "What is the date of issue?"), "12 Mar 2021");
}

#[test]
fn a_word_inside_another_is_not_that_word() {
    let lines = [
        line("Subtotal", 60.0, 100.0, EM),
        line("41.20", 500.0, 100.0, EM),
        line("Total", 60.0, 150.0, EM),
        line("48.62", 500.0, 150.0, EM),
    ];
    assert_eq!(found(&lines, "What is the total?"), "48.62");
    assert_eq!(found(&lines, "What is the subtotal?"), "41.20");
}

/// Two columns of labels with values below them.
fn stacked() -> Vec<Line> {
    let fields = [
        ("Order date", "12 Mar 2021"),
        ("Buyer", "Ada Norris"),
        ("Order number", "KX-30417"),
        ("Weight", "421.5 kg"),
        ("Harbour", "Rotterdam"),
        ("Quay", "B-204"),
    ];
    let mut lines = Vec::new();
    for (place, (label, value)) in fields.into_iter().enumerate() {
        let (left, top) = (60.0 + 420.0 * (place % 2) as f32, 100.0 + 160.0 * (place / 2) as f32);
        lines.push(line(label, left, top, 0.8 * EM));
        lines.push(line(value, left + 6.0, top + 60.0, EM));
    }
    lines
}

#[test]
fn a_value_stands_below_its_label() {
    for (question, answer) in [
        ("What is the order date?", "12 Mar 2021"),
        ("Who is the buyer?", "Ada Norris"),
        ("What is the quay?", "B-204"),
    ] {
        assert_eq!(found(&stacked(), question), answer, "{question}");
    }
}

#[test]
fn colons_say_what_is_a_label() {
    let mut lines = stacked();
    for line_of_text in lines.iter_mut().step_by(2) {
        *line_of_text =
            line(&format!("{}:", line_of_text.text), line_of_text.left, line_of_text.top, 0.8 * EM);
    }
    assert_eq!(found(&lines, "Who is the buyer?"), "Ada Norris");
}

#[test]
fn a_label_and_its_value_may_be_one_line() {
    let lines = [
        line("Permit number: KX-30417", 60.0, 100.0, EM),
        line("Vessel: Aurora", 60.0, 150.0, EM),
        line("Total load 421.5", 60.0, 200.0, EM),
        line("Nothing else", 60.0, 300.0, EM),
    ];
    let scores_of = |question| scores(&lines, question);
    let end = |line: &Line| at(&scores_of("What is the permit number?"), line.right - 10.0, line.top + 18.0);
    assert!(end(&lines[0]) > 0.5 && end(&lines[1]) < 0.1);
    // No colon: what is behind the words of the question is the answer.
    let scores = scores_of("What is the total load?");
    assert!(at(&scores, lines[2].right - 10.0, 218.0) > 0.5, "{scores:?}");
    assert!(at(&scores, lines[2].left + 10.0, 218.0) < 0.3);
}

/// A table of contents, with dots.
fn contents(dots: &str) -> Vec<Line> {
    let titles = [
        ("1 Glass Towers", "17"),
        ("1.1 Glass Houses", "29"),
        ("1.2 Salt Towers", "104"),
        ("2 Ferries", "131"),
    ];
    let mut lines = Vec::new();
    for (row, (title, page)) in titles.into_iter().enumerate() {
        let top = 100.0 + 90.0 * row as f32;
        if dots.is_empty() {
            lines.push(line(title, 60.0, top, EM));
            lines.push(line_to(page, 900.0, top, EM));
        } else {
            lines.push(line(&format!("{title} {dots} {page}"), 60.0, top, EM));
        }
    }
    lines
}

#[test]
fn a_page_stands_at_the_end_of_its_dots() {
    for dots in ["..................", ". . . . . . . . .", "……………", "·········"] {
        let lines = contents(dots);
        let scores = scores(&lines, "On which page does “Salt Towers” begin?");
        assert!(at(&scores, lines[2].right - 8.0, 298.0) > 0.5, "{dots}");
        let dotted = lines[2].chars.iter().rposition(|c| dots.contains(c.c)).unwrap();
        assert!(at(&scores, lines[2].chars[dotted - 6].left, 298.0) < 0.3, "{dots}");
    }
    assert_eq!(found(&contents(""), "Which page does “Salt Towers” begin on?"), "104");
}

#[test]
fn a_price_stands_at_the_end_of_its_row() {
    let mut lines = Vec::new();
    for (row, (item, price)) in
        [("Rye flour", "3.20"), ("Rye bread", "4.75"), ("White bread", "2.10"), ("Tea", "5.05")]
            .into_iter()
            .enumerate()
    {
        lines.push(line(item, 60.0, 100.0 + 90.0 * row as f32, EM));
        lines.push(line_to(price, 900.0, 100.0 + 90.0 * row as f32, EM));
    }
    assert_eq!(found(&lines, "What is the price of the rye bread?"), "4.75");
    assert_eq!(found(&lines, "How much is the tea?"), "5.05");
    // And back.
    assert_eq!(found(&lines, "Which item costs $2.10?"), "White bread");
}

#[test]
fn a_stamp_between_a_label_and_its_value_is_passed_over() {
    let mut lines = form();
    lines.push(line("COPY", 290.0, 222.0, 0.8 * EM));
    assert_eq!(found(&lines, "What is the permit number?"), "KX-30417");
}

#[test]
fn a_dot_that_is_left_of_a_row_of_dots_is_no_value() {
    let mut lines = form();
    lines.push(line(".", 280.0, 222.0, EM));
    assert_eq!(found(&lines, "What is the permit number?"), "KX-30417");
}

#[test]
fn words_of_one_stem_are_alike() {
    let mut lines = form();
    lines.push(line("Insurer", 60.0, 640.0, EM));
    lines.push(line("Harbour Mutual", 400.0, 640.0, EM));
    let scores = scores(&lines, "What is the insurance?");
    let best = lines.iter().map(|line| of(&scores, line)).fold(0.0, f32::max);
    assert!(best > 0.1 && best == of(&scores, &lines[13]), "{best}");
}

#[test]
fn half_of_a_quotation_is_not_meant() {
    let whole = scores(&contents(""), "On which page does “Salt Towers” begin?");
    let half = scores(&contents(""), "On which page does “Salt Mines” begin?");
    let most = |scores: &[f32]| scores.iter().fold(0.0f32, |most, &score| most.max(score));
    assert!(most(&half) < 0.25 * most(&whole), "{} {}", most(&half), most(&whole));
}

#[test]
fn a_cell_stands_where_its_row_and_its_column_meet() {
    let rows = [
        ["Port", "Ships", "Cargo", "Crew"],
        ["Rotterdam", "412", "9,310", "5,120"],
        ["Antwerp", "388", "8,002", "4,777"],
        ["Bremen", "97", "1,204", "930"],
    ];
    let mut lines = Vec::new();
    for (row, cells) in rows.into_iter().enumerate() {
        for (column, cell) in cells.into_iter().enumerate() {
            lines.push(line(cell, 60.0 + 220.0 * column as f32, 100.0 + 90.0 * row as f32, EM));
        }
    }
    assert_eq!(found(&lines, "What is the cargo of Antwerp?"), "8,002");
    assert_eq!(found(&lines, "How many ships came to Bremen?"), "97");
}

/// A page may lie askew: its rows are still rows.
#[test]
fn rows_are_followed_across_a_page_that_lies_askew() {
    let items = ["Anchor", "Basket", "Candle", "Dagger", "Feather", "Goblet", "Hammer", "Kettle"];
    for slope in [0.03f32, -0.03] {
        let mut lines = Vec::new();
        for (row, item) in items.into_iter().enumerate() {
            for (left, text) in [(80.0, item.to_owned()), (720.0, format!("{row}.50"))] {
                let top = 80.0 + 100.0 * row as f32;
                let mut one = line(&text, left - slope * top, top, EM);
                let fall = slope * (one.right - one.left);
                one.top += slope * left + fall.min(0.0);
                one.bottom = one.top + 1.5 * EM + fall.abs();
                lines.push(one);
            }
        }
        assert_eq!(found(&lines, "What is the price of the feather?"), "4.50", "{slope}");
    }
}

/// Prose in two columns.
fn prose() -> Vec<Line> {
    let text = [
        ["The quiet miller sold the", "Nobody in the valley had a"],
        ["round lantern to a sailor", "round lantern again until"],
        ["who paid in copper coins", "the winter came."],
    ];
    let mut lines = Vec::new();
    for (row, columns) in text.into_iter().enumerate() {
        for (column, words) in columns.into_iter().enumerate() {
            lines.push(line(words, 50.0 + 460.0 * column as f32, 100.0 + 36.0 * row as f32, EM));
        }
    }
    lines
}

/// Where a word of a line stands.
fn word(line: &Line, text: &str) -> (f32, f32) {
    let place = line.text.find(text).unwrap();
    let middle = &line.chars[place + text.len() / 2];
    (0.5 * (middle.left + middle.right), 0.5 * (line.top + line.bottom))
}

#[test]
fn the_word_behind_a_passage_is_found() {
    let lines = prose();
    let read = |question| scores(&lines, question);
    let best = |scores: &[f32]| scores.iter().fold(0.0f32, |most, &score| most.max(score));
    for (question, line, answer) in [
        ("Which word follows “paid in copper”?", 4, "coins"),
        ("Tell me which word comes after \"in the valley\".", 1, "had"),
        // The passage goes on in the next line of its column.
        ("Which word follows “sold the”?", 2, "round"),
        ("Which word follows “lantern again”?", 3, "until"),
        ("Which word comes before “copper coins”?", 4, "in"),
        ("Which word follows quiet miller", 0, "sold"),
    ] {
        let scores = read(question);
        let (x, y) = word(&lines[line], answer);
        assert!(
            at(&scores, x, y) > 0.8 && at(&scores, x, y) == best(&scores),
            "{question} {}",
            at(&scores, x, y)
        );
    }
    // Two places: half each.
    let scores = read("Which word follows “round lantern”?");
    for (line, answer) in [(2, "to"), (3, "again")] {
        let (x, y) = word(&lines[line], answer);
        assert!((at(&scores, x, y) - 0.5).abs() < 0.1, "{answer} {}", at(&scores, x, y));
    }
}

#[test]
fn passages_are_found_in_text_without_spaces() {
    let mut lines = prose();
    for one in &mut lines {
        one.text.retain(|c| c != ' ');
        one.chars.retain(|c| c.c != ' ');
    }
    let scores = scores(&lines, "Which word follows “paid in copper”?");
    let (x, y) = word(&prose()[4], "coins");
    assert!(at(&scores, x, y) > 0.8);
}

#[test]
fn equal_labels_share() {
    let mut lines = form();
    lines.push(line("Permit number", 60.0, 700.0, EM));
    lines.push(line("LM-55520", 400.0, 700.0, EM));
    let alone = of(&scores(&form(), "What is the permit number?"), &form()[5]);
    let both = scores(&lines, "What is the permit number?");
    let (one, other) = (of(&both, &lines[5]), of(&both, &lines[13]));
    assert!((one - other).abs() < 0.05 && one < 0.6 * alone, "{alone} {one} {other}");
}

#[test]
fn what_is_not_there_is_not_found() {
    for question in [
        "What is the colour of the curtains?",
        "Which word follows “the purple elephants”?",
        "On which page does “Frozen Harbours” begin?",
        "What?",
        "",
        "?!",
    ] {
        for lines in [form(), stacked(), contents(""), prose()] {
            let most = scores(&lines, question).into_iter().fold(0.0f32, f32::max);
            assert!(most < 0.15, "{question} {most}");
        }
    }
}

#[test]
fn pages_of_next_to_nothing_are_read() {
    for lines in [vec![], vec![line("7", 100.0, 100.0, EM)], vec![line("...", 100.0, 100.0, EM)]] {
        for question in ["What is the total?", "7", ""] {
            assert!(scores(&lines, question).iter().all(|score| (0.0..=1.0).contains(score)));
        }
    }
    // An image too small for its grid has no patches to score.
    let mut out = vec![1.0; 576];
    Reading::new(form(), (10, 10), grid()).relevance("date of issue", None, &mut out);
    assert!(out.iter().all(|&score| score == 0.0));
}

#[test]
fn a_long_question_is_heard_at_both_ends() {
    let more = "It is for a friend of mine. ".repeat(400);
    for question in
        [format!("What is the permit number? {more}"), format!("{more} What is the permit number?")]
    {
        assert!(question.len() > 10_000);
        let out = scores(&form(), &question);
        assert!(of(&out, &form()[5]) > of(&out, &form()[7]));
    }
    for odd in
        ["x".repeat(10_000), "“".repeat(10_000), format!("Which word follows “{}”?", "permit ".repeat(1500))]
    {
        assert!(scores(&form(), &odd).iter().all(|score| (0.0..=1.0).contains(score)));
    }
}

#[test]
fn meanings_find_what_words_do_not() {
    let lines = form();
    let reading = reading(&lines);
    let cosines: Vec<f32> =
        reading.phrases().iter().map(|phrase| if phrase.text == "Vessel" { 0.7 } else { 0.1 }).collect();
    let mut out = vec![0.0; 576];
    reading.relevance("On which ship was it?", Some(&cosines), &mut out);
    assert!(of(&out, &lines[7]) > 0.5);
    // Cosines of something else are none.
    reading.relevance("On which ship was it?", Some(&cosines[1..]), &mut out);
    assert!(of(&out, &lines[7]) < 0.1);
    let wrong = vec![f32::NAN; cosines.len()];
    reading.relevance("On which ship was it?", Some(&wrong), &mut out);
    assert!(out.iter().all(|score| (0.0..=1.0).contains(score)));
}

#[test]
fn phrases_are_what_stands_together() {
    let lines = [
        line("Vessel: Aurora", 60.0, 100.0, EM),
        line("Towers ........ 17", 60.0, 160.0, EM),
        line("Time 12:30", 60.0, 220.0, EM),
        line("Net", 60.0, 280.0, EM),
        line("weight", 60.0 + 2.1 * EM, 280.0, EM),
        line("4 kg", 500.0, 282.0, EM),
    ];
    let reading = reading(&lines);
    let texts: Vec<&str> = reading.phrases().iter().map(|phrase| phrase.text.as_str()).collect();
    assert_eq!(texts, ["Vessel:", "Aurora", "Towers", "17", "Time 12:30", "Net weight", "4 kg"]);
}

#[test]
fn a_column_begins_where_others_begin() {
    // The room before the second label is less than what parts phrases, but it stands below others.
    let mut lines = Vec::new();
    for row in 0..5 {
        lines.push(line("Agent", 500.0, 100.0 + 60.0 * row as f32, EM));
    }
    let value = line("Rotterdam", 0.0, 0.0, EM);
    let start = 500.0 - value.right - 0.6 * EM;
    let mut both = line("Rotterdam", start, 400.0, EM);
    let label = line("Harbour", 500.0, 400.0, EM);
    both.text.push_str(&label.text);
    both.right = label.right;
    both.chars.extend(label.chars);
    lines.push(both);
    let texts: Vec<String> = reading(&lines).phrases().iter().map(|phrase| phrase.text.clone()).collect();
    assert_eq!(texts[5..], ["Rotterdam", "Harbour"]);
}

#[test]
fn a_wide_space_in_a_column_is_no_gap_between_columns() {
    // `a` was not found.
    let mut lines = vec![line("and on the next day the old", 60.0, 100.0, EM)];
    lines.push(line("miller sold", 60.0, 136.0, EM));
    lines.push(line_to("lantern", lines[0].right, 136.0, EM));
    lines.push(line("to nobody at all, as it was", 60.0, 172.0, EM));
    let scores = scores(&lines, "Which word follows “miller sold a”?");
    assert!(of(&scores, &lines[2]) > 0.5, "{}", of(&scores, &lines[2]));
}

#[test]
fn words_that_run_together_are_told_apart_by_their_capitals() {
    let mut one = line("Hollow Letters", 60.0, 100.0, EM);
    one.text = "HollowLetters".to_owned();
    one.chars.clear();
    assert_eq!(reading(&[one]).phrases()[0].text, "Hollow Letters");
}

fn any_line() -> impl Strategy<Value = Line> {
    let text = "[A-Za-z0-9 .:$…“票-]{0,24}";
    (text, -50.0f32..1000.0, -50.0f32..1000.0, 4.0f32..60.0)
        .prop_map(|(text, left, top, em)| line(&text, left, top, em))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn scores_are_shares(lines in prop::collection::vec(any_line(), 0..24), question in "\\PC{0,60}", cosine: f32) {
        let reading = reading(&lines);
        let mut out = vec![f32::NAN; 576];
        let cosines = vec![cosine; reading.phrases().len()];
        for semantic in [None, Some(&cosines[..])] {
            reading.relevance(&question, semantic, &mut out);
            prop_assert!(out.iter().all(|score| (0.0..=1.0).contains(score)));
        }
    }

    #[test]
    fn the_order_of_lines_says_nothing(lines in prop::collection::vec(any_line(), 0..16), seed: u64) {
        let mut other = lines.clone();
        let mut state = seed;
        for last in (1..other.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            other.swap(last, (state >> 33) as usize % (last + 1));
        }
        for question in ["a b c", "Which word follows “a”?"] {
            prop_assert_eq!(scores(&lines, question), scores(&other, question));
        }
    }

    #[test]
    fn a_question_does_not_hear_others(first in "[a-z ]{0,30}", second in "[a-z ]{0,30}") {
        let reading = reading(&form());
        let (mut alone, mut after) = (vec![0.0; 576], vec![0.0; 576]);
        reading.relevance(&second, None, &mut alone);
        reading.relevance(&first, None, &mut after);
        reading.relevance(&second, None, &mut after);
        prop_assert_eq!(alone, after);
    }

    #[test]
    fn lines_of_any_numbers_are_borne(sides in prop::array::uniform6(any::<f32>()), text in "\\PC{0,12}") {
        let [left, top, right, bottom, from, to] = sides;
        let mut one = line(&text, 10.0, 10.0, 20.0);
        (one.left, one.top, one.right, one.bottom) = (left, top, right, bottom);
        if let Some(c) = one.chars.first_mut() {
            (c.left, c.right) = (from, to);
        }
        let mut lines = form();
        lines.push(one);
        prop_assert!(scores(&lines, "permit number").iter().all(|score| (0.0..=1.0).contains(score)));
    }
}
