//! Decisions in a ledger: the real command logs them, finds them, and finds what was changed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use arrcoc::{Decision, log};
use support::{Desk, png, stable};

/// A desk with three decisions in `decisions.ledger`, and their lines of JSON.
fn logged() -> (Desk, Vec<String>) {
    let desk = Desk::new();
    let lines = log_three(&desk);
    (desk, lines)
}

fn log_three(desk: &Desk) -> Vec<String> {
    desk.write("other.png", &png(120, 96));
    let log = ["--log", "decisions.ledger", "--json", "-"];
    let plain = desk.run(&[&["allocate", "page.png", "other.png"], &log[..]].concat()).well();
    let asked =
        desk.run(&[&["allocate", "page.png", "--query", "what is \"red\"?"], &log[..]].concat()).well();
    (plain + &asked).lines().map(str::to_owned).collect()
}

#[test]
fn what_was_decided_is_found_again() {
    let (desk, lines) = logged();
    let decisions: Vec<Decision> = lines.iter().map(|line| Decision::from_json(line).unwrap()).collect();
    let list = |more: &[&str]| desk.run(&[&["log", "list", "decisions.ledger"], more].concat()).well();
    let all = list(&[]);
    assert_eq!(all.lines().count(), 3, "{all}");
    for (at, (line, decision)) in all.lines().zip(&decisions).enumerate() {
        let image = if at == 1 { "other.png" } else { "page.png" };
        let query = if at == 2 { "  \"what is \\\"red\\\"?\"" } else { "" };
        let wanted = format!(
            "{:>6}  {}  {}  decision {}  {image}{query}",
            at + 1,
            decision.created,
            &decision.id[..12],
            decision.mode
        );
        assert_eq!(line, wanted);
    }
    let rows: Vec<&str> = all.lines().collect();
    assert_eq!(list(&["--image", "other"]), format!("{}\n", rows[1]));
    assert_eq!(list(&["--query", "red", "--last", "5"]), format!("{}\n", rows[2]));
    assert_eq!(list(&["--last", "2"]), format!("{}\n{}\n", rows[1], rows[2]));
    assert_eq!(list(&["--since", "2999"]), "");
    assert_eq!(
        list(&["--mode", "content"]).lines().count(),
        decisions.iter().filter(|d| d.mode == arrcoc::Mode::Content).count()
    );
    let refused = desk.run(&["log", "list", "decisions.ledger", "--mode", "none"]).refused();
    assert!(
        refused.contains("there is no mode `none`") && refused.contains("coupled, content, uniform"),
        "{refused}"
    );

    for wrong in ["yesterday", "29.11.2026", "2026-11-29 12:00", "202", "2026-11-29T12:00:00Zzzz", ""] {
        let refused = desk.run(&["log", "list", "decisions.ledger", "--since", wrong]).refused();
        assert!(refused.contains(&format!("--since is `{wrong}`")), "{refused}");
    }

    for (line, decision) in lines.iter().zip(&decisions) {
        assert_eq!(
            desk.run(&["log", "show", "decisions.ledger", &decision.id[..16]]).well().trim_end(),
            line
        );
    }
    let refused = desk.run(&["log", "show", "decisions.ledger", "zz"]).refused();
    assert!(
        refused.contains("no decision, configuration or swap has an id that begins with `zz`"),
        "{refused}"
    );
    let refused = desk.run(&["log", "show", "decisions.ledger", ""]).refused();
    assert!(refused.contains("several decisions have an id that begins with ``"), "{refused}");
}

