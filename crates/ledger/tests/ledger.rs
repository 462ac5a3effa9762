//! Ledgers in real files: what is found when they are changed, and what is left when a
//! process is killed, a disk is full, or two write at once.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it breaks")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use arrcoc_ledger::{Break, Entry, Filter, Head, Kind, Ledger, LedgerError, Record};
use rusqlite::Connection;
use tempfile::TempDir;

/// Whether a process is to append, and where: `PATH`.
const APPEND: &str = "ARRCOC_TEST_LEDGER";

fn content(number: usize) -> String {
    format!(
        "{{\"number\": {number}, \"tokens\": {:?}}}",
        (0..64).map(|i| 64 + (number * i) % 337).collect::<Vec<_>>()
    )
}

fn fill(path: &Path, records: usize) -> Head {
    let mut ledger = Ledger::open(path).unwrap();
    let contents: Vec<String> = (1..=records).map(content).collect();
    let subjects: Vec<String> =
        (1..=records).map(|number| format!("{:04x}", number * 4099 % 65_521)).collect();
    let created: Vec<String> =
        (1..=records).map(|number| format!("2026-11-29T12:{:02}:00Z", number % 60)).collect();
    let entry = |at: usize| Entry {
        image: (!at.is_multiple_of(3)).then_some("page.png"),
        query: at.is_multiple_of(2).then_some("what is the total?"),
        mode: Some(if at.is_multiple_of(2) { "coupled" } else { "content" }),
        request: Some(if at < 4 { "asked before" } else { "asked later" }),
        content: &contents[at],
        ..Entry::new(if at % 5 == 4 { Kind::Feedback } else { Kind::Decision }, &subjects[at], &created[at])
    };
    let entries: Vec<Entry<'_>> = (0..records).map(entry).collect();
    ledger.append(&entries).unwrap()
}

fn numbers(records: &[Record]) -> Vec<u64> {
    records.iter().map(|record| record.summary.number).collect()
}

#[test]
fn what_is_appended_is_read_and_found() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.ledger");
    let empty = Ledger::open(&path).unwrap().head().unwrap();
    assert_eq!(empty.number, 0);
    assert_eq!(Ledger::open_to_read(&path).unwrap().verify(Some(&empty)).unwrap(), empty);
    let head = fill(&path, 10);
    let ledger = Ledger::open_to_read(&path).unwrap();
    assert_eq!((ledger.head().unwrap(), ledger.verify(Some(&head)).unwrap()), (head, head));
    assert_eq!(ledger.verify(Some(&empty)).unwrap(), head, "an earlier head is a head of it");
    let all = ledger.records(&Filter::default()).unwrap();
    assert_eq!(numbers(&all), (1..=10).collect::<Vec<_>>());
    assert_eq!(all[3].content, content(4));
    assert_eq!(all[9].summary.hash, head.hash);
    let found = |filter: Filter| numbers(&ledger.records(&filter).unwrap());
    let any = Filter::default;
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found(Filter { kind: Some(Kind::Feedback), ..any() }), [5, 10]);
    assert_eq!(found(Filter { query: text("total"), ..any() }), [1, 3, 5, 7, 9]);
    assert_eq!(found(Filter { mode: text("content"), last: Some(2), ..any() }), [8, 10]);
    assert_eq!(found(Filter { image: text("page"), ..any() }), [2, 3, 5, 6, 8, 9]);
    assert_eq!(
        found(Filter { since: text("2026-11-29T12:03"), until: text("2026-11-29T12:05"), ..any() }),
        [3, 4]
    );
    assert_eq!(found(Filter { subject: text(&all[6].summary.subject), ..any() }), [7]);
    assert_eq!(found(Filter { request: text("asked before"), ..any() }), [1, 2, 3, 4]);
    let requests = ledger.requests().unwrap();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests["asked later"], [5, 6, 7, 8, 9, 10]);
    assert_eq!(ledger.record(7).unwrap().as_ref(), Some(&all[6]));
    assert_eq!((ledger.record(0).unwrap(), ledger.record(11).unwrap()), (None, None));
    assert_eq!(found(Filter { subject: text("%"), ..any() }), [0; 0]);
    assert_eq!(found(Filter { query: text("'; DROP TABLE records; --"), ..any() }), [0; 0]);
}

