//! Hashes and heads: what ties a record to those before it.

use std::fmt;
use std::str::FromStr;

use crate::record::Entry;

/// What the hashes of this format begin with, so that they are no other BLAKE3.
const CONTEXT: &str = "arrcoc ledger 1: record after record";

/// A BLAKE3 of 32 bytes; printed as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash that stands before the first record of a ledger.
    pub(crate) fn of_nothing(ledger: &[u8]) -> Hash {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        add(&mut hasher, ledger);
        Hash(hasher.finalize().into())
    }

    /// The hash of a record. Every part has its length before it, so that no two records have the same bytes.
    pub(crate) fn of(before: Hash, number: u64, entry: &Entry<'_>) -> Hash {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        add(&mut hasher, &before.0);
        add(&mut hasher, &number.to_le_bytes());
        add(&mut hasher, entry.kind.name().as_bytes());
        add(&mut hasher, entry.subject.as_bytes());
        add(&mut hasher, entry.created.as_bytes());
        for part in [entry.image, entry.query, entry.mode, entry.request] {
            hasher.update(&[u8::from(part.is_some())]);
            add(&mut hasher, part.unwrap_or_default().as_bytes());
        }
        add(&mut hasher, entry.content.as_bytes());
        Hash(hasher.finalize().into())
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Hash> {
        bytes.try_into().ok().map(Hash)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn add(hasher: &mut blake3::Hasher, part: &[u8]) {
    hasher.update(&(part.len() as u64).to_le_bytes());
    hasher.update(part);
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The end of a chain: how many records there are, and the hash of the last. Written as `NUMBER:HASH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of the last record; 0 where there is none.
    pub number: u64,
    /// Its hash; of an empty ledger, what stands before its first record.
    pub hash: Hash,
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, self.hash)
    }
}

/// A text is not that of a head.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the head of a ledger, which is written NUMBER:HASH with 64 hexadecimal digits")]
pub struct HeadError {
    text: String,
}

impl FromStr for Head {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, HeadError> {
        let read = || {
            let (number, hash) = text.trim().split_once(':')?;
            let pairs = hash.as_bytes().as_chunks::<2>();
            if pairs.0.len() != 32 || !pairs.1.is_empty() {
                return None;
            }
            let mut bytes = [0; 32];
            for (byte, pair) in bytes.iter_mut().zip(pairs.0) {
                let digit = |digit: u8| char::from(digit).to_digit(16);
                *byte = (16 * digit(pair[0])? + digit(pair[1])?) as u8;
            }
            Some(Head { number: number.parse().ok()?, hash: Hash(bytes) })
        };
        read().ok_or_else(|| HeadError { text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Kind;

    #[test]
    fn a_head_is_read_as_it_is_written() {
        let head = Head { number: 17, hash: Hash::of_nothing(b"a ledger") };
        assert_eq!(head.to_string().parse::<Head>().unwrap(), head);
        assert_eq!(format!(" {head}\n").parse::<Head>().unwrap(), head);
        for wrong in [
            "",
            "17",
            "17:",
            ":00",
            "17:zz",
            &head.to_string()[..60],
            &format!("{head}0"),
            &format!("-{head}"),
        ] {
            let error = wrong.parse::<Head>().unwrap_err();
            assert!(error.to_string().starts_with(&format!("`{wrong}` is not the head of a ledger")));
        }
    }

    /// What moves from one part to the next is another record.
    #[test]
    fn parts_do_not_run_together() {
        let before = Hash::of_nothing(b"");
        let entry = Entry::new(Kind::Decision, "ab", "c");
        let records = [
            entry,
            Entry::new(Kind::Feedback, "ab", "c"),
            Entry::new(Kind::Decision, "a", "bc"),
            Entry { image: Some(""), ..entry },
            Entry { image: Some("x"), ..entry },
            Entry { query: Some("x"), ..entry },
            Entry { mode: Some("x"), ..entry },
            Entry { request: Some("x"), ..entry },
            Entry { content: "x", ..entry },
        ];
        let mut hashes: Vec<Hash> = records.iter().map(|entry| Hash::of(before, 1, entry)).collect();
        hashes.push(Hash::of(before, 2, &entry));
        hashes.push(Hash::of(hashes[0], 1, &entry));
        hashes.push(before);
        for (at, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..at].contains(hash), "{at}");
        }
    }
}
