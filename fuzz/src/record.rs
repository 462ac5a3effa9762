//! A ledger that comes from elsewhere.

use std::path::Path;

use arrcoc::ledger::{Filter, Ledger};

use crate::{is_a_line, scratch};

/// The file of a ledger, opened to be read: verified, and every record of it looked at.
pub(crate) fn ledger(bytes: &[u8]) {
    scratch::file(bytes, |path| {
        if let Err(error) = read(path) {
            is_a_line(&error.to_string());
        }
    });
}

fn read(path: &Path) -> Result<(), arrcoc::ledger::LedgerError> {
    let ledger = Ledger::open_to_read(path)?;
    if let Ok(head) = ledger.verify(None) {
        let found = ledger.records(&Filter::default())?.len() as u64;
        assert_eq!(found, head.number, "a ledger in order has other records than its head says");
    }
    for record in ledger.records(&Filter::default())? {
        let _ = arrcoc::log::decision(&ledger, path, record.summary.number);
    }
    Ok(())
}