#[test]
fn what_was_decided_by_what_is_there_is_added_once() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.ledger");
    fill(&path, 10);
    let entry = Entry { content: "{}", ..Entry::new(Kind::Configuration, "4a1f", "2026-11-29T12:00:00Z") };
    let won: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut ledger = Ledger::open(&path).unwrap();
                    let added = ledger.append_after(Kind::Configuration, None, &[entry]).unwrap();
                    usize::from(added.is_some())
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let mut ledger = Ledger::open(&path).unwrap();
    assert_eq!((won, ledger.last_of(Kind::Configuration).unwrap()), (1, Some(11)));
    assert_eq!(ledger.append_after(Kind::Configuration, Some(10), &[entry]).unwrap(), None);
    let head = ledger.append_after(Kind::Configuration, Some(11), &[entry]).unwrap().unwrap();
    assert_eq!((head.number, ledger.verify(Some(&head)).unwrap()), (12, head));
    let found = |filter: Filter| numbers(&ledger.records(&filter).unwrap());
    assert_eq!(found(Filter { kind: Some(Kind::Configuration), ..Filter::default() }), [11, 12]);
    assert_eq!(found(Filter { from: Some(4), to: Some(6), ..Filter::default() }), [4, 5, 6]);
    let subjects = ledger.subjects(&Filter { from: Some(11), ..Filter::default() }).unwrap();
    assert_eq!(subjects, [(11, "4a1f".to_owned()), (12, "4a1f".to_owned())]);
    assert_eq!(found(Filter { subject: Some("4a1f".into()), ..Filter::default() })[..], [11, 12]);
}

#[test]
fn every_kind_of_record_comes_back_as_what_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(&folder.path().join("a.ledger")).unwrap();
    for kind in Kind::ALL {
        let entry = Entry { content: "{}", ..Entry::new(kind, "4a1f", "2026-11-29T12:00:00Z") };
        let head = ledger.append(&[entry]).unwrap();
        assert_eq!(ledger.record(head.number).unwrap().unwrap().summary.kind, kind);
        assert_eq!(ledger.last_of(kind).unwrap(), Some(head.number));
    }
    assert_eq!(ledger.verify(None).unwrap().number, 4);
}

/// Somebody who writes to the file without this library, and takes its triggers away for it.
fn tamper(path: &Path, change: impl Fn(&Connection) -> rusqlite::Result<()>) {
    let connection = Connection::open(path).unwrap();
    let mut triggers =
        connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
    let triggers: Vec<(String, String)> =
        triggers.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    assert_eq!(triggers.len(), 2);
    triggers.iter().for_each(|(name, _)| connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap());
    change(&connection).unwrap();
    triggers.iter().for_each(|(_, sql)| connection.execute_batch(sql).unwrap());
}

/// Numbers from a fixed sequence.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as i64 % limit
    }
}

