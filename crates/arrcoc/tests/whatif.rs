//! What a decision would have been: the same, bit for bit, as an engine decides that is set up so from the start.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use arrcoc::{
    Bounds, Change, Config, Decision, Engine, Grid, Override, Photo, Policy, Request, Rerun, Rule, Total,
    Way,
    whatif::{Basis, Without},
};
use support::{Desk, Noise, plugins, png};

fn config() -> Config {
    let mut config = Config::default();
    config.search.folders = vec![plugins()];
    config
}

/// The scorers of content and those that hear, each of a way of its own.
const SCORERS: [&str; 3] = ["propositional", "perspectival", "glance"];

/// Image, question and policy by chance.
fn request(chance: &mut Noise, photos: &[Photo]) -> Request {
    let photo = photos[chance.below(photos.len() as u32) as usize].clone();
    let question =
        ["", "the red square", "how many marks are dark?", "42 blue", "what?"][chance.below(5) as usize];
    let bounds = [(64, 400), (0, 1), (0, 30), (100, 100), (7, 500)][chance.below(5) as usize];
    let bounds = Bounds::new(bounds.0, bounds.1).unwrap();
    let (least, most) = (u64::from(bounds.min()) * 64, u64::from(bounds.max()) * 64);
    let at = |share: f32| least + ((most - least) as f32 * share) as u64;
    let (low, high) = (at(chance.unit() * 0.5).max(1), at(0.5 + chance.unit() * 0.5).max(1));
    let total = if chance.below(3) == 0 { Total::Range { lo: low, hi: high } } else { Total::Exact(high) };
    let mut policy = Policy::new(bounds, total);
    if chance.below(4) == 0 {
        let patch = chance.below(64) as usize;
        policy.overrides.push(Override { patch, rule: Rule::Ceil(bounds.max()) });
    }
    Request::new(photo).query(question).policy(policy).grid(Grid::new(8, 8).unwrap())
}

/// What an engine decides must not depend on whether it was asked to leave something out, or never had it.
fn assert_same(what_if: &Decision, from_the_start: &Decision, context: &str) {
    let parts = |d: &Decision| {
        let mut value = serde_json::to_value(d).unwrap();
        let object = value.as_object_mut().unwrap();
        // When and where, how the engine was told, and what it says to a question that nobody hears.
        for name in ["id", "created", "host", "timings_us", "settings", "reasons", "notes"] {
            object.remove(name);
        }
        object["image"].as_object_mut().unwrap().remove("path");
        value
    };
    let (a, b) = (parts(what_if), parts(from_the_start));
    for (name, value) in a.as_object().unwrap() {
        assert!(*value == b[name], "{context}: `{name}` differs: {value} and {}", b[name]);
    }
}

#[test]
fn accounts_sum_and_what_is_taken_out_was_never_there() {
    let desk = Desk::new();
    let photos: Vec<Photo> = [(96, 96), (130, 70), (61, 150)]
        .iter()
        .enumerate()
        .map(|(n, &(width, height))| {
            let path = desk.write(&format!("{n}.png"), &png(width, height));
            Photo::read(&path, &arrcoc::Limits::default()).unwrap()
        })
        .collect();
    let engine = |scorers: &[&str]| {
        let mut config = config();
        config.scorers = scorers.iter().map(|&id| id.to_owned()).collect();
        Engine::open(config).unwrap()
    };
    let all = engine(&SCORERS);
    let fewer = SCORERS.map(|gone| engine(&SCORERS.into_iter().filter(|&id| id != gone).collect::<Vec<_>>()));
    let mut rerun = Rerun::new(config());
    let mut chance = Noise(9);
    for trial in 0..1000 {
        let request = request(&mut chance, &photos);
        let decision = all.allocate(&request).unwrap();
        let account = &decision.account;
        for (patch, tokens) in decision.flat_tokens().into_iter().enumerate() {
            let parts = [
                &account.uniform,
                &account.allocator,
                &account.propositional,
                &account.perspectival,
                &account.participatory,
            ];
            let sum: i64 = parts.iter().map(|part| part[patch]).sum();
            assert_eq!(sum, 6 * i64::from(tokens), "trial {trial}, patch {patch}");
        }
        // Each trial takes out another one, by its way or by its name.
        let gone = trial % 3;
        // One that only answers does not take part where nothing is asked.
        let took_part = decision.plugins.iter().any(|plugin| plugin.part == SCORERS[gone]);
        let without = match trial % 2 {
            0 if took_part => Without::Plugin(SCORERS[gone].into()),
            _ => Without::Way(Way::ALL[gone]),
        };
        let mut change = Change::default();
        change.without.push(without.clone());
        let basis = Basis::new(&mut rerun, decision.clone(), change).unwrap();
        let mut changed = basis.what_if().unwrap().decide().unwrap();
        let expected = fewer[gone].allocate(&request).unwrap();
        if matches!(without, Without::Way(_)) {
            // Its scorer ran, and was not heard.
            changed.plugins.retain(|plugin| plugin.part != SCORERS[gone]);
        }
        assert_same(&changed, &expected, &format!("trial {trial} without {without}"));
    }
}

