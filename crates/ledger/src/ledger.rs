//! Appending, reading, verifying.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};

use miniz_oxide::{deflate::compress_to_vec_zlib, inflate::decompress_to_vec_zlib_with_limit};
use rusqlite::{Connection, Row, ToSql, Transaction, TransactionBehavior};

use crate::chain::{Hash, Head};
use crate::error::{Break, LedgerError};
use crate::record::{Entry, Filter, Kind, MAX_CONTENT, Record, Summary};
use crate::store;

/// How hard content is compressed, of 10: what takes less time than to write it.
const LEVEL: u8 = 1;

const COLUMNS: &str = "number, kind, subject, created, image, query, mode, hash, length, content, request";

/// A decision log.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    path: PathBuf,
}

impl Ledger {
    /// Opens a ledger; makes one where there is no file.
    ///
    /// # Errors
    ///
    /// [`LedgerError`], when it cannot be opened or made, or is no ledger.
    pub fn open(path: &Path) -> Result<Ledger, LedgerError> {
        Ok(Ledger { connection: store::open(path)?, path: path.to_owned() })
    }

    /// Opens a ledger to read it.
    ///
    /// # Errors
    ///
    /// [`LedgerError`], when it is not there or is no ledger.
    pub fn open_to_read(path: &Path) -> Result<Ledger, LedgerError> {
        Ok(Ledger { connection: store::open_to_read(path)?, path: path.to_owned() })
    }

