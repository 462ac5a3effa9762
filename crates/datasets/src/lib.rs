//! Generators of evaluation and tuning pictures, from seeds.
//!
//! Everything here is drawn, so nothing has to be downloaded and the right answer is
//! known. A picture is a function of its seed: the same bytes on every machine and in
//! every version, or the numbers in old reports mean nothing.
//!
//! | file | holds |
//! |---|---|
//! | `random` | the stream of random numbers |
//! | `seeds` | which seeds are for fitting and which for measuring |
//! | `tuning` | pictures for fitting, five families |
//! | [`item`] | the form of everything that is measured on |
//! | [`codes`] | pages with QR codes among clutter, for counting those that can be read |
//! | `scenery` | what pictures show: colours, surfaces, writing, stills |
//! | `canvas`, `shape`, `noise`, `camera` | what all of these are drawn with |
//! | `fit` | reference maps and channel weights, fitted on tuning seeds |
//! | `calibration` | the file that holds the result |
//!
//! ```
//! use arrcoc_datasets::{Family, Seed};
//!
//! let picture = Family::Scene.draw(Seed::tuning(3))?;
//! assert!(picture.width() >= 384 && picture.height() >= 384);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod calibration;
mod camera;
mod canvas;
pub mod codes;
mod fit;
pub mod item;
mod noise;
mod random;
mod scenery;
mod seeds;
mod shape;
mod tuning;

pub use calibration::{Calibration, SCHEMA};
pub use fit::{FitError, Fitted, fit};
pub use random::{Random, SplitMix64};
pub use seeds::{Purpose, REPORTING, Seed, TUNING};
pub use tuning::Family;