#[test]
fn any_change_of_what_was_logged_is_found() {
    const RECORDS: i64 = 12;
    let folder = TempDir::new().unwrap();
    let original = folder.path().join("original.ledger");
    let head = fill(&original, RECORDS as usize);
    let other = folder.path().join("other.ledger");
    fill(&other, 3);
    let mut chance = Chance(8);
    let path = folder.path().join("changed.ledger");
    for trial in 0..1000 {
        std::fs::copy(&original, &path).unwrap();
        let kind = trial % 17;
        let (a, b) = (1 + chance.below(RECORDS), 1 + chance.below(RECORDS));
        let (byte, bit) = (chance.below(1 << 20), 1 << chance.below(8));
        let is_kept = match kind {
            // What needs a head that was kept, and what does not.
            13 | 14 => true,
            _ => chance.below(2) == 0,
        };
        let done = std::cell::Cell::new(true);
        tamper(&path, |c| {
            let text = |column: &str, value: &str| {
                c.execute(
                    &format!("UPDATE records SET {column} = ?1 WHERE number = ?2 AND {column} IS NOT ?1"),
                    (value, a),
                )
            };
            let rows = match kind {
                0 => text("kind", if a % 5 == 0 { "decision" } else { "feedback" })?,
                1 => text("subject", "beef")?,
                2 => text("created", "2026-11-29T12:00:01Z")?,
                3 => text("image", "another.png")?,
                4 => c.execute("UPDATE records SET query = CASE WHEN query IS NULL THEN '' END WHERE number = ?1", [a])?,
                5 => text("mode", "uniform")?,
                6 => {
                    // One bit of the packed content.
                    let mut packed: Vec<u8> =
                        c.query_row("SELECT content FROM records WHERE number = ?1", [a], |row| row.get(0))?;
                    let at = byte as usize % packed.len();
                    packed[at] ^= bit as u8;
                    c.execute("UPDATE records SET content = ?1 WHERE number = ?2", (packed, a))?
                }
                7 => c.execute("UPDATE records SET length = length + 1 WHERE number = ?1", [a])?,
                8 => c.execute(
                    "UPDATE records SET (content, length) = (SELECT content, length FROM records WHERE number = ?1) \
                     WHERE number = ?2 AND number <> ?1",
                    [a, b],
                )?,
                9 => c.execute("UPDATE records SET hash = zeroblob(32) WHERE number = ?1", [a])?,
                // Taken out of the middle, and the rest renumbered.
                10 => c.execute("DELETE FROM records WHERE number = ?1 AND number < ?2", [a, RECORDS])?,
                11 => {
                    let gone = c.execute("DELETE FROM records WHERE number = ?1 AND number < ?2", [a, RECORDS])?;
                    (a + 1..=RECORDS).try_for_each(|n| {
                        c.execute("UPDATE records SET number = number - 1 WHERE number = ?1", [n]).map(drop)
                    })?;
                    gone
                }
                // Two in each other's place.
                12 => {
                    c.execute("UPDATE records SET number = 1000 WHERE number = ?1", [a])?;
                    c.execute("UPDATE records SET number = ?1 WHERE number = ?2", [a, b])?;
                    c.execute("UPDATE records SET number = ?1 WHERE number = 1000", [b])? * usize::from(a != b)
                }
                // The end is cut off.
                13 => c.execute("DELETE FROM records WHERE number >= ?1", [a])?,
                // Everything is another ledger's, which is in order.
                14 => {
                    c.execute("ATTACH ?1 AS other", [other.to_str().unwrap()])?;
                    c.execute("DELETE FROM records", [])?;
                    c.execute("INSERT INTO records SELECT * FROM other.records", [])?;
                    c.execute("UPDATE ledger SET id = (SELECT id FROM other.ledger)", [])?
                }
                15 => text("request", "another")?,
                // Put in once more.
                _ => {
                    (a..=RECORDS).rev().try_for_each(|n| {
                        c.execute("UPDATE records SET number = number + 1 WHERE number = ?1", [n]).map(drop)
                    })?;
                    c.execute(
                        "INSERT INTO records SELECT ?1, kind, subject, created, image, query, mode, request, length, \
                         content, hash FROM records WHERE number = ?2",
                        [a, if b >= a { b + 1 } else { b }],
                    )?
                }
            };
            done.set(rows > 0);
            Ok(())
        });
        let ledger = Ledger::open_to_read(&path).unwrap();
        let verified = ledger.verify(is_kept.then_some(&head));
        // A bit of the packing that packs the same is no change of what was logged.
        let same = !done.get()
            || kind == 6
                && ledger.records(&Filter::default()).is_ok_and(|records| {
                    records.iter().zip(1..).all(|(record, number)| record.content == content(number))
                });
        match verified {
            Ok(found) => assert!(same && found == head, "trial {trial}, kind {kind}, records {a} and {b}"),
            Err(LedgerError::Broken { found, .. }) => {
                assert!(!same, "trial {trial}, kind {kind}: {found}");
                assert!(
                    matches!(found, Break::CutOff { .. }) == (kind == 13 || kind == 14),
                    "{kind}: {found}"
                );
            }
            Err(error) => panic!("trial {trial}, kind {kind}: {error}"),
        }
    }
}