#[test]
fn each_change_is_what_an_engine_decides_that_was_told_so() {
    let desk = Desk::new();
    let decide = |args: &[&str]| {
        let text = desk.run(&[&["allocate", "page.png", "--json", "-"], args].concat()).well();
        Decision::from_json(&text).unwrap()
    };
    let told = decide(&["--query", "the red square"]);
    desk.write("d.json", told.to_json().unwrap().as_bytes());
    desk.write("held.toml", b"autonomy = 0.5\n[hold]\nfocus-diversify = 0.3\nexploit-explore = 0.7\n");
    let query = ["--query", "the red square"];
    for (change, args) in [
        (&["--average", "100"][..], &["--query", "the red square", "--average", "100"][..]),
        (&["--budget", "40000..60000"], &["--query", "the red square", "--budget", "40000..60000"]),
        (&["--bounds", "0..300"], &["--query", "the red square", "--bounds", "0..300"]),
        (&["--levels", "squares"], &["--query", "the red square", "--levels", "squares"]),
        (
            &["--pin", "3,4=390", "--ban", "0..1,2"],
            &["--query", "the red square", "--pin", "3,4=390", "--ban", "0..1,2"],
        ),
        (&["--query", "the dark marks"], &["--query", "the dark marks"]),
        (&["--query", ""], &[]),
        (&["--uniform"], &["--query", "the red square", "--uniform"]),
        (&["--allocator", "top-k"], &["--query", "the red square", "--allocator", "top-k"]),
        (
            &["--hold", "focus-diversify=0.3", "--hold", "exploit-explore=0.7", "--autonomy", "0.5"],
            &["--query", "the red square", "--config", "held.toml"],
        ),
    ] {
        let text = desk.run(&[&["whatif", "d.json", "--json", "-"], change].concat()).well();
        let changed = Decision::from_json(&text).unwrap();
        assert_eq!(changed.id, changed.computed_id().unwrap());
        let expected = decide(args);
        // The whole record is the same, the id says so.
        assert_eq!(changed.id, expected.id, "{change:?}");
    }
    // From a ledger, by the id.
    desk.run(&[&["allocate", "page.png", "--log", "decisions.ledger"], &query[..]].concat()).well();
    let by_id = ["whatif", &told.id[..12], "--log", "decisions.ledger", "--average", "100"];
    let by_file = ["whatif", "d.json", "--average", "100"];
    assert_eq!(desk.run(&by_id).well(), desk.run(&by_file).well());
}

#[test]
fn the_difference_is_told_and_drawn() {
    let desk = Desk::new();
    let query = ["--query", "the red square", "--json", "d.json"];
    desk.run(&[&["allocate", "page.png"], &query[..]].concat()).well();
    let text = desk.run(&["whatif", "d.json", "--without", "perspectival", "--overlay", "diff.png"]).well();
    assert!(text.starts_with("page.png: what if --without perspectival\n"), "{text}");
    let drawn = Photo::read(&desk.path("diff.png"), &arrcoc::Limits::default()).unwrap();
    assert!(drawn.width() >= 560);
    // In each row the parts sum to the change.
    let mut rows = 0;
    for line in text.lines().filter(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit())) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.len() != 9 || !words[0].contains(',') {
            continue;
        }
        let number = |word: &str| word.parse::<f64>().unwrap();
        let parts: f64 = words[4..].iter().map(|word| number(word)).sum();
        assert!((number(words[3]) - parts).abs() < 0.03, "{line}");
        assert_eq!(number(words[2]) - number(words[1]), number(words[3]), "{line}");
        rows += 1;
    }
    assert!(rows > 0, "{text}");
}

