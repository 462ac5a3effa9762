//! The file: its form, and how it is opened.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::error::LedgerError;

/// How long is waited for others that write.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// `ARRL`, by which a file is known for a ledger.
const APPLICATION: i32 = 0x4152_524c;

/// The version of the form.
const VERSION: i32 = 1;

/// All that a ledger has, as SQLite keeps it. The triggers are against mistakes: whoever means to change a record can
/// take them away, and is found out by the chain.
const SCHEMA: [&str; 6] = [
    "CREATE TABLE ledger (id BLOB NOT NULL) STRICT",
    "CREATE TABLE records (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, \
     created TEXT NOT NULL, image TEXT, query TEXT, mode TEXT, request TEXT, length INTEGER NOT NULL, \
     content BLOB NOT NULL, hash BLOB NOT NULL) STRICT",
    "CREATE INDEX records_subject ON records (subject)",
    "CREATE INDEX records_request ON records (request)",
    "CREATE TRIGGER records_stay BEFORE DELETE ON records \
     BEGIN SELECT RAISE(ABORT, 'records are never taken out'); END",
    "CREATE TRIGGER records_are_kept BEFORE UPDATE ON records \
     BEGIN SELECT RAISE(ABORT, 'records are never changed'); END",
];

/// Opens a ledger to write to it; makes one where there is no file.
pub(crate) fn open(path: &Path) -> Result<Connection, LedgerError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let is_new = !path.exists();
    let mut connection = connect(path, flags)?;
    let prepared = patiently(|| prepare(&mut connection)).map_err(|error| LedgerError::of(path, &error))?;
    if let Some(mode) = prepared {
        let reason = format!(
            "its folder cannot hold a database that is safe when power fails (journal mode `{mode}`)"
        );
        return Err(LedgerError::File { path: path.to_owned(), reason });
    }
    check(&connection, path)?;
    if is_new {
        // The name of the file has to survive, too.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if let Ok(folder) = File::open(folder) {
            let _ = folder.sync_all();
        }
    }
    Ok(connection)
}

/// Opens a ledger to read it.
pub(crate) fn open_to_read(path: &Path) -> Result<Connection, LedgerError> {
    if !path.exists() {
        return Err(LedgerError::File { path: path.to_owned(), reason: "there is no such file".to_owned() });
    }
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    check(&connection, path)?;
    Ok(connection)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, LedgerError> {
    if path.is_dir() {
        return Err(LedgerError::File { path: path.to_owned(), reason: "it is a folder".to_owned() });
    }
    let connect = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        // The file may come from anywhere.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        Ok(connection)
    };
    connect().map_err(|error| LedgerError::of(path, &error))
}

/// Does it again while another process is in the way. SQLite itself waits for those who write, but not for one that
/// changes the journal mode, as the first to open a new ledger does.
fn patiently<T>(mut work: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let started = Instant::now();
    loop {
        match work() {
            Err(e)
                if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && started.elapsed() < PATIENCE =>
            {
                std::thread::sleep(Duration::from_millis(5));
            }
            other => return other,
        }
    }
}

/// Makes the tables where there is nothing yet. Returns the journal mode where it is not the one that is needed.
fn prepare(connection: &mut Connection) -> rusqlite::Result<Option<String>> {
    let application = |connection: &Connection| {
        connection.pragma_query_value(None, "application_id", |row| row.get::<_, i32>(0))
    };
    let is_empty = |connection: &Connection| {
        let objects: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok::<bool, rusqlite::Error>(application(connection)? == 0 && objects == 0)
    };
    // Another database is left as it is: even a journal mode would be a change.
    if application(connection)? != APPLICATION && !is_empty(connection)? {
        return Ok(None);
    }
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Ok(Some(mode));
    }
    connection.pragma_update(None, "synchronous", "full")?;
    // Where a plain `fsync` does not reach the disk.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if is_empty(&transaction)? {
        for statement in SCHEMA {
            transaction.execute(statement, [])?;
        }
        transaction.execute("INSERT INTO ledger (id) VALUES (randomblob(16))", [])?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(None)
}

/// Whether a file is a ledger of this version, with nothing in it that a ledger does not have.
pub(crate) fn check(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
    let other = |reason: String| LedgerError::NotALedger { path: path.to_owned(), reason };
    let number = |pragma: &str| {
        let value = connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
        value.map_err(|error| LedgerError::of(path, &error))
    };
    if number("application_id")? != APPLICATION {
        return Err(other("it is another database".to_owned()));
    }
    match number("user_version")? {
        VERSION => {}
        version => return Err(other(format!("it has version {version}, and this program reads {VERSION}"))),
    }
    let there = || {
        let mut all = connection.prepare("SELECT sql FROM sqlite_schema")?;
        let all = all.query_map([], |row| row.get::<_, Option<String>>(0))?;
        all.collect::<rusqlite::Result<Vec<_>>>()
    };
    let mut there = there().map_err(|error| LedgerError::of(path, &error))?;
    let mut wanted: Vec<Option<String>> = SCHEMA.iter().map(|&sql| Some(sql.to_owned())).collect();
    there.sort();
    wanted.sort();
    if there != wanted {
        return Err(other("its tables are not those of a ledger".to_owned()));
    }
    Ok(())
}