/// A chain that was computed anew is in order, and is not the one whose head was kept.
#[test]
fn a_chain_that_was_made_anew_is_found_by_a_kept_head() {
    let folder = TempDir::new().unwrap();
    let head = fill(&folder.path().join("a.ledger"), 5);
    let longer = folder.path().join("b.ledger");
    let other = fill(&longer, 9);
    let ledger = Ledger::open_to_read(&longer).unwrap();
    assert_eq!(ledger.verify(None).unwrap(), other);
    let error = ledger.verify(Some(&head)).unwrap_err();
    assert!(matches!(error, LedgerError::Broken { found: Break::Replaced { .. }, .. }), "{error}");
    assert!(error.to_string().contains("record 5 is another than the one whose hash was kept"), "{error}");
}

#[test]
fn what_is_no_ledger_is_refused_and_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let refused = |name: &str, expected: &str| {
        let path = folder.path().join(name);
        let before = std::fs::read(&path).ok();
        for error in [Ledger::open(&path).unwrap_err(), Ledger::open_to_read(&path).unwrap_err()] {
            let text = error.to_string();
            assert!(text.contains(expected) && text.lines().count() == 1, "{name}: {text}");
            assert!(!error.hint().is_empty());
        }
        assert_eq!(std::fs::read(&path).ok(), before, "{name}");
    };
    std::fs::write(
        folder.path().join("text"),
        "not a database, but long enough to be looked at: ".repeat(40),
    )
    .unwrap();
    refused("text", "is not a ledger: it is no database");
    let path = folder.path().join("another");
    Connection::open(&path).unwrap().execute("CREATE TABLE t (a)", []).unwrap();
    refused("another", "is not a ledger: it is another database");
    let path = folder.path().join("newer");
    fill(&path, 1);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 2).unwrap();
    refused("newer", "is not a ledger: it has version 2, and this program reads 1");
    // A view or a trigger that a ledger does not have could say anything.
    let path = folder.path().join("more");
    fill(&path, 1);
    Connection::open(&path).unwrap().execute("CREATE VIEW v AS SELECT 1", []).unwrap();
    refused("more", "is not a ledger: its tables are not those of a ledger");
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    refused("folder", "it is a folder");
    let error = Ledger::open_to_read(&folder.path().join("none")).unwrap_err();
    assert!(error.to_string().contains("there is no such file"), "{error}");
    let error = Ledger::open(&folder.path().join("no folder/a.ledger")).unwrap_err();
    assert!(error.to_string().contains("it cannot be opened"), "{error}");
    let path = folder.path().join("cut");
    fill(&path, 40);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = Ledger::open_to_read(&path).and_then(|ledger| ledger.verify(None)).unwrap_err();
    assert!(error.to_string().contains("the database is damaged"), "{error}");
}

#[test]
fn records_are_neither_changed_nor_taken_out_by_mistake() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.ledger");
    let head = fill(&path, 3);
    let connection = Connection::open(&path).unwrap();
    for statement in ["DELETE FROM records", "UPDATE records SET mode = 'uniform'"] {
        let error = connection.execute(statement, []).unwrap_err();
        assert!(error.to_string().contains("records are never"), "{error}");
    }
    drop(connection);
    let mut ledger = Ledger::open(&path).unwrap();
    let content = "x".repeat(arrcoc_ledger::MAX_CONTENT + 1);
    let long = Entry { content: &content, ..Entry::new(Kind::Decision, "a", "b") };
    let error = ledger.append(&[Entry::new(Kind::Decision, "a", "b"), long]).unwrap_err();
    assert!(matches!(error, LedgerError::TooLong { .. }), "{error}");
    assert_eq!(ledger.verify(Some(&head)).unwrap(), head, "none of the two was added");
}

/// This program again, to append until it is killed or cannot go on. It writes a line for each record that is there.
fn appender(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "this_process_appends", "--ignored", "--nocapture"])
        .env(APPEND, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "other tests start it in a process of its own"]
