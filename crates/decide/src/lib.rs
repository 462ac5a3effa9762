//! From score maps to an admitted, explained allocation, as pure functions.
//!
//! A vision-language model pays for every visual token. Given one image, one question and one budget, this crate
//! decides how many tokens each of N patches gets, and says why. It knows nothing of images, grids or plugins: it
//! takes numbers per patch and returns numbers per patch. Everything is a function from values to values, in one
//! direction:
//!
//! ```text
//! channels ─▶ score maps ─▶ tensions ─▶ total ─▶ weights ─▶ proposal ─▶ admission ─▶ account ─▶ verdicts
//! ```
//!
//! * [`MonotoneMap`] calibrates a scorer's raw numbers to a [`Channel`] in `[0, 1]`; [`fit`] finds one from patches
//!   whose answer is known.
//! * [`ScoreMaps`] gathers channels by [`Way`] of knowing: what is there (P), what stands out (S), what the
//!   question asks for (Q).
//! * [`Tensions`] balance three opposed pulls: exploit ↔ explore, focus ↔ diversify, compress ↔ particularize.
//! * A [`Policy`] says what must hold. [`Terms`] are a policy proved feasible for N patches; a [`Demand`] is one
//!   exact request; an [`Allocation`] is a proposal proved, by [`admit`], to meet it. Each has no other
//!   constructor than the one that does the proof, so nothing downstream checks again.
//! * [`share`] is the rule at the centre: exact, bounded, and monotone in the total and in every weight.
//! * [`decide`] runs it all, with any [`Allocator`], and never fails: it retreats, and records why.
//! * [`Together`] shares one total among several images by the same rule, before each decides on its own.
//! * [`Account`] divides every patch's tokens among the ways, exactly, in sixths of a token.
//!
//! Three promises hold throughout. Arithmetic gives the same bits on every platform: transcendental functions come
//! from `libm`, and nothing is fused. Reductions over patches give the same bits in any order, so a mirrored image
//! gets mirrored weights; only the last of tied tokens goes by index. And no image's numbers are scaled by that
//! image's own extremes: nothing relevant stays nothing.
//!
//! # A decision
//!
//! Eight patches, 1 to 9 tokens each, 32 together. The fourth is busy; the question asks for the second.
//!
//! ```
//! use arrcoc_decide::{Bounds, Channel, Mode, Policy, Proportional, ScoreMaps, Setting, Terms, Total, Way, decide};
//!
//! let channel = |name: &str, way: Way, values: [f64; 8]| Channel {
//!     plugin: "example".into(),
//!     name: name.into(),
//!     way,
//!     theta: 1.0,
//!     values: values.to_vec(),
//! };
//! let channels = [
//!     channel("edges", Way::Propositional, [0.1, 0.3, 0.1, 0.9, 0.1, 0.0, 0.2, 0.1]),
//!     channel("similarity", Way::Participatory, [0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]),
//! ];
//! let maps = ScoreMaps::from_channels(&channels, 8)?;
//! let policy = Policy::new(Bounds::new(1, 9)?, Total::Exact(32));
//! let terms = Terms::new(&policy, 8)?;
//!
//! let outcome = decide(&maps, &terms, &Setting::default(), &Proportional);
//! assert_eq!(outcome.mode, Mode::Coupled);
//! assert!(outcome.retreats.is_empty());
//! let tokens = outcome.allocation.tokens();
//! assert_eq!(tokens, [3, 9, 3, 8, 2, 2, 3, 2]);
//! assert_eq!(outcome.allocation.total(), 32);
//!
//! // Why the second patch got what it got: its share of a uniform allocation, and what each way moved.
//! let account = &outcome.account;
//! let parts = [account.uniform[1], account.propositional[1], account.participatory[1]];
//! assert_eq!(parts, [24, 15, 15]);
//! assert_eq!(parts.iter().sum::<i64>(), 6 * i64::from(tokens[1]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod account;
mod admission;
mod allocator;
pub mod autonomy;
mod batch;
mod bounds;
mod calibration;
pub mod confidence;
mod demand;
pub mod fit;
mod ladder;
mod levels;
mod maps;
mod order_free;
mod pipeline;
mod policy;
mod policy_error;
mod rank_correlation;
pub mod recalibrate;
mod sharing;
mod tensions;
mod terms;
mod verdict;
mod way;
mod weights;

pub use account::Account;
pub use admission::{Allocation, Refusal, admit};
pub use allocator::{Allocator, Proportional, Uniform};
pub use autonomy::Level;
pub use batch::{Together, Totals};
pub use bounds::Bounds;
pub use calibration::{CalibrationError, LARGEST_PLACE, MonotoneMap};
pub use confidence::{Clues, Confidence, ConfidenceModel, Reading};
pub use demand::Demand;
pub use levels::Levels;
pub use maps::{Channel, MapError, ScoreMaps};
pub use pipeline::{Mode, Outcome, Setting, decide};
pub use policy::{Override, Policy, Rule, Sampling, Total};
pub use policy_error::{Asked, Infeasible, MOST_PATCHES, PolicyError};
pub use rank_correlation::spearman;
pub use sharing::{ShareError, fill_in_order, share, share_by_weight, uniform};
pub use tensions::{Held, POLES, Raised, Tensions, coupling, disagreement};
pub use terms::Terms;
pub use verdict::{APART, HIGH, LOW, Verdict};
pub use way::{Subset, UnknownWay, Way};
pub use weights::normalised;