#[test]
fn a_ledger_that_was_changed_is_found_out() {
    let (desk, _) = logged();
    let head = desk.run(&["log", "head", "decisions.ledger"]).well();
    let head = head.trim();
    let out = desk.run(&["log", "verify", "decisions.ledger"]).well();
    assert_eq!(
        out,
        format!(
            "decisions.ledger: 3 records, in order; only a head that was kept elsewhere shows whether its end was \
             cut off\nhead {head}\n"
        )
    );
    let out = desk.run(&["log", "verify", "decisions.ledger", "--head", head]).well();
    assert!(out.contains("in order; record 3 is the one whose head was kept"), "{out}");
    let refused = desk.run(&["log", "verify", "decisions.ledger", "--head", "3:abc"]).refused();
    assert!(refused.contains("`3:abc` is not the head of a ledger"), "{refused}");

    // Another ledger, in order, is not the one whose head was kept.
    desk.run(&["allocate", "page.png", "--log", "another.ledger"]).well();
    let ran = desk.run(&["log", "verify", "another.ledger", "--head", head]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stderr.starts_with("`another.ledger` was changed: it ends with record 1, and record 3 was there"),
        "{ran:?}"
    );

    // A byte in the middle of what was logged.
    let mut bytes = std::fs::read(desk.path("decisions.ledger")).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    desk.write("bent.ledger", &bytes);
    let ran = desk.run(&["log", "verify", "bent.ledger", "--head", head]);
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.is_empty() && ran.stderr.contains("bent.ledger"), "{ran:?}");
}

#[test]
fn what_cannot_be_logged_is_not_decided() {
    let desk = Desk::new();
    desk.write(
        "notes.txt",
        "not a ledger, and longer than the header of one would be: ".repeat(40).as_bytes(),
    );
    for (ledger, expected) in [
        ("notes.txt", "`notes.txt` is not a ledger: it is no database"),
        ("no/folder.ledger", "`no/folder.ledger`: it cannot be opened"),
        (".", "`.`: it is a folder"),
    ] {
        let refused = desk.run(&["allocate", "page.png", "--log", ledger, "--json", "d.json"]).refused();
        assert!(refused.contains(expected), "{refused}");
        assert!(!desk.path("d.json").exists());
    }
    for command in ["list", "verify", "head"] {
        let refused = desk.run(&["log", command, "none.ledger"]).refused();
        assert!(refused.contains("`none.ledger`: there is no such file"), "{refused}");
    }
}

/// A thousand decisions, of different images, questions, budgets and rules.
#[test]
fn a_log_is_replayed_bit_for_bit() {
    let desk = Desk::new();
    for (name, width, height) in [("a.png", 96, 96), ("b.png", 130, 70), ("c.png", 61, 150)] {
        desk.write(name, &png(width, height));
    }
    let lines: String = (0..1000)
        .map(|n| {
            let (image, colour) = (["a", "b", "c"][n % 3], ["red", "green", "blue", "dark"][n % 4]);
            format!(
                "{{\"image\": \"{image}.png\", \"query\": \"the {colour} mark {n}\", \"budget\": {}}}\n",
                9000 + 11 * n
            )
        })
        .collect();
    let args = ["allocate", "-", "--grid", "8x8", "--log", "decisions.ledger", "--floor", "px:0,0,9x9=300"];
    let told = desk.run_fed(&args, &lines).well();
    assert_eq!(told.lines().count(), 1000);
    let replayed = desk.run(&["log", "replay", "decisions.ledger"]).well();
    assert_eq!(replayed, "1000 the same, bit for bit; 0 differ; 0 cannot be replayed\n");
}

#[test]
fn what_was_decided_otherwise_than_usual_is_replayed_so() {
    let desk = Desk::new();
    desk.write(
        "set.toml",
        b"scorers = [\"perspectival\", \"glance\"]\nautonomy = 0.5\n[hold]\nfocus-diversify = 0.3\n",
    );
    let query = ["--query", "the red mark", "--log", "decisions.ledger"];
    for args in [
        &["--config", "set.toml"][..],
        &["--allocator", "top-k", "--scorer", "perspectival", "--who", "A. Miller", "--pin", "3,4=399"],
        &[
            "--allocator",
            "random",
            "--param",
            "random.seed=11",
            "--levels",
            "squares",
            "--budget",
            "50000..90000",
        ],
        &["--whole-pixels", "10K", "--backend", "cpu"],
        &["--bounds", "0..1", "--uniform"],
    ] {
        desk.run(&[&["allocate", "page.png"], &query[..], args].concat()).well();
    }
    let replayed = desk.run(&["log", "replay", "decisions.ledger"]).well();
    assert_eq!(replayed, "5 the same, bit for bit; 0 differ; 0 cannot be replayed\n");
}

