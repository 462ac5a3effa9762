//! The checks that read files, on trees with something to find.

use std::fs;

use crate::tree::Tree;

#[test]
fn a_tidy_tree_has_no_findings() {
    let tree = Tree::good("conventions-good").write("README.md", "Read me.\n");
    tree.xtask(&["lint", "naming", "words"]).expect(0, &[]);
}

#[test]
fn naming_finds_what_it_is_for() {
    let mark = concat!("FIX", "ME");
    let tree = Tree::good("conventions-naming")
        .library("crates/novel", "novel", "")
        .write("crates/stats/src/utils.rs", "//! Why.\n")
        .write("crates/stats/src/moments.rs", "use std::fs;\n")
        .write("crates/stats/tests/moments.rs", &format!("// {mark}\n"))
        .write("crates/stats/tests/LongNames.rs", &"\n".repeat(701))
        .write("target/helpers/built.rs", "use std::fs;\n");
    tree.xtask(&["lint", "naming"]).expect(
        1,
        &[
            "crates/novel/Cargo.toml: the package is named `novel`; its folder asks for `arrcoc-novel`",
            "crates/stats/src/moments.rs: does not begin with `//!` and why the file exists",
            "crates/stats/src/utils.rs: `utils.rs` says nothing of what is inside; name it for what it holds",
            "crates/stats/tests/LongNames.rs: 701 lines; a file has at most 700",
            "crates/stats/tests/LongNames.rs: `LongNames.rs` is not in snake case",
            &format!("crates/stats/tests/moments.rs:1: unfinished: `{mark}`"),
        ],
    );
}

#[test]
fn words_finds_paths_of_a_machine_in_any_text_and_passes_over_what_is_no_text() {
    let path = format!("/{}/me/notes", "home");
    let tree = Tree::good("conventions-words")
        .write("README.md", &format!("Read me.\nSee {path}.\n"))
        .write("reports/picture.png", &format!("\0{path}"));
    tree.xtask(&["lint", "words"])
        .expect(1, &[&format!("README.md:2: `/{}/` speaks of one machine", "home")]);
}

/// A clone keeps files that git ignores; they are nobody's business. But what
/// is new and not yet added counts.
#[test]
fn in_a_repository_only_files_that_git_would_track_count() {
    let text = format!("/{}/me/notes", "home");
    let tree = Tree::good("conventions-git")
        .write(".gitignore", "/ignored/\n")
        .write("ignored/notes.md", &text)
        .write("new.md", &text);
    let git = std::process::Command::new("git").args(["init", "--quiet"]).current_dir(&tree.root).status();
    if !git.is_ok_and(|status| status.success()) {
        eprintln!("passed over: git is absent");
        return;
    }
    tree.xtask(&["lint", "words"]).expect(1, &[&format!("new.md:1: `/{}/` speaks of one machine", "home")]);
    fs::remove_file(tree.root.join("new.md")).unwrap();
    tree.xtask(&["lint", "words"]).expect(0, &[]);
}

#[test]
fn licences_are_held_against_the_allow_list() {
    let tree = Tree::new("conventions-licences")
        .write("deny.toml", "[licenses]\nallow = [\"MIT\"]\n")
        .library("crates/stats", "arrcoc-stats", "")
        .library("plugins/cpu", "arrcoc-cpu", "");
    tree.xtask(&["lint", "licences"]).expect(0, &[]);

    let manifest = |name: &str, licence: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{licence}\n")
    };
    let tree = tree
        .write("crates/stats/Cargo.toml", &manifest("arrcoc-stats", "license = \"GPL-3.0-only\""))
        .write("plugins/cpu/Cargo.toml", &manifest("arrcoc-cpu", ""));
    tree.xtask(&["lint", "licences"]).expect(
        1,
        &[
            "deny.toml: `arrcoc-cpu` 0.1.0 states no licence",
            "deny.toml: `arrcoc-stats` 0.1.0 states `GPL-3.0-only`, which is not allowed",
        ],
    );
}

#[test]
fn a_check_that_fails_does_not_stop_the_next() {
    let tree = Tree::good("conventions-all").write("utils/notes.md", "");
    let run = tree.xtask(&["lint", "words", "naming", "direction"]);
    let states: Vec<&str> = run.stdout.lines().filter(|line| !line.starts_with(' ')).collect();
    let begins = |line: &str, state: &str| assert!(line.starts_with(state), "{line}");
    assert_eq!(states.len(), 3, "{}", run.stdout);
    begins(states[0], "ok      direction");
    begins(states[1], "failed  naming");
    begins(states[2], "ok      words");
    assert_eq!(run.stderr, "error: failed checks: naming\n");
}

#[test]
fn clippy_and_formatting_name_the_place() {
    let tree = Tree::new("conventions-tools")
        .library("crates/stats", "arrcoc-stats", "")
        .library("plugins/cpu", "arrcoc-cpu", "")
        .write("crates/stats/src/lib.rs", "//! Why.\n\n/// One.\npub fn one() -> i32 {\n    return 1;\n}\n")
        .write("plugins/cpu/src/lib.rs", "//! Why.\n\n/// One.\npub fn one()  -> i32 { 1 }\n");
    let run = tree.xtask(&["lint", "clippy", "formatting"]);
    let absent: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("absent")).collect();
    if !absent.is_empty() {
        eprintln!("passed over: {absent:?}");
        return;
    }
    run.expect(
        1,
        &[
            "plugins/cpu/src/lib.rs: is not formatted; `cargo fmt --all` does it",
            "crates/stats/src/lib.rs:5: unneeded `return` statement (clippy::needless_return)",
        ],
    );
}

#[test]
fn documentation_with_a_broken_link_is_a_finding() {
    let tree = Tree::new("conventions-docs")
        .library("crates/stats", "arrcoc-stats", "")
        .library("plugins/cpu", "arrcoc-cpu", "")
        .write("crates/stats/src/lib.rs", "//! See [`Nothing`].\n");
    tree.xtask(&["lint", "docs"]).expect(
        1,
        &["crates/stats/src/lib.rs:1: unresolved link to `Nothing` (rustdoc::broken_intra_doc_links)"],
    );
}

/// What is said to be protected names a test, in a file that is there, and that file has it.
#[test]
fn the_tests_that_security_names_exist() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let listed = std::process::Command::new("git").args(["ls-files", "*.rs"]).current_dir(&root).output();
    let Some(listed) = listed.ok().filter(|output| output.status.success()) else {
        eprintln!("passed over: git is absent");
        return;
    };
    let files = String::from_utf8(listed.stdout).unwrap();
    let mut named = 0;
    for row in text.lines().filter(|line| line.starts_with('|')) {
        let Some(tests) =
            row.trim_end_matches(['|', ' ']).rsplit('|').next().filter(|cell| cell.contains(".rs`"))
        else {
            continue;
        };
        for group in tests.split(';') {
            let mut words = group.split('`').skip(1).step_by(2);
            let file = words.next().unwrap_or_default();
            let path =
                if file.contains('/') { file.to_owned() } else { format!("crates/arrcoc/tests/{file}") };
            assert!(files.lines().any(|known| known == path), "there is no {path}");
            let source = fs::read_to_string(root.join(&path)).unwrap();
            for name in words {
                assert!(source.contains(&format!("fn {name}(")), "{path} has no test `{name}`");
                named += 1;
            }
        }
    }
    assert!(named > 50, "{named}");
}
