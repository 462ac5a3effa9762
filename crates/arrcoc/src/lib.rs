//! Query-aware allocation of visual tokens.
//!
//! A vision-language model pays for every visual token. Given an image, a
//! question and a budget, this library decides how many tokens each patch of
//! the image gets, hands out exactly the budget, and says why.
//!
//! ```
//! use arrcoc::{Config, Engine, Photo, Request, Total};
//!
//! let engine = Engine::open(Config::default())?;
//! let photo = Photo::from_rgb(96, 96, vec![200; 96 * 96 * 3])?;
//! let request = Request::new(photo).query("what colour is it?").total(Total::Average(100.0));
//! let decision = engine.allocate(&request)?;
//!
//! assert_eq!(decision.applied, 24 * 24 * 100);
//! assert!(decision.flat_tokens().iter().all(|t| (64..=400).contains(t)));
//! # Ok::<(), arrcoc::Error>(())
//! ```
//!
//! Scorers and allocators are plugins, found when the engine is opened
//! ([`Config::search`]). Whatever they do, [`Engine::allocate`] returns an
//! admitted allocation or a clear error about the request itself; what went
//! wrong on the way is in [`Decision::reasons`].
//!
//! | module | holds |
//! |---|---|
//! | [`config`], [`request`], [`photo`], [`tensors`] | what goes in |
//! | [`regions`] | overrides for places: blocks of patches, pixels, masks |
//! | [`engine`] | the way from an observation to a decision |
//! | [`look`] | one image, many questions |
//! | [`live`] | a host that goes on while a plugin becomes another version |
//! | [`together`] | several images that share one total |
//! | [`backends`] | what the backends of this machine take, and which to take |
//! | [`calibration`], [`calibrate`] | from raw channels to comparable ones, and how those maps are fitted |
//! | [`log`] | decisions in a ledger |
//! | [`autonomy`] | how far decisions may go, earned and lost, and every step of it in the ledger |
//! | [`recalibrate`] | calibrations from feedback |
//! | [`rerun`], [`whatif`] | a decision made again, and what it would have been |
//! | [`decision`], [`explain`], [`draw`], [`pack`], [`schema`] | what comes out |

#![forbid(unsafe_code)]

pub mod autonomy;
pub mod backends;
pub mod calibrate;
pub mod calibration;
pub mod config;
mod costs;
pub mod decision;
pub mod draw;
pub mod engine;
mod error;
pub mod explain;
mod feeding;
mod files;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod instances;
mod lineup;
pub mod live;
pub mod log;
pub mod look;
pub mod pack;
pub mod photo;
pub mod plain;
pub mod recalibrate;
pub mod regions;
pub mod request;
pub mod rerun;
pub mod schema;
mod scoring;
mod steering;
pub mod tensors;
pub mod together;
pub mod whatif;

pub use arrcoc_decide::{Bounds, Level, Levels, Mode, Override, Policy, Rule, Sampling, Total, Verdict, Way};
pub use arrcoc_host::{Catalogue, Isolation, IsolationLevel, Patience, Search};
pub use arrcoc_ledger as ledger;
pub use arrcoc_picture::{Limits, WHOLE_PIXELS};
pub use arrcoc_stats::Grid;
pub use config::Config;
pub use decision::Decision;
pub use engine::Engine;
pub use error::Error;
pub use live::Live;
pub use look::Look;
pub use photo::Photo;
pub use request::Request;
pub use rerun::Rerun;
pub use scoring::RawChannel;
pub use tensors::Tensors;
pub use whatif::{Change, WhatIf};
