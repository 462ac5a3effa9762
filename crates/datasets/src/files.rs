//! Readers of the user's own images, questions and answers.
//!
//! A reader turns a file into [`Record`]s: what is asked of an image and where the answers
//! are, checked as far as can be without the image. That is cheap, so that a mistake in
//! the last line is found before the first image is measured on. [`Record::load`] then
//! decodes one image and makes an [`Item`](crate::item::Item) of it. An image that cannot
//! be decoded, or a box that is not on it, is an error of that item alone.
//!
//! Everything in these files was written by someone else, so:
//!
//! - sizes are limited before room is made for what they promise (the constants here);
//! - an image or mask is named by a path below the folder: `..` and absolute paths are
//!   refused. A file that is passed on could otherwise name any file of the reader's
//!   machine, whose contents would then stand in a report. Links that lie in the folder
//!   are followed: whoever owns the folder put them there;
//! - an unknown key of a manifest is refused, with the nearest one that is known.
//!
//! | file | holds |
//! |---|---|
//! | `manifest` | a folder with `items.jsonl` |
//! | `coco` | instances of the COCO data set |
//! | `record` | what both come to, and the step to an item |
//! | `runs`, `polygon` | two forms in which masks are written |
//! | `text` | whole files and lines, under limits |
//! | `write` | the lines of a manifest, from an item |
//! | `error` | what is wrong, and where |

mod coco;
mod error;
mod manifest;
mod polygon;
mod record;
mod runs;
mod text;
mod write;

pub use coco::{COCO_BYTES, coco};
pub use error::{ReadError, ReadFault};
pub use manifest::{LINE_BYTES, MANIFEST_BYTES, MANIFEST_NAME, manifest};
pub use record::{Found, MASK_PIXELS, Place, Query, Record, Source};
pub use runs::{RunsError, decode_counts};
pub use write::lines;

/// The most records that one file may hold.
pub const RECORDS: usize = 1 << 20;
