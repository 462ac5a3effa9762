//! The decision log: what was decided and what came of it, in one file that shows
//! whether it was changed.
//!
//! A [`Ledger`] is an SQLite file. A [record](Record) is a decision, a feedback on one, or how decisions are made from
//! then on: what it is, which decision it is about, when it was made, a few words to find it by, and
//! its content, the text that was logged, byte for byte. Records are added and never
//! changed. Each has a number, from 1 without gaps, and a [hash](struct@Hash) over its number,
//! everything in it, and the hash of the record before. The hash of the last, the
//! [`Head`], so stands for all of them.
//!
//! # What the chain shows, and what it cannot
//!
//! [`Ledger::verify`] computes every hash anew. It finds a record that was changed, taken
//! out, put in or moved. The hashes have no key, though: whoever may write to the file can
//! compute new ones for all that follows, or cut off the end. Only a head that was kept
//! elsewhere shows that, which is why a head is short and can be printed, mailed or put
//! under version control. A chain without a key is tamper-evident, not tamper-proof.
//!
//! # What is there stays there
//!
//! [`Ledger::append`] returns when the records are on the disk (SQLite in WAL mode with
//! `synchronous = FULL`). What was not acknowledged is there as a whole or not at all, and
//! whatever ended the process, the next one to open the file finds it in order. Writers
//! take turns; a reader sees what was there when it began to read. A full disk is an
//! error of the append that it befell, and leaves the ledger as it was.
//!
//! ```
//! use arrcoc_ledger::{Entry, Filter, Kind, Ledger};
//!
//! let folder = tempfile::tempdir()?;
//! let mut ledger = Ledger::open(&folder.path().join("decisions.ledger"))?;
//! let entry = Entry { content: "{\"tokens\": [[64, 400]]}", ..Entry::new(Kind::Decision, "4a1f", "2026-11-29T12:00:00Z") };
//! let head = ledger.append(&[entry])?;
//! assert_eq!(ledger.verify(Some(&head))?, head);
//! assert_eq!(ledger.records(&Filter::default())?[0].content, "{\"tokens\": [[64, 400]]}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | what is in it |
//! |---|---|
//! | `record` | records, and what finds them |
//! | `chain` | hashes and heads |
//! | `store` | the file: its form, and how it is opened |
//! | `ledger` | appending, reading, verifying |
//! | `error` | what can go wrong |

#![forbid(unsafe_code)]

mod chain;
mod error;
mod ledger;
mod record;
mod store;

pub use chain::{Hash, Head, HeadError};
pub use error::{Break, LedgerError};
pub use ledger::Ledger;
pub use record::{Entry, Filter, Kind, MAX_CONTENT, Record, Summary};