    /// Adds records, all of them or none, and returns the head after them when they are on the disk.
    ///
    /// # Errors
    ///
    /// [`LedgerError`]; then none of them was added.
    pub fn append(&mut self, entries: &[Entry<'_>]) -> Result<Head, LedgerError> {
        let added = self.append_when(entries, |_| Ok(true))?;
        // It is always to be added.
        added.map_or_else(|| self.head(), Ok)
    }

    /// The same, on condition that the last record of a kind is still the one with this number, or that there still is
    /// none. Where another was added since, nothing is added and nothing returned. Whoever decides by what is there
    /// so knows that nobody else has decided by the same.
    ///
    /// # Errors
    ///
    /// [`LedgerError`]; then none of them was added.
    pub fn append_after(
        &mut self,
        kind: Kind,
        latest: Option<u64>,
        entries: &[Entry<'_>],
    ) -> Result<Option<Head>, LedgerError> {
        self.append_when(entries, |connection| Ok(last_of(connection, kind)? == latest))
    }

    fn append_when(
        &mut self,
        entries: &[Entry<'_>],
        condition: impl FnOnce(&Connection) -> rusqlite::Result<bool>,
    ) -> Result<Option<Head>, LedgerError> {
        if let Some(entry) = entries.iter().find(|entry| entry.content.len() > MAX_CONTENT) {
            return Err(LedgerError::TooLong { bytes: entry.content.len() });
        }
        let packed: Vec<Vec<u8>> =
            entries.iter().map(|entry| compress_to_vec_zlib(entry.content.as_bytes(), LEVEL)).collect();
        let path = self.path.clone();
        let at = |error: rusqlite::Error| LedgerError::of(&path, &error);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(at)?;
        if !condition(&transaction).map_err(at)? {
            return Ok(None);
        }
        let mut head = head(&transaction, &path)?;
        for (entry, packed) in entries.iter().zip(&packed) {
            let number = head.number + 1;
            head = Head { number, hash: Hash::of(head.hash, number, entry) };
            add(&transaction, &head, entry, packed).map_err(at)?;
        }
        transaction.commit().map_err(at)?;
        Ok(Some(head))
    }

    /// The head: how many records there are, and the hash of the last, as it is written there.
    ///
    /// # Errors
    ///
    /// [`LedgerError`], when it cannot be read.
    pub fn head(&self) -> Result<Head, LedgerError> {
        head(&self.connection, &self.path)
    }

    /// Computes every hash anew, and compares with the head that was kept, where one was.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Broken`] with the first place where the chain does not hold.
    pub fn verify(&self, kept: Option<&Head>) -> Result<Head, LedgerError> {
        let broken = |found: Break| LedgerError::Broken { path: self.path.clone(), found };
        store::check(&self.connection, &self.path)?;
        let mut head = Head { number: 0, hash: before_the_first(&self.connection, &self.path)? };
        let mut kept_is_there = kept.is_none_or(|kept| *kept == head);
        self.each("", &[], |row| {
            let stored: i64 = row.get(0)?;
            let number = match u64::try_from(stored) {
                Ok(number) if number > 0 => number,
                _ => return Ok(Err(broken(Break::Number { number: stored }))),
            };
            if number != head.number + 1 {
                return Ok(Err(broken(Break::Missing { number: head.number + 1 })));
            }
            let record = match read(row) {
                Ok(record) => record,
                Err(reason) => return Ok(Err(broken(Break::Unreadable { number, reason }))),
            };
            head = Head { number, hash: Hash::of(head.hash, number, &record.entry()) };
            if record.summary.hash != head.hash {
                return Ok(Err(broken(Break::Changed { number })));
            }
            kept_is_there |= kept == Some(&head);
            Ok(Ok(()))
        })?;
        match kept {
            Some(&kept) if kept.number > head.number => Err(broken(Break::CutOff { kept, found: head })),
            Some(&kept) if !kept_is_there => Err(broken(Break::Replaced { kept })),
            _ => Ok(head),
        }
    }

    /// The records that are meant, in order.
    ///
    /// # Errors
    ///
    /// [`LedgerError`], when one of them cannot be read.
    pub fn records(&self, filter: &Filter) -> Result<Vec<Record>, LedgerError> {
        let mut records = Vec::new();
        self.each_record(filter, |record| {
            records.push(record);
            Ok::<(), LedgerError>(())
        })?;
        Ok(records)
    }

    /// Shows the records that are meant, in order, one at a time.
    ///
    /// # Errors
    ///
    /// [`LedgerError`], when one of them cannot be read; or the first error of whoever is shown them.
    pub fn each_record<E: From<LedgerError>>(
        &self,
        filter: &Filter,
        mut see: impl FnMut(Record) -> Result<(), E>,
    ) -> Result<(), E> {
        let (condition, values) = filter.condition();
        let values: Vec<&dyn ToSql> = values.iter().map(|value| &**value).collect();
        self.each(&condition, &values, |row| {
            let number: i64 = row.get(0)?;
            let record = read(row).map_err(|reason| LedgerError::Broken {
                path: self.path.clone(),
                found: Break::Unreadable { number: number.unsigned_abs(), reason },
            });
            Ok(record.map_err(E::from).and_then(&mut see))
        })
    }

    /// The numbers of the records of each request, in order.
    ///
    /// # Errors
    ///
    /// [`LedgerError`], when they cannot be read.
    pub fn requests(&self) -> Result<HashMap<String, VecDeque<u64>>, LedgerError> {
        let read = || {
            let mut found: HashMap<String, VecDeque<u64>> = HashMap::new();
            let mut statement = self
                .connection
                .prepare("SELECT request, number FROM records WHERE request IS NOT NULL ORDER BY number")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                found.entry(row.get(0)?).or_default().push_back(row.get::<_, i64>(1)?.unsigned_abs());
            }
            Ok(found)
        };
        read().map_err(|error: rusqlite::Error| LedgerError::of(&self.path, &error))
    }

    /// Number and subject of the records that are meant, in order, without reading what is in them.
    ///
    /// # Errors
    ///
    /// [`LedgerError`], when they cannot be read.
    pub fn subjects(&self, filter: &Filter) -> Result<Vec<(u64, String)>, LedgerError> {
        let (condition, values) = filter.condition();
        let values: Vec<&dyn ToSql> = values.iter().map(|value| &**value).collect();
        let read = || {
            let mut statement = self
                .connection
                .prepare(&format!("SELECT number, subject FROM records {condition} ORDER BY number"))?;
            let subjects = statement.query_map(values.as_slice(), |row| {
                Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, String>(1)?))
            })?;
            subjects.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|error: rusqlite::Error| LedgerError::of(&self.path, &error))
    }

