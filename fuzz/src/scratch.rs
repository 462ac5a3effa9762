//! A file with the bytes of an input, for readers that take a path.
//!
//! One file for all inputs of a thread: making a new one for each would take
//! longer than most readers do.

use std::{
    cell::RefCell,
    io::{Seek as _, Write as _},
    path::Path,
};

use tempfile::NamedTempFile;

thread_local! {
    static FILE: RefCell<Option<NamedTempFile>> = const { RefCell::new(None) };
}

/// Calls `read` with the path of a file that holds these bytes and nothing else.
///
/// # Panics
/// When there is no room for such a file.
pub(crate) fn file<T>(bytes: &[u8], read: impl FnOnce(&Path) -> T) -> T {
    FILE.with_borrow_mut(|file| {
        let file = file.get_or_insert_with(|| or_stop(NamedTempFile::new()));
        or_stop(file.as_file().set_len(0));
        or_stop(file.rewind());
        or_stop(file.write_all(bytes));
        read(file.path())
    })
}

fn or_stop<T>(result: std::io::Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("no file can be made for the input: {error}"))
}
