//! Evaluation and tuning pictures: generators from seeds, and readers of files.
//!
//! What is drawn here needs no download, and its right answers are known. A picture is
//! a function of its seed: the same bytes on every machine and in every version, or the
//! numbers in old reports mean nothing. Users bring their own pictures as files.
//!
//! | file | holds |
//! |---|---|
//! | `random` | the stream of random numbers |
//! | `seeds` | which seeds are for fitting and which for measuring |
//! | `tuning` | pictures for fitting, five families |
//! | [`item`] | the form of everything that is measured on |
//! | [`codes`] | pages with QR codes among clutter, for counting those that can be read |
//! | [`corruption`] | pictures made worse, in families and steps |
//! | [`scenes`] | pages of coloured things, for finding the one that is asked for |
//! | [`files`] | readers of the user's own images, questions and answers |
//! | [`documents`] | forms, receipts, tables of contents and prose, with questions about them |
//! | `scenery` | what pictures show: colours, surfaces, writing, stills |
//! | `labels` | which patches of a grid hold what is asked for |
//! | `canvas`, `shape`, `noise`, `camera` | what all of these are drawn with |
//! | `fit` | reference maps and channel weights, fitted on tuning seeds |
//! | `calibration` | the file that holds the result |
//!
//! Everything that draws is behind the feature `generators`, which is on by default: whoever only
//! reads files, like the command, is built without fonts.
//!
//! ```
//! use arrcoc_datasets::{Family, Seed};
//!
//! let picture = Family::Scene.draw(Seed::tuning(3))?;
//! assert!(picture.width() >= 384 && picture.height() >= 384);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

#[cfg(feature = "generators")]
mod calibration;
#[cfg(feature = "generators")]
mod camera;
#[cfg(feature = "generators")]
mod canvas;
#[cfg(feature = "generators")]
pub mod codes;
#[cfg(feature = "generators")]
pub mod corruption;
#[cfg(feature = "generators")]
pub mod documents;
pub mod files;
#[cfg(feature = "generators")]
mod fit;
pub mod item;
mod labels;
#[cfg(feature = "generators")]
mod noise;
#[cfg(feature = "generators")]
mod random;
#[cfg(feature = "generators")]
mod scenery;
#[cfg(feature = "generators")]
pub mod scenes;
#[cfg(feature = "generators")]
mod seeds;
#[cfg(feature = "generators")]
mod shape;
#[cfg(feature = "generators")]
mod tuning;

#[cfg(feature = "generators")]
pub use calibration::{Calibration, SCHEMA};
#[cfg(feature = "generators")]
pub use fit::{FitError, Fitted, fit};
#[cfg(feature = "generators")]
pub use random::{Random, SplitMix64};
#[cfg(feature = "generators")]
pub use seeds::{Purpose, REPORTING, Seed, TUNING};
#[cfg(feature = "generators")]
pub use tuning::Family;
