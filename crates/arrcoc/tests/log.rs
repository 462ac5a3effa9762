//! Decisions in a ledger: the real command logs them, finds them, and finds what was changed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

mod support;

use arrcoc::Decision;
use support::{Desk, png, stable};

/// A desk with three decisions in `decisions.ledger`, and their lines of JSON.
fn logged() -> (Desk, Vec<String>) {
    let desk = Desk::new();
    desk.write("other.png", &png(120, 96));
    let log = ["--log", "decisions.ledger", "--json", "-"];
    let plain = desk.run(&[&["allocate", "page.png", "other.png"], &log[..]].concat()).well();
    let asked =
        desk.run(&[&["allocate", "page.png", "--query", "what is \"red\"?"], &log[..]].concat()).well();
    let lines = (plain + &asked).lines().map(str::to_owned).collect();
    (desk, lines)
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
    assert!(refused.contains("no decision has an id that begins with `zz`"), "{refused}");
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

/// Every command of the ledger has an example in its help, and does what it says.
#[test]
fn the_examples_of_the_help_run() {
    let (desk, lines) = logged();
    let decision = Decision::from_json(&lines[2]).unwrap();
    desk.write("head.txt", desk.run(&["log", "head", "decisions.ledger"]).well().as_bytes());
    for command in ["list", "show", "verify", "head"] {
        let help = desk.run(&["log", command, "--help"]).well();
        let example =
            help.lines().find_map(|line| line.trim().strip_prefix("Example: ")).expect("an example");
        let path = std::path::Path::new(env!("CARGO_BIN_EXE_arrcoc")).parent().unwrap();
        // The id of the example is made up.
        let script = example.replace("4a1f", &decision.id[..8]);
        let mut paths = vec![path.to_owned()];
        paths.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .env("PATH", std::env::join_paths(paths).unwrap())
            .current_dir(desk.path(""))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{example}: {}",
            stable(&String::from_utf8_lossy(&output.stderr), &desk)
        );
    }
}
