//! A line of text as it was read: what finding and reading pass on to hearing.
//!
//! Places are pixels of the image, upright, whatever the tilt of the line; what
//! is heard is spread over patches, which are upright too.

/// One line of text as it was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// What it says: its characters, one after the other.
    pub(crate) text: String,
    /// The mean confidence of its characters, in [0, 1].
    pub(crate) confidence: f32,
    /// Its left side, in pixels of the image.
    pub(crate) left: f32,
    /// Its upper side.
    pub(crate) top: f32,
    /// Its right side.
    pub(crate) right: f32,
    /// Its lower side.
    pub(crate) bottom: f32,
    /// Its characters, at least one, from left to right.
    pub(crate) chars: Vec<Char>,
}

/// One character of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Char {
    /// Which.
    pub(crate) c: char,
    /// Its left side, in pixels of the image; estimated from the steps of the reader, good to a third of a letter.
    pub(crate) left: f32,
    /// Its right side.
    pub(crate) right: f32,
    /// The probability that the reader gives it, in [0, 1].
    pub(crate) confidence: f32,
}
