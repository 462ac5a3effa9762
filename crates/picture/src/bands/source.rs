//! The file behind a decoder, whose bytes are shown to somebody else, too.
//!
//! The record of a decision has a hash of the file. A file of gigabytes is not read
//! twice for that: whoever hashes is shown what the decoder reads, and in the end what
//! it has left.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

/// Who is shown the bytes.
type Shown = Box<dyn FnMut(&[u8]) + Send>;

/// A file.
pub(super) struct Source(Arc<Shared>);

struct Shared {
    file: File,
    shown: Mutex<Shown>,
}

/// Bytes that are read, and shown.
pub(super) struct Tap(Arc<Shared>);

/// What is read at once.
const PIECE: usize = 64 << 10;

impl Source {
    pub(super) fn new(file: File, shown: Shown) -> Source {
        Source(Arc::new(Shared { file, shown: Mutex::new(shown) }))
    }

    /// A reader of the file, for one decoder.
    pub(super) fn reader(&self) -> BufReader<Tap> {
        BufReader::with_capacity(PIECE, Tap(Arc::clone(&self.0)))
    }

    /// Reads, and shows, what no reader has.
    pub(super) fn drain(self) -> io::Result<()> {
        let mut rest = vec![0; PIECE];
        let mut tap = Tap(self.0);
        loop {
            match tap.read(&mut rest) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

impl Read for Tap {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = (&self.0.file).read(into)?;
        let mut shown = self.0.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown(&into[..read]);
        Ok(read)
    }
}

/// The decoders ask for it and do not use it: what is skipped would not be shown.
impl Seek for Tap {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