#[test]
fn a_replay_says_what_changed_or_what_is_gone() {
    let (desk, lines) = logged();
    let decision = Decision::from_json(&lines[0]).unwrap();
    let id = &decision.id[..12];
    std::fs::create_dir(desk.path("elsewhere")).unwrap();
    std::fs::rename(desk.path("page.png"), desk.path("elsewhere/page.png")).unwrap();
    let ran = desk.run(&["log", "replay", "decisions.ledger"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let gone = format!("record 1 ({id}): cannot replay: image blake3 {} not found\n", decision.image.blake3);
    assert!(ran.stdout.starts_with(&gone), "{ran:?}");
    assert!(
        ran.stdout.contains("  `page.png` is not there; name the folder where it is now with --images"),
        "{ran:?}"
    );
    assert_eq!(ran.stderr, "1 the same, bit for bit; 0 differ; 2 cannot be replayed\n");
    desk.run(&["log", "replay", "decisions.ledger", "--images", "elsewhere"]).well();
    // Another image under its name is not the image.
    desk.write("page.png", &png(240, 191));
    let ran = desk.run(&["log", "replay", "decisions.ledger", id]);
    assert!(ran.stdout.contains(&gone) && ran.stdout.contains("`page.png` is another image"), "{ran:?}");
    let refused = desk.run(&["log", "replay", "decisions.ledger", "zz"]).refused();
    assert!(refused.contains("there is no such decision"), "{refused}");
}

/// A plugin that is rebuilt is another: the one under the same name with another hash is named.
#[test]
fn a_replay_names_the_plugin_that_changed() {
    let desk = Desk::new();
    let plugin = desk.path("plugins");
    std::fs::create_dir(&plugin).unwrap();
    for entry in std::fs::read_dir(support::plugins()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), plugin.join(entry.file_name())).unwrap();
    }
    let here = [("ARRCOC_PLUGIN_PATH", plugin.to_str().unwrap())];
    let log = ["--log", "decisions.ledger", "--query", "the red mark"];
    desk.run_with(&[&["allocate", "page.png"], &log[..]].concat(), &here).well();
    desk.run_with(&["log", "replay", "decisions.ledger"], &here).well();
    // Bytes after the end of a library change nothing but its hash.
    let library = support::library(&plugin, "arrcoc_ways");
    let mut bytes = std::fs::read(&library).unwrap();
    bytes.extend_from_slice(&[0; 16]);
    std::fs::write(&library, bytes).unwrap();
    let ran = desk.run_with(&["log", "replay", "decisions.ledger"], &here);
    assert_eq!(ran.code, 1, "{ran:?}");
    for part in ["propositional", "perspectival"] {
        assert!(
            ran.stdout.contains(&format!("the plugin `ways` changed, which gives `{part}`: ")),
            "{ran:?}"
        );
    }
    assert!(ran.stdout.contains("  the tokens are the same\n"), "{ran:?}");
    // One that is not there at all is told by name.
    let named = ["--plugin", support::fixture().to_str().unwrap().to_owned().leak(), "--scorer", "bad-late"];
    desk.run_with(&[&["allocate", "page.png"], &log[..], &named].concat(), &here);
    let ran = desk.run_with(&["log", "replay", "decisions.ledger", "--last", "1"], &here);
    assert!(ran.stdout.contains("cannot replay: unknown scorer `bad-late`"), "{ran:?}");
}