    /// The number of the last record of a kind, if there is one.
    ///
    /// # Errors
    ///
    /// [`LedgerError`], when it cannot be read.
    pub fn last_of(&self, kind: Kind) -> Result<Option<u64>, LedgerError> {
        last_of(&self.connection, kind).map_err(|error| LedgerError::of(&self.path, &error))
    }

    /// The record with a number, if there is one.
    ///
    /// # Errors
    ///
    /// [`LedgerError`], when it cannot be read.
    pub fn record(&self, number: u64) -> Result<Option<Record>, LedgerError> {
        let mut found = None;
        let stored = i64::try_from(number).unwrap_or(i64::MAX);
        self.each("WHERE number = ?", &[&stored], |row| {
            Ok(read(row).map(|record| found = Some(record)).map_err(|reason| LedgerError::Broken {
                path: self.path.clone(),
                found: Break::Unreadable { number, reason },
            }))
        })?;
        Ok(found)
    }

    /// Shows rows in the order of their numbers.
    fn each<E: From<LedgerError>>(
        &self,
        condition: &str,
        values: &[&dyn ToSql],
        mut see: impl FnMut(&Row<'_>) -> rusqlite::Result<Result<(), E>>,
    ) -> Result<(), E> {
        let mut result = Ok(());
        let mut read = || {
            let mut statement = self
                .connection
                .prepare(&format!("SELECT {COLUMNS} FROM records {condition} ORDER BY number"))?;
            let mut rows = statement.query(values)?;
            while let Some(row) = rows.next()? {
                result = see(row)?;
                if result.is_err() {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(|error: rusqlite::Error| E::from(LedgerError::of(&self.path, &error)))?;
        result
    }
}

impl Filter {
    /// The condition in SQL, and its values.
    fn condition(&self) -> (String, Vec<Box<dyn ToSql>>) {
        let mut all: Vec<&str> = Vec::new();
        let mut values: Vec<Box<dyn ToSql>> = Vec::new();
        if let Some(kind) = self.kind {
            all.push("kind = ?");
            values.push(Box::new(kind.name()));
        }
        if let Some(start) = &self.subject {
            // The range is what the index knows; nothing that begins so lies outside of it.
            all.push("subject >= ? AND subject < ? AND substr(subject, 1, length(?)) = ?");
            values.push(Box::new(start.clone()));
            values.push(Box::new(format!("{start}{}", char::MAX)));
            values.push(Box::new(start.clone()));
            values.push(Box::new(start.clone()));
        }
        let texts = [
            ("instr(image, ?) > 0", &self.image),
            ("instr(query, ?) > 0", &self.query),
            ("mode = ?", &self.mode),
            ("request = ?", &self.request),
            ("created >= ?", &self.since),
            ("created < ?", &self.until),
        ];
        for (condition, text) in texts {
            if let Some(text) = text {
                all.push(condition);
                values.push(Box::new(text.clone()));
            }
        }
        for (condition, number) in [("number >= ?", self.from), ("number <= ?", self.to)] {
            if let Some(number) = number {
                all.push(condition);
                values.push(Box::new(i64::try_from(number).unwrap_or(i64::MAX)));
            }
        }
        let mut condition =
            if all.is_empty() { String::new() } else { format!("WHERE {}", all.join(" AND ")) };
        if let Some(last) = self.last {
            condition = format!(
                "WHERE number IN (SELECT number FROM records {condition} ORDER BY number DESC LIMIT ?)"
            );
            values.push(Box::new(i64::try_from(last).unwrap_or(i64::MAX)));
        }
        (condition, values)
    }
}

fn add(transaction: &Transaction<'_>, head: &Head, entry: &Entry<'_>, packed: &[u8]) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare(
        "INSERT INTO records (number, kind, subject, created, image, query, mode, request, length, content, hash) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let Entry { kind, subject, created, image, query, mode, request, content } = entry;
    let (number, length) = (head.number as i64, content.len() as i64);
    insert.execute((
        number,
        kind.name(),
        subject,
        created,
        image,
        query,
        mode,
        request,
        length,
        packed,
        head.hash.as_bytes(),
    ))?;
    Ok(())
}

/// The number of the last record of a kind. Looked for from the end: it is never far from there.
fn last_of(connection: &Connection, kind: Kind) -> rusqlite::Result<Option<u64>> {
    let mut last =
        connection.prepare("SELECT number FROM records WHERE kind = ? ORDER BY number DESC LIMIT 1")?;
    let mut rows = last.query([kind.name()])?;
    rows.next()?.map(|row| Ok(row.get::<_, i64>(0)?.unsigned_abs())).transpose()
}

fn head(connection: &Connection, path: &Path) -> Result<Head, LedgerError> {
    let last = || {
        let mut last = connection.prepare("SELECT number, hash FROM records ORDER BY number DESC LIMIT 1")?;
        let mut rows = last.query([])?;
        let row = rows.next()?;
        row.map(|row| Ok::<(i64, Vec<u8>), rusqlite::Error>((row.get(0)?, row.get(1)?))).transpose()
    };
    let Some((number, hash)) = last().map_err(|error| LedgerError::of(path, &error))? else {
        return Ok(Head { number: 0, hash: before_the_first(connection, path)? });
    };
    let broken = |found: Break| LedgerError::Broken { path: path.to_owned(), found };
    let positive = u64::try_from(number).ok().filter(|&number| number > 0);
    let number = positive.ok_or_else(|| broken(Break::Number { number }))?;
    let hash = Hash::from_bytes(&hash).ok_or_else(|| {
        broken(Break::Unreadable { number, reason: format!("its hash has {} bytes", hash.len()) })
    })?;
    Ok(Head { number, hash })
}

/// What stands before the first record: a hash of the ledger's own id.
fn before_the_first(connection: &Connection, path: &Path) -> Result<Hash, LedgerError> {
    let ids = || {
        let mut ids = connection.prepare("SELECT id FROM ledger")?;
        let ids = ids.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
        ids.collect::<rusqlite::Result<Vec<_>>>()
    };
    match ids().map_err(|error| LedgerError::of(path, &error))?.as_slice() {
        [id] => Ok(Hash::of_nothing(id)),
        ids => Err(LedgerError::NotALedger {
            path: path.to_owned(),
            reason: format!("it has {} ids instead of one", ids.len()),
        }),
    }
}

/// A row as a record; or what is wrong with it.
fn read(row: &Row<'_>) -> Result<Record, String> {
    let text = |column: usize| row.get::<_, String>(column).map_err(|error| error.to_string());
    let maybe = |column: usize| row.get::<_, Option<String>>(column).map_err(|error| error.to_string());
    let number: i64 = row.get(0).map_err(|error| error.to_string())?;
    let kind = text(1)?;
    let hash: Vec<u8> = row.get(7).map_err(|error| error.to_string())?;
    let length: i64 = row.get(8).map_err(|error| error.to_string())?;
    let packed = row.get_ref(9).and_then(|value| Ok(value.as_blob()?)).map_err(|error| error.to_string())?;
    let length = usize::try_from(length).ok().filter(|&length| length <= MAX_CONTENT);
    let length = length.ok_or("its length is out of range")?;
    let content =
        decompress_to_vec_zlib_with_limit(packed, length).map_err(|_| "its content cannot be unpacked")?;
    if content.len() != length {
        return Err(format!("its content has {} bytes instead of {length}", content.len()));
    }
    let summary = Summary {
        number: number.unsigned_abs(),
        kind: kind.parse().map_err(|()| {
            let shown: String = kind.chars().take(40).flat_map(char::escape_debug).collect();
            format!("there is no kind `{shown}`")
        })?,
        subject: text(2)?,
        created: text(3)?,
        image: maybe(4)?,
        query: maybe(5)?,
        mode: maybe(6)?,
        request: maybe(10)?,
        hash: Hash::from_bytes(&hash).ok_or_else(|| format!("its hash has {} bytes", hash.len()))?,
    };
    let content = String::from_utf8(content).map_err(|_| "its content is not UTF-8")?;
    Ok(Record { summary, content })
}