#[test]
fn what_it_takes_is_found_and_does_it() {
    let desk = Desk::new();
    let decide = |args: &[&str]| {
        let text = desk.run(&[&["allocate", "page.png", "--json", "-"], args].concat()).well();
        Decision::from_json(&text).unwrap()
    };
    let query = ["--query", "the red square"];
    let told = decide(&query);
    desk.write("d.json", told.to_json().unwrap().as_bytes());
    let least = told.flat_tokens().iter().position(|&tokens| tokens < 390).unwrap();
    let patch = format!("{},{}", least / 24, least % 24);
    let text = desk.run(&["whatif", "d.json", "--reach", &format!("{patch}=390")]).well();
    assert!(
        text.starts_with(&format!("patch {patch} has {} tokens; with any one", told.flat_tokens()[least])),
        "{text}"
    );
    // What is said to be enough is tried as it is written.
    let mut tried = 0;
    for line in text.lines().skip(1).take_while(|line| !line.starts_with("these alone")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let tokens: u32 = words.last().unwrap().parse().unwrap();
        assert!(tokens >= 390, "{line}");
        if !["--pin", "--budget", "--bounds"].contains(&words[0]) {
            continue;
        }
        let decision = decide(&[&query[..], &[words[0], words[1]]].concat());
        assert_eq!(decision.flat_tokens()[least], tokens, "{line}");
        tried += 1;
    }
    assert!(tried >= 2, "{text}");
    let refused = desk.run(&["whatif", "d.json", "--reach", &format!("{patch}=1")]).refused();
    assert!(refused.contains("tokens already"), "{refused}");
}

#[test]
fn scores_are_enough_where_the_allocator_needs_no_image() {
    let desk = Desk::new();
    let text = desk.run(&["allocate", "page.png", "--allocator", "top-k", "--json", "-"]).well();
    desk.write("d.json", text.as_bytes());
    std::fs::remove_file(desk.path("page.png")).unwrap();
    desk.run(&["whatif", "d.json", "--average", "100"]).well();
    let refused = desk.run(&["whatif", "d.json", "--average", "100", "--overlay", "diff.png"]).refused();
    assert!(refused.contains("the difference cannot be drawn: the image is not there"), "{refused}");
    for change in [["--query", "the red square"], ["--allocator", "rate-distortion"]] {
        let refused = desk.run(&[&["whatif", "d.json"], &change[..]].concat()).refused();
        assert!(refused.contains("image blake3 ") && refused.contains(" not found"), "{refused}");
    }
}

#[test]
fn mistakes_are_told_in_one_line() {
    let desk = Desk::new();
    let text = desk.run(&["allocate", "page.png", "--json", "-"]).well();
    desk.write("d.json", text.as_bytes());
    desk.write("two.json", text.repeat(2).as_bytes());
    desk.write("bent.json", text.replacen("\"applied\":", "\"applied\": true, \"was\":", 1).as_bytes());
    for (args, expected) in [
        (&["d.json"][..], "nothing is changed"),
        (&["none.json", "--uniform"], "none.json: cannot read the decision"),
        (&["bent.json", "--uniform"], "bent.json: not a decision"),
        (&["two.json", "--uniform"], "two.json: it holds more than one decision"),
        (&["d.json", "--without", "logical"], "`logical` is no way"),
        (&["d.json", "--without", "plugin:nobody"], "nobody"),
        (
            &["d.json", "--without", "plugin:cpu"],
            "`cpu` cannot be taken out: it makes tensors that others look at",
        ),
        (&["d.json", "--hold", "focus=0.3"], "`focus=0.3` holds no tension"),
        (&["d.json", "--hold", "focus-diversify=3"], "focus-diversify is held at 3"),
        (&["d.json", "--autonomy", "2"], "autonomy is 2"),
        (&["d.json", "--average", "9"], "average 9 (total 5184) is below the least this policy allows"),
        (&["d.json", "--pin", "30,0=100"], "there is no patch 30,0"),
        (&["d.json", "--pin", "3,0=100", "--ban", "3,0"], "on patch 3,0"),
        (&["d.json", "--allocator", "best"], "best"),
        (&["d.json", "--reach", "3=4"], "`3` is not a patch"),
        (&["d.json", "--reach", "30,4=400"], "there is no patch 30,4"),
        (&["d.json", "--average", "100", "--json", "no/where.json"], "no/where.json"),
        (&["4a1f", "--average", "100", "--log", "none.ledger"], "there is no such file"),
    ] {
        let refused = desk.run(&[&["whatif"], args].concat()).refused();
        assert!(refused.contains(expected), "{args:?}: {refused}");
    }
}