fn this_process_appends() {
    let Some(path) = std::env::var_os(APPEND).map(PathBuf::from) else { return };
    if let Ok(text) = std::env::var("ARRCOC_TEST_START") {
        while microseconds() < text.parse().unwrap() {
            std::hint::spin_loop();
        }
    }
    let mut ledger = Ledger::open(&path).unwrap();
    let most: u64 = std::env::var("ARRCOC_TEST_RECORDS").map_or(u64::MAX, |text| text.parse().unwrap());
    for written in 0..most {
        let text = content(written as usize).repeat(20);
        let entry = Entry { content: &text, ..Entry::new(Kind::Decision, "a", "b") };
        match ledger.append(&[entry]) {
            Ok(head) => println!("there {head}"),
            Err(error) => {
                println!("error {error}");
                println!("intact {}", ledger.verify(None).unwrap());
                break;
            }
        }
    }
}

/// The last head that a process had acknowledged, of what it had printed.
fn acknowledged(lines: impl Iterator<Item = String>) -> Option<Head> {
    // The last line may be cut short.
    lines.filter_map(|line| line.split_once("there ")?.1.parse().ok()).last()
}

#[test]
fn a_process_that_is_killed_loses_nothing_that_was_acknowledged() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.ledger");
    let mut chance = Chance(9);
    let (mut kept, mut writing) = (None, 0);
    for kill in 0..500 {
        let mut child = appender(&path);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        // Most of them are killed while they write, some before they could.
        if kill % 10 != 0 {
            let first = acknowledged(lines.by_ref().skip_while(|line| !line.contains("there ")).take(1));
            writing += u32::from(first.is_some());
            kept = first.or(kept);
        }
        std::thread::sleep(Duration::from_micros(chance.below(8000) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        kept = acknowledged(lines).or(kept);
        let ledger = Ledger::open(&path).unwrap();
        ledger.verify(kept.as_ref()).unwrap_or_else(|error| panic!("kill {kill}: {error}"));
    }
    assert_eq!(writing, 450, "they were killed while they wrote");
}

#[test]
fn two_writers_take_turns() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.ledger");
    let writer = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "this_process_appends", "--ignored", "--nocapture"]).env(APPEND, &path);
        command.env("ARRCOC_TEST_RECORDS", "150").stdout(Stdio::piped()).spawn().unwrap()
    };
    let writers = [writer(), writer()];
    let mut heads: Vec<u64> = Vec::new();
    for writer in writers {
        let output = writer.wait_with_output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        let own = text.lines().filter_map(|line| line.split_once("there ")?.1.parse::<Head>().ok());
        heads.extend(own.map(|head| head.number));
    }
    heads.sort_unstable();
    assert_eq!(heads, (1..=300).collect::<Vec<_>>(), "each number once");
    assert_eq!(Ledger::open(&path).unwrap().verify(None).unwrap().number, 300);
}

fn microseconds() -> u128 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_micros()
}

/// The first to open a new ledger makes it, and the others wait for that.
#[test]
fn several_can_begin_a_ledger_at_once() {
    for trial in 0..20 {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a.ledger");
        let start = (microseconds() + 30_000).to_string();
        let begin = || {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", "this_process_appends", "--ignored", "--nocapture"]).env(APPEND, &path);
            command
                .env("ARRCOC_TEST_START", &start)
                .env("ARRCOC_TEST_RECORDS", "3")
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        };
        for child in [begin(), begin(), begin()] {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "trial {trial}: {}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(Ledger::open(&path).unwrap().verify(None).unwrap().number, 9, "trial {trial}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_leaves_the_ledger_intact() {
    let folder = TempDir::new().unwrap();
    // A disk of two megabytes, which nobody else sees.
    let script = "mount -t tmpfs -o size=2m tmpfs \"$1\" && exec \"$2\" --exact this_process_appends --ignored --nocapture";
    let output = Command::new("unshare")
        .args(["--mount", "--map-root-user", "sh", "-c", script, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .env(APPEND, folder.path().join("a.ledger"))
        .output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    if !text.contains("running 1 test") {
        eprintln!("missing: a file system of the test's own, to fill it");
        return;
    }
    assert!(text.contains("the disk is full; nothing was added, and what was there is intact"), "{text}");
    let intact = text.lines().find_map(|line| line.strip_prefix("intact ")?.parse::<Head>().ok()).unwrap();
    assert_eq!(acknowledged(text.lines().map(str::to_owned)), Some(intact));
    assert!(intact.number > 10, "{text}");
}