#[test]
fn what_came_of_a_decision_is_logged_with_it() {
    let (desk, lines) = logged();
    let decision = Decision::from_json(&lines[2]).unwrap();
    let log = ["--log", "decisions.ledger"];
    let feedback = |args: &[&str]| desk.run(&[&["feedback"], args, &log[..]].concat());
    let told =
        feedback(&[&decision.id[..10], "failure", "--who", "reader", "--note", "it read \"rod\""]).well();
    assert_eq!(told, format!("logged: failure of {}\n", decision.id));
    for (args, expected) in [
        (["zz", "success"], "no decision has an id that begins with `zz`"),
        (["", "success"], "several decisions have an id that begins with ``"),
        ([&decision.id, "perhaps"], "`perhaps` is no way to end"),
    ] {
        let refused = feedback(&args).refused();
        assert!(refused.contains(expected), "{refused}");
    }
    let refused = desk.run(&["feedback", "4a1f", "success", "--log", "none.ledger"]).refused();
    assert!(refused.contains("there is no such file") && !desk.path("none.ledger").exists(), "{refused}");
    let list = desk.run(&["log", "list", "decisions.ledger", "--id", &decision.id]).well();
    assert_eq!(list.lines().count(), 2);
    assert!(
        list.contains(&format!("{}  feedback failure {}  page.png", &decision.id[..12], decision.mode)),
        "{list}"
    );
    let verified = desk.run(&["log", "verify", "decisions.ledger"]).well();
    assert!(verified.contains("4 records, in order"), "{verified}");
    // A decision of the ledger is explained by its id.
    let by_id = desk.run(&["explain", &decision.id[..10], "--log", "decisions.ledger"]).well();
    desk.write("d.json", lines[2].as_bytes());
    assert_eq!(by_id, desk.run(&["explain", "d.json"]).well());
}

#[test]
fn a_ledger_is_taken_elsewhere() {
    use parquet::{
        file::reader::{FileReader as _, SerializedFileReader},
        record::Field,
    };

    let (desk, lines) = logged();
    let decisions: Vec<Decision> = lines.iter().map(|line| Decision::from_json(line).unwrap()).collect();
    desk.run(&["feedback", &decisions[2].id, "success", "--log", "decisions.ledger"]).well();
    let out = desk
        .run(&["log", "export", "decisions.ledger", "--jsonl", "all.jsonl", "--parquet", "all.parquet"])
        .well();
    assert_eq!(out, "all.jsonl: 4 lines\nall.parquet: 4 rows\n");
    let exported = std::fs::read_to_string(desk.path("all.jsonl")).unwrap();
    assert_eq!(exported, desk.run(&["log", "export", "decisions.ledger", "--jsonl", "-"]).well());
    for (exported, line) in exported.lines().zip(&lines) {
        // What was logged is there byte for byte.
        assert!(exported.ends_with(&format!(",\"content\":{line}}}")), "{exported}");
    }
    let last: serde_json::Value = serde_json::from_str(exported.lines().nth(3).unwrap()).unwrap();
    assert_eq!((&last["kind"], &last["content"]["outcome"]), (&"feedback".into(), &"success".into()));

    let file = SerializedFileReader::new(std::fs::File::open(desk.path("all.parquet")).unwrap()).unwrap();
    let rows: Vec<std::collections::HashMap<String, Field>> = file
        .get_row_iter(None)
        .unwrap()
        .map(|row| {
            row.unwrap().get_column_iter().map(|(name, field)| (name.clone(), field.clone())).collect()
        })
        .collect();
    for (at, (row, decision)) in rows.iter().zip(&decisions).enumerate() {
        let text = |name: &str| match &row[name] {
            Field::Str(text) => text.clone(),
            other => panic!("{name} is {other:?}"),
        };
        assert_eq!(row["number"], Field::Long(at as i64 + 1));
        assert_eq!((text("decision"), text("content")), (decision.id.clone(), lines[at].clone()));
        assert_eq!(row["applied"], Field::Long(decision.applied as i64));
        assert_eq!(row["focus_diversify"], Field::Double(decision.tensions.focus_diversify));
        assert_eq!((&row["outcome"], text("mode")), (&Field::Null, decision.mode.to_string()));
    }
    assert_eq!((&rows[3]["outcome"], &rows[3]["applied"]), (&Field::Str("success".into()), &Field::Null));
    assert_eq!(rows.len(), 4);

    let later = desk.run(&["log", "export", "decisions.ledger", "--jsonl", "-", "--since", "2999"]).well();
    assert_eq!(later, "");
    desk.run(&["log", "export", "decisions.ledger"]).refused();
    let refused = desk.run(&["log", "export", "decisions.ledger", "--parquet", "no/where.parquet"]).refused();
    assert!(refused.contains("no/where.parquet: cannot write the file"), "{refused}");
}

/// Every command has an example in its help, and does what it says.
#[test]
fn the_examples_of_the_help_run() {
    let desk = Desk::new();
    // The first record is a configuration, and tasks ended often enough to learn from it.
    learned_from(&desk);
    let lines = log_three(&desk);
    let decision = Decision::from_json(&lines[2]).unwrap();
    desk.write("head.txt", desk.run(&["log", "head", "decisions.ledger"]).well().as_bytes());
    desk.write("decision.json", lines[2].as_bytes());
    desk.write("photo.png", &png(240, 192));
    std::fs::create_dir(desk.path("pages")).unwrap();
    let mut list = String::new();
    for page in 0..20 {
        desk.write(&format!("pages/{page}.png"), &png(72, 72));
        list += &format!(r#"{{"image": "{page}.png", "question": "the red one?", "box": [58, 0, 14, 18]}}"#);
        list.push('\n');
    }
    desk.write("pages/items.jsonl", list.as_bytes());
    std::fs::copy(support::library(&support::plugins(), "arrcoc_ways"), desk.path("libmine.so")).unwrap();
    let commands = commands(&desk, &[]);
    assert!(commands.len() >= 22, "{commands:?}");
    for command in commands {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let help = desk.run(&[&words[..], &["--help"]].concat()).well();
        let example = help.lines().find_map(|line| line.trim().strip_prefix("Example: "));
        let example = example.unwrap_or_else(|| panic!("{command:?} has no example: {help}"));
        assert!(example.starts_with(&format!("arrcoc {}", command.join(" "))), "{example}");
        let path = std::path::Path::new(env!("CARGO_BIN_EXE_arrcoc")).parent().unwrap();
        // The id of the example is made up.
        let script = example.replace("4a1f", &decision.id[..8]);
        let mut paths = vec![path.to_owned()];
        paths.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .env("PATH", std::env::join_paths(paths).unwrap())
            .env("ARRCOC_PLUGIN_PATH", support::plugins())
            .env("XDG_CACHE_HOME", desk.path("cache"))
            .current_dir(desk.path(""))
            .output()
            .unwrap();
        // What is fitted on one drawing is not promoted, which is exit code 1.
        let expected = i32::from(command == ["calibrate"]);
        let stderr = stable(&String::from_utf8_lossy(&output.stderr), &desk);
        assert_eq!(output.status.code(), Some(expected), "{example}: {stderr}");
    }
}

/// Governed decisions in `decisions.ledger`, and how their tasks ended.
fn learned_from(desk: &Desk) {
    let mut asks = String::new();
    for image in 0..20 {
        desk.write(&format!("ask{image}.png"), &png(160 + image, 120));
        for thing in ["red square", "red one", "red thing"] {
            asks += &format!("{{\"image\": \"ask{image}.png\", \"query\": \"the {thing}?\"}}\n");
        }
    }
    let args = ["allocate", "-", "--governed", "--grid", "8x8", "--log", "decisions.ledger", "--json", "-"];
    let ran = desk.run_fed(&args, &asks);
    assert_eq!(ran.code, 0, "{ran:?}");
    let path = desk.path("decisions.ledger");
    let mut ledger = arrcoc::ledger::Ledger::open(&path).unwrap();
    for (n, line) in ran.stdout.lines().enumerate() {
        let id = Decision::from_json(line).unwrap().id;
        let outcome = if n % 2 == 0 { log::Outcome::Success } else { log::Outcome::Failure };
        log::feedback(&mut ledger, &path, &id, outcome, None, None).unwrap();
    }
}

/// The commands below one that do something themselves, as their helps list them.
fn commands(desk: &Desk, above: &[String]) -> Vec<Vec<String>> {
    let words: Vec<&str> = above.iter().map(String::as_str).collect();
    let help = desk.run(&[&words[..], &["--help"]].concat()).well();
    let Some((_, list)) = help.split_once("Commands:\n") else { return vec![above.to_vec()] };
    let names = list.lines().take_while(|line| !line.is_empty());
    let names = names.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.flat_map(|name| commands(desk, &[above, &[name.to_owned()]].concat())).collect()
}
